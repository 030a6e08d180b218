use std::{
    collections::{BTreeSet, VecDeque},
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use bytes::Bytes;
use rtc::{
    shared::error::Error,
    stun::{
        fingerprint::FINGERPRINT,
        message::{BINDING_REQUEST, CLASS_SUCCESS_RESPONSE, Getter, Message, TransactionId},
        xoraddr::XorMappedAddress,
    },
};
use tracing::debug;

use super::{Transmit, candidate, stun};

/// Asks STUN servers how our sockets are seen from outside (RFC 8445 §5.1.1.2), and keeps what they
/// said true until media flows (RFC 8445 §5.1.1.4).
///
/// It is done when every server that is waited for answered every socket, and after 250 ms whatever
/// came: an offer does not wait for a dead server.
#[derive(Debug)]
pub(crate) struct Gatherer {
    bases: Vec<SocketAddr>,
    questions: Vec<Question>,
    state: State,
    transmits: VecDeque<Transmit>,
}

/// Asking → Keeping → Resting
#[derive(Debug)]
enum State {
    /// For the first time.
    Asking {
        repeat_at: Instant,
        interval: Duration,
        deadline: Instant,
    },
    /// Each server is asked again and again: the NAT is not to forget us, and where it did that
    /// shows.
    Keeping {
        ask_at: Instant,
    },
    Resting,
}

/// What one server is asked about one socket.
#[derive(Debug)]
struct Question {
    base: usize,
    server: SocketAddr,
    /// Whether gathering waits for the answer.
    is_awaited: bool,
    asked: Option<Asked>,
    /// How often it was asked in vain since the last answer.
    missed: u32,
    /// What the server sees of the socket.
    mapped: Option<SocketAddr>,
}

/// A transaction that waits for its response.
#[derive(Debug)]
struct Asked {
    id: TransactionId,
    bytes: Bytes,
}

/// Servers that leave questions unanswered, each with the address that it was asked from.
pub(crate) type Silent = BTreeSet<(IpAddr, SocketAddr)>;

impl Gatherer {
    /// Begins to ask each of `servers` from each of `bases` of its address family. Those that are
    /// `silent` are asked and not waited for.
    pub(crate) fn new(
        bases: Vec<SocketAddr>,
        servers: &[SocketAddr],
        silent: &Silent,
        now: Instant,
    ) -> Self {
        let mut questions = Vec::new();
        for server in servers.iter().take(MAX_SERVERS) {
            for (index, base) in bases.iter().enumerate() {
                if base.is_ipv4() == server.is_ipv4() {
                    questions.push(Question {
                        base: index,
                        server: *server,
                        is_awaited: !silent.contains(&(base.ip(), *server)),
                        asked: None,
                        missed: 0,
                        mapped: None,
                    });
                }
            }
        }
        let state = if questions.is_empty() {
            State::Resting
        } else {
            State::Asking {
                repeat_at: now + FIRST_REPEAT,
                interval: FIRST_REPEAT,
                deadline: now + DEADLINE,
            }
        };
        let mut gatherer = Self {
            bases,
            questions,
            state,
            transmits: VecDeque::new(),
        };
        gatherer.ask();
        gatherer.settle(now);
        gatherer
    }

    /// Returns the addresses of our sockets.
    pub(crate) fn bases(&self) -> &[SocketAddr] {
        &self.bases
    }

    /// Takes a datagram; returns whether it was an answer to one of our questions.
    pub(crate) fn handle_datagram(
        &mut self,
        local: SocketAddr,
        from: SocketAddr,
        datagram: &[u8],
        now: Instant,
    ) -> bool {
        let Some(message) = stun::binding(datagram) else {
            return false;
        };
        let Some(question) = self.questions.iter_mut().find(|question| {
            let is_asked = |asked: &Asked| asked.id == message.transaction_id;
            question.asked.as_ref().is_some_and(is_asked)
                && question.server == from
                && self.bases[question.base] == local
        }) else {
            return false;
        };
        question.asked = None;
        question.missed = 0;
        let mut mapped = XorMappedAddress::default();
        if message.typ.class == CLASS_SUCCESS_RESPONSE && mapped.get_from(&message).is_ok() {
            let mapped = SocketAddr::new(mapped.ip, mapped.port);
            let usable = mapped.port() != 0 && !mapped.ip().is_unspecified();
            question.mapped = usable.then_some(mapped);
        }
        self.settle(now);
        true
    }

    /// Asks again where that is due, and gives up at the deadline.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        match &mut self.state {
            State::Asking { deadline, .. } if now >= *deadline => {
                let mut unanswered = 0;
                for question in self.questions.iter_mut().filter(|it| it.asked.is_some()) {
                    question.missed = SILENT;
                    unanswered += 1;
                }
                debug!(unanswered, "Gathering ends without some STUN servers");
                self.keep(now);
            }
            State::Asking {
                repeat_at,
                interval,
                ..
            } if now >= *repeat_at => {
                *interval *= 2;
                *repeat_at = now + *interval;
                // RFC 8489 §6.2.1: the same transaction.
                self.send();
            }
            State::Keeping { ask_at } if now >= *ask_at => {
                self.ask();
                self.keep(now);
            }
            State::Asking { .. } | State::Keeping { .. } | State::Resting => {}
        }
    }

    /// Returns when [`handle_timeout`](Self::handle_timeout) is to be called next.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        match &self.state {
            State::Asking {
                repeat_at,
                deadline,
                ..
            } => Some(*repeat_at.min(deadline)),
            State::Keeping { ask_at } => Some(*ask_at),
            State::Resting => None,
        }
    }

    /// Returns the next datagram to send.
    pub(crate) fn poll_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    /// Returns whether everyone who is waited for answered, or the time is over.
    pub(crate) fn is_done(&self) -> bool {
        match self.state {
            State::Asking { .. } => false,
            State::Keeping { .. } | State::Resting => true,
        }
    }

    /// Asks no more: what the peer is sent from here on keeps the NAT's memory fresh.
    pub(crate) fn rest(&mut self) {
        self.state = State::Resting;
    }

    /// Brings `silent` up to date with what is known of the servers that are asked here; returns
    /// whether that changed anything.
    pub(crate) fn judge(&self, silent: &mut Silent) -> bool {
        if let State::Resting = self.state {
            return false;
        }
        let mut changed = false;
        for question in &self.questions {
            let key = (self.bases[question.base].ip(), question.server);
            if question.missed >= SILENT {
                changed |= silent.insert(key);
            } else if question.asked.is_none() {
                changed |= silent.remove(&key);
            }
        }
        changed
    }

    /// Waits no longer for servers that turned out to be `silent`.
    pub(crate) fn excuse(&mut self, silent: &Silent, now: Instant) {
        for question in &mut self.questions {
            let key = (self.bases[question.base].ip(), question.server);
            question.is_awaited &= !silent.contains(&key);
        }
        self.settle(now);
    }

    /// Returns a socket of ours and how it is seen from outside, as soon as a server told of one.
    pub(crate) fn mapped(&self) -> Option<(SocketAddr, SocketAddr)> {
        self.questions
            .iter()
            .find_map(|question| Some((self.bases[question.base], question.mapped?)))
    }

    /// Returns what follows `a=candidate:`: our host candidates and, so far, the server-reflexive
    /// ones.
    pub(crate) fn candidates(&self) -> Vec<String> {
        let mut found: Vec<(usize, SocketAddr)> = Vec::new();
        for question in &self.questions {
            let Some(mapped) = question.mapped else {
                continue;
            };
            // RFC 8445 §5.1.3: one that equals its base, or another, is redundant.
            if mapped != self.bases[question.base] && !found.contains(&(question.base, mapped)) {
                found.push((question.base, mapped));
            }
        }
        let hosts = self.bases.iter().enumerate();
        let hosts = hosts.map(|(index, base)| candidate::host(*base, index));
        let reflexive = found
            .iter()
            .map(|(base, mapped)| candidate::server_reflexive(self.bases[*base], *mapped, *base));
        hosts
            .chain(reflexive)
            .filter_map(|candidate| Some(candidate.ok()?.marshal()))
            .collect()
    }

    /// Ends the first round where everyone who is waited for has answered.
    fn settle(&mut self, now: Instant) {
        let waits = |question: &Question| question.is_awaited && question.asked.is_some();
        if let State::Asking { .. } = self.state
            && !self.questions.iter().any(waits)
        {
            self.keep(now);
        }
    }

    fn keep(&mut self, now: Instant) {
        self.state = State::Keeping {
            ask_at: now + KEEP_ALIVE,
        };
    }

    /// Begins a round: everything is asked anew.
    fn ask(&mut self) {
        for question in &mut self.questions {
            if question.asked.take().is_some() {
                question.missed = question.missed.saturating_add(1);
            }
            question.asked = Asked::new().ok();
        }
        self.send();
    }

    fn send(&mut self) {
        for question in &self.questions {
            if let Some(asked) = &question.asked {
                self.transmits.push_back(Transmit {
                    local: self.bases[question.base],
                    to: question.server,
                    bytes: asked.bytes.clone(),
                });
            }
        }
    }
}

impl Asked {
    fn new() -> Result<Self, Error> {
        let id = TransactionId::new();
        let mut message = Message::new();
        message.build(&[
            Box::new(BINDING_REQUEST),
            Box::new(id),
            Box::new(FINGERPRINT),
        ])?;
        Ok(Self {
            id,
            bytes: message.raw.into(),
        })
    }
}

/// From the start to the end of gathering, answered or not: what a user does not notice before an
/// offer.
pub(super) const DEADLINE: Duration = Duration::from_millis(250);

/// Doubles each time; three questions fit into the deadline.
const FIRST_REPEAT: Duration = Duration::from_millis(60);

/// The hastiest NATs forget after 30 s, though RFC 4787 §4.3 wants 2 minutes; RFC 5626 §4.4.2 takes
/// 24 to 29 s for the same reason.
const KEEP_ALIVE: Duration = Duration::from_secs(22);

/// A server that left as many questions in a row unanswered is not waited for the next time.
const SILENT: u32 = 2;

/// One more than two would not find anything else.
const MAX_SERVERS: usize = 4;
