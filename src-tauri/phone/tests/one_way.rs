//! Calls in which one side does not hear the other.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::time::Duration;

use phone::{
    CallId, CallQuality, CallState, CallView, Command, Event, MediaNews, OneWay, Quality, Rejected,
};
use world::World;

/// Lets seconds pass, at whose ends the media says for how long nothing came, and nothing arrived there.
fn seconds(world: &mut World, call: CallId, told: &[(Option<u64>, Option<u64>)]) {
    for (silent_ms, unheard_ms) in told {
        world.pass(Duration::from_secs(1));
        let quality = Quality {
            silent_ms: *silent_ms,
            unheard_ms: *unheard_ms,
            ..Quality::default()
        };
        world.news(call, MediaNews::Quality(quality));
    }
}

fn the_call(world: &World) -> CallView {
    world.view().calls[0].clone()
}

/// What was told: which way died, or came back after so many ms.
fn told(world: &World) -> Vec<(OneWay, Option<u64>)> {
    world
        .events
        .iter()
        .filter_map(|event| {
            if let Event::CallOneWay { way, .. } = event {
                Some((*way, None))
            } else if let Event::CallOneWayOver { way, after_ms, .. } = event {
                Some((*way, Some(*after_ms)))
            } else {
                None
            }
        })
        .collect()
}

const WELL: (Option<u64>, Option<u64>) = (Some(10), Some(0));

#[test]
fn silence_of_theirs_is_told_once_after_4_s_and_when_it_is_over() {
    let (mut world, call) = World::in_call();
    let silent = |ms| (Some(ms), Some(0));
    seconds(
        &mut world,
        call,
        &[WELL, silent(900), silent(2_900), silent(3_999)],
    );
    assert_eq!(told(&world), []);
    assert_eq!(the_call(&world).quality, Some(CallQuality::Good));

    seconds(&mut world, call, &[silent(4_400)]);
    let since = the_call(&world).one_way_in_since.unwrap();
    assert_eq!(the_call(&world).one_way_out_since, None);
    assert_eq!(the_call(&world).quality, Some(CallQuality::Poor));
    seconds(&mut world, call, &[silent(5_400), silent(6_400)]);
    assert_eq!(the_call(&world).one_way_in_since, Some(since));
    assert_eq!(told(&world), [(OneWay::In, None)]);

    seconds(&mut world, call, &[WELL]);
    assert_eq!(the_call(&world).one_way_in_since, None);
    assert_eq!(told(&world).last(), Some(&(OneWay::In, Some(7_400))));
    assert_eq!(told(&world).len(), 2);
}

#[test]
fn that_nothing_arrives_there_is_told_by_the_peers_word() {
    let (mut world, call) = World::in_call();
    seconds(
        &mut world,
        call,
        &[(Some(10), None), (Some(10), Some(2_500))],
    );
    assert_eq!(told(&world), []);
    seconds(&mut world, call, &[(Some(10), Some(7_500))]);
    assert_eq!(told(&world), [(OneWay::Out, None)]);
    let view = the_call(&world);
    assert!(view.one_way_out_since.is_some() && view.one_way_in_since.is_none());
    seconds(&mut world, call, &[WELL]);
    assert_eq!(the_call(&world).one_way_out_since, None);
}

#[test]
fn a_peer_of_which_nothing_is_known_is_said_nothing_of() {
    let (mut world, call) = World::in_call();
    seconds(&mut world, call, &[(None, None); 20]);
    assert_eq!(told(&world), []);
    assert_eq!(the_call(&world).quality, Some(CallQuality::Good));
}

#[test]
fn neither_side_may_hear_the_other_and_a_hold_ends_that() {
    let (mut world, call) = World::in_call();
    seconds(&mut world, call, &[WELL, (Some(9_000), Some(9_000))]);
    assert_eq!(the_call(&world).quality, Some(CallQuality::PoorHere));
    assert_eq!(told(&world).len(), 2);
    // While it is held there is nothing that should come.
    world.command(Command::Hold { call }).unwrap();
    seconds(&mut world, call, &[(None, None)]);
    assert_eq!(told(&world).len(), 4);
    assert_eq!(the_call(&world).one_way_in_since, None);
}

#[test]
fn a_call_that_is_not_answered_is_not_one_way() {
    let mut world = World::signed_in();
    world.server.invite = vec!["183 Session Progress"];
    let call = world.dial("4711");
    seconds(&mut world, call, &[(Some(9_000), Some(9_000))]);
    assert_eq!(told(&world), []);
}

#[test]
fn a_repair_restarts_the_path_and_offers_it_and_ends_when_sound_goes_both_ways() {
    let (mut world, call) = World::in_call();
    seconds(&mut world, call, &[WELL, (Some(5_000), Some(0))]);
    let asked = world.media.len();
    world.command(Command::Repair { call }).unwrap();
    let asked: Vec<&str> = world.media[asked..]
        .iter()
        .map(|(_, it)| it.split([' ', '{']).next().unwrap_or_default())
        .collect();
    assert_eq!(asked, ["Restart", "Offer", "Apply"]);
    assert_eq!(world.count_sent("INVITE"), 2);
    assert!(the_call(&world).repairing);
    assert_eq!(
        world.command(Command::Repair { call }).unwrap_err(),
        Rejected::WrongState { call },
        "one at a time"
    );

    seconds(&mut world, call, &[(Some(5_500), Some(0))]);
    assert!(the_call(&world).repairing);
    seconds(&mut world, call, &[WELL]);
    assert!(!the_call(&world).repairing);
    assert_eq!(told(&world).len(), 2);
    assert_eq!(the_call(&world).state, CallState::Talking);
}

#[test]
fn a_repair_that_does_not_help_can_be_tried_again_after_10_s() {
    let (mut world, call) = World::in_call();
    seconds(&mut world, call, &[WELL, (Some(5_000), Some(0))]);
    world.command(Command::Repair { call }).unwrap();
    world.pass(Duration::from_secs(9));
    assert!(the_call(&world).repairing);
    world.pass(Duration::from_secs(1));
    assert!(!the_call(&world).repairing);
    assert!(the_call(&world).one_way_in_since.is_some());
    world.command(Command::Repair { call }).unwrap();
    assert_eq!(world.count_sent("INVITE"), 3);
}

#[test]
fn a_repair_that_is_refused_is_told_and_costs_nothing() {
    let (mut world, call) = World::in_call();
    seconds(&mut world, call, &[WELL, (Some(10), Some(5_000))]);
    world.server.reinvite = "488 Not Acceptable Here";
    world.command(Command::Repair { call }).unwrap();
    assert!(!the_call(&world).repairing);
    assert!(world.happened(|it| matches!(
        it,
        Event::CallChangeFailed { reason, .. } if reason.contains("488")
    )));
    assert_eq!(the_call(&world).state, CallState::Talking);
    assert!(the_call(&world).one_way_out_since.is_some());
}

#[test]
fn only_a_call_that_is_talked_in_is_repaired() {
    let mut world = World::signed_in();
    world.server.invite = vec!["180 Ringing"];
    let call = world.dial("4711");
    let ringing = world.command(Command::Repair { call });
    assert_eq!(ringing.unwrap_err(), Rejected::WrongState { call });
    let none = CallId(call.0 + 1);
    let unknown = world.command(Command::Repair { call: none });
    assert_eq!(unknown.unwrap_err(), Rejected::UnknownCall { call: none });
}
