//! What the program itself writes: its log as JSON on standard error, at every level, and what it says of a configuration.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Stdio;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::stand_in::ozonetel::{self, Mode, Ozonetel, USER_NAME, password_of};
use crate::stand_in::platform::{self, Fault, ORIGIN, Platform};
use crate::world::{Answer, DEADLINE, Device, JWT_SECRET, send};

const ANA: &str = "ana@helix.example";
const REDIS_PASSWORD: &str = "a-password-of-redis";
const SENTINEL_PASSWORD: &str = "a-password-of-the-sentinels";
const MISTYPED: &str = "a-mistyped-password";
const IN_A_FILE: &str = "a-secret-in-a-file";

#[tokio::test]
async fn the_log_as_json_tells_what_happened_and_no_secret() {
    let (platform, account) = (Platform::start().await, Ozonetel::start(Mode::Token).await);
    let program = Program::start(&platform, &account, None).await;
    let (desk, laptop) = (program.device("desk"), program.device("laptop"));
    sign_in(&desk, ANA, MISTYPED).await.expect(401);
    sign_in(&desk, "tess@helix.example", platform::PASSWORD)
        .await
        .expect(403);
    let internal = Fault::ErrorBesideData("INTERNAL_SERVER_ERROR");
    platform.with(|world| world.faults = [("currentUser", internal)].into());
    sign_in(&desk, ANA, platform::PASSWORD).await.expect(503);
    platform.with(|world| world.faults.clear());
    let first = sign_in(&desk, ANA, platform::PASSWORD).await.expect(201);
    sign_in(&laptop, ANA, platform::PASSWORD).await.expect(409);
    let second = desk.refresh(first.refresh_token()).await.expect(201);
    desk.beat(second.access_token()).await.expect(201);
    desk.beat("no-token").await.expect(401);

    let order = async |call: &str, body: Value, status: u16| {
        let request = desk.post(&format!("/api/ozonetel/{call}")).json(&body);
        let answer = send(request.bearer_auth(second.access_token())).await;
        answer.expect(status);
    };
    order("agent-ready", json!({}), 201).await;
    account.with(|world| {
        world.kill_token();
        world.calls.entry("9".to_owned()).or_default();
    });
    order("agent-ready", json!({}), 201).await;
    // The key of the account is in the address of this one.
    order("recording", json!({"ucid": "9", "action": "pause"}), 201).await;
    account.with(|world| world.fault = Some(ozonetel::Fault::Body("<html>")));
    order("agent-ready", json!({}), 503).await;
    account.with(|world| world.fault = None);

    let taken = json!({"email": ANA, "password": platform::PASSWORD, "takeover": true});
    let third = laptop.login_with(taken).await.expect(201);
    desk.beat(second.access_token()).await.expect(409);
    platform.with(|world| world.revoke_all());
    laptop.refresh(third.refresh_token()).await.expect(401);

    let log = program.stop().await;
    for message in [
        "listening",
        "login refused: wrong e-mail or password",
        "login refused: a second factor is wanted",
        "the platform does not answer",
        "signed in",
        "login refused: the lock is held",
        "a token of the account is refused",
        "Ozonetel does not answer",
        "took the lock over",
        "the platform renews a sign-in no more",
        "SIGTERM: stopping",
        "stopped",
    ] {
        assert!(log.has(message), "{message}\n{}", log.0);
    }
    let mut secrets = secrets();
    for answer in [&first, &second, &third] {
        secrets.push(answer.access_token().to_owned());
        secrets.push(answer.refresh_token().to_owned());
    }
    assert_none(&secrets, &log.0);
}

