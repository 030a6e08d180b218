//! A room with a loudspeaker and a microphone, and what is measured in it.

use std::ops::Range;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use realfft::RealFftPlanner;
use realfft::num_complex::Complex;

use crate::codec::FRAME;
use crate::processing::Processor;

pub(crate) const SECOND: usize = 48_000;

/// The way from the loudspeaker to the microphone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    /// Until the first sound arrives: buffers, sound card and air.
    pub(crate) delay_ms: usize,
    /// Until the reverberation has fallen by 60 dB.
    pub(crate) reverberation_ms: usize,
    /// How much weaker the echo is than what is played (ITU-T G.168: ERL).
    pub(crate) return_loss_db: f32,
    pub(crate) seed: u64,
}

impl Room {
    /// Returns what of `played` the microphone hears.
    pub(crate) fn echo(self, played: &[f32]) -> Vec<f32> {
        convolve(played, &self.response())
    }

    /// The direct sound and exponentially decaying noise that is duller than it, from 1 ms on.
    fn response(self) -> Vec<f32> {
        let mut random = StdRng::seed_from_u64(self.seed);
        let length = self.reverberation_ms * 48;
        let mut response = vec![0.0; self.delay_ms * 48 + length];
        let tail = &mut response[self.delay_ms * 48..];
        tail[0] = 1.0;
        let mut dull = 0.0;
        for (i, tap) in tail.iter_mut().enumerate().skip(48) {
            dull = 0.6 * dull + 0.4 * random.random_range(-1.0..1.0_f32);
            // Down by 60 dB at the end: e^-6.9.
            *tap = 0.25 * dull * (-6.9 * i as f32 / length as f32).exp();
        }
        let energy: f32 = response.iter().map(|tap| tap * tap).sum();
        let gain = (10_f32.powf(-self.return_loss_db / 10.0) / energy).sqrt();
        response.iter().map(|tap| gain * tap).collect()
    }
}

/// White noise of a level in dB, where [`level`] of a full-scale square wave is 0.
pub(crate) fn noise(samples: usize, level_db: f32, seed: u64) -> Vec<f32> {
    let mut random = StdRng::seed_from_u64(seed);
    let peak = 3_f32.sqrt() * 10_f32.powf(level_db / 20.0);
    (0..samples)
        .map(|_| random.random_range(-peak..peak))
        .collect()
}

/// Returns the mean power in dB.
pub(crate) fn level(sound: &[f32]) -> f32 {
    let power: f32 = sound.iter().map(|s| s * s).sum();
    10.0 * (power / sound.len() as f32).max(1e-13).log10()
}

/// Returns what a small loudspeaker makes of this: loud waves are flattened, and one side more than the other. A full
/// voice gets some percent of harmonics.
pub(crate) fn distorted(sound: &[f32]) -> Vec<f32> {
    let bent = |s: &f32| {
        let driven = 2.5 * s;
        (driven + 0.15 * driven * driven).tanh() / 2.5
    };
    sound.iter().map(bent).collect()
}

/// Returns what the far end is sent, while `played` is played and `heard` is what the microphone
/// hears.
pub(crate) fn processed(processor: &mut Processor, played: &[f32], heard: &[f32]) -> Vec<f32> {
    let mut sent = Vec::with_capacity(heard.len());
    for (played, heard) in played.chunks_exact(FRAME).zip(heard.chunks_exact(FRAME)) {
        processor.render(played.try_into().expect("a chunk is a frame"));
        let mut frame = heard.try_into().expect("a chunk is a frame");
        processor.capture(&mut frame);
        sent.extend_from_slice(&frame);
    }
    sent
}

/// Returns how much weaker the canceller makes the echo over these seconds, in dB:
/// echo return loss enhancement (ITU-T G.168).
pub(crate) fn enhancement(echo: &[f32], sent: &[f32], seconds: Range<usize>) -> f32 {
    let range = seconds.start * SECOND..seconds.end * SECOND;
    level(&echo[range.clone()]) - level(&sent[range])
}

/// Returns how long after second `start` the enhancement of each second that follows is `least_db`
/// or more, in ms, in steps of 100; `None` where that is not so in the end.
pub(crate) fn convergence_ms(
    echo: &[f32],
    sent: &[f32],
    start: usize,
    least_db: f32,
) -> Option<usize> {
    let step = SECOND / 10;
    let windows = echo.windows(SECOND).zip(sent.windows(SECOND));
    let mut converged = None;
    for (i, (echo, sent)) in windows.skip(start * SECOND).step_by(step).enumerate() {
        if level(echo) - level(sent) < least_db {
            converged = None;
        } else {
            converged.get_or_insert(100 * i);
        }
    }
    converged
}

