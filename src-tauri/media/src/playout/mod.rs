//! The playout buffer: packets go in as they come, a frame comes out every 10 ms.

use std::time::{Duration, Instant};

use crate::codec::Frame;
use crate::rtp::Audio;

/// What a [`Buffer`] has played, since its start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Statistics {
    /// Samples at 48 kHz given out since the first packet.
    pub(crate) played: u64,
    /// Those among them that were made up because a packet was lost or late.
    pub(crate) concealed: u64,
    /// Packets that came too late to be played.
    pub(crate) late: u64,
}

/// An adaptive jitter buffer with its decoder.
#[derive(Debug)]
pub(crate) struct Buffer {}

impl Buffer {
    pub(crate) fn new() -> Self {
        Self {}
    }

    /// Takes what [`Receiver::handle`](crate::rtp::Receiver::handle) made of a packet.
    pub(crate) fn insert(&mut self, audio: Audio) {
        let _ = audio;
        todo!()
    }

    /// Gives the next 10 ms; to be called every 10 ms of the playing clock, with the packets that came until `now` inserted.
    pub(crate) fn pull(&mut self, now: Instant) -> Frame {
        let _ = now;
        todo!()
    }

    /// Returns how long packets wait at present between arrival of an undelayed one and playing.
    pub(crate) fn delay(&self) -> Duration {
        todo!()
    }

    pub(crate) fn statistics(&self) -> Statistics {
        todo!()
    }
}
