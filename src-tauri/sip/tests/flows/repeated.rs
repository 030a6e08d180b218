//! An INVITE that comes again, by the same way or another (RFC 3261 §8.2.2.2, §17.2).

use sip::{Cause, Event};

use crate::phone::{ANSWER, Phone, ack_of, answer, config, incoming, incoming_invite};

fn phone() -> Phone {
    Phone::online(config("700201"))
}

#[test]
fn a_repeated_invite_rings_once() {
    let mut phone = phone();
    let invite = incoming_invite("in-1");
    phone.hear(&invite);
    let ringing = phone.sent_one();
    phone.events();

    phone.hear(&invite);

    assert_eq!(phone.sent_one(), ringing);
    assert_eq!(phone.events(), []);
}

#[test]
fn the_same_call_by_another_way_is_refused_as_merged() {
    let mut phone = phone();
    let invite = incoming_invite("in-1");
    phone.hear(&invite);
    phone.sent();
    phone.events();

    phone.hear(
        &invite
            .clone()
            .replacing("Via", "SIP/2.0/WSS edge.example;branch=z9hG4bK-other"),
    );

    assert_eq!(phone.sent_one().status(), 482);
    assert_eq!(phone.events(), []);
}

#[test]
fn a_call_id_that_comes_again_with_another_tag_or_number_is_another_call() {
    // RFC 3261 §8.2.2.2: Call-ID, From tag and CSeq all have to be the same.
    for (from, cseq) in [
        ("<sip:700202@sip.example>;tag=second", "10 INVITE"),
        ("<sip:700202@sip.example>;tag=caller", "11 INVITE"),
    ] {
        for is_answered in [false, true] {
            let mut config = config("700201");
            config.max_calls = 2;
            let mut phone = Phone::online(config);
            let invite = incoming_invite("in-1");
            let first = phone.ring(&invite);
            if is_answered {
                let ok = phone.accept(first);
                phone.hear(&ack_of(&invite, &ok));
            }
            phone.sent();
            phone.events();

            phone.hear(
                &invite
                    .clone()
                    .replacing("Via", "SIP/2.0/WSS edge.example;branch=z9hG4bK-second")
                    .replacing("From", from)
                    .replacing("CSeq", cseq),
            );

            assert_eq!(phone.sent_one().status(), 180);
            let second = incoming(&phone.events());
            phone.ua.accept(second, answer(), phone.now).unwrap();
            assert_eq!(phone.sent_one().status(), 200);
            phone.end(first);
            phone.assert_ended(first, Cause::Local);
        }
    }
}

#[test]
fn the_same_call_over_a_new_flow_rings_on_and_is_answered_there() {
    let mut phone = phone();
    let invite = incoming_invite("in-1");
    phone.hear(&invite);
    let call = incoming(&phone.events());
    let ringing = phone.sent_one();
    phone.close();
    phone.pass_seconds(2);
    phone.open();
    phone.sent();

    let again = invite.replacing("Via", "SIP/2.0/WSS edge.example;branch=z9hG4bK-again");
    phone.hear(&again);
    let ringing_again = phone.sent_one();
    assert_eq!(ringing_again.status(), 180);
    assert_eq!(ringing_again.branch(), "z9hG4bK-again");
    assert_eq!(ringing_again.tag("To"), ringing.tag("To"));
    assert_eq!(phone.events(), []);

    let ok = phone.accept(call);
    assert_eq!(ok.branch(), "z9hG4bK-again");
    phone.hear(&ack_of(&again, &ok));
    assert_eq!(phone.events(), [Event::Established { call, answer: None }]);
}

#[test]
fn a_call_answered_without_a_flow_is_answered_again_when_it_comes_again() {
    let mut phone = phone();
    let invite = incoming_invite("in-1");
    let call = phone.ring(&invite);
    phone.close();
    phone.ua.accept(call, answer(), phone.now).unwrap();
    phone.open();
    phone.sent();

    let again = invite.replacing("Via", "SIP/2.0/WSS edge.example;branch=z9hG4bK-again");
    phone.hear(&again);

    let ok = phone.sent_one();
    assert_eq!((ok.status(), ok.branch()), (200, "z9hG4bK-again"));
    assert_eq!(ok.body, ANSWER);
    phone.hear(&ack_of(&again, &ok));
    assert_eq!(phone.events(), [Event::Established { call, answer: None }]);
}
