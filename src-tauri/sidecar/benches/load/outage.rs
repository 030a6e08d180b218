//! How soon it is known what befalls a session: that it was taken over, and that Redis hangs (faults, 69 and 72).

use std::time::Instant;

use crate::figure::print;
use crate::process::Sidecar;
use crate::server::RedisServer;
use crate::world::{Device, Events, JWT_SECRET, config_text};

/// Takeovers.
const TAKEOVERS: usize = 100;

/// How often Redis hangs.
const HANGS: usize = 20;

const ANA: &str = "ana@helix.example";

pub(crate) async fn print_times() {
    let redis = RedisServer::start();
    let limits = "[settings.login_limits]\naccount_burst = 1000\naddress_burst = 1000\n";
    let environment = [
        ("HELIX_JWT_SECRET", JWT_SECRET.to_owned()),
        ("REDIS_URL", redis.url()),
    ];
    let one = Sidecar::start(&config_text(limits), &environment).await;
    let other = Sidecar::start(&config_text(limits), &environment).await;
    let device = |sidecar: &Sidecar, name| Device::at(&format!("http://{}", sidecar.address), name);
    let devices = [device(&one, "desk"), device(&other, "laptop")];

    println!("Sessions at two sidecars that share a Redis");
    let mut heard = Vec::new();
    let (mut token, mut events) = hold(&devices[0]).await;
    for round in 1..=TAKEOVERS {
        let taker = &devices[round % 2];
        let begun = Instant::now();
        let taken = taker.take_over(ANA).await.expect(201);
        while events.next().await.expect("it is told").name != "lost" {}
        heard.push(millis(begun));
        token = taken.access_token().to_owned();
        events = taker.listen(&token).await;
    }
    let what = "a takeover, until the device before has heard of it";
    print(what, "ms", &heard, "at most 2000");

    let holder = &devices[TAKEOVERS % 2];
    let (mut refused, mut back) = (Vec::new(), Vec::new());
    for _ in 0..HANGS {
        redis.signal("STOP");
        let begun = Instant::now();
        holder.beat(&token).await.expect(503);
        refused.push(millis(begun));
        redis.signal("CONT");
        let begun = Instant::now();
        while holder.beat(&token).await.status != 201 {}
        back.push(millis(begun));
    }
    print(
        "Redis hangs, until a heartbeat is answered with 503",
        "ms",
        &refused,
        "at most 200 (and what the call takes)",
    );
    let what = "Redis goes on, until a heartbeat succeeds";
    print(what, "ms", &back, "at most 1000");
}

/// Signs in as soon as Redis is connected, and begins to listen.
async fn hold(device: &Device) -> (String, Events) {
    let login = loop {
        let answer = device.login(ANA).await;
        if answer.status != 503 {
            break answer.expect(201);
        }
    };
    let token = login.access_token().to_owned();
    let events = device.listen(&token).await;
    (token, events)
}

fn millis(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1e3
}
