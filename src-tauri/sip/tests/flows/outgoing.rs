use sip::{Answer, Cause, DialogHandle, Event};

use crate::phone::{ANSWER, OFFER, Phone, accepted, answer, config, from_far, routed};

fn phone() -> Phone {
    Phone::online(config("700201"))
}

#[test]
fn an_invite_speaks_the_dialect_of_jssip() {
    let mut phone = phone();

    let (_, invite) = phone.call();

    assert_eq!(invite.start, "INVITE sip:700202@sip.example SIP/2.0");
    assert!(invite.get("Contact").ends_with(".invalid;transport=ws;ob>"));
    assert_eq!(invite.get("Max-Forwards"), "69");
    assert_eq!(invite.get("To"), "<sip:700202@sip.example>");
    assert_eq!(invite.get("Content-Type"), "application/sdp");
    assert_eq!(invite.body, OFFER);
    assert!(invite.get("Allow").contains("UPDATE"));
    assert!(!invite.get("Supported").contains("100rel"));
    assert!(!invite.get("Supported").contains("timer"));
}

#[test]
fn a_call_rings_is_answered_and_hung_up() {
    let mut phone = phone();
    let (call, invite) = phone.call();

    phone.hear(&invite.reply(100, ""));
    phone.hear(&routed(invite.reply(180, "far")));
    assert_eq!(
        phone.events(),
        [Event::Progress {
            call,
            dialog: DialogHandle(0),
            status: 180,
            answer: None
        }]
    );
    phone.hear(&accepted(&invite, "far"));
    assert_eq!(
        phone.events(),
        [Event::Accepted {
            call,
            dialog: DialogHandle(0),
            answer: Some(answer())
        }]
    );

    let ack = phone.sent_one();
    assert_eq!(ack.start, "ACK sip:far@192.0.2.9:5062 SIP/2.0");
    assert_eq!(ack.find("Authorization"), None);
    assert_eq!(ack.find("Proxy-Authorization"), None);
    // RFC 3261 §12.1.2: reversed, parameters kept.
    assert_eq!(
        ack.all("Route").join(", "),
        "<sip:inner.example;lr>, <sip:edge.example:5060;lr;r2=on>, <sip:edge.example;transport=ws;lr;r2=on>"
    );
    assert_eq!(ack.get("CSeq"), format!("{} ACK", invite.cseq()));
    assert_ne!(ack.branch(), invite.branch());

    phone.end(call);
    phone.assert_ended(call, Cause::Local);
    let bye = phone.sent_one();
    assert_eq!(bye.start, "BYE sip:far@192.0.2.9:5062 SIP/2.0");
    assert_eq!(bye.cseq(), invite.cseq() + 1);
    assert_eq!(bye.all("Route"), ack.all("Route"));
    phone.hear(&bye.reply(200, ""));
    phone.pass_seconds(33);
    assert_eq!(phone.ua.poll_timeout(), None);
    assert_eq!(phone.events(), []);
    assert!(phone.ua.end(call, 480, phone.now).is_err());
}

#[test]
fn a_peer_that_hangs_up_ends_the_call() {
    let mut phone = phone();
    let (call, _, ack) = phone.established_call();

    phone.hear(&from_far(&ack, "BYE", 1));

    assert_eq!(phone.sent_one().status(), 200);
    phone.assert_ended(call, Cause::Remote);
}

#[test]
fn a_refusal_is_acknowledged_and_told_with_its_words() {
    let mut phone = phone();
    let (call, invite) = phone.call();

    phone.hear(&invite.reply(486, "far"));

    let ack = phone.sent_one();
    assert_eq!(ack.method(), "ACK");
    assert_eq!(ack.branch(), invite.branch());
    assert_eq!(ack.tag("To"), "far");
    phone.assert_ended(
        call,
        Cause::Refused {
            status: 486,
            reason: "Busy Here".to_owned(),
        },
    );
    assert_eq!(phone.ua.poll_timeout(), None);
}

#[test]
fn a_redirection_is_not_followed() {
    let mut phone = phone();
    let (call, invite) = phone.call();

    phone.hear(
        &invite
            .reply(302, "far")
            .with("Contact", "<sip:900@premium.example>"),
    );

    assert_eq!(phone.sent_one().method(), "ACK");
    phone.assert_ended(
        call,
        Cause::Refused {
            status: 302,
            reason: "Moved Temporarily".to_owned(),
        },
    );
}

#[test]
fn a_silent_server_ends_the_call_after_timer_b() {
    let mut phone = phone();
    let (call, _) = phone.call();

    phone.pass_seconds(31);
    assert_eq!(phone.events(), []);
    phone.pass_seconds(1);

    phone.assert_ended(call, Cause::Timeout);
    assert_eq!(phone.ua.poll_timeout(), None);
}

