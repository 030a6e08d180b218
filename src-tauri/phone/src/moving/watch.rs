//! Watching: the stream of the sidecar's events is kept open while a session is held.
//!
//! ```text
//!             due             opened
//!  Due ---------> Opening ---------> Open
//!   ^ ^              |                 |
//!   | +--------------+-----------------+  ended: later and later
//!   |                | 401
//!   +--- ForToken <--+-----> Absent: the sidecar has no events
//! ```
//!
//! What it tells only comes sooner than a heartbeat would: whoever cannot watch loses nothing else.

use std::time::{Duration, Instant};

use secrecy::SecretString;

use crate::{Effect, SidecarFailure, backoff::Backoff, outputs::Outputs};

/// Until the stream is opened again.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_secs(2),
    longest: Duration::from_secs(60),
    retry_after: Duration::from_secs(300),
};

/// How long the sidecar may take to open it.
const OPEN_DEADLINE: Duration = Duration::from_secs(8);

/// How much later than the engine this gives up by itself.
const GRACE: Duration = Duration::from_secs(1);

/// A stream that ends sooner than this was none.
const SHORT: Duration = Duration::from_secs(10);

/// After this many fresh tokens that were refused one after another the next one comes with those of the heartbeat.
const MAX_TOKEN_REFUSALS: u32 = 3;

#[derive(Debug)]
pub(crate) struct Watch {
    state: State,
    /// Streams in a row that did not open or did not last.
    failures: u32,
    token_refusals: u32,
}

#[derive(Debug)]
enum State {
    Due {
        at: Instant,
    },
    Opening {
        stream: u64,
        give_up_at: Instant,
    },
    Open {
        stream: u64,
        since: Instant,
    },
    /// The access token was refused; the next one opens it.
    ForToken,
    /// This sidecar has no events, or nobody is to be told any more.
    Absent,
}

/// What the end of a stream asks of the session.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Again,
    /// The access token was refused.
    TokenRefused,
    /// Another device is said to hold the session: the heartbeat knows.
    HeldElsewhere,
}

