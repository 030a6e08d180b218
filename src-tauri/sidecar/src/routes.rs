//! The calls, one file each.
//!
//! Success is 201 for every POST that the original sidecar has, as it answers, so that a client which
//! compares with that number is not broken.

mod admin;
mod agent;
mod call_control;
mod docs;
mod events;
mod health;
mod heartbeat;
mod login;
mod logout;
mod metrics;
mod ready;
mod refresh;
mod takeover;
#[cfg(test)]
mod tests;

pub(crate) use self::login::Pace;

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post};
use secrecy::SecretString;

use crate::observe::observe;
use crate::origins::admit;
use crate::refusal::Refusal;
use crate::sidecar::Sidecar;

pub(crate) fn router(sidecar: Arc<Sidecar>) -> Router {
    Router::new()
        .route("/auth/login", post(login::login))
        .route("/auth/refresh", post(refresh::refresh))
        .route("/auth/heartbeat", post(heartbeat::heartbeat))
        .route("/auth/logout", post(logout::logout))
        .route("/auth/takeover", post(takeover::ask))
        .route("/auth/takeover/status", post(takeover::status))
        .route("/auth/takeover/withdraw", post(takeover::withdraw))
        .route("/auth/takeover/answer", post(takeover::answer))
        .route("/auth/events", get(events::events))
        .route("/api/ozonetel/agent-state", post(agent::state))
        .route("/api/ozonetel/agent-ready", post(agent::ready))
        .route("/api/ozonetel/dial", post(agent::dial))
        .route("/api/ozonetel/dispose", post(agent::dispose))
        .route("/api/ozonetel/conference", post(call_control::conference))
        .route("/api/ozonetel/kick", post(call_control::kick))
        .route("/api/ozonetel/recording", post(call_control::recording))
        .route("/admin/sessions", get(admin::list))
        .route("/admin/sessions/{agentId}", delete(admin::free))
        .route("/metrics", get(metrics::metrics))
        .route("/openapi.json", get(docs::document))
        .route("/docs", get(docs::page))
        .route("/healthz", get(health::health))
        .route("/readyz", get(ready::ready))
        .fallback(async || Refusal::not_found())
        .method_not_allowed_fallback(async || Refusal::method_not_allowed())
        .layer(from_fn_with_state(Arc::clone(&sidecar), admit))
        .layer(from_fn_with_state(Arc::clone(&sidecar), observe))
        .with_state(sidecar)
}

/// Returns the token of `Authorization: Bearer …` (RFC 6750 §2.1).
fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim().into())
}
