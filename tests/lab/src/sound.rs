use std::{
    f64::consts::PI,
    path::{Path, PathBuf},
    time::Duration,
};

/// Sound in memory: one channel, samples from −1 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Sound {
    /// Samples per second.
    pub rate: u32,
    pub samples: Vec<f32>,
}

#[derive(Debug, thiserror::Error)]
pub enum SoundError {
    #[error("{path}: {source}")]
    File { path: PathBuf, source: hound::Error },
    #[error("{path} holds no samples")]
    Empty { path: PathBuf },
}

/// Zero crossings of the resampler's kernel on each side; 16 keep the error below −60 dB for speech.
const KERNEL_CROSSINGS: f64 = 16.0;

/// Points of the kernel per sample; between them it is a straight line, which errs by less than −90 dB.
const KERNEL_STEPS: f64 = 256.0;

impl Sound {
    /// Reads a WAV file; several channels are averaged.
    pub fn read(path: &Path) -> Result<Self, SoundError> {
        let file = |source| SoundError::File {
            path: path.to_owned(),
            source,
        };
        let mut reader = hound::WavReader::open(path).map_err(file)?;
        let spec = reader.spec();
        let interleaved = match spec.sample_format {
            hound::SampleFormat::Float => reader.samples::<f32>().collect::<Result<Vec<_>, _>>(),
            hound::SampleFormat::Int => {
                let full_scale = (1_i64 << (spec.bits_per_sample.max(1) - 1)) as f32;
                reader
                    .samples::<i32>()
                    .map(|sample| sample.map(|sample| sample as f32 / full_scale))
                    .collect()
            }
        }
        .map_err(file)?;
        let channels = usize::from(spec.channels.max(1));
        let samples: Vec<f32> = interleaved
            .chunks_exact(channels)
            .map(|frame| frame.iter().sum::<f32>() / channels as f32)
            .collect();
        if samples.is_empty() {
            return Err(SoundError::Empty {
                path: path.to_owned(),
            });
        }
        Ok(Self {
            rate: spec.sample_rate,
            samples,
        })
    }

    /// Writes a WAV file of 16 bits.
    pub fn write(&self, path: &Path) -> Result<(), SoundError> {
        let file = |source| SoundError::File {
            path: path.to_owned(),
            source,
        };
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: self.rate,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(path, spec).map_err(file)?;
        for sample in &self.samples {
            let sample = (sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)).round() as i16;
            writer.write_sample(sample).map_err(file)?;
        }
        writer.finalize().map_err(file)
    }

    pub fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.samples.len() as f64 / f64::from(self.rate))
    }

    /// Returns the same sound at another rate, by a windowed sinc.
    pub fn at_rate(&self, rate: u32) -> Self {
        if rate == self.rate {
            return self.clone();
        }
        let step = f64::from(self.rate) / f64::from(rate);
        // Below 1 it is the low-pass that going down needs.
        let cutoff = (1.0 / step).min(1.0);
        let reach = KERNEL_CROSSINGS / cutoff;
        let kernel: Vec<f64> = (0..(reach * KERNEL_STEPS) as usize + 2)
            .map(|index| {
                let distance = (index as f64 / KERNEL_STEPS).min(reach);
                let window = 0.5 + 0.5 * (PI * distance / reach).cos();
                cutoff * sinc(distance * cutoff) * window
            })
            .collect();
        let weight = |distance: f64| {
            let at = distance * KERNEL_STEPS;
            let (index, part) = (at as usize, at.fract());
            kernel[index] * (1.0 - part) + kernel[index + 1] * part
        };
        let length = (self.samples.len() as f64 / step).floor() as usize;
        let samples = (0..length)
            .map(|index| {
                let centre = index as f64 * step;
                let first = (centre - reach).ceil().max(0.0) as usize;
                let last = ((centre + reach).floor() as usize).min(self.samples.len() - 1);
                (first..=last)
                    .map(|at| f64::from(self.samples[at]) * weight((at as f64 - centre).abs()))
                    .sum::<f64>() as f32
            })
            .collect();
        Self { rate, samples }
    }

    /// Returns the level over all samples, in dBFS; −127 for digital silence.
    pub fn level_dbfs(&self) -> f32 {
        let power: f64 = self
            .samples
            .iter()
            .map(|sample| f64::from(*sample).powi(2))
            .sum::<f64>()
            / self.samples.len().max(1) as f64;
        if power <= 0.0 {
            return -127.0;
        }
        ((10.0 * power.log10()) as f32).max(-127.0)
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        1.0
    } else {
        (PI * x).sin() / (PI * x)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_tone_keeps_its_pitch_and_level_at_another_rate() {
        let tone = tone(22_050, 440.0, 1.0);

        let resampled = tone.at_rate(48_000);

        let crossings = resampled
            .samples
            .windows(2)
            .filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0)
            .count();
        assert!((439..=441).contains(&crossings), "{crossings} periods");
        assert!((resampled.level_dbfs() - tone.level_dbfs()).abs() < 0.1);
    }

    #[test]
    fn a_written_file_is_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.wav");
        let sound = tone(16_000, 1000.0, 0.1);

        sound.write(&path).unwrap();

        let read = Sound::read(&path).unwrap();
        assert_eq!(read.rate, 16_000);
        assert_eq!(read.samples.len(), 1600);
        let error = sound
            .samples
            .iter()
            .zip(&read.samples)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max);
        assert!(error < 1e-4, "{error}");
    }

    #[test]
    fn an_empty_file_and_no_file_are_told_apart_by_name() {
        let directory = tempfile::tempdir().unwrap();
        let empty = directory.path().join("empty.wav");
        let silent = Sound {
            rate: 8000,
            samples: Vec::new(),
        };
        silent.write(&empty).unwrap();

        assert!(matches!(Sound::read(&empty), Err(SoundError::Empty { .. })));
        assert!(matches!(
            Sound::read(&directory.path().join("none.wav")),
            Err(SoundError::File { .. })
        ));
    }

    fn tone(rate: u32, hz: f64, seconds: f64) -> Sound {
        let count = (f64::from(rate) * seconds) as usize;
        let samples = (0..count)
            .map(|i| (0.3 * (2.0 * PI * hz * i as f64 / f64::from(rate)).sin()) as f32)
            .collect();
        Sound { rate, samples }
    }
}