#[tokio::test]
async fn of_a_redis_that_cannot_be_reached_no_password_is_told() {
    let (platform, account) = (Platform::start().await, Ozonetel::start(Mode::Token).await);
    // Nobody listens there.
    for address in [
        format!("redis://helix:{REDIS_PASSWORD}@127.0.0.1:1/0"),
        format!("rediss://:{REDIS_PASSWORD}@127.0.0.1:1"),
        format!("unix:///nonexistent/redis.sock?user=helix&pass={REDIS_PASSWORD}"),
        format!(
            "redis-sentinel://helix:{REDIS_PASSWORD}@127.0.0.1:1/mymaster\
             ?sentinel_password={SENTINEL_PASSWORD}"
        ),
        format!("redis-cluster://helix:{REDIS_PASSWORD}@127.0.0.1:1"),
    ] {
        let program = Program::start(&platform, &account, Some(&address)).await;
        let refused = sign_in(&program.device("desk"), ANA, platform::PASSWORD).await;
        let told = refused.expect(503).body.to_string();
        program.until_told("Redis cannot be reached").await;
        let log = program.stop().await;
        assert!(log.has("login refused: no session store"), "{}", log.0);
        assert_none(&secrets(), &log.0);
        assert_none(&secrets(), &told);
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_configuration_is_told_without_its_secrets() {
    let (platform, account) = (Platform::start().await, Ozonetel::start(Mode::Token).await);
    let redis = format!("redis://helix:{REDIS_PASSWORD}@127.0.0.1:1");
    let check = async |arguments: &[&str], text: &str, variable: Option<(&str, &str)>| {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("sidecar.toml");
        fs::write(&file, text).unwrap();
        let mut command = program(&platform, &account, Some(&redis));
        command.args(arguments).arg(&file).envs(variable);
        let output = command.stderr(Stdio::piped()).output();
        let output = timeout(DEADLINE, output).await.unwrap().unwrap();
        let told = [output.stdout, output.stderr].concat();
        let told = String::from_utf8(told).unwrap();
        assert_none(&secrets(), &told);
        (output.status.success(), told)
    };
    let (is_right, told) = check(&["check-config"], "", None).await;
    assert!(is_right && told.contains("no problems"), "{told}");

    let redis_url =
        |address: &str| Some(("REDIS_URL", address.replace("PASSWORD", REDIS_PASSWORD)));
    let in_file = |text: &str| text.replace("SECRET", IN_A_FILE);
    for (text, variable, words) in [
        ("", redis_url("PASSWORD"), "REDIS_URL begins with none of"),
        ("", redis_url("redis://helix:PASSWORD"), "REDIS_URL cannot"),
        // Each lacks its host, so that the password stands where a port would.
        (
            "",
            redis_url("redis-sentinel://helix:PASSWORD/mymaster"),
            "REDIS_URL has an impossible port",
        ),
        (
            "",
            redis_url("redis-cluster://helix:PASSWORD"),
            "REDIS_URL has an impossible port",
        ),
        (
            "",
            Some(("PLATFORM_URL", format!("https://{MISTYPED}@crm.example"))),
            "PLATFORM_URL must have no user or password in it",
        ),
        (
            "",
            Some(("HELIX_JWT_SECRET", MISTYPED.to_owned())),
            "HELIX_JWT_SECRET",
        ),
        ("[ozonetel]\napi_key = SECRET\n", None, "line 2: "),
        ("[ozonetel]\napi_key = \"SECRET\n", None, "line 2: "),
        ("[ozonetel]\napi_key = [\"SECRET\"]\n", None, "line 2: "),
        (
            "[platform]\napi_keys = \"SECRET\"\n",
            None,
            "line 2: unknown field `api_keys`",
        ),
    ] {
        let text = in_file(text);
        let variable = variable
            .as_ref()
            .map(|(name, value)| (*name, value.as_str()));
        for arguments in [
            &["check-config"][..],
            &["serve", "--log-format", "json", "--config"],
        ] {
            let (is_right, told) = check(arguments, &text, variable).await;
            assert!(!is_right && told.contains(words), "{words}: {told}");
        }
    }
}

async fn sign_in(device: &Device, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password});
    device.login_with(body).await
}

