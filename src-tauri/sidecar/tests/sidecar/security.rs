//! The rules of security for servers, S15 to S20, each with what proves it. A test has the number of its rule where no other file has it:
//!
//! - S15, guessing passwords: `limits` (per account and per address, many at once, the pace), `signing_in` (who is unknown is answered
//!   alike), and here the same work for both; across servers `security` of the tests with Redis. How long both take is a figure
//!   (`cargo figures sidecar`), which no test asserts.
//! - S16, access tokens: `tokens`, and here what a header can claim.
//! - S17, sessions that somebody else chose, or has seen: here; `tokens` (a used refresh token), `locking` (takeovers).
//! - S18, what is asked of other servers: `platform` (what is typed stays in variables, sizes, depth), and here where they lead to.
//! - S19, Redis: `security`, `locks` (strange names) and `faults` (rights) of the tests with Redis.
//! - S20, sizes and times: `bodies` (16 KiB, 8 KiB, depth 16, ten seconds), `tls` (handshakes), and here the connections.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
#[cfg(target_os = "linux")]
use tokio::net::TcpSocket;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::stand_in::ozonetel::{Mode, Ozonetel};
use crate::stand_in::platform::{self, Platform};
use crate::stand_in::{ozonetel_config, platform_config};
use crate::world::{DEADLINE, JWT_SECRET, PASSWORD, World, config, send};

const ANA: &str = "ana@helix.example";

#[tokio::test]
async fn s15_an_unknown_user_costs_as_much_work_as_a_known_one() {
    let world = World::start().await;
    let desk = world.device("desk");
    let mut costs = Vec::new();
    for (email, password, status) in [
        (ANA, PASSWORD, 201),
        (ANA, "wrong", 401),
        ("nobody@helix.example", PASSWORD, 401),
        ("", "", 401),
    ] {
        let before = password_work(&world).await;
        let body = json!({"email": email, "password": password});
        desk.login_with(body).await.expect(status);
        costs.push(password_work(&world).await - before);
    }
    assert!(costs[0] > 0, "{costs:?}");
    assert!(costs.iter().all(|cost| *cost == costs[0]), "{costs:?}");
}

#[tokio::test]
async fn s15_who_must_wait_costs_no_work() {
    let world = World::start().await;
    let desk = world.device("desk");
    let guess = || desk.login_with(json!({"email": ANA, "password": "wrong"}));
    for _ in 0..5 {
        guess().await.expect(401);
    }
    let before = password_work(&world).await;
    for _ in 0..1_000 {
        guess().await.expect(429);
    }
    assert_eq!(password_work(&world).await, before);
}

#[tokio::test]
async fn s16_nothing_in_the_head_of_a_token_chooses_how_it_is_checked() {
    let world = World::start().await;
    let desk = world.device("desk");
    let login = desk.login(ANA).await.expect(201);
    let (_, rest) = login.access_token().split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    let claims = URL_SAFE_NO_PAD.decode(payload).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    let under = |header: &Header, key: &[u8]| {
        encode(header, &claims, &EncodingKey::from_secret(key)).unwrap()
    };
    let raw = |header: Value, signature: &str| {
        let header = URL_SAFE_NO_PAD.encode(header.to_string());
        format!("{header}.{payload}.{signature}")
    };
    let with_kid = |kid: &str, key: &[u8]| {
        let header = Header {
            kid: Some(kid.to_owned()),
            ..Header::new(Algorithm::HS256)
        };
        under(&header, key)
    };
    let mut forged = vec![
        // A file whose content everybody knows, or a table.
        with_kid("../../../../dev/null", b""),
        with_kid("/proc/sys/kernel/ostype", b"Linux"),
        with_kid("' UNION SELECT 'key' --", b"key"),
    ];
    for algorithm in [
        "none", "None", "NONE", "nOnE", "", "HS384", "RS256", "ES256", "PS256",
    ] {
        for signature in ["", signature] {
            forged.push(raw(json!({"typ": "JWT", "alg": algorithm}), signature));
        }
    }
    let key = URL_SAFE_NO_PAD.encode("a key that came along");
    for header in [
        json!({"alg": "HS256", "jwk": {"kty": "oct", "k": key}}),
        json!({"alg": "HS256", "jku": format!("{}/healthz", world.url)}),
        json!({"alg": "HS256", "x5u": format!("{}/healthz", world.url)}),
        json!({"alg": ["HS256"]}),
        json!([]),
    ] {
        forged.push(raw(header, &URL_SAFE_NO_PAD.encode([0; 32])));
    }
    for token in &forged {
        desk.beat(token).await.expect(401);
        desk.logout(token).await.expect(401);
    }
    // As large as a head may be; what is larger is no head (`bodies`).
    desk.beat(&"x".repeat(7_000)).await.expect(401);
    desk.beat(&format!("{}.{payload}.{signature}", "e".repeat(5_000)))
        .await
        .expect(401);
    // All of them were of a session that goes on.
    desk.beat(&under(
        &Header::new(Algorithm::HS256),
        JWT_SECRET.as_bytes(),
    ))
    .await
    .expect(201);
}

