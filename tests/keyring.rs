//! A session in GNOME's keyring, through the death of the phone, of the keyring, and of their understanding.
//!
//! Needs dbus-daemon and gnome-keyring-daemon: `cargo verify tests` installs them and runs this.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "support/keyring.rs"]
mod keyring;
mod support;

use std::{fs, path::Path};

use keyring::Desktop;
use serde_json::{Value, json};
use support::{
    office::{Office, SIP_PASSWORDS, sign_in},
    process::Process,
};

const BOTH: [&str; 2] = ["agentConfig", "tokens"];

#[tokio::test(flavor = "multi_thread")]
async fn a_session_outlives_its_killed_phone_and_a_sign_out_wipes_it() {
    let (office, desktop) = (Office::open().await, Desktop::start().await);
    let phone = signed_in(&office, &desktop).await;
    desktop.has(&BOTH).await;
    kill(phone).await;

    let mut phone = start(&office, &desktop, 1);
    let resuming = phone.event("session.resuming").await;
    assert_eq!(resuming["user"]["name"], "ana");
    phone.event("session.held").await;
    phone.event("sip.registered").await;
    // The registration of the killed one is replaced: it is the same instance.
    office.bindings("700201", 1).await;
    assert!(!phone.seen.iter().any(|it| it["type"] == "fault.vault"));

    // Again, with the tokens as they are.
    kill(phone).await;
    let mut phone = start(&office, &desktop, 1);
    phone.event("sip.registered").await;
    phone.send(json!({"command": "sign_out"})).await;
    phone.event("session.signed_out").await;
    desktop.has(&[]).await;
    quit(phone, 0).await;

    let mut phone = start(&office, &desktop, 1);
    account(&mut phone, "signed_out").await;
    quit(phone, 0).await;
    assert_no_plain_secret(desktop.home());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_is_killed_while_it_writes_finds_a_whole_session_or_none() {
    // So long that it lies in parts.
    let campaign = format!("campaign_name = \"{}\"\nsip_ws_server", "x".repeat(4000));
    let office = Office::with(|toml| toml.replace("sip_ws_server", &campaign)).await;
    let desktop = Desktop::start().await;
    for _ in 0..8 {
        let mut phone = start(&office, &desktop, 1);
        account(&mut phone, "signed_out").await;
        phone.send(sign_in("ana")).await;
        phone.event("session.signed_in").await;
        kill(phone).await;

        let mut phone = start(&office, &desktop, 1);
        let settled = |it: &Value| {
            let state = &it["view"]["account"]["state"];
            state == "signed_out" || state == "signed_in"
        };
        phone.until("a session or none", settled).await;
        assert!(!phone.seen.iter().any(|it| it["type"] == "fault.vault"));
        quit(phone, 0).await;
        desktop.has(&[]).await;
    }

    let phone = signed_in(&office, &desktop).await;
    desktop
        .has(&["a1", "a2", "a3", "a4", "agentConfig", "tokens"])
        .await;
    kill(phone).await;
    let mut phone = start(&office, &desktop, 1);
    phone.event("session.resuming").await;
    phone.event("sip.registered").await;
    quit(phone, 0).await;
    desktop.has(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quitting_leaves_nothing_in_the_keyring() {
    let (office, desktop) = (Office::open().await, Desktop::start().await);
    let phone = signed_in(&office, &desktop).await;
    desktop.has(&BOTH).await;
    quit(phone, 0).await;
    desktop.has(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_keyring_is_told_and_the_phone_works_all_the_same() {
    let (office, desktop) = (Office::open().await, Desktop::start().await);
    desktop.lock().await;
    works_in_memory(&office, &desktop).await;
    desktop.has(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_in_a_keyring_that_was_locked_meanwhile_is_told_and_one_signs_in_again() {
    let (office, desktop) = (Office::open().await, Desktop::start().await);
    let phone = signed_in(&office, &desktop).await;
    desktop.has(&BOTH).await;
    kill(phone).await;
    desktop.lock().await;

    let mut phone = start(&office, &desktop, 1);
    let told = memory_only(&mut phone).await;
    assert!(told.starts_with("The keyring is locked"), "{told}");
    account(&mut phone, "signed_out").await;
    phone.send(sign_in("ana")).await;
    phone.event("sip.registered").await;
    quit(phone, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keyring_that_somebody_declines_to_open_is_told_and_the_phone_works_all_the_same() {
    let (office, desktop) = (Office::open().await, Desktop::start().await);
    desktop.lock().await;
    let declining = desktop.decline().await;
    let told = works_in_memory(&office, &desktop).await;
    assert!(
        told.starts_with("The keyring is locked or refuses access"),
        "{told}"
    );
    assert!(declining.times() > 0);
    desktop.has(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_without_keyring_or_bus_is_told_and_the_phone_works_all_the_same() {
    let office = Office::open().await;
    let mut desktop = Desktop::without_keyring().await;
    let told = works_in_memory(&office, &desktop).await;
    assert!(told.starts_with("There is no keyring"), "{told}");

    desktop.stop_bus();
    let told = works_in_memory(&office, &desktop).await;
    assert!(told.starts_with("There is no keyring"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keyring_that_dies_and_comes_back_is_used_again() {
    let office = Office::open().await;
    let mut desktop = Desktop::start().await;
    let mut phone = signed_in(&office, &desktop).await;
    desktop.has(&BOTH).await;

    desktop.kill_keyring();
    phone.send(json!({"command": "sign_out"})).await;
    phone.event("session.signed_out").await;
    phone.send(sign_in("ana")).await;
    let told = memory_only(&mut phone).await;
    assert!(told.starts_with("There is no keyring"), "{told}");
    registered(&mut phone).await;

    desktop.start_keyring().await;
    phone.send(json!({"command": "sign_out"})).await;
    phone.event("session.signed_out").await;
    desktop.has(&[]).await;
    phone.send(sign_in("ana")).await;
    phone.event("sip.registered").await;
    desktop.has(&BOTH).await;
    quit(phone, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keyring_that_does_not_answer_holds_nobody_up() {
    let (office, desktop) = (Office::open().await, Desktop::start().await);
    let mut phone = start(&office, &desktop, 1);
    account(&mut phone, "signed_out").await;
    desktop.signal_keyring("STOP");
    phone.send(sign_in("ana")).await;
    phone.event("sip.registered").await;
    let told = memory_only(&mut phone).await;
    assert!(told.starts_with("The keyring does not answer"), "{told}");
    phone.send(json!({"command": "sign_out"})).await;
    phone.event("session.signed_out").await;

    // What it was asked to keep must not stay when it comes round.
    desktop.signal_keyring("CONT");
    desktop.has(&[]).await;
    quit(phone, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_somebody_overwrote_is_named_and_removed_and_one_signs_in_again() {
    let (office, desktop) = (Office::open().await, Desktop::start().await);
    let long = vec![b'y'; 1_000_000];
    for (entry, garbage) in [(BOTH[0], &b"hunter2"[..]), (BOTH[1], &long)] {
        let phone = signed_in(&office, &desktop).await;
        desktop.has(&BOTH).await;
        kill(phone).await;
        desktop.overwrite(entry, garbage).await;

        let mut phone = start(&office, &desktop, 1);
        let fault = phone.event("fault.vault").await;
        let told = fault["detail"].as_str().unwrap();
        assert!(told.contains(&format!("\"{entry}\"")), "{told}");
        assert!(told.ends_with("Sign in again"), "{told}");
        account(&mut phone, "signed_out").await;
        desktop.has(&[]).await;
        phone.send(sign_in("ana")).await;
        phone.event("sip.registered").await;
        quit(phone, 0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_taken_over_meanwhile_is_not_resumed() {
    let (office, desktop) = (Office::open().await, Desktop::start().await);
    let phone = signed_in(&office, &desktop).await;
    desktop.has(&BOTH).await;
    kill(phone).await;
    let mut other = Process::start("the other phone", &mut office.phone(2));
    let mut takeover = sign_in("ana");
    takeover["takeover"] = json!(true);
    other.send(takeover).await;
    other.event("sip.registered").await;

    let mut phone = start(&office, &desktop, 1);
    let out = phone.event("session.signed_out").await;
    assert_eq!(out["reason"]["code"], "held_elsewhere", "{out}");
    assert_eq!(out["reason"]["device_name"], "Desk 2", "{out}");
    desktop.has(&[]).await;
    assert!(!phone.seen.iter().any(|it| it["type"] == "sip.registered"));
    quit(other, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sidecar_that_is_away_is_asked_again_and_nothing_is_forgotten() {
    let mut office = Office::open().await;
    let desktop = Desktop::start().await;
    let phone = signed_in(&office, &desktop).await;
    desktop.has(&BOTH).await;
    kill(phone).await;
    office.sidecar.kill();

    let mut phone = start(&office, &desktop, 1);
    for _ in 0..2 {
        phone.event("session.resume_delayed").await;
    }
    desktop.has(&BOTH).await;
    assert!(!phone.seen.iter().any(|it| it["type"] == "link.up"));
    phone.signal("KILL");
    assert_eq!(phone.ended().await, None);
    desktop.has(&BOTH).await;
}

/// Signs in where the keyring cannot be used; returns what the phone says about it.
async fn works_in_memory(office: &Office, desktop: &Desktop) -> String {
    let mut phone = start(office, desktop, 1);
    phone.send(sign_in("ana")).await;
    let told = memory_only(&mut phone).await;
    registered(&mut phone).await;
    quit(phone, 0).await;
    assert_no_plain_secret(desktop.home());
    told
}

async fn memory_only(phone: &mut Process) -> String {
    let fault = phone.event("fault.vault").await;
    fault["detail"].as_str().unwrap().to_owned()
}

async fn signed_in(office: &Office, desktop: &Desktop) -> Process {
    let mut phone = start(office, desktop, 1);
    account(&mut phone, "signed_out").await;
    phone.send(sign_in("ana")).await;
    phone.event("sip.registered").await;
    phone
}

fn start(office: &Office, desktop: &Desktop, device: u8) -> Process {
    let mut command = office.phone(device);
    desktop.use_by(&mut command);
    Process::start("the phone", command.args(["--keep", "keyring"]))
}

/// Waits for the line, whose event may have come before another that was waited for.
async fn registered(phone: &mut Process) {
    phone.send(json!({"command": "view"})).await;
    let is_so = |it: &Value| it["view"]["line"]["state"] == "registered";
    phone.until("a registered line", is_so).await;
}

async fn account(phone: &mut Process, state: &str) {
    let is_so = |it: &Value| it["view"]["account"]["state"] == state;
    phone.until(state, is_so).await;
}

async fn kill(phone: Process) {
    phone.signal("KILL");
    assert_eq!(phone.ended().await, None);
}

async fn quit(mut phone: Process, exit: i32) {
    phone.send(json!({"command": "quit"})).await;
    assert_eq!(phone.ended().await, Some(exit));
}

/// The keyring encrypts what it writes; nobody else writes anything.
fn assert_no_plain_secret(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert_no_plain_secret(&path);
        } else if path.is_file() {
            let bytes = fs::read(&path).unwrap();
            for secret in [SIP_PASSWORDS[0], "accessToken", "refreshToken"] {
                let found = bytes
                    .windows(secret.len())
                    .any(|it| it == secret.as_bytes());
                assert!(!found, "{} holds {secret}", path.display());
            }
        }
    }
}
