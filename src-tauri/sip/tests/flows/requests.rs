//! Requests that concern no call, and what is no SIP at all.

use sip::Event;

use crate::{
    message::Message,
    phone::{Phone, config, from_far},
};

fn phone() -> Phone {
    Phone::online(config("700201"))
}

fn request(method: &str) -> Message {
    Message {
        start: format!("{method} sip:x@127.0.0.1:40000 SIP/2.0"),
        headers: Vec::new(),
        body: String::new(),
    }
    .with(
        "Via",
        &format!("SIP/2.0/WSS edge.example;branch=z9hG4bK-{method}"),
    )
    .with("From", "<sip:edge@sip.example>;tag=e")
    .with("To", "<sip:700201@sip.example>")
    .with("Call-ID", "r1")
    .with("CSeq", &format!("1 {method}"))
}

fn answer_to(message: &Message) -> Message {
    let mut phone = phone();
    phone.hear(message);
    let response = phone.sent_one();
    assert_eq!(phone.events(), []);
    assert_eq!(phone.ua.poll_timeout(), None);
    response
}

#[test]
fn options_tells_what_we_can() {
    let response = answer_to(&request("OPTIONS"));

    assert_eq!(response.status(), 200);
    assert!(response.get("Allow").contains("INVITE"));
    assert!(response.get("Accept").contains("application/sdp"));
    assert!(response.get("Supported").contains("outbound"));
    assert_ne!(response.tag("To"), "");
    assert_eq!(response.get("Via"), request("OPTIONS").get("Via"));
}

#[test]
fn options_inside_a_call_is_answered_too() {
    let mut phone = phone();
    let (_, _, ack) = phone.established_call();

    phone.hear(&from_far(&ack, "OPTIONS", 1));

    assert_eq!(phone.sent_one().status(), 200);
}

#[test]
fn voice_mail_news_is_taken_and_other_news_is_not() {
    let mwi = request("NOTIFY")
        .with("Event", "message-summary")
        .with("Subscription-State", "terminated")
        .with_body(
            "application/simple-message-summary",
            "Messages-Waiting: no\r\n",
        );
    assert_eq!(answer_to(&mwi).status(), 200);
    assert_eq!(
        answer_to(&request("NOTIFY").with("Event", "refer")).status(),
        481
    );
}

#[test]
fn what_we_do_not_do_is_refused_by_its_proper_status() {
    let status = |method: &str| answer_to(&request(method)).status();

    assert_eq!(status("REFER"), 603);
    assert_eq!(status("MESSAGE"), 405);
    assert_eq!(status("PRACK"), 405);
    assert_eq!(status("SUBSCRIBE"), 489);
    assert_eq!(status("PUBLISH"), 405);
    assert_eq!(status("FROBNICATE"), 501);
    assert_eq!(status("BYE"), 481);
    assert_eq!(status("INFO"), 481);
    assert!(
        answer_to(&request("MESSAGE"))
            .get("Allow")
            .contains("INVITE")
    );
}

#[test]
fn a_refer_inside_a_call_is_declined_and_calls_nobody() {
    let mut phone = phone();
    let (_, _, ack) = phone.established_call();

    phone.hear(&from_far(&ack, "REFER", 1).with("Refer-To", "<sip:900@premium.example>"));

    assert_eq!(phone.sent_one().status(), 603);
    assert_eq!(phone.events(), []);
}

#[test]
fn a_request_inside_an_unknown_dialog_is_told_so() {
    for method in ["OPTIONS", "INVITE", "UPDATE", "NOTIFY", "BYE"] {
        let inside = request(method).replacing("To", "<sip:700201@sip.example>;tag=unknown");
        let mut phone = phone();

        phone.hear(&inside);

        assert_eq!(phone.sent_one().status(), 481, "{method}");
    }
}

#[test]
fn a_foreign_scheme_is_refused() {
    let mut message = request("OPTIONS");
    message.start = "OPTIONS urn:service:sos SIP/2.0".to_owned();

    assert_eq!(answer_to(&message).status(), 416);
}

#[test]
fn a_malformed_request_is_told_so_where_that_can_be_done() {
    let response = answer_to(&request("OPTIONS").replacing("CSeq", "many OPTIONS"));
    assert_eq!(response.status(), 400);
    assert_ne!(response.tag("To"), "");
}

#[test]
fn rubbish_is_dropped_and_the_next_call_works() {
    let mut phone = phone();

    for rubbish in [
        &b"\xff\xfe\x00"[..],
        b"",
        b"GET / HTTP/1.1\r\n\r\n",
        &[b'A'; 70_000],
    ] {
        phone.ua.handle_message(rubbish, phone.now);
    }

    assert_eq!(phone.ua.poll_event(), None);
    assert_eq!(phone.sent(), []);
    phone.established_call();
}

#[test]
fn a_stray_response_or_ack_is_ignored() {
    let mut phone = phone();
    let (_, invite) = phone.call();

    phone.hear(&request("BYE").reply(200, "x"));
    phone.hear(&request("ACK"));
    // Another method with the branch of ours (RFC 3261 §17.1.3).
    phone.hear(&invite.reply(200, "x").replacing("CSeq", "1 BYE"));

    assert_eq!(phone.sent(), []);
    assert_eq!(phone.events(), []);
}

#[test]
fn a_keep_alive_is_answered_and_its_answer_is_not() {
    let mut phone = phone();

    phone.ua.handle_message(b"\r\n\r\n", phone.now);
    assert_eq!(phone.ua.poll_transmit().as_deref(), Some("\r\n"));
    assert_eq!(phone.ua.poll_event(), Some(Event::Alive));
    phone.ua.handle_message(b"\r\n", phone.now);

    assert_eq!(phone.ua.poll_transmit(), None);
}

#[test]
fn a_probe_is_a_sign_of_life_whatever_the_answer() {
    let mut phone = phone();

    phone.ua.probe(phone.now);
    let options = phone.sent_one();
    assert_eq!(options.start, "OPTIONS sip:sip.example SIP/2.0");
    phone.ua.probe(phone.now);
    assert_eq!(phone.sent(), []);
    phone.hear(&options.reply(401, "x").with(
        "WWW-Authenticate",
        "Digest realm=\"sip.example\", nonce=\"n\", qop=\"auth\"",
    ));

    assert_eq!(phone.ua.poll_event(), Some(Event::Alive));
    assert_eq!(phone.sent(), []);
    phone.ua.probe(phone.now);
    assert_eq!(phone.sent_one().method(), "OPTIONS");
}

#[test]
fn a_flood_of_invites_is_bounded() {
    let mut phone = phone();
    let (_, _, _) = phone.established_call();

    for n in 0..1000 {
        phone.hear(&crate::phone::incoming_invite(&format!("flood-{n}")));
    }

    let busy = phone.sent().iter().filter(|it| it.status() == 486).count();
    assert!(busy <= 128, "{busy}");
    phone.pass_seconds(33);
    phone.hear(&crate::phone::incoming_invite("after"));
    assert_eq!(phone.sent_one().status(), 486);
}
