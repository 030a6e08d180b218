//! What the rules of security S15 and S19 say of servers that share a Redis; the list of all of them is in `security` of the tests without.

use futures_util::future::join_all;
use serde_json::json;

use crate::instance::Instance;
use crate::server::RedisServer;
use crate::world::{PASSWORD, send};

const ANA: &str = "ana@helix.example";

/// At three servers together.
const GUESSES: usize = 10_000;

/// As many as a thief has connections.
const AT_ONCE: usize = 50;

#[tokio::test(flavor = "multi_thread")]
async fn s15_ten_thousand_guesses_at_three_servers_are_as_few_as_at_one() {
    let redis = RedisServer::start();
    // So that no time brings another guess, however long this takes.
    let settings = "[settings.login_limits]\naccount_refill_seconds = 3600\naddress_burst = 100000";
    let mut servers = Vec::new();
    for _ in 0..3 {
        servers.push(Instance::with(&redis.url(), settings).await);
    }
    let devices: Vec<_> = (0..AT_ONCE)
        .map(|n| servers[n % 3].device(&format!("device-{n}")))
        .collect();
    let guesses = devices.iter().enumerate().map(async |(n, device)| {
        let mut evaluated = 0;
        for round in 0..GUESSES / AT_ONCE {
            let password = format!("guess-{n}-{round}");
            let body = json!({"email": ANA, "password": password});
            let answer = device.login_with(body).await;
            assert!([401, 429].contains(&answer.status), "{answer:?}");
            evaluated += usize::from(answer.status == 401);
        }
        evaluated
    });
    let evaluated: usize = join_all(guesses).await.into_iter().sum();
    assert_eq!(evaluated, 5);
    // Not even the right one is looked at, at any of them.
    for server in &servers {
        server.device("desk").login(ANA).await.expect(429);
    }
    redis.assert_every_key_expires();
}

#[tokio::test(flavor = "multi_thread")]
async fn s15_one_address_that_guesses_at_many_accounts_has_one_limit_at_three_servers() {
    let redis = RedisServer::start();
    let burst = 20;
    // No time brings another guess.
    let settings = format!(
        "trusted_proxies = [\"127.0.0.1\"]\n[settings.login_limits]\naddress_burst = {burst}\n\
         address_refill_seconds = 3600\n"
    );
    let mut servers = Vec::new();
    for _ in 0..3 {
        servers.push(Instance::with(&redis.url(), &settings).await);
    }
    let guess = async |n: usize, address: &str, email: &str, password: &str| {
        let post = servers[n % 3].device("desk").post("/auth/login");
        let post = post.header("x-forwarded-for", address);
        send(post.json(&json!({"email": email, "password": password}))).await
    };
    let (thief, office) = ("203.0.113.7", "198.51.100.9");
    let guesses = (0..AT_ONCE).map(async |n| {
        let mut evaluated = 0;
        for round in 0..6 {
            let email = format!("{n}-{round}@helix.example");
            let answer = guess(n + round, thief, &email, "wrong").await;
            assert!([401, 429].contains(&answer.status), "{answer:?}");
            evaluated += usize::from(answer.status == 401);
        }
        evaluated
    });
    let evaluated: usize = join_all(guesses).await.into_iter().sum();
    assert_eq!(evaluated, burst);
    // From there not even the right one is looked at, and others go on, at any of them.
    for n in 0..3 {
        guess(n, thief, ANA, PASSWORD).await.expect(429);
        guess(n, office, ANA, PASSWORD).await.expect(201);
    }
    redis.assert_every_key_expires();
}

#[tokio::test]
async fn s19_what_people_are_called_is_never_part_of_a_command() {
    let redis = RedisServer::start();
    let server = Instance::start(&redis.url()).await;
    let desk = server.device("desk");
    let long = "x".repeat(15 * 1024);
    let keys = || redis.command(&["KEYS", "*"]);
    for email in [
        "*",
        "a\r\nFLUSHALL\r\n",
        "lock:ana",
        "agent:session:agent1",
        "'); redis.call('FLUSHALL') --",
        "${ARGV[1]}",
        &long,
    ] {
        let body = json!({"email": email, "password": "wrong"});
        desk.login_with(body).await.expect(401);
        assert!(!keys().contains(email), "{email}");
    }
    // Each has a bucket of its own, whose name is a hash; they share that of their address.
    let buckets = keys();
    let accounts = buckets
        .lines()
        .filter_map(|key| key.strip_prefix("attempts:account:"));
    let accounts: Vec<_> = accounts.collect();
    assert_eq!(accounts.len(), 7, "{buckets}");
    assert!(accounts.iter().all(|hash| hash.len() == 64), "{buckets}");
    desk.login(ANA).await.expect(201);
}
