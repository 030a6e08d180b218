//! A sans-IO SIP user agent for one account over one WebSocket flow.
//!
//! Holds the protocol state of RFC 3261 (transactions, dialogs, registration, INVITE sessions) over the WebSocket transport of RFC 7118.
//! It opens no socket, reads no clock and starts no task: the caller feeds it messages and time, and drains what it wants sent.
//! Session descriptions pass through unread.

mod authentication;
mod config;
mod core;
mod dialog;
mod digest;
mod event;
mod flow;
mod message;
mod other_requests;
mod party;
mod registration;
mod session;
mod timer;
mod token;
mod transaction;
mod user_agent;

pub use config::Config;
pub use event::{Cause, Event, Party};
pub use user_agent::{InvalidTarget, UserAgent, WrongState};

/// Names one INVITE session inside this process; never sent on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallHandle(pub u32);

/// Names one of the dialogs that an outgoing INVITE may make (RFC 3261 §12.1, §13.2.2.4: forks answer separately).
///
/// The first dialog of every call, and the only one of an incoming call, is `DialogHandle(0)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DialogHandle(pub u32);

/// A session description that asks (RFC 3264).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer(pub String);

/// A session description that replies to an [`Offer`] (RFC 3264).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer(pub String);
