use std::fmt;

/// A SIP message as text: start line, header fields in their order, body.
///
/// The lab's own reading of RFC 3261 §7: tolerant towards what it receives (compact names, folded lines, bare line feeds, comma
/// lists), plain in what it writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub start: Start,
    headers: Vec<(String, String)>,
    pub body: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    Request { method: String, uri: String },
    Response { status: u16, reason: String },
}

/// Why a text is no SIP message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("No empty line ends the header fields")]
    NoHeaderEnd,
    #[error("The start line is neither a request nor a status line: {0:?}")]
    StartLine(String),
    #[error("Line {line} has no colon")]
    NoColon { line: usize },
    #[error("The header field {0} is missing")]
    Missing(&'static str),
}

impl Message {
    pub fn request(method: &str, uri: &str) -> Self {
        Self {
            start: Start::Request {
                method: method.to_owned(),
                uri: uri.to_owned(),
            },
            headers: Vec::new(),
            body: String::new(),
        }
    }

    /// Makes a response that carries what RFC 3261 §8.2.6.2 copies from the request, with `tag` added to a To without one.
    pub fn response(request: &Self, status: u16, reason: &str, tag: &str) -> Self {
        let mut response = Self {
            start: Start::Response {
                status,
                reason: reason.to_owned(),
            },
            headers: Vec::new(),
            body: String::new(),
        };
        for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
            for value in request.values_unsplit(name) {
                response.push(name, value);
            }
        }
        if status > 100
            && let Some(to) = request.header("To")
            && tag_of(to).is_none()
        {
            response.set("To", &format!("{to};tag={tag}"));
        }
        response
    }

    pub fn parse(text: &[u8]) -> Result<Self, Malformed> {
        let text = String::from_utf8_lossy(text).replace("\r\n", "\n");
        let (head, body) = text.split_once("\n\n").ok_or(Malformed::NoHeaderEnd)?;
        let mut lines = head.trim_start_matches('\n').split('\n').enumerate();
        let (_, first) = lines
            .next()
            .ok_or_else(|| Malformed::StartLine(String::new()))?;
        let start = parse_start(first)?;
        let mut headers: Vec<(String, String)> = Vec::new();
        for (index, line) in lines {
            // RFC 3261 §7.3.1: a line that begins with white space continues the one before.
            if line.starts_with([' ', '\t'])
                && let Some((_, value)) = headers.last_mut()
            {
                value.push(' ');
                value.push_str(line.trim());
                continue;
            }
            let (name, value) = line
                .split_once(':')
                .ok_or(Malformed::NoColon { line: index + 1 })?;
            headers.push((full_name(name.trim()), value.trim().to_owned()));
        }
        let message = Self {
            start,
            headers,
            body: body.replace('\n', "\r\n"),
        };
        for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
            if message.header(name).is_none() {
                return Err(Malformed::Missing(name));
            }
        }
        Ok(message)
    }

    /// Returns the first header field of this name (long form, any case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Returns all values of a header field whose grammar is a comma-separated list (Via, Route, Record-Route, Contact).
    pub fn values(&self, name: &str) -> Vec<String> {
        self.values_unsplit(name)
            .into_iter()
            .flat_map(|line| split_outside_quotes(line, ','))
            .map(|value| value.trim().to_owned())
            .collect()
    }

    /// Returns all header fields of this name, each as it stands.
    pub fn values_unsplit(&self, name: &str) -> Vec<&str> {
        self.headers
            .iter()
            .filter(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
            .collect()
    }

    pub fn push(&mut self, name: &str, value: &str) {
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    /// Puts a header field before all others of its name.
    pub fn prepend(&mut self, name: &str, value: &str) {
        let at = self
            .headers
            .iter()
            .position(|(n, _)| n.eq_ignore_ascii_case(name))
            .unwrap_or(0);
        self.headers.insert(at, (name.to_owned(), value.to_owned()));
    }

    pub fn remove(&mut self, name: &str) {
        self.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
    }

    /// Replaces all header fields of this name by one.
    pub fn set(&mut self, name: &str, value: &str) {
        self.set_all(name, &[value.to_owned()]);
    }

    pub fn set_all(&mut self, name: &str, values: &[String]) {
        let at = self
            .headers
            .iter()
            .position(|(n, _)| n.eq_ignore_ascii_case(name))
            .unwrap_or(self.headers.len());
        self.remove(name);
        let at = at.min(self.headers.len());
        self.headers.splice(
            at..at,
            values.iter().map(|value| (name.to_owned(), value.clone())),
        );
    }

    pub fn set_body(&mut self, content_type: &str, body: String) {
        self.set("Content-Type", content_type);
        self.body = body;
    }

    /// Returns the method of a request, or that of CSeq for a response.
    pub fn method(&self) -> &str {
        match &self.start {
            Start::Request { method, .. } => method,
            Start::Response { .. } => self
                .header("CSeq")
                .and_then(|cseq| cseq.split_whitespace().nth(1))
                .unwrap_or_default(),
        }
    }

    pub fn status(&self) -> Option<u16> {
        match &self.start {
            Start::Request { .. } => None,
            Start::Response { status, .. } => Some(*status),
        }
    }

    pub fn request_uri(&self) -> Option<&str> {
        match &self.start {
            Start::Request { uri, .. } => Some(uri),
            Start::Response { .. } => None,
        }
    }

    pub fn cseq(&self) -> Option<u32> {
        self.header("CSeq")?.split_whitespace().next()?.parse().ok()
    }

    pub fn call_id(&self) -> &str {
        self.header("Call-ID").unwrap_or_default()
    }

    pub fn from_tag(&self) -> Option<&str> {
        self.header("From").and_then(tag_of)
    }

    pub fn to_tag(&self) -> Option<&str> {
        self.header("To").and_then(tag_of)
    }

    /// Returns the branch of the topmost Via.
    pub fn branch(&self) -> Option<String> {
        let via = self.values("Via").into_iter().next()?;
        param(&via, "branch").map(str::to_owned)
    }

    /// Returns the URI of the first Contact.
    pub fn contact_uri(&self) -> Option<String> {
        let contact = self.values("Contact").into_iter().next()?;
        Some(uri_of(&contact).to_owned())
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.start {
            Start::Request { method, uri } => write!(f, "{method} {uri} SIP/2.0\r\n")?,
            Start::Response { status, reason } => write!(f, "SIP/2.0 {status} {reason}\r\n")?,
        }
        for (name, value) in &self.headers {
            if !name.eq_ignore_ascii_case("Content-Length") {
                write!(f, "{name}: {value}\r\n")?;
            }
        }
        write!(
            f,
            "Content-Length: {}\r\n\r\n{}",
            self.body.len(),
            self.body
        )
    }
}

/// Returns the parameter `name` of a header field value, without its quotes; `""` where it has no value.
///
/// Only what stands outside `<…>` counts, so that a parameter of a URI is not taken for one of the header field.
pub fn param<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    let after = match brackets(value) {
        Some((_, end)) => &value[end + 1..],
        None => value,
    };
    split_outside_quotes(after, ';').skip(1).find_map(|part| {
        let (key, content) = part.split_once('=').unwrap_or((part, ""));
        key.trim()
            .eq_ignore_ascii_case(name)
            .then(|| content.trim().trim_matches('"'))
    })
}

