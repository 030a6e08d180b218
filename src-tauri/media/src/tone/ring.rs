//! The ring: a rising chord of struck bars, twice in three seconds.
//!
//! It is a design of this product, meant to be heard across an office and not to be hated by its
//! evening: three notes of C major from 523 Hz up, where small speakers still work and ageing ears
//! still hear, each with the octave and a touch of its fifth partial, as wood has them; no noise, no
//! warble, nearly half of the time silence.

use std::f64::consts::TAU;

use crate::codec::SAMPLES_PER_MS;

/// C5, E5, G5, in Hz.
const NOTES: [f64; 3] = [523.25, 659.26, 783.99];

/// From one note to the next, in samples.
const STEP: u64 = 130 * SAMPLES_PER_MS as u64;

/// From the first chord to the second, in samples.
const AGAIN: u64 = 800 * SAMPLES_PER_MS as u64;

/// From one ring to the next, in samples.
pub(super) const PERIOD: u64 = 3_000 * SAMPLES_PER_MS as u64;

/// How long a note sounds, in samples; the last of a period ends well before the next.
const NOTE: u64 = 700 * SAMPLES_PER_MS as u64;

/// Its rise and its end, in samples: below what is heard as a click.
const RISE: f64 = 6.0 * SAMPLES_PER_MS as f64;
const END: f64 = 100.0 * SAMPLES_PER_MS as f64;

/// It falls to 1/e within so many samples.
const DECAY: f64 = 170.0 * SAMPLES_PER_MS as f64;

/// Overtones: which and how strong.
const OVERTONES: [(f64, f64); 3] = [(1.0, 1.0), (2.0, 0.25), (5.0, 0.06)];

/// The loudest that a note becomes. Three notes that overlap stay below −3 dBFS.
const PEAK: f64 = 0.32;

/// Returns the sample `position` samples after the start, at full volume.
pub(super) fn sample(position: u64) -> f32 {
    let position = position % PERIOD;
    let mut sum = 0.0;
    for chord in [0, AGAIN] {
        for (start, hz) in (chord..).step_by(STEP as usize).zip(NOTES) {
            if (start..start + NOTE).contains(&position) {
                sum += note(hz, (position - start) as f64);
            }
        }
    }
    sum as f32
}

fn note(hz: f64, at: f64) -> f64 {
    let rise = half_cosine(at / RISE);
    let end = half_cosine((NOTE as f64 - at) / END);
    let sound: f64 = OVERTONES
        .iter()
        .map(|(times, strength)| strength * (TAU * hz * times * at / 48_000.0).sin())
        .sum();
    PEAK * sound * rise * end * (-at / DECAY).exp()
}

/// From 0 at 0 to 1 at 1 and beyond.
fn half_cosine(x: f64) -> f64 {
    0.5 - 0.5 * (x.clamp(0.0, 1.0) * TAU / 2.0).cos()
}
