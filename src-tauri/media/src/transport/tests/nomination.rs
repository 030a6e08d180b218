use std::time::Duration;

use rtc::stun::attributes::{
    ATTR_ICE_CONTROLLED, ATTR_ICE_CONTROLLING, ATTR_PRIORITY, ATTR_USE_CANDIDATE,
};

use super::{super::*, link::*, peer::*};

const ELSEWHERE: &str = "10.0.0.9:9999";

#[test]
fn a_controlling_end_nominates_a_pair_in_the_moment_it_is_valid() {
    let mut peer = ByHand::started(true);
    let check = peer.next_request();
    assert!(check.message.contains(ATTR_ICE_CONTROLLING));
    assert!(!check.message.contains(ATTR_USE_CANDIDATE));
    peer.answer(&check);
    let nominations = peer.requests();
    assert_eq!(nominations.len(), 1);
    assert!(nominations[0].message.contains(ATTR_USE_CANDIDATE));
    peer.answer(&nominations[0]);
    assert!(peer.sent().iter().any(|sent| is_dtls(&sent.bytes)));
}

#[test]
fn a_nomination_that_comes_before_its_pair_is_valid_is_answered_as_soon_as_it_is() {
    let mut peer = ByHand::started(false);
    let nomination = peer.send_check(PEER, Role::Nominating);
    let sent = peer.sent();
    assert!(successes(&sent).is_empty());
    let check = messages(&sent).into_iter().next().unwrap();
    peer.answer(&check);
    let sent = peer.sent();
    assert_eq!(successes(&sent), [nomination]);
    assert!(sent.iter().any(|sent| is_dtls(&sent.bytes)));
}

#[test]
fn a_later_nomination_moves_media_and_consent_to_its_pair() {
    let mut peer = ByHand::started(false);
    nominate(&mut peer, PEER);
    peer.pass(Duration::from_secs(6));
    assert!(peer.sent().iter().all(|sent| sent.to == address(PEER)));
    nominate(&mut peer, ELSEWHERE);
    peer.pass(Duration::from_secs(6));
    let sent = peer.sent();
    assert!(sent.iter().any(|sent| is_dtls(&sent.bytes)));
    assert!(sent.iter().any(|sent| is_stun(&sent.bytes)));
    assert!(sent.iter().all(|sent| sent.to == address(ELSEWHERE)));
}

#[test]
fn a_nomination_of_a_pair_that_does_not_work_is_not_followed() {
    let mut peer = ByHand::started(false);
    nominate(&mut peer, PEER);
    peer.send_check(ELSEWHERE, Role::Nominating);
    assert!(successes(&peer.sent()).is_empty());
    peer.pass(Duration::from_secs(6));
    let sent = peer.sent();
    assert!(!sent.is_empty());
    assert!(sent.iter().all(|sent| sent.to == address(PEER)));
}

#[test]
fn a_peer_with_a_hundred_addresses_does_not_make_us_check_them_all() {
    let mut peer = ByHand::started(true);
    for port in 10_000..10_100 {
        peer.send_check(&format!("10.0.0.9:{port}"), Role::Controlled);
    }
    peer.sent();
    peer.pass(Duration::from_secs(1));
    let mut to: Vec<_> = peer.requests().iter().map(|sent| sent.to).collect();
    to.sort();
    to.dedup();
    assert_eq!(to.len(), candidate::MAX_REMOTE);
}

#[test]
fn a_forged_check_is_not_answered_and_changes_nothing() {
    for offerer in [true, false] {
        let mut peer = ByHand::started(offerer);
        let (ours, conflicting) = if offerer {
            (ATTR_ICE_CONTROLLING, Role::Nominating)
        } else {
            (ATTR_ICE_CONTROLLED, Role::Controlled)
        };
        assert!(peer.next_request().message.contains(ours));
        let forged = peer.check(conflicting, "not the password of anybody");
        for from in [PEER, ELSEWHERE] {
            peer.receive(from, &forged.raw);
        }
        let mut unsigned = peer.check(conflicting, "");
        unsigned.raw.truncate(unsigned.raw.len() - 32);
        unsigned.length -= 32;
        unsigned.write_length();
        peer.receive(PEER, &unsigned.raw);
        assert_eq!(peer.sent(), []);
        let next = peer.next_request();
        assert!(next.message.contains(ours));
        assert_eq!(next.to, address(PEER));
        assert_eq!(peer.end.transport.last_heard(), None);
    }
}

#[test]
fn an_authentic_check_with_our_role_decides_the_conflict_by_tie_breaker() {
    let mut peer = ByHand::started(true);
    peer.send_check(PEER, Role::Controlling);
    assert!(peer.next_request().message.contains(ATTR_ICE_CONTROLLED));
}

#[test]
fn an_authentic_refusal_for_our_role_changes_it() {
    for (offerer, role) in [(true, ATTR_ICE_CONTROLLED), (false, ATTR_ICE_CONTROLLING)] {
        let mut peer = ByHand::started(offerer);
        let check = peer.next_request();
        peer.refuse_role(&check);
        // A repeat of the refusal must not change it back.
        peer.refuse_role(&check);
        assert!(peer.next_request().message.contains(role));
    }
}

