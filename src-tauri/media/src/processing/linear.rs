//! The linear part of echo cancellation: the echo path is learnt, and the echo that it would make of what was played is
//! taken out of what is captured. The voice of the near end passes unchanged.
//!
//! A partitioned frequency-domain Kalman filter: G. Enzner and P. Vary, "Frequency-domain adaptive Kalman filter for
//! acoustic echo control in hands-free telephones", Signal Processing 86 (2006); F. Kuech, E. Mabande and G. Enzner,
//! "State-space architecture of the partitioned-block-based acoustic echo controller", ICASSP 2014. It knows for each
//! frequency how uncertain it is, and how loud all is that is no echo: so it learns fast at first and stands still
//! while the near end talks.

use std::array::from_fn;
use std::ops::Range;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

/// Samples of 10 ms at 16 kHz, and of each partition of the echo path.
const HOP: usize = 160;
/// The transform has as much of the past as is new (overlap-save).
const POINTS: usize = 2 * HOP;
const BINS: usize = HOP + 1;

/// How many partitions the echo path has: with its delay 400 ms.
const PARTITIONS: usize = 40;

/// Each partition is cut to its length at every so many 10 ms; more often is no better.
const TURNS: usize = 4;

/// The power of a path's first partition, before anything is known of it.
const FIRST_POWER: f32 = 0.02;
/// Of each partition to the one before.
const POWER_DECAY: f32 = 0.85;
/// The power of what is no echo, before anything is known of it.
const FIRST_NEAR: f32 = 1e4;
/// How much of the path is what it was, 10 ms later.
const TRANSITION: f32 = 0.9985;
/// How much of the uncertainty at first comes back even where there was no echo: a headset is put down.
const LEAST_UNCERTAINTY: f32 = 0.03;
/// Smoothing of the power of what is no echo, each 10 ms.
const NEAR_SMOOTHING: f32 = 0.9;
/// Smoothing of the power of the echo and of its uncertainty, each 10 ms.
const TRUST_SMOOTHING: f32 = 0.98;
/// An echo with one part in so many of its power uncertain is half trusted.
const TRUST: f32 = 13.0;
/// Smoothing of the energy before and after, each 10 ms.
const ENERGY_SMOOTHING: f32 = 0.9;
/// The bins that have voices, from 200 Hz on.
const VOICES: Range<usize> = 4..BINS;

type Samples = [f32; HOP];
type Spectrum = [Complex<f32>; BINS];
type Power = [f32; BINS];

const SILENCE: Spectrum = [Complex { re: 0.0, im: 0.0 }; BINS];

/// Takes the echo out of 10 ms of the microphone, by turns with what is played: both at 16 kHz, between −32,768 and
/// 32,767. Adds no delay.
pub(super) struct LinearCanceller {
    transform: Transform,
    /// What was played, each 10 ms with the 10 ms before; the newest at `newest`.
    played: Vec<Spectrum>,
    newest: usize,
    last_played: Samples,
    path: Vec<Partition>,
    /// Power of what is no echo.
    near: Power,
    /// Smoothed energy of the echo, and of what is uncertain of it.
    echo: f32,
    uncertain: f32,
    /// Smoothed energy before and after.
    captured: f32,
    sent: f32,
}

/// What is left in 10 ms: energies of one scale.
#[derive(Debug, Clone, Copy)]
pub(super) struct Left {
    pub(super) heard: f32,
    /// Of that, the echo by its uncertainty.
    pub(super) expected: f32,
}

/// 10 ms of the echo path.
struct Partition {
    response: Spectrum,
    /// Variance of the response.
    uncertainty: Power,
    /// Variance that the response has in the long run, at the least.
    least_uncertainty: f32,
}

impl LinearCanceller {
    pub(super) fn new() -> Self {
        Self {
            transform: Transform::new(),
            played: vec![SILENCE; PARTITIONS],
            newest: 0,
            last_played: [0.0; HOP],
            path: (0..PARTITIONS)
                .map(|i| Partition::new(FIRST_POWER * POWER_DECAY.powi(i as i32)))
                .collect(),
            near: [FIRST_NEAR; BINS],
            echo: 0.0,
            uncertain: 0.0,
            captured: 0.0,
            sent: 0.0,
        }
    }

    /// Takes the 10 ms that the speaker is given.
    pub(super) fn render(&mut self, played: &Samples) {
        self.newest = (self.newest + PARTITIONS - 1) % PARTITIONS;
        self.played[self.newest] = self.transform.forward(&self.last_played, played);
        self.last_played = *played;
    }

