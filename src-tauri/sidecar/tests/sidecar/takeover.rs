//! A takeover with consent, from both sides.

use std::time::Duration;

use serde_json::{Value, json};

use crate::world::{Answer, Device, Events, World};

const ANA: &str = "ana@helix.example";

const SECOND: Duration = Duration::from_secs(1);

/// Ana at her desk, who listens, and her laptop, which has asked for her session.
struct Asked {
    world: World,
    desk: Device,
    laptop: Device,
    /// The sign-in of the desk.
    held: Answer,
    events: Events,
    /// What the laptop was answered.
    asked: Answer,
    /// The id of the request.
    id: String,
}

impl Asked {
    async fn start() -> Self {
        let world = World::start().await;
        let (desk, laptop) = (world.device("desk"), world.device("laptop"));
        let held = desk.login(ANA).await.expect(201);
        let mut events = desk.listen(held.access_token()).await;
        assert_eq!(events.request().await, Value::Null);
        let asked = laptop.ask(ANA).await.expect(202);
        let request = events.request().await;
        let id = request["id"].as_str().unwrap().to_owned();
        assert_eq!(
            request,
            json!({"id": id, "deviceName": "laptop", "secondsLeft": 20, "state": "waiting"})
        );
        Self {
            world,
            desk,
            laptop,
            held,
            events,
            asked,
            id,
        }
    }

    async fn say(&self, word: &str) -> Answer {
        let token = self.held.access_token();
        self.desk.answer(token, &self.id, word).await
    }

