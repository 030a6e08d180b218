use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::refusal::Refusal;
use crate::sidecar::Sidecar;

/// `GET /readyz`: the server can serve, which without its store it cannot. Whoever sends calls to
/// servers asks this.
pub(crate) async fn ready(State(sidecar): State<Arc<Sidecar>>) -> Result<Json<Value>, Refusal> {
    if let Some(store) = &sidecar.store {
        store.ask().await?;
    }
    Ok(Json(json!({"status": "ok"})))
}
