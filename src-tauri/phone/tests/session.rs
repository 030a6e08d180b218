//! Sign-in, the lease, the tokens and sign-out.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::time::Duration;

use sidecar_api::RefusalReason;

use phone::{
    AccountView, CallSettings, Command, Event, Hop, LeaseState, LineView, LinkView, LockReturned,
    Rejected, SidecarFailure, SignedOutReason,
};
use world::{World, agent_grant, fallback, manager_grant, refused, setup, unreachable};

/// A token whose payload is {"iat":1000,"exp":2800}.
const HALF_AN_HOUR: &str = "e30.eyJpYXQiOjEwMDAsImV4cCI6MjgwMH0.sig";

#[test]
fn an_agent_signs_in_holds_the_session_and_is_registered() {
    let world = World::signed_in();

    assert_eq!(
        world.asked,
        ["login", "heartbeat"],
        "the first beat leaves at once"
    );
    assert!(world.happened(|it| matches!(it, Event::SignedIn { phone: true, .. })));
    assert!(world.happened(|it| matches!(it, Event::SessionHeld { ttl_seconds: 3600 })));
    assert!(world.happened(|it| matches!(it, Event::Registered { .. })));
    assert_eq!(world.view().lease.unwrap().state, LeaseState::Held);
    assert!(matches!(world.view().link, LinkView::Up { .. }));
    let LineView::Registered {
        extension, server, ..
    } = world.view().line
    else {
        panic!("{:?}", world.view());
    };
    assert_eq!(
        (extension.as_str(), server.as_str()),
        ("700201", "sip.example")
    );
    assert_eq!(world.stored, ["session", "tokens"]);
}

#[test]
fn heartbeats_say_at_once_whether_a_call_is_on() {
    let mut world = World::signed_in();
    world.pass(Duration::from_secs(60));
    assert_eq!(world.told_in_call, [false]);
    let call = world.dial("4711");
    world.settle();
    assert_eq!(world.told_in_call, [false, true]);
    world.pass(Duration::from_secs(20));
    world.command(Command::HangUp { call }).unwrap();
    world.pass(Duration::from_secs(20));
    assert_eq!(world.told_in_call, [false, true, false]);

    // In an outage no call makes more of them.
    let beat = world.sidecar.beat.replace(Err(refused(503, "Not now")));
    world.pass(Duration::from_secs(300));
    let before = world.told_in_call.len();
    let call = world.dial("4711");
    world.settle();
    assert_eq!(world.told_in_call.len(), before);
    world.sidecar.beat = beat;
    world.pass(Duration::from_secs(60));
    assert_eq!(world.told_in_call.last(), Some(&true));
    world.command(Command::HangUp { call }).unwrap();
}

#[test]
fn a_manager_signs_in_without_lease_line_or_heartbeat() {
    let mut world = World::new(setup());
    world.sidecar.login = Some(Ok(manager_grant()));
    world.sign_in();
    world.pass(Duration::from_secs(4000));

    assert_eq!(world.asked, ["login"]);
    assert!(world.sent.is_empty());
    assert_eq!(world.view().lease, None);
    assert_eq!(world.view().link, LinkView::Off);
    let dialled = world.command(Command::Dial {
        target: "4711".to_owned(),
    });
    assert_eq!(dialled, Err(Rejected::NoPhone));
}

