//! Errands: what is asked of the sidecar until it has an answer that decides.

use std::time::{Duration, Instant};

use crate::{Hop, Moment, backoff::Backoff, moment::Epoch, outputs::Outputs, view::TroubleView};

/// A server's wish is kept: whoever sits in front of this can end the wait.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_secs(2),
    longest: Duration::from_secs(30),
    retry_after: Duration::from_secs(300),
};

/// How far off the next try may be for somebody to wait for it.
const WORTH_WAITING: Duration = Duration::from_secs(5);

/// A sidecar that refuses this many fresh tokens one after another will refuse the next one too.
const MAX_TOKEN_REFUSALS: u32 = 3;

/// Something that is asked of the sidecar until it has an answer that decides.
///
/// ```text
///           due                 2xx, refused
///  Waiting -----> InFlight --------------------> (over)
///     ^              |  | 401
///     +--------------+  +-----> ForToken
///     | no answer, 5xx              |
///     +-----------------------------+ new token
/// ```
#[derive(Debug)]
pub(crate) struct Errand {
    step: Step,
    /// Tries in a row without an answer that decides.
    failures: u32,
    token_refusals: u32,
    trouble: Option<TroubleView>,
}

#[derive(Debug)]
enum Step {
    Waiting {
        at: Instant,
    },
    InFlight {
        attempt: u64,
        sent_at: Instant,
        give_up_at: Instant,
    },
    ForToken,
}

impl Errand {
    /// An errand that is due at once.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            step: Step::Waiting { at: now },
            failures: 0,
            token_refusals: 0,
            trouble: None,
        }
    }

    pub(crate) fn is_due(&self, now: Instant) -> bool {
        matches!(self.step, Step::Waiting { at } if at <= now)
    }

    /// Tells whether the engine owes the answer.
    pub(crate) fn is_overdue(&self, now: Instant) -> bool {
        matches!(self.step, Step::InFlight { give_up_at, .. } if give_up_at <= now)
    }

    pub(crate) fn is_in_flight(&self) -> bool {
        matches!(self.step, Step::InFlight { .. })
    }

    pub(crate) fn awaits(&self, number: u64) -> bool {
        matches!(self.step, Step::InFlight { attempt, .. } if attempt == number)
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        match self.step {
            Step::Waiting { at } => Some(at),
            Step::InFlight { give_up_at, .. } => Some(give_up_at),
            Step::ForToken => None,
        }
    }

    pub(crate) fn trouble(&self) -> Option<&TroubleView> {
        self.trouble.as_ref()
    }

    /// Returns when it is tried again; `None`: it has not failed, or is being tried.
    pub(crate) fn retry_at(&self, epoch: Epoch) -> Option<Moment> {
        match self.step {
            Step::Waiting { at } if self.failures > 0 => Some(epoch.moment(at)),
            Step::Waiting { .. } | Step::InFlight { .. } | Step::ForToken => None,
        }
    }

    /// Returns the number of the try that is on its way, and when it left.
    pub(crate) fn sent(&self) -> Option<(u64, Instant)> {
        match self.step {
            Step::InFlight {
                attempt, sent_at, ..
            } => Some((attempt, sent_at)),
            Step::Waiting { .. } | Step::ForToken => None,
        }
    }

    /// It has left, and is given up by itself after `deadline`.
    pub(crate) fn handle_sent(&mut self, attempt: u64, deadline: Duration, now: Instant) {
        self.step = Step::InFlight {
            attempt,
            sent_at: now,
            give_up_at: now + deadline,
        };
    }

    /// Tries again later and later; returns after how long.
    pub(crate) fn handle_failed(
        &mut self,
        trouble: TroubleView,
        retry_after: Option<Duration>,
        now: Instant,
        outputs: &mut Outputs,
    ) -> Duration {
        let wait = BACKOFF.wait(self.failures, retry_after, outputs);
        self.failures = self.failures.saturating_add(1);
        self.step = Step::Waiting { at: now + wait };
        self.trouble = Some(trouble);
        wait
    }

    /// Whether somebody may wait for its answer: fewer than `tries` in a row had none that decides, and no server's wish puts
    /// the next one off for long.
    pub(crate) fn is_worth_waiting(&self, tries: u32, now: Instant) -> bool {
        let is_put_off = matches!(self.step, Step::Waiting { at } if at > now + WORTH_WAITING);
        self.failures < tries && !is_put_off
    }

    /// Whether it has failed once and no more.
    pub(crate) fn failed_first(&self) -> bool {
        self.failures == 1
    }

    /// Whether an earlier try had no answer that decides: what it asked for may have been done.
    pub(crate) fn is_repeated(&self) -> bool {
        self.failures > 0
    }

    /// The access token was refused: it waits for a new one. Returns whether it is worth getting one.
    pub(crate) fn wait_for_token(&mut self) -> bool {
        self.step = Step::ForToken;
        self.token_refusals += 1;
        self.token_refusals < MAX_TOKEN_REFUSALS
    }

    /// A new access token is there.
    pub(crate) fn handle_token(&mut self, now: Instant) {
        match self.step {
            Step::ForToken => self.step = Step::Waiting { at: now },
            Step::Waiting { .. } | Step::InFlight { .. } => {}
        }
    }

    /// It is due at once, and another question may be put: an answer came that only leads on.
    pub(crate) fn ask_anew(&mut self, now: Instant) {
        self.step = Step::Waiting { at: now };
    }

    /// Ends a wait for the next try.
    pub(crate) fn retry_soon(&mut self, now: Instant) {
        if let Step::Waiting { at } = &mut self.step {
            *at = now.min(*at);
        }
    }
}

