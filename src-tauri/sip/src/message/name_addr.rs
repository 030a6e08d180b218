use std::fmt;

use super::{Params, Uri};

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

    pub(crate) fn parse(text: &str) -> Option<Self> {
        todo!("{text}")
    }

    pub(crate) fn tag(&self) -> Option<&str> {
        self.params.get("tag")
    }
}

impl fmt::Display for NameAddr {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}
