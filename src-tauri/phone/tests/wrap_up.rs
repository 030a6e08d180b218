//! The work after a call of the queue.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::time::Duration;

use phone::{
    Availability, CallId, Command, EndCause, Event, MediaNews, Moment, Refused, Rejected,
    WrapUpView,
};
use world::{World, queue_grant, refused, setup, unreachable};

const READY: &str = r#"{"state":"Ready"}"#;
const LUNCH: &str = r#"{"state":"Pause","pauseReason":"Lunch"}"#;
const SALE: &str = r#"{"ucid":"9011223344","disposition":"Sale"}"#;
/// After a try without an answer, which may have been carried out.
const SALE_AGAIN: &str = r#"{"ucid":"9011223344","disposition":"Sale","repeated":true}"#;
const SALE_AND_LUNCH: &str = r#"{"ucid":"9011223344","disposition":"Sale","pauseReason":"Lunch"}"#;

#[test]
fn after_a_call_of_the_queue_its_outcome_is_saved_and_the_agent_ready() {
    let (mut world, call) = after_a_call();
    let it = wrap_up(&world);
    assert_eq!((it.call, it.number.as_str()), (call, "4711"));
    assert_eq!(it.display_name.as_deref(), Some("Ravi"));
    assert_eq!(
        (it.ends_at, it.more_ms),
        (Some(Moment(60_000)), Some(30_000))
    );
    assert!(world.happened(|it| matches!(
        it,
        Event::WrapUpBegun {
            seconds: Some(60),
            ..
        }
    )));
    assert_eq!(finish(&mut world, None), Err(Rejected::NoOutcome));

    write(&mut world, Some("Sale"), " two \n").unwrap();
    assert_eq!(wrap_up(&world).note, " two \n", "as it is typed");
    finish(&mut world, None).unwrap();
    let disposed = r#"{"ucid":"9011223344","disposition":"Sale","comments":"two"}"#;
    assert_eq!(world.ordered, [disposed, READY]);
    assert_eq!(world.view().queue.unwrap().wrap_up, None);
    let outcome = "Sale".to_owned();
    assert!(world.happened(|it| *it
        == Event::OutcomeSaved {
            call,
            outcome: outcome.clone()
        }));
}

#[test]
fn the_work_after_a_call_says_how_that_ended_whatever_is_called_meanwhile() {
    let (world, _) = after_a_call();
    assert_eq!(wrap_up(&world).cause, EndCause::Remote);

    let mut world = World::at_queue();
    let call = world.queue_call("in-1");
    world.news(call, MediaNews::ConsentLost);
    assert_eq!(wrap_up(&world).cause, EndCause::MediaLost);
    let back = world.dial("4711");
    world.command(Command::HangUp { call: back }).unwrap();
    let it = wrap_up(&world);
    assert_eq!((it.call, it.cause), (call, EndCause::MediaLost));
}

#[test]
fn a_call_of_the_queue_that_was_answered_and_never_heard_has_its_work_all_the_same() {
    let mut world = World::at_queue();
    world.server.media_connects = false;
    world.queue_call("in-1");
    assert_eq!(world.view().calls[0].talking_since, None);
    world.in_dialog_of("in-1", "BYE");
    assert_eq!(wrap_up(&world).cause, EndCause::Remote);
}

#[test]
fn a_beat_tells_of_the_work_after_a_call_as_long_as_it_lasts() {
    let (mut world, _) = after_a_call();
    world.pass(Duration::from_secs(30));
    assert_eq!(world.told_in_call.last(), Some(&false));
    assert_eq!(world.told_in_work, Some(true));
    write(&mut world, Some("Sale"), "").unwrap();
    finish(&mut world, None).unwrap();
    world.pass(Duration::from_secs(300));
    assert_eq!(world.told_in_work, Some(false));
}

