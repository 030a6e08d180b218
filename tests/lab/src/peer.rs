use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use rtc::{
    ice::mdns::MulticastDnsMode,
    media_stream::MediaStreamTrack,
    rtp_transceiver::rtp_sender::{RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind},
};
use tokio::{sync::watch, task::JoinHandle};
use webrtc::{
    media_stream::{track_local::static_rtp::TrackLocalStaticRTP, track_remote::TrackRemote},
    peer_connection::{
        MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler,
        RTCIceGatheringState, RTCPeerConnectionState, RTCSessionDescription, Registry,
        SettingEngineBuilder, configure_rtcp_reports,
    },
    runtime::TokioRuntime,
};

use crate::{
    clip::Clip,
    codec::{Codec, telephone_event},
    counts::{CallState, Tally},
    description::{formats_of, with_default_candidate},
    middlebox::{Loses, Middlebox},
    traffic::{Ear, Traffic},
};

/// What a user agent of the lab does with a call's sound.
#[derive(Debug, Clone)]
pub enum Treatment {
    /// Sends every packet back as it came.
    Echo,
    /// Plays this over and over.
    Play(Arc<Clip>),
    /// Sends nothing.
    Listen,
}

/// The media of one call, made by the `webrtc` crate.
pub(crate) struct Peer {
    connection: Arc<dyn PeerConnection>,
    gathered: watch::Receiver<bool>,
    traffic: Arc<Traffic>,
    player: Option<JoinHandle<()>>,
    /// What the first answer is to lead through.
    loses: Option<Loses>,
    _middlebox: Option<Middlebox>,
}

/// What a peer is made of.
#[derive(Debug, Clone)]
pub(crate) struct PeerConfig {
    pub(crate) call_id: String,
    pub(crate) extension: String,
    /// In the order of preference.
    pub(crate) codecs: Vec<Codec>,
    pub(crate) treatment: Treatment,
    /// What is lost on the way of the first description; a later one that restarts ICE finds a way without that.
    pub(crate) loses: Option<Loses>,
    pub(crate) tally: Tally,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum PeerError {
    #[error("webrtc: {0}")]
    WebRtc(#[from] webrtc::error::Error),
    #[error("No candidates within {GATHERING_DEADLINE:?}")]
    Gathering,
    #[error("Nothing can stand before the peer: {0}")]
    Middlebox(#[from] std::io::Error),
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
        let traffic = Arc::new(Traffic::new(config.clone(), Arc::clone(&track), ssrc)?);
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
            .with_handler(Arc::new(PeerEvents {
                traffic: Arc::clone(&traffic),
                gathered: gathered_sender,
            }))
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
            traffic,
            player: None,
            loses: config.loses,
            _middlebox: None,
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
        let loses = self.loses.take();
        let offer = match loses {
            Some(_) => Middlebox::hide(offer),
            None => offer.to_owned(),
        };
        let offer = RTCSessionDescription::offer(offer)?;
        self.connection.set_remote_description(offer).await?;
        let answer = self.connection.create_answer(None).await?;
        self.connection.set_local_description(answer).await?;
        let answer = self.local_description().await?;
        self.agree(&answer);
        let Some(loses) = loses else {
            return Ok(answer);
        };
        let (middlebox, answer) = Middlebox::before(&answer, loses).await?;
        self._middlebox = Some(middlebox);
        Ok(answer)
    }

    /// Takes the answer to our offer.
    pub(crate) async fn accept(&mut self, answer: &str) -> Result<(), PeerError> {
        let description = RTCSessionDescription::answer(answer.to_owned())?;
        self.connection.set_remote_description(description).await?;
        self.agree(answer);
        Ok(())
    }

    /// Comes back when ICE and DTLS are done.
    pub(crate) async fn connected(&mut self) {
        self.traffic.connected().await;
    }

    /// Sets whether sound may be sent: not while the other side holds the call.
    pub(crate) fn may_send(&self, may: bool) {
        self.traffic.may_send(may);
    }

    /// What can be asked for what was heard, also after the call.
    pub(crate) fn ear(&self) -> Ear {
        Ear(Arc::clone(&self.traffic))
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

    /// Takes what both sides agreed on; a peer that plays begins, once, when the connection is there.
    fn agree(&mut self, answer: &str) {
        self.traffic.agree(formats_of(answer));
        if let (Treatment::Play(clip), None) = (self.traffic.treatment(), &self.player) {
            let (clip, traffic) = (Arc::clone(clip), Arc::clone(&self.traffic));
            self.player = Some(tokio::spawn(async move {
                traffic.connected().await;
                traffic.play(&clip).await;
            }));
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if let Some(player) = self.player.take() {
            player.abort();
        }
    }
}

/// What the `webrtc` crate calls.
struct PeerEvents {
    traffic: Arc<Traffic>,
    gathered: watch::Sender<bool>,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for PeerEvents {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            self.gathered.send_replace(true);
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        tracing::debug!(call = self.traffic.call_id(), %state, "peer connection");
        if state == RTCPeerConnectionState::Connected {
            self.traffic
                .count(|call| call.state = call.state.max(CallState::Connected));
            self.traffic.note_connected();
        }
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let traffic = Arc::clone(&self.traffic);
        tokio::spawn(async move { traffic.receive(track).await });
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
