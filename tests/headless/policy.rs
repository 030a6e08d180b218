//! What an organisation has settled for the computer.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::{
    phone_server::{account, world},
    program::{headless, quit},
    support::process::Process,
};

#[tokio::test]
async fn what_may_be_dialled_and_as_what_is_the_organisations() {
    let etc = etc(&json!({
        "DialPolicy": { "allowed": ["70"], "blocked": ["70900"] },
        "NumberRewrite": [{ "from": "9*", "to": "70" }],
        "EmergencyNotice": {
            "numbers": ["112"],
            "text": "This phone cannot call emergency services. Use a mobile.",
        },
    }));
    let world = world().await;
    let mut phone = started(
        etc.path(),
        &account(&world, world.ca_path(), "ana-lab-secret", &[]),
    );
    phone.event("sip.registered").await;

    for target in ["70900123", "9* 900-123", "sip:70900123", "030123", "echo"] {
        let reply = phone.ask(dial(target)).await;
        assert_eq!(reply["error"]["code"], "not_allowed", "{target}: {reply}");
    }
    let reply = phone.ask(dial("tel:1-1-2")).await;
    let error = &reply["error"];
    assert_eq!(error["code"], "emergency", "{reply}");
    let text = "This phone cannot call emergency services. Use a mobile.";
    assert_eq!(
        (&error["text"], &error["message"]),
        (&json!(text), &json!(text))
    );

    phone.send(dial("9*0202")).await;
    let dialling = phone.event("call.dialing").await;
    assert_eq!(dialling["target"], "700202", "{dialling}");
    phone.event("call.ended").await;
    let dialled = phone.seen.iter().filter(|it| it["type"] == "call.dialing");
    assert_eq!(dialled.count(), 1);
    quit(phone, 0).await;
}

#[tokio::test]
async fn a_pattern_that_cannot_be_used_is_named_and_costs_no_other_key() {
    let etc = etc(&json!({
        "DialPolicy": { "blocked": ["0900", "^0137"] },
        "EmergencyNotice": { "numbers": ["112"], "text": "Use a mobile." },
    }));
    let mut phone = started(etc.path(), &headless(&["--log", "off"]));
    let fault = phone.event("fault.settings").await;
    let detail = fault["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("DialPolicy of the policy /etc/helix-phone/policy.json is not used")
            && detail.contains("\"^0137\""),
        "{detail}"
    );
    for (target, code) in [("112", "emergency"), ("0900123", "no_phone")] {
        let reply = phone.ask(dial(target)).await;
        assert_eq!(reply["error"]["code"], code, "{reply}");
    }
    quit(phone, 0).await;
}

fn dial(target: &str) -> Value {
    json!({ "command": "dial", "target": target })
}

/// Makes an `etc` like that of this machine which has this policy.
fn etc(policy: &Value) -> TempDir {
    let etc = TempDir::new().unwrap();
    // What root alone may read is not missed.
    let copied = std::process::Command::new("cp")
        .args(["-a", "/etc/."])
        .arg(etc.path())
        .output()
        .unwrap();
    assert!(etc.path().join("ssl").is_dir(), "{copied:?}");
    let folder = etc.path().join("helix-phone");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("policy.json");
    fs::write(&file, policy.to_string()).unwrap();
    let modes: [(PathBuf, u32); 2] = [(folder, 0o755), (file, 0o644)];
    for (path, mode) in modes {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    etc
}

/// Starts a program in whose eyes this is `/etc`, which is root's.
fn started(etc: &Path, program: &Command) -> Process {
    let program = program.as_std();
    let mut command = Command::new("unshare");
    command
        .args([
            "-Urm",
            "sh",
            "-c",
            "mount --bind \"$0\" /etc && exec \"$@\"",
        ])
        .arg(etc)
        .arg(program.get_program())
        .args(program.get_args());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    Process::start("the phone", command.stderr(Stdio::null()))
}
