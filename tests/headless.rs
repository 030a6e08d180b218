//! The program as scripts know it: arguments, lines in, lines out, exit codes.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Duration,
};

use lab::{World, WorldConfig};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

/// What any single step may take on a machine that is busy with others.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn without_a_door_it_says_how_to_start() {
    let output = run(&[] as &[&str]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(
        words(&output).contains("no window. Start it with --headless"),
        "{}",
        words(&output)
    );
}

#[tokio::test]
async fn bad_arguments_are_refused_with_exit_code_2_and_named() {
    for (arguments, named) in [
        (&["--colour"][..], "--colour"),
        (&["--password", "canary"], "--password"),
        (&["--sidecar", "no url"], "no url"),
        (&["--sidecar", "http://helix.example"], "https is needed"),
        (
            &["--sidecar", "https://ana:canary@helix.example"],
            "user name or a password",
        ),
        (&["--device-id", "desk"], "desk"),
        (&["--capture", "tone:loud"], "tone:loud"),
        (&["--playback", "speaker"], "speaker"),
        (&["--seed", "-1"], "-1"),
        (&["--log", "chatty"], "chatty"),
        (&["--proxy", "socks5://127.0.0.1:9"], "socks5"),
        (
            &["--config", "/nonexistent/helix.toml"],
            "/nonexistent/helix.toml",
        ),
        (&["--ca", "/nonexistent/ca.pem"], "/nonexistent/ca.pem"),
    ] {
        let output = run_headless(arguments).await;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert!(
            words(&output).contains(named),
            "{arguments:?}: {}",
            words(&output)
        );
    }
}

#[tokio::test]
async fn a_configuration_file_is_used_and_its_unknown_key_named_with_the_line() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("helix.toml");

    fs::write(&path, "device-name = \"Ana's desk\"\nlog = \"error\"\n").unwrap();
    let mut phone = Phone::start([OsStr::new("--config"), path.as_os_str()]);
    assert_eq!(phone.line("hello").await["device_name"], "Ana's desk");
    assert_eq!(phone.quit().await, 0);

    fs::write(&path, "log = \"error\"\n\ncolour = \"blue\"\n").unwrap();
    let output = run_headless(&[Path::new("--config"), &path]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(words(&output).contains("line 3"), "{}", words(&output));
    assert!(words(&output).contains("colour"), "{}", words(&output));
}

#[tokio::test]
async fn a_file_that_is_no_authority_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ca.pem");
    for content in [
        "",
        "no certificate",
        "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n",
    ] {
        fs::write(&path, content).unwrap();
        let output = run_headless(&[Path::new("--ca"), &path]).await;
        assert_eq!(output.status.code(), Some(2), "{content:?}");
        assert!(
            words(&output).contains("ca.pem cannot be used"),
            "{}",
            words(&output)
        );
    }
}

#[tokio::test]
async fn wav_files_of_other_rates_are_taken_and_those_that_cannot_be_used_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("speech.wav");
    let capture = format!("wav:{}", path.display());

    for (content, words_wanted) in [
        (None, "speech.wav"),
        (Some(Vec::new()), "speech.wav"),
        (Some(b"RIFF".to_vec()), "speech.wav"),
        (Some(vec![0xff; 4096]), "speech.wav"),
    ] {
        if let Some(content) = content {
            fs::write(&path, content).unwrap();
        }
        let output = run_headless(&["--capture", capture.as_str()]).await;
        assert_eq!(output.status.code(), Some(2));
        assert!(words(&output).contains(words_wanted), "{}", words(&output));
    }

    fs::write(&path, wav(44_100, 2)).unwrap();
    let mut phone = Phone::start(["--capture", capture.as_str()]);
    phone.line("hello").await;
    assert_eq!(phone.quit().await, 0);
}

#[tokio::test]
async fn a_line_that_is_no_command_gets_one_error_and_the_phone_goes_on() {
    let mut phone = Phone::start(["--log", "error"]);
    phone.line("hello").await;

    for (line, code, place) in [
        (
            "{\"command\":\"dial\" \"target\":1}".to_owned(),
            "malformed_json",
            "line 1, column 19",
        ),
        (
            "\u{0}\u{1}garbage".to_owned(),
            "malformed_json",
            "line 2, column 1",
        ),
        ("[1,2]".to_owned(), "malformed_json", "line 3"),
        (
            "{\"command\":\"fly\"}".to_owned(),
            "unknown_command",
            "\"fly\"",
        ),
        (
            "{\"command\":\"dial\",\"number\":1}".to_owned(),
            "invalid_field",
            "\"target\"",
        ),
        ("x".repeat(70_000), "line_too_long", "line 6"),
    ] {
        phone.write(&line).await;
        let reply = phone.line("reply").await;
        assert_eq!(reply["ok"], false, "{reply}");
        assert_eq!(reply["error"]["code"], code, "{reply}");
        assert!(
            reply["error"]["message"].as_str().unwrap().contains(place),
            "{reply}"
        );
    }

    let reply = phone.command(json!({"id": 7, "command": "view"})).await;
    assert_eq!(reply["reply_to"], 7);
    assert_eq!(reply["ok"], true, "{reply}");
    assert_eq!(phone.quit().await, 0);
}

