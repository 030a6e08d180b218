use std::collections::VecDeque;
use std::time::Duration;

use super::sender::TelephoneEvent;
use crate::Digit;

/// What to do instead of sending sound, for 10 ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing is to be sent.
    Quiet,
    Send {
        marker: bool,
        timestamp: u32,
        payload: [u8; 4],
    },
}

/// Sends telephone-events one after another (RFC 4733 §2.5.1), in steps of 10 ms.
///
/// ```text
/// Idle ──> Event (an update every 50 ms) ──> Ending (three end packets) ──> Gap ──> Idle
/// ```
#[derive(Debug)]
pub(super) struct Digits {
    queue: VecDeque<Queued>,
    state: State,
}

#[derive(Debug, Clone, Copy)]
struct Queued {
    digit: Digit,
    duration: Duration,
    gap: Duration,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Idle,
    Event {
        queued: Queued,
        /// The timestamp of all its packets.
        start: u32,
        elapsed: Duration,
    },
    Ending {
        queued: Queued,
        start: u32,
        /// Time since the first end packet.
        elapsed: Duration,
    },
    Gap {
        left: Duration,
    },
}

const STEP: Duration = Duration::from_millis(10);

/// RFC 4733 §2.5.1.2 recommends it.
const UPDATE_INTERVAL: Duration = Duration::from_millis(50);

/// RFC 4733 §2.5.1.4: the last packet is sent three times; apart, because losses come in bursts.
const END_INTERVAL: Duration = Duration::from_millis(20);
const END_LASTS: Duration = Duration::from_millis(50);

/// ITU-T Q.24: receivers may ignore what is shorter than 40 ms, tone and pause.
const SHORTEST: Duration = Duration::from_millis(40);

/// −10 dBm0 (RFC 4733 §2.3.3), within what Q.23 networks send.
const VOLUME: u8 = 10;

/// Digits waiting; more than a person or an IVR script ever sends at once.
const MOST: usize = 256;

impl Digits {
    pub(super) fn new() -> Self {
        Self {
            queue: VecDeque::new(),
            state: State::Idle,
        }
    }

    pub(super) fn queue(&mut self, digits: &[Digit], duration: Duration, gap: Duration) {
        let room = MOST.saturating_sub(self.queue.len());
        self.queue
            .extend(digits.iter().take(room).map(|digit| Queued {
                digit: *digit,
                duration: duration.max(SHORTEST),
                gap: gap.max(SHORTEST),
            }));
    }

    pub(super) fn clear(&mut self) {
        self.queue.clear();
        self.state = State::Idle;
    }

    /// Keeps to another agreement. What began under another clock is not ended under this one: the
    /// peer, which has seen its start, ends it by itself (RFC 4733 §2.5.2.2). What waits cannot be
    /// sent where there are no telephone-events any more.
    pub(super) fn change_format(
        &mut self,
        former: Option<TelephoneEvent>,
        next: Option<TelephoneEvent>,
    ) {
        let clock_rate = |event: TelephoneEvent| event.clock_rate;
        if next.is_none() {
            self.clear();
        } else if former.map(clock_rate) != next.map(clock_rate) {
            self.state = State::Idle;
        }
    }

    /// Goes on by 10 ms that start at `timestamp`; `None`: it is the sound's turn.
    pub(super) fn step(&mut self, timestamp: u32, clock_rate: u32) -> Option<Step> {
        match self.state {
            State::Idle => {
                let queued = self.queue.pop_front()?;
                self.state = State::Event {
                    queued,
                    start: timestamp,
                    elapsed: STEP,
                };
                Some(send(true, timestamp, &queued, false, STEP, clock_rate))
            }
            State::Event {
                queued,
                start,
                elapsed,
            } => {
                let elapsed = elapsed + STEP;
                if elapsed >= queued.duration {
                    self.state = State::Ending {
                        queued,
                        start,
                        elapsed: Duration::ZERO,
                    };
                    return Some(send(
                        false,
                        start,
                        &queued,
                        true,
                        queued.duration,
                        clock_rate,
                    ));
                }
                self.state = State::Event {
                    queued,
                    start,
                    elapsed,
                };
                Some(
                    if elapsed
                        .as_millis()
                        .is_multiple_of(UPDATE_INTERVAL.as_millis())
                    {
                        send(false, start, &queued, false, elapsed, clock_rate)
                    } else {
                        Step::Quiet
                    },
                )
            }
            State::Ending {
                queued,
                start,
                elapsed,
            } => {
                let elapsed = elapsed + STEP;
                if elapsed >= END_LASTS {
                    self.state = State::Gap {
                        left: queued.gap.saturating_sub(elapsed),
                    };
                } else {
                    self.state = State::Ending {
                        queued,
                        start,
                        elapsed,
                    };
                }
                Some(
                    if elapsed.as_millis().is_multiple_of(END_INTERVAL.as_millis()) {
                        send(false, start, &queued, true, queued.duration, clock_rate)
                    } else {
                        Step::Quiet
                    },
                )
            }
            State::Gap { left } if left.is_zero() || self.queue.is_empty() => {
                self.state = State::Idle;
                self.step(timestamp, clock_rate)
            }
            State::Gap { left } => {
                self.state = State::Gap {
                    left: left.saturating_sub(STEP),
                };
                Some(Step::Quiet)
            }
        }
    }
}

/// RFC 4733 §2.3.
fn send(
    marker: bool,
    timestamp: u32,
    queued: &Queued,
    end: bool,
    elapsed: Duration,
    clock_rate: u32,
) -> Step {
    // What 16 bits hold is 8 s or, at 48 kHz, 1.4 s: a longer digit is announced as one of that
    // length.
    let units = elapsed.as_millis() * u128::from(clock_rate) / 1000;
    let duration = u16::try_from(units).unwrap_or(u16::MAX).to_be_bytes();
    let flags = if end { 0x80 | VOLUME } else { VOLUME };
    Step::Send {
        marker,
        timestamp,
        payload: [event_code(queued.digit), flags, duration[0], duration[1]],
    }
}

/// RFC 4733 §3.2, table 3.
fn event_code(digit: Digit) -> u8 {
    match digit.as_char() {
        '*' => 10,
        '#' => 11,
        letter @ 'A'..='D' => letter as u8 - b'A' + 12,
        number => number as u8 - b'0',
    }
}
