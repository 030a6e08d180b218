//! What is seen of each call from outside: its number in the logs and the answer, and its place in
//! the metrics.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument, debug, info_span};

use crate::client_address::client_address;
use crate::metrics::Call;
use crate::random::random_id;
use crate::sidecar::Sidecar;

/// Names a call, for its caller, for proxies on the way and for the logs of all of them.
static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Characters of a caller's own name for a call.
const MAX_ID: usize = 64;

/// Numbers a call, has each line of the log about it bear that number and where the call is from, and counts
/// its answer.
pub(crate) async fn observe(
    State(sidecar): State<Arc<Sidecar>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let id = given_id(request.headers()).unwrap_or_else(random_id);
    // What callers write into an address stays out of the log, and in the metrics it would be a
    // label of its own.
    let call = Call::of(request.uri().path());
    let address = client_address(peer, request.headers(), &sidecar.settings.trusted_proxies);
    let span = info_span!("call", request = id, path = call.path(), %address);
    let begun = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let (status, time) = (response.status(), begun.elapsed());
    span.in_scope(|| debug!(status = status.as_u16(), ?time, "answered"));
    sidecar.metrics.answered(call, status, time);
    let id = HeaderValue::from_str(&id).expect("a name of visible ASCII");
    response.headers_mut().insert(REQUEST_ID.clone(), id);
    response
}

/// Returns the name that the call came with, if it is one.
fn given_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(&REQUEST_ID)?.to_str().ok()?;
    let is_id = (1..=MAX_ID).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b));
    is_id.then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_name_of_a_call_is_kept_if_it_is_short_and_plain() {
        for (given, kept) in [
            ("4bf92f35-77b3.x_1:2", true),
            ("", false),
            ("two words", false),
            ("request=1\u{1b}[31m", false),
        ] {
            let mut headers = HeaderMap::new();
            if let Ok(value) = given.parse() {
                headers.insert(REQUEST_ID.clone(), value);
            }
            assert_eq!(given_id(&headers).is_some(), kept, "{given}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST_ID.clone(), "x".repeat(65).parse().unwrap());
        assert_eq!(given_id(&headers), None);
    }
}
