use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use sidecar::MemoryLock;

use crate::copies::{self, copy_of};
use crate::world::{MovedClock, World, config};

const ANA: &str = "ana@helix.example";
const TTL: Duration = Duration::from_secs(3600);
const MILLISECOND: Duration = Duration::from_millis(1);

#[tokio::test]
async fn the_same_device_signs_in_again() {
    let world = World::start().await;
    let desk = world.device("desk");
    desk.login(ANA).await.expect(201);
    let again = desk.login(ANA).await.expect(201);
    desk.beat(again.access_token()).await.expect(201);
}

#[tokio::test]
async fn of_two_copies_of_an_installation_the_one_that_signed_in_last_has_the_session() {
    let world = World::start().await;
    let desk = world.device("desk");
    let copy = copy_of(&desk, world.device("copy"));
    let laptop = world.device("laptop");
    copies::of_two_copies_the_one_that_signed_in_last_has_the_session(&desk, &copy, &laptop).await;
}

#[tokio::test]
async fn of_a_session_that_was_copied_nothing_is_left_within_half_an_hour() {
    let world = World::start().await;
    let desk = world.device("desk");
    let copy = copy_of(&desk, world.device("copy"));
    let laptop = world.device("laptop");
    let pass = async |_: &str, time: Duration| world.clock.advance(time);
    let machines = [&desk, &copy, &laptop];
    copies::of_a_session_that_was_copied_nothing_is_left_within_half_an_hour(machines, pass).await;
}

#[tokio::test]
async fn two_pages_without_a_device_id_go_on() {
    let world = World::start().await;
    copies::two_pages_without_a_device_id_go_on(&world.old_client(), &world.old_client()).await;
}

#[tokio::test]
async fn what_a_copy_was_asked_is_not_the_others_to_answer() {
    let world = World::start().await;
    let desk = world.device("desk");
    let copy = copy_of(&desk, world.device("copy"));
    let displaced = desk.login(ANA).await.expect(201);
    let held = copy.login(ANA).await.expect(201);
    let mut events = copy.listen(held.access_token()).await;
    world.device("laptop").ask(ANA).await.expect(202);
    let asked = events.until("waiting").await;
    let id = asked["id"].as_str().unwrap();
    let answer = desk.answer(displaced.access_token(), id, "now").await;
    assert_ne!(answer.status, 200);
    copy.answer(held.access_token(), id, "no").await.expect(200);
}

#[tokio::test]
async fn after_a_restart_the_later_of_two_copies_has_the_session() {
    let before = World::start().await;
    let desk = before.device("desk");
    let copy = copy_of(&desk, before.device("copy"));
    let first = desk.login(ANA).await.expect(201);
    let second = copy.login(ANA).await.expect(201);
    let clock = before.clock.clone();
    before.stop().await.unwrap();

    let lock = Arc::new(MemoryLock::new(clock.clock()));
    let after = World::at(clock, config(""), lock).await;
    let desk = after.device("desk");
    let copy = copy_of(&desk, after.device("copy"));
    // It has forgotten who came last, and believes whom it hears first.
    desk.beat(first.access_token()).await.expect(201);
    copy.beat(second.access_token()).await.expect(201);
    desk.beat(first.access_token()).await.expect(409);
    copy.beat(second.access_token()).await.expect(201);
}

#[tokio::test]
async fn nobody_takes_over_another_members_session() {
    let world = World::start().await;
    let ravi = world.device("ravi's");
    let token = ravi.login("ravi@helix.example").await.expect(201);
    let rita = world.device("rita's");
    for answer in [
        rita.login("rita@helix.example").await,
        rita.take_over("rita@helix.example").await,
    ] {
        assert_eq!(answer.expect(409).body["holder"]["sameMember"], false);
    }
    ravi.beat(token.access_token()).await.expect(201);
}

#[tokio::test]
async fn another_member_on_the_same_device_is_another_owner() {
    let world = World::start().await;
    let shared = world.device("shared");
    shared.login("ravi@helix.example").await.expect(201);
    shared.login("rita@helix.example").await.expect(409);
}

#[tokio::test]
async fn after_a_takeover_the_loser_neither_beats_nor_frees() {
    let world = World::start().await;
    let (desk, laptop) = (world.device("desk"), world.device("laptop"));
    let loser = desk.login(ANA).await.expect(201);
    let winner = laptop.take_over(ANA).await.expect(201);

    let beat = desk.beat(loser.access_token()).await.expect(409);
    assert_eq!(beat.body["holder"]["deviceName"], "laptop");
    assert_eq!(beat.body["holder"]["sameMember"], true);
    let logout = desk.logout(loser.access_token()).await.expect(201);
    assert_eq!(logout.body["released"], false);

    laptop.beat(winner.access_token()).await.expect(201);
    desk.login(ANA).await.expect(409);
}

