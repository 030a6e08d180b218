//! The program under test, in an environment that has no account and no sidecar.

use std::{
    ffi::OsStr,
    process::{Output, Stdio},
    time::Duration,
};

use serde_json::json;
use tokio::{process::Command, time::timeout};

use crate::support::process::Process;

/// What any single step may take on a machine that is busy with others.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the program with an empty input until it ends by itself.
pub(crate) async fn run(arguments: &[impl AsRef<OsStr>]) -> Output {
    let mut command = program();
    command.args(arguments);
    output(command).await
}

/// Like [`run`], with `--headless`.
pub(crate) async fn run_headless(arguments: &[impl AsRef<OsStr>]) -> Output {
    output(headless(arguments)).await
}

pub(crate) async fn output(mut command: Command) -> Output {
    command.stdin(Stdio::null());
    timeout(PATIENCE, command.output()).await.unwrap().unwrap()
}

/// Asserts that it did not start, and that standard error says why.
pub(crate) fn assert_refused(output: &Output, named: &str) {
    let told = words(output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(output.stdout.is_empty(), "{named}");
    assert!(told.contains(named), "not {named:?} but: {told}");
}

/// Starts the program to speak with it.
pub(crate) fn start(arguments: &[impl AsRef<OsStr>]) -> Process {
    Process::start("the phone", headless(arguments).stderr(Stdio::null()))
}

/// Quits it and asserts that its last line and its exit code are `exit`.
pub(crate) async fn quit(mut phone: Process, exit: i32) {
    phone.send(json!({"command": "quit"})).await;
    assert_eq!(phone.event("bye").await["exit"], exit);
    assert_eq!(phone.ended().await, Some(exit));
}

pub(crate) fn headless(arguments: &[impl AsRef<OsStr>]) -> Command {
    let mut command = program();
    command.arg("--headless").args(arguments);
    command
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_helix-phone"));
    for name in [
        "HELIX_SIDECAR_URL",
        "HELIX_CA",
        "SIP_URI",
        "SIP_PASSWORD",
        "SIP_WS_SERVER",
        "DISPLAY",
        "WAYLAND_DISPLAY",
    ] {
        command.env_remove(name);
    }
    command.kill_on_drop(true);
    command
}

/// Returns what was written to standard error.
pub(crate) fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
