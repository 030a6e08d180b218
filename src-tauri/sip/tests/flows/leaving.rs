//! The binding is removed (RFC 3261 §10.2.2).

use sip::Event;

use crate::phone::{Phone, bound, challenged, config};

#[test]
fn leaving_removes_the_binding() {
    let mut phone = Phone::registered(config("700201"));

    phone.ua.unregister(phone.now);

    let removal = phone.sent_one();
    assert_eq!(removal.get("Expires"), "0");
    assert!(removal.get("Contact").ends_with(";expires=0"));
    assert_eq!(phone.events(), []);
    phone.hear(&challenged(&removal, 401, "n1"));
    let removal = phone.sent_one();
    assert_eq!(removal.get("Expires"), "0");
    phone.hear(&removal.reply(200, "registrar"));
    assert_eq!(phone.events(), [Event::Unregistered]);
    assert_eq!(phone.ua.poll_timeout(), None);
}

#[test]
fn leaving_without_a_flow_is_done_at_once() {
    let mut phone = Phone::registered(config("700201"));
    phone.close();

    phone.ua.unregister(phone.now);

    assert_eq!(phone.events(), [Event::Unregistered]);
    phone.open();
    assert_eq!(phone.sent(), []);
}

#[test]
fn leaving_does_not_wait_long_for_a_silent_registrar() {
    let mut phone = Phone::registered(config("700201"));

    phone.ua.unregister(phone.now);
    phone.pass_seconds(4);

    assert_eq!(phone.events(), [Event::Unregistered]);
}

#[test]
fn leaving_while_registering_waits_for_the_answer() {
    let (mut phone, register) = Phone::registering(config("700201"));

    phone.ua.unregister(phone.now);
    assert_eq!(phone.sent(), []);
    phone.hear(&bound(&register, 600));

    let removal = phone.sent_one();
    assert_eq!(removal.get("Expires"), "0");
    phone.hear(&removal.reply(200, "registrar"));
    assert_eq!(phone.events().last(), Some(&Event::Unregistered));
}

#[test]
fn registering_again_while_leaving_ends_registered() {
    let mut phone = Phone::registered(config("700201"));
    phone.ua.unregister(phone.now);
    let removal = phone.sent_one();

    phone.ua.register(phone.now);
    phone.hear(&removal.reply(200, "registrar"));

    let register = phone.sent_one();
    assert_eq!(register.get("Expires"), "600");
    phone.hear(&bound(&register, 600));
    assert!(matches!(
        phone.events()[..],
        [Event::Unregistered, Event::Registered { .. }]
    ));
}
