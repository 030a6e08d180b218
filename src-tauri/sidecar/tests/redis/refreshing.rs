//! Refreshes at a platform whose answers, or whose second step, are lost.

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::instance::Instance;
use crate::server::RedisServer;
use crate::side_by_side::until_served;
use crate::stand_in::platform::{self, Platform};
use crate::wire::{Fault, Wire};
use crate::world::{Answer, DEADLINE, Device, PASSWORD};

const ANA: &str = "ana@helix.example";

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_a_refresh_that_is_lost_again_and_again_signs_nobody_out_at_any_server() {
    let redis = RedisServer::start();
    let platform = platform().await;
    let one = Instance::at_platform(&redis.url(), &platform).await;
    let other = Instance::at_platform(&redis.url(), &platform).await;
    let first = login(&one.device("desk")).await;
    let mut last = None;
    for sidecar in [&one, &other, &one, &other] {
        let desk = sidecar.device("desk");
        last = Some(desk.refresh(first.refresh_token()).await.expect(201));
    }
    assert_eq!(platform.asked("renewToken"), 1);
    let second = last.unwrap();
    let third = other.device("desk").refresh(second.refresh_token()).await;
    third.expect(201);
    assert_eq!(platform.asked("renewToken"), 2);
    redis.assert_every_key_expires();
    let kept = redis.command(&["KEYS", "session:*:renewed"]);
    let kept = redis.command(&["GET", &kept]);
    assert!(kept.len() > 40 && !kept.contains("token"), "{kept}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_lost_between_both_steps_of_a_refresh_signs_nobody_out() {
    // The session is read, the platform asked, and then the session refreshed.
    for fault in [Fault::LosesCommand, Fault::LosesAnswer] {
        let redis = RedisServer::start();
        let wire = Wire::to(redis.port).await;
        let platform = platform().await;
        let sidecar = Instance::at_platform(&wire.url(), &platform).await;
        let desk = sidecar.device("desk");
        let before = login(&desk).await;
        // From here on Redis knows both scripts.
        let first = desk.refresh(before.refresh_token()).await.expect(201);
        for _ in 0..3 {
            wire.break_at(2, fault);
            desk.refresh(first.refresh_token()).await.expect(503);
            wire.broken().await;
            until_served(async || sidecar.get("/readyz").await).await;
        }
        let second = desk.refresh(first.refresh_token()).await.expect(201);
        assert_eq!(platform.asked("renewToken"), 2, "{fault:?}");
        let third = desk.refresh(second.refresh_token()).await.expect(201);
        desk.beat(third.access_token()).await.expect(201);
        redis.assert_every_key_expires();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_whose_phone_went_away_is_there_at_any_server_however_late_it_comes_again() {
    let redis = RedisServer::start();
    let platform = platform().await;
    let one = Instance::at_platform(&redis.url(), &platform).await;
    let other = Instance::at_platform(&redis.url(), &platform).await;
    let first = login(&one.device("desk")).await;
    let session = format!("session:{}", &first.refresh_token()[..36]);
    let renewed = format!("{session}:renewed");
    platform.with(|world| world.faults = [("renewToken", platform::Fault::Late)].into());
    for (n, sidecar) in [&one, &other, &one].into_iter().enumerate() {
        let (desk, token) = (sidecar.device("desk"), first.refresh_token().to_owned());
        let before = redis.command(&["GET", &renewed]);
        let refresh = tokio::spawn(async move { desk.refresh(&token).await });
        let asked = platform.until_asked("renewToken", n + 1);
        tokio::time::timeout(DEADLINE, asked).await.unwrap();
        refresh.abort();
        platform.go_on();
        let is_kept = |kept: &str| !kept.is_empty() && kept != before;
        redis.until("it is kept", &["GET", &renewed], is_kept);
        // Longer than a used token works.
        pass(&redis, &renewed, 200_000);
    }
    platform.with(|world| world.faults.clear());
    let second = other.device("desk").refresh(first.refresh_token()).await;
    let second = second.expect(201);
    // Each time the platform is asked whether the user may still sign in, with the token that it gave last.
    assert_eq!(platform.asked("renewToken"), 4);
    let third = one.device("desk").refresh(second.refresh_token()).await;
    third.expect(201);
    redis.assert_every_key_expires();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_out_at_the_platform_by_the_time_their_phone_comes_again_is_out() {
    let redis = RedisServer::start();
    let platform = platform().await;
    let sidecar = Instance::at_platform(&redis.url(), &platform).await;
    let desk = sidecar.device("desk");
    let first = login(&desk).await;
    let renewed = format!("session:{}:renewed", &first.refresh_token()[..36]);
    platform.with(|world| world.faults = [("renewToken", platform::Fault::Late)].into());
    let (hasty, token) = (desk.clone(), first.refresh_token().to_owned());
    let refresh = tokio::spawn(async move { hasty.refresh(&token).await });
    let asked = platform.until_asked("renewToken", 1);
    tokio::time::timeout(DEADLINE, asked).await.unwrap();
    refresh.abort();
    platform.go_on();
    redis.until("it is kept", &["EXISTS", &renewed], |count| count == "1");
    pass(&redis, &renewed, 200_000);
    platform.with(|world| {
        world.faults.clear();
        world.revoke_all();
    });
    desk.refresh(first.refresh_token()).await.expect(401);
    desk.beat(first.access_token()).await.expect(401);
}

/// Has a key be so many ms older.
fn pass(redis: &RedisServer, key: &str, ms: u64) {
    let script = "local left = redis.call('PTTL', KEYS[1]) - ARGV[1] \
                  if left <= 0 then return redis.call('DEL', KEYS[1]) end \
                  return redis.call('PEXPIRE', KEYS[1], left)";
    let passed = redis.command(&["EVAL", script, "1", key, &ms.to_string()]);
    assert_eq!(passed, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_takes_what_was_renewed_for_it_along() {
    let redis = RedisServer::start();
    let platform = platform().await;
    let sidecar = Instance::at_platform(&redis.url(), &platform).await;
    let desk = sidecar.device("desk");
    let first = login(&desk).await;
    let second = desk.refresh(first.refresh_token()).await.expect(201);
    assert_ne!(redis.command(&["KEYS", "session:*:renewed"]), "");
    desk.logout(second.access_token()).await.expect(201);
    assert_eq!(redis.command(&["KEYS", "session:*:renewed"]), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_the_version_before_goes_on_and_outlives_a_loss_after_its_first_refresh() {
    let redis = RedisServer::start();
    let sidecar = Instance::start(&redis.url()).await;
    let id = "0b6f2c1e-3a4d-4e5f-8a9b-0c1d2e3f4a5b";
    let token = format!("{id}{}", "x".repeat(43));
    let hash = Sha256::digest(token.as_bytes());
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let session = json!({
        "memberId": "m-mira", "deviceId": "id-of-desk", "deviceName": "desk", "role": "manager",
        "epoch": "0", "current": hash, "used": [],
    });
    let key = format!("session:{id}");
    let write = ["SET", &key, &session.to_string(), "PX", "60000"];
    assert_eq!(redis.command(&write), "OK");
    let desk = sidecar.device("desk");
    let next = desk.refresh(&token).await.expect(201);
    let next = desk.refresh(next.refresh_token()).await.expect(201);
    assert_eq!(redis.command(&["FLUSHALL"]), "OK");
    desk.refresh(&token).await.expect(401);
    let next = desk.refresh(next.refresh_token()).await.expect(201);
    desk.beat(next.access_token()).await.expect(201);
    redis.assert_every_key_expires();
}

async fn platform() -> Platform {
    let platform = Platform::start().await;
    platform.with(|world| world.passwords.insert(ANA.to_owned(), PASSWORD.to_owned()));
    platform
}

async fn login(desk: &Device) -> Answer {
    until_served(async || desk.login(ANA).await)
        .await
        .expect(201)
}
