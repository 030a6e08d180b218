//! Calls and refusals at a phone server, with the account of the environment.

use std::{fs, path::Path, process::Stdio};

use lab::{World, WorldConfig};
use serde_json::json;
use tokio::process::Command;

use crate::{
    program::{PATIENCE, headless, quit},
    support::process::Process,
};

#[tokio::test]
async fn a_call_is_heard_with_no_other_authority_than_the_one_given() {
    let world = world().await;
    let directory = tempfile::tempdir().unwrap();
    let heard = directory.path().join("heard.wav");
    let mut phone = registered(&world, &["--playback", &format!("wav:{}", heard.display())]).await;

    let reply = phone
        .ask(json!({"command": "dial", "target": "echo"}))
        .await;
    let call = reply["call"].clone();
    phone.event("media.first_audio").await;
    phone
        .until("tone of 440 Hz", |it| {
            let hz = it["playback_tone_hz"].as_f64();
            hz.is_some_and(|hz| (hz - 440.0).abs() < 5.0)
        })
        .await;
    let reply = phone.ask(json!({"command": "hang_up", "call": call})).await;
    assert_eq!(reply["ok"], true, "{reply}");
    let ended = phone.event("call.ended").await;
    assert_eq!(ended["cause"]["code"], "local", "{ended}");
    quit(phone, 0).await;

    hung_up_and_gone(&world).await;
    assert!(fs::metadata(&heard).unwrap().len() > 44);
}

#[cfg(unix)]
#[tokio::test]
async fn an_interrupt_in_a_call_hangs_up_and_un_registers() {
    let world = world().await;
    let mut phone = in_a_call(&world).await;

    phone.interrupt();

    assert_eq!(phone.event("bye").await["exit"], 4);
    assert_eq!(phone.ended().await, Some(4));
    hung_up_and_gone(&world).await;
}

#[tokio::test]
async fn a_reader_that_goes_away_ends_the_call_in_order() {
    let world = world().await;
    let phone = in_a_call(&world).await;
    assert_eq!(phone.ended_unread().await, Some(4));
    hung_up_and_gone(&world).await;
}

#[tokio::test]
async fn a_phone_server_that_is_not_trusted_is_told_and_decides_the_exit_code() {
    let (world, other) = (world().await, world().await);
    let mut phone = started(&mut account(&world, other.ca_path(), "ana-lab-secret", &[]));

    let down = phone.event("link.down").await;

    assert_eq!(down["hop"], "tls", "{down}");
    assert!(
        down["detail"].as_str().unwrap().contains("does not trust"),
        "{down}"
    );
    quit(phone, 32).await;
    assert!(world.counts().requests.is_empty());
}

#[tokio::test]
async fn a_phone_server_that_refuses_the_connection_is_told_and_decides_the_exit_code() {
    let mut world = world().await;
    world.stop().await;
    let mut phone = started(&mut account(&world, world.ca_path(), "ana-lab-secret", &[]));
    let down = phone.event("link.down").await;
    assert_eq!(down["hop"], "tcp", "{down}");
    quit(phone, 33).await;
}

#[tokio::test]
async fn a_wrong_sip_password_is_told_and_decides_the_exit_code() {
    let world = world().await;
    let mut phone = started(&mut account(&world, world.ca_path(), "wrong", &[]));
    let failed = phone.event("sip.register_failed").await;
    assert!(failed["status"].is_u64(), "{failed}");
    quit(phone, 40).await;
}

#[tokio::test]
async fn an_extension_that_does_not_exist_is_an_end_of_the_call_and_no_fault() {
    let world = world().await;
    let mut phone = registered(&world, &[]).await;
    phone
        .ask(json!({"command": "dial", "target": "nobody"}))
        .await;
    let ended = phone.event("call.ended").await;
    assert_eq!(ended["cause"]["code"], "not_found", "{ended}");
    quit(phone, 0).await;
}

pub(crate) async fn world() -> World {
    World::start(WorldConfig::new().unwrap()).await.unwrap()
}

async fn in_a_call(world: &World) -> Process {
    let mut phone = registered(world, &[]).await;
    phone
        .ask(json!({"command": "dial", "target": "echo"}))
        .await;
    phone.event("media.first_audio").await;
    phone
}

/// Starts a phone with the lab's account 700201 and a tone as its voice, and waits until it is
/// registered.
async fn registered(world: &World, more: &[&str]) -> Process {
    let mut phone = started(&mut account(world, world.ca_path(), "ana-lab-secret", more));
    phone.event("sip.registered").await;
    phone
}

fn started(command: &mut Command) -> Process {
    Process::start("the phone", command.stderr(Stdio::null()))
}

pub(crate) fn account(world: &World, ca: &Path, password: &str, more: &[&str]) -> Command {
    let mut command = headless(more);
    command
        .args(["--capture", "tone:440", "--log", "warn", "--ca"])
        .arg(ca)
        .env("SIP_URI", world.sip_uri("700201"))
        .env("SIP_PASSWORD", password)
        .env("SIP_WS_SERVER", world.wss_url())
        // A machine that trusts nobody.
        .env("SSL_CERT_FILE", "/nonexistent")
        .env("SSL_CERT_DIR", "/nonexistent");
    command
}

async fn hung_up_and_gone(world: &World) {
    world
        .wait_for("BYE and no binding", PATIENCE, |counts| {
            counts.requests("BYE") == 1 && counts.bindings("700201") == 0
        })
        .await
        .unwrap();
}
