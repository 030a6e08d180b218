use std::time::Duration;

use crate::{fourier::transform, sound::Sound};

/// How much later a sound was heard than sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Delay {
    pub by: Duration,
    /// The normalised correlation at that delay, −1 to 1; near 0 the sounds have nothing to do with each other.
    pub correlation: f32,
}

/// How a sound that was heard lies upon the one that was sent, stretch by stretch.
///
/// An adaptive playout buffer lengthens and shortens its delay in mid-speech, so that no single delay fits a whole recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Alignment {
    /// One per [`STRETCH`] of the sent sound; `None` where it is silent.
    stretches: Vec<Option<Delay>>,
    /// Over the whole of it.
    overall: Delay,
}

/// Speech has what it has below 8 kHz; 16 kHz resolve 0.06 ms.
const RATE: u32 = 16_000;
/// Half a second holds enough of speech to be recognised, and less than a playout buffer's moves are apart.
const STRETCH: usize = RATE as usize / 2;
/// A stretch is looked for this far from the overall delay, in samples: 200 ms, more than a playout buffer moves.
const REACH: usize = RATE as usize / 5;
/// A stretch with less than this share of the loudest one's energy counts as silent (−30 dB).
const SILENT: f64 = 0.001;

/// Finds the delay, from 0 to `longest`, at which `heard` follows `sent` best; both begin at the same moment.
///
/// The cross-correlation of the samples. `None` where one of them is silent, or `longest` is nothing.
pub fn delay(sent: &Sound, heard: &Sound, longest: Duration) -> Option<Delay> {
    let (sent, heard) = (sent.at_rate(RATE).samples, heard.at_rate(RATE).samples);
    let lags = (longest.as_secs_f64() * f64::from(RATE)) as usize;
    Some(best(&sent, &heard, 0..lags.min(heard.len()))?.1)
}

impl Alignment {
    /// Finds the delay of the whole, from 0 to `longest`, and then that of each half second near it.
    ///
    /// `None` where one of the sounds is silent.
    pub fn find(sent: &Sound, heard: &Sound, longest: Duration) -> Option<Self> {
        let (sent, heard) = (sent.at_rate(RATE).samples, heard.at_rate(RATE).samples);
        let lags = (longest.as_secs_f64() * f64::from(RATE)) as usize;
        let (lag, overall) = best(&sent, &heard, 0..lags.min(heard.len()))?;
        let loudest = sent.chunks(STRETCH).map(energy).fold(0.0, f64::max);
        let stretches = sent
            .chunks(STRETCH)
            .enumerate()
            .map(|(index, stretch)| {
                let from = index * STRETCH;
                let region = heard.get(from..).unwrap_or_default();
                let lags = lag.saturating_sub(REACH)..(lag + REACH).min(region.len());
                if energy(stretch) < SILENT * loudest {
                    return None;
                }
                Some(best(stretch, region, lags)?.1)
            })
            .collect();
        Some(Self { stretches, overall })
    }

    /// Returns the median delay of the stretches that are not silent.
    pub fn median(&self) -> Duration {
        let mut delays = self.delays();
        delays.sort();
        delays
            .get(delays.len() / 2)
            .copied()
            .unwrap_or(self.overall.by)
    }

    /// Returns the shortest and the longest delay.
    pub fn range(&self) -> (Duration, Duration) {
        let delays = self.delays();
        let shortest = delays.iter().min().copied();
        let longest = delays.iter().max().copied();
        (
            shortest.unwrap_or(self.overall.by),
            longest.unwrap_or(self.overall.by),
        )
    }

    /// Returns the mean correlation of the stretches.
    pub fn correlation(&self) -> f32 {
        let found: Vec<f32> = self
            .stretches
            .iter()
            .flatten()
            .map(|d| d.correlation)
            .collect();
        found.iter().sum::<f32>() / found.len().max(1) as f32
    }

