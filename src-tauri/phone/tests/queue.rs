//! Ready, pause and what follows a call.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::time::Duration;

use phone::{
    Availability, Command, Event, LeaseState, Moment, QueueLoginView, QueueView, Refused, Rejected,
    SidecarFailure, SignedOutReason,
};
use world::{World, manager_grant, queue, queue_grant, refused, setup, unreachable};

const READY: &str = r#"{"state":"Ready"}"#;
const LUNCH: &str = r#"{"state":"Pause","pauseReason":"Lunch"}"#;

#[test]
fn an_order_leaves_at_once_and_its_end_is_told() {
    let mut world = World::at_queue();
    assert_eq!(at_queue(&world).login, QueueLoginView::In);
    assert_eq!(at_queue(&world).availability, None, "nothing was ordered");

    world.command(Command::Ready).unwrap();
    assert_eq!(world.ordered, [READY]);
    assert_eq!(at_queue(&world).availability, Some(Availability::Ready));
    world.pass(Duration::from_secs(5));
    world.command(lunch()).unwrap();
    assert_eq!(world.ordered, [READY, LUNCH]);
    let queue = at_queue(&world);
    assert_eq!(queue.availability, Some(at_lunch()));
    assert_eq!(queue.since, Some(5_000));
    assert_eq!(queue.order, None);
    assert!(world.happened(|it| *it
        == Event::QueueState {
            availability: at_lunch()
        }));
}

