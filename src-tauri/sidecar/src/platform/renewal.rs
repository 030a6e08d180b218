//! Carries the platform's refresh token inside of ours, sealed: no server has to keep it, and every
//! server that has the signing key can ask the platform with it.
//!
//! The platform's token is good for one use, and the answer with the next one may be lost on its way. So
//! that one is kept, sealed as well, for as long as the session may come back. Whoever comes with the token
//! before gets it again, or, where that is long after, what the platform gives for it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};

use crate::seal::{Seal, SigningKeys};
use crate::session::Renewed;

/// Separates the two parts of a refresh token; neither has it.
const SEPARATOR: char = '.';

const PURPOSE: &[u8] = b"helix-sidecar: the platform's refresh token inside of ours";

/// Bytes that all take together which the store did not take; the oldest make room. A store that takes no writes for hours
/// leaves one here of each session: with tokens of 500 bytes there is room for 17,000, far more than one server signs in.
const MOST: usize = 16 * 1024 * 1024;

/// Bytes of one beside its texts: its place in a tree, which may be half full, and the allocator's own.
const BESIDE: usize = 200;

/// Seals and opens the platform's part of a refresh token, bound to our part.
pub(crate) struct RenewalSeal(Seal);

/// A refresh token of ours with what it carries.
pub(crate) struct Carried {
    /// Our part, which names the session.
    pub(crate) session_token: SecretString,
    /// The platform's token; `None` where there is none, or not one that this server sealed.
    pub(crate) platform_token: Option<SecretString>,
}

impl RenewalSeal {
    pub(crate) fn new(keys: SigningKeys<'_>) -> Self {
        Self(Seal::new(keys, PURPOSE))
    }

    /// Returns `session_token` with `platform_token` inside.
    pub(crate) fn seal(
        &self,
        session_token: &SecretString,
        platform_token: &SecretString,
    ) -> SecretString {
        let session_token = session_token.expose_secret();
        let sealed = self.0.seal(session_token, platform_token);
        SecretString::from(format!("{session_token}{SEPARATOR}{sealed}"))
    }

    /// Returns `renewed` as it is kept for a session that comes with the token before once more.
    pub(crate) fn keep(
        &self,
        session_id: &str,
        before: &SecretString,
        renewed: &SecretString,
    ) -> String {
        self.0.seal(&renewed_of(session_id, before), renewed)
    }

    /// Returns what was kept, if it was renewed with the token `before` for this session.
    pub(crate) fn kept(
        &self,
        session_id: &str,
        before: &SecretString,
        kept: &str,
    ) -> Option<SecretString> {
        self.0.open(&renewed_of(session_id, before), kept)
    }

    /// Takes `token` apart.
    pub(crate) fn open(&self, token: &SecretString) -> Carried {
        let Some((session_token, sealed)) = token.expose_secret().split_once(SEPARATOR) else {
            return Carried {
                session_token: token.clone(),
                platform_token: None,
            };
        };
        Carried {
            session_token: session_token.into(),
            platform_token: self.0.open(session_token, sealed),
        }
    }
}

/// Says what a renewed token belongs to; our part of a refresh token has no separator.
fn renewed_of(session_id: &str, before: &SecretString) -> String {
    format!("{session_id}{SEPARATOR}{}", before.expose_secret())
}

/// What was renewed at the platform while the store of the sessions did not take it: this server alone
/// can give it again.
#[derive(Debug)]
pub(crate) struct NotStored {
    /// How long a session may rest.
    term: Duration,
    /// By sessions, with when it was renewed. Each had a good token, and is kept for that term.
    kept: Mutex<BTreeMap<String, (String, Instant)>>,
}

impl NotStored {
    pub(crate) fn new(term: Duration) -> Self {
        Self {
            term,
            kept: Mutex::default(),
        }
    }

    pub(crate) fn keep(&self, session_id: &str, renewed: String, now: Instant) {
        let mut kept = self.kept();
        kept.insert(session_id.to_owned(), (renewed, now));
        let mut sum: usize = kept.iter().map(bytes).sum();
        while sum > MOST {
            let oldest = kept.iter().min_by_key(|(_, (_, at))| *at);
            let Some((id, cost)) = oldest.map(|it| (it.0.clone(), bytes(it))) else {
                return;
            };
            kept.remove(&id);
            sum -= cost;
        }
    }

    pub(crate) fn of(&self, session_id: &str, now: Instant) -> Option<Renewed> {
        let kept = self.kept();
        let (sealed, at) = kept.get(session_id)?;
        let age = now.saturating_duration_since(*at);
        (age < self.term).then(|| Renewed {
            sealed: sealed.clone(),
            age,
        })
    }

