//! What befalls a Redis, and what the sidecars make of it.

use std::path::Path;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::cluster::Cluster;
use crate::instance::Instance;
use crate::rights;
use crate::sentinels::Watched;
use crate::server::{self, RedisServer};
use crate::side_by_side::{NO_STORE, until_served};
use crate::world::{Answer, DEADLINE};

const ANA: &str = "ana@helix.example";
const MIRA: &str = "mira@helix.example";
const RAVI: &str = "ravi@helix.example";
/// Has the agent of Ravi.
const RITA: &str = "rita@helix.example";

#[tokio::test]
async fn after_a_loss_of_all_data_the_later_of_two_keeps_its_session() {
    let redis = RedisServer::start();
    let (one, other) = Instance::two(&redis.url()).await;
    let (desk, laptop) = (one.device("desk"), other.device("laptop"));
    let loser = desk.login(ANA).await.expect(201);
    let winner = laptop.take_over(ANA).await.expect(201);
    assert_eq!(redis.command(&["FLUSHALL"]), "OK");
    // The store has forgotten who came last, and believes whom it hears first.
    desk.beat(loser.access_token()).await.expect(201);
    laptop.beat(winner.access_token()).await.expect(201);
    let lost = desk.beat(loser.access_token()).await.expect(409);
    assert_eq!(lost.body["holder"]["deviceName"], "laptop");
    one.device("tablet").login(ANA).await.expect(409);
    // Both sessions go on, and one alone with the lock.
    let loser = desk.refresh(loser.refresh_token()).await.expect(201);
    let winner = laptop.refresh(winner.refresh_token()).await.expect(201);
    desk.beat(loser.access_token()).await.expect(409);
    laptop.beat(winner.access_token()).await.expect(201);
    redis.assert_every_key_expires();
}

#[tokio::test]
async fn after_a_loss_of_all_data_who_has_lost_the_session_does_not_take_it_back() {
    let redis = RedisServer::start();
    let (one, other) = Instance::two(&redis.url()).await;
    let (desk, laptop) = (one.device("desk"), other.device("laptop"));
    let loser = desk.login(ANA).await.expect(201);
    let winner = laptop.take_over(ANA).await.expect(201);
    assert_eq!(redis.command(&["FLUSHALL"]), "OK");
    // The desk is heard first, and sleeps from here on.
    let loser = desk.refresh(loser.refresh_token()).await.expect(201);
    desk.beat(loser.access_token()).await.expect(201);
    laptop.beat(winner.access_token()).await.expect(201);
    let logout = laptop.logout(winner.access_token()).await.expect(201);
    assert_eq!(logout.body["released"], true);
    desk.beat(loser.access_token()).await.expect(401);
    desk.refresh(loser.refresh_token()).await.expect(401);
    one.device("tablet").login(ANA).await.expect(201);
    redis.assert_every_key_expires();
}

#[tokio::test]
async fn a_loss_of_all_data_signs_nobody_out() {
    let redis = RedisServer::start();
    let (one, other) = Instance::two(&redis.url()).await;
    let (desk, office) = (one.device("desk"), one.device("office"));
    let login = desk.login(ANA).await.expect(201);
    let before = desk.refresh(login.refresh_token()).await.expect(201);
    let manager = office.login(MIRA).await.expect(201);
    assert_eq!(redis.command(&["FLUSHALL"]), "OK");
    for stranger in ["thief", "office"] {
        let stranger = one.device(stranger);
        stranger.refresh(before.refresh_token()).await.expect(401);
    }
    // The first answer is lost, and the next server knows of it.
    desk.refresh(before.refresh_token()).await.expect(201);
    let desk = other.device("desk");
    let next = desk.refresh(before.refresh_token()).await.expect(201);
    let beat = desk.beat(next.access_token()).await.expect(201);
    assert_eq!(beat.body["lock"], "held");
    one.device("laptop").login(ANA).await.expect(409);
    let next = desk.refresh(next.refresh_token()).await.expect(201);
    let manager = office.refresh(manager.refresh_token()).await.expect(201);
    office.beat(manager.access_token()).await.expect(201);
    redis.assert_every_key_expires();

    let logout = desk.logout(next.access_token()).await.expect(201);
    assert_eq!(logout.body["released"], true);
    for token in [&login, &before, &next] {
        forget(&redis, token);
        desk.refresh(token.refresh_token()).await.expect(401);
    }
    redis.assert_every_key_expires();
}

