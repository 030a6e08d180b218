//! Two user agents call each other.

use std::time::Duration;

use sip::{Answer, CallHandle, Cause, DialogHandle, Event, Offer};

use crate::{
    phone::{answer, offer},
    proxy::{Algorithm, Pair},
};

/// Ana calls Ben, who answers; the handles of both.
fn talking() -> (Pair, CallHandle, CallHandle) {
    let mut pair = Pair::registered(Algorithm::Md5);
    let at_ana = pair.ana.invite("700202", offer(), pair.now).unwrap();
    pair.run();
    let at_ben = rung(&pair.heard_by_ben);
    pair.ben.accept(at_ben, answer(), pair.now).unwrap();
    pair.run();
    pair.forget();
    (pair, at_ana, at_ben)
}

fn rung(events: &[Event]) -> CallHandle {
    match events {
        [Event::Incoming { call, .. }] => *call,
        other => panic!("{other:#?}"),
    }
}

fn ended(call: CallHandle, cause: Cause) -> Event {
    Event::Ended { call, cause }
}

#[test]
fn both_register_with_md5_and_leave() {
    let mut pair = Pair::registered(Algorithm::Md5);

    pair.ana.unregister(pair.now);
    pair.run();

    assert_eq!(pair.heard_by_ana, [Event::Unregistered]);
    assert!(!pair.is_bound("700201"));
    assert!(pair.is_bound("700202"));
}

#[test]
fn both_register_with_sha_256() {
    let pair = Pair::registered(Algorithm::Sha256);

    assert!(pair.is_bound("700201"));
}

#[test]
fn a_registration_holds_for_hours() {
    let mut pair = Pair::registered(Algorithm::Sha256);

    pair.pass(Duration::from_secs(4 * 3600));

    let refreshes = pair.heard_by_ana.len();
    assert!((30..=48).contains(&refreshes), "{refreshes}");
    assert!(
        pair.heard_by_ana
            .iter()
            .all(|event| matches!(event, Event::Registered { .. }))
    );
}

#[test]
fn one_calls_the_other_rings_answers_and_hangs_up() {
    let mut pair = Pair::registered(Algorithm::Md5);

    let at_ana = pair.ana.invite("700202", offer(), pair.now).unwrap();
    pair.run();
    let at_ben = rung(&pair.heard_by_ben);
    pair.ben.accept(at_ben, answer(), pair.now).unwrap();
    pair.run();
    pair.ben.end(at_ben, 480, pair.now).unwrap();
    pair.run();

    let dialog = DialogHandle(0);
    assert_eq!(
        pair.heard_by_ana,
        [
            Event::Progress {
                call: at_ana,
                dialog,
                status: 180,
                answer: None
            },
            Event::Accepted {
                call: at_ana,
                dialog,
                answer: Some(answer())
            },
            ended(at_ana, Cause::Remote),
        ]
    );
    assert_eq!(
        pair.heard_by_ben[1..],
        [
            Event::Established {
                call: at_ben,
                answer: None
            },
            ended(at_ben, Cause::Local),
        ]
    );
    assert_eq!(
        pair.passed,
        [
            "INVITE",
            "180 INVITE",
            "200 INVITE",
            "ACK",
            "BYE",
            "200 BYE"
        ]
    );
}

#[test]
fn the_caller_hangs_up() {
    let (mut pair, at_ana, at_ben) = talking();

    pair.ana.end(at_ana, 480, pair.now).unwrap();
    pair.run();

    assert_eq!(pair.heard_by_ana, [ended(at_ana, Cause::Local)]);
    assert_eq!(pair.heard_by_ben, [ended(at_ben, Cause::Remote)]);
}

#[test]
fn both_hang_up_at_once() {
    let (mut pair, at_ana, at_ben) = talking();

    pair.ana.end(at_ana, 480, pair.now).unwrap();
    pair.ben.end(at_ben, 480, pair.now).unwrap();
    pair.run();
    pair.pass(Duration::from_secs(33));

    assert_eq!(pair.heard_by_ana, [ended(at_ana, Cause::Local)]);
    assert_eq!(pair.heard_by_ben, [ended(at_ben, Cause::Local)]);
}

