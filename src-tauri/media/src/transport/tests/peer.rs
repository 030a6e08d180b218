use std::net::SocketAddr;

use rtc::{
    ice::attributes::{
        control::{AttrControlled, AttrControlling},
        priority::PriorityAttr,
        use_candidate::UseCandidateAttr,
    },
    stun::{
        attributes::ATTR_USERNAME,
        error_code::CODE_ROLE_CONFLICT,
        fingerprint::FINGERPRINT,
        integrity::MessageIntegrity,
        message::{
            BINDING_ERROR, BINDING_REQUEST, BINDING_SUCCESS, CLASS_REQUEST, CLASS_SUCCESS_RESPONSE,
            Message, Setter, TransactionId,
        },
        textattrs::TextAttribute,
        xoraddr::XorMappedAddress,
    },
};
use secrecy::ExposeSecret;

use super::{super::*, link::*};

/// A transport whose peer is made by hand, STUN message by STUN message.
pub(super) struct ByHand {
    pub(super) now: Instant,
    pub(super) end: End,
    pub(super) credentials: Credentials,
}

/// What the peer says in a check.
#[derive(Clone, Copy)]
pub(super) enum Role {
    Controlling,
    Nominating,
    Controlled,
}

/// A STUN message of the transport.
pub(super) struct Sent {
    pub(super) to: SocketAddr,
    pub(super) message: Message,
}

pub(super) const PEER: &str = "10.0.0.9:9000";

impl ByHand {
    pub(super) fn new(offerer: bool) -> Self {
        let (identity, _) = &*IDENTITIES;
        Self {
            now: Instant::now(),
            end: End::new(offerer, "10.0.0.1:4000", identity, 1),
            credentials: Credentials::from_seed([9; 32]),
        }
    }

    pub(super) fn started(offerer: bool) -> Self {
        let mut by_hand = Self::new(offerer);
        let remote = by_hand.description();
        by_hand.end.transport.start(remote, by_hand.now);
        by_hand
    }

    pub(super) fn description(&self) -> Remote {
        let (_, identity) = &*IDENTITIES;
        Remote {
            ufrag: self.credentials.ufrag.clone(),
            pwd: self.credentials.pwd.clone(),
            candidates: vec![candidate_line(PEER.parse().unwrap())],
            ice_lite: false,
            fingerprints: vec![identity.fingerprint()],
            role: DtlsRole::Client,
        }
    }

    /// Makes a check by the peer, authenticated with `pwd`.
    pub(super) fn check(&self, role: Role, pwd: &str) -> Message {
        let username = format!("{}:{}", self.end.credentials.ufrag, self.credentials.ufrag);
        let mut setters: Vec<Box<dyn Setter>> = vec![
            Box::new(BINDING_REQUEST),
            Box::new(TransactionId::new()),
            Box::new(TextAttribute::new(ATTR_USERNAME, username)),
            Box::new(PriorityAttr(1_845_501_695)),
        ];
        match role {
            Role::Controlling => setters.push(Box::new(AttrControlling(u64::MAX))),
            Role::Nominating => {
                setters.push(Box::new(AttrControlling(u64::MAX)));
                setters.push(Box::<UseCandidateAttr>::default());
            }
            Role::Controlled => setters.push(Box::new(AttrControlled(0))),
        }
        self.sealed(setters, pwd)
    }

    pub(super) fn our_pwd(&self) -> String {
        self.end.credentials.pwd.expose_secret().to_owned()
    }

    /// Lets `from` send a good check.
    pub(super) fn send_check(&mut self, from: &str, role: Role) -> TransactionId {
        let check = self.check(role, &self.our_pwd());
        self.receive(from, &check.raw);
        check.transaction_id
    }

    /// Lets the peer answer a check of the transport, as it should.
    pub(super) fn answer(&mut self, sent: &Sent) {
        let ours = self.end.address;
        let mapped = XorMappedAddress {
            ip: ours.ip(),
            port: ours.port(),
        };
        self.respond(sent, vec![Box::new(BINDING_SUCCESS), Box::new(mapped)]);
    }

    /// Lets the peer refuse a check: its role is the same.
    pub(super) fn refuse_role(&mut self, sent: &Sent) {
        self.respond(
            sent,
            vec![Box::new(BINDING_ERROR), Box::new(CODE_ROLE_CONFLICT)],
        );
    }

    pub(super) fn receive(&mut self, from: &str, datagram: &[u8]) {
        let ours = self.end.address;
        let from = from.parse().unwrap();
        self.end
            .transport
            .handle_datagram(ours, from, datagram, self.now);
    }

    pub(super) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(at) = self.end.transport.poll_timeout().filter(|at| *at <= end) {
            self.now = at.max(self.now);
            self.end.transport.handle_timeout(self.now);
        }
        self.now = end;
    }

    /// Takes everything sent.
    pub(super) fn sent(&mut self) -> Vec<Transmit> {
        std::iter::from_fn(|| self.end.transport.poll_transmit()).collect()
    }

    /// Takes what was sent, and returns the checks and consent requests among it.
    pub(super) fn requests(&mut self) -> Vec<Sent> {
        let sent = self.sent();
        messages(&sent)
            .into_iter()
            .filter(|sent| sent.message.typ.class == CLASS_REQUEST)
            .collect()
    }

    /// Lets time pass until there is a check, and returns it.
    pub(super) fn next_request(&mut self) -> Sent {
        let checks = loop {
            let checks = self.requests();
            if !checks.is_empty() {
                break checks;
            }
            self.now = self.end.transport.poll_timeout().unwrap().max(self.now);
            self.end.transport.handle_timeout(self.now);
        };
        checks.into_iter().next().unwrap()
    }

    fn respond(&mut self, sent: &Sent, what: Vec<Box<dyn Setter>>) {
        let mut setters: Vec<Box<dyn Setter>> = vec![Box::new(sent.message.transaction_id)];
        setters.extend(what);
        let response = self.sealed(setters, self.credentials.pwd.expose_secret());
        self.receive(&sent.to.to_string(), &response.raw);
    }

    fn sealed(&self, setters: Vec<Box<dyn Setter>>, pwd: &str) -> Message {
        let mut message = Message::new();
        message.build(&setters).unwrap();
        let integrity = MessageIntegrity::new_short_term_integrity_with_provider(
            pwd.to_owned(),
            self.end.identity.provider.crypto(),
        );
        integrity.add_to(&mut message).unwrap();
        FINGERPRINT.add_to(&mut message).unwrap();
        message
    }
}

/// Returns the STUN messages among `sent`.
pub(super) fn messages(sent: &[Transmit]) -> Vec<Sent> {
    sent.iter()
        .filter_map(|transmit| {
            let message = stun::binding(&transmit.bytes)?;
            Some(Sent {
                to: transmit.to,
                message,
            })
        })
        .collect()
}

/// Returns the transactions of `sent` that were answered with success.
pub(super) fn successes(sent: &[Transmit]) -> Vec<TransactionId> {
    messages(sent)
        .into_iter()
        .filter(|sent| sent.message.typ.class == CLASS_SUCCESS_RESPONSE)
        .map(|sent| sent.message.transaction_id)
        .collect()
}
