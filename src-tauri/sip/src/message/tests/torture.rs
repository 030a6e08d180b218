//! Messages of RFC 4475, typed from memory of that text and shortened where only length mattered: they keep what each
//! section is about, not its every byte. The names are the section's own.

use super::{malformed, refused_with, request, response, wire};
use crate::message::{Contacts, Message, Method, NameAddr, Scheme};

const WSINV: &str = r#"INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0
TO :
 sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n
from   : "J Rosenberg \\\""       <sip:jdrosen@example.com>
  ;
  tag = 98asjd8
MaX-fOrWaRdS: 0068
Call-ID: wsinv.ndaksdj@192.0.2.1
Content-Length   : 150
cseq: 0009
  INVITE
Via  : SIP  /   2.0
 /UDP
    192.0.2.2;branch=390skdjuw
s :
NewFangledHeader:   newfangled value
 continued newfangled value
UnknownHeaderWithUnusualValue: ;;,,;;,;
Content-Type: application/sdp
Route:
 <sip:services.example.com;lr;unknownwith=value;unknown-no-value>
v:  SIP  / 2.0  / TCP     spindle.example.com   ;
  branch  =   z9hG4bK9ikj8  ,
 SIP  /    2.0   / UDP  192.168.255.111   ; branch=
 z9hG4bK30239
m:"Quoted string \"\"" <sip:jdrosen@example.com> ; newparam =
      newvalue ;
  secondparam ; q = 0.33

v=0
o=mhandley 29739 7272939 IN IP4 192.0.2.3
s=-
c=IN IP4 192.0.2.4
t=0 0
m=audio 49217 RTP/AVP 0 12
m=video 3227 RTP/AVP 31
a=rtpmap:31 LPC
"#;

