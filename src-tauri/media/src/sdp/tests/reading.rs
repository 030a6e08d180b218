use std::time::Duration;

use super::super::stream::Role;
use super::super::{Direction, Payload, Stream};
use super::*;
use crate::Codec;
use crate::transport::Fingerprint;

const OPUS: Payload = Payload::Audio(Codec::Opus);
const PCMU: Payload = Payload::Audio(Codec::Pcmu);
const PCMA: Payload = Payload::Audio(Codec::Pcma);

fn reason(text: &str) -> String {
    Stream::parse(text).unwrap_err().to_string()
}

#[test]
fn a_browser_s_offer_is_understood() {
    let stream = Stream::parse(&chromium()).unwrap();
    assert_eq!(
        stream.payloads,
        [
            (111, OPUS),
            (0, PCMU),
            (8, PCMA),
            (110, Payload::TelephoneEvent(48_000)),
            (126, Payload::TelephoneEvent(8_000)),
        ]
    );
    assert_eq!(stream.role, Some(Role::ActPass));
    assert_eq!(stream.direction, Direction::SendRecv);
    assert!(stream.bundled && stream.rtcp_mux && !stream.ice_lite);
    assert_eq!(stream.ufrag, "sXJ3");
    assert_eq!(stream.ptime, Duration::from_millis(20));
}

#[test]
fn candidates_that_cannot_be_used_are_left_out() {
    let chromium = Stream::parse(&chromium()).unwrap().candidates;
    assert_eq!(chromium.len(), 1, "no mDNS name, no TCP: {chromium:?}");
    let asterisk = Stream::parse(&asterisk()).unwrap().candidates;
    assert_eq!(
        asterisk,
        ["Hc0a81e 1 UDP 2130706431 192.0.2.30 16394 typ host"],
        "no link-local address"
    );
    let freeswitch = Stream::parse(&freeswitch()).unwrap().candidates;
    assert_eq!(freeswitch.len(), 1, "RTCP is multiplexed: {freeswitch:?}");
    let broken = [
        "",
        "1",
        "1 1 udp x 192.0.2.1 1 typ host",
        "1 1 udp 1 192.0.2.1 0 typ host",
        "1 1 udp 1 192.0.2.1 99999 typ host",
        "1 1 udp 1 0.0.0.0 5000 typ host",
        "1 1 udp 1 224.0.0.1 5000 typ host",
        "1 1 udp 1 192.0.2.1 5000 type host",
        "1 1 udp 1 192.0.2.1 5000 typ moon",
        "1 1 udp 1 192.0.2.1 5000 typ",
    ];
    for candidate in broken {
        let text = format!("{}a=candidate:{candidate}\r\n", rtpengine());
        let found = Stream::parse(&text).unwrap().candidates.len();
        assert_eq!(found, 1, "{candidate}");
    }
}

#[test]
fn a_description_cannot_bring_any_number_of_candidates() {
    let many = "a=candidate:1 1 udp 1 192.0.2.1 5000 typ host\r\n".repeat(500);
    let stream = Stream::parse(&format!("{}{many}", rtpengine())).unwrap();
    assert_eq!(stream.candidates.len(), 32);
}

#[test]
fn capital_hash_names_and_attributes_of_the_session_level_count() {
    for text in [asterisk(), freeswitch(), rtpengine()] {
        let stream = Stream::parse(&text).unwrap();
        let expected = Fingerprint::parse(&format!("sha-256 {FINGERPRINT}")).unwrap();
        assert_eq!(stream.fingerprints, [expected]);
    }
    let stream = Stream::parse(&freeswitch()).unwrap();
    assert!(stream.ice_lite && !stream.bundled);
    assert_eq!(stream.role, Some(Role::Passive));
    assert_eq!(stream.ufrag, "Wx7rJkeYZlqAIIZk");
}

#[test]
fn a_fingerprint_of_the_media_level_replaces_that_of_the_session_level() {
    let session = format!("t=0 0\na=fingerprint:sha-256 {OTHER_FINGERPRINT}\n");
    let stream = Stream::parse(&rtpengine().replace("t=0 0\n", &session)).unwrap();
    let expected = Fingerprint::parse(&format!("sha-256 {FINGERPRINT}")).unwrap();
    assert_eq!(stream.fingerprints, [expected]);
}

#[test]
fn what_belongs_to_the_transport_may_stand_in_the_first_section_of_a_bundle() {
    let text = chromium()
        .replace("a=group:BUNDLE 0", "a=group:BUNDLE v 0")
        .replace(
            "m=audio",
            &format!(
                "m=video 51472 UDP/TLS/RTP/SAVPF 96\r\na=mid:v\r\na=ice-ufrag:vvvv\r\n\
                 a=ice-pwd:vvvvvvvvvvvvvvvvvvvvvvvv\r\na=setup:active\r\n\
                 a=fingerprint:sha-256 {OTHER_FINGERPRINT}\r\nm=audio"
            ),
        )
        .replace("a=ice-ufrag:sXJ3\r\n", "")
        .replace("a=ice-pwd:yEclOTrLg1gEubBFefOqtmyV\r\n", "")
        .replace(&format!("a=fingerprint:sha-256 {FINGERPRINT}\r\n"), "");
    let stream = Stream::parse(&text).unwrap();
    assert_eq!((stream.index, stream.lines.len()), (1, 2));
    assert_eq!(stream.ufrag, "vvvv");
    assert_eq!(stream.role, Some(Role::ActPass), "the nearest one counts");
}

