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
//! flow, or three seconds. An ACK or a 2xx that the peer may still be waiting for is sent again at
//! once. A BYE is kept for 32 s, a change of the session for 64 s, a digit not at all. A call that
//! nobody has answered ends: an outgoing one at once, with a CANCEL over the next flow, an incoming
//! one after five seconds, or rings on there.
//!
//! # Whose challenges are answered
//!
//! A response of the far end and one of the registrar's proxy look alike, and from a digest over a
//! nonce of its own the far end could guess the password. So only a REGISTER's challenge names the
//! realm (before any registration the first one to an INVITE of ours), and all others must name the
//! same. A call that we place is the user's will: its challenges are answered. In one that came in,
//!
//! - a challenge to a re-INVITE is answered unless a provisional response came before it: a proxy
//!   says 100 when it takes an INVITE on (RFC 3261 §16.2, §17.2.1), and the far end cannot see what
//!   the proxy has not passed on. The proxy challenges before that. A stateless proxy, or one that
//!   keeps its 100 back for the 200 ms it may, lets the challenge of a quick far end through.
//! - a BYE or INFO has no such sign. Its challenge is answered once one to such a re-INVITE was, in
//!   any call that came in, and no longer when a BYE or INFO in one has passed without credentials.
//!   Where it is not answered, the far end does not hear that the call is over.
//!
//! An ACK carries what its INVITE carried (§22.1), and a proxy that does not take that out shows it
//! to the far end.
//!
//! # Left out
//!
//! - Reliable provisional responses (RFC 3262): `Require: 100rel` is refused with 420.
//! - Session timers (RFC 4028): neither offered nor run; a `Session-Expires` is ignored, `Require:
//!   timer` is refused with 420, a 422 ends the call as refused. The peer's refreshes are answered.
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
//! - Several flows (RFC 5626 §4.2: `reg-id` is always 1) and its Flow-Timer (§10: the caller's own
//!   keep-alives are more frequent), Service-Route (RFC 3608), temporary GRUUs (RFC 5627 §3.1.2).
//!   The Path of a REGISTER's response (RFC 3327) is not looked at.
//! - UPDATE (RFC 3311) is answered, never sent.
//! - A challenge to a re-INVITE in a call that came in, from a proxy behind one that has said 100,
//!   and one to the BYE of a surplus fork (RFC 3261 §13.2.2.4): not answered.
//! - Of digest authentication the `-sess` algorithms (RFC 7616 §3.4.2), `auth-int` (§3.4.3),
//!   `userhash` (§3.4.4) and Authentication-Info (§3.5).
//! - URI headers and passwords (RFC 3261 §19.1.1): headers are dropped, a password is dropped from
//!   what is dialled and otherwise comes back unread.

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
pub use message::Dialled;
pub use user_agent::{InvalidTarget, UserAgent, WrongState};

/// Names one INVITE session inside this process; never sent on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallHandle(pub u32);

/// Names one of the dialogs that an outgoing INVITE may make (RFC 3261 §12.1, §13.2.2.4: forks
/// answer separately).
///
/// Counts from 0 in each call, by order of appearance, and names no second dialog: the first after
/// a challenge that ended early dialogs counts on. An incoming call has `DialogHandle(0)` alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DialogHandle(pub u32);

/// A session description that asks (RFC 3264).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer(pub String);

/// A session description that replies to an [`Offer`] (RFC 3264).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer(pub String);
