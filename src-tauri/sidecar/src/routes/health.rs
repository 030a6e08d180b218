use axum::Json;
use serde_json::{Value, json};

/// `GET /healthz`: the server is up. Whoever ends servers that are not asks this.
pub(crate) async fn health() -> Json<Value> {
    Json(json!({"status": "ok"}))
}
