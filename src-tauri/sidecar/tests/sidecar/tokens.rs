use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::decode_header;
use serde_json::json;
use sidecar::{Config, MemoryLock};

use crate::forged::{claims, ended, forged, named, resigned, sign};
use crate::world::{JWT_SECRET, MovedClock, World, config, config_text, send};

const ANA: &str = "ana@helix.example";
const RAVI: &str = "ravi@helix.example";
const MIRA: &str = "mira@helix.example";
const LIFE: Duration = Duration::from_secs(15 * 60);
const HALF_AN_HOUR: Duration = Duration::from_secs(30 * 60);
/// Access tokens are accepted this long after their end.
const LEEWAY: Duration = Duration::from_secs(60);
const GRACE: Duration = Duration::from_secs(120);
const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn an_access_token_ends_a_quarter_of_an_hour_after_its_issue() {
    let world = World::start().await;
    let desk = world.device("desk");
    let token = desk.login(ANA).await.expect(201);
    world.clock.advance(LIFE + LEEWAY - SECOND);
    desk.beat(token.access_token()).await.expect(201);
    world.clock.advance(SECOND);
    desk.beat(token.access_token()).await.expect(401);
}

#[tokio::test]
async fn logout_accepts_an_expired_token_and_frees_the_lock() {
    let world = World::start().await;
    let desk = world.device("desk");
    let token = desk.login(ANA).await.expect(201);
    world.clock.advance(HALF_AN_HOUR * 2 - SECOND);
    desk.beat(token.access_token()).await.expect(401);
    let logout = desk.logout(token.access_token()).await.expect(201);
    assert_eq!(logout.body["released"], true);
}

#[tokio::test]
async fn a_forged_or_broken_token_is_401_everywhere() {
    let world = World::start().await;
    let desk = world.device("desk");
    let login = desk.login(ANA).await.expect(201);
    let good = login.access_token();
    for token in forged(good) {
        desk.beat(&token).await.expect(401);
        desk.logout(&token).await.expect(401);
    }
    let of_nobody = resigned(good, |claims| claims["sub"] = json!("m-nobody"));
    desk.beat(&of_nobody).await.expect(401);
    desk.beat(&ended(good)).await.expect(401);
    // Untouched, the same construction is accepted: the reasons above are what was refused.
    desk.beat(&resigned(good, |_| {})).await.expect(201);
}

#[tokio::test]
async fn servers_take_each_others_tokens_while_their_clocks_are_a_minute_apart_at_the_most() {
    let clock = MovedClock::new();
    for (seconds, is_taken) in [(60, true), (61, false), (300, false)] {
        let ahead = clock.ahead(seconds);
        let lock = Arc::new(MemoryLock::new(clock.clock()));
        let server = |clock: &MovedClock| World::at(clock.clone(), config(""), lock.clone());
        let (right, ahead) = (server(&clock).await, server(&ahead).await);
        let beat = async |at: &World, token: &str| {
            let answer = at.device("desk").beat(token).await;
            assert!([201, 401].contains(&answer.status), "{answer:?}");
            answer.status == 201
        };
        let (behinds, aheads) = (
            right.device("desk").login(ANA).await.expect(201),
            ahead.device("desk").login(RAVI).await.expect(201),
        );
        let (behinds, aheads) = (behinds.access_token(), aheads.access_token());
        // It would be issued later than now.
        assert_eq!(beat(&right, aheads).await, is_taken, "{seconds}");
        assert!(beat(&ahead, aheads).await);
        // To its last second, by the clock of whoever issued it.
        for world in [&right, &ahead] {
            world.clock.advance(LIFE - SECOND);
        }
        assert_eq!(beat(&ahead, behinds).await, is_taken, "{seconds}");
    }
}

#[tokio::test]
async fn a_call_without_a_bearer_token_is_401() {
    let world = World::start().await;
    send(world.post("/auth/heartbeat")).await.expect(401);
    send(world.post("/auth/logout")).await.expect(401);
    let basic = world.post("/auth/heartbeat").basic_auth("ana", Some("x"));
    send(basic).await.expect(401);
}

