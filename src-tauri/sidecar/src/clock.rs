use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use time::OffsetDateTime;

/// One reading of both clocks.
///
/// Locks, sessions and rate limits run on the monotonic clock, so that a corrected wall clock neither
/// frees nor prolongs them. What tokens say and what people read uses the wall clock, and so does what has to
/// agree among servers and across restarts: when a session began, which of its tokens came last, and which
/// sessions of a member are over, which is all that began up to some moment.
///
/// The wall clocks of servers may be 60 s apart (`skew.rs` warns from 30 s on). That much too many sessions
/// count as over: one that began at a server which is behind, so soon after another of its member that has
/// ended, does not begin again where the store has lost it. A clock that was ahead as a session began, perhaps
/// since its machine started, bars later ones in that way until the wall clock has come there, or for as
/// long as it is remembered what is over.
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