#[tokio::test]
async fn s17_a_session_has_the_id_that_the_server_chose() {
    let world = World::start().await;
    let desk = world.device("desk");
    let chosen = "00000000-0000-4000-8000-000000000000";
    let mut ids = Vec::new();
    for _ in 0..3 {
        let body = json!({
            "email": ANA, "password": PASSWORD, "sid": chosen, "sessionId": chosen,
            "session": {"id": chosen}, "epoch": u64::MAX,
        });
        let request = desk.post("/auth/login").json(&body);
        let request = request.header("cookie", format!("sid={chosen}"));
        let request = request.header("x-session-id", chosen);
        let answer = send(request).await.expect(201);
        let id = answer.body["session"]["id"].as_str().unwrap().to_owned();
        // Sixteen bytes, written like a UUID.
        assert_eq!(id.len(), 36);
        let digits = id.bytes().filter(u8::is_ascii_hexdigit);
        assert_eq!(digits.count(), 32, "{id}");
        assert!(answer.refresh_token().starts_with(&id));
        assert!(id != chosen && !ids.contains(&id), "{id}");
        ids.push(id);
    }
}

#[tokio::test]
async fn s17_every_bit_of_a_sessions_id_is_chance() {
    let world = World::start().await;
    let desk = world.device("desk");
    let (mut ones, mut zeros) = (0_u128, 0_u128);
    // That some bit never changes in so many is a chance of 1 in 2^56.
    for _ in 0..64 {
        let login = desk.login(ANA).await.expect(201);
        let id = login.body["session"]["id"]
            .as_str()
            .unwrap()
            .replace('-', "");
        let id = u128::from_str_radix(&id, 16).unwrap();
        ones |= id;
        zeros |= !id;
    }
    assert_eq!((ones, zeros), (u128::MAX, u128::MAX));
}

#[tokio::test]
async fn s17_an_answer_to_a_login_that_somebody_has_seen_serves_nobody_with_another_device_id_and_not_for_ever()
 {
    let world = World::start().await;
    let (desk, laptop) = (world.device("desk"), world.device("laptop"));
    let seen = desk.login(ANA).await.expect(201);
    laptop.beat(seen.access_token()).await.expect(401);
    laptop.refresh(seen.refresh_token()).await.expect(401);
    // A call that names no device is not told from it.
    let nameless = world.old_client();
    nameless.beat(seen.access_token()).await.expect(201);

    // Another device has taken over: the old session is told so, and nothing of it takes the lock back.
    let next = laptop.take_over(ANA).await.expect(201);
    for _ in 0..2 {
        let told = desk.beat(seen.access_token()).await.expect(409);
        assert_eq!(told.body["holder"]["deviceName"], "laptop");
        let renewed = desk.refresh(seen.refresh_token()).await.expect(201);
        desk.beat(renewed.access_token()).await.expect(409);
    }
    let late = desk.logout(seen.access_token()).await.expect(201);
    assert_eq!(late.body["released"], false);
    laptop.beat(next.access_token()).await.expect(201);

    // After its logout an answer is good for nothing.
    desk.beat(seen.access_token()).await.expect(401);
    desk.refresh(seen.refresh_token()).await.expect(401);
}

#[tokio::test]
async fn s17_who_takes_over_needs_the_password() {
    let world = World::start().await;
    let (desk, laptop) = (world.device("desk"), world.device("laptop"));
    let login = desk.login(ANA).await.expect(201);
    for body in [
        json!({"email": ANA, "password": "wrong", "takeover": true}),
        json!({"email": ANA, "password": "", "takeover": true}),
    ] {
        laptop.login_with(body).await.expect(401);
    }
    let request = laptop.post("/auth/login").bearer_auth(login.access_token());
    let without = json!({"email": ANA, "takeover": true});
    send(request.json(&without)).await.expect(400);
    desk.beat(login.access_token()).await.expect(201);
}

#[tokio::test]
async fn s18_no_redirect_is_followed_and_no_address_is_taken_from_a_caller() {
    let elsewhere = Elsewhere::listen().await;
    let (redirecting, _server) = redirecting(&elsewhere.url).await;
    let served = Platform::start().await;

    let config = platform_config(&served, Some(("PLATFORM_URL", &redirecting)));
    let world = World::alone(config).await;
    let body = json!({
        "email": ANA, "password": platform::PASSWORD, "url": elsewhere.url,
        "platformUrl": elsewhere.url, "origin": elsewhere.url,
    });
    world
        .device("desk")
        .login_with(body.clone())
        .await
        .expect(503);
    let world = World::alone(platform_config(&served, None)).await;
    let request = world.device("desk").post("/auth/login").json(&body);
    let request = request
        .header("origin", &elsewhere.url)
        .header("x-forwarded-host", &elsewhere.url);
    send(request).await.expect(201);
    served.with(|world| {
        assert!(world.asked.iter().all(|asked| {
            let origin = &asked.variables["origin"];
            origin.is_null() || origin == platform::ORIGIN
        }));
    });

    let mut account = Ozonetel::start(Mode::ApiKey).await;
    account.url = redirecting;
    let world = World::alone(ozonetel_config(&account, Mode::ApiKey)).await;
    let login = world.device("desk").login(ANA).await.expect(201);
    assert_eq!(login.body["telephony"]["state"], "failed");

    elsewhere.assert_that_nobody_came().await;
}

