use std::time::Duration;

use crate::{fourier::transform, sound::Sound};

/// How much later a sound was heard than sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Delay {
    pub by: Duration,
    /// The normalised correlation at that delay, −1 to 1; near 0 the sounds have nothing to do with each other.
    pub correlation: f32,
}

/// Speech has what it has below 8 kHz; 16 kHz resolve 0.06 ms.
const RATE: u32 = 16_000;

/// Finds the delay, from 0 to `longest`, at which `heard` follows `sent` best; both begin at the same moment.
///
/// The cross-correlation of the samples. `None` where one of them is silent, or `longest` is nothing.
pub fn delay(sent: &Sound, heard: &Sound, longest: Duration) -> Option<Delay> {
    let (sent, heard) = (sent.at_rate(RATE).samples, heard.at_rate(RATE).samples);
    let lags = ((longest.as_secs_f64() * f64::from(RATE)) as usize).min(heard.len());
    let size = (sent.len() + heard.len()).next_power_of_two();
    let spectrum = |samples: &[f32]| {
        let mut re = vec![0.0; size];
        for (to, from) in re.iter_mut().zip(samples) {
            *to = f64::from(*from);
        }
        let mut im = vec![0.0; size];
        transform(&mut re, &mut im, false);
        (re, im)
    };
    let ((a, b), (c, d)) = (spectrum(&sent), spectrum(&heard));
    let mut re: Vec<f64> = (0..size).map(|i| a[i] * c[i] + b[i] * d[i]).collect();
    let mut im: Vec<f64> = (0..size).map(|i| a[i] * d[i] - b[i] * c[i]).collect();
    transform(&mut re, &mut im, true);
    let (lag, peak) = re[..lags]
        .iter()
        .copied()
        .enumerate()
        .max_by(|(_, x), (_, y)| x.total_cmp(y))?;
    let overlap = sent.len().min(heard.len() - lag);
    let energy = |samples: &[f32]| {
        samples
            .iter()
            .map(|sample| f64::from(*sample).powi(2))
            .sum::<f64>()
    };
    let norm = (energy(&sent[..overlap]) * energy(&heard[lag..lag + overlap])).sqrt();
    (norm > 0.0).then(|| Delay {
        by: Duration::from_secs_f64(lag as f64 / f64::from(RATE)),
        correlation: (peak / size as f64 / norm) as f32,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::noise::noise;

    #[test]
    fn a_shifted_sound_is_found_to_the_sample() {
        let sent = noise(1, 32_000);

        let found = delay(&sent, &shifted(&sent, 1234), Duration::from_secs(1)).unwrap();

        assert_eq!(found.by, Duration::from_secs_f64(1234.0 / 16_000.0));
        assert!(found.correlation > 0.999, "{found:?}");
    }

    #[test]
    fn a_shifted_sound_under_noise_of_its_own_level_is_still_found() {
        let sent = noise(1, 32_000);
        let mut heard = shifted(&sent, 4000);
        for (sample, other) in heard.samples.iter_mut().zip(noise(2, 36_000).samples) {
            *sample += other;
        }

        let found = delay(&sent, &heard, Duration::from_secs(1)).unwrap();

        assert_eq!(found.by, Duration::from_millis(250));
        assert!((0.6..0.8).contains(&found.correlation), "{found:?}");
    }

    #[test]
    fn an_unrelated_sound_has_no_correlation() {
        let found = delay(
            &noise(1, 32_000),
            &noise(2, 32_000),
            Duration::from_millis(500),
        )
        .unwrap();

        assert!(found.correlation < 0.1, "{found:?}");
    }

    #[test]
    fn silence_has_no_delay() {
        let silence = Sound {
            rate: 16_000,
            samples: vec![0.0; 16_000],
        };

        assert_eq!(
            delay(&noise(1, 16_000), &silence, Duration::from_secs(1)),
            None
        );
    }

    fn shifted(sound: &Sound, by: usize) -> Sound {
        let mut samples = vec![0.0; by];
        samples.extend(&sound.samples);
        Sound {
            rate: sound.rate,
            samples,
        }
    }
}