#[test]
fn the_caller_gives_up_while_it_rings() {
    let mut pair = Pair::registered(Algorithm::Md5);
    let at_ana = pair.ana.invite("700202", offer(), pair.now).unwrap();
    pair.run();
    let at_ben = rung(&pair.heard_by_ben);
    pair.forget();

    pair.ana.end(at_ana, 480, pair.now).unwrap();
    pair.run();

    assert_eq!(pair.heard_by_ana, [ended(at_ana, Cause::Local)]);
    assert_eq!(pair.heard_by_ben, [ended(at_ben, Cause::Cancelled)]);
}

#[test]
fn a_cancel_and_an_answer_that_cross_leave_no_call() {
    let mut pair = Pair::registered(Algorithm::Md5);
    let at_ana = pair.ana.invite("700202", offer(), pair.now).unwrap();
    pair.run();
    let at_ben = rung(&pair.heard_by_ben);
    pair.forget();

    pair.ben.accept(at_ben, answer(), pair.now).unwrap();
    pair.ana.end(at_ana, 480, pair.now).unwrap();
    pair.run();

    assert_eq!(pair.heard_by_ana, [ended(at_ana, Cause::Local)]);
    assert_eq!(
        pair.heard_by_ben,
        [
            Event::Established {
                call: at_ben,
                answer: None
            },
            ended(at_ben, Cause::Remote)
        ]
    );
}

#[test]
fn a_declined_call_is_told_to_the_caller() {
    let mut pair = Pair::registered(Algorithm::Md5);
    let at_ana = pair.ana.invite("700202", offer(), pair.now).unwrap();
    pair.run();
    let at_ben = rung(&pair.heard_by_ben);
    pair.forget();

    pair.ben.end(at_ben, 486, pair.now).unwrap();
    pair.run();

    assert!(matches!(
        pair.heard_by_ana[..],
        [Event::Ended { call, cause: Cause::Refused { status: 486, .. } }] if call == at_ana
    ));
    assert_eq!(pair.heard_by_ben, [ended(at_ben, Cause::Local)]);
}

#[test]
fn a_lost_ack_is_sent_again() {
    let mut pair = Pair::registered(Algorithm::Md5);
    pair.lost = vec!["ACK".to_owned(), "ACK".to_owned()];
    pair.ana.invite("700202", offer(), pair.now).unwrap();
    pair.run();
    let at_ben = rung(&pair.heard_by_ben);
    pair.forget();

    pair.ben.accept(at_ben, answer(), pair.now).unwrap();
    pair.pass(Duration::from_secs(5));

    assert_eq!(
        pair.heard_by_ben,
        [Event::Established {
            call: at_ben,
            answer: None
        }]
    );
    assert_eq!(pair.heard_by_ana.len(), 1);
    assert_eq!(
        pair.passed,
        ["200 INVITE", "200 INVITE", "200 INVITE", "ACK"]
    );
}

#[test]
fn a_lost_200_is_sent_again() {
    let mut pair = Pair::registered(Algorithm::Md5);
    pair.lost = vec!["200 INVITE".to_owned()];
    let at_ana = pair.ana.invite("700202", offer(), pair.now).unwrap();
    pair.run();
    let at_ben = rung(&pair.heard_by_ben);
    pair.forget();

    pair.ben.accept(at_ben, answer(), pair.now).unwrap();
    pair.pass(Duration::from_secs(1));

    assert!(matches!(pair.heard_by_ana[..], [Event::Accepted { call, .. }] if call == at_ana));
}

