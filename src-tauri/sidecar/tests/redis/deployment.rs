//! What `compose.yaml` puts together, with the programs of this machine: the secrets that are made for it, Redis with their only user, and
//! the proxy in front of two sidecars.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use reqwest::Client;
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::certificates::{trusting, write};
use crate::instance::Instance;
use crate::server::{RedisServer, free_port};
use crate::side_by_side::until_served;
use crate::world::{DEADLINE, Device, client, send};

const ANA: &str = "ana@helix.example";

/// Of two servers in turn: often enough that a call comes just as one stops.
const RESTARTS: u64 = 6;

#[test]
fn secrets_are_made_once_and_are_their_folders_owners_alone() {
    let folder = TempDir::new().unwrap();
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    let complaints = make_secrets(&one);
    for file in ["sidecar.toml", "tls.pem"] {
        assert!(complaints.contains(file), "{complaints}");
    }
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&one), 0o700);
    let made = ["jwt-secret", "redis-url", "users.acl"];
    let read = |folder: &Path| made.map(|name| fs::read_to_string(folder.join(name)).unwrap());
    let first = read(&one);
    make_secrets(&one);
    assert_eq!(read(&one), first);
    make_secrets(&other);
    for (one, other) in first.iter().zip(read(&other)) {
        assert_ne!(*one, other);
    }
    let [jwt_secret, url, users] = first;
    assert_eq!(jwt_secret.len(), 64);
    let password = url.split([':', '@']).nth(2).unwrap();
    assert_eq!(password.len(), 64, "{url}");
    // Redis knows the hash alone.
    assert!(!users.contains(password));
}

#[test]
fn the_user_of_redis_has_the_rights_that_the_readme_names() {
    let readme = include_str!("../../README.md");
    let rights = readme
        .split_once("these rights and no others:")
        .and_then(|(_, rest)| rest.split('`').nth(1))
        .unwrap();
    let rights: Vec<_> = rights.split_whitespace().collect();
    let users = include_str!("../../deploy/users.acl");
    let user = users.lines().find_map(|line| {
        line.strip_prefix("user sidecar on #PASSWORD_HASH resetkeys resetchannels -@all ")
    });
    assert_eq!(user.unwrap().split_whitespace().collect::<Vec<_>>(), rights);
}

#[tokio::test]
async fn s19_the_redis_of_the_containers_knows_its_sidecars_alone_and_keeps_their_sessions() {
    let containers = Containers::new();
    let redis = containers.redis();
    let sidecar = containers.sidecar().await;
    let (desk, laptop) = (sidecar.device("desk"), sidecar.device("laptop"));
    let login = desk.login(ANA).await.expect(201);
    laptop.login(ANA).await.expect(409);
    for arguments in [
        &["CONFIG", "GET", "*"][..],
        &["FLUSHALL"],
        &["KEYS", "*"],
        &["ACL", "LIST"],
        &["GET", "something-else"],
    ] {
        let (as_nobody, as_sidecar) = (
            containers.command(None, arguments),
            containers.command(Some(&containers.password()), arguments),
        );
        assert!(
            as_nobody.starts_with("NOAUTH"),
            "{arguments:?}: {as_nobody}"
        );
        assert!(
            as_sidecar.starts_with("NOPERM"),
            "{arguments:?}: {as_sidecar}"
        );
    }
    // What asks whether it is there, in compose.yaml.
    assert!(containers.command(None, &["PING"]).contains("NOAUTH"));

    // It is written down within a second, and at once by a server that is told to stop.
    redis.stop();
    desk.beat(login.access_token()).await.expect(503);
    let _redis = containers.redis();
    let beat = until_served(async || desk.beat(login.access_token()).await).await;
    beat.expect(201);
    desk.refresh(login.refresh_token()).await.expect(201);
    laptop.login(ANA).await.expect(409);
}