impl Watch {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            state: State::Due { at: now },
            failures: 0,
            token_refusals: 0,
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Due { at } => Some(at),
            State::Opening { give_up_at, .. } => Some(give_up_at),
            State::Open { .. } | State::ForToken | State::Absent => None,
        }
    }

    pub(crate) fn is_stream(&self, number: u64) -> bool {
        match self.state {
            State::Opening { stream, .. } | State::Open { stream, .. } => stream == number,
            State::Due { .. } | State::ForToken | State::Absent => false,
        }
    }

    /// Opens the stream when that is due, and gives up one that does not open.
    pub(crate) fn do_due(
        &mut self,
        access_token: &SecretString,
        now: Instant,
        outputs: &mut Outputs,
    ) {
        if let State::Opening { stream, give_up_at } = self.state
            && give_up_at <= now
        {
            outputs.effect(Effect::CloseEvents { stream });
            self.wait(None, now, outputs);
        }
        if let State::Due { at } = self.state
            && at <= now
        {
            let stream = outputs.number();
            self.state = State::Opening {
                stream,
                give_up_at: now + OPEN_DEADLINE + GRACE,
            };
            outputs.effect(Effect::OpenEvents {
                stream,
                access_token: access_token.clone(),
                deadline: OPEN_DEADLINE,
            });
        }
    }

    pub(crate) fn handle_opened(&mut self, now: Instant) {
        if let State::Opening { stream, .. } = self.state {
            self.state = State::Open { stream, since: now };
            self.token_refusals = 0;
        }
    }

    pub(crate) fn handle_ended(
        &mut self,
        end: Result<(), SidecarFailure>,
        now: Instant,
        outputs: &mut Outputs,
    ) -> Ended {
        if let State::Open { since, .. } = self.state
            && now.saturating_duration_since(since) >= SHORT
        {
            self.failures = 0;
        }
        let Err(failure) = end else {
            self.wait(None, now, outputs);
            return Ended::Again;
        };
        match failure {
            SidecarFailure::Refused {
                status: 404 | 405, ..
            } => {
                self.state = State::Absent;
                Ended::Again
            }
            SidecarFailure::Refused { status: 401, .. }
                if self.token_refusals < MAX_TOKEN_REFUSALS =>
            {
                self.token_refusals += 1;
                self.state = State::ForToken;
                Ended::TokenRefused
            }
            SidecarFailure::Refused { status: 409, .. } => {
                self.wait(None, now, outputs);
                Ended::HeldElsewhere
            }
            SidecarFailure::Refused { retry_after, .. } => {
                self.wait(retry_after, now, outputs);
                Ended::Again
            }
            SidecarFailure::Unreachable { .. } | SidecarFailure::Nonsense { .. } => {
                self.wait(None, now, outputs);
                Ended::Again
            }
        }
    }

    /// A new access token is there.
    pub(crate) fn handle_token(&mut self, now: Instant) {
        match self.state {
            State::ForToken => self.state = State::Due { at: now },
            State::Due { .. } | State::Opening { .. } | State::Open { .. } | State::Absent => {}
        }
    }

    /// The network changed, or the machine slept: what is open may lead nowhere.
    pub(crate) fn reopen(&mut self, now: Instant, outputs: &mut Outputs) {
        match self.state {
            State::Opening { stream, .. } | State::Open { stream, .. } => {
                outputs.effect(Effect::CloseEvents { stream });
                self.state = State::Due { at: now };
            }
            State::Due { .. } => self.state = State::Due { at: now },
            State::ForToken | State::Absent => {}
        }
    }

    pub(crate) fn stop(&mut self, outputs: &mut Outputs) {
        if let State::Opening { stream, .. } | State::Open { stream, .. } = self.state {
            outputs.effect(Effect::CloseEvents { stream });
        }
        self.state = State::Absent;
    }

    fn wait(&mut self, retry_after: Option<Duration>, now: Instant, outputs: &mut Outputs) {
        let wait = BACKOFF.wait(self.failures, retry_after, outputs);
        self.failures = self.failures.saturating_add(1);
        self.state = State::Due { at: now + wait };
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn an_old_sidecar_is_asked_once() {
        for status in [404, 405] {
            let (mut watch, mut outputs, now) = opening();
            assert_eq!(
                watch.handle_ended(refused(status), now, &mut outputs),
                Ended::Again
            );
            assert_eq!(watch.poll_timeout(), None);
            watch.handle_token(now);
            watch.reopen(now, &mut outputs);
            assert_eq!(watch.poll_timeout(), None, "{status}");
        }
    }

    #[test]
    fn a_sidecar_that_fails_is_asked_later_and_later() {
        let (mut watch, mut outputs, mut now) = opening();
        let mut waits = Vec::new();
        for _ in 0..12 {
            watch.handle_ended(unreachable(), now, &mut outputs);
            let at = watch.poll_timeout().unwrap();
            waits.push(at - now);
            now = at;
            watch.do_due(&"token".into(), now, &mut outputs);
        }
        assert!(waits[0] >= BACKOFF.first / 2 && waits[0] <= BACKOFF.first);
        assert!(waits[11] >= BACKOFF.longest / 2 && waits[11] <= BACKOFF.longest);
    }

    #[test]
    fn a_stream_that_lasted_is_opened_again_soon_and_one_that_did_not_is_not() {
        for (lasted, soon) in [(SHORT, true), (Duration::ZERO, false)] {
            let (mut watch, mut outputs, mut now) = opening();
            for _ in 0..8 {
                watch.handle_opened(now);
                now += lasted;
                watch.handle_ended(Ok(()), now, &mut outputs);
                let at = watch.poll_timeout().unwrap();
                assert!(!soon || at - now <= BACKOFF.first);
                now = at;
                watch.do_due(&"token".into(), now, &mut outputs);
            }
            watch.handle_ended(unreachable(), now, &mut outputs);
            assert_eq!(
                watch.poll_timeout().unwrap() - now <= BACKOFF.first * 2,
                soon
            );
        }
    }

    #[test]
    fn a_refused_token_waits_for_the_next_one_and_not_for_ever() {
        let (mut watch, mut outputs, now) = opening();
        for _ in 0..MAX_TOKEN_REFUSALS {
            assert_eq!(
                watch.handle_ended(refused(401), now, &mut outputs),
                Ended::TokenRefused
            );
            assert_eq!(watch.poll_timeout(), None);
            watch.handle_token(now);
            watch.do_due(&"next".into(), now, &mut outputs);
        }
        assert_eq!(
            watch.handle_ended(refused(401), now, &mut outputs),
            Ended::Again
        );
        assert!(watch.poll_timeout().unwrap() > now);
    }

    #[test]
    fn a_stream_that_never_opens_is_closed_and_another_tried() {
        let (mut watch, mut outputs, now) = opening();
        let give_up_at = watch.poll_timeout().unwrap();
        assert_eq!(give_up_at, now + OPEN_DEADLINE + GRACE);
        while outputs.poll_effect().is_some() {}
        watch.do_due(&"token".into(), give_up_at, &mut outputs);
        assert!(matches!(
            outputs.poll_effect(),
            Some(Effect::CloseEvents { .. })
        ));
        assert!(watch.poll_timeout().unwrap() > give_up_at);
    }

    #[test]
    fn a_wish_of_the_server_is_kept_within_bounds() {
        for (wished, at_least, at_most) in [(30, 30, 36), (90_000, 300, 360), (0, 1, 2)] {
            let (mut watch, mut outputs, now) = opening();
            let end = Err(SidecarFailure::Refused {
                status: 503,
                message: String::new(),
                holder: None,
                askable: false,
                retry_after: Some(Duration::from_secs(wished)),
                reason: None,
            });
            watch.handle_ended(end, now, &mut outputs);
            let wait = watch.poll_timeout().unwrap() - now;
            assert!(wait >= Duration::from_secs(at_least), "{wait:?}");
            assert!(wait <= Duration::from_secs(at_most), "{wait:?}");
        }
    }

    fn opening() -> (Watch, Outputs, Instant) {
        let now = Instant::now();
        let mut outputs = Outputs::new([5; 32], now);
        let mut watch = Watch::new(now);
        watch.do_due(&"token".into(), now, &mut outputs);
        assert!(matches!(watch.state, State::Opening { .. }));
        (watch, outputs, now)
    }

    fn refused(status: u16) -> Result<(), SidecarFailure> {
        Err(SidecarFailure::Refused {
            status,
            message: "no".to_owned(),
            holder: None,
            askable: false,
            retry_after: None,
            reason: None,
        })
    }

    fn unreachable() -> Result<(), SidecarFailure> {
        Err(SidecarFailure::Unreachable {
            hop: crate::Hop::Tcp,
            detail: "refused".to_owned(),
            facts: None,
        })
    }
}
