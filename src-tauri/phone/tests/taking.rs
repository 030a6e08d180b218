//! How calls are taken: by themselves, and beside another one.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::time::Duration;

use phone::{
    AutoAnswer, CallId, CallSettings, CallState, CallView, Command, Event, Rejected, Tone,
};
use world::{World, setup};

const ASKS: &str = "Call-Info: <sip:700201@sip.example>;answer-after=0\r\n";

#[test]
fn a_beep_comes_before_a_call_is_answered_by_itself() {
    let mut world = taking(AutoAnswer::Always, 1);
    world.incoming(true);
    assert_eq!(world.tone, Some(Tone::Beep));
    assert!(the_call(&world).auto_answer);
    world.pass(Duration::from_millis(399));
    assert_eq!(the_call(&world).state, CallState::Alerting);
    world.pass(Duration::from_millis(1));
    assert_eq!(the_call(&world).state, CallState::Talking);
    assert_eq!(world.tone, None);
    assert!(the_call(&world).auto_answer);
    assert!(world.happened(|it| matches!(
        it,
        Event::CallAnswered {
            automatically: true,
            ..
        }
    )));
}

#[test]
fn without_a_beep_it_is_answered_at_once() {
    let mut world = taking(AutoAnswer::Always, 1);
    let settings = CallSettings {
        auto_answer_tone: false,
        ..world.view().call_settings
    };
    world.command(Command::SetCalls { settings }).unwrap();
    world.incoming(true);
    world.pass(Duration::ZERO);
    assert_eq!(the_call(&world).state, CallState::Talking);
}

#[test]
fn only_a_caller_who_asks_is_answered_by_header() {
    for (headers, answered) in [
        ("", false),
        (ASKS, true),
        (
            "Alert-Info: <http://127.0.0.1/>;info=alert-autoanswer\r\n",
            true,
        ),
        ("Call-Info: <sip:a@sip.example>;answer-after=-1\r\n", false),
    ] {
        let mut world = taking(AutoAnswer::Header, 1);
        world.incoming_as("in-1", headers, true);
        world.pass(Duration::from_secs(1));
        let talks = the_call(&world).state == CallState::Talking;
        assert_eq!(talks, answered, "{headers}");
    }
    let mut world = taking(AutoAnswer::Off, 1);
    world.incoming_as("in-1", ASKS, true);
    world.pass(Duration::from_secs(50));
    assert_eq!(the_call(&world).state, CallState::Alerting);
    assert!(!the_call(&world).auto_answer);
}

#[test]
fn a_caller_may_ask_for_a_delay_in_which_it_rings() {
    let mut world = taking(AutoAnswer::Header, 1);
    let asks = ASKS.replace("=0", "=5");
    world.incoming_as("in-1", &asks, true);
    assert_eq!(world.tone, Some(Tone::Ring));
    world.pass(Duration::from_millis(4_600));
    assert_eq!(world.tone, Some(Tone::Beep));
    world.pass(Duration::from_millis(400));
    assert_eq!(the_call(&world).state, CallState::Talking);
}

#[test]
fn a_delay_without_end_is_a_call_that_is_missed() {
    let mut world = taking(AutoAnswer::Header, 1);
    let asks = ASKS.replace("=0", &format!("={}", u32::MAX));
    world.incoming_as("in-1", &asks, true);
    world.pass(Duration::from_secs(61));
    assert!(world.view().calls.is_empty());
}

#[test]
fn the_user_is_faster_than_the_beep() {
    let mut world = taking(AutoAnswer::Always, 1);
    world.incoming(true);
    let call = the_call(&world).call;
    world.command(Command::Answer { call }).unwrap();
    assert_eq!(the_call(&world).state, CallState::Talking);
    assert!(!the_call(&world).auto_answer);

    let mut world = taking(AutoAnswer::Always, 1);
    world.incoming(true);
    let call = the_call(&world).call;
    world.command(Command::HangUp { call }).unwrap();
    world.pass(Duration::from_secs(1));
    assert!(world.view().calls.is_empty());
    assert!(!world.happened(|it| matches!(it, Event::CallAnswered { .. })));
}

#[test]
fn a_call_beside_another_is_never_answered_by_itself() {
    let mut world = taking(AutoAnswer::Always, 2);
    world.dial("4711");
    world.incoming(true);
    world.pass(Duration::from_secs(2));
    let second = &world.view().calls[1];
    assert_eq!(
        (second.state.clone(), second.auto_answer),
        (CallState::Alerting, false)
    );
    assert_eq!(world.tone, Some(Tone::CallWaiting));

    // Nor is one that the user turned away from while it beeped.
    let mut world = taking(AutoAnswer::Always, 2);
    world.incoming(true);
    world.dial("4712");
    world.pass(Duration::from_secs(2));
    assert_eq!(world.view().calls[0].state, CallState::Alerting);
}

#[test]
fn a_call_that_rings_is_not_answered_by_itself_once_that_is_switched_off() {
    let mut world = taking(AutoAnswer::Header, 1);
    world.incoming_as("in-1", &ASKS.replace("after=0", "after=5"), true);
    assert!(the_call(&world).auto_answer);
    let settings = CallSettings::default();
    world.command(Command::SetCalls { settings }).unwrap();
    assert!(!the_call(&world).auto_answer);
    world.pass(Duration::from_secs(10));
    assert_eq!(the_call(&world).state, CallState::Alerting);
}