#[tokio::test]
async fn tokens_belong_to_the_device_that_signed_in() {
    let world = World::start().await;
    let (desk, thief) = (world.device("desk"), world.device("thief"));
    let token = desk.login(ANA).await.expect(201);
    thief.beat(token.access_token()).await.expect(401);
    thief.logout(token.access_token()).await.expect(401);
    thief.refresh(token.refresh_token()).await.expect(401);
    thief
        .logout_by_refresh_token(token.refresh_token())
        .await
        .expect(401);
    desk.beat(token.access_token()).await.expect(201);
    desk.refresh(token.refresh_token()).await.expect(201);
}

#[tokio::test]
async fn after_logout_no_token_of_the_session_works_and_logout_may_be_repeated() {
    let world = World::start().await;
    let desk = world.device("desk");
    let token = desk.login(ANA).await.expect(201);
    desk.logout(token.access_token()).await.expect(201);
    desk.beat(token.access_token()).await.expect(401);
    desk.refresh(token.refresh_token()).await.expect(401);
    let again = desk.logout(token.access_token()).await.expect(201);
    assert_eq!(again.body["released"], false);
}

#[tokio::test]
async fn a_refresh_token_signs_out_as_well() {
    let world = World::start().await;
    let desk = world.device("desk");
    let token = desk.login(ANA).await.expect(201);
    let logout = desk.logout_by_refresh_token(token.refresh_token()).await;
    assert_eq!(logout.expect(201).body["released"], true);
    desk.beat(token.access_token()).await.expect(401);
}

#[tokio::test]
async fn refreshing_rotates_both_tokens_and_keeps_the_lock() {
    let world = World::start().await;
    let desk = world.device("desk");
    let mut token = desk.login(ANA).await.expect(201);
    for _ in 0..100 {
        world.clock.advance(HALF_AN_HOUR);
        let next = desk.refresh(token.refresh_token()).await.expect(201);
        assert_eq!(next.body.as_object().unwrap().len(), 2);
        assert_ne!(next.refresh_token(), token.refresh_token());
        assert_ne!(next.access_token(), token.access_token());
        let beat = desk.beat(next.access_token()).await.expect(201);
        assert_eq!(beat.body["lock"], "held");
        token = next;
    }
    let logout = desk.logout(token.access_token()).await.expect(201);
    assert_eq!(logout.body["released"], true);
}

#[tokio::test]
async fn a_lost_answer_to_a_refresh_does_not_sign_the_agent_out() {
    let world = World::start().await;
    let desk = world.device("desk");
    let token = desk.login(ANA).await.expect(201);
    desk.refresh(token.refresh_token()).await.expect(201);
    world.clock.advance(GRACE);
    let retried = desk.refresh(token.refresh_token()).await.expect(201);
    desk.beat(retried.access_token()).await.expect(201);
    world.clock.advance(HALF_AN_HOUR);
    desk.refresh(retried.refresh_token()).await.expect(201);
}

#[tokio::test]
async fn a_used_refresh_token_that_comes_back_late_ends_the_session() {
    let world = World::start().await;
    let desk = world.device("desk");
    let token = desk.login(ANA).await.expect(201);
    let next = desk.refresh(token.refresh_token()).await.expect(201);
    world.clock.advance(GRACE + SECOND);
    desk.beat(next.access_token()).await.expect(201);
    desk.refresh(token.refresh_token()).await.expect(401);
    desk.refresh(next.refresh_token()).await.expect(401);
    desk.beat(next.access_token()).await.expect(401);
    desk.login(ANA).await.expect(201);
}

#[tokio::test]
async fn a_refresh_token_that_rests_too_long_expires() {
    let world = World::start().await;
    let desk = world.device("desk");
    let token = desk.login(ANA).await.expect(201);
    world.clock.advance(Duration::from_secs(12 * 3600));
    desk.refresh(token.refresh_token()).await.expect(401);
}

