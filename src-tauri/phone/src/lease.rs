//! The lease: this device's right to be the account's only phone.
//!
//! The sidecar grants it at sign-in with a time to live; each heartbeat confirms it for another one.
//!
//! ```text
//!              due                      409, or expires_at passes
//!  granted --> Waiting ----> InFlight ---------------------------> (lost)
//!                 ^  ^          |  |
//!                 |  +----------+  | 401
//!        new token|  ok, failed    v
//!                 +---------- ForToken
//! ```

use std::time::{Duration, Instant};

use sidecar_api::{HeartbeatResponse, SessionGrant};

use crate::{Hop, backoff::Backoff, moment::Epoch, outputs::Outputs, view::Proofs};

/// What a sidecar that names no times means (contract/sidecar.md, "The lock").
const DEFAULT_TTL: Duration = Duration::from_secs(3600);
const DEFAULT_PERIOD: Duration = Duration::from_secs(300);

/// After a heartbeat that failed. A server's wish is kept as far as the lease allows.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_secs(2),
    longest: Duration::from_secs(30),
    retry_after: Duration::from_secs(3600),
};

/// Between two beats that calls bring forward: a call that ends as soon as it has begun costs one, not two.
const CALL_PAUSE: Duration = Duration::from_secs(10);

/// A sidecar that refuses this many fresh tokens one after another will refuse the next one too.
const MAX_TOKEN_REFUSALS: u32 = 3;

/// What is left of a lease, at the least, when the machine wakes: a network needs some seconds to come back, and a beat that finds the lock
/// absent takes it again (contract/sidecar.md, "POST /auth/heartbeat").
const WAKE_GRACE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(crate) struct Lease {
    ttl: Duration,
    period: Duration,
    expires_at: Instant,
    confirmed_at: Option<Instant>,
    beat: Beat,
    standing: Standing,
    /// Beats in a row whose access token was refused.
    token_refusals: u32,
    /// Whether the sidecar has told of the lock; an old one never does.
    told_lock: bool,
    /// What the last beat said of a call.
    told_call: bool,
    /// When the last beat left that a call brought forward.
    hurried_at: Option<Instant>,
}

#[derive(Debug)]
enum Beat {
    Waiting {
        at: Instant,
    },
    InFlight {
        attempt: u64,
        sent_at: Instant,
        give_up_at: Instant,
    },
    /// The access token was refused; the next one brings the next beat.
    ForToken,
}

/// What the last beats said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Granted at login, no beat answered so far.
    Granted,
    Confirmed,
    AtRisk {
        hop: Hop,
        detail: String,
        failures: u32,
    },
}

/// What the passing of time asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Due {
    Beat,
    /// The engine owes the outcome of a beat.
    Overdue,
    Expiry,
}

impl Lease {
    /// Starts a lease whose first beat is due at once.
    pub(crate) fn granted(grant: Option<&SessionGrant>, now: Instant) -> Self {
        let seconds = |of: fn(&SessionGrant) -> u64, default| {
            grant
                .map(of)
                .filter(|it| *it > 0)
                .map_or(default, bounded_seconds)
        };
        let ttl = seconds(|it| it.ttl_seconds, DEFAULT_TTL);
        Self {
            ttl,
            // A period that the time to live does not cover would lose the lease between two beats.
            period: seconds(|it| it.heartbeat_seconds, DEFAULT_PERIOD).min(ttl / 2),
            expires_at: now + ttl,
            confirmed_at: None,
            beat: Beat::Waiting { at: now },
            standing: Standing::Granted,
            token_refusals: 0,
            told_lock: false,
            told_call: false,
            hurried_at: None,
        }
    }

    pub(crate) fn ttl(&self) -> Duration {
        self.ttl
    }

    pub(crate) fn expires_at(&self) -> Instant {
        self.expires_at
    }

    /// Returns what the sidecar has confirmed.
    pub(crate) fn proofs(&self, epoch: Epoch) -> Proofs {
        Proofs {
            session_confirmed_at: self.confirmed_at.map(|it| epoch.moment(it)),
            session_expires_at: Some(epoch.moment(self.expires_at)),
            ..Proofs::default()
        }
    }

    pub(crate) fn standing(&self) -> &Standing {
        &self.standing
    }

    pub(crate) fn poll_timeout(&self) -> Instant {
        match self.beat {
            Beat::Waiting { at } => at.min(self.expires_at),
            Beat::InFlight { give_up_at, .. } => give_up_at.min(self.expires_at),
            Beat::ForToken => self.expires_at,
        }
    }

    pub(crate) fn due(&self, now: Instant) -> Option<Due> {
        if self.expires_at <= now {
            return Some(Due::Expiry);
        }
        match self.beat {
            Beat::Waiting { at } if at <= now => Some(Due::Beat),
            Beat::InFlight { give_up_at, .. } if give_up_at <= now => Some(Due::Overdue),
            Beat::Waiting { .. } | Beat::InFlight { .. } | Beat::ForToken => None,
        }
    }

