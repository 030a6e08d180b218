//! Changes of an established session from both sides.

use std::time::Duration;

use sip::{Answer, Cause, Event, Offer};

use crate::message::Message;
use crate::phone::{
    ANSWER, OFFER, Phone, accepted, answer, config, from_far, in_dialog, offer, routed,
};

const CHALLENGE: &str = "Digest realm=\"sip.example\", nonce=\"p1\", qop=\"auth\", algorithm=MD5";
const HOLD: &str = "v=0\r\na=sendonly\r\n";

fn phone() -> Phone {
    Phone::online(config("700201"))
}

fn hold() -> Offer {
    Offer(HOLD.to_owned())
}

#[test]
fn we_hold_and_the_peer_accepts() {
    let mut phone = phone();
    let (call, invite, ack) = phone.established_call();

    phone.ua.reoffer(call, hold(), phone.now).unwrap();

    let reinvite = phone.sent_one();
    assert_eq!(reinvite.start, "INVITE sip:far@192.0.2.9:5062 SIP/2.0");
    assert_eq!(reinvite.cseq(), invite.cseq() + 1);
    assert_eq!(reinvite.get("To"), ack.get("To"));
    assert_eq!(reinvite.all("Route"), ack.all("Route"));
    assert_eq!(reinvite.get("Contact"), invite.get("Contact"));
    assert_eq!(reinvite.body, HOLD);
    phone.hear(
        &reinvite
            .reply(200, "")
            .with("Contact", "<sip:moved@192.0.2.10>")
            .with_sdp(ANSWER),
    );
    let reack = phone.sent_one();
    // RFC 3261 §12.2.1.2: the target follows the peer.
    assert_eq!(reack.start, "ACK sip:moved@192.0.2.10 SIP/2.0");
    assert_eq!(reack.cseq(), reinvite.cseq());
    assert_eq!(
        phone.events(),
        [Event::ReofferAccepted {
            call,
            answer: answer()
        }]
    );
}

#[test]
fn a_refused_hold_leaves_the_call_as_it_was() {
    let mut phone = phone();
    let (call, _, ack) = phone.established_call();
    phone.ua.reoffer(call, hold(), phone.now).unwrap();
    let reinvite = phone.sent_one();

    phone.hear(&reinvite.reply(488, ""));

    assert_eq!(phone.sent_one().method(), "ACK");
    assert_eq!(
        phone.events(),
        [Event::ReofferRefused {
            call,
            cause: Cause::Refused {
                status: 488,
                reason: "Not Acceptable Here".to_owned()
            }
        }]
    );
    phone.hear(&from_far(&ack, "BYE", 1));
    phone.assert_ended(call, Cause::Remote);
}

#[test]
fn the_peer_holds_and_we_accept() {
    let mut phone = phone();
    let (call, _, ack) = phone.established_call();
    let reinvite = from_far(&ack, "INVITE", 1)
        .with("Contact", "<sip:moved@192.0.2.10>")
        .with_sdp(HOLD);

    phone.hear(&reinvite);
    assert_eq!(
        phone.events(),
        [Event::Reoffered {
            call,
            offer: hold()
        }]
    );
    assert_eq!(phone.sent(), []);
    phone.ua.accept_reoffer(call, answer(), phone.now).unwrap();

    let ok = phone.sent_one();
    assert_eq!((ok.status(), ok.body.as_str()), (200, ANSWER));
    phone.hear(&from_far(&ack, "ACK", 1));
    assert_eq!(phone.events(), []);
    assert_eq!(phone.sent(), []);
    phone.ua.end(call, 480, phone.now).unwrap();
    assert_eq!(phone.sent_one().request_uri(), "sip:moved@192.0.2.10");
}

#[test]
fn the_peer_of_an_incoming_call_holds_and_we_refuse() {
    let mut phone = phone();
    let (call, invite, ok) = phone.established_incoming();
    let reinvite = in_dialog(&invite, &ok, "INVITE", 11)
        .with("Contact", "<sip:asterisk@vm:5060>")
        .with_sdp(HOLD);
    phone.hear(&reinvite);
    phone.events();

    phone.ua.refuse_reoffer(call, 488, phone.now).unwrap();

    assert_eq!(phone.sent_one().status(), 488);
    assert!(phone.ua.accept_reoffer(call, answer(), phone.now).is_err());
    phone.ua.end(call, 480, phone.now).unwrap();
    phone.assert_ended(call, Cause::Local);
}

