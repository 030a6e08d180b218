//! When wrong credentials are refused: the platform says no to an unknown user sooner than to a wrong
//! password, and nobody shall learn from the time who signs in.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Refusals come at multiples of this, which most answers of a platform keep within.
const STEP: Duration = Duration::from_millis(400);

/// The longest that a refusal is held back for the sake of others: a platform that is slower than this has
/// other troubles, and whoever mistyped waits as well.
const LONGEST: Duration = Duration::from_secs(2);

/// How long an answer is remembered at least; twice that at the most.
const REMEMBERED: Duration = Duration::from_secs(60 * 60);

/// Remembers how long credentials took to be checked. It can be another server's slow hash or a slow
/// network: all refusals take as long as the slowest answer of late.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<Option<Slowest>>);

#[derive(Debug, Clone, Copy)]
struct Slowest {
    since: Instant,
    since_then: Duration,
    /// In the time before, which lasted as long.
    before: Duration,
}

impl Pace {
    /// Notes that credentials, right or wrong, took so long to be checked, and returns how long after the
    /// question wrong ones are refused.
    pub(crate) fn refused_after(&self, took: Duration, now: Instant) -> Duration {
        let mut slowest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let took = took.min(LONGEST);
        let mut of_late = slowest.unwrap_or(Slowest {
            since: now,
            since_then: Duration::ZERO,
            before: Duration::ZERO,
        });
        let age = now.saturating_duration_since(of_late.since);
        if age >= REMEMBERED {
            of_late = Slowest {
                since: now,
                since_then: Duration::ZERO,
                before: if age < 2 * REMEMBERED {
                    of_late.since_then
                } else {
                    Duration::ZERO
                },
            };
        }
        of_late.since_then = of_late.since_then.max(took);
        *slowest = Some(of_late);
        let longest = of_late.since_then.max(of_late.before).as_millis();
        let steps = longest.div_ceil(STEP.as_millis()).max(1);
        STEP * u32::try_from(steps).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_takes_as_long_as_the_slowest_answer_of_late_and_all_alike() {
        let (pace, begun) = (Pace::default(), Instant::now());
        let mut now = begun;
        let mut after = |took: u64, later: Duration| {
            now += later;
            let after = pace.refused_after(Duration::from_millis(took), now);
            after.as_millis()
        };
        let second = Duration::from_secs(1);
        assert_eq!(after(5, second), 400);
        assert_eq!(after(400, second), 400);
        // A wrong password takes longer than a step: so do strangers from here on.
        assert_eq!(after(450, second), 800);
        for _ in 0..100 {
            assert_eq!(after(5, second), 800);
        }
        assert_eq!(after(5, REMEMBERED - 200 * second), 800);
        assert_eq!(after(5, REMEMBERED - second), 800);
        assert_eq!(after(5, REMEMBERED), 400);
        // Nobody waits for ever.
        assert_eq!(after(60_000, second), 2000);
        assert_eq!(after(5, 3 * REMEMBERED), 400);
    }
}