#[tokio::test]
async fn what_has_ended_never_begins_again_while_the_data_is_there() {
    let redis = RedisServer::start();
    let sidecar = Instance::with(&redis.url(), "admin_roles = [\"manager\"]").await;
    let (desk, office) = (sidecar.device("desk"), sidecar.device("office"));
    let mut over = Vec::new();
    let manager = office.login(MIRA).await.expect(201);

    let token = desk.login(ANA).await.expect(201);
    desk.logout(token.access_token()).await.expect(201);
    over.push((desk, token));

    // Nobody knows of a session that signs out after a loss but by what its token says.
    let desk = sidecar.device("desk");
    let token = desk.login(ANA).await.expect(201);
    assert_eq!(redis.command(&["FLUSHALL"]), "OK");
    desk.logout_by_refresh_token(token.refresh_token())
        .await
        .expect(201);
    over.push((desk, token));
    let manager = office.refresh(manager.refresh_token()).await.expect(201);

    let desk = sidecar.device("desk");
    let token = desk.login(ANA).await.expect(201);
    office
        .free(manager.access_token(), "agent1")
        .await
        .expect(200);
    over.push((desk, token));

    let desk = sidecar.device("desk");
    let token = desk.login_after_end(ANA).await;
    let next = desk.refresh(token.refresh_token()).await.expect(201);
    assert_eq!(redis.command(&["FLUSHALL"]), "OK");
    // Two have it: a thief came with the used token first.
    let thief = sidecar.device("desk");
    let stolen = thief.refresh(token.refresh_token()).await.expect(201);
    desk.refresh(next.refresh_token()).await.expect(401);
    over.extend([(thief, stolen), (desk, next)]);

    // One more than a member may have.
    for n in 0..17 {
        let device = sidecar.device(&format!("eva-{n}"));
        let token = device.login("eva@helix.example").await.expect(201);
        if n == 0 {
            over.push((device, token));
        }
    }
    for (device, token) in over {
        forget(&redis, &token);
        device.refresh(token.refresh_token()).await.expect(401);
    }
    redis.assert_every_key_expires();
}

#[tokio::test]
async fn what_had_ended_before_a_loss_of_all_data_displaces_nobody_after_it() {
    let redis = RedisServer::start();
    let sidecar = Instance::start(&redis.url()).await;
    let (desk, laptop) = (sidecar.device("desk"), sidecar.device("laptop"));
    let before = desk.login(ANA).await.expect(201);
    desk.logout(before.access_token()).await.expect(201);
    let held = laptop.login(ANA).await.expect(201);
    assert_eq!(redis.command(&["FLUSHALL"]), "OK");
    // The price of a loss: that it had ended is lost as well.
    let again = desk.refresh(before.refresh_token()).await.expect(201);
    desk.beat(again.access_token()).await.expect(201);
    laptop.beat(held.access_token()).await.expect(201);
    desk.beat(again.access_token()).await.expect(409);
    let held = laptop.refresh(held.refresh_token()).await.expect(201);
    laptop.beat(held.access_token()).await.expect(201);
}

/// Has Redis forget that a session ended, as it does once no access token of it counts any more.
fn forget(redis: &RedisServer, token: &Answer) {
    let id = &token.refresh_token()[..36];
    redis.command(&["DEL", &format!("session:{id}")]);
}

#[tokio::test]
async fn after_a_loss_of_all_data_a_new_holder_is_not_displaced() {
    let redis = RedisServer::start();
    let sidecar = Instance::start(&redis.url()).await;
    let (desk, office) = (sidecar.device("desk"), sidecar.device("office"));
    let before = desk.login(RAVI).await.expect(201);
    assert_eq!(redis.command(&["FLUSHALL"]), "OK");
    let after = office.login(RITA).await.expect(201);
    let lost = desk.beat(before.access_token()).await.expect(409);
    assert_eq!(lost.body["holder"]["sameMember"], false);
    office.beat(after.access_token()).await.expect(201);
}

