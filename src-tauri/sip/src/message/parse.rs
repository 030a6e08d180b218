use std::borrow::Cow;

use super::{
    Headers, Message, Method, Request, Response, Uri,
    lexer::{is_token, split},
    write,
};

/// The longest message that is read, in bytes. RFC 3261 §18.1.1 asks for 65,535 to be accepted over
/// UDP; an offer with many candidates has less than a tenth of it.
const LONGEST_MESSAGE: usize = 64 * 1024;

/// How many header values are read; joined ones count one by one. A call through ten proxies has
/// less than fifty.
pub(super) const MOST_HEADERS: usize = 100;

/// The headers whose values proxies may join into one line (RFC 3261 §7.3.1) and a far end can make
/// many of.
const JOINED: [&str; 5] = [
    "Contact",
    "P-Asserted-Identity",
    "Record-Route",
    "Route",
    "Via",
];

/// What a WebSocket message was that is no SIP message: where it went wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct Malformed {
    /// A text for people that names the place.
    pub(crate) reason: String,
    /// The refusal to send, without a To tag yet: 400, 414, 505 or 513. `None` for a response, an
    /// ACK, and where too little could be read.
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

/// Returns what kind of keep-alive `bytes` is, or `None` for anything else: ask before
/// [`Message::parse`].
pub(crate) fn keep_alive(bytes: &[u8]) -> Option<KeepAlive> {
    match bytes {
        b"\r\n\r\n" => Some(KeepAlive::Ping),
        b"\r\n" => Some(KeepAlive::Pong),
        _ => None,
    }
}

pub(super) fn message(bytes: &[u8]) -> Result<Message, Malformed> {
    let too_long = bytes.len() > LONGEST_MESSAGE;
    let bytes = &bytes[..bytes.len().min(LONGEST_MESSAGE)];
    // RFC 3261 §7.5: line ends before the start line are ignored.
    let start = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n'));
    let Some(start) = start else {
        return Err(unanswerable("The message is empty"));
    };
    let mut lines = Lines(&bytes[start..]);
    let start_line = lines.next().unwrap_or_default();
    let start_line = String::from_utf8_lossy(start_line);
    let (headers, head) = read_headers(&mut lines);
    let body = lines.0;

    let complete = if too_long {
        let reason = format!("The message is longer than {LONGEST_MESSAGE} bytes");
        Err((513, reason))
    } else {
        head.map_err(|reason| (400, reason))
    };
    if is_status_line(&start_line) {
        let read = complete.and_then(|()| {
            check_mandatory(&headers)?;
            let (status, reason) = read_status_line(&start_line)?;
            let body = cut_body(&headers, body)?;
            Ok((status, reason, body))
        });
        return match read {
            Ok((status, reason, body)) => Ok(Message::Response(Response {
                status,
                reason,
                headers,
                body,
            })),
            Err((_, reason)) => Err(unanswerable(&reason)),
        };
    }

    let method = start_line.split(' ').next().unwrap_or_default();
    if !is_token(method) {
        return Err(unanswerable(
            "The start line begins neither with a method nor with SIP/2.0",
        ));
    }
    let method = Method::from(method);
    let read = complete.and_then(|()| {
        let uri = read_request_line(&start_line)?;
        check_mandatory(&headers)?;
        // RFC 3261 §8.1.1.5
        match headers.cseq() {
            Some((_, named)) if named == method => {}
            Some(_) | None => {
                return Err((400, "CSeq names another method than the request".to_owned()));
            }
        }
        let body = cut_body(&headers, body)?;
        Ok((uri, body))
    });
    match read {
        Ok((uri, body)) => Ok(Message::Request(Request {
            method,
            uri,
            headers,
            body,
        })),
        Err((status, reason)) => Err(Malformed {
            response: refusal(&method, &headers, status),
            reason,
        }),
    }
}

/// The lines of a message that remain; each comes without its CRLF or LF.
struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let line = match self.0.iter().position(|&byte| byte == b'\n') {
            Some(end) => {
                let line = &self.0[..end];
                self.0 = &self.0[end + 1..];
                line
            }
            None => std::mem::take(&mut self.0),
        };
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

/// Reads up to the empty line. What could be read comes in any case; a line that is no header is
/// left out, since one bad optional header must not lose a call.
fn read_headers(lines: &mut Lines<'_>) -> (Headers, Result<(), String>) {
    let mut headers = Headers::default();
    let mut field: Option<(Cow<'_, str>, String)> = None;
    let mut count = 0;
    let mut number = 1;
    let mut result =
        Err("The message ends inside its headers: the empty line is missing".to_owned());
    for line in lines {
        number += 1;
        // RFC 3261 §7.3.1: a line that begins with white space continues the one before.
        if line
            .first()
            .is_some_and(|byte| matches!(byte, b' ' | b'\t'))
        {
            if let Some((_, value)) = &mut field {
                if !value.is_empty() {
                    value.push(' ');
                }
                value.push_str(text(line).trim());
            }
            continue;
        }
        if let Some((name, value)) = field.take() {
            headers.push_received(&name, value);
        }
        if line.is_empty() {
            result = Ok(());
            break;
        }
        field = split_field(line);
        if let Some((name, value)) = &field {
            count += values_in(name, value);
        }
        if count > MOST_HEADERS {
            result = Err(format!(
                "There are more than {MOST_HEADERS} header values at line {number}"
            ));
            field = None;
            break;
        }
    }
    if let Some((name, value)) = field {
        headers.push_received(&name, value);
    }
    (headers, result)
}

fn split_field(line: &[u8]) -> Option<(Cow<'_, str>, String)> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let name = std::str::from_utf8(&line[..colon]).ok()?.trim_end();
    is_token(name).then(|| {
        (
            Cow::Borrowed(name),
            text(&line[colon + 1..]).trim().to_owned(),
        )
    })
}

/// How many values a line holds that count on their own.
fn values_in(name: &str, value: &str) -> usize {
    let joined = |known: &&str| known.eq_ignore_ascii_case(name);
    let compact = name.eq_ignore_ascii_case("m") || name.eq_ignore_ascii_case("v");
    if !value.contains(',') || !(compact || JOINED.iter().any(joined)) {
        return 1;
    }
    split(value, b',', true).count()
}

/// Decodes header text; bytes that are no UTF-8 become U+FFFD, stray control characters spaces.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace(|c: char| c.is_control(), " ")
}

