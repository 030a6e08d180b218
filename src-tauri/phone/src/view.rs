use serde::{Deserialize, Serialize};
use std::fmt;

use crate::{CallSettings, EndCause, Hop, SignedOutReason, SoundSettings};

/// Names a call in commands, events and views; never used twice in one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallId(pub u32);

/// All that a front door needs to draw the phone; complete, never a delta.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PhoneView {
    pub account: AccountView,
    /// `None`: this account holds no session (nobody signed in, or a user without a phone).
    pub lease: Option<LeaseView>,
    pub link: LinkView,
    pub line: LineView,
    /// In the order of their beginning.
    pub calls: Vec<CallView>,
    pub call_settings: CallSettings,
    pub sound: SoundView,
}

/// The sound devices of the system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SoundView {
    /// Whether the microphone of the system is open.
    pub capture_open: bool,
    pub settings: SoundSettings,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum AccountView {
    /// `reason`: why the last session ended, or the last sign-in failed.
    SignedOut {
        reason: Option<SignedOutReason>,
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
    /// `phone`: whether this user has one.
    SignedIn {
        user: UserView,
        phone: bool,
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
pub struct UserView {
    pub id: String,
    pub role: String,
    pub name: String,
    pub email: String,
}

/// What stands in the way of the sidecar at present.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TroubleView {
    pub hop: Hop,
    pub detail: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeaseView {
    pub state: LeaseState,
    /// Time to live after each beat, in ms.
    pub ttl_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LinkView {
    /// Not wanted.
    Off,
    Opening,
    Up,
    Down {
        hop: Hop,
        detail: String,
    },
}

/// The registration of the extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LineView {
    Off,
    Registering,
    Registered { extension: String, server: String },
    Failed { status: Option<u16>, reason: String },
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CallView {
    pub call: CallId,
    pub direction: Direction,
    pub state: CallState,
    /// The number or user at the other end, and its name where one was given.
    pub number: String,
    pub display_name: Option<String>,
    /// Whether it is about to be answered by itself, or was.
    pub auto_answer: bool,
    pub held: bool,
    pub held_by_peer: bool,
    pub muted: bool,
    /// Sound does not arrive at present.
    pub interrupted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Outgoing,
    Incoming,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
    /// Over for us, the peer has not confirmed.
    Ending,
    Ended {
        cause: EndCause,
    },
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
