use std::time::Duration;

use crate::random::jittered;

/// The first wait of whoever waits for a place: about as long as checking a password takes.
const FIRST: Duration = Duration::from_millis(20);

/// The longest one: nobody who gets a place notices it.
const LONGEST: Duration = Duration::from_millis(250);

/// How long whoever waits for a place rests between two looks: twice as long each time, up to a bound.
#[derive(Debug)]
pub(super) struct Patience(Duration);

impl Patience {
    pub(super) fn new() -> Self {
        Self(FIRST)
    }

    /// Returns the next rest; `random` keeps servers apart that began at the same moment.
    pub(super) fn next(&mut self, random: u32) -> Duration {
        let rest = self.0;
        self.0 = LONGEST.min(rest * 2);
        jittered(rest, random)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_grow_up_to_a_bound_and_are_a_fifth_longer_or_shorter_by_chance() {
        let mut patience = Patience::new();
        let rests: Vec<u128> = (0..6)
            .map(|_| patience.next(u32::MAX / 2 + 1).as_millis())
            .collect();
        assert_eq!(rests, [20, 40, 80, 160, 250, 250]);
        assert_eq!(patience.next(0), LONGEST.mul_f64(0.8));
        assert_eq!(patience.next(u32::MAX), LONGEST.mul_f64(1.2));
    }
}
