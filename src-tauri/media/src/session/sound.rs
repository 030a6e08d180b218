use std::io;
use std::path::PathBuf;

use crate::codec::{Frame, SILENCE};
use crate::device::{Meter, Sink, Source};
use crate::rtp::Voice;

/// What a session hears and says: its devices, measured.
#[derive(Debug)]
pub(super) struct Sound {
    pub(super) microphone: Microphone,
    pub(super) speaker: Speaker,
    pub(super) captured: Meter,
    pub(super) played: Meter,
}

/// What a session says.
#[derive(Debug)]
pub(crate) enum Microphone {
    /// What stands in place of a microphone, for this session alone.
    Own(Source),
    /// The microphone of the desk: the 10 ms that are to be sent next.
    Desk(Box<Frame>),
}

impl Microphone {
    /// The one that all sessions share.
    pub(crate) fn desk() -> Self {
        Self::Desk(Box::new(SILENCE))
    }

    fn pull(&mut self) -> Frame {
        match self {
            Self::Own(source) => source.pull(),
            Self::Desk(frame) => std::mem::replace(&mut **frame, SILENCE),
        }
    }
}

/// Where it plays what it hears.
///
/// `Waiting -> Open -> Closed`, or `Waiting -> Closed` where there can be no file. A file begins with
/// capture, so that it can be laid beside what was said. The desk plays from the first sound on.
#[derive(Debug)]
pub(crate) enum Speaker {
    /// With the file, where there is to be one.
    Waiting(Option<PathBuf>),
    Open(Sink),
    Closed,
    /// The speaker of the desk: the 10 ms that were played last, until they are taken.
    Desk(Box<Option<Frame>>),
}

impl Speaker {
    /// The one that all sessions share.
    pub(crate) fn desk() -> Self {
        Self::Desk(Box::new(None))
    }
}

impl Sound {
    pub(super) fn new(microphone: Microphone, speaker: Speaker) -> Self {
        Self {
            microphone,
            speaker,
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
            Voice::On => self.microphone.pull(),
            Voice::Muted => {
                self.microphone.pull();
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
            Speaker::Desk(played) => {
                **played = Some(*frame);
                Ok(())
            }
        }
    }

    /// Ends the recording.
    pub(super) fn close(&mut self) -> io::Result<()> {
        match std::mem::replace(&mut self.speaker, Speaker::Closed) {
            Speaker::Open(mut sink) => sink.close(),
            Speaker::Waiting(_) | Speaker::Closed | Speaker::Desk(_) => Ok(()),
        }
    }
}
