//! The check of the whole phone, and of the way to the sidecar before anybody signs in.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::time::Duration;

use phone::{
    Command, Device, DeviceFault, DeviceKind, DeviceRole, DeviceWhy, Event, Hop, HopFacts, Input,
    PathCheckView, PathProbe, PlaybackView, Rejected, ServerCheckView, Setup, SidecarFailure,
    SignedOutReason, SoundCheckView, SoundNews, SoundRequest, SoundVerdict,
};
use world::{World, fallback, refused, setup, unreachable};

#[test]
fn before_the_sign_in_it_is_asked_whether_the_sidecar_answers() {
    let mut world = World::new(setup());
    assert_eq!(world.view().server_check, None);
    world.command(Command::Check).unwrap();
    assert_eq!(world.asked, ["probe"]);
    let check = world.view().server_check.unwrap();
    assert!(
        matches!(check, ServerCheckView::Reached { .. }),
        "{check:?}"
    );
    assert!(world.happened(|it| *it
        == Event::ServerChecked {
            check: check.clone()
        }));
    assert_eq!(world.signed_out(), None, "nothing else has changed");
}

#[test]
fn whoever_answers_is_there_unless_it_cannot_serve() {
    for (failure, reached) in [
        (refused(404, "Cannot GET /healthz"), true),
        (refused(503, "The lock store is down"), false),
        (unreachable(), false),
    ] {
        let mut world = World::new(setup());
        world.sidecar.probe = Some(Err(failure.clone()));
        world.command(Command::Check).unwrap();
        let check = world.view().server_check.unwrap();
        let is_reached = matches!(check, ServerCheckView::Reached { .. });
        assert_eq!(is_reached, reached, "{failure:?}: {check:?}");
    }
}

#[test]
fn a_clock_is_right_up_to_five_minutes_or_told_or_not_known() {
    for (ahead, told) in [
        (None, None),
        (Some(0), Some(0)),
        (Some(300_000), Some(0)),
        (Some(-300_000), Some(0)),
        (Some(300_001), Some(300_001)),
        (Some(-7_200_000), Some(-7_200_000)),
        (Some(i64::MIN), Some(i64::MIN)),
    ] {
        let mut world = World::new(setup());
        world.sidecar.clock_ahead_ms = ahead;
        world.command(Command::Check).unwrap();
        let check = world.view().server_check.unwrap();
        let ServerCheckView::Reached { clock_ahead_ms, .. } = check else {
            panic!("{check:?}");
        };
        assert_eq!(clock_ahead_ms, told, "{ahead:?}");
    }
}

#[test]
fn what_a_proxy_or_a_certificate_said_goes_along_with_the_sentence() {
    let facts = Some(Box::new(HopFacts::Proxy {
        name: "proxy.example:3128".to_owned(),
        status: Some(407),
        port: 443,
    }));
    let failure = SidecarFailure::Unreachable {
        hop: Hop::Proxy,
        detail: "No.".to_owned(),
        facts: facts.clone(),
    };
    let mut world = World::new(setup());
    world.sidecar.probe = Some(Err(failure.clone()));
    world.command(Command::Check).unwrap();
    let check = world.view().server_check.unwrap();
    assert!(
        matches!(&check, ServerCheckView::Failed { facts: told, .. } if *told == facts),
        "{check:?}"
    );
    world.sidecar.login = Some(Err(failure));
    world.sign_in();
    let reason = world.signed_out().unwrap();
    assert!(
        matches!(&reason, SignedOutReason::Unreachable { facts: told, .. } if *told == facts),
        "{reason:?}"
    );
}

#[test]
fn an_answer_that_never_comes_is_not_awaited_for_ever() {
    let mut world = World::new(setup());
    world.sidecar.probe = None;
    world.command(Command::Check).unwrap();
    assert_eq!(world.view().server_check, Some(ServerCheckView::Running));
    world.command(Command::Check).unwrap();
    assert_eq!(world.asked, ["probe"], "one question at a time");
    world.pass(Duration::from_secs(4));
    let check = world.view().server_check.unwrap();
    let silent = matches!(
        &check,
        ServerCheckView::Failed {
            hop: Hop::Timeout,
            ..
        }
    );
    assert!(silent, "{check:?}");
}

#[test]
fn with_a_line_the_session_and_the_registration_are_confirmed_anew() {
    let mut world = World::signed_in();
    world.pass(Duration::from_secs(20));
    let before = world.view().proofs;
    let registered = world.count_sent("REGISTER");
    world.asked.clear();
    world.command(Command::Check).unwrap();
    assert_eq!(world.asked, ["probe", "heartbeat"]);
    assert!(world.count_sent("REGISTER") > registered);
    let after = world.view().proofs;
    assert!(after.session_confirmed_at > before.session_confirmed_at);
    assert!(after.line_confirmed_at > before.line_confirmed_at);
    assert!(after.line_expires_at > before.line_expires_at);
}

#[test]
fn before_the_sign_in_and_in_a_call_neither_microphone_nor_path_is_asked_for() {
    for mut world in [World::new(setup()), World::in_call().0] {
        world.sound.clear();
        world.command(Command::Check).unwrap();
        let view = world.view();
        assert_eq!((world.probes, view.path_check), (0, None));
        assert_eq!((&world.sound[..], view.sound.check), (&[][..], None));
    }
}

