use std::{
    collections::VecDeque,
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

/// Asks STUN servers how our sockets are seen from outside (RFC 8445 §5.1.1.2).
///
/// It is done when every server answered every socket, and after 250 ms whatever came: an offer
/// does not wait for a dead server.
#[derive(Debug)]
pub(crate) struct Gatherer {
    bases: Vec<SocketAddr>,
    questions: Vec<Question>,
    found: Vec<Mapped>,
    repeat_at: Instant,
    interval: Duration,
    deadline: Instant,
    over: bool,
    transmits: VecDeque<Transmit>,
}

#[derive(Debug)]
struct Question {
    id: TransactionId,
    base: usize,
    server: SocketAddr,
    bytes: Bytes,
}

/// What a server sees of the socket at the `base`-th address.
#[derive(Debug, PartialEq, Eq)]
struct Mapped {
    base: usize,
    address: SocketAddr,
}

impl Gatherer {
    /// Begins to ask each of `servers` from each of `bases` of its address family.
    pub(crate) fn new(bases: Vec<SocketAddr>, servers: Vec<SocketAddr>, now: Instant) -> Self {
        let questions: Vec<Question> = servers
            .into_iter()
            .take(MAX_SERVERS)
            .flat_map(|server| {
                bases
                    .iter()
                    .enumerate()
                    .filter(move |(_, base)| base.is_ipv4() == server.is_ipv4())
                    .map(move |(base, _)| (base, server))
            })
            .filter_map(|(base, server)| Question::new(base, server).ok())
            .collect();
        let mut gatherer = Self {
            bases,
            questions,
            found: Vec::new(),
            repeat_at: now + FIRST_REPEAT,
            interval: FIRST_REPEAT,
            deadline: now + DEADLINE,
            over: false,
            transmits: VecDeque::new(),
        };
        gatherer.ask();
        gatherer
    }

    /// Takes a datagram; returns whether it was an answer to one of our questions.
    pub(crate) fn handle_datagram(
        &mut self,
        local: SocketAddr,
        from: SocketAddr,
        datagram: &[u8],
    ) -> bool {
        let Some(message) = stun::binding(datagram) else {
            return false;
        };
        let Some(index) = self.questions.iter().position(|question| {
            question.id == message.transaction_id
                && question.server == from
                && self.bases[question.base] == local
        }) else {
            return false;
        };
        let question = self.questions.swap_remove(index);
        let mut mapped = XorMappedAddress::default();
        if message.typ.class == CLASS_SUCCESS_RESPONSE && mapped.get_from(&message).is_ok() {
            self.note(question.base, SocketAddr::new(mapped.ip, mapped.port));
        }
        true
    }

    /// Asks again where that is due, and gives up at the deadline.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if now >= self.deadline && !self.is_done() {
            debug!(
                unanswered = self.questions.len(),
                "Gathering ends without some STUN servers"
            );
            self.over = true;
        } else if now >= self.repeat_at && !self.is_done() {
            self.interval *= 2;
            self.repeat_at = now + self.interval;
            self.ask();
        }
    }

    /// Returns when [`handle_timeout`](Self::handle_timeout) is to be called next; `None` when
    /// done.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        (!self.is_done()).then(|| self.repeat_at.min(self.deadline))
    }

    /// Returns the next datagram to send.
    pub(crate) fn poll_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    /// Returns whether everything was answered, or the time is over.
    pub(crate) fn is_done(&self) -> bool {
        self.over || self.questions.is_empty()
    }

    /// Returns what follows `a=candidate:`: our host candidates and, so far, the server-reflexive
    /// ones.
    pub(crate) fn candidates(&self) -> Vec<String> {
        let hosts = self
            .bases
            .iter()
            .enumerate()
            .map(|(index, base)| candidate::host(*base, index));
        let reflexive = self.found.iter().map(|mapped| {
            let base = self.bases[mapped.base];
            candidate::server_reflexive(base, mapped.address, mapped.base)
        });
        hosts
            .chain(reflexive)
            .filter_map(|candidate| Some(candidate.ok()?.marshal()))
            .collect()
    }

    fn note(&mut self, base: usize, address: SocketAddr) {
        let mapped = Mapped { base, address };
        // RFC 8445 §5.1.3: one that equals its base, or another, is redundant.
        let redundant = address == self.bases[base] || self.found.contains(&mapped);
        let usable = address.port() != 0 && !address.ip().is_unspecified();
        if usable && !redundant {
            self.found.push(mapped);
        }
    }

    fn ask(&mut self) {
        for question in &self.questions {
            self.transmits.push_back(Transmit {
                local: self.bases[question.base],
                to: question.server,
                bytes: question.bytes.clone(),
            });
        }
    }
}

impl Question {
    fn new(base: usize, server: SocketAddr) -> Result<Self, Error> {
        let id = TransactionId::new();
        let mut message = Message::new();
        message.build(&[
            Box::new(BINDING_REQUEST),
            Box::new(id),
            Box::new(FINGERPRINT),
        ])?;
        Ok(Self {
            id,
            base,
            server,
            bytes: message.raw.into(),
        })
    }
}

/// From the start to the end of gathering, answered or not: what a user does not notice before an
/// offer.
const DEADLINE: Duration = Duration::from_millis(250);

/// Doubles each time; three questions fit into the deadline.
const FIRST_REPEAT: Duration = Duration::from_millis(60);

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
        assert_eq!(gatherer.poll_timeout(), None);
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
        let mut asked = 0;
        let mut now = start;
        while let Some(at) = gatherer.poll_timeout() {
            now = at;
            gatherer.handle_timeout(now);
            while gatherer.poll_transmit().is_some() {
                asked += 1;
            }
        }
        assert_eq!(now - start, DEADLINE);
        assert_eq!((asked, gatherer.candidates().len()), (3, 1));
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
        let questions: Vec<Transmit> = std::iter::from_fn(|| gatherer.poll_transmit()).collect();
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
        let mut gatherer = gatherer(&["10.0.0.1:4000"], &["192.0.2.1:3478"], Instant::now());
        let question = gatherer.poll_transmit().unwrap();
        let bytes = response(&question, "198.51.100.7:5000");
        assert!(!gatherer.handle_datagram(question.local, address("192.0.2.9:3478"), &bytes));
        assert!(!gatherer.handle_datagram(address("10.0.0.2:1"), question.to, &bytes));
        assert!(!gatherer.handle_datagram(question.local, question.to, b"noise"));
        assert!(!gatherer.is_done());
        let refusal = message(&question, &[Box::new(BINDING_ERROR)]);
        assert!(gatherer.handle_datagram(question.local, question.to, &refusal));
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
        let addresses = |texts: &[&str]| texts.iter().map(|text| address(text)).collect();
        Gatherer::new(addresses(bases), addresses(servers), now)
    }

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn answer(gatherer: &mut Gatherer, question: &Transmit, mapped: &str) -> bool {
        let bytes = response(question, mapped);
        gatherer.handle_datagram(question.local, question.to, &bytes)
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
