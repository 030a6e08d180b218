//! Asking the device that holds the session for it.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::time::Duration;

use phone::{
    AccountView, AskView, Command, Event, Hop, Input, NotMoved, Rejected, SidecarFailure,
    SignedOutReason,
};
use secrecy::ExposeSecret;
use sidecar_api::Holder;
use world::{World, refused, setup, unreachable};

#[test]
fn a_refusal_tells_whether_the_holder_can_be_asked() {
    for (askable, same_member, told) in [
        (true, true, true),
        (false, true, false),
        (true, false, false),
    ] {
        let mut world = World::new(setup());
        world.sidecar.login = Some(Err(held(askable, same_member)));
        world.sign_in();
        let Some(SignedOutReason::HeldElsewhere { askable, .. }) = world.signed_out() else {
            panic!("{:?}", world.view());
        };
        assert_eq!(askable, told);
    }
}

#[test]
fn what_is_granted_is_taken_with_the_ticket() {
    let mut world = asking();
    assert!(world.happened(|it| *it
        == Event::MoveAsked {
            device_name: Some("DESK-14".to_owned()),
            answer_within_ms: 20_000
        }));
    assert!(matches!(ask(&world), AskView::Waiting { .. }));
    world.pass(Duration::from_secs(4));
    world.status("granted", 30);

    assert!(matches!(
        world.view().account,
        AccountView::SignedIn { phone: true, .. }
    ));
    let login = world.login.clone().unwrap();
    assert_eq!(login.email, "ana@helix.example");
    assert_eq!(login.password.expose_secret(), "user-secret");
    assert_eq!(
        login.takeover_ticket.unwrap().expose_secret(),
        "ticket-secret"
    );
    assert!(!login.takeover);
    assert!(world.happened(|it| *it
        == Event::MovedHere {
            device_name: Some("DESK-14".to_owned())
        }));
    assert_eq!(world.asked, ["takeover", "status", "login", "heartbeat"]);
    assert!(!format!("{:?}", world.phone).contains("user-secret"));
}

#[test]
fn after_the_call_is_waited_for_as_long_as_it_takes() {
    let mut world = asking();
    world.status("after_call", 0);
    assert_eq!(ask(&world), AskView::AfterCall);
    for _ in 0..180 {
        world.pass(Duration::from_secs(20));
        world.status("after_call", 0);
    }
    assert_eq!(
        count(&world, |it| matches!(it, Event::MoveAfterCall { .. })),
        1
    );
    world.pass(Duration::from_secs(1));
    world.status("granted", 30);
    assert!(matches!(world.view().account, AccountView::SignedIn { .. }));
}

#[test]
fn each_other_answer_ends_it_with_its_reason() {
    for (state, why) in [
        ("refused", NotMoved::Refused),
        ("unanswered", NotMoved::Unanswered),
        ("superseded", NotMoved::Superseded),
        ("withdrawn", NotMoved::Lapsed),
        ("moved", NotMoved::Lapsed),
    ] {
        let mut world = asking();
        world.status(state, 0);
        assert_eq!(world.signed_out(), Some(not_moved(why)), "{state}");
        assert_eq!(world.phone.poll_timeout(), None);
        assert!(!format!("{:?}", world.phone).contains("secret"));
    }
}

