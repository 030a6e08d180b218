use std::time::Duration;

use tokio::time::Instant;

use crate::clock::Slept;

/// How often the clocks are looked at: what a phone that wakes may lose (design/goals.md G30).
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A gap between two looks that no load explains: the machine slept, or this process was stopped.
/// What is shorter is an outage like any other, which the link notices.
const AWAY: Duration = Duration::from_secs(10);

/// The least sleep that is told from the time between the readings of two clocks.
const NOTICEABLE: Duration = Duration::from_millis(500);

/// Keeps the phone's time, in which a sleep of the machine counts, although the runtime's clock may
/// stand still in it.
#[derive(Debug)]
pub(crate) struct Vigil {
    /// What the machine had slept when this began, and since.
    slept_before: Duration,
    slept: Duration,
    told: Slept,
    looked_at: Instant,
}

impl Vigil {
    pub(crate) fn begin() -> Self {
        Self::begin_at(Instant::now(), time_asleep())
    }

    fn begin_at(now: Instant, slept_before: Duration) -> Self {
        Self {
            slept_before,
            slept: Duration::ZERO,
            told: Slept::default(),
            looked_at: now,
        }
    }

    /// Returns where it tells how long the machine slept.
    pub(crate) fn slept(&self) -> Slept {
        self.told.clone()
    }

    /// Returns the phone's time.
    pub(crate) fn now(&self) -> std::time::Instant {
        (Instant::now() + self.slept).into_std()
    }

    /// Returns when the runtime's clock shows `moment` of the phone's time.
    pub(crate) fn on_runtime(&self, moment: std::time::Instant) -> Instant {
        let moment = Instant::from_std(moment);
        // Before the clock's own beginning means at once.
        moment.checked_sub(self.slept).unwrap_or(self.looked_at)
    }

    /// Returns when [`look`](Self::look) is to be called at the latest.
    pub(crate) fn next_look(&self) -> Instant {
        self.looked_at + LOOK_EVERY
    }

    /// Looks at the clocks; returns how long this process was away, if it was.
    pub(crate) fn look(&mut self) -> Option<Duration> {
        self.look_at(Instant::now(), time_asleep())
    }

    fn look_at(&mut self, now: Instant, time_asleep: Duration) -> Option<Duration> {
        let mut away = now.saturating_duration_since(self.looked_at);
        self.looked_at = now;
        let slept = time_asleep.saturating_sub(self.slept_before);
        if let Some(more) = slept.checked_sub(self.slept)
            && more >= NOTICEABLE
        {
            self.slept = slept;
            self.told.set(slept);
            away += more;
        }
        (away >= AWAY).then_some(away)
    }
}

/// Returns how long the machine has slept since it was started.
#[cfg(target_os = "linux")]
fn time_asleep() -> Duration {
    use rustix::time::{ClockId, clock_gettime};

    // In this order an interruption between them makes the sleep shorter, never longer.
    let with_sleep = Duration::try_from(clock_gettime(ClockId::Boottime));
    let without = Duration::try_from(clock_gettime(ClockId::Monotonic));
    match (with_sleep, without) {
        (Ok(with_sleep), Ok(without)) => with_sleep.saturating_sub(without),
        (Ok(_) | Err(_), _) => Duration::ZERO,
    }
}

/// The runtime's clock goes on in a sleep (Windows), or the network that comes back tells of it.
#[cfg(not(target_os = "linux"))]
fn time_asleep() -> Duration {
    Duration::ZERO
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_in_which_the_clock_stands_still_counts_and_is_told_once() {
        let start = Instant::now();
        let mut vigil = Vigil::begin_at(start, 700 * SECOND);

        assert_eq!(vigil.look_at(start + SECOND, 700 * SECOND), None);
        let woke = vigil.look_at(start + 2 * SECOND, 1300 * SECOND);
        assert_eq!(woke, Some(601 * SECOND));
        assert_eq!(vigil.look_at(start + 3 * SECOND, 1300 * SECOND), None);

        let deadline = start + 1000 * SECOND;
        assert_eq!(
            vigil.on_runtime(deadline.into_std()),
            start + 400 * SECOND,
            "600 s of the wait were slept"
        );
        assert!(vigil.now() >= (start + 600 * SECOND).into_std());
    }

    #[test]
    fn a_process_that_was_stopped_was_away_too() {
        let start = Instant::now();
        let mut vigil = Vigil::begin_at(start, Duration::ZERO);
        let woke = vigil.look_at(start + 90 * SECOND, Duration::ZERO);
        assert_eq!(woke, Some(90 * SECOND));
        assert_eq!(
            vigil.on_runtime(start.into_std()),
            start,
            "nothing was slept"
        );
    }

    #[test]
    fn a_short_sleep_counts_and_is_not_worth_a_word() {
        let start = Instant::now();
        let mut vigil = Vigil::begin_at(start, Duration::ZERO);
        assert_eq!(vigil.look_at(start + SECOND, 3 * SECOND), None);
        let deadline = (start + 5 * SECOND).into_std();
        assert_eq!(vigil.on_runtime(deadline), start + 2 * SECOND);
    }

    #[test]
    fn a_busy_machine_and_clocks_that_do_not_quite_agree_are_no_sleep() {
        let start = Instant::now();
        let mut vigil = Vigil::begin_at(start, SECOND);
        let noise = Duration::from_millis(300);
        assert_eq!(vigil.look_at(start + 9 * SECOND, SECOND + noise), None);
        assert_eq!(vigil.look_at(start + 10 * SECOND, SECOND - noise), None);
        assert_eq!(vigil.on_runtime(start.into_std()), start);
    }

    const SECOND: Duration = Duration::from_secs(1);
}
