use std::time::{Duration, Instant};

use bytes::Bytes;

use super::Packet;
use super::events::Events;
use super::statistics::{Bucket, Interval, MAX_DROPOUT, MAX_MISORDER, Place, Statistics};
use super::timeline::{Placed, Stamp, Timeline};
use crate::codec::{self, SAMPLES_PER_MS};
use crate::{Codec, Digit};

/// What a payload type stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReceiveFormat {
    Speech {
        codec: Codec,
    },
    /// RFC 4733; its durations, which have a clock of their own, do not matter to us.
    TelephoneEvent,
    /// RFC 3389.
    ComfortNoise,
}

/// RFC 3551 §6: it means comfort noise even where the description does not say so.
const COMFORT_NOISE: u8 = 13;

/// A packet of speech with its place on a time line that knows no wrap, no change of SSRC and no
/// change of clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Audio {
    pub(crate) codec: Codec,
    pub(crate) payload: Bytes,
    /// What the payload decodes to, in samples at 48 kHz.
    pub(crate) samples: usize,
    /// In samples at 48 kHz.
    pub(crate) position: i64,
    pub(crate) arrival: Instant,
    /// Packets in sequence directly before this one that had not arrived when it did.
    pub(crate) missing: u64,
    /// Its sender says that it is the first after a pause (RFC 3551 §4.1).
    pub(crate) marker: bool,
    /// It begins another stream, which a decoder's memory of the former does not fit.
    pub(crate) fresh: bool,
}

/// What a packet was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Received {
    /// For [`Buffer::insert`](crate::playout::Buffer::insert).
    Audio(Audio),
    /// The peer sent a digit, which has ended.
    Digit(Digit),
    /// Comfort noise: the peer sends nothing while nothing is said (RFC 3389).
    Rest,
    /// Nothing to do: a duplicate, a part of an event, an unknown payload type, too much.
    Nothing,
}

/// Takes the peer's RTP packets.
#[derive(Debug)]
pub(crate) struct Receiver {
    formats: Vec<(u8, ReceiveFormat)>,
    stream: Option<Stream>,
    /// The SSRC before the present one: what is late of it must not switch back.
    former: Option<u32>,
    timeline: Timeline,
    events: Events,
    bucket: Option<Bucket>,
    /// Counted in streams that have ended.
    ended: Totals,
    pub(super) dropped: Dropped,
}

/// Packets that were not used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Dropped {
    pub(super) unknown_payload_type: u64,
    pub(super) malformed: u64,
    pub(super) flood: u64,
}