    /// Takes the echo out of 10 ms of the microphone; returns what would be left if all that is believed were taken out.
    pub(super) fn capture(&mut self, captured: &mut Samples) -> Left {
        let echo_spectrum = self.echo();
        let echo = self.transform.back(&echo_spectrum);
        let rest: Samples = from_fn(|i| captured[i] - echo[i]);
        let rest_spectrum = self.transform.forward(&[0.0; HOP], &rest);
        let uncertain = self.uncertain();
        self.learn(&rest_spectrum, &uncertain);

        // What is uncertain is left to the suppressor, which would have to learn each of its changes.
        let energy: f32 = echo_spectrum.iter().map(|bin| bin.norm_sqr()).sum();
        smooth(&mut self.echo, energy, TRUST_SMOOTHING);
        smooth(&mut self.uncertain, uncertain.iter().sum(), TRUST_SMOOTHING);
        let doubt = TRUST * self.uncertain / (self.echo + 1.0);
        let trust = 1.0 / (1.0 + doubt * doubt);
        let sent: Samples = from_fn(|i| captured[i] - trust * echo[i]);

        // A path that is another one by now would add echo.
        smooth(&mut self.captured, energy_of(captured), ENERGY_SMOOTHING);
        smooth(&mut self.sent, energy_of(&sent), ENERGY_SMOOTHING);
        if self.sent < self.captured {
            *captured = sent;
        }
        Left {
            heard: rest_spectrum[VOICES].iter().map(|bin| bin.norm_sqr()).sum(),
            expected: uncertain[VOICES].iter().sum(),
        }
    }

    /// Returns what the path makes of what was played.
    fn echo(&self) -> Spectrum {
        let mut echo = SILENCE;
        for (partition, played) in self.path.iter().zip(self.played()) {
            for ((echo, response), played) in echo.iter_mut().zip(&partition.response).zip(played) {
                *echo += response * played;
            }
        }
        echo
    }

    /// Returns the power that the echo differs by from what the path makes, as far as that is known.
    fn uncertain(&self) -> Power {
        let mut uncertain = [0.0; BINS];
        for (partition, played) in self.path.iter().zip(self.played()) {
            let bins = partition.uncertainty.iter().zip(played);
            for (uncertain, (variance, played)) in uncertain.iter_mut().zip(bins) {
                // Half of the samples of a transform are new.
                *uncertain += 0.5 * variance * played.norm_sqr();
            }
        }
        uncertain
    }

    /// Learns from what is left of what was captured.
    fn learn(&mut self, rest: &Spectrum, uncertain: &Power) {
        let mut step = [0.0; BINS];
        for (k, step) in step.iter_mut().enumerate() {
            smooth(&mut self.near[k], rest[k].norm_sqr(), NEAR_SMOOTHING);
            *step = 1.0 / (uncertain[k] + self.near[k] + 1.0);
        }
        let (newer, older) = self.played.split_at(self.newest);
        let turn = self.newest % TURNS;
        let heard = older.iter().chain(newer);
        for (i, (partition, played)) in self.path.iter_mut().zip(heard).enumerate() {
            partition.learn(played, rest, &step);
            if i % TURNS == turn {
                partition.response = self.transform.first_half(&partition.response);
            }
        }
    }

    /// Newest first.
    fn played(&self) -> impl Iterator<Item = &Spectrum> {
        let (newer, older) = self.played.split_at(self.newest);
        older.iter().chain(newer)
    }
}

impl Partition {
    fn new(power: f32) -> Self {
        Self {
            response: SILENCE,
            uncertainty: [power; BINS],
            least_uncertainty: LEAST_UNCERTAINTY * power,
        }
    }

    fn learn(&mut self, played: &Spectrum, rest: &Spectrum, step: &Power) {
        const KEPT: f32 = TRANSITION * TRANSITION;
        for k in 0..BINS {
            let gain = self.uncertainty[k] * step[k];
            self.response[k] += played[k].conj() * rest[k] * gain;
            let change = self.response[k].norm_sqr().max(self.least_uncertainty);
            let known = 0.5 * gain * played[k].norm_sqr();
            self.uncertainty[k] =
                KEPT * (1.0 - known) * self.uncertainty[k] + (1.0 - KEPT) * change;
        }
    }
}

/// Between 20 ms of sound and their spectrum.
struct Transform {
    forward: Arc<dyn RealToComplex<f32>>,
    back: Arc<dyn ComplexToReal<f32>>,
    scratch: Vec<Complex<f32>>,
}

impl Transform {
    fn new() -> Self {
        let mut planner = RealFftPlanner::new();
        let forward = planner.plan_fft_forward(POINTS);
        let back = planner.plan_fft_inverse(POINTS);
        let scratch = forward.get_scratch_len().max(back.get_scratch_len());
        Self {
            scratch: vec![Complex::default(); scratch],
            forward,
            back,
        }
    }

