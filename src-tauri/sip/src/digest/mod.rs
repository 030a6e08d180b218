//! Digest access authentication (RFC 7616, RFC 8760, RFC 3261 §22).
//!
//! A challenge without `qop` is the form of RFC 2069 that RFC 3261 §22.4 keeps for old servers;
//! it is answered with MD5 alone and so only where MD5 is allowed.

use std::fmt;

use md5::Md5;
use rand::{Rng, rngs::StdRng};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256, Sha512_256};
use zeroize::Zeroizing;

use crate::message::{self, Method, Uri, quote};

/// The longest realm, nonce or opaque that is taken, in bytes: each comes back in every request. No
/// RFC names a bound.
const LONGEST_VALUE: usize = 1024;

/// How many parameters of one header line are read: RFC 7616 §3.3 defines nine, and a line may hold
/// a few challenges.
const MOST_PARAMS: usize = 100;

/// A digest challenge of WWW-Authenticate or Proxy-Authenticate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge {
    pub(crate) realm: String,
    pub(crate) nonce: String,
    pub(crate) opaque: Option<String>,
    /// The credentials were right, only the nonce was old (RFC 7616 §3.3).
    pub(crate) stale: bool,
    algorithm: Algorithm,
    qop: Qop,
}

/// From weak to strong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Algorithm {
    /// As it was named.
    Unknown(String),
    Md5,
    Sha256,
    Sha512_256,
}

/// RFC 7616 §3.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Qop {
    Absent,
    Auth,
    /// `auth-int` alone, or what no RFC names.
    Unknown,
}

impl Challenge {
    /// Reads the digest challenges of one header line, which may hold several (RFC 7235 §4.1).
    ///
    /// Those of other schemes, without realm or nonce, or with a value beyond 1024 bytes are left
    /// out.
    pub(crate) fn parse(line: &str) -> Vec<Self> {
        let mut challenges: Vec<(&str, Vec<(&str, String)>)> = Vec::new();
        for piece in message::comma_separated(line).take(MOST_PARAMS) {
            let (before, value) = match piece.split_once('=') {
                Some((before, value)) => (before.trim_end(), Some(value.trim_start())),
                None => (piece, None),
            };
            // `Digest realm="…"`: white space before the name means that a scheme stands there.
            let name = match (before.split_once([' ', '\t']), value) {
                (Some((scheme, name)), Some(_)) => {
                    challenges.push((scheme, Vec::new()));
                    name.trim_start()
                }
                (Some((scheme, _)), None) => {
                    challenges.push((scheme, Vec::new()));
                    continue;
                }
                (None, Some(_)) => before,
                (None, None) => {
                    challenges.push((before, Vec::new()));
                    continue;
                }
            };
            if let (Some((_, params)), Some(value)) = (challenges.last_mut(), value) {
                let value = message::unquote(value).unwrap_or_else(|| value.to_owned());
                params.push((name, value));
            }
        }
        challenges
            .into_iter()
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Digest"))
            .filter_map(|(_, params)| Self::from_params(params))
            .collect()
    }

    fn from_params(params: Vec<(&str, String)>) -> Option<Self> {
        let get = |name: &str| {
            params
                .iter()
                .find(|(n, _)| n.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.as_str())
        };
        let bounded = |value: &str| value.len() <= LONGEST_VALUE;
        let opaque = get("opaque");
        if !opaque.is_none_or(bounded) {
            return None;
        }
        Some(Self {
            realm: get("realm").filter(|v| bounded(v))?.to_owned(),
            nonce: get("nonce").filter(|v| bounded(v))?.to_owned(),
            opaque: opaque.map(str::to_owned),
            stale: get("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")),
            // RFC 7616 §3.3: MD5 where none is named.
            algorithm: get("algorithm").map_or(Algorithm::Md5, Algorithm::from),
            qop: match get("qop") {
                None => Qop::Absent,
                Some(list)
                    if list
                        .split(',')
                        .any(|q| q.trim().eq_ignore_ascii_case("auth")) =>
                {
                    Qop::Auth
                }
                Some(_) => Qop::Unknown,
            },
        })
    }

    /// Returns why this challenge cannot be answered.
    fn obstacle(&self, allow_md5: bool) -> Option<String> {
        match (&self.algorithm, self.qop) {
            (Algorithm::Unknown(name), _) => Some(format!("algorithm {name} is unknown")),
            (Algorithm::Md5, _) if !allow_md5 => Some("MD5 is not allowed".to_owned()),
            (_, Qop::Unknown) => Some("qop=auth is not offered".to_owned()),
            (Algorithm::Sha256 | Algorithm::Sha512_256, Qop::Absent) => {
                Some("qop is missing".to_owned())
            }
            (Algorithm::Md5, Qop::Absent | Qop::Auth)
            | (Algorithm::Sha256 | Algorithm::Sha512_256, Qop::Auth) => None,
        }
    }
}

