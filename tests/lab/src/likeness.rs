use std::{f64::consts::PI, time::Duration};

use crate::{fourier::transform, sound::Sound};

const RATE: u32 = 16_000;
/// Frames of 25 ms every 10 ms, as speech recognisers take them.
const FRAME: usize = 400;
const HOP: usize = 160;
const SIZE: usize = 512;
/// Mel bands within what G.711 carries too, in Hz.
const BANDS: usize = 20;
const LOWEST_HZ: f64 = 150.0;
const HIGHEST_HZ: f64 = 3600.0;
/// Frames more than this far below the loudest are pauses and do not count.
const ACTIVE_DB: f64 = 40.0;
/// What lies this far below the loudest band of a sound is as good as silence.
const FLOOR_DB: f64 = 60.0;

/// Says how alike two sounds are in their spectrum over time, 0 (nothing to do with each other) to 1 (the same).
///
/// The mean correlation of their log-mel frames, each band freed of its mean, over the frames in which `sent` is active; `heard` is
/// shifted by `delay` first. A figure of this lab for comparing runs: no MOS, no model of hearing.
pub fn likeness(sent: &Sound, heard: &Sound, delay: Duration) -> f32 {
    let sent = sent.at_rate(RATE).samples;
    let heard = heard.at_rate(RATE).samples;
    let lag = (delay.as_secs_f64() * f64::from(RATE)).round() as usize;
    let mut heard = heard
        .get(lag.min(heard.len())..)
        .unwrap_or_default()
        .to_vec();
    // What was not heard counts as silence.
    heard.resize(sent.len(), 0.0);
    let (sent, heard) = (frames(&sent), frames(&heard));
    let energy = |frame: &[f64; BANDS]| frame.iter().copied().fold(f64::MIN, f64::max);
    let loudest = sent.iter().map(energy).fold(f64::MIN, f64::max);
    let active: Vec<usize> = (0..sent.len())
        .filter(|&i| energy(&sent[i]) > loudest - ACTIVE_DB && loudest > SILENCE_DB)
        .collect();
    if active.is_empty() {
        return 0.0;
    }
    let (sent, heard) = (centred(&sent, &active), centred(&heard, &active));
    let sum: f64 = sent
        .iter()
        .zip(&heard)
        .map(|(a, b)| {
            let dot = |x: &[f64; BANDS], y: &[f64; BANDS]| -> f64 {
                x.iter().zip(y).map(|(x, y)| x * y).sum()
            };
            let norm = (dot(a, a) * dot(b, b)).sqrt();
            if norm > 0.0 { dot(a, b) / norm } else { 0.0 }
        })
        .sum();
    (sum / active.len() as f64).clamp(0.0, 1.0) as f32
}

/// The energy of digital silence, in dB of this module.
const SILENCE_DB: f64 = -120.0;

/// Returns the log-mel frames of samples at [`RATE`], in dB, floored at [`FLOOR_DB`] below the loudest band.
fn frames(samples: &[f32]) -> Vec<[f64; BANDS]> {
    let filters = mel_filters();
    let mut frames: Vec<[f64; BANDS]> = samples
        .windows(FRAME)
        .step_by(HOP)
        .map(|frame| {
            let (mut re, mut im) = (vec![0.0; SIZE], vec![0.0; SIZE]);
            for (i, sample) in frame.iter().enumerate() {
                let window = 0.5 - 0.5 * (2.0 * PI * i as f64 / FRAME as f64).cos();
                re[i] = f64::from(*sample) * window;
            }
            transform(&mut re, &mut im, false);
            let mut bands = [SILENCE_DB; BANDS];
            for (band, filter) in bands.iter_mut().zip(&filters) {
                let power: f64 = filter
                    .iter()
                    .map(|&(bin, weight)| weight * (re[bin].powi(2) + im[bin].powi(2)))
                    .sum();
                *band = (10.0 * power.max(1e-12).log10()).max(SILENCE_DB);
            }
            bands
        })
        .collect();
    let floor = frames.iter().flatten().copied().fold(f64::MIN, f64::max) - FLOOR_DB;
    for band in frames.iter_mut().flatten() {
        *band = band.max(floor);
    }
    frames
}

/// Takes the mean of each band over the chosen frames away, so that a common tilt makes nothing alike.
fn centred(frames: &[[f64; BANDS]], chosen: &[usize]) -> Vec<[f64; BANDS]> {
    let mut mean = [0.0; BANDS];
    for &i in chosen {
        for (mean, band) in mean.iter_mut().zip(&frames[i]) {
            *mean += band / chosen.len() as f64;
        }
    }
    chosen
        .iter()
        .map(|&i| {
            let mut frame = frames[i];
            for (band, mean) in frame.iter_mut().zip(&mean) {
                *band -= mean;
            }
            frame
        })
        .collect()
}

/// Triangles of equal width on the mel scale: bins with their weights.
fn mel_filters() -> Vec<Vec<(usize, f64)>> {
    let mel = |hz: f64| 2595.0 * (1.0 + hz / 700.0).log10();
    let hz = |mel: f64| 700.0 * (10.0_f64.powf(mel / 2595.0) - 1.0);
    let step = (mel(HIGHEST_HZ) - mel(LOWEST_HZ)) / (BANDS + 1) as f64;
    let edge = |i: usize| hz(mel(LOWEST_HZ) + step * i as f64);
    (0..BANDS)
        .map(|band| {
            let (left, centre, right) = (edge(band), edge(band + 1), edge(band + 2));
            (0..SIZE / 2)
                .filter_map(|bin| {
                    let at = bin as f64 * f64::from(RATE) / SIZE as f64;
                    let rising = (at - left) / (centre - left);
                    let falling = (right - at) / (right - centre);
                    let weight = rising.min(falling);
                    (weight > 0.0).then_some((bin, weight))
                })
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise::{babble, noise};

    #[test]
    fn a_sound_is_like_itself_also_when_it_is_late_and_softer() {
        let sent = babble(1, 3);
        let mut heard = Sound {
            rate: sent.rate,
            samples: vec![0.0; 1600],
        };
        heard.samples.extend(sent.samples.iter().map(|s| s * 0.2));

        let same = likeness(&sent, &heard, Duration::from_millis(100));

        assert!(same > 0.98, "{same}");
    }

    #[test]
    fn noise_takes_from_the_likeness_and_more_noise_takes_more() {
        let sent = babble(1, 3);
        let with_noise = |level: f32| {
            let mut heard = sent.clone();
            for (sample, other) in heard.samples.iter_mut().zip(noise(9, 48_000).samples) {
                *sample += level * other;
            }
            likeness(&sent, &heard, Duration::ZERO)
        };

        let (little, much) = (with_noise(0.005), with_noise(0.1));

        assert!(much < little - 0.05 && little < 1.0, "{little} {much}");
        assert!(little > 0.6, "{little}");
    }

    #[test]
    fn unrelated_sounds_are_not_alike() {
        let other = likeness(&babble(1, 3), &babble(2, 3), Duration::ZERO);

        assert!(other < 0.3, "{other}");
    }

    #[test]
    fn the_wrong_delay_and_silence_are_not_alike() {
        let sent = babble(1, 3);
        let silence = Sound {
            rate: 16_000,
            samples: vec![0.0; 48_000],
        };

        assert!(likeness(&sent, &sent, Duration::from_millis(700)) < 0.4);
        assert_eq!(likeness(&sent, &silence, Duration::ZERO), 0.0);
        assert_eq!(likeness(&silence, &sent, Duration::ZERO), 0.0);
    }
}
