use std::time::{Duration, Instant};

use rand::{RngExt, rngs::StdRng};

use super::Pair;

/// The peer's consent to receive on the pair in use (RFC 7675 §5.1).
#[derive(Debug)]
pub(super) struct Consent {
    pair: Pair,
    ask_at: Instant,
    expires_at: Instant,
}

impl Consent {
    /// Begins with the check that made `pair` valid, just answered.
    pub(super) fn new(pair: Pair, random: &mut StdRng, now: Instant) -> Self {
        Self {
            pair,
            ask_at: now + spread(random),
            expires_at: now + EXPIRY,
        }
    }

    pub(super) fn pair(&self) -> Pair {
        self.pair
    }

    /// Returns whether to ask the peer again, and sets the time of the next question.
    pub(super) fn is_due(&mut self, random: &mut StdRng, now: Instant) -> bool {
        let due = self.ask_at <= now;
        if due {
            self.ask_at = now + spread(random);
        }
        due
    }

    /// Takes an authentic answer to a question about `pair`.
    pub(super) fn renew(&mut self, pair: Pair, now: Instant) {
        if pair == self.pair {
            self.expires_at = now + EXPIRY;
        }
    }

    pub(super) fn is_lost(&self, now: Instant) -> bool {
        self.expires_at <= now
    }

    pub(super) fn poll_timeout(&self) -> Instant {
        self.ask_at.min(self.expires_at)
    }
}

/// RFC 7675 §5.1: 5 s, randomised between 0.8 and 1.2 of it.
fn spread(random: &mut StdRng) -> Duration {
    INTERVAL.mul_f64(random.random_range(0.8..1.2))
}

/// RFC 7675 §5.1: Tc.
const INTERVAL: Duration = Duration::from_secs(5);

/// RFC 7675 §5.1: after it nothing may be sent.
const EXPIRY: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn an_answer_about_another_pair_is_no_consent_to_the_one_in_use() {
        let pair = |port| Pair {
            local: ([10, 0, 0, 1], 4000).into(),
            remote: ([10, 0, 0, 9], port).into(),
        };
        let (start, mut random) = (Instant::now(), StdRng::seed_from_u64(1));
        let mut consent = Consent::new(pair(9000), &mut random, start);
        let later = start + Duration::from_secs(10);
        consent.renew(pair(9999), later);
        assert!(!consent.is_lost(start + EXPIRY - Duration::from_millis(1)));
        assert!(consent.is_lost(start + EXPIRY));
        consent.renew(pair(9000), later);
        assert!(!consent.is_lost(start + EXPIRY));
        assert!(consent.is_lost(later + EXPIRY));
    }
}
