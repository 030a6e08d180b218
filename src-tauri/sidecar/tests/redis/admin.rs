//! Administrators at one of several sidecars.

use serde_json::json;

use crate::account::{self, Account};
use crate::cluster::Cluster;
use crate::instance::Instance;
use crate::ozonetel::{Fault, Mode};
use crate::server::RedisServer;
use crate::side_by_side::until_served;
use crate::wire::{self, Wire};

const ANA: &str = "ana@helix.example";
const EVA: &str = "eva@helix.example";
const RAVI: &str = "ravi@helix.example";

const ROLES: &str = "admin_roles = [\"executive\"]";

#[tokio::test]
async fn a_session_is_freed_at_any_sidecar_and_its_phone_is_told_at_its_own() {
    let redis = RedisServer::start();
    free(&redis.url()).await;
    redis.assert_every_key_expires();
}

#[tokio::test]
async fn a_session_is_freed_in_a_cluster_too() {
    let cluster = Cluster::start();
    free(&cluster.url()).await;
    let &[node] = &cluster.with_keys()[..] else {
        panic!("the keys lie on {:?}", cluster.with_keys());
    };
    cluster.nodes[node].assert_every_key_expires();
}

#[tokio::test]
async fn a_session_that_a_server_ends_is_not_theirs_to_end_at_any_other() {
    let account = Account::with(Mode::ApiKey, &format!("{ROLES}\n")).await;
    let (one, other) = (account.sidecar().await, account.sidecar().await);
    let (desk, office) = (one.device("desk"), other.device("office"));
    let session = desk.login(ANA).await.expect(201);
    let eva = office.login(EVA).await.expect(201);
    account
        .ozonetel
        .with(|world| world.fault = Some(Fault::Wait));
    desk.logout(session.access_token()).await.expect(201);
    account::until(&account.ozonetel, "it is asked", |world| world.asked == 2).await;
    let page = office.sessions(eva.access_token(), "").await.expect(200);
    assert_eq!(page.body, json!({"sessions": []}));
    let refused = office.free(eva.access_token(), "agent1").await.expect(503);
    assert_eq!(refused.retry_after, Some(2));
    account.ozonetel.with(|world| world.fault = None);
    account.ozonetel.go_on();
    account.until_all_are_out().await;
    assert_eq!(account.logouts(), 1);
    office.free(eva.access_token(), "agent1").await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_freed_without_an_answer_leaves_nobody_logged_in_at_ozonetel() {
    use wire::Fault::{LosesAnswer, LosesCommand};

    // The caller and the holder are looked at; then the lock is taken, and the session ended.
    for (step, fault) in [
        (3, LosesAnswer),
        (4, LosesCommand),
        (4, LosesAnswer),
        (5, LosesCommand),
        (5, LosesAnswer),
    ] {
        let account = Account::with(Mode::ApiKey, &format!("{ROLES}\n")).await;
        let wire = Wire::to(account.redis.port).await;
        let breaking = Instance::with(&wire.url(), &account.settings).await;
        let other = account.sidecar().await;
        let (desk, office) = (other.device("desk"), breaking.device("office"));
        let eva = office.login(EVA).await.expect(201);
        let eva = eva.access_token();
        desk.login(ANA).await.expect(201);
        office.free(eva, "agent1").await.expect(200);
        account.until_all_are_out().await;
        // From here on Redis knows all scripts.
        let session = desk.login(ANA).await.expect(201);
        assert!(account.is_in("agent1"));
        wire.break_at(step, fault);
        office.free(eva, "agent1").await.expect(503);
        wire.broken().await;
        // The phone that had the session sleeps.
        account.until_all_are_out().await;
        assert_eq!(account.logouts(), 2, "step {step}, {fault:?}");
        desk.beat(session.access_token()).await.expect(401);
        desk.refresh(session.refresh_token()).await.expect(401);
        account.redis.assert_every_key_expires();
    }
}

async fn free(redis_url: &str) {
    let (one, other) = (
        Instance::with(redis_url, ROLES).await,
        Instance::with(redis_url, ROLES).await,
    );
    let (desk, office) = (one.device("desk"), other.device("office"));
    let held = until_served(async || desk.login(ANA).await)
        .await
        .expect(201);
    let eva = until_served(async || office.login(EVA).await)
        .await
        .expect(201);
    one.device("laptop").login(RAVI).await.expect(201);
    let mut events = desk.listen(held.access_token()).await;
    assert!(events.request().await.is_null());
    let page = office.sessions(eva.access_token(), "?limit=1").await;
    let page = page.expect(200).body;
    assert_eq!(page["sessions"][0]["agentId"], "agent1");
    assert_eq!(page["next"], "agent1");
    office.free(eva.access_token(), "agent1").await.expect(200);
    assert_eq!(events.next().await.unwrap().name, "lost");
    desk.beat(held.access_token()).await.expect(401);
    desk.refresh(held.refresh_token()).await.expect(401);
    one.device("tablet").login_after_end(ANA).await;
    let page = office.sessions(eva.access_token(), "").await.expect(200);
    assert_eq!(page.body["sessions"].as_array().unwrap().len(), 2);
    assert_eq!(page.body["sessions"][0]["deviceName"], "tablet");
    // A role survives a refresh at another sidecar.
    let office = one.device("office");
    let next = office.refresh(eva.refresh_token()).await.expect(201);
    office.free(next.access_token(), "agent2").await.expect(200);
    office.free(next.access_token(), "agent3").await.expect(404);
}
