use super::super::{Direction, Line, Payload, PayloadMap, Setup, Stream, Text, apply};
use super::*;
use crate::Codec;

#[test]
fn our_offer_says_everything_once_and_reads_back() {
    let text = our_offer(Direction::SendRecv);
    for line in [
        "v=0",
        "o=- 4611686018427387903 1 IN IP4 127.0.0.1",
        "s=-",
        "c=IN IP4 203.0.113.7",
        "t=0 0",
        "a=group:BUNDLE 0",
        "m=audio 40001 UDP/TLS/RTP/SAVPF 111 0 8 110 126",
        "a=mid:0",
        "a=sendrecv",
        "a=rtcp-mux",
        "a=rtpmap:111 opus/48000/2",
        "a=fmtp:111 minptime=10;useinbandfec=1",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:110 telephone-event/48000",
        "a=rtpmap:126 telephone-event/8000",
        "a=fmtp:110 0-15",
        "a=fmtp:126 0-15",
        "a=ptime:20",
        "a=ice-ufrag:abcd1234",
        "a=ice-pwd:abcdefghijklmnopqrstuvwx",
        "a=setup:actpass",
        "a=candidate:1 1 udp 2130706431 192.0.2.10 40000 typ host",
        "a=end-of-candidates",
        "a=ssrc:1234 cname:cname",
        "a=msid:cname cname",
    ] {
        assert_eq!(text.matches(&format!("{line}\r\n")).count(), 1, "{line}");
    }
    assert!(!text.contains("0.0.0.0"), "read as hold by Asterisk");
    assert!(text.split("\r\n").all(|line| !line.contains(['\r', '\n'])));
    let stream = Stream::parse(&text).unwrap();
    assert_eq!(stream.payloads, PayloadMap::default().offer(None));
    assert_eq!(stream.candidates.len(), 2);
}

#[test]
fn an_answer_gives_the_role_that_it_leaves_to_us() {
    let role = |line: &str| {
        let text = rtpengine().replace("a=setup:actpass\n", line);
        let stream = Stream::parse(&text).unwrap();
        apply(&stream, &[Line::audio()], 0, Direction::SendRecv)
            .unwrap()
            .1
    };
    assert_eq!(role("a=setup:active\n"), Setup::Passive);
    assert_eq!(role("a=setup:passive\n"), Setup::Active);
    assert_eq!(role("a=setup:actpass\n"), Setup::Active);
    assert_eq!(role(""), Setup::Active);
}

#[test]
fn the_answerer_s_first_codec_and_its_numbers_are_sent() {
    let stream = Stream::parse(&rtpengine()).unwrap();
    let (agreement, _) = apply(&stream, &[Line::audio()], 0, Direction::SendRecv).unwrap();
    assert_eq!(agreement.codec, Codec::Pcma);
    assert_eq!(agreement.payload_type, 8);
    assert_eq!(agreement.telephone_event, Some((101, 8_000)));
}

#[test]
fn each_side_sends_under_the_numbers_of_the_other() {
    // RFC 3264 §6.1: the answerer numbers what it wants to get, and sends what we numbered.
    let text = chromium()
        .replace("111 63 9 0 8 13 110 126", "100 126")
        .replace("a=rtpmap:111", "a=rtpmap:100")
        .replace(
            "a=rtpmap:126 telephone-event/8000",
            "a=rtpmap:126 telephone-event/48000",
        );
    let stream = Stream::parse(&text).unwrap();
    let (agreement, _) = apply(&stream, &[Line::audio()], 0, Direction::SendRecv).unwrap();
    assert_eq!(
        (agreement.codec, agreement.payload_type),
        (Codec::Opus, 100)
    );
    assert_eq!(agreement.telephone_event, Some((126, 48_000)));
    // We understand what we offered, and what the answer adds to it, but 126 keeps what we said.
    let mut payloads = PayloadMap::default();
    payloads.learn(&PayloadMap::default().offer(None));
    payloads.learn_new(&stream.payloads);
    let means = |number| payloads.iter().find(|(known, _)| *known == number);
    for (number, payload) in [
        (111, Payload::Audio(Codec::Opus)),
        (100, Payload::Audio(Codec::Opus)),
        (110, Payload::TelephoneEvent(48_000)),
        (126, Payload::TelephoneEvent(8_000)),
    ] {
        assert_eq!(means(number), Some((number, payload)));
    }
}

