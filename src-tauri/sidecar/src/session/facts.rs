//! What a refresh token says of its session, so that a store that lost its data begins it again.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{ID_LENGTH, TokenHash, hash};
use crate::clock::Now;
use crate::lock::LockName;
use crate::random::random_bytes;
use crate::seal::{Seal, SigningKeys};
use crate::token::Caller;

const PURPOSE: &[u8] = b"helix-sidecar: a session inside of its refresh token";

/// Characters of the random part of a token: 32 bytes.
const RANDOM_LENGTH: usize = 43;

/// Makes refresh tokens and reads them: the id of the session, 256 random bits, and [`Facts`], sealed
/// and bound to both.
///
/// All of it is hashed, so that a server of the version before, which knows of no facts, exchanges it too.
#[derive(Debug)]
pub(super) struct Tokens(Seal);

/// A refresh token, and what is kept of it.
pub(super) struct NewToken {
    pub(super) text: SecretString,
    pub(super) hash: TokenHash,
    /// In ms since 1970; later than every token of the session before it.
    pub(super) issued: u64,
    /// When the session began, as it says, in ms since 1970.
    pub(super) begun: u64,
}

/// A refresh token that came.
pub(super) struct Presented<'a> {
    pub(super) session_id: &'a str,
    pub(super) hash: TokenHash,
    /// `None`: the version before issued it, or nobody did, or it does not count any more.
    pub(super) facts: Option<Facts>,
}

/// What a token says of its session.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) caller: Caller,
    /// As in [`NewToken::issued`].
    pub(super) issued: u64,
}

/// The facts as they are sealed.
#[derive(Serialize, Deserialize)]
struct Sealed {
    sub: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    did: Option<String>,
    role: String,
    epoch: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lock: Option<LockName>,
    begun: u64,
    issued: u64,
}

impl Tokens {
    pub(super) fn new(keys: SigningKeys<'_>) -> Self {
        Self(Seal::new(keys, PURPOSE))
    }

    /// Returns an unpredictable token of the session of `caller`, issued now, and after `last`.
    pub(super) fn issue(&self, caller: &Caller, last: u64, now: Now) -> NewToken {
        let issued = now.millis().max(last.saturating_add(1));
        let random = URL_SAFE_NO_PAD.encode(random_bytes::<32>());
        let named = format!("{}{random}", caller.session_id);
        let sealed = Sealed {
            sub: caller.member_id.clone(),
            did: caller.device_id.clone(),
            role: caller.role.clone(),
            epoch: caller.epoch,
            lock: caller.lock.clone(),
            begun: caller.begun,
            issued,
        };
        let sealed = serde_json::to_string(&sealed).expect("its keys are text");
        let sealed = self.0.seal(&named, &sealed.into());
        let text = SecretString::from(format!("{named}{sealed}"));
        NewToken {
            hash: hash(&text),
            text,
            issued,
            begun: caller.begun,
        }
    }

