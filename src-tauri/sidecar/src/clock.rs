use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use time::OffsetDateTime;

/// One reading of both clocks.
///
/// Locks, refresh tokens and rate limits run on the monotonic clock, so that a corrected wall clock
/// neither frees nor prolongs them; only access tokens and what people read use the wall clock.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    pub monotonic: Instant,
    pub wall: OffsetDateTime,
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
