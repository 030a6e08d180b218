use std::time::Duration;

use super::super::stream::Role;
use super::super::{Direction, Payload, Stream};
use super::*;
use crate::Codec;
use crate::codec::Limits;
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

#[test]
fn what_the_peer_asks_of_opus_is_read_however_it_is_spaced() {
    let limits = |fmtp: &str| {
        let text = freeswitch().replace(
            "a=fmtp:102 useinbandfec=1; maxaveragebitrate=30000; ptime=20; minptime=10",
            fmtp,
        );
        Stream::parse(&text).unwrap().limits
    };
    let usual = Stream::parse(&freeswitch()).unwrap().limits;
    assert_eq!(usual.bitrate, Some(30_000));
    for fmtp in [
        "a=fmtp:102 maxplaybackrate=16000;maxaveragebitrate=20000;cbr=1",
        "a=fmtp: 102  CBR = 1 ;; MaxAverageBitRate=20000 ; maxplaybackrate = 16000;",
        "a=fmtp:102\tstereo=0;maxaveragebitrate=x;maxaveragebitrate=20000;maxplaybackrate=16000;cbr=1",
    ] {
        let expected = Limits {
            bitrate: Some(20_000),
            playback_rate: Some(16_000),
            constant_rate: true,
        };
        assert_eq!(limits(fmtp), expected, "{fmtp}");
    }
    for fmtp in [
        "a=fmtp:101 maxaveragebitrate=20000",
        "a=fmtp:102",
        "a=fmtp:102 maxaveragebitrate=99999999999999999999;maxplaybackrate=-1;cbr=0",
        "a=fmtp:102 maxaveragebitrate=0;maxplaybackrate=0;=;;",
    ] {
        assert_eq!(limits(fmtp), Limits::default(), "{fmtp}");
    }
    assert_eq!(
        Stream::parse(&rtpengine()).unwrap().limits,
        Limits::default()
    );
}

#[test]
fn letter_case_spaces_and_ends_of_line_do_not_matter() {
    let text = chromium()
        .replace("opus/48000/2", "OPUS/48000/2")
        .replace("PCMU/8000", "pcmu/8000/1")
        .replace("a=rtpmap:8 PCMA/8000", "a=rtpmap: 8  Pcma/8000 ")
        .replace("telephone-event/48000", "Telephone-Event/48000")
        .replace("UDP/TLS/RTP/SAVPF", "udp/tls/rtp/savpf")
        .replace("a=setup:actpass", "a=setup:ActPass");
    let usual = Stream::parse(&chromium()).unwrap();
    // CRLF and LF by turns, blank lines between and after.
    let mixed: String = text
        .lines()
        .enumerate()
        .map(|(i, line)| format!("{line}{}", ["\r\n", "\n", "\r\n\r\n"][i % 3]))
        .collect();
    for text in [text, format!("{mixed}\r\n\n\r\n")] {
        let stream = Stream::parse(&text).unwrap();
        assert_eq!(stream.payloads, usual.payloads);
        assert_eq!(stream.role, usual.role);
        assert_eq!(stream.candidates, usual.candidates);
        assert!(stream.bundled && stream.rtcp_mux);
    }
}

#[test]
fn a_number_means_what_is_said_of_it_first() {
    let text = rtpengine()
        .replace("8 0 101", "101 0 8 101 101 97 97 0")
        .replace(
            "a=rtpmap:101 telephone-event/8000\n",
            "a=rtpmap:101 opus/48000/2\na=rtpmap:101 telephone-event/8000\n",
        )
        .replace(
            "a=rtpmap:0 PCMU/8000\n",
            "a=rtpmap:0 telephone-event/48000\n",
        );
    let stream = Stream::parse(&text).unwrap();
    let expected = [(101, OPUS), (0, Payload::TelephoneEvent(48_000)), (8, PCMA)];
    assert_eq!(stream.payloads, expected);
}

#[test]
fn a_stream_that_has_the_port_of_its_group_is_not_refused() {
    let video = "m=video 51472 UDP/TLS/RTP/SAVPF 96\r\na=mid:v\r\nm=audio";
    let text = chromium()
        .replace("a=group:BUNDLE 0", "a=group:BUNDLE v 0")
        .replace("m=audio 51472", "m=audio 0")
        .replace("m=audio", video);
    let bundle_only = text.replace("a=mid:0", "a=mid:0\r\na=bundle-only");
    assert_eq!(Stream::parse(&bundle_only).unwrap().index, 1);
    assert!(reason(&text).contains("no audio stream"));
    let alone = bundle_only.replace("a=group:BUNDLE v 0", "a=group:BUNDLE v");
    assert!(reason(&alone).contains("no audio stream"));
}

#[test]
fn a_description_of_64_kb_is_read_and_a_longer_one_is_not() {
    let line = "a=ssrc:1 x:1234567890\r\n";
    let room = 64 * 1024 - chromium().len();
    let text = format!("{}{}", chromium(), line.repeat(room / line.len()));
    assert!(Stream::parse(&text).is_ok());
    assert!(reason(&format!("{text}{line}")).contains("too long"));
}

#[test]
fn an_ipv6_peer_is_understood() {
    let text = rtpengine()
        .replace("IN IP4 203.0.113.5", "IN IP6 2001:db8::5")
        .replace("203.0.113.5 30012", "2001:db8::5 30012");
    let stream = Stream::parse(&text).unwrap();
    assert_eq!(stream.candidates.len(), 1);
    assert_eq!(stream.direction, Direction::SendRecv);
    let held = text.replace("IN IP6 2001:db8::5", "IN IP6 ::");
    assert_eq!(Stream::parse(&held).unwrap().direction, Direction::SendOnly);
}
