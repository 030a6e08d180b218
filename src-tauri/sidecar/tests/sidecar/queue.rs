//! What a phone is told of its agent's part in the queue.

use std::time::Duration;

use serde_json::{Value, json};

use crate::stand_in::ozonetel::{Fault, Mode, Ozonetel};
use crate::stand_in::queue_config;
use crate::world::{Answer, DEADLINE, Device, World, send};

const ANA: &str = "ana@helix.example";
const MIRA: &str = "mira@helix.example";

const SETTINGS: [(&str, &str); 4] = [
    ("OZONETEL_PAUSE_REASONS", "Lunch, Tea"),
    ("OZONETEL_DISPOSITIONS", "Sale,No sale"),
    ("OZONETEL_WRAP_UP_SECONDS", "60"),
    ("OZONETEL_WRAP_UP_MORE_SECONDS", "30"),
];

#[tokio::test]
async fn a_sign_in_tells_what_the_configuration_lists_and_a_beat_what_was_ordered_last() {
    let (_ozonetel, world) = start(&SETTINGS).await;
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    let lists = json!({
        "state": "Unknown", "pauseReasons": ["Lunch", "Tea"], "dispositions": ["Sale", "No sale"],
        "wrapUpSeconds": 60, "wrapUpMoreSeconds": 30,
    });
    assert_eq!(answer.body["queue"], lists);
    let token = answer.access_token();
    let beat = desk.beat(token).await.expect(201);
    assert_eq!(beat.body["queue"], lists);
    assert_eq!(beat.body["telephony"]["state"], "ready");

    let pause = json!({"state": "Pause", "pauseReason": "Tea"});
    order(&desk, token, pause).await.expect(201);
    world.clock.advance(Duration::from_secs(90));
    let refused = json!({"state": "Pause", "pauseReason": "Unheard of"});
    order(&desk, token, refused).await.expect(422);
    let queue = &desk.beat(token).await.expect(201).body["queue"];
    assert_eq!(
        (&queue["state"], &queue["pauseReason"], &queue["forSeconds"]),
        (&json!("Pause"), &json!("Tea"), &json!(90))
    );
    assert!(queue["since"].as_str().unwrap().ends_with('Z'), "{queue}");

    // It belongs to the session: a refresh keeps it.
    let next = desk.refresh(answer.refresh_token()).await.expect(201);
    let beat = desk.beat(next.access_token()).await.expect(201);
    assert_eq!(beat.body["queue"]["state"], "Pause");
}

#[tokio::test]
async fn a_session_that_displaces_another_goes_on_in_the_state_of_its_agent() {
    let (ozonetel, world) = start(&SETTINGS).await;
    let (desk, laptop) = (world.device("desk"), world.device("laptop"));
    let told = |answer: &Answer| {
        let queue = &answer.body["queue"];
        (queue["state"].clone(), queue["pauseReason"].clone())
    };
    let first = desk.login(ANA).await.expect(201);
    let pause = json!({"state": "Pause", "pauseReason": "Tea"});
    order(&desk, first.access_token(), pause).await.expect(201);
    world.clock.advance(Duration::from_secs(90));

    // The same device signs in again.
    let again = desk.login(ANA).await.expect(201);
    assert_eq!(told(&again), (json!("Pause"), json!("Tea")));
    assert_eq!(again.body["queue"]["forSeconds"], 90);
    let ready = json!({"state": "Ready"});
    order(&desk, again.access_token(), ready).await.expect(201);

    // Another one takes it over.
    let moved = laptop.take_over(ANA).await.expect(201);
    assert_eq!(told(&moved), (json!("Ready"), Value::Null));
    let beat = laptop.beat(moved.access_token()).await.expect(201);
    assert_eq!(told(&beat), (json!("Ready"), Value::Null));

    // Who is logged in anew is in no state that anybody knows.
    ozonetel.with(|world| world.present.clear());
    let anew = desk.take_over(ANA).await.expect(201);
    assert_eq!(told(&anew), (json!("Unknown"), Value::Null));
    let ready = json!({"state": "Ready"});
    order(&desk, anew.access_token(), ready).await.expect(201);
    desk.logout(anew.access_token()).await.expect(201);
    let out = ozonetel.until(|world| world.present.is_empty());
    tokio::time::timeout(DEADLINE, out).await.unwrap();
    let anew = desk.login(ANA).await.expect(201);
    assert_eq!(told(&anew), (json!("Unknown"), Value::Null));
}

