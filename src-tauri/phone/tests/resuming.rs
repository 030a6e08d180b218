//! The session of an earlier run: confirmed by a heartbeat before anything is done with it.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::time::Duration;

use phone::{
    AccountView, Command, Event, Hop, Input, LeaseState, LineView, LinkView, LockReturned,
    Rejected, SidecarFailure, SignedOutReason,
};
use world::{World, agent_grant, manager_grant, refused, restored, setup, unreachable};

#[test]
fn a_confirmed_session_goes_on_as_after_a_login() {
    let mut world = World::restarted(&agent_grant());
    assert_eq!(world.view().account, AccountView::Restoring);
    world.settle();

    assert_eq!(world.asked, ["heartbeat"], "no login, and no second beat");
    let order = world.events.iter().map(type_name).collect::<Vec<_>>();
    assert_eq!(
        order,
        [
            "session.resuming",
            "session.signed_in",
            "session.held",
            "link.up",
            "sip.registered"
        ]
    );
    assert_eq!(world.view().lease.unwrap().state, LeaseState::Held);
    assert!(matches!(world.view().line, LineView::Registered { .. }));
    assert_eq!(world.stored, ["session", "tokens"], "nothing written again");

    world.pass(Duration::from_secs(301));
    assert_eq!(world.count_asked("heartbeat"), 2, "beats go on");
    world.dial("4711");
    world.command(Command::SignOut).unwrap();
    assert_eq!(world.count_asked("logout"), 1);
    assert!(world.stored.is_empty());
}

#[test]
fn nothing_registers_before_the_heartbeat_is_answered() {
    let mut world = World::restarted(&agent_grant());
    world.sidecar.beat = None;
    world.settle();
    let resuming = |world: &World, hop: Option<Hop>| {
        let AccountView::Resuming { user, trouble } = world.view().account else {
            panic!("{:?}", world.view());
        };
        assert_eq!(user.email, "ana@helix.example");
        assert_eq!(trouble.map(|it| it.hop), hop);
    };
    resuming(&world, None);
    assert_eq!(world.view().link, LinkView::Off);
    assert_eq!(world.view().lease, None);
    let dialled = world.command(Command::Dial {
        target: "4711".to_owned(),
    });
    assert_eq!(dialled, Err(Rejected::NotSignedIn));

    world.pass(Duration::from_secs(5));
    resuming(&world, Some(Hop::Timeout));
    assert!(world.sent.is_empty());
}

