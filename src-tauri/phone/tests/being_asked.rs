//! Being asked for the session by another device: the answers, silence, and the stream that tells of it.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::time::Duration;

use phone::{
    AccountView, Availability, Command, Event, Input, LeaseState, MoveAnswer, MoveRequestState,
    Rejected, ServerEvent, SignedOutReason,
};
use sidecar_api::{Holder, LostEvent, TakeoverWord};
use world::{World, manager_grant, queue_grant, refused, setup, unreachable};

const READY: &str = r#"{"state":"Ready"}"#;
const LUNCH: &str = r#"{"state":"Pause","pauseReason":"Lunch"}"#;

const WAITING: &str = r#"{"id":"r-1","deviceName":"LAPTOP-7","secondsLeft":20,"state":"waiting"}"#;

#[test]
fn the_user_decides() {
    for (answer, word, state) in [
        (
            MoveAnswer::Now,
            TakeoverWord::Now,
            Some(MoveRequestState::Granted),
        ),
        // Without a call there is nothing to wait for.
        (
            MoveAnswer::AfterCall,
            TakeoverWord::Now,
            Some(MoveRequestState::Granted),
        ),
        (MoveAnswer::No, TakeoverWord::No, None),
    ] {
        let mut world = watching();
        world.demand(WAITING);
        let request = world.view().move_request.unwrap();
        assert_eq!(request.device_name.as_deref(), Some("LAPTOP-7"));
        assert!(matches!(request.state, MoveRequestState::Waiting { .. }));
        let request = request.request;
        world
            .command(Command::AnswerMove { request, answer })
            .unwrap();
        assert_eq!(world.answered, Some(("r-1".to_owned(), word)));
        assert_eq!(world.view().move_request.map(|it| it.state), state);
        let again = world.command(Command::AnswerMove { request, answer });
        assert_eq!(again, Err(Rejected::UnknownRequest { request }));
        assert!(matches!(world.view().account, AccountView::SignedIn { .. }));
    }
}

#[test]
fn silence_without_a_call_moves_and_in_one_stays_until_it_is_over() {
    let mut world = watching();
    world.demand(WAITING);
    world.pass(Duration::from_secs(19));
    assert_eq!(world.answered, None);
    world.pass(Duration::from_secs(1));
    assert_eq!(said(&world), Some(TakeoverWord::Now));

    let mut world = watching();
    let call = world.dial("4711");
    world.demand(WAITING);
    world.pass(Duration::from_secs(20));
    assert_eq!(said(&world), Some(TakeoverWord::AfterCall));
    world.pass(Duration::from_secs(600));
    assert_eq!(world.view().calls.len(), 1, "a call is never cut");
    world.command(Command::HangUp { call }).unwrap();
    assert_eq!(said(&world), Some(TakeoverWord::Now));
    assert!(world.happened(|it| matches!(
        it,
        Event::MoveAnswered {
            answer: MoveAnswer::Now,
            automatically: true,
            ..
        }
    )));
}

#[test]
fn who_has_promised_a_move_after_the_call_may_think_again() {
    for (answer, word) in [
        (MoveAnswer::Now, TakeoverWord::Now),
        (MoveAnswer::No, TakeoverWord::No),
    ] {
        let mut world = watching();
        world.dial("4711");
        world.demand(WAITING);
        let request = world.view().move_request.unwrap().request;
        let after_call = Command::AnswerMove {
            request,
            answer: MoveAnswer::AfterCall,
        };
        world.command(after_call).unwrap();
        assert_eq!(
            world.view().move_request.unwrap().state,
            MoveRequestState::AfterCall { by_user: true }
        );
        world
            .command(Command::AnswerMove { request, answer })
            .unwrap();
        assert_eq!(said(&world), Some(word));
        assert_eq!(world.view().calls.len(), 1);
    }
}

