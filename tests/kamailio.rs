//! Registration and calls through Kamailio, with JsSIP in Chromium as the other party.
//!
//! Needs Kamailio, Chromium, certutil, Node and espeak-ng: `cargo verify tests` installs them and runs this.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    time::Duration,
};

use lab::{Ca, Sound};
use serde_json::{Value, json};
use support::process::Process;
use tempfile::TempDir;
use tokio::{net::TcpStream, process::Command, time::timeout};

const PHONE_PASSWORD: &str = "phone-password-1";
const BROWSER_PASSWORD: &str = "browser-password-1";

#[tokio::test(flavor = "multi_thread")]
async fn calls_go_both_ways_and_are_hung_up_at_both_ends() {
    let world = World::start("MD5").await;
    let mut browser = world.browser().await;
    let mut phone = world.phone();
    phone.event("sip.registered").await;

    // The phone calls; both hear each other; the phone hangs up.
    phone
        .send(json!({"id": 1, "command": "dial", "target": "browser"}))
        .await;
    let call = reply(&mut phone, 1).await["call"].clone();
    assert_eq!(said(&mut browser, "incoming").await["from"], "700201");
    phone.event("call.ringing").await;
    browser.send(json!({"do": "answer"})).await;
    phone.event("call.connected").await;
    said(&mut browser, "confirmed").await;
    they_hear_each_other(&mut phone, &mut browser).await;
    browser.send(json!({"do": "statistics"})).await;
    let before = said(&mut browser, "statistics").await;
    assert_eq!(before["codec"], "audio/opus");

    // The browser restarts ICE, and the call goes on over the new path.
    browser.send(json!({"do": "restartIce"})).await;
    said(&mut browser, "changed").await;
    they_hear_each_other(&mut phone, &mut browser).await;
    browser.send(json!({"do": "statistics"})).await;
    let after = said(&mut browser, "statistics").await;
    assert!(before["ufrag"].is_string() && before["ufrag"] != after["ufrag"]);
    assert!(after["packets"].as_u64().unwrap() > before["packets"].as_u64().unwrap() + 20);

    // Hold and resume from both sides, digits both ways.
    phone
        .send(json!({"id": 2, "command": "hold", "call": call}))
        .await;
    phone.event("call.held").await;
    assert_eq!(said(&mut browser, "hold").await["by"], "remote");
    phone
        .send(json!({"id": 3, "command": "resume", "call": call}))
        .await;
    phone.event("call.resumed").await;
    said(&mut browser, "unhold").await;
    browser.send(json!({"do": "hold"})).await;
    assert_eq!(phone.event("call.held_by_peer").await["held"], true);
    said(&mut browser, "changed").await;
    browser.send(json!({"do": "unhold"})).await;
    assert_eq!(phone.event("call.held_by_peer").await["held"], false);
    said(&mut browser, "changed").await;
    browser.send(json!({"do": "dtmf", "tones": "15#"})).await;
    for digit in ["1", "5", "#"] {
        assert_eq!(phone.event("media.dtmf").await["digit"], digit);
    }
    they_hear_each_other(&mut phone, &mut browser).await;
    phone
        .send(json!({"id": 4, "command": "hang_up", "call": call}))
        .await;
    assert_eq!(phone.event("call.ended").await["cause"]["code"], "local");
    assert_eq!(said(&mut browser, "ended").await["by"], "remote");

    // The browser calls and hangs up.
    browser
        .send(json!({"do": "call", "to": "sip:700201@sip.example"}))
        .await;
    let call = phone.event("call.incoming").await["call"].clone();
    phone
        .send(json!({"id": 5, "command": "answer", "call": call}))
        .await;
    phone.event("call.connected").await;
    said(&mut browser, "confirmed").await;
    they_hear_each_other(&mut phone, &mut browser).await;
    browser.send(json!({"do": "hangUp"})).await;
    assert_eq!(phone.event("call.ended").await["cause"]["code"], "remote");

    // Declined, cancelled, not there.
    browser
        .send(json!({"do": "call", "to": "sip:700201@sip.example"}))
        .await;
    let call = phone.event("call.incoming").await["call"].clone();
    phone
        .send(json!({"id": 6, "command": "hang_up", "call": call}))
        .await;
    assert_eq!(said(&mut browser, "failed").await["status"], 486);
    phone
        .send(json!({"id": 7, "command": "dial", "target": "browser"}))
        .await;
    let call = reply(&mut phone, 7).await["call"].clone();
    phone.event("call.ringing").await;
    phone
        .send(json!({"id": 8, "command": "hang_up", "call": call}))
        .await;
    said(&mut browser, "failed").await;
    phone
        .send(json!({"id": 9, "command": "dial", "target": "nobody"}))
        .await;
    assert_eq!(
        phone
            .until("end of the third call", |it| {
                it["type"] == "call.ended" && it["cause"]["code"] == "not_found"
            })
            .await["cause"]["status"],
        404
    );

    phone.send(json!({"id": 10, "command": "quit"})).await;
    assert_eq!(phone.ended().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registrar_that_asks_for_sha_256_is_answered_with_it() {
    let world = World::start("SHA-256").await;
    let mut phone = world.phone();
    phone.event("sip.registered").await;
    phone.send(json!({"command": "quit"})).await;
    phone.event("sip.unregistered").await;
    assert_eq!(phone.ended().await, Some(0));
}

async fn they_hear_each_other(phone: &mut Process, browser: &mut Process) {
    // The phone plays 440 Hz, the browser speaks.
    browser.send(json!({"do": "listen"})).await;
    let heard = said(browser, "heard").await;
    let hz = heard["hz"].as_f64().unwrap();
    assert!((435.0..445.0).contains(&hz), "the browser hears {heard}");
    phone
        .until("sound above -45 dBFS", |it| {
            it["type"] == "media.quality"
                && it["playback_level_dbfs"].as_f64().unwrap_or(-127.0) > -45.0
        })
        .await;
}

async fn said(browser: &mut Process, event: &str) -> Value {
    browser.until(event, |it| it["event"] == event).await
}

async fn reply(phone: &mut Process, id: u64) -> Value {
    let reply = phone.until("reply", |it| it["reply_to"] == id).await;
    assert_eq!(reply["ok"], true, "{reply}");
    reply
}

/// Its main process, which ends all of its workers when it is asked to end.
struct Kamailio(Child);

impl Drop for Kamailio {
    fn drop(&mut self) {
        let asked = std::process::Command::new("sh")
            .args(["-c", &format!("kill -TERM {}", self.0.id())])
            .status();
        if asked.is_ok_and(|it| it.success()) {
            let _ = self.0.wait();
        }
    }
}

/// Kamailio on a free port of loopback, with what its clients need.
struct World {
    directory: TempDir,
    port: u16,
    _kamailio: Kamailio,
}

impl World {
    async fn start(algorithm: &str) -> Self {
        let directory = TempDir::new().unwrap();
        let path = directory.path();
        let ca = Ca::new().unwrap();
        ca.write(path).unwrap();
        ca.write_server(path).unwrap();
        fs::write(
            path.join("tls.cfg"),
            format!(
                "[server:default]\nmethod = TLSv1.2+\nverify_certificate = no\nrequire_certificate = no\n\
                 private_key = {0}/server.key\ncertificate = {0}/server.pem\n",
                path.display()
            ),
        )
        .unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let config = fs::read_to_string(peers().join("kamailio.cfg"))
            .unwrap()
            .replace("PORT", &port.to_string())
            .replace("DIR", &path.display().to_string())
            .replace("ALGORITHM", algorithm)
            .replace("PASSWORD_700201", PHONE_PASSWORD)
            .replace("PASSWORD_browser", BROWSER_PASSWORD);
        fs::write(path.join("kamailio.cfg"), config).unwrap();
        let log = fs::File::create(path.join("kamailio.log")).unwrap();
        let kamailio = std::process::Command::new("kamailio")
            .args(["-DD", "-E", "-m", "64", "-M", "8", "-w"])
            .arg(path)
            .arg("-Y")
            .arg(path)
            .arg("-P")
            .arg(path.join("kamailio.pid"))
            .arg("-f")
            .arg(path.join("kamailio.cfg"))
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("kamailio starts");
        let world = Self {
            directory,
            port,
            _kamailio: Kamailio(kamailio),
        };
        world.await_port().await;
        world
    }

    async fn await_port(&self) {
        let open = async {
            while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
                tokio::task::yield_now().await;
            }
        };
        if timeout(Duration::from_secs(20), open).await.is_err() {
            let log =
                fs::read_to_string(self.directory.path().join("kamailio.log")).unwrap_or_default();
            panic!("Kamailio does not listen:\n{log}");
        }
    }

    /// The fallback account: no sidecar is needed here.
    fn phone(&self) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_helix-phone"));
        command
            .args([
                "--headless",
                "--capture",
                "tone:440",
                "--playback",
                "discard",
                "--ca",
            ])
            .arg(self.directory.path().join("ca.pem"))
            .env("SIP_URI", "sip:700201@sip.example")
            .env("SIP_PASSWORD", PHONE_PASSWORD)
            .env("SIP_WS_SERVER", format!("wss://127.0.0.1:{}", self.port));
        Process::start("phone", &mut command)
    }

    async fn browser(&self) -> Process {
        let home = self.directory.path();
        let microphone = home.join("speech.wav");
        let text = "The quick brown fox jumps over the lazy dog, again and again, without a pause.";
        let spoken = std::process::Command::new("espeak-ng")
            .arg("-w")
            .arg(&microphone)
            .arg(text)
            .status();
        assert!(spoken.expect("espeak-ng starts").success());
        assert!(Sound::read(&microphone).unwrap().duration() > Duration::from_secs(2));
        self.trust_ca(home);
        let mut command = Command::new("node");
        command
            .arg(peers().join("browser.mjs"))
            .arg("/usr/bin/chromium")
            .arg(home)
            .arg(&microphone);
        let mut browser = Process::start("browser", &mut command);
        said(&mut browser, "ready").await;
        browser
            .send(json!({
                "do": "register",
                "url": format!("wss://127.0.0.1:{}", self.port),
                "uri": "sip:browser@sip.example",
                "password": BROWSER_PASSWORD,
            }))
            .await;
        said(&mut browser, "registered").await;
        browser
    }

    /// Chromium reads `$HOME/.pki/nssdb`.
    fn trust_ca(&self, home: &Path) {
        let database = home.join(".pki/nssdb");
        fs::create_dir_all(&database).unwrap();
        let database = format!("sql:{}", database.display());
        let certutil = |arguments: &[&str]| {
            let status = std::process::Command::new("certutil")
                .args(arguments)
                .status();
            assert!(status.expect("certutil starts").success());
        };
        certutil(&["-N", "-d", &database, "--empty-password"]);
        let ca = home.join("ca.pem");
        certutil(&[
            "-A",
            "-d",
            &database,
            "-n",
            "lab",
            "-t",
            "C,,",
            "-i",
            &ca.display().to_string(),
        ]);
    }
}

fn peers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers")
}