#[tokio::test]
async fn s20_no_more_connections_than_are_set_are_served_at_a_time() {
    const MOST: usize = 4;
    let world = World::alone(config(&format!(
        "max_connections = {MOST}\nmax_connections_per_address = {MOST}"
    )))
    .await;
    let address = world.url.strip_prefix("http://").unwrap();
    let mut served = Vec::new();
    for _ in 0..MOST {
        let mut stream = TcpStream::connect(address).await.unwrap();
        call(&mut stream, "/healthz").await;
        served.push(stream);
    }
    let mut waiting = TcpStream::connect(address).await.unwrap();
    waiting.write_all(&request("/healthz")).await.unwrap();
    for _ in 0..50 {
        let answer = call(&mut served[0], "/metrics").await;
        let open = format!("helix_sidecar_connections {MOST}\n");
        assert!(answer.contains(&open), "{answer}");
    }
    let mut byte = [0];
    assert!(waiting.try_read(&mut byte).is_err(), "it was answered");
    // Its turn comes when somebody leaves.
    drop(served.pop());
    let read = timeout(DEADLINE, waiting.read_exact(&mut byte)).await;
    read.unwrap().unwrap();
}

/// The whole of 127.0.0.0/8 is this machine on Linux alone.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn s20_one_address_does_not_take_the_places_of_others() {
    for (settings, served) in [
        ("max_connections = 8", 4),
        ("max_connections = 8\nmax_connections_per_address = 3", 3),
        ("max_connections = 8\ntrusted_proxies = [\"127.0.0.2\"]", 6),
    ] {
        let world = World::alone(config(settings)).await;
        let address = world.url.strip_prefix("http://").unwrap();
        let mut greedy = Vec::new();
        for number in 0..6 {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
            let mut stream = socket.connect(address.parse().unwrap()).await.unwrap();
            if number < served {
                call(&mut stream, "/healthz").await;
            } else {
                let mut byte = [0];
                let read = timeout(DEADLINE, stream.read(&mut byte)).await.unwrap();
                assert_eq!(read.unwrap(), 0, "{settings}: {number}");
            }
            greedy.push(stream);
        }
        let mut other = TcpStream::connect(address).await.unwrap();
        let metrics = call(&mut other, "/metrics").await;
        let refused = format!("refused_connections_total {}\n", 6 - served);
        assert!(metrics.contains(&refused), "{metrics}");
        // Who lets go of one may have another, as soon as the server has seen it.
        drop(greedy.remove(0));
        let open = format!("helix_sidecar_connections {served}\n");
        while !call(&mut other, "/metrics").await.contains(&open) {}
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
        let mut next = socket.connect(address.parse().unwrap()).await.unwrap();
        call(&mut next, "/healthz").await;
    }
}

/// Returns what all checks of passwords have cost so far.
async fn password_work(world: &World) -> u64 {
    let metrics = world.get("/metrics").send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    let name = "helix_sidecar_password_work_kib_total ";
    let line = metrics.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap().parse().unwrap()
}

/// Where nobody should ever come.
struct Elsewhere {
    url: String,
    listener: TcpListener,
}

impl Elsewhere {
    async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        Self { url, listener }
    }

    async fn assert_that_nobody_came(&self) {
        let own = TcpStream::connect(self.listener.local_addr().unwrap());
        let own = own.await.unwrap();
        let (_, first) = timeout(DEADLINE, self.listener.accept())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(first, own.local_addr().unwrap());
    }
}

/// Starts a server that leads all calls to `target`, and returns its address.
async fn redirecting(target: &str) -> (String, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let target = target.to_owned();
    let lead = move || async move {
        let to = [("location", target)];
        (axum::http::StatusCode::TEMPORARY_REDIRECT, to)
    };
    let router = axum::Router::new().fallback(lead);
    let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, server)
}

fn request(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: sidecar\r\n\r\n").into_bytes()
}

/// Makes a call on a connection that stays, and returns its answer.
async fn call(stream: &mut TcpStream, path: &str) -> String {
    stream.write_all(&request(path)).await.unwrap();
    let mut answer = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&answer).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.unwrap().parse().unwrap() {
                return text;
            }
        }
        let mut bytes = [0; 4096];
        let read = timeout(DEADLINE, stream.read(&mut bytes)).await.unwrap();
        match read.unwrap() {
            0 => panic!("the connection ended after {text:?}"),
            length => answer.extend_from_slice(&bytes[..length]),
        }
    }
}