#[test]
fn a_machine_with_ipv6_alone_says_so() {
    let text = Text {
        session_id: 1,
        version: 1,
        lines: &[Line::audio()],
        index: 0,
        bundled: true,
        ufrag: "abcd1234",
        pwd: "abcdefghijklmnopqrstuvwx",
        candidates: &["1 1 udp 2130706431 2001:db8::10 40000 typ host".to_owned()],
        address: "[2001:db8::10]:40000".parse().unwrap(),
        fingerprint: &format!("sha-256 {FINGERPRINT}"),
        setup: Setup::ActPass,
        payloads: &PayloadMap::default().offer(None),
        direction: Direction::SendRecv,
        rtcp_mux: true,
        packet_time: PacketTime::Ms20,
        ssrc: 1234,
        cname: "cname",
    }
    .write();
    assert!(text.contains("c=IN IP6 2001:db8::10\r\n"));
    assert!(text.contains("m=audio 40000 "));
}

#[test]
fn hold_from_both_sides_leaves_nothing_and_from_one_side_one_way() {
    use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
    let cases = [
        (SendRecv, SendRecv, SendRecv, false),
        (SendRecv, SendOnly, RecvOnly, true),
        (SendOnly, RecvOnly, SendOnly, false),
        (SendOnly, Inactive, Inactive, true),
        // An answerer that does not follow the rule does not make us hear.
        (SendOnly, SendRecv, SendOnly, false),
    ];
    for (offered, answered, ours, held) in cases {
        let text = rtpengine().replace("a=sendrecv", &format!("a={}", answered.as_str()));
        let stream = Stream::parse(&text).unwrap();
        let (agreement, _) = apply(&stream, &[Line::audio()], 0, offered).unwrap();
        assert_eq!(agreement.direction, ours, "{offered:?} {answered:?}");
        assert_eq!(agreement.held_by_peer, held, "{offered:?} {answered:?}");
    }
}

#[test]
fn an_answer_with_other_lines_than_the_offer_is_refused() {
    let more = format!("{}m=video 0 UDP/TLS/RTP/SAVPF 96\n", rtpengine());
    let stream = Stream::parse(&more).unwrap();
    let refusal = apply(&stream, &[Line::audio()], 0, Direction::SendRecv).unwrap_err();
    assert!(refusal.to_string().contains("2 m= lines, the offer had 1"));
}

#[test]
fn numbers_keep_their_meaning_and_dynamic_ones_never_meet() {
    let mut payloads = PayloadMap::default();
    // A peer that uses our usual numbers for other things.
    payloads.learn(&[
        (111, Payload::TelephoneEvent(8_000)),
        (110, Payload::Audio(Codec::Opus)),
    ]);
    let offer = payloads.offer(Some(Codec::Pcmu));
    assert_eq!(
        offer,
        [
            (0, Payload::Audio(Codec::Pcmu)),
            (110, Payload::Audio(Codec::Opus)),
            (8, Payload::Audio(Codec::Pcma)),
            (127, Payload::TelephoneEvent(48_000)),
            (111, Payload::TelephoneEvent(8_000)),
        ]
    );
    // Renumbered by the peer: the latest number is the one to use, the former is still understood.
    payloads.learn(&[(96, Payload::Audio(Codec::Opus))]);
    assert_eq!(payloads.offer(None)[0], (96, Payload::Audio(Codec::Opus)));
    assert!(
        payloads
            .iter()
            .any(|known| known == (110, Payload::Audio(Codec::Opus)))
    );
    // A number with a new meaning loses the old one.
    payloads.learn(&[(110, Payload::TelephoneEvent(48_000))]);
    assert!(
        payloads
            .iter()
            .all(|known| known != (110, Payload::Audio(Codec::Opus)))
    );
}

#[test]
fn a_later_offer_repeats_the_lines_of_the_session() {
    let offer = chromium().replace(
        "m=audio",
        "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:v\r\nm=audio",
    );
    let stream = Stream::parse(&offer).unwrap();
    let mut lines = stream.lines.clone();
    lines.rotate_left(1);
    let text = written(
        &lines,
        &PayloadMap::default().offer(None),
        Setup::ActPass,
        Direction::SendOnly,
    );
    let sections: Vec<_> = text.lines().filter(|line| line.starts_with("m=")).collect();
    assert_eq!(
        sections,
        [
            "m=audio 40001 UDP/TLS/RTP/SAVPF 111 0 8 110 126",
            "m=video 0 UDP/TLS/RTP/SAVPF 96",
        ]
    );
    assert!(text.contains("a=sendonly\r\n"));
}
