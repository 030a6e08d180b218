use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rtc::{
    ice::mdns::MulticastDnsMode,
    media_stream::MediaStreamTrack,
    rtp_transceiver::rtp_sender::{RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind},
};
use tokio::{sync::watch, task::JoinHandle, time::MissedTickBehavior};
use webrtc::{
    media_stream::{
        track_local::{TrackLocal, static_rtp::TrackLocalStaticRTP},
        track_remote::{TrackRemote, TrackRemoteEvent},
    },
    peer_connection::{
        MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler,
        RTCIceGatheringState, RTCPeerConnectionState, RTCSessionDescription, Registry,
        SettingEngineBuilder, configure_rtcp_reports,
    },
    runtime::TokioRuntime,
};

use crate::{
    clip::{Clip, FRAME, Recorder},
    codec::{Codec, telephone_event},
    counts::{CallCount, CallState, Tally},
    description::{payload_type_of, with_default_candidate},
    sound::Sound,
};

/// What a user agent of the lab does with a call's sound.
#[derive(Debug, Clone)]
pub enum Treatment {
    /// Sends every packet back as it came.
    Echo,
    /// Plays this over and over; Opus only.
    Play(Arc<Clip>),
    /// Sends nothing.
    Listen,
}

/// The media of one call, made by the `webrtc` crate.
pub(crate) struct Peer {
    connection: Arc<dyn PeerConnection>,
    gathered: watch::Receiver<bool>,
    handler: Arc<Handler>,
    player: Option<JoinHandle<()>>,
}

