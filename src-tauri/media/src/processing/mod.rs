//! What is done to the voice between the microphone and the far end: echo cancellation, noise
//! suppression, gain control and a high-pass filter, the algorithms of WebRTC (AEC3, NS, AGC2) in
//! the port of the crate `sonora`; and the limiter in front of the speaker.

mod limiter;
#[cfg(test)]
mod room;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};

use sonora::config::{
    AdaptiveDigital, EchoCanceller, GainController2, HighPassFilter, MaxProcessingRate,
    NoiseSuppression, NoiseSuppressionLevel, Pipeline,
};
use sonora::{AudioProcessing, Config, StreamConfig};
use tracing::error;

use crate::codec::{FRAME, Frame};

pub(crate) use limiter::Limiter;

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
    processing: Option<AudioProcessing>,
    /// Whether it listens to what is played.
    cancels: bool,
}

const STREAM: StreamConfig = StreamConfig::new(48_000, 1);

/// Gain control: voices of a headset arrive between −40 and −15 dBFS, so 24 dB are enough; the
/// 50 dB of the default would amplify the colleague behind the agent. It starts at none, because
/// most headsets need none, and rises by 6 dB in a second.
const GAIN: AdaptiveDigital = AdaptiveDigital {
    headroom_db: 5.0,
    max_gain_db: 24.0,
    initial_gain_db: 0.0,
    max_gain_change_db_per_second: 6.0,
    max_output_noise_level_dbfs: -50.0,
};

impl Processor {
    /// Returns `None` where nothing is to be done.
    pub(crate) fn new(settings: Processing) -> Option<Self> {
        if settings == Processing::OFF {
            return None;
        }
        let config = Config {
            pipeline: Pipeline {
                // Up to 16 kHz of sound, more than Opus is sent with, for three quarters of the
                // time that full band takes.
                maximum_internal_processing_rate: MaxProcessingRate::Rate32kHz,
                ..Pipeline::default()
            },
            echo_canceller: settings.echo_cancellation.then(|| EchoCanceller {
                enforce_high_pass_filtering: settings.high_pass,
                ..EchoCanceller::default()
            }),
            noise_suppression: settings.noise_suppression.then_some(NoiseSuppression {
                level: NoiseSuppressionLevel::High,
                analyze_linear_aec_output_when_available: false,
            }),
            gain_controller2: settings.gain_control.then(|| GainController2 {
                adaptive_digital: Some(GAIN),
                ..GainController2::default()
            }),
            high_pass_filter: settings.high_pass.then(HighPassFilter::default),
            ..Config::default()
        };
        Some(Self {
            processing: Some(
                AudioProcessing::builder()
                    .config(config)
                    .capture_config(STREAM)
                    .render_config(STREAM)
                    .build(),
            ),
            cancels: settings.echo_cancellation,
        })
    }

    /// Takes the 10 ms that the speaker is given.
    pub(crate) fn render(&mut self, frame: &Frame) {
        if self.cancels {
            guarded(&mut self.processing, |processing| {
                let mut unused = [0.0; FRAME];
                processing
                    .process_render_f32(&[frame], &mut [&mut unused])
                    .expect("48 kHz mono is supported");
            });
        }
    }

    /// Processes 10 ms of the microphone.
    pub(crate) fn capture(&mut self, frame: &mut Frame) {
        guarded(&mut self.processing, |processing| {
            let mut processed = [0.0; FRAME];
            processing
                .process_capture_f32(&[frame], &mut [&mut processed])
                .expect("48 kHz mono is supported");
            *frame = processed;
        });
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
