use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use rand::{SeedableRng, rngs::StdRng};
use rtc::{
    ice::{
        Event,
        agent::{Agent, agent_config::AgentConfig},
        attributes::{
            control::{AttrControlled, AttrControlling},
            priority::PriorityAttr,
        },
        candidate::CandidateType,
        network_type::NetworkType,
    },
    sansio::Protocol,
    shared::{TransportContext, TransportMessage, TransportProtocol},
    stun::{
        attributes::{
            ATTR_ICE_CONTROLLED, ATTR_ICE_CONTROLLING, ATTR_USE_CANDIDATE, ATTR_USERNAME,
        },
        fingerprint::FINGERPRINT,
        integrity::MessageIntegrity,
        message::{
            BINDING_REQUEST, CLASS_ERROR_RESPONSE, CLASS_REQUEST, CLASS_SUCCESS_RESPONSE, Message,
            TransactionId,
        },
        textattrs::TextAttribute,
    },
};
use secrecy::{ExposeSecret, SecretString};
use tracing::{debug, trace};

use crate::CandidateKind;

use super::{
    Credentials, Failure, Identity, Pair, Transmit, candidate, consent::Consent, setup_deadline,
    stun,
};

/// Connectivity checks with one peer, and consent on the pair they found (RFC 8445, RFC 7675).
///
/// The agent of `rtc` does the checks. What it gets wrong is put right around it: only authentic
/// messages reach it, a pair is nominated as soon as it is valid, later nominations are followed,
/// and consent is asked for here.
pub(super) struct Ice {
    agent: Agent,
    identity: Arc<Identity>,
    local: Credentials,
    remote: Credentials,
    /// Ours that wait for a response.
    requests: VecDeque<Request>,
    /// The last nomination that came before its pair was valid.
    early_nomination: Option<(Pair, Vec<u8>)>,
    tie_breaker: u64,
    path: Path,
    random: StdRng,
    transmits: VecDeque<Transmit>,
    last_heard: Option<Instant>,
}

/// Checking → Selected, which later nominations may change.
enum Path {
    Checking {
        since: Instant,
        check_at: Instant,
        deadline: Instant,
    },
    Selected(Consent),
}

struct Request {
    id: TransactionId,
    pair: Pair,
    sent_at: Instant,
    controlling: bool,
    purpose: Purpose,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Check,
    Consent,
}

pub(super) struct Config {
    pub(super) controlling: bool,
    pub(super) identity: Arc<Identity>,
    pub(super) local: Credentials,
    pub(super) remote: Credentials,
    pub(super) bases: Vec<SocketAddr>,
    pub(super) candidates: Vec<String>,
    pub(super) seed: u64,
}

