//! What a takeover and its events may cost, and what bad input makes of them.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::world::{DEADLINE, World, config, send};

const ANA: &str = "ana@helix.example";

#[tokio::test]
async fn wrong_passwords_count_together_with_those_of_logins() {
    let world = World::start().await;
    let desk = world.device("desk");
    let wrong = json!({"email": ANA, "password": "wrong"});
    for n in 0..5 {
        if n % 2 == 0 {
            desk.login_with(wrong.clone()).await.expect(401);
        } else {
            send(desk.post("/auth/takeover").json(&wrong))
                .await
                .expect(401);
        }
    }
    let refused = desk.ask(ANA).await.expect(429);
    assert!(refused.retry_after.is_some());
    desk.login(ANA).await.expect(429);
}

#[tokio::test]
async fn a_third_stream_of_a_session_ends_its_oldest() {
    let world = World::start().await;
    let desk = world.device("desk");
    let held = desk.login(ANA).await.expect(201);
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = desk.listen(held.access_token()).await;
        assert_eq!(stream.request().await, Value::Null);
        streams.push(stream);
    }
    assert!(streams[0].next().await.is_none());
    world.device("laptop").ask(ANA).await.expect(202);
    for stream in &mut streams[1..] {
        assert_eq!(stream.request().await["state"], "waiting");
    }
}

#[tokio::test]
async fn a_server_keeps_so_many_streams_and_serves_other_calls_beside_them() {
    let world = World::alone(config(
        "max_connections = 8\nmax_connections_per_address = 8",
    ))
    .await;
    // Sessions without a device id go on beside each other.
    let desk = world.old_client();
    let mut streams = Vec::new();
    for _ in 0..3 {
        let held = desk.login(ANA).await.expect(201);
        for _ in 0..2 {
            let mut stream = desk.listen(held.access_token()).await;
            assert_eq!(stream.request().await, Value::Null);
            streams.push(stream);
        }
    }
    let held = desk.login(ANA).await.expect(201);
    let refused = send(desk.events(held.access_token())).await.expect(503);
    assert_eq!(refused.retry_after, Some(30));
    desk.beat(held.access_token()).await.expect(201);
    streams.pop();
    // The server finds out that it is gone.
    let listens = async {
        while desk
            .events(held.access_token())
            .send()
            .await
            .unwrap()
            .status()
            == 503
        {}
    };
    timeout(DEADLINE, listens).await.unwrap();
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let world = World::alone(config("access_token_seconds = 60")).await;
    let desk = world.device("desk");
    let held = desk.login(ANA).await.expect(201);
    let mut stream = desk.listen(held.access_token()).await;
    assert_eq!(stream.request().await, Value::Null);
    world.clock.advance(Duration::from_secs(60));
    // The next look at anything ends it.
    world.device("laptop").ask(ANA).await.expect(202);
    assert!(stream.next().await.is_none());
    let next = desk.refresh(held.refresh_token()).await.expect(201);
    let mut stream = desk.listen(next.access_token()).await;
    assert_eq!(stream.request().await["state"], "waiting");
}

#[tokio::test]
async fn who_listens_and_who_waits_do_not_keep_a_server_from_stopping() {
    let world = World::start().await;
    let (desk, laptop) = (world.device("desk"), world.device("laptop"));
    let held = desk.login(ANA).await.expect(201);
    let mut stream = desk.listen(held.access_token()).await;
    assert_eq!(stream.request().await, Value::Null);
    let asked = laptop.ask(ANA).await.expect(202);
    assert_eq!(stream.request().await["state"], "waiting");
    let ticket = asked.ticket().to_owned();
    let waits = tokio::spawn(async move { laptop.status(&ticket, Some("waiting")).await });
    // It waits once it has a seat, which nothing tells; both ways it is answered.
    world.stop().await.unwrap();
    assert!(stream.next().await.is_none());
    match waits.await {
        Ok(answer) => assert_eq!(answer.expect(200).body["state"], "waiting"),
        // It came when the server had stopped.
        Err(error) => assert!(error.is_panic()),
    }
}

#[tokio::test]
async fn what_cannot_be_understood_is_named_and_nothing_breaks() {
    let world = World::start().await;
    let (desk, laptop) = (world.device("desk"), world.device("laptop"));
    let held = desk.login(ANA).await.expect(201);
    let mut stream = desk.listen(held.access_token()).await;
    assert_eq!(stream.request().await, Value::Null);
    for (path, wrong) in [
        ("/auth/takeover", json!({"email": ANA})),
        ("/auth/takeover", json!({"email": 7, "password": []})),
        ("/auth/takeover/status", json!({})),
        ("/auth/takeover/status", json!({"ticket": null})),
        ("/auth/takeover/status", json!({"ticket": "t", "known": 7})),
        ("/auth/takeover/withdraw", json!({"ticket": {}})),
        ("/auth/takeover/withdraw", json!([])),
    ] {
        send(laptop.post(path).json(&wrong)).await.expect(400);
    }
    for wrong in [
        json!({}),
        json!({"request": "r"}),
        json!({"request": 1, "answer": "no"}),
    ] {
        let post = desk.post("/auth/takeover/answer").json(&wrong);
        send(post.bearer_auth(held.access_token()))
            .await
            .expect(400);
    }
    let long = "t".repeat(10_000);
    for ticket in [
        "",
        "*",
        "\r\n",
        "agent:session:agent1",
        "\u{0}",
        "../..",
        &long,
    ] {
        laptop.status(ticket, None).await.expect(404);
        laptop.withdraw(ticket).await.expect(200);
        laptop.login_with_ticket(ANA, ticket).await.expect(409);
        let token = held.access_token();
        desk.answer(token, ticket, "now").await.expect(404);
    }
    let huge = json!({"ticket": "t".repeat(20_000)});
    send(laptop.post("/auth/takeover/status").json(&huge))
        .await
        .expect(413);
    // A state of a later phone is known to be none of ours.
    let asked = laptop.ask(ANA).await.expect(202);
    let status = laptop.status(asked.ticket(), Some("in_orbit")).await;
    assert_eq!(status.expect(200).body["state"], "waiting");
    let named = world.device("x%0d%0aevent:%20lost%0d%0adata:%20{}%0a%0a%e2%80%ae");
    named.ask(ANA).await.expect(202);
    loop {
        let request = stream.request().await;
        if request["deviceName"] != "laptop" {
            assert_eq!(request["deviceName"], "xevent: lostdata: {}");
            break;
        }
    }
}
