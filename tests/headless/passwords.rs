//! Where the password of a sign-in comes from: a line, the environment or a file descriptor.

#![cfg(unix)]

use std::{fs, path::Path, process::Stdio};

use serde_json::{Value, json};
use tokio::process::Command;

use crate::{program::headless, support::process::Process};

#[tokio::test]
async fn a_password_comes_from_the_environment_or_a_file_descriptor_and_is_never_shown() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("password");
    let log = directory.path().join("log");
    fs::write(&file, "canary\nmore\n").unwrap();
    let mut command = with_descriptor_3(&format!("3<\"{}\"", file.display()), "trace");
    command
        .env("QA_ANA", "canary")
        .stderr(fs::File::create(&log).unwrap());
    let mut phone = Process::start("the phone", &mut command);

    for source in [json!({"password_env": "QA_ANA"}), json!({"password_fd": 3})] {
        let reply = phone.ask(sign_in(&source)).await;
        assert_eq!(reply["ok"], true, "{reply}");
        phone.event("session.signed_out").await;
    }
    for source in [
        json!({"password_env": "QA_NOBODY"}),
        json!({"password_fd": 0}),
        json!({"password_fd": 999}),
    ] {
        let reply = phone.ask(sign_in(&source)).await;
        assert_eq!(reply["error"]["code"], "no_password", "{reply}");
    }

    phone.send(json!({"command": "quit"})).await;
    phone.event("bye").await;
    let told: String = phone.seen.iter().map(Value::to_string).collect();
    phone.ended().await;
    let log = fs::read_to_string(log).unwrap();
    assert!(log.contains("ending"), "{log}");
    for text in [told, log] {
        assert!(!text.contains("canary"), "{text}");
    }
}

#[tokio::test]
async fn a_signal_does_not_wait_for_a_password() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("pipe");
    make_pipe(&pipe).await;
    // Its reader holds its other end too, so that nothing ever comes and it never ends.
    let mut command = with_descriptor_3(&format!("3<>\"{}\"", pipe.display()), "error");
    let mut phone = Process::start("the phone", command.stderr(Stdio::null()));
    phone.event("view").await;

    // One write: the sign-in is begun before the signal can come.
    let view = json!({"command": "view"});
    let sign_in = sign_in(&json!({"password_fd": 3}));
    phone.write(&format!("{view}\n{sign_in}")).await;
    phone.event("reply").await;
    phone.signal("INT");

    assert_eq!(phone.event("bye").await["reason"], "interrupted");
    let replies = phone.seen.iter().filter(|it| it["type"] == "reply");
    assert_eq!(replies.count(), 1, "the sign-in was given up");
    assert_eq!(phone.ended().await, Some(4));
}

/// Returns the program with a descriptor 3 that the shell opens, as a script would.
fn with_descriptor_3(redirection: &str, log: &str) -> Command {
    let program = headless(&["--log", log, "--sidecar", "http://127.0.0.1:9"]);
    let program = program.as_std();
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("exec \"$0\" \"$@\" {redirection}")])
        .arg(program.get_program())
        .args(program.get_args())
        .kill_on_drop(true);
    command
}

async fn make_pipe(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status().await;
    assert!(made.unwrap().success());
}

fn sign_in(source: &Value) -> Value {
    let mut command = json!({"command": "sign_in", "email": "ana@helix.example"});
    let fields = source.as_object().unwrap().clone();
    command.as_object_mut().unwrap().extend(fields);
    command
}
