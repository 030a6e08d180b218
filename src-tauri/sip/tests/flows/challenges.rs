//! Whose challenges to requests of ours are answered, and whose are not.

use std::time::Duration;

use sip::{CallHandle, Cause, DialogHandle, Event};

use crate::{
    message::Message,
    phone::{
        ANSWER, OFFER, Phone, accepted, answer, challenged, challenged_by, config, routed, stale,
    },
};

fn phone() -> Phone {
    Phone::online(config("700201"))
}

#[test]
fn a_challenge_is_acknowledged_and_answered_once() {
    let mut phone = phone();
    let (call, invite) = phone.call();

    phone.hear(&challenged(&invite, 407, "p1"));

    let sent = phone.sent();
    assert_eq!([sent[0].method(), sent[1].method()], ["ACK", "INVITE"]);
    let again = &sent[1];
    assert_eq!(again.cseq(), invite.cseq() + 1);
    assert_eq!(again.get("Call-ID"), invite.get("Call-ID"));
    assert_eq!(again.get("From"), invite.get("From"));
    assert_eq!(again.tag("To"), "");
    assert!(again.get("Proxy-Authorization").contains("nonce=\"p1\""));
    assert_eq!(again.body, OFFER);
    phone.hear(&challenged(again, 407, "p2"));
    assert_eq!(phone.sent_one().method(), "ACK");
    assert!(matches!(
        phone.events()[..],
        [Event::Ended { call: ended, cause: Cause::Refused { status: 407, .. } }] if ended == call
    ));
}

#[test]
fn the_acks_of_every_fork_carry_the_credentials_of_the_invite() {
    let mut phone = phone();
    let (_, invite) = phone.call();
    phone.hear(&challenged(&invite, 401, "p1"));
    let invite = phone.sent().pop().unwrap();
    phone.hear(&challenged(&invite, 407, "p2"));
    let invite = phone.sent().pop().unwrap();

    phone.hear(&accepted(&invite, "one"));
    phone.hear(&accepted(&invite, "two"));
    phone.hear(&accepted(&invite, "one"));

    // RFC 3261 §22.1: the same values, so nothing is counted or computed anew.
    let sent = phone.sent();
    let seen: Vec<_> = sent.iter().map(|it| (it.method(), it.tag("To"))).collect();
    assert_eq!(
        seen,
        [
            ("ACK", "one"),
            ("ACK", "two"),
            ("BYE", "two"),
            ("ACK", "one")
        ]
    );
    for ack in sent.iter().filter(|it| it.method() == "ACK") {
        for name in ["Authorization", "Proxy-Authorization"] {
            assert_eq!(ack.all(name), [invite.get(name)]);
        }
    }
    // Nobody has asked for those of the BYE.
    assert_eq!(sent[2].find("Proxy-Authorization"), None);
    assert!(!format!("{:?}", phone.ua).contains("response="));
}

#[test]
fn early_media_before_a_challenge_is_not_that_of_the_call_after_it() {
    let mut phone = phone();
    let (call, invite) = phone.call();
    phone.hear(&routed(invite.reply(183, "far")).with_sdp(ANSWER));
    phone.events();

    phone.hear(&challenged(&invite, 407, "p1"));
    let again = phone.sent().pop().unwrap();
    phone.hear(&accepted(&again, "far"));

    // RFC 3261 §12.3: the final response ended the early dialog.
    assert_eq!(
        phone.events(),
        [Event::Accepted {
            call,
            dialog: DialogHandle(1),
            answer: Some(answer())
        }]
    );
}

#[test]
fn ringing_without_a_tag_is_told_of_the_dialog_to_come() {
    let mut phone = phone();
    let (call, invite) = phone.call();
    phone.hear(&routed(invite.reply(180, "far")));
    phone.hear(&challenged(&invite, 407, "p1"));
    let again = phone.sent().pop().unwrap();
    phone.events();

    phone.hear(&again.reply(180, ""));
    phone.hear(&accepted(&again, "far"));

    let dialog = DialogHandle(1);
    assert_eq!(
        phone.events(),
        [
            Event::Progress {
                call,
                dialog,
                status: 180,
                answer: None
            },
            Event::Accepted {
                call,
                dialog,
                answer: Some(answer())
            },
        ]
    );
}

