//! The two programs, started as a person starts them.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::{path::Path, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpStream,
    process::Command,
};

const DEADLINE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn lab_says_in_one_json_line_where_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let mut lab = Command::new(env!("CARGO_BIN_EXE_lab"))
        .args(["--user", "42:lab-secret", "--digest", "sha-256"])
        .arg("--directory")
        .arg(directory.path())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();

    let mut lines = BufReader::new(lab.stdout.take().unwrap()).lines();
    let line = tokio::time::timeout(DEADLINE, lines.next_line())
        .await
        .unwrap()
        .unwrap()
        .unwrap();

    let said: serde_json::Value = serde_json::from_str(&line).unwrap();
    let authority = said["sipWsServer"].as_str().unwrap();
    TcpStream::connect(authority.strip_prefix("wss://").unwrap())
        .await
        .unwrap();
    assert!(Path::new(said["ca"].as_str().unwrap()).is_file());
    assert_eq!(said["users"][0]["sipUri"], "sip:42@lab.example");
    assert_eq!(said["users"].as_array().unwrap().len(), 1);
    assert!(
        said["extensions"]
            .as_array()
            .unwrap()
            .contains(&"echo".into())
    );
}

#[tokio::test]
async fn lab_refuses_a_user_without_password() {
    let output = Command::new(env!("CARGO_BIN_EXE_lab"))
        .args(["--user", "42"])
        .output()
        .await
        .unwrap();

    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("EXTENSION:PASSWORD"), "{said}");
}

#[tokio::test]
async fn demo_names_a_program_that_is_not_there() {
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_demo"))
        .args(["--phone", "/nowhere/helix-phone"])
        .args(["--sidecar", "/nowhere/helix-sidecar"])
        .arg("--out")
        .arg(directory.path())
        .output()
        .await
        .unwrap();

    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("/nowhere/helix-phone"), "{said}");
}
