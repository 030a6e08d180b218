//! RFC 4475 §3.1.2 to §3.4: refused, or forgiven where nothing is lost by it.

use super::{
    super::{malformed, refused_with, request, response},
    minimal,
};
use crate::message::{Contacts, NameAddr, Scheme};

#[test]
fn badinv01_extra_separators_lose_nothing() {
    let invite = request(
        &minimal("INVITE", "Contact: \"Joe\" <sip:joe@example.org>;;;;")
            .replace("192.0.2.1;branch=z9hG4bK1", "192.0.2.15;;,;,,"),
    );
    assert_eq!(invite.headers.via_top().unwrap().host, "192.0.2.15");
    let Contacts::List(contacts) = invite.headers.contacts() else {
        panic!("a list")
    };
    assert_eq!(contacts[0].uri.as_str(), "sip:joe@example.org");
}

#[test]
fn clerr_a_content_length_beyond_the_message_is_refused() {
    assert_eq!(
        refused_with(&minimal("INVITE", "Content-Length: 9999")),
        Some(400)
    );
}

#[test]
fn ncl_a_negative_content_length_is_refused() {
    assert_eq!(
        refused_with(&minimal("INVITE", "Content-Length: -999")),
        Some(400)
    );
}

#[test]
fn mcl01_two_content_lengths_are_refused() {
    assert_eq!(
        refused_with(&minimal("OPTIONS", "Content-Length: 0\nContent-Length: 5")),
        Some(400)
    );
}

#[test]
fn scalar02_scalars_beyond_their_range_are_refused_or_ignored() {
    let text = minimal(
        "REGISTER",
        "Expires: 10000000000000000000000000\nMax-Forwards: 300",
    );
    assert_eq!(request(&text).headers.expires(), Some(u32::MAX));
    let text = text.replace("CSeq: 1 ", "CSeq: 36893488147419103232 ");
    assert_eq!(refused_with(&text), Some(400));
}

#[test]
fn scalarlg_a_response_with_such_a_scalar_is_dropped() {
    let text = minimal("OPTIONS", "Retry-After: 949302838503028349304023988").replace(
        "OPTIONS sip:user@example.com SIP/2.0",
        "SIP/2.0 503 Service Unavailable",
    );
    assert_eq!(response(&text).headers.retry_after(), Some(u32::MAX));
    let text = text.replace("CSeq: 1 ", "CSeq: 9292394834772304023312 ");
    assert_eq!(malformed(&text).response, None);
}

#[test]
fn quotbal_an_unbalanced_quotation_mark_is_refused() {
    let text = minimal("INVITE", "").replace(
        "To: <sip:user@example.com>",
        "To: \"Mr. J. User <sip:j.user@example.com>",
    );
    let malformed = malformed(&text);
    assert_eq!(malformed.reason, "To cannot be read");
    let refusal = malformed.response.unwrap();
    assert_eq!(
        (refusal.status, refusal.reason.as_str()),
        (400, "Bad Request")
    );
}

#[test]
fn ltgtruri_lwsruri_lwsstart_trws_a_request_line_out_of_shape_is_refused() {
    for line in [
        "INVITE <sip:user@example.com> SIP/2.0",
        "INVITE sip:user@example.com; lr SIP/2.0",
        "INVITE  sip:user@example.com  SIP/2.0",
        "INVITE sip:user@example.com SIP/2.0  ",
        "INVITE SIP/2.0",
        "INVITE",
    ] {
        let text = minimal("INVITE", "").replace("INVITE sip:user@example.com SIP/2.0", line);
        assert_eq!(refused_with(&text), Some(400), "{line}");
    }
}

#[test]
fn escruri_regbadct_headers_in_a_uri_are_kept_apart() {
    let invite = request(
        &minimal(
            "INVITE",
            "Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E",
        )
        .replace(
            "sip:user@example.com SIP",
            "sip:user@example.com?Route=%3Csip:example.com%3E SIP",
        ),
    );
    assert_eq!(invite.uri.host(), "example.com");
    assert!(!invite.uri.params().has("Route"));
    let Contacts::List(contacts) = invite.headers.contacts() else {
        panic!("a list")
    };
    assert_eq!(contacts[0].uri.host(), "example.com");
}

#[test]
fn badaspec_baddn_spaces_and_commas_out_of_place_are_forgiven() {
    let invite = request(
        &minimal(
            "INVITE",
            "From: Bell, Alexander <sip:a.g.bell@example.com>;tag=43",
        )
        .replace(
            "To: <sip:user@example.com>",
            "To: \"Watson, Thomas\" < sip:t.watson@example.org >",
        ),
    );
    let from = invite.headers.from().unwrap();
    assert_eq!(from.display_name.as_deref(), Some("Bell, Alexander"));
    let to = invite.headers.to().unwrap();
    assert_eq!(to.uri.as_str(), "sip:t.watson@example.org");
}