#[tokio::test]
async fn behind_the_proxy_a_sidecar_that_dies_is_not_missed() {
    let redis = RedisServer::start();
    let settings = "trusted_proxies = [\"127.0.0.1\"]\n[settings.login_limits]\naddress_burst = 2\naddress_refill_seconds = 3600";
    let (one, other) = (
        Instance::with(&redis.url(), settings).await,
        Instance::with(&redis.url(), settings).await,
    );
    let proxy = Proxy::start(&[&one.url, &other.url]);
    let (desk, laptop) = (proxy.device("desk"), proxy.device("laptop"));
    proxy.until_it_serves().await;
    let login = desk.login(ANA).await.expect(201);
    let token = login.access_token();
    laptop.login(ANA).await.expect(409);
    let ready = send(proxy.client.get(format!("{}/readyz", proxy.url))).await;
    ready.expect(200);
    // The counters are for those who run the servers.
    let metrics = proxy.client.get(format!("{}/metrics", proxy.url)).send();
    assert_eq!(metrics.await.unwrap().status(), 404);

    // Each of these begins at the next server.
    one.kill().await;
    for _ in 0..20 {
        desk.beat(token).await.expect(201);
        laptop.login(ANA).await.expect(409);
    }

    // Where a caller says to come from is nothing to go by.
    for (n, status) in [(1, 401), (2, 401), (3, 429)] {
        let body = json!({"email": format!("guess-{n}@helix.example"), "password": "wrong"});
        let request = laptop.post("/auth/login").json(&body);
        let request = request.header("x-forwarded-for", format!("203.0.113.{n}"));
        send(request).await.expect(status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sidecars_that_are_restarted_one_after_the_other_are_not_missed() {
    let redis = RedisServer::start();
    let settings = "trusted_proxies = [\"127.0.0.1\"]";
    let mut sidecars = Vec::new();
    for _ in 0..2 {
        sidecars.push(Instance::with(&redis.url(), settings).await);
    }
    let proxy = Proxy::start(&[&sidecars[0].url, &sidecars[1].url]);
    proxy.until_it_serves().await;
    let (desk, laptop) = (proxy.device("desk"), proxy.device("laptop"));
    let login = desk.login(ANA).await.expect(201);
    let token = login.access_token().to_owned();
    let office = Office::open(&proxy, &desk, &token).await;
    for _ in 0..RESTARTS {
        let rest = office.until_more_is_done();
        let restarted = sidecars.remove(0).restart(&redis.url(), rest).await;
        sidecars.push(restarted);
        // The proxy sends it calls again.
        let beats = async { while beats_served(&sidecars[1]).await == 0 {} };
        tokio::time::timeout(DEADLINE, beats).await.unwrap();
        // Who listens hears of what comes now, wherever the stream has ended.
        let ask = laptop.ask(ANA).await.expect(202);
        office.until_told("waiting").await;
        laptop.withdraw(ask.ticket()).await;
        office.until_told("").await;
    }
    let streams = office.close().await.streams;
    // Each stop but perhaps the first was that of the server with the stream: the other one had just stopped.
    assert!(streams >= RESTARTS, "{streams}");
    // Nobody has lost their session.
    desk.beat(&token).await.expect(201);
    desk.refresh(login.refresh_token()).await.expect(201);
    laptop.login(ANA).await.expect(409);
    redis.assert_every_key_expires();
}

/// Returns how many heartbeats a sidecar has answered since it was started.
async fn beats_served(sidecar: &Instance) -> u64 {
    let metrics = client().get(format!("{}/metrics", sidecar.url)).send();
    let metrics = metrics.await.unwrap().text().await.unwrap();
    let lines = metrics
        .lines()
        .filter(|line| line.starts_with("helix_sidecar_answers_total{path=\"/auth/heartbeat\""));
    let counts = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
    counts.sum()
}

/// Phones behind a proxy, none of whose calls may fail: Ana beats and listens, Ravi signs in, beats, renews his tokens and signs out, again and
/// again, and Mira renews hers.
struct Office {
    done: watch::Sender<Done>,
    phones: JoinSet<()>,
}

/// What they have done so far.
#[derive(Debug, Clone, Default)]
struct Done {
    beats: u64,
    /// Times that Ravi was signed in.
    stays: u64,
    refreshes: u64,
    /// Streams of events that were opened.
    streams: u64,
    /// How the request for Ana's session stands, as she was told.
    told: String,
    is_over: bool,
}

impl Office {
    async fn open(proxy: &Proxy, ana: &Device, token: &str) -> Self {
        let done = watch::Sender::new(Done::default());
        let mut phones = JoinSet::new();
        let (beating, counts, token) = (ana.clone(), done.clone(), token.to_owned());
        let beaten = token.clone();
        phones.spawn(async move {
            while !counts.borrow().is_over {
                beating.beat(&beaten).await.expect(201);
                counts.send_modify(|it| it.beats += 1);
            }
        });
        let (ravi, counts) = (proxy.device("ravi"), done.clone());
        phones.spawn(async move {
            while !counts.borrow().is_over {
                let login = ravi.login("ravi@helix.example").await.expect(201);
                ravi.beat(login.access_token()).await.expect(201);
                let next = ravi.refresh(login.refresh_token()).await.expect(201);
                let logout = ravi.logout(next.access_token()).await.expect(201);
                assert_eq!(logout.body["released"], true);
                counts.send_modify(|it| it.stays += 1);
            }
        });
        let (mira, counts) = (proxy.device("mira"), done.clone());
        let mut session = mira.login("mira@helix.example").await.expect(201);
        phones.spawn(async move {
            while !counts.borrow().is_over {
                session = mira.refresh(session.refresh_token()).await.expect(201);
                counts.send_modify(|it| it.refreshes += 1);
            }
        });
        let (listening, counts) = (ana.clone(), done.clone());
        phones.spawn(async move {
            let mut over = counts.subscribe();
            tokio::select! {
                () = listen(&listening, &token, &counts) => {}
                _ = over.wait_for(|it| it.is_over) => {}
            }
        });
        Self { done, phones }
    }

    /// Waits until Ana is told that the request for her session stands so; empty: there is none.
    async fn until_told(&self, state: &str) {
        let mut done = self.done.subscribe();
        let told = done.wait_for(|it| it.streams > 0 && it.told == state);
        tokio::time::timeout(DEADLINE, told).await.unwrap().unwrap();
    }

    /// Waits until each of them has done something more, many times.
    async fn until_more_is_done(&self) {
        let (mut done, before) = (self.done.subscribe(), self.done.borrow().clone());
        let more = done.wait_for(|it| {
            it.beats >= before.beats + 100
                && it.stays >= before.stays + 10
                && it.refreshes >= before.refreshes + 100
        });
        tokio::time::timeout(DEADLINE, more).await.unwrap().unwrap();
    }

    /// Has all of them stop, and returns what they have done.
    async fn close(self) -> Done {
        self.done.send_modify(|it| it.is_over = true);
        self.phones.join_all().await;
        self.done.borrow().clone()
    }
}

/// Listens to events, and again where the stream has ended as it should.
async fn listen(device: &Device, token: &str, done: &watch::Sender<Done>) {
    let mut last = None;
    loop {
        let events = device.try_listen_after(token, last.as_deref());
        let Some(mut events) = events.await else {
            continue;
        };
        done.send_modify(|it| it.streams += 1);
        while let Some(event) = events.next().await {
            assert_eq!(event.name, "takeover", "{event:?}");
            let state = event.data["request"]["state"].as_str().unwrap_or_default();
            done.send_modify(|it| state.clone_into(&mut it.told));
            last = Some(event.id);
        }
    }
}

/// Runs the script as README.md says, and returns what it complains of.
fn make_secrets(folder: &Path) -> String {
    let made = Command::new("sh")
        .arg(deploy().join("make-secrets"))
        .arg(folder)
        .output()
        .unwrap();
    let complaints = String::from_utf8(made.stderr).unwrap();
    assert!(made.status.success(), "{complaints}");
    complaints
}

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy")
}

/// The secrets, and where Redis is.
struct Containers {
    folder: TempDir,
    port: u16,
}

struct Redis(Child);

impl Containers {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        make_secrets(folder.path());
        let port = free_port();
        let url = folder.path().join("redis-url");
        let here = fs::read_to_string(&url).unwrap();
        let here = here.replace("@redis:6379", &format!("@127.0.0.1:{port}"));
        fs::write(url, here).unwrap();
        Self { folder, port }
    }

    /// Starts it with the configuration of the containers, but for where things lie.
    fn redis(&self) -> Redis {
        let (folder, data) = (self.folder.path(), self.folder.path().join("data"));
        fs::create_dir_all(&data).unwrap();
        let text = fs::read_to_string(deploy().join("redis.conf")).unwrap();
        let text = text
            .replace("/run/secrets", &folder.display().to_string())
            .replace("dir /data", &format!("dir {}", data.display()));
        let file = folder.join("redis.conf");
        fs::write(&file, text).unwrap();
        let process = Command::new("redis-server")
            .arg(file)
            .args(["--bind", "127.0.0.1", "--port", &self.port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Redis(process)
    }

    async fn sidecar(&self) -> Instance {
        let (url, folder) = (self.folder.path().join("redis-url"), self.folder.path());
        let sidecar = Instance::begin("", "", |command| {
            command
                .env_remove("REDIS_URL")
                .env_remove("HELIX_JWT_SECRET")
                .env("REDIS_URL_FILE", &url)
                .env("HELIX_JWT_SECRET_FILE", folder.join("jwt-secret"));
        })
        .await;
        until_served(async || sidecar.get("/readyz").await).await;
        sidecar
    }

    fn password(&self) -> String {
        let url = fs::read_to_string(self.folder.path().join("redis-url")).unwrap();
        url.split([':', '@']).nth(2).unwrap().to_owned()
    }

    fn command(&self, password: Option<&str>, words: &[&str]) -> String {
        let mut cli = Command::new("redis-cli");
        cli.args(["-h", "127.0.0.1", "-p", &self.port.to_string()]);
        if let Some(password) = password {
            cli.args(["--user", "sidecar"])
                .env("REDISCLI_AUTH", password);
        }
        let output = cli.args(words).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Redis {
    fn stop(mut self) {
        let id = self.0.id();
        let kill = Command::new("kill").arg(id.to_string()).status();
        assert!(kill.unwrap().success());
        self.0.wait().unwrap();
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// HAProxy with the configuration of the containers, but for where things lie.
struct Proxy {
    url: String,
    client: Client,
    process: Child,
    _folder: TempDir,
}

impl Proxy {
    fn start(sidecars: &[&str; 2]) -> Self {
        let folder = TempDir::new().unwrap();
        let authority = write(folder.path(), "authority");
        let [certificate, key] = [".pem", ".key"].map(|ending| {
            fs::read_to_string(folder.path().join(format!("authority-server{ending}"))).unwrap()
        });
        let pem = folder.path().join("tls.pem");
        fs::write(&pem, certificate + &key).unwrap();
        let port = free_port();
        let mut text = fs::read_to_string(deploy().join("haproxy.cfg")).unwrap();
        for (there, here) in [
            ("bind :8443", format!("bind 127.0.0.1:{port}")),
            ("/run/secrets/tls.pem", pem.display().to_string()),
            ("one.inside:4100", sidecars[0].replace("http://", "")),
            ("two.inside:4100", sidecars[1].replace("http://", "")),
        ] {
            assert!(text.contains(there), "{there}");
            text = text.replace(there, &here);
        }
        let file = folder.path().join("haproxy.cfg");
        fs::write(&file, text).unwrap();
        let process = Command::new("/usr/sbin/haproxy")
            .args(["-db", "-q", "-f"])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            url: format!("https://localhost:{port}"),
            client: trusting(&authority),
            process,
            _folder: folder,
        }
    }

    fn device(&self, name: &str) -> Device {
        Device::with(self.client.clone(), &self.url, name)
    }

    /// Waits until it listens.
    async fn until_it_serves(&self) {
        let serving = async {
            let ready = || self.client.get(format!("{}/healthz", self.url)).send();
            while !ready().await.is_ok_and(|answer| answer.status() == 200) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(DEADLINE, serving).await.unwrap();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
