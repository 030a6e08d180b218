use super::{Message, Response};

/// What a WebSocket message was that is no SIP message: where it went wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct Malformed {
    /// A text for people that names the place.
    pub(crate) reason: String,
    /// The refusal to send, without a To tag yet: 400, 414, 505 or 513. `None` for a response, an ACK, and where too
    /// little could be read.
    pub(crate) response: Option<Box<Response>>,
}

/// A WebSocket message of line ends only (RFC 5626 §3.5.1, RFC 7118 §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeepAlive {
    /// CRLFCRLF: wants [`Pong`](Self::Pong) back.
    Ping,
    /// CRLF.
    Pong,
}

/// Returns what kind of keep-alive `bytes` is, or `None` for anything else: ask before [`Message::parse`].
pub(crate) fn keep_alive(bytes: &[u8]) -> Option<KeepAlive> {
    todo!("{bytes:?}")
}

pub(super) fn message(bytes: &[u8]) -> Result<Message, Malformed> {
    todo!("{bytes:?}")
}