#[tokio::test]
async fn an_unknown_refresh_token_is_401() {
    let world = World::start().await;
    let desk = world.device("desk");
    let token = desk.login(ANA).await.expect(201);
    for wrong in ["", "garbage", token.access_token(), &"x".repeat(10_000)] {
        desk.refresh(wrong).await.expect(401);
        desk.logout_by_refresh_token(wrong).await.expect(401);
    }
}

#[tokio::test]
async fn a_member_keeps_at_most_sixteen_sessions() {
    let world = World::start().await;
    let desk = world.device("desk");
    let mut tokens = Vec::new();
    for _ in 0..17 {
        world.clock.advance(SECOND);
        tokens.push(desk.login(MIRA).await.expect(201));
    }
    desk.beat(tokens[0].access_token()).await.expect(401);
    desk.refresh(tokens[0].refresh_token()).await.expect(401);
    for token in [&tokens[1], &tokens[16]] {
        desk.beat(token.access_token()).await.expect(201);
        desk.refresh(token.refresh_token()).await.expect(201);
    }
}

#[tokio::test]
async fn a_server_alone_that_was_started_again_goes_on_with_the_sessions_that_there_were() {
    let world = World::start().await;
    let desk = world.device("desk");
    let login = desk.login(ANA).await.expect(201);
    let before = desk.refresh(login.refresh_token()).await.expect(201);
    let old_page = world.old_client();
    let page = old_page.login(RAVI).await.expect(201);

    let again = started_again(&world, &config_text(""), JWT_SECRET).await;
    let desk = again.device("desk");
    for stranger in [again.device("thief"), again.old_client()] {
        stranger.refresh(before.refresh_token()).await.expect(401);
    }
    desk.refresh(before.refresh_token()).await.expect(201);
    again.clock.advance(GRACE);
    let next = desk.refresh(before.refresh_token()).await.expect(201);
    let beat = desk.beat(next.access_token()).await.expect(201);
    assert_eq!(beat.body["lock"], "held");
    let page = again.old_client().refresh(page.refresh_token()).await;
    let page = page.expect(201);
    again
        .old_client()
        .beat(page.access_token())
        .await
        .expect(201);

    // What is used is known as such again.
    again.clock.advance(SECOND);
    desk.refresh(before.refresh_token()).await.expect(401);
    desk.refresh(next.refresh_token()).await.expect(401);
    desk.beat(next.access_token()).await.expect(401);
}

#[tokio::test]
async fn a_token_that_was_used_before_a_restart_ends_what_goes_on_after_it() {
    let world = World::start().await;
    let login = world.device("desk").login(ANA).await.expect(201);
    let next = world.device("desk").refresh(login.refresh_token()).await;
    let next = next.expect(201);
    let again = started_again(&world, &config_text(""), JWT_SECRET).await;
    let desk = again.device("desk");
    let last = desk.refresh(next.refresh_token()).await.expect(201);
    desk.refresh(login.refresh_token()).await.expect(401);
    desk.refresh(last.refresh_token()).await.expect(401);
    desk.beat(last.access_token()).await.expect(401);
}

#[tokio::test]
async fn nothing_begins_again_with_another_key_role_or_an_old_token() {
    let world = World::start().await;
    let (desk, office) = (world.device("desk"), world.device("office"));
    let login = desk.login(ANA).await.expect(201);
    let manager = office.login(MIRA).await.expect(201);

    let other = "another key of more than thirty-two bytes";
    let again = started_again(&world, &config_text(""), other).await;
    let desk = again.device("desk");
    desk.refresh(login.refresh_token()).await.expect(401);

    let others = config_text("")
        .replace("role = \"manager\"", "role = \"executive\"")
        .replace("m-ana", "m-anna");
    let again = started_again(&world, &others, JWT_SECRET).await;
    let office = again.device("office");
    office.refresh(manager.refresh_token()).await.expect(401);
    let desk = again.device("desk");
    desk.refresh(login.refresh_token()).await.expect(401);

    world.clock.advance(Duration::from_secs(12 * 3600) - SECOND);
    let again = started_again(&world, &config_text(""), JWT_SECRET).await;
    let office = again.device("office");
    office.refresh(manager.refresh_token()).await.expect(201);
    world.clock.advance(SECOND);
    let desk = again.device("desk");
    desk.refresh(login.refresh_token()).await.expect(401);
}

