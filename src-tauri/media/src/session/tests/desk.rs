use std::time::{Duration, Instant};

use super::world::{ID, Make, World, make};
use crate::codec::Frame;
use crate::device::{Calls, Source, Use};
use crate::session::{Microphone, Speaker};
use crate::{Command, News};

const CALLER: usize = 0;
const CALLEE: usize = 1;

/// At the other end the mute is heard when the end of the voice itself would have been: the frames
/// that the microphone gave before it, at most one packet, are all that is still sent.
#[test]
fn a_mute_is_silence_on_the_wire_within_20_ms() {
    let end_of_voice = |stop: &dyn Fn(&mut World)| -> Duration {
        let mut world = talking();
        world.run(Duration::from_millis(2_003));
        let stopped = world.now;
        stop(&mut world);
        world.run(Duration::from_millis(500));
        let heard = &world.ends[CALLEE].heard;
        let last = last_loud(heard).unwrap();
        assert!(last > stopped, "it was heard until then");
        last - stopped
    };
    let by_itself = end_of_voice(&|world| world.ends[CALLER].says = Some(Source::Silence));
    let muted = end_of_voice(&|world| {
        world.command(
            CALLER,
            Command::Mute {
                session: ID,
                on: true,
            },
        );
    });
    assert!(
        muted <= by_itself + Duration::from_millis(20),
        "{muted:?}, {by_itself:?}"
    );
}

#[test]
fn a_muted_microphone_sends_packets_that_decode_to_silence() {
    let mut world = talking();
    world.run(Duration::from_secs(1));
    world.command(
        CALLER,
        Command::Mute {
            session: ID,
            on: true,
        },
    );
    world.run(Duration::from_millis(300));
    let since = world.now;
    world.ends[CALLEE].heard.clear();
    world.run(Duration::from_secs(2));
    let heard = &world.ends[CALLEE].heard;
    assert_eq!(heard.len(), 200);
    assert!(heard.iter().all(|(_, frame)| level(frame) < -90.0));
    // Packets of 20 ms go on, so that nobody takes the silence for a broken line.
    assert!((100..=103).contains(&world.ends[CALLER].media_sent(since)));
}

#[test]
fn a_session_wants_the_microphone_from_the_connection_on_and_not_while_it_is_held() {
    let mut world = World::new();
    let caller = world.add(at_the_desk("192.0.2.1:4000"));
    let callee = world.add(at_the_desk("192.0.2.2:5000"));
    let wants = |world: &World| world.ends[CALLER].session.calls();
    let calls = |microphone| Calls {
        microphone,
        playback: true,
    };
    assert_eq!(wants(&world), calls(Use::Closed));
    let offer = world.offer(caller);
    let (answer, _) = world.answer(callee, offer).unwrap();
    world.apply(caller, answer).unwrap();
    world.select(callee);
    world.select(caller);
    assert_eq!(
        wants(&world),
        calls(Use::Closed),
        "not before the connection"
    );
    world.until(caller, |news| {
        matches!(news, News::Connected { .. }).then_some(())
    });
    assert_eq!(wants(&world), calls(Use::Open));
    for (command, expected) in [
        (
            Command::Mute {
                session: ID,
                on: true,
            },
            calls(Use::Muted),
        ),
        (
            Command::Hold {
                session: ID,
                on: true,
            },
            calls(Use::Closed),
        ),
        (
            Command::Hold {
                session: ID,
                on: false,
            },
            calls(Use::Muted),
        ),
        (
            Command::Mute {
                session: ID,
                on: false,
            },
            calls(Use::Open),
        ),
        (Command::Close { session: ID }, Calls::default()),
    ] {
        world.command(caller, command);
        assert_eq!(wants(&world), expected);
    }
}

#[test]
fn a_session_with_files_wants_nothing_of_the_desk() {
    let mut world = World::with_call();
    world.run(Duration::from_secs(1));
    assert_eq!(world.ends[CALLER].session.calls(), Calls::default());
    assert_eq!(world.ends[CALLER].session.take_played(), None);
}

/// A caller who speaks into the desk's microphone, and a callee who hears at the desk's speaker.
pub(super) fn talking() -> World {
    let mut world = World::new();
    let caller = world.add(at_the_desk("192.0.2.1:4000"));
    let callee = world.add(at_the_desk("192.0.2.2:5000"));
    world.ends[CALLER].says = Some(Source::tone(440.0));
    world.call(caller, callee);
    world
}

fn at_the_desk(address: &str) -> Make<'_> {
    Make {
        microphone: Microphone::desk(),
        speaker: Speaker::desk(),
        ..make(address, 440.0)
    }
}

fn last_loud(heard: &[(Instant, Frame)]) -> Option<Instant> {
    let loud = |frame: &Frame| level(frame) > -40.0;
    let last = heard.iter().rev().find(|(_, frame)| loud(frame));
    last.map(|(at, _)| *at)
}

/// In dB.
fn level(frame: &Frame) -> f32 {
    let power = frame.iter().map(|s| s * s).sum::<f32>() / frame.len() as f32;
    10.0 * power.max(1e-13).log10()
}
