//! Prints what the phone costs and how long it takes, measured on this machine with real processes: `cargo figures`.

#![allow(
    clippy::unwrap_used,
    reason = "a benchmark ends where something is wrong"
)]

#[path = "../support/mod.rs"]
mod support;

use std::{
    fs,
    net::UdpSocket,
    time::{Duration, Instant},
};

use lab::{OfferIn, Treatment};
use serde_json::json;
use support::{
    office::{Office, sign_in},
    process::Process,
};

/// Repetitions of what takes milliseconds.
const RUNS: usize = 20;

/// How long the processor time of a call is counted.
const CALL: Duration = Duration::from_secs(10);

/// As many more calls as one phone may hold beside the one that talks (`max_calls`).
const EXTRA_CALLS: usize = 7;

/// In reports of the quality.
const SETTLING: usize = 2;

const PATIENCE: Duration = Duration::from_secs(20);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        start_to_registered().await;
        click_to_invite("click to INVITE", Office::open().await).await;
        // It takes what is sent to it and never answers.
        let deaf = UdpSocket::bind("127.0.0.1:0").unwrap();
        let url = format!("stun:{}", deaf.local_addr().unwrap());
        let with_stun = move |toml: String| {
            toml.replace(
                "sip_ws_server",
                &format!("ice_servers = [{{ urls = [\"{url}\"] }}]\nsip_ws_server"),
            )
        };
        click_to_invite(
            "click to INVITE, STUN server dead",
            Office::with(with_stun).await,
        )
        .await;
        answer_to_audio().await;
        memory_and_processor().await;
    });
}

/// A phone at which Ana is signed in and registered. Its log would come between the figures.
async fn ana(office: &Office) -> Process {
    let mut phone = Process::start("ana", office.phone(1).args(["--log", "error"]));
    phone.send(sign_in("ana")).await;
    phone.event("sip.registered").await;
    phone
}

/// From the start of the program over login, TLS, WebSocket and digest to the binding.
async fn start_to_registered() {
    let office = Office::open().await;
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let began = Instant::now();
        let phone = ana(&office).await;
        times.push(began.elapsed());
        quit(phone).await;
    }
    print("exec to registered", times);
}

/// From the command on standard input to the INVITE at the registrar.
async fn click_to_invite(name: &str, office: Office) {
    let mut phone = ana(&office).await;
    let mut times = Vec::new();
    for run in 0..RUNS {
        let began = Instant::now();
        phone
            .send(json!({"command": "dial", "target": "ringforever"}))
            .await;
        let call = phone.event("call.ringing").await["call"].clone();
        let counts = office.world.counts();
        let arrival = counts
            .invites
            .iter()
            .find(|it| it.at > began)
            .expect("an INVITE arrived");
        times.push(arrival.at - began);
        phone
            .send(json!({"id": run, "command": "hang_up", "call": call}))
            .await;
        phone.event("call.ended").await;
    }
    quit(phone).await;
    print(name, times);
}

/// From the answer to the first decoded sound, of a call in and of a call out.
async fn answer_to_audio() {
    let office = Office::open().await;
    let mut phone = ana(&office).await;
    let (mut incoming, mut outgoing) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let lab_call = office
            .world
            .call("700201", Treatment::Echo, OfferIn::Invite)
            .await
            .unwrap();
        let call = phone.event("call.incoming").await["call"].clone();
        let began = Instant::now();
        phone.send(json!({"command": "answer", "call": call})).await;
        phone.event("media.first_audio").await;
        incoming.push(began.elapsed());
        lab_call
            .wait_for("sound", PATIENCE, |it| it.rtp_received > 0)
            .await
            .unwrap();
        hang_up(&mut phone, &call).await;

        phone
            .send(json!({"command": "dial", "target": "echo"}))
            .await;
        let answered = phone.event("call.answered").await;
        let heard = phone.event("media.first_audio").await;
        let millis = heard["mono"].as_u64().unwrap() - answered["mono"].as_u64().unwrap();
        outgoing.push(Duration::from_millis(millis));
        hang_up(&mut phone, &answered["call"]).await;
    }
    quit(phone).await;
    print(
        "answering here to first audio (echo: a round trip)",
        incoming,
    );
    print("answer from there to first audio (echo)", outgoing);
}

/// What `/proc` tells of the process, idle and in an Opus call with the echo.
async fn memory_and_processor() {
    let office = Office::open().await;
    let mut phone = ana(&office).await;
    let idle = resident(&phone);
    let calls = json!({"max_calls": EXTRA_CALLS + 1});
    let command = json!({"command": "set_calls", "calls": calls});
    assert_eq!(phone.ask(command).await["ok"], true);
    phone
        .send(json!({"command": "dial", "target": "echo"}))
        .await;
    let call = phone.event("media.first_audio").await["call"].clone();
    let before = processor(&phone);
    let began = Instant::now();
    while began.elapsed() < CALL {
        phone.event("media.quality").await;
    }
    let used = processor(&phone) - before;
    let share = used.as_secs_f64() / began.elapsed().as_secs_f64() * 100.0;
    let in_call = resident(&phone);
    let mut calls = vec![call];
    for _ in 0..EXTRA_CALLS {
        phone
            .send(json!({"command": "dial", "target": "echo"}))
            .await;
        calls.push(phone.event("media.first_audio").await["call"].clone());
        // What the new one needs at its start has come and gone.
        for _ in 0..SETTLING {
            phone.event("media.quality").await;
        }
    }
    let extra = (resident(&phone) - in_call) / EXTRA_CALLS as f64;
    for call in &calls {
        hang_up(&mut phone, call).await;
    }
    quit(phone).await;
    println!("{:<52} {idle:>8.1} MB", "resident memory, registered");
    println!("{:<52} {in_call:>8.1} MB", "resident memory, in a call");
    println!(
        "{:<52} {extra:>8.2} MB  ({EXTRA_CALLS} more, the others held)  goal <= 1.0 MB (G16)",
        "resident memory, each extra call"
    );
    println!(
        "{:<52} not measured: a program has one agent (G16)",
        "resident memory, each extra agent"
    );
    println!(
        "{:<52} {share:>8.1} % of a core",
        "processor, one Opus call"
    );
}

async fn hang_up(phone: &mut Process, call: &serde_json::Value) {
    phone
        .send(json!({"command": "hang_up", "call": call}))
        .await;
    phone.event("call.ended").await;
}

async fn quit(mut phone: Process) {
    phone.send(json!({"command": "quit"})).await;
    assert_eq!(phone.ended().await, Some(0));
}

fn print(name: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: f64| {
        times[((times.len() - 1) as f64 * share).round() as usize].as_secs_f64() * 1000.0
    };
    println!(
        "{name:<52} {:>8.1} ms p50 {:>8.1} ms p95  ({} runs)",
        at(0.5),
        at(0.95),
        times.len()
    );
}

/// Megabytes that are in memory (VmRSS).
fn resident(phone: &Process) -> f64 {
    let status = fs::read_to_string(format!("/proc/{}/status", phone.id())).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1000.0
}

/// Processor time so far, of all threads (proc(5): `utime` and `stime` in ticks of 10 ms).
fn processor(phone: &Process) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{}/stat", phone.id())).unwrap();
    let fields = stat
        .rsplit(") ")
        .next()
        .unwrap()
        .split(' ')
        .collect::<Vec<_>>();
    let ticks = |field: usize| fields[field].parse::<u64>().unwrap();
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}