#[tokio::test]
async fn what_has_ended_never_begins_again() {
    let world = World::start().await;
    let desk = world.device("desk");
    let first = desk.login(ANA).await.expect(201);
    desk.logout(first.access_token()).await.expect(201);
    let second = desk.login(ANA).await.expect(201);
    let used = desk.refresh(second.refresh_token()).await.expect(201);
    world.clock.advance(GRACE + SECOND);
    desk.refresh(second.refresh_token()).await.expect(401);
    let mut over = vec![first, second, used];
    for _ in 0..17 {
        world.clock.advance(SECOND);
        over.push(desk.login(ANA).await.expect(201));
    }
    over.truncate(4);
    for _ in 0..3 {
        // By then that each of them ended is forgotten.
        for token in &over {
            desk.refresh(token.refresh_token()).await.expect(401);
        }
        world.clock.advance(HALF_AN_HOUR);
        desk.login(ANA).await.expect(201);
    }
}

/// Starts a server with this file and key that knows nothing of what was in the memory of `world`.
async fn started_again(world: &World, text: &str, key: &'static str) -> World {
    let config = Config::from_toml(text, Path::new("."), |name| {
        (name == "HELIX_JWT_SECRET").then(|| key.to_owned())
    });
    let lock = Arc::new(MemoryLock::new(world.clock.clock()));
    World::at(world.clock.clone(), config.unwrap(), lock).await
}

#[tokio::test]
async fn a_signing_key_is_changed_without_ending_a_token() {
    let old = "an older signing key of thirty-two bytes";
    let clock = MovedClock::new();
    let lock = Arc::new(MemoryLock::new(clock.clock()));
    let start = |secret: &'static str, old: Option<&'static str>| {
        let config = Config::from_toml(&config_text(""), Path::new("."), |name| match name {
            "HELIX_JWT_SECRET" => Some(secret.to_owned()),
            "HELIX_JWT_SECRET_OLD" => old.map(str::to_owned),
            _ => None,
        });
        World::at(clock.clone(), config.unwrap(), lock.clone())
    };
    let before = start(old, None).await;
    let between = start(JWT_SECRET, Some(old)).await;
    let after = start(JWT_SECRET, None).await;
    let login = before.device("desk").login(ANA).await.expect(201);
    let token = login.access_token();
    between.device("desk").beat(token).await.expect(201);
    after.device("desk").beat(token).await.expect(401);
    // Nothing is signed with the old one.
    let login = between.device("desk").login(ANA).await.expect(201);
    let token = login.access_token();
    after.device("desk").beat(token).await.expect(201);
    before.device("desk").beat(token).await.expect(401);
}

#[tokio::test]
async fn a_token_names_one_of_the_servers_own_keys_and_is_signed_with_that() {
    let world = World::start().await;
    let desk = world.device("desk");
    let login = desk.login(ANA).await.expect(201);
    let header = decode_header(login.access_token()).unwrap();
    let kid = header.kid.unwrap();
    assert_eq!(kid.len(), 16);
    assert!(kid.bytes().all(|it| it.is_ascii_hexdigit()), "{kid}");
    let claims = claims(login.access_token());
    let signed = |kid: &str, key: &str| sign(named(kid), &claims, key);
    desk.beat(&signed(&kid, JWT_SECRET)).await.expect(201);
    for wrong in [
        signed(&kid.to_uppercase(), JWT_SECRET),
        signed(&kid, "another key of more than thirty-two bytes"),
    ] {
        desk.beat(&wrong).await.expect(401);
        desk.logout(&wrong).await.expect(401);
    }
}
