use std::time::{Duration, Instant};

/// The moments at which everything of this process that has to do with sound happens: every 10 ms.
///
/// One wake-up serves all calls, and what one call hears can be mixed with what the others hear.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grid {
    origin: Instant,
}

/// The step of capture and playout.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// What may be made up for at once: four packets of 20 ms. What is missing beyond it is left out,
/// so that a machine that stood still does not send a burst (and the peer's buffer does not grow by
/// it).
pub(crate) const MOST_BEHIND: Duration = Duration::from_millis(80);

impl Grid {
    /// `origin` is one of its moments.
    pub(crate) fn new(origin: Instant) -> Self {
        Self { origin }
    }

    /// Returns the first moment that is not before `now`.
    pub(crate) fn next(self, now: Instant) -> Instant {
        let late = now.saturating_duration_since(self.origin);
        let over = late.as_nanos() % TICK.as_nanos();
        let over = u64::try_from(over).expect("less than 10 ms");
        match Duration::from_nanos(over) {
            Duration::ZERO => self.origin + late,
            over => self.origin + late - over + TICK,
        }
    }
}

/// Returns how many ticks are to be left out where the one that is due at `next` is late.
pub(crate) fn ticks_to_leave_out(next: Instant, now: Instant) -> u32 {
    let behind = now.saturating_duration_since(next);
    if behind <= MOST_BEHIND {
        return 0;
    }
    u32::try_from(behind.as_millis() / TICK.as_millis()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_moments_are_10_ms_apart_for_years() {
        let origin = Instant::now();
        let grid = Grid::new(origin);
        let ms = Duration::from_millis;
        assert_eq!(grid.next(origin), origin);
        assert_eq!(grid.next(origin + ms(1)), origin + TICK);
        assert_eq!(grid.next(origin + ms(10)), origin + TICK);
        let year = Duration::from_secs(365 * 86_400);
        assert_eq!(grid.next(origin + year + ms(3)), origin + year + TICK);
    }

    #[test]
    fn what_is_late_by_more_than_80_ms_is_left_out() {
        let next = Instant::now();
        assert_eq!(ticks_to_leave_out(next, next), 0);
        assert_eq!(ticks_to_leave_out(next, next + MOST_BEHIND), 0);
        assert_eq!(
            ticks_to_leave_out(next, next + Duration::from_millis(95)),
            9
        );
        // A clock that went back.
        assert_eq!(ticks_to_leave_out(next + TICK, next), 0);
    }
}
