use rand::rngs::StdRng;

use crate::{
    message::{Headers, Method, Request},
    token::token,
};

/// Names one client transaction, together with its method (RFC 3261 §17.1.3).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Branch(String);

/// What every branch of this RFC starts with (RFC 3261 §8.1.1.7).
const MAGIC_COOKIE: &str = "z9hG4bK";

impl Branch {
    pub(crate) fn random(rng: &mut StdRng) -> Self {
        Self(format!("{MAGIC_COOKIE}{}", token(rng, 16)))
    }

    /// Returns the branch of the top Via.
    pub(crate) fn of(headers: &Headers) -> Option<Self> {
        Some(Self(headers.via_top()?.branch()?.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Names one server transaction (RFC 3261 §17.2.3).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ServerKey {
    branch: String,
    sent_by: String,
    method: String,
}

impl ServerKey {
    pub(crate) fn of(request: &Request) -> Option<Self> {
        Self::with_method(request, request.method.as_str())
    }

    /// Returns the key of the INVITE that an ACK or CANCEL belongs to.
    pub(crate) fn of_invite(request: &Request) -> Option<Self> {
        Self::with_method(request, Method::Invite.as_str())
    }

    fn with_method(request: &Request, method: &str) -> Option<Self> {
        let headers = &request.headers;
        let via = headers.via_top()?;
        let branch = match via.branch() {
            Some(branch) if branch.starts_with(MAGIC_COOKIE) => branch.to_owned(),
            // RFC 3261 §17.2.3: elements of RFC 2543 have no unique branch; these fields stand for
            // it.
            Some(_) | None => format!(
                "{} {} {} {}",
                headers.call_id()?,
                headers.from()?.tag().unwrap_or_default(),
                headers.cseq()?.0,
                request.uri.as_str(),
            ),
        };
        let port = via.port.map(|port| port.to_string()).unwrap_or_default();
        Some(Self {
            branch,
            sent_by: format!("{}:{port}", via.host.to_ascii_lowercase()),
            method: method.to_owned(),
        })
    }
}
