//! Encrypted media transport between two hosts: ICE finds a path, DTLS agrees on keys, SRTP uses them.
//!
//! Sans-IO: datagrams, time and seeds go in; datagrams, events and deadlines come out. After each input all outputs are to be drained.
//! This folder is the only place that names the `rtc` crate.

mod credentials;
mod fingerprint;
mod gather;
mod identity;

use std::{net::SocketAddr, sync::Arc, time::Instant};

use bytes::Bytes;
use secrecy::SecretString;

pub(crate) use credentials::Credentials;
pub(crate) use fingerprint::{Fingerprint, FingerprintError, Hash};
pub(crate) use gather::{Gatherer, host_addresses};
pub(crate) use identity::{Identity, IdentityError};
pub(crate) use rtc::{
    rtcp, rtp,
    shared::marshal::{Marshal, MarshalSize, Unmarshal},
};

/// What is known of our side before the peer's description is.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// Whether ours is the offer: then we control ICE, except against a lite peer (RFC 8445 §6.1.1).
    pub(crate) offerer: bool,
    /// Ours; transports for the forks of one offer share them.
    pub(crate) credentials: Credentials,
    pub(crate) identity: Arc<Identity>,
    /// The addresses of our sockets, one socket for each address of an interface.
    pub(crate) local: Vec<SocketAddr>,
    /// For the spread of consent checks in time.
    pub(crate) seed: u64,
}

/// What the peer's description says about the transport.
#[derive(Debug, Clone)]
pub(crate) struct Remote {
    pub(crate) ufrag: String,
    pub(crate) pwd: SecretString,
    /// What follows `a=candidate:`, line by line; lines that cannot be used are left out.
    pub(crate) candidates: Vec<String>,
    /// `a=ice-lite`.
    pub(crate) ice_lite: bool,
    /// One of them must match the peer's certificate (RFC 8122 §5).
    pub(crate) fingerprints: Vec<Fingerprint>,
    /// Our role in DTLS, as offer and answer resolved `a=setup`.
    pub(crate) role: DtlsRole,
}

/// Our side of the DTLS handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DtlsRole {
    /// `a=setup:active` is ours.
    Client,
    /// `a=setup:passive` is ours.
    Server,
}

/// A datagram to send from our socket at `local`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Transmit {
    pub(crate) local: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) bytes: Bytes,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// A path is found, DTLS is done and the peer's certificate matches: media can flow.
    Connected {
        local: SocketAddr,
        remote: SocketAddr,
    },
    /// An RTP packet that was authenticated and decrypted.
    Rtp(Bytes),
    /// A compound RTCP packet that was authenticated and decrypted.
    Rtcp(Bytes),
    /// The peer ended the DTLS association (close_notify): nothing more will come.
    Closed,
    /// Nothing more will come or go.
    Failed(Failure),
}

/// Why a transport cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// No candidate pair worked within the set-up deadline.
    NoPath,
    /// The certificate did not match, or DTLS failed otherwise: a sentence.
    Security(String),
    /// The peer did not consent to receive for 30 s (RFC 7675 §5.1).
    ConsentLost,
}

/// ICE, DTLS and SRTP with one peer.
#[derive(Debug)]
pub(crate) struct Transport {}

#[expect(
    unused_variables,
    clippy::todo,
    reason = "the signatures, before their implementation"
)]
impl Transport {
    /// Waits for [`start`](Self::start); connectivity checks that come earlier are kept.
    pub(crate) fn new(config: Config, now: Instant) -> Self {
        todo!()
    }

    /// Makes a transport for another answer to the same offer: same credentials, identity and sockets, another peer.
    pub(crate) fn fork(&self, seed: u64, now: Instant) -> Self {
        todo!()
    }

    /// Begins connectivity checks with the peer; has no effect when started already.
    pub(crate) fn start(&mut self, remote: Remote, now: Instant) {
        todo!()
    }

    /// Takes candidates and fingerprints of a later description with the same ICE credentials.
    pub(crate) fn update_remote(&mut self, remote: Remote, now: Instant) {
        todo!()
    }

    /// Returns whether the ICE credentials of the peer are these: if not, a later description restarts ICE.
    pub(crate) fn is_peer(&self, ufrag: &str, pwd: &SecretString) -> bool {
        todo!()
    }

    /// Returns whether `datagram` is for this one of several transports that share a socket.
    pub(crate) fn accepts(&self, from: SocketAddr, datagram: &[u8]) -> bool {
        todo!()
    }

    /// Takes a datagram that came from `from` to our socket at `local`.
    pub(crate) fn handle_datagram(
        &mut self,
        local: SocketAddr,
        from: SocketAddr,
        datagram: &[u8],
        now: Instant,
    ) {
        todo!()
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        todo!()
    }

    /// Returns when [`handle_timeout`](Self::handle_timeout) is to be called next.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        todo!()
    }

    pub(crate) fn poll_transmit(&mut self) -> Option<Transmit> {
        todo!()
    }

    pub(crate) fn poll_event(&mut self) -> Option<Event> {
        todo!()
    }

    /// Encrypts and sends an RTP packet; drops it where not connected.
    pub(crate) fn send_rtp(&mut self, packet: &[u8], now: Instant) {
        todo!()
    }

    /// Encrypts and sends a compound RTCP packet; drops it where not connected.
    pub(crate) fn send_rtcp(&mut self, packet: &[u8], now: Instant) {
        todo!()
    }

    /// Returns when something authentic last came from the peer: a check, a consent response or media.
    pub(crate) fn last_heard(&self) -> Option<Instant> {
        todo!()
    }

    /// Ends the association: a DTLS close_notify leaves, and nothing after it.
    pub(crate) fn close(&mut self, now: Instant) {
        todo!()
    }
}