/// What a peer is made of.
#[derive(Debug, Clone)]
pub(crate) struct PeerConfig {
    pub(crate) call_id: String,
    pub(crate) extension: String,
    /// In the order of preference.
    pub(crate) codecs: Vec<Codec>,
    pub(crate) treatment: Treatment,
    pub(crate) tally: Tally,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum PeerError {
    #[error("webrtc: {0}")]
    WebRtc(#[from] webrtc::error::Error),
    #[error("No candidates within {GATHERING_DEADLINE:?}")]
    Gathering,
    #[error("No local description")]
    NoDescription,
    #[error(transparent)]
    Clip(#[from] crate::clip::ClipError),
}

/// Host candidates only: milliseconds on an idle machine.
const GATHERING_DEADLINE: Duration = Duration::from_secs(10);
/// Ta of RFC 8445 §14.2; the crate's own 200 ms would stand in every figure of a call's set-up.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);
/// So many checks of a pair go unanswered before it counts as failed: 10 s of them.
const MAX_CHECKS: u16 = 200;
/// More interfaces than this only make more candidate pairs.
const MAX_INTERFACES: usize = 4;

impl Peer {
    pub(crate) async fn new(config: PeerConfig) -> Result<Self, PeerError> {
        let ssrc = rand::random::<u32>();
        let mut engine = MediaEngine::default();
        for codec in &config.codecs {
            engine.register_codec(codec.parameters(), RtpCodecKind::Audio)?;
        }
        engine.register_codec(telephone_event(), RtpCodecKind::Audio)?;
        let first = config.codecs.first().copied().unwrap_or(Codec::Opus);
        let track = Arc::new(TrackLocalStaticRTP::new(MediaStreamTrack::new(
            "lab".to_owned(),
            "lab-audio".to_owned(),
            "lab-audio".to_owned(),
            RtpCodecKind::Audio,
            vec![RTCRtpEncodingParameters {
                rtp_coding_parameters: RTCRtpCodingParameters {
                    ssrc: Some(ssrc),
                    ..Default::default()
                },
                codec: first.parameters().rtp_codec,
                ..Default::default()
            }],
        )));
        let (gathered_sender, gathered) = watch::channel(false);
        let handler = Arc::new(Handler {
            recorder: Mutex::new(Recorder::new()?),
            track: Arc::clone(&track),
            ssrc,
            may_send: AtomicBool::new(true),
            gathered: gathered_sender,
            connected: watch::Sender::new(false),
            config: config.clone(),
        });
        let registry = configure_rtcp_reports(Registry::new());
        // Names of mDNS are for browsers; joining its group fails where there is loopback alone.
        let settings = SettingEngineBuilder::new()
            .with_multicast_dns_mode(MulticastDnsMode::Disabled)
            .with_ice_connection_attempts(Some(CHECK_INTERVAL), Some(MAX_CHECKS))
            .build();
        let connection = PeerConnectionBuilder::new()
            .with_media_engine(engine)
            .with_interceptor_registry(registry)
            .with_setting_engine(settings)
            .with_runtime(Arc::new(TokioRuntime))
            .with_handler(Arc::new(PeerEvents(Arc::clone(&handler))))
            .with_udp_addrs(local_addresses())
            .build()
            .await?;
        connection.add_track(track).await?;
        // Left alone, the crate offers the codec of the track and nothing else.
        let mut codecs: Vec<_> = config
            .codecs
            .iter()
            .map(|codec| codec.parameters())
            .collect();
        codecs.push(telephone_event());
        for transceiver in connection.get_transceivers().await {
            transceiver.set_codec_preferences(codecs.clone()).await?;
        }
        Ok(Self {
            connection: Arc::new(connection),
            gathered,
            handler,
            player: None,
        })
    }

    /// Makes an offer with all candidates.
    pub(crate) async fn offer(&mut self) -> Result<String, PeerError> {
        let offer = self.connection.create_offer(None).await?;
        self.connection.set_local_description(offer).await?;
        self.local_description().await
    }

    /// Answers an offer, the first or a later one.
    pub(crate) async fn answer(&mut self, offer: &str) -> Result<String, PeerError> {
        let offer = RTCSessionDescription::offer(offer.to_owned())?;
        self.connection.set_remote_description(offer).await?;
        let answer = self.connection.create_answer(None).await?;
        self.connection.set_local_description(answer).await?;
        let answer = self.local_description().await?;
        self.play(&answer);
        Ok(answer)
    }

    /// Takes the answer to our offer.
    pub(crate) async fn accept(&mut self, answer: &str) -> Result<(), PeerError> {
        let description = RTCSessionDescription::answer(answer.to_owned())?;
        self.connection.set_remote_description(description).await?;
        self.play(answer);
        Ok(())
    }

    /// Comes back when ICE and DTLS are done.
    pub(crate) async fn connected(&mut self) {
        let mut connected = self.handler.connected.subscribe();
        // The sender lives in the handler, which this peer holds.
        let _ = connected.wait_for(|connected| *connected).await;
    }

    /// Sets whether sound may be sent: not while the other side holds the call.
    pub(crate) fn may_send(&self, may: bool) {
        self.handler.may_send.store(may, Ordering::Relaxed);
    }

    /// What can be asked for what was heard, also after the call.
    pub(crate) fn ear(&self) -> Ear {
        Ear(Arc::clone(&self.handler))
    }

    pub(crate) async fn close(self) {
        if let Err(error) = self.connection.close().await {
            tracing::debug!(%error, "closing a peer connection failed");
        }
    }

    async fn local_description(&mut self) -> Result<String, PeerError> {
        tokio::time::timeout(GATHERING_DEADLINE, self.gathered.wait_for(|done| *done))
            .await
            .ok()
            .and_then(Result::ok)
            .ok_or(PeerError::Gathering)?;
        let description = self
            .connection
            .local_description()
            .await
            .ok_or(PeerError::NoDescription)?;
        Ok(with_default_candidate(&description.sdp))
    }

    /// Starts playing, once, when the connection is there.
    fn play(&mut self, answer: &str) {
        let Treatment::Play(clip) = &self.handler.config.treatment else {
            return;
        };
        let (None, Some(payload_type)) = (&self.player, payload_type_of(answer, "opus/48000"))
        else {
            return;
        };
        let (clip, handler) = (Arc::clone(clip), Arc::clone(&self.handler));
        self.player = Some(tokio::spawn(async move {
            if handler
                .connected
                .subscribe()
                .wait_for(|connected| *connected)
                .await
                .is_ok()
            {
                handler.play(&clip, payload_type).await;
            }
        }));
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if let Some(player) = self.player.take() {
            player.abort();
        }
    }
}

/// Knows what a peer heard.
#[derive(Clone)]
pub(crate) struct Ear(Arc<Handler>);

impl Ear {
    /// Returns what has been heard so far; Opus only, and nothing by an echo.
    pub(crate) fn heard(&self) -> Sound {
        self.0.recorder().sound()
    }
}

/// The event handler of the peer connection, and what its tasks share.
struct Handler {
    recorder: Mutex<Recorder>,
    track: Arc<TrackLocalStaticRTP>,
    ssrc: u32,
    may_send: AtomicBool,
    gathered: watch::Sender<bool>,
    connected: watch::Sender<bool>,
    config: PeerConfig,
}

impl Handler {
    fn recorder(&self) -> std::sync::MutexGuard<'_, Recorder> {
        self.recorder
            .lock()
            .expect("no holder of the recorder's lock panics")
    }

    fn count(&self, change: impl FnOnce(&mut CallCount)) {
        let PeerConfig {
            call_id, extension, ..
        } = &self.config;
        self.config.tally.update(|counts| {
            if let Some(call) = counts.call_mut(call_id, extension) {
                change(call);
            }
        });
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

    async fn play(&self, clip: &Clip, payload_type: u8) {
        // RFC 3551 §4.5.1: 20 ms per packet.
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut header = rtc::rtp::Header {
            version: 2,
            marker: true,
            payload_type,
            sequence_number: rand::random(),
            timestamp: rand::random(),
            ssrc: self.ssrc,
            ..Default::default()
        };
        for payload in clip.packets.iter().cycle() {
            ticks.tick().await;
            let packet = rtc::rtp::Packet {
                header: header.clone(),
                payload: payload.clone(),
            };
            if !self.send(packet).await {
                return;
            }
            header.marker = false;
            header.sequence_number = header.sequence_number.wrapping_add(1);
            header.timestamp = header.timestamp.wrapping_add(FRAME as u32);
        }
    }

    async fn receive(&self, track: Arc<dyn TrackRemote>) {
        let mut sequence = Sequence::default();
        while let Some(event) = track.poll().await {
            let TrackRemoteEvent::OnRtpPacket(packet) = event else {
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
                    let mut packet = packet;
                    packet.header.ssrc = self.ssrc;
                    packet.header.extension = false;
                    packet.header.extensions.clear();
                    self.send(packet).await;
                }
                Treatment::Play(_) | Treatment::Listen => self
                    .recorder()
                    .take(packet.header.timestamp, &packet.payload),
            }
        }
    }
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for PeerEvents {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            self.0.gathered.send_replace(true);
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        tracing::debug!(call = self.0.config.call_id, %state, "peer connection");
        if state == RTCPeerConnectionState::Connected {
            self.0
                .count(|call| call.state = call.state.max(CallState::Connected));
            self.0.connected.send_replace(true);
        }
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let handler = Arc::clone(&self.0);
        tokio::spawn(async move { handler.receive(track).await });
    }
}

/// What the `webrtc` crate calls.
struct PeerEvents(Arc<Handler>);

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

/// Loopback and the machine's other IPv4 addresses, each with a free port.
fn local_addresses() -> Vec<SocketAddr> {
    let mut addresses = vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    for interface in interfaces {
        let address = interface.ip();
        if address.is_ipv4()
            && !interface.is_loopback()
            && !interface.is_link_local()
            && addresses.len() < MAX_INTERFACES
        {
            addresses.push(address);
        }
    }
    addresses
        .into_iter()
        .map(|address| SocketAddr::new(address, 0))
        .collect()
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