#[test]
fn an_asterisk_401_is_answered_too() {
    let mut phone = phone();
    let (_, invite) = phone.call();

    phone.hear(&invite.reply(401, "asterisk").with(
        "WWW-Authenticate",
        "Digest realm=\"asterisk\", nonce=\"a1\", opaque=\"o\", qop=\"auth\", algorithm=SHA-256",
    ));

    let again = phone.sent().pop().unwrap();
    assert!(again.get("Authorization").contains("opaque=\"o\""));
}

#[test]
fn a_challenge_to_a_reinvite_and_to_bye_is_answered_in_a_call_we_placed() {
    let mut phone = Phone::registered(config("700201"));
    let (call, _, _) = phone.established_call();
    let reinvite = phone.hold(call);

    phone.hear(&challenged(&reinvite, 407, "p1"));
    let sent = phone.sent();
    assert_eq!([sent[0].method(), sent[1].method()], ["ACK", "INVITE"]);
    assert_eq!(sent[1].cseq(), reinvite.cseq() + 1);
    assert!(sent[1].find("Proxy-Authorization").is_some());
    phone.hear(&sent[1].reply(200, "").with_sdp(ANSWER));
    let ack = phone.sent_one();
    // RFC 3261 §13.2.2.4
    assert_eq!(
        ack.get("Proxy-Authorization"),
        sent[1].get("Proxy-Authorization")
    );
    phone.end(call);
    let bye = phone.sent_one();
    assert_eq!(bye.cseq(), sent[1].cseq() + 1);
    phone.hear(&challenged(&bye, 407, "p2"));

    let again = phone.sent_one();
    assert_eq!(again.method(), "BYE");
    assert!(again.get("Proxy-Authorization").contains("nonce=\"p2\""));
}

#[test]
fn what_is_sent_again_with_credentials_is_numbered_after_all_that_went_out_meanwhile() {
    let mut phone = Phone::registered(config("700201"));
    let (call, _, _) = phone.established_call();
    let reinvite = phone.hold(call);
    let mut digit = |digit| {
        phone
            .ua
            .send_dtmf(call, digit, Duration::from_millis(100), phone.now)
            .unwrap();
        phone.sent_one()
    };
    let (first, second) = (digit('1'), digit('2'));
    assert_eq!(
        [first.cseq(), second.cseq()],
        [reinvite.cseq() + 1, reinvite.cseq() + 2]
    );

    phone.hear(&challenged(&reinvite, 407, "p1"));
    let again = phone.sent().pop().unwrap();
    assert_eq!(
        (again.method(), again.cseq()),
        ("INVITE", second.cseq() + 1)
    );
    phone.hear(&challenged(&first, 407, "p2"));
    let again = phone.sent_one();
    assert_eq!((again.method(), again.cseq()), ("INFO", second.cseq() + 2));
    phone.end(call);
    let bye = phone.sent_one();
    assert_eq!(bye.cseq(), second.cseq() + 3);
    phone.hear(&challenged(&bye, 407, "p3"));
    assert_eq!(phone.sent_one().cseq(), second.cseq() + 4);
}

#[test]
fn a_caller_gets_no_digest_for_our_bye_whatever_realm_it_names() {
    for realm in ["sip.example", "evil.example"] {
        let mut phone = Phone::registered(config("700201"));
        let (call, _, _) = phone.established_incoming();
        phone.end(call);
        let bye = phone.sent_one();

        phone.hear(&challenged_by(realm, &bye, 407, "p1"));

        assert_eq!(phone.sent(), []);
        phone.assert_ended(call, Cause::Local);
    }
}

#[test]
fn a_foreign_realm_gets_no_digest_once_the_registrar_named_its_own() {
    let mut phone = Phone::registered(config("700201"));
    let (_, invite) = phone.call();

    phone.hear(&challenged_by("evil.example", &invite, 407, "p1"));

    assert_eq!(phone.sent_one().method(), "ACK");
    assert!(phone.events().iter().any(|event| matches!(
        event,
        Event::Ended {
            cause: Cause::Refused { status: 407, .. },
            ..
        }
    )));
}

#[test]
fn a_challenge_to_a_hold_in_an_incoming_call_is_answered_for_the_registrars_realm_alone() {
    for (realm, is_answered) in [("sip.example", true), ("evil.example", false)] {
        let mut phone = Phone::registered(config("700201"));
        let (call, _, _) = phone.established_incoming();
        let reinvite = phone.hold(call);

        phone.hear(&challenged_by(realm, &reinvite, 407, "p1"));

        let sent = phone.sent();
        assert_eq!(sent[0].method(), "ACK");
        assert_eq!(sent.len() == 2, is_answered, "{realm}");
        let is_refused = matches!(phone.events()[..], [Event::ReofferRefused { .. }]);
        assert_eq!(is_refused, !is_answered, "{realm}");
    }
}

