#![allow(clippy::unwrap_used, reason = "tests")]

mod dialect;
mod dialled;
mod differential;
mod limits;
mod properties;
mod torture;
mod writing;

use super::{Malformed, Message, Request, Response};

/// Turns a text with line feeds into a message with CRLFs.
fn wire(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

fn request(text: &str) -> Request {
    match Message::parse(&wire(text)).unwrap() {
        Message::Request(request) => request,
        Message::Response(response) => panic!("{response:?}"),
    }
}

fn response(text: &str) -> Response {
    match Message::parse(&wire(text)).unwrap() {
        Message::Response(response) => response,
        Message::Request(request) => panic!("{request:?}"),
    }
}

fn malformed(text: &str) -> Malformed {
    Message::parse(&wire(text)).unwrap_err()
}

/// The status of the refusal that is ready to be sent.
fn refused_with(text: &str) -> Option<u16> {
    malformed(text).response.map(|response| response.status)
}
