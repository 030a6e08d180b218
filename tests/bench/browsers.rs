//! Two Chromiums in a call, each at its own microphone and speaker, by way of `tests/peers/browser.mjs`.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::{
    chirps::{ANA, Desk, RAVI},
    cost::Program,
    support::{
        office::{Office, SIP_PASSWORDS},
        process::Process,
    },
};

/// Ana and Ravi, who talk.
pub struct Browsers {
    ana: Browser,
    ravi: Browser,
}

/// A browser whose page is registered with JsSIP.
pub struct Browser {
    process: Process,
    _home: TempDir,
}

impl Browsers {
    /// Joins the pages; Opus, 20 ms in a packet.
    pub async fn in_call(office: &Office, is_processed: bool) -> Self {
        let mut ana = Browser::registered(office, "ana", "700201", SIP_PASSWORDS[0], ANA).await;
        let mut ravi = Browser::registered(office, "ravi", "700202", SIP_PASSWORDS[1], RAVI).await;
        ana.send(json!({"do": "offerPlain", "processing": is_processed}))
            .await;
        let offer = ana.said("description").await["sdp"].clone();
        ravi.send(json!({"do": "answerPlain", "processing": is_processed, "sdp": offer}))
            .await;
        let answer = ravi.said("description").await["sdp"].clone();
        ana.send(json!({"do": "applyPlain", "sdp": answer})).await;
        let connected = |it: &Value| it["event"] == "connection" && it["state"] == "connected";
        for browser in [&mut ana, &mut ravi] {
            browser.process.until("connection", connected).await;
        }
        Self { ana, ravi }
    }

    pub fn program(&self) -> Program {
        self.ana.program()
    }

    pub async fn end(self) {
        for mut browser in [self.ana, self.ravi] {
            browser.send(json!({"do": "endPlain"})).await;
            browser.said("closed").await;
            browser.quit().await;
        }
    }
}

impl Browser {
    pub async fn registered(
        office: &Office,
        name: &'static str,
        extension: &str,
        password: &str,
        desk: Desk,
    ) -> Self {
        let home = TempDir::new().unwrap();
        let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers");
        let mut command = Command::new("node");
        command
            .arg(peers.join("browser.mjs"))
            .arg("/usr/bin/chromium")
            .arg(home.path())
            .args(["system", "--ignore-certificate-errors"])
            .env("PULSE_SOURCE", desk.microphone)
            .env("PULSE_SINK", desk.speaker)
            .stderr(std::process::Stdio::null());
        let mut browser = Self {
            process: Process::start(name, &mut command),
            _home: home,
        };
        browser.said("ready").await;
        browser
            .send(json!({
                "do": "register",
                "url": office.world.wss_url(),
                "uri": office.world.sip_uri(extension),
                "password": password,
            }))
            .await;
        browser.said("registered").await;
        browser
    }

    pub fn program(&self) -> Program {
        Program::descendants(self.process.id(), "chromium")
    }

    /// Returns when its page had painted its first contents, in ms since 1970.
    pub async fn painted(&mut self) -> f64 {
        self.send(json!({"do": "painted"})).await;
        self.said("painted").await["at"].as_f64().unwrap()
    }

    pub async fn quit(mut self) {
        self.send(json!({"do": "quit"})).await;
        assert_eq!(self.process.ended().await, Some(0));
    }

    async fn send(&mut self, command: Value) {
        self.process.send(command).await;
    }

    async fn said(&mut self, event: &str) -> Value {
        self.process.until(event, |it| it["event"] == event).await
    }
}
