use std::time::{Duration, Instant};

use tracing::debug;

use super::interruption::Finding;
use super::leg::{Leg, State as LegState};
use super::{LEFT_FOR, Selection, Session};
use crate::codec::SILENCE;
use crate::grid::{Grid, TICK, ticks_to_leave_out};
use crate::rtp::Voice;
use crate::{Failure, News};

/// Longest gap that is filled with silence in a recording, 60 s: a machine that slept does not fill
/// the disk.
const MOST_FILLED: u32 = 6_000;

/// How often [`News::Quality`] comes.
const QUALITY_EVERY: Duration = Duration::from_secs(1);

/// The clock of the sound: a tick every 10 ms.
#[derive(Debug)]
pub(super) struct Clock {
    next: Instant,
    quality_at: Instant,
}

impl Clock {
    pub(super) fn new(grid: Grid, now: Instant) -> Self {
        Self {
            next: grid.next(now),
            quality_at: now + QUALITY_EVERY,
        }
    }

    /// Returns when the next tick is due.
    pub(super) fn next(&self) -> Instant {
        self.next
    }

    /// Leaves out the ticks that are too late to be made up for; returns how many.
    fn leave_out(&mut self, now: Instant) -> u32 {
        let ticks = ticks_to_leave_out(self.next, now);
        self.next += TICK * ticks;
        ticks
    }
}

impl Session {
    /// Works off the ticks that are due at `now`.
    pub(super) fn run_clock(&mut self, now: Instant) {
        let Some(clock) = &mut self.clock else {
            return;
        };
        let late = clock.leave_out(now);
        if late > 0 {
            debug!(session = self.id.0, ticks = late, "the sound stood still");
            for _ in 0..late.min(MOST_FILLED) {
                self.stand_still(now);
            }
        }
        while let Some(clock) = &mut self.clock
            && clock.next <= now
        {
            clock.next += TICK;
            self.tick(now);
        }
    }

    /// 10 ms of capture and playout, and what is looked at as often.
    fn tick(&mut self, now: Instant) {
        self.say(now);
        self.hear(now);
        self.watch(now);
        let session = self.id;
        let wall = self.wall(now);
        for leg in self.legs.values_mut() {
            if let Some(digit) = leg.receiver.handle_timeout(now) {
                self.news.push_back(News::Dtmf { session, digit });
            }
            leg.report(now, wall);
        }
        if let Some(clock) = &mut self.clock
            && clock.quality_at <= now
        {
            clock.quality_at = now + QUALITY_EVERY;
            let quality = self.quality(now);
            self.news.push_back(News::Quality { session, quality });
            self.tell_path();
        }
    }

    fn tell_path(&mut self) {
        let leg = self.current().and_then(|peer| self.legs.get(&peer));
        if let Some(path) = leg.and_then(Leg::path)
            && self.path.replace(path) != Some(path)
        {
            let session = self.id;
            self.news.push_back(News::Path { session, path });
        }
    }

    fn say(&mut self, now: Instant) {
        let Selection::Selected { peer, .. } = self.selection else {
            return;
        };
        let Some(voice) = self.legs.get(&peer).map(|leg| self.voice(leg)) else {
            return;
        };
        let frame = self.sound.capture(voice);
        if let Some(leg) = self.legs.get_mut(&peer) {
            leg.send(&frame, voice, now);
        }
    }

    fn hear(&mut self, now: Instant) {
        let current = self.current();
        let mut frame = SILENCE;
        for (peer, leg) in &mut self.legs {
            // Every buffer is emptied; what is not heard has no future either.
            let sound = leg.playout.pull(now);
            if Some(*peer) != current {
                continue;
            }
            if !self.hold {
                frame = sound;
            }
            let statistics = leg.playout.statistics();
            if !leg.was_heard && statistics.played > statistics.concealed {
                leg.was_heard = true;
                self.news.push_back(News::FirstAudio {
                    session: self.id,
                    peer: *peer,
                });
            }
        }
        let played = self.sound.play(&frame);
        self.check_device(played);
    }

    fn watch(&mut self, now: Instant) {
        let hold = self.hold;
        let Some(leg) = self.selected() else {
            return;
        };
        let (present, left) = match leg.state {
            LegState::Connected => (true, None),
            LegState::Left { since } => (true, Some(since)),
            LegState::Waiting | LegState::Connecting { .. } | LegState::Failed(_) => (false, None),
        };
        let expected =
            present && !hold && !leg.agreement.held_by_peer && leg.agreement.direction.receives();
        let last_heard = leg.last_heard();
        let session = self.id;
        match self.interruption.watch(expected, last_heard, now) {
            None => {}
            Some(Finding::Quiet) => {
                if let Some(leg) = self.selected() {
                    leg.ask(now);
                }
            }
            Some(Finding::Interrupted) => self.news.push_back(News::Interrupted { session }),
            Some(Finding::Resumed { after }) => {
                if let Some(leg) = self.selected() {
                    leg.reports.handle_pause();
                }
                self.news.push_back(News::Resumed { session, after });
            }
        }
        let is_alive = expected && !self.interruption.is_on();
        if let Some(leg) = self.selected() {
            leg.silence.expect(is_alive, now);
        }
        if left.is_some_and(|since| now.saturating_duration_since(since) >= LEFT_FOR) {
            self.fail(Failure::ConsentLost, now);
        }
    }

    /// Lets 10 ms pass in which nothing could be done: what the microphone heard is lost, the
    /// speaker was silent.
    fn stand_still(&mut self, now: Instant) {
        if let Selection::Selected { peer, .. } = self.selection
            && let Some(voice) = self.legs.get(&peer).map(|leg| self.voice(leg))
        {
            self.sound.capture(voice);
            if let Some(leg) = self.legs.get_mut(&peer) {
                leg.send(&SILENCE, Voice::Held, now);
            }
        }
        let played = self.sound.play(&SILENCE);
        self.check_device(played);
    }
}
