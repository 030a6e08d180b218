use std::time::Duration;

use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
};
use ring::hmac;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::lock::LockName;
use crate::seal::SigningKeys;

const ISSUER: &str = "helix-sidecar";
const AUDIENCE: &str = "helix-phone";

/// Keeps the name of a key apart from what the key signs, which has no spaces.
const NAMES_A_KEY: &[u8] = b"helix-sidecar: the name of this key";

/// How far the clocks of two servers may be apart (RFC 7519 §4.1.4 to §4.1.6).
const LEEWAY: Duration = Duration::from_secs(60);

/// Whom an access token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) member_id: String,
    pub(crate) session_id: String,
    /// The device that signed in, if it named itself.
    pub(crate) device_id: Option<String>,
    /// The role that the user had when they signed in.
    pub(crate) role: String,
    /// Since which change of the session lock it holds that; 0 without one.
    pub(crate) epoch: u64,
    /// The lock that the sign-in granted, whatever the user's record says since then. `None`: there was
    /// none, or the version before granted it ([`Self::has_phone`]).
    pub(crate) lock: Option<LockName>,
    /// When the session began, in ms since 1970; 0: the version before began it.
    pub(crate) begun: u64,
}

impl Caller {
    /// Whether the sign-in granted a phone.
    pub(crate) fn has_phone(&self) -> bool {
        self.epoch > 0
    }

    /// Whether `device_id`, as a call names it, is another device than the one that signed in. A
    /// side that names none tells nothing.
    pub(crate) fn is_other_device(&self, device_id: Option<&str>) -> bool {
        matches!((device_id, &self.device_id), (Some(named), Some(own)) if named != own)
    }
}

/// Whether an expired token is accepted, as logout does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expiry {
    Enforced,
    Ignored,
}

/// Signs and checks access tokens: JWT with HS256 and no other algorithm (RFC 8725 §3.1).
pub(crate) struct AccessTokens {
    signing: EncodingKey,
    header: Header,
    /// Each by its name (`kid`, RFC 7515 §4.1.4), and no others: the one that signs, and the one before.
    accepted: Vec<(String, DecodingKey)>,
    validation: Validation,
    lifetime: Duration,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    did: Option<String>,
    #[serde(default)]
    role: String,
    epoch: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lock: Option<LockName>,
    #[serde(default)]
    begun: u64,
    iat: i64,
    nbf: i64,
    exp: i64,
}

impl AccessTokens {
    pub(crate) fn new(keys: SigningKeys<'_>, lifetime: Duration) -> Self {
        let SigningKeys {
            current: secret,
            old,
        } = keys;
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        // `verify` checks the times against the clock it is given.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let accepted = |secret: &SecretSlice<u8>| {
            let key = DecodingKey::from_secret(secret.expose_secret());
            (name(secret), key)
        };
        Self {
            signing: EncodingKey::from_secret(secret.expose_secret()),
            header: Header {
                kid: Some(name(secret)),
                ..Header::new(Algorithm::HS256)
            },
            accepted: [Some(secret), old]
                .into_iter()
                .flatten()
                .map(accepted)
                .collect(),
            validation,
            lifetime,
        }
    }

    /// Returns how long after its issue a token can still be accepted, by clocks as far apart as they may be: it is of
    /// one that is ahead, and read by one that is behind.
    pub(crate) fn longest_use(&self) -> Duration {
        self.lifetime + 2 * LEEWAY
    }

    /// Returns when a token of ours expires.
    pub(crate) fn expires(&self, token: &SecretString) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp(self.claims(token)?.exp).ok()
    }

    pub(crate) fn issue(&self, caller: &Caller, now: OffsetDateTime) -> SecretString {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: caller.member_id.clone(),
            sid: caller.session_id.clone(),
            did: caller.device_id.clone(),
            role: caller.role.clone(),
            epoch: caller.epoch,
            lock: caller.lock.clone(),
            begun: caller.begun,
            iat: now.unix_timestamp(),
            nbf: now.unix_timestamp(),
            exp: (now + self.lifetime).unix_timestamp(),
        };
        encode(&self.header, &claims, &self.signing)
            .expect("claims of strings and numbers can be signed")
            .into()
    }

    /// Returns whom `token` speaks for, or `None` if it is not ours or its time is over.
    pub(crate) fn verify(
        &self,
        token: &SecretString,
        expiry: Expiry,
        now: OffsetDateTime,
    ) -> Option<Caller> {
        let claims = self.claims(token)?;
        let now = now.unix_timestamp();
        let leeway = LEEWAY.as_secs().cast_signed();
        let expired = now >= claims.exp.saturating_add(leeway);
        let begins = claims.nbf.max(claims.iat);
        if begins > now.saturating_add(leeway) || (expired && expiry == Expiry::Enforced) {
            return None;
        }
        Some(Caller {
            member_id: claims.sub,
            session_id: claims.sid,
            device_id: claims.did,
            role: claims.role,
            epoch: claims.epoch,
            lock: claims.lock,
            begun: claims.begun,
        })
    }

    /// Returns what a token of ours says, whenever that was.
    fn claims(&self, token: &SecretString) -> Option<Claims> {
        let token = token.expose_secret();
        let kid = decode_header(token).ok()?.kid;
        self.accepted
            .iter()
            // Those that a version without names has signed bear none.
            .filter(|(name, _)| kid.as_ref().is_none_or(|kid| kid == name))
            .find_map(|(_, key)| decode::<Claims>(token, key, &self.validation).ok())
            .map(|token| token.claims)
    }
}

/// Returns what tokens call a key: every server with that key comes to the same name, and nobody from
/// the name to the key.
fn name(secret: &SecretSlice<u8>) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret());
    let hash = hmac::sign(&key, NAMES_A_KEY);
    hash.as_ref()[..8]
        .iter()
        .map(|it| format!("{it:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_longest_use_of_a_token_is_that_of_one_from_a_clock_ahead_at_a_clock_behind() {
        let keys = SigningKeys {
            current: &SecretSlice::from(vec![7; 32]),
            old: None,
        };
        let tokens = AccessTokens::new(keys, Duration::from_secs(900));
        let caller = Caller {
            member_id: "member-1".to_owned(),
            session_id: "session-1".to_owned(),
            device_id: None,
            role: "cc-agent".to_owned(),
            epoch: 1,
            lock: None,
            begun: 1,
        };
        let behind = OffsetDateTime::from_unix_timestamp(1_795_000_000).unwrap();
        let token = tokens.issue(&caller, behind + LEEWAY);
        let is_accepted = |after: Duration| {
            let verified = tokens.verify(&token, Expiry::Enforced, behind + after);
            verified.is_some()
        };
        let last = tokens.longest_use() - Duration::from_secs(1);
        assert!(is_accepted(Duration::ZERO) && is_accepted(last));
        assert!(!is_accepted(tokens.longest_use()));
    }
}
