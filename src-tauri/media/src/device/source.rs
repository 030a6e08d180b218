use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::codec::Frame;

/// A WAV file in memory, at 48 kHz mono; cheap to clone: one per process, a [`Source`] per session.
#[derive(Debug, Clone)]
pub(crate) struct Recording {
    samples: Arc<[f32]>,
}

impl Recording {
    /// Reads a whole file of any rate from 8 to 192 kHz, 1 or 2 channels, up to 10 minutes. The error names the file and what is wrong.
    pub(crate) fn load(path: &Path) -> io::Result<Self> {
        let _ = path;
        todo!()
    }
}

/// What stands in place of the microphone.
#[derive(Debug)]
pub(crate) enum Source {
    Silence,
    Tone {
        phase: f32,
        step: f32,
    },
    Recording {
        recording: Recording,
        position: usize,
    },
}

impl Source {
    pub(crate) fn tone(hz: f32) -> Self {
        let _ = hz;
        todo!()
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
        todo!()
    }
}
