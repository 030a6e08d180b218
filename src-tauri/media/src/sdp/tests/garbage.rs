use proptest::prelude::*;

use super::super::{Direction, Stream, answer, apply};
use super::*;

/// Reads `text` and goes through everything that may come after it.
fn use_it(text: &str) {
    if let Ok(stream) = Stream::parse(text) {
        let answer = answer(&stream, Direction::SendRecv, None).unwrap();
        assert!(!answer.payloads.is_empty());
        let text = written(
            &stream.lines,
            &answer.payloads,
            answer.setup,
            answer.agreement.direction,
        );
        assert!(text.ends_with("\r\n"));
        let _ = apply(&stream, &[Line::audio()], 0, Direction::SendRecv);
    }
}

#[test]
fn a_description_cut_anywhere_is_read_or_refused() {
    for text in [chromium(), asterisk(), rtpengine(), freeswitch()] {
        for end in 0..text.len() {
            use_it(&text[..end]);
        }
    }
}

#[test]
fn what_is_no_description_is_refused_with_a_sentence() {
    let long = "a=x\r\n".repeat(20_000);
    let sections = format!("v=0\r\n{}", "m=audio 1 RTP/AVP 0\r\n".repeat(33));
    for text in [
        "",
        "\r\n",
        "hello",
        "v=1\r\n",
        "<html>",
        "m=audio 1 RTP/AVP 0",
        &long,
        &sections,
    ] {
        let refusal = Stream::parse(text).unwrap_err().to_string();
        assert!(refusal.contains(' '), "{refusal}");
    }
    for line in [
        "m=audio",
        "m=audio x RTP/AVP 0",
        "m=audio 99999 RTP/AVP 0",
        "m=audio 1",
    ] {
        let refusal = Stream::parse(&format!("v=0\r\n{line}\r\n")).unwrap_err();
        assert!(refusal.to_string().starts_with(line), "{refusal}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC*") {
        use_it(&text);
        use_it(&format!("v=0\r\n{text}"));
    }

    #[test]
    fn no_line_makes_it_panic(lines in prop::collection::vec("[vocmast]=[ -~é]{0,40}", 0..20)) {
        use_it(&format!("v=0\r\n{}", lines.join("\r\n")));
        use_it(&format!("{}{}", rtpengine(), lines.join("\n")));
    }

    #[test]
    fn no_changed_byte_makes_it_panic(at in 0usize..2000, byte in 0u8..128) {
        for text in [chromium(), asterisk(), rtpengine(), freeswitch()] {
            let mut bytes = text.into_bytes();
            let at = at % bytes.len();
            bytes[at] = byte;
            use_it(&String::from_utf8(bytes).unwrap());
        }
    }

    #[test]
    fn no_two_formats_of_our_offer_share_a_number(
        numbers in prop::collection::vec((0u8..128, 0usize..5), 0..20)
    ) {
        let mut payloads = PayloadMap::default();
        for (number, which) in numbers {
            payloads.learn(&[(number, Payload::ALL[which])]);
        }
        let mut offered: Vec<u8> = payloads.offer(None).iter().map(|(number, _)| *number).collect();
        prop_assert_eq!(offered.len(), 5);
        offered.sort_unstable();
        offered.dedup();
        prop_assert_eq!(offered.len(), 5);
    }
}
