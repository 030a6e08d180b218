use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use crate::client_address::{client_address, is_forwarded};
use crate::refusal::Refusal;
use crate::sidecar::Sidecar;

/// `GET /metrics`: the counters, for this machine and those that the settings name. For others there
/// is no such call.
pub(crate) async fn metrics(
    State(sidecar): State<Arc<Sidecar>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Refusal> {
    let settings = &sidecar.settings;
    let caller = client_address(peer, &headers, &settings.trusted_proxies);
    // A proxy of this machine that is not named as one calls for anybody.
    let is_own = caller.is_loopback() && !is_forwarded(&headers);
    let is_named = settings.metrics_from.iter().any(|it| it.contains(&caller));
    if !is_own && !is_named {
        return Err(Refusal::not_found());
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(CONTENT_TYPE, kind)], sidecar.metrics.text()))
}
