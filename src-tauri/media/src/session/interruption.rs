use std::time::{Duration, Instant};

/// How long nothing may come before it is told: F5 of the faults wants it seen within a second.
const PATIENCE: Duration = Duration::from_secs(1);

/// After this long the peer is asked for a sign of life, and again at the same distance: a peer
/// that has nothing to say may send nothing.
const ASK_AFTER: Duration = Duration::from_millis(300);

/// Watches that something comes from the peer while it should.
///
/// ```text
/// Idle <-> Expecting <-> Interrupted
/// ```
#[derive(Debug)]
pub(super) enum Interruption {
    /// Nothing has to come: the call is held, or not connected.
    Idle,
    /// `since` the last sign of life, or since there may be one.
    Expecting {
        since: Instant,
        ask_at: Instant,
    },
    Interrupted {
        since: Instant,
        ask_at: Instant,
    },
}

/// What the watch found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finding {
    /// The peer is to be asked for a sign of life.
    Quiet,
    Interrupted,
    Resumed {
        after: Duration,
    },
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
        match self {
            Self::Idle => {
                if expected {
                    *self = Self::expecting(now);
                }
                None
            }
            Self::Expecting { .. } if !expected => {
                *self = Self::Idle;
                None
            }
            Self::Expecting { since, ask_at } => {
                if let Some(heard) = last_heard.filter(|heard| heard > since) {
                    *self = Self::expecting(heard);
                    None
                } else if now.saturating_duration_since(*since) > PATIENCE {
                    *self = Self::Interrupted {
                        since: *since,
                        ask_at: now + ASK_AFTER,
                    };
                    Some(Finding::Interrupted)
                } else {
                    is_due(ask_at, now)
                }
            }
            Self::Interrupted { since, ask_at } => match last_heard.filter(|heard| heard > since) {
                Some(heard) => {
                    let after = heard - *since;
                    *self = Self::expecting(heard);
                    Some(Finding::Resumed { after })
                }
                None => is_due(ask_at, now),
            },
        }
    }

    /// Returns whether nothing comes at present, not even an answer.
    pub(super) fn is_on(&self) -> bool {
        match self {
            Self::Interrupted { .. } => true,
            Self::Idle | Self::Expecting { .. } => false,
        }
    }

    fn expecting(since: Instant) -> Self {
        Self::Expecting {
            since,
            ask_at: since + ASK_AFTER,
        }
    }
}

fn is_due(ask_at: &mut Instant, now: Instant) -> Option<Finding> {
    (*ask_at <= now).then(|| {
        *ask_at = now + ASK_AFTER;
        Finding::Quiet
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks every 10 ms from `from` to `to` ms; returns when what was found.
    fn watch(
        interruption: &mut Interruption,
        (from, to): (u64, u64),
        expected: bool,
        heard_at: u64,
        start: Instant,
    ) -> Vec<(u64, Finding)> {
        let at = |ms| start + Duration::from_millis(ms);
        (from..to)
            .step_by(10)
            .filter_map(|ms| {
                let finding = interruption.watch(expected, Some(at(heard_at)), at(ms))?;
                Some((ms, finding))
            })
            .collect()
    }

    #[test]
    fn a_silence_is_asked_about_and_told_after_a_second_and_so_is_its_end() {
        let start = Instant::now();
        let mut interruption = Interruption::new();
        let found = watch(&mut interruption, (0, 2000), true, 500, start);
        let (quiet, told) = (Finding::Quiet, Finding::Interrupted);
        assert_eq!(
            found,
            [
                (800, quiet),
                (1100, quiet),
                (1400, quiet),
                (1510, told),
                (1810, quiet)
            ]
        );
        let found = watch(&mut interruption, (4500, 4700), true, 4490, start);
        let after = Duration::from_millis(3990);
        assert_eq!(found, [(4500, Finding::Resumed { after })]);
    }

    #[test]
    fn a_peer_that_answers_the_question_is_there() {
        let start = Instant::now();
        let mut interruption = Interruption::new();
        watch(&mut interruption, (0, 10), true, 0, start);
        for round in 0..20 {
            let heard = round * 340;
            let found = watch(&mut interruption, (heard, heard + 340), true, heard, start);
            assert!(found.iter().all(|(_, finding)| *finding == Finding::Quiet));
            assert_eq!(found.len(), 1, "round {round}");
        }
    }

    #[test]
    fn a_held_call_may_be_silent_and_has_a_second_again_when_it_is_resumed() {
        let start = Instant::now();
        let mut interruption = Interruption::new();
        assert_eq!(watch(&mut interruption, (0, 9000), false, 0, start), []);
        let found = watch(&mut interruption, (10_000, 11_100), true, 0, start);
        assert_eq!(found.last(), Some(&(11_010, Finding::Interrupted)));
    }
}
