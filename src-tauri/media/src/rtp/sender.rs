use std::time::Duration;

use super::Packet;
use crate::codec::Frame;
use crate::{Codec, Digit};

/// How digits are sent: the peer's telephone-event payload type and its clock (RFC 4733 §2.1), 8000 or 48000 Hz.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TelephoneEvent {
    pub(crate) payload_type: u8,
    pub(crate) clock_rate: u32,
}

/// What the answer made of our sending direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) codec: Codec,
    pub(crate) payload_type: u8,
    /// 20 ms unless the peer's `ptime` or `maxptime` asks otherwise; brought to what the codec can do between 10 and 60 ms.
    pub(crate) ptime: Duration,
    pub(crate) telephone_event: Option<TelephoneEvent>,
}

/// What becomes of the microphone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voice {
    On,
    /// Silence is sent in its place.
    Muted,
    /// Nothing is sent; the timestamps go on.
    Held,
}

/// Makes the RTP packets of our stream.
#[derive(Debug)]
pub(crate) struct Sender {}

impl Sender {
    /// `seed` gives the first sequence number and timestamp.
    pub(crate) fn new(ssrc: u32, seed: u64, format: Format) -> Self {
        let _ = (ssrc, seed, format);
        todo!()
    }

    /// Goes on with another format from the next packet on; same SSRC, sequence numbers continue.
    pub(crate) fn set_format(&mut self, format: Format) {
        let _ = format;
        todo!()
    }

    /// Takes the next 10 ms from the microphone; gives a packet when one is full.
    pub(crate) fn push(&mut self, frame: &Frame, voice: Voice) -> Option<Packet> {
        let _ = (frame, voice);
        todo!()
    }

    /// Queues digits; each is sent for `duration` and followed by `gap`, the microphone being silent meanwhile.
    pub(crate) fn dtmf(&mut self, digits: &[Digit], duration: Duration, gap: Duration) {
        let _ = (digits, duration, gap);
        todo!()
    }

    /// Prepares for the peer losing this share of the packets, 0 to 1.
    pub(crate) fn set_expected_loss(&mut self, share: f32) {
        let _ = share;
        todo!()
    }

    pub(crate) fn packets_sent(&self) -> u64 {
        todo!()
    }
}