#[test]
fn a_reoffer_that_nobody_answers_here_is_refused_in_time() {
    let mut phone = phone();
    let (_, _, ack) = phone.established_call();
    phone.hear(&from_far(&ack, "INVITE", 1).with_sdp(HOLD));

    let (refusal, passed) = phone.pass_until_sent();

    assert_eq!(refusal.status(), 488);
    assert!(passed < Duration::from_secs(32));
}

#[test]
fn a_reinvite_without_an_offer_gets_ours() {
    let mut phone = phone();
    let (call, _, ack) = phone.established_call();

    phone.hear(&from_far(&ack, "INVITE", 1));
    assert_eq!(phone.events(), [Event::OfferWanted { call }]);
    phone.ua.offer_in_answer(call, offer(), phone.now).unwrap();

    assert_eq!(phone.sent_one().body, OFFER);
    phone.hear(&from_far(&ack, "ACK", 1).with_sdp(ANSWER));
    assert_eq!(
        phone.events(),
        [Event::ReofferAccepted {
            call,
            answer: Answer(ANSWER.to_owned())
        }]
    );
}

#[test]
fn an_update_with_an_offer_is_answered_and_one_without_refreshes_the_target() {
    let mut phone = phone();
    let (call, _, ack) = phone.established_call();

    phone.hear(&from_far(&ack, "UPDATE", 1).with_sdp(HOLD));
    assert_eq!(
        phone.events(),
        [Event::Reoffered {
            call,
            offer: hold()
        }]
    );
    phone.ua.accept_reoffer(call, answer(), phone.now).unwrap();
    let ok = phone.sent_one();
    assert_eq!(
        (ok.status(), ok.cseq_method(), ok.body.as_str()),
        (200, "UPDATE", ANSWER)
    );

    phone.hear(&from_far(&ack, "UPDATE", 2).with("Contact", "<sip:moved@192.0.2.10>"));
    let ok = phone.sent_one();
    assert_eq!((ok.status(), ok.body.as_str()), (200, ""));
    assert_eq!(phone.events(), []);
    phone.ua.end(call, 480, phone.now).unwrap();
    assert_eq!(phone.sent_one().request_uri(), "sip:moved@192.0.2.10");
}

#[test]
fn glare_is_told_491_and_our_own_offer_is_repeated_later() {
    let mut phone = phone();
    let (call, _, ack) = phone.established_call();
    phone.ua.reoffer(call, hold(), phone.now).unwrap();
    let ours = phone.sent_one();

    phone.hear(&from_far(&ack, "INVITE", 1).with_sdp(HOLD));
    assert_eq!(phone.sent_one().status(), 491);
    phone.hear(&ours.reply(491, ""));
    assert_eq!(phone.sent_one().method(), "ACK");
    assert_eq!(phone.events(), []);

    let (again, passed) = phone.pass_until_sent();
    assert_eq!(again.method(), "INVITE");
    assert_eq!(again.body, HOLD);
    assert_eq!(again.cseq(), ours.cseq() + 1);
    // RFC 3261 §14.1: the call is ours, so is its Call-ID.
    assert!((2100..=4000).contains(&passed.as_millis()), "{passed:?}");
    phone.hear(&again.reply(200, "").with_sdp(ANSWER));
    assert_eq!(
        phone.events(),
        [Event::ReofferAccepted {
            call,
            answer: answer()
        }]
    );
}

#[test]
fn after_glare_in_an_incoming_call_we_come_back_sooner() {
    let mut phone = phone();
    let (call, _, _) = phone.established_incoming();
    phone.pass_seconds(33);
    phone.ua.reoffer(call, hold(), phone.now).unwrap();
    let ours = phone.sent_one();

    phone.hear(&ours.reply(491, ""));
    phone.sent();

    let (again, passed) = phone.pass_until_sent();
    assert_eq!(again.method(), "INVITE");
    assert!(passed <= Duration::from_secs(2), "{passed:?}");
}

#[test]
fn an_offer_of_ours_waits_while_the_peers_is_open() {
    let mut phone = phone();
    let (call, _, ack) = phone.established_call();
    phone.hear(&from_far(&ack, "INVITE", 1).with_sdp(HOLD));
    phone.events();

    phone.ua.reoffer(call, hold(), phone.now).unwrap();
    assert_eq!(phone.sent(), []);
    phone.ua.accept_reoffer(call, answer(), phone.now).unwrap();
    assert_eq!(phone.sent_one().status(), 200);
    phone.hear(&from_far(&ack, "ACK", 1));

    assert_eq!(phone.sent_one().method(), "INVITE");
}