#[tokio::test]
async fn a_paused_redis_is_no_redis_and_goes_on_where_it_stopped() {
    let redis = RedisServer::start();
    let sidecar = Instance::start(&redis.url()).await;
    let desk = sidecar.device("desk");
    let token = desk.login(ANA).await.expect(201);
    redis.signal("STOP");
    for _ in 0..3 {
        desk.beat(token.access_token()).await.expect(503);
        desk.refresh(token.refresh_token()).await.expect(503);
        desk.logout(token.access_token()).await.expect(503);
        sidecar.device("laptop").login(ANA).await.expect(503);
    }
    redis.signal("CONT");
    // The logouts that nobody heard an answer to may have been carried out.
    let beat = until_served(async || desk.beat(token.access_token()).await).await;
    assert!([201, 401].contains(&beat.status), "{beat:?}");
    let login = until_served(async || desk.login(ANA).await).await;
    login.expect(201);
    sidecar.device("laptop").login(ANA).await.expect(409);
}

#[tokio::test]
async fn writes_that_are_paused_fail_and_reads_do_not_deceive() {
    let redis = RedisServer::start();
    let sidecar = Instance::start(&redis.url()).await;
    let desk = sidecar.device("desk");
    let token = desk.login(ANA).await.expect(201);
    assert_eq!(redis.command(&["CLIENT", "PAUSE", "60000", "WRITE"]), "OK");
    desk.beat(token.access_token()).await.expect(503);
    sidecar.device("laptop").login(ANA).await.expect(503);
    assert_eq!(redis.command(&["CLIENT", "UNPAUSE"]), "OK");
    let beat = until_served(async || desk.beat(token.access_token()).await).await;
    beat.expect(201);
    let laptop = sidecar.device("laptop");
    let refused = until_served(async || laptop.login(ANA).await).await;
    refused.expect(409);
}

#[tokio::test]
async fn a_paused_sidecar_wakes_up_to_what_is() {
    let redis = RedisServer::start();
    let (paused, other) = Instance::two(&redis.url()).await;
    let (desk, laptop) = (paused.device("desk"), other.device("laptop"));
    let token = desk.login(ANA).await.expect(201);
    paused.signal("STOP");
    let beat = tokio::spawn({
        let token = token.access_token().to_owned();
        async move { desk.beat(&token).await }
    });
    let winner = laptop.take_over(ANA).await.expect(201);
    paused.signal("CONT");
    let lost = beat.await.unwrap().expect(409);
    assert_eq!(lost.body["holder"]["deviceName"], "laptop");
    laptop.beat(winner.access_token()).await.expect(201);
}

#[tokio::test]
async fn a_replica_that_missed_a_takeover_learns_of_it_when_it_is_promoted() {
    let mut redis = Watched::start();
    let sidecar = Instance::start(&redis.url()).await;
    let (desk, laptop) = (sidecar.device("desk"), sidecar.device("laptop"));
    let login = until_served(async || desk.login(ANA).await).await;
    let loser = login.expect(201);
    let key = ["EXISTS", "agent:session:agent1"];
    redis
        .replica
        .until("it has the lock", &key, |count| count == "1");
    redis.cut_replication();
    let winner = laptop.take_over(ANA).await.expect(201);
    desk.beat(loser.access_token()).await.expect(409);
    redis.master.kill();
    laptop.beat(winner.access_token()).await.expect(503);
    redis.until_promoted();
    // The new master believes that the desk holds the lock.
    let beat = until_served(async || desk.beat(loser.access_token()).await).await;
    beat.expect(201);
    laptop.beat(winner.access_token()).await.expect(201);
    let lost = desk.beat(loser.access_token()).await.expect(409);
    assert_eq!(lost.body["holder"]["deviceName"], "laptop");
    sidecar.device("tablet").login(ANA).await.expect(409);
    redis.replica.assert_every_key_expires();
}

#[tokio::test]
async fn a_replica_that_missed_sign_ins_and_refreshes_signs_nobody_out() {
    let mut redis = Watched::start();
    let sidecar = Instance::start(&redis.url()).await;
    let (desk, laptop) = (sidecar.device("desk"), sidecar.device("laptop"));
    let login = until_served(async || desk.login(ANA).await).await;
    let before = login.expect(201);
    let session = format!("session:{}", &before.refresh_token()[..36]);
    let exists = ["EXISTS", &session];
    redis
        .replica
        .until("it has the session", &exists, |count| count == "1");
    redis.cut_replication();
    let mut after = desk.refresh(before.refresh_token()).await.expect(201);
    after = desk.refresh(after.refresh_token()).await.expect(201);
    let begun = laptop.login(RAVI).await.expect(201);
    redis.master.kill();
    desk.refresh(after.refresh_token()).await.expect(503);
    redis.until_promoted();
    let refreshed = until_served(async || desk.refresh(after.refresh_token()).await).await;
    let next = refreshed.expect(201);
    // That answer is lost, too.
    let next_again = desk.refresh(after.refresh_token()).await.expect(201);
    desk.refresh(next.refresh_token()).await.expect(201);
    let last = desk.refresh(next_again.refresh_token()).await.expect(201);
    desk.beat(last.access_token()).await.expect(201);
    let begun = laptop.refresh(begun.refresh_token()).await.expect(201);
    laptop.beat(begun.access_token()).await.expect(201);
    redis.replica.assert_every_key_expires();
}

