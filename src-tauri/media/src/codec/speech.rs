//! Sound like speech, for tests: voiced syllables of many harmonics with a moving pitch, unvoiced
//! ones of noise, pauses.

use std::f32::consts::TAU;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::{FRAME, Frame, SAMPLES_PER_MS};

/// Returns `seconds` of it, about −20 dBFS.
pub(crate) fn speech(seconds: usize, seed: u64) -> Vec<f32> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut sound = Vec::new();
    while sound.len() < seconds * 48_000 {
        let samples = random.random_range(120..300) * SAMPLES_PER_MS;
        let voiced = random.random_range(0..5) > 0;
        let pitch = random.random_range(95.0..220.0_f32);
        let glide = random.random_range(-0.2..0.2_f32);
        let formants = [
            random.random_range(300.0..800.0_f32),
            random.random_range(900.0..2_200.0),
            random.random_range(2_300.0..3_200.0),
        ];
        let mut phase = 0.0_f32;
        let mut noise = 0.0_f32;
        for i in 0..samples {
            let along = i as f32 / samples as f32;
            let envelope = (along * std::f32::consts::PI).sin().powf(0.5);
            let sample = if voiced {
                let hz = pitch * (1.0 + glide * along);
                phase = (phase + hz / 48_000.0) % 1.0;
                (1..=16)
                    .map(|n| {
                        let n = n as f32;
                        let gain: f32 = formants
                            .iter()
                            .map(|formant| (-((n * hz - formant) / 250.0).powi(2)).exp())
                            .sum();
                        (gain + 0.05) * (TAU * n * phase).sin()
                    })
                    .sum::<f32>()
                    * 0.12
            } else {
                let white = random.random_range(-1.0..1.0_f32);
                let high = white - noise;
                noise = white;
                high * 0.04
            };
            sound.push(sample * envelope);
        }
        let pause = random.random_range(0..120) * SAMPLES_PER_MS;
        sound.resize(sound.len() + pause, 0.0);
    }
    sound.truncate(seconds * 48_000);
    sound
}

pub(crate) fn frames(sound: &[f32]) -> impl Iterator<Item = Frame> {
    sound.chunks_exact(FRAME).map(|chunk| {
        let mut frame = [0.0; FRAME];
        frame.copy_from_slice(chunk);
        frame
    })
}

/// How alike two sounds are, 0 to 1: the mean correlation of their 20 ms pieces, each at its best
/// lag of up to `slip` samples beside `lag`, weighted by energy.
pub(crate) fn likeness(sent: &[f32], heard: &[f32], lag: usize, slip: usize) -> f32 {
    let (mut sum, mut weights) = (0.0, 0.0);
    let piece = 2 * FRAME;
    for start in (0..sent.len()).step_by(piece) {
        let Some(reference) = sent.get(start..start + piece) else {
            break;
        };
        let energy: f32 = reference.iter().map(|s| s * s).sum();
        if energy < 1e-3 {
            continue;
        }
        let center = start + lag;
        let best = (center.saturating_sub(slip)..=center + slip)
            .filter_map(|at| heard.get(at..at + piece))
            .map(|piece| {
                let product: f32 = piece.iter().zip(reference).map(|(a, b)| a * b).sum();
                let other: f32 = piece.iter().map(|s| s * s).sum();
                product / (energy * other).sqrt().max(1e-9)
            })
            .fold(0.0, f32::max);
        sum += best * energy;
        weights += energy;
    }
    sum / weights
}
