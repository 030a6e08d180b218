use std::{
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{sync::watch, time::MissedTickBehavior};
use webrtc::media_stream::{
    track_local::{TrackLocal, static_rtp::TrackLocalStaticRTP},
    track_remote::{TrackRemote, TrackRemoteEvent},
};

use crate::{
    clip::{Clip, ClipError, Recorder, packet_samples},
    codec::Codec,
    counts::CallCount,
    peer::{PeerConfig, Treatment},
    sound::Sound,
};

/// The RTP of one call: what is sent, heard and counted.
pub(crate) struct Traffic {
    config: PeerConfig,
    track: Arc<TrackLocalStaticRTP>,
    ssrc: u32,
    /// The codecs that were agreed on with their payload types, in the order of preference.
    formats: Mutex<Vec<(Codec, u8)>>,
    recorder: Mutex<Recorder>,
    may_send: AtomicBool,
    connected: watch::Sender<bool>,
}

/// Knows what a peer heard.
#[derive(Clone)]
pub(crate) struct Ear(pub(crate) Arc<Traffic>);

impl Ear {
    /// Returns what has been heard so far; nothing by an echo.
    pub(crate) fn heard(&self) -> Sound {
        self.0.recorder().sound()
    }
}

impl Traffic {
    pub(crate) fn new(
        config: PeerConfig,
        track: Arc<TrackLocalStaticRTP>,
        ssrc: u32,
    ) -> Result<Self, ClipError> {
        Ok(Self {
            config,
            track,
            ssrc,
            formats: Mutex::default(),
            recorder: Mutex::new(Recorder::new()?),
            may_send: AtomicBool::new(true),
            connected: watch::Sender::new(false),
        })
    }

    pub(crate) fn call_id(&self) -> &str {
        &self.config.call_id
    }

    pub(crate) fn treatment(&self) -> &Treatment {
        &self.config.treatment
    }

    pub(crate) fn note_connected(&self) {
        self.connected.send_replace(true);
    }

    /// Comes back when ICE and DTLS are done.
    pub(crate) async fn connected(&self) {
        let mut connected = self.connected.subscribe();
        // The sender lives here.
        let _ = connected.wait_for(|connected| *connected).await;
    }

    pub(crate) fn may_send(&self, may: bool) {
        self.may_send.store(may, Ordering::Relaxed);
    }

    pub(crate) fn agree(&self, formats: Vec<(Codec, u8)>) {
        *self.formats() = formats;
    }

    pub(crate) fn count(&self, change: impl FnOnce(&mut CallCount)) {
        let PeerConfig {
            call_id, extension, ..
        } = &self.config;
        self.config.tally.update(|counts| {
            if let Some(call) = counts.call_mut(call_id, extension) {
                change(call);
            }
        });
    }

    /// Sends the clip over and over, with the preferred of the codecs agreed on.
    pub(crate) async fn play(&self, clip: &Clip) {
        // RFC 3551 §4.5.1: 20 ms per packet.
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut header = rtc::rtp::Header {
            version: 2,
            ssrc: self.ssrc,
            sequence_number: rand::random(),
            timestamp: rand::random(),
            ..Default::default()
        };
        for index in 0.. {
            ticks.tick().await;
            let Some((codec, payload_type)) = self.formats().first().copied() else {
                return;
            };
            let packets = clip.packets(codec);
            let Some(payload) = packets.get(index % packets.len().max(1)) else {
                return;
            };
            header.marker = index == 0;
            header.payload_type = payload_type;
            let packet = rtc::rtp::Packet {
                header: header.clone(),
                payload: payload.clone(),
            };
            if !self.send(packet).await {
                return;
            }
            self.count(|call| call.codec = Some(codec));
            header.sequence_number = header.sequence_number.wrapping_add(1);
            header.timestamp = header.timestamp.wrapping_add(packet_samples(codec) as u32);
        }
    }

    pub(crate) async fn receive(&self, track: Arc<dyn TrackRemote>) {
        let mut sequence = Sequence::default();
        while let Some(event) = track.poll().await {
            let TrackRemoteEvent::OnRtpPacket(mut packet) = event else {
                continue;
            };
            let lost = sequence.take(packet.header.sequence_number);
            self.count(|call| {
                call.rtp_received += 1;
                call.rtp_lost = lost;
                call.first_rtp_received.get_or_insert_with(Instant::now);
            });
            match &self.config.treatment {
                Treatment::Echo => {
                    packet.header.ssrc = self.ssrc;
                    packet.header.extension = false;
                    packet.header.extensions.clear();
                    self.send(packet).await;
                }
                Treatment::Play(_) | Treatment::Listen => {
                    if let Some(codec) = self.codec_of(packet.header.payload_type) {
                        self.recorder().take(codec, &packet);
                    }
                }
            }
        }
    }

    /// Sends unless the call is held; returns `false` where nothing can be sent any more.
    async fn send(&self, packet: rtc::rtp::Packet) -> bool {
        if !self.may_send.load(Ordering::Relaxed) {
            return true;
        }
        match self.track.write_rtp(packet).await {
            Ok(()) => {
                self.count(|call| call.rtp_sent += 1);
                true
            }
            Err(error) => {
                tracing::debug!(%error, "sending RTP failed");
                false
            }
        }
    }

    fn codec_of(&self, payload_type: u8) -> Option<Codec> {
        let formats = self.formats();
        let found = formats.iter().find(|(_, it)| *it == payload_type);
        found.map(|(codec, _)| *codec)
    }

    fn formats(&self) -> MutexGuard<'_, Vec<(Codec, u8)>> {
        self.formats
            .lock()
            .expect("no holder of the formats' lock panics")
    }

    fn recorder(&self) -> MutexGuard<'_, Recorder> {
        self.recorder
            .lock()
            .expect("no holder of the recorder's lock panics")
    }
}

/// Counts gaps in RTP sequence numbers (RFC 3550 §A.3: expected less received).
#[derive(Debug, Default)]
struct Sequence {
    first: Option<i64>,
    highest: i64,
    received: i64,
}

impl Sequence {
    /// Takes a sequence number and returns how many are missing so far.
    fn take(&mut self, number: u16) -> u64 {
        let extended = match self.first {
            None => i64::from(number),
            Some(_) => {
                let ahead = number.wrapping_sub(self.highest as u16) as i16;
                self.highest + i64::from(ahead)
            }
        };
        let first = *self.first.get_or_insert(extended);
        self.highest = if self.received == 0 {
            extended
        } else {
            self.highest.max(extended)
        };
        self.received += 1;
        u64::try_from(self.highest - first + 1 - self.received).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_count_as_lost_until_they_are_filled_across_the_wrap() {
        let mut sequence = Sequence::default();

        assert_eq!(sequence.take(65_534), 0);
        assert_eq!(sequence.take(0), 1);
        assert_eq!(sequence.take(65_535), 0);
        assert_eq!(sequence.take(3), 2);
    }
}