    fn forward(&mut self, earlier: &Samples, later: &Samples) -> Spectrum {
        let mut sound = [0.0; POINTS];
        sound[..HOP].copy_from_slice(earlier);
        sound[HOP..].copy_from_slice(later);
        let mut spectrum = SILENCE;
        self.forward
            .process_with_scratch(&mut sound, &mut spectrum, &mut self.scratch)
            .expect("the lengths are the transform's");
        spectrum
    }

    /// Returns the later 10 ms; the earlier ones are wrapped around (overlap-save).
    fn back(&mut self, spectrum: &Spectrum) -> Samples {
        let both = self.both(spectrum);
        from_fn(|i| both[HOP + i])
    }

    /// Returns the response without what is longer than a partition.
    fn first_half(&mut self, response: &Spectrum) -> Spectrum {
        let both = self.both(response);
        self.forward(&from_fn(|i| both[i]), &[0.0; HOP])
    }

    fn both(&mut self, spectrum: &Spectrum) -> [f32; POINTS] {
        let mut spectrum = *spectrum;
        // Sound has neither; rounding may.
        spectrum[0].im = 0.0;
        spectrum[HOP].im = 0.0;
        let mut sound = [0.0; POINTS];
        self.back
            .process_with_scratch(&mut spectrum, &mut sound, &mut self.scratch)
            .expect("the lengths are the transform's, and the edges are real");
        sound.map(|sample| sample / POINTS as f32)
    }
}

pub(super) fn smooth(mean: &mut f32, value: f32, smoothing: f32) {
    *mean = smoothing * *mean + (1.0 - smoothing) * value;
}

fn energy_of(sound: &Samples) -> f32 {
    sound.iter().map(|s| s * s).sum()
}

#[cfg(test)]
mod tests {
    use super::super::room::{level, noise};
    use super::*;

    const SECOND: usize = 16_000;

    /// A path of 120 ms, 10 dB down.
    fn echo(played: &[f32]) -> Vec<f32> {
        let tap = |i: usize, late: usize, gain: f32| {
            i.checked_sub(late).map_or(0.0, |it| gain * played[it])
        };
        (0..played.len())
            .map(|i| tap(i, 320, 0.3) + tap(i, 900, -0.1) + tap(i, 1920, 0.05))
            .collect()
    }

    fn cancelled(canceller: &mut LinearCanceller, played: &[f32], captured: &[f32]) -> Vec<f32> {
        let mut sent = Vec::new();
        for (played, captured) in played.chunks_exact(HOP).zip(captured.chunks_exact(HOP)) {
            let mut frame = captured.try_into().expect("a chunk is a frame");
            canceller.render(played.try_into().expect("a chunk is a frame"));
            canceller.capture(&mut frame);
            sent.extend_from_slice(&frame);
        }
        sent
    }

    fn sound(seconds: usize, level_db: f32, seed: u64) -> Vec<f32> {
        let mut sound = noise(seconds * SECOND, level_db, seed);
        sound.iter_mut().for_each(|s| *s *= 32_768.0);
        sound
    }

    #[test]
    fn an_echo_is_learnt_and_who_talks_at_the_same_time_passes() {
        let played = sound(6, -20.0, 1);
        let echo = echo(&played);
        let mut near = sound(6, -30.0, 2);
        near[..3 * SECOND].fill(0.0);
        let captured: Vec<f32> = echo.iter().zip(&near).map(|(a, b)| a + b).collect();
        let sent = cancelled(&mut LinearCanceller::new(), &played, &captured);
        let rest: Vec<f32> = sent.iter().zip(&near).map(|(a, b)| a - b).collect();
        let enhancement = |seconds: Range<usize>| {
            let range = seconds.start * SECOND..seconds.end * SECOND;
            level(&echo[range.clone()]) - level(&rest[range])
        };
        let alone = enhancement(2..3);
        assert!(alone > 20.0, "{alone} dB");
        let both = enhancement(3..6);
        assert!(both > 9.0, "{both} dB");
    }

    #[test]
    fn where_nothing_is_played_nothing_is_changed() {
        let captured = sound(1, -20.0, 2);
        let silence = vec![0.0; captured.len()];
        let sent = cancelled(&mut LinearCanceller::new(), &silence, &captured);
        assert_eq!(sent, captured);
    }

    #[test]
    fn a_path_that_turns_into_another_one_adds_no_echo() {
        let played = sound(3, -20.0, 1);
        let mut echo = echo(&played);
        let turned = echo.len() / 2;
        echo[turned..].iter_mut().for_each(|s| *s = -*s);
        let sent = cancelled(&mut LinearCanceller::new(), &played, &echo);
        let tenth = SECOND / 10;
        let levels = |sound: &[f32]| sound.chunks_exact(tenth).map(level).collect::<Vec<_>>();
        for (i, (sent, echo)) in levels(&sent).into_iter().zip(levels(&echo)).enumerate() {
            assert!(sent < echo + 3.0, "{i}: {sent} dB of {echo}");
        }
    }
}
