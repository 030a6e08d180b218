use rsip::StatusCode;

use super::{Headers, Method, Request, Response};

pub(super) fn request(request: &Request) -> String {
    let mut out = Writer::default();
    out.line(&[
        request.method.as_str(),
        " ",
        request.uri.as_str(),
        " SIP/2.0",
    ]);
    out.headers_and_body(&request.headers, &request.body);
    out.0
}

pub(super) fn response(response: &Response) -> String {
    let mut out = Writer::default();
    out.line(&[
        "SIP/2.0 ",
        &response.status.to_string(),
        " ",
        &response.reason,
    ]);
    out.headers_and_body(&response.headers, &response.body);
    out.0
}

pub(super) fn response_to(
    method: &Method,
    headers: &Headers,
    status: u16,
    reason: Option<&str>,
) -> Response {
    let mut copied = Headers::default();
    let mut copy_all = |name: &'static str| {
        for value in headers.all(name) {
            copied.push(name, value);
        }
    };
    copy_all("Via");
    let makes_dialog = matches!(method, Method::Invite | Method::Refer | Method::Subscribe);
    // RFC 3261 §12.1.1
    if makes_dialog && (101..300).contains(&status) {
        copy_all("Record-Route");
    }
    // RFC 3261 §8.2.6.1
    if status == 100 {
        copy_all("Timestamp");
    }
    // RFC 3261 §8.2.6.2
    for name in ["From", "To", "Call-ID", "CSeq"] {
        if let Some(value) = headers.get(name) {
            copied.push(name, value);
        }
    }
    Response {
        status,
        reason: reason.map_or_else(|| reason_phrase(status), str::to_owned),
        headers: copied,
        body: Vec::new(),
    }
}

/// Returns the message for a log: credentials and media keys replaced by `…`.
pub(crate) fn masked(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    let mut hiding = false;
    for line in message.split_inclusive('\n') {
        // A folded line belongs to the header before.
        let folded = line.starts_with([' ', '\t']);
        if folded && hiding {
            continue;
        }
        let secret = |prefix: &&&str| {
            line.get(..prefix.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        let prefix = SECRET_LINES.iter().find(secret);
        hiding = prefix.is_some();
        match prefix {
            Some(prefix) => {
                out.push_str(prefix.trim_end_matches(':'));
                out.push_str(": …\r\n");
            }
            None => out.push_str(line),
        }
    }
    out
}

/// The beginnings of lines that hold secrets: digest responses, SDES keys (RFC 4568), ICE passwords
/// (RFC 8839 §5.4).
const SECRET_LINES: [&str; 4] = [
    "Authorization",
    "Proxy-Authorization",
    "a=crypto:",
    "a=ice-pwd:",
];

/// Returns the phrase of RFC 3261 §21 and its successors: `Busy Here`.
fn reason_phrase(status: u16) -> String {
    // rsip names the codes in one word: `486 BusyHere`.
    let named = StatusCode::from(status).to_string();
    let name = named.split_once(' ').map_or("", |(_, name)| name);
    let mut phrase = String::with_capacity(name.len() + 4);
    let mut after_small = false;
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && after_small {
            phrase.push(' ');
        }
        after_small = letter.is_ascii_lowercase();
        phrase.push(letter);
    }
    phrase
}

#[derive(Default)]
struct Writer(String);

impl Writer {
    /// Writes one line. This is the only place where text becomes lines of a message: no value can
    /// end its line.
    fn line(&mut self, parts: &[&str]) {
        for part in parts {
            if part.contains(char::is_control) {
                let harmless = |c: char| if c.is_control() { ' ' } else { c };
                self.0.extend(part.chars().map(harmless));
            } else {
                self.0.push_str(part);
            }
        }
        self.0.push_str("\r\n");
    }

    fn headers_and_body(&mut self, headers: &Headers, body: &[u8]) {
        let body = String::from_utf8_lossy(body);
        for (name, value) in headers.iter() {
            if !name.eq_ignore_ascii_case("Content-Length") {
                self.line(&[name, ": ", value]);
            }
        }
        self.line(&["Content-Length: ", &body.len().to_string()]);
        self.line(&[]);
        self.0.push_str(&body);
    }
}
