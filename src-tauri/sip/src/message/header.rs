use std::borrow::Cow;

use super::{
    Method, NameAddr, Params, Via,
    lexer::{is_token, split},
    parse::MOST_HEADERS,
};
use crate::digest::Challenge;

/// The header fields of a message, in order; names are in their long form and match in any case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Headers(Vec<(Cow<'static, str>, String)>);

/// The value of Contact (RFC 3261 §20.10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Contacts {
    /// `*`: all bindings.
    Star,
    /// Those that could be read; empty where there is no Contact.
    List(Vec<NameAddr>),
}

/// Why a request was sent (RFC 3326).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reason {
    /// `SIP`, `Q.850` …
    pub(crate) protocol: String,
    pub(crate) cause: Option<u16>,
    pub(crate) text: Option<String>,
}

/// A value of Call-Info or Alert-Info: `<uri>;params`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// Empty where only parameters were sent.
    pub(crate) uri: String,
    pub(crate) params: Params,
}

impl Headers {
    /// Returns the first value of the header.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Returns each line of the header; joined values stay joined.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Returns names and values in order of appearance.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_ref(), v.as_str()))
    }

    pub(crate) fn push(&mut self, name: &'static str, value: impl Into<String>) {
        self.0.push((Cow::Borrowed(name), value.into()));
    }

    /// Puts the header before all others: Via.
    pub(crate) fn push_front(&mut self, name: &'static str, value: impl Into<String>) {
        self.0.insert(0, (Cow::Borrowed(name), value.into()));
    }

    /// Replaces every line of the header by one.
    pub(crate) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.remove(name);
        self.push(name, value);
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
    }

    /// Adds a tag to To unless it has one.
    pub(crate) fn set_to_tag(&mut self, tag: &str) {
        let untagged = self.to().is_some_and(|to| to.tag().is_none());
        let to = self
            .0
            .iter_mut()
            .find(|(n, _)| n.eq_ignore_ascii_case("To"));
        if let Some((_, value)) = to.filter(|_| untagged) {
            value.push_str(";tag=");
            value.push_str(tag);
        }
    }

    pub(crate) fn via_top(&self) -> Option<Via> {
        Via::parse(self.values("Via").next()?)
    }

    pub(crate) fn vias(&self) -> Vec<Via> {
        self.values("Via").filter_map(Via::parse).collect()
    }

    pub(crate) fn from(&self) -> Option<NameAddr> {
        NameAddr::parse(self.get("From")?)
    }

    pub(crate) fn to(&self) -> Option<NameAddr> {
        NameAddr::parse(self.get("To")?)
    }

    pub(crate) fn call_id(&self) -> Option<&str> {
        self.get("Call-ID")
    }

    pub(crate) fn cseq(&self) -> Option<(u32, Method)> {
        let (number, method) = self.get("CSeq")?.split_once([' ', '\t'])?;
        let method = method.trim_start();
        let valid = is_token(method) && number.bytes().all(|byte| byte.is_ascii_digit());
        let number = number.parse().ok().filter(|_| valid)?;
        Some((number, Method::from(method)))
    }

    pub(crate) fn contacts(&self) -> Contacts {
        if self.values("Contact").any(|value| value == "*") {
            return Contacts::Star;
        }
        Contacts::List(self.values("Contact").filter_map(NameAddr::parse).collect())
    }

    /// Returns each value as it was sent, in order.
    pub(crate) fn record_routes(&self) -> Vec<String> {
        self.values("Record-Route").map(str::to_owned).collect()
    }

    /// In seconds.
    pub(crate) fn expires(&self) -> Option<u32> {
        number(self.get("Expires")?)
    }

    /// In seconds.
    pub(crate) fn min_expires(&self) -> Option<u32> {
        number(self.get("Min-Expires")?)
    }

    /// In seconds.
    pub(crate) fn retry_after(&self) -> Option<u32> {
        number(self.get("Retry-After")?)
    }

    pub(crate) fn www_authenticate(&self) -> Vec<Challenge> {
        self.all("WWW-Authenticate")
            .flat_map(Challenge::parse)
            .collect()
    }

    pub(crate) fn proxy_authenticate(&self) -> Vec<Challenge> {
        self.all("Proxy-Authenticate")
            .flat_map(Challenge::parse)
            .collect()
    }

    pub(crate) fn require(&self) -> Vec<String> {
        self.values("Require").map(str::to_owned).collect()
    }

    /// The media type in lower case, without parameters: `application/sdp`.
    pub(crate) fn content_type(&self) -> Option<String> {
        let media_type = self.get("Content-Type")?.split(';').next()?;
        let compact: String = media_type.split_whitespace().collect();
        Some(compact.to_ascii_lowercase()).filter(|media_type| !media_type.is_empty())
    }

    pub(crate) fn reasons(&self) -> Vec<Reason> {
        self.values("Reason").map(Reason::parse).collect()
    }

    /// Returns whom the registrar's side vouches for, unless it is to keep that to itself (RFC 3325
    /// §9.3).
    pub(crate) fn asserted(&self) -> Option<NameAddr> {
        let asserted = self.p_asserted_identity().into_iter().next();
        asserted.filter(|_| !self.is_identity_private())
    }

    fn is_identity_private(&self) -> bool {
        self.values("Privacy")
            .flat_map(|value| value.split(';'))
            .any(|it| it.trim().eq_ignore_ascii_case("id"))
    }

    pub(crate) fn p_asserted_identity(&self) -> Vec<NameAddr> {
        self.values("P-Asserted-Identity")
            .filter_map(NameAddr::parse)
            .collect()
    }

    pub(crate) fn call_info(&self) -> Vec<Reference> {
        self.values("Call-Info").map(Reference::parse).collect()
    }

    pub(crate) fn alert_info(&self) -> Vec<Reference> {
        self.values("Alert-Info").map(Reference::parse).collect()
    }

    /// Returns each value, joined ones apart, in order (RFC 3261 §7.3.1), as many as a message may
    /// have.
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.all(name)
            .flat_map(|line| split(line, b',', true))
            .take(MOST_HEADERS)
    }

    /// Takes a header as it was received, its name in any form.
    pub(super) fn push_received(&mut self, name: &str, value: String) {
        self.0.push((long_form(name), value));
    }
}

