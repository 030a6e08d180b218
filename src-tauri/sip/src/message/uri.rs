use std::{borrow::Cow, fmt};

use super::{Params, lexer::host_port};

/// The longest URI that is read, in bytes. RFC 3261 names no bound; no URI of a call comes near it.
pub(super) const LONGEST: usize = 8 * 1024;

/// A SIP, SIPS or tel URI taken apart (RFC 3261 §19.1, RFC 3966), or any other URI kept as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Uri {
    raw: String,
    scheme: Scheme,
    /// As it was sent, with its escapes.
    user: Option<String>,
    host: String,
    port: Option<u16>,
    params: Params,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scheme {
    Sip,
    Sips,
    Tel,
    /// In lower case: `urn`, `http` …
    Other(String),
}

impl Uri {
    /// Reads a URI without surrounding white space. Fails with a text for people that names the
    /// place.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("The URI is empty".to_owned());
        }
        if text.len() > LONGEST {
            return Err(format!("The URI is longer than {LONGEST} bytes"));
        }
        let forbidden = |c: char| c.is_control() || c.is_whitespace() || "<>\"".contains(c);
        if let Some((at, character)) = text.chars().enumerate().find(|(_, c)| forbidden(*c)) {
            return Err(format!(
                "The URI has {} at character {}",
                named(character),
                at + 1
            ));
        }
        let (scheme, rest) = text
            .split_once(':')
            .filter(|(scheme, _)| is_scheme(scheme))
            .ok_or("The URI has no scheme such as `sip:`")?;
        let mut uri = Self {
            raw: text.to_owned(),
            scheme: Scheme::from(scheme),
            user: None,
            host: String::new(),
            port: None,
            params: Params::default(),
        };
        match uri.scheme {
            Scheme::Sip | Scheme::Sips => uri.read_sip(rest)?,
            Scheme::Tel => uri.read_tel(rest)?,
            Scheme::Other(_) => {}
        }
        Ok(uri)
    }

    /// Makes `sip:user@host` or `sip:host`, escaping what the user part may not hold (RFC 3261
    /// §25.1).
    pub(crate) fn sip(user: Option<&str>, host: &str) -> Result<Self, String> {
        let uri = match user {
            Some(user) => Self::parse(&format!("sip:{}@{host}", escape_user(user, Escapes::Text)))?,
            None => Self::parse(&format!("sip:{host}"))?,
        };
        Ok(uri)
    }

    /// Leaves out what a SIP Request-URI may not hold: headers and the parameter `method` (RFC 3261
    /// §19.1.5, table 1).
    pub(crate) fn into_request_uri(self) -> Self {
        match self.scheme {
            Scheme::Sip | Scheme::Sips => {}
            Scheme::Tel | Scheme::Other(_) => return self,
        }
        // A user part may hold `;` and `?`.
        let host_at = self.raw.find('@').map_or(0, |at| at + 1);
        let (before, rest) = self.raw.split_at(host_at);
        let rest = rest.split('?').next().unwrap_or(rest);
        let (address, params) = rest.split_once(';').unwrap_or((rest, ""));
        let mut kept = String::new();
        for param in params.split(';').filter(|param| !param.is_empty()) {
            let name = param.split('=').next().unwrap_or(param);
            if !unescape(name).eq_ignore_ascii_case("method") {
                kept.push(';');
                kept.push_str(param);
            }
        }
        Self {
            raw: format!("{before}{address}{kept}"),
            params: Params::parse(&kept),
            ..self
        }
    }

    /// The URI as it was sent.
    pub(crate) fn as_str(&self) -> &str {
        &self.raw
    }

    pub(crate) fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// The user part, or the number of a tel URI, percent-decoded and without the password.
    pub(crate) fn user(&self) -> Option<Cow<'_, str>> {
        self.user.as_deref().map(unescape)
    }

    /// Empty for tel and unknown schemes; an IPv6 reference keeps its brackets.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn port(&self) -> Option<u16> {
        self.port
    }

    pub(crate) fn params(&self) -> &Params {
        &self.params
    }

    fn read_sip(&mut self, rest: &str) -> Result<(), String> {
        // A user part may hold `;`, `?` and `/` unescaped, but no `@` (RFC 3261 §25.1): the first
        // one ends it.
        let rest = match rest.split_once('@') {
            Some((userinfo, rest)) => {
                // RFC 3261 §19.1.1: a password is not recommended, and nothing here reads it.
                let user = userinfo.split(':').next().unwrap_or(userinfo);
                // `sip:@host` is no valid URI, but some servers name withheld callers so.
                self.user = Some(user.to_owned()).filter(|user| !user.is_empty());
                rest
            }
            None => rest,
        };
        let rest = rest.split('?').next().unwrap_or(rest);
        let (address, params) = rest.split_once(';').unwrap_or((rest, ""));
        if address.is_empty() {
            return Err("The URI has no host".to_owned());
        }
        let (host, port) = host_port(address)
            .ok_or_else(|| format!("The URI has no valid host and port: `{}`", clip(address)))?;
        self.host = host.to_owned();
        self.port = port;
        self.params = Params::parse(params);
        Ok(())
    }

    fn read_tel(&mut self, rest: &str) -> Result<(), String> {
        let (number, params) = rest.split_once(';').unwrap_or((rest, ""));
        if number.is_empty() {
            return Err("The tel URI has no number".to_owned());
        }
        self.user = Some(number.to_owned());
        self.params = Params::parse(params);
        Ok(())
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.raw)
    }
}

impl From<&str> for Scheme {
    fn from(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "sip" => Self::Sip,
            "sips" => Self::Sips,
            "tel" => Self::Tel,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// What `%` means in a text that becomes a user part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escapes {
    /// An ordinary character.
    Text,
    /// The start of an escape, where two hexadecimal digits follow.
    Keep,
}

/// Escapes what a user part may not hold as it is (RFC 3261 §25.1).
pub(super) fn escape_user(text: &str, escapes: Escapes) -> String {
    let mut escaped = String::with_capacity(text.len());
    let bytes = text.as_bytes();
    for (at, &byte) in bytes.iter().enumerate() {
        let keep = byte.is_ascii_alphanumeric()
            || b"-_.!~*'()&=+$,;?/".contains(&byte)
            || byte == b'%' && escapes == Escapes::Keep && hex_pair(&bytes[at + 1..]).is_some();
        if keep {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

/// Decodes percent escapes; what is no escape stays, what is no UTF-8 becomes U+FFFD.
pub(super) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match hex_pair(&bytes[at + 1..]).filter(|_| byte == b'%') {
            Some(value) => {
                decoded.push(value);
                at += 3;
            }
            None => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&decoded).into_owned())
}

/// Names a character for people: control characters and white space cannot be seen.
pub(super) fn named(character: char) -> String {
    match character {
        ' ' => "a space".to_owned(),
        c if c.is_control() || c.is_whitespace() => format!("U+{:04X}", u32::from(c)),
        c => format!("`{c}`"),
    }
}

fn hex_pair(bytes: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*bytes.get(at)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

/// RFC 3986 §3.1.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Keeps error texts short.
pub(super) fn clip(text: &str) -> String {
    text.chars().take(60).collect()
}
