//! What those who run a server see of it.

use serde_json::Value;

use crate::stand_in::ozonetel::{Mode, Ozonetel};
use crate::stand_in::platform::{self, Fault, Platform};
use crate::stand_in::{ozonetel_config, platform_config};
use crate::world::{World, config};

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
        let body = serde_json::json!({"email": ANA, "password": platform::PASSWORD});
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
async fn the_page_of_the_document_runs_nothing_from_elsewhere() {
    let world = World::start().await;
    let answer = world.get("/docs").send().await.unwrap();
    let policy = answer.headers()["content-security-policy"].to_str();
    assert!(policy.unwrap().contains("default-src 'none'"));
    let page = answer.text().await.unwrap();
    assert!(page.contains("openapi.json"));
    assert!(!page.contains("http://") && !page.contains("https://"));
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
