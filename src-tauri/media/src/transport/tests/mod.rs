//! Two transports, or one and a peer made by hand, over a simulated link in virtual time.
#![allow(clippy::unwrap_used)]

mod consent;
mod fork;
mod gathering;
mod handshake;
mod hostile;
mod link;
mod nomination;
mod peer;
mod restart;
mod security;
mod setup;

pub(super) use link::{IDENTITIES, rtp_packet};
