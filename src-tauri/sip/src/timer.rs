//! Times of RFC 3261 and their arithmetic.

use std::time::{Duration, Instant};

use rand::{RngExt, rngs::StdRng};

/// An estimate of the round-trip time (RFC 3261 §17.1.1.1).
pub(crate) const T1: Duration = Duration::from_millis(500);

/// The longest pause between two retransmissions of a 2xx (RFC 3261 §17.1.2.1, §13.3.1.4).
pub(crate) const T2: Duration = Duration::from_secs(4);

/// 64·T1: timers B, F, H, L and M (RFC 3261 table 4, RFC 6026 §7).
pub(crate) const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(32);

/// Returns the earlier of two times, where there is any.
pub(crate) fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, None) | (None, one) => one,
    }
}

/// Returns a time between `low` and `high` percent of `whole`, in steps of 1 ms.
pub(crate) fn share(whole: Duration, low: u64, high: u64, rng: &mut StdRng) -> Duration {
    let whole = u64::try_from(whole.as_millis()).unwrap_or(u64::MAX) / 100;
    let (low, high) = (whole.saturating_mul(low), whole.saturating_mul(high));
    Duration::from_millis(rng.random_range(low..=high))
}
