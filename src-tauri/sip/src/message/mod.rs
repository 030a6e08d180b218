//! SIP messages on the wire: reading what servers send and writing what we send.
//!
//! Reading is lenient where one bad header must not lose a call and strict in what a transaction
//! needs: Via, From, To, Call-ID and CSeq. Everything that is written passes one place that keeps
//! each header on its line.

mod dialled;
mod header;
mod lexer;
mod method;
mod name_addr;
mod params;
mod parse;
mod uri;
mod via;
mod write;

pub use dialled::Dialled;
pub(crate) use header::{Contacts, Headers};
pub(crate) use lexer::{comma_separated, quote, unquote};
pub(crate) use method::Method;
pub(crate) use name_addr::NameAddr;
pub(crate) use params::Params;
pub(crate) use parse::{KeepAlive, Malformed, keep_alive};
pub(crate) use uri::{Scheme, Uri};
pub(crate) use via::Via;
pub(crate) use write::masked;

/// One SIP message (RFC 3261 §7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Message {
    Request(Request),
    Response(Response),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: Headers,
    pub(crate) body: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    /// 100 to 699.
    pub(crate) status: u16,
    pub(crate) reason: String,
    pub(crate) headers: Headers,
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// Reads one WebSocket message (RFC 7118 §5: it holds exactly one SIP message).
    ///
    /// Afterwards `via_top`, `from`, `to`, `call_id` and `cseq` of the headers are `Some`, and the
    /// CSeq of a request names its method.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        parse::message(bytes)
    }
}

impl Request {
    /// Makes a request without headers; [`to_text`](Self::to_text) adds Content-Length.
    pub(crate) fn new(method: Method, uri: Uri) -> Self {
        Self {
            method,
            uri,
            headers: Headers::default(),
            body: Vec::new(),
        }
    }

    /// Sets Content-Type and the body.
    pub(crate) fn set_body(&mut self, content_type: &'static str, body: &str) {
        self.headers.set("Content-Type", content_type);
        self.body = body.as_bytes().to_vec();
    }

    /// Writes the message; CR, LF and NUL in any value become spaces.
    pub(crate) fn to_text(&self) -> String {
        write::request(self)
    }
}

impl Response {
    /// Makes the response to `request`: Via, From, To, Call-ID, CSeq and, where it can make a
    /// dialog, Record-Route are copied (RFC 3261 §8.2.6.2, §12.1.1), Timestamp into a 100
    /// (§8.2.6.1).
    ///
    /// `reason` `None`: the phrase of the status code. The To tag is the caller's:
    /// [`set_to_tag`](Self::set_to_tag).
    pub(crate) fn to_request(request: &Request, status: u16, reason: Option<&str>) -> Self {
        write::response_to(&request.method, &request.headers, status, reason)
    }

    /// Adds a tag to To unless it has one.
    pub(crate) fn set_to_tag(&mut self, tag: &str) {
        self.headers.set_to_tag(tag);
    }

    /// Sets Content-Type and the body.
    pub(crate) fn set_body(&mut self, content_type: &'static str, body: &str) {
        self.headers.set("Content-Type", content_type);
        self.body = body.as_bytes().to_vec();
    }

    /// Writes the message; CR, LF and NUL in any value become spaces.
    pub(crate) fn to_text(&self) -> String {
        write::response(self)
    }
}

#[cfg(test)]
mod tests;
