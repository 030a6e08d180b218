use std::io;
use std::time::Instant;

use tokio::sync::mpsc;
use tracing::debug;

use crate::check::Make;
use crate::codec::Frame;
use crate::device::{
    self, Bridge, CaptureBridge, Desk, Device, DeviceId, Kind, Microphone, PlaybackBridge, Report,
    Role, Speaker, Wants,
};
use crate::{News, SoundSettings};

/// The devices of the system.
#[derive(Debug)]
pub(super) struct System {
    thread: device::System,
    reports: mpsc::UnboundedReceiver<Report>,
    /// As they were listed last; `None` before the first time.
    devices: Option<Vec<Device>>,
    /// What the speaker and the ringer are on.
    speaker: Option<DeviceId>,
    ringer: Option<DeviceId>,
    is_capturing: bool,
}

impl System {
    pub(super) fn start() -> io::Result<Self> {
        let (thread, reports) = device::System::start()?;
        Ok(Self {
            thread,
            reports,
            devices: None,
            speaker: None,
            ringer: None,
            is_capturing: false,
        })
    }

    pub(super) fn prefer(&self, settings: &SoundSettings) {
        for (role, preference) in [
            (Role::Microphone, &settings.microphone),
            (Role::Speaker, &settings.speaker),
            (Role::Ringer, &settings.ringer),
        ] {
            self.thread.prefer(role, preference.clone());
        }
    }

    pub(super) fn want(&self, wants: Wants) {
        self.thread.want(Role::Microphone, wants.microphone);
        self.thread.want(Role::Speaker, wants.speaker);
        self.thread.want(Role::Ringer, wants.ringer);
    }

    /// Returns the devices as far as they are known, and has them listed anew.
    pub(super) fn list(&self) -> Option<Vec<Device>> {
        self.thread.list();
        self.devices.clone()
    }

    /// Waits for a report, brings the device to the desk and returns what is to be told.
    pub(super) async fn attend(&mut self, desk: &mut Desk) -> Vec<News> {
        match self.reports.recv().await {
            Some(report) => self.handle(report, desk),
            // The thread has ended, and said so.
            None => std::future::pending().await,
        }
    }

    fn handle(&mut self, report: Report, desk: &mut Desk) -> Vec<News> {
        match report {
            Report::Opened {
                role,
                device,
                bridge,
                reason,
            } => {
                match bridge {
                    Bridge::Capture(bridge) => {
                        let make = make(device.kind, bridge.rate());
                        desk.set_microphone(Some(Box::new(Captured { bridge, make })));
                    }
                    Bridge::Playback(bridge) => {
                        let played = Box::new(Played { bridge });
                        let id = Some(device.id.clone());
                        match role {
                            Role::Ringer => {
                                self.ringer = id;
                                desk.set_ringer(Some(played));
                            }
                            Role::Speaker | Role::Microphone => {
                                self.speaker = id;
                                desk.set_speaker(Some(played));
                            }
                        }
                        desk.set_ringer_apart(self.ringer != self.speaker);
                    }
                }
                let mut news = vec![News::DeviceUsed {
                    role,
                    device: Some(device.clone()),
                }];
                news.extend(reason.map(|reason| News::DeviceChanged {
                    role,
                    device: Some(device),
                    reason,
                }));
                news.extend(self.capture(role, true));
                news
            }
            // What is used in its place is told within moments, or that there is nothing.
            Report::Lost { role } => self.take_away(role, desk),
            Report::Closed { role } => {
                let mut news = self.take_away(role, desk);
                news.push(News::DeviceUsed { role, device: None });
                news
            }
            Report::Without { role, reason } => {
                let mut news = self.take_away(role, desk);
                news.push(News::DeviceChanged {
                    role,
                    device: None,
                    reason,
                });
                news
            }
            Report::Devices(devices) => {
                self.devices = Some(devices.clone());
                vec![News::Devices(devices)]
            }
        }
    }

    fn take_away(&mut self, role: Role, desk: &mut Desk) -> Vec<News> {
        match role {
            Role::Microphone => desk.set_microphone(None),
            Role::Speaker => desk.set_speaker(None),
            Role::Ringer => desk.set_ringer(None),
        }
        self.capture(role, false).into_iter().collect()
    }

    /// Notes whether capture is open; returns the news, if it is one.
    fn capture(&mut self, role: Role, is_open: bool) -> Option<News> {
        let is_news = role == Role::Microphone && self.is_capturing != is_open;
        is_news.then(|| {
            self.is_capturing = is_open;
            News::CaptureOpen(is_open)
        })
    }
}

/// The rate of hands-free Bluetooth at its best (mSBC), in Hz.
const NARROW: u32 = 16_000;

/// Returns what is known of a microphone that captures at `rate`.
fn make(kind: Kind, rate: u32) -> Make {
    match kind {
        Kind::BuiltIn => Make::BuiltIn,
        Kind::Bluetooth if rate <= NARROW => Make::NarrowBluetooth,
        Kind::Bluetooth | Kind::Headset | Kind::Monitor | Kind::Other => Make::Ordinary,
    }
}

#[derive(Debug)]
struct Captured {
    bridge: Box<CaptureBridge>,
    make: Make,
}

impl Microphone for Captured {
    fn pull(&mut self, due: Instant) -> Frame {
        self.bridge.pull(due)
    }

    fn make(&self) -> Make {
        self.make
    }
}

impl Drop for Captured {
    fn drop(&mut self) {
        debug!(mishaps = ?self.bridge.mishaps(), "a microphone is left");
    }
}

#[derive(Debug)]
struct Played {
    bridge: Box<PlaybackBridge>,
}

impl Speaker for Played {
    fn push(&mut self, frame: &Frame, due: Instant) {
        self.bridge.push(frame, due);
    }
}

impl Drop for Played {
    fn drop(&mut self) {
        debug!(mishaps = ?self.bridge.mishaps(), "a speaker is left");
    }
}
