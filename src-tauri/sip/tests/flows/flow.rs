//! A flow that goes and comes.

use sip::{CallHandle, Cause, Event, Offer};

use crate::{
    message::Message,
    phone::{ANSWER, Phone, answer, bound, config, from_far, incoming_invite},
};

fn phone() -> Phone {
    Phone::online(config("700201"))
}

#[test]
fn a_call_outlives_its_flow_and_is_hung_up_over_the_next() {
    let mut phone = phone();
    let (call, _) = running_call(&mut phone);

    phone.close();
    phone.pass_seconds(20);
    assert_eq!(phone.events(), []);
    phone.open();
    phone.end(call);

    assert_eq!(phone.sent_one().method(), "BYE");
    phone.assert_ended(call, Cause::Local);
}

#[test]
fn an_ack_that_the_flow_may_have_taken_with_it_is_sent_again() {
    let mut phone = phone();
    let (_, _, ack) = phone.established_call();

    phone.close();
    phone.pass_seconds(10);
    phone.open();
    assert_eq!(phone.sent_one(), ack);

    // Whoever has waited 64·T1 for it has hung up (RFC 3261 §13.3.1.4).
    phone.close();
    phone.pass_seconds(22);
    phone.open();
    assert_eq!(phone.sent(), []);
}

#[test]
fn a_hang_up_without_a_flow_is_over_at_once_and_told_over_the_next() {
    let mut phone = phone();
    let (call, _) = running_call(&mut phone);
    phone.close();

    phone.end(call);
    phone.assert_ended(call, Cause::Local);
    phone.pass_seconds(20);
    phone.open();

    let bye = phone.sent_one();
    assert_eq!(bye.method(), "BYE");
    phone.hear(&bye.reply(200, ""));
    phone.pass_seconds(33);
    assert_eq!(phone.ua.poll_timeout(), None);
}

#[test]
fn a_hang_up_is_forgotten_when_no_flow_comes_in_32_s() {
    let mut phone = phone();
    let (call, _) = running_call(&mut phone);
    phone.close();
    phone.end(call);

    phone.pass_seconds(33);
    phone.open();

    assert_eq!(phone.sent(), []);
    assert_eq!(phone.ua.poll_timeout(), None);
}

#[test]
fn a_bye_that_the_flow_took_with_it_is_sent_again() {
    let mut phone = phone();
    let (call, _) = running_call(&mut phone);
    phone.end(call);
    let bye = phone.sent_one();

    phone.close();
    phone.open();

    let again = phone.sent_one();
    assert_eq!(again.method(), "BYE");
    assert_ne!(again.branch(), bye.branch());
    phone.assert_ended(call, Cause::Local);
}

#[test]
fn requests_inside_dialogs_wait_for_the_registration() {
    let mut phone = Phone::registered(config("700201"));
    let (call, _) = running_call(&mut phone);
    phone.close();
    phone.end(call);

    phone.open();
    let register = phone.sent_one();
    assert_eq!(register.method(), "REGISTER");
    phone.hear(&bound(&register, 600));

    assert_eq!(phone.sent_one().method(), "BYE");
}

#[test]
fn requests_inside_dialogs_do_not_wait_for_ever() {
    let mut phone = Phone::registered(config("700201"));
    let (call, _) = running_call(&mut phone);
    phone.close();
    phone.end(call);
    phone.open();
    assert_eq!(phone.sent_one().method(), "REGISTER");

    let (bye, passed) = phone.pass_until_sent();

    assert_eq!(bye.method(), "BYE");
    assert!(passed.as_secs() <= 3);
}

#[test]
fn an_unanswered_call_ends_with_its_flow_and_is_cancelled_over_the_next() {
    let mut phone = phone();
    let (call, invite) = phone.call();
    phone.hear(&invite.reply(180, "far"));
    phone.events();

    phone.close();
    phone.assert_ended(call, Cause::FlowLost);
    phone.pass_seconds(3);
    phone.open();

    let cancel = phone.sent_one();
    assert_eq!(cancel.method(), "CANCEL");
    assert_eq!(cancel.branch(), invite.branch());
    phone.hear(&cancel.reply(481, "far"));
    phone.pass_seconds(33);
    assert_eq!(phone.ua.poll_timeout(), None);
    assert_eq!(phone.events(), []);
}

#[test]
fn a_ringing_call_waits_5_s_for_a_new_flow() {
    let mut phone = phone();
    let call = phone.ring(&incoming_invite("in-1"));

    phone.close();
    phone.pass_seconds(4);
    assert_eq!(phone.events(), []);
    phone.pass_seconds(1);

    phone.assert_ended(call, Cause::FlowLost);
    // The caller's side hears of it, should it still wait, and the same call does not ring again.
    phone.open();
    assert_eq!(phone.sent_one().status(), 480);
    phone.hear(
        &incoming_invite("in-1").replacing("Via", "SIP/2.0/WSS edge.example;branch=z9hG4bK-2"),
    );
    assert_eq!(phone.sent_one().status(), 482);
    assert_eq!(phone.events(), []);
}

#[test]
fn a_change_that_the_flow_took_with_it_is_offered_again() {
    let mut phone = phone();
    let (call, _) = running_call(&mut phone);
    let hold = Offer("v=0\r\na=sendonly\r\n".to_owned());
    phone.ua.reoffer(call, hold.clone(), phone.now).unwrap();
    let reinvite = phone.sent_one();

    phone.close();
    assert_eq!(phone.events(), []);
    phone.pass_seconds(10);
    phone.open();

    let again = phone.sent_one();
    assert_eq!(again.body, hold.0);
    assert!(again.cseq() > reinvite.cseq());
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
fn a_change_without_a_flow_is_given_up_in_time() {
    let mut phone = phone();
    let (call, _) = running_call(&mut phone);
    phone.close();
    phone
        .ua
        .reoffer(call, crate::phone::offer(), phone.now)
        .unwrap();

    phone.pass_seconds(64);

    assert_eq!(
        phone.events(),
        [Event::ReofferRefused {
            call,
            cause: Cause::FlowLost
        }]
    );
}

#[test]
fn a_digit_without_a_flow_fails_at_once() {
    let mut phone = phone();
    let (call, _) = running_call(&mut phone);
    phone.close();

    let duration = std::time::Duration::from_millis(100);
    phone.ua.send_dtmf(call, '1', duration, phone.now).unwrap();

    assert_eq!(
        phone.events(),
        [Event::DtmfFailed {
            call,
            cause: Cause::FlowLost
        }]
    );
}

#[test]
fn a_message_of_a_flow_that_is_gone_is_ignored() {
    let mut phone = phone();
    let (_, _, ack) = phone.established_call();
    phone.close();

    phone.hear(&from_far(&ack, "BYE", 1));

    assert_eq!(phone.events(), []);
}

#[test]
fn nothing_of_an_old_flow_is_sent_on_a_new_one() {
    let mut phone = Phone::online(config("700201"));
    phone.ua.probe(phone.now);

    phone.close();
    phone.open();

    assert_eq!(phone.sent(), []);
}

/// Calls and is answered, long enough ago that nobody waits for an ACK; returns that ACK.
fn running_call(phone: &mut Phone) -> (CallHandle, Message) {
    let (call, _, ack) = phone.established_call();
    phone.pass_seconds(33);
    (call, ack)
}
