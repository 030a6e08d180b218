use std::time::Duration;

use super::{
    super::{fingerprint::Hash, *},
    link::*,
};

#[test]
fn a_certificate_without_its_fingerprint_in_the_description_ends_it_in_both_roles() {
    for role in [DtlsRole::Client, DtlsRole::Server] {
        for careful in [OFFERER, ANSWERER] {
            let mut link = Link::new(FAIR, 3);
            let mut offer = link.ends[OFFERER].description(role);
            let mut answer = link.ends[ANSWERER].description(opposite(role));
            let tampered = if careful == OFFERER {
                &mut answer
            } else {
                &mut offer
            };
            tampered.fingerprints[0].bytes[31] ^= 1;
            link.start_end(ANSWERER, offer);
            link.start_end(OFFERER, answer);
            link.run_for(Duration::from_secs(1));
            let refused = link.ends[careful].failure();
            let Some(Failure::Security(reason)) = refused else {
                panic!("{role:?}, {careful}: {refused:?}");
            };
            assert!(reason.contains("fingerprint"), "{reason}");
            assert!(
                link.ends[careful]
                    .sent
                    .iter()
                    .any(|sent| is_fatal_alert(&sent.bytes)),
                "no alert"
            );
            let told = link.ends[1 - careful].failure();
            assert!(matches!(told, Some(Failure::Security(_))), "{told:?}");
            for end in [OFFERER, ANSWERER] {
                assert!(!link.ends[end].is_connected());
                link.ends[end].sent.clear();
                link.with(end, |transport, _| {
                    transport.send_rtp(&rtp_packet(1, 1));
                    transport.send_rtcp(&RECEIVER_REPORT);
                });
                assert_eq!(link.ends[end].sent, []);
            }
            for (from, to) in [(OFFERER, ANSWERER), (ANSWERER, OFFERER)] {
                let (from, to) = (link.ends[from].address, link.ends[to].address);
                link.inject(from, to, &rtp_packet(1, 2));
            }
            link.run_for(Duration::from_secs(1));
            assert!(link.ends.iter().all(|end| end.heard_rtp().is_empty()));
        }
    }
}

#[test]
fn a_description_without_a_fingerprint_connects_to_nobody() {
    let mut link = Link::new(FAIR, 3);
    let offer = Remote {
        fingerprints: Vec::new(),
        ..link.ends[OFFERER].description(DtlsRole::Client)
    };
    link.start_end(ANSWERER, offer);
    link.start_offerer(DtlsRole::Client);
    link.run_for(Duration::from_secs(1));
    assert!(matches!(
        link.ends[ANSWERER].failure(),
        Some(Failure::Security(_))
    ));
}

#[test]
fn one_of_several_fingerprints_and_any_of_the_hash_functions_is_enough() {
    for hash in [Hash::Sha256, Hash::Sha384, Hash::Sha512] {
        let mut link = Link::new(FAIR, 3);
        let mut offer = link.ends[OFFERER].description(DtlsRole::Client);
        let certificate = &link.ends[OFFERER].identity.certificate.certificate[0];
        let other = Fingerprint::of(hash, b"another certificate");
        offer.fingerprints = vec![other, Fingerprint::of(hash, certificate)];
        link.start_end(ANSWERER, offer);
        link.start_offerer(DtlsRole::Client);
        link.connect();
    }
}

#[test]
fn fingerprints_of_a_later_description_count_until_a_certificate_was_accepted() {
    let mut link = Link::new(FAIR, 3);
    let right = link.ends[OFFERER].identity.fingerprint();
    let wrong = Fingerprint::of(Hash::Sha256, b"another certificate");
    let mut offer = link.ends[OFFERER].description(DtlsRole::Client);
    offer.fingerprints = vec![wrong.clone()];
    link.start_end(ANSWERER, offer);
    link.with(ANSWERER, |transport, now| {
        assert!(transport.may_have(std::slice::from_ref(&wrong)));
        transport.update_remote(&[], vec![right.clone()], now);
    });
    link.start_offerer(DtlsRole::Client);
    link.connect();
    link.with(ANSWERER, |transport, _| {
        assert!(transport.may_have(&[wrong.clone(), right]));
        assert!(!transport.may_have(&[wrong]));
    });
}