/// Returns the strongest challenge that can be answered, or why there is none, as a text for
/// people.
///
/// Among equals the topmost one (RFC 8760 §2.4, where preferring the strongest is the local
/// policy).
pub(crate) fn choose(challenges: Vec<Challenge>, allow_md5: bool) -> Result<Challenge, String> {
    let mut obstacles = Vec::new();
    let mut best: Option<Challenge> = None;
    for challenge in challenges {
        match challenge.obstacle(allow_md5) {
            Some(obstacle) => obstacles.push(obstacle),
            None if best
                .as_ref()
                .is_none_or(|b| challenge.algorithm > b.algorithm) =>
            {
                best = Some(challenge);
            }
            None => {}
        }
    }
    best.ok_or_else(|| {
        if obstacles.is_empty() {
            "The server asks for credentials without a readable digest challenge".to_owned()
        } else {
            format!(
                "The server offers no digest that can be used: {}",
                obstacles.join(", ")
            )
        }
    })
}

/// One user's credentials for one challenge; counts the requests made with its nonce.
pub(crate) struct Credentials {
    challenge: Challenge,
    username: String,
    /// H(username:realm:password), in hexadecimal digits.
    ha1: Zeroizing<String>,
    /// RFC 7616 §3.4: how many requests were made with this nonce.
    nonce_count: u32,
}

impl Credentials {
    /// Takes a challenge that [`choose`] returned. The password is read here and not kept.
    pub(crate) fn new(challenge: Challenge, username: &str, password: &SecretString) -> Self {
        let secret = password.expose_secret();
        // Sized beforehand: growing would leave copies of the password behind.
        let length = username.len() + challenge.realm.len() + secret.len() + 2;
        let mut a1 = Zeroizing::new(String::with_capacity(length));
        for part in [username, ":", &challenge.realm, ":", secret] {
            a1.push_str(part);
        }
        Self {
            ha1: Zeroizing::new(challenge.algorithm.hash(&a1)),
            username: username.to_owned(),
            challenge,
            nonce_count: 0,
        }
    }

    pub(crate) fn challenge(&self) -> &Challenge {
        &self.challenge
    }

    /// Returns the value of Authorization or Proxy-Authorization for the next request; `uri` is its
    /// Request-URI.
    pub(crate) fn authorize(&mut self, method: &Method, uri: &Uri, rng: &mut StdRng) -> String {
        let mut random = [0; 16];
        rng.fill_bytes(&mut random);
        self.authorize_with(method.as_str(), uri.as_str(), &hex(&random))
    }

    fn authorize_with(&mut self, method: &str, uri: &str, cnonce: &str) -> String {
        let Challenge {
            realm,
            nonce,
            opaque,
            stale: _,
            algorithm,
            qop,
        } = &self.challenge;
        self.nonce_count = self.nonce_count.saturating_add(1);
        let count = format!("{:08x}", self.nonce_count);
        // RFC 7616 §3.4.3
        let ha2 = algorithm.hash(&format!("{method}:{uri}"));
        let ha1 = self.ha1.as_str();
        // RFC 7616 §3.4.1; without qop RFC 2069 §2.1.2.
        let response = algorithm.hash(&match qop {
            Qop::Auth => format!("{ha1}:{nonce}:{count}:{cnonce}:auth:{ha2}"),
            Qop::Absent | Qop::Unknown => format!("{ha1}:{nonce}:{ha2}"),
        });
        let mut value = format!(
            "Digest username={}, realm={}, nonce={}, uri=\"{uri}\", response=\"{response}\", algorithm={}",
            quote(&self.username),
            quote(realm),
            quote(nonce),
            algorithm.name(),
        );
        if let Some(opaque) = opaque {
            value.push_str(", opaque=");
            value.push_str(&quote(opaque));
        }
        if *qop == Qop::Auth {
            value.push_str(&format!(", qop=auth, nc={count}, cnonce=\"{cnonce}\""));
        }
        value
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("challenge", &self.challenge)
            .field("nonce_count", &self.nonce_count)
            .finish_non_exhaustive()
    }
}

impl Algorithm {
    fn name(&self) -> &str {
        match self {
            Self::Unknown(name) => name,
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
            Self::Sha512_256 => "SHA-512-256",
        }
    }

    /// Returns the hash in hexadecimal digits; nothing for an unknown algorithm, which [`choose`]
    /// never returns.
    fn hash(&self, text: &str) -> String {
        match self {
            Self::Unknown(_) => String::new(),
            Self::Md5 => hex(&Md5::digest(text)),
            Self::Sha256 => hex(&Sha256::digest(text)),
            Self::Sha512_256 => hex(&Sha512_256::digest(text)),
        }
    }
}

impl From<&str> for Algorithm {
    fn from(name: &str) -> Self {
        match name.to_ascii_uppercase().as_str() {
            "MD5" => Self::Md5,
            "SHA-256" => Self::Sha256,
            "SHA-512-256" => Self::Sha512_256,
            _ => Self::Unknown(name.to_owned()),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
