//! The messages between the phone and the sidecar, as JSON over HTTP.
//!
//! Bodies and status codes follow the sidecar's contract; fields that the original front end does not know are optional, so an old client
//! works against this sidecar and this client against an old one. Success is any 2xx. A client decides by status and by the presence of
//! fields, never by the words of `message` or by the name of a role.

mod agent;
mod error;
mod events;
mod login;
mod queue;
mod secret;
mod session;
mod takeover;

pub use agent::{
    AgentResponse, AgentState, AgentStateRequest, DialRequest, DisposeRequest, PartyRequest,
    RecordingAction, RecordingRequest,
};
pub use error::{ErrorBody, Holder, Message, RefusalReason};
pub use events::{LOST_EVENT, LostEvent, TAKEOVER_EVENT, TakeoverDemand, TakeoverEvent};
pub use login::{
    AgentConfig, IceServer, LoginRequest, LoginResponse, SessionGrant, Telephony, TelephonyState,
    Urls, User,
};
pub use queue::{Queue, QueueState};
pub use session::{
    HeartbeatRequest, HeartbeatResponse, LogoutRequest, LogoutResponse, RefreshRequest,
    RefreshResponse,
};
pub use takeover::{
    TakeoverAnswer, TakeoverAsked, TakeoverDone, TakeoverFree, TakeoverRequest, TakeoverResponse,
    TakeoverState, TakeoverStatus, TakeoverStatusRequest, TakeoverWithdrawal, TakeoverWord,
};

/// Names the installation that calls: a random UUID, made once, not secret.
pub const DEVICE_ID_HEADER: &str = "x-device-id";

/// Names the installation for people, percent-encoded UTF-8: "Ana's desk".
pub const DEVICE_NAME_HEADER: &str = "x-device-name";

/// Names the system of the installation for people: "Windows".
pub const DEVICE_SYSTEM_HEADER: &str = "x-device-system";

/// The words of a 403 at login: the user has no Agent record.
pub const AGENT_NOT_CONFIGURED: &str = "Agent account not configured. Contact administrator.";

/// The words of a 409 at login: another device holds the session lock.
pub const ALREADY_LOGGED_IN: &str =
    "You are already logged in on another device. Please log out there first.";

/// The words of a 401 at login; an unknown user and a wrong password are indistinguishable.
pub const WRONG_CREDENTIALS: &str = "Wrong email or password.";

/// The words of a 503 at login, before the part that failed.
pub const CANNOT_SIGN_IN_NOW: &str = "The server cannot sign you in right now.";

/// The largest answer that a client reads, in bytes.
pub const MAX_BODY: usize = 64 * 1024;