#[test]
fn glare_without_end_is_given_up() {
    let mut phone = phone();
    let (call, _, _) = phone.established_call();
    phone.ua.reoffer(call, hold(), phone.now).unwrap();
    let mut ours = phone.sent_one();

    let mut tries = 1;
    let events = loop {
        phone.hear(&ours.reply(491, ""));
        phone.sent();
        let events = phone.events();
        if !events.is_empty() {
            break events;
        }
        ours = phone.pass_until_sent().0;
        tries += 1;
        assert!(tries < 20);
    };

    assert!(matches!(
        events[..],
        [Event::ReofferRefused {
            cause: Cause::Refused { status: 491, .. },
            ..
        }]
    ));
    assert!(phone.ua.reoffer(call, hold(), phone.now).is_ok());
}

#[test]
fn a_challenge_to_a_reinvite_and_to_bye_is_answered_in_a_call_we_placed() {
    let mut phone = Phone::registered(config("700201"));
    let (call, _, _) = phone.established_call();
    phone.ua.reoffer(call, hold(), phone.now).unwrap();
    let reinvite = phone.sent_one();

    phone.hear(
        &reinvite
            .reply(407, "")
            .with("Proxy-Authenticate", CHALLENGE),
    );
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
    phone.ua.end(call, 480, phone.now).unwrap();
    let bye = phone.sent_one();
    assert_eq!(bye.cseq(), sent[1].cseq() + 1);
    phone.hear(
        &bye.reply(407, "")
            .with("Proxy-Authenticate", &CHALLENGE.replace("p1", "p2")),
    );

    let again = phone.sent_one();
    assert_eq!(again.method(), "BYE");
    assert!(again.get("Proxy-Authorization").contains("nonce=\"p2\""));
}

#[test]
fn a_caller_gets_no_digest_for_our_bye_whatever_realm_it_names() {
    for realm in ["sip.example", "evil.example"] {
        let mut phone = Phone::registered(config("700201"));
        let (call, _, _) = phone.established_incoming();
        phone.ua.end(call, 480, phone.now).unwrap();
        let bye = phone.sent_one();

        phone.hear(&bye.reply(407, "").with(
            "Proxy-Authenticate",
            &CHALLENGE.replace("sip.example", realm),
        ));

        assert_eq!(phone.sent(), []);
        phone.assert_ended(call, Cause::Local);
    }
}

#[test]
fn a_foreign_realm_gets_no_digest_once_the_registrar_named_its_own() {
    let mut phone = Phone::registered(config("700201"));
    let (_, invite) = phone.call();

    phone.hear(&invite.reply(407, "far").with(
        "Proxy-Authenticate",
        &CHALLENGE.replace("sip.example", "evil.example"),
    ));

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
        phone.ua.reoffer(call, hold(), phone.now).unwrap();
        let reinvite = phone.sent_one();

        phone.hear(&reinvite.reply(407, "").with(
            "Proxy-Authenticate",
            &CHALLENGE.replace("sip.example", realm),
        ));

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
    phone.ua.reoffer(call, hold(), phone.now).unwrap();
    let reinvite = phone.sent_one();
    phone.hear(&reinvite.reply(100, ""));

    phone.hear(
        &reinvite
            .reply(407, "")
            .with("Proxy-Authenticate", CHALLENGE),
    );

    assert_eq!(phone.sent_one().method(), "ACK");
    assert!(matches!(phone.events()[..], [Event::ReofferRefused { .. }]));
}

#[test]
fn a_hold_that_carries_the_next_hops_credentials_answers_no_caller_behind_it() {
    let mut phone = Phone::registered(config("700201"));
    let again = challenged_hold(&mut phone);
    phone.hear(&again.reply(100, ""));

    phone.hear(&again.reply(407, "").with(
        "Proxy-Authenticate",
        &CHALLENGE.replace("p1\"", "p2\", stale=true"),
    ));

    assert_eq!(phone.sent_one().method(), "ACK");
    assert!(matches!(phone.events()[..], [Event::ReofferRefused { .. }]));
}

#[test]
fn a_server_that_asks_for_a_hold_is_answered_for_the_bye_of_that_call_too() {
    let mut phone = Phone::registered(config("700201"));
    let again = challenged_hold(&mut phone);
    phone.hear(&again.reply(200, "").with_sdp(ANSWER));
    let call = match phone.events()[..] {
        [Event::ReofferAccepted { call, .. }] => call,
        ref other => panic!("{other:?}"),
    };
    phone.sent();
    phone.ua.end(call, 480, phone.now).unwrap();
    let bye = phone.sent_one();

    phone.hear(&bye.reply(407, "").with("Proxy-Authenticate", CHALLENGE));

    let again = phone.sent_one();
    assert_eq!(again.method(), "BYE");
    assert!(again.find("Proxy-Authorization").is_some());
}

