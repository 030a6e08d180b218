use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use phone::{Event, Moment};
use tokio::time::Instant;

/// A moment, on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Time since the engine started; never runs backwards.
    pub mono: Duration,
    pub wall: SystemTime,
}

/// An event and the moment at which the phone told it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stamped {
    pub stamp: Stamp,
    pub event: Event,
}

/// Reads both clocks, and the phone's.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    start: Instant,
    slept: Slept,
}

/// How long the machine has slept since the engine started, as the phone's time counts it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slept(Arc<AtomicU64>);

impl Slept {
    pub(crate) fn set(&self, slept: Duration) {
        self.0.store(slept.as_millis() as u64, Ordering::Relaxed);
    }

    fn get(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
}

impl Clock {
    pub(crate) fn start(slept: Slept) -> Self {
        Self {
            start: Instant::now(),
            slept,
        }
    }

    /// Returns the present moment of the phone's time.
    pub(crate) fn moment(&self) -> Moment {
        Moment((self.start.elapsed() + self.slept.get()).as_millis() as u64)
    }

    pub(crate) fn stamp(&self) -> Stamp {
        Stamp {
            mono: self.start.elapsed(),
            wall: SystemTime::now(),
        }
    }
}
