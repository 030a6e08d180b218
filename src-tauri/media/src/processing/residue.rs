//! The echo that is left after all, where nobody at the near end talks.
//!
//! The suppressor takes what is new to it for a voice: the last of a long reverberation, a loudspeaker that rattles. What
//! was learnt of the echo tells how much of it may be left; as long as no more than that is heard, nobody talks, and what
//! is sent is made weaker still.

use super::linear::{Left, smooth};
use super::pipeline::Bands;

/// The most that it is made weaker by: 15 dB.
const LEAST_GAIN_DB: f32 = -15.0;
/// Nobody talks: as much above what is expected, in dB.
const NOBODY_DB: f32 = 4.0;
/// Somebody talks.
const SOMEBODY_DB: f32 = 10.0;

/// Smoothing of the energies, each 10 ms.
const SMOOTHING: f32 = 0.7;
/// Smoothing of the share where it falls, each 10 ms, and how it rises while there is an echo: 1.3 dB in a second.
const SHARE_SMOOTHING: f32 = 0.8;
const SHARE_RISE: f32 = 1.003;
/// The least share: a microphone that is switched off hears nothing of what is expected, and tells nothing of the room.
const LEAST_SHARE: f32 = 0.01;
/// Below this there is no echo to speak of: −87 dB.
const LEAST_EXPECTED: f32 = 1e5;

/// The noise falls with the least that is sent, and rises by 0.9 dB in a second.
const NOISE_SMOOTHING: f32 = 0.7;
const NOISE_RISE: f32 = 1.002;

/// As loud as samples of 16 bits get in 10 ms of a band.
const LOUDEST: f32 = 160.0 * 32_768.0 * 32_768.0;

/// Each 10 ms: first [`hear`](Self::hear), then [`attenuate`](Self::attenuate).
#[derive(Debug)]
pub(super) struct Residue {
    heard: f32,
    expected: f32,
    /// How much is heard of what is expected, while nobody talks.
    share: f32,
    /// What the gain is to be, and what it was.
    wanted: f32,
    gain: f32,
    /// Energy of the noise that is sent with the voice, in 10 ms of the lowest band.
    noise: f32,
}

impl Residue {
    pub(super) fn new() -> Self {
        Self {
            heard: 0.0,
            expected: 0.0,
            share: 1.0,
            wanted: 1.0,
            gain: 1.0,
            noise: LOUDEST,
        }
    }

    pub(super) fn hear(&mut self, left: Left) {
        smooth(&mut self.heard, left.heard, SMOOTHING);
        smooth(&mut self.expected, left.expected, SMOOTHING);
        let share = self.heard / (self.expected + 1.0);
        if share < self.share {
            smooth(&mut self.share, share.max(LEAST_SHARE), SHARE_SMOOTHING);
        } else if self.expected > LEAST_EXPECTED {
            self.share *= SHARE_RISE;
        }
        let above_db = 10.0 * (share / self.share).log10();
        let nobody = ((SOMEBODY_DB - above_db) / (SOMEBODY_DB - NOBODY_DB)).clamp(0.0, 1.0);
        self.wanted = 10_f32.powf(LEAST_GAIN_DB * nobody / 20.0);
    }

    /// Makes weaker what is sent, but not weaker than its noise: a line that falls silent sounds dead.
    pub(super) fn attenuate(&mut self, bands: &mut Bands) {
        let energy = 1.0 + bands[0].iter().map(|s| s * s).sum::<f32>();
        if energy < self.noise {
            self.noise = energy.max(NOISE_SMOOTHING * self.noise);
        } else {
            self.noise *= NOISE_RISE;
        }
        let noise = (self.noise / energy).sqrt().min(1.0);
        let gain = self.wanted.max(noise);
        let step = (gain - self.gain) / bands[0].len() as f32;
        for band in bands {
            for (i, sample) in (1_u16..).zip(band) {
                *sample *= self.gain + step * f32::from(i);
            }
        }
        self.gain = gain;
    }
}

#[cfg(test)]
mod tests {
    use super::super::pipeline::BANDS;
    use super::*;

    const SECOND: usize = 100;

    /// Sends samples of `sound` while `heard` times as much is left as is expected; returns how much weaker the last is
    /// sent, in dB.
    fn weaker(residue: &mut Residue, frames: usize, heard: f32, sound: f32) -> f32 {
        let mut sent = 0.0;
        for _ in 0..frames {
            let expected = 1e8;
            residue.hear(Left {
                heard: heard * expected,
                expected,
            });
            let mut bands = [[sound; 160]; BANDS];
            residue.attenuate(&mut bands);
            sent = bands[0][159];
        }
        20.0 * (sound / sent).log10()
    }

    #[test]
    fn what_is_left_is_weaker_until_somebody_talks() {
        let mut residue = Residue::new();
        weaker(&mut residue, SECOND, 0.1, 1.0);
        let alone = weaker(&mut residue, SECOND, 0.15, 1_000.0);
        assert!((alone - 15.0).abs() < 0.1, "{alone} dB");
        let begins = weaker(&mut residue, 3, 30.0, 1_000.0);
        assert!(begins < 0.1, "{begins} dB");
        let talks = weaker(&mut residue, 5 * SECOND, 30.0, 1_000.0);
        assert!(talks < 0.1, "{talks} dB");
    }

    #[test]
    fn a_microphone_that_was_switched_off_costs_seconds_and_not_the_call() {
        let mut residue = Residue::new();
        weaker(&mut residue, 10 * SECOND, 0.0, 1.0);
        weaker(&mut residue, 15 * SECOND, 0.1, 1_000.0);
        let alone = weaker(&mut residue, 1, 0.1, 1_000.0);
        assert!((alone - 15.0).abs() < 0.1, "{alone} dB");
    }

    #[test]
    fn the_noise_of_the_line_stays() {
        let mut residue = Residue::new();
        weaker(&mut residue, SECOND, 0.1, 100.0);
        let noise = weaker(&mut residue, SECOND, 0.1, 100.0);
        assert!(noise < 0.1, "{noise} dB");
        let above = weaker(&mut residue, 2, 0.1, 300.0);
        assert!((8.0..10.0).contains(&above), "{above} dB");
    }
}