/// Returns the URI of a name-addr or addr-spec (RFC 3261 §20.10).
pub fn uri_of(value: &str) -> &str {
    if let Some((start, end)) = brackets(value) {
        return &value[start + 1..end];
    }
    value.split(';').next().unwrap_or_default().trim()
}

/// Returns the user part of a SIP URI, or the number of a tel URI.
pub fn user_of(uri: &str) -> Option<&str> {
    let (scheme, rest) = uri.split_once(':')?;
    if scheme.eq_ignore_ascii_case("tel") {
        return rest.split(';').next();
    }
    let (user, _) = rest.split_once('@')?;
    let user = user.split([':', ';']).next().unwrap_or(user);
    (!user.is_empty()).then_some(user)
}

/// Returns where the first `<` outside quotes and its `>` stand.
fn brackets(value: &str) -> Option<(usize, usize)> {
    let (mut quoted, mut escaped) = (false, false);
    let start = value.find(|c: char| {
        let special = !std::mem::take(&mut escaped);
        match c {
            '\\' if quoted && special => escaped = true,
            '"' if special => quoted = !quoted,
            '<' if !quoted => return true,
            _ => {}
        }
        false
    })?;
    let end = start + value[start..].find('>')?;
    Some((start, end))
}

fn tag_of(value: &str) -> Option<&str> {
    param(value, "tag").filter(|tag| !tag.is_empty())
}

