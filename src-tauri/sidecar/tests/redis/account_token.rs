//! One token of an Ozonetel account for all sidecars, each new one of which kills the last.

use std::time::Instant;

use crate::account::{self, Account, MOMENTS, order, orders};
use crate::cluster::Cluster;
use crate::instance::Instance;
use crate::ozonetel::{Fault, Mode};
use crate::side_by_side::until_served;

const ANA: &str = "ana@helix.example";

const KEYS: [&str; 2] = ["KEYS", "*agent:account-token:*"];

#[tokio::test(flavor = "multi_thread")]
async fn sidecars_that_give_orders_at_once_make_one_token_that_redis_cannot_read() {
    for count in [2, 3] {
        let account = Account::start(Mode::Token).await;
        let sidecars = account.sidecars(count).await;
        let sidecars: Vec<_> = sidecars.iter().collect();
        let login = sidecars[0].device("desk").login(ANA).await.expect(201);
        for answer in orders(&sidecars, login.access_token(), 30).await {
            answer.expect(201);
        }
        assert_eq!(account.tokens_made(), 1);
        account.redis.assert_every_key_expires();
        let ledger = account
            .redis
            .command(&["GET", &account.redis.command(&KEYS)]);
        assert!(ledger.contains("current"), "{ledger}");
        assert!(!ledger.contains("token-of-ozonetel"), "{ledger}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_cluster_they_share_it_as_well() {
    let cluster = Cluster::start();
    let (ozonetel, settings) = account::start(Mode::Token).await;
    let sidecars = account::sidecars(&cluster.url(), &settings, 2).await;
    let desk = sidecars[0].device("desk");
    let login = until_served(async || desk.login(ANA).await).await;
    let login = login.expect(201);
    for sidecar in &sidecars {
        let served = until_served(async || order(sidecar, login.access_token()).await).await;
        served.expect(201);
    }
    assert_eq!(account::tokens_made(&ozonetel), 1);
    let node = cluster.master_with_keys();
    cluster.nodes[node].assert_every_key_expires();
    let key = cluster.nodes[node].command(&KEYS);
    assert!(key.starts_with("{helix}:agent:account-token:"), "{key}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_refused_or_old_is_replaced_once() {
    let account = Account::start(Mode::Token).await;
    let sidecars = account.sidecars(3).await;
    let all: Vec<_> = sidecars.iter().collect();
    let login = all[0].device("desk").login(ANA).await.expect(201);
    let token = login.access_token();
    let all_served = async |sidecars: &[&Instance]| {
        for answer in orders(sidecars, token, 30).await {
            answer.expect(201);
        }
        account.tokens_made()
    };
    assert_eq!(all_served(&all).await, 1);
    account.ozonetel.with(|world| world.kill_token());
    assert_eq!(all_served(&all).await, 2);

    // By the clock of Redis it was made long ago, which a server reads that knows no token yet.
    let aged = "local key = redis.call('KEYS', 'agent:account-token:*')[1] \
                local ledger = string.gsub(redis.call('GET', key), '\"sinceMs\":%d+', '\"sinceMs\":7') \
                redis.call('SET', key, ledger, 'PX', 100000)";
    account.redis.command(&["EVAL", aged, "0"]);
    let fresh = account.sidecar().await;
    assert_eq!(all_served(&[&fresh]).await, 3);
    // The others find out that theirs is dead, and take that one.
    assert_eq!(all_served(&all).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_tokens_in_an_hour_are_those_of_all_sidecars() {
    let account = Account::start(Mode::Token).await;
    let sidecars = account.sidecars(2).await;
    let login = sidecars[0].device("desk").login(ANA).await.expect(201);
    let token = login.access_token();
    for n in 0..10 {
        account.ozonetel.with(|world| world.kill_token());
        order(&sidecars[n % 2], token).await.expect(201);
    }
    account.ozonetel.with(|world| world.kill_token());
    for sidecar in &sidecars {
        order(sidecar, token).await.expect(503);
    }
    assert_eq!(account.tokens_made(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sidecar_that_dies_while_it_makes_a_token_holds_the_others_up_for_moments() {
    let account = Account::start(Mode::Token).await;
    let (dying, other) = (account.sidecar().await, account.sidecar().await);
    let login = dying.device("desk").login(ANA).await.expect(201);
    let token = login.access_token().to_owned();
    account
        .ozonetel
        .with(|world| world.fault = Some(Fault::Wait));
    let desk = dying.device("desk");
    let lost = tokio::spawn({
        let request = desk.post("/api/ozonetel/agent-ready").bearer_auth(&token);
        request.json(&serde_json::json!({})).send()
    });
    account
        .redis
        .until("it is being made", &KEYS, |key| !key.is_empty());
    dying.kill().await;
    lost.await.unwrap().unwrap_err();
    account.ozonetel.with(|world| world.fault = None);
    let died = Instant::now();
    let served = until_served(async || order(&other, &token).await).await;
    served.expect(201);
    assert!(died.elapsed() < MOMENTS, "{:?}", died.elapsed());
    assert_eq!(account.tokens_made(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_loss_of_all_data_a_token_goes_on_until_somebody_needs_another() {
    let account = Account::start(Mode::Token).await;
    let sidecars = account.sidecars(2).await;
    let both: Vec<_> = sidecars.iter().collect();
    let login = both[0].device("desk").login(ANA).await.expect(201);
    let token = login.access_token();
    let all_served = async |sidecars: &[&Instance]| {
        for answer in orders(sidecars, token, 10).await {
            answer.expect(201);
        }
        account.tokens_made()
    };
    all_served(&both).await;
    assert_eq!(account.redis.command(&["FLUSHALL"]), "OK");
    assert_eq!(all_served(&both).await, 1);
    let fresh = account.sidecar().await;
    assert_eq!(all_served(&[&fresh]).await, 2);
    assert_eq!(all_served(&both).await, 2);
    account.redis.assert_every_key_expires();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_paused_no_token_is_made() {
    let account = Account::start(Mode::Token).await;
    let sidecars = account.sidecars(2).await;
    let both: Vec<_> = sidecars.iter().collect();
    let login = both[0].device("desk").login(ANA).await.expect(201);
    let token = login.access_token();
    for answer in orders(&both, token, 4).await {
        answer.expect(201);
    }
    account.redis.signal("STOP");
    account.ozonetel.with(|world| world.kill_token());
    for answer in orders(&both, token, 4).await {
        answer.expect(503);
    }
    assert_eq!(account.tokens_made(), 1);
    account.redis.signal("CONT");
    for sidecar in both {
        let served = until_served(async || order(sidecar, token).await).await;
        served.expect(201);
    }
    assert_eq!(account.tokens_made(), 2);
}