#[tokio::test]
async fn who_slept_through_a_takeover_hears_of_it_and_never_has_the_lock_again() {
    let world = World::start().await;
    let (desk, laptop) = (world.device("desk"), world.device("laptop"));
    let loser = desk.login(ANA).await.expect(201);
    let winner = laptop.take_over(ANA).await.expect(201);
    world.clock.advance(Duration::from_secs(1000));
    let winner = laptop.refresh(winner.refresh_token()).await.expect(201);
    laptop.beat(winner.access_token()).await.expect(201);
    // Its access token is over; what it has left is the other one.
    desk.beat(loser.access_token()).await.expect(401);
    let renewed = desk.refresh(loser.refresh_token()).await.expect(201);
    let told = desk.beat(renewed.access_token()).await.expect(409);
    assert_eq!(told.body["holder"]["deviceName"], "laptop");
    assert_eq!(told.body["holder"]["sameMember"], true);
    world
        .device("thief")
        .refresh(loser.refresh_token())
        .await
        .expect(401);

    laptop.logout(winner.access_token()).await.expect(201);
    desk.refresh(loser.refresh_token()).await.expect(401);
    desk.beat(loser.access_token()).await.expect(401);
    laptop.login(ANA).await.expect(201);
}

#[tokio::test]
async fn a_takeover_of_a_free_lock_is_a_login() {
    let world = World::start().await;
    world.device("desk").take_over(ANA).await.expect(201);
}

#[tokio::test]
async fn logout_frees_the_lock_at_once() {
    let world = World::start().await;
    let token = world.device("desk").login(ANA).await.expect(201);
    let logout = world.device("desk").logout(token.access_token()).await;
    assert_eq!(logout.expect(201).body["released"], true);
    world.device("laptop").login(ANA).await.expect(201);
}

#[tokio::test]
async fn a_late_logout_of_an_earlier_session_does_not_free_the_next() {
    let world = World::start().await;
    let desk = world.device("desk");
    let earlier = desk.login(ANA).await.expect(201);
    let next = desk.login(ANA).await.expect(201);
    let logout = desk.logout(earlier.access_token()).await.expect(201);
    assert_eq!(logout.body["released"], false);
    world.device("laptop").login(ANA).await.expect(409);
    desk.beat(next.access_token()).await.expect(201);
}

#[tokio::test]
async fn a_lock_is_held_until_the_last_moment_of_its_term_and_free_from_then() {
    let world = World::start().await;
    world.device("desk").login(ANA).await.expect(201);
    let laptop = world.device("laptop");
    world.clock.advance(TTL - MILLISECOND);
    laptop.login(ANA).await.expect(409);
    world.clock.advance(MILLISECOND);
    laptop.login(ANA).await.expect(201);
}

#[tokio::test]
async fn a_heartbeat_prolongs_the_lock_by_a_whole_term() {
    let world = World::start().await;
    let token = world.device("desk").login(ANA).await.expect(201);
    world.clock.advance(Duration::from_secs(900));
    world
        .device("desk")
        .beat(token.access_token())
        .await
        .expect(201);
    world.clock.advance(TTL - MILLISECOND);
    world.device("laptop").login(ANA).await.expect(409);
    world.clock.advance(MILLISECOND);
    world.device("laptop").login(ANA).await.expect(201);
}

#[tokio::test]
async fn a_heartbeat_after_a_restart_takes_the_absent_lock_again() {
    let before = World::start().await;
    let token = before.device("desk").login(ANA).await.expect(201);
    let clock = before.clock.clone();
    before.stop().await.unwrap();

    let lock = Arc::new(MemoryLock::new(clock.clock()));
    let after = World::at(clock, config(""), lock).await;
    let beat = after.device("desk").beat(token.access_token()).await;
    assert_eq!(beat.expect(201).body["lock"], "held");
    let refused = after.device("laptop").login(ANA).await.expect(409);
    assert_eq!(refused.body["holder"]["deviceName"], "desk");
}

#[tokio::test]
async fn an_expired_lock_that_another_took_is_lost_to_its_first_holder() {
    let world = World::with(config("ttl_seconds = 600"), |clock| {
        Arc::new(MemoryLock::new(clock))
    })
    .await;
    let first = world.device("desk").login(ANA).await.expect(201);
    world.clock.advance(Duration::from_secs(600));
    world.device("laptop").login(ANA).await.expect(201);
    world
        .device("desk")
        .beat(first.access_token())
        .await
        .expect(409);
}

#[tokio::test]
async fn callers_without_a_device_id_are_told_apart_by_member_alone() {
    let world = World::start().await;
    let old = world.old_client();
    let first = old.login("ravi@helix.example").await.expect(201);
    old.login("ravi@helix.example").await.expect(201);
    old.beat(first.access_token()).await.expect(201);
    old.login("rita@helix.example").await.expect(409);
    // A device that names itself is another one than a device unknown.
    let named = world.device("desk").login("ravi@helix.example").await;
    assert_eq!(named.expect(409).body["holder"]["sameMember"], true);
}

#[tokio::test]
async fn of_a_hundred_devices_at_once_exactly_one_signs_in() {
    let world = World::start().await;
    let names: Vec<String> = (0..100).map(|n| format!("device-{n}")).collect();
    let devices: Vec<_> = names.iter().map(|name| world.device(name)).collect();
    let answers = join_all(devices.iter().map(|device| device.login(ANA))).await;
    let count = |status| answers.iter().filter(|a| a.status == status).count();
    assert_eq!((count(201), count(409)), (1, 99));
}

#[tokio::test]
async fn servers_that_share_a_lock_store_share_its_locks() {
    let clock = MovedClock::new();
    let lock = Arc::new(MemoryLock::new(clock.clock()));
    let one = World::at(clock.clone(), config(""), lock.clone()).await;
    let two = World::at(clock, config(""), lock).await;
    let token = one.device("desk").login(ANA).await.expect(201);
    two.device("laptop").login(ANA).await.expect(409);
    two.device("desk")
        .beat(token.access_token())
        .await
        .expect(201);
}
