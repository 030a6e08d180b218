use std::time::Duration;

use sip::{Cause, Event};

use crate::{
    message::Message,
    phone::{INSTANCE, Phone, bound, challenged, config, stale},
};

fn registering() -> (Phone, Message) {
    Phone::registering(config("700201"))
}

fn parameter<'a>(value: &'a str, name: &str) -> &'a str {
    value
        .split([',', ' '])
        .find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
        .unwrap_or_else(|| panic!("no {name} in {value}"))
        .trim_matches('"')
}

#[test]
fn a_register_speaks_the_dialect_of_jssip() {
    let (_, register) = registering();

    assert_eq!(register.start, "REGISTER sip:sip.example SIP/2.0");
    let via = register.get("Via");
    let host = via
        .strip_prefix("SIP/2.0/WSS ")
        .and_then(|rest| rest.split(';').next())
        .unwrap();
    assert!(host.ends_with(".invalid"), "{via}");
    assert!(register.branch().starts_with("z9hG4bK"));
    assert_eq!(register.get("Max-Forwards"), "69");
    let contact = register.get("Contact");
    assert!(
        contact.ends_with(&format!(
            "@{host};transport=ws>;+sip.instance=\"<urn:uuid:{INSTANCE}>\";reg-id=1;expires=600"
        )),
        "{contact}"
    );
    assert_eq!(register.get("Expires"), "600");
    // RFC 5626 §4.2.1; without `path` Kamailio behind an edge proxy answers 420.
    assert_eq!(register.get("Supported"), "path, outbound, gruu");
    assert_eq!(
        register.get("From").split(";tag=").next(),
        Some("\"Ana\" <sip:700201@sip.example>")
    );
    assert_eq!(register.get("To"), "<sip:700201@sip.example>");
}

#[test]
fn a_challenge_is_answered_and_the_granted_time_is_told() {
    let (mut phone, register) = registering();

    phone.hear(&challenged(&register, 401, "n1"));
    let again = phone.sent_one();
    phone.hear(&bound(&again, 300));

    assert_eq!(again.cseq(), register.cseq() + 1);
    assert_eq!(again.get("Call-ID"), register.get("Call-ID"));
    assert_ne!(again.branch(), register.branch());
    let authorization = again.get("Authorization");
    assert_eq!(parameter(authorization, "nonce"), "n1");
    assert_eq!(parameter(authorization, "username"), "700201");
    assert_eq!(parameter(authorization, "uri"), "sip:sip.example");
    assert_eq!(
        phone.events(),
        [Event::Registered {
            expires_in: Duration::from_secs(300)
        }]
    );
}

#[test]
fn the_stronger_of_two_challenges_is_answered() {
    let (mut phone, register) = registering();

    let weaker = challenged(&register, 401, "n1");
    let stronger = weaker.get("WWW-Authenticate").replace("MD5", "SHA-256");
    phone.hear(&weaker.clone().with("WWW-Authenticate", &stronger));

    let again = phone.sent_one();
    assert_eq!(
        parameter(again.get("Authorization"), "algorithm"),
        "SHA-256"
    );
    assert_eq!(parameter(again.get("Authorization"), "response").len(), 64);
}

#[test]
fn md5_alone_is_refused_where_it_is_not_allowed() {
    let mut config = config("700201");
    config.allow_md5 = false;
    let mut phone = Phone::online(config);
    phone.ua.register(phone.now);
    let register = phone.sent_one();

    phone.hear(&challenged(&register, 401, "n1"));

    assert_eq!(phone.sent(), []);
    assert!(matches!(
        phone.events()[..],
        [Event::RegistrationFailed {
            cause: Cause::Protocol(_),
            retry_in: None
        }]
    ));
}

#[test]
fn a_stale_nonce_gets_one_more_try() {
    let (mut phone, register) = registering();
    phone.hear(&challenged(&register, 401, "n1"));
    let second = phone.sent_one();

    phone.hear(&stale(challenged(&second, 401, "n2")));

    let third = phone.sent_one();
    assert_eq!(parameter(third.get("Authorization"), "nonce"), "n2");
    phone.hear(&bound(&third, 600));
    assert!(matches!(phone.events()[..], [Event::Registered { .. }]));
}

#[test]
fn a_server_that_calls_every_nonce_stale_is_not_hammered() {
    let (mut phone, mut register) = registering();
    for n in 0..10 {
        phone.hear(&stale(challenged(&register, 401, &format!("n{n}"))));
        match phone.sent().pop() {
            Some(next) => register = next,
            None => break,
        }
    }

    let events = phone.events();
    let [
        Event::RegistrationFailed {
            retry_in: Some(retry_in),
            ..
        },
    ] = &events[..]
    else {
        panic!("{events:?}");
    };
    assert!(*retry_in >= Duration::from_secs(30));
    assert!(register.cseq() <= 4);
}

