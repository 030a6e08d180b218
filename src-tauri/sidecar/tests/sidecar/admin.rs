//! What administrators see and do.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::stand_in::ozonetel::{Fault, Mode, Ozonetel};
use crate::stand_in::platform::{self, PASSWORD, Platform};
use crate::stand_in::{ozonetel_config, platform_and_ozonetel_config};
use crate::world::{DEADLINE, Device, World, config};

const ANA: &str = "ana@helix.example";
const RAVI: &str = "ravi@helix.example";
const EVA: &str = "eva@helix.example";
const MIRA: &str = "mira@helix.example";

/// Eva is an administrator, Mira is not.
const ROLES: &str = "admin_roles = [\"executive\"]";

#[tokio::test]
async fn sessions_are_listed_page_by_page() {
    let world = World::alone(config(ROLES)).await;
    let eva = world.device("office").login(EVA).await.expect(201);
    let office = world.device("office");
    let page = office.sessions(eva.access_token(), "").await.expect(200);
    assert_eq!(page.body, json!({"sessions": []}));
    world.device("desk").login(ANA).await.expect(201);
    world.device("laptop").login(RAVI).await.expect(201);
    let page = office.sessions(eva.access_token(), "").await.expect(200);
    let sessions = page.body["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    let mut first = sessions[0].clone();
    assert!(first["since"].as_str().unwrap().ends_with('Z'));
    first["since"] = Value::Null;
    assert_eq!(
        first,
        json!({
            "agentId": "agent1", "extension": "700201", "memberId": "m-ana",
            "deviceName": "desk", "since": null, "secondsLeft": 3600,
        })
    );
    let page = office.sessions(eva.access_token(), "?limit=1").await;
    let page = page.expect(200).body;
    assert_eq!(page["next"], "agent1");
    let page = office.sessions(eva.access_token(), "?limit=1&after=agent1");
    let page = page.await.expect(200).body;
    assert_eq!(page["sessions"][0]["agentId"], "agent2");
    assert_eq!(page["next"], Value::Null);
    office
        .sessions(eva.access_token(), "?limit=0")
        .await
        .expect(400);
}

#[tokio::test]
async fn a_session_that_is_freed_has_ended_and_its_phone_is_told() {
    let world = World::alone(config(ROLES)).await;
    let (desk, office) = (world.device("desk"), world.device("office"));
    let held = desk.login(ANA).await.expect(201);
    let mut events = desk.listen(held.access_token()).await;
    assert_eq!(events.request().await, Value::Null);
    let eva = office.login(EVA).await.expect(201);
    let freed = office.free(eva.access_token(), "agent1").await.expect(200);
    assert_eq!(freed.body, json!({"status": "ok"}));
    let lost = events.next().await.unwrap();
    assert_eq!(lost.name, "lost");
    assert_eq!(lost.data["holder"]["deviceName"], "an administrator");
    assert!(events.next().await.is_none());
    desk.beat(held.access_token()).await.expect(401);
    desk.refresh(held.refresh_token()).await.expect(401);
    desk.events(held.access_token())
        .send()
        .await
        .map(|it| assert_eq!(it.status(), 401))
        .unwrap();
    // They may sign in again, anywhere.
    let again = world.device("laptop").login_after_end(ANA).await;
    world
        .device("laptop")
        .logout(again.access_token())
        .await
        .expect(201);
    office.free(eva.access_token(), "agent1").await.expect(404);
}

#[tokio::test]
async fn only_administrators_see_and_free() {
    let world = World::alone(config(ROLES)).await;
    let (desk, office) = (world.device("desk"), world.device("office"));
    let ana = desk.login(ANA).await.expect(201);
    let mira = office.login(MIRA).await.expect(201);
    for (device, who) in [(&desk, &ana), (&office, &mira)] {
        refused(device, who.access_token(), 403).await;
    }
    refused(&desk, "no-token", 401).await;
    let eva = office.login(EVA).await.expect(201);
    // A token of another device, and one whose session has ended.
    refused(&desk, eva.access_token(), 401).await;
    let next = office.refresh(eva.refresh_token()).await.expect(201);
    office.sessions(next.access_token(), "").await.expect(200);
    office.logout(next.access_token()).await.expect(201);
    refused(&office, eva.access_token(), 401).await;
    desk.beat(ana.access_token()).await.expect(201);

    // Where no role is named there are none.
    let world = World::start().await;
    let office = world.device("office");
    let eva = office.login(EVA).await.expect(201);
    refused(&office, eva.access_token(), 403).await;
}

#[tokio::test]
async fn strange_ids_name_no_session() {
    let world = World::alone(config(ROLES)).await;
    let office = world.device("office");
    let held = world.device("desk").login(ANA).await.expect(201);
    let eva = office.login(EVA).await.expect(201);
    let long = "a".repeat(5_000);
    for id in [
        "agent",
        "agent11",
        "Agent1",
        "agent1%20",
        "*",
        "agent%2A",
        "%00",
        "%FF",
        "%0d%0aDEL",
        "%5Bagent1",
        "%28agent1",
        "-",
        "+",
        "agent1%2Fx",
        "..%2F..",
        &long,
    ] {
        let answer = office.free(eva.access_token(), id).await;
        assert_eq!(answer.status, 404, "{id}: {answer:?}");
    }
    for after in ["%00", "%FF", "*", "%5B", "%28", &long] {
        let query = format!("?after={after}");
        let page = office.sessions(eva.access_token(), &query).await;
        page.expect(200);
    }
    world
        .device("desk")
        .beat(held.access_token())
        .await
        .expect(201);
}

#[tokio::test]
async fn who_is_freed_is_logged_out_at_ozonetel_before_anybody_signs_in() {
    let account = Ozonetel::start(Mode::ApiKey).await;
    let world = World::alone(ozonetel_config(&account, Mode::ApiKey)).await;
    let (desk, office) = (world.device("desk"), world.device("office"));
    desk.login(ANA).await.expect(201);
    let eva = office.login(EVA).await.expect(201);
    office.free(eva.access_token(), "agent1").await.expect(200);
    // Until the logout is over nobody signs in, whom it could hit.
    desk.login_after_end(ANA).await;
    account.with(|world| assert!(world.present.contains_key("agent1")));
}

#[tokio::test]
async fn who_is_freed_is_logged_out_also_where_their_record_is_gone_or_the_platform_silent() {
    type Befalls = fn(&mut platform::World);
    let befalls: [Befalls; 2] = [
        |world| world.agents.clear(),
        |world| world.faults = [("agents", platform::Fault::Status(500))].into(),
    ];
    for befalls in befalls {
        let (platform, account) = (Platform::start().await, Ozonetel::start(Mode::ApiKey).await);
        let world = World::alone(platform_and_ozonetel_config(&platform, &account)).await;
        let (desk, office) = (world.device("desk"), world.device("office"));
        let login = async |device: &Device, email: &str| {
            let body = json!({"email": email, "password": PASSWORD});
            device.login_with(body).await.expect(201)
        };
        let held = login(&desk, ANA).await;
        let mira = login(&office, MIRA).await;
        platform.with(befalls);
        world.clock.advance(Duration::from_secs(301));
        office.free(mira.access_token(), "agent1").await.expect(200);
        let is_out = account.until(|world| world.present.is_empty());
        timeout(DEADLINE, is_out).await.unwrap();
        desk.beat(held.access_token()).await.expect(401);
    }
}

#[tokio::test]
async fn a_session_that_the_server_ends_is_not_theirs_to_end() {
    let account = Ozonetel::start(Mode::ApiKey).await;
    let world = World::alone(ozonetel_config(&account, Mode::ApiKey)).await;
    let (desk, office) = (world.device("desk"), world.device("office"));
    let session = desk.login(ANA).await.expect(201);
    let eva = office.login(EVA).await.expect(201);
    account.with(|world| world.fault = Some(Fault::Wait));
    desk.logout(session.access_token()).await.expect(201);
    let is_asked = account.until(|world| world.asked == 2);
    timeout(DEADLINE, is_asked).await.unwrap();
    let page = office.sessions(eva.access_token(), "").await.expect(200);
    assert_eq!(page.body, json!({"sessions": []}));
    let refused = office.free(eva.access_token(), "agent1").await.expect(503);
    assert_eq!(refused.retry_after, Some(2));
    account.with(|world| world.fault = None);
    account.go_on();
    let again = world.device("laptop").login(ANA).await.expect(201);
    assert_eq!(again.body["telephony"]["state"], "ready");
    account.with(|world| assert!(world.present.contains_key("agent1")));
}

async fn refused(device: &Device, token: &str, status: u16) {
    device.sessions(token, "").await.expect(status);
    device.free(token, "agent1").await.expect(status);
}
