//! Gain control: the adaptive part of AGC2, in the port of the crate `sonora-agc2`.

use sonora_agc2::adaptive_digital_gain_controller::{AdaptiveDigitalGainController, FrameInfo};
use sonora_agc2::common::{
    ADJACENT_SPEECH_FRAMES_THRESHOLD, SATURATION_PROTECTOR_INITIAL_HEADROOM_DB, float_s16_to_dbfs,
};
use sonora_agc2::limiter::Limiter;
use sonora_agc2::noise_level_estimator::NoiseLevelEstimator;
use sonora_agc2::saturation_protector::SaturationProtector;
use sonora_agc2::speech_level_estimator::{AdaptiveDigitalConfig, SpeechLevelEstimator};
use sonora_agc2::vad_wrapper::VoiceActivityDetectorWrapper;

use crate::codec::{FRAME, Frame};

/// Voices of a headset arrive between −40 and −15 dBFS, so 24 dB are enough; the 50 dB of the default would amplify the
/// colleague behind the agent. It starts at none, because most headsets need none, and rises by 6 dB in a second.
const GAIN: AdaptiveDigitalConfig = AdaptiveDigitalConfig {
    headroom_db: 5.0,
    max_gain_db: 24.0,
    initial_gain_db: 0.0,
    max_gain_change_db_per_second: 6.0,
    max_output_noise_level_dbfs: -50.0,
};

/// Brings voices to one level; samples between −32,768 and 32,767.
pub(super) struct GainControl {
    voices: VoiceActivityDetectorWrapper,
    noise: NoiseLevelEstimator,
    speech: SpeechLevelEstimator,
    headroom: SaturationProtector,
    gain: AdaptiveDigitalGainController,
    limiter: Limiter,
}

impl GainControl {
    pub(super) fn new() -> Self {
        Self {
            voices: VoiceActivityDetectorWrapper::new(sonora_simd::detect_backend(), 48_000),
            noise: NoiseLevelEstimator::default(),
            speech: SpeechLevelEstimator::new(&GAIN, ADJACENT_SPEECH_FRAMES_THRESHOLD),
            headroom: SaturationProtector::new(
                SATURATION_PROTECTOR_INITIAL_HEADROOM_DB,
                ADJACENT_SPEECH_FRAMES_THRESHOLD,
            ),
            gain: AdaptiveDigitalGainController::new(GAIN, ADJACENT_SPEECH_FRAMES_THRESHOLD),
            limiter: Limiter::new(FRAME),
        }
    }

    pub(super) fn process(&mut self, frame: &mut Frame) {
        let speech_probability = self.voices.analyze(frame);
        let peak = frame.iter().fold(0.0_f32, |peak, s| peak.max(s.abs()));
        let power = frame.iter().map(|s| s * s).sum::<f32>() / FRAME as f32;
        let noise_rms_dbfs = self.noise.analyze(&[frame]);
        self.speech
            .update(float_s16_to_dbfs(power.sqrt()), speech_probability);
        let speech_level_dbfs = self.speech.level_dbfs();
        self.headroom.analyze(
            speech_probability,
            float_s16_to_dbfs(peak),
            speech_level_dbfs,
        );
        let info = FrameInfo {
            speech_probability,
            speech_level_dbfs,
            speech_level_reliable: self.speech.is_confident(),
            noise_rms_dbfs,
            headroom_db: self.headroom.headroom_db(),
            limiter_envelope_dbfs: float_s16_to_dbfs(self.limiter.last_audio_level()),
        };
        self.gain.process(&info, &mut [&mut frame[..]]);
        self.limiter.process(&mut [&mut frame[..]]);
    }
}