#[test]
fn cancel_waits_for_a_provisional_response() {
    let mut phone = phone();
    let (call, invite) = phone.call();

    phone.end(call);
    phone.assert_ended(call, Cause::Local);
    assert_eq!(phone.sent(), []);
    phone.hear(&invite.reply(100, ""));

    let cancel = phone.sent_one();
    assert_eq!(cancel.start, "CANCEL sip:700202@sip.example SIP/2.0");
    assert_eq!(cancel.branch(), invite.branch());
    assert_eq!(cancel.get("CSeq"), format!("{} CANCEL", invite.cseq()));
    assert_eq!(cancel.get("To"), invite.get("To"));
    assert_eq!(cancel.all("Via").len(), 1);
    phone.hear(&cancel.reply(200, "far"));
    phone.hear(&invite.reply(487, "far"));
    assert_eq!(phone.sent_one().method(), "ACK");
    assert_eq!(phone.events(), []);
    assert_eq!(phone.ua.poll_timeout(), None);
}

#[test]
fn a_200_that_crosses_our_cancel_is_acknowledged_and_hung_up_at_once() {
    let mut phone = phone();
    let (call, invite) = phone.call();
    phone.hear(&invite.reply(180, "far"));
    phone.events();
    phone.end(call);
    assert_eq!(phone.sent_one().method(), "CANCEL");

    phone.hear(&accepted(&invite, "far"));

    let sent = phone.sent();
    assert_eq!([sent[0].method(), sent[1].method()], ["ACK", "BYE"]);
    phone.assert_ended(call, Cause::Local);
    // The 200 comes again because the ACK was lost: ACK again, no second BYE.
    phone.hear(&accepted(&invite, "far"));
    assert_eq!(phone.sent_one().method(), "ACK");
    phone.hear(&sent[1].reply(200, ""));
    phone.pass_seconds(64);
    assert_eq!(phone.ua.poll_timeout(), None);
}

#[test]
fn a_cancelled_call_without_any_answer_is_forgotten_after_32_s() {
    let mut phone = phone();
    let (call, invite) = phone.call();
    phone.hear(&invite.reply(180, "far"));
    phone.end(call);

    phone.pass_seconds(32);

    assert_eq!(phone.ua.poll_timeout(), None);
}

#[test]
fn a_repeated_200_is_acknowledged_again() {
    let mut phone = phone();
    let (_, invite, ack) = phone.established_call();

    // Timer M ends the transaction after 32 s (RFC 6026 §7.2); the peer may be slower.
    for seconds in [0, 31, 3600] {
        phone.pass_seconds(seconds);
        phone.hear(&accepted(&invite, "far"));
        assert_eq!(phone.sent_one(), ack);
        assert_eq!(phone.events(), []);
    }
}

#[test]
fn requests_of_an_early_dialog_count_on_after_the_answer() {
    let mut phone = phone();
    let (call, invite) = phone.call();
    phone.hear(&routed(invite.reply(183, "far")).with_sdp(ANSWER));
    let of_far = invite
        .clone()
        .replacing("To", accepted(&invite, "far").get("To"));
    phone.hear(&from_far(&of_far, "UPDATE", 5));
    assert_eq!(phone.sent_one().status(), 200);
    phone.hear(&accepted(&invite, "far"));
    phone.sent();
    phone.events();

    phone.hear(&from_far(&of_far, "BYE", 4));
    assert_eq!(phone.sent_one().status(), 500);
    phone.hear(&from_far(&of_far, "BYE", 6));
    assert_eq!(phone.sent_one().status(), 200);
    phone.assert_ended(call, Cause::Remote);
}

#[test]
fn early_media_is_told_once_and_its_repetition_in_the_200_not_again() {
    let mut phone = phone();
    let (call, invite) = phone.call();
    let progress = routed(invite.reply(183, "far")).with_sdp(ANSWER);

    phone.hear(&progress);
    phone.hear(&progress);
    phone.hear(&accepted(&invite, "far"));

    let dialog = DialogHandle(0);
    assert_eq!(
        phone.events(),
        [
            Event::Progress {
                call,
                dialog,
                status: 183,
                answer: Some(answer())
            },
            Event::Progress {
                call,
                dialog,
                status: 183,
                answer: None
            },
            Event::Accepted {
                call,
                dialog,
                answer: None
            },
        ]
    );
}

#[test]
fn a_200_with_another_description_than_the_early_one_tells_it() {
    let mut phone = phone();
    let (call, invite) = phone.call();
    phone.hear(&routed(invite.reply(183, "far")).with_sdp("v=0\r\ns=early\r\n"));
    phone.events();

    phone.hear(&accepted(&invite, "far"));

    assert_eq!(
        phone.events(),
        [Event::Accepted {
            call,
            dialog: DialogHandle(0),
            answer: Some(answer())
        }]
    );
}