    /// Reads a token that the device of this id names, if it looks like one. Its facts count for
    /// `lifetime`, and for the very device that it was given to.
    pub(super) fn read<'a>(
        &self,
        token: &'a SecretString,
        device_id: Option<&str>,
        lifetime: Duration,
        now: Now,
    ) -> Option<Presented<'a>> {
        let (session_id, _) = token.expose_secret().split_at_checked(ID_LENGTH)?;
        let is_id = |b: u8| b.is_ascii_hexdigit() || b == b'-';
        if !session_id.bytes().all(is_id) {
            return None;
        }
        let lifetime = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX);
        let counts = |facts: &Facts| {
            now.millis().saturating_sub(facts.issued) < lifetime
                && facts.caller.device_id.as_deref() == device_id
        };
        Some(Presented {
            session_id,
            hash: hash(token),
            facts: self.facts(token, session_id).filter(counts),
        })
    }

    fn facts(&self, token: &SecretString, session_id: &str) -> Option<Facts> {
        let token = token.expose_secret();
        let (named, sealed) = token.split_at_checked(ID_LENGTH + RANDOM_LENGTH)?;
        let opened = self.0.open(named, sealed)?;
        let sealed: Sealed = serde_json::from_str(opened.expose_secret()).ok()?;
        Some(Facts {
            caller: Caller {
                member_id: sealed.sub,
                session_id: session_id.to_owned(),
                device_id: sealed.did,
                role: sealed.role,
                epoch: sealed.epoch,
                lock: sealed.lock,
                begun: sealed.begun,
            },
            issued: sealed.issued,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Instant;

    use time::OffsetDateTime;

    use super::*;

    const LIFETIME: Duration = Duration::from_secs(3600);

    #[test]
    fn a_token_says_of_its_session_what_was_sealed() {
        let (caller, now) = (caller(), now());
        let token = tokens("k").issue(&caller, 0, now);
        for name in ["member", "agent", "device"] {
            assert!(!token.text.expose_secret().contains(name));
        }
        let presented = read("k", &token.text, Some("device-1"), now).unwrap();
        assert_eq!(presented.session_id, caller.session_id);
        assert_eq!(presented.hash, token.hash);
        let facts = presented.facts.unwrap();
        assert_eq!((facts.caller, facts.issued), (caller, now.millis()));
    }

    #[test]
    fn each_token_is_later_than_the_one_before_whatever_the_clock_says() {
        let now = now();
        let last = now.millis() + 60_000;
        let token = tokens("k").issue(&caller(), last, now);
        assert_eq!(token.issued, last + 1);
    }

    #[test]
    fn nothing_is_said_to_others_too_late_or_by_what_is_not_ours() {
        let now = now();
        let token = tokens("k").issue(&caller(), 0, now).text;
        let says = |key: &str, token: &str, device: Option<&str>, now: Now| {
            let token = token.into();
            let presented = read(key, &token, device, now);
            presented.is_some_and(|it| it.facts.is_some())
        };
        let (text, device) = (token.expose_secret(), Some("device-1"));
        assert!(says("k", text, device, now));
        assert!(!says("other", text, device, now));
        assert!(!says("k", text, Some("device-2"), now));
        assert!(!says("k", text, None, now));
        let later = |by: Duration| Now {
            wall: now.wall + by,
            ..now
        };
        let second = Duration::from_secs(1);
        assert!(says("k", text, device, later(LIFETIME - second)));
        assert!(!says("k", text, device, later(LIFETIME)));
        let other = tokens("k").issue(&caller(), 0, now).text;
        let (named, sealed) = text.split_at(ID_LENGTH + RANDOM_LENGTH);
        let (other_named, _) = other.expose_secret().split_at(ID_LENGTH + RANDOM_LENGTH);
        for wrong in [
            named.to_owned(),
            format!("{other_named}{sealed}"),
            format!("{named}{}", &sealed[1..]),
            format!("{named}{sealed}A"),
            format!("{}{sealed}", "\u{20ac}".repeat(27)),
        ] {
            assert!(!says("k", &wrong, device, now), "{wrong}");
        }
    }

    fn read<'a>(
        key: &str,
        token: &'a SecretString,
        device_id: Option<&str>,
        now: Now,
    ) -> Option<Presented<'a>> {
        tokens(key).read(token, device_id, LIFETIME, now)
    }

    fn caller() -> Caller {
        Caller {
            member_id: "member-1".to_owned(),
            session_id: "0b6f2c1e-3a4d-4e5f-8a9b-0c1d2e3f4a5b".to_owned(),
            device_id: Some("device-1".to_owned()),
            role: "cc-agent".to_owned(),
            epoch: u64::MAX,
            lock: Some(LockName {
                ozonetel_agent_id: "agent1".to_owned(),
                sip_extension: "700201".to_owned(),
            }),
            begun: 1_795_000_000_000,
        }
    }

    fn now() -> Now {
        Now {
            monotonic: Instant::now(),
            wall: OffsetDateTime::from_unix_timestamp(1_795_000_000).unwrap(),
        }
    }

    fn tokens(secret: &str) -> Tokens {
        Tokens::new(SigningKeys {
            current: &secret.as_bytes().to_vec().into(),
            old: None,
        })
    }
}