#[test]
fn an_access_token_that_has_run_out_is_renewed_first() {
    let mut world = World::restarted(&agent_grant());
    world.sidecar.beat = Some(Err(refused(401, "expired")));
    world.sidecar.refresh = None;
    world.settle();
    assert_eq!(world.asked, ["heartbeat", "refresh"]);
    assert!(world.sent.is_empty());

    // No answer: it is asked for again, and the beat that follows is confirmed.
    let renewed = r#"{"accessToken":"access-2-secret","refreshToken":"refresh-2-secret"}"#;
    world.sidecar.refresh = Some(Ok(renewed.to_owned()));
    world.sidecar.beat = Some(Ok(r#"{"status":"ok"}"#.to_owned()));
    world.pass(Duration::from_secs(12));
    assert_eq!(
        world.asked,
        ["heartbeat", "refresh", "refresh", "heartbeat"]
    );
    assert_eq!(world.stored, ["session", "tokens", "tokens"]);
    assert!(matches!(world.view().line, LineView::Registered { .. }));
}

#[test]
fn tokens_that_are_refused_are_wiped_and_one_signs_in_again() {
    for refresh in [400, 401, 403] {
        let mut world = World::restarted(&agent_grant());
        world.sidecar.beat = Some(Err(refused(401, "expired")));
        world.sidecar.refresh = Some(Err(refused(refresh, "used up")));
        world.settle();
        signed_out(&world, &SignedOutReason::TokenRefused);
        world.sidecar.beat = Some(Ok(r#"{"status":"ok"}"#.to_owned()));
        world.sign_in();
        assert!(matches!(world.view().line, LineView::Registered { .. }));
    }

    let mut world = World::restarted(&agent_grant());
    world.sidecar.beat = Some(Err(refused(401, "expired")));
    world.settle();
    signed_out(&world, &SignedOutReason::TokenRefused);
    assert_eq!(world.count_asked("refresh"), 2, "fresh tokens are refused");
}

#[test]
fn a_session_whose_account_changed_is_wiped_without_a_new_token() {
    let mut world = World::restarted(&agent_grant());
    world.sidecar.beat = Some(Err(SidecarFailure::Refused {
        status: 401,
        message: "Your phone account has changed. Please sign in again.".to_owned(),
        holder: None,
        askable: false,
        retry_after: None,
        reason: Some(sidecar_api::RefusalReason::AccountChanged),
    }));
    world.settle();
    signed_out(&world, &SignedOutReason::AccountChanged);
    assert_eq!(world.count_asked("refresh"), 0);
}

#[test]
fn a_session_that_another_device_holds_is_wiped_and_the_holder_named() {
    let mut world = World::restarted(&agent_grant());
    world.sidecar.beat = Some(Err(SidecarFailure::Refused {
        status: 409,
        message: sidecar_api::ALREADY_LOGGED_IN.to_owned(),
        holder: Some(Box::new(sidecar_api::Holder {
            device_name: "Desk 7".to_owned(),
            system: None,
            since: Some("2026-01-05T09:00:00Z".to_owned()),
            in_call: None,
            same_member: true,
        })),
        askable: false,
        retry_after: None,
        reason: None,
    }));
    world.settle();
    signed_out(
        &world,
        &SignedOutReason::HeldElsewhere {
            message: sidecar_api::ALREADY_LOGGED_IN.to_owned(),
            device_name: Some("Desk 7".to_owned()),
            system: None,
            since: Some("2026-01-05T09:00:00Z".to_owned()),
            in_call: None,
            same_member: Some(true),
            askable: true,
        },
    );
    assert_eq!(world.asked, ["heartbeat"], "nothing of ours to give back");
}

#[test]
fn an_unreachable_sidecar_is_tried_again_and_again_and_nothing_is_forgotten() {
    for failure in [
        unreachable(),
        refused(503, "The lock store does not answer"),
        refused(404, "Not here"),
        SidecarFailure::Nonsense {
            detail: "no JSON".to_owned(),
        },
    ] {
        let mut world = World::restarted(&agent_grant());
        world.sidecar.beat = Some(Err(failure.clone()));
        world.settle();
        world.pass(Duration::from_secs(24 * 3600));

        let tries = world.count_asked("heartbeat");
        assert!((2880..=5760).contains(&tries), "{failure:?}: {tries} tries");
        let delays = |world: &World| {
            world
                .events
                .iter()
                .filter(|it| matches!(it, Event::ResumeDelayed { .. }))
                .count()
        };
        assert_eq!(delays(&world), tries);
        assert!(world.sent.is_empty());
        assert_eq!(world.stored, ["session", "tokens"]);

        world.sidecar.beat = Some(Ok(r#"{"status":"ok"}"#.to_owned()));
        world.pass(Duration::from_secs(31));
        assert!(matches!(world.view().line, LineView::Registered { .. }));
    }
}

#[test]
fn a_server_that_asks_to_wait_is_left_alone_and_a_person_or_a_network_need_not_wait() {
    let mut world = World::restarted(&agent_grant());
    world.sidecar.beat = Some(Err(SidecarFailure::Refused {
        status: 503,
        message: "Later".to_owned(),
        holder: None,
        askable: false,
        retry_after: Some(Duration::from_secs(86_400)),
        reason: None,
    }));
    world.settle();
    world.pass(Duration::from_secs(299));
    assert_eq!(world.count_asked("heartbeat"), 1);
    world.pass(Duration::from_secs(62));
    assert_eq!(world.count_asked("heartbeat"), 2, "six minutes at most");

    world.command(Command::Reconnect).unwrap();
    assert_eq!(world.count_asked("heartbeat"), 3);
    world.input(Input::NetworkChanged);
    assert_eq!(world.count_asked("heartbeat"), 4);
}

#[test]
fn signing_out_while_resuming_gives_the_session_back_and_wipes() {
    let mut world = World::restarted(&agent_grant());
    world.sidecar.beat = Some(Err(unreachable()));
    world.settle();
    let sign_in = Command::SignIn {
        email: "ravi@helix.example".to_owned(),
        password: "user-secret".into(),
        takeover: false,
    };
    assert_eq!(world.command(sign_in), Err(Rejected::AlreadySignedIn));
    world.command(Command::SignOut).unwrap();
    signed_out(&world, &signed_out_by_user());
    assert_eq!(world.asked, ["heartbeat", "logout"]);
}

#[test]
fn a_manager_resumes_without_a_phone() {
    let mut world = World::restarted(&manager_grant());
    world.settle();
    assert_eq!(world.asked, ["heartbeat"]);
    assert!(matches!(
        world.view().account,
        AccountView::SignedIn { phone: false, .. }
    ));
    assert_eq!(world.view().lease, None);
    assert!(!world.happened(|it| matches!(it, Event::SessionHeld { .. })));
}

#[test]
fn a_stored_account_that_cannot_be_used_is_named_and_given_back() {
    let grant = agent_grant().replace("wss://sip.example:444", "ws://sip.example");
    let mut world = World::restarted(&grant);
    world.settle();
    let Some(SignedOutReason::BadAccount { detail }) = world.signed_out() else {
        panic!("{:?}", world.view());
    };
    assert!(detail.contains("wss://"), "{detail}");
    assert_eq!(world.asked, ["heartbeat", "logout"]);
    assert!(world.stored.is_empty());
}

#[test]
fn an_empty_or_silent_vault_leads_to_the_sign_in() {
    let mut world = World::restarted(&agent_grant());
    world.vault = Some(None);
    world.settle();
    let account = world.view().account;
    assert!(matches!(
        account,
        AccountView::SignedOut { reason: None, .. }
    ));
    assert_eq!(world.phone.poll_timeout(), None);

    let mut world = World::restarted(&agent_grant());
    world.vault = None;
    world.settle();
    world.pass(Duration::from_secs(7));
    assert_eq!(world.signed_out(), None);
}

#[test]
fn what_the_vault_finds_late_is_resumed_unless_somebody_signed_in() {
    let late = || Input::Restored {
        restored: Some(Box::new(restored(&agent_grant()))),
    };
    let mut world = World::restarted(&agent_grant());
    world.vault = None;
    world.settle();
    world.pass(Duration::from_secs(20));
    world.input(late());
    assert_eq!(world.asked, ["heartbeat"]);
    assert!(matches!(world.view().line, LineView::Registered { .. }));

    // Signing in does not wait for the vault, and what it finds then changes nothing.
    let mut world = World::restarted(&agent_grant());
    world.vault = None;
    world.settle();
    world.sign_in();
    let (view, asked) = (world.view(), world.asked.clone());
    world.input(late());
    assert_eq!(world.view(), view);
    assert_eq!(world.asked, asked);

    world.command(Command::SignOut).unwrap();
    world.input(late());
    signed_out(&world, &signed_out_by_user());

    // Nor does a phone without a vault take what nobody asked for.
    let mut world = World::new(setup());
    world.input(late());
    assert!(world.asked.is_empty());
}

#[test]
fn a_sign_out_waits_for_the_wiped_vault_but_not_long() {
    let mut world = World::restarted(&agent_grant());
    world.wipes = false;
    world.settle();
    world.command(Command::SignOut).unwrap();
    assert_eq!(world.view().account, AccountView::SigningOut);
    world.input(Input::Wiped);
    signed_out(&world, &signed_out_by_user());

    let mut world = World::restarted(&agent_grant());
    world.wipes = false;
    world.settle();
    world.command(Command::SignOut).unwrap();
    world.pass(Duration::from_secs(2));
    signed_out(&world, &signed_out_by_user());
}

fn signed_out_by_user() -> SignedOutReason {
    let lock = LockReturned::Free;
    SignedOutReason::ByUser { lock }
}

fn signed_out(world: &World, wanted: &SignedOutReason) {
    assert_eq!(world.signed_out().as_ref(), Some(wanted));
    assert!(world.happened(|it| matches!(it, Event::SignedOut { reason } if reason == wanted)));
    assert!(world.stored.is_empty(), "{:?}", world.stored);
    assert_eq!(world.phone.poll_timeout(), None);
}

fn type_name(event: &Event) -> String {
    let json = serde_json::to_value(event).unwrap();
    json["type"].as_str().unwrap().to_owned()
}