#[test]
fn a_hold_that_the_first_far_end_refuses_does_not_make_two_calls_heard() {
    let mut world = taking(AutoAnswer::Off, 2);
    let first = world.dial("4711");
    world.server.reinvite = "488 Not Acceptable Here";
    world.incoming(true);
    let second = world.view().calls[1].call;
    world.command(Command::Answer { call: second }).unwrap();
    assert_eq!(held(&world), [(first, true), (second, false)]);
    let opens = |(_, it): &(u32, String)| it.contains("Hold { on: false }");
    assert!(!world.media.iter().any(opens));
}

#[test]
fn answering_a_second_call_holds_the_first() {
    let (mut world, first, second) = with_a_second_call(&["100 Trying", "180 Ringing", "200 OK"]);
    assert_eq!(held(&world), [(first, true), (second, false)]);

    world.command(Command::Resume { call: first }).unwrap();
    assert_eq!(held(&world), [(first, false), (second, true)]);

    // What is held stays so when the other call ends: the user takes it back.
    world.command(Command::HangUp { call: first }).unwrap();
    assert_eq!(world.view().calls.len(), 1);
    assert!(
        !world
            .media
            .iter()
            .any(|(call, it)| *call == second.0 && it.contains("Hold { on: false }"))
    );
}

#[test]
fn a_call_that_still_rings_there_is_taken_back_when_the_other_ends() {
    let (mut world, first, second) = with_a_second_call(&["100 Trying", "180 Ringing"]);
    assert_eq!(world.tone, None, "no ringback in the ear of a conversation");
    assert_eq!(held(&world), [(first, true), (second, false)]);
    world.command(Command::HangUp { call: second }).unwrap();
    assert_eq!(world.tone, Some(Tone::Ringback));
    assert_eq!(held(&world), [(first, false)]);
}

#[test]
fn a_user_turns_back_to_a_call_that_still_rings_there() {
    let (mut world, first, second) = with_a_second_call(&["100 Trying", "180 Ringing"]);
    world.command(Command::Resume { call: first }).unwrap();
    assert_eq!(held(&world), [(first, false), (second, true)]);

    // One that nobody turned away from has nothing to come back to, nor has one that rings here.
    let wrong = Rejected::WrongState { call: first };
    let resumed = world.command(Command::Resume { call: first });
    assert_eq!(resumed, Err(wrong));
    let mut world = taking(AutoAnswer::Off, 1);
    world.incoming(true);
    let call = the_call(&world).call;
    let resumed = world.command(Command::Resume { call });
    assert_eq!(resumed, Err(Rejected::WrongState { call }));
}

#[test]
fn a_call_that_is_answered_there_while_another_talks_is_held_at_once() {
    let (mut world, first, second) = with_a_second_call(&["100 Trying", "180 Ringing"]);
    world.answer_there("v=0\r\no=far\r\n");
    assert_eq!(held(&world), [(first, true), (second, false)]);
}

#[test]
fn as_many_calls_are_taken_as_the_settings_say_from_a_change_on() {
    let mut world = taking(AutoAnswer::Off, 1);
    world.dial("4711");
    let second = Command::Dial {
        target: "4712".to_owned(),
    };
    assert_eq!(world.command(second.clone()), Err(Rejected::TooManyCalls));
    world.incoming_as("in-1", "", true);
    assert!(world.happened(|it| matches!(it, Event::CallTurnedAway { .. })));

    let settings = CallSettings {
        max_calls: 3,
        ..CallSettings::default()
    };
    world.command(Command::SetCalls { settings }).unwrap();
    world.command(second).unwrap();
    world.incoming_as("in-2", "", true);
    assert_eq!(world.view().calls.len(), 3);

    for wrong in [0, 9] {
        let settings = CallSettings {
            max_calls: wrong,
            ..CallSettings::default()
        };
        let rejected = world.command(Command::SetCalls { settings });
        assert!(
            matches!(&rejected, Err(Rejected::InvalidSettings { reason }) if reason.contains("max_calls")),
            "{rejected:?}"
        );
    }
    assert_eq!(
        world.view().call_settings.max_calls,
        3,
        "nothing was changed"
    );
}

fn taking(auto_answer: AutoAnswer, max_calls: u8) -> World {
    let mut world = World::new(phone::Setup {
        calls: CallSettings {
            auto_answer,
            max_calls,
            ..CallSettings::default()
        },
        ..setup()
    });
    world.sign_in();
    world
}

/// A call that was dialled, to which the far end says this, and another one that came in and was
/// answered.
fn with_a_second_call(far_end: &[&'static str]) -> (World, CallId, CallId) {
    let mut world = taking(AutoAnswer::Off, 2);
    world.server.invite = far_end.to_vec();
    let first = world.dial("4711");
    world.incoming(true);
    let second = world.view().calls[1].call;
    world.command(Command::Answer { call: second }).unwrap();
    (world, first, second)
}

fn the_call(world: &World) -> CallView {
    world.view().calls[0].clone()
}

fn held(world: &World) -> Vec<(CallId, bool)> {
    let calls = world.view().calls;
    calls.iter().map(|it| (it.call, it.held)).collect()
}
