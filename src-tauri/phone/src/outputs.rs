use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::{CallId, Effect, Event, Moment, moment::Epoch};

/// What waits to be drained, the moment at which it is said, and the phone's only sources of numbers
/// and chance.
#[derive(Debug)]
pub(crate) struct Outputs {
    effects: VecDeque<Effect>,
    events: VecDeque<Event>,
    number: u64,
    calls: u32,
    rng: StdRng,
    epoch: Epoch,
    now: Moment,
}

impl Outputs {
    pub(crate) fn new(seed: [u8; 32], now: Instant) -> Self {
        let epoch = Epoch(now);
        Self {
            effects: VecDeque::new(),
            events: VecDeque::new(),
            number: 0,
            calls: 0,
            rng: StdRng::from_seed(seed),
            epoch,
            now: epoch.moment(now),
        }
    }

    /// Time has passed.
    pub(crate) fn set_now(&mut self, now: Instant) {
        self.now = self.epoch.moment(now);
    }

    pub(crate) fn now(&self) -> Moment {
        self.now
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.epoch
    }

    pub(crate) fn effect(&mut self, effect: Effect) {
        self.effects.push_back(effect);
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.events.push_back(event);
    }

    pub(crate) fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    pub(crate) fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Returns a number that no request or flow had before.
    pub(crate) fn number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    pub(crate) fn call_id(&mut self) -> CallId {
        self.calls += 1;
        CallId(self.calls)
    }

    /// Returns a random share of `whole` between `least` and 1.
    pub(crate) fn jittered(&mut self, whole: Duration, least: f64) -> Duration {
        whole.mul_f64(self.rng.random_range(least..=1.0))
    }

    pub(crate) fn seed(&mut self) -> [u8; 32] {
        self.rng.random()
    }
}
