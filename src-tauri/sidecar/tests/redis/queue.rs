use serde_json::json;

use crate::account;
use crate::instance::Instance;
use crate::ozonetel::Mode;
use crate::server::RedisServer;
use crate::world::send;

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
