//! Messages as Kamailio, Asterisk and JsSIP write them.

use super::{request, response, wire};
use crate::message::{Contacts, KeepAlive, Message, Method, NameAddr, Uri, Via, keep_alive};

#[test]
fn the_401_of_asterisk_has_one_challenge_per_algorithm() {
    let unauthorized = response(
        r#"SIP/2.0 401 Unauthorized
Via: SIP/2.0/WSS 7sk1u0gq2h3m.invalid;rport=40114;received=192.0.2.7;branch=z9hG4bK6620943
Call-ID: 3c26700d857c
From: <sip:1001@pbx.example>;tag=vq1kfm8e5c
To: <sip:1001@pbx.example>;tag=z9hG4bK6620943
CSeq: 1 REGISTER
WWW-Authenticate: Digest realm="asterisk",nonce="1763668800/5b0b6b3a",opaque="1d8d6b7a47ac2ef0",algorithm=SHA-256,qop="auth"
WWW-Authenticate: Digest realm="asterisk",nonce="1763668800/5b0b6b3a",opaque="1d8d6b7a47ac2ef0",algorithm=MD5,qop="auth"
Server: Asterisk PBX 22.1.0
Content-Length:  0

"#,
    );
    let challenges = unauthorized.headers.www_authenticate();
    assert_eq!(challenges.len(), 2);
    assert_eq!(challenges[0].realm, "asterisk");
    assert_eq!(challenges[1].opaque.as_deref(), Some("1d8d6b7a47ac2ef0"));
    assert!(!challenges[0].stale);
    assert_eq!(unauthorized.headers.proxy_authenticate(), []);
    let via = unauthorized.headers.via_top().unwrap();
    assert_eq!(via.transport, "WSS");
    assert_eq!(via.host, "7sk1u0gq2h3m.invalid");
    assert_eq!(via.params.get("received"), Some("192.0.2.7"));
    assert_eq!(via.params.get("rport"), Some("40114"));
}

#[test]
fn the_200_of_kamailio_to_a_register_has_gruus_in_its_contact() {
    let registered = response(
        r#"SIP/2.0 200 OK
Via: SIP/2.0/WSS 7sk1u0gq2h3m.invalid;branch=z9hG4bK9911402;rport=51332;received=192.0.2.7
From: "Ana" <sip:1001@sip.example>;tag=u2e7b3v0pk
To: <sip:1001@sip.example>;tag=b27e1a1d33761e85846fc98f5f3a7e58.9d2b
Call-ID: 4ahp9qqe1mh7
CSeq: 2 REGISTER
Contact: <sip:x7k2m9qa@7sk1u0gq2h3m.invalid;transport=ws>;expires=600;received="sip:192.0.2.7:51332;transport=ws";pub-gruu="sip:1001@sip.example;gr=urn:uuid:5c0b7d2e-6f1a-4a5e-9d0e-0a4c6a3c1f22";temp-gruu="sip:uloc-65a1-1@sip.example;gr";+sip.instance="<urn:uuid:5c0b7d2e-6f1a-4a5e-9d0e-0a4c6a3c1f22>";reg-id=1, <sip:old@gone.invalid;transport=ws>;expires=31
Supported: outbound
Require: outbound
Server: kamailio (5.6.3 (x86_64/linux))
Content-Length: 0

"#,
    );
    let headers = &registered.headers;
    let Contacts::List(contacts) = headers.contacts() else {
        panic!("a list")
    };
    assert_eq!(contacts.len(), 2);
    let ours = &contacts[0].params;
    assert_eq!(ours.get("expires"), Some("600"));
    assert_eq!(
        ours.get("pub-gruu"),
        Some("sip:1001@sip.example;gr=urn:uuid:5c0b7d2e-6f1a-4a5e-9d0e-0a4c6a3c1f22")
    );
    assert_eq!(
        ours.get("+SIP.instance"),
        Some("<urn:uuid:5c0b7d2e-6f1a-4a5e-9d0e-0a4c6a3c1f22>")
    );
    assert_eq!(contacts[1].params.get("expires"), Some("31"));
    assert_eq!(headers.require(), ["outbound"]);
    // What is read is written the same.
    let written = contacts[0].to_string();
    assert_eq!(NameAddr::parse(&written).as_ref(), Some(&contacts[0]));
    assert!(headers.get("Contact").unwrap().starts_with(&written));
}

