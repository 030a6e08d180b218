//! A web page that names no device, sends what the first contract documents, reads nothing else, and takes any
//! 2xx for a success.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::Client;
use serde_json::{Value, json};

use crate::world::{Device, PASSWORD, SIP_PASSWORD, client};

const ANA: &str = "ana@helix.example";
const RAVI: &str = "ravi@helix.example";
/// Has the agent of Ravi.
const RITA: &str = "rita@helix.example";
const MIRA: &str = "mira@helix.example";

const ALREADY: &str = "You are already logged in on another device. Please log out there first.";

pub(crate) async fn an_agent_gets_the_fields_that_are_documented_with_their_names(page: &Page) {
    let answer = page.login(ANA).await.success();
    for token in ["accessToken", "refreshToken"] {
        assert!(!answer[token].as_str().unwrap().is_empty());
    }
    let user = &answer["user"];
    assert_eq!(keys(user), ["email", "id", "name", "role"].into());
    assert_eq!(user["role"], "cc-agent");
    let config = &answer["agentConfig"];
    let documented = [
        ("ozonetelAgentId", "agent1"),
        ("sipExtension", "700201"),
        ("sipPassword", SIP_PASSWORD),
        ("sipUri", "sip:700201@sip.example"),
        ("sipWsServer", "wss://sip.example:444"),
        ("campaignName", "Inbound_1"),
    ];
    for (key, value) in documented {
        assert_eq!(config[key], value, "{key}");
    }
}

pub(crate) async fn a_manager_has_neither_phone_nor_lock(page: &Page) {
    for _ in 0..2 {
        let answer = page.login(MIRA).await.success();
        assert_eq!(
            keys(&answer),
            ["accessToken", "refreshToken", "user"].into()
        );
        let beat = page.call("heartbeat", Some(&answer), None).await.success();
        assert_eq!(beat["status"], "ok");
        page.call("logout", Some(&answer), None).await.success();
    }
}

pub(crate) async fn a_shift_goes_by_login_heartbeats_refresh_and_logout(page: &Page) {
    let mut tokens = page.login(RAVI).await.success();
    for _ in 0..3 {
        let beat = page.call("heartbeat", Some(&tokens), None).await.success();
        assert_eq!(beat["status"], "ok");
        let body = json!({"refreshToken": tokens["refreshToken"]});
        tokens = page.call("refresh", None, Some(body)).await.success();
        assert_eq!(keys(&tokens), ["accessToken", "refreshToken"].into());
    }
    let logout = page.call("logout", Some(&tokens), None).await.success();
    assert_eq!(logout["status"], "ok");
    page.login(RITA).await.success();
}

pub(crate) async fn another_member_is_refused_and_the_same_member_signs_in_again(
    page: &Page,
    phone: &Device,
) {
    let first = page.login(RAVI).await.success();
    let refused = page.login(RITA).await;
    assert_eq!((refused.status, refused.message()), (409, ALREADY));
    // Without a device id the same member is the same session: the page was loaded again.
    let again = page.login(RAVI).await.success();
    for tokens in [&first, &again] {
        page.call("heartbeat", Some(tokens), None).await.success();
    }
    // A phone of this member names its device, and is another one.
    assert_eq!(phone.login(RAVI).await.expect(409).message(), ALREADY);
    let taken = phone.take_over(RAVI).await.expect(201);
    for tokens in [&first, &again] {
        assert_eq!(page.call("heartbeat", Some(tokens), None).await.status, 409);
    }
    phone.beat(taken.access_token()).await.expect(201);
    // The session that the phone displaced is over with that of the phone.
    phone.logout(taken.access_token()).await.expect(201);
    assert_eq!(page.call("heartbeat", Some(&again), None).await.status, 401);
}

pub(crate) async fn a_phone_that_the_page_displaces_never_has_the_lock_again(
    page: &Page,
    phone: &Device,
) {
    let phones = phone.login(RAVI).await.expect(201);
    // By the rule of old clients the page needs nobody's leave where its own member has the agent.
    assert_eq!(page.login(RITA).await.status, 409);
    let tokens = page.login(RAVI).await.success();
    page.call("heartbeat", Some(&tokens), None).await.success();
    phone.beat(phones.access_token()).await.expect(409);
    page.call("logout", Some(&tokens), None).await.success();
    phone.beat(phones.access_token()).await.expect(401);
}

pub(crate) async fn refusals_have_the_status_and_the_words_that_the_page_knows(page: &Page) {
    for (email, password, status, message) in [
        (ANA, "wrong", 401, "Wrong email or password."),
        (
            "nobody@helix.example",
            "wrong",
            401,
            "Wrong email or password.",
        ),
        (
            "noor@helix.example",
            PASSWORD,
            403,
            "Agent account not configured. Contact administrator.",
        ),
    ] {
        let body = json!({"email": email, "password": password});
        let refused = page.call("login", None, Some(body)).await;
        assert_eq!((refused.status, refused.message()), (status, message));
        assert_eq!(refused.body["statusCode"], status);
    }
    let forged = json!({"accessToken": "forged"});
    for call in ["heartbeat", "logout"] {
        assert_eq!(page.call(call, Some(&forged), None).await.status, 401);
    }
}

/// The page, which sends JSON and a bearer token and no field more.
pub(crate) struct Page {
    /// A balancer gives each call to the next one.
    urls: Vec<String>,
    calls: AtomicUsize,
    client: Client,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    body: Value,
}

impl Page {
    pub(crate) fn at(urls: &[&str]) -> Self {
        Self {
            urls: urls.iter().map(ToString::to_string).collect(),
            calls: AtomicUsize::default(),
            client: client(),
        }
    }

    pub(crate) async fn login(&self, email: &str) -> Answer {
        let body = json!({"email": email, "password": PASSWORD});
        self.call("login", None, Some(body)).await
    }

    pub(crate) async fn call(
        &self,
        name: &str,
        tokens: Option<&Value>,
        body: Option<Value>,
    ) -> Answer {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let url = &self.urls[call % self.urls.len()];
        let mut request = self.client.post(format!("{url}/auth/{name}"));
        if let Some(tokens) = tokens {
            request = request.bearer_auth(tokens["accessToken"].as_str().unwrap());
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        Answer {
            status: response.status().as_u16(),
            body: response.json().await.unwrap(),
        }
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn success(self) -> Value {
        assert!(
            (200..300).contains(&self.status),
            "{}: {}",
            self.status,
            self.body
        );
        self.body
    }

    pub(crate) fn message(&self) -> &str {
        self.body["message"].as_str().unwrap()
    }
}

fn keys(object: &Value) -> BTreeSet<&str> {
    object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}
