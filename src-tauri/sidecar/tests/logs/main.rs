//! What the sidecar writes into its log. A process of its own: the subscriber is global.
#![allow(clippy::unwrap_used)]

#[cfg(unix)]
mod program;

#[allow(dead_code, reason = "the other tests use the rest of it")]
#[path = "../sidecar/world.rs"]
mod world;

#[allow(dead_code, reason = "the other tests use the rest of it")]
#[path = "../sidecar/stand_in.rs"]
mod stand_in;

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use sidecar::MemoryLock;
use tracing_subscriber::fmt::MakeWriter;

use stand_in::ozonetel::{self, Mode, Ozonetel};
use stand_in::platform::{self, Fault, Platform};
use world::{JWT_SECRET, PASSWORD, SIP_PASSWORD, TURN_PASSWORD, World};

const ANA: &str = "ana@helix.example";

#[tokio::test]
async fn the_log_of_a_whole_day_tells_what_happened_and_no_secret() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let world = World::start().await;
    let (desk, laptop) = (world.device("desk"), world.device("laptop%0a%1b[31mred"));
    let mut secrets: Vec<String> = [
        PASSWORD,
        JWT_SECRET,
        SIP_PASSWORD,
        TURN_PASSWORD,
        "$argon2id",
    ]
    .map(str::to_owned)
    .into();
    let wrong = json!({"email": ANA, "password": "a-mistyped-password"});
    desk.login_with(wrong).await.expect(401);
    secrets.push("a-mistyped-password".to_owned());
    let first = desk.login(ANA).await.expect(201);
    laptop.login(ANA).await.expect(409);
    let second = laptop.take_over(ANA).await.expect(201);
    desk.beat(first.access_token()).await.expect(409);
    let next = laptop.refresh(second.refresh_token()).await.expect(201);
    laptop.beat(next.access_token()).await.expect(201);
    world.clock.advance(Duration::from_secs(200));
    laptop.refresh(second.refresh_token()).await.expect(401);
    let rests = laptop.login(ANA).await.expect(201);
    world.clock.advance(Duration::from_secs(3600));
    let third = desk.login(ANA).await.expect(201);
    let asked = laptop.ask(ANA).await.expect(202);
    let mut events = desk.listen(third.access_token()).await;
    let request = events.request().await;
    let id = request["id"].as_str().unwrap();
    desk.answer(third.access_token(), id, "now")
        .await
        .expect(200);
    let fourth = laptop.login_with_ticket(ANA, asked.ticket()).await;
    let fourth = fourth.expect(201);
    let withdrawn = desk.ask(ANA).await.expect(202);
    desk.withdraw(withdrawn.ticket()).await.expect(200);
    for ticket in [asked.ticket(), withdrawn.ticket()] {
        desk.status(ticket, None).await;
        secrets.push(ticket.to_owned());
    }
    laptop.logout(fourth.access_token()).await.expect(201);
    world
        .device("desk")
        .login("mira@helix.example")
        .await
        .expect(201);
    for answer in [&first, &second, &next, &rests, &third, &fourth] {
        secrets.push(answer.access_token().to_owned());
        secrets.push(answer.refresh_token().to_owned());
    }
    world.stop().await.unwrap();
    secrets.extend(a_day_at_a_platform().await);
    secrets.extend(a_day_at_ozonetel().await);

    let log = log.text();
    for line in [
        "login refused: wrong e-mail or password member=\"m-ana\"",
        "signed in member=\"m-ana\" agent=\"agent1\" device=\"desk\"",
        "login refused: the lock is held",
        "took the lock over member=\"m-ana\" agent=\"agent1\" device=\"laptop[31mred\" from=\"desk\"",
        "refused: the lock is held",
        "a used refresh token came back: its session has ended member=\"m-ana\"",
        "lock expired agent=\"agent1\" member=\"m-ana\" device=\"laptop[31mred\"",
        "asked for the lock member=\"m-ana\" agent=\"agent1\" device=\"laptop[31mred\" holder=\"desk\"",
        "answered who asks for the lock member=\"m-ana\" agent=\"agent1\" device=\"desk\"",
        "device=\"laptop[31mred\" from=\"desk\" with_consent=true",
        "no longer asks for the lock member=\"m-ana\" agent=\"agent1\" device=\"desk\"",
        "signed out, lock released member=\"m-ana\" agent=\"agent1\" device=\"laptop[31mred\"",
        "signed in without a phone member=\"m-mira\"",
        "the platform does not answer question=\"current user\" why=\"it failed with INTERNAL",
        "a second factor is wanted",
        "the platform renews a sign-in no more",
        "an Agent record lacks a field",
        "Ozonetel did agent=\"agent1\" order=\"login\"",
        "Ozonetel refused agent=\"agent1\" order=\"login\" words=\"Invalid Authentication\"",
        "a token of the account is refused words=\"Invalid Token\"",
        "a token of the account is made",
        "Ozonetel does not answer agent=\"agent1\" order=\"state\"",
        "stopped",
    ] {
        assert!(log.contains(line), "{line}\n{log}");
    }
    for secret in &secrets {
        assert!(!log.contains(secret), "{secret}\n{log}");
    }
}

