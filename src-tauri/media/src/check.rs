//! The sound check: what three seconds of a microphone say about it.

use crate::codec::FRAME;

/// What is to be said about a microphone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// There was no microphone to listen to.
    NoMicrophone,
    /// Nothing came, or nothing but the hiss of the microphone itself.
    Silent,
    /// The voice is cut off at the top of its waves.
    Clipped,
    VeryQuiet,
    /// What is around the voice is nearly as loud as the voice.
    Noisy,
    /// The sound is good, but it is that of the microphone built into the computer.
    BuiltInMicrophone,
    /// The sound is as good as it can be by hands-free Bluetooth: that of an old telephone.
    NarrowBluetooth,
    Good,
}

impl Verdict {
    /// Returns it in plain words: what is heard, and what to do.
    pub fn words(self) -> &'static str {
        match self {
            Self::NoMicrophone => "No microphone was found. Is your headset plugged in?",
            Self::Silent => "We hear nothing from your headset. Is its mute switch on?",
            Self::Clipped => {
                "Too loud: move the microphone away from your mouth, or lower it in the sound settings"
            }
            Self::VeryQuiet => "Very quiet: raise the microphone in the sound settings",
            Self::Noisy => "Noisy: callers will hear what is around you",
            Self::BuiltInMicrophone => "Your laptop's microphone is in use, not the headset",
            Self::NarrowBluetooth => {
                "Bluetooth hands-free: callers will hear narrow sound. \
                 A cable or the headset's own USB adapter sounds better"
            }
            Self::Good => "Sounds good",
        }
    }
}

/// What is known of a microphone beside its sound.
#[cfg_attr(
    not(any(feature = "sound", test)),
    allow(dead_code, reason = "without devices nothing is known")
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Make {
    Ordinary,
    /// Into the computer.
    BuiltIn,
    /// Bluetooth by its hands-free profile, which carries 8 or 16 kHz.
    NarrowBluetooth,
}

/// Samples of 48 kHz that a verdict takes: three seconds.
pub(crate) const LENGTH: usize = 3 * 48_000;

/// Where the loud of the voice is, among the frames from quiet to loud: few speak all the time.
const LOUD: f32 = 0.9;

/// Where the pauses are.
const QUIET: f32 = 0.1;

// Levels are against a full-scale sine. A headset that is worn well has its voice at −30 to −15.

/// A microphone whose switch is off, or that nobody speaks into, has its own hiss, below −65.
const SILENT: f32 = -60.0;

/// The network and the far end still cope with −40; gain control brings it up.
const VERY_QUIET: f32 = -42.0;

/// Speech over its pauses has 30 dB and more in a quiet office; below 12 dB words are lost.
const CLEAR: f32 = 12.0;

/// The top of the waves counts as flat where so many samples in a row are within 1 % of full scale.
const FLAT: usize = 3;
const FULL_SCALE: f32 = 0.99;

/// So many flat tops in three seconds are heard; a single cough is none.
const FLAT_TOPS: usize = 10;

/// Returns what is to be said about the raw sound of a microphone of this make, [`LENGTH`] samples
/// of it.
pub(crate) fn judge(samples: &[f32], make: Make) -> Verdict {
    let mut levels: Vec<f32> = samples.chunks_exact(FRAME).map(level).collect();
    if levels.is_empty() {
        return Verdict::NoMicrophone;
    }
    levels.sort_by(f32::total_cmp);
    let at = |share: f32| levels[(share * (levels.len() - 1) as f32) as usize];
    let (quiet, loud) = (at(QUIET), at(LOUD));
    if loud < SILENT {
        Verdict::Silent
    } else if flat_tops(samples) >= FLAT_TOPS {
        Verdict::Clipped
    } else if loud < VERY_QUIET {
        Verdict::VeryQuiet
    } else if loud - quiet < CLEAR {
        Verdict::Noisy
    } else {
        match make {
            Make::Ordinary => Verdict::Good,
            Make::BuiltIn => Verdict::BuiltInMicrophone,
            Make::NarrowBluetooth => Verdict::NarrowBluetooth,
        }
    }
}

/// In dB against a full-scale sine, without the constant part that some sound cards add.
fn level(frame: &[f32]) -> f32 {
    let count = frame.len() as f32;
    let mean = frame.iter().sum::<f32>() / count;
    let power = frame.iter().map(|s| (s - mean).powi(2)).sum::<f32>() / count;
    10.0 * (2.0 * power).max(1e-13).log10()
}

