//! The front end that was there before the phone, and what browsers add to its calls.

use std::path::Path;

use reqwest::{Method, Response};
use serde_json::{Value, json};
use sidecar::Config;

use crate::old_page::{self, Page};
use crate::world::{PASSWORD, World, client, config, config_text};

const ANA: &str = "ana@helix.example";

#[tokio::test]
async fn a_page_works_as_it_did() {
    old_page::an_agent_gets_the_fields_that_are_documented_with_their_names(&office().await.1)
        .await;
    old_page::a_manager_has_neither_phone_nor_lock(&office().await.1).await;
    old_page::a_shift_goes_by_login_heartbeats_refresh_and_logout(&office().await.1).await;
    old_page::refusals_have_the_status_and_the_words_that_the_page_knows(&office().await.1).await;
    let (world, page) = office().await;
    let phone = world.device("desk");
    old_page::another_member_is_refused_and_the_same_member_signs_in_again(&page, &phone).await;
    let (world, page) = office().await;
    let phone = world.device("desk");
    old_page::a_phone_that_the_page_displaces_never_has_the_lock_again(&page, &phone).await;
}

/// Returns a sidecar and the page at it.
async fn office() -> (World, Page) {
    let world = World::start().await;
    let page = Page::at(&[&world.url]);
    (world, page)
}

const PAGE: &str = "https://crm.example";

/// All calls, with what a browser asks before it makes them.
const CALLS: [(&str, &str); 6] = [
    ("/auth/login", "POST"),
    ("/auth/heartbeat", "POST"),
    ("/auth/events", "GET"),
    ("/api/ozonetel/dispose", "POST"),
    ("/admin/sessions/agent1", "DELETE"),
    ("/no/such/call", "POST"),
];

#[tokio::test]
async fn a_page_of_an_allowed_origin_may_ask_beforehand_call_and_read_what_it_must() {
    let settings = format!(
        "allowed_origins = [\"http://localhost:5173\", \"{PAGE}\"]\n\
         [settings.login_limits]\naccount_burst = 1"
    );
    let world = World::alone(config(&settings)).await;
    for (path, method) in CALLS {
        let asked = preflight(&world, path, method, PAGE).await;
        assert_eq!(asked.status(), 204, "{path}");
        assert_eq!(header(&asked, "access-control-allow-origin"), Some(PAGE));
        assert_eq!(header(&asked, "vary"), Some("Origin"));
        let methods = header(&asked, "access-control-allow-methods").unwrap();
        assert!(methods.split(", ").any(|it| it == method), "{methods}");
        let headers = header(&asked, "access-control-allow-headers").unwrap();
        for needed in [
            "authorization",
            "content-type",
            "x-device-id",
            "x-device-name",
            "x-device-system",
        ] {
            assert!(headers.split(", ").any(|it| it == needed), "{headers}");
        }
        assert_eq!(header(&asked, "access-control-allow-credentials"), None);
        assert!(asked.bytes().await.unwrap().is_empty());
    }

    let login = |password: &'static str| {
        let body = json!({"email": ANA, "password": password});
        let request = world.post("/auth/login").header("origin", PAGE);
        async move { request.json(&body).send().await.unwrap() }
    };
    let answers = [
        (login(PASSWORD).await, 201),
        (login("wrong").await, 401),
        (login("wrong").await, 429),
    ];
    for (answer, status) in &answers {
        assert_eq!(answer.status(), *status);
        assert_eq!(header(answer, "access-control-allow-origin"), Some(PAGE));
        assert_eq!(header(answer, "vary"), Some("Origin"));
        let exposed = header(answer, "access-control-expose-headers").unwrap();
        assert!(exposed.contains("retry-after"), "{exposed}");
    }
    assert!(header(&answers[2].0, "retry-after").is_some());

    // The stream of events is read as it comes.
    let [(answer, _), ..] = answers;
    let tokens: Value = answer.json().await.unwrap();
    let events = world.get("/auth/events").header("origin", PAGE);
    let events = events.bearer_auth(tokens["accessToken"].as_str().unwrap());
    let events = events.send().await.unwrap();
    assert_eq!(events.status(), 200);
    assert_eq!(header(&events, "access-control-allow-origin"), Some(PAGE));
}