#[test]
fn rtp_in_the_clear_is_never_delivered() {
    let mut link = Link::new(FAIR, 3);
    let (from, to) = (link.ends[OFFERER].address, link.ends[ANSWERER].address);
    link.start(DtlsRole::Client);
    for sequence_number in 0..300 {
        link.inject(from, to, &rtp_packet(1, sequence_number));
        link.inject(from, to, &RECEIVER_REPORT);
        link.run_for(Duration::from_millis(1));
    }
    link.connect();
    for sequence_number in 0..300 {
        link.inject(from, to, &rtp_packet(1, sequence_number));
        link.inject(from, to, &RECEIVER_REPORT);
    }
    link.run_for(Duration::from_secs(1));
    let heard = link.ends[ANSWERER]
        .events
        .iter()
        .filter(|event| matches!(event, Event::Rtp(_) | Event::Rtcp(_)));
    assert_eq!(heard.count(), 0);
    // The spray spoils nothing for the true source.
    let packet = rtp_packet(1, 1);
    link.with(OFFERER, |transport, _| transport.send_rtp(&packet));
    link.run_for(Duration::from_secs(1));
    assert_eq!(link.ends[ANSWERER].heard_rtp(), [Bytes::from(packet)]);
}

#[test]
fn media_is_sealed_on_the_wire_and_a_packet_is_delivered_once() {
    let mut link = Link::new(FAIR, 3);
    link.start(DtlsRole::Client);
    link.connect();
    link.ends[OFFERER].sent.clear();
    let packet = rtp_packet(1, 1);
    link.with(OFFERER, |transport, _| {
        transport.send_rtp(&packet);
        transport.send_rtcp(&RECEIVER_REPORT);
    });
    link.run_for(Duration::from_millis(100));
    let sealed: Vec<Bytes> = link.ends[OFFERER]
        .sent
        .iter()
        .map(|sent| sent.bytes.clone())
        .collect();
    assert_eq!(sealed.len(), 2);
    assert!(!sealed[0].windows(6).any(|window| window == b"twenty"));
    let (from, to) = (link.ends[OFFERER].address, link.ends[ANSWERER].address);
    for bytes in &sealed {
        link.inject(from, to, bytes);
        let mut changed = bytes.to_vec();
        changed[20] ^= 1;
        link.inject(from, to, &changed);
    }
    link.run_for(Duration::from_millis(100));
    let heard: Vec<&Event> = link.ends[ANSWERER]
        .events
        .iter()
        .filter(|event| matches!(event, Event::Rtp(_) | Event::Rtcp(_)))
        .collect();
    let report = Bytes::from_static(&RECEIVER_REPORT);
    assert_eq!(heard, [&Event::Rtp(packet.into()), &Event::Rtcp(report)]);
}

#[test]
fn an_end_that_closes_tells_the_other() {
    for role in [DtlsRole::Client, DtlsRole::Server] {
        let mut link = Link::new(FAIR, 3);
        link.start(role);
        link.connect();
        link.with(OFFERER, |transport, now| transport.close(now));
        link.run_for(Duration::from_secs(1));
        assert_eq!(link.ends[ANSWERER].events.last(), Some(&Event::Closed));
        assert_eq!(link.ends[ANSWERER].transport.poll_timeout(), None);
        assert_eq!(link.ends[OFFERER].transport.poll_timeout(), None);
    }
}

fn is_fatal_alert(datagram: &[u8]) -> bool {
    datagram[0] == 21 && datagram[13] == 2
}

/// RFC 3550 §6.4.2, with no report blocks.
const RECEIVER_REPORT: [u8; 8] = [0x80, 201, 0, 1, 0, 0, 0, 7];
