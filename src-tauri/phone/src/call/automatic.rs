//! Answering a call without the user.

use std::time::{Duration, Instant};

/// How long the beep sounds before the microphone opens.
const BEEP: Duration = Duration::from_millis(400);

/// Whether, and when, a call that rings is answered by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Automatic {
    Off,
    /// It rings; `beep_at` may be when it is answered, and there is no beep then.
    Waiting {
        beep_at: Instant,
        answer_at: Instant,
    },
    Beeping {
        answer_at: Instant,
    },
}

impl Automatic {
    /// Answers at `at`, where a beep is wanted not before there was time for it.
    pub(crate) fn new(at: Instant, beeps: bool, now: Instant) -> Self {
        let beep = if beeps { BEEP } else { Duration::ZERO };
        let answer_at = at.max(now + beep);
        let beep_at = answer_at - beep;
        if beeps && beep_at <= now {
            Self::Beeping { answer_at }
        } else {
            Self::Waiting { beep_at, answer_at }
        }
    }

    pub(crate) fn poll_timeout(self) -> Option<Instant> {
        match self {
            Self::Off => None,
            Self::Waiting { beep_at: at, .. } | Self::Beeping { answer_at: at } => Some(at),
        }
    }

    /// Begins to beep when its time has come; returns whether it is time to answer.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> bool {
        match *self {
            Self::Waiting { beep_at, answer_at } if beep_at <= now && now < answer_at => {
                *self = Self::Beeping { answer_at };
                false
            }
            Self::Waiting { answer_at, .. } | Self::Beeping { answer_at } => answer_at <= now,
            Self::Off => false,
        }
    }
}