#[test]
fn with_a_line_the_voice_path_is_asked_for_and_told_once() {
    let mut world = World::signed_in();
    world.command(Command::Check).unwrap();
    assert_eq!(world.view().path_check, Some(PathCheckView::Running));
    world.command(Command::Check).unwrap();
    assert_eq!(world.probes, 1, "one question at a time");
    let (local, seen_as) = (
        ([192, 168, 1, 20], 50_000).into(),
        ([203, 0, 113, 9], 40_000).into(),
    );
    let found = PathProbe::Reached {
        local,
        seen_as,
        took: Duration::from_millis(24),
    };
    world.input(Input::PathProbed {
        found: found.clone(),
    });
    let check = world.view().path_check.unwrap();
    assert!(
        matches!(check, PathCheckView::Reached { local: from, seen_as: seen, took_ms: 24, .. }
            if from == local && seen == seen_as),
        "{check:?}"
    );
    assert!(world.happened(|it| *it
        == Event::PathChecked {
            check: check.clone()
        }));

    world.input(Input::NetworkChanged);
    assert_eq!(world.view().path_check, None, "it was another network");
    world.input(Input::PathProbed { found });
    assert_eq!(world.view().path_check, None, "nobody asked");
}

#[test]
fn a_path_that_nobody_answers_for_is_told_so() {
    let servers = vec![([203, 0, 113, 5], 3478).into()];
    let mut world = World::signed_in();
    for (found, expected) in [
        (
            Some(PathProbe::Silent {
                servers: servers.clone(),
            }),
            Some(servers),
        ),
        (Some(PathProbe::NoServer), None),
        // The media thread is gone.
        (None, Some(Vec::new())),
    ] {
        world.command(Command::Check).unwrap();
        match found {
            Some(found) => world.input(Input::PathProbed { found }),
            None => world.pass(Duration::from_secs(4)),
        }
        let told = match world.view().path_check {
            Some(PathCheckView::Silent { servers, .. }) => Some(servers),
            Some(PathCheckView::NoServer { .. }) => None,
            other => panic!("{other:?}"),
        };
        assert_eq!(told, expected);
    }
}

#[test]
fn the_microphone_is_checked_and_the_speaker_that_plays_what_it_heard() {
    let mut world = World::signed_in();
    world.command(Command::Check).unwrap();
    assert!(world.sound.contains(&SoundRequest::Check));
    assert_eq!(world.view().sound.check, Some(SoundCheckView::Running));
    let hear = |world: &mut World, news| world.input(Input::Sound { news });
    let used = |device| SoundNews::DeviceUsed {
        role: DeviceRole::Speaker,
        device,
    };
    let checked = |verdict| SoundNews::Checked { verdict, words: "" };
    let playback = |world: &World| match world.view().sound.check {
        Some(SoundCheckView::Done { playback, .. }) => playback,
        other => panic!("{other:?}"),
    };
    hear(&mut world, checked(SoundVerdict::Good));
    assert_eq!(playback(&world), None);
    hear(&mut world, used(Some(headset())));
    hear(&mut world, used(None));
    let open = PlaybackView::Open {
        device: "Headset".to_owned(),
    };
    assert_eq!(playback(&world), Some(open));
    hear(
        &mut world,
        SoundNews::DeviceChanged {
            role: DeviceRole::Speaker,
            device: None,
            why: DeviceWhy::Busy,
            lost: Some("Headset".to_owned()),
            words: "Headset is used by another program".to_owned(),
        },
    );
    let fault = DeviceFault {
        why: DeviceWhy::Busy,
        device: Some("Headset".to_owned()),
    };
    assert_eq!(playback(&world), Some(PlaybackView::Failed { fault }));

    world.command(Command::Check).unwrap();
    hear(&mut world, checked(SoundVerdict::NoMicrophone));
    hear(&mut world, used(Some(headset())));
    assert_eq!(playback(&world), None, "nothing was recorded");
}

fn headset() -> Device {
    Device {
        id: "pulse:headset".to_owned(),
        name: "Headset".to_owned(),
        kind: DeviceKind::Headset,
        input: true,
        output: true,
        default_input: true,
        default_output: true,
    }
}

#[test]
fn a_line_that_is_down_is_tried_now() {
    let mut world = World::signed_in();
    world.server.reachable = false;
    world.drop_flow();
    world.pass(Duration::from_secs(120));
    world.server.reachable = true;
    let opened = world.flows_opened;
    world.command(Command::Check).unwrap();
    assert_eq!(world.flows_opened, opened + 1);
    assert!(world.view().proofs.line_confirmed_at.is_some());
}

#[test]
fn a_call_goes_on_while_the_phone_is_checked() {
    let (mut world, call) = World::in_call();
    world.command(Command::Check).unwrap();
    let calls = world.view().calls;
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].call, call);
    assert!(!calls[0].interrupted);
}

#[test]
fn without_a_server_there_is_nothing_to_check() {
    let mut world = World::new(Setup {
        sidecar: false,
        ..setup()
    });
    assert_eq!(world.command(Command::Check), Err(Rejected::NoSidecar));

    let mut world = World::new(Setup {
        sidecar: false,
        fallback: Some(fallback()),
        ..setup()
    });
    world.pass(Duration::from_secs(20));
    let registered = world.count_sent("REGISTER");
    world.command(Command::Check).unwrap();
    assert!(
        world.count_sent("REGISTER") > registered,
        "its line is checked"
    );
    assert_eq!(world.view().server_check, None);
}
