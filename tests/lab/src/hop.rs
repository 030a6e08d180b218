//! What one hop of a proxy adds to messages, takes from them, or sends by itself.

use std::net::SocketAddr;

use crate::{message::Message, registrar::FlowId, relay::Relay};

/// RFC 3261 §18.2.1 and RFC 3581 §4: says in the topmost Via where the request came from.
pub(crate) fn note_source(request: &mut Message, peer: SocketAddr) {
    let mut vias = request.values("Via");
    if let Some(top) = vias.first_mut() {
        let kept: Vec<&str> = top
            .split(';')
            .filter(|part| {
                let name = part.split('=').next().unwrap_or_default().trim();
                !name.eq_ignore_ascii_case("rport") && !name.eq_ignore_ascii_case("received")
            })
            .collect();
        *top = format!(
            "{};rport={};received={}",
            kept.join(";"),
            peer.port(),
            peer.ip()
        );
    }
    request.set_all("Via", &vias);
}

/// Returns a response as it goes on upstream (RFC 3261 §16.7 step 3).
pub(crate) fn without_top_via(response: &Message) -> Message {
    let mut upstream = response.clone();
    let vias = upstream.values("Via");
    upstream.set_all("Via", vias.get(1..).unwrap_or_default());
    upstream
}

/// RFC 3261 §17.1.1.3: the ACK for a refusal, sent by the proxy itself.
pub(crate) fn ack_of(invite: &Message, response: &Message) -> Message {
    let mut ack = hop_request(invite, "ACK");
    if let Some(to) = response.header("To") {
        ack.set("To", to);
    }
    ack
}

/// RFC 3261 §9.1: a CANCEL for every leg that has not answered.
pub(crate) fn cancels_of(relay: &Relay, reason: Option<&str>) -> Vec<(FlowId, Message)> {
    relay
        .pending()
        .map(|(to, invite)| {
            let mut cancel = hop_request(invite, "CANCEL");
            if let Some(reason) = reason {
                cancel.push("Reason", reason);
            }
            (to.flow, cancel)
        })
        .collect()
}

/// Makes an ACK or CANCEL for an INVITE that this proxy forwarded: same URI, same branch, one Via.
fn hop_request(invite: &Message, method: &str) -> Message {
    let mut request = Message::request(method, invite.request_uri().unwrap_or_default());
    if let Some(via) = invite.values("Via").first() {
        request.push("Via", via);
    }
    request.push("Max-Forwards", "70");
    for name in ["From", "To", "Call-ID"] {
        if let Some(value) = invite.header(name) {
            request.push(name, value);
        }
    }
    request.push("CSeq", &format!("{} {method}", invite.cseq().unwrap_or(0)));
    for route in invite.values("Route") {
        request.push("Route", &route);
    }
    request
}

/// RFC 3261 §21: the words of the statuses that the lab gives by itself.
pub(crate) fn reason_of(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        183 => "Session Progress",
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        423 => "Interval Too Brief",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        483 => "Too Many Hops",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        500 => "Server Internal Error",
        503 => "Service Unavailable",
        603 => "Decline",
        _ => "Refused by the Lab",
    }
}
