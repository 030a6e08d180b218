use std::time::{Duration, SystemTime};

use phone::Event;
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

/// Reads both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    pub(crate) fn stamp(&self) -> Stamp {
        Stamp {
            mono: self.start.elapsed(),
            wall: SystemTime::now(),
        }
    }
}
