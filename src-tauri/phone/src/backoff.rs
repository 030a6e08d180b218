//! Backoff: tries that fail in a row come later and later.

use std::time::Duration;

use crate::outputs::Outputs;

/// The least random share of a wait, and by how much at the most a server's wish is exceeded: many phones that lost the same server
/// must not come back at once.
const LEAST_SHARE: f64 = 0.5;
const EXCESS: f64 = 1.2;

/// How long to wait before the next try.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    /// At the most after the first failure; each further one doubles it.
    pub(crate) first: Duration,
    /// What the doubling ends at.
    pub(crate) longest: Duration,
    /// How far a server's `Retry-After` (RFC 9110 §10.2.3) is obeyed.
    pub(crate) retry_after: Duration,
}

impl Backoff {
    /// Returns the wait after a failure that `earlier` failures precede in a row: half of it to all of it, by chance, and at least what the
    /// server asked for.
    pub(crate) fn wait(
        &self,
        earlier: u32,
        retry_after: Option<Duration>,
        outputs: &mut Outputs,
    ) -> Duration {
        let doubled = self.first.saturating_mul(1 << earlier.min(8));
        let wait = outputs.jittered(doubled.min(self.longest), LEAST_SHARE);
        match retry_after {
            Some(asked) => {
                let asked = asked.min(self.retry_after).mul_f64(EXCESS);
                wait.max(outputs.jittered(asked, EXCESS.recip()))
            }
            None => wait,
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests")]
mod tests {
    use std::time::Instant;

    use super::*;

    const BACKOFF: Backoff = Backoff {
        first: Duration::from_secs(2),
        longest: Duration::from_secs(30),
        retry_after: Duration::from_secs(60),
    };

    #[test]
    fn waits_double_up_to_the_longest_and_are_never_the_same_for_all() {
        let mut outputs = Outputs::new([5; 32], Instant::now());
        for (earlier, most) in [(0, 2), (1, 4), (2, 8), (3, 16), (4, 30), (u32::MAX, 30)] {
            let most = Duration::from_secs(most);
            let waits = [(); 20].map(|()| BACKOFF.wait(earlier, None, &mut outputs));
            assert!(waits.iter().all(|it| (most / 2..=most).contains(it)));
            assert!(waits.iter().any(|it| *it != waits[0]));
        }
    }

    #[test]
    fn a_servers_wish_is_kept_as_far_as_is_reasonable() {
        let mut outputs = Outputs::new([5; 32], Instant::now());
        for (asked, kept) in [(20, 20.0), (3600, 60.0)] {
            let asked = Some(Duration::from_secs(asked));
            let wait = BACKOFF.wait(0, asked, &mut outputs).as_secs_f64();
            assert!(wait >= kept && wait <= kept * EXCESS, "{wait}");
        }
        let wait = BACKOFF.wait(4, Some(Duration::from_secs(1)), &mut outputs);
        assert!(wait >= Duration::from_secs(15));
    }
}