fn flat_tops(samples: &[f32]) -> usize {
    samples
        .chunk_by(|a, b| a.abs() >= FULL_SCALE && b.abs() >= FULL_SCALE)
        .filter(|run| run.len() >= FLAT && run[0].abs() >= FULL_SCALE)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::speech::speech;

    #[test]
    fn a_voice_of_an_ordinary_level_sounds_good() {
        for seed in 0..5 {
            for level_db in [-18.0, -26.0, -34.0] {
                let voice = voice(level_db, -75.0, seed);
                assert_eq!(
                    judge(&voice, Make::Ordinary),
                    Verdict::Good,
                    "{level_db} dB, {seed}"
                );
            }
        }
    }

    #[test]
    fn a_good_voice_through_the_laptop_or_bluetooth_is_told_but_a_trouble_comes_first() {
        assert_eq!(
            judge(&voice(-24.0, -75.0, 1), Make::BuiltIn),
            Verdict::BuiltInMicrophone
        );
        assert_eq!(
            judge(&voice(-50.0, -80.0, 1), Make::BuiltIn),
            Verdict::VeryQuiet
        );
        let narrow = |level_db| judge(&voice(level_db, -80.0, 1), Make::NarrowBluetooth);
        assert_eq!(narrow(-24.0), Verdict::NarrowBluetooth);
        assert_eq!(narrow(-50.0), Verdict::VeryQuiet);
    }

    #[test]
    fn nothing_and_hiss_are_silent() {
        assert_eq!(judge(&[0.0; LENGTH], Make::Ordinary), Verdict::Silent);
        // Of a converter that is off by a constant.
        assert_eq!(judge(&[0.02; LENGTH], Make::Ordinary), Verdict::Silent);
        assert_eq!(
            judge(&voice(-200.0, -66.0, 1), Make::Ordinary),
            Verdict::Silent
        );
        // One click is no voice.
        let mut click = vec![0.0; LENGTH];
        click[70_000..70_020].fill(0.8);
        assert_eq!(judge(&click, Make::Ordinary), Verdict::Silent);
    }

    #[test]
    fn the_border_of_very_quiet_is_crossed_by_the_level_alone() {
        assert_eq!(
            judge(&voice(-56.0, -90.0, 2), Make::Ordinary),
            Verdict::VeryQuiet
        );
        assert_eq!(
            judge(&voice(-50.0, -90.0, 2), Make::Ordinary),
            Verdict::VeryQuiet
        );
        assert_eq!(
            judge(&voice(-42.0, -90.0, 2), Make::Ordinary),
            Verdict::Good
        );
    }

    #[test]
    fn a_voice_that_hits_the_top_is_clipped_and_one_below_it_is_not() {
        let loud = |gain: f32| -> Vec<f32> {
            let voice = voice(-14.0, -75.0, 3);
            let peak = voice.iter().fold(0.0_f32, |peak, s| peak.max(s.abs()));
            voice
                .iter()
                .map(|s| (s * gain / peak).clamp(-1.0, 1.0))
                .collect()
        };
        assert_eq!(judge(&loud(2.0), Make::Ordinary), Verdict::Clipped);
        assert_eq!(judge(&loud(0.98), Make::Ordinary), Verdict::Good);
    }

    #[test]
    fn a_voice_in_noise_is_noisy_and_so_is_noise_alone() {
        assert_eq!(
            judge(&voice(-24.0, -26.0, 4), Make::Ordinary),
            Verdict::Noisy
        );
        assert_eq!(
            judge(&voice(-24.0, -60.0, 4), Make::Ordinary),
            Verdict::Good
        );
        assert_eq!(
            judge(&voice(-200.0, -35.0, 4), Make::Ordinary),
            Verdict::Noisy
        );
    }

    #[test]
    fn without_samples_there_was_no_microphone() {
        assert_eq!(judge(&[], Make::Ordinary), Verdict::NoMicrophone);
    }

    /// Speech and white noise, both of these levels against a full-scale sine.
    fn voice(level_db: f32, noise_db: f32, seed: u64) -> Vec<f32> {
        let mut voice = scaled(speech(3, seed), level_db);
        let noise: Vec<f32> = {
            use rand::{RngExt, SeedableRng, rngs::StdRng};
            let mut random = StdRng::seed_from_u64(seed);
            (0..LENGTH)
                .map(|_| random.random_range(-1.0..1.0))
                .collect()
        };
        for (sample, noise) in voice.iter_mut().zip(scaled(noise, noise_db)) {
            *sample += noise;
        }
        voice
    }

    fn scaled(mut sound: Vec<f32>, level_db: f32) -> Vec<f32> {
        let power = sound.iter().map(|s| s * s).sum::<f32>() / sound.len() as f32;
        let gain = (10_f32.powf(level_db / 10.0) / (2.0 * power)).sqrt();
        for sample in &mut sound {
            *sample *= gain;
        }
        sound
    }
}
