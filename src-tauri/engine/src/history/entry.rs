//! A call as it is remembered.

use phone::{CallQuality, Direction, EndCause};
use serde::{Deserialize, Serialize};

/// A call of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct HistoryEntry {
    /// Names it for good; a call that began later has a greater one.
    pub id: u64,
    pub direction: Direction,
    /// The number or user at the other end. Where numbers are masked it holds "•" and cannot be
    /// called.
    pub number: String,
    pub display_name: Option<String>,
    /// Unix time in ms.
    pub began: u64,
    /// How long was talked, in ms; `None`: it was never answered.
    pub talked_ms: Option<u64>,
    /// `None`: the phone itself ended in this call, by a crash or without power. How long was talked
    /// is then what was noted last.
    pub cause: Option<EndCause>,
    /// How it sounded, where that was measured.
    pub quality: Option<CallQuality>,
    /// How long it took to be answered, in ms; `None`: it never was, or that was not noted.
    #[serde(default)]
    pub answered_after_ms: Option<u64>,
    /// How long it sounded poor, in ms, counted in whole seconds.
    #[serde(default)]
    pub poor_ms: u64,
    /// How much of that came from the network here.
    #[serde(default)]
    pub poor_here_ms: u64,
}

/// What stands for each digit that is not remembered.
const MASK: char = '•';

/// A number with fewer digits is that of a colleague, and could be found out by trying.
const SHORTEST_MASKED: usize = 5;

/// More than any number or name has; what the network sends is cut before.
const LONGEST: usize = 256;

impl HistoryEntry {
    /// Makes the texts fit for keeping, however long they came.
    pub(super) fn clipped(mut self) -> Self {
        clip(&mut self.number);
        if let Some(name) = &mut self.display_name {
            clip(name);
        }
        match &mut self.cause {
            Some(
                EndCause::Busy { reason: text, .. }
                | EndCause::NoAnswer { reason: text, .. }
                | EndCause::NotFound { reason: text, .. }
                | EndCause::Refused { reason: text, .. }
                | EndCause::Security { detail: text }
                | EndCause::Incompatible { detail: text },
            ) => clip(text),
            None
            | Some(
                EndCause::Local
                | EndCause::Remote
                | EndCause::Declined
                | EndCause::Missed
                | EndCause::AnsweredElsewhere
                | EndCause::Timeout
                | EndCause::LinkLost
                | EndCause::NoMediaPath
                | EndCause::MediaLost
                | EndCause::SignedOut,
            ) => {}
        }
        self
    }

    /// Takes the middle of numbers out; a second time changes nothing.
    pub(super) fn masked(mut self) -> Self {
        mask(&mut self.number);
        if let Some(name) = &mut self.display_name {
            mask(name);
        }
        self
    }
}

fn clip(text: &mut String) {
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
    }
}

/// Leaves the first two and the last four digits of a long number, the last two of a short one.
pub(super) fn mask(text: &mut String) {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    if digits < SHORTEST_MASKED || text.contains(MASK) {
        return;
    }
    let (first, last) = if digits < 9 { (0, 2) } else { (2, 4) };
    let mut place = 0;
    *text = text
        .chars()
        .map(|it| {
            if !it.is_ascii_digit() {
                return it;
            }
            place += 1;
            if place > first && place <= digits - last {
                MASK
            } else {
                it
            }
        })
        .collect();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_a_number_is_masked_and_a_name_is_not() {
        for (text, wanted) in [
            ("+91 98765 43210", "+91 ••••• •3210"),
            ("9876543210", "98••••3210"),
            ("700201", "••••01"),
            ("5235", "5235"),
            ("ana.smith", "ana.smith"),
            ("Desk 7 (0301234567)", "Desk 7 (0•••••4567)"),
            ("", ""),
        ] {
            let mut masked = text.to_owned();
            mask(&mut masked);
            assert_eq!(masked, wanted);
            mask(&mut masked);
            assert_eq!(masked, wanted, "again");
        }
    }
}
