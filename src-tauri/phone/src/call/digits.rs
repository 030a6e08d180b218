//! DTMF: by RFC 4733 where that was negotiated, by INFO otherwise.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use sip::UserAgent;

use crate::{Event, MediaRequest, Rejected, outputs::Outputs};

use super::Call;

/// RFC 4733 §2.5.1.3 asks for at least 40 ms; gateways commonly want more. Both as JsSIP sends INFO and telephone-event.
const DIGIT: Duration = Duration::from_millis(100);
const DIGIT_GAP: Duration = Duration::from_millis(100);
const INFO_GAP: Duration = Duration::from_millis(500);

/// More digits than this are not dialled by a person.
const MAX_DIGITS: usize = 128;

/// Digits that still have to leave by INFO, and when the next one does.
#[derive(Debug, Default)]
pub(super) struct Digits {
    waiting: VecDeque<char>,
    next_at: Option<Instant>,
}

impl Digits {
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.next_at
    }
}

impl Call {
    pub(crate) fn dtmf(
        &mut self,
        digits: &str,
        now: Instant,
        outputs: &mut Outputs,
    ) -> Result<(), Rejected> {
        self.require_talking()?;
        if let Some(digit) = digits
            .chars()
            .find(|it| !matches!(it.to_ascii_uppercase(), '0'..='9' | '*' | '#' | 'A'..='D'))
        {
            return Err(Rejected::InvalidDigit { digit });
        }
        if digits.len() + self.digits.waiting.len() > MAX_DIGITS {
            return Err(Rejected::WrongState { call: self.id });
        }
        if self.telephone_event {
            let digits = digits.to_ascii_uppercase();
            self.media(
                MediaRequest::Dtmf {
                    digits,
                    duration: DIGIT,
                    gap: DIGIT_GAP,
                },
                outputs,
            );
        } else {
            self.digits
                .waiting
                .extend(digits.to_ascii_uppercase().chars());
            self.digits.next_at.get_or_insert(now);
        }
        Ok(())
    }

    pub(super) fn send_digit(&mut self, ua: &mut UserAgent, now: Instant, outputs: &mut Outputs) {
        let (Some(digit), Some(sip)) = (self.digits.waiting.pop_front(), self.sip()) else {
            self.digits.next_at = None;
            return;
        };
        // After the last one too: a digit that follows at once keeps its distance.
        self.digits.next_at = Some(now + INFO_GAP);
        if ua.send_dtmf(sip, digit, DIGIT, now).is_err() {
            let reason = "The digit could not be sent".to_owned();
            outputs.event(Event::CallChangeFailed {
                call: self.id,
                reason,
            });
        }
    }
}
