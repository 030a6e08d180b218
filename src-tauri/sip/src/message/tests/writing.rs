use super::request;
use crate::message::{Headers, Method, NameAddr, Params, Request, Response, Uri, masked};

const INVITE: &str = "INVITE sip:1001@a.invalid SIP/2.0
Record-Route: <sip:p1.example;lr>
Via: SIP/2.0/WSS p1.example;branch=z9hG4bK1, SIP/2.0/UDP h.example;branch=z9hG4bK2
v: SIP/2.0/UDP far.example;branch=z9hG4bK3
record-route: <sip:p2.example;lr;r2=on>
f: \"Bob\" <sip:bob@far.example>;tag=b
t: sip:1001@sip.example
i: abc
CSeq: 7 INVITE
Timestamp: 54
Subject: not copied

";

#[test]
fn a_request_is_written_with_its_length_in_bytes() {
    let mut request = Request::new(Method::Message, Uri::parse("sip:1002@sip.example").unwrap());
    request.headers.push("To", "<sip:1002@sip.example>");
    request
        .headers
        .push_front("Via", "SIP/2.0/WSS a.invalid;branch=z9hG4bK1");
    request.headers.push("Content-Length", "999");
    request.set_body("text/plain", "grüß");
    assert_eq!(
        request.to_text(),
        "MESSAGE sip:1002@sip.example SIP/2.0\r\n\
         Via: SIP/2.0/WSS a.invalid;branch=z9hG4bK1\r\n\
         To: <sip:1002@sip.example>\r\n\
         Content-Type: text/plain\r\n\
         Content-Length: 6\r\n\
         \r\n\
         grüß"
    );
}

#[test]
fn a_response_copies_what_rfc_3261_names_and_no_more() {
    let invite = request(INVITE);
    let mut ringing = Response::to_request(&invite, 180, None);
    ringing.set_to_tag("ours");
    ringing.set_to_tag("another");
    assert_eq!(
        ringing.to_text(),
        "SIP/2.0 180 Ringing\r\n\
         Via: SIP/2.0/WSS p1.example;branch=z9hG4bK1, SIP/2.0/UDP h.example;branch=z9hG4bK2\r\n\
         Via: SIP/2.0/UDP far.example;branch=z9hG4bK3\r\n\
         Record-Route: <sip:p1.example;lr>\r\n\
         Record-Route: <sip:p2.example;lr;r2=on>\r\n\
         From: \"Bob\" <sip:bob@far.example>;tag=b\r\n\
         To: sip:1001@sip.example;tag=ours\r\n\
         Call-ID: abc\r\n\
         CSeq: 7 INVITE\r\n\
         Content-Length: 0\r\n\
         \r\n"
    );
}

#[test]
fn timestamp_goes_into_a_100_and_record_route_into_what_makes_a_dialog() {
    let invite = request(INVITE);
    let copied = |status: u16, name: &str| {
        let response = Response::to_request(&invite, status, None);
        response.headers.all(name).count()
    };
    assert_eq!((copied(100, "Timestamp"), copied(180, "Timestamp")), (1, 0));
    assert_eq!(
        (copied(100, "Record-Route"), copied(183, "Record-Route")),
        (0, 2)
    );
    assert_eq!(
        (copied(200, "Record-Route"), copied(486, "Record-Route")),
        (2, 0)
    );
    let bye = request(&INVITE.replace("INVITE", "BYE"));
    assert_eq!(
        Response::to_request(&bye, 200, None)
            .headers
            .record_routes()
            .len(),
        0
    );
}

#[test]
fn each_status_has_its_phrase() {
    let invite = request(INVITE);
    for (status, phrase) in [
        (100, "Trying"),
        (200, "OK"),
        (481, "Call Transaction Does Not Exist"),
        (486, "Busy Here"),
        (488, "Not Acceptable Here"),
        (603, "Decline"),
    ] {
        assert_eq!(Response::to_request(&invite, status, None).reason, phrase);
    }
    assert_eq!(
        Response::to_request(&invite, 486, Some("On leave")).reason,
        "On leave"
    );
}

#[test]
fn line_ends_in_values_become_spaces() {
    let mut request = Request::new(
        Method::Other("X\r\nEvil: 1".to_owned()),
        Uri::parse("sip:1002@sip.example").unwrap(),
    );
    request
        .headers
        .push("Subject", "a\r\nEvil: 2\r\n\r\nb\0c\u{85}d\te");
    assert_eq!(
        request.to_text(),
        "X  Evil: 1 sip:1002@sip.example SIP/2.0\r\n\
         Subject: a  Evil: 2    b c d e\r\n\
         Content-Length: 0\r\n\
         \r\n"
    );
}

#[test]
fn header_names_match_in_any_case_and_set_replaces_all() {
    let mut headers = Headers::default();
    headers.push("Require", "100rel");
    headers.push("require", "timer, outbound");
    assert_eq!(headers.require(), ["100rel", "timer", "outbound"]);
    headers.set("REQUIRE", "gruu");
    assert_eq!(headers.require(), ["gruu"]);
    headers.remove("Require");
    assert_eq!(headers.get("Require"), None);
}

#[test]
fn parameters_are_quoted_where_they_are_no_tokens() {
    let mut params = Params::default();
    params.set("+sip.instance", Some("<urn:uuid:5c0b7d2e>"));
    params.set("reg-id", Some("1"));
    params.set("ob", None);
    params.set("x", Some("a\"b\\c"));
    params.set("REG-ID", Some("2"));
    assert_eq!(
        params.to_string(),
        r#";+sip.instance="<urn:uuid:5c0b7d2e>";reg-id=2;ob;x="a\"b\\c""#
    );
}

#[test]
fn an_odd_tag_comes_back_as_it_was_sent() {
    let from = NameAddr::parse("<sip:a@b>;tag=x@y=/z").unwrap();
    assert_eq!(from.tag(), Some("x@y=/z"));
    assert_eq!(from.to_string(), "<sip:a@b>;tag=x@y=/z");
}

#[test]
fn logs_show_neither_credentials_nor_media_keys() {
    let text = "REGISTER sip:sip.example SIP/2.0\r\n\
                authorization: Digest username=\"1001\",\r\n response=\"canary1\"\r\n\
                Proxy-Authorization : Digest response=\"canary2\"\r\n\
                Subject: kept\r\n\
                \r\n\
                v=0\r\n\
                a=ice-pwd:canary3\r\n\
                a=crypto:1 AES inline:canary4\r\n\
                a=mid:0";
    let shown = masked(text);
    assert!(!shown.contains("canary"), "{shown}");
    assert_eq!(
        shown,
        "REGISTER sip:sip.example SIP/2.0\r\n\
         Authorization: …\r\n\
         Proxy-Authorization: …\r\n\
         Subject: kept\r\n\
         \r\n\
         v=0\r\n\
         a=ice-pwd: …\r\n\
         a=crypto: …\r\n\
         a=mid:0"
    );
}
