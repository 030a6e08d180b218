//! What the view tells beside states: since when, until when, and what is left of a call.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::time::Duration;

use phone::{
    AccountView, AgentView, CallQuality, CandidateKind, Codec, Command, Device, DeviceFault,
    DeviceKind, DeviceRole, DeviceWhy, Direction, EndCause, Input, LeaseState, LineView, LinkView,
    MediaNews, Moment, Quality, SoundCheckView, SoundNews, SoundSettings, SoundVerdict, VaultView,
    VoicePath,
};
use world::{World, setup};

#[test]
fn an_agent_is_told_with_extension_and_campaign_while_signed_in() {
    let mut world = World::signed_in();
    let agent = AgentView {
        agent_id: "agent2".into(),
        extension: "700201".into(),
        campaign: Some("Inbound_1".into()),
    };
    assert_eq!(world.view().agent, Some(agent));
    world.command(Command::SignOut).unwrap();
    assert_eq!(world.view().agent, None);
    assert_eq!(world.view().ended, None);
}

#[test]
fn each_proof_has_the_moment_at_which_it_came() {
    let mut world = World::new(setup());
    world.pass(Duration::from_secs(10));
    world.sign_in();
    let ten = Moment(10_000);
    let view = world.view();
    assert!(matches!(view.account, AccountView::SignedIn { since, .. } if since == ten));
    assert_eq!(view.link, LinkView::Up { since: ten });
    assert!(matches!(view.line, LineView::Registered { since, .. } if since == ten));
    assert_eq!(view.proofs.session_confirmed_at, Some(ten));
    assert_eq!(view.proofs.session_expires_at, Some(Moment(3_610_000)));
    assert_eq!(view.proofs.link_heard_at, Some(ten));
    assert_eq!(view.proofs.line_confirmed_at, Some(ten));
    assert!(view.proofs.line_expires_at > Some(ten));

    // Pongs and refreshes renew the proofs, and change nothing else.
    world.pass(Duration::from_secs(900));
    let later = world.view();
    assert!(later.proofs.link_heard_at > Some(Moment(890_000)));
    assert!(later.proofs.session_confirmed_at > Some(ten));
    assert!(later.proofs.line_confirmed_at > Some(ten));
    assert_eq!((later.link, later.line), (view.link, view.line));
}

#[test]
fn a_lost_session_proves_nothing_and_a_link_that_is_down_says_when_it_tries_again() {
    let (mut world, _) = World::in_call();
    world.sidecar.beat = Some(Err(world::refused(409, "Taken over")));
    world.pass(Duration::from_secs(301));
    let view = world.view();
    assert!(matches!(view.lease.unwrap().state, LeaseState::Lost { .. }));
    assert_eq!(view.proofs.session_confirmed_at, None);

    let mut world = World::signed_in();
    world.server.reachable = false;
    world.server.answers_pings = false;
    world.pass(Duration::from_secs(13));
    let now = Moment(world.now.duration_since(world.start).as_millis() as u64);
    let view = world.view();
    let LinkView::Down { retry_at, .. } = view.link else {
        panic!("{view:?}");
    };
    assert!(retry_at >= now);
    assert_eq!(view.proofs.link_heard_at, None);
}

#[test]
fn a_call_has_its_times_and_leaves_them_behind() {
    let (mut world, call) = World::in_call();
    world.pass(Duration::from_secs(60));
    world.command(Command::Hold { call }).unwrap();
    world.pass(Duration::from_secs(5));
    let view = world.view().calls[0].clone();
    assert_eq!(view.began_at, Moment(0));
    assert_eq!(view.talking_since, Some(Moment(0)));
    assert_eq!(view.held_since, Some(Moment(60_000)));

    world.command(Command::Resume { call }).unwrap();
    let news = MediaNews::Interrupted;
    world.input(Input::Media { call, news });
    let view = world.view().calls[0].clone();
    assert_eq!(view.held_since, None);
    assert_eq!(view.interrupted_since, Some(Moment(65_000)));

    world.command(Command::HangUp { call }).unwrap();
    let ended = world.view().ended.unwrap();
    assert_eq!((ended.call, ended.cause), (call, EndCause::Local));
    assert_eq!(ended.direction, Direction::Outgoing);
    assert_eq!(ended.talked_ms, Some(65_000));
    assert_eq!(ended.at, Moment(65_000));
}

