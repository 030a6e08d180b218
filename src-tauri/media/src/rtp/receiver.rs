use std::time::Instant;

use bytes::Bytes;

use super::Packet;
use crate::{Codec, Digit};

/// A payload type that the peer may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReceiveFormat {
    Speech {
        codec: Codec,
    },
    /// RFC 4733, with its clock in Hz.
    TelephoneEvent {
        clock_rate: u32,
    },
    /// RFC 3389.
    ComfortNoise,
}

/// A packet of speech with its place on a time line that knows no wrap, no change of SSRC and no change of clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Audio {
    pub(crate) codec: Codec,
    pub(crate) payload: Bytes,
    pub(crate) arrival: Instant,
}

/// What a packet was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Received {
    /// For [`Buffer::insert`](crate::playout::Buffer::insert).
    Audio(Audio),
    /// The peer sent a digit, which has ended.
    Digit(Digit),
    /// Nothing to do: a duplicate, a part of an event, comfort noise, an unknown payload type.
    Nothing,
}

/// Takes the peer's RTP packets.
#[derive(Debug)]
pub(crate) struct Receiver {}

impl Receiver {
    /// `formats`: the payload types of our description (and the peer's, where they differ).
    pub(crate) fn new(formats: &[(u8, ReceiveFormat)]) -> Self {
        let _ = formats;
        todo!()
    }

    pub(crate) fn set_formats(&mut self, formats: &[(u8, ReceiveFormat)]) {
        let _ = formats;
        todo!()
    }

    pub(crate) fn handle(&mut self, packet: Packet, now: Instant) -> Received {
        let _ = (packet, now);
        todo!()
    }

    /// Returns the digit whose end packets were all lost; to be called every 10 to 100 ms.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Option<Digit> {
        let _ = now;
        todo!()
    }

    pub(crate) fn packets_received(&self) -> u64 {
        todo!()
    }

    /// RFC 3550 A.3, never below 0.
    pub(crate) fn packets_lost(&self) -> u64 {
        todo!()
    }

    /// RFC 3550 A.8, in ms.
    pub(crate) fn jitter_ms(&self) -> f32 {
        todo!()
    }
}
