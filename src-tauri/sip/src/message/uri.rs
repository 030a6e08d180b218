use std::{borrow::Cow, fmt};

use super::Params;

/// A SIP, SIPS or tel URI taken apart (RFC 3261 §19.1, RFC 3966), or any other URI kept as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Uri {
    raw: String,
    scheme: Scheme,
    user: Option<String>,
    password: Option<String>,
    host: String,
    port: Option<u16>,
    params: Params,
    headers: Option<String>,
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
    /// Fails with a text for people that names the place.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        todo!("{text}")
    }

    /// Makes `sip:user@host` or `sip:host`, escaping what the user part may not hold (RFC 3261 §25.1).
    pub(crate) fn sip(user: Option<&str>, host: &str) -> Result<Self, String> {
        todo!("{user:?} {host}")
    }

    /// Reads what a person dialled: a SIP, SIPS or tel URI, `user@host`, or a user name or number at `domain`.
    pub(crate) fn from_dialled(target: &str, domain: &str) -> Result<Self, String> {
        todo!("{target} {domain}")
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
        todo!()
    }

    pub(crate) fn password(&self) -> Option<&str> {
        self.password.as_deref()
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

    /// The part after `?`.
    pub(crate) fn headers(&self) -> Option<&str> {
        self.headers.as_deref()
    }

    /// Compares as RFC 3261 §19.1.4 says.
    pub(crate) fn is_equivalent(&self, other: &Self) -> bool {
        todo!("{other:?}")
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.raw)
    }
}