#[test]
fn a_call_that_never_talked_leaves_no_time() {
    let mut world = World::signed_in();
    world.server.invite = vec!["486 Busy Here"];
    world.dial("4711");
    let ended = world.view().ended.unwrap();
    assert_eq!(ended.talked_ms, None);
    assert!(matches!(ended.cause, EndCause::Busy { status: 486, .. }));
}

#[test]
fn the_sound_of_a_call_has_a_word_that_is_forgotten_when_sound_comes_back() {
    let (mut world, call) = World::in_call();
    let report = |seconds: u64, concealed| {
        let news = MediaNews::Quality(Quality {
            samples_played: seconds * 48_000,
            samples_concealed: concealed,
            ..Quality::default()
        });
        Input::Media { call, news }
    };
    world.input(report(1, 0));
    assert_eq!(world.view().calls[0].quality, None);
    world.input(report(2, 0));
    assert_eq!(world.view().calls[0].quality, Some(CallQuality::Good));
    world.input(report(3, 24_000));
    assert_eq!(world.view().calls[0].quality, Some(CallQuality::Poor));
    let after = Duration::from_secs(1);
    let news = MediaNews::Resumed { after };
    world.input(Input::Media { call, news });
    assert_eq!(world.view().calls[0].quality, None);
}

#[test]
fn a_call_tells_which_way_its_sound_goes() {
    let (mut world, call) = World::in_call();
    assert_eq!(world.view().calls[0].path, None);
    let path = VoicePath {
        local: ([192, 0, 2, 1], 4000).into(),
        remote: ([203, 0, 113, 7], 30_000).into(),
        remote_kind: CandidateKind::Relayed,
        codec: Codec::Pcma,
    };
    for news in [
        MediaNews::Path(path),
        MediaNews::Quality(Quality {
            round_trip_ms: Some(42.0),
            ..Quality::default()
        }),
    ] {
        world.input(Input::Media { call, news });
    }
    let view = &world.view().calls[0];
    assert_eq!((view.path, view.round_trip_ms), (Some(path), Some(50)));
}

#[test]
fn the_devices_that_will_be_used_are_told_before_they_are_opened() {
    let mut world = World::signed_in();
    assert_eq!(world.view().sound.devices, None);
    let laptop = Device {
        default_input: true,
        ..device("laptop", true, DeviceKind::BuiltIn)
    };
    let devices = vec![
        device("monitor", true, DeviceKind::Monitor),
        laptop,
        device("headset", true, DeviceKind::Headset),
        device("speakers", false, DeviceKind::Other),
    ];
    world.input(Input::Sound {
        news: SoundNews::Devices(devices.clone()),
    });
    let sound = world.view().sound;
    assert_eq!(sound.devices, Some(devices));
    assert_eq!(sound.microphone.unwrap().id, "laptop", "never a monitor");
    assert_eq!(sound.speaker.unwrap().id, "speakers");

    let settings = SoundSettings {
        microphone: vec!["gone".into(), "headset".into()],
        ..SoundSettings::default()
    };
    world.command(Command::SetSound { settings }).unwrap();
    assert_eq!(world.view().sound.microphone.unwrap().id, "headset");
    let settings = SoundSettings {
        microphone: vec!["monitor".into()],
        ..SoundSettings::default()
    };
    world.command(Command::SetSound { settings }).unwrap();
    let microphone = world.view().sound.microphone.unwrap();
    assert_eq!(microphone.id, "monitor", "because it is a favourite");
}

#[test]
fn where_the_system_prefers_none_a_headset_is_told_before_the_rest() {
    let mut world = World::signed_in();
    world.input(Input::Sound {
        news: SoundNews::Devices(vec![
            device("dock", true, DeviceKind::Other),
            device("laptop", true, DeviceKind::BuiltIn),
            device("headset", true, DeviceKind::Headset),
        ]),
    });
    assert_eq!(world.view().sound.microphone.unwrap().id, "headset");
    assert_eq!(world.view().sound.speaker, None);
}

