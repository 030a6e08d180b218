//! The sound that all sessions share: the desk, and the devices that it is given.

#[cfg(not(feature = "sound"))]
mod absent;
#[cfg(feature = "sound")]
mod system;

use std::io;
use std::time::Instant;

use tokio::sync::mpsc;
use tracing::debug;

use crate::codec::Frame;
use crate::device::{Calls, Desk, Settings, Source, Told, Wants};
use crate::grid::Grid;
use crate::{News, SoundSettings, Tone};

#[cfg(not(feature = "sound"))]
use absent::System;
#[cfg(feature = "sound")]
use system::System;

/// The desk of the media thread and its devices.
#[derive(Debug)]
pub(crate) struct Sound {
    desk: Desk,
    /// What stands in place of the microphone of the system, also in a sound check.
    stand_in: Option<Source>,
    /// Whether the speaker and the ringer of the system are used.
    plays: bool,
    system: Option<System>,
    wants: Wants,
    news: mpsc::UnboundedSender<News>,
}

impl Sound {
    /// Where there is no `stand_in` the microphone is the system's; `plays` says that the speaker and
    /// the ringer are. Fails where this build knows no devices of the system.
    pub(crate) fn open(
        stand_in: Option<Source>,
        plays: bool,
        grid: Grid,
        news: mpsc::UnboundedSender<News>,
    ) -> io::Result<Self> {
        let uses_system = plays || stand_in.is_none();
        Ok(Self {
            desk: Desk::new(desk_settings(&SoundSettings::default()), grid),
            stand_in,
            plays,
            system: uses_system.then(System::start).transpose()?,
            wants: Wants::default(),
            news,
        })
    }

    pub(crate) fn set(&mut self, settings: &SoundSettings) {
        self.desk.set(desk_settings(settings));
        if let Some(system) = &self.system {
            system.prefer(settings);
        }
    }

    /// Begins a tone in place of the one that sounds, or ends it.
    pub(crate) fn sound(&mut self, tone: Option<Tone>, now: Instant) {
        if self.plays {
            self.desk.sound(tone, now);
            self.settle();
        } else {
            debug!(?tone, "there is no speaker for tones");
        }
    }

    pub(crate) fn check(&mut self, now: Instant) {
        if let Some(source) = &self.stand_in {
            self.desk.set_microphone(Some(Box::new(source.clone())));
        }
        self.desk.check(now);
        self.settle();
    }

    /// Tells which devices there are, and looks whether it is still so.
    pub(crate) fn list(&self) {
        match &self.system {
            Some(system) => {
                if let Some(devices) = system.list() {
                    self.tell(News::Devices(devices));
                }
            }
            None => self.tell(News::Devices(Vec::new())),
        }
    }

    /// Says what the sessions want from now on.
    pub(crate) fn set_calls(&mut self, calls: Calls, now: Instant) {
        self.desk.set_calls(calls, now);
        self.settle();
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.desk.poll_timeout()
    }

    /// Begins the tick that is due at `now`, if one is; returns the 10 ms that the sessions send.
    pub(crate) fn begin(&mut self, now: Instant) -> Option<Frame> {
        let is_due = self.poll_timeout().is_some_and(|due| due <= now);
        is_due.then(|| self.desk.capture(now))
    }

    /// Plays what a session made of the tick.
    pub(crate) fn play(&mut self, frame: &Frame) {
        self.desk.play(frame);
    }

    /// Ends the tick.
    pub(crate) fn end(&mut self, now: Instant) {
        self.desk.tick(now);
        self.settle();
    }

    /// Waits until the devices of the system have something to tell, and does it; where they are not
    /// used it never returns.
    pub(crate) async fn attend(&mut self) {
        match &mut self.system {
            Some(system) => {
                for news in system.attend(&mut self.desk).await {
                    self.tell(news);
                }
            }
            None => std::future::pending().await,
        }
    }

    /// Brings everything that an input caused to where it belongs.
    fn settle(&mut self) {
        while let Some(told) = self.desk.poll() {
            let news = match told {
                Told::Levels {
                    microphone_dbfs,
                    speaker_dbfs,
                } => News::Levels {
                    microphone_dbfs,
                    speaker_dbfs,
                },
                Told::MutedSpeech => News::MutedSpeech,
                // What stands in its place may be silence on purpose.
                Told::SilentMicrophone if self.stand_in.is_some() => continue,
                Told::SilentMicrophone => News::SilentMicrophone,
                Told::SoundCheck(verdict) => News::SoundCheck(verdict),
                Told::SoundCheckGivenUp => News::SoundCheckGivenUp,
            };
            self.tell(news);
        }
        let wants = self.desk.wants();
        let wants = Wants {
            microphone: wants.microphone && self.stand_in.is_none(),
            speaker: wants.speaker && self.plays,
            ringer: wants.ringer && self.plays,
        };
        if wants != self.wants {
            self.wants = wants;
            if let Some(system) = &self.system {
                system.want(wants);
            }
        }
    }

    fn tell(&self, news: News) {
        if self.news.send(news).is_err() {
            debug!("nobody listens to the media thread");
        }
    }
}

fn desk_settings(settings: &SoundSettings) -> Settings {
    Settings {
        processing: settings.processing,
        country: settings.country,
        ring_volume: settings.ring_volume,
        rings_beside_calls: !settings.ringer.favourites.is_empty(),
    }
}
