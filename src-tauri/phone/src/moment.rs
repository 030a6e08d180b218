use std::time::{Duration, Instant};

use serde::Serialize;

/// A moment on the phone's own clock, in ms since the phone was started; a sleep of the machine counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct Moment(pub u64);

impl Moment {
    pub(crate) fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(wait.as_millis() as u64))
    }

    /// Returns the ms from `earlier` to this moment.
    pub(crate) fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// When the phone was started.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Epoch(pub(crate) Instant);

impl Epoch {
    /// Returns the moment that views tell for `at`.
    pub(crate) fn moment(self, at: Instant) -> Moment {
        Moment(at.saturating_duration_since(self.0).as_millis() as u64)
    }
}
