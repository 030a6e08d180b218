//! The sound devices and the tones, as the phone has them.

use std::{collections::BTreeMap, time::Instant};

use super::Phone;
use crate::{
    Device, DeviceFault, DeviceKind, DeviceRole, Effect, Event, Rejected, SoundSettings,
    SoundVerdict,
    sound::{Output, SoundNews, SoundRequest},
    view::{PlaybackView, SoundCheckView, SoundView},
};

/// What is known of the sound devices.
#[derive(Debug)]
pub(super) struct Sound {
    view: SoundView,
    seats: BTreeMap<DeviceRole, Seat>,
}

/// What is known of the device of a role.
///
/// `Closed -> Open | Without -> Closed`; `Open <-> Without`
#[derive(Debug)]
enum Seat {
    /// Nothing needs it, so what would be used is guessed.
    Closed,
    Open(Device),
    /// It is needed, and none can be used.
    Without(DeviceFault),
}

impl Sound {
    pub(super) fn new(settings: SoundSettings) -> Self {
        let roles = [
            DeviceRole::Microphone,
            DeviceRole::Speaker,
            DeviceRole::Ringer,
        ];
        Self {
            view: SoundView {
                capture_open: false,
                settings,
                devices: None,
                microphone: None,
                speaker: None,
                ringer: None,
                microphone_fault: None,
                check: None,
                tested: None,
                muted_speech_at: None,
            },
            seats: roles.map(|role| (role, Seat::Closed)).into(),
        }
    }

    pub(super) fn view(&self) -> &SoundView {
        &self.view
    }

    pub(super) fn set(&mut self, settings: SoundSettings) {
        self.view.settings = settings;
        self.settle();
    }

    fn set_devices(&mut self, devices: Vec<Device>) {
        self.view.devices = Some(devices);
        self.settle();
    }

    fn set_seat(&mut self, role: DeviceRole, seat: Seat) {
        self.seats.insert(role, seat);
        self.settle();
    }

    /// Keeps what became of the speaker after a check, which plays what it recorded.
    fn note_playback(&mut self, role: DeviceRole, seat: &Seat) {
        let Some(SoundCheckView::Done {
            verdict, playback, ..
        }) = &mut self.view.check
        else {
            return;
        };
        if role != DeviceRole::Speaker || *verdict == SoundVerdict::NoMicrophone {
            return;
        }
        match seat {
            Seat::Open(device) => {
                let device = device.name.clone();
                *playback = Some(PlaybackView::Open { device });
            }
            Seat::Without(fault) => {
                let fault = fault.clone();
                *playback = Some(PlaybackView::Failed { fault });
            }
            Seat::Closed => {}
        }
    }

    /// Brings what is known of each role into the view.
    fn settle(&mut self) {
        for (role, seat) in &self.seats {
            let (device, fault) = match seat {
                Seat::Open(device) => (Some(device.clone()), None),
                Seat::Without(fault) => (None, Some(fault.clone())),
                Seat::Closed => (self.view.expected(*role).cloned(), None),
            };
            match role {
                DeviceRole::Microphone => {
                    self.view.microphone = device;
                    self.view.microphone_fault = fault;
                }
                DeviceRole::Speaker => self.view.speaker = device,
                DeviceRole::Ringer => self.view.ringer = device,
            }
        }
    }
}

impl SoundView {
    /// Returns the device that `role` will be tried with first, among those that are there: the dearest
    /// favourite, what the system prefers, the likeliest kind. A monitor is a microphone only where it
    /// is a favourite.
    fn expected(&self, role: DeviceRole) -> Option<&Device> {
        let favourites = match role {
            DeviceRole::Microphone => &self.settings.microphone,
            DeviceRole::Speaker => &self.settings.speaker,
            DeviceRole::Ringer => &self.settings.ringer,
        };
        let place = |device: &Device| favourites.iter().position(|id| *id == device.id);
        let serves = |device: &Device| match role {
            DeviceRole::Microphone => device.input,
            DeviceRole::Speaker | DeviceRole::Ringer => device.output,
        };
        let is_default = |device: &Device| match role {
            DeviceRole::Microphone => device.default_input,
            DeviceRole::Speaker | DeviceRole::Ringer => device.default_output,
        };
        self.devices
            .iter()
            .flatten()
            .filter(|it| serves(it))
            .filter(|it| it.kind != DeviceKind::Monitor || place(it).is_some())
            .min_by_key(|it| match place(it) {
                Some(place) => (place, 0),
                None if is_default(it) => (favourites.len(), 0),
                None => (favourites.len(), likelihood(it.kind)),
            })
    }
}

/// Returns the place of a kind of device where the system prefers none.
fn likelihood(kind: DeviceKind) -> u8 {
    match kind {
        DeviceKind::Headset => 1,
        DeviceKind::BuiltIn => 2,
        DeviceKind::Bluetooth => 3,
        DeviceKind::Other => 4,
        DeviceKind::Monitor => 5,
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
        self.sound.view.tested = self.tones.tested();
    }

    pub(super) fn ask_sound(&mut self, request: SoundRequest) {
        self.outputs.effect(Effect::Sound { request });
    }

    pub(super) fn check_sound(&mut self) -> Result<(), Rejected> {
        self.may_check()?;
        self.tones.be_quiet();
        self.sound.view.check = Some(SoundCheckView::Running);
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
        if self.sound.view.check == Some(SoundCheckView::Running) {
            return Err(Rejected::CheckRuns);
        }
        Ok(())
    }

    fn set_seat(&mut self, role: DeviceRole, seat: Seat) {
        if !self.account.line().is_some_and(|line| line.has_calls()) {
            self.sound.note_playback(role, &seat);
        }
        self.sound.set_seat(role, seat);
    }

    pub(super) fn handle_sound(&mut self, news: SoundNews) {
        let event = match news {
            SoundNews::Devices(devices) => {
                self.sound.set_devices(devices.clone());
                Event::SoundDevices { devices }
            }
            SoundNews::DeviceUsed { role, device } => {
                let seat = device.clone().map_or(Seat::Closed, Seat::Open);
                self.set_seat(role, seat);
                Event::SoundDeviceUsed { role, device }
            }
            SoundNews::DeviceChanged {
                role,
                device,
                why,
                lost,
                words,
            } => {
                let seat = match device.clone() {
                    Some(device) => Seat::Open(device),
                    None => Seat::Without(DeviceFault {
                        why,
                        device: lost.clone(),
                    }),
                };
                self.set_seat(role, seat);
                Event::SoundDeviceChanged {
                    role,
                    device,
                    why,
                    lost,
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
                self.sound.view.capture_open = open;
                Event::SoundCapture { open }
            }
            SoundNews::MutedSpeech => {
                self.sound.view.muted_speech_at = Some(self.outputs.now());
                Event::SoundMutedSpeech
            }
            SoundNews::SilentMicrophone => Event::SoundSilentMicrophone,
            SoundNews::Checked { verdict, words } => {
                let at = self.outputs.now();
                self.sound.view.check = Some(SoundCheckView::Done {
                    verdict,
                    words,
                    at,
                    playback: None,
                });
                Event::SoundChecked { verdict, words }
            }
            SoundNews::CheckGivenUp => {
                self.sound.view.check = None;
                Event::SoundCheckGivenUp
            }
        };
        self.outputs.event(event);
    }
}
