//! A sans-IO SIP user agent for one account over one WebSocket flow.
//!
//! Holds the protocol state of RFC 3261 (transactions, dialogs, registration, INVITE sessions) over
//! the WebSocket transport of RFC 7118. It opens no socket, reads no clock and starts no task: the
//! caller feeds it messages and time, and drains what it wants sent. Session descriptions pass
//! through unread.
//!
//! From the wire up: `message` reads and writes, `digest` computes, `transaction` matches
//! (RFC 3261 §17, RFC 6026), `dialog` addresses (§12), `registration` and `session` hold the state
//! of what the caller asked for, `authentication` decides whose challenges are answered, and
//! [`UserAgent`] hands each input to whom it concerns.
//!
//! # What a lost flow does
//!
//! The binding is made anew at once over the next flow, by the same Contact and instance. Calls
//! that are established go on; their requests wait until the registrar has answered on the new
//! flow, or three seconds. A BYE is kept for 32 s, a change of the session for 64 s, a digit not at
//! all. A call that nobody has answered ends: an outgoing one at once, with a CANCEL over the next
//! flow, an incoming one after five seconds, or rings on there.
//!
//! # Left out
//!
//! - Reliable provisional responses (RFC 3262): `Require: 100rel` is refused with 420.
//! - Session timers (RFC 4028): neither offered nor run; a `Session-Expires` is ignored, a 422 ends
//!   the call as refused. The peer's refreshes are answered.
//! - Transfer (RFC 3515): REFER is declined with 603. Replaces (RFC 3891) and Join (RFC 3911): 420.
//! - Redirection (RFC 3261 §8.1.3.4): a 3xx ends the call as refused, also inside the own domain.
//! - Subscriptions (RFC 6665): SUBSCRIBE is refused with 489; of unsolicited NOTIFYs
//!   `message-summary` (RFC 3842) is taken and not told.
//! - Messages (RFC 3428), PUBLISH (RFC 3903): 405. Info packages (RFC 6086): only the digits of
//!   `application/dtmf-relay` and `application/dtmf`.
//! - Multipart (RFC 5621) and encoded bodies: 415. S/MIME (RFC 3261 §23), Identity (RFC 8224).
//! - Other transports than one WebSocket that the caller opens (RFC 3261 §18, RFC 3263): no UDP,
//!   TCP or TLS sockets, so timers A, E and G do not run and D, I, J and K are zero. Nothing that
//!   a message names is ever resolved or fetched.
//! - Several flows (RFC 5626 §4.2: `reg-id` is always 1), Path (RFC 3327) and Service-Route
//!   (RFC 3608), temporary GRUUs (RFC 5627 §3.1.2).
//! - UPDATE (RFC 3311) is answered, never sent.
//! - A challenge to a BYE or INFO in a call that came in is not answered, for the same reason, and
//!   one of another realm than the registrar's never.

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

/// Names one of the dialogs that an outgoing INVITE may make (RFC 3261 §12.1, §13.2.2.4: forks
/// answer separately).
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
