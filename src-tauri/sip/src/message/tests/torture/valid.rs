//! RFC 4475 §3.1.1: unusual, but to be read.

use super::{
    super::{request, response, wire},
    minimal,
};
use crate::message::{Contacts, Message, Method};

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
    assert_eq!(headers.get("Max-Forwards"), Some("0068"));
    assert_eq!(headers.call_id(), Some("wsinv.ndaksdj@192.0.2.1"));
    assert_eq!(headers.cseq(), Some((9, Method::Invite)));
    assert_eq!(headers.get("Subject"), Some(""));
    assert_eq!(
        headers.get("newfangledheader"),
        Some("newfangled value continued newfangled value")
    );
    assert_eq!(headers.content_type().as_deref(), Some("application/sdp"));
    assert_eq!(
        headers.get("Route"),
        Some("<sip:services.example.com;lr;unknownwith=value;unknown-no-value>")
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
