//! What a sidecar may answer, and what becomes of the sign-in then.

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};

use crate::{
    program::{quit, start},
    support::process::Process,
};

const JSON: &str = "Content-Type: application/json\r\n";

#[tokio::test]
async fn a_sidecar_that_cannot_be_reached_decides_the_exit_code() {
    let mut phone = start(&["--log", "error", "--sidecar", "http://127.0.0.1:9"]);
    let signed_out = sign_in(&mut phone).await;
    assert_eq!(signed_out["reason"]["hop"], "tcp", "{signed_out}");
    phone.send(json!({"command": "quit"})).await;
    assert_eq!(phone.event("bye").await["fault"], "session.signed_out");
    assert_eq!(phone.ended().await, Some(22));
}

#[tokio::test]
async fn each_refusal_is_told_in_the_servers_words_and_decides_the_exit_code() {
    let holder = json!({"deviceName": "Laptop", "system": "Windows", "since": "2026-01-05T08:00:00Z", "inCall": true, "sameMember": true});
    for (status, code, exit, more) in [
        (400, "bad_request", 20, json!({})),
        (401, "wrong_credentials", 20, json!({})),
        (403, "not_configured", 20, json!({})),
        (403, "second_factor", 20, json!({})),
        (403, "email_not_verified", 20, json!({})),
        (
            409,
            "held_elsewhere",
            21,
            json!({
                "device_name": "Laptop", "system": "Windows", "since": "2026-01-05T08:00:00Z", "in_call": true,
                "same_member": true, "askable": false,
            }),
        ),
        (429, "too_many_tries", 20, json!({"retry_after_seconds": 7})),
        (500, "server_trouble", 22, json!({"status": 500})),
        (503, "server_trouble", 22, json!({"status": 503})),
    ] {
        // A reason that no phone knows is none.
        let body = json!({
            "statusCode": status, "message": "The server's words.", "holder": holder, "reason": code,
        });
        let head = format!("{status} No\r\n{JSON}Retry-After: 7\r\n");

        let reason = refused(&head, &body.to_string(), exit).await;

        let mut wanted = json!({"code": code, "message": "The server's words."});
        let more = more.as_object().unwrap().clone();
        wanted.as_object_mut().unwrap().extend(more);
        assert_eq!(reason, wanted, "{status}");
    }
}

#[tokio::test]
async fn what_is_no_answer_is_named_and_decides_the_exit_code() {
    let lacking = without(&granted(), "/accessToken");
    let of_another_type = with(&granted(), "/user/name", json!(17));
    let cut = &granted().to_string()[..50];
    let endless = with(&granted(), "/user/name", json!("x".repeat(200_000)));
    for (content_type, body, words) in [
        (
            "text/html",
            "<html>Welcome</html>",
            "a web page (text/html), not JSON",
        ),
        (
            "application/json",
            "<html>Welcome</html>",
            "no complete JSON",
        ),
        ("application/json", "", "no complete JSON"),
        ("application/json", cut, "no complete JSON"),
        (
            "application/json",
            &lacking.to_string(),
            "\"accessToken\" is missing",
        ),
        (
            "application/json",
            &of_another_type.to_string(),
            "\"user.name\" is integer where a string is expected",
        ),
        (
            "application/json",
            &endless.to_string(),
            "larger than 64 KiB",
        ),
    ] {
        let head = format!("201 Created\r\nContent-Type: {content_type}\r\n");
        let reason = refused(&head, body, 22).await;
        assert_eq!(reason["code"], "unreachable", "{reason}");
        assert_eq!(reason["hop"], "http", "{reason}");
        let detail = reason["detail"].as_str().unwrap();
        assert!(detail.contains(words), "not {words:?} but: {detail}");
    }
}

#[tokio::test]
async fn an_account_that_cannot_be_used_is_told_with_its_reason() {
    for (field, value, words) in [
        ("/agentConfig/sipUri", "nonsense", "nonsense"),
        ("/agentConfig/sipUri", "tel:700201", "tel:700201"),
        ("/agentConfig/sipWsServer", "nonsense", "nonsense"),
        ("/agentConfig/sipWsServer", "ws://127.0.0.1:9", "wss://"),
        ("/agentConfig/sipWsServer", "https://sip.example", "wss://"),
    ] {
        let body = with(&granted(), field, json!(value)).to_string();
        let reason = refused(&format!("201 Created\r\n{JSON}"), &body, 20).await;
        assert_eq!(reason["code"], "bad_account", "{reason}");
        let detail = reason["detail"].as_str().unwrap();
        assert!(detail.contains(words), "not {words:?} but: {detail}");
    }
}

#[tokio::test]
async fn fields_that_are_not_known_do_no_harm() {
    let body = with(&granted(), "/agentConfig", Value::Null);
    let mut body = with(&body, "/user/colour", json!({"eyes": "green"}));
    body["motto"] = json!([1, 2, 3]);
    let (url, server) = answering(&format!("200 OK\r\n{JSON}"), &body.to_string()).await;
    let mut phone = start(&["--log", "error", "--sidecar", &url]);
    phone.send(credentials()).await;
    let signed_in = phone.event("session.signed_in").await;
    assert_eq!(signed_in["phone"], false, "{signed_in}");
    quit(phone, 0).await;
    server.abort();
}

/// Signs in at a server that answers so, and returns the reason why that came to nothing; the
/// phone takes the next command and ends with `exit`.
async fn refused(head: &str, body: &str, exit: i32) -> Value {
    let (url, server) = answering(head, body).await;
    let mut phone = start(&["--log", "error", "--sidecar", &url]);
    let reason = sign_in(&mut phone).await["reason"].clone();
    let reply = phone.ask(json!({"id": "after", "command": "view"})).await;
    assert_eq!(reply["view"]["account"]["reason"], reason, "{reply}");
    quit(phone, exit).await;
    server.abort();
    reason
}

async fn sign_in(phone: &mut Process) -> Value {
    let reply = phone.ask(credentials()).await;
    assert_eq!(reply["ok"], true, "{reply}");
    phone.event("session.signed_out").await
}

fn credentials() -> Value {
    json!({"command": "sign_in", "email": "ana@helix.example", "password": "canary"})
}

/// Returns the answer to a login that grants a phone.
fn granted() -> Value {
    json!({
        "accessToken": "a",
        "refreshToken": "b",
        "user": {"id": "u-1", "role": "cc-agent", "name": "Ana", "email": "ana@helix.example"},
        "agentConfig": {
            "ozonetelAgentId": "agent1",
            "sipExtension": "700201",
            "sipPassword": "canary",
            "sipUri": "sip:700201@sip.example",
            "sipWsServer": "wss://127.0.0.1:9",
        },
        "session": {"id": "s-1", "ttlSeconds": 3600, "heartbeatSeconds": 300},
    })
}

fn with(answer: &Value, pointer: &str, value: Value) -> Value {
    let mut answer = answer.clone();
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    answer.pointer_mut(parent).unwrap()[field] = value;
    answer
}

fn without(answer: &Value, pointer: &str) -> Value {
    let mut answer = answer.clone();
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    let parent = answer.pointer_mut(parent).unwrap();
    parent.as_object_mut().unwrap().remove(field).unwrap();
    answer
}

/// Starts a server that answers every request with this status line with headers and this body.
async fn answering(head: &str, body: &str) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let length = body.len();
    let answer =
        format!("HTTP/1.1 {head}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    let task = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            // A login fits into one read; what is left unread would reset the connection.
            let mut request = vec![0; 16 * 1024];
            let _ = stream.read(&mut request).await;
            // A client that has heard enough hangs up.
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    (url, task)
}
