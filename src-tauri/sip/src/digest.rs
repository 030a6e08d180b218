//! Digest access authentication (RFC 7616, RFC 8760, RFC 3261 §22).
#![allow(dead_code, clippy::todo, reason = "signatures, before their users")]

use rand::rngs::StdRng;
use secrecy::SecretString;

use crate::message::{Method, Uri};

/// A challenge of WWW-Authenticate or Proxy-Authenticate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge {
    pub(crate) realm: String,
    pub(crate) nonce: String,
    pub(crate) opaque: Option<String>,
    /// The credentials were right, only the nonce was old (RFC 7616 §3.3).
    pub(crate) stale: bool,
}

/// Returns the strongest challenge that can be answered, or why there is none.
pub(crate) fn choose(challenges: Vec<Challenge>, allow_md5: bool) -> Result<Challenge, String> {
    todo!("{challenges:?} {allow_md5}")
}

/// One user's credentials for one challenge; counts the requests made with its nonce.
#[derive(Debug)]
pub(crate) struct Credentials {
    challenge: Challenge,
}

impl Credentials {
    pub(crate) fn new(challenge: Challenge, username: &str, password: &SecretString) -> Self {
        todo!("{challenge:?} {username} {password:?}")
    }

    pub(crate) fn challenge(&self) -> &Challenge {
        &self.challenge
    }

    /// Returns the value of Authorization or Proxy-Authorization for the next request; `uri` is its Request-URI.
    pub(crate) fn authorize(&mut self, method: &Method, uri: &Uri, rng: &mut StdRng) -> String {
        todo!("{method} {uri} {rng:?}")
    }
}