impl Ice {
    /// Begins connectivity checks.
    pub(super) fn start(config: Config, now: Instant) -> Result<Self, rtc::shared::error::Error> {
        let remotes = candidate::usable(&config.candidates);
        // Waiting for better pairs makes sense only where there are better candidates.
        let wait = |wait: Duration| {
            let hosts = remotes
                .iter()
                .any(|remote| remote.candidate_type() == CandidateType::Host);
            Some(if hosts { wait } else { Duration::ZERO })
        };
        let mut agent = Agent::new(
            now,
            Arc::new(AgentConfig {
                local_ufrag: config.local.ufrag.clone(),
                local_pwd: config.local.pwd.expose_secret().to_owned(),
                is_controlling: config.controlling,
                network_types: vec![NetworkType::Udp4, NetworkType::Udp6],
                candidate_types: vec![CandidateType::Host],
                // When to check is decided here, see `check_at`.
                check_interval: AGENT_STEP,
                // A peer may be deaf for long while its user decides.
                max_binding_requests: Some(u16::MAX),
                // On failure the agent would forget its candidates; consent is looked after here.
                failed_timeout: Some(Duration::ZERO),
                srflx_acceptance_min_wait: wait(SERVER_REFLEXIVE_WAIT),
                prflx_acceptance_min_wait: Some(Duration::ZERO),
                relay_acceptance_min_wait: wait(RELAY_WAIT),
                ..Default::default()
            }),
            config.identity.provider.clone(),
        )?;
        for (index, base) in config.bases.iter().enumerate() {
            agent.add_local_candidate(candidate::host(*base, index)?)?;
        }
        for remote in remotes {
            agent.add_remote_candidate(remote)?;
        }
        // The agent logs the password it is started with, so it gets the real one afterwards.
        agent.start_connectivity_checks(
            now,
            config.controlling,
            config.remote.ufrag.clone(),
            "masked".to_owned(),
        )?;
        agent.set_remote_credentials(
            config.remote.ufrag.clone(),
            config.remote.pwd.expose_secret().to_owned(),
        )?;
        Ok(Self {
            agent,
            identity: config.identity,
            local: config.local,
            remote: config.remote,
            requests: VecDeque::new(),
            early_nomination: None,
            tie_breaker: 0,
            path: Path::Checking {
                since: now,
                check_at: now,
                deadline: setup_deadline(now),
            },
            random: StdRng::seed_from_u64(config.seed),
            transmits: VecDeque::new(),
            last_heard: None,
        })
    }

    /// Adds those candidates of a later description that are new.
    pub(super) fn add_candidates(&mut self, candidates: &[String], now: Instant) {
        for remote in candidate::usable(candidates) {
            let known = self.is_known(remote.addr());
            if !known && self.agent.get_remote_candidates().len() < candidate::MAX_REMOTE {
                // A candidate that the agent filters out is no loss: nothing could be sent to it.
                let _ = self.agent.add_remote_candidate(remote);
            }
        }
        if let Path::Checking { check_at, .. } = &mut self.path {
            *check_at = now;
        }
    }

    pub(super) fn is_remote(&self, ufrag: &str, pwd: &SecretString) -> bool {
        self.remote.ufrag == ufrag && self.remote.pwd.expose_secret() == pwd.expose_secret()
    }

    pub(super) fn credentials(&self) -> &Credentials {
        &self.local
    }

    /// Returns the pair in use: what was nominated last.
    pub(super) fn selected(&self) -> Option<Pair> {
        match &self.path {
            Path::Checking { .. } => None,
            Path::Selected(consent) => Some(consent.pair()),
        }
    }

    /// Returns whether `remote` is a candidate of the peer, from its description or from an
    /// authentic check.
    pub(super) fn is_known(&self, remote: SocketAddr) -> bool {
        self.agent
            .get_remote_candidates()
            .iter()
            .any(|candidate| candidate.addr() == remote)
    }

    /// Returns what this address of the peer is: one that is not known is one that a check came from.
    pub(super) fn kind(&self, remote: SocketAddr) -> CandidateKind {
        let candidates = self.agent.get_remote_candidates();
        let found = candidates.iter().find(|it| it.addr() == remote);
        match found.map(|it| it.candidate_type()) {
            Some(CandidateType::Host) => CandidateKind::Host,
            Some(CandidateType::ServerReflexive) => CandidateKind::ServerReflexive,
            Some(CandidateType::Relay) => CandidateKind::Relayed,
            Some(_) | None => CandidateKind::PeerReflexive,
        }
    }

    /// Returns whether the STUN `datagram` names this peer, or answers a request to it.
    pub(super) fn accepts(&self, datagram: &[u8]) -> bool {
        stun::binding(datagram).is_some_and(|message| {
            if message.typ.class == CLASS_REQUEST {
                self.is_for_us(&message)
            } else {
                self.requests
                    .iter()
                    .any(|request| request.id == message.transaction_id)
            }
        })
    }

    /// Returns when something authentic last came.
    pub(super) fn last_heard(&self) -> Option<Instant> {
        self.last_heard
    }

