use std::time::Duration;

use sip::{Answer, Cause, Event, Party};

use crate::{
    message::Message,
    phone::{
        ANSWER, OFFER, Phone, ack_of, answer, config, in_dialog, incoming, incoming_invite, offer,
    },
};

fn phone() -> Phone {
    Phone::online(config("700201"))
}

fn cancel_of(invite: &Message) -> Message {
    Message {
        start: invite.start.replace("INVITE", "CANCEL"),
        body: String::new(),
        ..invite.clone()
    }
    .without("Content-Type")
    .replacing("CSeq", &format!("{} CANCEL", invite.cseq()))
}

#[test]
fn who_withholds_who_they_are_is_anonymous_whatever_the_network_asserts_in_confidence() {
    let heard = |from: &str, headers: &[(&'static str, &str)]| {
        let mut phone = phone();
        let invite = headers.iter().fold(
            incoming_invite("in-1").replacing("From", &format!("{from};tag=1")),
            |invite, (name, value)| invite.with(name, value),
        );
        phone.hear(&invite);
        let events = phone.events();
        match events.as_slice() {
            [Event::Incoming { from, asserted, .. }] => (from.anonymous, asserted.clone()),
            other => panic!("{other:?}"),
        }
    };
    for from in [
        r#""Anonymous" <sip:anonymous@anonymous.invalid>"#,
        r#""Ben" <sip:700202@Anonymous.Invalid>"#,
        "<sip:Anonymous@sip.example>",
    ] {
        assert_eq!(heard(from, &[]), (true, None), "{from}");
    }
    let ben = "<sip:700202@sip.example>";
    assert_eq!(heard(ben, &[]), (false, None));
    let asserted = ("P-Asserted-Identity", "<sip:+4930@sip.example>");
    let told = |privacy| heard(ben, &[asserted, ("Privacy", privacy)]).1.is_some();
    assert!(told("none"));
    assert!(!told("id"));
    assert!(!told("user; ID;critical"));
}

#[test]
fn a_call_rings_at_once_and_is_answered() {
    let mut phone = phone();
    let invite = incoming_invite("in-1")
        .with(
            "P-Asserted-Identity",
            "\"Ben Real\" <sip:+4930@sip.example>",
        )
        .with("X-Ucid", " 90123 ")
        .with("Diversion", "<sip:queue@sip.example>;reason=unconditional")
        .with("Call-Info", "<http://127.0.0.1/a>;answer-after=2");

    phone.hear(&invite);

    let ringing = phone.sent_one();
    assert_eq!(ringing.status(), 180);
    assert_ne!(ringing.tag("To"), "");
    assert!(ringing.get("Contact").ends_with(".invalid;transport=ws>"));
    assert_eq!(ringing.get("Record-Route"), invite.get("Record-Route"));
    let events = phone.events();
    let call = incoming(&events);
    assert_eq!(
        events,
        [Event::Incoming {
            call,
            from: Party {
                display_name: Some("Ben".to_owned()),
                uri: "sip:700202@sip.example".to_owned(),
                user: "700202".to_owned(),
                anonymous: false,
            },
            asserted: Some(Party {
                display_name: Some("Ben Real".to_owned()),
                uri: "sip:+4930@sip.example".to_owned(),
                user: "+4930".to_owned(),
                anonymous: false,
            }),
            offer: Some(offer()),
            headers: vec![
                ("X-Ucid".to_owned(), "90123".to_owned()),
                (
                    "Diversion".to_owned(),
                    "<sip:queue@sip.example>;reason=unconditional".to_owned()
                ),
            ],
            answer_after: Some(Duration::from_secs(2)),
        }]
    );

    let ok = phone.accept(call);
    assert_eq!(ok.status(), 200);
    assert_eq!(ok.tag("To"), ringing.tag("To"));
    assert_eq!(ok.body, ANSWER);
    phone.hear(&ack_of(&invite, &ok));
    assert_eq!(phone.events(), [Event::Established { call, answer: None }]);

    // RFC 3261 §12.1.1: the route set in order; the far end's host is named, never resolved.
    phone.end(call);
    let bye = phone.sent_one();
    assert_eq!(bye.start, "BYE sip:asterisk@vm:5060;transport=ws SIP/2.0");
    assert_eq!(bye.all("Route").join(", "), invite.get("Record-Route"));
    assert_eq!(bye.get("From"), ok.get("To"));
    assert_eq!(bye.get("To"), invite.get("From"));
    phone.assert_ended(call, Cause::Local);
}

#[test]
fn a_caller_who_hangs_up_ends_the_call() {
    let mut phone = phone();
    let (call, invite, ok) = phone.established_incoming();

    phone.hear(&in_dialog(&invite, &ok, "BYE", 11));

    assert_eq!(phone.sent_one().status(), 200);
    phone.assert_ended(call, Cause::Remote);
    phone.pass_seconds(33);
    assert_eq!(phone.ua.poll_timeout(), None);
}

#[test]
fn a_call_that_is_declined_gets_the_status_that_was_asked_for() {
    let mut phone = phone();
    let invite = incoming_invite("in-1");
    let call = phone.ring(&invite);

    phone.ua.end(call, 603, phone.now).unwrap();

    let refusal = phone.sent_one();
    assert_eq!(refusal.status(), 603);
    phone.assert_ended(call, Cause::Local);
    let ack = Message {
        start: invite.start.replace("INVITE", "ACK"),
        ..invite.clone()
    }
    .replacing("To", refusal.get("To"))
    .replacing("CSeq", "10 ACK");
    phone.hear(&ack);
    assert_eq!(phone.ua.poll_timeout(), None);
}

#[test]
fn a_caller_who_gives_up_stops_the_ringing() {
    let mut phone = phone();
    let invite = incoming_invite("in-1");
    let call = phone.ring(&invite);

    phone.hear(&cancel_of(&invite));

    let sent = phone.sent();
    let statuses: Vec<_> = sent
        .iter()
        .map(|it| (it.status(), it.cseq_method()))
        .collect();
    assert_eq!(statuses, [(487, "INVITE"), (200, "CANCEL")]);
    assert_eq!(sent[0].tag("To"), sent[1].tag("To"));
    phone.assert_ended(call, Cause::Cancelled);
}

#[test]
fn a_call_that_another_device_answered_says_so() {
    let mut phone = phone();
    let invite = incoming_invite("in-1");
    let call = phone.ring(&invite);

    phone.hear(
        &cancel_of(&invite).with("Reason", "SIP;cause=200;text=\"Call completed elsewhere\""),
    );

    phone.assert_ended(call, Cause::AnsweredElsewhere);
}

#[test]
fn a_cancel_after_our_200_changes_nothing() {
    let mut phone = phone();
    let (_, invite, _) = phone.established_incoming();

    phone.hear(&cancel_of(&invite));

    let response = phone.sent_one();
    assert_eq!((response.status(), response.cseq_method()), (200, "CANCEL"));
    assert_eq!(phone.events(), []);
}

#[test]
fn a_cancel_for_nothing_is_told_so() {
    let mut phone = phone();

    phone.hear(&cancel_of(&incoming_invite("never")));

    assert_eq!(phone.sent_one().status(), 481);
}

#[test]
fn a_call_without_an_offer_gets_ours_and_answers_it_in_the_ack() {
    let mut phone = phone();
    let mut invite = incoming_invite("in-1").without("Content-Type");
    invite.body.clear();
    phone.hear(&invite);
    let events = phone.events();
    assert!(matches!(events[..], [Event::Incoming { offer: None, .. }]));
    let call = incoming(&events);
    phone.sent();

    assert!(phone.ua.accept(call, answer(), phone.now).is_err());
    phone.ua.offer_in_answer(call, offer(), phone.now).unwrap();

    let ok = phone.sent_one();
    assert_eq!(ok.body, OFFER);
    phone.hear(&ack_of(&invite, &ok).with_sdp(ANSWER));
    assert_eq!(
        phone.events(),
        [Event::Established {
            call,
            answer: Some(Answer(ANSWER.to_owned()))
        }]
    );
}

#[test]
fn an_ack_without_the_answer_to_our_offer_ends_the_call() {
    let mut phone = phone();
    let mut invite = incoming_invite("in-1").without("Content-Type");
    invite.body.clear();
    let call = phone.ring(&invite);
    phone.ua.offer_in_answer(call, offer(), phone.now).unwrap();
    let ok = phone.sent().pop().unwrap();

    phone.hear(&ack_of(&invite, &ok));

    assert_eq!(phone.sent_one().method(), "BYE");
    assert!(matches!(
        phone.events()[..],
        [Event::Ended {
            cause: Cause::Protocol(_),
            ..
        }]
    ));
}

#[test]
fn a_200_without_ack_is_repeated_and_then_hung_up() {
    let mut phone = phone();
    let invite = incoming_invite("in-1");
    let call = phone.ring(&invite);
    let ok = phone.accept(call);

    let mut repetitions = Vec::new();
    let last = loop {
        let (message, passed) = phone.pass_until_sent();
        if message.method() == "BYE" {
            break message;
        }
        assert_eq!(message, ok);
        repetitions.push(passed.as_millis());
    };

    assert_eq!(
        repetitions,
        [500, 1000, 2000, 4000, 4000, 4000, 4000, 4000, 4000, 4000]
    );
    assert_eq!(last.get("Call-ID"), "in-1");
    phone.assert_ended(call, Cause::Timeout);
}

#[test]
fn hanging_up_before_the_ack_waits_with_bye_for_it() {
    let mut phone = phone();
    let invite = incoming_invite("in-1");
    let call = phone.ring(&invite);
    let ok = phone.accept(call);

    phone.end(call);
    phone.assert_ended(call, Cause::Local);
    assert_eq!(phone.sent(), []);
    phone.hear(&ack_of(&invite, &ok));

    assert_eq!(phone.sent_one().method(), "BYE");
}

#[test]
fn hanging_up_without_an_ack_sends_the_bye_after_32_s() {
    let mut phone = phone();
    let call = phone.ring(&incoming_invite("in-1"));
    phone.accept(call);
    phone.end(call);

    phone.pass_seconds(31);
    assert!(phone.sent().iter().all(|it| it.status() == 200));
    phone.pass_seconds(1);

    assert_eq!(phone.sent().pop().unwrap().method(), "BYE");
    phone.assert_ended(call, Cause::Local);
}

#[test]
fn a_caller_who_hangs_up_before_its_ack_ends_the_call() {
    let mut phone = phone();
    let invite = incoming_invite("in-1");
    let call = phone.ring(&invite);
    let ok = phone.accept(call);

    phone.hear(&in_dialog(&invite, &ok, "BYE", 11));

    assert_eq!(phone.sent_one().status(), 200);
    phone.assert_ended(call, Cause::Remote);
    phone.pass_seconds(33);
    assert_eq!(phone.sent(), []);
}

#[test]
fn a_second_call_is_told_busy_and_the_first_goes_on() {
    let mut phone = phone();
    let (call, invite, ok) = phone.established_incoming();

    let second = incoming_invite("in-2").replacing("From", "<sip:700203@sip.example>;tag=other");
    phone.hear(&second.with("P-Asserted-Identity", "<sip:+4930@sip.example>"));

    assert_eq!(phone.sent_one().status(), 486);
    let events = phone.events();
    assert!(
        matches!(&events[..], [Event::TurnedAway { from, asserted: Some(asserted) }]
            if from.user == "700203" && asserted.user == "+4930"),
        "{events:?}"
    );
    phone.hear(&in_dialog(&invite, &ok, "BYE", 11));
    phone.assert_ended(call, Cause::Remote);
}

#[test]
fn an_invite_that_requires_what_we_lack_is_told_what() {
    let mut phone = phone();

    phone.hear(&incoming_invite("in-1").with("Require", "100rel, outbound, frobnicate"));

    let refusal = phone.sent_one();
    assert_eq!(refusal.status(), 420);
    assert_eq!(refusal.get("Unsupported"), "100rel, frobnicate");
    assert_eq!(phone.events(), []);
}

#[test]
fn an_invite_with_a_foreign_body_is_told_what_is_accepted() {
    let mut phone = phone();

    phone.hear(&incoming_invite("in-1").with_body("multipart/mixed;boundary=x", "--x--"));

    let refusal = phone.sent_one();
    assert_eq!(refusal.status(), 415);
    assert!(refusal.get("Accept").contains("application/sdp"));
}

#[test]
fn an_invite_without_contact_is_refused() {
    let mut phone = phone();

    phone.hear(&incoming_invite("in-1").without("Contact"));

    assert_eq!(phone.sent_one().status(), 400);
    assert_eq!(phone.events(), []);
}

#[test]
fn ringing_is_repeated_every_minute_and_ends_by_itself() {
    let mut phone = phone();
    let call = phone.ring(&incoming_invite("in-1"));

    let (again, passed) = phone.pass_until_sent();
    assert_eq!((again.status(), passed), (180, Duration::from_secs(60)));
    phone.pass_seconds(140);

    assert_eq!(phone.sent().last().unwrap().status(), 480);
    phone.assert_ended(call, Cause::Timeout);
}

#[test]
fn an_invite_that_expires_stops_ringing_then() {
    let mut phone = phone();
    let call = phone.ring(&incoming_invite("in-1").with("Expires", "20"));

    phone.pass_seconds(19);
    assert_eq!(phone.events(), []);
    phone.pass_seconds(1);

    phone.assert_ended(call, Cause::Timeout);
}