#[tokio::test]
async fn sentinels_are_found_by_addresses_of_ipv6() {
    let redis = Watched::start();
    let sidecar = Instance::start(&redis.url_at("[::1]")).await;
    sidecar.device("desk").login(ANA).await.expect(201);
}

#[tokio::test]
async fn sentinels_are_asked_with_their_own_password() {
    let redis = Watched::guarded();
    let own = "sentinel_password=sentinel%26password%3F1";
    let sidecar = Instance::start(&format!("{}?{own}", redis.url())).await;
    let desk = sidecar.device("desk");
    let login = desk.login(ANA).await.expect(201);
    let key = ["EXISTS", "agent:session:agent1"];
    redis
        .replica
        .until("it has the lock", &key, |count| count == "1");
    redis.fail_over();
    let beat = until_served(async || desk.beat(login.access_token()).await).await;
    beat.expect(201);
}

#[tokio::test]
async fn a_planned_fail_over_loses_nothing() {
    let redis = Watched::start();
    let (one, other) = Instance::two(&redis.url()).await;
    let desk = one.device("desk");
    let login = until_served(async || desk.login(ANA).await).await;
    let token = login.expect(201);
    let key = ["EXISTS", "agent:session:agent1"];
    redis
        .replica
        .until("it has the lock", &key, |count| count == "1");
    redis.fail_over();
    // Who still has a connection to the old master is refused there, and finds the new one.
    let beat = until_served(async || desk.beat(token.access_token()).await).await;
    beat.expect(201);
    let laptop = other.device("laptop");
    let refused = until_served(async || laptop.login(ANA).await).await;
    refused.expect(409);
    desk.refresh(token.refresh_token()).await.expect(201);
}

#[tokio::test]
async fn a_cluster_keeps_what_belongs_together_on_one_node() {
    let mut cluster = Cluster::start();
    let (one, other) = (
        Instance::start(&cluster.url()).await,
        Instance::start(&cluster.url()).await,
    );
    let (desk, laptop) = (one.device("desk"), other.device("laptop"));
    let login = until_served(async || desk.login(ANA).await).await;
    let token = login.expect(201);
    let refused = until_served(async || laptop.login(ANA).await).await;
    refused.expect(409);
    desk.beat(token.access_token()).await.expect(201);
    let token = desk.refresh(token.refresh_token()).await.expect(201);
    let node = cluster.master_with_keys();
    cluster.nodes[node].assert_every_key_expires();
    cluster.nodes[node].kill();
    desk.beat(token.access_token()).await.expect(503);
    laptop.login(ANA).await.expect(503);
    cluster.nodes[node].start_again();
    cluster.until_whole();
    // Its data is lost; the session is not.
    let beat = until_served(async || desk.beat(token.access_token()).await).await;
    beat.expect(201);
    let refused = until_served(async || laptop.login(ANA).await).await;
    refused.expect(409);
    let logout = desk.logout(token.access_token()).await.expect(201);
    assert_eq!(logout.body["released"], true);
}

#[tokio::test]
async fn a_node_that_hangs_keeps_no_sidecar_from_starting() {
    let cluster = Cluster::start();
    let first = Instance::start(&cluster.url()).await;
    let login = until_served(async || first.device("desk").login(ANA).await).await;
    login.expect(201);
    let holder = cluster.master_with_keys();
    let idle = (0..cluster.nodes.len()).find(|node| *node != holder);
    cluster.nodes[idle.unwrap()].signal("STOP");
    let later = Instance::start(&cluster.url()).await;
    let refused = until_served(async || later.device("laptop").login(ANA).await).await;
    refused.expect(409);
    cluster.nodes[idle.unwrap()].signal("CONT");
}

