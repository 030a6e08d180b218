//! What a message may cost (64 KiB, 100 header values, URIs of 8 KiB), and messages that are none.

use rand::{Rng, SeedableRng, rngs::StdRng};

use super::{malformed, refused_with, request, wire};
use crate::message::Message;

#[test]
fn a_message_beyond_64_kib_is_refused_with_513() {
    let fits = format!("{HEAD}\n{}", "x".repeat(64 * 1024 - wire(HEAD).len() - 2));
    assert_eq!(request(&fits).body.len(), 64 * 1024 - wire(HEAD).len() - 2);
    let too_long = format!("{fits}x");
    let malformed = malformed(&too_long);
    assert_eq!(malformed.reason, "The message is longer than 65536 bytes");
    assert_eq!(malformed.response.unwrap().status, 513);
}

#[test]
fn a_header_that_fills_the_message_leaves_no_answer() {
    let endless = format!(
        "INVITE sip:x@y.invalid SIP/2.0\nSubject: {}\n{HEAD}",
        "x".repeat(70_000)
    );
    assert_eq!(malformed(&endless).response, None);
}

#[test]
fn more_than_100_header_values_are_refused_with_the_line() {
    let lines = |count: usize| "X-A: 1\n".repeat(count);
    assert_eq!(
        request(&format!("{HEAD}{}\n", lines(95)))
            .headers
            .iter()
            .count(),
        100
    );
    let malformed = malformed(&format!("{HEAD}{}\n", lines(500)));
    assert_eq!(
        malformed.reason,
        "There are more than 100 header values at line 102"
    );
    assert_eq!(malformed.response.unwrap().status, 400);
}

#[test]
fn joined_values_count_one_by_one() {
    let joined = |name: &str, count: usize| {
        let values = vec!["<sip:h;lr>"; count].join(",");
        format!("{HEAD}{name}: {values}\n\n")
    };
    for name in ["Record-Route", "route", "Contact", "m"] {
        request(&joined(name, 95));
        assert_eq!(refused_with(&joined(name, 96)), Some(400), "{name}");
    }
}

#[test]
fn a_request_uri_beyond_8_kib_is_refused_with_414() {
    let long = format!("sip:{}@y.invalid", "1".repeat(10_000));
    let text = HEAD.replace("sip:x@y.invalid", &long);
    let malformed = malformed(&format!("{text}\n"));
    assert_eq!(
        malformed.reason,
        "Request-URI: The URI is longer than 8192 bytes"
    );
    assert_eq!(malformed.response.unwrap().status, 414);
    let text = HEAD.replace("sip:1001@sip.example", &long);
    assert_eq!(refused_with(&format!("{text}\n")), Some(400));
}

#[test]
fn a_message_cut_anywhere_is_read_whole_or_refused_with_a_reason() {
    let invite = format!(
        "{HEAD}Record-Route: <sip:h;lr>\nContact: \"A \\\" B\" <sip:a@b>;x=\"y\"\nContent-Type: application/sdp\nContent-Length: 23\n\nv=0\no=- 1 1 IN IP4 h\n"
    );
    let unauthorized = format!(
        "{}WWW-Authenticate: Digest realm=\"a\", nonce=\"b,c\"\n\n",
        HEAD.replace("INVITE sip:x@y.invalid SIP/2.0", "SIP/2.0 401 Unauthorized")
    );
    // Without a body the message is whole before its last line feed.
    for (text, readable) in [(invite, 1), (unauthorized, 2)] {
        let bytes = wire(&text);
        let mut read = 0;
        for end in 0..=bytes.len() {
            match Message::parse(&bytes[..end]) {
                Ok(_) => read += 1,
                Err(malformed) => assert!(!malformed.reason.is_empty()),
            }
        }
        assert_eq!(read, readable);
    }
}

#[test]
fn a_content_length_shorter_than_the_body_cuts_it() {
    // RFC 3261 §18.3
    assert_eq!(
        request(&format!("{HEAD}Content-Length: 2\n\nv=0")).body,
        b"v="
    );
    assert_eq!(request(&format!("{HEAD}\nv=0")).body, b"v=0");
    assert_eq!(
        malformed(&format!("{HEAD}Content-Length: 4\n\nv=0")).reason,
        "Content-Length is 4, the body has 3 bytes"
    );
}

