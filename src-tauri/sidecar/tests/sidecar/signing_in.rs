use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sidecar::{
    Acquired, Ask, Beat, Changes, Clock, LockAnswer, LockName, LockUnavailable, Look, MemoryLock,
    Moment, Owner, Page, Released, SessionLock, TicketHash,
};
use sidecar_api::{AGENT_NOT_CONFIGURED, ALREADY_LOGGED_IN, CANNOT_SIGN_IN_NOW, WRONG_CREDENTIALS};

use crate::world::{PASSWORD, SIP_PASSWORD, TURN_PASSWORD, World, config};

const ANA: &str = "ana@helix.example";
const MIRA: &str = "mira@helix.example";

#[tokio::test]
async fn an_agent_gets_tokens_a_phone_account_and_the_lock() {
    let world = World::start().await;
    let answer = world.device("desk").login(ANA).await.expect(201);
    assert_eq!(
        answer.body["user"],
        json!({"id": "m-ana", "role": "cc-agent", "name": "ana", "email": ANA})
    );
    assert_eq!(
        answer.body["agentConfig"],
        json!({
            "ozonetelAgentId": "agent1", "sipExtension": "700201", "sipPassword": SIP_PASSWORD,
            "sipUri": "sip:700201@sip.example", "sipWsServer": "wss://sip.example:444",
            "campaignName": "Inbound_1",
            "iceServers": [{"urls": ["turn:turn.example"], "username": "u",
                "credential": TURN_PASSWORD}],
        })
    );
    assert_eq!(answer.body["session"]["ttlSeconds"], 3600);
    assert_eq!(answer.body["session"]["heartbeatSeconds"], 300);
    assert_eq!(answer.body["telephony"]["state"], "ready");
    assert!(
        answer.body["telephony"]["message"]
            .as_str()
            .unwrap()
            .contains("No Ozonetel")
    );
    let beat = world.device("desk").beat(answer.access_token()).await;
    assert_eq!(
        beat.expect(201).body,
        json!({"status": "ok", "lock": "held", "ttlSeconds": 3600})
    );
}

#[tokio::test]
async fn managers_and_executives_sign_in_on_two_devices_without_phone_or_lock() {
    let world = World::start().await;
    let (desk, laptop) = (world.device("desk"), world.device("laptop"));
    for (email, role) in [(MIRA, "manager"), ("eva@helix.example", "executive")] {
        let first = desk.login(email).await.expect(201);
        laptop.login(email).await.expect(201);
        assert_eq!(first.body["user"]["role"], role);
        for key in ["agentConfig", "session", "telephony"] {
            assert!(first.body.get(key).is_none(), "{key}");
        }
        let beat = desk.beat(first.access_token()).await.expect(201);
        assert_eq!(beat.body, json!({"status": "ok"}));
        let logout = desk.logout(first.access_token()).await.expect(201);
        assert_eq!(logout.body, json!({"status": "ok", "released": false}));
    }
}

#[tokio::test]
async fn an_e_mail_is_trimmed_and_its_case_ignored() {
    let world = World::start().await;
    world
        .device("desk")
        .login("  ANA@Helix.Example ")
        .await
        .expect(201);
}

#[tokio::test]
async fn a_user_without_a_member_is_told_so() {
    let world = World::start().await;
    let answer = world.device("desk").login("otto@helix.example").await;
    assert!(answer.expect(400).message().contains("workspace member"));
    // The lock of the agent in Otto's record stayed free.
    world.device("other").login(ANA).await.expect(201);
}

#[tokio::test]
async fn an_unknown_user_and_a_wrong_password_are_answered_alike() {
    let world = World::start().await;
    let desk = world.device("desk");
    let unknown = json!({"email": "nobody@helix.example", "password": PASSWORD});
    let wrong = json!({"email": ANA, "password": "wrong"});
    let unknown = desk.login_with(unknown).await.expect(401);
    let wrong = desk.login_with(wrong).await.expect(401);
    assert_eq!(wrong.message(), WRONG_CREDENTIALS);
    assert_eq!(unknown.body, wrong.body);
}

#[tokio::test]
async fn an_agent_without_a_record_gets_403_in_the_exact_words() {
    let world = World::start().await;
    let answer = world.device("desk").login("noor@helix.example").await;
    assert_eq!(answer.expect(403).message(), AGENT_NOT_CONFIGURED);
}

#[tokio::test]
async fn a_held_lock_gets_409_in_the_exact_words_with_its_holder() {
    let world = World::start().await;
    world.device("Ana%27s%20desk").login(ANA).await.expect(201);
    let answer = world.device("laptop").login(ANA).await.expect(409);
    assert_eq!(answer.message(), ALREADY_LOGGED_IN);
    let holder = &answer.body["holder"];
    assert_eq!(holder["deviceName"], "Ana's desk");
    assert_eq!(holder["sameMember"], true);
    let since = holder["since"].as_str().unwrap();
    time::OffsetDateTime::parse(since, &time::format_description::well_known::Rfc3339).unwrap();
}