    /// Takes a STUN datagram that came over `pair`.
    pub(super) fn handle_stun(&mut self, pair: Pair, datagram: &[u8], now: Instant) {
        let Some(message) = stun::binding(datagram) else {
            return;
        };
        if message.typ.class == CLASS_REQUEST {
            self.handle_request(pair, message, datagram, now);
        } else if message.typ.class == CLASS_SUCCESS_RESPONSE
            || message.typ.class == CLASS_ERROR_RESPONSE
        {
            self.handle_response(pair, message, datagram, now);
        }
    }

    /// Does what is due; an error is the end.
    pub(super) fn handle_timeout(&mut self, now: Instant) -> Result<(), Failure> {
        match &mut self.path {
            Path::Checking { deadline, .. } if *deadline <= now => return Err(Failure::NoPath),
            Path::Checking { check_at, .. } if *check_at > now => {}
            Path::Checking {
                since, check_at, ..
            } => {
                let pairs = self.agent.get_local_candidates().len()
                    * self.agent.get_remote_candidates().len();
                *check_at = now + pace(now - *since, pairs);
                self.run_checks(now);
            }
            Path::Selected(consent) if consent.is_lost(now) => return Err(Failure::ConsentLost),
            Path::Selected(consent) => {
                if consent.is_due(&mut self.random, now) {
                    let pair = consent.pair();
                    self.ask_for_consent(pair, now);
                }
            }
        }
        Ok(())
    }

    /// Asks for consent before it is due.
    pub(super) fn ask(&mut self, now: Instant) {
        match &self.path {
            Path::Checking { .. } => {}
            Path::Selected(consent) => self.ask_for_consent(consent.pair(), now),
        }
    }

    pub(super) fn poll_timeout(&self) -> Instant {
        match &self.path {
            Path::Checking {
                check_at, deadline, ..
            } => *check_at.min(deadline),
            Path::Selected(consent) => consent.poll_timeout(),
        }
    }

    pub(super) fn poll_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    fn is_for_us(&self, message: &Message) -> bool {
        stun::username(message).is_some_and(|username| {
            username
                .split_once(':')
                .is_some_and(|(to, from)| to == self.local.ufrag && from == self.remote.ufrag)
        })
    }

    fn handle_request(&mut self, pair: Pair, mut message: Message, datagram: &[u8], now: Instant) {
        // RFC 8445 §7.3: authenticated before anything is believed, the role above all.
        if !self.is_for_us(&message)
            || !stun::is_authentic(&mut message, &self.local, &self.identity)
        {
            trace!(from = %pair.remote, "A check that is not authentic is dropped");
            return;
        }
        let known = self.is_known(pair.remote);
        if !known && self.agent.get_remote_candidates().len() >= candidate::MAX_REMOTE {
            return;
        }
        self.last_heard = Some(now);
        let was_controlling = self.agent.role();
        let answered = self.feed(pair, datagram, now);
        if let Path::Checking { check_at, .. } = &mut self.path
            && (!known || was_controlling != self.agent.role())
        {
            *check_at = now;
        }
        if message.contains(ATTR_USE_CANDIDATE) && !self.agent.role() {
            if answered {
                self.follow(pair, now);
            } else {
                self.early_nomination = Some((pair, datagram.to_vec()));
            }
        }
    }