/// Signs in at a platform in all ways, and returns the secrets that were told.
async fn a_day_at_a_platform() -> Vec<String> {
    let platform = Platform::start().await;
    let config = stand_in::platform_config(&platform, None);
    let world = World::with(config, |clock| Arc::new(MemoryLock::new(clock))).await;
    let desk = world.device("desk");
    let login = |email: &str, password: &str| {
        desk.login_with(json!({"email": email, "password": password}))
    };
    let mut secrets = [
        platform::API_KEY,
        platform::PASSWORD,
        "another-mistyped-password",
    ]
    .map(str::to_owned)
    .to_vec();
    login(ANA, "another-mistyped-password").await.expect(401);
    login("tess@helix.example", platform::PASSWORD)
        .await
        .expect(403);
    let internal = Fault::ErrorBesideData("INTERNAL_SERVER_ERROR");
    platform.with(|world| world.faults = [("currentUser", internal)].into());
    login(ANA, platform::PASSWORD).await.expect(503);
    platform.with(|world| world.faults.clear());
    let first = login(ANA, platform::PASSWORD).await.expect(201);
    let second = desk.refresh(first.refresh_token()).await.expect(201);
    desk.beat(second.access_token()).await.expect(201);
    platform.with(|world| world.revoke_all());
    desk.refresh(second.refresh_token()).await.expect(401);
    platform.with(|world| world.agents[0].fields["sipextension"] = json!(null));
    login(ANA, platform::PASSWORD).await.expect(403);
    for answer in [&first, &second] {
        secrets.push(answer.access_token().to_owned());
        secrets.push(answer.refresh_token().to_owned());
    }
    secrets.extend([
        "token-of-the-platform".into(),
        "sip-password-of-agent1".into(),
    ]);
    secrets
}

/// Works at Ozonetel in all ways, and returns the secrets that were told.
async fn a_day_at_ozonetel() -> Vec<String> {
    let account = Ozonetel::start(Mode::Token).await;
    let config = stand_in::ozonetel_config(&account, Mode::Token);
    let world = World::with(config, |clock| Arc::new(MemoryLock::new(clock))).await;
    let desk = world.device("desk");
    let answer = desk.login(ANA).await.expect(201);
    let ready = async |status| {
        let request = desk.post("/api/ozonetel/agent-ready");
        let request = request.bearer_auth(answer.access_token());
        world::send(request).await.expect(status);
    };
    ready(201).await;
    account.with(|world| world.kill_token());
    ready(201).await;
    // The key of the account is in the address of this one.
    account.with(|world| world.calls.entry("9".to_owned()).or_default().len());
    let recording = desk.post("/api/ozonetel/recording");
    let recording = recording.bearer_auth(answer.access_token());
    let recording = recording.json(&json!({"ucid": "9", "action": "pause"}));
    world::send(recording).await.expect(201);
    account.with(|world| world.fault = Some(ozonetel::Fault::Body("<html>")));
    ready(503).await;
    account.with(|world| {
        world.fault = None;
        world.passwords.clear();
    });
    desk.login(ANA).await.expect(201);
    vec![
        ozonetel::API_KEY.to_owned(),
        ozonetel::password_of("agent"),
        "token-of-ozonetel".to_owned(),
    ]
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
