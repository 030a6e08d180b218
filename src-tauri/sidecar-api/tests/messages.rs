//! The messages as JSON: what is written, what is read, and what is never shown.
#![allow(clippy::unwrap_used)]

use std::fmt::Debug;

use proptest::prelude::*;
use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sidecar_api::{
    AgentConfig, ErrorBody, HeartbeatRequest, HeartbeatResponse, Holder, IceServer, LoginRequest,
    LoginResponse, LogoutRequest, LogoutResponse, LostEvent, Message, Queue, QueueState,
    RefreshRequest, RefreshResponse, SessionGrant, TakeoverAnswer, TakeoverAsked, TakeoverDone,
    TakeoverEvent, TakeoverRequest, TakeoverResponse, TakeoverState, TakeoverStatus,
    TakeoverStatusRequest, TakeoverWithdrawal, TakeoverWord, Telephony, TelephonyState, Urls, User,
};

#[test]
fn every_message_is_read_and_written_without_a_change() {
    round_trip::<LoginRequest>(json!({"email": "a@b.example", "password": "p"}));
    round_trip::<LoginRequest>(json!({"email": "a@b.example", "password": "p", "takeover": true}));
    round_trip::<LoginResponse>(agent_answer());
    round_trip::<LoginResponse>(manager_answer());
    round_trip::<RefreshRequest>(json!({"refreshToken": "r"}));
    round_trip::<RefreshResponse>(json!({"accessToken": "a", "refreshToken": "r"}));
    round_trip::<HeartbeatResponse>(json!({"status": "ok"}));
    round_trip::<HeartbeatResponse>(json!({"status": "ok", "lock": "held", "ttlSeconds": 3600}));
    round_trip::<LogoutRequest>(json!({}));
    round_trip::<LogoutRequest>(json!({"refreshToken": "r"}));
    round_trip::<LogoutResponse>(json!({"status": "ok"}));
    round_trip::<LogoutResponse>(json!({"status": "ok", "released": true}));
    round_trip::<ErrorBody>(json!({"statusCode": 401, "message": "Wrong email or password."}));
    round_trip::<ErrorBody>(json!({"statusCode": 400, "message": ["one", "two"]}));
    round_trip::<ErrorBody>(json!({
        "statusCode": 409, "message": "held",
        "holder": {"deviceName": "desk", "since": "2026-03-23T10:00:00Z", "sameMember": true},
    }));
    round_trip::<ErrorBody>(json!({
        "statusCode": 409, "message": "held",
        "holder": {"deviceName": "desk", "sameMember": true}, "askable": true,
    }));
    round_trip::<ErrorBody>(json!({
        "statusCode": 409, "message": "held",
        "holder": {"deviceName": "desk", "system": "Windows", "inCall": true, "sameMember": true},
    }));
    round_trip::<HeartbeatRequest>(json!({}));
    round_trip::<HeartbeatRequest>(json!({"inCall": true, "inWork": false}));
    round_trip::<ErrorBody>(json!({
        "statusCode": 401, "message": "changed", "reason": "account_changed",
    }));
    for reason in ["second_factor", "email_not_verified"] {
        round_trip::<ErrorBody>(json!({"statusCode": 403, "message": "no", "reason": reason}));
    }
}

#[test]
fn every_message_of_a_takeover_is_read_and_written_without_a_change() {
    let holder = json!({"deviceName": "desk", "sameMember": true});
    round_trip::<LoginRequest>(json!({"email": "a", "password": "p", "takeoverTicket": "t"}));
    round_trip::<TakeoverRequest>(json!({"email": "a@b.example", "password": "p"}));
    let asked = json!({"ticket": "t", "deadlineSeconds": 20, "holder": holder});
    round_trip::<TakeoverResponse>(asked.clone());
    round_trip::<TakeoverResponse>(json!({"free": true}));
    let read: TakeoverResponse = serde_json::from_value(asked).unwrap();
    assert!(matches!(read, TakeoverResponse::Asked(_)));
    round_trip::<TakeoverStatusRequest>(json!({"ticket": "t"}));
    round_trip::<TakeoverStatusRequest>(json!({"ticket": "t", "known": "after_call"}));
    for state in [
        "waiting",
        "after_call",
        "granted",
        "refused",
        "unanswered",
        "withdrawn",
        "superseded",
        "moved",
    ] {
        round_trip::<TakeoverStatus>(json!({"state": state, "secondsLeft": 17}));
    }
    round_trip::<TakeoverWithdrawal>(json!({"ticket": "t"}));
    for answer in ["now", "after_call", "no"] {
        round_trip::<TakeoverAnswer>(json!({"request": "r", "answer": answer}));
    }
    round_trip::<TakeoverDone>(json!({"status": "ok"}));
    round_trip::<TakeoverEvent>(json!({"request": null}));
    round_trip::<TakeoverEvent>(json!({"request": {
        "id": "r", "deviceName": "LAPTOP-7", "secondsLeft": 18, "state": "waiting",
    }}));
    round_trip::<LostEvent>(json!({"holder": holder}));
}