#[test]
fn baddate_an_unreadable_optional_header_is_as_if_absent() {
    let invite = request(&minimal(
        "INVITE",
        "Date: Fri, 01 Jan 2010 16:00:00 EST\nExpires: soon\nP-Asserted-Identity: <>",
    ));
    assert_eq!(invite.headers.expires(), None);
    assert_eq!(invite.headers.p_asserted_identity(), []);
}

#[test]
fn badvers_another_version_is_refused_as_such() {
    let text = minimal("OPTIONS", "").replace("example.com SIP/2.0", "example.com SIP/7.0");
    assert_eq!(refused_with(&text), Some(505));
}

#[test]
fn mismatch01_mismatch02_cseq_must_name_the_method() {
    let text = minimal("OPTIONS", "").replace("CSeq: 1 OPTIONS", "CSeq: 8 INVITE");
    assert_eq!(refused_with(&text), Some(400));
    let text = minimal("NEWMETHOD", "").replace("CSeq: 1 NEWMETHOD", "CSeq: 8 INVITE");
    assert_eq!(refused_with(&text), Some(400));
}

#[test]
fn bigcode_a_status_code_out_of_range_is_dropped() {
    for status in ["4294967301", "099", "700", "+20", "2 0"] {
        let text = minimal("INVITE", "").replace(
            "INVITE sip:user@example.com SIP/2.0",
            &format!("SIP/2.0 {status} better not break the receiver"),
        );
        assert_eq!(
            malformed(&text).reason,
            "The status code is no number from 100 to 699"
        );
    }
}

#[test]
fn insuf_without_a_mandatory_header_there_is_no_answer() {
    for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
        let text: String = minimal("INVITE", "")
            .split_inclusive('\n')
            .filter(|line| !line.starts_with(name))
            .collect();
        let malformed = malformed(&text);
        assert_eq!(malformed.reason, format!("{name} is missing"));
        assert_eq!(malformed.response, None);
    }
}

#[test]
fn multi01_mandatory_headers_are_there_once() {
    for name in ["From", "To", "Call-ID", "CSeq"] {
        let line = minimal("INVITE", "")
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap()
            .to_owned();
        let twice = minimal("INVITE", "").replace(&line, &format!("{line}\n{line}"));
        let malformed = malformed(&twice);
        assert_eq!(malformed.reason, format!("{name} is there more than once"));
        let refusal = malformed.response.unwrap();
        assert_eq!(refusal.headers.all(name).count(), 1);
    }
}

#[test]
fn unkscm_novelsc_unksm2_unknown_schemes_are_kept() {
    for uri in [
        "nobodyKnowsThisScheme:totallyopaquecontent",
        "soap.beep://192.0.2.103:3002",
    ] {
        let options = request(
            &minimal("OPTIONS", "").replace("sip:user@example.com SIP", &format!("{uri} SIP")),
        );
        assert_eq!(options.uri.as_str(), uri);
        assert!(matches!(options.uri.scheme(), Scheme::Other(_)));
    }
    let register = request(
        &minimal("REGISTER", "From: <http://www.example.com>;tag=3234233")
            .replace("To: <sip:user@example.com>", "To: isbn:2983792873"),
    );
    let to = register.headers.to().unwrap();
    assert_eq!(to.uri.scheme(), &Scheme::Other("isbn".to_owned()));
    assert_eq!(register.headers.from().unwrap().tag(), Some("3234233"));
}

#[test]
fn cparam01_contact_parameters_are_not_the_uris() {
    let contact = NameAddr::parse("sip:+19725552222@gw1.example.net;unknownparam").unwrap();
    assert!(contact.params.has("unknownparam"));
    assert!(!contact.uri.params().has("unknownparam"));
    let contact = NameAddr::parse("<sip:+19725552222@gw1.example.net;unknownparam>").unwrap();
    assert!(contact.uri.params().has("unknownparam"));
}

#[test]
fn inv2543_a_request_without_branch_tag_and_max_forwards_is_read() {
    let invite = request(
        "INVITE sip:UserB@example.com SIP/2.0
Via: SIP/2.0/UDP iftgw.example.com
From: <sip:+13035551111@ift.client.example.net;user=phone>
Record-Route: <sip:UserB@example.com;maddr=ss1.example.com>
To: sip:+16505552222@ss1.example.net;user=phone
Call-ID: inv2543.1717@ift.client.example.com
CSeq: 56 INVITE
Content-Type: application/sdp

v=0
",
    );
    assert_eq!(invite.headers.via_top().unwrap().branch(), None);
    assert_eq!(invite.headers.from().unwrap().tag(), None);
    assert_eq!(invite.headers.get("Max-Forwards"), None);
    assert_eq!(invite.body, b"v=0\r\n");
}