#[test]
fn garbage_of_64_kb_is_refused() {
    for seed in 0..16 {
        let mut garbage = vec![0; 64_000];
        StdRng::seed_from_u64(seed).fill_bytes(&mut garbage);
        let malformed = Message::parse(&garbage).unwrap_err();
        assert_eq!(malformed.response, None);
        assert!(malformed.reason.len() < 200);
    }
}

#[test]
fn a_message_with_bytes_changed_at_random_never_panics() {
    let bytes = wire(&format!(
        "{HEAD}Contact: <sip:a@[::1]>;x=\"y\", b <tel:+1>\nWWW-Authenticate: Digest realm=\"a\", nonce=b\nReason: SIP;cause=200\nContent-Length: 3\n\nv=0"
    ));
    let mut rng = StdRng::seed_from_u64(4475);
    let mut read = 0;
    for _ in 0..20_000 {
        let mut mutated = bytes.clone();
        for _ in 0..1 + rng.next_u32() % 4 {
            let at = rng.next_u32() as usize % mutated.len();
            mutated[at] = MARKS[rng.next_u32() as usize % MARKS.len()];
        }
        if let Ok(message) = Message::parse(&mutated) {
            read += 1;
            read_all(&message);
            assert_survives_writing(&message);
        }
    }
    assert!(read > 1000, "{read}");
}

#[test]
fn a_header_full_of_separators_is_read_or_refused() {
    for piece in [
        ",", ";", "\"", "<", ">", "\\", "=", ":", "@", "%", "a,", ";a=\"", "<a>,", "\r\n ", "[",
        "é",
    ] {
        let filling = piece.repeat(60_000 / piece.len());
        for name in [
            "Via",
            "From",
            "To",
            "CSeq",
            "Call-ID",
            "Contact",
            "Record-Route",
            "Require",
            "WWW-Authenticate",
            "Reason",
            "Call-Info",
            "Content-Type",
            "Content-Length",
        ] {
            let text = format!("{HEAD}{name}: {filling}\n\n");
            if let Ok(message) = Message::parse(&wire(&text)) {
                read_all(&message);
            }
            let only = text.replacen(HEAD, &without(name), 1);
            if let Ok(message) = Message::parse(&wire(&only)) {
                read_all(&message);
                assert_survives_writing(&message);
            }
        }
    }
}

/// What is written of a message is read as the same message.
fn assert_survives_writing(message: &Message) {
    let text = match message {
        Message::Request(request) => request.to_text(),
        Message::Response(response) => response.to_text(),
    };
    let again = Message::parse(text.as_bytes()).unwrap();
    let parts = |message: &Message| {
        let (start, headers) = match message {
            Message::Request(request) => (
                format!("{} {}", request.method, request.uri),
                &request.headers,
            ),
            Message::Response(response) => (
                format!("{} {}", response.status, response.reason),
                &response.headers,
            ),
        };
        let fields = headers
            .iter()
            .filter(|(name, _)| !name.eq_ignore_ascii_case("Content-Length"));
        let fields: Vec<_> = fields
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        (start, fields)
    };
    assert_eq!(parts(&again), parts(message));
}

/// The mandatory headers but one.
fn without(name: &str) -> String {
    HEAD.split_inclusive('\n')
        .filter(|line| !line.starts_with(&format!("{name}:")))
        .collect()
}

/// Calls each accessor once.
fn read_all(message: &Message) {
    let headers = match message {
        Message::Request(request) => &request.headers,
        Message::Response(response) => &response.headers,
    };
    headers.contacts();
    headers.www_authenticate();
    headers.reasons();
    headers.require();
    headers.call_info();
    let (via, from, to) = (headers.via_top(), headers.from(), headers.to());
    assert!(via.is_some() && from.is_some() && to.is_some());
    assert!(headers.call_id().is_some() && headers.cseq().is_some());
}

/// The bytes that mean something somewhere in a message.
const MARKS: &[u8] = b"\r\n\t :;,<>\"\\@[]%=*\0\x7F\xFFaZ0/?";

const HEAD: &str = "INVITE sip:x@y.invalid SIP/2.0
Via: SIP/2.0/WSS a.invalid;branch=z9hG4bK1
From: <sip:1002@sip.example>;tag=1
To: <sip:1001@sip.example>
Call-ID: 1
CSeq: 1 INVITE
";