#[test]
fn after_the_call_means_after_the_work_that_belongs_to_it() {
    // Its time is up. Ready is left to the other device: a call that it brought here would hold the move up.
    let mut world = promised_in_a_call_of_the_queue();
    world.in_dialog_of("in-1", "BYE");
    assert!(world.view().calls.is_empty());
    let state = world.view().move_request.unwrap().state;
    assert_eq!(state, MoveRequestState::AfterCall { by_user: true });
    world.pass(Duration::from_secs(59));
    assert_eq!(said(&world), Some(TakeoverWord::AfterCall));
    world.pass(Duration::from_secs(1));
    assert_eq!(said(&world), Some(TakeoverWord::Now));
    assert_eq!(world.ordered, [READY], "the one before the call");

    // It is finished, with a pause.
    let mut world = promised_in_a_call_of_the_queue();
    world.in_dialog_of("in-1", "BYE");
    finish(&mut world, Some(at_lunch()));
    assert_eq!(
        world.asked[world.asked.len() - 3..],
        ["dispose", "agent-state", "answer"]
    );
    assert_eq!(said(&world), Some(TakeoverWord::Now));
    assert_eq!(world.view().queue.unwrap().availability, Some(at_lunch()));
}

#[test]
fn who_was_not_ready_and_is_to_be_is_made_so_before_the_move() {
    let mut world = at_queue();
    world.command(lunch()).unwrap();
    promise_in_a_call(&mut world);
    world.in_dialog_of("in-1", "BYE");
    finish(&mut world, Some(Availability::Ready));
    assert_eq!(
        world.asked[world.asked.len() - 3..],
        ["dispose", "agent-state", "answer"]
    );
    assert_eq!(
        world.view().queue.unwrap().availability,
        Some(Availability::Ready)
    );
}