    /// A beat has left, whose outcome is to come within `deadline`.
    pub(crate) fn handle_sent(&mut self, attempt: u64, deadline: Duration, now: Instant) {
        self.beat = Beat::InFlight {
            attempt,
            sent_at: now,
            give_up_at: now + deadline,
        };
    }

    pub(crate) fn awaits(&self, number: u64) -> bool {
        matches!(self.beat, Beat::InFlight { attempt, .. } if attempt == number)
    }

    /// Returns when the beat left that is on its way.
    pub(crate) fn sent_at(&self) -> Option<Instant> {
        match self.beat {
            Beat::InFlight { sent_at, .. } => Some(sent_at),
            Beat::Waiting { .. } | Beat::ForToken => None,
        }
    }

    /// The machine slept: the sidecar is asked before a term that ran out meanwhile is given up.
    pub(crate) fn handle_woke(&mut self, now: Instant) {
        self.expires_at = self.expires_at.max(now + WAKE_GRACE);
        self.beat_soon(now);
    }

    /// Brings the next beat forward.
    pub(crate) fn beat_soon(&mut self, now: Instant) {
        match self.beat {
            Beat::Waiting { .. } => self.beat = Beat::Waiting { at: now },
            Beat::InFlight { .. } | Beat::ForToken => {}
        }
    }

    /// Brings the next beat forward where it has something new to say of a call, so that the user's other devices are told. One that is
    /// tried again after a failure keeps its time.
    pub(crate) fn handle_call(&mut self, in_call: bool, now: Instant) {
        if self.told_call == in_call || self.standing != Standing::Confirmed {
            return;
        }
        if let Beat::Waiting { at } = &mut self.beat {
            let earliest = self.hurried_at.map_or(now, |it| now.max(it + CALL_PAUSE));
            if earliest < *at {
                *at = earliest;
            }
        }
    }

    /// The beat that is due says this of a call.
    pub(crate) fn handle_tells(&mut self, in_call: bool, now: Instant) {
        if self.told_call != in_call {
            self.told_call = in_call;
            self.hurried_at = Some(now);
        }
    }

    /// Whether the session has no lock any more, though its sidecar knows it: a beat told of one before, and this one does not.
    pub(crate) fn lacks_lock(&mut self, beat: &HeartbeatResponse) -> bool {
        let told = beat.lock.is_some();
        let lacks = self.told_lock && !told;
        self.told_lock |= told;
        lacks
    }

    /// Returns whether this is news: the first confirmation, or the end of a time at risk.
    pub(crate) fn handle_confirmed(
        &mut self,
        ttl_seconds: Option<u64>,
        now: Instant,
        outputs: &mut Outputs,
    ) -> bool {
        if let Some(ttl) = ttl_seconds.filter(|it| *it > 0) {
            self.ttl = bounded_seconds(ttl);
        }
        // The sidecar began the new term somewhere between the request and the reply; counting from the request never overrates it.
        if let Beat::InFlight { sent_at, .. } = self.beat {
            self.expires_at = sent_at + self.ttl;
        }
        let period = self.period.min(self.ttl / 2);
        self.beat = Beat::Waiting {
            at: now + outputs.jittered(period, 0.9),
        };
        self.token_refusals = 0;
        self.confirmed_at = Some(now);
        let news = self.standing != Standing::Confirmed;
        self.standing = Standing::Confirmed;
        news
    }

    /// Returns whether this is news: the first failure in a row.
    pub(crate) fn handle_failed(
        &mut self,
        (hop, detail): (Hop, String),
        retry_after: Option<Duration>,
        now: Instant,
        outputs: &mut Outputs,
    ) -> bool {
        let failures = match &self.standing {
            Standing::AtRisk { failures, .. } => failures.saturating_add(1),
            Standing::Granted | Standing::Confirmed => 1,
        };
        let wait = BACKOFF.wait(failures - 1, retry_after, outputs);
        self.beat = Beat::Waiting {
            at: now + wait.min(self.ttl / 4),
        };
        self.standing = Standing::AtRisk {
            hop,
            detail,
            failures,
        };
        failures == 1
    }

    /// The access token was refused: the beat waits for a new one. Returns whether it is worth getting one.
    pub(crate) fn wait_for_token(&mut self) -> bool {
        self.beat = Beat::ForToken;
        self.token_refusals += 1;
        self.token_refusals < MAX_TOKEN_REFUSALS
    }

    /// A new access token is there.
    pub(crate) fn handle_token(&mut self, now: Instant) {
        match self.beat {
            Beat::ForToken => self.beat = Beat::Waiting { at: now },
            Beat::Waiting { .. } | Beat::InFlight { .. } => {}
        }
    }
}

