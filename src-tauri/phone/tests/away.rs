//! A network that changes, and a machine that sleeps.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::time::Duration;

use phone::{
    AccountView, CallState, Command, EndCause, Event, Input, LeaseState, LineView, LinkView,
    SignedOutReason,
};
use world::{World, refused, unreachable};

#[test]
fn a_changed_network_brings_a_new_flow_a_registration_a_beat_and_an_offer_at_once() {
    let (mut world, _) = World::in_call();
    let before = world.now;
    let beats = world.count_asked("heartbeat");

    world.input(Input::NetworkChanged);

    assert_eq!(world.now, before, "no time had to pass");
    assert!(matches!(world.view().link, LinkView::Up { .. }));
    assert!(matches!(world.view().line, LineView::Registered { .. }));
    assert_eq!(world.flows_opened, 2);
    assert_eq!(world.count_sent("REGISTER"), 2);
    assert_eq!(world.count_asked("heartbeat"), beats + 1);
    assert_eq!(world.count_sent("INVITE"), 2, "{:?}", world.sent);
    assert_eq!(world.view().calls[0].state, CallState::Talking);
}

#[test]
fn a_network_that_changes_during_a_hold_is_offered_after_it() {
    let (mut world, call) = World::in_call();
    world.server.reinvite = "100 Trying";
    world.command(Command::Hold { call }).unwrap();
    assert!(!world.happened(|it| matches!(it, Event::CallHeld { .. })));

    world.server.reinvite = "200 OK";
    world.input(Input::NetworkChanged);
    world.pass(Duration::from_secs(5));

    assert!(world.happened(|it| matches!(it, Event::CallHeld { .. })));
    // The call's own, the hold's, the hold's again on the new flow, and that of the new addresses.
    assert_eq!(world.count_sent("INVITE"), 4, "{:?}", world.sent);
}

#[test]
fn a_peer_that_refuses_the_new_addresses_costs_neither_the_call_nor_a_word() {
    let (mut world, _) = World::in_call();
    world.server.reinvite = "488 Not Acceptable Here";

    world.input(Input::NetworkChanged);

    assert_eq!(world.count_sent("INVITE"), 2);
    assert_eq!(world.view().calls[0].state, CallState::Talking);
    assert!(!world.happened(|it| matches!(it, Event::CallChangeFailed { .. })));
}

#[test]
fn a_network_that_changes_before_the_link_is_up_does_not_wait_for_the_next_try() {
    let mut world = World::signed_in();
    world.server.reachable = false;
    world.drop_flow();
    world.pass(Duration::from_secs(300));
    world.server.reachable = true;

    world.input(Input::NetworkChanged);

    assert!(matches!(world.view().line, LineView::Registered { .. }));
}

#[test]
fn a_running_call_moves_to_the_new_network_also_where_the_registrar_is_silent() {
    let (mut world, _) = World::in_call();
    world.server.answers_register = false;
    world.input(Input::NetworkChanged);
    assert_eq!(world.count_sent("INVITE"), 1, "the registrar comes first");
    world.pass(Duration::from_secs(4));
    assert_eq!(world.count_sent("INVITE"), 2, "but not for ever");
    world.server.answers_register = true;
    world.pass(Duration::from_secs(60));
    assert!(matches!(world.view().line, LineView::Registered { .. }));
    assert_eq!(world.count_sent("INVITE"), 2, "nor again");
}

#[test]
fn a_running_call_that_an_overloaded_server_refuses_to_move_is_moved_once_it_registers_us() {
    let (mut world, _) = World::in_call();
    world.server.answers_register = false;
    world.server.reinvite = "503 Service Unavailable";
    world.input(Input::NetworkChanged);
    world.pass(Duration::from_secs(4));
    assert_eq!(world.count_sent("INVITE"), 2);
    world.server.answers_register = true;
    world.server.reinvite = "200 OK";
    world.pass(Duration::from_secs(60));
    assert_eq!(world.count_sent("INVITE"), 3);
    assert_eq!(world.view().calls[0].state, CallState::Talking);
}

#[test]
fn a_running_call_is_not_offered_to_a_server_that_is_back_and_silent() {
    let (mut world, _) = World::in_call();
    world.server.answers_register = false;
    world.server.reinvite = "100 Trying";
    world.drop_flow();
    world.pass(Duration::from_secs(60));
    assert_eq!(world.count_sent("INVITE"), 1, "no answer would end it");
    assert_eq!(world.view().calls[0].state, CallState::Talking);
}