#[tokio::test]
async fn what_was_ordered_last_is_unknown_where_an_order_has_no_answer() {
    let (ozonetel, world) = start(&SETTINGS).await;
    let (desk, laptop) = (world.device("desk"), world.device("laptop"));
    let answer = desk.login(ANA).await.expect(201);
    let token = answer.access_token();
    order(&desk, token, json!({"state": "Ready"}))
        .await
        .expect(201);
    ozonetel.with(|world| world.fault = Some(Fault::Status(500)));
    let pause = json!({"state": "Pause", "pauseReason": "Tea"});
    order(&desk, token, pause).await.expect(503);
    ozonetel.with(|world| world.fault = None);
    let told = async |device: &Device, token: &str| {
        let beat = device.beat(token).await.expect(201);
        beat.body["queue"]["state"].clone()
    };
    assert_eq!(told(&desk, token).await, "Unknown", "it may have been done");
    // Who takes it over makes nobody ready who may be paused.
    let moved = laptop.take_over(ANA).await.expect(201);
    assert_eq!(moved.body["queue"]["state"], "Unknown");
    assert_eq!(told(&laptop, moved.access_token()).await, "Unknown");
}

#[tokio::test]
async fn what_was_ordered_last_stays_where_an_order_never_left() {
    let ozonetel = Ozonetel::start(Mode::Token).await;
    let world = World::alone(queue_config(&ozonetel, Mode::Token, &SETTINGS)).await;
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    let token = answer.access_token();
    // All tokens that an hour has are made, and somebody kills each.
    for _ in 0..10 {
        ozonetel.with(|world| world.kill_token());
        order(&desk, token, json!({"state": "Ready"}))
            .await
            .expect(201);
    }
    ozonetel.with(|world| world.kill_token());
    let pause = json!({"state": "Pause", "pauseReason": "Tea"});
    order(&desk, token, pause).await.expect(503);
    let outcome = json!({"ucid": "9011", "disposition": "Sale", "pauseReason": "Tea"});
    post(&desk, token, "dispose", outcome).await.expect(503);
    let beat = desk.beat(token).await.expect(201);
    assert_eq!(beat.body["queue"]["state"], "Ready");
    let moved = world.device("laptop").take_over(ANA).await.expect(201);
    assert_eq!(moved.body["queue"]["state"], "Ready");
}

#[tokio::test]
async fn what_was_ordered_last_is_unknown_where_an_outcome_brings_a_pause_along() {
    let (_ozonetel, world) = start(&SETTINGS).await;
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    let token = answer.access_token();
    order(&desk, token, json!({"state": "Ready"}))
        .await
        .expect(201);
    let outcome = json!({"ucid": "9011", "disposition": "Sale", "pauseReason": "Tea"});
    post(&desk, token, "dispose", outcome).await.expect(201);
    // Its answer says nothing of the pause: the order that follows tells.
    let state = async || {
        let beat = desk.beat(token).await.expect(201);
        beat.body["queue"]["state"].clone()
    };
    assert_eq!(state().await, "Unknown");
    let pause = json!({"state": "Pause", "pauseReason": "Tea"});
    order(&desk, token, pause).await.expect(201);
    assert_eq!(state().await, "Pause");
}

#[tokio::test]
async fn a_pause_whose_caller_has_gone_away_is_what_was_ordered_last() {
    let (ozonetel, world) = start(&SETTINGS).await;
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    let token = answer.access_token().to_owned();
    order(&desk, &token, json!({"state": "Ready"}))
        .await
        .expect(201);
    let asked = ozonetel.with(|world| {
        world.fault = Some(Fault::Wait);
        world.asked
    });
    let pause = json!({"state": "Pause", "pauseReason": "Tea"});
    let request = desk.post("/api/ozonetel/agent-state");
    let paused = tokio::spawn(request.bearer_auth(&token).json(&pause).send());
    let is_asked = ozonetel.until(|world| world.asked > asked);
    tokio::time::timeout(DEADLINE, is_asked).await.unwrap();
    paused.abort();
    world.until_hung_up().await;
    ozonetel.with(|world| world.fault = None);
    ozonetel.go_on();
    let is_told =
        async { while desk.beat(&token).await.expect(201).body["queue"]["state"] != "Pause" {} };
    tokio::time::timeout(DEADLINE, is_told).await.unwrap();
}

#[tokio::test]
async fn an_order_waits_for_the_one_before_it_though_its_caller_has_gone_away() {
    let (ozonetel, world) = start(&SETTINGS).await;
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    let token = answer.access_token().to_owned();
    let asked = ozonetel.with(|world| {
        world.fault = Some(Fault::Wait);
        world.asked
    });
    let pause = json!({"state": "Pause", "pauseReason": "Tea"});
    let request = desk.post("/api/ozonetel/agent-state");
    let paused = tokio::spawn(request.bearer_auth(&token).json(&pause).send());
    let is_asked = ozonetel.until(|world| world.asked > asked);
    tokio::time::timeout(DEADLINE, is_asked).await.unwrap();
    paused.abort();
    world.until_hung_up().await;
    ozonetel.with(|world| world.fault = None);
    let ready = order(&desk, &token, json!({"state": "Ready"}));
    let goes_on = async {
        // These are answered behind it, so by then it would have been carried out.
        for _ in 0..20 {
            desk.beat(&token).await.expect(201);
        }
        ozonetel.go_on();
    };
    let (ready, ()) = tokio::join!(ready, goes_on);
    ready.expect(201);
    assert!(ozonetel.with(|world| world.ready.contains("agent1")));
    let beat = desk.beat(&token).await.expect(201);
    assert_eq!(beat.body["queue"]["state"], "Ready");
}