#[tokio::test]
async fn a_member_is_told_what_their_other_device_runs_and_whether_it_is_in_a_call() {
    let world = World::start().await;
    let (mut desk, laptop) = (world.device("desk"), world.device("laptop"));
    desk.system = Some("Windows%0A%E2%80%AE".to_owned());
    let session = desk.login(ANA).await.expect(201);
    let holder = async || {
        let refused = laptop.login(ANA).await.expect(409);
        let asked = laptop.ask(ANA).await.expect(202);
        assert_eq!(refused.body["holder"], asked.body["holder"]);
        refused.body["holder"].clone()
    };
    let before = holder().await;
    assert_eq!(before["system"], "Windows");
    assert!(before.get("inCall").is_none(), "{before}");
    for in_call in [true, false, true] {
        let beat = desk.beat_in_call(session.access_token(), in_call);
        beat.await.expect(201);
        assert_eq!(holder().await["inCall"], in_call);
        // An old client says nothing, or whatever it likes.
        desk.beat(session.access_token()).await.expect(201);
        let beat = desk.beat_in_call(session.access_token(), "perhaps");
        beat.await.expect(201);
        assert_eq!(holder().await["inCall"], in_call);
        world.clock.advance(std::time::Duration::from_secs(60));
    }
    // The next session has said nothing yet.
    let session = desk.login(ANA).await.expect(201);
    assert!(holder().await.get("inCall").is_none());
    desk.logout(session.access_token()).await.expect(201);

    let ravi = world.device("office").login("ravi@helix.example").await;
    let token = ravi.expect(201);
    let office = world.device("office");
    let beat = office.beat_in_call(token.access_token(), true);
    beat.await.expect(201);
    let stranger = laptop.login("rita@helix.example").await.expect(409);
    let holder = &stranger.body["holder"];
    assert!(holder.get("inCall").is_none() && holder.get("system").is_none());
}

#[tokio::test]
async fn an_unusable_device_id_is_refused_in_words() {
    let world = World::start().await;
    for id in ["x".repeat(65), "with space".to_owned()] {
        let request = world.post("/auth/login").header("X-Device-Id", id);
        let answer = crate::world::send(request.json(&json!({"email": ANA, "password": PASSWORD})));
        assert!(answer.await.expect(400).message().contains("X-Device-Id"));
    }
}

#[tokio::test]
async fn a_dead_lock_store_is_503_for_agents_and_no_matter_for_managers() {
    let world = World::with(config(""), |_| Arc::new(DeadStore)).await;
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(503);
    assert!(answer.message().starts_with(CANNOT_SIGN_IN_NOW));
    assert!(answer.message().contains("session lock"));
    desk.login(MIRA).await.expect(201);
}

#[tokio::test]
async fn a_lock_store_that_dies_makes_heartbeat_and_logout_503_and_the_token_survives() {
    let alive = World::start().await;
    let token = alive.device("desk").login(ANA).await.expect(201);
    let dead = World::at(alive.clock.clone(), config(""), Arc::new(DeadStore)).await;
    let desk = dead.device("desk");
    desk.beat(token.access_token()).await.expect(503);
    desk.logout(token.access_token()).await.expect(503);
    let desk = alive.device("desk");
    desk.beat(token.access_token()).await.expect(201);
}

#[tokio::test]
async fn the_health_call_answers_and_the_server_stops_when_told() {
    let world = World::start().await;
    let health = crate::world::send(world.get("/healthz")).await.expect(200);
    assert_eq!(health.body["status"], "ok");
    world.stop().await.unwrap();
}

/// A lock store that never answers in time.
#[derive(Debug)]
pub(crate) struct DeadStore;

impl SessionLock for DeadStore {
    fn acquire<'a>(
        &'a self,
        _name: &'a LockName,
        _owner: &'a Owner,
        _ttl: Duration,
        _takeover: bool,
    ) -> LockAnswer<'a, Acquired> {
        Box::pin(async { Err(LockUnavailable::Unknown) })
    }

    fn beat<'a>(
        &'a self,
        _name: &'a LockName,
        _owner: &'a Owner,
        _ttl: Duration,
    ) -> LockAnswer<'a, Beat> {
        Box::pin(async { Err(LockUnavailable::Unknown) })
    }

    fn release<'a>(&'a self, _name: &'a LockName, _owner: &'a Owner) -> LockAnswer<'a, Released> {
        Box::pin(async { Err(LockUnavailable::Unknown) })
    }

    fn acquire_granted<'a>(
        &'a self,
        _name: &'a LockName,
        _owner: &'a Owner,
        _ttl: Duration,
        _ask: &'a Ask,
    ) -> LockAnswer<'a, Acquired> {
        Box::pin(async { Err(LockUnavailable::Unknown) })
    }

    fn look<'a>(&'a self, _name: &'a LockName) -> LockAnswer<'a, Look> {
        Box::pin(async { Err(LockUnavailable::Unknown) })
    }

    fn put<'a>(
        &'a self,
        _name: &'a LockName,
        _before: Option<&'a Ask>,
        _ask: &'a Ask,
        _now: Moment,
    ) -> LockAnswer<'a, bool> {
        Box::pin(async { Err(LockUnavailable::Unknown) })
    }

    fn of_ticket<'a>(&'a self, _ticket: &'a TicketHash) -> LockAnswer<'a, Option<LockName>> {
        Box::pin(async { Err(LockUnavailable::Unknown) })
    }

    fn listen(&self, agent_id: &str) -> Changes {
        // It tells of nothing, as a store does that is gone.
        MemoryLock::new(Clock::system()).listen(agent_id)
    }

    fn list<'a>(&'a self, _from: Bound<&'a str>, _limit: usize) -> LockAnswer<'a, Page> {
        Box::pin(async { Err(LockUnavailable::Unknown) })
    }
}
