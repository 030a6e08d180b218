//! Answers to requests that change nothing here (RFC 3261 §8.2, §11.2).

use std::time::Instant;

use crate::{
    core::{ACCEPT, ALLOW, Core, SUPPORTED},
    message::{Method, Request, Scheme},
    transaction::ServerKey,
};

/// Answers a request that is no INVITE, inside or outside a dialog.
pub(crate) fn answer(core: &mut Core, key: &ServerKey, request: &Request, now: Instant) {
    match &request.method {
        Method::Options => {
            // RFC 3261 §11.2
            let mut response = core.response(request, 200);
            response.headers.push("Allow", ALLOW);
            response.headers.push("Accept", ACCEPT);
            response.headers.push("Accept-Encoding", "identity");
            response.headers.push("Accept-Language", "en");
            response.headers.push("Supported", SUPPORTED.join(", "));
            core.respond(key, &response, now);
        }
        Method::Notify => {
            let event = request.headers.get("Event").unwrap_or_default();
            let package = event.split(';').next().unwrap_or_default().trim();
            // RFC 3842: Asterisk tells of voice mail without having been asked.
            let status = if package.eq_ignore_ascii_case("message-summary") {
                200
            } else {
                // RFC 6665 §4.1.3: no subscription of ours.
                481
            };
            core.respond_status(key, request, status, now);
        }
        // RFC 6665 §4.2.1.3: no package is offered.
        Method::Subscribe => core.respond_status(key, request, 489, now),
        // Nobody else decides whom this phone calls.
        Method::Refer => core.respond_status(key, request, 603, now),
        // They belong to a dialog, and the dialog does not exist (RFC 3261 §12.2.2, §9.2).
        Method::Bye | Method::Cancel | Method::Info | Method::Update | Method::Ack => {
            core.respond_status(key, request, 481, now);
        }
        Method::Invite => core.respond_status(key, request, 481, now),
        Method::Message | Method::Prack | Method::Publish | Method::Register => {
            refuse_method(core, key, request, 405, now);
        }
        // RFC 3261 §21.5.2: not recognised at all.
        Method::Other(_) => refuse_method(core, key, request, 501, now),
    }
}

/// Refuses what cannot be processed whatever the method; `true`: it has been refused.
pub(crate) fn refuse_unprocessable(
    core: &mut Core,
    key: &ServerKey,
    request: &Request,
    now: Instant,
) -> bool {
    // RFC 3261 §8.2.2.1
    if matches!(request.uri.scheme(), Scheme::Other(_)) {
        core.respond_status(key, request, 416, now);
        return true;
    }
    // RFC 3261 §8.2.2.3
    let unsupported: Vec<_> = request
        .headers
        .require()
        .into_iter()
        .filter(|option| {
            !SUPPORTED
                .iter()
                .any(|known| known.eq_ignore_ascii_case(option))
        })
        .collect();
    if unsupported.is_empty() {
        return false;
    }
    let mut response = core.response(request, 420);
    response.headers.push("Unsupported", unsupported.join(", "));
    core.respond(key, &response, now);
    true
}

/// Refuses a body of a type that is not understood (RFC 3261 §8.2.3).
pub(crate) fn refuse_body(core: &mut Core, key: &ServerKey, request: &Request, now: Instant) {
    let mut response = core.response(request, 415);
    response.headers.push("Accept", ACCEPT);
    response.headers.push("Accept-Encoding", "identity");
    core.respond(key, &response, now);
}

fn refuse_method(core: &mut Core, key: &ServerKey, request: &Request, status: u16, now: Instant) {
    let mut response = core.response(request, status);
    response.headers.push("Allow", ALLOW);
    core.respond(key, &response, now);
}
