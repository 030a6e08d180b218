use std::time::Duration;

use reqwest::Body;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::world::{Answer, PASSWORD, World, send};

#[tokio::test]
async fn what_a_body_lacks_is_named() {
    let world = World::start().await;
    for (body, message) in [
        ("{}", json!(["email is missing.", "password is missing."])),
        (r#"{"email":"a@b.example"}"#, json!("password is missing.")),
        (
            r#"{"email":7,"password":null}"#,
            json!(["email must be a string.", "password must be a string."]),
        ),
        (
            r#"{"email":"a","password":"b","takeover":"yes"}"#,
            json!("takeover must be true or false."),
        ),
        ("[]", json!("The body must be a JSON object.")),
        ("\"text\"", json!("The body must be a JSON object.")),
        ("", json!("The body is not JSON (line 1, column 0).")),
        (
            "{\n\"email\":",
            json!("The body is not JSON (line 2, column 8)."),
        ),
        (
            "<html><body>Sign in to the network</body></html>",
            json!("The body is not JSON (line 1, column 1)."),
        ),
        (
            r#"{"email":"a","email":"b","password":"c"}"#,
            json!("The body has a field twice."),
        ),
    ] {
        let answer = post(&world, body.to_owned()).await.expect(400);
        assert_eq!(answer.body["message"], message, "{body}");
    }
    let refresh = send(world.post("/auth/refresh").json(&json!({}))).await;
    assert_eq!(refresh.expect(400).message(), "refreshToken is missing.");
    let logout = send(world.post("/auth/logout").json(&json!({"refreshToken": 1}))).await;
    assert_eq!(
        logout.expect(400).message(),
        "refreshToken must be a string."
    );
}

#[tokio::test]
async fn an_unknown_field_is_ignored() {
    let world = World::start().await;
    let body = json!({"email": "ana@helix.example", "password": PASSWORD, "captcha": [1]});
    post(&world, body.to_string()).await.expect(201);
}

#[tokio::test]
async fn a_body_that_is_not_declared_as_json_is_refused() {
    let world = World::start().await;
    let body = json!({"email": "ana@helix.example", "password": PASSWORD}).to_string();
    for mime in [
        "text/plain",
        "text/html",
        "application/x-www-form-urlencoded",
    ] {
        let request = world.post("/auth/login").header("content-type", mime);
        let answer = send(request.body(body.clone())).await.expect(400);
        assert!(answer.message().contains("application/json"));
    }
    send(world.post("/auth/login").body(body.clone()))
        .await
        .expect(400);
    let request = world
        .post("/auth/login")
        .header("content-type", "Application/JSON; charset=utf-8");
    send(request.body(body)).await.expect(201);
}

#[tokio::test]
async fn a_body_beyond_16_kib_is_413_announced_or_not() {
    let world = World::start().await;
    let body = |size: usize| {
        let frame = json!({"email": "ana@helix.example", "password": ""})
            .to_string()
            .len();
        json!({"email": "ana@helix.example", "password": "x".repeat(size - frame)}).to_string()
    };
    post(&world, body(16 * 1024)).await.expect(401);
    post(&world, body(16 * 1024 + 1)).await.expect(413);
    let chunks = [9000, 9000].map(|size| Ok::<_, std::io::Error>("x".repeat(size)));
    let stream = Body::wrap_stream(futures_util::stream::iter(chunks));
    let request = world
        .post("/auth/login")
        .header("content-type", "application/json");
    send(request.body(stream)).await.expect(413);
}

#[tokio::test]
async fn deep_json_is_refused_and_brackets_in_strings_are_not_depth() {
    let world = World::start().await;
    let nested = |depth: usize| {
        let value = format!("{}{}", "[".repeat(depth - 1), "]".repeat(depth - 1));
        format!(r#"{{"email":"ana@helix.example","password":"x","more":{value}}}"#)
    };
    post(&world, nested(16)).await.expect(401);
    for depth in [17, 5000] {
        let answer = post(&world, nested(depth)).await.expect(400);
        assert!(answer.message().contains("nested"));
    }
    let brackets = format!(
        r#"{{"email":"x@y.example","password":"\"{}"}}"#,
        "[".repeat(40)
    );
    post(&world, brackets).await.expect(401);
}

#[tokio::test]
async fn an_unknown_path_and_a_wrong_method_are_answered_in_the_same_shape() {
    let world = World::start().await;
    send(world.get("/auth/login")).await.expect(405);
    send(world.post("/healthz")).await.expect(405);
    send(world.get("/")).await.expect(404);
    send(world.post("/auth/login/../admin")).await.expect(404);
}

#[tokio::test]
async fn a_head_beyond_8_kib_is_refused() {
    let world = World::start().await;
    let request = world.post("/auth/heartbeat").bearer_auth("x".repeat(9000));
    let response = request.send().await.unwrap();
    assert_eq!(response.status().as_u16(), 431);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_drips_is_given_up_after_ten_seconds() {
    let world = World::start().await;
    let mut stream = connect(&world).await;
    let head = "POST /auth/login HTTP/1.1\r\nhost: sidecar\r\ncontent-type: application/json\r\n\
                content-length: 100\r\n\r\n{\"email\":";
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = read_to_end(stream).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body["statusCode"], 408);
}

#[tokio::test(start_paused = true)]
async fn a_connection_whose_head_never_ends_is_closed() {
    let world = World::start().await;
    let mut stream = connect(&world).await;
    stream
        .write_all(b"POST /auth/login HTTP/1.1\r\nhost:")
        .await
        .unwrap();
    let answer = read_to_end(stream).await;
    assert!(!answer.contains("HTTP/1.1 2"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_connection_ends_after_ten_minutes_between_two_calls() {
    let world = World::start().await;
    let mut stream = connect(&world).await;
    let mut seconds = 0;
    loop {
        let call = b"GET /healthz HTTP/1.1\r\nhost: sidecar\r\n\r\n";
        if stream.write_all(call).await.is_err() {
            break;
        }
        let mut answer = [0; 1024];
        match stream.read(&mut answer).await {
            Ok(0) | Err(_) => break,
            Ok(length) => assert!(answer[..length].starts_with(b"HTTP/1.1 200 ")),
        }
        tokio::time::advance(Duration::from_secs(5)).await;
        seconds += 5;
        assert!(seconds <= 700);
    }
    assert!(seconds >= 600, "{seconds}");
}

#[tokio::test]
async fn garbage_on_the_wire_is_answered_and_the_server_goes_on() {
    let world = World::start().await;
    let mut stream = connect(&world).await;
    stream.write_all(&[0xff; 4096]).await.unwrap();
    let answer = read_to_end(stream).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    send(world.get("/healthz")).await.expect(200);
}

async fn post(world: &World, body: String) -> Answer {
    let request = world
        .post("/auth/login")
        .header("content-type", "application/json");
    send(request.body(body)).await
}

async fn connect(world: &World) -> TcpStream {
    let address = world.url.strip_prefix("http://").unwrap();
    TcpStream::connect(address).await.unwrap()
}

/// Reads until the server closes; a reset counts as that.
async fn read_to_end(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = timeout(Duration::from_secs(600), stream.read_to_end(&mut bytes))
        .await
        .unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}