#[test]
fn forks_have_their_own_dialogs_and_the_second_to_answer_is_hung_up() {
    let mut phone = phone();
    let (call, invite) = phone.call();

    phone.hear(&routed(invite.reply(183, "one")).with_sdp("v=0\r\ns=one\r\n"));
    phone.hear(&routed(invite.reply(183, "two")).with_sdp("v=0\r\ns=two\r\n"));
    phone.hear(&accepted(&invite, "two"));
    phone.hear(&accepted(&invite, "one"));

    let early = |text: &str| Some(Answer(format!("v=0\r\ns={text}\r\n")));
    assert_eq!(
        phone.events(),
        [
            Event::Progress {
                call,
                dialog: DialogHandle(0),
                status: 183,
                answer: early("one")
            },
            Event::Progress {
                call,
                dialog: DialogHandle(1),
                status: 183,
                answer: early("two")
            },
            Event::Accepted {
                call,
                dialog: DialogHandle(1),
                answer: Some(answer())
            },
        ]
    );
    let sent = phone.sent();
    let seen: Vec<_> = sent.iter().map(|it| (it.method(), it.tag("To"))).collect();
    assert_eq!(seen, [("ACK", "two"), ("ACK", "one"), ("BYE", "one")]);
    phone.hear(&accepted(&invite, "one"));
    assert_eq!(phone.sent_one(), sent[1]);
}

#[test]
fn a_200_without_an_answer_ends_the_call() {
    let mut phone = phone();
    let (call, invite) = phone.call();

    phone.hear(&routed(invite.reply(200, "far")));

    let sent = phone.sent();
    assert_eq!([sent[0].method(), sent[1].method()], ["ACK", "BYE"]);
    assert!(matches!(
        phone.events()[..],
        [Event::Ended { call: ended, cause: Cause::Protocol(_) }] if ended == call
    ));
}

#[test]
fn a_strict_router_becomes_the_request_uri() {
    let mut phone = phone();
    let (call, invite) = phone.call();
    phone.hear(
        &invite
            .reply(200, "far")
            .with("Record-Route", "<sip:loose.example;lr>")
            .with(
                "Record-Route",
                "<sip:strict.example;method=INVITE?Subject=x>",
            )
            .with("Contact", "<sip:far@192.0.2.9>")
            .with_sdp(ANSWER),
    );
    phone.sent();

    phone.end(call);

    let bye = phone.sent_one();
    assert_eq!(bye.request_uri(), "sip:strict.example");
    assert_eq!(
        bye.all("Route").join(", "),
        "<sip:loose.example;lr>, <sip:far@192.0.2.9>"
    );
}

#[test]
fn a_far_ends_contact_names_where_requests_go_and_nothing_else() {
    // RFC 3261 §19.1.5: a Request-URI has neither headers nor `method`; all else stays.
    for (contact, target) in [
        (
            "sip:far@192.0.2.9;method=REGISTER;ob?Route=%3Csip:evil.example%3E",
            "sip:far@192.0.2.9;ob",
        ),
        (
            "sip:[2001:db8::9]:5062;%6dethod=BYE;transport=ws",
            "sip:[2001:db8::9]:5062;transport=ws",
        ),
        (
            "sips:a;b?c=d@far.example?Subject=x",
            "sips:a;b?c=d@far.example",
        ),
        ("tel:+4930;phone-context=x", "tel:+4930;phone-context=x"),
    ] {
        let mut phone = phone();
        let (call, invite) = phone.call();
        phone.hear(
            &invite
                .reply(200, "far")
                .with("Contact", &format!("<{contact}>"))
                .with_sdp(ANSWER),
        );
        assert_eq!(phone.sent_one().request_uri(), target);
        phone.end(call);
        assert_eq!(phone.sent_one().request_uri(), target);
    }
}

#[test]
fn a_far_end_that_moves_names_where_requests_go_and_nothing_else() {
    let mut phone = phone();
    let (call, _, ack) = phone.established_call();

    phone.hear(&from_far(&ack, "UPDATE", 1).with("Contact", "<sip:moved@192.0.2.10?Subject=x>"));
    phone.sent();
    phone.end(call);

    assert_eq!(phone.sent_one().request_uri(), "sip:moved@192.0.2.10");
}

#[test]
fn a_call_without_a_flow_ends_at_once() {
    let mut phone = Phone::offline(config("700201"));

    let call = phone
        .ua
        .invite("700202", crate::phone::offer(), phone.now)
        .unwrap();

    phone.assert_ended(call, Cause::FlowLost);
    assert_eq!(phone.sent(), []);
    assert_eq!(phone.ua.poll_timeout(), None);
}

#[test]
fn what_cannot_be_dialled_is_refused_without_side_effects() {
    let mut phone = phone();

    for target in [
        "",
        "  ",
        "http://x.example",
        "sip:a@b\r\nX-Evil: 1",
        "7002\u{0}02",
    ] {
        assert!(
            phone
                .ua
                .invite(target, crate::phone::offer(), phone.now)
                .is_err(),
            "{target:?}"
        );
        assert!(phone.ua.check_target(target).is_err(), "{target:?}");
    }

    assert_eq!(phone.sent(), []);
    assert_eq!(phone.events(), []);
    assert!(phone.ua.check_target("+91 (98765) 432-10").is_ok());
}