/// Returns what nobody may read, whatever happens, in each form in which it travels.
fn secrets() -> Vec<String> {
    let agent = password_of("agent1");
    let basic = STANDARD.encode(format!("agent1:{agent}"));
    [
        JWT_SECRET,
        REDIS_PASSWORD,
        SENTINEL_PASSWORD,
        MISTYPED,
        IN_A_FILE,
        platform::API_KEY,
        platform::PASSWORD,
        "token-of-the-platform",
        "sip-password-of-agent1",
        ozonetel::API_KEY,
        "token-of-ozonetel",
        &agent,
        &basic,
    ]
    .map(str::to_owned)
    .into()
}

#[track_caller]
fn assert_none(secrets: &[String], text: &str) {
    for secret in secrets {
        assert!(!text.contains(secret), "{secret}\n{text}");
    }
}

/// What a program wrote, an object on each line.
struct Log(String);

impl Log {
    fn has(&self, message: &str) -> bool {
        let lines = self.0.lines().map(|line| {
            let line = serde_json::from_str::<Value>(line);
            line.expect("each line is an object")
        });
        lines.filter(|line| line["message"] == message).count() > 0
    }
}

/// A sidecar as a program, which writes all that it can.
struct Program {
    process: Child,
    url: String,
    log: PathBuf,
    _folder: TempDir,
}

impl Program {
    async fn start(served: &Platform, account: &Ozonetel, redis: Option<&str>) -> Self {
        let folder = TempDir::new().unwrap();
        let log = folder.path().join("log");
        let mut command = program(served, account, redis);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json"])
            .env("RUST_LOG", "trace")
            .stderr(File::create(&log).unwrap());
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = timeout(DEADLINE, lines.next_line()).await.unwrap();
        let line = line.unwrap().expect("it tells its address");
        Self {
            url: line.strip_prefix("listening on ").unwrap().to_owned(),
            process,
            log,
            _folder: folder,
        }
    }

    fn device(&self, name: &str) -> Device {
        Device::at(&self.url, name)
    }

    async fn until_told(&self, words: &str) {
        let told = async {
            while !String::from_utf8_lossy(&fs::read(&self.log).unwrap()).contains(words) {
                tokio::task::yield_now().await;
            }
        };
        timeout(DEADLINE, told).await.expect(words);
    }

    /// Has it end as it should, and returns what it wrote.
    async fn stop(mut self) -> Log {
        let id = self.process.id().expect("it runs").to_string();
        let kill = Command::new("kill").args(["-TERM", &id]).status().await;
        assert!(kill.unwrap().success());
        let ended = timeout(DEADLINE, self.process.wait()).await.unwrap();
        assert!(ended.unwrap().success());
        Log(fs::read_to_string(&self.log).unwrap())
    }
}

/// Returns the program with everything in its environment that there can be a secret in.
fn program(served: &Platform, account: &Ozonetel, redis: Option<&str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_helix-sidecar"));
    command
        .env("HELIX_JWT_SECRET", JWT_SECRET)
        .env("PLATFORM_URL", &served.url)
        .env("PLATFORM_ORIGIN", ORIGIN)
        .env("PLATFORM_API_KEY", platform::API_KEY)
        .env("SIP_DOMAIN", "sip.example")
        .env("SIP_WS_SERVER", "wss://sip.example:444")
        .env("OZONETEL_URL", &account.url)
        .env("OZONETEL_USER_NAME", USER_NAME)
        .env("OZONETEL_API_KEY", ozonetel::API_KEY)
        .env("OZONETEL_AUTHENTICATION", "token")
        .env("OZONETEL_AGENT_PASSWORD", password_of("agent1"))
        .env_remove("HELIX_LISTEN")
        .env_remove("REDIS_URL")
        .envs(redis.map(|address| ("REDIS_URL", address)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    command
}
