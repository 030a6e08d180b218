//! Encrypted media transport between two hosts: ICE finds a path, DTLS agrees on keys, SRTP uses
//! them.
//!
//! Sans-IO: datagrams, time and seeds go in; datagrams, events and deadlines come out. After each
//! input all outputs are to be drained. This folder is the only place that names the `rtc` crate.

mod active;
mod addresses;
mod candidate;
mod consent;
mod credentials;
mod dtls;
mod fingerprint;
mod gather;
mod ice;
mod identity;
mod records;
mod srtp;
mod stun;
#[cfg(test)]
mod tests;
mod trust;

use std::{
    collections::VecDeque,
    fmt,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use secrecy::SecretString;
use tracing::debug;

use crate::CandidateKind;
use active::Active;
pub(crate) use addresses::host_addresses;
pub(crate) use credentials::Credentials;
pub(crate) use fingerprint::Fingerprint;
pub(crate) use gather::{Gatherer, Silent};
pub(crate) use identity::Identity;
pub(crate) use rtc::{
    rtcp, rtp,
    shared::marshal::{Marshal, Unmarshal},
};

/// What is known of our side before the peer's description is.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// Whether ours is the offer: then we control ICE, except against a lite peer (RFC 8445
    /// §6.1.1).
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

/// What a transport tells, in the order it happened.
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
pub(crate) struct Transport {
    config: Config,
    state: State,
    /// Connectivity checks that came before the peer's description, or for another peer with the
    /// same offer.
    early: VecDeque<Early>,
    transmits: VecDeque<Transmit>,
    events: VecDeque<Event>,
}

/// Waiting → Active → Over.
enum State {
    /// For the peer's description.
    Waiting,
    Active(Box<Active>),
    Over {
        last_heard: Option<Instant>,
    },
}

struct Early {
    pair: Pair,
    datagram: Vec<u8>,
}

/// A local and a remote address, between which datagrams go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pair {
    local: SocketAddr,
    remote: SocketAddr,
}

impl Transport {
    /// Waits for [`start`](Self::start); connectivity checks that come earlier are kept.
    pub(crate) fn new(config: Config) -> Self {
        Self {
            config,
            state: State::Waiting,
            early: VecDeque::new(),
            transmits: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// Makes a transport for another answer to the same offer: same credentials, identity and
    /// sockets, another peer.
    pub(crate) fn fork(&mut self, seed: u64) -> Self {
        let mut fork = Self::new(Config {
            seed,
            ..self.config.clone()
        });
        fork.early = std::mem::take(&mut self.early);
        fork
    }

    /// Begins connectivity checks with the peer; has no effect when started already.
    pub(crate) fn start(&mut self, remote: Remote, now: Instant) {
        match &self.state {
            State::Waiting => {}
            State::Active(_) | State::Over { .. } => return,
        }
        match Active::start(&self.config, remote, now) {
            Ok(active) => {
                self.state = State::Active(Box::new(active));
                for early in std::mem::take(&mut self.early) {
                    let Early { pair, datagram } = &early;
                    if self.accepts(pair.remote, datagram) {
                        self.handle_datagram(pair.local, pair.remote, datagram, now);
                    } else {
                        self.early.push_back(early);
                    }
                }
            }
            Err(failure) => self.fail(failure),
        }
    }

    /// Restarts ICE, with our new credentials in `config` and the peer's in `remote`: checks begin
    /// anew, and what there is goes on until they find a path. The DTLS association stays, and its
    /// roles with it (RFC 8842 §4). Has no effect on a transport that was not started or is over.
    pub(crate) fn restart(&mut self, config: Config, remote: Remote, now: Instant) {
        match &mut self.state {
            State::Active(active) => {
                active.restart(&config, remote, now);
                self.config = config;
                self.collect();
            }
            State::Waiting | State::Over { .. } => {}
        }
    }

    /// Returns the addresses between which media goes, ours first, and what the peer's is.
    pub(crate) fn path(&self) -> Option<(SocketAddr, SocketAddr, CandidateKind)> {
        match &self.state {
            State::Active(active) => active.path(),
            State::Waiting | State::Over { .. } => None,
        }
    }

    /// Returns our credentials, those of the latest restart that has not failed.
    pub(crate) fn credentials(&self) -> &Credentials {
        match &self.state {
            State::Active(active) => active.credentials(),
            State::Waiting | State::Over { .. } => &self.config.credentials,
        }
    }

    pub(crate) fn identity(&self) -> &Arc<Identity> {
        &self.config.identity
    }

    /// Takes candidates and fingerprints of a later description with the same ICE credentials.
    pub(crate) fn update_remote(
        &mut self,
        candidates: &[String],
        fingerprints: Vec<Fingerprint>,
        now: Instant,
    ) {
        match &mut self.state {
            State::Active(active) => active.update_remote(candidates, fingerprints, now),
            State::Waiting | State::Over { .. } => {}
        }
    }

    /// Returns whether the peer has these ICE credentials; a description with others restarts ICE
    /// (RFC 8839 §4.4.1.1.1).
    pub(crate) fn is_remote(&self, ufrag: &str, pwd: &SecretString) -> bool {
        match &self.state {
            State::Active(active) => active.is_remote(ufrag, pwd),
            State::Waiting | State::Over { .. } => false,
        }
    }

    /// Returns whether the peer's certificate has one of `fingerprints`, or is not known yet.
    ///
    /// A later description with others wants another DTLS association (RFC 8842 §4).
    pub(crate) fn may_have(&self, fingerprints: &[Fingerprint]) -> bool {
        match &self.state {
            State::Active(active) => active.may_have(fingerprints),
            State::Waiting => true,
            State::Over { .. } => false,
        }
    }

    /// Returns whether `datagram` is for this one of several transports that share a socket.
    pub(crate) fn accepts(&self, from: SocketAddr, datagram: &[u8]) -> bool {
        match &self.state {
            State::Waiting => self.is_early(datagram),
            State::Active(active) => active.accepts(from, datagram),
            State::Over { .. } => false,
        }
    }

    /// Takes a datagram that came from `from` to our socket at `local`.
    pub(crate) fn handle_datagram(
        &mut self,
        local: SocketAddr,
        from: SocketAddr,
        datagram: &[u8],
        now: Instant,
    ) {
        let pair = Pair {
            local,
            remote: from,
        };
        match &mut self.state {
            State::Waiting => {
                if self.is_early(datagram) && self.early.len() < MAX_EARLY {
                    self.early.push_back(Early {
                        pair,
                        datagram: datagram.to_vec(),
                    });
                }
            }
            State::Active(active) => {
                active.handle_datagram(pair, datagram, now);
                self.collect();
            }
            State::Over { .. } => {}
        }
    }

    /// Does what is due at `now`.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        match &mut self.state {
            State::Active(active) => {
                active.handle_timeout(now);
                self.collect();
            }
            State::Waiting | State::Over { .. } => {}
        }
    }

