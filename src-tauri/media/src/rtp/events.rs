use std::time::{Duration, Instant};

use crate::Digit;

/// Recognises the peer's telephone-events (RFC 4733), each once.
#[derive(Debug, Default)]
pub(super) struct Events {
    state: State,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Idle,
    /// An event is going on.
    Running {
        event: u8,
        timestamp: u32,
        last: Instant,
    },
    /// This one was reported; more of its packets may come.
    Ended { timestamp: u32 },
}

/// Three missed updates (RFC 4733 §2.5.2.2) of 50 ms and some jitter.
const MISSED: Duration = Duration::from_millis(250);

/// RFC 4733 §2.5.1.3: an event that lasts longer goes on in a segment that starts so much later.
const SEGMENT: u32 = 0xffff;

/// Half a minute at 48 kHz: a timestamp that lies further back is not late, but a jump.
const REORDERED: u32 = 30 * 48_000;

impl Events {
    /// Takes the payload of a telephone-event packet; returns a digit that has ended by it.
    pub(super) fn handle(
        &mut self,
        payload: &[u8],
        timestamp: u32,
        marker: bool,
        now: Instant,
    ) -> Option<Digit> {
        // RFC 4733 §2.3; what follows in the payload are repetitions of earlier events (RFC 2833
        // §3.7), known already.
        let &[event, flags, _, _, ..] = payload else {
            return None;
        };
        let end = flags & 0x80 != 0;
        let known = match self.state {
            State::Idle => None,
            State::Running { timestamp, .. } | State::Ended { timestamp } => Some(timestamp),
        };
        if let Some(known) = known {
            let back = known.wrapping_sub(timestamp);
            if back != 0 && back < REORDERED {
                return None;
            }
        }
        let mut reported = None;
        match &mut self.state {
            State::Ended { timestamp: ended } if *ended == timestamp => return None,
            State::Running {
                event: running,
                timestamp: start,
                last,
            } if *start == timestamp
                || (!marker && event == *running && timestamp.wrapping_sub(*start) == SEGMENT) =>
            {
                *start = timestamp;
                *last = now;
                // RFC 4733 §2.5.2.2: the event of the first packet counts.
                let event = *running;
                if end {
                    reported = digit(event);
                    self.state = State::Ended { timestamp };
                }
                return reported;
            }
            // The end of the former event was lost.
            State::Running { event, .. } => reported = digit(*event),
            State::Idle | State::Ended { .. } => {}
        }
        if end && reported.is_none() {
            // All packets but the last were lost.
            reported = digit(event);
            self.state = State::Ended { timestamp };
        } else {
            // Where the former event is reported by a new one's end packet, the new one follows
            // with its repetition or by timeout.
            self.state = State::Running {
                event,
                timestamp,
                last: now,
            };
        }
        reported
    }

    /// Returns the digit whose end did not come.
    pub(super) fn handle_timeout(&mut self, now: Instant) -> Option<Digit> {
        match self.state {
            State::Running {
                event,
                timestamp,
                last,
            } if now.saturating_duration_since(last) >= MISSED => {
                self.state = State::Ended { timestamp };
                digit(event)
            }
            State::Idle | State::Running { .. } | State::Ended { .. } => None,
        }
    }

    /// Forgets the timestamp of what was reported, which means nothing in another stream.
    pub(super) fn restart(&mut self) {
        match self.state {
            State::Ended { .. } => self.state = State::Idle,
            // Reported by the timeout, or when the next begins.
            State::Running { .. } | State::Idle => {}
        }
    }
}

/// RFC 4733 §3.2, table 3.
fn digit(event: u8) -> Option<Digit> {
    b"0123456789*#ABCD"
        .get(usize::from(event))
        .and_then(|c| Digit::new(char::from(*c)))
}
