//! The check that a user asks for: every part of the phone that can be proven is proven anew.

use std::time::{Duration, Instant};

use super::{GRACE, Phone};
use crate::{
    Effect, Event, Hop, PathProbe, Rejected, Reply, Request, SidecarFailure,
    view::{PathCheckView, ServerCheckView},
};

/// How long the sidecar may take to answer: as long as a heartbeat (design/faults.md 68).
const PROBE_DEADLINE: Duration = Duration::from_secs(3);

/// A clock that is further off than this is told: tickets, certificates and records go by it.
const CLOCK_TOLERANCE_MS: u64 = 5 * 60 * 1000;

/// How long a STUN server may take, as `media::Media::probe_path` has it.
const PATH_DEADLINE: Duration = Duration::from_secs(2);

/// A question whether the sidecar answers at all.
#[derive(Debug)]
pub(super) struct Probe {
    pub(super) attempt: u64,
    sent_at: Instant,
    pub(super) deadline: Instant,
}

impl Phone {
    /// Asks the sidecar for an answer, brings the next heartbeat forward, asks the phone server for a
    /// sign of life and for the registration, and, where no call proves more, for the way of the sound
    /// and what is at its end.
    pub(super) fn check(&mut self, now: Instant) -> Result<(), Rejected> {
        let has_line = self.account.line().is_some();
        if !self.setup.sidecar && !has_line {
            return Err(Rejected::NoSidecar);
        }
        if self.setup.sidecar && self.probe.is_none() {
            let attempt = self.request(Request::Probe, PROBE_DEADLINE);
            self.probe = Some(Probe {
                attempt,
                sent_at: now,
                deadline: now + PROBE_DEADLINE + GRACE,
            });
            self.server_check = Some(ServerCheckView::Running);
        }
        self.with_lease(|lease, _| lease.beat_soon(now));
        if let Some(line) = self.account.line() {
            line.check(now, &mut self.outputs);
            if !line.has_calls() {
                self.probe_path(now);
                // A check that runs goes on.
                let _ = self.check_sound();
            }
        }
        Ok(())
    }

    fn probe_path(&mut self, now: Instant) {
        if self.path_deadline.is_none() {
            self.path_deadline = Some(now + PATH_DEADLINE + GRACE);
            self.path_check = Some(PathCheckView::Running);
            self.outputs.effect(Effect::ProbePath);
        }
    }

    pub(super) fn handle_path_probed(&mut self, found: PathProbe) {
        if self.path_deadline.take().is_none() {
            return;
        }
        let at = self.outputs.now();
        let check = match found {
            PathProbe::NoServer => PathCheckView::NoServer { at },
            PathProbe::Silent { servers } => PathCheckView::Silent { servers, at },
            PathProbe::Reached {
                local,
                seen_as,
                took,
            } => PathCheckView::Reached {
                local,
                seen_as,
                took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
                at,
            },
        };
        self.path_check = Some(check.clone());
        self.outputs.event(Event::PathChecked { check });
    }

    /// Forgets what was found in another network.
    pub(super) fn forget_path(&mut self) {
        if self.path_deadline.is_none() {
            self.path_check = None;
        }
    }

    /// Takes the answer, whatever it says: who answers is there. A server that cannot serve at all
    /// (5xx) is not.
    pub(super) fn handle_probed(&mut self, reply: Result<Reply, SidecarFailure>, now: Instant) {
        let Some(probe) = self.probe.take() else {
            return;
        };
        let at = self.outputs.now();
        let failed = |hop, detail, facts| ServerCheckView::Failed {
            hop,
            detail,
            facts,
            at,
        };
        let took = now.saturating_duration_since(probe.sent_at);
        let reached = |clock_ahead_ms: Option<i64>| ServerCheckView::Reached {
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            clock_ahead_ms: clock_ahead_ms.map(|it| match it.unsigned_abs() {
                ..=CLOCK_TOLERANCE_MS => 0,
                _ => it,
            }),
            at,
        };
        self.finish_check(match reply {
            Err(SidecarFailure::Refused {
                status, message, ..
            }) if status >= 500 => failed(Hop::Http, format!("{status}: {message}"), None),
            Ok(Reply::Probe { clock_ahead_ms }) => reached(clock_ahead_ms),
            Ok(_) | Err(SidecarFailure::Refused { .. }) => reached(None),
            Err(SidecarFailure::Unreachable { hop, detail, facts }) => failed(hop, detail, facts),
            Err(SidecarFailure::Nonsense { detail }) => failed(Hop::Http, detail, None),
        });
    }

    /// Gives up a probe whose answer never came.
    pub(super) fn end_probe_if_due(&mut self, now: Instant) {
        if self.path_deadline.is_some_and(|it| it <= now) {
            let servers = Vec::new();
            self.handle_path_probed(PathProbe::Silent { servers });
        }
        if self.probe.as_ref().is_some_and(|it| it.deadline <= now) {
            self.probe = None;
            let at = self.outputs.now();
            let detail = "The server does not answer".to_owned();
            let hop = Hop::Timeout;
            self.finish_check(ServerCheckView::Failed {
                hop,
                detail,
                facts: None,
                at,
            });
        }
    }

    fn finish_check(&mut self, check: ServerCheckView) {
        self.server_check = Some(check.clone());
        self.outputs.event(Event::ServerChecked { check });
    }
}
