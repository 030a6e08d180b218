//! Digits by INFO.

use std::time::Duration;

use sip::{Cause, Event};

use crate::phone::{Phone, config, from_far};

fn phone() -> Phone {
    Phone::online(config("700201"))
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
fn a_digit_that_finds_no_call_ends_it_and_one_without_an_answer_does_not() {
    let mut phone = phone();
    let (call, _, _) = phone.established_call();
    let digit = |phone: &mut Phone| {
        let duration = Duration::from_millis(100);
        phone.ua.send_dtmf(call, '1', duration, phone.now).unwrap();
        phone.sent_one()
    };

    digit(&mut phone);
    phone.pass_seconds(32);
    assert_eq!(
        phone.events(),
        [Event::DtmfFailed {
            call,
            cause: Cause::Timeout
        }]
    );

    let info = digit(&mut phone);
    phone.hear(&info.reply(481, ""));
    assert!(matches!(
        phone.events()[..],
        [Event::Ended { call: ended, cause: Cause::Refused { status: 481, .. } }] if ended == call
    ));
    assert_eq!(phone.sent(), []);
    assert_eq!(phone.ua.poll_timeout(), None);
}
