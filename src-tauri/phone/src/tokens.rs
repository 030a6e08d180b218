//! The access and refresh tokens of a session, and when they are renewed.

use std::time::{Duration, Instant};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::{backoff::Backoff, outputs::Outputs};

/// The share of an access token's life after which it is renewed (design/faults.md 77).
const REFRESH_AT: f64 = 0.8;

/// No token is renewed sooner, whatever it states: a sidecar that states nonsense is not asked without a pause.
const SOONEST: Duration = Duration::from_secs(10);

const BACKOFF: Backoff = Backoff {
    first: Duration::from_secs(2),
    longest: Duration::from_secs(60),
    retry_after: Duration::ZERO,
};

#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    access: SecretString,
    refresh: SecretString,
    renewal: Renewal,
}

#[derive(Debug, Clone)]
enum Renewal {
    /// `None`: the token does not tell its life; a 401 does.
    Due {
        at: Option<Instant>,
        failures: u32,
        /// The attempt that was given up last: its answer may have waited for a computer that slept.
        late: Option<u64>,
    },
    InFlight {
        attempt: u64,
        failures: u32,
        give_up_at: Instant,
    },
}

impl Tokens {
    pub(crate) fn new(access: SecretString, refresh: SecretString, now: Instant) -> Self {
        let at = lifetime(&access).map(|it| now + it.mul_f64(REFRESH_AT).max(SOONEST));
        Self {
            access,
            refresh,
            renewal: Renewal::Due {
                at,
                failures: 0,
                late: None,
            },
        }
    }

    pub(crate) fn access(&self) -> &SecretString {
        &self.access
    }

    pub(crate) fn refresh(&self) -> &SecretString {
        &self.refresh
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        match self.renewal {
            Renewal::Due { at, .. } => at,
            Renewal::InFlight { give_up_at, .. } => Some(give_up_at),
        }
    }

    /// Tells whether the renewal is to be sent.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        match self.renewal {
            Renewal::Due { at, .. } => at.is_some_and(|at| at <= now),
            Renewal::InFlight { .. } => false,
        }
    }

    /// Tells whether the engine owes the outcome of a renewal.
    pub(crate) fn is_overdue(&self, now: Instant) -> bool {
        match self.renewal {
            Renewal::Due { .. } => false,
            Renewal::InFlight { give_up_at, .. } => give_up_at <= now,
        }
    }

    /// Brings the renewal forward: the access token was refused.
    pub(crate) fn renew_soon(&mut self, now: Instant) {
        if let Renewal::Due { at, .. } = &mut self.renewal {
            *at = Some(at.map_or(now, |it| it.min(now)));
        }
    }

    /// Marks a renewal as sent, whose outcome is to come within `deadline`; there is never a second one beside it.
    pub(crate) fn handle_sent(&mut self, attempt: u64, deadline: Duration, now: Instant) {
        let (Renewal::Due { failures, .. } | Renewal::InFlight { failures, .. }) = self.renewal;
        self.renewal = Renewal::InFlight {
            attempt,
            failures,
            give_up_at: now + deadline,
        };
    }

    pub(crate) fn awaits(&self, number: u64) -> bool {
        match self.renewal {
            Renewal::InFlight { attempt, .. } => attempt == number,
            Renewal::Due { late, .. } => late == Some(number),
        }
    }

    /// The refresh token was refused: it is not shown again.
    pub(crate) fn handle_refused(&mut self) {
        self.renewal = Renewal::Due {
            at: None,
            failures: 0,
            late: None,
        };
    }

    pub(crate) fn handle_failed(&mut self, now: Instant, outputs: &mut Outputs) {
        let (failures, late) = match self.renewal {
            Renewal::Due { failures, late, .. } => (failures, late),
            Renewal::InFlight {
                attempt, failures, ..
            } => (failures, Some(attempt)),
        };
        self.renewal = Renewal::Due {
            at: Some(now + BACKOFF.wait(failures, None, outputs)),
            failures: failures.saturating_add(1),
            late,
        };
    }
}

/// Returns how long a JWT lives from its issue (RFC 7519 §4.1.4, §4.1.6); the difference of its own two times, so that this computer's
/// wall clock plays no part.
fn lifetime(token: &SecretString) -> Option<Duration> {
    #[derive(Deserialize)]
    struct Claims {
        exp: u64,
        iat: u64,
    }
    let payload = token.expose_secret().split('.').nth(1)?;
    let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?;
    let claims: Claims = serde_json::from_slice(&payload).ok()?;
    Some(crate::lease::bounded_seconds(
        claims.exp.checked_sub(claims.iat)?,
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_renewed_at_four_fifths_of_the_life_it_states() {
        let now = Instant::now();
        let tokens = Tokens::new(jwt(r#"{"iat":1000,"exp":2800}"#), "r".into(), now);
        assert_eq!(tokens.poll_timeout(), Some(now + Duration::from_secs(1440)));
    }

    #[test]
    fn tokens_that_state_no_life_are_not_renewed_without_a_pause() {
        let now = Instant::now();
        for claims in [r#"{"iat":1000,"exp":1000}"#, r#"{"iat":1000,"exp":1003}"#] {
            let tokens = Tokens::new(jwt(claims), "r".into(), now);
            assert_eq!(tokens.poll_timeout(), Some(now + SOONEST));
        }
    }

    #[test]
    fn a_token_that_tells_nothing_is_renewed_when_it_is_refused() {
        let now = Instant::now();
        for text in ["opaque", "a.b.c", "..", "a.e30.c", r"a.eyJleHAiOjF9.c"] {
            let mut tokens = Tokens::new(text.into(), "r".into(), now);
            assert_eq!(tokens.poll_timeout(), None, "{text}");
            tokens.renew_soon(now);
            assert_eq!(tokens.poll_timeout(), Some(now));
        }
    }

    #[test]
    fn there_is_one_renewal_at_a_time_and_a_failed_one_is_repeated_later_and_later() {
        let now = Instant::now();
        let mut outputs = Outputs::new([3; 32], now);
        let mut tokens = Tokens::new("opaque".into(), "r".into(), now);
        let mut longest = Duration::ZERO;
        let deadline = Duration::from_secs(9);
        for attempt in 0..12 {
            tokens.handle_sent(attempt, deadline, now);
            tokens.renew_soon(now);
            assert!(!tokens.is_due(now));
            assert!(tokens.is_overdue(now + deadline) && !tokens.is_overdue(now));
            assert!(tokens.awaits(attempt) && !tokens.awaits(attempt + 1));
            assert!(attempt == 0 || !tokens.awaits(attempt - 1));
            tokens.handle_failed(now, &mut outputs);
            assert!(tokens.awaits(attempt), "its answer may be late");
            longest = longest.max(tokens.poll_timeout().unwrap() - now);
        }
        assert!(longest > Duration::from_secs(20) && longest <= BACKOFF.longest);
    }

    fn jwt(payload: &str) -> SecretString {
        format!("e30.{}.sig", BASE64_URL_SAFE_NO_PAD.encode(payload)).into()
    }
}
