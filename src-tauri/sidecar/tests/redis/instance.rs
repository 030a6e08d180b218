//! Sidecars as real processes, which share a Redis and can be killed.

use std::path::Path;
use std::process::Stdio;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::side_by_side::until_served;
use crate::stand_in::platform::{API_KEY, ORIGIN, Platform};
use crate::world::{Answer, DEADLINE, Device, JWT_SECRET, client, config_text, send};

pub(crate) struct Instance {
    pub(crate) url: String,
    process: Child,
    folder: TempDir,
}

/// What its configuration is called, in its own folder.
const CONFIG: &str = "sidecar.toml";

impl Instance {
    /// Starts a sidecar at this Redis.
    pub(crate) async fn start(redis_url: &str) -> Self {
        Self::with(redis_url, "").await
    }

    /// Starts two of them.
    pub(crate) async fn two(redis_url: &str) -> (Self, Self) {
        (Self::start(redis_url).await, Self::start(redis_url).await)
    }

    /// Starts a sidecar at this Redis with further settings, and waits until it is connected.
    pub(crate) async fn with(redis_url: &str, settings: &str) -> Self {
        let sidecar = Self::begin(redis_url, settings, |_| {}).await;
        until_served(async || sidecar.get("/readyz").await).await;
        sidecar
    }

    /// Starts a sidecar at this Redis that trusts the authority in this file and no other.
    pub(crate) async fn trusting(redis_url: &str, authority: &Path) -> Self {
        Self::trusting_with(redis_url, authority, "").await
    }

    /// The same with further settings.
    pub(crate) async fn trusting_with(redis_url: &str, authority: &Path, settings: &str) -> Self {
        Self::begin(redis_url, settings, |command| {
            command.env("SSL_CERT_FILE", authority);
        })
        .await
    }

    /// Starts a sidecar at this Redis with this configuration, and waits until it is connected.
    pub(crate) async fn configured(redis_url: &str, config: &str) -> Self {
        let sidecar = Self::run(redis_url, config, |_| {}).await;
        until_served(async || sidecar.get("/readyz").await).await;
        sidecar
    }

    /// Starts a sidecar at this Redis whose users are those of a platform.
    pub(crate) async fn at_platform(redis_url: &str, served: &Platform) -> Self {
        Self::at_platform_and(redis_url, served, &[]).await
    }

    /// The same with these variables of the environment beside them.
    pub(crate) async fn at_platform_and(
        redis_url: &str,
        served: &Platform,
        more: &[(&str, &str)],
    ) -> Self {
        let sidecar = Self::run(redis_url, "[settings]\n", |command| {
            command
                .env("PLATFORM_URL", &served.url)
                .env("PLATFORM_ORIGIN", ORIGIN)
                .env("PLATFORM_API_KEY", API_KEY)
                .env("SIP_DOMAIN", "sip.example")
                .env("SIP_WS_SERVER", "wss://sip.example:444")
                .envs(more.iter().copied());
        })
        .await;
        until_served(async || sidecar.get("/readyz").await).await;
        sidecar
    }

    /// Starts a sidecar whose command is changed before.
    pub(crate) async fn begin(
        redis_url: &str,
        settings: &str,
        change: impl FnOnce(&mut Command),
    ) -> Self {
        Self::run(redis_url, &config_text(settings), change).await
    }

    async fn run(redis_url: &str, text: &str, change: impl FnOnce(&mut Command)) -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join(CONFIG), text).unwrap();
        Self::spawn(folder, "127.0.0.1:0", redis_url, change).await
    }

    async fn spawn(
        folder: TempDir,
        listen: &str,
        redis_url: &str,
        change: impl FnOnce(&mut Command),
    ) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_helix-sidecar"));
        command
            .args(["serve", "--listen", listen, "--config"])
            .arg(folder.path().join(CONFIG))
            .env("HELIX_JWT_SECRET", JWT_SECRET)
            .env("REDIS_URL", redis_url)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        change(&mut command);
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = timeout(DEADLINE, lines.next_line()).await.unwrap();
        let line = line.unwrap().expect("it tells its address");
        let url = line.strip_prefix("listening on ").unwrap().to_owned();
        Self {
            url,
            process,
            folder,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(client().get(format!("{}{path}", self.url))).await
    }

    pub(crate) fn device(&self, name: &str) -> Device {
        Device::at(&self.url, name)
    }

    /// Has it hear everything and answer nothing (`STOP`), or go on (`CONT`).
    pub(crate) fn signal(&self, name: &str) {
        let id = self.process.id().expect("it runs");
        let status = std::process::Command::new("sh")
            .args(["-c", &format!("kill -{name} {id}")])
            .status();
        assert!(status.expect("sh starts").success());
    }

    /// Has it end as it should: once what it has begun is done.
    pub(crate) async fn stop(mut self) {
        self.end().await;
    }

    /// Has it end as it should, and once `rest` is over starts another one in its place: at its address, with its configuration.
    pub(crate) async fn restart(mut self, redis_url: &str, rest: impl Future<Output = ()>) -> Self {
        self.end().await;
        rest.await;
        let listen = self.url.strip_prefix("http://").unwrap();
        Self::spawn(self.folder, listen, redis_url, |_| {}).await
    }

    async fn end(&mut self) {
        self.signal("TERM");
        let ended = timeout(DEADLINE, self.process.wait()).await;
        assert!(ended.unwrap().unwrap().success());
    }

    /// Ends it as a crash does.
    pub(crate) async fn kill(mut self) {
        self.process.kill().await.unwrap();
    }
}
