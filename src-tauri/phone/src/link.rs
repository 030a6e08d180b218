//! The link: the phone's effort to have a WebSocket to the phone server.
//!
//! ```text
//!          retry_at           opened
//!   Down -----------> Opening ------> Up
//!    ^                   |             |
//!    +-------------------+-------------+
//!        failed, deadline    closed, no sign of life
//! ```

use std::time::{Duration, Instant};

use crate::{
    Effect, Event, FlowFailure, FlowId, Hop, Moment, moment::Epoch, outputs::Outputs,
    view::LinkView,
};

/// TCP, TLS and the upgrade together (design/faults.md 10: 4 s for TCP alone).
const OPEN_DEADLINE: Duration = Duration::from_secs(6);

/// How much later than the engine the phone gives up by itself.
const OPEN_GRACE: Duration = Duration::from_secs(1);

/// The waits between tries: quick while a restart is likely, slow afterwards (design/goals.md G28, design/faults.md 28: at most two a second).
const RETRY_FIRST: Duration = Duration::from_millis(700);
const LEAST_SHARE: f64 = 0.7;
const RETRY_MAX_SOON: Duration = Duration::from_secs(2);
const RETRY_MAX: Duration = Duration::from_secs(30);
const SOON: Duration = Duration::from_secs(60);

/// A flow that was up for less counts as a try that failed: a server that takes it and drops it at once is not hammered.
const STEADY: Duration = Duration::from_secs(10);

/// For what only somebody's work can repair: a certificate (design/faults.md 20).
const RETRY_AFTER_REPAIR: Duration = Duration::from_secs(60);

/// The longest Retry-After that is obeyed.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(600);

/// How long nothing may come before a ping leaves, and how long its pong may take (design/goals.md G29: 3 to 5 s in a call, 12 s idle).
const QUIET_IDLE: Duration = Duration::from_secs(8);
const PONG_IDLE: Duration = Duration::from_secs(4);
const QUIET_IN_CALL: Duration = Duration::from_secs(2);
const PONG_IN_CALL: Duration = Duration::from_secs(3);

#[derive(Debug)]
pub(crate) struct Link {
    url: String,
    state: State,
    /// Tries in a row without a steady flow.
    failures: u32,
    /// Since when there has been none.
    down_since: Instant,
}

#[derive(Debug)]
enum State {
    Down {
        retry_at: Instant,
        failure: Option<FlowFailure>,
    },
    Opening {
        flow: FlowId,
        deadline: Instant,
    },
    Up {
        flow: FlowId,
        since: Instant,
        heard_at: Instant,
        ping: Option<Instant>,
    },
}

impl Link {
    /// A link that opens at the next [`handle_timeout`](Self::handle_timeout).
    pub(crate) fn new(url: String, now: Instant) -> Self {
        Self {
            url,
            state: State::Down {
                retry_at: now,
                failure: None,
            },
            failures: 0,
            down_since: now,
        }
    }

    /// Returns the flow that is open.
    pub(crate) fn flow(&self) -> Option<FlowId> {
        match self.state {
            State::Up { flow, .. } => Some(flow),
            State::Down { .. } | State::Opening { .. } => None,
        }
    }

    /// Returns whether it waits for its next try.
    pub(crate) fn is_down(&self) -> bool {
        matches!(self.state, State::Down { .. })
    }

    /// `host`: where it leads, as users know it.
    pub(crate) fn view(&self, host: &str, epoch: Epoch) -> LinkView {
        match &self.state {
            State::Down {
                failure: Some(failure),
                retry_at,
            } => LinkView::Down {
                host: host.to_owned(),
                hop: failure.hop,
                detail: failure.detail.clone(),
                facts: failure.facts.clone(),
                retry_at: epoch.moment(*retry_at),
            },
            State::Down { failure: None, .. } | State::Opening { .. } => LinkView::Opening,
            State::Up { since, .. } => LinkView::Up {
                since: epoch.moment(*since),
            },
        }
    }

