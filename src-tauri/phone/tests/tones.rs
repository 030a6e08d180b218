//! The tones that tell how calls go, and the sound devices.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::time::Duration;

use phone::{
    CallSettings, Command, Event, Input, Output, Rejected, SoundNews, SoundRequest, SoundSettings,
    SoundVerdict, Tone,
};
use world::{World, setup};

#[test]
fn an_incoming_call_rings_until_it_is_answered_declined_or_given_up() {
    for end in ["answer", "decline", "cancel"] {
        let mut world = World::signed_in();
        world.incoming(true);
        let call = world.view().calls[0].call;
        assert_eq!(world.tone, Some(Tone::Ring));
        match end {
            "answer" => drop(world.command(Command::Answer { call }).unwrap()),
            "decline" => drop(world.command(Command::HangUp { call }).unwrap()),
            _ => world.deliver(
                "CANCEL sip:700201@sip.example SIP/2.0\r\nVia: SIP/2.0/WSS proxy.example;branch=z9hG4bK-in-1\r\n\
                 From: \"Ravi\" <sip:4711@sip.example>;tag=peer-1\r\nTo: <sip:700201@sip.example>\r\nCall-ID: in-1\r\n\
                 CSeq: 1 CANCEL\r\nContent-Length: 0\r\n\r\n",
            ),
        }
        assert_eq!(world.tone, None, "{end}");
    }
}

#[test]
fn a_call_that_its_user_silenced_waits_without_a_sound_and_the_next_one_rings() {
    let mut world = World::signed_in();
    world.incoming(true);
    let call = world.view().calls[0].call;
    assert!(!world.view().calls[0].silenced);
    world.command(Command::Silence { call }).unwrap();
    world.command(Command::Silence { call }).unwrap();
    assert_eq!(world.tone, None);
    assert!(world.view().calls[0].silenced);
    let told = |world: &World| {
        let silenced = |it: &&Event| matches!(it, Event::CallSilenced { .. });
        world.events.iter().filter(silenced).count()
    };
    assert_eq!(told(&world), 1);

    // It is answered as any other.
    world.command(Command::Answer { call }).unwrap();
    let answered = &world.view().calls[0];
    assert!(!answered.silenced, "{answered:?}");
    let again = Command::Silence { call };
    assert_eq!(
        world.command(again).unwrap_err(),
        Rejected::WrongState { call }
    );
    world.command(Command::HangUp { call }).unwrap();

    world.incoming_as("in-2", "", true);
    assert_eq!(world.tone, Some(Tone::Ring));
}

#[test]
fn it_rings_back_until_the_far_end_answers_or_is_heard_itself() {
    let mut world = World::signed_in();
    world.server.invite = vec!["100 Trying", "180 Ringing"];
    let call = world.dial("4711");
    assert_eq!(world.tone, Some(Tone::Ringback));
    world.command(Command::HangUp { call }).unwrap();
    assert_eq!(world.tone, None);

    let mut world = World::signed_in();
    world.server.invite = vec!["100 Trying", "183 Session Progress"];
    world.dial("4711");
    assert_eq!(world.tone, None);

    let (world, _) = World::in_call();
    assert_eq!(world.tone, None);
}

#[test]
fn a_refusal_is_heard_for_three_seconds_or_until_the_next_call() {
    let mut world = World::signed_in();
    for (status, tone) in [
        ("486 Busy Here", Tone::Busy),
        ("503 Service Unavailable", Tone::Congestion),
    ] {
        world.server.invite = vec!["100 Trying", status];
        world.dial("4711");
        assert_eq!(world.tone, Some(tone));
        world.pass(Duration::from_millis(2_900));
        assert_eq!(world.tone, Some(tone));
        world.pass(Duration::from_millis(200));
        assert_eq!(world.tone, None);
    }

    world.server.invite = vec!["100 Trying", "486 Busy Here"];
    world.dial("4711");
    assert_eq!(world.tone, Some(Tone::Busy));
    world.server.invite = vec!["100 Trying"];
    world.dial("4712");
    assert_eq!(world.tone, None);
}

#[test]
fn a_second_call_waits_softly() {
    let mut world = World::new(phone::Setup {
        calls: CallSettings {
            max_calls: 2,
            ..CallSettings::default()
        },
        ..setup()
    });
    world.sign_in();
    world.dial("4711");
    world.incoming(true);
    assert_eq!(world.tone, Some(Tone::CallWaiting));
}

#[test]
fn signing_out_ends_the_ring() {
    let mut world = World::signed_in();
    world.incoming(true);
    world.command(Command::SignOut).unwrap();
    assert_eq!(world.tone, None);
}

