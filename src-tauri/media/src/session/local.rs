use std::net::SocketAddr;
use std::sync::Arc;

use rand::RngExt;
use rand::rngs::StdRng;
use secrecy::ExposeSecret;

use crate::sdp::{Direction, Line, Payload, PayloadMap, Setup, Text};
use crate::transport::{Config, Credentials, Identity, Transport};
use crate::{Codec, PacketTime};

/// Our side of a session, as its descriptions show it.
#[derive(Debug)]
pub(super) struct Local {
    /// One socket for each address; not empty.
    pub(super) sockets: Vec<SocketAddr>,
    pub(super) identity: Arc<Identity>,
    pub(super) credentials: Credentials,
    pub(super) ssrc: u32,
    pub(super) cname: String,
    packet_time: PacketTime,
    session_id: u64,
    version: u64,
    /// The `m=` lines that offers and answers of this session have, and which of them is ours.
    pub(super) lines: Vec<Line>,
    pub(super) index: usize,
    pub(super) bundled: bool,
    pub(super) payloads: PayloadMap,
}

/// What differs between an offer and an answer.
#[derive(Debug)]
pub(super) struct Description<'a> {
    pub(super) candidates: &'a [String],
    pub(super) setup: Setup,
    pub(super) payloads: &'a [(u8, Payload)],
    pub(super) direction: Direction,
    pub(super) rtcp_mux: bool,
}

impl Local {
    pub(super) fn new(
        sockets: Vec<SocketAddr>,
        identity: Arc<Identity>,
        packet_time: PacketTime,
        random: &mut StdRng,
    ) -> Self {
        Self {
            sockets,
            identity,
            credentials: Credentials::from_seed(random.random()),
            ssrc: random.random(),
            // RFC 7022 §4.2: 96 bits that say nothing about user and machine
            cname: format!("{:024x}", random.random::<u128>() >> 32),
            packet_time,
            // RFC 8866 §5.2: decimal digits; 62 bits fit every parser
            session_id: random.random::<u64>() >> 2,
            version: 0,
            lines: vec![Line::audio()],
            index: 0,
            bundled: true,
            payloads: PayloadMap::default(),
        }
    }

    /// Returns the formats to offer, and remembers their numbers.
    pub(super) fn offer_payloads(&mut self, current: Option<Codec>) -> Vec<(u8, Payload)> {
        let payloads = self.payloads.offer(current);
        self.payloads.learn(&payloads);
        payloads
    }

    /// Describes `transport` from here on, with its credentials and certificate.
    pub(super) fn follow(&mut self, transport: &Transport) {
        self.credentials = transport.credentials().clone();
        self.identity = Arc::clone(transport.identity());
    }

    /// Writes the next description.
    pub(super) fn describe(&mut self, description: &Description<'_>) -> String {
        self.version += 1;
        Text {
            session_id: self.session_id,
            version: self.version,
            lines: &self.lines,
            index: self.index,
            bundled: self.bundled,
            ufrag: &self.credentials.ufrag,
            pwd: self.credentials.pwd.expose_secret(),
            candidates: description.candidates,
            address: self.sockets[0],
            fingerprint: &self.identity.fingerprint().to_string(),
            setup: description.setup,
            payloads: description.payloads,
            direction: description.direction,
            rtcp_mux: description.rtcp_mux,
            packet_time: self.packet_time,
            ssrc: self.ssrc,
            cname: &self.cname,
        }
        .write()
    }

    /// Returns what a new transport needs.
    pub(super) fn transport(&self, offerer: bool, seed: u64) -> Config {
        Config {
            offerer,
            credentials: self.credentials.clone(),
            identity: Arc::clone(&self.identity),
            local: self.sockets.clone(),
            seed,
        }
    }
}
