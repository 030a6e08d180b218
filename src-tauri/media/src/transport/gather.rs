use std::{
    collections::{BTreeSet, VecDeque},
    io,
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

/// Returns the addresses of this machine's interfaces that can serve as host candidates.
///
/// Link-local addresses are left out (RFC 8445 §5.1.1.1 leaves out what cannot be reached), and so
/// is loopback where there is anything else: no peer on another machine could use it, and one on
/// this machine reaches the other addresses as well.
pub(crate) fn host_addresses() -> io::Result<Vec<IpAddr>> {
    let addresses: Vec<IpAddr> = if_addrs::get_if_addrs()?
        .into_iter()
        .filter(if_addrs::Interface::is_oper_up)
        .map(|interface| interface.ip())
        .collect();
    Ok(usable(&addresses))
}

fn usable(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let mut usable: Vec<IpAddr> = addresses
        .iter()
        .copied()
        .filter(|address| !address.is_unspecified() && !address.is_multicast())
        .filter(|address| match address {
            IpAddr::V4(v4) => !v4.is_link_local(),
            IpAddr::V6(v6) => !v6.is_unicast_link_local(),
        })
        .collect();
    usable.sort();
    usable.dedup();
    if usable.iter().any(|address| !address.is_loopback()) {
        usable.retain(|address| !address.is_loopback());
    }
    usable.truncate(MAX_ADDRESSES);
    usable
}

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

    /// Brings `silent` up to date with what is known of the servers that are asked here.
    pub(crate) fn judge(&self, silent: &mut Silent) {
        for question in &self.questions {
            let key = (self.bases[question.base].ip(), question.server);
            if question.missed >= SILENT {
                silent.insert(key);
            } else if question.asked.is_none() {
                silent.remove(&key);
            }
        }
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
const DEADLINE: Duration = Duration::from_millis(250);

/// Doubles each time; three questions fit into the deadline.
const FIRST_REPEAT: Duration = Duration::from_millis(60);

/// The hastiest NATs forget after 30 s, though RFC 4787 §4.3 wants 2 minutes; RFC 5626 §4.4.2 takes
/// 24 to 29 s for the same reason.
const KEEP_ALIVE: Duration = Duration::from_secs(22);

/// A server that left as many questions in a row unanswered is not waited for the next time.
const SILENT: u32 = 2;

/// More addresses than a peer would want to check.
const MAX_ADDRESSES: usize = 8;

/// One more than two would not find anything else.
const MAX_SERVERS: usize = 4;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use rtc::stun::message::{BINDING_ERROR, BINDING_SUCCESS, Setter};

    use super::*;

    #[test]
    fn a_server_reflexive_candidate_is_found_and_names_its_base() {
        let now = Instant::now();
        let mut gatherer = gatherer(&["10.0.0.1:4000"], &["192.0.2.1:3478"], now);
        assert!(!gatherer.is_done());
        let question = gatherer.poll_transmit().unwrap();
        assert_eq!(question.to, address("192.0.2.1:3478"));
        assert!(answer(&mut gatherer, &question, "198.51.100.7:5000"));
        assert!(gatherer.is_done());
        let candidates = gatherer.candidates();
        assert_eq!(candidates.len(), 2);
        assert!(
            candidates[0].ends_with("10.0.0.1 4000 typ host"),
            "{candidates:?}"
        );
        assert!(
            candidates[1].ends_with("198.51.100.7 5000 typ srflx raddr 10.0.0.1 rport 4000"),
            "{candidates:?}"
        );
        assert!(candidates.iter().all(|line| line.contains(" 1 udp ")));
    }

    #[test]
    fn a_dead_server_is_asked_again_and_costs_250_ms() {
        let start = Instant::now();
        let mut gatherer = gatherer(&["10.0.0.1:4000"], &["192.0.2.1:3478"], start);
        let (mut asked, mut now) = (questions(&mut gatherer).len(), start);
        while !gatherer.is_done() {
            now = gatherer.poll_timeout().unwrap();
            gatherer.handle_timeout(now);
            asked += questions(&mut gatherer).len();
        }
        assert_eq!(now - start, DEADLINE);
        assert_eq!((asked, gatherer.candidates().len()), (3, 1));
    }

    #[test]
    fn a_server_that_was_silent_is_asked_and_not_waited_for_until_it_answers() {
        let start = Instant::now();
        let (bases, dead) = (["10.0.0.1:4000"], "192.0.2.1:3478");
        let mut silent = Silent::new();
        let mut first = gatherer(&bases, &[dead], start);
        first.judge(&mut silent);
        assert!(silent.is_empty(), "it may answer yet");
        first.handle_timeout(start + DEADLINE);
        first.judge(&mut silent);

        let again = |servers: &[&str], silent: &Silent| {
            let servers: Vec<SocketAddr> = servers.iter().map(|text| address(text)).collect();
            Gatherer::new(vec![address(bases[0])], &servers, silent, start)
        };
        let mut second = again(&[dead], &silent);
        assert!(second.is_done());
        let question = second.poll_transmit().unwrap();
        assert!(!again(&[dead, "192.0.2.2:3478"], &silent).is_done());
        // From elsewhere it may be there.
        let other = [address("10.0.0.2:4000")];
        assert!(!Gatherer::new(other.to_vec(), &[address(dead)], &silent, start).is_done());

        assert!(answer(&mut second, &question, "198.51.100.7:5000"));
        assert_eq!(second.candidates().len(), 2);
        second.judge(&mut silent);
        assert!(!again(&[dead], &silent).is_done());
    }

    #[test]
    fn candidates_are_kept_alive_and_follow_the_nat_until_media_flows() {
        let start = Instant::now();
        let mut gatherer = gatherer(&["10.0.0.1:4000"], &["192.0.2.1:3478"], start);
        let first = gatherer.poll_transmit().unwrap();
        assert!(answer(&mut gatherer, &first, "198.51.100.7:5000"));
        let (mut wakes, mut now) = (0, start);
        while now < start + Duration::from_secs(600) {
            let due = gatherer.poll_timeout().unwrap();
            assert!(due - now < Duration::from_secs(25), "a NAT forgets us");
            now = due;
            gatherer.handle_timeout(now);
            wakes += 1;
            let asked = questions(&mut gatherer);
            assert_eq!(asked.len(), 1);
            assert_ne!(asked[0].bytes, first.bytes, "another transaction");
            let mapped = format!("198.51.100.7:{}", 5000 + wakes);
            assert!(answer(&mut gatherer, &asked[0], &mapped));
            assert!(gatherer.is_done());
            assert!(gatherer.candidates()[1].contains(&mapped.replace(':', " ")));
        }
        assert!(wakes < 30, "{wakes} wake-ups in 10 minutes");
        gatherer.rest();
        assert_eq!(gatherer.poll_timeout(), None);
    }

    #[test]
    fn a_server_that_ceases_to_answer_is_silent_after_two_questions_in_vain() {
        let mut now = Instant::now();
        let mut gatherer = gatherer(&["10.0.0.1:4000"], &["192.0.2.1:3478"], now);
        let question = gatherer.poll_transmit().unwrap();
        answer(&mut gatherer, &question, "198.51.100.7:5000");
        let mut silent = Silent::new();
        for expected in [false, false, true] {
            now = gatherer.poll_timeout().unwrap();
            gatherer.handle_timeout(now);
            gatherer.judge(&mut silent);
            assert_eq!(!silent.is_empty(), expected);
        }
        // What it said may still be true: it is asked on, which keeps the NAT from forgetting.
        assert_eq!(gatherer.candidates().len(), 2);
    }

    #[test]
    fn a_late_answer_is_still_an_answer_and_a_second_one_is_not() {
        let now = Instant::now();
        let mut gatherer = gatherer(&["10.0.0.1:4000"], &["192.0.2.1:3478"], now);
        let question = gatherer.poll_transmit().unwrap();
        gatherer.handle_timeout(now + DEADLINE);
        assert!(gatherer.is_done());
        assert!(answer(&mut gatherer, &question, "198.51.100.7:5000"));
        assert!(!answer(&mut gatherer, &question, "198.51.100.8:5000"));
        assert_eq!(gatherer.candidates().len(), 2);
    }

    #[test]
    fn without_servers_gathering_is_done_at_once() {
        let gatherer = gatherer(
            &["10.0.0.1:4000", "[2001:db8::1]:4000"],
            &[],
            Instant::now(),
        );
        assert!(gatherer.is_done());
        assert_eq!(gatherer.poll_timeout(), None);
        let candidates = gatherer.candidates();
        assert_eq!(candidates.len(), 2);
        let priority = |index: usize| -> u32 {
            let line: &String = &candidates[index];
            line.split(' ').nth(3).unwrap().parse().unwrap()
        };
        assert_ne!(priority(0), priority(1));
    }

    #[test]
    fn each_server_is_asked_by_sockets_of_its_family_and_redundant_answers_are_left_out() {
        let now = Instant::now();
        let mut gatherer = gatherer(
            &["10.0.0.1:4000", "[2001:db8::1]:4000"],
            &["192.0.2.1:3478", "192.0.2.2:3478", "[2001:db8::9]:3478"],
            now,
        );
        let questions = questions(&mut gatherer);
        assert_eq!(questions.len(), 3);
        for question in &questions {
            let mapped = if question.to.is_ipv4() {
                "198.51.100.7:5000"
            } else {
                "[2001:db8::1]:4000"
            };
            assert!(answer(&mut gatherer, question, mapped));
        }
        assert!(gatherer.is_done());
        assert_eq!(gatherer.candidates().len(), 3);
    }

    #[test]
    fn only_the_server_that_was_asked_can_answer() {
        let now = Instant::now();
        let mut gatherer = gatherer(&["10.0.0.1:4000"], &["192.0.2.1:3478"], now);
        let question = gatherer.poll_transmit().unwrap();
        let bytes = response(&question, "198.51.100.7:5000");
        let (ours, server) = (question.local, question.to);
        assert!(!gatherer.handle_datagram(ours, address("192.0.2.9:3478"), &bytes, now));
        assert!(!gatherer.handle_datagram(address("10.0.0.2:1"), server, &bytes, now));
        assert!(!gatherer.handle_datagram(ours, server, b"noise", now));
        assert!(!gatherer.is_done());
        let refusal = message(&question, &[Box::new(BINDING_ERROR)]);
        assert!(gatherer.handle_datagram(ours, server, &refusal, now));
        assert!(gatherer.is_done());
        assert_eq!(gatherer.candidates().len(), 1);
    }

    #[test]
    fn loopback_is_used_only_where_there_is_nothing_else() {
        let [loopback, link_local, lan, v6, v6_link_local] = [
            "127.0.0.1",
            "169.254.7.7",
            "192.168.1.5",
            "2001:db8::5",
            "fe80::1",
        ]
        .map(|address| address.parse::<IpAddr>().unwrap());
        assert_eq!(usable(&[loopback, link_local, v6_link_local]), [loopback]);
        assert_eq!(usable(&[v6, loopback, lan, link_local, lan]), [lan, v6]);
        assert_eq!(usable(&[]), Vec::<IpAddr>::new());
    }

    #[test]
    fn this_machine_has_an_address() {
        assert!(!host_addresses().unwrap().is_empty());
    }

    fn gatherer(bases: &[&str], servers: &[&str], now: Instant) -> Gatherer {
        let addresses =
            |texts: &[&str]| -> Vec<_> { texts.iter().map(|text| address(text)).collect() };
        Gatherer::new(addresses(bases), &addresses(servers), &Silent::new(), now)
    }

    /// Takes everything that is asked.
    fn questions(gatherer: &mut Gatherer) -> Vec<Transmit> {
        std::iter::from_fn(|| gatherer.poll_transmit()).collect()
    }

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn answer(gatherer: &mut Gatherer, question: &Transmit, mapped: &str) -> bool {
        let bytes = response(question, mapped);
        gatherer.handle_datagram(question.local, question.to, &bytes, Instant::now())
    }

    fn response(question: &Transmit, mapped: &str) -> Vec<u8> {
        let mapped = address(mapped);
        let mapped = XorMappedAddress {
            ip: mapped.ip(),
            port: mapped.port(),
        };
        message(question, &[Box::new(BINDING_SUCCESS), Box::new(mapped)])
    }

    fn message(question: &Transmit, setters: &[Box<dyn Setter>]) -> Vec<u8> {
        let asked = stun::binding(&question.bytes).unwrap();
        let mut message = Message::new();
        message.build(&[Box::new(asked.transaction_id)]).unwrap();
        for setter in setters {
            setter.add_to(&mut message).unwrap();
        }
        message.raw
    }
}
