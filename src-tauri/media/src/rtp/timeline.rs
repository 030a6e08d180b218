use std::time::{Duration, Instant};

use crate::codec::SAMPLES_PER_MS;

/// Gives packets their places on one line of samples at 48 kHz, through wraps and jumps of
/// timestamps, changes of clock and of SSRC.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    last: Option<Last>,
}

/// The most advanced packet so far.
#[derive(Debug, Clone, Copy)]
struct Last {
    timestamp: u32,
    clock_rate: u32,
    position: i64,
    samples: i64,
    arrival: Instant,
}

/// A packet of speech, to be placed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamp {
    pub(super) timestamp: u32,
    pub(super) clock_rate: u32,
    pub(super) samples: usize,
    pub(super) arrival: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) position: i64,
    /// The timestamp says nothing about how it follows the packets before.
    pub(super) jumped: bool,
}

/// How much more than the time that has passed a timestamp may advance, before it is taken for a
/// jump: delay may have shrunk.
const AHEAD: Duration = Duration::from_secs(1);

/// How far back a reordered packet may lie.
const BEHIND: Duration = Duration::from_secs(5);

/// Two clocks may differ by this share: twice what the crystals of sound devices do.
const DRIFT: f64 = 500e-6;

/// After a pause of this length the drift is worth looking at: it may have come to 1 ms.
const DRIFTED: Duration = Duration::from_secs(2);

/// A jump that comes later than this after the packet before was preceded by a pause, which is
/// kept.
const PAUSE: Duration = Duration::from_millis(60);

impl Timeline {
    /// Places a packet `ahead` of the last one in sequence (negative: behind).
    pub(super) fn place(&mut self, stamp: Stamp, ahead: i64) -> Placed {
        let samples = stamp.samples as i64;
        let Some(last) = self.last else {
            return self.restart(stamp);
        };
        let elapsed = to_samples(stamp.arrival.saturating_duration_since(last.arrival));
        if stamp.clock_rate == last.clock_rate {
            let ticks = i64::from(stamp.timestamp.wrapping_sub(last.timestamp) as i32);
            let advance = ticks * 48_000 / i64::from(stamp.clock_rate);
            let plausible = if ahead > 0 {
                advance > 0 && advance <= elapsed + ahead * last.samples + to_samples(AHEAD)
            } else {
                advance < 0 && advance >= -to_samples(BEHIND)
            };
            if plausible {
                let position = last.position + advance - drift(advance, elapsed);
                if ahead > 0 {
                    self.last = Some(Last::new(stamp, position));
                }
                return Placed {
                    position,
                    jumped: false,
                };
            }
        }
        if ahead <= 0 {
            // From before a jump: sequence numbers are the best that is known.
            return Placed {
                position: last.position + ahead * samples,
                jumped: true,
            };
        }
        let position = last.position + follow(last, ahead, elapsed);
        self.last = Some(Last::new(stamp, position));
        Placed {
            position,
            jumped: true,
        }
    }

    /// Places the first packet of another sequence: it follows what was before, after a pause if
    /// there was one.
    pub(super) fn restart(&mut self, stamp: Stamp) -> Placed {
        let position = self.last.map_or(0, |last| {
            let elapsed = to_samples(stamp.arrival.saturating_duration_since(last.arrival));
            last.position + follow(last, 1, elapsed)
        });
        self.last = Some(Last::new(stamp, position));
        Placed {
            position,
            jumped: true,
        }
    }
}

impl Last {
    fn new(stamp: Stamp, position: i64) -> Self {
        Self {
            timestamp: stamp.timestamp,
            clock_rate: stamp.clock_rate,
            position,
            samples: stamp.samples as i64,
            arrival: stamp.arrival,
        }
    }
}

/// How much of an `advance` of timestamps in a pause of `elapsed` is the clocks' drift apart. The
/// packets before a pause of hours tell nothing about it, and it would be waited for, or hurried
/// after, for seconds.
fn drift(advance: i64, elapsed: i64) -> i64 {
    if advance < to_samples(DRIFTED) {
        return 0;
    }
    let most = (elapsed as f64 * DRIFT) as i64;
    (advance - elapsed).clamp(-most, most)
}

/// How far after `last` a packet lies of which only sequence and time are known.
fn follow(last: Last, ahead: i64, elapsed: i64) -> i64 {
    let in_sequence = ahead * last.samples;
    if elapsed > in_sequence + to_samples(PAUSE) {
        elapsed
    } else {
        in_sequence
    }
}

fn to_samples(duration: Duration) -> i64 {
    let nanos = i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX / 1_000_000);
    // Exact for what matters: 48 samples are 1 ms.
    nanos / 1_000 * SAMPLES_PER_MS as i64 / 1_000
}
