//! Changes of an established session from both sides.

use std::time::Duration;

use sip::{Answer, Cause, Event, Offer};

use crate::phone::{
    ANSWER, OFFER, Phone, accepted, answer, config, from_far, in_dialog, offer, routed,
};

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