#[test]
fn the_devices_are_used_as_the_settings_say_from_the_start_and_from_a_change_on() {
    let first = SoundSettings {
        microphone: vec!["pulseaudio:headset".to_owned()],
        ..SoundSettings::default()
    };
    let mut world = World::new(phone::Setup {
        sound: first.clone(),
        ..setup()
    });
    assert_eq!(world.sound, [SoundRequest::Use(first)]);

    let quiet = SoundSettings {
        ring_volume: 25,
        ..SoundSettings::default()
    };
    let command = Command::SetSound {
        settings: quiet.clone(),
    };
    world.command(command).unwrap();
    assert_eq!(world.sound[1..], [SoundRequest::Use(quiet.clone())]);
    assert_eq!(world.view().sound.settings, quiet);

    for (wrong, field) in [
        (
            SoundSettings {
                ring_volume: 101,
                ..quiet.clone()
            },
            "ring_volume",
        ),
        (
            SoundSettings {
                country: "India".to_owned(),
                ..quiet.clone()
            },
            "country",
        ),
        (
            SoundSettings {
                country: "XX".to_owned(),
                ..quiet.clone()
            },
            "one of AE, AU",
        ),
        (
            SoundSettings {
                microphone: vec!["m".to_owned(); 33],
                ..quiet.clone()
            },
            "microphone has more than 32",
        ),
        (
            SoundSettings {
                speaker: vec![String::new()],
                ..quiet.clone()
            },
            "speaker has an empty id",
        ),
        (
            SoundSettings {
                ringer: vec!["r".repeat(1_025)],
                ..quiet.clone()
            },
            "ringer has an id of more than 1024 bytes",
        ),
    ] {
        let rejected = world.command(Command::SetSound { settings: wrong });
        assert!(
            matches!(&rejected, Err(Rejected::InvalidSettings { reason }) if reason.contains(field)),
            "{rejected:?}"
        );
    }
    assert_eq!(world.view().sound.settings, quiet, "nothing was changed");
}

#[test]
fn sound_is_checked_while_there_is_no_call() {
    let mut world = World::new(setup());
    world.command(Command::SoundCheck).unwrap();
    assert_eq!(world.sound[1..], [SoundRequest::Check]);
    let again = world.command(Command::SoundCheck);
    assert_eq!(again, Err(Rejected::CheckRuns));
    assert_eq!(world.sound.len(), 2, "nothing was begun anew");
    let news = SoundNews::Checked {
        verdict: SoundVerdict::Good,
        words: "Sounds good",
    };
    world.input(Input::Sound { news });
    let checked = Event::SoundChecked {
        verdict: SoundVerdict::Good,
        words: "Sounds good",
    };
    assert!(world.happened(|it| *it == checked));
    world.command(Command::SoundCheck).unwrap();

    let (mut world, _) = World::in_call();
    assert_eq!(world.command(Command::SoundCheck), Err(Rejected::InCall));
}

#[test]
fn an_output_is_heard_for_three_seconds() {
    for (output, tone) in [
        (Output::Speaker, Tone::Ringback),
        (Output::Ringer, Tone::Ring),
    ] {
        let mut world = World::new(setup());
        world.command(Command::TestOutput { output }).unwrap();
        assert_eq!(world.tone, Some(tone));
        assert_eq!(world.view().sound.tested, Some(output));
        world.pass(Duration::from_millis(2_999));
        assert_eq!(world.tone, Some(tone), "it goes on");
        world.pass(Duration::from_millis(1));
        assert_eq!(world.tone, None);
        assert_eq!(world.view().sound.tested, None);
    }
}

#[test]
fn the_test_of_an_output_gives_way() {
    let ringer = || Command::TestOutput {
        output: Output::Ringer,
    };
    let mut world = World::new(setup());
    world.command(ringer()).unwrap();
    world.command(ringer()).unwrap();
    assert_eq!(world.tone, None, "to a second press");

    world.command(ringer()).unwrap();
    let output = Output::Speaker;
    world.command(Command::TestOutput { output }).unwrap();
    assert_eq!(world.tone, Some(Tone::Ringback), "to that of another one");
    world.command(Command::SoundCheck).unwrap();
    assert_eq!(world.tone, None, "to the sound check");
    assert_eq!(world.command(ringer()), Err(Rejected::CheckRuns));

    let (mut world, _) = World::in_call();
    assert_eq!(world.command(ringer()), Err(Rejected::InCall));
}

#[test]
fn an_open_microphone_is_shown() {
    let mut world = World::new(setup());
    for open in [true, false] {
        let news = SoundNews::CaptureOpen(open);
        world.input(Input::Sound { news });
        assert!(world.happened(|it| *it == Event::SoundCapture { open }));
        assert_eq!(world.view().sound.capture_open, open);
    }
}
