use std::time::{Duration, Instant};

/// How long nothing may come before it is told: F5 of the faults wants it seen within a second.
const PATIENCE: Duration = Duration::from_secs(1);

/// Watches that something comes from the peer while it should.
///
/// ```text
/// Idle <-> Expecting <-> Interrupted
/// ```
#[derive(Debug)]
pub(super) enum Interruption {
    /// Nothing has to come: the call is held, or not connected.
    Idle,
    Expecting {
        since: Instant,
    },
    Interrupted {
        since: Instant,
    },
}

/// What the watch found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finding {
    Interrupted,
    Resumed { after: Duration },
}

impl Interruption {
    pub(super) fn new() -> Self {
        Self::Idle
    }

    /// Looks at `now`, when something last came at `last_heard`, and more is or is not `expected`.
    pub(super) fn watch(
        &mut self,
        expected: bool,
        last_heard: Option<Instant>,
        now: Instant,
    ) -> Option<Finding> {
        match *self {
            Self::Idle => {
                if expected {
                    *self = Self::Expecting { since: now };
                }
                None
            }
            Self::Expecting { .. } if !expected => {
                *self = Self::Idle;
                None
            }
            Self::Expecting { since } => {
                let since = last_heard.map_or(since, |heard| heard.max(since));
                if now.saturating_duration_since(since) <= PATIENCE {
                    return None;
                }
                *self = Self::Interrupted { since };
                Some(Finding::Interrupted)
            }
            Self::Interrupted { since } => {
                let heard = last_heard.filter(|heard| *heard > since)?;
                *self = Self::Expecting { since: heard };
                Some(Finding::Resumed {
                    after: heard - since,
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_silence_of_more_than_a_second_is_told_once_and_so_is_its_end() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut interruption = Interruption::new();
        assert_eq!(interruption.watch(true, None, at(0)), None);
        assert_eq!(interruption.watch(true, Some(at(500)), at(500)), None);
        assert_eq!(interruption.watch(true, Some(at(500)), at(1500)), None);
        let finding = interruption.watch(true, Some(at(500)), at(1510));
        assert_eq!(finding, Some(Finding::Interrupted));
        assert_eq!(interruption.watch(true, Some(at(500)), at(4000)), None);
        let finding = interruption.watch(true, Some(at(4490)), at(4500));
        let after = Duration::from_millis(3990);
        assert_eq!(finding, Some(Finding::Resumed { after }));
        assert_eq!(interruption.watch(true, Some(at(4490)), at(4510)), None);
    }

    #[test]
    fn a_held_call_may_be_silent_and_has_a_second_again_when_it_is_resumed() {
        let start = Instant::now();
        let mut interruption = Interruption::new();
        for seconds in 0..10 {
            let now = start + SECOND * seconds;
            assert_eq!(interruption.watch(false, Some(start), now), None);
        }
        let resumed = start + SECOND * 10;
        assert_eq!(interruption.watch(true, Some(start), resumed), None);
        assert_eq!(
            interruption.watch(true, Some(start), resumed + SECOND),
            None
        );
        let late = resumed + SECOND + Duration::from_millis(10);
        assert_eq!(
            interruption.watch(true, Some(start), late),
            Some(Finding::Interrupted)
        );
    }
}
