//! How often the page may ask.

use std::time::Instant;

/// Lets a number of requests through at once, and that number each second.
#[derive(Debug)]
pub(crate) struct Limit {
    per_second: f64,
    left: f64,
    filled_at: Instant,
}

impl Limit {
    pub(crate) fn new(per_second: u32, now: Instant) -> Self {
        let per_second = f64::from(per_second);
        Self {
            per_second,
            left: per_second,
            filled_at: now,
        }
    }

    /// Returns whether one more is let through.
    pub(crate) fn lets_through(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.filled_at);
        self.filled_at = now;
        self.left = (self.left + passed.as_secs_f64() * self.per_second).min(self.per_second);
        let is_let = self.left >= 1.0;
        if is_let {
            self.left -= 1.0;
        }
        is_let
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_is_let_through_and_then_so_many_each_second() {
        let start = Instant::now();
        let mut limit = Limit::new(5, start);
        let let_through = |limit: &mut Limit, at: Duration| {
            (0..100).filter(|_| limit.lets_through(start + at)).count()
        };
        assert_eq!(let_through(&mut limit, Duration::ZERO), 5);
        assert_eq!(let_through(&mut limit, Duration::from_millis(401)), 2);
        assert_eq!(let_through(&mut limit, Duration::from_secs(3_600)), 5);
    }
}
