//! The sound devices and the tones, as the phone has them.

use std::time::Instant;

use super::Phone;
use crate::{
    Device, DeviceKind, DeviceRole, Effect, Event, Rejected, SoundSettings,
    sound::{Output, SoundNews, SoundRequest},
    view::{SoundCheckView, SoundView},
};

impl SoundView {
    pub(super) fn new(settings: SoundSettings) -> Self {
        Self {
            capture_open: false,
            settings,
            devices: None,
            microphone: None,
            speaker: None,
            ringer: None,
            check: None,
            tested: None,
            muted_speech_at: None,
        }
    }

    /// Tells which devices will be used, among those that are there; which one is, is told when it is
    /// opened.
    pub(super) fn choose(&mut self) {
        let Some(devices) = &self.devices else {
            return;
        };
        let chosen =
            |favourites: &[String], fits: fn(&Device) -> bool, usual: fn(&Device) -> bool| {
                let there = || devices.iter().filter(|it| fits(it));
                favourites
                    .iter()
                    .find_map(|id| there().find(|it| it.id == *id))
                    .or_else(|| there().find(|it| usual(it)))
                    .or_else(|| there().next())
                    .cloned()
            };
        let settings = &self.settings;
        self.microphone = chosen(
            &settings.microphone,
            |it| it.input && it.kind != DeviceKind::Monitor,
            |it| it.default_input,
        );
        self.speaker = chosen(&settings.speaker, |it| it.output, |it| it.default_output);
        self.ringer = chosen(&settings.ringer, |it| it.output, |it| it.default_output);
    }

    fn set_used(&mut self, role: DeviceRole, device: Option<Device>) {
        match role {
            DeviceRole::Microphone => self.microphone = device,
            DeviceRole::Speaker => self.speaker = device,
            DeviceRole::Ringer => self.ringer = device,
        }
    }
}

impl Phone {
    /// Sounds the tone that tells how the calls go.
    pub(super) fn follow_calls(&mut self, now: Instant) {
        let (tone, refusal) = match self.account.line() {
            Some(line) => (line.tone(), line.take_refusal()),
            None => (None, None),
        };
        self.tones.follow(tone, refusal, now, &mut self.outputs);
        self.sound.tested = self.tones.tested();
    }

    pub(super) fn ask_sound(&mut self, request: SoundRequest) {
        self.outputs.effect(Effect::Sound { request });
    }

    pub(super) fn check_sound(&mut self) -> Result<(), Rejected> {
        self.may_check()?;
        self.tones.end_test();
        self.sound.check = Some(SoundCheckView::Running);
        self.ask_sound(SoundRequest::Check);
        Ok(())
    }

    pub(super) fn test_output(&mut self, output: Output, now: Instant) -> Result<(), Rejected> {
        self.may_check()?;
        self.tones.test(output, now);
        Ok(())
    }

    /// Refuses what would disturb a call or a check of the microphone.
    fn may_check(&mut self) -> Result<(), Rejected> {
        if self.account.line().is_some_and(|line| line.has_calls()) {
            return Err(Rejected::InCall);
        }
        if self.sound.check == Some(SoundCheckView::Running) {
            return Err(Rejected::CheckRuns);
        }
        Ok(())
    }

    pub(super) fn handle_sound(&mut self, news: SoundNews) {
        self.outputs.event(match news {
            SoundNews::Devices(devices) => {
                self.sound.devices = Some(devices.clone());
                self.sound.choose();
                Event::SoundDevices { devices }
            }
            SoundNews::DeviceChanged {
                role,
                device,
                words,
            } => {
                self.sound.set_used(role, device.clone());
                Event::SoundDeviceChanged {
                    role,
                    device,
                    words,
                }
            }
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
            SoundNews::MutedSpeech => {
                self.sound.muted_speech_at = Some(self.outputs.now());
                Event::SoundMutedSpeech
            }
            SoundNews::Checked { verdict, words } => {
                let at = self.outputs.now();
                self.sound.check = Some(SoundCheckView::Done { verdict, words, at });
                Event::SoundChecked { verdict, words }
            }
        });
    }
}