    /// Forgets what the store has taken.
    pub(crate) fn forget(&self, session_id: &str) {
        self.kept().remove(session_id);
    }

    /// Forgets what has expired.
    pub(crate) fn sweep(&self, now: Instant) {
        let is_kept = |at: Instant| now.saturating_duration_since(at) < self.term;
        self.kept().retain(|_, (_, at)| is_kept(*at));
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, (String, Instant)>> {
        self.kept
            .lock()
            .expect("no operation panics while it holds them")
    }
}

/// Returns how many bytes one takes.
fn bytes((id, (sealed, _)): (&String, &(String, Instant))) -> usize {
    id.len() + sealed.len() + BESIDE
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_token_comes_out_as_it_went_in_on_every_server_with_the_key() {
        let sealed = seal("k").seal(&"session".into(), &"platform's".into());
        assert!(!sealed.expose_secret().contains("platform"));
        let carried = seal("k").open(&sealed);
        assert_eq!(carried.session_token.expose_secret(), "session");
        let platform_token = carried.platform_token.unwrap();
        assert_eq!(platform_token.expose_secret(), "platform's");
    }

    #[test]
    fn what_was_not_sealed_here_for_this_session_carries_nothing() {
        let sealed = seal("k").seal(&"session".into(), &"platform's".into());
        let text = sealed.expose_secret();
        let (_, tail) = text.split_once('.').unwrap();
        for wrong in [
            "session".to_owned(),
            "session.".to_owned(),
            "session.AAAA".to_owned(),
            "session.not base64".to_owned(),
            format!("another.{tail}"),
            text[..text.len() - 2].to_owned(),
            format!("{text}.{tail}"),
        ] {
            assert!(seal("k").open(&wrong.into()).platform_token.is_none());
        }
        assert!(seal("other").open(&sealed).platform_token.is_none());
    }

    #[test]
    fn what_was_renewed_is_for_its_session_and_the_token_before_alone() {
        let kept = seal("k").keep("session-1", &"first".into(), &"second".into());
        assert!(!kept.contains("second"));
        let of = |session_id, before: &str| {
            let renewed = seal("k").kept(session_id, &before.into(), &kept);
            renewed.map(|it| it.expose_secret().to_owned())
        };
        assert_eq!(of("session-1", "first").as_deref(), Some("second"));
        for (session_id, before) in [("session-1", "second"), ("session-2", "first")] {
            assert_eq!(of(session_id, before), None);
        }
        // Nobody gets it by a refresh token.
        let carried = seal("k").open(&format!("session-1.{kept}").into());
        assert!(carried.platform_token.is_none());
    }

    #[test]
    fn what_the_store_did_not_take_is_kept_as_long_as_its_session_may_rest() {
        let term = Duration::from_secs(3600);
        let (kept, now) = (NotStored::new(term), Instant::now());
        kept.keep("session-1", "sealed".to_owned(), now);
        for (age, is_fresh) in [(0, true), (120, true), (121, false), (3599, false)] {
            let age = Duration::from_secs(age);
            let renewed = kept.of("session-1", now + age).unwrap();
            assert_eq!((&*renewed.sealed, renewed.age), ("sealed", age));
            assert_eq!(renewed.is_fresh(), is_fresh, "{age:?}");
        }
        assert_eq!(kept.of("session-2", now), None);
        assert_eq!(kept.of("session-1", now + term), None);
        kept.sweep(now + term);
        assert!(kept.kept().is_empty());
        kept.keep("session-1", "sealed".to_owned(), now);
        kept.forget("session-1");
        assert_eq!(kept.of("session-1", now), None);
    }

    #[test]
    fn what_the_store_did_not_take_has_a_bound_and_the_oldest_make_room() {
        const LENGTH: usize = 100_000;
        let fits = MOST / (LENGTH + BESIDE + 16);
        let (kept, begun) = (NotStored::new(Duration::from_secs(3600)), Instant::now());
        let id = |n: usize| format!("session-{n:08}");
        for n in 0..fits + 20 {
            let now = begun + Duration::from_millis(n as u64);
            kept.keep(&id(n), "x".repeat(LENGTH), now);
        }
        let last = begun + Duration::from_secs(1);
        let is_kept = |n| kept.of(&id(n), last).is_some();
        assert_eq!((0..fits + 20).filter(|n| is_kept(*n)).count(), fits);
        assert!(!is_kept(19) && is_kept(20));
        // One that is renewed once more takes no other's place.
        kept.keep(&id(20), "x".repeat(LENGTH), last);
        assert!(is_kept(20) && is_kept(21));
    }

    fn seal(secret: &str) -> RenewalSeal {
        RenewalSeal::new(SigningKeys {
            current: &secret.as_bytes().to_vec().into(),
            old: None,
        })
    }
}