    /// Returns when the phone server was heard last, where it is still there.
    pub(crate) fn heard_at(&self, epoch: Epoch) -> Option<Moment> {
        match self.state {
            State::Up { heard_at, .. } => Some(epoch.moment(heard_at)),
            State::Down { .. } | State::Opening { .. } => None,
        }
    }

    pub(crate) fn poll_timeout(&self, in_call: bool) -> Instant {
        match self.state {
            State::Down { retry_at, .. } => retry_at,
            State::Opening { deadline, .. } => deadline,
            State::Up {
                heard_at,
                ping: None,
                ..
            } => heard_at + quiet(in_call),
            State::Up {
                ping: Some(sent_at),
                ..
            } => sent_at + pong(in_call),
        }
    }

    /// Opens, pings, or gives a flow up; returns whether an open flow was lost.
    pub(crate) fn handle_timeout(
        &mut self,
        in_call: bool,
        now: Instant,
        outputs: &mut Outputs,
    ) -> bool {
        if now < self.poll_timeout(in_call) {
            return false;
        }
        match self.state {
            State::Down { .. } => {
                self.open(now, outputs);
                false
            }
            State::Opening { flow, .. } => {
                outputs.effect(Effect::CloseFlow { flow });
                let failure = FlowFailure {
                    hop: Hop::Timeout,
                    detail: "The phone server does not answer".to_owned(),
                    facts: None,
                    retry_after: None,
                };
                self.fail(failure, now, outputs);
                false
            }
            State::Up {
                flow,
                since,
                heard_at,
                ping: None,
            } => {
                outputs.effect(Effect::Ping { flow });
                self.state = State::Up {
                    flow,
                    since,
                    heard_at,
                    ping: Some(now),
                };
                false
            }
            State::Up {
                flow,
                since,
                ping: Some(_),
                ..
            } => {
                outputs.effect(Effect::CloseFlow { flow });
                let failure = FlowFailure {
                    hop: Hop::Timeout,
                    detail: "The phone server has fallen silent".to_owned(),
                    facts: None,
                    retry_after: None,
                };
                self.lose(since, failure, now, outputs);
                true
            }
        }
    }

    /// Returns whether it is the flow that was being opened; any other is unwanted and closed.
    pub(crate) fn handle_opened(
        &mut self,
        opened: FlowId,
        now: Instant,
        outputs: &mut Outputs,
    ) -> bool {
        match self.state {
            State::Opening { flow, .. } if flow == opened => {
                self.state = State::Up {
                    flow,
                    since: now,
                    heard_at: now,
                    ping: None,
                };
                outputs.event(Event::LinkUp);
                true
            }
            State::Down { .. } | State::Opening { .. } | State::Up { .. } => {
                outputs.effect(Effect::CloseFlow { flow: opened });
                false
            }
        }
    }

    /// Returns whether an open flow was lost.
    pub(crate) fn handle_failed(
        &mut self,
        failed: FlowId,
        failure: FlowFailure,
        now: Instant,
        outputs: &mut Outputs,
    ) -> bool {
        match self.state {
            State::Opening { flow, .. } if flow == failed => {
                self.fail(failure, now, outputs);
                false
            }
            State::Up { flow, since, .. } if flow == failed => {
                self.lose(since, failure, now, outputs);
                true
            }
            State::Down { .. } | State::Opening { .. } | State::Up { .. } => false,
        }
    }

    /// Takes anything that came in on `heard` as its sign of life.
    pub(crate) fn handle_alive(&mut self, heard: FlowId, now: Instant) {
        if let State::Up {
            flow,
            heard_at,
            ping,
            ..
        } = &mut self.state
            && *flow == heard
        {
            *heard_at = now;
            *ping = None;
        }
    }

    /// Opens a new flow at once; returns whether an open one was given up for it.
    pub(crate) fn reopen(&mut self, now: Instant, outputs: &mut Outputs) -> bool {
        self.failures = 0;
        self.down_since = now;
        let was_up = self.flow().is_some();
        self.close(outputs);
        self.open(now, outputs);
        was_up
    }

    /// Closes what is open or opening; the link is not to be used after it.
    pub(crate) fn close(&self, outputs: &mut Outputs) {
        match self.state {
            State::Opening { flow, .. } | State::Up { flow, .. } => {
                outputs.effect(Effect::CloseFlow { flow });
            }
            State::Down { .. } => {}
        }
    }