    fn handle_response(&mut self, pair: Pair, mut message: Message, datagram: &[u8], now: Instant) {
        let Some(index) = self
            .requests
            .iter()
            .position(|request| request.id == message.transaction_id)
        else {
            return;
        };
        // RFC 8445 §7.2.5.2.1: the response comes back the way the request went.
        if self.requests[index].pair != pair
            || !stun::is_authentic(&mut message, &self.remote, &self.identity)
        {
            return;
        }
        let Some(request) = self.requests.remove(index) else {
            return;
        };
        self.last_heard = Some(now);
        if message.typ.class == CLASS_ERROR_RESPONSE {
            self.handle_error(&request, &message, now);
            return;
        }
        match request.purpose {
            Purpose::Consent => {
                if let Path::Selected(consent) = &mut self.path {
                    consent.renew(request.pair, now);
                }
            }
            Purpose::Check => {
                self.feed(pair, datagram, now);
                if self.agent.role() && self.selected().is_none() {
                    // Nominates the valid pair at once instead of with the next check.
                    self.run_checks(now + 2 * AGENT_STEP);
                }
                // The agent forgets a nomination that came before its own check of the pair
                // succeeded.
                if let Some((nominated, datagram)) = self.early_nomination.take() {
                    if nominated == pair && !self.agent.role() {
                        if self.feed(pair, &datagram, now) {
                            self.follow(pair, now);
                        }
                    } else {
                        self.early_nomination = Some((nominated, datagram));
                    }
                }
            }
        }
    }

    fn handle_error(&mut self, request: &Request, message: &Message, now: Instant) {
        let code = stun::error_code(message);
        debug!(?code, to = %request.pair.remote, "A check was refused");
        // RFC 8445 §7.2.5.1: another role than that of the request, unless it changed meanwhile.
        if code == Some(ROLE_CONFLICT)
            && request.controlling == self.agent.role()
            && let Path::Checking { check_at, .. } = &mut self.path
        {
            self.agent.set_role(!request.controlling);
            *check_at = now;
        }
    }

    /// Gives a message to the agent, and returns whether that made it send a success response.
    fn feed(&mut self, pair: Pair, datagram: &[u8], now: Instant) -> bool {
        let was_controlling = self.agent.role();
        let result = self.agent.handle_read(TransportMessage {
            now,
            transport: TransportContext {
                local_addr: pair.local,
                peer_addr: pair.remote,
                ecn: None,
                transport_protocol: TransportProtocol::UDP,
            },
            message: BytesMut::from(datagram),
        });
        if let Err(error) = result {
            trace!(from = %pair.remote, %error, "The agent refuses a message");
        }
        let role_changed = was_controlling != self.agent.role();
        self.drain(Some(role_changed), now)
    }

    fn run_checks(&mut self, now: Instant) {
        // Fails only for mDNS, which is not used.
        let _ = self.agent.handle_timeout(now);
        self.drain(None, now);
    }

    /// Takes what the agent sends and tells, and returns whether a success response was among it.
    fn drain(&mut self, role_changed: Option<bool>, now: Instant) -> bool {
        let mut sent = Vec::new();
        while let Some(write) = self.agent.poll_write() {
            let Some(message) = stun::binding(&write.message) else {
                continue;
            };
            let pair = Pair {
                local: write.transport.local_addr,
                remote: write.transport.peer_addr,
            };
            sent.push((pair, message));
        }
        // RFC 8445 §7.3.1.1: a conflict has one loser. The agent answers with both 487 and success,
        // and with 487 even when it is the one to change.
        let refused = sent
            .iter()
            .any(|(_, message)| message.typ.class == CLASS_ERROR_RESPONSE);
        sent.retain(|(_, message)| match role_changed {
            Some(true) => message.typ.class != CLASS_ERROR_RESPONSE,
            Some(false) => !refused || message.typ.class != CLASS_SUCCESS_RESPONSE,
            None => true,
        });
        let mut answered = false;
        for (pair, message) in sent {
            if message.typ.class == CLASS_REQUEST {
                self.note_request(pair, &message, Purpose::Check, now);
            }
            answered |= message.typ.class == CLASS_SUCCESS_RESPONSE;
            self.send(pair, message);
        }
        while let Some(event) = self.agent.poll_event() {
            if let Event::SelectedCandidatePairChange(local, remote) = event.event {
                let pair = Pair {
                    local: local.base_addr(),
                    remote: remote.addr(),
                };
                self.follow(pair, now);
            }
        }
        answered
    }

