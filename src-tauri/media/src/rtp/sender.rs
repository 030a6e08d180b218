use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::Packet;
use super::digits::{Digits, Step};
use crate::codec::{self, Encoder, FRAME, Frame, Limits, SAMPLES_PER_MS, SILENCE};
use crate::{Codec, Digit};

/// How digits are sent: the peer's telephone-event payload type and its clock (RFC 4733 §2.1), 8000
/// or 48000 Hz.
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
    /// 20 ms unless the peer's `ptime` or `maxptime` asks otherwise; brought to what the codec can
    /// do between 10 and 60 ms.
    pub(crate) ptime: Duration,
    pub(crate) limits: Limits,
    pub(crate) telephone_event: Option<TelephoneEvent>,
}

impl Format {
    /// The samples of a packet.
    fn packet(&self) -> usize {
        let tens = (self.ptime.as_millis() / 10).clamp(1, 6) as usize;
        let tens = match (self.codec, tens) {
            // RFC 6716 §2.1.4: Opus has frames of 10, 20, 40 and 60 ms.
            (Codec::Opus, 3) => 2,
            (Codec::Opus, 5) => 4,
            (Codec::Opus | Codec::Pcmu | Codec::Pcma, tens) => tens,
        };
        tens * FRAME
    }
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
///
/// Timestamps count the time since the start whether or not something is sent. When a change of
/// codec changes their clock, they go on from the value that the old clock has reached, at the new
/// rate.
#[derive(Debug)]
pub(crate) struct Sender {
    ssrc: u32,
    format: Format,
    /// Takes effect at the next packet boundary.
    next_format: Option<Format>,
    encoder: Encoder,
    expected_loss: f32,
    sequence_number: u16,
    /// Samples of 48 kHz taken since the last change of format.
    elapsed: u64,
    /// The timestamp where `elapsed` is 0.
    base: u32,
    /// The frames of the packet that is being filled.
    filling: Vec<f32>,
    /// The next packet of sound is the first after a pause (RFC 3551 §4.1).
    marker: bool,
    digits: Digits,
    packets_sent: u64,
    octets_sent: u64,
}

impl Sender {
    /// `seed` gives the first sequence number and timestamp.
    pub(crate) fn new(ssrc: u32, seed: u64, format: Format) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let mut encoder = Encoder::new(format.codec);
        encoder.set_limits(format.limits);
        Self {
            ssrc,
            format,
            next_format: None,
            encoder,
            expected_loss: 0.0,
            // RFC 3711 §3.3.1: below 2^15, so that the loss of the first packets cannot hide a wrap
            // from the receiver.
            sequence_number: random.random_range(0..1 << 15),
            elapsed: 0,
            base: random.random(),
            filling: Vec::with_capacity(6 * FRAME),
            marker: true,
            digits: Digits::new(),
            packets_sent: 0,
            octets_sent: 0,
        }
    }

    /// Goes on with another format from the next packet on; same SSRC, sequence numbers continue.
    pub(crate) fn set_format(&mut self, format: Format) {
        self.next_format = Some(format);
        if self.filling.is_empty() {
            self.change_format();
        }
    }

    /// Takes the next 10 ms from the microphone; gives a packet when one is full.
    pub(crate) fn push(&mut self, frame: &Frame, voice: Voice) -> Option<Packet> {
        let start = self.timestamp();
        self.elapsed += FRAME as u64;
        match voice {
            Voice::On => self.advance(frame, start),
            Voice::Muted => self.advance(&SILENCE, start),
            Voice::Held => {
                self.filling.clear();
                self.digits.clear();
                self.marker = true;
                self.change_format();
                None
            }
        }
    }

    /// Queues digits; each is sent for `duration` and followed by `gap`, with no sound sent
    /// meanwhile. Returns `false`, and sends nothing, where the peer takes no telephone-events.
    pub(crate) fn dtmf(&mut self, digits: &[Digit], duration: Duration, gap: Duration) -> bool {
        let usable = self
            .next_format
            .unwrap_or(self.format)
            .telephone_event
            .is_some();
        if usable {
            self.digits.queue(digits, duration, gap);
        }
        usable
    }

    /// Prepares for the peer losing this share of the packets, 0 to 1.
    pub(crate) fn set_expected_loss(&mut self, share: f32) {
        self.expected_loss = share;
        self.encoder.set_expected_loss(share);
    }

    pub(crate) fn packets_sent(&self) -> u64 {
        self.packets_sent
    }

    /// Payload octets without headers and padding (RFC 3550 §6.4.1).
    pub(super) fn octets_sent(&self) -> u64 {
        self.octets_sent
    }

    pub(super) fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// The timestamp of this moment.
    pub(super) fn timestamp(&self) -> u32 {
        self.timestamp_at(self.elapsed)
    }

    /// `start` is the timestamp of `frame`.
    fn advance(&mut self, frame: &Frame, start: u32) -> Option<Packet> {
        if self.filling.is_empty() {
            let event = self.format.telephone_event;
            if let Some(event) = event
                && let Some(step) = self.digits.step(start, event.clock_rate)
            {
                self.marker = true;
                return match step {
                    Step::Quiet => None,
                    Step::Send {
                        marker,
                        timestamp,
                        payload,
                    } => Some(self.packet(
                        event.payload_type,
                        marker,
                        timestamp,
                        bytes::Bytes::copy_from_slice(&payload),
                    )),
                };
            }
        }
        self.filling.extend_from_slice(frame);
        if self.filling.len() < self.format.packet() {
            return None;
        }
        let timestamp = self.timestamp_at(self.elapsed - self.filling.len() as u64);
        let payload = self.encoder.encode(&self.filling);
        self.filling.clear();
        let marker = std::mem::take(&mut self.marker);
        let packet = self.packet(self.format.payload_type, marker, timestamp, payload);
        self.change_format();
        Some(packet)
    }

    /// To be called at a packet boundary.
    fn change_format(&mut self) {
        let Some(format) = self.next_format.take() else {
            return;
        };
        if format.codec != self.format.codec {
            self.encoder = Encoder::new(format.codec);
            self.encoder.set_expected_loss(self.expected_loss);
        }
        self.encoder.set_limits(format.limits);
        self.digits
            .change_format(self.format.telephone_event, format.telephone_event);
        self.base = self.timestamp();
        self.elapsed = 0;
        self.format = format;
    }

    fn timestamp_at(&self, elapsed: u64) -> u32 {
        let clock_rate = u64::from(codec::clock_rate(self.format.codec));
        let ticks = elapsed * clock_rate / (1000 * SAMPLES_PER_MS as u64);
        // RFC 3550 §5.1: timestamps wrap around.
        self.base.wrapping_add(ticks as u32)
    }

    fn packet(
        &mut self,
        payload_type: u8,
        marker: bool,
        timestamp: u32,
        payload: bytes::Bytes,
    ) -> Packet {
        let sequence_number = self.sequence_number;
        self.sequence_number = sequence_number.wrapping_add(1);
        self.packets_sent += 1;
        self.octets_sent += payload.len() as u64;
        Packet {
            marker,
            payload_type,
            sequence_number,
            timestamp,
            ssrc: self.ssrc,
            payload,
        }
    }
}