#[tokio::test]
async fn a_late_login_at_ozonetel_brings_the_state_unless_another_was_ordered() {
    let (ozonetel, world) = start(&SETTINGS).await;
    let (desk, laptop) = (world.device("desk"), world.device("laptop"));
    let first = desk.login(ANA).await.expect(201);
    let ready = json!({"state": "Ready"});
    order(&desk, first.access_token(), ready).await.expect(201);
    ozonetel.with(|world| world.fault = Some(Fault::Wait));
    let moved = laptop.take_over(ANA).await.expect(201);
    assert_eq!(moved.body["telephony"]["state"], "pending");
    assert_eq!(moved.body["queue"]["state"], "Unknown");
    ozonetel.with(|world| world.fault = None);
    let pause = json!({"state": "Pause", "pauseReason": "Tea"});
    order(&laptop, moved.access_token(), pause)
        .await
        .expect(201);
    ozonetel.go_on();
    let beat = async || laptop.beat(moved.access_token()).await.expect(201);
    let ends = async { while beat().await.body["telephony"]["state"] != "ready" {} };
    tokio::time::timeout(DEADLINE, ends).await.unwrap();
    assert_eq!(beat().await.body["queue"]["state"], "Pause");
}

#[tokio::test]
async fn who_has_no_queue_is_told_of_none() {
    let (_ozonetel, world) = start(&SETTINGS).await;
    let manager = world.device("office").login(MIRA).await.expect(201);
    assert_eq!(manager.body.get("queue"), None);
    let without = World::start().await;
    let desk = without.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    assert_eq!(answer.body.get("queue"), None);
    let beat = desk.beat(answer.access_token()).await.expect(201);
    assert_eq!(
        beat.body,
        json!({"status": "ok", "lock": "held", "ttlSeconds": 3600})
    );
}

#[tokio::test]
async fn a_login_that_was_pending_is_told_when_it_ends() {
    let (ozonetel, world) = start(&[]).await;
    ozonetel.with(|world| world.fault = Some(Fault::Wait));
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    let token = answer.access_token();
    let telephony = async || {
        let beat = desk.beat(token).await.expect(201);
        beat.body["telephony"]["state"].clone()
    };
    assert_eq!(telephony().await, "pending");
    ozonetel.with(|world| world.fault = None);
    ozonetel.go_on();
    let ends = async { while telephony().await != "ready" {} };
    tokio::time::timeout(DEADLINE, ends).await.unwrap();
}

#[tokio::test]
async fn an_order_of_an_agent_who_is_out_logs_them_in_first() {
    let (ozonetel, world) = start(&[]).await;
    ozonetel.with(|world| world.passwords.clear());
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    let token = answer.access_token();
    let ready = json!({"state": "Ready"});
    let refused = order(&desk, token, ready.clone()).await.expect(422);
    assert_eq!(refused.message(), "Invalid Authentication");
    let beat = desk.beat(token).await.expect(201);
    assert_eq!(beat.body["telephony"]["state"], "failed");

    ozonetel.with(|world| {
        let password = crate::stand_in::ozonetel::password_of("agent1");
        world.passwords.insert("agent1".to_owned(), password);
    });
    order(&desk, token, ready).await.expect(201);
    ozonetel.with(|world| assert!(world.ready.contains("agent1")));
    let beat = desk.beat(token).await.expect(201);
    assert_eq!(beat.body["telephony"]["state"], "ready");
    assert_eq!(beat.body["queue"]["state"], "Ready");
}

#[tokio::test]
async fn nobody_pauses_out_of_a_wrap_up() {
    let (ozonetel, world) = start(&[]).await;
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    let token = answer.access_token();
    let pause = json!({"state": "Pause", "pauseReason": "Tea"});
    ozonetel.with(|world| world.in_wrap_up.insert("agent1".to_owned()));
    let refused = order(&desk, token, pause.clone()).await.expect(422);
    assert_eq!(
        refused.message(),
        "Agent agent1 is in ACW state. You cant change to Pause state"
    );
    let outcome = json!({"ucid": "9011", "disposition": "Sale"});
    post(&desk, token, "dispose", outcome).await.expect(201);
    order(&desk, token, pause).await.expect(201);
}

async fn start(settings: &[(&str, &str)]) -> (Ozonetel, World) {
    let ozonetel = Ozonetel::start(Mode::ApiKey).await;
    let config = queue_config(&ozonetel, Mode::ApiKey, settings);
    (ozonetel, World::alone(config).await)
}

async fn order(device: &Device, token: &str, body: Value) -> Answer {
    post(device, token, "agent-state", body).await
}

async fn post(device: &Device, token: &str, call: &str, body: Value) -> Answer {
    let request = device.post(&format!("/api/ozonetel/{call}"));
    send(request.bearer_auth(token).json(&body)).await
}