#[test]
fn a_caller_gets_no_digest_for_our_hold_once_the_next_hop_has_passed_it_on() {
    let mut phone = Phone::registered(config("700201"));
    let (call, _, _) = phone.established_incoming();
    let reinvite = phone.hold(call);
    phone.hear(&reinvite.reply(100, ""));

    phone.hear(&challenged(&reinvite, 407, "p1"));

    assert_eq!(phone.sent_one().method(), "ACK");
    assert!(matches!(phone.events()[..], [Event::ReofferRefused { .. }]));
}

#[test]
fn a_hold_that_carries_the_next_hops_credentials_answers_no_caller_behind_it() {
    let mut phone = Phone::registered(config("700201"));
    let again = challenged_hold(&mut phone);
    phone.hear(&again.reply(100, ""));

    phone.hear(&stale(challenged(&again, 407, "p2")));

    assert_eq!(phone.sent_one().method(), "ACK");
    assert!(matches!(phone.events()[..], [Event::ReofferRefused { .. }]));
}

#[test]
fn a_server_that_asks_for_a_hold_is_answered_for_the_bye_of_that_call_too() {
    let mut phone = Phone::registered(config("700201"));
    let call = held_after_a_challenge(&mut phone);
    phone.end(call);
    let bye = phone.sent_one();

    phone.hear(&challenged(&bye, 407, "p1"));

    let again = phone.sent_one();
    assert_eq!(again.method(), "BYE");
    assert!(again.find("Proxy-Authorization").is_some());
}

#[test]
fn a_challenge_in_a_call_we_placed_tells_nothing_of_those_that_come_in() {
    let mut phone = Phone::registered(config("700201"));
    let (call, _, _) = phone.established_call();
    let reinvite = phone.hold(call);
    phone.hear(&challenged(&reinvite, 407, "p1"));
    let again = phone.sent().pop().unwrap();
    phone.hear(&again.reply(200, "").with_sdp(ANSWER));
    phone.end(call);
    phone.sent();
    phone.events();

    let (call, _, _) = phone.established_incoming();
    phone.end(call);
    let bye = phone.sent_one();
    phone.hear(&challenged(&bye, 407, "p1"));

    assert_eq!(phone.sent(), []);
}

#[test]
fn a_server_that_lets_a_bye_pass_unasked_does_not_ask_for_the_next() {
    let mut phone = Phone::registered(config("700201"));
    let call = held_after_a_challenge(&mut phone);
    phone.end(call);
    let bye = phone.sent_one();
    phone.hear(&bye.reply(200, ""));
    phone.events();
    phone.pass_seconds(33);

    let (call, _, _) = phone.established_incoming();
    phone.end(call);
    let bye = phone.sent_one();
    phone.hear(&challenged(&bye, 407, "p1"));

    assert_eq!(phone.sent(), []);
}

#[test]
fn without_a_registrars_realm_no_challenge_inside_a_call_is_answered() {
    let mut phone = phone();
    let (call, _, _) = phone.established_call();
    phone.end(call);
    let bye = phone.sent_one();

    phone.hear(&challenged(&bye, 407, "p1"));

    assert_eq!(phone.sent(), []);
}

#[test]
fn an_enormous_nonce_is_not_sent_back() {
    let mut phone = phone();
    let (_, invite) = phone.call();
    let nonce = "n".repeat(10_000);

    phone.hear(&challenged(&invite, 407, &nonce));

    assert_eq!(phone.sent_one().method(), "ACK");
    assert!(matches!(phone.events()[..], [Event::Ended { .. }]));
}

/// Is called and holds, which a server on the way had to be told credentials for.
fn held_after_a_challenge(phone: &mut Phone) -> CallHandle {
    let again = challenged_hold(phone);
    phone.hear(&again.reply(200, "").with_sdp(ANSWER));
    let call = match phone.events()[..] {
        [Event::ReofferAccepted { call, .. }] => call,
        ref other => panic!("{other:?}"),
    };
    phone.sent();
    call
}

/// Is called, holds, is challenged, and returns the re-INVITE with credentials.
fn challenged_hold(phone: &mut Phone) -> Message {
    let (call, _, _) = phone.established_incoming();
    let reinvite = phone.hold(call);
    phone.hear(&challenged(&reinvite, 407, "p1"));
    let again = phone.sent().pop().unwrap();
    assert!(again.find("Proxy-Authorization").is_some());
    again
}
