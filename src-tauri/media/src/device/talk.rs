use std::collections::VecDeque;

use crate::codec::{FRAME, Frame};

/// Tells whether somebody speaks into a microphone, from what is in it of late.
///
/// Speech is loud against what is always there, has its energy where voices have it, and moves:
/// its syllables come and go. A click is too short, a hum too low, hiss too high, and a tone or a
/// fan too steady.
#[derive(Debug)]
pub(crate) struct Talk {
    /// The level of each frame of late, in dB; `None` where it is not of a voice.
    frames: VecDeque<Option<f32>>,
    /// What is always there, in dB.
    floor: f32,
}

/// Looked at together: half a second.
const WINDOW: usize = 50;

/// Of them, so many must be of a voice: 200 ms, a long syllable or two short ones.
const VOICED: usize = 20;

/// Quieter than this is somebody at the next desk. Against a full-scale sine.
const AUDIBLE_DB: f32 = -50.0;

/// So far above what is always there.
const ABOVE_FLOOR_DB: f32 = 10.0;

/// What is always there follows upwards by 3 dB in a second, and downwards at once.
const FLOOR_RISE_DB: f32 = 0.03;

/// Crossings of zero in 10 ms: of voices between 100 and 4000 Hz.
const CROSSINGS: std::ops::RangeInclusive<usize> = 2..=80;

/// Between the quieter and the louder quarter of the frames. Steady sounds have less than 1 dB.
const MOVEMENT_DB: f32 = 3.0;

impl Talk {
    pub(crate) fn new() -> Self {
        Self {
            frames: VecDeque::with_capacity(WINDOW),
            floor: 0.0,
        }
    }

    /// Takes the next 10 ms; returns whether somebody speaks.
    pub(crate) fn hears(&mut self, frame: &Frame) -> bool {
        if self.frames.len() == WINDOW {
            self.frames.pop_front();
        }
        let level = self.voiced(frame);
        self.frames.push_back(level);
        let mut levels: Vec<f32> = self.frames.iter().flatten().copied().collect();
        if levels.len() < VOICED {
            return false;
        }
        levels.sort_by(f32::total_cmp);
        levels[levels.len() * 3 / 4] - levels[levels.len() / 4] >= MOVEMENT_DB
    }

    /// Forgets what was, so that it is not told again.
    pub(crate) fn forget(&mut self) {
        self.frames.clear();
    }

    /// Returns the level of a frame that is of a voice.
    fn voiced(&mut self, frame: &Frame) -> Option<f32> {
        let mean = frame.iter().sum::<f32>() / FRAME as f32;
        let power = frame.iter().map(|s| (s - mean).powi(2)).sum::<f32>() / FRAME as f32;
        let level = 10.0 * (2.0 * power).max(1e-13).log10();
        self.floor = (self.floor + FLOOR_RISE_DB).min(level);
        let crossings = frame
            .windows(2)
            .filter(|pair| (pair[0] > mean) != (pair[1] > mean))
            .count();
        let voiced = level > AUDIBLE_DB
            && level > self.floor + ABOVE_FLOOR_DB
            && CROSSINGS.contains(&crossings);
        voiced.then_some(level)
    }
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::*;
    use crate::codec::speech::speech;

    #[test]
    fn speech_is_noticed_within_two_seconds_whoever_speaks() {
        for seed in 0..10 {
            for gain in [1.0, 0.1] {
                let voice = speech(2, seed).iter().map(|s| gain * s).collect();
                assert!(noticed(voice), "{seed}, {gain}");
            }
        }
    }

    #[test]
    fn a_click_a_hum_a_tone_hiss_and_typing_are_no_speech() {
        let steady = |hz: f32| -> Vec<f32> {
            (0..3 * 48_000)
                .map(|i| 0.2 * (TAU * hz * i as f32 / 48_000.0).sin())
                .collect()
        };
        let mut random = StdRng::seed_from_u64(1);
        let mut hiss = |samples: usize| -> Vec<f32> {
            (0..samples)
                .map(|_| random.random_range(-0.1..0.1))
                .collect()
        };
        let mut click = vec![0.0; 3 * 48_000];
        click[48_000..48_480].copy_from_slice(&hiss(480));
        let mut typing = vec![0.0; 3 * 48_000];
        for key in (0..3 * 48_000 - 480).step_by(48 * 150) {
            let stroke = hiss(480);
            let fading = stroke
                .iter()
                .enumerate()
                .map(|(i, s)| s * (1.0 - i as f32 / 480.0));
            for (place, sample) in typing[key..].iter_mut().zip(fading) {
                *place = sample;
            }
        }
        for (name, sound) in [
            ("click", click),
            ("hum", steady(50.0)),
            ("second of hum", steady(100.0)),
            ("tone", steady(440.0)),
            ("hiss", hiss(3 * 48_000)),
            ("typing", typing),
            ("silence", vec![0.0; 3 * 48_000]),
        ] {
            assert!(!noticed(sound), "{name}");
        }
    }

    #[test]
    fn a_voice_at_the_next_desk_is_not_the_users() {
        let far = speech(5, 1).iter().map(|s| 0.01 * s).collect();
        assert!(!noticed(far));
    }

    fn noticed(sound: Vec<f32>) -> bool {
        let mut talk = Talk::new();
        // The quiet of a room first.
        let quiet: Frame = std::array::from_fn(|i| 1e-5 * (i % 7) as f32);
        for _ in 0..50 {
            assert!(!talk.hears(&quiet));
        }
        crate::codec::speech::frames(&sound).any(|frame| talk.hears(&frame))
    }
}
