use serde_json::json;

use crate::account;
use crate::instance::Instance;
use crate::login_steps::{evalshas, scripts_run};
use crate::ozonetel::{Fault, Mode, Ozonetel};
use crate::server::RedisServer;
use crate::side_by_side::until_served;
use crate::wire::{self, Wire};
use crate::world::{Answer, Device, send};

const ANA: &str = "ana@helix.example";

#[tokio::test]
async fn any_sidecar_tells_what_another_was_ordered() {
    let redis = RedisServer::start();
    let (_ozonetel, settings) = account::start(Mode::ApiKey).await;
    let (one, other) = (
        Instance::with(&redis.url(), &settings).await,
        Instance::with(&redis.url(), &settings).await,
    );
    let answer = one.device("desk").login(ANA).await.expect(201);
    let token = answer.access_token();
    let beat = other.device("desk").beat(token).await.expect(201);
    assert_eq!(beat.body["queue"]["state"], "Unknown");
    assert_eq!(beat.body["telephony"]["state"], "ready");

    let desk = one.device("desk");
    let pause = json!({"state": "Pause", "pauseReason": "Tea \"}"});
    let order = desk.post("/api/ozonetel/agent-state");
    send(order.bearer_auth(token).json(&pause))
        .await
        .expect(201);
    let beat = other.device("desk").beat(token).await.expect(201);
    assert_eq!(beat.body["queue"]["state"], "Pause");
    assert_eq!(beat.body["queue"]["pauseReason"], "Tea \"}");

    // Neither a refresh nor a note costs the other, and each leaves the key its term.
    let next = other.device("desk").refresh(answer.refresh_token()).await;
    let next = next.expect(201);
    let beat = one.device("desk").beat(next.access_token()).await;
    assert_eq!(beat.expect(201).body["queue"]["state"], "Pause");
    // It goes over to the device that the session moves to, at whichever server.
    let laptop = other.device("laptop");
    let moved = laptop.take_over(ANA).await.expect(201);
    assert_eq!(moved.body["queue"]["state"], "Pause");
    assert_eq!(moved.body["queue"]["pauseReason"], "Tea \"}");
    let beat = one.device("laptop").beat(moved.access_token()).await;
    assert_eq!(beat.expect(201).body["queue"]["state"], "Pause");
    redis.assert_every_key_expires();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_logged_in_by_a_sidecar_that_died_then_is_ordered_into_their_state_by_one_other() {
    let redis = RedisServer::start();
    let wire = Wire::to(redis.port).await;
    let (ozonetel, settings) = account::start(Mode::ApiKey).await;
    let dying = Instance::with(&wire.url(), &settings).await;
    let others = account::sidecars(&redis.url(), &settings, 2).await;
    let login = lapsed(&dying, &redis, &ozonetel).await;
    wire.break_at(1, wire::Fault::DelaysCommand);
    ozonetel.with(|world| world.fault = None);
    ozonetel.go_on();
    wire.broken().await;
    dying.kill().await;
    ozonetel.with(|world| {
        assert!(world.present.contains_key("agent1") && !world.ready.contains("agent1"));
    });
    let ordered = states_ordered(&ozonetel);

    let (one, other) = (others[0].device("desk"), others[1].device("desk"));
    let (session, token) = (key(&login), login.access_token());
    assert!(leave_behind(&redis, &session));
    // Their answers do not wait for it.
    let (a, b) = tokio::join!(one.beat(token), other.beat(token));
    for beat in [a, b] {
        assert_eq!(beat.expect(201).body["queue"]["state"], "Ready");
    }
    account::until(&ozonetel, "she is ready again", |world| {
        world.ready.contains("agent1")
    })
    .await;
    let is_settled = |session: &str| !session.contains("unsettled");
    redis.until("it is settled", &["GET", &session], is_settled);
    for beat in [one.beat(token).await, other.beat(token).await] {
        assert_eq!(beat.expect(201).body["queue"]["state"], "Ready");
    }
    redis.assert_every_key_expires();
    // This waits for what the heartbeats have begun.
    for sidecar in others {
        sidecar.stop().await;
    }
    assert_eq!(states_ordered(&ozonetel), ordered + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_logged_in_while_redis_was_silent_is_in_their_state_after_a_later_heartbeat() {
    let redis = RedisServer::start();
    let (ozonetel, settings) = account::start(Mode::ApiKey).await;
    let sidecar = Instance::with(&redis.url(), &settings).await;
    let login = lapsed(&sidecar, &redis, &ozonetel).await;
    redis.signal("STOP");
    ozonetel.with(|world| world.fault = None);
    ozonetel.go_on();
    account::until(&ozonetel, "she is logged in", |world| {
        world.present.contains_key("agent1")
    })
    .await;
    // Each of these waits for Redis, all of them longer than the login does.
    for _ in 0..10 {
        sidecar.get("/readyz").await.expect(503);
    }
    redis.signal("CONT");
    let (desk, token) = (sidecar.device("desk"), login.access_token());
    let beat = until_served(async || desk.beat(token).await).await;
    assert_eq!(beat.expect(201).body["queue"]["state"], "Ready");
    ozonetel.with(|world| assert!(!world.ready.contains("agent1")));
    assert!(leave_behind(&redis, &key(&login)));
    desk.beat(token).await.expect(201);
    account::until(&ozonetel, "she is ready again", |world| {
        world.ready.contains("agent1")
    })
    .await;
    let is_settled = |session: &str| !session.contains("unsettled");
    redis.until("it is settled", &["GET", &key(&login)], is_settled);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_a_lapsed_lock_again_at_a_sidecar_that_dies_then_is_logged_in_by_another() {
    // The session is looked at, and the lock is taken again; the duty is noted behind that.
    for (step, fault) in [
        (2, wire::Fault::LosesAnswer),
        (3, wire::Fault::DelaysCommand),
    ] {
        let redis = RedisServer::start();
        let wire = Wire::to(redis.port).await;
        let (ozonetel, settings) = account::start(Mode::ApiKey).await;
        let dying = Instance::with(&wire.url(), &settings).await;
        let other = Instance::with(&redis.url(), &settings).await;
        let login = ready(&dying).await;
        lapse(&redis);
        ozonetel.with(|world| {
            world.present.clear();
            world.ready.clear();
            world.fault = Some(Fault::Status(503));
        });
        let (session, token) = (key(&login), login.access_token());
        wire.break_at(step, fault);
        let beat = dying.device("desk").post("/auth/heartbeat");
        let beat = tokio::spawn(beat.bearer_auth(token).send());
        wire.broken().await;
        dying.kill().await;
        // It may have been answered.
        let _ = beat.await;
        let lock = ["EXISTS", "agent:session:agent1"];
        redis.until("the lock is taken again", &lock, |count| count == "1");
        ozonetel.with(|world| world.fault = None);
        assert!(leave_behind(&redis, &session), "step {step}");
        let desk = other.device("desk");
        desk.beat(token).await.expect(201);
        account::until(&ozonetel, "she is ready again", |world| {
            world.ready.contains("agent1")
        })
        .await;
        let is_settled = |session: &str| !session.contains("unsettled");
        redis.until("it is settled", &["GET", &session], is_settled);
        redis.assert_every_key_expires();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_ordered_while_redis_did_not_answer_is_known_soon_after() {
    for fault in [wire::Fault::LosesCommand, wire::Fault::LosesAnswer] {
        let redis = RedisServer::start();
        let wire = Wire::to(redis.port).await;
        let (_ozonetel, settings) = account::start(Mode::ApiKey).await;
        let sidecar = Instance::with(&wire.url(), &settings).await;
        let other = Instance::with(&redis.url(), &settings).await;
        let login = ready(&sidecar).await;
        pause_unnoted(&sidecar, &wire, login.access_token(), fault).await;
        let is_known = |session: &str| session.contains("Pause");
        redis.until("it is known", &["GET", &key(&login)], is_known);
        let beat = other.device("desk").beat(login.access_token()).await;
        assert_eq!(beat.expect(201).body["queue"]["state"], "Pause");
        // It is in nobody's way.
        let order = account::order(&other, login.access_token()).await;
        order.expect(201);
        sidecar.stop().await;
        let beat = other.device("desk").beat(login.access_token()).await;
        assert_eq!(beat.expect(201).body["queue"]["state"], "Ready");
        redis.assert_every_key_expires();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_noted_late_takes_the_place_of_no_later_order() {
    let redis = RedisServer::start();
    let wire = Wire::to(redis.port).await;
    let (_ozonetel, settings) = account::start(Mode::ApiKey).await;
    let sidecar = Instance::with(&wire.url(), &settings).await;
    let other = Instance::with(&redis.url(), &settings).await;
    let login = ready(&sidecar).await;
    let token = login.access_token();
    pause_unnoted(&sidecar, &wire, token, wire::Fault::LosesCommand).await;
    account::order(&other, token).await.expect(201);
    // This waits for what is noted late.
    sidecar.stop().await;
    let beat = other.device("desk").beat(token).await.expect(201);
    assert_eq!(beat.body["queue"]["state"], "Ready");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_a_login_keeps_late_takes_the_place_of_no_later_order() {
    let redis = RedisServer::start();
    let wire = Wire::to(redis.port).await;
    let (ozonetel, settings) = account::start(Mode::ApiKey).await;
    let sidecar = Instance::with(&wire.url(), &settings).await;
    let other = Instance::with(&redis.url(), &settings).await;
    let before = ready(&sidecar).await;
    let asked = ozonetel.with(|world| {
        world.fault = Some(Fault::Wait);
        world.asked
    });
    let moved = sidecar.device("laptop").take_over(ANA).await.expect(201);
    assert_eq!(moved.body["telephony"]["state"], "pending");
    assert_ne!(key(&moved), key(&before));
    ozonetel.with(|world| {
        assert_eq!(world.asked, asked + 1);
        world.fault = None;
    });
    // It is noted what became of the login, the session is looked at, and then it keeps the state.
    wire.break_at(3, wire::Fault::DelaysCommand);
    ozonetel.go_on();
    wire.broken().await;
    let laptop = other.device("laptop");
    pause(&laptop, moved.access_token()).await;
    let run = scripts_run(&redis);
    wire.deliver();
    redis.until("it arrives", &["INFO", "commandstats"], |info| {
        evalshas(info) > run
    });
    let beat = laptop.beat(moved.access_token()).await.expect(201);
    assert_eq!(beat.body["queue"]["state"], "Pause");
}

#[tokio::test(flavor = "multi_thread")]
async fn that_nobody_knows_a_state_any_more_takes_the_place_of_no_later_order() {
    let redis = RedisServer::start();
    let wire = Wire::to(redis.port).await;
    let (ozonetel, settings) = account::start(Mode::ApiKey).await;
    let sidecar = Instance::with(&wire.url(), &settings).await;
    let other = Instance::with(&redis.url(), &settings).await;
    let login = lapsed(&sidecar, &redis, &ozonetel).await;
    let asked = ozonetel.with(|world| world.asked);
    ozonetel.go_on();
    account::until(&ozonetel, "she is ordered to be ready", |world| {
        world.asked > asked
    })
    .await;
    // She has a call by now, so that is refused.
    ozonetel.with(|world| {
        world.in_call.insert("agent1".to_owned());
        world.fault = None;
    });
    // The session is looked at after the order, and then nobody knows.
    wire.break_at(2, wire::Fault::DelaysCommand);
    ozonetel.go_on();
    wire.broken().await;
    ozonetel.with(|world| world.in_call.clear());
    let desk = other.device("desk");
    pause(&desk, login.access_token()).await;
    let run = scripts_run(&redis);
    wire.deliver();
    redis.until("it arrives", &["INFO", "commandstats"], |info| {
        evalshas(info) > run
    });
    let beat = desk.beat(login.access_token()).await.expect(201);
    assert_eq!(beat.body["queue"]["state"], "Pause");
}

/// Has a device order its agent to pause.
async fn pause(device: &Device, token: &str) {
    let order = device.post("/api/ozonetel/agent-state");
    let pause = json!({"state": "Pause", "pauseReason": "Tea"});
    let paused = send(order.bearer_auth(token).json(&pause)).await;
    paused.expect(201);
}

/// Has Ana sign in and be ready; from then on Redis knows all scripts.
async fn ready(sidecar: &Instance) -> Answer {
    let desk = sidecar.device("desk");
    let login = until_served(async || desk.login(ANA).await).await;
    let login = login.expect(201);
    let order = account::order(sidecar, login.access_token()).await;
    order.expect(201);
    login
}

/// Has Ana pause, and the note of that befallen by this on its way to Redis.
async fn pause_unnoted(sidecar: &Instance, wire: &Wire, token: &str, fault: wire::Fault) {
    // The session is looked at, lock and duty are prolonged, and then it is noted what was ordered.
    wire.break_at(4, fault);
    pause(&sidecar.device("desk"), token).await;
    wire.broken().await;
}

/// Has Ana's lock end as its term does.
fn lapse(redis: &RedisServer) {
    let locks = ["DEL", "agent:session:agent1", "agent:extension:700201"];
    assert_eq!(redis.command(&locks), "2");
}

/// Has Ana sign in and be ready, and then be logged in at Ozonetel anew, because her session had lapsed: that waits for
/// its answer.
async fn lapsed(sidecar: &Instance, redis: &RedisServer, ozonetel: &Ozonetel) -> Answer {
    let login = ready(sidecar).await;
    lapse(redis);
    let asked = ozonetel.with(|world| {
        assert!(world.ready.contains("agent1"));
        world.present.clear();
        world.ready.clear();
        world.fault = Some(Fault::Wait);
        world.asked
    });
    let desk = sidecar.device("desk");
    desk.beat(login.access_token()).await.expect(201);
    account::until(ozonetel, "she is logged in", |world| world.asked > asked).await;
    login
}

/// Has it be long ago that somebody began to see to a login; returns whether anybody did.
fn leave_behind(redis: &RedisServer, session: &str) -> bool {
    let script = "local session = cjson.decode(redis.call('GET', KEYS[1])) \
                  if not session.unsettled then return 0 end \
                  local unsettled = cjson.decode(session.unsettled) \
                  unsettled.at = '2020-01-01T00:00:00Z' \
                  session.unsettled = cjson.encode(unsettled) \
                  redis.call('SET', KEYS[1], cjson.encode(session), 'KEEPTTL') return 1";
    redis.command(&["EVAL", script, "1", session]) == "1"
}

/// How often Ozonetel was asked to have somebody be in a state.
fn states_ordered(ozonetel: &Ozonetel) -> usize {
    ozonetel.with(|world| {
        let paths = world.orders.iter().map(|(path, _)| path);
        paths.filter(|it| it.ends_with("/changeAgentState")).count()
    })
}

/// Returns the key of a session.
fn key(login: &Answer) -> String {
    format!("session:{}", &login.refresh_token()[..36])
}
