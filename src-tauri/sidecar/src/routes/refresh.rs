use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use sidecar_api::{RefreshRequest, RefreshResponse};
use tracing::{debug, warn};

use crate::body::{Field, read_json};
use crate::device::Device;
use crate::refusal::Refusal;
use crate::session::RefreshRefused;
use crate::sidecar::Sidecar;

/// `POST /auth/refresh`.
pub(crate) async fn refresh(
    State(sidecar): State<Arc<Sidecar>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let device = Device::of(&headers)?;
    let request: RefreshRequest = read_json(&headers, body, &[Field::Text("refreshToken")]).await?;
    let now = sidecar.clock.now();
    let refreshed =
        sidecar
            .sessions
            .refresh(&request.refresh_token, device.id.as_deref(), now.monotonic);
    let (caller, refresh_token) = refreshed.map_err(|refused| {
        match refused {
            RefreshRefused::Unknown => debug!("unknown refresh token"),
            RefreshRefused::OtherDevice => warn!("refresh token of another device refused"),
            RefreshRefused::Reused(caller) => warn!(
                member = caller.member_id,
                "a used refresh token came back: its session has ended"
            ),
        }
        Refusal::invalid_refresh_token()
    })?;
    let response = RefreshResponse {
        access_token: sidecar.tokens.issue(&caller, now.wall),
        refresh_token,
    };
    let headers = [(CACHE_CONTROL, "no-store")];
    Ok((StatusCode::CREATED, headers, Json(response)).into_response())
}
