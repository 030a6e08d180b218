use std::f64::consts::TAU;

use super::cadence::{self, Cadence, Part, Pitch};
use super::{Country, Tone, ring};
use crate::codec::{FRAME, Frame, SAMPLES_PER_MS, SILENCE};

/// A tone while it sounds. A new one begins at the beginning of its cadence.
#[derive(Debug)]
pub(crate) struct Sounding {
    score: Score,
    /// The peak of a single sine.
    peak: f32,
    /// Samples since the start.
    position: u64,
    state: State,
}

#[derive(Debug)]
enum Score {
    Cadence(Cadence),
    Ring,
}

/// `On -> Ending -> Over`, or `On -> Over` where it ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    On,
    Ending,
    Over,
}

/// A burst rises and falls within so many samples, 5 ms, inside its time: too slow for a click.
const EDGE: u32 = 5 * SAMPLES_PER_MS as u32;

/// −13.1 dBFS: ITU-T E.180 §8 has −10 dBm0, and a sine of full scale has 3.14 dBm0 (ITU-T G.711).
const PEAK: f32 = 0.220_3;

/// Into the ear of somebody who listens to a caller: 12 dB below the others.
const SOFT_PEAK: f32 = PEAK * 0.251_2;

/// 10 dB below.
const WEAK: f32 = 0.316_2;

impl Sounding {
    pub(crate) fn new(tone: Tone, country: Country) -> Self {
        let (score, peak) = match tone {
            Tone::Ring => (Score::Ring, 1.0),
            Tone::Ringback => (Score::Cadence(cadence::ringback(country)), PEAK),
            Tone::Busy => (Score::Cadence(cadence::busy(country)), PEAK),
            Tone::Congestion => (Score::Cadence(cadence::congestion(country)), PEAK),
            Tone::CallWaiting => (Score::Cadence(cadence::call_waiting(country)), SOFT_PEAK),
            Tone::Beep => (Score::Cadence(cadence::BEEP), PEAK),
        };
        Self {
            score,
            peak,
            position: 0,
            state: State::On,
        }
    }

    /// Lets it fade within 5 ms, in the next frame.
    pub(crate) fn stop(&mut self) {
        self.state = match self.state {
            State::On | State::Ending => State::Ending,
            State::Over => State::Over,
        };
    }

    /// Returns whether there is nothing more to come.
    pub(crate) fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// Returns the next 10 ms.
    pub(crate) fn pull(&mut self) -> Frame {
        if self.state == State::Over {
            return SILENCE;
        }
        let mut frame: Frame =
            std::array::from_fn(|i| self.sample(self.position + i as u64).unwrap_or(0.0));
        if self.state == State::Ending {
            for (i, sample) in frame.iter_mut().enumerate() {
                *sample *= edge(EDGE.saturating_sub(i as u32));
            }
            self.state = State::Over;
        }
        self.position += FRAME as u64;
        if self.sample(self.position).is_none() {
            self.state = State::Over;
        }
        frame
    }

    fn sample(&self, position: u64) -> Option<f32> {
        match &self.score {
            Score::Ring => Some(ring::sample(position)),
            Score::Cadence(cadence) => {
                let (part, at) = cadence.at(position)?;
                Some(self.peak * burst(part, at))
            }
        }
    }
}

fn burst(part: Part, at: u32) -> f32 {
    // Each begins at its zero.
    let sine = |hz: f32| (TAU * f64::from(hz) * f64::from(at) / 48_000.0).sin() as f32;
    let sound = match part.pitch {
        Pitch::Silence => return 0.0,
        Pitch::One(hz) => sine(hz),
        Pitch::Weak(hz) => WEAK * sine(hz),
        // Together as strong as one alone.
        Pitch::Two(low, high) => std::f32::consts::FRAC_1_SQRT_2 * (sine(low) + sine(high)),
        Pitch::Modulated(carrier, by) => {
            let swing = (TAU * f64::from(by) * f64::from(at) / 48_000.0).cos() as f32;
            sine(carrier) * 0.5 * (1.0 - swing)
        }
    };
    sound * edge(at) * edge(part.samples - at)
}

/// The gain so many samples from an edge.
fn edge(distance: u32) -> f32 {
    let x = (distance as f32 / EDGE as f32).min(1.0);
    0.5 - 0.5 * (x * std::f32::consts::PI).cos()
}
