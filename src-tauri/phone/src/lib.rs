//! The phone: one state machine for sign-in, the lease, the link, the line and the calls.
//!
//! [`Phone`] is sans-IO. Commands, inputs and time go in; effects, events and a view come out.
//! Drain all outputs after every call that takes `&mut self`.

mod backoff;
mod call;
mod call_settings;
mod command;
mod dialling;
mod errand;
mod event;
mod io;
mod lease;
mod line;
mod link;
mod moment;
mod moving;
mod outputs;
mod phone;
mod queue;
#[cfg(feature = "types")]
pub mod samples;
mod sound;
mod tokens;
mod view;
mod voice_path;
mod words;

pub use call_settings::{AutoAnswer, CallSettings};
pub use command::{Accepted, Command, Rejected};
pub use dialling::{DialPlan, DialPolicy, EmergencyNotice, LONGEST_NOTICE, NumberRewrite};
pub use event::{CertificateFault, EndCause, Event, Hop, HopFacts, LockReturned, SignedOutReason};
pub use io::{
    Effect, FlowFailure, FlowId, Input, MediaNews, MediaRequest, PathProbe, Quality, Reply,
    Request, Restored, SidecarFailure, Stored, StoredSession, StoredTokens,
};
pub use moment::Moment;
pub use moving::{
    AskView, MoveAnswer, MoveCall, MoveReply, MoveRequestState, MoveRequestView, NotMoved,
    ServerEvent, StreamNews,
};
pub use phone::{Fallback, Phone, SIGN_OUT_DEADLINE, Setup};
pub use queue::{
    Availability, OrderView, QueueLoginView, QueueRefusalView, QueueView, Refused, WrapUpView,
};
pub use sound::{
    COUNTRIES, Device, DeviceFault, DeviceKind, DeviceRole, DeviceWhy, Output, SoundNews,
    SoundRequest, SoundSettings, SoundVerdict, Tone,
};
pub use view::{
    AccountView, AgentView, CallId, CallQuality, CallState, CallView, Direction, EndedCallView,
    LeaseState, LeaseView, LineView, LinkView, OneWay, PathCheckView, PhoneView, PlaybackView,
    Proofs, ServerCheckView, SoundCheckView, SoundView, TroubleView, UserView, VaultView,
};
pub use voice_path::{CandidateKind, Codec, VoicePath};