#[tokio::test]
async fn a_page_of_any_other_origin_is_refused_however_alike() {
    let allowing = World::alone(config(&format!("allowed_origins = [\"{PAGE}\"]"))).await;
    let allowing_none = World::start().await;
    for (world, origins) in [
        (
            &allowing,
            &[
                "https://other.example",
                "https://CRM.example",
                "HTTPS://crm.example",
                "http://crm.example",
                "https://crm.example:443",
                "https://crm.example:8443",
                "https://crm.example/",
                "https://crm.example.evil.example",
                "https://evil-crm.example",
                "https://sub.crm.example",
                "null",
                "*",
                "",
            ][..],
        ),
        (&allowing_none, &[PAGE, "null"][..]),
    ] {
        for origin in origins {
            let asked = preflight(world, "/auth/login", "POST", origin).await;
            assert_eq!(asked.status(), 405, "{origin}");
            let body = json!({"email": ANA, "password": PASSWORD});
            let login = world.post("/auth/login").header("origin", *origin);
            let login = login.json(&body).send().await.unwrap();
            for answer in [&asked, &login] {
                let names = answer.headers().keys().map(|it| it.as_str());
                let leave = names.filter(|it| it.starts_with("access-control-"));
                assert_eq!(leave.count(), 0, "{origin}");
            }
        }
    }
    // No cache keeps for one origin what was answered to another, or to none.
    let health = allowing.get("/healthz").send().await.unwrap();
    assert_eq!(header(&health, "vary"), Some("Origin"));
}

#[test]
fn origins_are_named_one_by_one_as_browsers_name_them() {
    let read = |in_file: &str, variable: Option<&str>| {
        let text = config_text(&format!("allowed_origins = {in_file}"));
        let look = |name: &str| match name {
            "HELIX_ALLOWED_ORIGINS" => variable.map(str::to_owned),
            _ => None,
        };
        Config::from_toml(&text, Path::new("."), look).map_err(|error| error.to_string())
    };
    let good = "https://crm.example, https://crm.example:8443,http://localhost:5173,";
    read("[]", Some(good)).unwrap();
    read("[\"*\"]", Some("")).unwrap();
    for (origin, words) in [
        ("*", "is no origin: each one is named"),
        ("https://*.example", "is no origin: each one is named"),
        (
            "null",
            "is no origin, which looks like https://page.example",
        ),
        (
            "crm.example",
            "is no origin, which looks like https://page.example",
        ),
        (
            "http://crm.example",
            "must begin with https:// where it is another machine",
        ),
        ("ftp://crm.example", "must begin with https://"),
        (
            "https://crm.example/",
            "must be written as browsers do: https://crm.example",
        ),
        (
            "https://CRM.example",
            "must be written as browsers do: https://crm.example",
        ),
        (
            "https://crm.example:443",
            "must be written as browsers do: https://crm.example",
        ),
        (
            "https://crm.example/app",
            "must be written as browsers do: https://crm.example",
        ),
    ] {
        let error = read(&format!("[\"{origin}\"]"), None).unwrap_err();
        let told = format!("line 2: allowed_origins: {origin:?} {words}");
        assert!(error.starts_with(&told), "{error}");
        let error = read("[]", Some(origin)).unwrap_err();
        let told = format!("HELIX_ALLOWED_ORIGINS: {origin:?} {words}");
        assert!(error.starts_with(&told), "{error}");
    }
}

/// Asks as a browser does before a page makes a call.
async fn preflight(world: &World, path: &str, method: &str, origin: &str) -> Response {
    let url = format!("{}{path}", world.url);
    client()
        .request(Method::OPTIONS, url)
        .header("origin", origin)
        .header("access-control-request-method", method)
        .header(
            "access-control-request-headers",
            "authorization,content-type,x-device-id",
        )
        .send()
        .await
        .unwrap()
}

fn header<'a>(answer: &'a Response, name: &str) -> Option<&'a str> {
    Some(answer.headers().get(name)?.to_str().unwrap())
}