fn is_status_line(line: &str) -> bool {
    line.get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("SIP/"))
}

type Refused = (u16, String);

/// `SIP/2.0 200 OK`; the phrase may be empty or missing.
fn read_status_line(line: &str) -> Result<(u16, String), Refused> {
    let refused = |reason: &str| (400, reason.to_owned());
    let (version, rest) = line.split_once(' ').unwrap_or((line, ""));
    if !version.eq_ignore_ascii_case("SIP/2.0") {
        return Err((505, "The response is of another SIP version".to_owned()));
    }
    let (status, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    let digits = status.len() == 3 && status.bytes().all(|byte| byte.is_ascii_digit());
    let status = status.parse().ok().filter(|_| digits);
    // RFC 3261 §7.2: 100 to 699.
    let status = status
        .filter(|status| (100..700).contains(status))
        .ok_or_else(|| refused("The status code is no number from 100 to 699"))?;
    let reason = reason.trim().replace(|c: char| c.is_control(), " ");
    Ok((status, reason))
}

/// `INVITE sip:bob@sip.example SIP/2.0`; returns the URI.
fn read_request_line(line: &str) -> Result<Uri, Refused> {
    let mut parts = line.splitn(2, ' ').skip(1);
    let rest = parts.next().unwrap_or_default();
    let (uri, version) = rest
        .rsplit_once(' ')
        .ok_or_else(|| (400, "The request line has no version".to_owned()))?;
    if !version.eq_ignore_ascii_case("SIP/2.0") {
        let status = if is_status_line(version) { 505 } else { 400 };
        let reason = "The request line does not end with SIP/2.0".to_owned();
        return Err((status, reason));
    }
    Uri::parse(uri).map_err(|reason| {
        // RFC 3261 §21.4.12
        let status = if uri.len() > super::uri::LONGEST {
            414
        } else {
            400
        };
        (status, format!("Request-URI: {reason}"))
    })
}

/// What each transaction needs (RFC 3261 §8.1.1, without Max-Forwards, which concerns proxies).
fn check_mandatory(headers: &Headers) -> Result<(), Refused> {
    for name in ["From", "To", "Call-ID", "CSeq"] {
        match headers.all(name).count() {
            0 => return Err((400, format!("{name} is missing"))),
            1 => {}
            _ => return Err((400, format!("{name} is there more than once"))),
        }
    }
    let unreadable = |name: &str| Err((400, format!("{name} cannot be read")));
    if headers.get("Via").is_none() {
        return Err((400, "Via is missing".to_owned()));
    }
    if headers.via_top().is_none() {
        return unreadable("Via");
    }
    if headers.from().is_none() {
        return unreadable("From");
    }
    if headers.to().is_none() {
        return unreadable("To");
    }
    let call_id = headers.call_id().unwrap_or_default();
    if call_id.is_empty() || call_id.contains(char::is_whitespace) {
        return unreadable("Call-ID");
    }
    if headers.cseq().is_none() {
        return unreadable("CSeq");
    }
    Ok(())
}

/// Returns the body. The WebSocket message delimits it (RFC 7118 §5.1), so Content-Length may be
/// missing; where it is there it holds as for a datagram (RFC 3261 §18.3): what is beyond it is
/// discarded, what it lacks is an error.
fn cut_body(headers: &Headers, rest: &[u8]) -> Result<Vec<u8>, Refused> {
    let mut length = None;
    for value in headers.all("Content-Length") {
        let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        let named: usize = value
            .parse()
            .ok()
            .filter(|_| digits)
            .ok_or_else(|| (400, "Content-Length is no number of bytes".to_owned()))?;
        if length.is_some_and(|before| before != named) {
            return Err((400, "Content-Length is there twice".to_owned()));
        }
        length = Some(named);
    }
    let length = length.unwrap_or(rest.len());
    let body = rest.get(..length).ok_or_else(|| {
        let has = rest.len();
        (
            400,
            format!("Content-Length is {length}, the body has {has} bytes"),
        )
    })?;
    Ok(body.to_vec())
}

fn unanswerable(reason: &str) -> Malformed {
    Malformed {
        reason: reason.to_owned(),
        response: None,
    }
}

/// RFC 3261 §8.2.6.2; an ACK is never answered (§17).
fn refusal(method: &Method, headers: &Headers, status: u16) -> Option<Box<Response>> {
    let answerable = *method != Method::Ack
        && ["Via", "From", "To", "Call-ID", "CSeq"]
            .iter()
            .all(|name| headers.get(name).is_some());
    answerable.then(|| Box::new(write::response_to(method, headers, status, None)))
}
