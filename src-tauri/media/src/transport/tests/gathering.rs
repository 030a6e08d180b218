use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use rtc::stun::{
    message::{BINDING_ERROR, BINDING_SUCCESS, Message, Setter},
    xoraddr::XorMappedAddress,
};

use super::super::{Gatherer, Silent, Transmit, gather::DEADLINE, stun};

#[test]
fn a_server_reflexive_candidate_is_found_and_names_its_base() {
    let now = Instant::now();
    let mut gatherer = gatherer(&["10.0.0.1:4000"], &["192.0.2.1:3478"], now);
    assert!(!gatherer.is_done());
    let question = gatherer.poll_transmit().unwrap();
    assert_eq!(question.to, address("192.0.2.1:3478"));
    assert!(answer(&mut gatherer, &question, "198.51.100.7:5000", now));
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

    assert!(answer(&mut second, &question, "198.51.100.7:5000", start));
    assert_eq!(second.candidates().len(), 2);
    second.judge(&mut silent);
    assert!(!again(&[dead], &silent).is_done());
}

#[test]
fn candidates_are_kept_alive_and_follow_the_nat_until_media_flows() {
    let start = Instant::now();
    let mut gatherer = gatherer(&["10.0.0.1:4000"], &["192.0.2.1:3478"], start);
    let first = gatherer.poll_transmit().unwrap();
    assert!(answer(&mut gatherer, &first, "198.51.100.7:5000", start));
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
        assert!(answer(&mut gatherer, &asked[0], &mapped, now));
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
    answer(&mut gatherer, &question, "198.51.100.7:5000", now);
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
    assert!(answer(&mut gatherer, &question, "198.51.100.7:5000", now));
    assert!(!answer(&mut gatherer, &question, "198.51.100.8:5000", now));
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
        assert!(answer(&mut gatherer, question, mapped, now));
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

fn gatherer(bases: &[&str], servers: &[&str], now: Instant) -> Gatherer {
    let addresses = |texts: &[&str]| -> Vec<_> { texts.iter().map(|text| address(text)).collect() };
    Gatherer::new(addresses(bases), &addresses(servers), &Silent::new(), now)
}

/// Takes everything that is asked.
fn questions(gatherer: &mut Gatherer) -> Vec<Transmit> {
    std::iter::from_fn(|| gatherer.poll_transmit()).collect()
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn answer(gatherer: &mut Gatherer, question: &Transmit, mapped: &str, now: Instant) -> bool {
    let bytes = response(question, mapped);
    gatherer.handle_datagram(question.local, question.to, &bytes, now)
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