#[tokio::test]
async fn without_an_account_it_runs_and_the_view_says_why_there_is_no_phone() {
    let mut phone = Phone::start(["--log", "error"]);
    let view = phone.line("view").await["view"].clone();
    assert_eq!(view["account"]["state"], "not_configured");
    assert!(
        view["account"]["message"]
            .as_str()
            .unwrap()
            .contains("SIP_URI"),
        "{view}"
    );

    let reply = phone
        .command(json!({"command": "dial", "target": "700202"}))
        .await;
    assert_eq!(reply["ok"], false);
    assert_eq!(phone.quit().await, 0);
}

#[tokio::test]
async fn half_an_account_is_refused_and_its_missing_half_named() {
    let mut command = headless(["--log", "error"]);
    command.env("SIP_URI", "sip:700201@lab.example");
    let output = timeout(PATIENCE, command.output()).await.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        words(&output).contains("SIP_PASSWORD and SIP_WS_SERVER missing"),
        "{}",
        words(&output)
    );
}

#[tokio::test]
async fn an_account_that_cannot_be_used_is_refused_with_its_reason() {
    for (uri, server, reason) in [
        ("700201", "wss://127.0.0.1:9", "700201"),
        ("sip:700201@lab.example", "ws://127.0.0.1:9", "wss://"),
        ("sip:700201@lab.example", "nowhere", "nowhere"),
    ] {
        let mut command = headless(["--log", "error"]);
        command
            .env("SIP_URI", uri)
            .env("SIP_PASSWORD", "canary")
            .env("SIP_WS_SERVER", server);
        let output = timeout(PATIENCE, command.output()).await.unwrap().unwrap();
        assert_eq!(output.status.code(), Some(2), "{uri} {server}");
        assert!(words(&output).contains(reason), "{}", words(&output));
        assert!(!words(&output).contains("canary"), "{}", words(&output));
    }
}

#[tokio::test]
async fn the_end_of_the_input_is_the_end_of_the_run() {
    let mut phone = Phone::start(["--log", "error"]);
    phone.line("hello").await;
    drop(phone.input.take());
    let bye = phone.line("bye").await;
    assert_eq!(bye["reason"], "input_closed");
    assert_eq!(phone.exit().await, 0);
}

#[cfg(unix)]
#[tokio::test]
async fn a_signal_ends_the_run_with_exit_code_4() {
    for signal in ["-INT", "-TERM"] {
        let mut phone = Phone::start(["--log", "error"]);
        phone.line("view").await;
        phone.signal(signal).await;
        assert_eq!(phone.line("bye").await["reason"], "interrupted");
        assert_eq!(phone.exit().await, 4);
    }
}

#[tokio::test]
async fn a_sidecar_that_cannot_be_reached_decides_the_exit_code() {
    let mut phone = Phone::start(["--log", "error", "--sidecar", "http://127.0.0.1:9"]);
    let reply = phone
        .command(json!({"command": "sign_in", "email": "ana@helix.example", "password": "canary"}))
        .await;
    assert_eq!(reply["ok"], true, "{reply}");
    let signed_out = phone.line("session.signed_out").await;
    assert_eq!(signed_out["reason"]["hop"], "tcp", "{signed_out}");
    phone.send(json!({"command": "quit"})).await;
    assert_eq!(phone.line("bye").await["fault"], "session.signed_out");
    assert_eq!(phone.exit().await, 22);
}

