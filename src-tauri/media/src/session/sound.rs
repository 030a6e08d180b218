use std::io;
use std::path::PathBuf;

use crate::codec::{Frame, SILENCE};
use crate::device::{Meter, Sink, Source};
use crate::rtp::Voice;

/// What a session hears and says: its devices, measured.
#[derive(Debug)]
pub(super) struct Sound {
    source: Source,
    pub(super) speaker: Speaker,
    pub(super) captured: Meter,
    pub(super) played: Meter,
}

/// `Waiting -> Open -> Closed`, or `Waiting -> Closed` where there can be no file. A file begins with
/// capture, so that it can be laid beside what was said.
#[derive(Debug)]
pub(super) enum Speaker {
    Waiting(Option<PathBuf>),
    Open(Sink),
    Closed,
}

impl Sound {
    /// `recording` is the file that will hold what is played.
    pub(super) fn new(source: Source, recording: Option<PathBuf>) -> Self {
        Self {
            source,
            speaker: Speaker::Waiting(recording),
            captured: Meter::new(),
            played: Meter::new(),
        }
    }

    /// Begins the recording, where there is one; what cannot be opened is an error once.
    pub(super) fn start(&mut self) -> io::Result<()> {
        let Speaker::Waiting(path) = &mut self.speaker else {
            return Ok(());
        };
        let path = path.take();
        // Stays so where the file cannot be opened.
        self.speaker = Speaker::Closed;
        self.speaker = Speaker::Open(match path {
            Some(path) => Sink::wav(&path)?,
            None => Sink::Discard,
        });
        Ok(())
    }

    /// Returns the next 10 ms to send. While held the microphone is not read.
    pub(super) fn capture(&mut self, voice: Voice) -> Frame {
        let frame = match voice {
            Voice::On => self.source.pull(),
            Voice::Muted => {
                self.source.pull();
                SILENCE
            }
            Voice::Held => SILENCE,
        };
        self.captured.push(&frame);
        frame
    }

    /// Plays 10 ms; what breaks is an error once, and is not written any more.
    pub(super) fn play(&mut self, frame: &Frame) -> io::Result<()> {
        self.played.push(frame);
        match &mut self.speaker {
            Speaker::Open(sink) => sink.write(frame),
            Speaker::Waiting(_) | Speaker::Closed => Ok(()),
        }
    }

    /// Ends the recording.
    pub(super) fn close(&mut self) -> io::Result<()> {
        match std::mem::replace(&mut self.speaker, Speaker::Closed) {
            Speaker::Open(mut sink) => sink.close(),
            Speaker::Waiting(_) | Speaker::Closed => Ok(()),
        }
    }
}