#[test]
fn each_refusal_of_a_login_reaches_the_user_in_the_servers_words() {
    let forbidden = |because| SidecarFailure::Refused {
        status: 403,
        message: "Not like this".to_owned(),
        holder: None,
        askable: false,
        retry_after: None,
        reason: Some(because),
    };
    let cases: Vec<(SidecarFailure, SignedOutReason)> = vec![
        (
            refused(400, "password is missing"),
            SignedOutReason::BadRequest {
                message: "password is missing".to_owned(),
            },
        ),
        (
            refused(401, sidecar_api::WRONG_CREDENTIALS),
            SignedOutReason::WrongCredentials {
                message: "Wrong email or password.".to_owned(),
            },
        ),
        (
            refused(403, sidecar_api::AGENT_NOT_CONFIGURED),
            SignedOutReason::NotConfigured {
                message: sidecar_api::AGENT_NOT_CONFIGURED.to_owned(),
            },
        ),
        (
            forbidden(RefusalReason::SecondFactor),
            SignedOutReason::SecondFactor {
                message: "Not like this".to_owned(),
            },
        ),
        (
            forbidden(RefusalReason::EmailNotVerified),
            SignedOutReason::EmailNotVerified {
                message: "Not like this".to_owned(),
            },
        ),
        (
            forbidden(RefusalReason::Unknown),
            SignedOutReason::NotConfigured {
                message: "Not like this".to_owned(),
            },
        ),
        (
            refused(409, sidecar_api::ALREADY_LOGGED_IN),
            SignedOutReason::HeldElsewhere {
                message: sidecar_api::ALREADY_LOGGED_IN.to_owned(),
                device_name: None,
                system: None,
                since: None,
                in_call: None,
                same_member: None,
                askable: false,
            },
        ),
        (
            SidecarFailure::Refused {
                status: 429,
                message: "Slow down".to_owned(),
                holder: None,
                askable: false,
                retry_after: Some(Duration::from_secs(40)),
                reason: None,
            },
            SignedOutReason::TooManyTries {
                message: "Slow down".to_owned(),
                retry_after_seconds: Some(40),
            },
        ),
        (
            refused(503, "The lock store does not answer"),
            SignedOutReason::ServerTrouble {
                status: 503,
                message: "The lock store does not answer".to_owned(),
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
    ];
    for (failure, reason) in cases {
        let mut world = World::new(setup());
        world.sidecar.login = Some(Err(failure));
        world.sign_in();
        assert_eq!(world.signed_out(), Some(reason.clone()));
        assert!(world.happened(|it| *it
            == Event::SignedOut {
                reason: reason.clone()
            }));
        world.sidecar.login = Some(Ok(world::agent_grant()));
        world.sign_in();
        assert!(
            matches!(world.view().account, AccountView::SignedIn { .. }),
            "after {reason:?}"
        );
    }
}

#[test]
fn a_silent_sidecar_ends_a_sign_in_after_nine_seconds() {
    let mut world = World::new(setup());
    world.sidecar.login = None;
    world.sign_in();
    world.pass(Duration::from_secs(10));
    assert!(world.happened(|it| matches!(
        it,
        Event::SignedOut {
            reason: SignedOutReason::Unreachable {
                hop: Hop::Timeout,
                ..
            }
        }
    )));
}

#[test]
fn beats_go_on_at_the_announced_period() {
    let mut world = World::signed_in();
    world.pass(Duration::from_secs(3600));
    let beats = world.count_asked("heartbeat");
    assert!((13..=15).contains(&beats), "{beats} beats in an hour");
}

#[test]
fn a_token_is_renewed_at_four_fifths_of_its_life_and_the_new_pair_is_stored() {
    let mut world = World::new(setup());
    world.sidecar.login = Some(Ok(agent_grant().replace("access-secret", HALF_AN_HOUR)));
    world.sign_in();
    world.pass(Duration::from_secs(1439));
    assert_eq!(world.count_asked("refresh"), 0);
    assert_eq!(world.stored, ["session", "tokens"]);

    world.pass(Duration::from_secs(1));
    assert_eq!(world.count_asked("refresh"), 1);
    assert_eq!(world.stored, ["session", "tokens", "tokens"]);
}

#[test]
fn a_renewal_whose_outcome_never_comes_is_tried_again_and_never_beside_another() {
    let mut world = World::new(setup());
    world.sidecar.login = Some(Ok(agent_grant().replace("access-secret", HALF_AN_HOUR)));
    world.sidecar.refresh = None;
    world.sign_in();
    world.pass(Duration::from_secs(1440));
    assert_eq!(world.count_asked("refresh"), 1);
    world.pass(Duration::from_secs(8));
    assert_eq!(world.count_asked("refresh"), 1, "one at a time");
    world.pass(Duration::from_secs(3));
    assert_eq!(world.count_asked("refresh"), 2);
    assert!(matches!(world.view().account, AccountView::SignedIn { .. }));
}

#[test]
fn a_beat_whose_outcome_never_comes_puts_the_session_at_risk() {
    let mut world = World::new(setup());
    world.sidecar.beat = None;
    world.sign_in();
    world.pass(Duration::from_secs(4));
    assert!(world.happened(|it| matches!(
        it,
        Event::SessionAtRisk {
            hop: Hop::Timeout,
            ..
        }
    )));
    world.pass(Duration::from_secs(2));
    assert_eq!(world.count_asked("heartbeat"), 2);
}

#[test]
fn who_has_a_phone_is_told_by_the_account_and_never_by_the_role() {
    let mut world = World::new(setup());
    world.sidecar.login = Some(Ok(agent_grant().replace("cc-agent", "manager")));
    world.sign_in();
    assert!(matches!(world.view().line, LineView::Registered { .. }));

    let mut world = World::new(setup());
    world.sidecar.login = Some(Ok(manager_grant().replace("manager", "cc-agent")));
    world.sign_in();
    assert_eq!(world.view().line, LineView::Off);
    assert!(matches!(
        world.view().account,
        AccountView::SignedIn { phone: false, .. }
    ));
}

#[test]
fn a_refused_access_token_is_renewed_and_the_beat_repeated() {
    let mut world = World::signed_in();
    world.sidecar.beat = Some(Err(refused(401, "expired")));
    world.sidecar.refresh = None;
    world.pass(Duration::from_secs(301));
    assert_eq!(world.count_asked("refresh"), 1);
    assert_eq!(world.stored, ["session", "tokens"]);

    let mut world = World::signed_in();
    world.sidecar.beat = Some(Err(refused(401, "expired")));
    world.pass(Duration::from_secs(301));
    assert!(
        world.happened(|it| matches!(
            it,
            Event::SignedOut {
                reason: SignedOutReason::TokenRefused
            }
        )),
        "fresh tokens that are refused as well end the session: {:?}",
        world.asked
    );
    assert!(world.count_asked("refresh") <= 3);
}

#[test]
fn an_unreachable_sidecar_puts_the_session_at_risk_once_and_it_recovers() {
    let mut world = World::signed_in();
    world.sidecar.beat = Some(Err(unreachable()));
    world.pass(Duration::from_secs(600));
    let at_risk = |world: &World| {
        world
            .events
            .iter()
            .filter(|it| matches!(it, Event::SessionAtRisk { .. }))
            .count()
    };
    assert_eq!(at_risk(&world), 1);
    assert!(matches!(
        world.view().lease.unwrap().state,
        LeaseState::AtRisk { .. }
    ));

    world.sidecar.beat = Some(Ok(r#"{"status":"ok","lock":"held"}"#.to_owned()));
    world.pass(Duration::from_secs(31));
    assert_eq!(world.view().lease.unwrap().state, LeaseState::Held);
    let held = world
        .events
        .iter()
        .filter(|it| matches!(it, Event::SessionHeld { .. }))
        .count();
    assert_eq!(held, 2);
}

#[test]
fn a_lease_that_nobody_confirms_expires_and_signs_the_phone_out() {
    let mut world = World::signed_in();
    world.sidecar.beat = Some(Err(unreachable()));
    world.sidecar.logout = Some(Err(unreachable()));
    world.pass(Duration::from_secs(3590));
    assert!(matches!(world.view().account, AccountView::SignedIn { .. }));
    world.pass(Duration::from_secs(20));
    assert!(world.happened(|it| *it
        == Event::SessionLost {
            reason: SignedOutReason::LeaseExpired
        }));
    assert_eq!(world.signed_out(), Some(SignedOutReason::LeaseExpired));
}

#[test]
fn a_session_that_another_device_took_signs_out_without_touching_its_lock() {
    let mut world = World::signed_in();
    world.sidecar.beat = Some(Err(taken_over()));
    world.pass(Duration::from_secs(310));
    assert!(world.happened(|it| matches!(
        it,
        Event::SignedOut { reason: SignedOutReason::TakenOver { device_name: Some(name) } } if name == "Desk 7"
    )));
    assert_eq!(world.count_asked("logout"), 0);
    assert!(
        world.sent.last().unwrap().contains("expires=0")
            || world.sent.last().unwrap().contains("Expires: 0")
    );
    assert!(world.stored.is_empty(), "nothing is kept");
}

#[test]
fn an_account_that_changed_signs_out_at_once_and_is_not_taken_for_an_old_token() {
    let mut world = World::signed_in();
    world.sidecar.beat = Some(Err(account_changed()));
    world.pass(Duration::from_secs(310));
    assert_eq!(world.signed_out(), Some(SignedOutReason::AccountChanged));
    assert_eq!(world.count_asked("refresh"), 0, "no new token helps");
}

#[test]
fn a_beat_without_the_lock_that_others_told_of_is_a_lost_session() {
    let held = r#"{"status":"ok","lock":"held","ttlSeconds":3600}"#;
    let mut world = World::signed_in();
    world.sidecar.beat = Some(Ok(held.to_owned()));
    world.pass(Duration::from_secs(310));
    assert!(matches!(world.view().account, AccountView::SignedIn { .. }));
    world.sidecar.beat = Some(Ok(r#"{"status":"ok"}"#.to_owned()));
    world.pass(Duration::from_secs(310));
    let reason = SignedOutReason::AccountChanged;
    assert!(world.happened(|it| *it
        == Event::SessionLost {
            reason: reason.clone()
        }));
    assert_eq!(world.signed_out(), Some(reason));
    assert_eq!(world.count_asked("logout"), 1);
}

#[test]
fn a_lost_lease_never_cuts_a_running_call() {
    let (mut world, call) = World::in_call();
    world.sidecar.beat = Some(Err(taken_over()));
    world.pass(Duration::from_secs(400));

    assert_eq!(world.view().calls.len(), 1, "the call goes on");
    assert!(matches!(
        world.view().lease.unwrap().state,
        LeaseState::Lost { .. }
    ));
    let dialled = world.command(Command::Dial {
        target: "4712".to_owned(),
    });
    assert_eq!(dialled, Err(Rejected::LeaseLost));

    world.command(Command::HangUp { call }).unwrap();
    assert!(matches!(
        world.signed_out(),
        Some(SignedOutReason::TakenOver { .. })
    ));
    assert_eq!(world.count_sent("BYE"), 1);
}

#[test]
fn a_lost_session_takes_no_second_call_while_the_first_goes_on() {
    let (mut world, _) = World::in_call();
    let settings = CallSettings {
        max_calls: 3,
        ..CallSettings::default()
    };
    let several = Command::SetCalls { settings };
    world.command(several.clone()).unwrap();
    world.sidecar.beat = Some(Err(taken_over()));
    world.pass(Duration::from_secs(400));
    for call_id in ["in-1", "in-2"] {
        world.incoming_as(call_id, "", true);
        // Settings that come meanwhile change nothing about that.
        world.command(several.clone()).unwrap();
    }
    assert_eq!(world.view().calls.len(), 1);
    assert_eq!(world.count_sent("SIP/2.0 486"), 2);
}

#[test]
fn who_calls_while_the_phone_signs_out_finds_it_busy() {
    let mut world = World::signed_in();
    world.server.answers_register = false;
    world.command(Command::SignOut).unwrap();
    assert_eq!(world.view().account, AccountView::SigningOut);
    world.incoming(true);
    assert_eq!(world.count_sent("SIP/2.0 486"), 1);
    assert!(!world.happened(|it| matches!(it, Event::CallIncoming { .. })));
}

#[test]
fn sign_out_hangs_up_unregisters_releases_and_wipes() {
    let (mut world, _) = World::in_call();
    assert_eq!(world.ice_servers, ["stun:stun.example"]);
    world.command(Command::SignOut).unwrap();

    assert_eq!(world.signed_out(), Some(by_user(LockReturned::Free)));
    assert_eq!(world.count_sent("BYE"), 1);
    assert!(world.happened(|it| *it == Event::Unregistered));
    assert_eq!(world.count_asked("logout"), 1);
    assert!(world.stored.is_empty() && world.ice_servers.is_empty());
    assert_eq!(world.phone.poll_timeout(), None, "nothing is left to do");
}

#[test]
fn sign_out_is_done_within_two_seconds_when_every_server_is_gone() {
    let (mut world, _) = World::in_call();
    world.server.answers_register = false;
    world.sidecar.logout = None;
    world.command(Command::SignOut).unwrap();
    assert_eq!(world.view().account, AccountView::SigningOut);
    world.pass(Duration::from_secs(2));
    let Some(SignedOutReason::ByUser { lock }) = world.signed_out() else {
        panic!("{:?}", world.signed_out());
    };
    assert!(
        matches!(
            lock,
            LockReturned::Unconfirmed {
                for_ms: 1..=3_600_000
            }
        ),
        "{lock:?}"
    );
}

#[test]
fn a_lock_that_the_sidecar_does_not_confirm_to_be_free_is_not_said_to_be() {
    for failure in [
        refused(503, "No lock"),
        refused(401, "expired"),
        unreachable(),
    ] {
        let mut world = World::signed_in();
        world.sidecar.logout = Some(Err(failure));
        world.pass(Duration::from_secs(10));
        world.command(Command::SignOut).unwrap();
        let lock = LockReturned::Unconfirmed { for_ms: 3_590_000 };
        assert_eq!(world.signed_out(), Some(by_user(lock)));
    }
}

#[test]
fn a_grant_that_comes_after_the_user_gave_up_is_given_back() {
    for late in [Duration::ZERO, Duration::from_secs(5)] {
        let mut world = World::new(setup());
        world.sidecar.login = None;
        world.sign_in();
        world.command(Command::SignOut).unwrap();
        world.pass(late);
        let grant = serde_json::from_str(&world::agent_grant()).unwrap();
        let reply = Ok(phone::Reply::Login(Box::new(grant)));
        world.input(phone::Input::Sidecar { attempt: 1, reply });
        assert_eq!(world.asked, ["login", "logout"], "after {late:?}");
        assert!(world.sent.is_empty());
        assert_eq!(world.signed_out(), Some(by_user(LockReturned::NotHeld)));
    }
}

#[test]
fn a_reply_that_nobody_waits_for_changes_nothing() {
    let mut world = World::signed_in();
    let (view, told) = (world.view(), world.events.len());
    for failure in [taken_over(), refused(401, "expired"), unreachable()] {
        world.input(phone::Input::Sidecar {
            attempt: 999,
            reply: Err(failure),
        });
    }
    assert_eq!(world.view(), view);
    assert_eq!(world.events.len(), told);
}

#[test]
fn an_account_that_cannot_be_used_is_named_and_its_lock_given_back() {
    for (from, to, named) in [
        (
            "wss://sip.example:444",
            "ws://sip.example",
            "sipWsServer must begin with wss://",
        ),
        ("wss://sip.example:444", "nonsense", "sipWsServer"),
        ("wss://sip.example:444", "https://sip.example", "wss://"),
        ("sip:700201@sip.example", "700201", "sipUri"),
        ("sip:700201@sip.example", "tel:+49123", "sipUri"),
        ("sip:700201@sip.example", "", "sipUri"),
    ] {
        let mut world = World::new(setup());
        world.sidecar.login = Some(Ok(world::agent_grant().replace(from, to)));
        world.sign_in();
        let Some(SignedOutReason::BadAccount { detail }) = world.signed_out() else {
            panic!("{to}: {:?}", world.view().account);
        };
        assert!(detail.contains(named), "{to}: {detail}");
        assert_eq!(world.asked, ["login", "logout"]);
    }
}

#[test]
fn a_fallback_account_needs_no_sidecar() {
    let mut world = World::new(phone::Setup {
        sidecar: false,
        fallback: Some(fallback()),
        ..setup()
    });
    assert!(world.happened(|it| matches!(it, Event::Registered { .. })));
    assert!(matches!(world.view().account, AccountView::Fallback { .. }));
    assert!(world.asked.is_empty());
    let call = world.dial("4711");
    world.command(Command::HangUp { call }).unwrap();
    world.command(Command::SignOut).unwrap();
    assert!(matches!(
        world.view().account,
        AccountView::SignedOut { .. }
    ));
}

#[test]
fn without_sidecar_and_fallback_the_view_says_why_there_is_no_phone() {
    let mut world = World::new(phone::Setup {
        sidecar: false,
        ..setup()
    });
    let AccountView::NotConfigured { message } = world.view().account else {
        panic!("{:?}", world.view());
    };
    assert!(
        message.contains("SIP_URI") && message.contains("sidecar"),
        "{message}"
    );
    let sign_in = Command::SignIn {
        email: "a".into(),
        password: "b".into(),
        takeover: false,
    };
    assert_eq!(world.command(sign_in), Err(Rejected::NoSidecar));
    assert_eq!(world.phone.poll_timeout(), None);

    let broken = phone::Fallback {
        ws_server: "ws://sip.example".into(),
        ..fallback()
    };
    let world = World::new(phone::Setup {
        sidecar: false,
        fallback: Some(broken),
        ..setup()
    });
    let AccountView::NotConfigured { message } = world.view().account else {
        panic!("{:?}", world.view());
    };
    assert!(message.contains("wss://"), "{message}");
}

fn account_changed() -> SidecarFailure {
    SidecarFailure::Refused {
        status: 401,
        message: "Your phone account has changed. Please sign in again.".to_owned(),
        holder: None,
        askable: false,
        retry_after: None,
        reason: Some(sidecar_api::RefusalReason::AccountChanged),
    }
}

fn taken_over() -> SidecarFailure {
    SidecarFailure::Refused {
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
    }
}

fn by_user(lock: LockReturned) -> SignedOutReason {
    SignedOutReason::ByUser { lock }
}