#[cfg(unix)]
#[tokio::test]
async fn a_password_comes_from_the_environment_or_a_file_descriptor_and_is_never_shown() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("password");
    fs::write(&file, "canary\nmore\n").unwrap();
    // The shell opens descriptor 3, as a script would.
    let program = format!(
        "exec \"$0\" --headless --log trace --sidecar http://127.0.0.1:9 3<\"{}\"",
        file.display()
    );
    let mut command = Command::new("sh");
    command.args(["-c", &program, env!("CARGO_BIN_EXE_helix-phone")]);
    command.env("QA_ANA", "canary");
    let mut phone = Phone::spawn(command);

    for source in [json!({"password_env": "QA_ANA"}), json!({"password_fd": 3})] {
        let mut sign_in = json!({"command": "sign_in", "email": "ana@helix.example"});
        sign_in
            .as_object_mut()
            .unwrap()
            .extend(source.as_object().unwrap().clone());
        let reply = phone.command(sign_in).await;
        assert_eq!(reply["ok"], true, "{reply}");
        phone.line("session.signed_out").await;
    }
    for source in [
        json!({"password_env": "QA_NOBODY"}),
        json!({"password_fd": 0}),
        json!({"password_fd": 999}),
    ] {
        let mut sign_in = json!({"command": "sign_in", "email": "ana@helix.example"});
        sign_in
            .as_object_mut()
            .unwrap()
            .extend(source.as_object().unwrap().clone());
        let reply = phone.command(sign_in).await;
        assert_eq!(reply["error"]["code"], "no_password", "{reply}");
    }

    phone.send(json!({"command": "quit"})).await;
    phone.line("bye").await;
    assert!(!phone.seen.contains("canary"), "{}", phone.seen);
    let output = timeout(PATIENCE, phone.child.wait_with_output())
        .await
        .unwrap()
        .unwrap();
    assert!(!words(&output).contains("canary"), "{}", words(&output));
}

#[tokio::test]
async fn a_call_is_heard_with_no_other_authority_than_the_one_given() {
    let world = world().await;
    let directory = tempfile::tempdir().unwrap();
    let heard = directory.path().join("heard.wav");
    let mut phone = registered(&world, &["--playback", &format!("wav:{}", heard.display())]).await;

    let reply = phone
        .command(json!({"command": "dial", "target": "echo"}))
        .await;
    let call = reply["call"].clone();
    phone.line("media.first_audio").await;
    loop {
        let quality = phone.line("media.quality").await;
        if quality["playback_tone_hz"]
            .as_f64()
            .is_some_and(|hz| (hz - 440.0).abs() < 5.0)
        {
            break;
        }
    }
    let reply = phone
        .command(json!({"command": "hang_up", "call": call}))
        .await;
    assert_eq!(reply["ok"], true, "{reply}");
    let ended = phone.line("call.ended").await;
    assert_eq!(ended["cause"]["code"], "local", "{ended}");
    assert_eq!(phone.quit().await, 0);

    world
        .wait_for("no binding", PATIENCE, |counts| {
            counts.bindings("700201") == 0
        })
        .await
        .unwrap();
    assert_eq!(world.counts().requests("BYE"), 1);
    assert!(fs::metadata(&heard).unwrap().len() > 44);
}