/// By how many samples `late` lags in its second second, up to 30 ms.
pub(crate) fn delay(sound: &[f32], late: &[f32]) -> usize {
    let piece = SECOND..2 * SECOND;
    let alike = |lag: usize| -> f32 {
        let pairs = sound[piece.clone()].iter().zip(&late[piece.start + lag..]);
        pairs.map(|(a, b)| a * b).sum()
    };
    (0..30 * 48)
        .max_by(|a, b| alike(*a).total_cmp(&alike(*b)))
        .unwrap_or(0)
}

/// What becomes of the near end's voice and of what is to be taken out of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Losses {
    /// How much weaker the near end's voice becomes.
    pub(crate) near_db: f32,
    /// How much weaker the echo or the noise becomes.
    pub(crate) other_db: f32,
}

/// Measures double talk in a room, from second `start` on, when the near end begins.
pub(crate) fn double_talk(
    processor: impl FnMut() -> Processor,
    room: Room,
    far: &[f32],
    near: &[f32],
    start: usize,
) -> Losses {
    losses(processor, far, &room.echo(far), near, start)
}

/// Measures 50 ms pieces in which there are both the near end's voice and the `other`, from second
/// `start` on, when the near end begins.
///
/// The same call is made twice, the second time with the near end's voice upside down: half the
/// difference of what is sent is the near end's voice, half the sum the rest.
pub(crate) fn losses(
    mut processor: impl FnMut() -> Processor,
    far: &[f32],
    other: &[f32],
    near: &[f32],
    start: usize,
) -> Losses {
    let quiet = noise(far.len(), -80.0, 6);
    let mut near = near.to_vec();
    near[..start * SECOND].fill(0.0);
    let mut call = |sign: f32| {
        let heard: Vec<f32> = (0..far.len())
            .map(|i| other[i] + quiet[i] + sign * near[i])
            .collect();
        processed(&mut processor(), far, &heard)
    };
    let (upright, turned) = (call(1.0), call(-1.0));
    let piece = 50 * 48;
    let power = |sound: &[f32]| sound.iter().map(|s| s * s).sum::<f32>();
    let [mut near_in, mut near_out, mut other_in, mut other_out] = [0.0; 4];
    for start in (start * SECOND..far.len() - piece).step_by(piece) {
        let range = start..start + piece;
        if level(&near[range.clone()]) < -40.0 || level(&other[range.clone()]) < -60.0 {
            continue;
        }
        let pairs = || upright[range.clone()].iter().zip(&turned[range.clone()]);
        let voice: Vec<f32> = pairs().map(|(a, b)| (a - b) / 2.0).collect();
        let rest: Vec<f32> = pairs().map(|(a, b)| (a + b) / 2.0).collect();
        near_in += power(&near[range.clone()]);
        near_out += power(&voice);
        other_in += power(&other[range.clone()]);
        other_out += power(&rest);
    }
    Losses {
        near_db: 10.0 * (near_in / near_out).log10(),
        other_db: 10.0 * (other_in / other_out).log10(),
    }
}

fn convolve(sound: &[f32], response: &[f32]) -> Vec<f32> {
    let points = (sound.len() + response.len()).next_power_of_two();
    let mut planner = RealFftPlanner::<f32>::new();
    let forward = planner.plan_fft_forward(points);
    let spectrum = |sound: &[f32]| {
        let mut input = forward.make_input_vec();
        input[..sound.len()].copy_from_slice(sound);
        let mut output = forward.make_output_vec();
        forward
            .process(&mut input, &mut output)
            .expect("the buffers were made for this transform");
        output
    };
    let mut product: Vec<Complex<f32>> = spectrum(sound)
        .iter()
        .zip(spectrum(response))
        .map(|(a, b)| a * b)
        .collect();
    // Both are real; what is left of rounding is not.
    for edge in [0, points / 2] {
        product[edge].im = 0.0;
    }
    let back = planner.plan_fft_inverse(points);
    let mut output = back.make_output_vec();
    back.process(&mut product, &mut output)
        .expect("the buffers were made for this transform");
    output[..sound.len()]
        .iter()
        .map(|sample| sample / points as f32)
        .collect()
}
