//! A sidecar that answers 503 for a minute, to everything or to each second call (design/faults.md 67).

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::time::Duration;

use phone::{AccountView, Event};
use world::{World, refused};

/// What a phone asks of its sidecar in a minute of 503, at the most: heartbeats and renewals of the token, each tried again after 2 s, then
/// after twice as long each time.
const MOST: usize = 15;

const MINUTE: Duration = Duration::from_secs(60);

/// A token that lives for a minute and a half, so that one is renewed in each storm.
const SHORT: &str = "e30.eyJpYXQiOjEwMDAsImV4cCI6MTA5MH0.sig";

#[test]
fn a_phone_asks_little_of_a_sidecar_that_has_trouble_and_goes_on_with_it_afterwards() {
    let most = storms(MOST, |world| {
        let trouble = || Some(Err(refused(503, "The lock store does not answer")));
        (world.sidecar.beat, world.sidecar.refresh) = (trouble(), trouble());
    });
    // A bound far above what is says nothing.
    assert!(most > MOST / 2, "{most}");
}

#[test]
fn a_phone_asks_twice_where_each_second_answer_is_trouble() {
    let calm = storms(MOST, |_| {});
    // Each call that fails is made once more, and no other. There is no breaker: one phone asks too seldom to need it.
    let most = storms(2 * calm, |world| world.sidecar.fails_by_turns = true);
    assert!(most > calm, "{most} of {calm}");
}

/// Has a minute of trouble begin at forty moments of a session, and returns how many calls the phone made in one of
/// them at the most.
fn storms(bound: usize, begin: impl Fn(&mut World)) -> usize {
    let mut most = 0;
    for begins in 0..40 {
        let mut world = World::new(world::setup());
        let grant = world::agent_grant()
            .replace("access-secret", SHORT)
            .replace("\"heartbeatSeconds\":300", "\"heartbeatSeconds\":60");
        world.sidecar.login = Some(Ok(grant));
        let refreshed = format!(r#"{{"accessToken":"{SHORT}","refreshToken":"next-secret"}}"#);
        world.sidecar.refresh = Some(Ok(refreshed));
        world.sign_in();
        world.pass(Duration::from_secs(3 * begins));
        let well = (world.sidecar.beat.clone(), world.sidecar.refresh.clone());
        let before = world.asked.len();

        begin(&mut world);
        world.pass(MINUTE);

        let asked = &world.asked[before..];
        assert!(asked.len() <= bound, "{begins}: {asked:?}");
        assert!(asked.contains(&"heartbeat"), "{begins}: {asked:?}");
        most = most.max(asked.len());

        (world.sidecar.beat, world.sidecar.refresh) = well;
        world.sidecar.fails_by_turns = false;
        let before = world.asked.len();
        world.pass(MINUTE);
        assert!(world.asked[before..].contains(&"heartbeat"), "{begins}");
        assert!(!world.happened(|it| matches!(it, Event::SessionLost { .. })));
        assert!(matches!(world.view().account, AccountView::SignedIn { .. }));
    }
    println!("At most {most}");
    most
}
