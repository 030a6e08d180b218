use std::time::Duration;

use rsa::{RsaPrivateKey, pkcs8::EncodePrivateKey, rand_core::OsRng};
use rtc::dtls::crypto::{Certificate, CryptoPrivateKey};

use super::{super::*, link::*};

#[test]
fn two_ends_connect_and_media_flows_in_both_dtls_roles() {
    for role in [DtlsRole::Client, DtlsRole::Server] {
        let mut link = Link::new(FAIR, 1);
        link.start(role);
        link.connect();
        for (from, to) in [(OFFERER, ANSWERER), (ANSWERER, OFFERER)] {
            let packet = rtp_packet(7, 100);
            link.with(from, |transport, _| transport.send_rtp(&packet));
            link.run_for(Duration::from_millis(100));
            assert_eq!(link.ends[to].heard_rtp(), [Bytes::from(packet)]);
        }
    }
}

#[test]
fn set_ups_with_a_fifth_of_all_datagrams_lost_all_connect() {
    let weather = Weather {
        jitter: Duration::from_millis(10),
        loss: 0.2,
        duplication: 0.05,
        ..FAIR
    };
    for seed in 0..300 {
        let mut link = Link::new(weather, seed);
        let role = if seed % 2 == 0 {
            DtlsRole::Client
        } else {
            DtlsRole::Server
        };
        link.start(role);
        let connected = link.run(Duration::from_secs(15), |ends| {
            ends.iter().all(End::is_connected)
        });
        assert!(connected, "seed {seed}");
    }
}

#[test]
fn a_client_that_lost_its_association_gets_another_and_media_goes_on() {
    let mut link = Link::new(FAIR, 1);
    link.start(DtlsRole::Client);
    // The last flight of the server does not arrive until the client has begun anew.
    link.ends[OFFERER].muted = |datagram| datagram[0] == 20;
    link.run(Duration::from_secs(30), |ends| {
        ends[ANSWERER]
            .sent
            .iter()
            .filter(|sent| is_client_hello(&sent.bytes))
            .count()
            > 2
    });
    assert!(link.ends[OFFERER].is_connected() && !link.ends[ANSWERER].is_connected());
    link.ends[OFFERER].muted = |_| false;
    link.connect();
    for (from, to) in [(OFFERER, ANSWERER), (ANSWERER, OFFERER)] {
        let packet = rtp_packet(7, 100);
        link.with(from, |transport, _| transport.send_rtp(&packet));
        link.run_for(Duration::from_millis(100));
        assert_eq!(link.ends[to].heard_rtp(), [Bytes::from(packet)]);
    }
    let connected = |event: &&Event| matches!(event, Event::Connected { .. });
    assert_eq!(
        link.ends[OFFERER].events.iter().filter(connected).count(),
        1
    );
}

#[test]
fn a_peer_that_is_silent_for_long_is_connected_with_when_it_wakes_up() {
    for (silence, silent) in [
        (is_stun as fn(&[u8]) -> bool, 9),
        (is_stun, 20),
        (is_dtls, 9),
        (is_dtls, 20),
        (|_| true, 20),
    ] {
        for role in [DtlsRole::Client, DtlsRole::Server] {
            for end in [OFFERER, ANSWERER] {
                let mut link = Link::new(FAIR, 1);
                link.ends[end].muted = silence;
                link.start(role);
                link.run_for(Duration::from_secs(silent));
                link.ends[end].muted = |_| false;
                let connected = link.run(Duration::from_secs(3), |ends| {
                    ends.iter().all(End::is_connected)
                });
                assert!(connected, "{role:?} {end} {silent} s");
            }
        }
    }
}

#[test]
fn a_peer_that_never_answers_is_given_up_after_30_s() {
    let mut link = Link::new(FAIR, 1);
    link.start_answerer(DtlsRole::Client);
    link.run_for(Duration::from_millis(29_900));
    assert_eq!(link.ends[ANSWERER].failure(), None);
    link.run_for(Duration::from_millis(200));
    assert_eq!(link.ends[ANSWERER].failure(), Some(&Failure::NoPath));
    // About four checks a second, not more.
    assert!(link.ends[ANSWERER].sent.len() < 200);
}

#[test]
fn a_peer_without_dtls_is_given_up_after_30_s() {
    for role in [DtlsRole::Client, DtlsRole::Server] {
        let mut link = Link::new(FAIR, 1);
        link.ends[OFFERER].muted = is_dtls;
        link.start(role);
        link.run_for(Duration::from_secs(31));
        for end in &link.ends {
            let failure = end.failure();
            assert!(matches!(failure, Some(Failure::Security(_))), "{failure:?}");
        }
    }
}

#[test]
fn two_ends_that_both_want_to_control_or_to_be_controlled_agree() {
    for offerer in [true, false] {
        for seed in 0..20 {
            let (a, b) = &*IDENTITIES;
            let weather = Weather {
                jitter: Duration::from_millis(10),
                ..FAIR
            };
            let mut link = Link::new(weather, seed);
            link.ends[OFFERER] = End::new(offerer, "10.0.0.1:4000", a, 1);
            link.ends[ANSWERER] = End::new(offerer, "10.0.0.2:5000", b, 2);
            link.start(DtlsRole::Client);
            let connected = link.run(Duration::from_secs(2), |ends| {
                ends.iter().all(End::is_connected)
            });
            assert!(connected, "offerers: {offerer}, seed {seed}");
        }
    }
}

#[test]
fn a_peer_with_an_rsa_certificate_is_connected_with_in_both_roles() {
    let (ours, _) = &*IDENTITIES;
    let rsa = Arc::new(rsa_identity());
    for role in [DtlsRole::Client, DtlsRole::Server] {
        let mut link = Link::between(ours, &rsa, FAIR, 1);
        link.start(role);
        link.connect();
    }
}

#[test]
fn an_answer_that_comes_late_costs_the_way_of_the_handshake_only() {
    let mut link = Link::new(FAIR, 1);
    link.start_answerer(DtlsRole::Client);
    link.run_for(Duration::from_secs(3));
    let start = link.now;
    link.start_offerer(DtlsRole::Client);
    link.connect();
    // A check each way and the nomination, then five flights of 20 ms, and a round of the slow
    // checks at most.
    assert!(link.now - start < Duration::from_millis(400));
}

fn is_client_hello(datagram: &[u8]) -> bool {
    datagram[0] == 22 && datagram[13] == 1
}

/// Makes an RSA key of 2048 bits, which ring cannot, and a self-signed certificate for it.
fn rsa_identity() -> Identity {
    let key = RsaPrivateKey::new(&mut OsRng, 2048).unwrap();
    let key = key.to_pkcs8_der().unwrap();
    let key = rcgen::KeyPair::try_from(key.as_bytes()).unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["media.example".to_owned()])
        .and_then(|parameters| parameters.self_signed(&key))
        .unwrap();
    let provider = rtc::crypto::default_provider().unwrap();
    let private_key = CryptoPrivateKey::from_key_pair(&key, provider.crypto()).unwrap();
    Identity {
        provider,
        certificate: Certificate {
            certificate: vec![certificate.der().clone()],
            private_key,
        },
    }
}
