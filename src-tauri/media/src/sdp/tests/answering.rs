use super::super::negotiation::Answer;
use super::super::{Direction, Payload, Setup, Stream, answer};
use super::*;
use crate::Codec;

fn answered(offer: &str, wanted: Direction) -> (Stream, Answer) {
    let stream = Stream::parse(offer).unwrap();
    let answer = answer(&stream, wanted, None).unwrap();
    (stream, answer)
}

/// The text of our answer to `offer`.
fn text(offer: &str) -> String {
    let (stream, answer) = answered(offer, Direction::SendRecv);
    Text {
        session_id: 1,
        version: 1,
        lines: &stream.lines,
        index: stream.index,
        bundled: stream.bundled,
        ufrag: "abcd1234",
        pwd: "abcdefghijklmnopqrstuvwx",
        candidates: &["1 1 udp 2130706431 192.0.2.10 40000 typ host".to_owned()],
        address: "192.0.2.10:40000".parse().unwrap(),
        fingerprint: &format!("sha-256 {FINGERPRINT}"),
        setup: answer.setup,
        payloads: &answer.payloads,
        direction: answer.agreement.direction,
        rtcp_mux: answer.agreement.rtcp_mux,
        packet_time: PacketTime::Ms20,
        ssrc: 1234,
        cname: "cname",
    }
    .write()
}

#[test]
fn the_first_codec_of_the_offer_is_chosen_with_events_of_its_clock() {
    let cases = [
        (chromium(), Codec::Opus, 111, Some((110, 48_000))),
        (asterisk(), Codec::Opus, 107, Some((101, 48_000))),
        (rtpengine(), Codec::Pcma, 8, Some((101, 8_000))),
        // Events of 8 kHz do not go with the 48 kHz of Opus.
        (freeswitch(), Codec::Opus, 102, None),
    ];
    for (offer, codec, number, event) in cases {
        let (_, answer) = answered(&offer, Direction::SendRecv);
        let agreement = &answer.agreement;
        assert_eq!((agreement.codec, agreement.payload_type), (codec, number));
        assert_eq!(agreement.telephone_event, event);
        let mut expected = vec![(number, Payload::Audio(codec))];
        expected.extend(event.map(|(number, clock)| (number, Payload::TelephoneEvent(clock))));
        assert_eq!(answer.payloads, expected);
        assert_eq!(agreement.negotiated().telephone_event, event.is_some());
    }
}

#[test]
fn setup_is_active_unless_the_offer_is() {
    let role = |offer: &str, current| {
        let stream = Stream::parse(offer).unwrap();
        answer(&stream, Direction::SendRecv, current).unwrap().setup
    };
    assert_eq!(role(&chromium(), None), Setup::Active);
    assert_eq!(role(&chromium(), Some(Setup::Passive)), Setup::Passive);
    assert_eq!(role(&freeswitch(), None), Setup::Active);
    let active = chromium().replace("a=setup:actpass", "a=setup:active");
    assert_eq!(role(&active, None), Setup::Passive);
    let silent = chromium().replace("a=setup:actpass\r\n", "");
    assert_eq!(role(&silent, None), Setup::Active);
}

#[test]
fn directions_answer_each_other() {
    use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
    let cases = [
        (SendRecv, SendRecv, SendRecv),
        (SendRecv, SendOnly, SendOnly),
        (SendOnly, SendRecv, RecvOnly),
        (SendOnly, SendOnly, Inactive),
        (RecvOnly, SendRecv, SendOnly),
        (RecvOnly, SendOnly, SendOnly),
        (Inactive, SendRecv, Inactive),
        (Inactive, SendOnly, Inactive),
    ];
    for (offered, wanted, expected) in cases {
        let offer = chromium().replace("a=sendrecv", &format!("a={}", offered.as_str()));
        let (_, answer) = answered(&offer, wanted);
        assert_eq!(
            answer.agreement.direction, expected,
            "{offered:?} {wanted:?}"
        );
        assert_eq!(
            answer.agreement.held_by_peer,
            matches!(offered, SendOnly | Inactive)
        );
    }
}

#[test]
fn the_answer_repeats_the_lines_of_the_offer_and_refuses_what_is_not_audio() {
    let offer = chromium()
        .replace("a=group:BUNDLE 0", "a=group:BUNDLE v 0 d")
        .replace(
            "m=audio",
            "m=video 51472 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:v\r\na=rtpmap:96 VP8/90000\r\nm=audio",
        )
        + "m=application 51472 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:d\r\n\
           m=audio 51480 RTP/AVP 0\r\n";
    let text = text(&offer);
    let sections: Vec<_> = text.lines().filter(|line| line.starts_with("m=")).collect();
    assert_eq!(
        sections,
        [
            "m=video 0 UDP/TLS/RTP/SAVPF 96 97",
            "m=audio 40000 UDP/TLS/RTP/SAVPF 111 110",
            "m=application 0 UDP/DTLS/SCTP webrtc-datachannel",
            "m=audio 0 RTP/AVP 0",
        ]
    );
    let mids: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("a=mid"))
        .collect();
    assert_eq!(mids, ["a=mid:v", "a=mid:0", "a=mid:d"]);
    assert!(
        text.contains("a=group:BUNDLE 0\r\n"),
        "the refused ones are in no group"
    );
}

#[test]
fn an_offer_without_group_or_mid_gets_an_answer_without() {
    let text_of_group = text(&rtpengine());
    assert!(!text_of_group.contains("a=group"));
    assert!(text_of_group.contains("a=mid:0\r\n"));
    let text_of_mid = text(&freeswitch());
    assert!(!text_of_mid.contains("a=mid"));
    assert!(text_of_mid.contains("m=audio 40000 UDP/TLS/RTP/SAVP 102\r\n"));
    let text_of_asterisk = text(&asterisk());
    assert!(text_of_asterisk.contains("a=group:BUNDLE audio-0\r\n"));
    assert!(text_of_asterisk.contains("a=mid:audio-0\r\n"));
}

#[test]
fn rtcp_is_multiplexed_only_if_the_offer_says_so() {
    assert!(text(&chromium()).contains("a=rtcp-mux\r\n"));
    let offer = chromium().replace("a=rtcp-mux\r\n", "");
    assert!(!text(&offer).contains("a=rtcp-mux"));
}

#[test]
fn a_mid_that_is_no_token_brings_nothing_into_our_answer() {
    for mid in ["0\ra=inactive", "a b", "x\"y", ""] {
        let text = text(&rtpengine().replace("a=mid:0", &format!("a=mid:{mid}")));
        assert!(!text.contains("a=mid"), "{text}");
        assert!(!text.contains("a=inactive"), "{text}");
    }
}

#[test]
fn a_line_without_formats_is_refused_with_one() {
    let offer = chromium() + "m=application 9 UDP/DTLS/SCTP\r\na=mid:d\r\n";
    assert!(text(&offer).contains("m=application 0 UDP/DTLS/SCTP 0\r\n"));
}
