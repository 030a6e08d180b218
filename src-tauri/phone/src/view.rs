use serde::{Deserialize, Serialize};
use std::{fmt, net::SocketAddr};

use crate::{
    AskView, CallSettings, Device, DeviceFault, EndCause, Hop, HopFacts, Moment, MoveRequestView,
    Output, SignedOutReason, SoundSettings, SoundVerdict, VoicePath, queue::QueueView,
};

/// Names a call in commands, events and views; never used twice in one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct CallId(pub u32);

/// All that a front door needs to draw the phone; complete, never a delta.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct PhoneView {
    pub account: AccountView,
    /// Who this phone is to the telephony; `None`: this account has no phone.
    pub agent: Option<AgentView>,
    /// `None`: this account holds no session (nobody signed in, or a user without a phone).
    pub lease: Option<LeaseView>,
    /// Another device of this user asks for this phone.
    pub move_request: Option<MoveRequestView>,
    pub link: LinkView,
    pub line: LineView,
    /// `None`: the sidecar has no queue.
    pub queue: Option<QueueView>,
    pub proofs: Proofs,
    /// In the order of their beginning.
    pub calls: Vec<CallView>,
    /// The call of this session that ended last.
    pub ended: Option<EndedCallView>,
    pub call_settings: CallSettings,
    pub sound: SoundView,
    /// The last question whether the sidecar answers; `None`: nobody asked.
    pub server_check: Option<ServerCheckView>,
    /// The last question for the voice path outside of a call; `None`: nobody asked in this network.
    pub path_check: Option<PathCheckView>,
    pub vault: VaultView,
}

/// When the other ends were heard last, and until when what they said is good. They change all the
/// time, and nothing else of the view with them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct Proofs {
    /// The last heartbeat that the sidecar confirmed, and when its term ends.
    pub session_confirmed_at: Option<Moment>,
    pub session_expires_at: Option<Moment>,
    /// The last message or pong of the phone server.
    pub link_heard_at: Option<Moment>,
    /// The last 200 to a REGISTER, and when the binding ends.
    pub line_confirmed_at: Option<Moment>,
    pub line_expires_at: Option<Moment>,
    /// The last answer of Ozonetel: what came of the sign-in there, of an order or of an outcome.
    pub queue_confirmed_at: Option<Moment>,
}

/// What the sidecar told of the agent's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct AgentView {
    pub agent_id: String,
    pub extension: String,
    pub campaign: Option<String>,
}

/// The sound devices of the system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct SoundView {
    /// Whether the microphone of the system is open.
    pub capture_open: bool,
    pub settings: SoundSettings,
    /// `None`: nobody asked for them so far.
    pub devices: Option<Vec<Device>>,
    /// What is open for each, or would be opened first; `None`: none can be used.
    pub microphone: Option<Device>,
    pub speaker: Option<Device>,
    pub ringer: Option<Device>,
    /// Why the microphone that is needed cannot be used.
    pub microphone_fault: Option<DeviceFault>,
    /// The sound check that runs, or the last one.
    pub check: Option<SoundCheckView>,
    /// The output that is being tested.
    pub tested: Option<Output>,
    /// When somebody was last heard to speak into the muted microphone.
    pub muted_speech_at: Option<Moment>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SoundCheckView {
    Running,
    Done {
        verdict: SoundVerdict,
        /// The verdict in words.
        words: &'static str,
        at: Moment,
        /// Where what was recorded is played back, as soon as that is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "types", ts(optional))]
        playback: Option<PlaybackView>,
    },
}

/// What became of the speaker in a sound check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PlaybackView {
    /// The device of this name was opened and plays.
    Open {
        device: String,
    },
    Failed {
        fault: DeviceFault,
    },
}

/// Whether the sidecar answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ServerCheckView {
    Running,
    /// It answered after so long.
    Reached {
        took_ms: u64,
        /// By how much this computer's clock is ahead of the server's, behind where it is negative;
        /// 0 up to five minutes, absent where the server told no time.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "types", ts(optional))]
        clock_ahead_ms: Option<i64>,
        at: Moment,
    },
    Failed {
        hop: Hop,
        detail: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "types", ts(optional))]
        facts: Option<Box<HopFacts>>,
        at: Moment,
    },
}

/// Whether voice leaves this network and comes back, by the word of a STUN server. That both sides hear each other is proven by a call alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PathCheckView {
    Running,
    Reached {
        /// The address and port of this machine.
        #[cfg_attr(feature = "types", ts(type = "string"))]
        local: SocketAddr,
        /// How the server sees it.
        #[cfg_attr(feature = "types", ts(type = "string"))]
        seen_as: SocketAddr,
        took_ms: u64,
        at: Moment,
    },
    /// None of these servers answered; none at all: their names are not found.
    Silent {
        #[cfg_attr(feature = "types", ts(type = "string[]"))]
        servers: Vec<SocketAddr>,
        at: Moment,
    },
    /// The account names no STUN server: nobody can be asked.
    NoServer {
        at: Moment,
    },
}

