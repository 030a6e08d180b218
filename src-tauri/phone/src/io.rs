//! The words between the phone and the world.

use std::{net::SocketAddr, time::Duration};

use secrecy::SecretString;
use serde::Serialize;
use sidecar_api::{
    AgentConfig, AgentResponse, AgentStateRequest, DisposeRequest, HeartbeatRequest,
    HeartbeatResponse, Holder, IceServer, LoginRequest, LoginResponse, LogoutRequest,
    LogoutResponse, RefreshRequest, RefreshResponse, RefusalReason, SessionGrant, User,
};
use sip::{Answer, DialogHandle, Offer};

use crate::{
    event::{Hop, HopFacts},
    moving::{MoveCall, MoveReply, StreamNews},
    sound::{SoundNews, SoundRequest, Tone},
    view::CallId,
    voice_path::VoicePath,
};

/// Names one effort to have a WebSocket; never used twice in one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowId(pub u64);

/// What the engine must do for the phone.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Send `request` to the sidecar; give up after `deadline`. Answer with [`Input::Sidecar`] carrying the same `attempt`.
    Sidecar {
        attempt: u64,
        request: Request,
        deadline: Duration,
    },
    /// Follow the sidecar's events until [`CloseEvents`](Self::CloseEvents) or their end; tell them by [`Input::Events`]. Give up what does
    /// not open within `deadline`.
    OpenEvents {
        stream: u64,
        access_token: SecretString,
        deadline: Duration,
    },
    /// Nothing of this stream is told any more.
    CloseEvents { stream: u64 },
    /// Open a WebSocket with sub-protocol `sip`; answer with [`Input::FlowOpened`] or [`Input::FlowFailed`].
    OpenFlow {
        flow: FlowId,
        url: String,
        deadline: Duration,
    },
    /// Send what was given to it, then close; a flow that is not open is forgotten. Nothing of it is told any more.
    CloseFlow { flow: FlowId },
    /// Send one text message.
    Send { flow: FlowId, message: String },
    /// Send a WebSocket ping; answer its pong with [`Input::Pong`].
    Ping { flow: FlowId },
    /// For the media of `call`.
    Media { call: CallId, request: MediaRequest },
    /// Sound this in place of what sounds; `None` is silence.
    Tone { tone: Option<Tone> },
    /// For the sound devices.
    Sound { request: SoundRequest },
    /// The servers for the media of calls that begin from now on.
    IceServers { servers: Vec<IceServer> },
    /// Ask the servers for media whether UDP leaves this network and comes back; answer with [`Input::PathProbed`].
    ProbePath,
    /// Look for what an earlier run stored; answer with [`Input::Restored`].
    Restore,
    /// Keep these for the next start; a failure is told by [`Input::VaultFailed`].
    Store { stored: Stored },
    /// Remove everything that was stored; answer with [`Input::Wiped`].
    Wipe,
}

/// A call of the sidecar's contract.
#[derive(Debug, Clone)]
pub enum Request {
    Login(LoginRequest),
    Refresh(RefreshRequest),
    Heartbeat {
        access_token: SecretString,
        body: HeartbeatRequest,
    },
    Logout {
        access_token: SecretString,
        body: LogoutRequest,
    },
    Move(MoveCall),
    /// Any answer at all: who answers is there.
    Probe,
    AgentState {
        access_token: SecretString,
        body: AgentStateRequest,
    },
    Dispose {
        access_token: SecretString,
        body: DisposeRequest,
    },
}

/// A 2xx of the sidecar, by the request it answers.
#[derive(Debug, Clone)]
pub enum Reply {
    Login(Box<LoginResponse>),
    Refresh(RefreshResponse),
    Heartbeat(HeartbeatResponse),
    Logout(LogoutResponse),
    Move(MoveReply),
    /// The sidecar answers.
    Probe {
        /// By how much this computer's clock is ahead of the server's; behind where it is negative.
        clock_ahead_ms: Option<i64>,
    },
    /// What was asked of the queue was carried out.
    Agent(AgentResponse),
}

/// Anything but a 2xx that makes sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SidecarFailure {
    /// A status with its words; `holder` comes with 409, `retry_after` with 429 and 503.
    Refused {
        status: u16,
        message: String,
        holder: Option<Box<Holder>>,
        /// Whether that holder can be asked for the session.
        askable: bool,
        retry_after: Option<Duration>,
        /// Why, where the status alone does not say it.
        reason: Option<RefusalReason>,
    },
    /// No answer: where on the way, and what happened there, for people.
    Unreachable {
        hop: Hop,
        detail: String,
        facts: Option<Box<HopFacts>>,
    },
    /// An answer that is none: not JSON, a field missing, too large.
    Nonsense { detail: String },
}

impl SidecarFailure {
    /// Whether the session has ended because its user is no longer the agent that signed in.
    pub(crate) fn is_account_changed(&self) -> bool {
        matches!(
            self,
            Self::Refused {
                status: 401,
                reason: Some(RefusalReason::AccountChanged),
                ..
            }
        )
    }
}

