//! What the registrar does with a phone's signalling, seen by a phone made of nothing but SIP text.

#![allow(clippy::unwrap_used, reason = "tests")]

mod raw_phone;

use lab::{Algorithm, CallState, FlowFault, Message, World, WorldConfig, param};
use raw_phone::{DEADLINE, RawPhone, open};

#[tokio::test]
async fn a_phone_registers_refreshes_and_leaves() {
    let world = world().await;
    let mut ana = RawPhone::ana(&world).await;

    let accepted = ana.register(600).await;

    assert_eq!(accepted.status(), Some(200));
    let contact = &accepted.values("Contact")[0];
    assert_eq!(param(contact, "expires"), Some("600"));
    assert_eq!(param(contact, "reg-id"), Some("1"));
    let via = &accepted.values("Via")[0];
    assert_eq!(param(via, "received"), Some("127.0.0.1"));
    assert!(param(via, "rport").unwrap().parse::<u16>().is_ok());
    ana.register(600).await;
    assert_eq!(world.counts().registrations("700201"), 2);
    assert_eq!(world.counts().bindings("700201"), 1);
    let gone = ana.register(0).await;
    assert!(gone.values("Contact").is_empty());
    assert_eq!(world.counts().bindings("700201"), 0);
}

#[tokio::test]
async fn every_algorithm_has_its_challenge_in_the_order_of_preference() {
    let mut config = WorldConfig::new().unwrap();
    config.algorithms = vec![Algorithm::Sha512Trunc256, Algorithm::Sha256, Algorithm::Md5];
    let world = World::start(config).await.unwrap();
    let mut ana = RawPhone::ana(&world).await;
    let request = ana.request("REGISTER", "700201");

    ana.send(&request).await;
    let challenge = ana.receive_status(401).await;

    let challenges = challenge.values_unsplit("WWW-Authenticate");
    assert_eq!(challenges.len(), 3);
    assert!(challenges[0].contains("algorithm=SHA-512-256"));
    let request = ana.repeat_with_credentials(&request, &challenge);
    ana.send(&request).await;
    ana.receive_status(200).await;
}

#[tokio::test]
async fn a_wrong_password_is_challenged_again_and_binds_nothing() {
    let world = world().await;
    let mut phone = RawPhone::connect(&world, "700201", "wrong").await;

    let response = phone.register(600).await;

    assert_eq!(response.status(), Some(401));
    assert!(
        !response
            .header("WWW-Authenticate")
            .unwrap()
            .contains("stale")
    );
    assert_eq!(world.counts().bindings("700201"), 0);
    assert_eq!(world.counts().replies(401), 2);
}

#[tokio::test]
async fn an_old_nonce_and_a_repeated_count_are_stale() {
    let world = world().await;
    let mut ana = RawPhone::ana(&world).await;
    let request = ana.request("REGISTER", "700201");
    ana.send(&request).await;
    let challenge = ana.receive_status(401).await;
    let answered = ana.repeat_with_credentials(&request, &challenge);
    ana.send(&answered).await;
    ana.receive_status(200).await;

    ana.send(&answered).await;
    let replayed = ana.receive_status(401).await;
    world.expire_nonces();
    let request = ana.repeat_with_credentials(&request, &challenge);
    ana.send(&request).await;
    let old = ana.receive_status(401).await;

    for response in [replayed, old] {
        assert!(
            response
                .header("WWW-Authenticate")
                .unwrap()
                .contains("stale=true")
        );
    }
}

#[tokio::test]
async fn somebody_elses_address_is_forbidden() {
    let world = world().await;
    let mut ana = RawPhone::ana(&world).await;
    let mut request = ana.request("REGISTER", "700202");
    ana.send(&request).await;
    let challenge = ana.receive_status(401).await;

    request = ana.repeat_with_credentials(&request, &challenge);
    ana.send(&request).await;

    ana.receive_status(403).await;
}

#[tokio::test]
async fn an_expiry_below_the_minimum_is_told_the_minimum() {
    let world = world().await;
    let mut ana = RawPhone::ana(&world).await;

    let response = ana.register(5).await;

    assert_eq!(response.status(), Some(423));
    assert_eq!(response.header("Min-Expires"), Some("10"));
}

#[tokio::test]
async fn refusals_of_extensions_and_of_unknown_ones_reach_the_caller() {
    let world = world().await;
    let mut ana = RawPhone::ana(&world).await;
    for (to, status) in [
        ("busy", 486),
        ("reject", 603),
        ("nobody", 404),
        ("700202", 480),
    ] {
        let invite = ana.invite(to, "").await;

        let refusal = ana.receive_status(status).await;

        assert_eq!(refusal.values("Via"), vec![with_source(&refusal)]);
        ana.ack(&invite, &refusal).await;
    }
    let counts = world.counts();
    let with_credentials = counts.invites.iter().filter(|invite| invite.credentials);
    assert_eq!((counts.invites.len(), with_credentials.count()), (8, 4));
    assert_eq!(
        counts.last_call("busy").unwrap().state,
        CallState::Ended { status: Some(486) }
    );
}