/// Where the session is kept between two starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum VaultView {
    /// In the keyring of the operating system.
    Keyring,
    /// Nowhere: it ends with the process, as it was wished.
    Memory,
    /// The keyring could not keep or give something: the session lives in memory alone.
    Failed { detail: String },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum AccountView {
    /// `reason`: why the last session ended, or the last sign-in failed.
    SignedOut {
        reason: Option<SignedOutReason>,
        since: Moment,
    },
    /// Looking for the session of an earlier run.
    Restoring,
    /// A session of an earlier run was found and is confirmed with the sidecar before anything is
    /// done with it; `trouble`: why the last try failed.
    Resuming {
        user: UserView,
        trouble: Option<TroubleView>,
    },
    SigningIn {
        email: String,
    },
    /// Another device holds the session, and its user is asked for it; `device_name`: `None` where it has none.
    Asking {
        email: String,
        device_name: Option<String>,
        ask: AskView,
    },
    /// `phone`: whether this user has one.
    SignedIn {
        user: UserView,
        phone: bool,
        since: Moment,
    },
    /// The account of `SIP_URI`, `SIP_PASSWORD`, `SIP_WS_SERVER`, without a sidecar.
    Fallback {
        sip_uri: String,
    },
    /// Neither a sidecar nor a fallback account is configured: why SIP is not started.
    NotConfigured {
        message: String,
    },
    SigningOut,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct UserView {
    pub id: String,
    pub role: String,
    pub name: String,
    pub email: String,
}

/// What stands in the way of the sidecar at present.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct TroubleView {
    pub hop: Hop,
    pub detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "types", ts(optional))]
    pub facts: Option<Box<HopFacts>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct LeaseView {
    pub state: LeaseState,
    /// Time to live after each beat, in ms.
    pub ttl_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LeaseState {
    /// Granted at login and not yet confirmed, or confirmed.
    Held,
    AtRisk {
        hop: Hop,
        detail: String,
    },
    Lost {
        reason: SignedOutReason,
    },
}

/// The WebSocket to the phone server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LinkView {
    /// Not wanted.
    Off,
    Opening,
    Up {
        since: Moment,
    },
    Down {
        /// The name or address of the phone server, without its port.
        host: String,
        hop: Hop,
        detail: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "types", ts(optional))]
        facts: Option<Box<HopFacts>>,
        retry_at: Moment,
    },
}

/// The registration of the extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LineView {
    Off,
    Registering,
    Registered {
        extension: String,
        server: String,
        since: Moment,
    },
    /// `retry_at`: `None` where trying again makes no sense.
    Failed {
        status: Option<u16>,
        reason: String,
        retry_at: Option<Moment>,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct CallView {
    pub call: CallId,
    pub direction: Direction,
    pub state: CallState,
    /// The number or user at the other end, and its name where one was given; empty, and none, where the caller withholds who they are.
    pub number: String,
    pub display_name: Option<String>,
    /// Whether it is about to be answered by itself, or was.
    pub auto_answer: bool,
    /// Whether it rings here and its user does not want to hear that.
    pub silenced: bool,
    /// Whether it waits: its user has put it on hold, or turned to another call. The far end hears nothing meanwhile, whether
    /// or not it was told.
    pub held: bool,
    pub held_by_peer: bool,
    pub muted: bool,
    /// Sound does not arrive at present.
    pub interrupted: bool,
    pub began_at: Moment,
    /// Since sound can flow both ways.
    pub talking_since: Option<Moment>,
    pub held_since: Option<Moment>,
    pub interrupted_since: Option<Moment>,
    /// Since when nothing of theirs arrives here, although the way of the sound lives: told after 4 s.
    pub one_way_in_since: Option<Moment>,
    /// Since when nothing of ours arrives there, by the far end's own reports; `None` where it sends none.
    pub one_way_out_since: Option<Moment>,
    /// Whether a repair that was asked for is under way.
    pub repairing: bool,
    /// How it sounds at present; `None`: not known yet.
    pub quality: Option<CallQuality>,
    /// Which way its sound goes; `None`: it goes none yet.
    pub path: Option<VoicePath>,
    /// How long a packet takes there and back, rounded up to 10 ms; `None`: not known yet.
    pub round_trip_ms: Option<u32>,
}

/// A call that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct EndedCallView {
    pub call: CallId,
    pub direction: Direction,
    pub number: String,
    pub display_name: Option<String>,
    pub cause: EndCause,
    /// `None`: it never talked.
    pub talked_ms: Option<u64>,
    pub at: Moment,
}

/// Which side of a call does not hear the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum OneWay {
    /// The user hears nothing: nothing arrives.
    In,
    /// The far end hears nothing: packets leave and do not arrive.
    Out,
}

/// How a call sounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum CallQuality {
    Good,
    Fair,
    Poor,
    /// Both directions suffer: it is the network on this side.
    PoorHere,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Outgoing,
    Incoming,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CallState {
    /// Making the offer, then waiting for the first response.
    Calling,
    /// The far end rings; `early_media`: its sound is heard already.
    Ringing {
        early_media: bool,
    },
    /// It rings here.
    Alerting,
    /// Answered here, the answer is on its way.
    Answering,
    /// Answered, sound is being set up.
    Connecting,
    Talking,
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
