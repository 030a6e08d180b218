//! The steps of voice processing, in their order.

use sonora::high_pass_filter::HighPassFilter;
use sonora::three_band_filter_bank::ThreeBandFilterBank;
use sonora_ns::config::{NsConfig, SuppressionLevel};
use sonora_ns::noise_suppressor::NoiseSuppressor;

use super::Processing;
use super::echo::EchoCanceller;
use super::gain::GainControl;
use crate::codec::{FRAME, Frame};

/// How many bands 48 kHz are split into, of 8 kHz of sound each.
pub(super) const BANDS: usize = 3;

/// 10 ms in bands, lowest first, at 16 kHz each.
pub(super) type Bands = [[f32; 160]; BANDS];

/// What the algorithms reckon with: samples of 16 bits.
const FULL_SCALE: f32 = 32_768.0;

/// From here on a microphone has clipped.
const CLIPPED: f32 = 32_700.0;

pub(super) struct Pipeline {
    played: ThreeBandFilterBank,
    captured: ThreeBandFilterBank,
    /// With the samples that it works on.
    high_pass: Option<(HighPassFilter, [Vec<f32>; 1])>,
    echo: Option<EchoCanceller>,
    noise: Option<NoiseSuppressor>,
    gain: Option<GainControl>,
}

impl Pipeline {
    pub(super) fn new(settings: Processing) -> Self {
        let noise_suppression = NsConfig {
            target_level: SuppressionLevel::K18dB,
        };
        Self {
            played: ThreeBandFilterBank::new(),
            captured: ThreeBandFilterBank::new(),
            high_pass: settings
                .high_pass
                .then(|| (HighPassFilter::new(48_000, 1), [vec![0.0; FRAME]])),
            echo: settings.echo_cancellation.then(EchoCanceller::new),
            noise: settings
                .noise_suppression
                .then(|| NoiseSuppressor::new_with_bands(noise_suppression, BANDS)),
            gain: settings.gain_control.then(GainControl::new),
        }
    }

    /// Takes the 10 ms that the speaker is given.
    pub(super) fn render(&mut self, frame: &Frame) {
        if let Some(echo) = &mut self.echo {
            let mut bands = [[0.0; 160]; BANDS];
            self.played.analysis(&scaled(frame), &mut bands);
            echo.render(&bands);
        }
    }

    /// Processes 10 ms of the microphone.
    pub(super) fn capture(&mut self, frame: &mut Frame) {
        let mut sound = scaled(frame);
        let is_clipped = sound.iter().any(|s| s.abs() >= CLIPPED);
        if let Some((filter, channels)) = &mut self.high_pass {
            channels[0].copy_from_slice(&sound);
            filter.process_channels(channels);
            sound.copy_from_slice(&channels[0]);
        }
        if self.echo.is_some() || self.noise.is_some() {
            let mut bands = [[0.0; 160]; BANDS];
            self.captured.analysis(&sound, &mut bands);
            self.process_bands(&mut bands, is_clipped);
            self.captured.synthesis(&bands, &mut sound);
        }
        if let Some(gain) = &mut self.gain {
            gain.process(&mut sound);
        }
        *frame = sound.map(|s| (s / FULL_SCALE).clamp(-1.0, 1.0));
    }

    fn process_bands(&mut self, bands: &mut Bands, is_clipped: bool) {
        if let Some(echo) = &mut self.echo {
            echo.cancel(bands);
        }
        // Noise is learnt before there is any for comfort.
        if let Some(noise) = &mut self.noise {
            noise.analyze(&bands[0]);
        }
        if let Some(echo) = &mut self.echo {
            echo.suppress(bands, is_clipped);
        }
        if let Some(noise) = &mut self.noise {
            let [lowest, upper @ ..] = bands;
            noise.process(lowest);
            let gain = noise.upper_band_gain();
            for (i, band) in upper.iter_mut().enumerate() {
                noise.process_upper_band(band, i, gain);
            }
        }
    }
}

/// What is no sound is silence.
fn scaled(frame: &Frame) -> [f32; FRAME] {
    frame.map(|s| match s.is_finite() {
        true => s.clamp(-1.0, 1.0) * FULL_SCALE,
        false => 0.0,
    })
}