#[test]
fn a_renewal_whose_answer_waited_for_a_sleeping_computer_counts() {
    let mut world = World::signed_in();
    world.sidecar.beat = Some(Err(refused(401, "expired")));
    let pair = world.sidecar.refresh.take();
    world.pass(Duration::from_secs(300));
    assert_eq!(world.count_asked("refresh"), 1);
    world.sidecar.beat = Some(Ok(
        r#"{"status":"ok","lock":"held","ttlSeconds":3600}"#.to_owned()
    ));
    world.sidecar.refresh = pair;
    world.sleep(Duration::from_secs(600));
    world.answer_refresh();
    world.pass(Duration::from_secs(60));
    assert_eq!(
        world.count_asked("refresh"),
        1,
        "the used token is not shown"
    );
    assert!(matches!(world.view().account, AccountView::SignedIn { .. }));
}

#[test]
fn a_new_flow_registers_nobody_before_the_registrar_has_said_so() {
    let mut world = World::signed_in();
    world.server.answers_register = false;
    world.drop_flow();
    world.pass(Duration::from_secs(5));
    assert!(matches!(world.view().link, LinkView::Up { .. }));
    assert_eq!(world.view().line, LineView::Registering);
    world.server.answers_register = true;
    world.pass(Duration::from_secs(60));
    assert!(matches!(world.view().line, LineView::Registered { .. }));
}

#[test]
fn after_a_sleep_there_is_one_beat_one_flow_and_no_catching_up() {
    let mut world = World::signed_in();

    world.sleep(Duration::from_secs(600));
    world.pass(Duration::from_secs(5));

    assert_eq!(world.count_asked("heartbeat"), 2);
    assert_eq!(world.flows_opened, 2);
    assert_eq!(world.count_sent("REGISTER"), 2);
    assert!(matches!(world.view().line, LineView::Registered { .. }));
    assert_eq!(world.view().lease.unwrap().state, LeaseState::Held);
}

#[test]
fn a_lease_that_ran_out_in_a_sleep_is_asked_for_again() {
    let mut world = World::signed_in();
    world.sleep(Duration::from_secs(2 * 3600));
    assert_eq!(world.view().lease.unwrap().state, LeaseState::Held);
    world.pass(Duration::from_secs(3000));
    assert!(matches!(world.view().account, AccountView::SignedIn { .. }));
}

#[test]
fn a_lease_that_another_took_in_a_sleep_is_lost_at_the_first_beat() {
    let mut world = World::signed_in();
    world.sidecar.beat = Some(Err(refused(409, "taken")));
    world.sleep(Duration::from_secs(2 * 3600));
    assert!(world.happened(|it| matches!(
        it,
        Event::SessionLost {
            reason: SignedOutReason::TakenOver { .. }
        }
    )));
}

#[test]
fn a_lease_that_ran_out_in_a_sleep_and_cannot_be_asked_for_is_over_soon() {
    let mut world = World::signed_in();
    world.sidecar.beat = Some(Err(unreachable()));
    world.sleep(Duration::from_secs(2 * 3600));
    assert!(matches!(
        world.view().lease.unwrap().state,
        LeaseState::AtRisk { .. }
    ));
    world.pass(Duration::from_secs(31));
    assert!(world.happened(|it| matches!(
        it,
        Event::SessionLost {
            reason: SignedOutReason::LeaseExpired
        }
    )));
}

#[test]
fn a_short_sleep_keeps_the_call_and_a_long_one_ends_it_at_both_ends() {
    let (mut world, _) = World::in_call();
    world.sleep(Duration::from_secs(12));
    assert_eq!(world.view().calls[0].state, CallState::Talking);

    world.sleep(Duration::from_secs(600));
    assert!(world.view().calls.is_empty());
    assert!(world.happened(|it| matches!(
        it,
        Event::CallEnded {
            cause: EndCause::MediaLost,
            ..
        }
    )));
    assert_eq!(world.count_sent("BYE"), 1, "over the new flow");
}

#[test]
fn a_sleep_of_a_phone_where_nobody_is_signed_in_changes_nothing() {
    let mut world = World::new(world::setup());
    world.sleep(Duration::from_secs(600));
    assert!(world.asked.is_empty() && world.sent.is_empty());
    assert_eq!(world.phone.poll_timeout(), None);
}