    fn open(&mut self, now: Instant, outputs: &mut Outputs) {
        let flow = FlowId(outputs.number());
        outputs.effect(Effect::OpenFlow {
            flow,
            url: self.url.clone(),
            deadline: OPEN_DEADLINE,
        });
        self.state = State::Opening {
            flow,
            deadline: now + OPEN_DEADLINE + OPEN_GRACE,
        };
    }

    /// A flow that was up is lost.
    fn lose(
        &mut self,
        up_since: Instant,
        failure: FlowFailure,
        now: Instant,
        outputs: &mut Outputs,
    ) {
        if now >= up_since + STEADY {
            self.failures = 0;
            self.down_since = now;
        }
        self.fail(failure, now, outputs);
    }

    fn fail(&mut self, failure: FlowFailure, now: Instant, outputs: &mut Outputs) {
        self.failures = self.failures.saturating_add(1);
        let (longest, least) = self.wait_after(&failure, now);
        let wait = outputs.jittered(longest, least);
        outputs.event(Event::LinkDown {
            hop: failure.hop,
            detail: failure.detail.clone(),
            facts: failure.facts.clone(),
            retry_in_ms: wait.as_millis() as u64,
        });
        self.state = State::Down {
            retry_at: now + wait,
            failure: Some(failure),
        };
    }

    /// Returns how long to wait at the most, and the least random share of it: many phones that lost the same server must not come back at
    /// once (RFC 5626 §4.5).
    fn wait_after(&self, failure: &FlowFailure, now: Instant) -> (Duration, f64) {
        if let Some(asked) = failure.retry_after {
            // Never sooner than asked, and at most a fifth later (design/faults.md 23).
            return (asked.min(RETRY_AFTER_MAX).mul_f64(1.2), 0.85);
        }
        let max = match failure.hop {
            Hop::Tls | Hop::Configuration if self.failures > 1 => {
                return (RETRY_AFTER_REPAIR, LEAST_SHARE);
            }
            // A server that is there and refuses is not hurried.
            Hop::WebSocket => RETRY_MAX,
            Hop::Dns
            | Hop::Tcp
            | Hop::Proxy
            | Hop::Tls
            | Hop::Http
            | Hop::Timeout
            | Hop::Configuration => {
                if now < self.down_since + SOON {
                    RETRY_MAX_SOON
                } else {
                    RETRY_MAX
                }
            }
        };
        let doubled = RETRY_FIRST.saturating_mul(1 << (self.failures - 1).min(8));
        (doubled.min(max), LEAST_SHARE)
    }
}

fn quiet(in_call: bool) -> Duration {
    if in_call { QUIET_IN_CALL } else { QUIET_IDLE }
}

