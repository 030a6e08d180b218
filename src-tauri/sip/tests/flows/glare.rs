//! Both sides change the session at once (RFC 3261 §14).

use std::time::Duration;

use sip::{Cause, Event};

use crate::phone::{ANSWER, HOLD, Phone, answer, config, from_far, hold};

fn phone() -> Phone {
    Phone::online(config("700201"))
}

#[test]
fn glare_is_told_491_and_our_own_offer_is_repeated_later() {
    let mut phone = phone();
    let (call, _, ack) = phone.established_call();
    let ours = phone.hold(call);

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
    let ours = phone.hold(call);

    phone.hear(&ours.reply(491, ""));
    phone.sent();

    let (again, passed) = phone.pass_until_sent();
    assert_eq!(again.method(), "INVITE");
    assert!(passed <= Duration::from_secs(2), "{passed:?}");
}

#[test]
fn after_glare_an_offer_of_the_peer_that_comes_first_withdraws_ours() {
    let mut phone = phone();
    let (call, _, ack) = phone.established_call();
    let ours = phone.hold(call);
    phone.hear(&ours.reply(491, ""));
    phone.sent();

    phone.hear(&from_far(&ack, "INVITE", 1).with_sdp(HOLD));
    assert!(matches!(phone.events()[..], [Event::Reoffered { .. }]));
    assert_eq!(phone.accept_reoffer(call).status(), 200);
    phone.hear(&from_far(&ack, "ACK", 1));
    phone.pass_seconds(10);
    assert_eq!(phone.sent(), []);
    assert_eq!(phone.events(), []);

    phone.ua.reoffer(call, hold(), phone.now).unwrap();
    assert_eq!(phone.sent_one().method(), "INVITE");
}

#[test]
fn an_offer_of_ours_waits_while_the_peers_is_open() {
    let mut phone = phone();
    let (call, _, ack) = phone.established_call();
    phone.hear(&from_far(&ack, "INVITE", 1).with_sdp(HOLD));
    phone.events();

    phone.ua.reoffer(call, hold(), phone.now).unwrap();
    assert_eq!(phone.sent(), []);
    assert_eq!(phone.accept_reoffer(call).status(), 200);
    phone.hear(&from_far(&ack, "ACK", 1));

    assert_eq!(phone.sent_one().method(), "INVITE");
}

#[test]
fn glare_without_end_is_given_up() {
    let mut phone = phone();
    let (call, _, _) = phone.established_call();
    let mut ours = phone.hold(call);

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