#[tokio::test]
async fn a_replica_of_a_cluster_that_is_promoted_goes_on_with_what_is_held() {
    let mut cluster = Cluster::with_replicas();
    let (one, other) = (
        Instance::start(&cluster.url()).await,
        Instance::start(&cluster.url()).await,
    );
    let (desk, laptop) = (one.device("desk"), other.device("laptop"));
    let login = until_served(async || desk.login(ANA).await).await;
    let token = login.expect(201);
    let mut events = desk.listen(token.access_token()).await;
    assert!(events.request().await.is_null());
    let master = cluster.master_with_keys();
    let replica = cluster.replica_of(master);
    let keys = cluster.nodes[master].command(&["DBSIZE"]);
    cluster.nodes[replica].until("it has all of it", &["DBSIZE"], |it| it == keys);
    cluster.nodes[master].kill();
    desk.beat(token.access_token()).await.expect(503);
    laptop.login(ANA).await.expect(503);
    cluster.until_promoted(replica);
    let beat = until_served(async || desk.beat(token.access_token()).await).await;
    assert_eq!(beat.expect(201).body["lock"], "held");
    let refused = until_served(async || laptop.login(ANA).await).await;
    refused.expect(409);
    // It knows the session as well, and who listens is told of what is asked elsewhere.
    let next = desk.refresh(token.refresh_token()).await.expect(201);
    let asked = until_served(async || laptop.ask(ANA).await).await;
    asked.expect(202);
    events.until("waiting").await;
    cluster.nodes[replica].assert_every_key_expires();

    // The old master comes back as a replica, without a word to say.
    cluster.nodes[master].start_again();
    cluster.until_it_follows(master, replica);
    desk.beat(next.access_token()).await.expect(201);
    laptop.login(ANA).await.expect(409);
    let logout = desk.logout(next.access_token()).await.expect(201);
    assert_eq!(logout.body["released"], true);
    laptop.login(ANA).await.expect(201);
}

#[tokio::test]
async fn a_slot_that_moves_takes_its_locks_along() {
    let cluster = Cluster::start();
    // A user with few rights is sent on as well.
    for node in &cluster.nodes {
        rights::grant(node, "{helix}:", &rights::IN_A_CLUSTER);
    }
    let url = cluster.url_of(rights::USER);
    // Each try of a login that is not answered counts.
    let limits = "[settings.login_limits]\naccount_burst = 1000\naddress_burst = 1000\n";
    let (one, other) = (
        Instance::start(&url).await,
        Instance::with(&url, limits).await,
    );
    let (desk, laptop) = (one.device("desk"), other.device("laptop"));
    let login = until_served(async || desk.login(ANA).await).await;
    let token = login.expect(201);
    let from = cluster.master_with_keys();
    let to = (from + 1) % 3;
    let moving = cluster.begin_to_move(from, to);
    loop {
        // While some keys are here and some there, nobody is told what is not so.
        let beat = desk.beat(token.access_token()).await;
        assert!([201, 503].contains(&beat.status), "{beat:?}");
        let refused = laptop.login(ANA).await;
        assert!([409, 503].contains(&refused.status), "{refused:?}");
        if moving.carry(1) == 0 {
            break;
        }
    }
    moving.end();
    let beat = until_served(async || desk.beat(token.access_token()).await).await;
    assert_eq!(beat.expect(201).body["lock"], "held");
    let refused = until_served(async || laptop.login(ANA).await).await;
    refused.expect(409);
    desk.refresh(token.refresh_token()).await.expect(201);
    assert_eq!(cluster.master_with_keys(), to);
    cluster.nodes[to].assert_every_key_expires();
    for node in &cluster.nodes {
        rights::assert_nothing_was_denied(node);
    }
}

#[tokio::test]
async fn a_redis_that_takes_no_writes_is_seen_and_told_once() {
    let redis = RedisServer::start();
    let folder = tempfile::TempDir::new().unwrap();
    let log = folder.path().join("log");
    let sidecar = Instance::begin(&redis.url(), "", |command| {
        command.stderr(std::fs::File::create(&log).unwrap());
    })
    .await;
    until_served(async || sidecar.get("/readyz").await).await;
    let writes_with = |replicas: &str| {
        let words = ["CONFIG", "SET", "min-replicas-to-write", replicas];
        assert_eq!(redis.command(&words), "OK");
    };
    writes_with("1");
    for _ in 0..3 {
        sidecar.get("/readyz").await.expect(503);
        sidecar.device("desk").login(ANA).await.expect(503);
    }
    let metrics = crate::world::client().get(format!("{}/metrics", sidecar.url));
    let metrics = metrics.send().await.unwrap().text().await.unwrap();
    for line in [
        "store_calls_total{outcome=\"answered\"}",
        "store_calls_total{outcome=\"refused\"}",
        "store_connected 1",
        "store_seconds_count",
    ] {
        assert!(metrics.contains(line), "{metrics}");
    }
    writes_with("0");
    until_served(async || sidecar.get("/readyz").await).await;
    let log = std::fs::read_to_string(log).unwrap();
    assert_eq!(log.matches("Redis refuses").count(), 1, "{log}");
}