#[test]
fn a_wrong_password_stops_after_the_second_401() {
    let (mut phone, register) = registering();
    phone.hear(&challenged(&register, 401, "n1"));
    let second = phone.sent_one();

    phone.hear(&challenged(&second, 401, "n2"));

    assert!(matches!(
        phone.events()[..],
        [Event::RegistrationFailed {
            cause: Cause::Refused { status: 401, .. },
            retry_in: None
        }]
    ));
    phone.pass_seconds(3600);
    phone.close();
    phone.open();
    assert_eq!(phone.sent(), []);
}

#[test]
fn a_403_stops() {
    let (mut phone, register) = registering();

    phone.hear(&register.reply(403, "registrar"));

    assert!(matches!(
        phone.events()[..],
        [Event::RegistrationFailed {
            cause: Cause::Refused { status: 403, .. },
            retry_in: None
        }]
    ));
    phone.pass_seconds(3600);
    assert_eq!(phone.sent(), []);
}

#[test]
fn a_423_is_obeyed() {
    let (mut phone, register) = registering();

    phone.hear(&register.reply(423, "registrar").with("Min-Expires", "1800"));

    let longer = phone.sent_one();
    assert_eq!(longer.get("Expires"), "1800");
    assert!(longer.get("Contact").ends_with(";expires=1800"));
    phone.hear(&longer.reply(423, "registrar").with("Min-Expires", "7200"));
    assert_eq!(phone.sent(), []);
    assert!(matches!(
        phone.events()[..],
        [Event::RegistrationFailed {
            retry_in: Some(_),
            ..
        }]
    ));
}

#[test]
fn our_own_binding_is_found_among_many() {
    let (mut phone, register) = registering();
    let own = register.get("Contact").split(";expires=").next().unwrap();

    phone.hear(
        &register
            .reply(200, "registrar")
            .with("Contact", "<sip:old@gone.invalid;transport=ws>;expires=20, <sip:700201@192.0.2.7>;expires=30")
            .with("Contact", &format!("{own};expires=599;pub-gruu=\"sip:700201@sip.example;gr=urn:uuid:{INSTANCE}\""))
            .with("Contact", "<sip:other@192.0.2.8>;expires=40;+sip.instance=\"<urn:uuid:00000000-0000-4000-8000-000000000000>\""),
    );

    assert_eq!(
        phone.events(),
        [Event::Registered {
            expires_in: Duration::from_secs(599)
        }]
    );
    // RFC 5627 §4.4: the GRUU is the Contact of dialogs.
    let (_, invite) = phone.call();
    assert_eq!(
        invite.get("Contact"),
        format!("<sip:700201@sip.example;gr=urn:uuid:{INSTANCE}>")
    );
}

#[test]
fn our_own_binding_is_found_where_a_border_element_wrote_its_host_into_it() {
    let (mut phone, register) = registering();
    let user = register.uri("Contact").split('@').next().unwrap();

    phone.hear(
        &register
            .reply(200, "registrar")
            .with("Contact", "<sip:aaaaaaaa@198.51.100.7:5060>;expires=30")
            .with("Contact", &format!("<{user}@198.51.100.7:5060>;expires=60")),
    );

    assert_eq!(
        phone.events(),
        [Event::Registered {
            expires_in: Duration::from_secs(60)
        }]
    );
}

#[test]
fn the_time_of_a_binding_is_its_own_before_that_of_the_header_and_what_was_asked() {
    for (parameter, header, granted) in [
        (";expires=60", Some("90"), 60),
        ("", Some("90"), 90),
        ("", None, 600),
    ] {
        let (mut phone, register) = registering();
        let contact = register.get("Contact").split(";expires=").next().unwrap();
        let mut ok = register
            .reply(200, "registrar")
            .with("Contact", &format!("{contact}{parameter}"));
        if let Some(header) = header {
            ok = ok.with("Expires", header);
        }

        phone.hear(&ok);

        assert_eq!(
            phone.events(),
            [Event::Registered {
                expires_in: Duration::from_secs(granted)
            }]
        );
    }
}

#[test]
fn a_200_without_our_binding_is_no_registration() {
    let (mut phone, register) = registering();

    phone.hear(
        &register
            .reply(200, "registrar")
            .with("Contact", "<sip:other@192.0.2.8>;expires=600"),
    );

    assert!(matches!(
        phone.events()[..],
        [Event::RegistrationFailed {
            cause: Cause::Protocol(_),
            retry_in: Some(_)
        }]
    ));
    phone.pass_seconds(5);
    assert_eq!(phone.sent_one().method(), "REGISTER");
}