#[test]
fn hold_and_resume_from_both_sides() {
    let (mut pair, at_ana, at_ben) = talking();
    let text = |direction: &str| format!("v=0\r\na={direction}\r\n");

    for direction in ["sendonly", "sendrecv"] {
        pair.forget();
        pair.ana
            .reoffer(at_ana, Offer(text(direction)), pair.now)
            .unwrap();
        pair.run();
        assert_eq!(
            pair.heard_by_ben,
            [Event::Reoffered {
                call: at_ben,
                offer: Offer(text(direction))
            }]
        );
        pair.ben
            .accept_reoffer(at_ben, Answer(text("recvonly")), pair.now)
            .unwrap();
        pair.run();
        assert_eq!(
            pair.heard_by_ana,
            [Event::ReofferAccepted {
                call: at_ana,
                answer: Answer(text("recvonly"))
            }]
        );
    }

    pair.forget();
    pair.ben
        .reoffer(at_ben, Offer(text("inactive")), pair.now)
        .unwrap();
    pair.run();
    pair.ana.refuse_reoffer(at_ana, 488, pair.now).unwrap();
    pair.run();
    assert!(matches!(
        pair.heard_by_ben[..],
        [Event::ReofferRefused {
            cause: Cause::Refused { status: 488, .. },
            ..
        }]
    ));
}

#[test]
fn glare_resolves_itself_and_who_yields_offers_anew() {
    let (mut pair, at_ana, at_ben) = talking();

    pair.ana.reoffer(at_ana, offer(), pair.now).unwrap();
    pair.ben.reoffer(at_ben, offer(), pair.now).unwrap();
    let mut accepted = (false, false);
    for _ in 0..100 {
        pair.pass(Duration::from_millis(100));
        for event in std::mem::take(&mut pair.heard_by_ana) {
            if let Event::Reoffered { call, .. } = event {
                pair.ana.accept_reoffer(call, answer(), pair.now).unwrap();
                if !accepted.0 {
                    pair.ana.reoffer(call, offer(), pair.now).unwrap();
                }
            } else {
                assert!(matches!(event, Event::ReofferAccepted { .. }), "{event:?}");
                accepted.0 = true;
            }
        }
        for event in std::mem::take(&mut pair.heard_by_ben) {
            if let Event::Reoffered { call, .. } = event {
                pair.ben.accept_reoffer(call, answer(), pair.now).unwrap();
                if !accepted.1 {
                    pair.ben.reoffer(call, offer(), pair.now).unwrap();
                }
            } else {
                assert!(matches!(event, Event::ReofferAccepted { .. }), "{event:?}");
                accepted.1 = true;
            }
        }
    }

    assert_eq!(accepted, (true, true));
    assert!(pair.passed.contains(&"491 INVITE".to_owned()));
}

#[test]
fn a_digit_goes_across() {
    let (mut pair, at_ana, at_ben) = talking();

    pair.ana
        .send_dtmf(at_ana, '7', Duration::from_millis(100), pair.now)
        .unwrap();
    pair.run();

    assert_eq!(
        pair.heard_by_ben,
        [Event::Dtmf {
            call: at_ben,
            digit: '7'
        }]
    );
    assert_eq!(pair.heard_by_ana, []);
}

#[test]
fn a_call_survives_a_lost_flow_and_is_hung_up_over_the_new_one() {
    let (mut pair, at_ana, at_ben) = talking();

    pair.ana.handle_flow_closed(pair.now);
    pair.pass(Duration::from_secs(10));
    pair.ana.handle_flow_opened(pair.now);
    pair.run();
    assert!(matches!(pair.heard_by_ana[..], [Event::Registered { .. }]));
    pair.ana.end(at_ana, 480, pair.now).unwrap();
    pair.run();

    assert_eq!(pair.heard_by_ben, [ended(at_ben, Cause::Remote)]);
}

#[test]
fn whoever_calls_a_busy_phone_is_told_so() {
    let (mut pair, at_ana, _) = talking();

    // Ben, who may have one call, is called once more by Ana.
    let second = pair.ana.invite("700202", offer(), pair.now).unwrap();
    pair.run();

    assert!(matches!(
        pair.heard_by_ana[..],
        [Event::Ended { call, cause: Cause::Refused { status: 486, .. } }] if call == second
    ));
    assert!(
        matches!(&pair.heard_by_ben[..], [Event::TurnedAway { from, .. }] if from.user == "700201")
    );
    assert!(pair.ana.end(at_ana, 480, pair.now).is_ok());
}