#[test]
fn plain_rtp_and_keys_in_the_signalling_are_refused_by_name() {
    let plain = rtpengine().replace("UDP/TLS/RTP/SAVPF", "RTP/AVP");
    assert!(reason(&plain).contains("not encrypted with DTLS-SRTP (m=audio says RTP/AVP)"));
    let sdes = rtpengine()
        .replace("UDP/TLS/RTP/SAVPF", "RTP/SAVP")
        .replace(
            &format!("a=fingerprint:sha-256 {FINGERPRINT}\n"),
            "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\n",
        );
    assert!(reason(&sdes).contains("a=crypto"));
    assert!(!reason(&sdes).contains("d0Rm"), "the key is in no sentence");
    let bare = rtpengine().replace(&format!("a=fingerprint:sha-256 {FINGERPRINT}\n"), "");
    assert!(reason(&bare).contains("no certificate fingerprint"));
    let weak = rtpengine().replace(
        &format!("sha-256 {FINGERPRINT}"),
        "sha-1 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33",
    );
    assert!(reason(&weak).contains("sha-1"), "{}", reason(&weak));
    let older = rtpengine().replace("UDP/TLS/RTP/SAVPF", "RTP/SAVPF");
    assert!(
        Stream::parse(&older).is_ok(),
        "SAVPF with a fingerprint is DTLS-SRTP"
    );
}

#[test]
fn a_stream_without_common_codec_credentials_or_role_is_refused() {
    let g729 = rtpengine()
        .replace("8 0 101", "18 101")
        .replace("a=rtpmap:8 PCMA/8000\na=rtpmap:0 PCMU/8000\n", "");
    assert!(reason(&g729).contains("no codec in common"));
    let no_ice = rtpengine().replace("a=ice-ufrag:Wc1TGTPe\n", "");
    assert!(reason(&no_ice).contains("ICE"));
    let held = rtpengine().replace("a=setup:actpass", "a=setup:holdconn");
    assert!(reason(&held).contains("holdconn"));
    let video = rtpengine().replace("m=audio", "m=video");
    assert!(reason(&video).contains("no audio stream"));
    let rejected = rtpengine().replace("m=audio 30012", "m=audio 0");
    assert!(reason(&rejected).contains("no audio stream"));
}

#[test]
fn static_payload_numbers_need_no_rtpmap_and_a_dynamic_one_does() {
    let text = rtpengine()
        .replace("8 0 101", "8 0 96 101 8 300")
        .replace("a=rtpmap:8 PCMA/8000\na=rtpmap:0 PCMU/8000\n", "");
    let stream = Stream::parse(&text).unwrap();
    let expected = [(8, PCMA), (0, PCMU), (101, Payload::TelephoneEvent(8_000))];
    assert_eq!(stream.payloads, expected);
}

#[test]
fn every_way_to_hold_is_seen_and_a_browser_s_unknown_address_is_none() {
    let cases = [
        ("a=sendrecv", "192.0.2.1", "5000", Direction::SendRecv),
        ("a=sendonly", "192.0.2.1", "5000", Direction::SendOnly),
        ("a=inactive", "192.0.2.1", "5000", Direction::Inactive),
        ("a=recvonly", "192.0.2.1", "5000", Direction::RecvOnly),
        ("a=x-none", "192.0.2.1", "5000", Direction::SendRecv),
        ("a=sendrecv", "0.0.0.0", "5000", Direction::SendOnly),
        ("a=inactive", "0.0.0.0", "5000", Direction::Inactive),
        ("a=sendrecv", "0.0.0.0", "9", Direction::SendRecv),
    ];
    for (line, address, port, direction) in cases {
        let text = rtpengine()
            .replace("a=sendrecv", line)
            .replace("c=IN IP4 203.0.113.5", &format!("c=IN IP4 {address}"))
            .replace("m=audio 30012", &format!("m=audio {port}"));
        let stream = Stream::parse(&text).unwrap();
        assert_eq!(stream.direction, direction, "{line} {address} {port}");
    }
    let session_level = asterisk()
        .replace("a=sendrecv\r\n", "")
        .replace("t=0 0\r\n", "t=0 0\r\na=inactive\r\n");
    let stream = Stream::parse(&session_level).unwrap();
    assert_eq!(stream.direction, Direction::Inactive);
}

#[test]
fn ptime_is_what_the_peer_asks_for_up_to_its_maximum() {
    let ptime = |lines: &str| {
        let text = format!("{}{lines}", rtpengine());
        Stream::parse(&text).unwrap().ptime.as_millis()
    };
    assert_eq!(ptime(""), 20);
    assert_eq!(ptime("a=ptime:40\n"), 40);
    assert_eq!(ptime("a=ptime:40\na=maxptime:30\n"), 30);
    assert_eq!(ptime("a=maxptime:10\n"), 10);
    assert_eq!(ptime("a=ptime:-1\n"), 20);
    assert_eq!(ptime("a=ptime:NaN\n"), 20);
}