impl Reason {
    fn parse(text: &str) -> Self {
        let (protocol, params) = text.split_once(';').unwrap_or((text, ""));
        let params = Params::parse(params);
        Self {
            protocol: protocol.trim_end().to_owned(),
            cause: params.get("cause").and_then(|cause| cause.parse().ok()),
            text: params.get("text").map(str::to_owned),
        }
    }
}

impl Reference {
    fn parse(text: &str) -> Self {
        if let Some((_, rest)) = text.split_once('<') {
            let (uri, params) = rest.split_once('>').unwrap_or((rest, ""));
            return Self {
                uri: uri.trim().to_owned(),
                params: Params::parse(params),
            };
        }
        let (uri, params) = text.split_once(';').unwrap_or((text, ""));
        // Some servers send the parameters alone: `;answer-after=0`, `info=alert-autoanswer`.
        let is_uri = uri.contains(':') && !uri.split(':').next().unwrap_or(uri).contains('=');
        let (uri, params) = if is_uri { (uri, params) } else { ("", text) };
        Self {
            uri: uri.trim_end().to_owned(),
            params: Params::parse(params),
        }
    }
}

/// Reads a number that a parameter or a comment may follow: `18000;duration=3600`, `120 (In a
/// meeting)`.
///
/// A number too large for 32 bits is the largest one: it is a wish for "very long".
fn number(text: &str) -> Option<u32> {
    let digits_end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(digits_end);
    if digits.is_empty() || !(rest.is_empty() || rest.starts_with([' ', '\t', ';', '('])) {
        return None;
    }
    Some(digits.parse().unwrap_or(u32::MAX))
}

/// Returns the long form of a compact name (RFC 3261 §7.3.3 and the IANA registry), any other name
/// as it is.
fn long_form(name: &str) -> Cow<'static, str> {
    let long = match name.as_bytes() {
        [letter] => match letter.to_ascii_lowercase() {
            b'a' => "Accept-Contact",
            b'b' => "Referred-By",
            b'c' => "Content-Type",
            b'd' => "Request-Disposition",
            b'e' => "Content-Encoding",
            b'f' => "From",
            b'i' => "Call-ID",
            b'j' => "Reject-Contact",
            b'k' => "Supported",
            b'l' => "Content-Length",
            b'm' => "Contact",
            b'o' => "Event",
            b'r' => "Refer-To",
            b's' => "Subject",
            b't' => "To",
            b'u' => "Allow-Events",
            b'v' => "Via",
            b'x' => "Session-Expires",
            b'y' => "Identity",
            _ => return Cow::Owned(name.to_owned()),
        },
        _ => return Cow::Owned(name.to_owned()),
    };
    Cow::Borrowed(long)
}