#[tokio::test]
async fn a_call_that_rings_for_ever_can_be_cancelled() {
    let world = world().await;
    let mut ana = RawPhone::ana(&world).await;
    let invite = ana.invite("ringforever", "").await;
    ana.receive_status(180).await;

    let cancel = ana.cancel(&invite);
    ana.send(&cancel).await;

    let accepted = ana.receive_status(200).await;
    assert_eq!(accepted.method(), "CANCEL");
    let terminated = ana.receive_status(487).await;
    assert_eq!(terminated.method(), "INVITE");
    ana.ack(&invite, &terminated).await;
    ana.send(&cancel).await;
    ana.receive_status(481).await;
}

#[tokio::test]
async fn the_echo_offers_rings_answers_and_takes_a_bye() {
    let world = world().await;
    let mut ana = RawPhone::ana(&world).await;

    let invite = ana.invite("echo", "").await;
    ana.receive_status(180).await;
    let answer = ana.receive_status(200).await;

    assert!(answer.body.contains("m=audio"), "{answer}");
    assert!(answer.body.contains("a=fingerprint:sha-256"), "{answer}");
    assert_eq!(answer.values("Record-Route").len(), 1);
    let bye = ana.within(&invite, &answer, "BYE");
    ana.send(&bye).await;
    ana.receive_status(200).await;
    world
        .wait_for("the end of the call", DEADLINE, |counts| {
            counts.last_call("echo").unwrap().state == CallState::Ended { status: None }
        })
        .await
        .unwrap();
    let bye = ana.within(&invite, &answer, "BYE");
    ana.send(&bye).await;
    ana.receive_status(481).await;
    assert_eq!(world.load().0, 0, "no dialog is left");
}

#[tokio::test]
async fn an_offer_without_common_codec_gets_488() {
    let world = world().await;
    let mut ana = RawPhone::ana(&world).await;

    ana.invite("echo", "v=0\r\nnonsense\r\n").await;

    ana.receive_status(180).await;
    ana.receive_status(488).await;
}

#[tokio::test]
async fn phones_call_each_other_through_the_proxy() {
    let world = world().await;
    let (mut ana, mut ravi) = (RawPhone::ana(&world).await, RawPhone::ravi(&world).await);
    ravi.register(600).await;

    let invite = ana.invite("700202", "v=0\r\n").await;
    let arrived = ravi.receive_request("INVITE").await;

    assert_eq!(
        arrived.request_uri(),
        Some("sip:700202@700202.invalid;transport=ws"),
        "the registered contact"
    );
    assert_eq!(arrived.values("Via").len(), 2);
    assert_eq!(arrived.header("Proxy-Authorization"), None);
    assert_eq!(arrived.header("Max-Forwards"), Some("68"));
    ravi.answer(&arrived, 180).await;
    ana.receive_status(180).await;
    ravi.answer(&arrived, 200).await;
    let answer = ana.receive_status(200).await;
    ana.ack(&invite, &answer).await;
    ravi.receive_request("ACK").await;
    let bye = ana.within(&invite, &answer, "BYE");
    ana.send(&bye).await;
    let bye = ravi.receive_request("BYE").await;
    assert!(
        bye.values("Route").is_empty(),
        "the proxy's route is used up"
    );
    ravi.answer(&bye, 200).await;
    ana.receive_status(200).await;
}

#[tokio::test]
async fn a_cancelled_call_stops_ringing_at_the_other_phone() {
    let world = world().await;
    let (mut ana, mut ravi) = (RawPhone::ana(&world).await, RawPhone::ravi(&world).await);
    ravi.register(600).await;
    let invite = ana.invite("700202", "v=0\r\n").await;
    let arrived = ravi.receive_request("INVITE").await;
    ravi.answer(&arrived, 180).await;
    ana.receive_status(180).await;

    let cancel = ana.cancel(&invite);
    ana.send(&cancel).await;

    ana.receive_status(200).await;
    let cancelled = ravi.receive_request("CANCEL").await;
    assert_eq!(cancelled.branch(), arrived.branch());
    ravi.answer(&cancelled, 200).await;
    ravi.answer(&arrived, 487).await;
    ravi.receive_request("ACK").await;
    ana.receive_status(487).await;
}

#[tokio::test]
async fn the_second_of_two_devices_stops_ringing_when_the_first_answers() {
    let world = world().await;
    let mut ana = RawPhone::ana(&world).await;
    let (mut desk, mut laptop) = (RawPhone::ravi(&world).await, RawPhone::ravi(&world).await);
    desk.register(600).await;
    laptop.register(600).await;
    assert_eq!(world.counts().bindings("700202"), 2);
    ana.invite("700202", "v=0\r\n").await;
    let at_desk = desk.receive_request("INVITE").await;
    let at_laptop = laptop.receive_request("INVITE").await;

    desk.answer(&at_desk, 200).await;

    ana.receive_status(200).await;
    let cancelled = laptop.receive_request("CANCEL").await;
    assert!(cancelled.header("Reason").unwrap().contains("cause=200"));
    laptop.answer(&at_laptop, 487).await;
    laptop.receive_request("ACK").await;
}

