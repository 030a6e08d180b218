use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use time::OffsetDateTime;

/// One reading of both clocks.
///
/// Locks, sessions and rate limits run on the monotonic clock, so that a corrected wall clock neither
/// frees nor prolongs them; only what tokens say and what people read uses the wall clock.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    pub monotonic: Instant,
    pub wall: OffsetDateTime,
}

impl Now {
    /// Returns the wall clock in ms since 1970; 0 before.
    pub(crate) fn millis(&self) -> u64 {
        u64::try_from(self.wall.unix_timestamp_nanos() / 1_000_000).unwrap_or_default()
    }
}

/// Tells the time; tests pass one that they move.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Now + Send + Sync>);

impl Clock {
    /// Returns the machine's clocks.
    pub fn system() -> Self {
        Self::new(|| Now {
            monotonic: Instant::now(),
            wall: OffsetDateTime::now_utc(),
        })
    }

    /// Returns a clock that reads `now`.
    pub fn new(now: impl Fn() -> Now + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Reads both clocks.
    pub fn now(&self) -> Now {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}
