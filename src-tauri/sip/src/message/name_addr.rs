use std::fmt;

use super::{
    Params, Uri,
    lexer::{find, quote, unquote},
};

/// A name-addr or addr-spec with header parameters (RFC 3261 §20.10): From, To, Contact, Route …
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NameAddr {
    /// Unquoted and unescaped; never empty.
    pub(crate) display_name: Option<String>,
    pub(crate) uri: Uri,
    pub(crate) params: Params,
}

impl NameAddr {
    pub(crate) fn new(uri: Uri) -> Self {
        Self {
            display_name: None,
            uri,
            params: Params::default(),
        }
    }

    /// Reads one value; `None` where it has no readable URI or an unbalanced quotation mark.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let Some(opens) = find(text, b'<', false) else {
            // RFC 3261 §20.10: without `<>` every parameter is the header's, none the URI's.
            let (uri, params) = text.split_once(';').unwrap_or((text, ""));
            return Some(Self {
                display_name: None,
                uri: Uri::parse(uri.trim_end()).ok()?,
                params: Params::parse(params),
            });
        };
        let name = text[..opens].trim();
        let name = if name.starts_with('"') {
            unquote(name)?
        } else {
            name.to_owned()
        };
        let (uri, rest) = text[opens + 1..].split_once('>')?;
        let rest = rest.trim_start();
        if !(rest.is_empty() || rest.starts_with(';')) {
            return None;
        }
        Some(Self {
            display_name: Some(name).filter(|name| !name.trim().is_empty()),
            uri: Uri::parse(uri.trim()).ok()?,
            params: Params::parse(rest),
        })
    }

    pub(crate) fn tag(&self) -> Option<&str> {
        self.params.get("tag")
    }
}

/// Writes the name-addr form, the display name always quoted.
impl fmt::Display for NameAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.display_name {
            write!(f, "{} ", quote(name))?;
        }
        write!(f, "<{}>{}", self.uri, self.params)
    }
}
