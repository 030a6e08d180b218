use std::{
    collections::BTreeMap,
    fmt::Write as _,
    time::{Duration, Instant},
};

use md5::Md5;
use sha2::{Digest as _, Sha256, Sha512_256};

use crate::{message::Message, world::User};

/// A digest algorithm (RFC 8760 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    Md5,
    Sha256,
    Sha512Trunc256,
}

impl Algorithm {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
            Self::Sha512Trunc256 => "SHA-512-256",
        }
    }

    /// Returns the hexadecimal hash of `text`.
    pub fn hash(self, text: &str) -> String {
        match self {
            Self::Md5 => hex(&Md5::digest(text)),
            Self::Sha256 => hex(&Sha256::digest(text)),
            Self::Sha512Trunc256 => hex(&Sha512_256::digest(text)),
        }
    }
}

/// Computes the `response` of RFC 7616 §3.4.1 with `qop=auth`.
pub fn digest_response(input: &DigestInput<'_>) -> String {
    let hash = |text: &str| input.algorithm.hash(text);
    let ha1 = hash(&format!(
        "{}:{}:{}",
        input.username, input.realm, input.password
    ));
    let ha2 = hash(&format!("{}:{}", input.method, input.uri));
    hash(&format!(
        "{ha1}:{}:{}:{}:auth:{ha2}",
        input.nonce, input.nc, input.cnonce
    ))
}

/// What the hash of a digest runs over.
#[derive(Debug, Clone, Copy)]
pub struct DigestInput<'a> {
    pub algorithm: Algorithm,
    pub username: &'a str,
    pub realm: &'a str,
    pub password: &'a str,
    pub method: &'a str,
    pub uri: &'a str,
    pub nonce: &'a str,
    /// Eight hexadecimal digits.
    pub nc: &'a str,
    pub cnonce: &'a str,
}

/// The protection space: its users, algorithms and nonces.
#[derive(Debug)]
pub(crate) struct Realm {
    pub(crate) name: String,
    pub(crate) users: BTreeMap<String, User>,
    /// One challenge each, in this order (RFC 8760 §2.4: the strongest first).
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) nonce_life: Duration,
    nonces: BTreeMap<String, Nonce>,
}

#[derive(Debug)]
struct Nonce {
    issued: Instant,
    /// The highest count used (RFC 7616 §3.4: a lower or equal one is a replay).
    count: u32,
}

/// What the credentials of a request are worth.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Valid {
        username: String,
    },
    Missing,
    /// Right but for the nonce: the client repeats without asking the user (RFC 7616 §3.3).
    Stale,
    Wrong,
}

/// More nonces than this are not remembered; the oldest are forgotten first.
const MAX_NONCES: usize = 4096;

impl Realm {
    pub(crate) fn new(
        name: String,
        users: Vec<User>,
        algorithms: Vec<Algorithm>,
        nonce_life: Duration,
    ) -> Self {
        Self {
            name,
            users: users
                .into_iter()
                .map(|user| (user.extension.clone(), user))
                .collect(),
            algorithms,
            nonce_life,
            nonces: BTreeMap::new(),
        }
    }

    /// Returns the values of the challenge header fields, one per algorithm.
    pub(crate) fn challenges(&mut self, stale: bool) -> Vec<String> {
        let now = Instant::now();
        let life = self.nonce_life;
        self.nonces.retain(|_, nonce| now - nonce.issued < life);
        while self.nonces.len() >= MAX_NONCES {
            self.nonces.pop_first();
        }
        let nonce = uuid::Uuid::new_v4().simple().to_string();
        self.nonces.insert(
            nonce.clone(),
            Nonce {
                issued: now,
                count: 0,
            },
        );
        let stale = if stale { ", stale=true" } else { "" };
        self.algorithms
            .iter()
            .map(|algorithm| {
                format!(
                    "Digest realm=\"{}\", nonce=\"{nonce}\", algorithm={}, qop=\"auth\"{stale}",
                    self.name,
                    algorithm.as_str()
                )
            })
            .collect()
    }

    pub(crate) fn forget_nonces(&mut self) {
        self.nonces.clear();
    }

    /// Judges the credentials in the header field `name` (Authorization or Proxy-Authorization).
    pub(crate) fn verify(&mut self, request: &Message, name: &str) -> Verdict {
        let Some(credentials) = request
            .values_unsplit(name)
            .into_iter()
            .map(parse_credentials)
            .find(|fields| fields.get("realm").is_some_and(|realm| *realm == self.name))
        else {
            return Verdict::Missing;
        };
        let field = |key: &str| credentials.get(key).map_or("", String::as_str);
        let Some(algorithm) = self.algorithms.iter().copied().find(|algorithm| {
            let named = field("algorithm");
            let named = if named.is_empty() { "MD5" } else { named };
            algorithm.as_str().eq_ignore_ascii_case(named)
        }) else {
            return Verdict::Wrong;
        };
        let Some(user) = self.users.get(field("username")) else {
            return Verdict::Wrong;
        };
        let nc = field("nc");
        let (Ok(count), "auth") = (u32::from_str_radix(nc, 16), field("qop")) else {
            return Verdict::Wrong;
        };
        let expected = digest_response(&DigestInput {
            algorithm,
            username: &user.extension,
            realm: &self.name,
            password: &user.password,
            method: request.method(),
            uri: field("uri"),
            nonce: field("nonce"),
            nc,
            cnonce: field("cnonce"),
        });
        if !expected.eq_ignore_ascii_case(field("response")) {
            return Verdict::Wrong;
        }
        let life = self.nonce_life;
        match self.nonces.get_mut(field("nonce")) {
            Some(nonce) if nonce.issued.elapsed() < life && count > nonce.count => {
                nonce.count = count;
                Verdict::Valid {
                    username: user.extension.clone(),
                }
            }
            Some(_) | None => Verdict::Stale,
        }
    }
}

/// Reads the fields of a challenge or of credentials; their names in small letters, the values without quotes.
pub fn parse_credentials(value: &str) -> BTreeMap<String, String> {
    let value = value.trim();
    let value = value.split_once(' ').map_or("", |(_, rest)| rest);
    crate::message::split_outside_quotes(value, ',')
        .filter_map(|part| part.split_once('='))
        .map(|(key, content)| {
            (
                key.trim().to_ascii_lowercase(),
                content.trim().trim_matches('"').to_owned(),
            )
        })
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_rfc_7616_come_out() {
        // RFC 7616 §3.9.1
        let input = |algorithm| DigestInput {
            algorithm,
            username: "Mufasa",
            realm: "http-auth@example.org",
            password: "Circle of Life",
            method: "GET",
            uri: "/dir/index.html",
            nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            nc: "00000001",
            cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        };

        assert_eq!(
            digest_response(&input(Algorithm::Md5)),
            "8ca523f5e9506fed4657c9700eebdbec"
        );
        assert_eq!(
            digest_response(&input(Algorithm::Sha256)),
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
        );
    }
}
