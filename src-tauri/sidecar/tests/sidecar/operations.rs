//! What those who run a server see of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::signing_in::DeadStore;
use crate::stand_in::ozonetel::{self, Mode, Ozonetel};
use crate::stand_in::platform::{self, Fault, Platform};
use crate::stand_in::{ozonetel_config, platform_config};
use crate::world::{Device, World, config, send};

const ANA: &str = "ana@helix.example";

#[tokio::test]
async fn every_call_is_counted_and_others_together() {
    let world = World::start().await;
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    desk.beat(answer.access_token()).await.expect(201);
    desk.beat(answer.access_token()).await.expect(201);
    desk.beat("no-token").await.expect(401);
    for n in 0..3 {
        let answer = world.get(&format!("/no/such/call/{n}")).send().await;
        assert_eq!(answer.unwrap().status(), 404);
    }
    let metrics = metrics(&world).await;
    for line in [
        "helix_sidecar_answers_total{path=\"/auth/login\",status=\"201\"} 1",
        "helix_sidecar_answers_total{path=\"/auth/heartbeat\",status=\"201\"} 2",
        "helix_sidecar_answers_total{path=\"/auth/heartbeat\",status=\"401\"} 1",
        "helix_sidecar_answers_total{path=\"other\",status=\"404\"} 3",
        "helix_sidecar_answer_seconds_count{path=\"/auth/heartbeat\"} 3",
        "# EOF",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    assert!(!metrics.contains("/no/such"), "{metrics}");
}

#[tokio::test]
async fn calls_of_other_servers_are_counted_with_how_they_ended() {
    let served = Platform::start().await;
    let world = World::alone(platform_config(&served, None)).await;
    let desk = world.device("desk");
    let login = async || {
        let body = json!({"email": ANA, "password": platform::PASSWORD});
        desk.login_with(body).await
    };
    login().await.expect(201);
    served.with(|world| world.faults = [("agents", Fault::Endless)].into());
    login().await.expect(503);
    let counted = metrics(&world).await;
    for line in [
        "upstream_calls_total{server=\"platform\",outcome=\"answered\"} 7",
        "upstream_calls_total{server=\"platform\",outcome=\"failed\"} 1",
    ] {
        assert!(counted.contains(line), "{line}\n{counted}");
    }

    let account = Ozonetel::start(Mode::ApiKey).await;
    let world = World::alone(ozonetel_config(&account, Mode::ApiKey)).await;
    world.device("desk").login(ANA).await.expect(201);
    let counted = metrics(&world).await;
    let line = "upstream_calls_total{server=\"ozonetel\",outcome=\"answered\"} 1";
    assert!(counted.contains(line), "{counted}");
}

#[tokio::test]
async fn the_counters_are_for_this_machine_and_those_that_are_named() {
    let get = async |world: &World, from: Option<&str>| {
        let mut request = world.get("/metrics");
        if let Some(from) = from {
            request = request.header("X-Forwarded-For", from);
        }
        request.send().await.unwrap().status().as_u16()
    };
    // A proxy that nobody named passes on who knows whose calls.
    let world = World::start().await;
    assert_eq!(get(&world, None).await, 200);
    assert_eq!(get(&world, Some("127.0.0.1")).await, 404);
    let settings = "trusted_proxies = [\"127.0.0.1\"]\nmetrics_from = [\"192.0.2.0/29\"]";
    let world = World::alone(config(settings)).await;
    assert_eq!(get(&world, Some("192.0.2.7")).await, 200);
    assert_eq!(get(&world, Some("192.0.2.8")).await, 404);
}

#[tokio::test]
async fn a_call_keeps_its_name_or_gets_one() {
    let world = World::start().await;
    let id_of = async |given: Option<&str>| {
        let mut request = world.get("/healthz");
        if let Some(given) = given {
            request = request.header("X-Request-Id", given);
        }
        let answer = request.send().await.unwrap();
        let id = answer.headers()["x-request-id"].to_str().unwrap();
        id.to_owned()
    };
    assert_eq!(id_of(Some("4bf92f35-77b3")).await, "4bf92f35-77b3");
    let (first, second) = (id_of(None).await, id_of(None).await);
    assert_ne!(first, second);
    assert_eq!(first.len(), 36);
    let long = "x".repeat(65);
    for strange in ["two words", long.as_str()] {
        assert_ne!(id_of(Some(strange)).await, strange);
    }
}

#[tokio::test]
async fn the_document_names_every_call_and_every_name_in_it_leads_somewhere() {
    let account = Ozonetel::start(Mode::ApiKey).await;
    let world = World::alone(ozonetel_config(&account, Mode::ApiKey)).await;
    let answer = world.get("/openapi.json").send().await.unwrap();
    let document: Value = answer.json().await.unwrap();
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() >= 16, "{}", paths.len());
    for (path, calls) in paths {
        for (method, call) in calls.as_object().unwrap() {
            let request = match method.as_str() {
                "post" => world.post(path),
                "get" => world.get(path),
                "delete" => world.delete(path),
                other => panic!("{other} {path}"),
            };
            let status = request.send().await.unwrap().status().as_u16();
            let responses = call["responses"].as_object().unwrap();
            assert!(
                responses.contains_key(&status.to_string()),
                "{path} {status}"
            );
        }
    }
    let metrics = metrics(&world).await;
    for path in paths.keys().filter(|path| *path != "/metrics") {
        let counted = format!("answer_seconds_count{{path=\"{path}\"}}");
        assert!(metrics.contains(&counted), "{path}\n{metrics}");
    }
    check_references(&document, &document);
}