#[test]
fn wsinv_a_short_tortuous_invite_is_read_in_full() {
    let invite = request(WSINV);
    assert_eq!(invite.method, Method::Invite);
    assert!(invite.uri.params().has("unknownparam"));

    let headers = &invite.headers;
    let to = headers.to().unwrap();
    assert_eq!(to.uri.as_str(), "sip:vivekg@chair-dnrc.example.com");
    assert_eq!(to.tag(), Some("1918181833n"));
    let from = headers.from().unwrap();
    assert_eq!(from.display_name.as_deref(), Some(r#"J Rosenberg \""#));
    assert_eq!(from.tag(), Some("98asjd8"));
    assert_eq!(headers.max_forwards(), Some(68));
    assert_eq!(headers.call_id(), Some("wsinv.ndaksdj@192.0.2.1"));
    assert_eq!(headers.cseq(), Some((9, Method::Invite)));
    assert_eq!(headers.get("Subject"), Some(""));
    assert_eq!(
        headers.get("newfangledheader"),
        Some("newfangled value continued newfangled value")
    );
    assert_eq!(headers.content_type().as_deref(), Some("application/sdp"));
    assert_eq!(
        headers.routes(),
        ["<sip:services.example.com;lr;unknownwith=value;unknown-no-value>"]
    );

    let vias = headers.vias();
    let hops: Vec<_> = vias
        .iter()
        .map(|via| (via.transport.as_str(), via.host.as_str(), via.branch()))
        .collect();
    assert_eq!(
        hops,
        [
            ("UDP", "192.0.2.2", Some("390skdjuw")),
            ("TCP", "spindle.example.com", Some("z9hG4bK9ikj8")),
            ("UDP", "192.168.255.111", Some("z9hG4bK30239")),
        ]
    );

    let Contacts::List(contacts) = headers.contacts() else {
        panic!("a list")
    };
    assert_eq!(
        contacts[0].display_name.as_deref(),
        Some(r#"Quoted string """#)
    );
    assert_eq!(contacts[0].params.get("newparam"), Some("newvalue"));
    assert_eq!(contacts[0].params.get("Q"), Some("0.33"));
    assert!(contacts[0].params.has("secondparam"));
    assert_eq!(contacts[0].params.get("secondparam"), None);
    assert!(invite.body.starts_with(b"v=0\r\n"));
    assert!(invite.body.ends_with(b"LPC\r\n"));
}

#[test]
fn wsinv_with_line_feeds_alone_is_the_same_but_for_the_body() {
    let text = WSINV.replace("Content-Length   : 150\n", "");
    let Ok(Message::Request(invite)) = Message::parse(text.as_bytes()) else {
        panic!("a request")
    };
    assert_eq!(invite.headers.vias().len(), 3);
    assert!(invite.body.ends_with(b"LPC\n"));
}

#[test]
fn intmeth_a_wide_range_of_valid_characters_is_kept() {
    let method = "!interesting-Method0123456789_*+`.%indeed'~";
    let user = "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*";
    let password = "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)";
    let unusual = request(&format!(
        "{method} sip:{user}:{password}@example.com SIP/2.0
Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~
To: \"BEL:\\\u{7} NUL:\\\0 DEL:\\\u{7F}\" <sip:{user}@example.com>
From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%=\"работающий\";tag=_token~1'+`*%!-.
Call-ID: intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}}{{
CSeq: 139122385 {method}
Max-Forwards: 255
extensionHeader-!.%*+_`'~:\u{FEFF}大停電
Content-Length: 0

"
    ));
    assert_eq!(unusual.method, Method::Other(method.to_owned()));
    assert_eq!(unusual.uri.user().as_deref(), Some(user));
    assert_eq!(unusual.uri.password(), Some(password));
    assert_eq!(unusual.uri.host(), "example.com");
    let headers = &unusual.headers;
    assert_eq!(
        headers.via_top().unwrap().branch(),
        Some("z9hG4bK-.!%66*_+`'~")
    );
    // Control characters are spaces from here on: nothing after this has a use for them.
    let to = headers.to().unwrap();
    assert_eq!(to.display_name.as_deref(), Some("BEL:  NUL:  DEL: "));
    let from = headers.from().unwrap();
    assert_eq!(
        from.display_name.as_deref(),
        Some("token1~` token2'+_ token3*%!.-")
    );
    assert_eq!(from.params.get("fromParam''~+*_!.-%"), Some("работающий"));
    assert_eq!(from.tag(), Some("_token~1'+`*%!-."));
    assert_eq!(
        headers.call_id(),
        Some("intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{")
    );
    assert_eq!(
        headers.get("extensionHeader-!.%*+_`'~"),
        Some("\u{FEFF}大停電")
    );
}

#[test]
fn esc01_an_escaped_user_is_a_user_and_no_uri_inside_a_uri() {
    let invite = request(
        "INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0
To: sip:%75se%72@example.com
From: <sip:I%20have%20spaces@example.net>;tag=938
Max-Forwards: 87
i: esc01.239409asdfakjkn23onasd0-3234
CSeq: 234234 INVITE
Via: SIP/2.0/UDP host5.example.net;branch=z9hG4bKkdjuw
C: application/sdp
Contact:
  <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>

",
    );
    assert_eq!(invite.uri.user().as_deref(), Some("sips:user@example.com"));
    assert_eq!(invite.uri.host(), "example.net");
    assert!(
        invite
            .to_text()
            .starts_with("INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0")
    );
    let from = invite.headers.from().unwrap();
    assert_eq!(from.uri.user().as_deref(), Some("I have spaces"));
    assert_eq!(
        invite.headers.to().unwrap().uri.user().as_deref(),
        Some("user")
    );
}

#[test]
fn escnull_an_escaped_nul_is_written_as_it_came() {
    let register = request(
        "REGISTER sip:example.com SIP/2.0
To: sip:null-%00-null@example.com
From: sip:null-%00-null@example.com;tag=839923423
Max-Forwards: 70
Call-ID: escnull.39203ndfvkjdasfkq3w4otrq0adsfdfnavd
CSeq: 14398234 REGISTER
Via: SIP/2.0/UDP host5.example.com;branch=z9hG4bKkdjuw
Contact: <sip:%00@host5.example.com>
Contact: <sip:%00%00@host5.example.com>
L:0

",
    );
    let Contacts::List(contacts) = register.headers.contacts() else {
        panic!("a list")
    };
    assert_eq!(contacts[1].uri.user().as_deref(), Some("\0\0"));
    let text = register.to_text();
    assert!(text.contains("sip:%00%00@host5.example.com"));
    assert!(!text.contains('\0'));
}

#[test]
fn esc02_a_percent_sign_in_a_method_is_no_escape() {
    let unknown = request(
        "RE%47IST%45R sip:registrar.example.com SIP/2.0
To: \"%Z%45\" <sip:resource@example.com>
From: \"%Z%45\" <sip:resource@example.com>;tag=f232jadfj23
Call-ID: esc02.asdfnqwo34rq23i34jrjasdcnl23nrlknsdf
Via: SIP/2.0/TCP host.example.com;branch=z9hG4bK209%fzsnel234
CSeq: 29344 RE%47IST%45R
Max-Forwards: 70
Contact: <sip:alias1@host1.example.com>
C%6Fntact: <sip:alias2@host2.example.com>
l: 0

",
    );
    assert_eq!(unknown.method, Method::Other("RE%47IST%45R".to_owned()));
    let from = unknown.headers.from().unwrap();
    assert_eq!(from.display_name.as_deref(), Some("%Z%45"));
    let Contacts::List(contacts) = unknown.headers.contacts() else {
        panic!("a list")
    };
    assert_eq!(contacts.len(), 1);
}

#[test]
fn lwsdisp_a_display_name_may_touch_its_uri() {
    let options = request(&minimal(
        "OPTIONS",
        "From: caller<sip:caller@example.com>;tag=323",
    ));
    let from = options.headers.from().unwrap();
    assert_eq!(from.display_name.as_deref(), Some("caller"));
}

#[test]
fn dblreq_what_follows_the_body_is_not_read() {
    let text = minimal("REGISTER", "Content-Length: 0");
    let register = request(&format!(
        "\n\n{text}INVITE sip:joe@example.com SIP/2.0\nto: x\n\n"
    ));
    assert_eq!(register.method, Method::Register);
    assert!(register.body.is_empty());
}

#[test]
fn semiuri_a_semicolon_in_the_user_part_begins_no_parameter() {
    let options = request(&minimal("OPTIONS", "").replace(
        "sip:user@example.com SIP",
        "sip:user;par=u%40example.net@example.com SIP",
    ));
    assert_eq!(
        options.uri.user().as_deref(),
        Some("user;par=u@example.net")
    );
    assert_eq!(options.uri.host(), "example.com");
    assert!(!options.uri.params().has("par"));
}

#[test]
fn transports_unknown_ones_are_read() {
    let options = request(&minimal(
        "OPTIONS",
        "Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKklasjdhf
Via: SIP/2.0/TLS t3.example.com;branch=z9hG4bK2980unddj
Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en
Via: SIP/2.0/TCP t5.example.com;branch=z9hG4bK0a9idfnee",
    ));
    let transports: Vec<_> = options
        .headers
        .vias()
        .into_iter()
        .map(|via| via.transport)
        .collect();
    assert_eq!(transports, ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]);
}

#[test]
fn mpart01_a_body_of_any_bytes_is_kept() {
    let mut bytes = wire(&minimal(
        "MESSAGE",
        "Content-Type: multipart/mixed;boundary=7a9cbec02ceef655",
    ));
    let body = [0, 0xFF, b'\r', b'\n', 0x80, b'\n', b'\n', 0xC3];
    bytes.extend_from_slice(&body);
    let Ok(Message::Request(message)) = Message::parse(&bytes) else {
        panic!("a request")
    };
    assert_eq!(message.body, body);
    assert_eq!(
        message.headers.content_type().as_deref(),
        Some("multipart/mixed")
    );
}

#[test]
fn unreason_a_reason_phrase_is_any_text() {
    let text = minimal("INVITE", "").replace(
        "INVITE sip:user@example.com SIP/2.0",
        "SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять - простое",
    );
    assert_eq!(
        response(&text).reason,
        "= 2**3 * 5**2 но сто девяносто девять - простое"
    );
}

#[test]
fn noreason_a_reason_phrase_may_be_empty_or_missing() {
    for start in ["SIP/2.0 100 ", "SIP/2.0 100"] {
        let text = minimal("INVITE", "").replace("INVITE sip:user@example.com SIP/2.0", start);
        let trying = response(&text);
        assert_eq!((trying.status, trying.reason.as_str()), (100, ""));
    }
}

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
    assert_eq!(invite.uri.headers(), Some("Route=%3Csip:example.com%3E"));
    let Contacts::List(contacts) = invite.headers.contacts() else {
        panic!("a list")
    };
    assert_eq!(
        contacts[0].uri.headers(),
        Some("Route=%3Csip:sip.example.com%3E")
    );
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
    assert_eq!(invite.headers.max_forwards(), None);
    assert_eq!(invite.body, b"v=0\r\n");
}

/// A request with each mandatory header once; `extra` replaces From where it begins with one.
fn minimal(method: &str, extra: &str) -> String {
    let from = if extra.starts_with("From:") {
        ""
    } else {
        "From: <sip:caller@example.net>;tag=1\n"
    };
    let end = if extra.is_empty() { "" } else { "\n" };
    format!(
        "{method} sip:user@example.com SIP/2.0
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1
To: <sip:user@example.com>
{from}Call-ID: torture@192.0.2.1
CSeq: 1 {method}
{extra}{end}
"
    )
}
