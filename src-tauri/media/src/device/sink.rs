use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavSpec, WavWriter};

use crate::codec::Frame;

/// What stands in place of the speaker.
#[derive(Debug)]
pub(crate) enum Sink {
    Discard,
    Wav(Wav),
}

/// A WAV file being written. Its header is brought up to date every second and at the end.
pub(crate) struct Wav {
    path: PathBuf,
    /// `None` once it is closed or broken.
    writer: Option<WavWriter<BufWriter<File>>>,
    frames: u32,
}

const FRAMES_PER_SECOND: u32 = 100;

const SPEC: WavSpec = WavSpec {
    channels: 1,
    sample_rate: 48_000,
    bits_per_sample: 16,
    sample_format: SampleFormat::Int,
};

impl std::fmt::Debug for Wav {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wav")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Sink {
    /// Begins a WAV file, 48 kHz mono 16 bit, readable at every moment; the error names the file.
    pub(crate) fn wav(path: &Path) -> io::Result<Self> {
        let started = WavWriter::create(path, SPEC).and_then(|mut writer| {
            writer.flush()?;
            Ok(writer)
        });
        Ok(Self::Wav(Wav {
            path: path.to_owned(),
            writer: Some(started.map_err(|error| broken(path, error))?),
            frames: 0,
        }))
    }

    /// Stands for a file whose disk is full from the next write on: `path` is open for reading
    /// only.
    #[cfg(test)]
    #[allow(clippy::unwrap_used, reason = "tests")]
    pub(crate) fn unwritable(path: &Path) -> Self {
        let file = BufWriter::new(File::open(path).unwrap());
        Self::Wav(Wav {
            path: path.to_owned(),
            writer: Some(WavWriter::new(file, SPEC).unwrap()),
            frames: 0,
        })
    }

    /// Writes 10 ms; after an error nothing more is written.
    pub(crate) fn write(&mut self, frame: &Frame) -> io::Result<()> {
        match self {
            Self::Discard => Ok(()),
            Self::Wav(wav) => wav.write(frame),
        }
    }

    /// Ends the file; has no effect when it has ended.
    pub(crate) fn close(&mut self) -> io::Result<()> {
        match self {
            Self::Discard => Ok(()),
            Self::Wav(wav) => match wav.writer.take() {
                Some(writer) => writer.finalize().map_err(|error| broken(&wav.path, error)),
                None => Ok(()),
            },
        }
    }
}

impl Wav {
    fn write(&mut self, frame: &Frame) -> io::Result<()> {
        let Some(writer) = &mut self.writer else {
            return Ok(());
        };
        let mut written = frame
            .iter()
            .try_for_each(|sample| writer.write_sample((sample * 32_767.0).round() as i16));
        self.frames += 1;
        if self.frames.is_multiple_of(FRAMES_PER_SECOND) {
            written = written.and_then(|()| writer.flush());
        }
        written.map_err(|error| {
            self.writer = None;
            broken(&self.path, error)
        })
    }
}

fn broken(path: &Path, error: hound::Error) -> io::Error {
    let error = match error {
        hound::Error::IoError(error) => error,
        hound::Error::TooWide
        | hound::Error::UnfinishedSample
        | hound::Error::Unsupported
        | hound::Error::InvalidSampleFormat
        | hound::Error::FormatError(_) => io::Error::other(error),
    };
    io::Error::new(
        error.kind(),
        format!("{} cannot be written: {error}", path.display()),
    )
}
