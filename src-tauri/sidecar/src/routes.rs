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
use axum::routing::{MethodRouter, delete, get, post};
use secrecy::SecretString;

use crate::observe::observe;
use crate::origins::admit;
use crate::refusal::Refusal;
use crate::sidecar::Sidecar;

pub(crate) fn router(sidecar: Arc<Sidecar>) -> Router {
    let routes = routes().into_iter();
    routes
        .fold(Router::new(), |router, (path, call)| {
            router.route(path, call)
        })
        .fallback(async || Refusal::not_found())
        .method_not_allowed_fallback(async || Refusal::method_not_allowed())
        .layer(from_fn_with_state(Arc::clone(&sidecar), admit))
        .layer(from_fn_with_state(Arc::clone(&sidecar), observe))
        .with_state(sidecar)
}

/// Returns all calls, which the document names and the metrics count as well.
fn routes() -> [(&'static str, MethodRouter<Arc<Sidecar>>); 23] {
    [
        ("/auth/login", post(login::login)),
        ("/auth/refresh", post(refresh::refresh)),
        ("/auth/heartbeat", post(heartbeat::heartbeat)),
        ("/auth/logout", post(logout::logout)),
        ("/auth/takeover", post(takeover::ask)),
        ("/auth/takeover/status", post(takeover::status)),
        ("/auth/takeover/withdraw", post(takeover::withdraw)),
        ("/auth/takeover/answer", post(takeover::answer)),
        ("/auth/events", get(events::events)),
        ("/api/ozonetel/agent-state", post(agent::state)),
        ("/api/ozonetel/agent-ready", post(agent::ready)),
        ("/api/ozonetel/dial", post(agent::dial)),
        ("/api/ozonetel/dispose", post(agent::dispose)),
        ("/api/ozonetel/conference", post(call_control::conference)),
        ("/api/ozonetel/kick", post(call_control::kick)),
        ("/api/ozonetel/recording", post(call_control::recording)),
        ("/admin/sessions", get(admin::list)),
        ("/admin/sessions/{agentId}", delete(admin::free)),
        ("/metrics", get(metrics::metrics)),
        ("/openapi.json", get(docs::document)),
        ("/docs", get(docs::page)),
        ("/healthz", get(health::health)),
        ("/readyz", get(ready::ready)),
    ]
}

/// Returns the token of `Authorization: Bearer …` (RFC 6750 §2.1).
fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim().into())
}