/// Why a WebSocket did not open or did not stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowFailure {
    pub hop: Hop,
    pub detail: String,
    pub facts: Option<Box<HopFacts>>,
    /// From an HTTP answer to the upgrade.
    pub retry_after: Option<Duration>,
}

/// What the vault keeps between two starts: the session at its beginning, the tokens whenever they
/// change.
#[derive(Debug, Clone)]
pub enum Stored {
    Session(Box<StoredSession>),
    Tokens(StoredTokens),
}

/// What a sign-in granted beside its tokens.
#[derive(Debug, Clone)]
pub struct StoredSession {
    pub user: User,
    /// `None`: a manager or an executive, who has no phone.
    pub agent_config: Option<AgentConfig>,
    pub grant: Option<SessionGrant>,
}

/// The tokens that were valid last.
#[derive(Debug, Clone)]
pub struct StoredTokens {
    pub access_token: SecretString,
    pub refresh_token: SecretString,
}

/// The session of an earlier run on this device, with its own tokens.
#[derive(Debug, Clone)]
pub struct Restored {
    pub session: StoredSession,
    pub tokens: StoredTokens,
}

/// What the media of a call is asked to do; `request` numbers what wants a reply.
#[derive(Debug, Clone)]
pub enum MediaRequest {
    Offer {
        request: u64,
    },
    Answer {
        request: u64,
        offer: Offer,
    },
    Apply {
        request: u64,
        dialog: DialogHandle,
        answer: Answer,
    },
    /// The peer refused our offer.
    Withdraw,
    /// The next offer looks for another way of the sound.
    Restart,
    Select {
        dialog: DialogHandle,
    },
    Hold {
        on: bool,
    },
    Mute {
        on: bool,
    },
    Dtmf {
        digits: String,
        duration: Duration,
        gap: Duration,
    },
    Close,
}

/// What the world tells the phone.
#[derive(Debug, Clone)]
pub enum Input {
    Sidecar {
        attempt: u64,
        reply: Result<Reply, SidecarFailure>,
    },
    Events {
        stream: u64,
        news: StreamNews,
    },
    FlowOpened {
        flow: FlowId,
    },
    FlowFailed {
        flow: FlowId,
        failure: FlowFailure,
    },
    Message {
        flow: FlowId,
        message: Vec<u8>,
    },
    Pong {
        flow: FlowId,
    },
    Media {
        call: CallId,
        news: MediaNews,
    },
    Sound {
        news: SoundNews,
    },
    PathProbed {
        found: PathProbe,
    },
    /// `None`: the vault has nothing that can be used.
    Restored {
        restored: Option<Box<Restored>>,
    },
    VaultFailed {
        detail: String,
    },
    /// The vault is empty, or has told why it is not.
    Wiped,
    /// The addresses or routes of this machine changed.
    NetworkChanged,
    /// The machine slept, or this process was stopped, and neither sent nor heard anything for `away`. The time that is given with it counts
    /// the sleep.
    Woke {
        away: Duration,
    },
}

/// What the media of a call tells.
#[derive(Debug, Clone)]
pub enum MediaNews {
    Offer {
        request: u64,
        offer: Offer,
    },
    Answer {
        request: u64,
        answer: Answer,
        telephone_event: bool,
        held_by_peer: bool,
    },
    Applied {
        request: u64,
        telephone_event: bool,
        held_by_peer: bool,
    },
    Refused {
        request: u64,
        reason: String,
    },
    Connected {
        dialog: DialogHandle,
    },
    FirstAudio {
        dialog: DialogHandle,
    },
    Interrupted,
    Resumed {
        after: Duration,
    },
    Dtmf {
        digit: char,
    },
    Quality(Quality),
    Path(VoicePath),
    NoMediaPath,
    SecurityFailed {
        detail: String,
    },
    ConsentLost,
    /// A fault of the media itself; there is no sound any more.
    Broken {
        detail: String,
    },
    /// The call goes on without the device or file.
    DeviceFailed {
        detail: String,
    },
}

/// Whether UDP leaves this network and comes back; see `media::PathProbe`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathProbe {
    NoServer,
    Silent {
        servers: Vec<SocketAddr>,
    },
    Reached {
        local: SocketAddr,
        seen_as: SocketAddr,
        took: Duration,
    },
}

/// The sound of a call since its start; see `media::Quality`, whose units these are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct Quality {
    pub packets_sent: u64,
    pub packets_received: u64,
    pub packets_lost: u64,
    pub packets_late: u64,
    pub samples_played: u64,
    pub samples_concealed: u64,
    pub jitter_ms: f32,
    pub playout_delay_ms: f32,
    pub round_trip_ms: Option<f32>,
    pub far_loss: Option<f32>,
    pub silent_ms: Option<u64>,
    pub unheard_ms: Option<u64>,
    pub capture_level_dbfs: f32,
    pub playback_level_dbfs: f32,
    pub playback_tone_hz: Option<f32>,
}