#[test]
fn the_outcome_brings_the_pause_along_because_a_call_could_come_in_between() {
    let (mut world, _) = after_a_call();
    write(&mut world, Some("Sale"), "").unwrap();
    finish(&mut world, Some(at_lunch())).unwrap();
    assert_eq!(world.ordered, [SALE_AND_LUNCH, LUNCH]);
}

#[test]
fn what_was_to_follow_the_call_follows_its_wrap_up() {
    let mut world = World::at_queue();
    world.queue_call("in-1");
    world.command(lunch()).unwrap();
    world.in_dialog_of("in-1", "BYE");
    assert_eq!(world.view().queue.unwrap().next, Some(at_lunch()));
    assert!(world.ordered.is_empty());
    write(&mut world, Some("Sale"), "").unwrap();
    finish(&mut world, None).unwrap();
    assert_eq!(world.ordered, [SALE_AND_LUNCH, LUNCH]);
    assert_eq!(world.view().queue.unwrap().next, None);
}

#[test]
fn only_an_answered_call_with_a_ucid_has_a_wrap_up() {
    let mut world = World::at_queue();
    world.incoming_as("missed", "X-UCID: 90\r\n", true);
    let call = world.view().calls[0].call;
    world.command(Command::HangUp { call }).unwrap();
    assert_eq!(world.view().queue.unwrap().wrap_up, None, "declined");

    world.incoming_as("direct", "X-Other: 90\r\n", true);
    let call = world.view().calls[0].call;
    world.command(Command::Answer { call }).unwrap();
    world.in_dialog_of("direct", "BYE");
    assert_eq!(
        world.view().queue.unwrap().wrap_up,
        None,
        "not of the queue"
    );

    world.incoming_as("plain", "Ucid: 90\r\n", true);
    let call = world.view().calls[0].call;
    world.command(Command::Answer { call }).unwrap();
    world.in_dialog_of("plain", "BYE");
    assert_eq!(wrap_up(&world).call, call);

    // Where the sidecar lists no outcomes there is nothing to choose.
    let mut world = World::new(setup());
    let grant = queue_grant().replace(r#"["Sale","No sale"]"#, "[]");
    world.sidecar.login = Some(Ok(grant));
    world.sign_in();
    world.queue_call("in-1");
    world.in_dialog_of("in-1", "BYE");
    assert_eq!(world.view().queue.unwrap().wrap_up, None);
}

#[test]
fn when_the_time_is_up_the_agent_is_ready() {
    let (mut world, call) = after_a_call();
    write(&mut world, None, "half a note").unwrap();
    world.pass(Duration::from_secs(59));
    assert!(world.ordered.is_empty());
    world.pass(Duration::from_secs(1));
    assert_eq!(world.ordered, [READY]);
    let timed_out = true;
    assert!(world.happened(|it| *it == Event::WrapUpEnded { call, timed_out }));
}

#[test]
fn an_outcome_is_at_stake_from_its_choice_until_it_is_saved() {
    let (mut world, _) = after_a_call();
    let at_stake = |world: &World| world.view().queue.unwrap().at_stake;
    assert_eq!(at_stake(&world), 0);
    write(&mut world, Some("Sale"), "").unwrap();
    assert_eq!(at_stake(&world), 1);
    let silence = refused(503, "Ozonetel does not answer.");
    world.sidecar.orders.push_back(Some(Err(silence)));
    finish(&mut world, None).unwrap();
    assert_eq!(at_stake(&world), 1, "on its way");
    world.pass(Duration::from_secs(30));
    assert_eq!(at_stake(&world), 0);
}

#[test]
fn when_the_time_is_up_a_chosen_outcome_is_saved() {
    let (mut world, _) = after_a_call();
    write(&mut world, Some("Sale"), "").unwrap();
    world.pass(Duration::from_secs(60));
    assert_eq!(world.ordered, [SALE, READY]);
}

#[test]
fn without_an_outcome_a_pause_goes_by_way_of_ready() {
    let (mut world, _) = after_a_call();
    world.command(lunch()).unwrap();
    world.pass(Duration::from_secs(60));
    assert_eq!(world.ordered, [READY, LUNCH]);
    let availability = world.view().queue.unwrap().availability;
    assert_eq!(availability, Some(at_lunch()));
}

#[test]
fn a_pause_that_goes_by_way_of_ready_still_does_after_a_call() {
    // The call overtakes it.
    let (mut world, _) = after_a_call();
    world.command(lunch()).unwrap();
    world.sidecar.orders.push_back(Some(Err(unreachable())));
    world.pass(Duration::from_secs(60));
    let direct = world.dial("4712");
    assert_eq!(world.view().queue.unwrap().next, Some(at_lunch()));
    world.command(Command::HangUp { call: direct }).unwrap();
    assert_eq!(world.ordered, [READY, READY, LUNCH]);

    // The time rests in the call.
    let (mut world, _) = after_a_call();
    world.command(lunch()).unwrap();
    let direct = world.dial("4712");
    world.pass(Duration::from_secs(100));
    world.command(Command::HangUp { call: direct }).unwrap();
    assert!(world.ordered.is_empty());
    world.pass(Duration::from_secs(60));
    assert_eq!(world.ordered, [READY, LUNCH]);
}

#[test]
fn a_pause_in_the_place_of_one_that_goes_by_way_of_ready_does_too() {
    for unanswered in [Some(Err(unreachable())), None] {
        let (mut world, _) = after_a_call();
        world.sidecar.orders.push_back(unanswered);
        world.pass(Duration::from_secs(60));
        world.command(lunch()).unwrap();
        world.pass(Duration::from_secs(10));
        assert_eq!(world.ordered, [READY, READY, LUNCH]);
    }
}

#[test]
fn once_ready_was_refused_a_pause_is_ordered_as_it_is() {
    let (mut world, _) = after_a_call();
    let refused = Some(Err(refused(422, "Agent is not in ACW state")));
    world.sidecar.orders.push_back(refused.clone());
    world.pass(Duration::from_secs(60));
    world.command(lunch()).unwrap();
    assert_eq!(world.ordered, [READY, LUNCH]);

    // The pause that was on its way by it is not forgotten.
    let (mut world, _) = after_a_call();
    world.command(lunch()).unwrap();
    world.sidecar.orders.push_back(refused);
    world.pass(Duration::from_secs(60));
    assert_eq!(world.ordered, [READY, LUNCH]);
    assert_eq!(world.view().queue.unwrap().availability, Some(at_lunch()));
}

#[test]
fn there_is_more_time_once() {
    let (mut world, _) = after_a_call();
    world.command(Command::MoreTime).unwrap();
    let it = wrap_up(&world);
    assert_eq!((it.ends_at, it.more_ms), (Some(Moment(90_000)), None));
    let more = world.command(Command::MoreTime);
    assert_eq!(more, Err(Rejected::NoMoreTime));
    world.pass(Duration::from_secs(89));
    assert!(world.view().queue.unwrap().wrap_up.is_some());
}

#[test]
fn without_a_limit_it_takes_as_long_as_it_takes() {
    let mut world = World::new(setup());
    let grant = queue_grant().replace(r#""wrapUpSeconds":60,"#, "");
    world.sidecar.login = Some(Ok(grant));
    world.sign_in();
    world.queue_call("in-1");
    world.in_dialog_of("in-1", "BYE");
    assert_eq!(
        (wrap_up(&world).ends_at, wrap_up(&world).more_ms),
        (None, None)
    );
    world.pass(Duration::from_secs(4000));
    assert!(world.view().queue.unwrap().wrap_up.is_some());
}

#[test]
fn a_refused_outcome_is_told_and_another_one_may_be_chosen() {
    let (mut world, call) = after_a_call();
    let words = "Empty disposition code";
    world
        .sidecar
        .orders
        .push_back(Some(Err(refused(422, words))));
    write(&mut world, Some("No sale"), "note").unwrap();
    finish(&mut world, Some(at_lunch())).unwrap();
    let queue = world.view().queue.unwrap();
    let refusal = queue.refused.unwrap();
    assert_eq!(refusal.message, words);
    let outcome = "No sale".to_owned();
    assert_eq!(refusal.of, Refused::Outcome { call, outcome });
    let it = queue.wrap_up.unwrap();
    assert_eq!((it.outcome, it.note.as_str()), (None, "note"));
    assert_eq!(
        queue.next,
        Some(at_lunch()),
        "what was to follow still does"
    );

    write(&mut world, Some("Sale"), "").unwrap();
    finish(&mut world, None).unwrap();
    assert_eq!(world.ordered[1..], [SALE_AND_LUNCH, LUNCH]);
}

#[test]
fn an_outcome_that_cannot_be_saved_is_kept_and_tried_again_while_the_agent_goes_on() {
    let (mut world, call) = after_a_call();
    let orders = &mut world.sidecar.orders;
    let silence = || Some(Err(refused(503, "Ozonetel does not answer.")));
    orders.extend([silence(), silence(), None, silence()]);
    write(&mut world, Some("Sale"), "").unwrap();
    finish(&mut world, None).unwrap();
    let queue = world.view().queue.unwrap();
    assert_eq!((queue.wrap_up, queue.unsaved), (None, 1));
    assert!(
        queue.order.unwrap().trouble.is_some(),
        "that is not told either"
    );
    assert!(world.happened(|it| matches!(it, Event::OutcomeKept { .. })));
    world.pass(Duration::from_secs(60));
    let queue = world.view().queue.unwrap();
    assert_eq!(queue.unsaved, 0);
    assert_eq!(queue.availability, Some(Availability::Ready));
    let outcome = "Sale".to_owned();
    assert!(world.happened(|it| *it
        == Event::OutcomeSaved {
            call,
            outcome: outcome.clone()
        }));
    assert_eq!(world.count_asked("dispose"), 3);
}

#[test]
fn a_kept_outcome_that_is_refused_is_not_taken_for_that_of_the_next_call() {
    let (mut world, first) = after_a_call();
    let refused = Some(Err(refused(422, "Invalid ucid")));
    world
        .sidecar
        .orders
        .extend([Some(Err(unreachable())), None, refused]);
    write(&mut world, Some("Sale"), "").unwrap();
    finish(&mut world, None).unwrap();
    world.queue_call("in-2");
    world.in_dialog_of("in-2", "BYE");
    write(&mut world, Some("No sale"), "").unwrap();
    world.pass(Duration::from_secs(10));
    let queue = world.view().queue.unwrap();
    let outcome = "Sale".to_owned();
    let of = Refused::Outcome {
        call: first,
        outcome,
    };
    assert_eq!(queue.refused.unwrap().of, of);
    let it = queue.wrap_up.unwrap();
    assert_ne!(it.call, first);
    assert_eq!(it.outcome.as_deref(), Some("No sale"));
}

#[test]
fn a_refusal_goes_with_its_wrap_up() {
    let (mut world, _) = after_a_call();
    let refused = Some(Err(refused(422, "Invalid ucid")));
    world.sidecar.orders.push_back(refused);
    write(&mut world, Some("Sale"), "").unwrap();
    finish(&mut world, None).unwrap();
    assert!(world.view().queue.unwrap().refused.is_some());
    world.queue_call("in-2");
    world.in_dialog_of("in-2", "BYE");
    assert_eq!(world.view().queue.unwrap().refused, None);
}

#[test]
fn a_kept_outcome_does_not_hold_up_a_pause() {
    let (mut world, _) = after_a_call();
    world.sidecar.orders.push_back(Some(Err(unreachable())));
    write(&mut world, Some("Sale"), "").unwrap();
    finish(&mut world, Some(at_lunch())).unwrap();
    assert_eq!(world.ordered, [SALE_AND_LUNCH, READY, LUNCH]);
    world.pass(Duration::from_secs(5));
    // It pauses nobody who has gone on since.
    assert_eq!(world.ordered, [SALE_AND_LUNCH, READY, LUNCH, SALE_AGAIN]);
}

#[test]
fn a_call_that_comes_in_a_wrap_up_lets_it_wait() {
    let (mut world, first) = after_a_call();
    write(&mut world, Some("Sale"), "").unwrap();
    let direct = world.dial("4712");
    assert_eq!(wrap_up(&world).call, first);
    world.pass(Duration::from_secs(10));
    assert_eq!(wrap_up(&world).ends_at, None, "its time rests");
    world.pass(Duration::from_secs(60));
    world.command(Command::HangUp { call: direct }).unwrap();
    let ends_at = Some(Moment(60_000 + 70_000));
    assert_eq!(wrap_up(&world).ends_at, ends_at);
    world.pass(Duration::from_secs(59));
    assert!(world.ordered.is_empty());
    world.pass(Duration::from_secs(1));
    assert_eq!(world.ordered, [SALE, READY]);
}

#[test]
fn the_next_call_of_the_queue_ends_a_wrap_up_and_keeps_its_outcome() {
    let (mut world, first) = after_a_call();
    write(&mut world, Some("Sale"), "").unwrap();
    let second = world.queue_call("in-2");
    world.in_dialog_of("in-2", "BYE");
    assert_ne!(first, second);
    assert_eq!(wrap_up(&world).call, second);
    assert_eq!(world.ordered, [SALE]);
    assert_eq!(world.view().queue.unwrap().unsaved, 0);
}

#[test]
fn what_cannot_be_an_outcome_is_rejected() {
    let mut world = World::at_queue();
    assert_eq!(write(&mut world, None, ""), Err(Rejected::NoWrapUp));
    let (mut world, _) = after_a_call();
    let write = |world: &mut World, outcome, note: &str| write(world, outcome, note);
    let unknown = write(&mut world, Some("Golf"), "");
    assert_eq!(unknown, Err(Rejected::UnknownOutcome));
    let long = write(&mut world, None, &"ü".repeat(1001));
    assert_eq!(long, Err(Rejected::NoteTooLong));
    write(&mut world, None, &"ü".repeat(1000)).unwrap();
}

#[test]
fn a_sign_out_tells_which_outcomes_are_lost() {
    let (mut world, call) = after_a_call();
    write(&mut world, Some("Sale"), "").unwrap();
    world.command(Command::SignOut).unwrap();
    let outcome = "Sale".to_owned();
    assert!(world.happened(|it| *it
        == Event::OutcomeLost {
            call,
            outcome: outcome.clone()
        }));
    assert!(world.ordered.is_empty());
}

fn after_a_call() -> (World, CallId) {
    let mut world = World::at_queue();
    let call = world.queue_call("in-1");
    world.in_dialog_of("in-1", "BYE");
    (world, call)
}

fn wrap_up(world: &World) -> WrapUpView {
    world.view().queue.unwrap().wrap_up.unwrap()
}

fn write(world: &mut World, outcome: Option<&str>, note: &str) -> Result<(), Rejected> {
    let outcome = outcome.map(str::to_owned);
    let note = note.to_owned();
    world.command(Command::WrapUp { outcome, note }).map(drop)
}

fn finish(world: &mut World, then: Option<Availability>) -> Result<(), Rejected> {
    world.command(Command::FinishWrapUp { then }).map(drop)
}

fn at_lunch() -> Availability {
    Availability::Pause {
        reason: Some("Lunch".to_owned()),
    }
}

fn lunch() -> Command {
    Command::Pause {
        reason: Some("Lunch".to_owned()),
    }
}
