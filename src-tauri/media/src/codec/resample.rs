//! 48 kHz to 8 kHz and back by one linear-phase low-pass.

use std::f32::consts::PI;
use std::sync::LazyLock;

/// 48 kHz over 8 kHz.
pub(super) const FACTOR: usize = 6;

/// 3.4 to 4.6 kHz in the transition at 60 dB by Kaiser's formula, plus one to be symmetric. Delay:
/// half of it, 1.5 ms each way.
const TAPS: usize = 145;

/// Kaiser's β for 60 dB.
const BETA: f32 = 5.653;

/// In Hz, the middle of the transition.
const CUTOFF: f32 = 4_000.0;

static LOW_PASS: LazyLock<[f32; TAPS]> = LazyLock::new(|| {
    let middle = (TAPS / 2) as f32;
    let mut taps: [f32; TAPS] = std::array::from_fn(|i| {
        let x = i as f32 - middle;
        let phase = 2.0 * CUTOFF / 48_000.0 * x;
        let sinc = if x == 0.0 {
            1.0
        } else {
            (PI * phase).sin() / (PI * phase)
        };
        let edge = x / middle;
        sinc * bessel_i0(BETA * (1.0 - edge * edge).max(0.0).sqrt())
    });
    let sum: f32 = taps.iter().sum();
    for tap in &mut taps {
        *tap /= sum;
    }
    taps
});

/// The modified Bessel function of the first kind, order 0, by its series.
fn bessel_i0(x: f32) -> f32 {
    let mut sum = 1.0;
    let mut term = 1.0;
    for k in 1..30 {
        term *= (x / (2.0 * k as f32)).powi(2);
        sum += term;
    }
    sum
}

/// 48 kHz to 8 kHz.
#[derive(Debug)]
pub(super) struct Down {
    /// The last `TAPS - 1` samples, then those being filtered.
    line: Vec<f32>,
}

impl Down {
    pub(super) fn new() -> Self {
        Self {
            line: vec![0.0; TAPS - 1],
        }
    }

    /// Appends a sixth as many samples; the length of `samples` is a multiple of six.
    pub(super) fn process(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        self.line.extend_from_slice(samples);
        out.extend(
            self.line
                .windows(TAPS)
                .step_by(FACTOR)
                .map(|window| dot(window, &LOW_PASS[..])),
        );
        self.line.drain(..samples.len());
    }
}

/// 8 kHz to 48 kHz.
#[derive(Debug)]
pub(super) struct Up {
    /// The last samples that the filter still reaches, then those being filtered.
    line: Vec<f32>,
}

/// Input samples under the filter.
const REACH: usize = TAPS.div_ceil(FACTOR);

impl Up {
    pub(super) fn new() -> Self {
        Self {
            line: vec![0.0; REACH - 1],
        }
    }

    /// Appends six times as many samples.
    pub(super) fn process(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        self.line.extend_from_slice(samples);
        for window in self.line.windows(REACH) {
            out.extend(PHASES.iter().map(|taps| dot(window, taps)));
        }
        self.line.drain(..samples.len());
    }
}

/// The taps that meet samples between the inserted zeros, for each place of an output sample,
/// latest sample last.
static PHASES: LazyLock<[[f32; REACH]; FACTOR]> = LazyLock::new(|| {
    std::array::from_fn(|phase| {
        std::array::from_fn(|i| {
            let tap = phase + (REACH - 1 - i) * FACTOR;
            LOW_PASS.get(tap).map_or(0.0, |tap| tap * FACTOR as f32)
        })
    })
});

fn dot(samples: &[f32], taps: &[f32]) -> f32 {
    samples.iter().zip(taps).map(|(x, h)| x * h).sum()
}