/// What it means where the engine does not say how a request ended.
pub(crate) fn overdue() -> TroubleView {
    TroubleView {
        hop: Hop::Timeout,
        detail: "The server does not answer".to_owned(),
        facts: None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]
mod tests {
    use super::*;

    const DEADLINE: Duration = Duration::from_secs(8);

    #[test]
    fn a_failed_try_is_repeated_later_and_later_and_a_servers_wish_is_kept() {
        let now = Instant::now();
        let mut outputs = Outputs::new([5; 32], now);
        let mut errand = Errand::new(now);
        assert!(errand.is_due(now));
        let mut longest = Duration::ZERO;
        for attempt in 0..12 {
            errand.handle_sent(attempt, DEADLINE, now);
            assert!(!errand.is_due(now) && errand.awaits(attempt));
            assert_eq!(errand.sent(), Some((attempt, now)));
            assert!(errand.is_overdue(now + DEADLINE));
            let wait = errand.handle_failed(overdue(), None, now, &mut outputs);
            assert_eq!(errand.failed_first(), attempt == 0);
            assert_eq!(errand.poll_timeout(), Some(now + wait));
            longest = longest.max(wait);
        }
        assert!(longest > BACKOFF.longest / 2 && longest <= BACKOFF.longest);
        let asked = Some(Duration::from_secs(3600));
        let wait = errand.handle_failed(overdue(), asked, now, &mut outputs);
        assert!(wait >= BACKOFF.retry_after);
        errand.retry_soon(now);
        assert!(errand.is_due(now));
    }

    #[test]
    fn who_waits_for_it_does_so_for_a_few_tries_and_not_for_one_that_a_server_puts_off() {
        let now = Instant::now();
        let mut outputs = Outputs::new([5; 32], now);
        let mut errand = Errand::new(now);
        for is_worth_waiting in [true, false] {
            errand.handle_failed(overdue(), None, now, &mut outputs);
            assert_eq!(errand.is_worth_waiting(2, now), is_worth_waiting);
        }
        let mut errand = Errand::new(now);
        let asked = Some(Duration::from_secs(300));
        errand.handle_failed(overdue(), asked, now, &mut outputs);
        assert!(!errand.is_worth_waiting(2, now));
        errand.handle_sent(1, DEADLINE, now);
        assert!(errand.is_worth_waiting(2, now));
    }

    #[test]
    fn a_refused_token_is_waited_for_a_few_times() {
        let now = Instant::now();
        let mut errand = Errand::new(now);
        for worth_it in [true, true, false] {
            errand.handle_sent(1, DEADLINE, now);
            assert_eq!(errand.wait_for_token(), worth_it);
            assert_eq!(errand.poll_timeout(), None);
            errand.handle_token(now);
            assert!(errand.is_due(now));
        }
    }
}