impl Dropped {
    /// The 1st, 2nd, 4th, 8th … time: a flood does not flood the log.
    fn log(&self) {
        let Self {
            unknown_payload_type,
            malformed,
            flood,
        } = *self;
        if (unknown_payload_type + malformed + flood).is_power_of_two() {
            tracing::debug!(
                unknown_payload_type,
                malformed,
                flood,
                "RTP packets dropped"
            );
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Totals {
    received: u64,
    lost: u64,
}

#[derive(Debug)]
struct Stream {
    ssrc: u32,
    statistics: Statistics,
    /// Of its speech, once there was some.
    codec: Option<Codec>,
    /// Payload type and timestamp of the most advanced speech.
    latest: Option<(u8, u32)>,
    /// For the transits of the jitter.
    epoch: Instant,
    /// Packets since the last speech that were none, and missing ones.
    missing: u64,
    last: Instant,
}

/// Another SSRC that was left takes over again only when the present one has been silent for so
/// long.
const SILENT: Duration = Duration::from_millis(100);

impl Receiver {
    /// `formats`: the payload types of our description (and the peer's, where they differ).
    pub(crate) fn new(formats: &[(u8, ReceiveFormat)]) -> Self {
        Self {
            formats: formats.to_vec(),
            stream: None,
            former: None,
            timeline: Timeline::default(),
            events: Events::default(),
            bucket: None,
            ended: Totals::default(),
            dropped: Dropped::default(),
        }
    }

    pub(crate) fn set_formats(&mut self, formats: &[(u8, ReceiveFormat)]) {
        self.formats = formats.to_vec();
    }

    pub(crate) fn handle(&mut self, packet: Packet, now: Instant) -> Received {
        if !self
            .bucket
            .get_or_insert_with(|| Bucket::new(now))
            .take(now)
        {
            self.dropped.flood += 1;
            self.dropped.log();
            return Received::Nothing;
        }
        let Some(format) = self.format(packet.payload_type) else {
            self.dropped.unknown_payload_type += 1;
            self.dropped.log();
            // It is ignored (RFC 3550 §5.1), but it was not lost; and it is no reason to leave a
            // stream.
            if self.ssrc() == Some(packet.ssrc) {
                self.sequence(&packet, now);
            }
            return Received::Nothing;
        };
        let speech = match format {
            ReceiveFormat::Speech { codec } => match codec::samples(codec, &packet.payload) {
                Some(samples) => Some((codec, samples)),
                // It has a place in the sequence, but no sound.
                None => {
                    self.dropped.malformed += 1;
                    self.dropped.log();
                    None
                }
            },
            ReceiveFormat::TelephoneEvent | ReceiveFormat::ComfortNoise => None,
        };
        let Some(sequence) = self.sequence(&packet, now) else {
            return Received::Nothing;
        };
        match format {
            ReceiveFormat::TelephoneEvent => {
                let digit =
                    self.events
                        .handle(&packet.payload, packet.timestamp, packet.marker, now);
                return digit.map_or(Received::Nothing, Received::Digit);
            }
            ReceiveFormat::ComfortNoise => return Received::Rest,
            ReceiveFormat::Speech { .. } => {}
        }
        let stream = self
            .stream
            .as_mut()
            .expect("a sequence belongs to a stream");
        let Some((codec, samples)) = speech else {
            stream.missing += 1;
            return Received::Nothing;
        };
        let clock_rate = codec::clock_rate(codec);
        let stamp = Stamp {
            timestamp: packet.timestamp,
            clock_rate,
            samples,
            arrival: now,
        };
        // The first speech of a stream: its timestamps say nothing about what was before.
        let Placed { position, jumped } = match (stream.codec, sequence) {
            (None, _) => self.timeline.restart(stamp),
            (Some(_), Sequence::Ahead(by)) => self.timeline.place(stamp, by as i64),
            (Some(_), Sequence::Behind(by)) => self.timeline.place(stamp, -(by as i64)),
        };
        if jumped {
            stream.statistics.restart_transit();
        }
        // Positions are timestamps that do not wrap.
        let arrived = now.saturating_duration_since(stream.epoch).as_secs_f64() * 1_000.0;
        stream
            .statistics
            .transit(arrived - position as f64 / SAMPLES_PER_MS as f64);
        let fresh = stream.codec != Some(codec);
        let missing = match sequence {
            // A late one says nothing about the codec of those to come.
            Sequence::Behind(_) => {
                stream.codec.get_or_insert(codec);
                0
            }
            Sequence::Ahead(_) => {
                stream.codec = Some(codec);
                stream.latest = Some((packet.payload_type, packet.timestamp));
                std::mem::take(&mut stream.missing)
            }
        };
        Received::Audio(Audio {
            codec,
            payload: packet.payload,
            samples,
            position,
            arrival: now,
            missing,
            marker: packet.marker,
            fresh,
        })
    }

    /// Returns the digit whose end packets were all lost; to be called every 10 to 100 ms.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Option<Digit> {
        self.events.handle_timeout(now)
    }

    pub(crate) fn packets_received(&self) -> u64 {
        self.ended.received
            + self
                .stream
                .as_ref()
                .map_or(0, |stream| stream.statistics.received())
    }

    /// RFC 3550 A.3 without duplicates, never below 0.
    pub(crate) fn packets_lost(&self) -> u64 {
        self.ended.lost
            + self
                .stream
                .as_ref()
                .map_or(0, |stream| stream.statistics.lost())
    }

    /// RFC 3550 A.8, in ms.
    pub(crate) fn jitter_ms(&self) -> f32 {
        self.stream
            .as_ref()
            .map_or(0.0, |stream| stream.statistics.jitter_ms())
    }

    /// Returns SSRC, figures and jitter (in timestamp units) for a report block, and begins the
    /// next interval; `None` where nothing came since the last (RFC 3550 §6.4).
    pub(super) fn report(&mut self) -> Option<(u32, Interval, u32)> {
        let stream = self.stream.as_mut()?;
        let interval = stream.statistics.report()?;
        let clock_rate = codec::clock_rate(stream.codec.unwrap_or(Codec::Opus));
        let jitter = stream.statistics.jitter_ms() * clock_rate as f32 / 1_000.0;
        Some((stream.ssrc, interval, jitter as u32))
    }

    fn ssrc(&self) -> Option<u32> {
        self.stream.as_ref().map(|stream| stream.ssrc)
    }

    fn format(&self, payload_type: u8) -> Option<ReceiveFormat> {
        self.formats
            .iter()
            .find(|(known, _)| *known == payload_type)
            .map(|(_, format)| *format)
            .or((payload_type == COMFORT_NOISE).then_some(ReceiveFormat::ComfortNoise))
    }

    /// Finds the packet's place in its sequence and counts it; `None`: it is not to be used.
    fn sequence(&mut self, packet: &Packet, now: Instant) -> Option<Sequence> {
        let Some(stream) = &mut self.stream else {
            self.start(packet, now);
            return Some(Sequence::Ahead(1));
        };
        if stream.ssrc != packet.ssrc {
            let silent = now.saturating_duration_since(stream.last) >= SILENT;
            if self.former == Some(packet.ssrc) && !silent {
                return None;
            }
            self.former = Some(stream.ssrc);
            tracing::debug!(
                from = stream.ssrc,
                to = packet.ssrc,
                "the peer's SSRC changed"
            );
            self.start(packet, now);
            return Some(Sequence::Ahead(1));
        }
        stream.last = now;
        let ahead = i32::from(stream.statistics.ahead(packet.sequence_number));
        let plausible = -i32::from(MAX_MISORDER)..i32::from(MAX_DROPOUT);
        if !plausible.contains(&ahead) || ahead <= 0 && stream.is_new(packet) {
            // SRTP has authenticated it, so there is no need for a second packet to confirm (RFC
            // 3550 A.1).
            tracing::debug!(ahead, "the peer's sequence numbers jumped");
            self.start(packet, now);
            return Some(Sequence::Ahead(1));
        }
        match stream.statistics.count(packet.sequence_number) {
            Place::Ahead { by, missing } => {
                stream.missing += missing;
                Some(Sequence::Ahead(by))
            }
            Place::Behind { by } => Some(Sequence::Behind(by)),
            Place::Duplicate => None,
        }
    }

    fn start(&mut self, packet: &Packet, now: Instant) {
        self.ended = Totals {
            received: self.packets_received(),
            lost: self.packets_lost(),
        };
        self.events.restart();
        self.stream = Some(Stream {
            ssrc: packet.ssrc,
            statistics: Statistics::new(packet.sequence_number),
            codec: None,
            latest: None,
            epoch: now,
            missing: 0,
            last: now,
        });
    }
}

impl Stream {
    /// Returns whether the timestamp says that `packet` follows all speech before.
    fn is_new(&self, packet: &Packet) -> bool {
        self.latest.is_some_and(|(payload_type, timestamp)| {
            let ahead = packet.timestamp.wrapping_sub(timestamp) as i32;
            payload_type == packet.payload_type && ahead > 0
        })
    }
}

#[derive(Debug, Clone, Copy)]
enum Sequence {
    /// Ahead of all before by this much; the first of a sequence is by 1.
    Ahead(u64),
    /// So far behind the highest.
    Behind(u64),
}
