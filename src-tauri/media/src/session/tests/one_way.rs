use std::time::Duration;

use super::world::{ID, World};
use crate::{Command, News};

const CALLER: usize = 0;
const CALLEE: usize = 1;

fn is_interrupted(news: &News) -> bool {
    matches!(news, News::Interrupted { .. })
}

fn ms_of(duration: Duration) -> u64 {
    duration.as_millis() as u64
}

#[test]
fn both_sides_know_what_does_not_arrive_while_the_path_lives() {
    let mut world = World::with_call();
    world.hears(CALLER, 880.0);
    let whole = world.quality(CALLER, |_| true);
    assert!(whole.silent_ms.is_some_and(|it| it <= 20), "{whole:?}");
    let begin = world.now;
    world.mutes = Some(world.ends[CALLEE].address);

    let heard = world.quality(CALLER, |it| it.silent_ms >= Some(4_000));
    let after = ms_of(world.now - begin);
    assert!((4_000..5_100).contains(&after), "{after} ms");
    let made_up = heard.samples_concealed - whole.samples_concealed;
    assert!(
        (3 * 48_000..6 * 48_000).contains(&made_up),
        "counted while it is made up: {made_up}"
    );
    let said = world.quality(CALLEE, |it| it.unheard_ms >= Some(4_000));
    let after = ms_of(world.now - begin);
    assert!(after < 14_000, "two reports of the caller: {after} ms");
    assert!(said.silent_ms.is_some_and(|it| it <= 20), "{said:?}");
    let other = world.quality(CALLER, |_| true);
    assert!(other.unheard_ms < Some(4_000), "{other:?}");

    world.mutes = None;
    world.quality(CALLER, |it| it.silent_ms <= Some(20));
    world.quality(CALLEE, |it| it.unheard_ms == Some(0));
    world.hears(CALLER, 880.0);
    for end in [CALLER, CALLEE] {
        assert!(!world.ends[end].news.iter().any(is_interrupted));
    }
}

#[test]
fn a_held_call_is_not_one_way() {
    let mut world = World::with_call();
    world.hears(CALLER, 880.0);
    hold(&mut world, true);
    world.run(Duration::from_secs(30));
    for end in [CALLER, CALLEE] {
        let quality = world.quality(end, |_| true);
        assert_eq!((quality.silent_ms, quality.unheard_ms), (None, None));
    }
    hold(&mut world, false);
    world.run(Duration::from_secs(30));
    for end in [CALLER, CALLEE] {
        let told = world.ends[end].news.iter();
        let bad = told.filter(|news| match news {
            News::Quality { quality, .. } => {
                quality.silent_ms > Some(500) || quality.unheard_ms > Some(500)
            }
            _ => false,
        });
        assert_eq!(bad.count(), 0, "the end of a hold is no pause of a peer");
        assert!(world.quality(end, |_| true).silent_ms.is_some());
    }
}

fn hold(world: &mut World, on: bool) {
    world.command(CALLER, Command::Hold { session: ID, on });
    let offer = world.offer(CALLER);
    let (answer, _) = world.answer(CALLEE, offer).unwrap();
    world.apply(CALLER, answer).unwrap();
}

#[test]
fn a_peer_that_rests_without_a_word_is_silent_once_and_then_known_to_rest() {
    let mut world = World::with_call();
    world.hears(CALLER, 880.0);
    let rest = |world: &mut World, on| {
        // Its offer never leaves.
        world.command(CALLEE, Command::Hold { session: ID, on });
    };
    rest(&mut world, true);
    let before = world.quality(CALLER, |it| it.silent_ms >= Some(5_000));
    assert!(before.samples_concealed > 4 * 48_000);
    rest(&mut world, false);
    world.hears(CALLER, 880.0);
    rest(&mut world, true);
    world.run(Duration::from_secs(10));
    let quality = world.quality(CALLER, |_| true);
    assert_eq!(quality.silent_ms, None);
    assert_eq!(
        quality.samples_concealed, 0,
        "it had paused, and does again"
    );
}

#[test]
fn an_interruption_is_neither_silence_nor_deafness() {
    let mut world = World::with_call();
    world.hears(CALLER, 880.0);
    world.is_down = true;
    world.run(Duration::from_secs(10));
    for end in [CALLER, CALLEE] {
        let quality = world.ends[end].session.quality(world.now);
        assert_eq!((quality.silent_ms, quality.unheard_ms), (None, None));
        assert!(world.ends[end].news.iter().any(is_interrupted));
    }
    world.is_down = false;
    world.run(Duration::from_secs(20));
    for end in [CALLER, CALLEE] {
        let told = std::mem::take(&mut world.ends[end].news);
        let resumed = told
            .iter()
            .position(|news| matches!(news, News::Resumed { .. }));
        for news in &told[resumed.unwrap()..] {
            if let News::Quality { quality, .. } = news {
                assert!(quality.silent_ms < Some(2_000), "{quality:?}");
                assert!(quality.unheard_ms < Some(2_000), "{quality:?}");
            }
        }
    }
}

#[test]
fn a_restart_that_was_asked_for_costs_no_sound_and_no_handshake() {
    let mut world = World::with_call();
    world.hears(CALLER, 880.0);
    let ufrag = |sdp: &str| {
        let line = sdp.lines().find(|line| line.starts_with("a=ice-ufrag"));
        line.unwrap().to_owned()
    };
    let before = ufrag(&world.offer(CALLER));
    world.command(CALLER, Command::Withdraw { session: ID });
    let start = world.now;
    world.command(CALLER, Command::Restart { session: ID });
    let offer = world.offer(CALLER);
    assert_ne!(ufrag(&offer), before, "RFC 8839 §4.4.1.1.1");
    let (answer, _) = world.answer(CALLEE, offer).unwrap();
    world.apply(CALLER, answer).unwrap();
    world.run(Duration::from_secs(5));
    for end in [CALLER, CALLEE] {
        assert_eq!(world.ends[end].handshakes_sent(start), 0);
        assert!(!world.ends[end].news.iter().any(is_interrupted));
        assert_eq!(world.quality(end, |_| true).samples_concealed, 0);
    }
    world.hears(CALLER, 880.0);
    world.hears(CALLEE, 440.0);
    // Once: the next offer is as any.
    let after = ufrag(&world.offer(CALLER));
    assert_eq!(ufrag(&world.offer(CALLER)), after);
}