#[tokio::test]
async fn the_document_names_each_refusal_that_servers_give_and_no_other() {
    let account = Ozonetel::start(Mode::ApiKey).await;
    let world = World::alone(ozonetel_config(&account, Mode::ApiKey)).await;
    let (desk, laptop) = (world.device("desk"), world.device("laptop"));
    let held = desk.login(ANA).await.expect(201);
    let token = held.access_token();
    laptop.login(ANA).await.expect(409);
    desk.login("ravi@helix.example").await.expect(201);
    laptop.ask("rita@helix.example").await.expect(409);
    for (fault, status) in [
        (ozonetel::Fault::Refusal("Not like this"), 422),
        (ozonetel::Fault::Status(503), 503),
    ] {
        account.with(|world| world.fault = Some(fault));
        order_all(&desk, token, status).await;
    }
    account.with(|world| world.fault = None);
    laptop.take_over(ANA).await.expect(201);
    desk.beat(token).await.expect(409);
    send(desk.events(token)).await.expect(409);
    order_all(&desk, token, 409).await;

    // The same server without its store.
    let config = ozonetel_config(&account, Mode::ApiKey);
    let dead = World::at(world.clock.clone(), config, Arc::new(DeadStore)).await;
    let desk = dead.device("desk");
    desk.login(ANA).await.expect(503);
    desk.ask(ANA).await.expect(503);
    desk.status("a-ticket", None).await.expect(503);
    desk.withdraw("a-ticket").await.expect(503);
    desk.answer(token, "a-request", "now").await.expect(503);
    desk.beat(token).await.expect(503);
    send(desk.events(token)).await.expect(503);
    order_all(&desk, token, 503).await;
    desk.logout(token).await.expect(503);
    let mira = desk.login("mira@helix.example").await.expect(201);
    desk.sessions(mira.access_token(), "").await.expect(503);
    desk.free(mira.access_token(), "agent1").await.expect(503);

    // And one without its platform.
    let served = Platform::start().await;
    let lost = World::alone(platform_config(&served, None)).await;
    let desk = lost.device("desk");
    let body = json!({"email": ANA, "password": platform::PASSWORD});
    let session = desk.login_with(body).await.expect(201);
    served.with(|world| world.faults = [("renewToken", Fault::Status(500))].into());
    desk.refresh(session.refresh_token()).await.expect(503);

    let mut answered = BTreeSet::new();
    for world in [&world, &dead, &lost] {
        answered.extend(answers(&metrics(world).await));
    }
    let document = world.get("/openapi.json").send().await.unwrap();
    let document: Value = document.json().await.unwrap();
    let named: BTreeSet<_> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, calls)| {
            calls
                .as_object()
                .unwrap()
                .values()
                .map(move |it| (path, it))
        })
        .flat_map(|(path, call)| {
            let statuses = call["responses"].as_object().unwrap().keys();
            statuses.map(move |status| (path.clone(), status.clone()))
        })
        .collect();
    let unnamed: Vec<_> = answered.difference(&named).collect();
    assert!(unnamed.is_empty(), "{unnamed:?}");
    // Redis alone makes a server not ready, and who is freed as others take their place is a race.
    let elsewhere = [("/readyz", "503"), ("/admin/sessions/{agentId}", "409")];
    for (path, status) in &named {
        if ["409", "422", "503"].contains(&status.as_str())
            && !elsewhere.contains(&(path.as_str(), status.as_str()))
        {
            assert!(
                answered.contains(&(path.clone(), status.clone())),
                "{path} {status}"
            );
        }
    }
}

#[tokio::test]
async fn the_page_of_the_document_runs_nothing_from_elsewhere() {
    let world = World::start().await;
    let answer = world.get("/docs").send().await.unwrap();
    let policy = answer.headers()["content-security-policy"].to_str();
    assert!(policy.unwrap().contains("default-src 'none'"));
    let page = answer.text().await.unwrap();
    assert!(page.contains("openapi.json"));
    assert!(!page.contains("http://") && !page.contains("https://"));
}

/// Gives each order that there is, which all end with this status.
async fn order_all(desk: &Device, token: &str, status: u16) {
    for (name, body) in [
        (
            "agent-state",
            json!({"state": "Pause", "pauseReason": "Tea"}),
        ),
        ("agent-ready", json!({})),
        ("dial", json!({"phoneNumber": "09876543210"})),
        (
            "dispose",
            json!({"ucid": "9011223344", "disposition": "Sale"}),
        ),
        (
            "conference",
            json!({"ucid": "9011223344", "number": "09876543210"}),
        ),
        (
            "kick",
            json!({"ucid": "9011223344", "number": "09876543210"}),
        ),
        (
            "recording",
            json!({"ucid": "9011223344", "action": "pause"}),
        ),
    ] {
        let post = desk.post(&format!("/api/ozonetel/{name}"));
        let answer = send(post.bearer_auth(token).json(&body)).await;
        assert_eq!(answer.status, status, "{name} {answer:?}");
    }
}

/// Returns which statuses a server has answered, by the paths of its calls.
fn answers(metrics: &str) -> impl Iterator<Item = (String, String)> {
    let lines = metrics.lines();
    lines.filter_map(|line| {
        let line = line.strip_prefix("helix_sidecar_answers_total{path=\"")?;
        let (path, rest) = line.split_once("\",status=\"")?;
        let (status, _) = rest.split_once('"')?;
        (path != "other").then(|| (path.to_owned(), status.to_owned()))
    })
}

fn check_references(document: &Value, at: &Value) {
    match at {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                let pointer = reference.strip_prefix('#').unwrap();
                assert!(document.pointer(pointer).is_some(), "{reference}");
            }
            fields
                .values()
                .for_each(|it| check_references(document, it));
        }
        Value::Array(items) => items.iter().for_each(|it| check_references(document, it)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

async fn metrics(world: &World) -> String {
    let answer = world.get("/metrics").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap()
}