#[test]
fn an_invite_through_kamailio_keeps_both_record_routes_in_order() {
    for record_routes in [
        "Record-Route: <sip:192.0.2.1:18443;transport=ws;lr;r2=on;ftag=a>
Record-Route: <sip:192.0.2.1:15060;lr;r2=on;ftag=a>",
        "Record-Route: <sip:192.0.2.1:18443;transport=ws;lr;r2=on;ftag=a>, <sip:192.0.2.1:15060;lr;r2=on;ftag=a>",
        "record-route:<sip:192.0.2.1:18443;transport=ws;lr;r2=on;ftag=a>,
 <sip:192.0.2.1:15060;lr;r2=on;ftag=a>",
    ] {
        let invite = request(&format!(
            "INVITE sip:x7k2m9qa@7sk1u0gq2h3m.invalid;transport=ws SIP/2.0
{record_routes}
Via: SIP/2.0/WSS 192.0.2.1:18443;branch=z9hG4bKc9b1.4b2a3.0, SIP/2.0/UDP 192.0.2.9:5080;rport=5080;branch=z9hG4bKPj9
From: \"Customer, Cara\" <sip:+911140001234@sip.example>;tag=a
To: <sip:1001@sip.example>
Call-ID: 9f1d
CSeq: 4711 INVITE
Contact: <sip:+911140001234@192.0.2.9:5080;alias=192.0.2.9~5080~1>
P-Asserted-Identity: \"Cara\" <sip:+911140001234@sip.example>, <tel:+911140001234>
X-UCID: 4211763668800
Diversion: <sip:+911150009999@sip.example>;reason=unconditional
Call-Info: <sip:sip.example>;answer-after=0
Reason: SIP ;cause=200 ;text=\"Call completed elsewhere\", Q.850;cause=16
Max-Forwards: 69
Content-Type: application/sdp
Content-Length: 5

v=0
"
        ));
        assert_eq!(invite.method, Method::Invite);
        let headers = &invite.headers;
        assert_eq!(
            headers.record_routes(),
            [
                "<sip:192.0.2.1:18443;transport=ws;lr;r2=on;ftag=a>",
                "<sip:192.0.2.1:15060;lr;r2=on;ftag=a>",
            ]
        );
        assert_eq!(headers.vias().len(), 2);
        let from = headers.from().unwrap();
        assert_eq!(from.display_name.as_deref(), Some("Customer, Cara"));
        let identities = headers.p_asserted_identity();
        assert_eq!(identities.len(), 2);
        assert_eq!(identities[1].uri.user().as_deref(), Some("+911140001234"));
        assert_eq!(headers.call_info()[0].params.get("answer-after"), Some("0"));
        let reasons = headers.reasons();
        assert_eq!(reasons[0].protocol, "SIP");
        assert_eq!(reasons[0].cause, Some(200));
        assert_eq!(reasons[0].text.as_deref(), Some("Call completed elsewhere"));
        assert_eq!(reasons[1].cause, Some(16));
        let custom: Vec<_> = headers
            .iter()
            .filter(|(name, _)| name.starts_with("X-") || *name == "Diversion")
            .collect();
        assert_eq!(custom.len(), 2);
        assert_eq!(custom[0], ("X-UCID", "4211763668800"));
        assert_eq!(invite.body, b"v=0\r\n");
    }
}