#[test]
fn what_the_queue_tells_has_the_moment_at_which_it_was_confirmed() {
    let confirmed = |world: &World| world.view().proofs.queue_confirmed_at;
    let mut world = World::at_queue();
    assert_eq!(confirmed(&world), Some(Moment(0)), "the sign-in there");
    world.pass(Duration::from_secs(5));
    world.command(Command::Ready).unwrap();
    let ordered = Some(Moment(5_000));
    assert_eq!(confirmed(&world), ordered, "an order was carried out");

    // A beat of a sidecar that says nothing of the queue proves nothing of it, nor does silence.
    let orders = &mut world.sidecar.orders;
    orders.extend([None, Some(Err(unreachable()))]);
    world.command(lunch()).unwrap();
    world.command(Command::Reconnect).unwrap();
    assert_eq!(confirmed(&world), ordered);

    world.pass(Duration::from_secs(60));
    let at_lunch = confirmed(&world);
    assert!(at_lunch > ordered, "tried again and carried out");

    let words = "pauseReason is Invalid";
    let orders = &mut world.sidecar.orders;
    orders.push_back(Some(Err(refused(422, words))));
    world.command(Command::Ready).unwrap();
    let refused_at = confirmed(&world);
    assert!(refused_at > at_lunch, "a refusal is an answer");

    world.sidecar.beat = Some(Ok(beat(r#""state":"Pause""#, "ready")));
    world.pass(Duration::from_secs(301));
    assert_eq!(
        confirmed(&world),
        refused_at,
        "a heartbeat asks Ozonetel nothing"
    );

    world.sidecar.beat = Some(Err(refused(409, "Taken over")));
    world.pass(Duration::from_secs(301));
    assert_eq!(confirmed(&world), None, "a lost session proves nothing");
}

#[test]
fn who_has_no_queue_has_none_of_it() {
    let mut world = World::signed_in();
    assert_eq!(world.view().queue, None);
    assert_eq!(world.view().proofs.queue_confirmed_at, None);
    for command in [
        Command::Ready,
        lunch(),
        Command::CancelNext,
        Command::MoreTime,
        Command::FinishWrapUp { then: None },
    ] {
        assert_eq!(world.command(command), Err(Rejected::NoQueue));
    }
    world.sidecar.login = Some(Ok(manager_grant()));
    world.command(Command::SignOut).unwrap();
    world.sign_in();
    assert_eq!(world.command(Command::Ready), Err(Rejected::NoPhone));
    let mut nobody = World::new(setup());
    assert_eq!(nobody.command(Command::Ready), Err(Rejected::NotSignedIn));
}

#[test]
fn only_the_sidecars_reasons_are_taken() {
    let mut world = World::at_queue();
    for reason in [None, Some("Golf".to_owned())] {
        let pause = Command::Pause { reason };
        assert_eq!(world.command(pause), Err(Rejected::UnknownReason));
    }
    assert!(world.ordered.is_empty());
    let grant = queue_grant().replace(r#"["Lunch","Tea"]"#, "[]");
    world.sidecar.login = Some(Ok(grant));
    world.command(Command::SignOut).unwrap();
    world.sign_in();
    world.command(Command::Pause { reason: None }).unwrap();
    assert_eq!(world.ordered, [r#"{"state":"Pause"}"#]);
}

#[test]
fn a_refusal_is_told_in_ozonetels_words_and_changes_nothing() {
    let mut world = World::at_queue();
    world.command(Command::Ready).unwrap();
    let words = "pauseReason is Invalid";
    world
        .sidecar
        .orders
        .push_back(Some(Err(refused(422, words))));
    world.command(lunch()).unwrap();
    let queue = at_queue(&world);
    assert_eq!(queue.availability, Some(Availability::Ready));
    assert_eq!(queue.order, None);
    let refusal = queue.refused.unwrap();
    assert_eq!(refusal.message, words);
    let availability = at_lunch();
    assert_eq!(refusal.of, Refused::Availability { availability });
    world.pass(Duration::from_secs(100));
    assert_eq!(world.count_asked("agent-state"), 2, "not tried again");

    world.command(lunch()).unwrap();
    assert_eq!(at_queue(&world).refused, None, "the next order begins anew");
}

#[test]
fn an_order_without_an_answer_is_tried_again_until_it_has_one() {
    let mut world = World::at_queue();
    let silence = refused(503, "Ozonetel does not answer.");
    let orders = &mut world.sidecar.orders;
    orders.extend([Some(Err(silence)), None, Some(Err(unreachable()))]);
    world.command(lunch()).unwrap();
    let order = at_queue(&world).order.unwrap();
    assert_eq!(order.availability, at_lunch());
    assert_eq!(order.trouble.unwrap().detail, "Ozonetel does not answer.");
    assert!(order.retry_at.is_some());
    world.pass(Duration::from_secs(30));
    assert_eq!(world.ordered, [LUNCH; 4]);
    assert_eq!(at_queue(&world).availability, Some(at_lunch()));
    let told = world.events.iter();
    let told = told.filter(|it| matches!(it, Event::QueueDelayed { .. }));
    assert_eq!(told.count(), 1, "once");
}

#[test]
fn another_wish_takes_the_place_of_one_on_its_way() {
    let mut world = World::at_queue();
    world.sidecar.orders.push_back(None);
    world.command(lunch()).unwrap();
    world.command(Command::Ready).unwrap();
    assert_eq!(world.ordered, [LUNCH], "one at a time");
    let order = at_queue(&world).order.unwrap();
    assert_eq!(order.availability, Availability::Ready);
    world.pass(Duration::from_secs(10));
    assert_eq!(world.ordered, [LUNCH, READY]);
    assert_eq!(at_queue(&world).availability, Some(Availability::Ready));
}

#[test]
fn a_refused_token_is_renewed_and_the_order_given_again() {
    let mut world = World::at_queue();
    world
        .sidecar
        .orders
        .push_back(Some(Err(refused(401, "expired"))));
    world.command(Command::Ready).unwrap();
    world.pass(Duration::ZERO);
    assert_eq!(world.count_asked("refresh"), 1);
    assert_eq!(world.ordered, [READY, READY]);
    assert_eq!(at_queue(&world).availability, Some(Availability::Ready));
}

#[test]
fn an_order_that_finds_another_holder_ends_the_session() {
    let mut world = World::at_queue();
    world.queue_call("in-1");
    world.command(lunch()).unwrap();
    world.in_dialog_of("in-1", "BYE");
    world.command(outcome("Sale")).unwrap();
    let (call, _) = (world.dial("4712"), ());
    world
        .sidecar
        .orders
        .push_back(Some(Err(refused(409, "held"))));
    world.command(Command::FinishWrapUp { then: None }).unwrap();
    let lost = SignedOutReason::TakenOver { device_name: None };
    let lease = world.view().lease.unwrap();
    assert_eq!(lease.state, LeaseState::Lost { reason: lost });
    assert_eq!(world.view().queue, None);
    assert_eq!(world.command(Command::Ready), Err(Rejected::LeaseLost));
    assert!(world.happened(|it| matches!(it, Event::OutcomeLost { .. })));
    world.command(Command::HangUp { call }).unwrap();
}

#[test]
fn in_a_call_the_next_state_waits_for_its_end_and_can_be_cancelled() {
    let mut world = World::at_queue();
    let call = world.dial("4711");
    world.command(lunch()).unwrap();
    assert_eq!(at_queue(&world).next, Some(at_lunch()));
    world.command(Command::CancelNext).unwrap();
    assert_eq!(at_queue(&world).next, None);
    world.command(lunch()).unwrap();
    assert!(world.ordered.is_empty(), "Ozonetel would refuse it now");
    world.command(Command::HangUp { call }).unwrap();
    assert_eq!(world.ordered, [LUNCH]);
    let queue = at_queue(&world);
    assert_eq!((queue.next, queue.availability), (None, Some(at_lunch())));
    let told = |next: Option<Availability>| {
        world.happened(|it| *it == Event::QueueNext { next: next.clone() })
    };
    assert!(told(Some(at_lunch())) && told(None));
}

#[test]
fn an_order_that_a_call_overtakes_follows_the_call() {
    let mut world = World::at_queue();
    let busy = "Agent agent2 is in BUSY state. You cant change to Pause state";
    world.sidecar.orders.push_back(Some(Err(unreachable())));
    world.command(lunch()).unwrap();
    let call = world.dial("4711");
    assert_eq!(at_queue(&world).order, None);
    assert_eq!(at_queue(&world).next, Some(at_lunch()));
    world.command(Command::HangUp { call }).unwrap();
    assert_eq!(at_queue(&world).availability, Some(at_lunch()));

    // One that is on its way when the call comes may be refused.
    world.command(Command::Ready).unwrap();
    world
        .sidecar
        .orders
        .push_back(Some(Err(refused(422, busy))));
    world.begin_order(lunch(), |world| {
        world.dial("4711");
    });
    assert_eq!(at_queue(&world).next, Some(at_lunch()));
    assert_eq!(at_queue(&world).refused, None);
}

#[test]
fn a_login_that_ozonetel_refused_is_told_and_the_next_order_mends_it() {
    let mut world = World::new(setup());
    let words = "agent9 logged in with the number (700201)";
    let failed = format!(r#"{{"state":"failed","message":"{words}"}}"#);
    let ready = r#"{"state":"ready","message":"Agent agent2 logged in successfully"}"#;
    world.sidecar.login = Some(Ok(queue_grant().replace(ready, &failed)));
    world.sign_in();
    let message = words.to_owned();
    assert_eq!(at_queue(&world).login, QueueLoginView::Failed { message });
    world.command(Command::Ready).unwrap();
    assert_eq!(at_queue(&world).login, QueueLoginView::In);
}

#[test]
fn a_login_that_takes_its_time_is_asked_about_a_few_times() {
    let mut world = World::new(setup());
    let grant = queue_grant().replace(r#""state":"ready""#, r#""state":"pending""#);
    world.sidecar.login = Some(Ok(grant));
    let pending = beat(r#""state":"Unknown""#, "pending");
    world.sidecar.beat = Some(Ok(pending));
    world.sign_in();
    let beats = world.count_asked("heartbeat");
    world.pass(Duration::from_secs(25));
    assert_eq!(at_queue(&world).login, QueueLoginView::Pending);
    assert_eq!(world.count_asked("heartbeat"), beats + 2);
    world.sidecar.beat = Some(Ok(beat(r#""state":"Unknown""#, "ready")));
    world.pass(Duration::from_secs(10));
    assert_eq!(at_queue(&world).login, QueueLoginView::In);
    let beats = world.count_asked("heartbeat");
    world.pass(Duration::from_secs(200));
    assert_eq!(world.count_asked("heartbeat"), beats);
}

#[test]
fn a_phone_that_resumes_learns_its_state_from_the_first_beat() {
    let mut world = World::restarted(&queue_grant());
    let paused = r#""state":"Pause","pauseReason":"Tea","forSeconds":600"#;
    world.sidecar.beat = Some(Ok(beat(paused, "ready")));
    world.settle();
    let queue = at_queue(&world);
    let reason = Some("Tea".to_owned());
    assert_eq!(queue.availability, Some(Availability::Pause { reason }));
    assert_eq!(queue.since, Some(-600_000), "before the phone was started");
    assert_eq!(queue.login, QueueLoginView::In);
    assert!(world.ordered.is_empty(), "who was paused stays so");

    // What this phone ordered since is not taken back by a beat that knows less.
    world.command(Command::Ready).unwrap();
    world.pass(Duration::from_secs(301));
    assert_eq!(at_queue(&world).availability, Some(Availability::Ready));
}

#[test]
fn a_state_that_a_failed_login_has_left_unknown_is_shown_no_longer() {
    let mut world = World::at_queue();
    world.command(Command::Ready).unwrap();
    // Somebody logged the agent out there, and what they were ordered into again is not known.
    world.sidecar.beat = Some(Ok(beat(r#""state":"Unknown""#, "failed")));
    world.pass(Duration::from_secs(301));
    let queue = at_queue(&world);
    assert_eq!((queue.availability, queue.since), (None, None));
    assert!(matches!(queue.login, QueueLoginView::Failed { .. }));
    assert_eq!(world.ordered, [READY], "nobody wishes for it again");

    // It is told in the end, or ordered.
    world.sidecar.beat = Some(Ok(beat(TOLD_READY, "ready")));
    world.pass(Duration::from_secs(301));
    assert_eq!(at_queue(&world).availability, Some(Availability::Ready));
    assert_eq!(world.ordered, [READY]);
    world.sidecar.beat = Some(Ok(beat(r#""state":"Unknown""#, "failed")));
    world.pass(Duration::from_secs(301));
    assert_eq!(at_queue(&world).availability, None);
    world.command(lunch()).unwrap();
    assert_eq!(at_queue(&world).availability, Some(at_lunch()));
    assert_eq!(at_queue(&world).login, QueueLoginView::In);

    // Without a word of a login it is an order of this phone that has no answer yet.
    world.sidecar.beat = Some(Ok(beat(r#""state":"Unknown""#, "ready")));
    world.pass(Duration::from_secs(301));
    assert_eq!(at_queue(&world).availability, Some(at_lunch()));
}

#[test]
fn a_beat_that_left_before_an_order_was_carried_out_does_not_undo_it() {
    let mut world = World::at_queue();
    world.command(Command::Ready).unwrap();
    world.sidecar.beat = None;
    let beats = world.count_asked("heartbeat");
    while world.count_asked("heartbeat") == beats {
        world.pass(Duration::from_secs(1));
    }
    world.pass(Duration::from_millis(500));
    world.command(lunch()).unwrap();
    world.answer_beat(&beat(r#""state":"Unknown""#, "failed"));
    assert_eq!(at_queue(&world).availability, Some(at_lunch()));
    assert_eq!(at_queue(&world).login, QueueLoginView::In);
}

#[test]
fn who_is_told_to_be_ready_at_the_beginning_is_made_ready_once_and_hears_nothing_of_it() {
    // A session that moved here, or that was resumed, may have left work after a call open.
    let mut moved = World::new(setup());
    moved.sidecar.login = Some(Ok(ready_grant()));
    moved.sign_in();
    let mut resumed = World::restarted(&queue_grant());
    resumed.sidecar.beat = Some(Ok(beat(TOLD_READY, "ready")));
    resumed.settle();
    for mut world in [moved, resumed] {
        assert_eq!(world.ordered, [READY]);
        let queue = at_queue(&world);
        assert_eq!(queue.availability, Some(Availability::Ready));
        assert_eq!(queue.since, Some(-600_000), "nothing has changed");
        assert!(!world.happened(|it| matches!(it, Event::QueueState { .. })));
        world.pass(Duration::from_secs(601));
        assert_eq!(world.ordered, [READY]);
    }
}

#[test]
fn where_ozonetel_does_not_make_them_ready_that_is_told_in_the_end() {
    let busy = || refused(422, "Agent agent2 is in BUSY state");
    // As long as a call of the other device takes to end there.
    let mut world = World::new(setup());
    world.sidecar.login = Some(Ok(ready_grant()));
    world
        .sidecar
        .orders
        .extend([Some(Err(busy())), Some(Err(unreachable()))]);
    world.sign_in();
    assert_eq!(
        (at_queue(&world).order, at_queue(&world).refused),
        (None, None)
    );
    world.pass(Duration::from_secs(30));
    assert_eq!(world.ordered, [READY; 3]);
    assert_eq!(at_queue(&world).availability, Some(Availability::Ready));
    assert!(
        !world.happened(|it| matches!(it, Event::QueueRefused { .. } | Event::QueueDelayed { .. }))
    );

    // For good.
    let mut world = World::new(setup());
    world.sidecar.login = Some(Ok(ready_grant()));
    let refusals = (0..20).map(|_| Some(Err(busy())));
    world.sidecar.orders.extend(refusals);
    world.sign_in();
    world.pass(Duration::from_secs(89));
    assert_eq!(at_queue(&world).refused, None);
    let tries = world.ordered.len();
    assert!(tries > 3, "{tries}");
    world.pass(Duration::from_secs(211));
    assert_eq!(world.ordered.len(), tries + 1);
    let queue = at_queue(&world);
    assert_eq!(queue.order, None);
    let words = queue.refused.unwrap().message;
    assert_eq!(words, "Agent agent2 is in BUSY state");

    // A silence that lasts, however long the server wishes to be left alone.
    let mut world = World::new(setup());
    world.sidecar.login = Some(Ok(ready_grant()));
    let SidecarFailure::Refused { message, .. } = busy() else {
        unreachable!()
    };
    let later = SidecarFailure::Refused {
        status: 503,
        message,
        holder: None,
        askable: false,
        retry_after: Some(Duration::from_secs(300)),
        reason: None,
    };
    world.sidecar.orders.push_back(Some(Err(later)));
    world.sign_in();
    let delayed = |world: &World| {
        let told = world.events.iter();
        told.filter(|it| matches!(it, Event::QueueDelayed { .. }))
            .count()
    };
    world.pass(Duration::from_secs(89));
    assert_eq!((at_queue(&world).order, delayed(&world)), (None, 0));
    world.pass(Duration::from_secs(1));
    let order = at_queue(&world).order.unwrap();
    assert_eq!(order.availability, Availability::Ready);
    assert!(order.trouble.is_some() && order.retry_at.is_some());
    assert_eq!(delayed(&world), 1);
    world.pass(Duration::from_secs(400));
    assert_eq!(at_queue(&world).order, None);
    assert_eq!(world.ordered, [READY; 2]);
}

#[test]
fn what_the_user_wishes_at_the_beginning_goes_before_what_was_told() {
    let mut world = World::new(setup());
    world.sidecar.login = Some(Ok(ready_grant()));
    world
        .sidecar
        .orders
        .push_back(Some(Err(refused(422, "Agent agent2 is in BUSY state"))));
    world.sign_in();
    world.command(lunch()).unwrap();
    assert_eq!(
        world.ordered,
        [READY, READY, LUNCH],
        "there may be work left open"
    );
    assert_eq!(at_queue(&world).availability, Some(at_lunch()));
    world.pass(Duration::from_secs(300));
    assert_eq!(world.ordered.len(), 3);

    // While it is under way, too: nobody hears of what they did not wish for.
    let mut world = World::new(setup());
    world.sidecar.login = Some(Ok(ready_grant()));
    world.sidecar.orders.push_back(None);
    world.sign_in();
    world.command(lunch()).unwrap();
    let order = at_queue(&world).order.unwrap();
    assert_eq!(order.availability, at_lunch());
    world.pass(Duration::from_secs(10));
    assert_eq!(at_queue(&world).availability, Some(at_lunch()));
    assert!(!world.happened(|it| matches!(it, Event::QueueRefused { .. })));
}

#[test]
fn ready_that_a_call_of_ones_own_has_overtaken_follows_it() {
    for first in [Some(Err(unreachable())), None] {
        let mut world = World::new(setup());
        world.sidecar.login = Some(Ok(ready_grant()));
        world.sidecar.orders.push_back(first);
        world.sign_in();
        let call = world.dial("4711");
        assert_eq!(at_queue(&world).next, None);
        world.pass(Duration::from_secs(60));
        assert_eq!(world.ordered, [READY], "it would be refused");
        world.command(Command::HangUp { call }).unwrap();
        assert_eq!(world.ordered, [READY; 2]);
        world.pass(Duration::from_secs(600));
        assert_eq!(world.ordered, [READY; 2]);
    }
}

#[test]
fn ready_that_is_told_in_a_call_of_ones_own_follows_it() {
    // The session moved here with work after a call left open, and Ozonetel takes its time for the login.
    let mut world = World::new(setup());
    let grant = queue_grant().replace(r#""state":"ready""#, r#""state":"pending""#);
    world.sidecar.login = Some(Ok(grant));
    world.sidecar.beat = Some(Ok(beat(r#""state":"Unknown""#, "pending")));
    world.sign_in();
    let call = world.dial("4711");
    world.sidecar.beat = Some(Ok(beat(TOLD_READY, "ready")));
    world.pass(Duration::from_secs(25));
    assert_eq!(at_queue(&world).availability, Some(Availability::Ready));
    assert!(world.ordered.is_empty(), "it would be refused");
    world.command(Command::HangUp { call }).unwrap();
    assert_eq!(world.ordered, [READY]);
}

#[test]
fn what_is_told_after_a_wish_is_not_ordered() {
    let mut world = World::at_queue();
    let acw = "Agent agent2 is in ACW state. You cant change to Pause state";
    world.sidecar.orders.push_back(Some(Err(refused(422, acw))));
    world.command(lunch()).unwrap();
    world.sidecar.beat = Some(Ok(beat(TOLD_READY, "ready")));
    world.pass(Duration::from_secs(601));
    assert_eq!(at_queue(&world).availability, Some(Availability::Ready));
    assert_eq!(
        world.ordered,
        [LUNCH],
        "who wants a pause gets no calls by it"
    );
}

const TOLD_READY: &str = r#""state":"Ready","forSeconds":600"#;

/// The grant of a session that was ready before, perhaps at another device.
fn ready_grant() -> String {
    queue_grant().replace(r#""state":"Unknown""#, TOLD_READY)
}

fn at_queue(world: &World) -> QueueView {
    world.view().queue.unwrap()
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

fn outcome(outcome: &str) -> Command {
    Command::WrapUp {
        outcome: Some(outcome.to_owned()),
        note: String::new(),
    }
}

fn beat(state: &str, telephony: &str) -> String {
    format!(
        r#"{{"status":"ok","lock":"held","ttlSeconds":3600,"telephony":{{"state":"{telephony}"}},"queue":{}}}"#,
        queue(state)
    )
}
