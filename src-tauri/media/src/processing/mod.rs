//! What is done to the voice between the microphone and the far end: echo cancellation, noise
//! suppression, gain control and a high-pass filter; and the limiter in front of the speaker. The
//! echo is learnt here; what is left of it is suppressed, and the rest is done, by the algorithms of
//! WebRTC (AEC3, NS, AGC2) in the port of the crates `sonora`.

mod echo;
mod gain;
mod limiter;
mod linear;
mod pipeline;
mod residue;
#[cfg(test)]
mod room;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};

use tracing::error;

use crate::codec::Frame;

pub(crate) use limiter::Limiter;
use pipeline::Pipeline;

/// What is done to the voice. All of it unless it is switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Processing {
    /// Takes what the speaker plays out of what the microphone hears.
    pub echo_cancellation: bool,
    /// Takes out what is steady: fans, traffic, hiss.
    pub noise_suppression: bool,
    /// Brings quiet and loud voices to one level.
    pub gain_control: bool,
    /// Takes out rumble and hum below 100 Hz.
    pub high_pass: bool,
}

impl Processing {
    /// Leaves the voice as it is.
    pub const OFF: Self = Self {
        echo_cancellation: false,
        noise_suppression: false,
        gain_control: false,
        high_pass: false,
    };
}

impl Default for Processing {
    fn default() -> Self {
        Self {
            echo_cancellation: true,
            noise_suppression: true,
            gain_control: true,
            high_pass: true,
        }
    }
}

/// The voice processing of one microphone and one speaker.
///
/// Each 10 ms, first what is played is shown to it, then what was captured goes through it. The delay
/// between the two is found, up to 500 ms; what devices tell of it makes no difference.
pub(crate) struct Processor {
    /// `None` once it has failed.
    processing: Option<Pipeline>,
    /// Whether it listens to what is played.
    cancels: bool,
}

impl Processor {
    /// Returns `None` where nothing is to be done.
    pub(crate) fn new(settings: Processing) -> Option<Self> {
        if settings == Processing::OFF {
            return None;
        }
        Some(Self {
            processing: Some(Pipeline::new(settings)),
            cancels: settings.echo_cancellation,
        })
    }

    /// Takes the 10 ms that the speaker is given.
    pub(crate) fn render(&mut self, frame: &Frame) {
        if self.cancels {
            guarded(&mut self.processing, |it| it.render(frame));
        }
    }

    /// Processes 10 ms of the microphone.
    pub(crate) fn capture(&mut self, frame: &mut Frame) {
        guarded(&mut self.processing, |it| it.capture(frame));
    }
}

/// Does `act`; where it panics `what` is given up, and the sound goes on without it.
fn guarded<T>(what: &mut Option<T>, act: impl FnOnce(&mut T)) {
    let Some(value) = what else {
        return;
    };
    if catch_unwind(AssertUnwindSafe(|| act(value))).is_err() {
        error!("voice processing failed and is off for this call");
        *what = None;
    }
}

impl std::fmt::Debug for Processor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Processor")
            .field("works", &self.processing.is_some())
            .field("cancels", &self.cancels)
            .finish_non_exhaustive()
    }
}
