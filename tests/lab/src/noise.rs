//! Sounds for the tests of the measurements, the same in every run.

use std::f64::consts::PI;

use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::sound::Sound;

/// White noise at 16 kHz, from −0.3 to 0.3.
pub(crate) fn noise(seed: u64, samples: usize) -> Sound {
    let mut random = StdRng::seed_from_u64(seed);
    Sound {
        rate: 16_000,
        samples: (0..samples)
            .map(|_| random.random_range(-0.3..0.3))
            .collect(),
    }
}

/// Something with the unrest of speech at 16 kHz: every 120 ms another three partials.
pub(crate) fn babble(seed: u64, seconds: usize) -> Sound {
    const SYLLABLE: usize = 1920;
    let mut random = StdRng::seed_from_u64(seed);
    let mut samples = Vec::new();
    while samples.len() < seconds * 16_000 {
        let partials: [f64; 3] = [
            random.random_range(200.0..700.0),
            random.random_range(800.0..1800.0),
            random.random_range(1900.0..3400.0),
        ];
        samples.extend((0..SYLLABLE).map(|i| {
            let t = i as f64 / 16_000.0;
            let fade = (PI * i as f64 / SYLLABLE as f64).sin();
            let wave: f64 = partials.iter().map(|hz| (2.0 * PI * hz * t).sin()).sum();
            (0.1 * fade * wave) as f32
        }));
    }
    samples.truncate(seconds * 16_000);
    Sound {
        rate: 16_000,
        samples,
    }
}
