use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::{Receiver, Sender};
use crate::transport::rtcp::goodbye::Goodbye;
use crate::transport::rtcp::packet::{self, Packet};
use crate::transport::rtcp::receiver_report::ReceiverReport;
use crate::transport::rtcp::reception_report::ReceptionReport;
use crate::transport::rtcp::sender_report::SenderReport;
use crate::transport::rtcp::source_description::{
    SdesType, SourceDescription, SourceDescriptionChunk, SourceDescriptionItem,
};

/// Sends and reads RTCP reports (RFC 3550 §6).
#[derive(Debug)]
pub(crate) struct Reports {
    cname: String,
    random: StdRng,
    next: Instant,
    /// Packets that our sender had sent at the last report.
    reported_sent: u64,
    /// Our latest sender reports: the middle of their NTP time, and when they left.
    sent: VecDeque<(u32, Instant)>,
    /// The middle of the NTP time of the peer's last sender report, and when it came.
    last_sender_report: Option<(u32, Instant)>,
    round_trip: Option<Duration>,
    far_loss: Option<f32>,
    hearing: Hearing,
}

/// Whether the peer gets what we send, by its own reports.
#[derive(Debug, Default)]
struct Hearing {
    /// The last proof that something of ours arrived, or since when there may be one; `None`:
    /// nothing is sent.
    since: Option<Instant>,
    /// The last report that says something about it.
    reported: Option<Instant>,
    /// The extended highest sequence number of the last block.
    highest: Option<u32>,
}

/// RFC 3550 §6.2: five seconds, half of it before the first.
const INTERVAL: Duration = Duration::from_secs(5);

/// e − 3/2: compensates for what reconsideration takes away (RFC 3550 §6.3.1).
const COMPENSATION: f64 = 1.218_28;

/// Reports of ours that a report of the peer may still refer to.
const REMEMBERED: usize = 8;

/// From this loss on, of 256, nothing that could be understood arrives: nine tenths.
const DEAF: u8 = 230;

/// A peer whose reports stay away for so long says nothing any more: three of the longest intervals
/// (RFC 3550 §6.3.1, §6.3.5).
const STALE: Duration = Duration::from_millis(3 * 6_156);

/// From 1900, where NTP starts, to 1970 (RFC 5905 §6).
const NTP_TO_UNIX: u64 = 2_208_988_800;