    /// Returns `heard` as it would be without delay, each stretch moved by its own.
    pub fn undone(&self, heard: &Sound) -> Sound {
        let heard = heard.at_rate(RATE).samples;
        let mut delay = self
            .stretches
            .iter()
            .flatten()
            .next()
            .unwrap_or(&self.overall)
            .by;
        let samples = self
            .stretches
            .iter()
            .enumerate()
            .flat_map(|(index, stretch)| {
                delay = stretch.map_or(delay, |stretch| stretch.by);
                let lag = (delay.as_secs_f64() * f64::from(RATE)).round() as usize;
                let from = (index * STRETCH + lag).min(heard.len());
                let until = (from + STRETCH).min(heard.len());
                let mut samples = heard[from..until].to_vec();
                samples.resize(STRETCH, 0.0);
                samples
            })
            .collect();
        Sound {
            rate: RATE,
            samples,
        }
    }

    fn delays(&self) -> Vec<Duration> {
        self.stretches.iter().flatten().map(|d| d.by).collect()
    }
}

/// Returns the lag within `lags` at which `heard` correlates best with `sent`, in samples and as a delay.
fn best(sent: &[f32], heard: &[f32], lags: std::ops::Range<usize>) -> Option<(usize, Delay)> {
    let correlation = correlate(sent, heard);
    // The energy of heard up to each sample, for the norm at every lag.
    let mut sums = vec![0.0];
    for sample in heard {
        sums.push(sums[sums.len() - 1] + f64::from(*sample).powi(2));
    }
    let total = energy(sent);
    let (lag, value) = lags
        .filter_map(|lag| {
            let until = (lag + sent.len()).min(heard.len());
            let norm = (total * (sums[until] - sums[lag])).sqrt();
            // Digital silence, up to the rounding of the sums.
            (norm > total * 1e-6 && norm > 0.0).then(|| (lag, correlation[lag] / norm))
        })
        .max_by(|(_, x), (_, y)| x.total_cmp(y))?;
    let delay = Delay {
        by: Duration::from_secs_f64(lag as f64 / f64::from(RATE)),
        correlation: value as f32,
    };
    Some((lag, delay))
}

/// Returns the correlation of `sent` with `heard` at every lag from 0 on.
fn correlate(sent: &[f32], heard: &[f32]) -> Vec<f64> {
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
    let ((a, b), (c, d)) = (spectrum(sent), spectrum(heard));
    let mut re: Vec<f64> = (0..size).map(|i| a[i] * c[i] + b[i] * d[i]).collect();
    let mut im: Vec<f64> = (0..size).map(|i| a[i] * d[i] - b[i] * c[i]).collect();
    transform(&mut re, &mut im, true);
    re.iter().map(|value| value / size as f64).collect()
}

fn energy(samples: &[f32]) -> f64 {
    samples
        .iter()
        .map(|sample| f64::from(*sample).powi(2))
        .sum()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::{
        likeness::likeness,
        noise::{babble, noise},
    };

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

    #[test]
    fn a_delay_that_moves_in_mid_sound_is_followed() {
        let sent = babble(3, 4);
        // From 1.9 s on 40 ms later: as if a playout buffer had grown there.
        let mut heard = shifted(&sent, 320);
        heard.samples.splice(30_720..30_720, vec![0.0; 640]);

        let whole = delay(&sent, &heard, Duration::from_secs(1)).unwrap();
        let found = Alignment::find(&sent, &heard, Duration::from_secs(1)).unwrap();

        assert_eq!(
            found.range(),
            (Duration::from_millis(20), Duration::from_millis(60))
        );
        assert_eq!(found.median(), Duration::from_millis(60));
        assert!(whole.correlation < 0.8, "{whole:?}");
        assert!(found.correlation() > 0.9, "{found:?}");
        let moved = likeness(&sent, &heard, whole.by);
        let undone = likeness(&sent, &found.undone(&heard), Duration::ZERO);
        assert!(undone > 0.95 && undone > moved, "{undone} {moved}");
    }

    #[test]
    fn unrelated_sounds_stay_unlike_when_they_are_aligned() {
        let (sent, other) = (babble(1, 4), babble(2, 4));

        let found = Alignment::find(&sent, &other, Duration::from_millis(500)).unwrap();

        let like = likeness(&sent, &found.undone(&other), Duration::ZERO);
        assert!(like < 0.4, "{like}");
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
