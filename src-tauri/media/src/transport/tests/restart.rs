//! ICE is restarted while the DTLS association stays (RFC 8842 §4).

use std::{net::SocketAddr, time::Duration};

use super::{super::*, link::*};

const ELSEWHERE: &str = "10.0.7.7:7000";

#[test]
fn a_restart_moves_the_call_without_a_handshake_and_without_losing_a_packet() {
    for role in [DtlsRole::Client, DtlsRole::Server] {
        for mover in [OFFERER, ANSWERER] {
            let mut link = connected(role);
            let old = link.ends[mover].address;
            let mut sent = 0;
            talk(&mut link, 10, &mut sent);
            restart(&mut link, mover, ELSEWHERE.parse().unwrap());
            talk(&mut link, 90, &mut sent);
            link.run_for(Duration::from_millis(100));
            for end in &link.ends {
                assert_eq!(end.heard_rtp().len(), usize::from(sent), "{role:?} {mover}");
                assert!(!end.sent.iter().any(|sent| is_dtls(&sent.bytes)));
                assert_eq!(end.events.iter().filter(|it| is_connection(it)).count(), 1);
            }
            let new = link.ends[mover].address;
            assert_eq!(last_media(&link.ends[1 - mover]).to, new);
            assert_eq!(last_media(&link.ends[mover]).local, new);
            assert_ne!(old, new);
        }
    }
}

#[test]
fn a_restart_brings_media_back_where_the_old_path_is_dead() {
    let mut link = connected(DtlsRole::Client);
    restart(&mut link, OFFERER, ELSEWHERE.parse().unwrap());
    link.ends[OFFERER].former = None;
    link.run_for(Duration::from_secs(1));
    let mut sent = 0;
    talk(&mut link, 5, &mut sent);
    link.run_for(Duration::from_millis(100));
    for end in &link.ends {
        assert_eq!(end.heard_rtp().len(), 5);
        assert!(!end.sent.iter().any(|sent| is_dtls(&sent.bytes)));
    }
}

#[test]
fn a_restart_that_finds_no_path_leaves_the_call_and_its_credentials_as_they_were() {
    let mut link = connected(DtlsRole::Client);
    let old = link.ends[ANSWERER].transport.credentials().ufrag.clone();
    let before = link.ends[OFFERER].address;
    restart(&mut link, OFFERER, ELSEWHERE.parse().unwrap());
    assert_ne!(link.ends[ANSWERER].transport.credentials().ufrag, old);
    // The new address is reached by nobody, and reaches nobody.
    link.ends[OFFERER].address = before;
    link.is_cut = |transmit| transmit.local.to_string() == ELSEWHERE;
    link.run_for(Duration::from_secs(32));
    assert_eq!(link.ends[ANSWERER].transport.credentials().ufrag, old);
    let mut sent = 0;
    talk(&mut link, 5, &mut sent);
    link.run_for(Duration::from_millis(100));
    for end in &link.ends {
        assert_eq!((end.heard_rtp().len(), end.failure()), (5, None));
    }
}

#[test]
fn a_restart_outlives_the_consent_of_the_old_path() {
    let mut link = connected(DtlsRole::Client);
    link.is_cut = |_| true;
    link.run_for(Duration::from_secs(20));
    restart(&mut link, OFFERER, ELSEWHERE.parse().unwrap());
    link.run_for(Duration::from_secs(20));
    assert_eq!(link.ends[ANSWERER].failure(), None);
    link.is_cut = |_| false;
    link.run_for(Duration::from_secs(2));
    let mut sent = 0;
    talk(&mut link, 5, &mut sent);
    link.run_for(Duration::from_millis(100));
    for end in &link.ends {
        assert_eq!((end.heard_rtp().len(), end.failure()), (5, None));
    }
}

#[test]
fn a_restart_during_the_handshake_lets_it_end() {
    for role in [DtlsRole::Client, DtlsRole::Server] {
        let mut link = Link::new(FAIR, 1);
        link.start(role);
        let begun = link.run(Duration::from_secs(5), |ends| {
            ends.iter()
                .all(|end| end.sent.iter().any(|sent| is_dtls(&sent.bytes)))
        });
        assert!(begun && !link.ends.iter().any(End::is_connected));
        restart(&mut link, OFFERER, ELSEWHERE.parse().unwrap());
        link.ends[OFFERER].former = None;
        link.connect();
    }
}

fn connected(role: DtlsRole) -> Link {
    let mut link = Link::new(FAIR, 1);
    link.start(role);
    link.connect();
    link.run_for(Duration::from_secs(1));
    for end in &mut link.ends {
        end.sent.clear();
    }
    link
}

/// Lets `mover` offer a restart, at `address` from here on, and the other end answer it.
fn restart(link: &mut Link, mover: usize, address: SocketAddr) {
    let moved = &mut link.ends[mover];
    moved.former = Some(moved.address);
    moved.address = address;
    for (end, seed) in link.ends.iter_mut().zip([11, 12]) {
        end.credentials = Credentials::from_seed([seed; 32]);
    }
    for end in [1 - mover, mover] {
        let config = Config {
            offerer: end == mover,
            credentials: link.ends[end].credentials.clone(),
            identity: link.ends[end].identity.clone(),
            local: vec![link.ends[end].address],
            seed: 5,
        };
        // The role of a description counts for an association that begins.
        let remote = link.ends[1 - end].description(DtlsRole::Client);
        link.with(end, |transport, now| transport.restart(config, remote, now));
    }
}

/// Sends a packet each way every 20 ms.
fn talk(link: &mut Link, packets: u16, sent: &mut u16) {
    for _ in 0..packets {
        *sent += 1;
        for end in [OFFERER, ANSWERER] {
            let packet = rtp_packet(7, *sent);
            link.with(end, |transport, _| transport.send_rtp(&packet));
        }
        link.run_for(Duration::from_millis(20));
    }
}

fn last_media(end: &End) -> &Transmit {
    let mut media = end.sent.iter().filter(|sent| sent.bytes[0] >= 128);
    media.next_back().unwrap()
}

fn is_connection(event: &Event) -> bool {
    matches!(event, Event::Connected { .. })
}