#[test]
fn the_invite_of_asterisk_names_hosts_that_cannot_be_reached() {
    let invite = request(
        "INVITE sip:1001@127.0.0.1:40114;transport=ws SIP/2.0
Via: SIP/2.0/WSS 192.0.2.20:8089;rport;branch=z9hG4bKPj6f1;alias
From: \"6002\" <sip:6002@vm>;tag=d3a8
To: <sip:1001@127.0.0.1;transport=ws>
Contact: <sip:asterisk@vm:5060;transport=ws>
Call-ID: 0f6f8d0a
CSeq: 21340 INVITE
Allow: OPTIONS, REGISTER, SUBSCRIBE, NOTIFY, PUBLISH, INVITE, ACK, BYE, CANCEL, UPDATE, PRACK, INFO, MESSAGE, REFER
Supported: 100rel, timer, replaces, norefersub, histinfo
Session-Expires: 180
Min-SE: 90
Max-Forwards: 70
Alert-Info: info=alert-autoanswer
User-Agent: Asterisk PBX 22.1.0

",
    );
    let headers = &invite.headers;
    assert_eq!(
        headers.get("supported"),
        Some("100rel, timer, replaces, norefersub, histinfo")
    );
    let Contacts::List(contacts) = headers.contacts() else {
        panic!("a list")
    };
    assert_eq!(contacts[0].uri.host(), "vm");
    assert_eq!(contacts[0].uri.port(), Some(5060));
    assert_eq!(headers.get("session-expires"), Some("180"));
    assert_eq!(
        headers.alert_info()[0].params.get("info"),
        Some("alert-autoanswer")
    );
    // RFC 7118: no Content-Length is needed.
    assert_eq!(headers.get("Content-Length"), None);
}

#[test]
fn the_compact_dialect_of_small_servers_reads_like_the_long_one() {
    let bye = request(
        "BYE sip:x@y.invalid;transport=ws SIP/2.0
v:SIP/2.0/WSS [2001:db8::1]:443;branch=z9hG4bK1;received=2001:db8::9,SIP/2.0/UDP 192.0.2.3
f:<sip:bob.smith@[2001:db8::2]:5061>;tag=1
t:tel:+1-201-555-0123;tag=2
i:abc
cseq:
 3 BYE
m:*
k:timer,100rel
o:message-summary
x:90
l:0

",
    );
    let headers = &bye.headers;
    assert_eq!(headers.vias().len(), 2);
    let via = headers.via_top().unwrap();
    assert_eq!((via.host.as_str(), via.port), ("[2001:db8::1]", Some(443)));
    assert_eq!(via.params.get("received"), Some("2001:db8::9"));
    let from = headers.from().unwrap();
    assert_eq!(from.uri.user().as_deref(), Some("bob.smith"));
    assert_eq!(from.uri.host(), "[2001:db8::2]");
    assert_eq!(from.uri.port(), Some(5061));
    let to = headers.to().unwrap();
    assert_eq!(to.uri.user().as_deref(), Some("+1-201-555-0123"));
    assert_eq!(to.tag(), Some("2"));
    assert_eq!(headers.cseq(), Some((3, Method::Bye)));
    assert_eq!(headers.contacts(), Contacts::Star);
    assert_eq!(headers.get("Supported"), Some("timer,100rel"));
    assert_eq!(headers.get("Event"), Some("message-summary"));
    assert_eq!(headers.get("Session-Expires"), Some("90"));
}

/// RFC 5118.
#[test]
fn ipv6_addresses_are_read_in_brackets_and_in_received_without() {
    for (address, host, port) in [
        ("[2001:db8::10]", "[2001:db8::10]", None),
        ("[2001:db8::10:5070]", "[2001:db8::10:5070]", None),
        ("[2001:db8::10]:5070", "[2001:db8::10]", Some(5070)),
        (
            "[::ffff:192.0.2.10]:19823",
            "[::ffff:192.0.2.10]",
            Some(19823),
        ),
        ("[2001:db8:::192.0.2.1]", "", None),
        ("2001:db8::10", "", None),
        ("[2001:db8::10", "", None),
        ("[]", "", None),
    ] {
        let uri = Uri::parse(&format!("sip:user@{address}"));
        let via = Via::parse(&format!(
            "SIP/2.0/UDP {address};received=[2001:db8::9:255];branch=z9hG4bKas3-111"
        ));
        if host.is_empty() {
            assert!(uri.is_err() && via.is_none(), "{address}");
            continue;
        }
        let (uri, via) = (uri.unwrap(), via.unwrap());
        assert_eq!((uri.host(), uri.port()), (host, port));
        assert_eq!((via.host.as_str(), via.port), (host, port));
        assert_eq!(via.params.get("received"), Some("[2001:db8::9:255]"));
        assert_eq!(via.branch(), Some("z9hG4bKas3-111"));
    }
}

