//! What befalls a Redis in each state of an ask. Whoever holds the session keeps it until another
//! device has it, and nobody gets it by a fault.

use crate::server::RedisServer;
use crate::side_by_side::until_served;
use crate::takeover::Pair;

const ANA: &str = "ana@helix.example";

/// What a desk may have said, and how that stands for who asks.
const STATES: [(Option<&str>, &str); 3] = [
    (None, "waiting"),
    (Some("after_call"), "after_call"),
    (Some("now"), "granted"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_forgets_everything_forgets_asks_and_no_session() {
    for (word, state) in STATES {
        for is_killed in [false, true] {
            let mut redis = RedisServer::start();
            let (mut pair, ticket, id) = asked(&redis, word, state).await;
            if is_killed {
                redis.kill();
                pair.laptop.status(&ticket, None).await.expect(503);
                pair.laptop
                    .login_with_ticket(ANA, &ticket)
                    .await
                    .expect(503);
                pair.laptop.ask(ANA).await.expect(503);
                let token = pair.held.access_token();
                pair.desk.answer(token, &id, "now").await.expect(503);
                redis.start_again();
            } else {
                assert_eq!(redis.command(&["FLUSHALL"]), "OK");
            }
            let beat = until_served(async || pair.desk.beat(pair.held.access_token()).await).await;
            beat.expect(201);
            let status = until_served(async || pair.laptop.status(&ticket, None).await).await;
            status.expect(404);
            pair.say(&id, "now").await.expect(404);
            let login = pair.laptop.login_with_ticket(ANA, &ticket).await;
            login.expect(409);
            // The stream has outlived it.
            let (ticket, id) = pair.ask().await;
            pair.move_over(&ticket, &id).await;
            redis.assert_every_key_expires();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_pauses_goes_on_where_it_was() {
    for (word, state) in STATES {
        let redis = RedisServer::start();
        let (mut pair, ticket, id) = asked(&redis, word, state).await;
        redis.signal("STOP");
        pair.laptop.status(&ticket, None).await.expect(503);
        pair.laptop
            .login_with_ticket(ANA, &ticket)
            .await
            .expect(503);
        let token = pair.held.access_token();
        pair.desk.beat(token).await.expect(503);
        redis.signal("CONT");
        let status = until_served(async || pair.laptop.status(&ticket, None).await).await;
        assert_eq!(status.expect(200).body["state"], state);
        let beat = until_served(async || pair.desk.beat(token).await).await;
        beat.expect(201);
        pair.move_over(&ticket, &id).await;
        redis.assert_every_key_expires();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_while_nobody_hears_is_found_out() {
    let redis = RedisServer::start();
    let mut pair = Pair::at(&redis.url()).await;
    let cut = || redis.command(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    cut();
    let (ticket, id) = pair.ask().await;
    cut();
    pair.move_over(&ticket, &id).await;
}

async fn asked(redis: &RedisServer, word: Option<&str>, state: &str) -> (Pair, String, String) {
    let mut pair = Pair::at(&redis.url()).await;
    let (ticket, id) = pair.ask().await;
    if let Some(word) = word {
        pair.say(&id, word).await.expect(200);
    }
    let status = pair.laptop.status(&ticket, None).await.expect(200);
    assert_eq!(status.body["state"], state);
    (pair, ticket, id)
}