fn parse_start(line: &str) -> Result<Start, Malformed> {
    let malformed = || Malformed::StartLine(line.chars().take(80).collect());
    let mut words = line.splitn(3, ' ');
    let (Some(first), Some(second)) = (words.next(), words.next()) else {
        return Err(malformed());
    };
    let third = words.next().unwrap_or_default();
    if first == "SIP/2.0" {
        return Ok(Start::Response {
            status: second.parse().map_err(|_| malformed())?,
            reason: third.to_owned(),
        });
    }
    if third != "SIP/2.0" || first.is_empty() {
        return Err(malformed());
    }
    Ok(Start::Request {
        method: first.to_owned(),
        uri: second.to_owned(),
    })
}

/// RFC 3261 §7.3.3: the compact names.
fn full_name(name: &str) -> String {
    let long = match name.to_ascii_lowercase().as_str() {
        "v" => "Via",
        "f" => "From",
        "t" => "To",
        "i" => "Call-ID",
        "m" => "Contact",
        "c" => "Content-Type",
        "l" => "Content-Length",
        "e" => "Content-Encoding",
        "k" => "Supported",
        "s" => "Subject",
        "o" => "Event",
        "u" => "Allow-Events",
        "r" => "Refer-To",
        "x" => "Session-Expires",
        _ => name,
    };
    long.to_owned()
}

pub(crate) fn split_outside_quotes(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped, mut bracketed) = (false, false, false);
    text.split(move |c: char| {
        if escaped {
            escaped = false;
            return false;
        }
        match c {
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '<' if !quoted => bracketed = true,
            '>' if !quoted => bracketed = false,
            _ => return c == separator && !quoted && !bracketed,
        }
        false
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const INVITE: &str = "INVITE sip:echo@lab.example SIP/2.0\r\n\
        v: SIP/2.0/WSS a.invalid;branch=z9hG4bK1, SIP/2.0/WSS b.invalid\r\n ;branch=z9hG4bK2\r\n\
        f: \"Ana, <the> first\" <sip:700201@lab.example;transport=ws>;tag=x1\r\n\
        To: sip:echo@lab.example\r\nCall-ID: 1@a.invalid\r\nCSeq: 7 INVITE\r\n\
        m: <sip:x@a.invalid;transport=ws>;+sip.instance=\"<urn:uuid:1;2>\";reg-id=1\r\n\r\nv=0\r\n";

    #[test]
    fn compact_folded_and_listed_headers_are_read() {
        let message = Message::parse(INVITE.as_bytes()).unwrap();

        assert_eq!(message.values("Via").len(), 2);
        assert_eq!(message.branch().as_deref(), Some("z9hG4bK1"));
        assert_eq!(param(&message.values("Via")[1], "branch"), Some("z9hG4bK2"));
        assert_eq!(message.from_tag(), Some("x1"));
        assert_eq!(message.to_tag(), None);
        assert_eq!(
            uri_of(message.header("From").unwrap()),
            "sip:700201@lab.example;transport=ws"
        );
        let contact = &message.values("Contact")[0];
        assert_eq!(param(contact, "+sip.instance"), Some("<urn:uuid:1;2>"));
        assert_eq!(param(contact, "reg-id"), Some("1"));
        assert_eq!(param(contact, "transport"), None);
        assert_eq!(message.body, "v=0\r\n");
    }

    #[test]
    fn what_is_written_is_read_back_the_same() {
        let message = Message::parse(INVITE.as_bytes()).unwrap();

        let again = Message::parse(message.to_string().as_bytes()).unwrap();

        assert_eq!(again.start, message.start);
        assert_eq!(again.body, message.body);
        assert_eq!(again.values("Via"), message.values("Via"));
        assert_eq!(again.header("Content-Length"), Some("5"));
    }

    #[test]
    fn a_response_copies_what_the_rfc_names_and_tags_to() {
        let invite = Message::parse(INVITE.as_bytes()).unwrap();

        let response = Message::response(&invite, 486, "Busy Here", "t9");

        assert_eq!(response.values("Via"), invite.values("Via"));
        assert_eq!(response.to_tag(), Some("t9"));
        assert_eq!(response.method(), "INVITE");
        assert_eq!(response.header("Contact"), None);
    }

    #[test]
    fn a_message_cut_anywhere_is_refused_or_read_but_never_panics() {
        for end in 0..INVITE.len() {
            if let Ok(message) = Message::parse(&INVITE.as_bytes()[..end]) {
                assert!(message.header("CSeq").is_some());
            }
        }
    }

    #[test]
    fn users_of_sip_and_tel_uris_are_found() {
        assert_eq!(user_of("sip:bob.smith;x=1@host:5060;lr"), Some("bob.smith"));
        assert_eq!(user_of("tel:+911234;phone-context=a"), Some("+911234"));
        assert_eq!(user_of("sip:host"), None);
    }
}
