//! Calls of web pages (CORS): a browser asks beforehand whether a page of another origin may make a call,
//! and shows the page the answer only where it may.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
    VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::sidecar::Sidecar;

const METHODS: &str = "GET, POST, DELETE";

/// What calls bear beside what browsers send unasked.
const HEADERS: &str = "authorization, content-type, last-event-id, x-device-id, x-device-name, x-device-system, \
     x-request-id";

/// What of an answer a page may read beside its body.
const EXPOSED: &str = "retry-after, x-request-id";

/// How many seconds a browser may go by an answer, so that not each heartbeat is two calls: an origin that
/// is taken out is out after ten minutes.
const MAX_AGE: &str = "600";

/// Answers what browsers ask beforehand, and says on each answer whose pages may read it. No cookie is
/// ever used, so pages need no leave to send any.
pub(crate) async fn admit(
    State(sidecar): State<Arc<Sidecar>>,
    request: Request,
    next: Next,
) -> Response {
    let allowed = &sidecar.settings.allowed_origins;
    if allowed.is_empty() {
        return next.run(request).await;
    }
    let origin = allowed_origin(request.headers(), allowed);
    let is_asked_beforehand = request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = match &origin {
        Some(_) if is_asked_beforehand => {
            let may = [
                (ACCESS_CONTROL_ALLOW_METHODS, METHODS),
                (ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
                (ACCESS_CONTROL_MAX_AGE, MAX_AGE),
            ];
            (StatusCode::NO_CONTENT, may).into_response()
        }
        Some(_) | None => next.run(request).await,
    };
    let headers = response.headers_mut();
    // What was answered to one origin is not for another (Fetch, "CORS protocol and HTTP caches").
    headers.append(VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if !is_asked_beforehand {
            let exposed = HeaderValue::from_static(EXPOSED);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
    }
    response
}

/// Returns the origin of a call if it is one of those that are allowed, letter by letter.
fn allowed_origin(headers: &HeaderMap, allowed: &[String]) -> Option<HeaderValue> {
    let origin = headers.get(ORIGIN)?;
    let is_it = |it: &String| it.as_bytes() == origin.as_bytes();
    allowed.iter().any(is_it).then(|| origin.clone())
}