    /// Returns when [`handle_timeout`](Self::handle_timeout) is to be called next.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        match &self.state {
            State::Active(active) => Some(active.poll_timeout()),
            State::Waiting | State::Over { .. } => None,
        }
    }

    /// Returns the next datagram to send.
    pub(crate) fn poll_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    /// Returns what happened.
    pub(crate) fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Encrypts and sends an RTP packet; drops it where not connected.
    pub(crate) fn send_rtp(&mut self, packet: &[u8]) {
        match &mut self.state {
            State::Active(active) => {
                active.send_rtp(packet);
                self.collect();
            }
            State::Waiting | State::Over { .. } => {}
        }
    }

    /// Encrypts and sends a compound RTCP packet; drops it where not connected.
    pub(crate) fn send_rtcp(&mut self, packet: &[u8]) {
        match &mut self.state {
            State::Active(active) => {
                active.send_rtcp(packet);
                self.collect();
            }
            State::Waiting | State::Over { .. } => {}
        }
    }

    /// Returns when something authentic last came from the peer: a check, a consent response or
    /// media.
    pub(crate) fn last_heard(&self) -> Option<Instant> {
        match &self.state {
            State::Waiting => None,
            State::Active(active) => active.last_heard(),
            State::Over { last_heard } => *last_heard,
        }
    }

    /// Asks the peer for its consent at once, as a sign of life; see [`last_heard`](Self::last_heard).
    pub(crate) fn ask(&mut self, now: Instant) {
        match &mut self.state {
            State::Active(active) => {
                active.ask(now);
                self.collect();
            }
            State::Waiting | State::Over { .. } => {}
        }
    }

    /// Ends the association: a DTLS close_notify leaves, and nothing after it.
    pub(crate) fn close(&mut self, now: Instant) {
        match &mut self.state {
            State::Active(active) => {
                active.close(now);
                self.collect();
            }
            State::Waiting | State::Over { .. } => {}
        }
        self.end();
    }

    /// Returns whether `datagram` is a check for anyone who has our credentials.
    fn is_early(&self, datagram: &[u8]) -> bool {
        stun::binding(datagram)
            .and_then(|mut message| {
                let username = stun::username(&message)?;
                let (to, _) = username.split_once(':')?;
                let authentic = to == self.config.credentials.ufrag
                    && stun::is_authentic(
                        &mut message,
                        &self.config.credentials,
                        &self.config.identity,
                    );
                Some(authentic)
            })
            .unwrap_or(false)
    }

    /// Takes the outputs of the association, and its end.
    fn collect(&mut self) {
        let State::Active(active) = &mut self.state else {
            return;
        };
        while let Some(transmit) = active.poll_transmit() {
            self.transmits.push_back(transmit);
        }
        while let Some(event) = active.poll_event() {
            match event {
                Event::Connected { .. } | Event::Rtp(_) | Event::Rtcp(_) => {
                    self.events.push_back(event);
                }
                Event::Closed => {
                    self.events.push_back(event);
                    self.end();
                    return;
                }
                Event::Failed(failure) => {
                    self.fail(failure);
                    return;
                }
            }
        }
    }

    fn fail(&mut self, failure: Failure) {
        debug!(?failure, "A media transport failed");
        self.events.push_back(Event::Failed(failure));
        self.end();
    }

    fn end(&mut self) {
        let last_heard = self.last_heard();
        self.state = State::Over { last_heard };
        self.early.clear();
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Waiting => "Waiting",
            State::Active(_) => "Active",
            State::Over { .. } => "Over",
        };
        f.debug_struct("Transport")
            .field("state", &state)
            .finish_non_exhaustive()
    }
}

/// Returns until when a step of the set-up may last, the search for a path or the DTLS handshake.
fn setup_deadline(now: Instant) -> Instant {
    now + SETUP
}

/// As long as consent would last without an answer (RFC 7675 §5.1): a peer that is silent for 20 s
/// is still met.
const SETUP: Duration = Duration::from_secs(30);

/// Checks of a peer's first moments; it repeats them.
const MAX_EARLY: usize = 16;
