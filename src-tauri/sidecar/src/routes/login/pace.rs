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
///
/// How long that is has to be known before the first wrong password of somebody known, or its refusal alone is
/// late. Right credentials tell, which take longer still; as long as there were none, all refusals are as late as
/// can be.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<Option<OfLate>>);

#[derive(Debug, Clone, Copy)]
struct OfLate {
    since: Instant,
    since_then: Answers,
    /// In the time before, which lasted as long.
    before: Answers,
}

#[derive(Debug, Clone, Copy, Default)]
struct Answers {
    slowest: Duration,
    any_right: bool,
}

impl Pace {
    /// Notes that right credentials took so long to be checked.
    pub(crate) fn right(&self, took: Duration, now: Instant) {
        self.note(took, true, now);
    }

    /// Notes that wrong credentials took so long to be checked, and returns how long after the question they
    /// are refused.
    pub(crate) fn refused_after(&self, took: Duration, now: Instant) -> Duration {
        let of_late = self.note(took, false, now);
        if !(of_late.since_then.any_right || of_late.before.any_right) {
            return LONGEST;
        }
        let slowest = of_late.since_then.slowest.max(of_late.before.slowest);
        let steps = slowest.as_millis().div_ceil(STEP.as_millis()).max(1);
        STEP * u32::try_from(steps).unwrap_or(u32::MAX)
    }

    fn note(&self, took: Duration, is_right: bool, now: Instant) -> OfLate {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut of_late = kept.unwrap_or(OfLate {
            since: now,
            since_then: Answers::default(),
            before: Answers::default(),
        });
        let age = now.saturating_duration_since(of_late.since);
        if age >= REMEMBERED {
            of_late = OfLate {
                since: now,
                since_then: Answers::default(),
                before: if age < 2 * REMEMBERED {
                    of_late.since_then
                } else {
                    Answers::default()
                },
            };
        }
        let answers = &mut of_late.since_then;
        answers.slowest = answers.slowest.max(took.min(LONGEST));
        answers.any_right |= is_right;
        *kept = Some(of_late);
        of_late
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_refusal_takes_as_long_as_the_slowest_answer_of_late_and_all_alike() {
        let mut clients = Clients::new();
        clients.right(5, SECOND);
        assert_eq!(clients.refused(5, SECOND), 400);
        assert_eq!(clients.refused(400, SECOND), 400);
        // A wrong password takes longer than a step: so do strangers from here on.
        assert_eq!(clients.refused(450, SECOND), 800);
        for _ in 0..100 {
            assert_eq!(clients.refused(5, SECOND), 800);
        }
        clients.right(5, REMEMBERED - 200 * SECOND);
        assert_eq!(clients.refused(5, SECOND), 800);
        assert_eq!(clients.refused(5, REMEMBERED - SECOND), 800);
        clients.right(5, SECOND);
        assert_eq!(clients.refused(5, REMEMBERED), 400);
        // Nobody waits for ever.
        assert_eq!(clients.refused(60_000, SECOND), 2000);
    }

    #[test]
    fn until_right_credentials_have_told_how_long_they_take_all_refusals_are_as_late_as_can_be() {
        for hash in [5, 390, 450, 1_999] {
            let mut clients = Clients::new();
            // Somebody known, and a stranger, at a fresh server.
            for took in [hash, 5, hash, 5] {
                assert_eq!(clients.refused(took, SECOND), 2000, "{hash}");
            }
            clients.right(hash + 40, SECOND);
            let (known, stranger) = (clients.refused(hash, SECOND), clients.refused(5, SECOND));
            assert_eq!(known, stranger, "{hash}");
            assert!(known >= u128::from(hash), "{hash}");
            // What was so two hours ago says nothing of today.
            for took in [5, hash] {
                assert_eq!(clients.refused(took, 2 * REMEMBERED), 2000, "{hash}");
            }
        }
    }

    #[test]
    fn a_server_at_which_people_sign_in_each_hour_never_forgets_how_long_that_takes() {
        let mut clients = Clients::new();
        for _ in 0..10 {
            clients.right(450, REMEMBERED);
            for _ in 0..3 {
                assert_eq!(clients.refused(5, REMEMBERED / 4), 800);
            }
        }
    }

    /// People who sign in one after the other.
    struct Clients {
        pace: Pace,
        now: Instant,
    }

    impl Clients {
        fn new() -> Self {
            Self {
                pace: Pace::default(),
                now: Instant::now(),
            }
        }

        /// Signs in `later`, which takes so many ms.
        fn right(&mut self, took: u64, later: Duration) {
            self.now += later;
            self.pace.right(Duration::from_millis(took), self.now);
        }

        /// Mistypes `later`, which takes so many ms, and returns after how many it is refused.
        fn refused(&mut self, took: u64, later: Duration) -> u128 {
            self.now += later;
            let took = Duration::from_millis(took);
            self.pace.refused_after(took, self.now).as_millis()
        }
    }
}
