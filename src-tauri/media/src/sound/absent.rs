use std::convert::Infallible;
use std::io;

use crate::device::{Desk, Device, Wants};
use crate::{News, SoundSettings};

/// The devices of the system, which this build does not know.
#[derive(Debug)]
pub(super) struct System(Infallible);

impl System {
    pub(super) fn start() -> io::Result<Self> {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "this build has no sound devices: build it with the feature `sound`",
        ))
    }

    pub(super) fn prefer(&self, _: &SoundSettings) {
        match self.0 {}
    }

    pub(super) fn want(&self, _: Wants) {
        match self.0 {}
    }

    pub(super) fn list(&self) -> Option<Vec<Device>> {
        match self.0 {}
    }

    pub(super) async fn attend(&mut self, _: &mut Desk) -> Vec<News> {
        match self.0 {}
    }
}
