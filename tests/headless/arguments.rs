//! What a run is started with, and why it is not.

use std::{ffi::OsStr, fs, path::Path};

use crate::program::{assert_refused, headless, output, quit, run, run_headless, start, words};
use crate::support::process::Process;

#[tokio::test]
async fn without_a_door_it_says_how_to_start() {
    let output = run(&[] as &[&str]).await;
    let why = if cfg!(feature = "gui") {
        "no display for a window here. Start it with --headless"
    } else {
        "no window. Start it with --headless"
    };
    assert_refused(&output, why);
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
        (&["--audio", "file"], "wav:PATH"),
        #[cfg(not(feature = "sound"))]
        (&["--audio", "system"], "feature `sound`"),
        (&["--seed", "-1"], "-1"),
        (&["--log", "chatty"], "chatty"),
        (&["--proxy", "socks5://127.0.0.1:9"], "socks5"),
        (
            &["--config", "/nonexistent/helix.toml"],
            "/nonexistent/helix.toml",
        ),
        (&["--ca", "/nonexistent/ca.pem"], "/nonexistent/ca.pem"),
    ] {
        assert_refused(&run_headless(arguments).await, named);
    }
}

#[tokio::test]
async fn what_holds_is_listed_with_who_decided_it() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("settings.toml");
    let device = "[device]\nid = \"00000000-0000-4000-8000-000000000007\"\nname = \"Desk 7\"";
    let sections = "[calls]\nmax_calls = 2\n[window]\ntheme = \"dark\"\nlanguage = 7";
    let text = format!("version = 1\n{device}\n{sections}\n");
    fs::write(&path, &text).unwrap();
    let settings = [OsStr::new("--print-policy"), OsStr::new("--settings")];
    let listed = async |arguments: &[&OsStr]| {
        let output = run(arguments).await;
        assert_eq!(output.status.code(), Some(0), "{}", words(&output));
        String::from_utf8(output.stdout).unwrap()
    };

    let all = listed(&[settings[0], settings[1], path.as_os_str()]).await;
    let rows = all
        .lines()
        .map(|it| it.split_whitespace().collect::<Vec<_>>());
    let rows = rows.collect::<Vec<_>>();
    for row in [
        ["AllowedSidecarUrls", "default", "[]"],
        ["MaxCalls", "user", "2"],
        ["Theme", "user", "\"dark\""],
        ["Language", "default", "null"],
        ["HistoryDays", "default", "30"],
    ] {
        assert!(rows.contains(&row.to_vec()), "{row:?}\n{all}");
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), text, "it is only read");

    let missing = home.path().join("missing.toml");
    let all = listed(&[settings[0], settings[1], missing.as_os_str()]).await;
    assert!(!all.contains("user"), "{all}");
    assert!(!missing.exists());
}

#[tokio::test]
async fn a_configuration_file_is_used_and_its_unknown_key_named_with_the_line() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("helix.toml");

    fs::write(&path, "device-name = \"Ana's desk\"\nlog = \"error\"\n").unwrap();
    let mut phone = start(&[OsStr::new("--config"), path.as_os_str()]);
    assert_eq!(phone.event("hello").await["device_name"], "Ana's desk");
    quit(phone, 0).await;

    fs::write(&path, "log = \"error\"\n\ncolour = \"blue\"\n").unwrap();
    let output = run_headless(&[Path::new("--config"), &path]).await;
    assert_refused(&output, "line 3");
    assert_refused(&output, "colour");
}

#[tokio::test]
async fn an_argument_comes_before_the_environment_and_that_before_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("helix.toml");
    // Each of the three is refused in words of its own, which tell which one was used.
    fs::write(&path, "sidecar = \"http://file.example\"\n").unwrap();
    let refused = async |arguments: &[&str], variable: &str, named: &str| {
        let mut command = headless(&["--config", path.to_str().unwrap()]);
        command.args(arguments).env("HELIX_SIDECAR_URL", variable);
        assert_refused(&output(command).await, named);
    };
    let argument = ["--sidecar", "http://argument.example"];
    refused(&argument, "http://variable.example", "argument.example").await;
    refused(&[], "http://variable.example", "variable.example").await;
    refused(&[], "", "file.example").await;
    refused(&[], "nowhere", "HELIX_SIDECAR_URL holds no address").await;
}

#[tokio::test]
async fn an_empty_environment_variable_counts_as_absent() {
    let mut command = headless(&["--log", "error"]);
    for name in [
        "HELIX_SIDECAR_URL",
        "HELIX_CA",
        "SIP_URI",
        "SIP_PASSWORD",
        "SIP_WS_SERVER",
    ] {
        command.env(name, "");
    }
    let mut phone = Process::start("the phone", &mut command);
    let view = phone.event("view").await;
    assert_eq!(view["view"]["account"]["state"], "not_configured", "{view}");
    quit(phone, 0).await;
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
        assert_refused(&output, "ca.pem cannot be used");
    }
}

#[tokio::test]
async fn wav_files_of_other_rates_are_taken_and_those_that_cannot_be_used_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("speech.wav");
    let capture = format!("wav:{}", path.display());

    for content in [
        None,
        Some(Vec::new()),
        Some(b"RIFF".to_vec()),
        Some(vec![0xff; 4096]),
    ] {
        if let Some(content) = content {
            fs::write(&path, content).unwrap();
        }
        let output = run_headless(&["--capture", &capture]).await;
        assert_refused(&output, "speech.wav");
    }

    fs::write(&path, wav(44_100, 2)).unwrap();
    let mut phone = start(&["--capture", &capture]);
    phone.event("hello").await;
    quit(phone, 0).await;
}

#[tokio::test]
async fn half_an_account_is_refused_and_its_missing_half_named() {
    let mut command = headless(&["--log", "error"]);
    command.env("SIP_URI", "sip:700201@lab.example");
    let output = output(command).await;
    assert_refused(&output, "SIP_PASSWORD and SIP_WS_SERVER missing");
}

#[tokio::test]
async fn an_account_that_cannot_be_used_is_refused_with_its_reason() {
    for (uri, server, reason) in [
        ("700201", "wss://127.0.0.1:9", "700201"),
        ("sip:700201@lab.example", "ws://127.0.0.1:9", "wss://"),
        ("sip:700201@lab.example", "nowhere", "nowhere"),
    ] {
        let mut command = headless(&["--log", "error"]);
        command
            .env("SIP_URI", uri)
            .env("SIP_PASSWORD", "canary")
            .env("SIP_WS_SERVER", server);
        let output = output(command).await;
        assert_refused(&output, reason);
        assert!(!words(&output).contains("canary"), "{}", words(&output));
    }
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