fn pong(in_call: bool) -> Duration {
    if in_call { PONG_IN_CALL } else { PONG_IDLE }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_silent_flow_is_given_up_within_12_s_idle_and_5_s_in_a_call() {
        for (in_call, bound) in [(false, 12), (true, 5)] {
            let (mut link, mut outputs, start) = up();
            let mut now = start;
            while !link.handle_timeout(in_call, now, &mut outputs) {
                now = link.poll_timeout(in_call);
            }
            assert_eq!(now - start, Duration::from_secs(bound));
        }
    }

    #[test]
    fn a_pong_or_any_message_keeps_the_flow() {
        let (mut link, mut outputs, start) = up();
        let flow = link.flow().unwrap();
        let mut now = start;
        for _ in 0..100 {
            now = link.poll_timeout(false);
            assert!(!link.handle_timeout(false, now, &mut outputs));
            link.handle_alive(flow, now);
        }
        assert!(now - start > Duration::from_secs(600));
        assert!(link.flow().is_some());
    }

    #[test]
    fn tries_are_quick_in_the_first_minute_and_slow_down_after_it() {
        let start = Instant::now();
        let mut outputs = Outputs::new([5; 32], start);
        let mut link = Link::new("wss://sip.example".to_owned(), start);
        let mut now = start;
        let mut tries = Vec::new();
        while now < start + Duration::from_secs(600) {
            now = link.poll_timeout(false);
            link.handle_timeout(false, now, &mut outputs);
            tries.push(now - start);
            let flow = opening(&link);
            link.handle_failed(flow, refused(Hop::Tcp), now, &mut outputs);
        }
        let gaps = tries
            .windows(2)
            .map(|it| (it[0], it[1] - it[0]))
            .collect::<Vec<_>>();
        assert!(
            gaps.iter()
                .all(|(_, gap)| *gap >= Duration::from_millis(490))
        );
        assert!(
            gaps.iter()
                .filter(|(at, _)| *at < Duration::from_secs(58))
                .all(|(_, gap)| *gap <= RETRY_MAX_SOON)
        );
        assert!(gaps.last().unwrap().1 > Duration::from_secs(20));
    }

    #[test]
    fn a_server_that_drops_each_flow_at_once_is_tried_less_and_less() {
        let (mut link, mut outputs, start) = up();
        let mut now = start;
        let mut tries = 0;
        while now < start + Duration::from_secs(600) {
            let flow = link.flow().unwrap();
            assert!(link.handle_failed(flow, refused(Hop::WebSocket), now, &mut outputs));
            now = link.poll_timeout(false);
            link.handle_timeout(false, now, &mut outputs);
            link.handle_opened(opening(&link), now, &mut outputs);
            tries += 1;
        }
        assert!(tries < 40, "{tries} in ten minutes");

        // A flow that stays makes up for it.
        let flow = link.flow().unwrap();
        now += STEADY;
        link.handle_failed(flow, refused(Hop::WebSocket), now, &mut outputs);
        assert!(link.poll_timeout(false) - now <= RETRY_FIRST);
    }

    #[test]
    fn a_certificate_that_is_wrong_is_not_hammered_and_a_retry_after_is_kept() {
        let start = Instant::now();
        let mut outputs = Outputs::new([5; 32], start);
        let mut link = Link::new("wss://sip.example".to_owned(), start);
        let mut now = start;
        for _ in 0..2 {
            now = link.poll_timeout(false);
            link.handle_timeout(false, now, &mut outputs);
            link.handle_failed(opening(&link), refused(Hop::Tls), now, &mut outputs);
        }
        assert!(link.poll_timeout(false) - now >= Duration::from_secs(42));

        now = link.poll_timeout(false);
        link.handle_timeout(false, now, &mut outputs);
        let failure = FlowFailure {
            retry_after: Some(Duration::from_secs(20)),
            ..refused(Hop::WebSocket)
        };
        link.handle_failed(opening(&link), failure, now, &mut outputs);
        let wait = link.poll_timeout(false) - now;
        assert!(
            wait >= Duration::from_secs(20) && wait <= Duration::from_secs(24),
            "{wait:?}"
        );
    }

    #[test]
    fn a_flow_that_nobody_waits_for_is_closed() {
        let (mut link, mut outputs, start) = up();
        while outputs.poll_effect().is_some() {}
        assert!(!link.handle_opened(FlowId(999), start, &mut outputs));
        assert!(matches!(
            outputs.poll_effect(),
            Some(Effect::CloseFlow { flow: FlowId(999) })
        ));
        assert!(link.flow().is_some());
    }

    fn up() -> (Link, Outputs, Instant) {
        let start = Instant::now();
        let mut outputs = Outputs::new([5; 32], start);
        let mut link = Link::new("wss://sip.example".to_owned(), start);
        link.handle_timeout(false, start, &mut outputs);
        assert!(link.handle_opened(opening(&link), start, &mut outputs));
        (link, outputs, start)
    }

    fn opening(link: &Link) -> FlowId {
        match link.state {
            State::Opening { flow, .. } => flow,
            State::Down { .. } | State::Up { .. } => panic!("not opening: {link:?}"),
        }
    }

    fn refused(hop: Hop) -> FlowFailure {
        FlowFailure {
            hop,
            detail: "no".to_owned(),
            facts: None,
            retry_after: None,
        }
    }
}