    /// Uses `pair` from here on: nominated and valid.
    fn follow(&mut self, pair: Pair, now: Instant) {
        if self.selected() != Some(pair) {
            debug!(local = %pair.local, remote = %pair.remote, "A candidate pair is selected");
            self.path = Path::Selected(Consent::new(pair, &mut self.random, now));
        }
    }

    fn note_request(&mut self, pair: Pair, message: &Message, purpose: Purpose, now: Instant) {
        let controlling = message.contains(ATTR_ICE_CONTROLLING);
        let role = if controlling {
            ATTR_ICE_CONTROLLING
        } else {
            ATTR_ICE_CONTROLLED
        };
        if let Ok(value) = message.get(role)
            && let Ok(value) = value.try_into()
        {
            self.tie_breaker = u64::from_be_bytes(value);
        }
        while self.requests.front().is_some_and(|oldest| {
            self.requests.len() >= MAX_REQUESTS || now > oldest.sent_at + REQUEST_LIFETIME
        }) {
            self.requests.pop_front();
        }
        self.requests.push_back(Request {
            id: message.transaction_id,
            pair,
            sent_at: now,
            controlling,
            purpose,
        });
    }

    /// RFC 7675 §5.1: a Binding request like a check, on the pair in use.
    fn ask_for_consent(&mut self, pair: Pair, now: Instant) {
        let username = format!("{}:{}", self.remote.ufrag, self.local.ufrag);
        let role: Box<dyn rtc::stun::message::Setter> = if self.agent.role() {
            Box::new(AttrControlling(self.tie_breaker))
        } else {
            Box::new(AttrControlled(self.tie_breaker))
        };
        let mut message = Message::new();
        let built = message.build(&[
            Box::new(BINDING_REQUEST),
            Box::new(TransactionId::new()),
            Box::new(TextAttribute::new(ATTR_USERNAME, username)),
            role,
            Box::new(PriorityAttr(candidate::PEER_REFLEXIVE_PRIORITY)),
            Box::new(MessageIntegrity::new_short_term_integrity_with_provider(
                self.remote.pwd.expose_secret().to_owned(),
                self.identity.provider.crypto(),
            )),
            Box::new(FINGERPRINT),
        ]);
        if let Err(error) = built {
            debug!(%error, "No consent request could be made");
            return;
        }
        self.note_request(pair, &message, Purpose::Consent, now);
        self.send(pair, message);
    }

    fn send(&mut self, pair: Pair, message: Message) {
        self.transmits.push_back(Transmit {
            local: pair.local,
            to: pair.remote,
            bytes: Bytes::from(message.raw),
        });
    }
}

/// Returns the time to the next round of checks, which asks all `pairs`: 50 ms a round at first
/// (RFC 8445 §14.2, Ta), longer with many pairs, and slowly where the peer does not answer.
fn pace(elapsed: Duration, pairs: usize) -> Duration {
    if elapsed < Duration::from_secs(2) {
        Duration::from_millis(10 * pairs.clamp(5, 25) as u64)
    } else {
        Duration::from_millis(250)
    }
}

/// The agent's clock: it acts when called, but never twice within this time.
const AGENT_STEP: Duration = Duration::from_millis(1);

/// How long a pair over a NAT waits for one between hosts: two rounds of checks.
const SERVER_REFLEXIVE_WAIT: Duration = Duration::from_millis(100);

/// How long a pair over a relay waits for a direct one, whose way may be a long one.
const RELAY_WAIT: Duration = Duration::from_millis(300);

/// RFC 8445 §7.3.1.1.
const ROLE_CONFLICT: u16 = 487;

/// More than all pairs ask within the lifetime of a request.
const MAX_REQUESTS: usize = 512;

/// As long as the agent waits for a response.
const REQUEST_LIFETIME: Duration = Duration::from_secs(4);