#[test]
fn a_challenge_in_a_call_we_placed_tells_nothing_of_those_that_come_in() {
    let mut phone = Phone::registered(config("700201"));
    let (call, _, _) = phone.established_call();
    phone.ua.reoffer(call, hold(), phone.now).unwrap();
    let reinvite = phone.sent_one();
    phone.hear(
        &reinvite
            .reply(407, "")
            .with("Proxy-Authenticate", CHALLENGE),
    );
    let again = phone.sent().pop().unwrap();
    phone.hear(&again.reply(200, "").with_sdp(ANSWER));
    phone.ua.end(call, 480, phone.now).unwrap();
    phone.sent();
    phone.events();

    let (call, _, _) = phone.established_incoming();
    phone.ua.end(call, 480, phone.now).unwrap();
    let bye = phone.sent_one();
    phone.hear(&bye.reply(407, "").with("Proxy-Authenticate", CHALLENGE));

    assert_eq!(phone.sent(), []);
}

#[test]
fn a_server_that_lets_a_bye_pass_unasked_does_not_ask_for_the_next() {
    let mut phone = Phone::registered(config("700201"));
    let again = challenged_hold(&mut phone);
    phone.hear(&again.reply(200, "").with_sdp(ANSWER));
    let call = match phone.events()[..] {
        [Event::ReofferAccepted { call, .. }] => call,
        ref other => panic!("{other:?}"),
    };
    phone.sent();
    phone.ua.end(call, 480, phone.now).unwrap();
    let bye = phone.sent_one();
    phone.hear(&bye.reply(200, ""));
    phone.events();
    phone.pass_seconds(33);

    let (call, _, _) = phone.established_incoming();
    phone.ua.end(call, 480, phone.now).unwrap();
    let bye = phone.sent_one();
    phone.hear(&bye.reply(407, "").with("Proxy-Authenticate", CHALLENGE));

    assert_eq!(phone.sent(), []);
}

#[test]
fn without_a_registrars_realm_no_challenge_inside_a_call_is_answered() {
    let mut phone = phone();
    let (call, _, _) = phone.established_call();
    phone.ua.end(call, 480, phone.now).unwrap();
    let bye = phone.sent_one();

    phone.hear(&bye.reply(407, "").with("Proxy-Authenticate", CHALLENGE));

    assert_eq!(phone.sent(), []);
}

#[test]
fn an_enormous_nonce_is_not_sent_back() {
    let mut phone = phone();
    let (_, invite) = phone.call();
    let nonce = "n".repeat(10_000);

    phone.hear(
        &invite
            .reply(407, "far")
            .with("Proxy-Authenticate", &CHALLENGE.replace("p1", &nonce)),
    );

    assert_eq!(phone.sent_one().method(), "ACK");
    assert!(matches!(phone.events()[..], [Event::Ended { .. }]));
}

#[test]
fn a_reinvite_that_finds_no_call_ends_it() {
    let mut phone = phone();
    let (call, _, _) = phone.established_call();
    phone.ua.reoffer(call, hold(), phone.now).unwrap();
    let reinvite = phone.sent_one();

    phone.hear(&reinvite.reply(481, ""));

    assert!(matches!(
        phone.events()[..],
        [Event::Ended { call: ended, cause: Cause::Refused { status: 481, .. } }] if ended == call
    ));
}

#[test]
fn a_reinvite_without_any_answer_hangs_up() {
    let mut phone = phone();
    let (call, _, _) = phone.established_call();
    phone.pass_seconds(40);
    phone.ua.reoffer(call, hold(), phone.now).unwrap();
    phone.sent();

    let (bye, _) = phone.pass_until_sent();

    assert_eq!(bye.method(), "BYE");
    phone.assert_ended(call, Cause::Timeout);
}

#[test]
fn a_reinvite_stuck_in_provisional_responses_is_cancelled_and_the_call_goes_on() {
    let mut phone = phone();
    let (call, _, _) = phone.established_call();
    phone.ua.reoffer(call, hold(), phone.now).unwrap();
    let reinvite = phone.sent_one();
    phone.hear(&reinvite.reply(100, ""));

    let (cancel, _) = phone.pass_until_sent();

    assert_eq!(cancel.method(), "CANCEL");
    assert_eq!(
        phone.events(),
        [Event::ReofferRefused {
            call,
            cause: Cause::Timeout
        }]
    );
    // A 2xx that crosses the CANCEL is acknowledged, so that the peer keeps the call.
    phone.hear(&routed(reinvite.reply(200, "")).with_sdp(ANSWER));
    assert_eq!(phone.sent_one().method(), "ACK");
    phone.ua.end(call, 480, phone.now).unwrap();
}