#[test]
fn work_without_an_end_of_its_own_keeps_the_other_device_waiting_for_a_minute() {
    let mut world = World::new(setup());
    let grant = queue_grant().replace(r#""wrapUpSeconds":60,"#, "");
    world.sidecar.login = Some(Ok(grant));
    world.sidecar.events = Some(Ok(()));
    world.sign_in();
    promise_in_a_call(&mut world);
    world.in_dialog_of("in-1", "BYE");
    let ends_at = |world: &World| world.view().queue.unwrap().wrap_up.unwrap().ends_at;
    let at = ends_at(&world).unwrap();

    // Nobody waits any more.
    answer(&mut world, MoveAnswer::No);
    assert_eq!(ends_at(&world), None);

    let mut world = World::new(setup());
    world.sidecar.login = Some(Ok(queue_grant().replace(r#""wrapUpSeconds":60,"#, "")));
    world.sidecar.events = Some(Ok(()));
    world.sign_in();
    promise_in_a_call(&mut world);
    world.in_dialog_of("in-1", "BYE");
    assert_eq!(ends_at(&world), Some(at));
    world.pass(Duration::from_secs(60));
    assert_eq!(said(&world), Some(TakeoverWord::Now));
}

#[test]
fn silence_in_a_call_does_not_wait_for_the_work_after_it() {
    let mut world = at_queue();
    world.queue_call("in-1");
    world.demand(WAITING);
    world.pass(Duration::from_secs(20));
    assert_eq!(said(&world), Some(TakeoverWord::AfterCall));
    world.in_dialog_of("in-1", "BYE");
    assert_eq!(said(&world), Some(TakeoverWord::Now));
    assert_eq!(world.ordered, [READY], "the one before the call");
    let timed_out = |it: &Event| matches!(it, Event::WrapUpEnded { timed_out, .. } if *timed_out);
    assert!(!world.happened(timed_out), "its time was not up");

    // A pause that was to follow comes before the move: the other device goes on in it.
    let mut world = at_queue();
    world.queue_call("in-1");
    world.command(lunch()).unwrap();
    world.demand(WAITING);
    world.pass(Duration::from_secs(20));
    world.in_dialog_of("in-1", "BYE");
    assert_eq!(world.view().queue.unwrap().availability, Some(at_lunch()));
    assert_eq!(world.ordered, [READY, READY, LUNCH]);
    assert_eq!(world.asked.last(), Some(&"answer"));
    assert_eq!(said(&world), Some(TakeoverWord::Now));
}

#[test]
fn what_silence_has_promised_the_user_may_promise_take_back_or_give_at_once() {
    let promised_by_silence = || {
        let mut world = at_queue();
        world.queue_call("in-1");
        world.demand(WAITING);
        world.pass(Duration::from_secs(20));
        let state = world.view().move_request.unwrap().state;
        assert_eq!(state, MoveRequestState::AfterCall { by_user: false });
        world
    };
    let mut world = promised_by_silence();
    answer(&mut world, MoveAnswer::AfterCall);
    let state = world.view().move_request.unwrap().state;
    assert_eq!(state, MoveRequestState::AfterCall { by_user: true });
    world.in_dialog_of("in-1", "BYE");
    assert!(world.view().queue.unwrap().wrap_up.is_some());
    assert_eq!(said(&world), Some(TakeoverWord::AfterCall));
    finish(&mut world, None);
    assert_eq!(said(&world), Some(TakeoverWord::Now));

    for (answer, word) in [
        (MoveAnswer::Now, TakeoverWord::Now),
        (MoveAnswer::No, TakeoverWord::No),
    ] {
        let mut world = promised_by_silence();
        self::answer(&mut world, answer);
        assert_eq!(said(&world), Some(word));
    }
}

#[test]
fn a_move_now_in_the_work_after_a_call_comes_after_what_was_to_follow() {
    // A pause, also where nobody answers.
    for answers in [true, false] {
        let world = leaving(answers);
        assert_eq!(world.ordered, [READY, READY], "by way of Ready");
        assert_eq!(said(&world), None);
        let state = world.view().move_request.unwrap().state;
        assert_eq!(state, MoveRequestState::Granted);
        assert_eq!(world.view().queue.unwrap().wrap_up, None);
    }
    let mut world = asked_at_work();
    world.command(lunch()).unwrap();
    answer(&mut world, MoveAnswer::Now);
    assert_eq!(world.ordered, [READY, READY, LUNCH]);
    assert_eq!(world.asked.last(), Some(&"answer"));
    assert_eq!(said(&world), Some(TakeoverWord::Now));
    let given = |it: &Event| {
        matches!(
            it,
            Event::MoveAnswered {
                answer: MoveAnswer::Now,
                automatically: false,
                ..
            }
        )
    };
    assert_eq!(count(&world, given), 1);
    let timed_out = |it: &Event| matches!(it, Event::WrapUpEnded { timed_out, .. } if *timed_out);
    assert!(!world.happened(timed_out));

    // An outcome that was chosen; Ready is left to the other device.
    let mut world = asked_at_work();
    choose(&mut world);
    answer(&mut world, MoveAnswer::Now);
    assert!(world.happened(|it| matches!(it, Event::OutcomeSaved { .. })));
    assert_eq!(world.asked[world.asked.len() - 2..], ["dispose", "answer"]);
    assert_eq!(said(&world), Some(TakeoverWord::Now));

    // Also from a promise for after the work.
    let mut world = promised_in_a_call_of_the_queue();
    world.command(lunch()).unwrap();
    world.in_dialog_of("in-1", "BYE");
    answer(&mut world, MoveAnswer::Now);
    assert_eq!(world.ordered, [READY, READY, LUNCH]);
    assert_eq!(said(&world), Some(TakeoverWord::Now));
}

#[test]
fn a_move_now_waits_a_moment_and_no_longer() {
    let mut world = asked_at_work();
    world.command(lunch()).unwrap();
    world.sidecar.orders.push_back(None);
    answer(&mut world, MoveAnswer::Now);
    let request = world.view().move_request.unwrap().request;
    let no = MoveAnswer::No;
    let again = world.command(Command::AnswerMove {
        request,
        answer: no,
    });
    assert_eq!(again, Err(Rejected::UnknownRequest { request }));
    world.pass(Duration::from_millis(4_900));
    assert_eq!(said(&world), None);
    world.pass(Duration::from_millis(100));
    assert_eq!(said(&world), Some(TakeoverWord::Now));

    // The sidecar hears no answer long after the time for it.
    let mut world = asked_at_work();
    world.command(lunch()).unwrap();
    world.sidecar.orders.push_back(None);
    world.pass(Duration::from_millis(21_900));
    assert_eq!(said(&world), None);
    world.pass(Duration::from_millis(100));
    assert_eq!(said(&world), Some(TakeoverWord::Now));

    // In a call nothing can be ordered; whoever is in one meanwhile keeps the phone for it.
    let mut world = at_queue();
    world.queue_call("in-1");
    world.command(lunch()).unwrap();
    world.demand(WAITING);
    answer(&mut world, MoveAnswer::Now);
    assert_eq!(said(&world), Some(TakeoverWord::Now));
    let mut world = asked_at_work();
    world.command(lunch()).unwrap();
    world.sidecar.orders.push_back(None);
    answer(&mut world, MoveAnswer::Now);
    let call = world.dial("4712");
    assert_eq!(said(&world), Some(TakeoverWord::AfterCall));
    world.command(Command::HangUp { call }).unwrap();
    world.pass(Duration::from_secs(30));
    assert_eq!(said(&world), Some(TakeoverWord::Now));
}

#[test]
fn an_outcome_that_is_refused_while_another_device_waits_may_be_chosen_again_within_the_minute() {
    let mut world = World::new(setup());
    world.sidecar.login = Some(Ok(queue_grant().replace(r#""wrapUpSeconds":60,"#, "")));
    world.sidecar.events = Some(Ok(()));
    world.sign_in();
    promise_in_a_call(&mut world);
    world.in_dialog_of("in-1", "BYE");
    world.pass(Duration::from_secs(58));
    let invalid = refused(422, "Empty disposition code");
    world.sidecar.orders.push_back(Some(Err(invalid)));
    finish(&mut world, Some(at_lunch()));
    assert!(world.view().queue.unwrap().wrap_up.is_some());
    assert_eq!(said(&world), Some(TakeoverWord::AfterCall));
    world.pass(Duration::from_secs(1));
    finish(&mut world, None);
    assert!(world.happened(|it| matches!(it, Event::OutcomeSaved { .. })));
    assert_eq!(world.view().queue.unwrap().availability, Some(at_lunch()));
    assert_eq!(said(&world), Some(TakeoverWord::Now));
}

#[test]
fn a_move_after_the_work_waits_for_no_order_that_has_failed() {
    let mut world = promised_in_a_call_of_the_queue();
    world.in_dialog_of("in-1", "BYE");
    let silence = || Some(Err(refused(503, "Ozonetel does not answer.")));
    world.sidecar.orders.extend([silence(), silence()]);
    finish(&mut world, Some(at_lunch()));
    assert_eq!(said(&world), Some(TakeoverWord::AfterCall), "one more try");
    world.pass(Duration::from_secs(10));
    assert!(world.happened(|it| matches!(it, Event::OutcomeSaved { .. })));
    assert_eq!(said(&world), Some(TakeoverWord::Now));

    let mut world = promised_in_a_call_of_the_queue();
    world.in_dialog_of("in-1", "BYE");
    world.sidecar.orders.extend((0..20).map(|_| silence()));
    finish(&mut world, Some(at_lunch()));
    world.pass(Duration::from_secs(10));
    assert_eq!(said(&world), Some(TakeoverWord::Now));
    assert_eq!(world.view().queue.unwrap().unsaved, 1);
}

#[test]
fn a_call_that_comes_while_the_work_is_ended_for_a_move_keeps_the_phone_until_it_is_over() {
    for answers in [true, false] {
        let mut world = leaving(answers);
        assert_eq!(
            world.ordered.last().unwrap(),
            READY,
            "on the way to a pause"
        );
        world.queue_call("in-2");
        let state = world.view().move_request.unwrap().state;
        assert_eq!(state, MoveRequestState::AfterCall { by_user: false });
        assert_eq!(said(&world), Some(TakeoverWord::AfterCall));
        world.in_dialog_of("in-2", "BYE");
        world.pass(Duration::from_secs(30));
        assert_eq!(said(&world), Some(TakeoverWord::Now));
        assert_eq!(world.ordered.last().unwrap(), LUNCH);
    }
}

#[test]
fn ready_is_left_to_the_other_device_where_a_pause_was_refused() {
    let mut world = at_queue();
    let words = "pauseReason is Invalid";
    world
        .sidecar
        .orders
        .push_back(Some(Err(refused(422, words))));
    world.command(lunch()).unwrap();
    promise_in_a_call(&mut world);
    world.in_dialog_of("in-1", "BYE");
    finish(&mut world, None);
    assert_eq!(world.asked[world.asked.len() - 2..], ["dispose", "answer"]);
    assert_eq!(said(&world), Some(TakeoverWord::Now));
}

#[test]
fn a_move_after_the_work_waits_for_a_pause_whose_first_try_fails() {
    let mut world = promised_in_a_call_of_the_queue();
    world.in_dialog_of("in-1", "BYE");
    world.command(lunch()).unwrap();
    let saved = Ok(r#"{"status":"success"}"#.to_owned());
    let orders = [Some(saved), Some(Err(unreachable()))];
    world.sidecar.orders.extend(orders);
    finish(&mut world, None);
    assert_eq!(said(&world), Some(TakeoverWord::AfterCall));
    world.pass(Duration::from_secs(3));
    assert_eq!(world.ordered[world.ordered.len() - 2..], [LUNCH, LUNCH]);
    assert_eq!(said(&world), Some(TakeoverWord::Now));
}

#[test]
fn ready_is_not_left_to_the_other_device_after_a_pause_that_may_have_been_done() {
    // The outcome took it along, and the wish for Ready came meanwhile.
    let mut world = promised_in_a_call_of_the_queue();
    world.in_dialog_of("in-1", "BYE");
    choose(&mut world);
    let then = Some(at_lunch());
    world.begin_order(Command::FinishWrapUp { then }, |world| {
        world.command(Command::Ready).unwrap();
    });
    assert!(world.happened(|it| matches!(it, Event::OutcomeSaved { .. })));
    assert_eq!(world.ordered.last().unwrap(), READY);
    assert_eq!(said(&world), Some(TakeoverWord::Now));
}

#[test]
fn ready_is_ordered_after_all_where_the_other_device_does_not_take_the_phone() {
    let mut world = promised_in_a_call_of_the_queue();
    world.in_dialog_of("in-1", "BYE");
    finish(&mut world, None);
    assert_eq!(said(&world), Some(TakeoverWord::Now));
    assert_eq!(world.count_asked("agent-state"), 1);
    let queue = world.view().queue.unwrap();
    assert_eq!((queue.order, queue.next), (None, None));
    world.pass(Duration::from_secs(36));
    assert_eq!(world.view().move_request, None);
    assert_eq!(world.count_asked("agent-state"), 2);
    assert_eq!(world.ordered.last().unwrap(), READY);
}

#[test]
fn in_the_work_after_a_call_the_user_may_still_choose() {
    for (answer, word) in [
        (MoveAnswer::Now, TakeoverWord::Now),
        (MoveAnswer::AfterCall, TakeoverWord::AfterCall),
        (MoveAnswer::No, TakeoverWord::No),
    ] {
        let mut world = at_queue();
        world.queue_call("in-1");
        world.in_dialog_of("in-1", "BYE");
        world.demand(WAITING);
        self::answer(&mut world, answer);
        assert_eq!(said(&world), Some(word));
    }

    // Silence is answered as the page says: there is no call.
    let mut world = at_queue();
    world.queue_call("in-1");
    world.in_dialog_of("in-1", "BYE");
    world.demand(WAITING);
    world.pass(Duration::from_secs(20));
    assert_eq!(said(&world), Some(TakeoverWord::Now));
}

#[test]
fn an_answer_goes_to_the_device_that_was_shown() {
    let mut world = watching();
    world.demand(WAITING);
    let request = world.view().move_request.unwrap().request;
    world.demand(&WAITING.replace("r-1", "r-2").replace("LAPTOP-7", "TABLET"));
    assert!(world.happened(|it| *it == Event::MoveRequestOver { request }));
    let answer = MoveAnswer::Now;
    let late = world.command(Command::AnswerMove { request, answer });
    assert_eq!(late, Err(Rejected::UnknownRequest { request }));
    assert_eq!(world.answered, None);
}

#[test]
fn what_is_not_asked_any_more_is_taken_from_the_screen() {
    let mut world = watching();
    for gone in [
        "null",
        &WAITING.replace("waiting", "withdrawn"),
        &WAITING.replace("waiting", "a-new-state"),
    ] {
        world.demand(WAITING);
        assert!(world.view().move_request.is_some());
        world.demand(gone);
        assert_eq!(world.view().move_request, None, "{gone}");
    }
    world.pass(Duration::from_secs(60));
    assert_eq!(world.answered, None);
}

#[test]
fn the_same_request_told_again_is_the_same() {
    let mut world = watching();
    world.demand(WAITING);
    let request = world.view().move_request.unwrap().request;
    world.demand(&WAITING.replace("20", "7"));
    assert_eq!(world.view().move_request.unwrap().request, request);
    assert_eq!(
        count(&world, |it| matches!(it, Event::MoveRequested { .. })),
        1
    );
    world.pass(Duration::from_secs(7));
    assert_eq!(said(&world), Some(TakeoverWord::Now));
    // What was told before the answer arrived does not undo it.
    world.demand(WAITING);
    assert_eq!(
        world.view().move_request.unwrap().state,
        MoveRequestState::Granted
    );
}

#[test]
fn a_promise_that_an_earlier_stream_knew_is_kept() {
    let mut world = watching();
    world.dial("4711");
    world.demand(&WAITING.replace("waiting", "after_call"));
    assert_eq!(world.answered, None);
    let call = world.view().calls[0].call;
    world.command(Command::HangUp { call }).unwrap();
    assert_eq!(said(&world), Some(TakeoverWord::Now));
}

#[test]
fn an_answer_that_does_not_arrive_is_told_again_and_not_for_ever() {
    let mut world = watching();
    world.sidecar.answer = Some(Err(unreachable()));
    world.demand(WAITING);
    answer(&mut world, MoveAnswer::No);
    world.pass(Duration::from_secs(3));
    assert!(world.count_asked("answer") >= 2);
    assert_eq!(world.view().move_request, None);
    world.pass(Duration::from_secs(60));
    let told = world.count_asked("answer");
    assert!((4..15).contains(&told), "{told}");
    world.pass(Duration::from_secs(60));
    assert_eq!(world.count_asked("answer"), told);
    assert_eq!(
        count(&world, |it| matches!(it, Event::MoveRequestOver { .. })),
        1
    );
}

#[test]
fn an_answer_that_came_too_late_leaves_everything_as_it_is() {
    let mut world = watching();
    world.sidecar.answer = Some(Err(refused(404, "over")));
    world.demand(WAITING);
    answer(&mut world, MoveAnswer::Now);
    assert_eq!(world.view().move_request, None);
    assert!(world.happened(|it| matches!(it, Event::MoveRequestOver { .. })));
    assert_eq!(world.view().lease.unwrap().state, LeaseState::Held);
}

#[test]
fn what_was_given_and_not_taken_stays_here() {
    let mut world = watching();
    world.demand(WAITING);
    answer(&mut world, MoveAnswer::Now);
    world.pass(Duration::from_secs(40));
    assert_eq!(world.view().move_request, None);
    assert_eq!(world.view().lease.unwrap().state, LeaseState::Held);
}

#[test]
fn a_session_that_moved_is_lost_at_once_and_a_call_goes_on() {
    let mut world = watching();
    world.tell(lost());
    assert_eq!(
        world.signed_out(),
        Some(SignedOutReason::TakenOver {
            device_name: Some("LAPTOP-7".to_owned())
        })
    );
    assert_eq!(world.count_asked("logout"), 0);
    assert_eq!(world.stream, None);

    let mut world = watching();
    let call = world.dial("4711");
    world.demand(WAITING);
    world.tell(lost());
    assert_eq!(world.view().move_request, None);
    assert_eq!(world.view().calls.len(), 1);
    assert!(matches!(
        world.view().lease.unwrap().state,
        LeaseState::Lost { .. }
    ));
    world.pass(Duration::from_secs(600));
    assert_eq!((world.streams_opened, world.stream), (1, None));
    world.command(Command::HangUp { call }).unwrap();
    assert!(matches!(
        world.signed_out(),
        Some(SignedOutReason::TakenOver { .. })
    ));
}

#[test]
fn an_old_sidecar_is_asked_for_events_once_in_a_session() {
    let mut world = World::signed_in();
    world.pass(Duration::from_secs(3600));
    world.input(Input::NetworkChanged);
    assert_eq!(world.streams_opened, 1);
    world.command(Command::SignOut).unwrap();
    world.sign_in();
    assert_eq!(world.streams_opened, 2);
}

#[test]
fn nobody_without_a_phone_is_watched_for() {
    let mut world = World::new(setup());
    world.sidecar.login = Some(Ok(manager_grant()));
    world.sidecar.events = Some(Ok(()));
    world.sign_in();
    assert_eq!(world.streams_opened, 0);
}

#[test]
fn a_refused_token_is_renewed_before_the_stream_is_opened_again() {
    let mut world = World::new(setup());
    world.sidecar.events = Some(Err(refused(401, "expired")));
    world.sidecar.refresh = None;
    world.sign_in();
    world.pass(Duration::from_secs(5));
    assert_eq!(world.count_asked("refresh"), 1);
    assert_eq!(world.streams_opened, 1);

    let mut world = World::new(setup());
    world.sidecar.events = Some(Err(refused(401, "expired")));
    world.sign_in();
    world.pass(Duration::from_secs(3600));
    assert!(world.count_asked("refresh") <= 4, "{:?}", world.asked);
    assert!(
        matches!(world.view().account, AccountView::SignedIn { .. }),
        "the heartbeat is the law"
    );
}

#[test]
fn a_holder_that_the_stream_names_is_looked_for_by_a_heartbeat() {
    let mut world = World::new(setup());
    world.sidecar.events = Some(Err(refused(409, "taken")));
    world.sign_in();
    assert_eq!(world.count_asked("heartbeat"), 2);
    assert_eq!(world.view().lease.unwrap().state, LeaseState::Held);
    world.pass(Duration::from_secs(600));
    assert!(world.count_asked("heartbeat") < 30, "{:?}", world.asked);
}

#[test]
fn a_stream_that_breaks_is_opened_again() {
    let mut world = watching();
    for end in [Ok(()), Err(unreachable())] {
        world.pass(Duration::from_secs(20));
        let (stream, opened) = (world.stream.take().unwrap(), world.streams_opened);
        let news = phone::StreamNews::Ended(end);
        world.input(Input::Events { stream, news });
        world.pass(Duration::from_secs(2));
        assert_eq!(world.streams_opened, opened + 1);
        assert!(world.stream.is_some());
    }
}

#[test]
fn a_sleep_or_another_network_opens_the_stream_anew() {
    let mut world = watching();
    world.sleep(Duration::from_secs(60));
    assert_eq!(world.streams_opened, 2);
    world.input(Input::NetworkChanged);
    assert_eq!(world.streams_opened, 3);
}

#[test]
fn what_an_earlier_stream_tells_is_not_heard() {
    let mut world = watching();
    let stream = world.stream.unwrap();
    world.input(Input::NetworkChanged);
    let news = phone::StreamNews::Told(lost());
    world.input(Input::Events { stream, news });
    assert_eq!(world.view().lease.unwrap().state, LeaseState::Held);
}

fn watching() -> World {
    let mut world = World::new(setup());
    world.sidecar.events = Some(Ok(()));
    world.sign_in();
    assert!(world.stream.is_some());
    world
}

/// An agent who is ready, at a sidecar with a queue.
fn at_queue() -> World {
    let mut world = World::new(setup());
    world.sidecar.login = Some(Ok(queue_grant()));
    world.sidecar.events = Some(Ok(()));
    world.sign_in();
    world.command(Command::Ready).unwrap();
    world
}

fn promised_in_a_call_of_the_queue() -> World {
    let mut world = at_queue();
    promise_in_a_call(&mut world);
    world
}

fn promise_in_a_call(world: &mut World) {
    world.queue_call("in-1");
    world.demand(WAITING);
    answer(world, MoveAnswer::AfterCall);
    assert_eq!(said(world), Some(TakeoverWord::AfterCall));
}

/// Another device asks an agent who was ready in the work after a call.
fn asked_at_work() -> World {
    let mut world = at_queue();
    world.queue_call("in-1");
    world.in_dialog_of("in-1", "BYE");
    world.demand(WAITING);
    world
}

/// An agent in the work after a call, which a pause is to follow, gives the phone now (`answers`), or says nothing; Ready, on the way
/// to the pause, is on its way.
fn leaving(answers: bool) -> World {
    let mut world = asked_at_work();
    world.command(lunch()).unwrap();
    world.sidecar.orders.push_back(None);
    if answers {
        answer(&mut world, MoveAnswer::Now);
    } else {
        world.pass(Duration::from_secs(20));
    }
    world
}

fn choose(world: &mut World) {
    let outcome = Some("Sale".to_owned());
    let note = String::new();
    world.command(Command::WrapUp { outcome, note }).unwrap();
}

fn finish(world: &mut World, then: Option<Availability>) {
    choose(world);
    world.command(Command::FinishWrapUp { then }).unwrap();
}

fn at_lunch() -> Availability {
    let reason = Some("Lunch".to_owned());
    Availability::Pause { reason }
}

fn lunch() -> Command {
    let reason = Some("Lunch".to_owned());
    Command::Pause { reason }
}

fn answer(world: &mut World, answer: MoveAnswer) {
    let request = world.view().move_request.unwrap().request;
    world
        .command(Command::AnswerMove { request, answer })
        .unwrap();
}

fn said(world: &World) -> Option<TakeoverWord> {
    world.answered.as_ref().map(|(_, word)| *word)
}

fn lost() -> ServerEvent {
    ServerEvent::Lost(LostEvent {
        holder: Holder {
            device_name: "LAPTOP-7".to_owned(),
            system: None,
            since: None,
            in_call: None,
            same_member: true,
        },
    })
}

fn count(world: &World, wanted: impl Fn(&Event) -> bool) -> usize {
    world.events.iter().filter(|it| wanted(it)).count()
}