#[test]
fn bytes_that_are_no_text_lose_only_themselves() {
    let mut bytes =
        wire("NOTIFY sip:x@y.invalid SIP/2.0\nVia: SIP/2.0/WSS a.invalid;branch=z9hG4bK1\n");
    bytes.extend_from_slice(
        b"From: \"Jos\xE9\" <sip:jose@sip.example>;tag=1\r\nX-\xFF: lost\r\nno header\r\n",
    );
    bytes.extend_from_slice(b"Subject: caf\xE9\r\n folded \xFF\r\n");
    bytes.extend_from_slice(&wire(
        "To: <sip:x@sip.example>\nCall-ID: 1\nCSeq: 1 NOTIFY\n\n",
    ));
    let Ok(Message::Request(notify)) = Message::parse(&bytes) else {
        panic!("a request")
    };
    let from = notify.headers.from().unwrap();
    assert_eq!(from.display_name.as_deref(), Some("Jos\u{FFFD}"));
    assert_eq!(
        notify.headers.get("Subject"),
        Some("caf\u{FFFD} folded \u{FFFD}")
    );
    assert_eq!(notify.headers.iter().count(), 6);
}

#[test]
fn numbers_of_seconds_may_carry_parameters_and_comments() {
    let unavailable = response(
        "SIP/2.0 503 Service Unavailable
Via: SIP/2.0/WSS a.invalid;branch=z9hG4bK1
From: <sip:1001@sip.example>;tag=1
To: <sip:1001@sip.example>;tag=2
Call-ID: 1
CSeq: 1 REGISTER
Retry-After: 18 (in a meeting) ;duration=3600
Min-Expires: 60
Expires: 60x

",
    );
    assert_eq!(unavailable.headers.retry_after(), Some(18));
    assert_eq!(unavailable.headers.min_expires(), Some(60));
    assert_eq!(unavailable.headers.expires(), None);
}

#[test]
fn a_call_info_with_parameters_alone_has_no_uri() {
    let mut invite = request(MINIMAL_INVITE);
    invite.headers.push("Call-Info", ";answer-after=2");
    invite.headers.push(
        "Alert-Info",
        "http://pbx.example/ring.wav;info=x, <urn:alert:service:call-waiting>",
    );
    let call_info = invite.headers.call_info();
    assert_eq!(call_info[0].uri, "");
    assert_eq!(call_info[0].params.get("Answer-After"), Some("2"));
    let alert_info = invite.headers.alert_info();
    assert_eq!(alert_info[0].uri, "http://pbx.example/ring.wav");
    assert_eq!(alert_info[0].params.get("info"), Some("x"));
    assert_eq!(alert_info[1].uri, "urn:alert:service:call-waiting");
}

#[test]
fn keep_alives_are_no_messages() {
    assert_eq!(keep_alive(b"\r\n\r\n"), Some(KeepAlive::Ping));
    assert_eq!(keep_alive(b"\r\n"), Some(KeepAlive::Pong));
    assert_eq!(keep_alive(b""), None);
    assert_eq!(keep_alive(&wire(MINIMAL_INVITE)), None);
    for nothing in [&b""[..], b"\r\n", b"\r\n\r\n", b"\n\n\n"] {
        let malformed = Message::parse(nothing).unwrap_err();
        assert_eq!(malformed.to_string(), "The message is empty");
    }
}

const MINIMAL_INVITE: &str = "INVITE sip:x@y.invalid SIP/2.0
Via: SIP/2.0/WSS a.invalid;branch=z9hG4bK1
From: <sip:1002@sip.example>;tag=1
To: <sip:1001@sip.example>
Call-ID: 1
CSeq: 1 INVITE

";
