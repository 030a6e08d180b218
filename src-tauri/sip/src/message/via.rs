use super::Params;

/// One hop of the way a request took (RFC 3261 §20.42).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Via {
    /// `WSS`, `WS`, `TLS`, `TCP`, `UDP` …, upper case.
    pub(crate) transport: String,
    /// The sent-by host; an IPv6 reference keeps its brackets.
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    pub(crate) params: Params,
}

impl Via {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        todo!("{text}")
    }

    pub(crate) fn branch(&self) -> Option<&str> {
        self.params.get("branch")
    }
}
