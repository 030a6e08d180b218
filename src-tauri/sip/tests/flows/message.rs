//! Just enough of SIP to be the other side; shares no code with what it tests.

/// One message, as the servers of these tests see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) start: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Message {
    pub(crate) fn parse(text: &str) -> Self {
        let (head, body) = text
            .split_once("\r\n\r\n")
            .expect("a message has a blank line");
        let mut lines = head.split("\r\n");
        let start = lines.next().expect("a message has a start line").to_owned();
        let headers = lines
            .map(|line| {
                let (name, value) = line.split_once(':').expect("a header has a colon");
                (name.trim().to_owned(), value.trim().to_owned())
            })
            .collect();
        Self {
            start,
            headers,
            body: body.to_owned(),
        }
    }

    pub(crate) fn text(&self) -> String {
        let mut text = format!("{}\r\n", self.start);
        for (name, value) in &self.headers {
            if name != "Content-Length" {
                text += &format!("{name}: {value}\r\n");
            }
        }
        text + &format!("Content-Length: {}\r\n\r\n{}", self.body.len(), self.body)
    }

    /// The method of a request, empty for a response.
    pub(crate) fn method(&self) -> &str {
        if self.start.starts_with("SIP/2.0") {
            return "";
        }
        self.start.split(' ').next().unwrap_or_default()
    }

    /// The status of a response, 0 for a request.
    pub(crate) fn status(&self) -> u16 {
        match self.start.strip_prefix("SIP/2.0 ") {
            Some(rest) => rest[..3].parse().expect("a status is a number"),
            None => 0,
        }
    }

    pub(crate) fn request_uri(&self) -> &str {
        self.start.split(' ').nth(1).unwrap_or_default()
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        self.find(name)
            .unwrap_or_else(|| panic!("no {name} in {}", self.text()))
    }

    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.headers
            .iter()
            .filter(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
            .collect()
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        self
    }

    pub(crate) fn replacing(self, name: &str, value: &str) -> Self {
        self.without(name).with(name, value)
    }

    pub(crate) fn with_sdp(self, sdp: &str) -> Self {
        self.with_body("application/sdp", sdp)
    }

    pub(crate) fn with_body(self, content_type: &str, body: &str) -> Self {
        let mut message = self.replacing("Content-Type", content_type);
        message.body = body.to_owned();
        message
    }

    /// The number in CSeq.
    pub(crate) fn cseq(&self) -> u32 {
        let number = self.get("CSeq").split(' ').next().unwrap_or_default();
        number.parse().expect("CSeq starts with a number")
    }

    /// The method in CSeq.
    pub(crate) fn cseq_method(&self) -> &str {
        self.get("CSeq").split(' ').nth(1).unwrap_or_default()
    }

    pub(crate) fn branch(&self) -> &str {
        self.get("Via")
            .split("branch=")
            .nth(1)
            .unwrap_or_default()
            .split([';', ','])
            .next()
            .unwrap_or_default()
    }

    /// The tag of From or To; empty where there is none.
    pub(crate) fn tag(&self, name: &str) -> &str {
        self.get(name)
            .split(";tag=")
            .nth(1)
            .unwrap_or_default()
            .split(';')
            .next()
            .unwrap_or_default()
    }

    /// The URI between angle brackets.
    pub(crate) fn uri(&self, name: &str) -> &str {
        self.get(name)
            .split('<')
            .nth(1)
            .unwrap_or_default()
            .split('>')
            .next()
            .unwrap_or_default()
    }

    /// A response to this request, with `tag` in To.
    pub(crate) fn reply(&self, status: u16, tag: &str) -> Self {
        let mut headers: Vec<_> = self
            .headers
            .iter()
            .filter(|(name, _)| {
                ["Via", "From", "To", "Call-ID", "CSeq", "Record-Route"].contains(&name.as_str())
            })
            .cloned()
            .collect();
        for (name, value) in &mut headers {
            if name == "To" && !value.contains(";tag=") && !tag.is_empty() {
                *value += &format!(";tag={tag}");
            }
            if name == "Via" && value.contains(".invalid;") && !value.contains(";rport") {
                // RFC 3261 §18.2.1, as Kamailio and Asterisk do it.
                *value += ";rport=40000;received=127.0.0.1";
            }
        }
        Self {
            start: format!("SIP/2.0 {status} {}", phrase(status)),
            headers,
            body: String::new(),
        }
    }
}

fn phrase(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        183 => "Session Progress",
        200 => "OK",
        302 => "Moved Temporarily",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        407 => "Proxy Authentication Required",
        423 => "Interval Too Brief",
        481 => "Call/Transaction Does Not Exist",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        491 => "Request Pending",
        500 => "Server Internal Error",
        503 => "Service Unavailable",
        603 => "Decline",
        _ => "Because",
    }
}