    async fn state(&self) -> String {
        let status = self.laptop.status(self.asked.ticket(), None).await;
        status.expect(200).body["state"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Waits for what comes after `known`.
    async fn state_after(&self, known: &str) -> Value {
        let status = self.laptop.status(self.asked.ticket(), Some(known));
        status.await.expect(200).body
    }

    async fn login(&self) -> Answer {
        let ticket = self.asked.ticket();
        self.laptop.login_with_ticket(ANA, ticket).await
    }
}

#[tokio::test]
async fn who_says_now_keeps_the_session_until_the_other_has_it() {
    let mut asked = Asked::start().await;
    assert_eq!(asked.asked.body["deadlineSeconds"], 20);
    assert_eq!(asked.asked.body["holder"]["deviceName"], "desk");
    assert_eq!(asked.asked.body["holder"]["sameMember"], true);
    let (answered, granted) = tokio::join!(asked.say("now"), asked.state_after("waiting"));
    assert_eq!(answered.expect(200).body, json!({"status": "ok"}));
    assert_eq!(granted, json!({"state": "granted", "secondsLeft": 30}));
    assert_eq!(asked.events.request().await["state"], "granted");
    // Saying it twice changes nothing.
    asked.say("now").await.expect(200);
    let token = asked.held.access_token();
    asked.desk.beat(token).await.expect(201);

    let taken = asked.login().await.expect(201);
    let lost = asked.events.next().await.unwrap();
    assert_eq!(lost.name, "lost");
    assert_eq!(lost.data["holder"]["deviceName"], "laptop");
    assert_eq!(lost.data["holder"]["sameMember"], true);
    assert!(asked.events.next().await.is_none());
    asked.desk.beat(token).await.expect(409);
    asked
        .desk
        .events(token)
        .send()
        .await
        .map(|it| assert_eq!(it.status(), 409))
        .unwrap();
    asked.laptop.beat(taken.access_token()).await.expect(201);
    assert_eq!(asked.state().await, "moved");
    asked.say("now").await.expect(404);
    // A ticket is good for one login.
    asked.desk.take_over(ANA).await.expect(201);
    asked.login().await.expect(409);
    // What was asked of the desk is not asked of the laptop.
    let mut events = asked
        .desk
        .listen(asked.desk.login(ANA).await.access_token())
        .await;
    assert_eq!(events.request().await, Value::Null);
}

#[tokio::test]
async fn who_is_in_a_call_says_later_and_then_now() {
    let mut asked = Asked::start().await;
    asked.say("after_call").await.expect(200);
    assert_eq!(asked.events.request().await["state"], "after_call");
    let status = asked.state_after("waiting").await;
    assert_eq!(status, json!({"state": "after_call", "secondsLeft": 60}));
    asked.login().await.expect(409);
    // A long call: the asker shows each time that it is still there, the holder beats.
    for _ in 0..17 {
        asked.world.clock.advance(50 * SECOND);
        assert_eq!(asked.state().await, "after_call");
    }
    asked.say("after_call").await.expect(200);
    let (answered, granted) = tokio::join!(asked.say("now"), asked.state_after("after_call"));
    answered.expect(200);
    assert_eq!(granted["state"], "granted");
    asked.login().await.expect(201);
}

#[tokio::test]
async fn who_does_not_ask_any_more_has_withdrawn() {
    let mut asked = Asked::start().await;
    asked.say("after_call").await.expect(200);
    assert_eq!(asked.events.request().await["state"], "after_call");
    asked.world.clock.advance(60 * SECOND);
    assert_eq!(asked.state().await, "withdrawn");
    asked.say("now").await.expect(404);
    asked.login().await.expect(409);
    // The holder hears so as soon as it is looked.
    assert_eq!(asked.events.request().await, Value::Null);
}

#[tokio::test]
async fn no_is_no() {
    let mut asked = Asked::start().await;
    let (answered, status) = tokio::join!(asked.say("no"), asked.state_after("waiting"));
    answered.expect(200);
    assert_eq!(status, json!({"state": "refused", "secondsLeft": 0}));
    assert_eq!(asked.events.request().await, Value::Null);
    asked.say("now").await.expect(404);
    asked.say("no").await.expect(200);
    asked.login().await.expect(409);
    let token = asked.held.access_token();
    asked.desk.beat(token).await.expect(201);
    // It can be asked again, and taken by force.
    asked.laptop.ask(ANA).await.expect(202);
    asked.laptop.take_over(ANA).await.expect(201);
    assert_eq!(asked.events.until("waiting").await["deviceName"], "laptop");
    assert_eq!(asked.events.next().await.unwrap().name, "lost");
}

#[tokio::test]
async fn silence_grants_nothing_and_lets_the_asker_decide() {
    let asked = Asked::start().await;
    asked.world.clock.advance(24 * SECOND);
    assert_eq!(asked.state().await, "waiting");
    asked.world.clock.advance(SECOND);
    assert_eq!(asked.state().await, "unanswered");
    asked.say("now").await.expect(404);
    asked.login().await.expect(409);
    let taken = asked.laptop.take_over(ANA).await.expect(201);
    assert_eq!(asked.state().await, "moved");
    asked.laptop.beat(taken.access_token()).await.expect(201);
}

#[tokio::test]
async fn a_word_that_is_late_by_less_than_five_seconds_counts() {
    let asked = Asked::start().await;
    asked.world.clock.advance(24 * SECOND);
    asked.say("now").await.expect(200);
    asked.login().await.expect(201);
}

#[tokio::test]
async fn a_grant_ends_and_can_be_taken_back() {
    let mut asked = Asked::start().await;
    asked.say("now").await.expect(200);
    // A call has come in meanwhile.
    asked.say("after_call").await.expect(200);
    assert_eq!(asked.state().await, "after_call");
    asked.login().await.expect(409);
    asked.say("now").await.expect(200);
    asked.world.clock.advance(30 * SECOND);
    asked.login().await.expect(409);
    let ticket = asked.asked.ticket();
    asked.laptop.status(ticket, None).await.expect(404);
    asked.say("now").await.expect(404);
    loop {
        if asked.events.request().await == Value::Null {
            break;
        }
    }
    asked.desk.beat(asked.held.access_token()).await.expect(201);
}

#[tokio::test]
async fn who_withdraws_is_no_longer_asked_about() {
    let mut asked = Asked::start().await;
    asked.say("now").await.expect(200);
    let ticket = asked.asked.ticket();
    for _ in 0..2 {
        let withdrawn = asked.laptop.withdraw(ticket).await.expect(200);
        assert_eq!(withdrawn.body, json!({"status": "ok"}));
    }
    assert_eq!(asked.state().await, "withdrawn");
    while asked.events.request().await != Value::Null {}
    asked.login().await.expect(409);
    asked.laptop.withdraw("no-ticket-at-all").await.expect(200);
    asked.world.clock.advance(60 * SECOND);
    asked.laptop.status(ticket, None).await.expect(404);
    asked.laptop.withdraw(ticket).await.expect(200);
}

#[tokio::test]
async fn of_two_devices_that_ask_the_later_one_is_answered() {
    let mut asked = Asked::start().await;
    let tablet = asked.world.device("tablet");
    let (later, superseded) = tokio::join!(tablet.ask(ANA), asked.state_after("waiting"));
    let later = later.expect(202);
    assert_eq!(superseded["state"], "superseded");
    asked.say("now").await.expect(404);
    let request = asked.events.request().await;
    assert_eq!(request["deviceName"], "tablet");
    asked
        .laptop
        .withdraw(asked.asked.ticket())
        .await
        .expect(200);
    let id = request["id"].as_str().unwrap();
    let token = asked.held.access_token();
    asked.desk.answer(token, id, "now").await.expect(200);
    asked.login().await.expect(409);
    tablet
        .login_with_ticket(ANA, later.ticket())
        .await
        .expect(201);
    // It has changed hands, whoever asked for it.
    let status = tablet.status(later.ticket(), None).await.expect(200);
    assert_eq!(status.body["state"], "moved");
}

#[tokio::test]
async fn who_signs_out_leaves_it_to_who_asks() {
    let mut asked = Asked::start().await;
    let token = asked.held.access_token();
    let (left, status) = tokio::join!(asked.desk.logout(token), asked.state_after("waiting"));
    left.expect(201);
    assert_eq!(status["state"], "granted");
    assert!(asked.events.next().await.is_none());
    asked.login().await.expect(201);
}

#[tokio::test]
async fn a_session_that_began_anew_is_asked_anew() {
    let asked = Asked::start().await;
    asked.say("now").await.expect(200);
    // The same device signs in again: nobody asked this session.
    let again = asked.desk.login(ANA).await.expect(201);
    asked.login().await.expect(409);
    assert_eq!(asked.state().await, "moved");
    asked.desk.beat(again.access_token()).await.expect(201);
    asked.laptop.ask(ANA).await.expect(202);
}

#[tokio::test]
async fn a_grant_is_for_one_device_and_member() {
    let asked = Asked::start().await;
    asked.say("now").await.expect(200);
    let ticket = asked.asked.ticket();
    let tablet = asked.world.device("tablet");
    tablet.login_with_ticket(ANA, ticket).await.expect(409);
    let old = asked.world.old_client();
    // Without a device id the old rule holds: it is the same member's.
    old.login_with_ticket(ANA, "x").await.expect(201);
    asked.login().await.expect(409);
}

#[tokio::test]
async fn where_there_is_nobody_to_ask_a_login_works_or_says_why_not() {
    let world = World::start().await;
    let (desk, laptop) = (world.device("desk"), world.device("laptop"));
    let free = async |device: &Device, email: &str| {
        let answer = device.ask(email).await.expect(200);
        assert_eq!(answer.body, json!({"free": true}));
    };
    free(&laptop, ANA).await;
    desk.login(ANA).await.expect(201);
    free(&desk, ANA).await;
    free(&desk, "mira@helix.example").await;
    desk.ask("noor@helix.example").await.expect(403);
    desk.ask("otto@helix.example").await.expect(400);

    let busy = laptop.login(ANA).await.expect(409);
    assert_eq!(busy.body["askable"], true);

    // Another member's, and a device that nobody knows.
    desk.login("ravi@helix.example").await.expect(201);
    let rita = "rita@helix.example";
    for refused in [laptop.ask(rita).await, laptop.login(rita).await] {
        let refused = refused.expect(409);
        assert_eq!(refused.body["holder"]["sameMember"], false);
        assert_eq!(refused.body["askable"], Value::Null);
    }
    let world = World::start().await;
    world.old_client().login(ANA).await.expect(201);
    for refused in [
        world.device("desk").ask(ANA).await,
        world.device("desk").login(ANA).await,
    ] {
        let refused = refused.expect(409);
        assert_eq!(refused.body["holder"]["sameMember"], true);
        assert_eq!(refused.body["askable"], Value::Null);
    }
}

#[tokio::test]
async fn only_who_holds_the_session_listens_and_answers() {
    let asked = Asked::start().await;
    let status = async |device: &Device, token: &str| {
        device.events(token).send().await.unwrap().status().as_u16()
    };
    assert_eq!(status(&asked.desk, "no-token").await, 401);
    let token = asked.held.access_token();
    assert_eq!(status(&asked.laptop, token).await, 401);
    let mira = asked.desk.login("mira@helix.example").await.expect(201);
    assert_eq!(status(&asked.desk, mira.access_token()).await, 403);
    let mira = mira.access_token();
    asked.desk.answer(mira, &asked.id, "now").await.expect(404);
    asked
        .laptop
        .answer(token, &asked.id, "now")
        .await
        .expect(401);
    asked
        .desk
        .answer("no-token", &asked.id, "now")
        .await
        .expect(401);
    asked.desk.answer(token, "another", "now").await.expect(404);
    asked
        .desk
        .answer(token, &asked.id, "perhaps")
        .await
        .expect(400);
    asked.desk.logout(token).await.expect(201);
    assert_eq!(status(&asked.desk, token).await, 401);
    asked.desk.answer(token, &asked.id, "now").await.expect(401);
}

#[tokio::test]
async fn what_a_phone_knows_is_not_repeated_and_what_it_missed_is() {
    let asked = Asked::start().await;
    let token = asked.held.access_token();
    let mut first = asked.desk.listen(token).await;
    let event = first.next().await.unwrap();
    assert_eq!(event.data["request"]["state"], "waiting");
    drop(first);
    let mut again = asked.desk.listen_after(token, Some(&event.id)).await;
    asked.say("no").await.expect(200);
    assert_eq!(again.request().await, Value::Null);
    let mut late = asked.desk.listen_after(token, Some(&event.id)).await;
    assert_eq!(late.request().await, Value::Null);
    let mut strange = asked.desk.listen_after(token, Some("no such")).await;
    assert_eq!(strange.request().await, Value::Null);
}

#[tokio::test]
async fn a_forced_takeover_is_heard_at_once() {
    let world = World::start().await;
    let (desk, laptop) = (world.device("desk"), world.device("laptop"));
    let held = desk.login(ANA).await.expect(201);
    let mut events = desk.listen(held.access_token()).await;
    assert_eq!(events.request().await, Value::Null);
    laptop.take_over(ANA).await.expect(201);
    let lost = events.next().await.unwrap();
    assert_eq!(lost.name, "lost");
    assert_eq!(lost.data["holder"]["deviceName"], "laptop");
    assert!(lost.data["holder"]["since"].is_string());
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn every_step_is_counted() {
    let asked = Asked::start().await;
    asked.say("after_call").await.expect(200);
    asked.say("now").await.expect(200);
    asked.login().await.expect(201);
    asked.desk.take_over(ANA).await.expect(201);
    let again = asked.laptop.ask(ANA).await.expect(202);
    asked.laptop.withdraw(again.ticket()).await.expect(200);
    let answer = asked.world.get("/metrics").send().await.unwrap();
    let metrics = answer.text().await.unwrap();
    for (step, count) in [
        ("asked", 2),
        ("after_call", 1),
        ("now", 1),
        ("taken_granted", 1),
        ("taken_by_force", 1),
        ("withdrawn", 1),
    ] {
        let line = format!("helix_sidecar_takeovers_total{{step=\"{step}\"}} {count}\n");
        assert!(metrics.contains(&line), "{line}{metrics}");
    }
    assert!(metrics.contains("helix_sidecar_listeners "), "{metrics}");
}
