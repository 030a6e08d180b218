//! Whether one side of a call does not hear the other, although the way of the sound lives.

use std::time::{Duration, Instant};

use crate::{
    CallQuality, Event, MediaRequest, Moment, OneWay, Quality, Rejected, outputs::Outputs,
};

use super::{Call, State};

/// How long it lasts before it is told, in ms (design/pains.md, 13): nobody is silent for so long who
/// sends silence as well.
const TOLD_AFTER_MS: u64 = 4_000;

/// How long a repair may take: the offer and the new way a second, the peer's next word of what
/// arrives there 6.2 s (RFC 3550 §6.3.1).
const REPAIR: Duration = Duration::from_secs(10);

/// What does not arrive, and what is done about it.
#[derive(Debug, Default)]
pub(super) struct Ways {
    pub(super) in_since: Option<Moment>,
    pub(super) out_since: Option<Moment>,
    /// Until when a repair that the user asked for may take.
    repair_until: Option<Instant>,
}

impl Ways {
    pub(super) fn is_repairing(&self) -> bool {
        self.repair_until.is_some()
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.repair_until
    }

    /// Ends a repair that takes too long.
    pub(super) fn handle_timeout(&mut self, now: Instant) {
        self.repair_until = self.repair_until.filter(|until| *until > now);
    }

    /// Ends a repair; returns whether there was one.
    pub(super) fn end_repair(&mut self) -> bool {
        self.repair_until.take().is_some()
    }

    fn are_whole(&self) -> bool {
        self.in_since.is_none() && self.out_since.is_none()
    }
}

impl Call {
    /// Returns how the call sounds: badly for whoever hears nothing.
    pub(super) fn quality(&self) -> Option<CallQuality> {
        match (self.ways.in_since, self.ways.out_since) {
            (None, None) => self.listening.quality(),
            (Some(_), None) | (None, Some(_)) => Some(CallQuality::Poor),
            (Some(_), Some(_)) => Some(CallQuality::PoorHere),
        }
    }

    /// Has the media look for another way of the sound, which the far end is offered (RFC 8839
    /// §4.4.1.1.1).
    pub(crate) fn repair(&mut self, now: Instant, outputs: &mut Outputs) -> Result<(), Rejected> {
        self.require_talking()?;
        if self.ways.is_repairing() {
            return Err(Rejected::WrongState { call: self.id });
        }
        self.ways.repair_until = Some(now + REPAIR);
        self.media(MediaRequest::Restart, outputs);
        self.refresh(outputs);
        Ok(())
    }

    /// Looks at what the media tells each second.
    pub(super) fn watch_ways(&mut self, quality: &Quality, outputs: &mut Outputs) {
        let talks = matches!(self.state, State::Talking { .. });
        let lasts = |ms: Option<u64>| ms.filter(|it| talks && *it >= TOLD_AFTER_MS);
        let was_whole = self.ways.are_whole();
        let (call, ways) = (self.id, &mut self.ways);
        let inward = lasts(quality.silent_ms);
        note(call, OneWay::In, &mut ways.in_since, inward, outputs);
        let outward = lasts(quality.unheard_ms);
        note(call, OneWay::Out, &mut ways.out_since, outward, outputs);
        if ways.are_whole() && !was_whole {
            ways.end_repair();
        }
    }
}

/// Keeps since when one way is dead, which has lasted for so many ms, and tells what is new.
fn note(
    call: crate::CallId,
    way: OneWay,
    since: &mut Option<Moment>,
    lasts: Option<u64>,
    outputs: &mut Outputs,
) {
    let now = outputs.now();
    match (*since, lasts) {
        (None, Some(ms)) => {
            *since = Some(Moment(now.0.saturating_sub(ms)));
            outputs.event(Event::CallOneWay { call, way });
        }
        (Some(begin), None) => {
            *since = None;
            let after_ms = now.since(begin);
            outputs.event(Event::CallOneWayOver {
                call,
                way,
                after_ms,
            });
        }
        (None, None) | (Some(_), Some(_)) => {}
    }
}