impl Reports {
    /// `cname` as of RFC 7022; `seed` randomises the intervals.
    pub(crate) fn new(cname: String, seed: u64, now: Instant) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let next = now + spread(INTERVAL / 2, &mut random);
        Self {
            cname,
            random,
            next,
            reported_sent: 0,
            sent: VecDeque::new(),
            last_sender_report: None,
            round_trip: None,
            far_loss: None,
            hearing: Hearing::default(),
        }
    }

    /// Returns when [`handle_timeout`](Self::handle_timeout) wants to be called next.
    pub(crate) fn poll_timeout(&self) -> Instant {
        self.next
    }

    /// Returns a compound packet (SR or RR, SDES) if one is due at `now`, which is `wall` on the
    /// wall clock.
    pub(crate) fn handle_timeout(
        &mut self,
        now: Instant,
        wall: SystemTime,
        sender: &Sender,
        receiver: &mut Receiver,
    ) -> Option<Bytes> {
        if now < self.next {
            return None;
        }
        self.next = now + spread(INTERVAL, &mut self.random);
        let packets = self.compound(now, wall, sender, receiver);
        Some(to_bytes(&packets))
    }

    /// Returns the compound packet that ends our stream (SR or RR, SDES, BYE).
    pub(crate) fn goodbye(
        &mut self,
        now: Instant,
        wall: SystemTime,
        sender: &Sender,
        receiver: &mut Receiver,
    ) -> Bytes {
        let mut packets = self.compound(now, wall, sender, receiver);
        packets.push(Box::new(Goodbye {
            sources: vec![sender.ssrc()],
            // With its length octet it fills a word: the wire type would pad a shorter one to less
            // than the word that RFC 3550 §6.4.1 asks of padding.
            reason: Bytes::from_static(b"end"),
        }));
        to_bytes(&packets)
    }

    /// Takes a decrypted compound packet of the peer; what is malformed is skipped.
    pub(crate) fn handle(&mut self, compound: &[u8], now: Instant, sender: &Sender) {
        let packets = match packet::unmarshal(&mut Bytes::copy_from_slice(compound)) {
            Ok(packets) => packets,
            Err(error) => {
                tracing::debug!(%error, "RTCP packet not understood");
                return;
            }
        };
        let mut blocks = None::<Vec<ReceptionReport>>;
        for packet in packets {
            let packet = packet.as_any();
            if let Some(report) = packet.downcast_ref::<SenderReport>() {
                // RFC 3550 §6.4.1, LSR: the middle 32 bits of the NTP timestamp.
                self.last_sender_report = Some(((report.ntp_time >> 16) as u32, now));
                blocks
                    .get_or_insert_default()
                    .extend_from_slice(&report.reports);
            } else if let Some(report) = packet.downcast_ref::<ReceiverReport>() {
                blocks
                    .get_or_insert_default()
                    .extend_from_slice(&report.reports);
            }
        }
        if let Some(blocks) = blocks {
            self.take(&blocks, now, sender);
            self.hearing.handle(&blocks, now, sender);
        }
    }

    /// Takes note that our sender sent a packet at `now`.
    pub(crate) fn handle_sent(&mut self, now: Instant) {
        self.hearing.since.get_or_insert(now);
    }

    /// Takes note that nothing is sent, or nothing arrives anyway: what the peer's reports said of
    /// our packets was about those before.
    pub(crate) fn handle_pause(&mut self) {
        self.hearing.since = None;
        self.hearing.reported = None;
    }

    /// Returns for how long, until the peer's last report, nothing of what we sent arrived there;
    /// `None` where it sends no reports, or none that say so.
    pub(crate) fn unheard(&self, now: Instant) -> Option<Duration> {
        let Hearing {
            since, reported, ..
        } = self.hearing;
        let reported = reported.filter(|at| now.saturating_duration_since(*at) < STALE)?;
        Some(reported.saturating_duration_since(since?))
    }

    pub(crate) fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    /// Returns the share of our packets that the peer lost lately, 0 to 1.
    pub(crate) fn far_loss(&self) -> Option<f32> {
        self.far_loss
    }

    fn take(&mut self, reports: &[ReceptionReport], now: Instant, sender: &Sender) {
        for report in reports.iter().filter(|r| r.ssrc == sender.ssrc()) {
            self.far_loss = Some(f32::from(report.fraction_lost) / 256.0);
            // RFC 3550 §6.4.1, on our monotonic clock: A − LSR − DLSR.
            if let Some((_, left)) = self
                .sent
                .iter()
                .find(|(ntp, _)| *ntp == report.last_sender_report)
            {
                let held = Duration::from_nanos((u64::from(report.delay) * 1_000_000_000) >> 16);
                let round_trip = now.saturating_duration_since(*left).saturating_sub(held);
                self.round_trip = Some(round_trip);
            }
        }
    }

    fn compound(
        &mut self,
        now: Instant,
        wall: SystemTime,
        sender: &Sender,
        receiver: &mut Receiver,
    ) -> Vec<Box<dyn Packet>> {
        let reports: Vec<_> = receiver
            .report()
            .map(|(ssrc, interval, jitter)| {
                let (last_sender_report, delay) =
                    self.last_sender_report.map_or((0, 0), |(ntp, came)| {
                        let held = now.saturating_duration_since(came).as_secs_f64();
                        (ntp, (held * 65_536.0) as u32)
                    });
                ReceptionReport {
                    ssrc,
                    fraction_lost: interval.fraction_lost,
                    total_lost: interval.total_lost,
                    last_sequence_number: interval.highest,
                    jitter,
                    last_sender_report,
                    delay,
                }
            })
            .into_iter()
            .collect();
        // RFC 3550 §6.4: an SR only by who has sent since the last report.
        let report: Box<dyn Packet> = if sender.packets_sent() > self.reported_sent {
            self.reported_sent = sender.packets_sent();
            let ntp_time = ntp(wall);
            if self.sent.len() == REMEMBERED {
                self.sent.pop_front();
            }
            self.sent.push_back(((ntp_time >> 16) as u32, now));
            Box::new(SenderReport {
                ssrc: sender.ssrc(),
                ntp_time,
                rtp_time: sender.timestamp(),
                // Both wrap around (RFC 3550 §6.4.1).
                packet_count: sender.packets_sent() as u32,
                octet_count: sender.octets_sent() as u32,
                reports,
                profile_extensions: Bytes::new(),
            })
        } else {
            Box::new(ReceiverReport {
                ssrc: sender.ssrc(),
                reports,
                profile_extensions: Bytes::new(),
            })
        };
        // RFC 3550 §6.1: a compound packet has an SDES with the CNAME.
        let description = SourceDescription {
            chunks: vec![SourceDescriptionChunk {
                source: sender.ssrc(),
                items: vec![SourceDescriptionItem {
                    sdes_type: SdesType::SdesCname,
                    text: Bytes::copy_from_slice(self.cname.as_bytes()),
                }],
            }],
        };
        vec![report, Box::new(description)]
    }
}

impl Hearing {
    /// Takes the blocks of a report.
    fn handle(&mut self, blocks: &[ReceptionReport], now: Instant, sender: &Sender) {
        let arrived = match blocks.iter().find(|it| it.ssrc == sender.ssrc()) {
            // A receiver that gets nothing counts no loss either (RFC 3550 A.3): its highest number
            // stays.
            Some(block) => {
                let highest = self.highest.replace(block.last_sequence_number);
                highest != Some(block.last_sequence_number) && block.fraction_lost < DEAF
            }
            // RFC 3550 §6.4: a block for each source that was heard since the last report.
            None if blocks.is_empty() => false,
            // They are of a stream that somebody in between sends in place of ours.
            None => {
                self.since = None;
                self.reported = None;
                return;
            }
        };
        if arrived && self.since.is_some() {
            self.since = Some(now);
        }
        self.reported = Some(now);
    }
}

/// RFC 3550 §6.3.1: between half and one and a half of it.
fn spread(interval: Duration, random: &mut StdRng) -> Duration {
    interval.mul_f64(random.random_range(0.5..1.5) / COMPENSATION)
}

fn ntp(wall: SystemTime) -> u64 {
    let since = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
    let fraction = (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000;
    ((since.as_secs() + NTP_TO_UNIX) << 32) | fraction
}

fn to_bytes(packets: &[Box<dyn Packet>]) -> Bytes {
    packet::marshal(packets)
        .expect("one report block, one CNAME and one source fit their count fields")
        .freeze()
}