#[test]
fn nobody_in_the_way_is_an_ordinary_sign_in() {
    let mut world = World::new(setup());
    world.sidecar.takeover = Some(Ok(r#"{"free":true}"#.to_owned()));
    ask_to_move(&mut world);
    assert!(matches!(world.view().account, AccountView::SignedIn { .. }));
    assert!(world.login.clone().unwrap().takeover_ticket.is_none());
    assert!(!world.happened(|it| matches!(it, Event::MovedHere { .. })));
}

#[test]
fn an_old_sidecar_cannot_be_asked_and_the_screen_is_as_before() {
    for status in [404, 405] {
        let mut world = World::new(setup());
        world.sidecar.login = Some(Err(held(true, true)));
        world.sign_in();
        world.sidecar.takeover = Some(Err(refused(status, "Cannot POST /auth/takeover")));
        ask_to_move(&mut world);
        assert_eq!(
            world.signed_out(),
            Some(SignedOutReason::HeldElsewhere {
                message: sidecar_api::ALREADY_LOGGED_IN.to_owned(),
                device_name: Some("DESK-14".to_owned()),
                system: Some("Windows".to_owned()),
                since: Some("2026-01-05T08:02:00Z".to_owned()),
                in_call: Some(true),
                same_member: Some(true),
                askable: false,
            })
        );
    }
}

#[test]
fn the_same_refusals_as_at_a_login_reach_the_user() {
    for (failure, wanted) in [
        (
            refused(401, "Wrong email or password."),
            SignedOutReason::WrongCredentials {
                message: "Wrong email or password.".to_owned(),
            },
        ),
        (
            unreachable(),
            SignedOutReason::Unreachable {
                hop: Hop::Tcp,
                detail: "connection refused".to_owned(),
                facts: None,
            },
        ),
    ] {
        let mut world = World::new(setup());
        world.sidecar.takeover = Some(Err(failure));
        ask_to_move(&mut world);
        assert_eq!(world.signed_out(), Some(wanted));
    }
    let mut world = World::new(setup());
    world.sidecar.takeover = None;
    ask_to_move(&mut world);
    world.pass(Duration::from_secs(9));
    assert!(matches!(
        world.signed_out(),
        Some(SignedOutReason::Unreachable {
            hop: Hop::Timeout,
            ..
        })
    ));
}

#[test]
fn a_grant_that_another_took_first_is_told_as_at_a_login() {
    let mut world = asking();
    world.sidecar.login = Some(Err(held(true, true)));
    world.status("granted", 30);
    assert!(matches!(
        world.signed_out(),
        Some(SignedOutReason::HeldElsewhere { askable: true, .. })
    ));
    assert!(!world.happened(|it| matches!(it, Event::MovedHere { .. })));
}

#[test]
fn a_sidecar_that_fails_meanwhile_is_asked_again_for_a_minute() {
    let mut world = asking();
    world.sidecar.status = Some(Err(refused(503, "The lock store does not answer")));
    world.status("waiting", 20);
    world.pass(Duration::from_secs(30));
    assert!(matches!(ask(&world), AskView::Waiting { .. }));
    let questions = world.count_asked("status");
    assert!((4..20).contains(&questions), "{questions}");
    world.pass(Duration::from_secs(40));
    assert!(matches!(
        world.signed_out(),
        Some(SignedOutReason::ServerTrouble { status: 503, .. })
    ));
    assert_eq!(world.count_asked("withdraw"), 1);
}

#[test]
fn a_sidecar_that_answers_at_once_is_not_asked_more_than_once_a_second() {
    let mut world = asking();
    world.sidecar.status = Some(Ok(r#"{"state":"whatever","secondsLeft":1}"#.to_owned()));
    world.status("waiting", 20);
    world.pass(Duration::from_secs(20));
    let questions = world.count_asked("status");
    assert!((18..24).contains(&questions), "{questions}");
    world.pass(Duration::from_secs(20));
    assert_eq!(world.signed_out(), Some(not_moved(NotMoved::Unanswered)));
}

#[test]
fn a_forgotten_request_is_over() {
    let mut world = asking();
    world.sidecar.status = Some(Err(refused(404, "unknown")));
    world.status("waiting", 20);
    world.pass(Duration::from_secs(1));
    assert_eq!(world.signed_out(), Some(not_moved(NotMoved::Lapsed)));
}

#[test]
fn who_cancels_takes_the_request_back_wherever_it_is() {
    let mut world = asking();
    world.command(Command::SignOut).unwrap();
    assert_eq!(world.asked, ["takeover", "status", "withdraw"]);
    assert_eq!(world.signed_out(), Some(not_moved(NotMoved::Withdrawn)));

    // It has not reached the sidecar yet: its ticket is given back when it comes.
    for late in [Duration::ZERO, Duration::from_secs(5)] {
        let mut world = World::new(setup());
        let ticket = world.sidecar.takeover.take().unwrap().unwrap();
        ask_to_move(&mut world);
        world.command(Command::SignOut).unwrap();
        world.pass(late);
        let asked = serde_json::from_str(&ticket).unwrap();
        let reply = Ok(phone::Reply::Move(phone::MoveReply::Asked(asked)));
        world.input(Input::Sidecar { attempt: 1, reply });
        assert_eq!(world.asked, ["takeover", "withdraw"], "after {late:?}");
        assert!(matches!(
            world.signed_out(),
            Some(SignedOutReason::NotMoved {
                why: NotMoved::Withdrawn,
                ..
            })
        ));
    }
}

#[test]
fn who_signs_in_elsewise_takes_the_request_back() {
    let mut world = asking();
    world.sign_in();
    assert_eq!(
        world.asked,
        ["takeover", "status", "withdraw", "login", "heartbeat"]
    );

    // Taking the session over ends the request at the sidecar.
    let mut world = asking();
    let command = Command::SignIn {
        email: "ana@helix.example".to_owned(),
        password: "user-secret".into(),
        takeover: true,
    };
    world.command(command).unwrap();
    assert_eq!(world.asked, ["takeover", "status", "login", "heartbeat"]);
}

#[test]
fn nobody_asks_twice_or_while_signed_in() {
    let mut world = asking();
    assert_eq!(
        world.command(asking_command()),
        Err(Rejected::AlreadySignedIn)
    );
    let mut world = World::signed_in();
    assert_eq!(
        world.command(asking_command()),
        Err(Rejected::AlreadySignedIn)
    );
    let mut world = World::new(phone::Setup {
        sidecar: false,
        ..setup()
    });
    assert_eq!(world.command(asking_command()), Err(Rejected::NoSidecar));
}

#[test]
fn a_sleep_in_between_asks_again_at_once() {
    let mut world = asking();
    world.status("after_call", 0);
    world.pass(Duration::from_secs(1));
    let before = world.count_asked("status");
    world.sleep(Duration::from_secs(7200));
    assert_eq!(world.count_asked("status"), before + 1);
    world.status("granted", 30);
    assert!(matches!(world.view().account, AccountView::SignedIn { .. }));
}

fn asking() -> World {
    let mut world = World::new(setup());
    ask_to_move(&mut world);
    world
}

fn ask_to_move(world: &mut World) {
    world.command(asking_command()).unwrap();
}

fn asking_command() -> Command {
    Command::AskToMove {
        email: " ana@helix.example".to_owned(),
        password: "user-secret".into(),
    }
}

fn ask(world: &World) -> AskView {
    let AccountView::Asking { ask, .. } = world.view().account else {
        panic!("{:?}", world.view());
    };
    ask
}

fn not_moved(why: NotMoved) -> SignedOutReason {
    SignedOutReason::NotMoved {
        device_name: Some("DESK-14".to_owned()),
        why,
    }
}

fn held(askable: bool, same_member: bool) -> SidecarFailure {
    SidecarFailure::Refused {
        status: 409,
        message: sidecar_api::ALREADY_LOGGED_IN.to_owned(),
        holder: Some(Box::new(Holder {
            device_name: "DESK-14".to_owned(),
            system: Some("Windows".to_owned()),
            since: Some("2026-01-05T08:02:00Z".to_owned()),
            in_call: Some(true),
            same_member,
        })),
        askable,
        retry_after: None,
        reason: None,
    }
}

fn count(world: &World, wanted: impl Fn(&Event) -> bool) -> usize {
    world.events.iter().filter(|it| wanted(it)).count()
}