#[test]
fn the_queue_is_read_and_written_without_a_change() {
    let queue = json!({
        "state": "Pause", "pauseReason": "Lunch", "since": "2026-03-23T10:00:00Z",
        "forSeconds": 90, "pauseReasons": ["Lunch", "Tea"], "dispositions": ["Sale"],
        "wrapUpSeconds": 60, "wrapUpMoreSeconds": 30,
    });
    let nothing = json!({"state": "Unknown", "pauseReasons": [], "dispositions": []});
    for queue in [queue, nothing] {
        round_trip::<Queue>(queue.clone());
        let telephony = json!({"state": "pending"});
        round_trip::<HeartbeatResponse>(
            json!({"status": "ok", "telephony": telephony, "queue": queue}),
        );
        let mut answer = agent_answer();
        answer["queue"] = queue;
        round_trip::<LoginResponse>(answer);
    }
    let least: Queue = serde_json::from_value(json!({"state": "Ready"})).unwrap();
    assert!(least.pause_reasons.is_empty() && least.dispositions.is_empty());
}

#[test]
fn an_unknown_field_is_ignored_at_every_level() {
    let mut answer = agent_answer();
    for path in [
        "",
        "/user",
        "/agentConfig",
        "/agentConfig/iceServers/0",
        "/session",
        "/telephony",
    ] {
        answer.pointer_mut(path).unwrap()["new"] = json!({"in": ["the", "next", "version"]});
    }
    let read: LoginResponse = serde_json::from_value(answer).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), agent_answer());
    let refusal = json!({"statusCode": 401, "message": "no", "error": "Unauthorized", "path": "/"});
    serde_json::from_value::<ErrorBody>(refusal).unwrap();
}

#[test]
fn a_missing_field_is_named() {
    for (path, field) in [
        ("", "accessToken"),
        ("", "refreshToken"),
        ("", "user"),
        ("/user", "id"),
        ("/user", "role"),
        ("/user", "name"),
        ("/user", "email"),
        ("/agentConfig", "ozonetelAgentId"),
        ("/agentConfig", "sipExtension"),
        ("/agentConfig", "sipPassword"),
        ("/agentConfig", "sipUri"),
        ("/agentConfig", "sipWsServer"),
        ("/agentConfig/iceServers/0", "urls"),
        ("/session", "id"),
        ("/session", "ttlSeconds"),
        ("/session", "heartbeatSeconds"),
        ("/telephony", "state"),
    ] {
        let mut answer = agent_answer();
        let object = answer.pointer_mut(path).unwrap().as_object_mut().unwrap();
        object.remove(field).unwrap();
        let error = serde_json::from_value::<LoginResponse>(answer).unwrap_err();
        assert_eq!(error.to_string(), format!("missing field `{field}`"));
    }
    missing::<LoginRequest>(json!({"email": "a"}), "password");
    missing::<LoginRequest>(json!({"password": "a"}), "email");
    missing::<RefreshRequest>(json!({}), "refreshToken");
    missing::<RefreshResponse>(json!({"refreshToken": "r"}), "accessToken");
    missing::<HeartbeatResponse>(json!({}), "status");
    missing::<LogoutResponse>(json!({}), "status");
    missing::<ErrorBody>(json!({"message": "m"}), "statusCode");
    missing::<ErrorBody>(json!({"statusCode": 400}), "message");
}

#[test]
fn optional_fields_may_be_null_as_an_old_sidecar_writes_them() {
    let mut answer = manager_answer();
    for field in ["agentConfig", "session", "telephony"] {
        answer[field] = Value::Null;
    }
    let read: LoginResponse = serde_json::from_value(answer).unwrap();
    assert!(read.agent_config.is_none() && read.session.is_none() && read.telephony.is_none());
}

#[test]
fn an_ice_server_names_one_url_or_several() {
    let urls = |value: Value| -> Vec<String> {
        let urls: Urls = serde_json::from_value(value).unwrap();
        urls.iter().map(str::to_owned).collect()
    };
    assert_eq!(urls(json!("stun:a.example")), ["stun:a.example"]);
    assert_eq!(urls(json!(["a:b", "c:d"])), ["a:b", "c:d"]);
    assert_eq!(urls(json!([])), [""; 0]);
}

#[test]
fn a_state_of_a_later_version_is_unknown_rather_than_an_error() {
    for (text, state) in [
        ("ready", TelephonyState::Ready),
        ("pending", TelephonyState::Pending),
        ("failed", TelephonyState::Failed),
        ("asleep", TelephonyState::Unknown),
    ] {
        let read: Telephony = serde_json::from_value(json!({"state": text})).unwrap();
        assert_eq!(read.state, state);
    }
    let asleep = json!("asleep");
    let read: TakeoverState = serde_json::from_value(asleep.clone()).unwrap();
    assert_eq!(read, TakeoverState::Unknown);
    let read: TakeoverWord = serde_json::from_value(asleep.clone()).unwrap();
    assert_eq!(read, TakeoverWord::Unknown);
    let read: QueueState = serde_json::from_value(asleep).unwrap();
    assert_eq!(read, QueueState::Unknown);
}

