use super::{
    Params,
    lexer::{find, host_port},
};

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
    /// Reads one value; `None` where it is no Via of SIP/2.0.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '/');
        let (name, version, rest) = (parts.next()?, parts.next()?, parts.next()?.trim_start());
        if !name.trim().eq_ignore_ascii_case("SIP") || version.trim() != "2.0" {
            return None;
        }
        let (transport, rest) = rest.split_once([' ', '\t'])?;
        let (sent_by, params) = match find(rest, b';', false) {
            Some(at) => (&rest[..at], Params::parse(&rest[at + 1..])),
            None => (rest, Params::default()),
        };
        let (host, port) = host_port(sent_by)?;
        Some(Self {
            transport: transport.to_ascii_uppercase(),
            host: host.to_owned(),
            port,
            params,
        })
    }

    pub(crate) fn branch(&self) -> Option<&str> {
        self.params.get("branch")
    }
}
