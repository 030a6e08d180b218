use std::f32::consts::TAU;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;
use std::sync::Arc;

use hound::{SampleFormat, WavReader, WavSpec};
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler};

use crate::codec::{FRAME, Frame, SILENCE};

/// A WAV file in memory, at 48 kHz mono; cheap to clone: one per process, a [`Source`] per session.
#[derive(Debug, Clone)]
pub(crate) struct Recording {
    samples: Arc<[f32]>,
}

/// 10 minutes.
const LONGEST_SECONDS: u32 = 600;

/// Converted at once, in samples of the file.
const CHUNK: usize = 1_024;

const LOWEST_RATE: u32 = 8_000;
const HIGHEST_RATE: u32 = 192_000;

impl Recording {
    /// Reads a whole file of any rate from 8 to 192 kHz, 1 or 2 channels, up to 10 minutes. The
    /// error names the file and what is wrong.
    pub(crate) fn load(path: &Path) -> io::Result<Self> {
        let wrong = |what: String| {
            let message = format!("{} {what}", path.display());
            io::Error::new(io::ErrorKind::InvalidData, message)
        };
        let unreadable = |error: io::Error| {
            let message = format!("{} cannot be read: {error}", path.display());
            io::Error::new(error.kind(), message)
        };
        let file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if metadata.is_dir() {
            return Err(wrong("is a folder, not a WAV file".into()));
        }
        if metadata.len() == 0 {
            return Err(wrong("is empty".into()));
        }
        let damaged = |error: hound::Error| match error {
            // What is missing at the end of a file comes as these two, too.
            hound::Error::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                wrong("is cut off".into())
            }
            hound::Error::IoError(error) if error.to_string() == CUT_OFF => {
                wrong("is cut off".into())
            }
            hound::Error::IoError(error) => unreadable(error),
            hound::Error::FormatError(what) => wrong(format!("is not a WAV file: {what}")),
            hound::Error::Unsupported => wrong("is a WAV file of an unsupported encoding".into()),
            hound::Error::TooWide
            | hound::Error::UnfinishedSample
            | hound::Error::InvalidSampleFormat => {
                wrong(format!("is not a usable WAV file: {error}"))
            }
        };
        let reader = WavReader::new(BufReader::new(file)).map_err(damaged)?;
        let spec = reader.spec();
        if !(LOWEST_RATE..=HIGHEST_RATE).contains(&spec.sample_rate) {
            return Err(wrong(format!(
                "has a sample rate of {} Hz; 8000 to 192000 Hz can be used",
                spec.sample_rate
            )));
        }
        if !(1..=2).contains(&spec.channels) {
            return Err(wrong(format!(
                "has {} channels; 1 or 2 can be used",
                spec.channels
            )));
        }
        // A header may announce a width that no sample has.
        if spec.bits_per_sample > 32 {
            return Err(damaged(hound::Error::Unsupported));
        }
        if reader.duration() == 0 {
            return Err(wrong("is empty: it has no samples".into()));
        }
        // Before its length, which may be that of a program that did not know it (0x7fff_ffff).
        if u64::from(reader.len()) * u64::from(spec.bits_per_sample / 8) > metadata.len() {
            return Err(wrong("is cut off".into()));
        }
        if reader.duration() > LONGEST_SECONDS * spec.sample_rate {
            return Err(wrong("is longer than 10 minutes".into()));
        }
        let samples = mixed_down(reader, spec).map_err(damaged)?;
        let samples = match spec.sample_rate {
            48_000 => samples,
            rate => resampled(&samples, rate).map_err(wrong)?,
        };
        Ok(Self {
            samples: samples.into(),
        })
    }
}

/// How hound says that the data ends before what the header announces.
const CUT_OFF: &str = "Failed to read enough bytes.";

fn mixed_down(
    mut reader: WavReader<BufReader<File>>,
    spec: WavSpec,
) -> Result<Vec<f32>, hound::Error> {
    let interleaved: Result<Vec<f32>, _> = match spec.sample_format {
        SampleFormat::Float => reader.samples::<f32>().collect(),
        SampleFormat::Int => {
            let full_scale = (1_u64 << (spec.bits_per_sample - 1)) as f32;
            reader
                .samples::<i32>()
                .map(|sample| sample.map(|sample| sample as f32 / full_scale))
                .collect()
        }
    };
    let channels = usize::from(spec.channels);
    let mixed = interleaved?
        .chunks_exact(channels)
        .map(|frame| frame.iter().sum::<f32>() / channels as f32)
        // A float file may hold anything.
        .map(|sample| {
            if sample.is_finite() {
                sample.clamp(-1.0, 1.0)
            } else {
                0.0
            }
        })
        .collect();
    Ok(mixed)
}

fn resampled(samples: &[f32], rate: u32) -> Result<Vec<f32>, String> {
    let cannot =
        |error: &dyn std::fmt::Display| format!("cannot be converted from {rate} Hz: {error}");
    let mut resampler = Fft::<f32>::new(rate as usize, 48_000, CHUNK, 1, FixedSync::Input)
        .map_err(|error| cannot(&error))?;
    let input = InterleavedSlice::new(samples, 1, samples.len()).map_err(|error| cannot(&error))?;
    let output = resampler
        .process_all(&input, samples.len(), None)
        .map_err(|error| cannot(&error))?;
    Ok(output.take_data())
}

/// What stands in place of the microphone.
#[derive(Debug)]
pub(crate) enum Source {
    Silence,
    Tone {
        phase: f32,
        /// Radians per sample.
        step: f32,
    },
    Recording {
        recording: Recording,
        position: usize,
    },
}

/// The peak of a sine of −15 dBFS, where a full-scale sine has 0.
const TONE_PEAK: f32 = 0.177_828;

impl Source {
    /// A sine, at −15 dBFS.
    pub(crate) fn tone(hz: f32) -> Self {
        Self::Tone {
            phase: 0.0,
            step: TAU * hz / 48_000.0,
        }
    }

    /// Played once, silence after it.
    pub(crate) fn recording(recording: Recording) -> Self {
        Self::Recording {
            recording,
            position: 0,
        }
    }

    /// Returns the next 10 ms.
    pub(crate) fn pull(&mut self) -> Frame {
        match self {
            Self::Silence => SILENCE,
            Self::Tone { phase, step } => std::array::from_fn(|_| {
                let sample = phase.sin() * TONE_PEAK;
                *phase = (*phase + *step) % TAU;
                sample
            }),
            Self::Recording {
                recording,
                position,
            } => {
                let mut frame = SILENCE;
                let left = &recording.samples[*position..];
                let count = left.len().min(FRAME);
                frame[..count].copy_from_slice(&left[..count]);
                *position += count;
                frame
            }
        }
    }
}