#[test]
fn sentences_are_joined_into_one_line() {
    assert_eq!(Message::One("One.".to_owned()).joined(), "One.");
    let many = Message::Many(vec!["One.".to_owned(), "Two.".to_owned()]);
    assert_eq!(many.joined(), "One. Two.");
}

proptest! {
    #[test]
    fn a_login_survives_the_wire_whatever_its_text(email: String, password: String, takeover: bool) {
        let text = json!({"email": email, "password": password, "takeover": takeover}).to_string();
        let read: LoginRequest = serde_json::from_str(&text).unwrap();
        let again: LoginRequest =
            serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
        prop_assert_eq!(&again.email, &email);
        prop_assert_eq!(secrecy::ExposeSecret::expose_secret(&again.password), &password);
        prop_assert_eq!(again.takeover, takeover);
    }

    /// The words around a secret are of lower-case letters, so a secret of digits and capitals is
    /// found wherever it is shown.
    #[test]
    fn no_debug_output_shows_a_secret(secret in "[A-Z0-9]{12,40}", words in "[a-z]{1,12}") {
        let hidden = || SecretString::from(secret.clone());
        let word = || words.clone();
        let phone = AgentConfig {
            ozonetel_agent_id: word(),
            sip_extension: word(),
            sip_password: hidden(),
            sip_uri: word(),
            sip_ws_server: word(),
            campaign_name: Some(word()),
            ice_servers: vec![IceServer {
                urls: Urls::One(word()),
                username: Some(word()),
                credential: Some(hidden()),
            }],
        };
        let login = LoginResponse {
            access_token: hidden(),
            refresh_token: hidden(),
            user: User { id: word(), role: word(), name: word(), email: word() },
            agent_config: Some(phone),
            session: Some(SessionGrant { id: word(), ttl_seconds: 1, heartbeat_seconds: 1 }),
            telephony: Some(Telephony { state: TelephonyState::Ready, message: Some(word()) }),
            queue: None,
        };
        let request = LoginRequest {
            email: word(),
            password: hidden(),
            takeover: true,
            takeover_ticket: Some(hidden()),
        };
        let ask = TakeoverRequest { email: word(), password: hidden() };
        let asked = TakeoverAsked {
            ticket: hidden(),
            deadline_seconds: 20,
            holder: Holder {
                device_name: word(),
                system: None,
                since: None,
                in_call: None,
                same_member: true,
            },
        };
        let look = TakeoverStatusRequest { ticket: hidden(), known: None };
        let withdrawal = TakeoverWithdrawal { ticket: hidden() };
        let refresh = RefreshRequest { refresh_token: hidden() };
        let refreshed = RefreshResponse { access_token: hidden(), refresh_token: hidden() };
        let logout = LogoutRequest { refresh_token: Some(hidden()) };
        let messages: [&dyn Debug; 9] = [
            &login, &request, &refresh, &refreshed, &logout, &ask, &asked, &look, &withdrawal,
        ];
        for message in messages {
            for shown in [format!("{message:?}"), format!("{message:#?}")] {
                prop_assert!(!shown.contains(&secret), "{}", shown);
            }
        }
        // The wire does carry it: the messages above were not empty of it.
        prop_assert_eq!(serde_json::to_string(&login).unwrap().matches(&secret).count(), 4);
    }

    #[test]
    fn what_arrives_is_never_a_panic(text in ".{0,200}") {
        let _ = serde_json::from_str::<LoginResponse>(&text);
        let _ = serde_json::from_str::<ErrorBody>(&text);
        let _ = serde_json::from_str::<HeartbeatResponse>(&text);
    }
}

#[test]
fn the_holder_is_optional_in_a_refusal() {
    let refusal: ErrorBody =
        serde_json::from_value(json!({"statusCode": 409, "message": "held"})).unwrap();
    assert_eq!(refusal.holder, None::<Holder>);
}

fn agent_answer() -> Value {
    let mut answer = manager_answer();
    answer["agentConfig"] = json!({
        "ozonetelAgentId": "agent2", "sipExtension": "700201", "sipPassword": "s",
        "sipUri": "sip:700201@sip.example", "sipWsServer": "wss://sip.example:444",
        "campaignName": "Inbound_1",
        "iceServers": [
            {"urls": ["turns:turn.example:443?transport=tcp"], "username": "u", "credential": "c"},
            {"urls": "stun:stun.example"},
        ],
    });
    answer["session"] = json!({"id": "s", "ttlSeconds": 3600, "heartbeatSeconds": 300});
    answer["telephony"] = json!({"state": "ready", "message": "m"});
    answer
}

fn manager_answer() -> Value {
    json!({
        "accessToken": "a", "refreshToken": "r",
        "user": {"id": "i", "role": "manager", "name": "n", "email": "e@x.example"},
    })
}

fn round_trip<T: DeserializeOwned + Serialize>(value: Value) {
    let read: T = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), value);
}

fn missing<T: DeserializeOwned + Debug>(value: Value, field: &str) {
    let error = serde_json::from_value::<T>(value).unwrap_err();
    assert_eq!(error.to_string(), format!("missing field `{field}`"));
}
