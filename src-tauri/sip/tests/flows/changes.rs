//! Changes of an established session from both sides.

use std::time::Duration;

use sip::{Answer, Cause, Event};

use crate::phone::{
    ANSWER, HOLD, OFFER, Phone, accepted, answer, config, from_far, hold, in_dialog, offer, routed,
};

fn phone() -> Phone {
    Phone::online(config("700201"))
}

#[test]
fn we_hold_and_the_peer_accepts() {
    let mut phone = phone();
    let (call, invite, ack) = phone.established_call();

    let reinvite = phone.hold(call);
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
    let reinvite = phone.hold(call);

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
    let ok = phone.accept_reoffer(call);
    assert_eq!((ok.status(), ok.body.as_str()), (200, ANSWER));
    phone.hear(&from_far(&ack, "ACK", 1));
    assert_eq!(phone.events(), []);
    assert_eq!(phone.sent(), []);
    phone.end(call);
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
    phone.end(call);
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
fn an_ack_without_the_answer_to_our_offer_in_a_call_leaves_it_as_it_was() {
    let mut phone = phone();
    let (call, _, ack) = phone.established_call();
    phone.hear(&from_far(&ack, "INVITE", 1));
    phone.ua.offer_in_answer(call, offer(), phone.now).unwrap();
    phone.sent();
    phone.events();

    phone.hear(&from_far(&ack, "ACK", 1));

    assert_eq!(phone.sent(), []);
    assert!(matches!(
        phone.events()[..],
        [Event::ReofferRefused {
            cause: Cause::Protocol(_),
            ..
        }]
    ));
    assert_eq!(phone.hold(call).method(), "INVITE");
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
    let ok = phone.accept_reoffer(call);
    assert_eq!(
        (ok.status(), ok.cseq_method(), ok.body.as_str()),
        (200, "UPDATE", ANSWER)
    );

    phone.hear(&from_far(&ack, "UPDATE", 2).with("Contact", "<sip:moved@192.0.2.10>"));
    let ok = phone.sent_one();
    assert_eq!((ok.status(), ok.body.as_str()), (200, ""));
    assert_eq!(phone.events(), []);
    phone.end(call);
    assert_eq!(phone.sent_one().request_uri(), "sip:moved@192.0.2.10");
}

#[test]
fn a_reinvite_that_finds_no_call_ends_it() {
    let mut phone = phone();
    let (call, _, _) = phone.established_call();
    let reinvite = phone.hold(call);

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
    phone.hold(call);

    let (bye, _) = phone.pass_until_sent();

    assert_eq!(bye.method(), "BYE");
    phone.assert_ended(call, Cause::Timeout);
}

#[test]
fn a_reinvite_stuck_in_provisional_responses_is_cancelled_and_the_call_goes_on() {
    let mut phone = phone();
    let (call, _, _) = phone.established_call();
    let reinvite = phone.hold(call);
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
    phone.end(call);
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
fn the_refusal_of_a_hold_that_was_open_when_the_call_ended_is_acknowledged() {
    for peer_hangs_up in [true, false] {
        let mut phone = phone();
        let (call, _, ack) = phone.established_call();
        phone.pass_seconds(33);
        let reinvite = phone.hold(call);
        phone.hear(&reinvite.reply(100, ""));
        if peer_hangs_up {
            phone.hear(&from_far(&ack, "BYE", 1));
            assert_eq!(phone.sent_one().status(), 200);
        } else {
            phone.end(call);
            let bye = phone.sent_one();
            phone.hear(&bye.reply(200, ""));
        }
        phone.events();

        phone.hear(&reinvite.reply(487, ""));

        assert_eq!(phone.sent_one().method(), "ACK");
        assert_eq!(phone.events(), []);
        assert_eq!(phone.ua.poll_timeout(), None);
    }
}

#[test]
fn a_hold_that_is_open_when_the_call_ends_is_not_waited_for_without_end() {
    let mut phone = phone();
    let (call, _, ack) = phone.established_call();
    let reinvite = phone.hold(call);
    phone.hear(&reinvite.reply(100, ""));
    phone.hear(&from_far(&ack, "BYE", 1));
    phone.assert_ended(call, Cause::Remote);

    phone.pass_seconds(33);

    assert_eq!(phone.ua.poll_timeout(), None);
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
fn a_bye_is_over_here_whatever_the_peer_says() {
    for status in [200, 481, 500, 503] {
        let mut phone = phone();
        let (call, invite, _) = phone.established_call();
        phone.end(call);
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
