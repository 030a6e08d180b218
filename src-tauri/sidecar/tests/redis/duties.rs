//! Agents whose sessions end while their sidecar is gone are logged out at Ozonetel by another one, once.

use crate::account::{self, logouts, until};
use crate::cluster::Cluster;
use crate::instance::Instance;
use crate::ozonetel::{Fault, Mode, Ozonetel, password_of};
use crate::server::RedisServer;
use crate::side_by_side::until_served;
use crate::world::config_text;

const ANA: &str = "ana@helix.example";
const RAVI: &str = "ravi@helix.example";

/// When duties end.
const ENDS: &str = "agent:duties";

/// Sessions that end soon.
const TWO_SECONDS: &str = "ttl_seconds = 2\nheartbeat_seconds = 1\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_sidecar_that_is_started_again_logs_out_whose_session_ended_meanwhile() {
    let redis = RedisServer::start();
    let (ozonetel, settings) = account::start(Mode::ApiKey).await;
    let settings = [TWO_SECONDS, &settings].concat();
    let sidecar = Instance::with(&redis.url(), &settings).await;
    sidecar.device("desk").login(ANA).await.expect(201);
    assert!(is_in(&ozonetel, "agent1"));
    sidecar.kill().await;
    redis.assert_every_key_expires();
    let lock = ["EXISTS", "agent:session:agent1"];
    redis.until("the session ends", &lock, |count| count == "0");
    let _again = Instance::with(&redis.url(), &settings).await;
    until(&ozonetel, "they are logged out", |world| {
        world.present.is_empty()
    })
    .await;
    until_done(&redis);
    assert_eq!(logouts(&ozonetel), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_sidecars_one_logs_out_whom_one_that_died_left_behind() {
    let redis = RedisServer::start();
    let (ozonetel, settings) = account::start(Mode::ApiKey).await;
    let dying = Instance::with(&redis.url(), &settings).await;
    dying.device("desk").login(ANA).await.expect(201);
    dying.device("office").login(RAVI).await.expect(201);
    dying.kill().await;
    end_session(&redis, "agent1", "700201");
    let mut others = Vec::new();
    for _ in 0..3 {
        others.push(Instance::with(&redis.url(), &settings).await);
    }
    until(&ozonetel, "one is logged out", |world| {
        !world.present.contains_key("agent1")
    })
    .await;
    // Whose session goes on stays in.
    assert!(is_in(&ozonetel, "agent2"));
    end_session(&redis, "agent2", "700202");
    until(&ozonetel, "both are logged out", |world| {
        world.present.is_empty()
    })
    .await;
    until_done(&redis);
    assert_eq!(logouts(&ozonetel), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_cluster_they_share_their_duties_as_well() {
    let cluster = Cluster::start();
    let (ozonetel, settings) = account::start(Mode::ApiKey).await;
    let settings = [TWO_SECONDS, &settings].concat();
    let dying = Instance::with(&cluster.url(), &settings).await;
    let desk = dying.device("desk");
    let login = until_served(async || desk.login(ANA).await).await;
    login.expect(201);
    dying.kill().await;
    let _other = Instance::with(&cluster.url(), &settings).await;
    until(&ozonetel, "they are logged out", |world| {
        world.present.is_empty()
    })
    .await;
    assert_eq!(logouts(&ozonetel), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sidecar_that_dies_while_it_logs_somebody_out_leaves_that_to_the_others() {
    let redis = RedisServer::start();
    let (ozonetel, settings) = account::start(Mode::ApiKey).await;
    let first = Instance::with(&redis.url(), &settings).await;
    let desk = first.device("desk");
    let login = desk.login(ANA).await.expect(201);
    ozonetel.with(|world| world.fault = Some(Fault::Wait));
    // Signed out: the lock is free, and Ozonetel takes its time.
    desk.logout(login.access_token()).await.expect(201);
    let lock = ["GET", "agent:session:agent1"];
    redis.until("it logs them out", &lock, |it| it.contains("helix-sidecar"));
    first.kill().await;
    // It ends again by itself after a minute; and the lock of a logout ends by its term.
    end_session(&redis, "agent1", "700201");
    let second = Instance::with(&redis.url(), &settings).await;
    redis.until("it logs them out", &lock, |it| it.contains("helix-sidecar"));
    second.kill().await;
    assert!(is_in(&ozonetel, "agent1"));
    assert_eq!(redis.command(&["ZRANGE", ENDS, "0", "-1"]), "agent1");
    redis.assert_every_key_expires();

    ozonetel.with(|world| world.fault = None);
    end_session(&redis, "agent1", "700201");
    let _third = Instance::with(&redis.url(), &settings).await;
    until(&ozonetel, "they are logged out", |world| {
        world.present.is_empty()
    })
    .await;
    until_done(&redis);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_signed_in_meanwhile_is_not_logged_out() {
    let redis = RedisServer::start();
    let (ozonetel, settings) = account::start(Mode::ApiKey).await;
    let dying = Instance::with(&redis.url(), &settings).await;
    dying.device("desk").login(ANA).await.expect(201);
    dying.kill().await;
    // A sidecar that speaks to no Ozonetel signs them in, so nobody prolongs the duty.
    let without = Instance::start(&redis.url()).await;
    let laptop = without.device("laptop");
    laptop.take_over(ANA).await.expect(201);
    end_duty(&redis, "agent1");
    let other = Instance::with(&redis.url(), &settings).await;
    let taken = |ends: &str| end_of(ends) > 1;
    redis.until(
        "it is looked at",
        &["ZRANGE", ENDS, "0", "-1", "WITHSCORES"],
        taken,
    );
    let signed_in = other.device("laptop").take_over(ANA).await.expect(201);
    assert_eq!(signed_in.body["telephony"]["state"], "ready");
    assert!(is_in(&ozonetel, "agent1"));
    assert_eq!(logouts(&ozonetel), 0);
    // Their own duty has taken the place of the one before.
    let laptop = other.device("laptop");
    laptop.logout(signed_in.access_token()).await.expect(201);
    until(&ozonetel, "they are logged out", |world| {
        world.present.is_empty()
    })
    .await;
    until_done(&redis);
    assert_eq!(logouts(&ozonetel), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_heartbeat_at_any_sidecar_prolongs_a_duty_also_after_a_loss_of_all_data() {
    let redis = RedisServer::start();
    let (ozonetel, settings) = account::start(Mode::ApiKey).await;
    let (one, other) = (
        Instance::with(&redis.url(), &settings).await,
        Instance::with(&redis.url(), &settings).await,
    );
    let login = one.device("desk").login(ANA).await.expect(201);
    let beat = async |sidecar: &Instance| {
        let beat = sidecar.device("desk").beat(login.access_token()).await;
        beat.expect(201);
    };
    let ends = || end_of(&redis.command(&["ZRANGE", ENDS, "0", "-1", "WITHSCORES"]));
    beat(&one).await;
    let first = ends();
    beat(&other).await;
    let second = ends();
    assert!(second > first, "{first} {second}");
    assert_eq!(redis.command(&["FLUSHALL"]), "OK");
    beat(&other).await;
    redis.until("it is noted", &["EXISTS", ENDS], |count| count == "1");
    assert!(ends() > second);
    redis.assert_every_key_expires();
    // It is the one duty of both.
    one.device("desk")
        .logout(login.access_token())
        .await
        .expect(201);
    until(&ozonetel, "they are logged out", |world| {
        world.present.is_empty()
    })
    .await;
    until_done(&redis);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_paused_while_sessions_end_costs_nothing_but_time() {
    let redis = RedisServer::start();
    let (ozonetel, settings) = account::start(Mode::ApiKey).await;
    let settings = [TWO_SECONDS, &settings].concat();
    let sidecar = Instance::with(&redis.url(), &settings).await;
    sidecar.device("desk").login(ANA).await.expect(201);
    redis.signal("STOP");
    // Each of these waits for Redis, all of them longer than it is between two looks for duties.
    for _ in 0..60 {
        sidecar.get("/readyz").await.expect(503);
    }
    assert!(is_in(&ozonetel, "agent1"));
    redis.signal("CONT");
    until(&ozonetel, "they are logged out", |world| {
        world.present.is_empty()
    })
    .await;
    until_done(&redis);
    assert_eq!(logouts(&ozonetel), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ozonetel_that_is_silent_is_asked_again() {
    let redis = RedisServer::start();
    let (ozonetel, settings) = account::start(Mode::ApiKey).await;
    let sidecar = Instance::with(&redis.url(), &settings).await;
    sidecar.device("desk").login(ANA).await.expect(201);
    ozonetel.with(|world| world.fault = Some(Fault::Status(503)));
    end_session(&redis, "agent1", "700201");
    let taken = |ends: &str| end_of(ends) > 1;
    let ends = ["ZRANGE", ENDS, "0", "-1", "WITHSCORES"];
    redis.until("it is tried", &ends, taken);
    // Whoever gives the lock back leaves a mark.
    let marks = ["KEYS", "agent:ended:*"];
    redis.until("it is given up", &marks, |keys| !keys.is_empty());
    ozonetel.with(|world| world.fault = None);
    assert!(is_in(&ozonetel, "agent1"));
    end_duty(&redis, "agent1");
    until(&ozonetel, "they are logged out", |world| {
        world.present.is_empty()
    })
    .await;
    until_done(&redis);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agents_own_password_goes_with_the_duty_and_redis_cannot_read_it() {
    let redis = RedisServer::start();
    let (ozonetel, settings) = account::start(Mode::ApiKey).await;
    let own = "the-own-password-of-ana";
    ozonetel.with(|world| world.passwords.insert("agent1".to_owned(), own.to_owned()));
    let text = config_text(&settings);
    let config = text.replacen(
        "sip_uri",
        &format!("ozonetel_password = \"{own}\"\nsip_uri"),
        1,
    );
    let dying = Instance::configured(&redis.url(), &config).await;
    let login = dying.device("desk").login(ANA).await.expect(201);
    assert_eq!(login.body["telephony"]["state"], "ready");
    dying.kill().await;
    let duty = redis.command(&["GET", "agent:duty:agent1"]);
    assert!(duty.contains("\"password\":"), "{duty}");
    for password in [own, &password_of("agent1")] {
        assert!(!duty.contains(password), "{duty}");
    }
    end_session(&redis, "agent1", "700201");
    // This one knows of no such agent's password.
    let _other = Instance::with(&redis.url(), &settings).await;
    until(&ozonetel, "they are logged out", |world| {
        world.present.is_empty()
    })
    .await;
}

/// Ends a session as its term does, and the duty with it.
fn end_session(redis: &RedisServer, agent_id: &str, extension: &str) {
    let locks = [
        format!("agent:session:{agent_id}"),
        format!("agent:extension:{extension}"),
    ];
    assert_eq!(redis.command(&["DEL", &locks[0], &locks[1]]), "2");
    end_duty(redis, agent_id);
}

/// Has a duty end now.
fn end_duty(redis: &RedisServer, agent_id: &str) {
    let changed = redis.command(&["ZADD", ENDS, "XX", "CH", "1", agent_id]);
    assert_eq!(changed, "1");
}

/// Waits until there are no duties.
fn until_done(redis: &RedisServer) {
    redis.until("all is done", &["EXISTS", ENDS], |count| count == "0");
}

/// Reads when the only duty ends.
fn end_of(ends: &str) -> u64 {
    let (_, ends) = ends.split_once('\n').unwrap();
    ends.trim().parse().unwrap()
}

fn is_in(ozonetel: &Ozonetel, agent_id: &str) -> bool {
    ozonetel.with(|world| world.present.contains_key(agent_id))
}
