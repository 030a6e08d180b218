use std::net::SocketAddr;
use std::time::Duration;

use crate::check::Verdict;
use crate::device::{Device, Reason, Role};
use crate::{Digit, Peer, SessionId};

/// What the media thread tells.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    Offer {
        session: SessionId,
        request: u64,
        sdp: String,
    },
    Answer {
        session: SessionId,
        request: u64,
        sdp: String,
        negotiated: Negotiated,
    },
    Applied {
        session: SessionId,
        request: u64,
        peer: Peer,
        negotiated: Negotiated,
    },
    /// The peer's description cannot be used: what and where, in a sentence.
    Refused {
        session: SessionId,
        request: u64,
        reason: String,
    },
    /// ICE, DTLS and fingerprint are done: media can flow.
    Connected {
        session: SessionId,
        peer: Peer,
    },
    /// The first packet of this peer was decrypted and decoded.
    FirstAudio {
        session: SessionId,
        peer: Peer,
    },
    /// Nothing, not even consent, came for more than a second, while it should.
    Interrupted {
        session: SessionId,
    },
    /// It comes again, after this long.
    Resumed {
        session: SessionId,
        after: Duration,
    },
    /// A digit that the peer sent (RFC 4733), once, at its end.
    Dtmf {
        session: SessionId,
        digit: Digit,
    },
    /// Every second of a session that is connected, and once at its close.
    Quality {
        session: SessionId,
        quality: Quality,
    },
    /// The way that the sound goes, within a second of the connection and of each change.
    Path {
        session: SessionId,
        path: Path,
    },
    /// Capture or playback broke, which file and why; told once. The session goes on without it:
    /// silence is sent in place of what was captured, what would be played is dropped.
    DeviceFailed {
        session: SessionId,
        reason: String,
    },
    /// The session cannot go on; it still wants to be closed.
    Failed {
        session: SessionId,
        failure: Failure,
    },
    Closed {
        session: SessionId,
    },
    /// Ten times a second while a device of the system is open or a sound check runs, in dB against
    /// a full-scale sine; −127 is silence. The microphone's is that of the processed voice, muted or
    /// not.
    Levels {
        microphone_dbfs: f32,
        speaker_dbfs: f32,
    },
    /// Somebody speaks while every call is muted: once for each spell.
    MutedSpeech,
    /// The microphone of the system has been open and not muted for 10 s, and gave digital silence:
    /// once for each spell.
    SilentMicrophone,
    /// The sound devices of the system, whenever they change and when they were asked for.
    Devices(Vec<Device>),
    /// `role` has this device open from here on; `None`: it was closed, because nothing needs it.
    DeviceUsed {
        role: Role,
        device: Option<Device>,
    },
    /// `role` uses another device than its user expects, or can use none. Where there is one,
    /// [`News::DeviceUsed`] comes before.
    DeviceChanged {
        role: Role,
        device: Option<Device>,
        reason: Reason,
    },
    /// Whether the microphone of the system is open.
    CaptureOpen(bool),
    /// What the sound check heard; what was recorded is played back from here on.
    SoundCheck(Verdict),
    /// A call began before the sound check had heard enough: it has no verdict.
    SoundCheckGivenUp,
    /// What [`Media::probe_path`](crate::Media::probe_path) found.
    PathProbed(PathProbe),
}

/// Whether UDP leaves this network and comes back, by the word of a STUN server (RFC 8489).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathProbe {
    /// There is no server to be asked.
    NoServer,
    /// None of these answered within two seconds; none at all: their names have no address.
    Silent { servers: Vec<SocketAddr> },
    /// One answered.
    Reached {
        /// Which socket of this machine it was asked from.
        local: SocketAddr,
        /// What it sees of that socket.
        seen_as: SocketAddr,
        took: Duration,
    },
}

/// What offer and answer agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Negotiated {
    pub codec: Codec,
    /// Whether telephone-event is usable in our sending direction.
    pub telephone_event: bool,
    /// Whether the peer holds us (it sends `sendonly` or `inactive`, or `c=0.0.0.0`).
    pub held_by_peer: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    Opus,
    Pcmu,
    Pcma,
}

/// Between which addresses the sound of a session goes, and as what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path {
    /// Of this machine.
    pub local: SocketAddr,
    /// The peer's, as this machine sees it.
    pub remote: SocketAddr,
    pub remote_kind: CandidateKind,
    pub codec: Codec,
}

/// What an address of a peer is (RFC 8445 §5.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CandidateKind {
    Host,
    ServerReflexive,
    /// It was not named: a check came from it.
    PeerReflexive,
    Relayed,
}

/// Why a session cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// No candidate pair worked within 15 s of the selection, or this machine has no address.
    NoMediaPath,
    /// The peer's certificate is not the one of its session description, or DTLS failed otherwise.
    Security(String),
    /// Consent (RFC 7675) was lost for 30 s.
    ConsentLost,
    /// A fault of this program ended the session: a sentence.
    Internal(String),
}

/// The sound of a session, from its start until now unless a field says otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Quality {
    pub packets_sent: u64,
    pub packets_received: u64,
    /// Packets that the peer sent and that did not arrive.
    pub packets_lost: u64,
    /// Packets that came too late to be played.
    pub packets_late: u64,
    /// Samples played, and those among them that were made up (lost or late), at 48 kHz. What is
    /// made up at present counts after half a second, and no more where it turns out that the peer
    /// had paused.
    pub samples_played: u64,
    pub samples_concealed: u64,
    /// RFC 3550 §6.4.1 interarrival jitter, in ms.
    pub jitter_ms: f32,
    /// How long a packet waits before it is played, in ms, over the last second.
    pub playout_delay_ms: f32,
    /// From RTCP (RFC 3550 §6.4.1), in ms; `None` until a report came.
    pub round_trip_ms: Option<f32>,
    /// The share of our packets that the peer lost, from its last report, 0 to 1.
    pub far_loss: Option<f32>,
    /// For how long no RTP has come, in ms; `None` while none has to come: the call is held or
    /// interrupted, or the peer suppresses silence and may rest (RFC 3389, RFC 3551 §4.1).
    pub silent_ms: Option<u64>,
    /// For how long, as of the peer's last report, nothing of what we sent arrived there, in ms;
    /// `None` where its reports do not tell, or there are none.
    pub unheard_ms: Option<u64>,
    /// Over the last second, dBFS; −127 is digital silence.
    pub capture_level_dbfs: f32,
    pub playback_level_dbfs: f32,
    /// The strongest steady tone in what is played, over the last second.
    pub playback_tone_hz: Option<f32>,
}