#[tokio::test]
async fn a_phone_that_comes_back_on_another_flow_is_found_within_its_call() {
    let world = world().await;
    let (mut ana, mut ravi) = (RawPhone::ana(&world).await, RawPhone::ravi(&world).await);
    ravi.register(600).await;
    let invite = ana.invite("700202", "v=0\r\n").await;
    let arrived = ravi.receive_request("INVITE").await;
    ravi.answer(&arrived, 200).await;
    let answer = ana.receive_status(200).await;

    assert_eq!(world.drop_flow("700202", FlowFault::Close), 1);
    assert_eq!(ravi.receive_text().await, None);
    world
        .wait_for("the lost binding", DEADLINE, |counts| {
            counts.bindings("700202") == 0
        })
        .await
        .unwrap();
    ravi.reconnect(&world).await;
    ravi.register(600).await;
    let bye = ana.within(&invite, &answer, "BYE");
    ana.send(&bye).await;

    ravi.receive_request("BYE").await;
}

#[tokio::test]
async fn a_silent_flow_says_nothing_and_stays_open() {
    let world = world().await;
    let mut ana = RawPhone::ana(&world).await;
    ana.register(600).await;

    world.drop_flow("700201", FlowFault::Silence);
    ana.send_text("\r\n\r\n").await;

    let mut other = RawPhone::ravi(&world).await;
    other.send_text("\r\n\r\n").await;
    assert_eq!(other.receive_text().await.as_deref(), Some("\r\n"));
    let counts = world.counts();
    assert_eq!((counts.keep_alives, counts.flows_open), (1, 2));
}

#[tokio::test]
async fn a_registrar_that_restarts_has_its_port_and_no_bindings() {
    let mut world = world().await;
    let mut ana = RawPhone::ana(&world).await;
    ana.register(600).await;

    world.stop().await;

    assert_eq!(ana.receive_text().await, None);
    assert!(open(&world, Some("sip")).await.is_err());
    assert_eq!(world.counts().bindings("700201"), 0);
    world.restart().await.unwrap();
    ana.reconnect(&world).await;
    assert_eq!(ana.register(600).await.status(), Some(200));
}

#[tokio::test]
async fn requests_are_refused_and_challenged_on_demand() {
    let world = world().await;
    let mut ana = RawPhone::ana(&world).await;
    world.refuse_next("REGISTER", 503);
    let request = ana.request("REGISTER", "700201");
    ana.send(&request).await;
    ana.receive_status(503).await;
    assert_eq!(ana.register(600).await.status(), Some(200));
    world.challenge_in_dialog(true);
    let invite = ana.invite("echo", "").await;
    ana.receive_status(180).await;
    let answer = ana.receive_status(200).await;

    let bye = ana.within(&invite, &answer, "BYE");
    ana.send(&bye).await;
    let challenge = ana.receive_status(407).await;
    let bye = ana.repeat_with_credentials(&bye, &challenge);
    ana.send(&bye).await;

    ana.receive_status(200).await;
}

#[tokio::test]
async fn garbage_is_counted_and_the_next_message_is_served() {
    let world = world().await;
    let mut ana = RawPhone::ana(&world).await;
    let request = ana.request("REGISTER", "700201").to_string();
    let garbage = "\u{0}garbage ".repeat(7000);

    ana.send_text(&garbage).await;
    for end in (0..request.len()).step_by(7) {
        ana.send_text(&request[..end]).await;
    }

    let mut options = ana.request("OPTIONS", "x");
    options.start = lab::Start::Request {
        method: "OPTIONS".to_owned(),
        uri: "sip:lab.example".to_owned(),
    };
    ana.send(&options).await;
    let mut response = ana.receive().await;
    while response.method() != "OPTIONS" {
        response = ana.receive().await;
    }
    assert_eq!(response.status(), Some(200));
    assert!(world.counts().malformed > 1);
}

#[tokio::test]
async fn the_sub_protocol_sip_is_required_and_comes_back() {
    let world = world().await;

    let without = open(&world, None).await;
    let other = open(&world, Some("mqtt")).await;

    for refused in [without, other] {
        let error = refused.err().unwrap().to_string();
        assert!(error.contains("400"), "{error}");
    }
    assert!(open(&world, Some("sip")).await.is_ok());
}

#[tokio::test]
async fn a_request_with_no_hops_left_goes_no_further() {
    let world = world().await;
    let mut ana = RawPhone::ana(&world).await;
    let mut invite = ana.request("INVITE", "echo");
    invite.set("Max-Forwards", "0");
    ana.send(&invite).await;
    let challenge = ana.receive_status(407).await;

    let invite = ana.repeat_with_credentials(&invite, &challenge);
    ana.send(&invite).await;

    ana.receive_status(483).await;
}

async fn world() -> World {
    World::start(WorldConfig::new().unwrap()).await.unwrap()
}

/// The Via of a response to a phone: its own, with the source that the proxy noted.
fn with_source(response: &Message) -> String {
    let via = response.values("Via").remove(0);
    assert!(via.contains(";rport=") && via.contains(";received=127.0.0.1"));
    via
}