#[test]
fn a_response_that_is_not_authentic_or_comes_from_elsewhere_makes_no_pair_valid() {
    let mut peer = ByHand::started(true);
    let check = peer.next_request();
    let credentials = std::mem::replace(&mut peer.credentials, Credentials::from_seed([8; 32]));
    peer.answer(&check);
    peer.credentials = credentials;
    let elsewhere = Sent {
        to: address(ELSEWHERE),
        message: check.message.clone(),
    };
    peer.answer(&elsewhere);
    assert!(peer.requests().is_empty());
    peer.answer(&check);
    assert_eq!(peer.requests().len(), 1);
}

#[test]
fn a_lite_peer_is_controlled_even_where_the_offer_was_its() {
    let mut peer = ByHand::new(false);
    let remote = Remote {
        ice_lite: true,
        ..peer.description()
    };
    peer.end.transport.start(remote, peer.now);
    let check = peer.next_request();
    assert!(check.message.contains(ATTR_ICE_CONTROLLING));
    peer.answer(&check);
    let nomination = peer.next_request();
    assert!(nomination.message.contains(ATTR_USE_CANDIDATE));
    peer.answer(&nomination);
    assert!(peer.sent().iter().any(|sent| is_dtls(&sent.bytes)));
}

#[test]
fn a_check_before_the_answer_is_answered_as_soon_as_the_answer_is_known() {
    let mut peer = ByHand::new(true);
    let early: Vec<_> = (0..3)
        .map(|_| peer.send_check(PEER, Role::Controlled))
        .collect();
    assert_eq!(peer.sent(), []);
    let remote = peer.description();
    peer.end.transport.start(remote, peer.now);
    let sent = peer.sent();
    assert_eq!(successes(&sent), early);
    assert!(sent.iter().all(|sent| sent.to == address(PEER)));
}

#[test]
fn a_peer_that_says_nothing_of_its_candidates_is_found_by_its_checks() {
    let mut peer = ByHand::new(true);
    let remote = Remote {
        candidates: Vec::new(),
        ..peer.description()
    };
    peer.end.transport.start(remote, peer.now);
    peer.send_check(ELSEWHERE, Role::Controlled);
    let check = peer.next_request();
    assert_eq!(check.to, address(ELSEWHERE));
    assert!(check.message.contains(ATTR_PRIORITY));
    peer.answer(&check);
    assert!(peer.requests()[0].message.contains(ATTR_USE_CANDIDATE));
}

#[test]
fn where_the_peer_has_only_reflexive_or_relayed_candidates_there_is_nothing_to_wait_for() {
    for kind in [
        "srflx raddr 10.1.1.1 rport 9",
        "relay raddr 10.1.1.1 rport 9",
    ] {
        let mut peer = ByHand::new(true);
        let remote = Remote {
            candidates: vec![format!("1 1 UDP 1694498815 10.0.0.9 9000 typ {kind}")],
            ..peer.description()
        };
        peer.end.transport.start(remote, peer.now);
        let check = peer.next_request();
        peer.answer(&check);
        assert!(peer.requests()[0].message.contains(ATTR_USE_CANDIDATE));
    }
}

#[test]
fn candidates_that_cannot_be_used_are_left_out() {
    let mut peer = ByHand::new(true);
    let mut candidates: Vec<String> = [
        "",
        "nonsense",
        "1 2 udp 2130706431 10.0.0.9 9001 typ host",
        "1 1 tcp 2130706431 10.0.0.9 9 typ host tcptype active",
        "1 1 udp 2130706431 10.0.0.9 0 typ host",
        "1 1 udp 2130706431 0.0.0.0 9000 typ host",
        "1 1 udp 2130706431 1f4712db-ea17-4bcf-a596-105139dfd8bf.local 9000 typ host",
        "1 1 udp 2130706431 fe80::1%eth0 9000 typ host",
        "1 1 udp 99999999999 10.0.0.9 9000 typ host",
        "1 1 udp 2130706431 10.0.0.9 99999 typ host",
        "1 1 udp 2130706431 10.0.0.9 9000 typ odd",
    ]
    .map(str::to_owned)
    .to_vec();
    candidates.push(candidate_line(address(PEER)));
    let remote = Remote {
        candidates,
        ..peer.description()
    };
    peer.end.transport.start(remote, peer.now);
    peer.pass(Duration::from_secs(1));
    let sent = peer.sent();
    assert!(!sent.is_empty());
    assert!(sent.iter().all(|sent| sent.to == address(PEER)));
}

#[test]
fn a_candidate_of_a_later_description_is_checked() {
    let mut peer = ByHand::started(true);
    peer.next_request();
    let lines = [
        candidate_line(address(PEER)),
        candidate_line(address(ELSEWHERE)),
    ];
    peer.end
        .transport
        .update_remote(&lines, Vec::new(), peer.now);
    peer.pass(Duration::from_millis(1));
    let mut to: Vec<_> = peer.requests().iter().map(|sent| sent.to).collect();
    to.sort();
    assert_eq!(to, [address(PEER), address(ELSEWHERE)]);
}

/// Lets the peer check, be checked and nominate from `from`.
fn nominate(peer: &mut ByHand, from: &str) {
    peer.send_check(from, Role::Controlling);
    let check = peer
        .requests()
        .into_iter()
        .find(|sent| sent.to == address(from))
        .unwrap();
    peer.answer(&check);
    let nomination = peer.send_check(from, Role::Nominating);
    assert_eq!(successes(&peer.sent()), [nomination]);
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}
