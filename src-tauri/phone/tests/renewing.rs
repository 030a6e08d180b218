//! A renewal of the token that fails in the middle of a call (design/faults.md 77).

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::time::Duration;

use phone::{
    AccountView, CallId, CallState, Command, Event, LeaseState, Rejected, SignedOutReason,
};
use world::{World, refused, unreachable};

/// A token whose payload is {"iat":1000,"exp":2800}: it is renewed after 24 minutes.
const HALF_AN_HOUR: &str = "e30.eyJpYXQiOjEwMDAsImV4cCI6MjgwMH0.sig";

const BEFORE_RENEWAL: Duration = Duration::from_secs(1430);
const A_MINUTE: Duration = Duration::from_secs(60);

#[test]
fn a_renewal_that_is_refused_in_a_call_lets_it_go_on_and_signs_out_after_it() {
    let (mut world, call) = in_call_before_renewal();
    world.sidecar.refresh = Some(Err(refused(401, "used up")));
    world.pass(A_MINUTE);

    let reason = SignedOutReason::TokenRefused;
    assert!(world.happened(|it| *it
        == Event::SessionLost {
            reason: reason.clone()
        }));
    // For as long as it lasts.
    for _ in 0..30 {
        assert_goes_on(&world);
        assert!(matches!(
            world.view().lease.unwrap().state,
            LeaseState::Lost { .. }
        ));
        world.pass(A_MINUTE);
    }
    assert_eq!(world.count_asked("refresh"), 1);
    let another = world.command(Command::Dial {
        target: "4712".to_owned(),
    });
    assert_eq!(another, Err(Rejected::LeaseLost));
    world.command(Command::Hold { call }).unwrap();
    world.command(Command::Resume { call }).unwrap();
    assert_goes_on(&world);

    world.command(Command::HangUp { call }).unwrap();
    assert_eq!(world.count_sent("BYE"), 1);
    assert_eq!(world.signed_out(), Some(reason));
    assert!(world.sent.last().unwrap().contains("xpires=0"));
    // The tokens are dead, and nothing is kept of them.
    assert_eq!(world.count_asked("logout"), 0);
    assert!(world.stored.is_empty());
    // Who signs in again works on.
    world.sign_in();
    world.dial("4712");
}

#[test]
fn a_renewal_that_meets_trouble_in_a_call_is_made_again_and_nobody_notices() {
    for trouble in [
        refused(500, "It broke"),
        refused(503, "The platform does not answer"),
        unreachable(),
    ] {
        let (mut world, call) = in_call_before_renewal();
        let well = world.sidecar.refresh.replace(Err(trouble));
        world.pass(A_MINUTE);

        let tries = world.count_asked("refresh");
        assert!((2..=8).contains(&tries), "{tries}");
        assert_goes_on(&world);
        assert_held(&world);
        assert_eq!(world.stored, ["session", "tokens"]);

        world.sidecar.refresh = well;
        world.pass(A_MINUTE);
        assert_eq!(world.count_asked("refresh"), tries + 1);
        assert_eq!(world.stored, ["session", "tokens", "tokens"]);
        assert_goes_on(&world);

        world.command(Command::HangUp { call }).unwrap();
        world.pass(A_MINUTE);
        assert_eq!(world.count_sent("BYE"), 1);
        assert_held(&world);
        world.dial("4712");
    }
}

/// An agent who talks, shortly before their token is renewed.
fn in_call_before_renewal() -> (World, CallId) {
    let mut world = World::new(world::setup());
    let grant = world::agent_grant().replace("access-secret", HALF_AN_HOUR);
    world.sidecar.login = Some(Ok(grant));
    world.sign_in();
    let call = world.dial("4711");
    world.pass(BEFORE_RENEWAL);
    assert_eq!(world.count_asked("refresh"), 0);
    assert_goes_on(&world);
    (world, call)
}

/// The call is there, and nobody has ended it.
fn assert_goes_on(world: &World) {
    let calls = world.view().calls;
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].state, CallState::Talking);
    assert_eq!(world.count_sent("BYE"), 0);
    assert!(matches!(world.view().account, AccountView::SignedIn { .. }));
}

fn assert_held(world: &World) {
    assert_eq!(world.view().lease.unwrap().state, LeaseState::Held);
    assert!(!world.happened(|it| matches!(it, Event::SessionLost { .. })));
}
