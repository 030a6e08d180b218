use std::time::Instant;

/// What RFC 3550 wants to know of one SSRC: sequence numbers (A.1), loss (A.3) and jitter (A.8).
#[derive(Debug)]
pub(super) struct Statistics {
    /// The first and the highest sequence number, extended by the wraps, from 2^16 on so that
    /// reordering at the start stays positive.
    base: u64,
    highest: u64,
    /// Bit n: `highest - n` has arrived.
    arrived: u128,
    received: u64,
    duplicates: u64,
    /// Expected and received at the last report.
    reported: (u64, u64),
    jitter: Jitter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Ahead of all before by this much, 1 being the next; with this many in between that have not
    /// arrived.
    Ahead { by: u64, missing: u64 },
    /// So far behind the highest.
    Behind { by: u64 },
    /// It has arrived before.
    Duplicate,
}

/// A number further ahead is another sequence (RFC 3550 A.1, MAX_DROPOUT).
pub(super) const MAX_DROPOUT: u16 = 3_000;

/// A number further behind is another sequence (RFC 3550 A.1, MAX_MISORDER).
pub(super) const MAX_MISORDER: u16 = 100;

impl Statistics {
    /// Starts with the first packet, which is counted.
    pub(super) fn new(sequence_number: u16) -> Self {
        let base = (1 << 16) + u64::from(sequence_number);
        Self {
            base,
            highest: base,
            arrived: 1,
            received: 1,
            duplicates: 0,
            reported: (0, 0),
            jitter: Jitter::default(),
        }
    }

    /// Returns how far ahead of the highest `sequence_number` is, negative for behind.
    pub(super) fn ahead(&self, sequence_number: u16) -> i16 {
        sequence_number.wrapping_sub(self.highest as u16) as i16
    }

    /// Counts a packet that belongs to the sequence.
    pub(super) fn count(&mut self, sequence_number: u16) -> Place {
        self.received += 1;
        let ahead = self.ahead(sequence_number);
        if ahead > 0 {
            let by = ahead as u64;
            let missing = by - 1;
            self.highest += by;
            self.arrived = self.arrived.checked_shl(ahead as u32).unwrap_or(0) | 1;
            return Place::Ahead { by, missing };
        }
        let by = u64::from(ahead.unsigned_abs());
        let bit = 1_u128.checked_shl(by as u32).unwrap_or(0);
        if self.arrived & bit != 0 {
            self.duplicates += 1;
            return Place::Duplicate;
        }
        self.arrived |= bit;
        // What left before the first that arrived was not expected.
        self.base = self.base.min(self.highest - by);
        Place::Behind { by }
    }

    /// `transit` is arrival minus timestamp, in ms, against any constant.
    pub(super) fn transit(&mut self, transit: f64) {
        self.jitter.update(transit);
    }

    /// The next transit cannot be compared with the last.
    pub(super) fn restart_transit(&mut self) {
        self.jitter.last = None;
    }

    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// Packets that were sent and did not arrive, so far.
    pub(super) fn lost(&self) -> u64 {
        (self.expected() + self.duplicates).saturating_sub(self.received)
    }

    pub(super) fn jitter_ms(&self) -> f32 {
        self.jitter.ms as f32
    }

    /// Returns the figures of a report block (RFC 3550 §6.4.1) and begins the next interval; `None`
    /// where nothing came since the last.
    pub(super) fn report(&mut self) -> Option<Interval> {
        let (expected, received) = (self.expected(), self.received);
        if received == self.reported.1 {
            return None;
        }
        let expected_interval = expected.saturating_sub(self.reported.0);
        let received_interval = received - self.reported.1;
        self.reported = (expected, received);
        let lost = expected_interval.saturating_sub(received_interval);
        let fraction_lost = match expected_interval {
            0 => 0,
            _ => (lost * 256 / expected_interval).min(255) as u8,
        };
        Some(Interval {
            fraction_lost,
            // A signed field of 24 bits (RFC 3550 §6.4.1), of which the wire type takes the
            // positive half.
            total_lost: expected.saturating_sub(received).min(0x7f_ffff) as u32,
            highest: (self.highest - (1 << 16)) as u32,
        })
    }

    fn expected(&self) -> u64 {
        self.highest - self.base + 1
    }
}

/// The figures of a report block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interval {
    /// Of 256, since the last report.
    pub(super) fraction_lost: u8,
    pub(super) total_lost: u32,
    /// The extended highest sequence number.
    pub(super) highest: u32,
}

#[derive(Debug, Default)]
struct Jitter {
    last: Option<f64>,
    ms: f64,
}

impl Jitter {
    /// RFC 3550 A.8.
    fn update(&mut self, transit: f64) {
        if let Some(last) = self.last.replace(transit) {
            self.ms += ((transit - last).abs() - self.ms) / 16.0;
        }
    }
}

/// Lets so many packets pass and no more: what a flood costs is bounded (10 ms frames are 100
/// packets/s).
#[derive(Debug)]
pub(super) struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl Bucket {
    const PER_SECOND: f64 = 400.0;
    /// What a network that was stuck may deliver at once: five seconds of 10 ms frames.
    const BURST: f64 = 500.0;

    pub(super) fn new(now: Instant) -> Self {
        Self {
            tokens: Self::BURST,
            filled: now,
        }
    }

    pub(super) fn take(&mut self, now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.filled = self.filled.max(now);
        self.tokens = (self.tokens + elapsed * Self::PER_SECOND).min(Self::BURST);
        if self.tokens < 1.0 {
            return false;
        }
        self.tokens -= 1.0;
        true
    }
}
