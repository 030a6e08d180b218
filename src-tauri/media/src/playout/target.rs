use std::collections::VecDeque;

use crate::codec::SAMPLES_PER_MS;

/// How late packets are, and how long to wait for them.
///
/// The lateness of a packet is its arrival minus its position, in samples at 48 kHz against a
/// constant nobody needs to know: playing with a delay `D` (moment minus position being played,
/// against the same constant) has every packet in time whose lateness is at most `D`.
#[derive(Debug)]
pub(super) struct Target {
    /// In order of arrival. `None`: the packet was late because the one before it was, and would
    /// not be missed again.
    window: VecDeque<Option<i64>>,
    /// The values of the window, sorted.
    sorted: Vec<i64>,
    last: Option<Last>,
}

#[derive(Debug, Clone, Copy)]
struct Last {
    end: i64,
    lateness: i64,
}

/// 10 s of 20 ms packets: twice what the rarest lateness that is waited for needs to show up.
const WINDOW: usize = 500;

/// So many packets of a thousand may come too late.
const MISSED_PER_MILLE: usize = 5;

/// A path that has been better for so many packets (1.5 s) is believed, if what was before was a
/// level and not single spikes, and was clearly worse.
const BELIEVED: usize = 75;
const LEVEL: usize = 8;
const CLEARLY: i64 = 60 * SAMPLES_PER_MS as i64;

impl Target {
    pub(super) fn new() -> Self {
        Self {
            window: VecDeque::with_capacity(WINDOW + 1),
            sorted: Vec::with_capacity(WINDOW + 1),
            last: None,
        }
    }

    /// Takes the lateness of a packet.
    pub(super) fn observe(&mut self, position: i64, samples: i64, lateness: i64) {
        let inherited = self
            .last
            .is_some_and(|last| last.end == position && lateness < last.lateness - samples / 2);
        self.last = Some(Last {
            end: position + samples,
            lateness,
        });
        self.add((!inherited).then_some(lateness));
        self.believe();
    }

    /// A lost packet could be had from its successor at this lateness.
    pub(super) fn observe_recovery(&mut self, lateness: i64) {
        self.add(Some(lateness));
    }

    /// Returns the least delay at which hardly any packet is missed, `None` before the first.
    pub(super) fn delay(&self) -> Option<i64> {
        let missed = self.window.len() * MISSED_PER_MILLE / 1_000;
        let index = self.sorted.len().checked_sub(1 + missed)?;
        Some(self.sorted[index])
    }

    fn add(&mut self, lateness: Option<i64>) {
        self.window.push_back(lateness);
        if let Some(lateness) = lateness {
            let index = self.sorted.partition_point(|known| *known < lateness);
            self.sorted.insert(index, lateness);
        }
        if self.window.len() > WINDOW {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some(Some(oldest)) = self.window.pop_front() {
            let index = self.sorted.partition_point(|known| *known < oldest);
            self.sorted.remove(index);
        }
    }

    /// Forgets what was before, where the path has become better.
    fn believe(&mut self) {
        if self.window.len() <= BELIEVED {
            return;
        }
        let recent = self.window.iter().rev().take(BELIEVED).flatten();
        let (Some(worst), Some(best)) = (recent.clone().max(), recent.min()) else {
            return;
        };
        let clearly_worse = worst + CLEARLY + 2 * (worst - best);
        let level = self.sorted.len() - self.sorted.partition_point(|l| *l <= clearly_worse);
        if level >= LEVEL {
            while self.window.len() > BELIEVED {
                self.forget_oldest();
            }
        }
    }
}