#[test]
fn a_refresh_comes_between_half_and_four_fifths_and_is_one_round_trip() {
    let (mut phone, register) = registering();
    phone.hear(&challenged(&register, 401, "n1"));
    let again = phone.sent_one();
    phone.hear(&bound(&again, 600));
    phone.events();

    let (refresh, passed) = phone.pass_until_sent();

    assert!((300..=480).contains(&passed.as_secs()), "{passed:?}");
    assert_eq!(refresh.get("Call-ID"), register.get("Call-ID"));
    assert_eq!(refresh.cseq(), again.cseq() + 1);
    assert_eq!(parameter(refresh.get("Authorization"), "nonce"), "n1");
    assert_eq!(parameter(refresh.get("Authorization"), "nc"), "00000002");
    phone.hear(&bound(&refresh, 600));
    assert!(matches!(phone.events()[..], [Event::Registered { .. }]));
}

#[test]
fn a_refresh_with_a_nonce_that_the_server_forgot_is_answered_anew() {
    let (mut phone, register) = registering();
    phone.hear(&challenged(&register, 401, "n1"));
    let again = phone.sent_one();
    phone.hear(&bound(&again, 600));
    let (refresh, _) = phone.pass_until_sent();

    phone.hear(&challenged(&refresh, 401, "n9"));

    let anew = phone.sent_one();
    assert_eq!(parameter(anew.get("Authorization"), "nonce"), "n9");
    assert_eq!(parameter(anew.get("Authorization"), "nc"), "00000001");
}

#[test]
fn a_503_is_tried_again_after_its_retry_after() {
    let (mut phone, register) = registering();

    phone.hear(&register.reply(503, "registrar").with("Retry-After", "100"));

    let events = phone.events();
    let [
        Event::RegistrationFailed {
            retry_in: Some(retry_in),
            ..
        },
    ] = events[..]
    else {
        panic!("{events:?}");
    };
    assert!((80..=120).contains(&retry_in.as_secs()));
    let (register, passed) = phone.pass_until_sent();
    assert_eq!(register.method(), "REGISTER");
    assert_eq!(passed, retry_in);
}

#[test]
fn too_many_contacts_are_tried_again_after_a_minute() {
    let (mut phone, register) = registering();

    phone.hear(&register.reply(603, "registrar"));

    assert!(matches!(
        phone.events()[..],
        [Event::RegistrationFailed {
            cause: Cause::Refused { status: 603, .. },
            retry_in: Some(_)
        }]
    ));
    phone.pass_seconds(47);
    assert_eq!(phone.sent(), []);
    phone.pass_seconds(26);
    assert_eq!(phone.sent_one().method(), "REGISTER");
}

#[test]
fn a_silent_registrar_is_asked_at_growing_intervals() {
    let (mut phone, _) = registering();

    let mut pauses = Vec::new();
    for _ in 0..4 {
        phone.pass_seconds(32);
        let events = phone.events();
        let [
            Event::RegistrationFailed {
                cause: Cause::Timeout,
                retry_in: Some(retry_in),
            },
        ] = events[..]
        else {
            panic!("{events:?}");
        };
        pauses.push(retry_in);
        phone.pass(retry_in);
        assert_eq!(phone.sent_one().method(), "REGISTER");
    }

    assert!(pauses[0] >= Duration::from_secs(2) && pauses[0] <= Duration::from_secs(4));
    assert!(pauses[3] >= Duration::from_secs(16));
}

#[test]
fn a_new_flow_is_registered_at_once_as_the_same_device() {
    let (mut phone, register) = registering();
    phone.hear(&bound(&register, 600));
    phone.events();

    phone.close();
    phone.pass_seconds(10);
    phone.open();

    let again = phone.sent_one();
    assert_eq!(again.get("Contact"), register.get("Contact"));
    assert_eq!(again.get("Call-ID"), register.get("Call-ID"));
    assert_eq!(again.cseq(), register.cseq() + 1);
    phone.hear(&bound(&again, 600));
    assert!(matches!(phone.events()[..], [Event::Registered { .. }]));
}

#[test]
fn a_flow_lost_while_registering_is_no_failure() {
    let (mut phone, _) = registering();

    phone.close();
    phone.pass_seconds(100);

    assert_eq!(phone.events(), []);
    phone.open();
    assert_eq!(phone.sent_one().method(), "REGISTER");
}

#[test]
fn the_password_is_nowhere_to_be_seen() {
    let (mut phone, register) = registering();
    phone.hear(&challenged(&register, 401, "n1"));
    let again = phone.sent_one();
    let response = parameter(again.get("Authorization"), "response");
    let while_asking = format!("{:?}", phone.ua);
    phone.hear(&again.reply(403, "registrar"));
    let (_, invite) = phone.call();
    phone.hear(&challenged(&invite, 407, "p"));
    let invite = phone.sent().pop().unwrap();
    let call_response = parameter(invite.get("Proxy-Authorization"), "response");

    let events = phone.events();
    let seen = format!("{while_asking} {:?} {events:?}", phone.ua);
    for secret in ["correct horse", response, call_response] {
        assert!(!seen.contains(secret), "{secret} in {seen}");
    }
    assert!(!again.text().contains("correct horse"));
}
