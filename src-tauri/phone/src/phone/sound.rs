//! The sound devices and the tones, as the phone has them.

use std::time::Instant;

use super::Phone;
use crate::{
    Effect, Event,
    sound::{SoundNews, SoundRequest},
};

impl Phone {
    /// Sounds the tone that tells how the calls go.
    pub(super) fn follow_calls(&mut self, now: Instant) {
        let (tone, refusal) = match self.account.line() {
            Some(line) => (line.tone(), line.take_refusal()),
            None => (None, None),
        };
        self.tones.follow(tone, refusal, now, &mut self.outputs);
    }

    pub(super) fn ask_sound(&mut self, request: SoundRequest) {
        self.outputs.effect(Effect::Sound { request });
    }

    pub(super) fn handle_sound(&mut self, news: SoundNews) {
        self.outputs.event(match news {
            SoundNews::Devices(devices) => Event::SoundDevices { devices },
            SoundNews::DeviceChanged {
                role,
                device,
                words,
            } => Event::SoundDeviceChanged {
                role,
                device,
                words,
            },
            SoundNews::Levels {
                microphone_dbfs,
                speaker_dbfs,
            } => Event::SoundLevels {
                microphone_dbfs,
                speaker_dbfs,
            },
            SoundNews::CaptureOpen(open) => {
                self.sound.capture_open = open;
                Event::SoundCapture { open }
            }
            SoundNews::MutedSpeech => Event::SoundMutedSpeech,
            SoundNews::Checked { verdict, words } => {
                self.sound_is_checked = false;
                Event::SoundChecked { verdict, words }
            }
        });
    }
}