#[test]
fn the_device_that_is_open_is_told_until_it_is_closed_whatever_else_there_is() {
    let mut world = World::signed_in();
    let settings = SoundSettings {
        microphone: vec!["headset".into()],
        ..SoundSettings::default()
    };
    world.command(Command::SetSound { settings }).unwrap();
    let laptop = device("laptop", true, DeviceKind::BuiltIn);
    let headset = device("headset", true, DeviceKind::Headset);
    let listed = SoundNews::Devices(vec![laptop.clone(), headset.clone()]);
    let microphone = |world: &mut World, news: SoundNews| {
        world.input(Input::Sound { news });
        world.view().sound.microphone
    };
    let used = |device: Option<&Device>| SoundNews::DeviceUsed {
        role: DeviceRole::Microphone,
        device: device.cloned(),
    };
    let changed = |device: Option<&Device>| SoundNews::DeviceChanged {
        role: DeviceRole::Microphone,
        device: device.cloned(),
        why: DeviceWhy::Refused,
        lost: Some("headset".into()),
        words: "What happened".into(),
    };
    assert_eq!(
        microphone(&mut world, listed.clone()),
        Some(headset.clone())
    );

    // The headset is busy. Whoever opens the list of devices asks for them again.
    microphone(&mut world, used(Some(&laptop)));
    microphone(&mut world, changed(Some(&laptop)));
    assert_eq!(microphone(&mut world, listed.clone()), Some(laptop));

    // The system lets nobody use any.
    microphone(&mut world, changed(None));
    assert_eq!(microphone(&mut world, listed.clone()), None);
    let fault = DeviceFault {
        why: DeviceWhy::Refused,
        device: Some("headset".into()),
    };
    assert_eq!(world.view().sound.microphone_fault, Some(fault));

    microphone(&mut world, used(Some(&headset)));
    assert_eq!(world.view().sound.microphone_fault, None);
    let pulled = SoundNews::Devices(Vec::new());
    assert_eq!(
        microphone(&mut world, pulled),
        Some(headset.clone()),
        "it is closed before something else is told"
    );
    assert_eq!(microphone(&mut world, used(None)), None);
    assert_eq!(microphone(&mut world, listed), Some(headset));
}

#[test]
fn a_sound_check_stands_in_the_view_from_its_beginning() {
    let mut world = World::signed_in();
    world.command(Command::SoundCheck).unwrap();
    assert_eq!(world.view().sound.check, Some(SoundCheckView::Running));
    world.pass(Duration::from_secs(6));
    world.input(Input::Sound {
        news: SoundNews::Checked {
            verdict: SoundVerdict::Good,
            words: "Good",
        },
    });
    let done = SoundCheckView::Done {
        verdict: SoundVerdict::Good,
        words: "Good",
        at: Moment(6_000),
        playback: None,
    };
    assert_eq!(world.view().sound.check, Some(done));

    world.command(Command::SoundCheck).unwrap();
    world.input(Input::Sound {
        news: SoundNews::CheckGivenUp,
    });
    assert_eq!(world.view().sound.check, None, "a call came");
    world.command(Command::SoundCheck).unwrap();

    world.input(Input::Sound {
        news: SoundNews::MutedSpeech,
    });
    assert_eq!(world.view().sound.muted_speech_at, Some(Moment(6_000)));
}

#[test]
fn the_vault_is_told_until_the_next_sign_in() {
    let world = World::signed_in();
    assert_eq!(world.view().vault, VaultView::Memory, "as it was wished");

    let mut world = World::restarted(&world::agent_grant());
    world.settle();
    assert_eq!(world.view().vault, VaultView::Keyring);
    let detail = "The keyring is locked".to_owned();
    world.input(Input::VaultFailed {
        detail: detail.clone(),
    });
    assert_eq!(world.view().vault, VaultView::Failed { detail });
    world.command(Command::SignOut).unwrap();
    world.sign_in();
    assert_eq!(world.view().vault, VaultView::Keyring);
}

fn device(id: &str, input: bool, kind: DeviceKind) -> Device {
    Device {
        id: id.to_owned(),
        name: id.to_owned(),
        kind,
        input,
        output: !input,
        default_input: false,
        default_output: false,
    }
}