#[tokio::test]
async fn a_redis_that_answers_nonsense_is_none_and_is_named() {
    let deep = [&b"*1\r\n".repeat(5_000)[..], b":1\r\n"].concat();
    let answers: [&[u8]; 12] = [
        b"",
        b"\r\n",
        b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n",
        b"\x00\xff\xfe\x80garbage",
        b"+OK\r\n",
        b":42\r\n",
        b"$-1\r\n",
        b"$999999999999\r\nx",
        b"*-7\r\n",
        b"*3\r\n$6\r\ntakenX\r\n$1\r\n1\r\n$0\r\n\r\n",
        b"*3\r\n$5\r\ntaken\r\n$1\r\nx\r\n$0\r\n\r\n",
        &deep,
    ];
    for answer in answers {
        for from in [From::TheStart, From::TheFirstScript] {
            let port = nonsense(answer.to_vec(), from).await;
            let folder = tempfile::TempDir::new().unwrap();
            let log = folder.path().join("log");
            let sidecar = Instance::begin(&server::url(port), "", |command| {
                command.stderr(std::fs::File::create(&log).unwrap());
            })
            .await;
            let desk = sidecar.device("desk");
            let login = desk.login(ANA).await;
            let shown = String::from_utf8_lossy(&answer[..answer.len().min(40)]);
            assert_eq!(login.status, 503, "{shown}: {login:?}");
            assert_eq!(login.message(), NO_STORE, "{shown}");
            assert_eq!(sidecar.get("/healthz").await.status, 200, "{shown}");
            let ready = sidecar.get("/readyz").await.expect(503);
            assert_eq!(ready.message(), "The session store does not answer.");
            let log = until_named(&log, port).await;
            assert!(!log.contains(server::PASSWORD), "{log}");
        }
    }
}

/// Waits until the log says of the Redis at this port what is wrong with it, and returns the log.
async fn until_named(log: &Path, port: u16) -> String {
    let at = format!("at=\"127.0.0.1:{port}\"");
    let says_why = |line: &&str| {
        let what = ["Redis cannot be reached", "Redis is lost", "Redis refuses"];
        let (_, why) = line.split_once(&at).unwrap_or_default();
        let why = why.trim_start();
        what.iter().any(|it| line.contains(it))
            && ["why=\"", "error="]
                .iter()
                .filter_map(|name| why.strip_prefix(name))
                .any(|why| why.starts_with(char::is_alphanumeric))
    };
    let named = async {
        loop {
            let text = std::fs::read(log).unwrap();
            let text = String::from_utf8_lossy(&text);
            if text.lines().any(|line| says_why(&line)) {
                return text.into_owned();
            }
            tokio::task::yield_now().await;
        }
    };
    let named = tokio::time::timeout(DEADLINE, named).await;
    named.unwrap_or_else(|_| panic!("{}", std::fs::read_to_string(log).unwrap()))
}

/// Since when a stand-in answers nonsense; before, it agrees to everything.
#[derive(Clone, Copy)]
enum From {
    TheStart,
    TheFirstScript,
}

/// Starts what is no Redis, and returns its port.
async fn nonsense(answer: Vec<u8>, from: From) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(talk(stream, answer.clone(), from));
        }
    });
    port
}

async fn talk(mut stream: TcpStream, answer: Vec<u8>, from: From) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = stream.read(&mut bytes).await {
        let asked = &bytes[..length];
        let has = |word: &[u8]| asked.windows(word.len()).any(|it| it == word);
        let commands = asked.windows(3).filter(|it| it == b"\r\n*").count() + 1;
        let is_script = has(b"EVALSHA") || has(b"SCRIPT");
        let said = match from {
            From::TheFirstScript if !is_script => b"+OK\r\n".repeat(commands),
            From::TheStart | From::TheFirstScript => answer.clone(),
        };
        if said.is_empty() || stream.write_all(&said).await.is_err() {
            return;
        }
    }
}