/// Keeps a server's number of seconds within what the clock can add.
pub(crate) fn bounded_seconds(seconds: u64) -> Duration {
    const LONGEST: u64 = 30 * 24 * 3600;
    Duration::from_secs(seconds.min(LONGEST))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_first_beat_is_due_at_once_and_the_next_within_the_announced_period() {
        let (mut lease, mut outputs, start) = granted();
        assert_eq!(lease.due(start), Some(Due::Beat));

        lease.handle_sent(1, DEADLINE, start);
        assert!(lease.handle_confirmed(None, start, &mut outputs));

        let next = lease.poll_timeout();
        assert!(
            next >= start + Duration::from_secs(270) && next <= start + Duration::from_secs(300)
        );
    }

    #[test]
    fn a_failed_beat_is_tried_again_sooner_than_the_period() {
        let (mut lease, mut outputs, start) = granted();
        lease.handle_sent(1, DEADLINE, start);
        assert!(lease.handle_failed(trouble(), None, start, &mut outputs));
        assert!(lease.poll_timeout() <= start + BACKOFF.first);

        lease.handle_sent(2, DEADLINE, lease.poll_timeout());
        assert!(
            !lease.handle_failed(trouble(), None, start, &mut outputs),
            "told once"
        );
    }

    #[test]
    fn an_unreachable_sidecar_costs_the_lease_only_at_its_expiry() {
        let (mut lease, mut outputs, start) = granted();
        let lost_at = loop {
            let now = lease.poll_timeout();
            match lease.due(now).unwrap() {
                Due::Beat => {
                    lease.handle_sent(1, DEADLINE, now);
                    lease.handle_failed(trouble(), None, now, &mut outputs);
                }
                Due::Overdue => panic!("every beat was answered"),
                Due::Expiry => break now,
            }
        };
        assert_eq!(lost_at, start + Duration::from_secs(3600));
    }

    #[test]
    fn a_term_counts_from_the_request_never_from_the_reply() {
        let (mut lease, mut outputs, start) = granted();
        lease.handle_sent(1, DEADLINE, start);
        lease.handle_confirmed(Some(60), start + Duration::from_secs(3), &mut outputs);
        assert_eq!(lease.expires_at(), start + Duration::from_secs(60));
        assert!(
            lease.poll_timeout() <= start + Duration::from_secs(33),
            "half of the new term"
        );
    }

    #[test]
    fn absurd_times_of_a_server_neither_overflow_nor_spin() {
        let start = Instant::now();
        let mut outputs = Outputs::new([1; 32], start);
        let grant = SessionGrant {
            id: String::new(),
            ttl_seconds: u64::MAX,
            heartbeat_seconds: 0,
        };
        let mut lease = Lease::granted(Some(&grant), start);
        lease.handle_sent(1, DEADLINE, start);
        lease.handle_confirmed(Some(u64::MAX), start, &mut outputs);
        assert!(lease.poll_timeout() > start + Duration::from_secs(60));
    }

    #[test]
    fn a_call_brings_the_next_beat_forward_once_and_no_more_often_than_each_ten_seconds() {
        let (mut lease, mut outputs, start) = granted();
        let mut beat = |lease: &mut Lease, in_call, now| {
            lease.handle_tells(in_call, now);
            lease.handle_sent(1, DEADLINE, now);
            lease.handle_confirmed(None, now, &mut outputs);
        };
        beat(&mut lease, false, start);
        lease.handle_call(false, start);
        assert!(lease.poll_timeout() >= start + Duration::from_secs(270));

        let begun = start + Duration::from_secs(60);
        lease.handle_call(true, begun);
        assert_eq!(lease.due(begun), Some(Due::Beat));
        beat(&mut lease, true, begun);
        lease.handle_call(true, begun);
        assert_eq!(lease.due(begun), None);

        let ended = begun + Duration::from_secs(1);
        lease.handle_call(false, ended);
        assert_eq!(lease.poll_timeout(), begun + CALL_PAUSE);
    }

    #[test]
    fn a_call_hurries_no_beat_that_is_tried_again() {
        let (mut lease, mut outputs, start) = granted();
        lease.handle_sent(1, DEADLINE, start);
        lease.handle_failed(trouble(), None, start, &mut outputs);
        let next = lease.poll_timeout();
        lease.handle_call(true, start);
        assert_eq!(lease.poll_timeout(), next);
    }

    #[test]
    fn a_beat_whose_outcome_never_comes_is_given_up() {
        let (mut lease, _, start) = granted();
        lease.handle_sent(1, DEADLINE, start);
        assert_eq!(lease.poll_timeout(), start + DEADLINE);
        assert_eq!(lease.due(start + DEADLINE), Some(Due::Overdue));
    }

    const DEADLINE: Duration = Duration::from_secs(4);

    fn granted() -> (Lease, Outputs, Instant) {
        let start = Instant::now();
        (
            Lease::granted(None, start),
            Outputs::new([7; 32], start),
            start,
        )
    }

    fn trouble() -> (Hop, String) {
        (Hop::Tcp, "refused".to_owned())
    }
}