#[test]
fn a_bye_with_an_open_reinvite_answers_both() {
    let mut phone = phone();
    let (call, _, ack) = phone.established_call();
    phone.hear(&from_far(&ack, "INVITE", 1).with_sdp(HOLD));
    phone.events();

    phone.hear(&from_far(&ack, "BYE", 2));

    let statuses: Vec<_> = phone
        .sent()
        .iter()
        .map(|it| (it.status(), it.cseq()))
        .collect();
    assert_eq!(statuses, [(200, 2), (487, 1)]);
    phone.assert_ended(call, Cause::Remote);
}

#[test]
fn a_lower_cseq_or_a_wrong_tag_changes_nothing() {
    let mut phone = phone();
    let (call, invite, ok) = phone.established_incoming();

    phone.hear(&in_dialog(&invite, &ok, "BYE", 9));
    assert_eq!(phone.sent_one().status(), 500);
    let spoofed = in_dialog(&invite, &ok, "BYE", 12)
        .replacing("From", "<sip:700202@sip.example>;tag=spoofed");
    phone.hear(&spoofed);
    assert_eq!(phone.sent_one().status(), 481);
    assert_eq!(phone.events(), []);

    phone.hear(&in_dialog(&invite, &ok, "BYE", 13));
    phone.assert_ended(call, Cause::Remote);
}

#[test]
fn a_digit_comes_and_goes_by_info() {
    let mut phone = phone();
    let (call, _, ack) = phone.established_call();

    phone.hear(
        &from_far(&ack, "INFO", 1)
            .with_body("application/dtmf-relay", "Signal= 5\r\nDuration=160\r\n"),
    );
    phone.hear(&from_far(&ack, "INFO", 2).with_body("application/dtmf", "#"));
    assert_eq!(
        phone.events(),
        [
            Event::Dtmf { call, digit: '5' },
            Event::Dtmf { call, digit: '#' }
        ]
    );
    assert!(phone.sent().iter().all(|response| response.status() == 200));
    phone.hear(&from_far(&ack, "INFO", 3).with_body("text/plain", "hello"));
    assert_eq!(phone.sent_one().status(), 415);
    phone.hear(&from_far(&ack, "INFO", 4));
    assert_eq!(phone.sent_one().status(), 200);
    assert_eq!(phone.events(), []);

    assert!(
        phone
            .ua
            .send_dtmf(call, '\r', Duration::from_millis(100), phone.now)
            .is_err()
    );
    phone
        .ua
        .send_dtmf(call, 'a', Duration::from_millis(160), phone.now)
        .unwrap();
    let info = phone.sent_one();
    assert_eq!(info.get("Content-Type"), "application/dtmf-relay");
    assert_eq!(info.body, "Signal=A\r\nDuration=160\r\n");
    phone.hear(&info.reply(415, ""));
    assert!(matches!(
        phone.events()[..],
        [Event::DtmfFailed {
            cause: Cause::Refused { status: 415, .. },
            ..
        }]
    ));
}

#[test]
fn a_bye_is_over_here_whatever_the_peer_says() {
    for status in [200, 481, 500, 503] {
        let mut phone = phone();
        let (call, invite, _) = phone.established_call();
        phone.ua.end(call, 480, phone.now).unwrap();
        phone.assert_ended(call, Cause::Local);
        let bye = phone.sent_one();

        phone.hear(&bye.reply(status, ""));

        assert_eq!(phone.events(), []);
        // A late repetition of the 200 is still acknowledged.
        phone.hear(&accepted(&invite, "far"));
        assert_eq!(phone.sent_one().method(), "ACK");
        phone.pass_seconds(33);
        assert_eq!(phone.ua.poll_timeout(), None);
    }
}

/// Is called, holds, is challenged, and returns the re-INVITE with credentials.
fn challenged_hold(phone: &mut Phone) -> Message {
    let (call, _, _) = phone.established_incoming();
    phone.ua.reoffer(call, hold(), phone.now).unwrap();
    let reinvite = phone.sent_one();
    phone.hear(
        &reinvite
            .reply(407, "")
            .with("Proxy-Authenticate", CHALLENGE),
    );
    let again = phone.sent().pop().unwrap();
    assert!(again.find("Proxy-Authorization").is_some());
    again
}