#[cfg(unix)]
#[tokio::test]
async fn an_interrupt_in_a_call_hangs_up_and_un_registers() {
    let world = world().await;
    let mut phone = registered(&world, &[]).await;
    phone
        .command(json!({"command": "dial", "target": "echo"}))
        .await;
    phone.line("media.first_audio").await;

    phone.signal("-INT").await;

    assert_eq!(phone.line("bye").await["exit"], 4);
    assert_eq!(phone.exit().await, 4);
    world
        .wait_for("BYE and no binding", PATIENCE, |counts| {
            counts.requests("BYE") == 1 && counts.bindings("700201") == 0
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_reader_that_goes_away_ends_the_call_in_order() {
    let world = world().await;
    let mut phone = registered(&world, &[]).await;
    phone
        .command(json!({"command": "dial", "target": "echo"}))
        .await;
    phone.line("media.first_audio").await;

    let Phone {
        mut child,
        input,
        output,
        ..
    } = phone;
    drop(output);

    let status = timeout(PATIENCE, child.wait()).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(4));
    drop(input);
    world
        .wait_for("BYE and no binding", PATIENCE, |counts| {
            counts.requests("BYE") == 1 && counts.bindings("700201") == 0
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_phone_server_that_is_not_trusted_is_told_and_decides_the_exit_code() {
    let (world, other) = (world().await, world().await);
    let mut phone = Phone::spawn(account(&world, other.ca_path(), "ana-lab-secret", &[]));

    let down = phone.line("link.down").await;

    assert_eq!(down["hop"], "tls", "{down}");
    assert!(
        down["detail"].as_str().unwrap().contains("does not trust"),
        "{down}"
    );
    assert_eq!(phone.quit().await, 32);
    assert!(world.counts().requests.is_empty());
}

#[tokio::test]
async fn a_wrong_sip_password_is_told_and_decides_the_exit_code() {
    let world = world().await;
    let mut phone = Phone::spawn(account(&world, world.ca_path(), "wrong", &[]));
    let failed = phone.line("sip.register_failed").await;
    assert!(failed["status"].is_u64(), "{failed}");
    assert_eq!(phone.quit().await, 40);
}

#[tokio::test]
async fn an_extension_that_does_not_exist_is_an_end_of_the_call_and_no_fault() {
    let world = world().await;
    let mut phone = registered(&world, &[]).await;
    phone
        .command(json!({"command": "dial", "target": "nobody"}))
        .await;
    let ended = phone.line("call.ended").await;
    assert_eq!(ended["cause"]["code"], "not_found", "{ended}");
    assert_eq!(phone.quit().await, 0);
}

async fn world() -> World {
    World::start(WorldConfig::new().unwrap()).await.unwrap()
}

/// Starts a phone with the lab's account 700201 and a tone as its voice, and waits until it is
/// registered.
async fn registered(world: &World, more: &[&str]) -> Phone {
    let mut phone = Phone::spawn(account(world, world.ca_path(), "ana-lab-secret", more));
    phone.line("sip.registered").await;
    phone
}

fn account(world: &World, ca: &Path, password: &str, more: &[&str]) -> Command {
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

async fn run(arguments: &[impl AsRef<OsStr>]) -> Output {
    let mut command = program();
    command.args(arguments).stdin(Stdio::null());
    timeout(PATIENCE, command.output()).await.unwrap().unwrap()
}

async fn run_headless(arguments: &[impl AsRef<OsStr>]) -> Output {
    let mut command = headless(arguments.iter().map(AsRef::as_ref));
    command.stdin(Stdio::null());
    timeout(PATIENCE, command.output()).await.unwrap().unwrap()
}

fn headless(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = program();
    command.arg("--headless").args(arguments);
    command
}

/// Returns the program in an environment that has no account and no sidecar.
fn program() -> Command {
    let mut command = Command::new(PathBuf::from(env!("CARGO_BIN_EXE_helix-phone")));
    for name in [
        "HELIX_SIDECAR_URL",
        "HELIX_CA",
        "SIP_URI",
        "SIP_PASSWORD",
        "SIP_WS_SERVER",
    ] {
        command.env_remove(name);
    }
    command.kill_on_drop(true);
    command
}

/// Returns what was written to standard error.
fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Returns a tenth of a second of silence, 16 bit.
fn wav(rate: u32, channels: u16) -> Vec<u8> {
    let samples = vec![0_u8; rate as usize / 10 * usize::from(channels) * 2];
    let mut file = Vec::new();
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + samples.len() as u32).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16_u32.to_le_bytes());
    file.extend_from_slice(&1_u16.to_le_bytes());
    file.extend_from_slice(&channels.to_le_bytes());
    file.extend_from_slice(&rate.to_le_bytes());
    file.extend_from_slice(&(rate * u32::from(channels) * 2).to_le_bytes());
    file.extend_from_slice(&(channels * 2).to_le_bytes());
    file.extend_from_slice(&16_u16.to_le_bytes());
    file.extend_from_slice(b"data");
    file.extend_from_slice(&(samples.len() as u32).to_le_bytes());
    file.extend_from_slice(&samples);
    file
}

/// A running program and its lines.
struct Phone {
    child: Child,
    /// `None` once it is closed.
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
    seen: String,
}

impl Phone {
    fn start(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        Self::spawn(headless(arguments))
    }

    fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().unwrap()).lines(),
            child,
            seen: String::new(),
        }
    }

    async fn write(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        input.write_all(line.as_bytes()).await.unwrap();
        input.write_all(b"\n").await.unwrap();
    }

    async fn send(&mut self, command: Value) {
        self.write(&command.to_string()).await;
    }

    /// Gives a command and returns its reply.
    async fn command(&mut self, command: Value) -> Value {
        self.send(command).await;
        self.line("reply").await
    }

    /// Returns the next line of this type.
    async fn line(&mut self, kind: &str) -> Value {
        let wanted = async {
            loop {
                let line = self.output.next_line().await.unwrap();
                let line =
                    line.unwrap_or_else(|| panic!("it ended without a {kind}: {}", self.seen));
                self.seen.push_str(&line);
                self.seen.push('\n');
                let line: Value = serde_json::from_str(&line).unwrap();
                assert_eq!(line["v"], 1, "{line}");
                if line["type"] == kind {
                    return line;
                }
            }
        };
        match timeout(PATIENCE, wanted).await {
            Ok(line) => line,
            Err(_) => panic!("no {kind} came: {}", self.seen),
        }
    }

    async fn quit(&mut self) -> i32 {
        self.send(json!({"command": "quit"})).await;
        let bye = self.line("bye").await;
        let exit = self.exit().await;
        assert_eq!(bye["exit"], exit, "{bye}");
        exit
    }

    async fn exit(&mut self) -> i32 {
        let status = timeout(PATIENCE, self.child.wait()).await.unwrap().unwrap();
        status.code().unwrap()
    }

    #[cfg(unix)]
    async fn signal(&self, signal: &str) {
        let id = self.child.id().unwrap().to_string();
        let status = Command::new("kill")
            .args([signal, &id])
            .status()
            .await
            .unwrap();
        assert!(status.success());
    }
}
