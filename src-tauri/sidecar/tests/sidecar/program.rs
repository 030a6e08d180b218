//! `helix-sidecar` as a program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use argon2::Argon2;
use argon2::password_hash::PasswordVerifier;
use argon2::password_hash::phc::PasswordHash;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::certificates;
#[cfg(unix)]
use crate::stand_in::platform::{self, Fault, Platform};
use crate::world::{DEADLINE, Device, JWT_SECRET, PASSWORD, client, config_text};

#[tokio::test]
async fn hash_password_reads_standard_input_and_prints_an_argon2id_hash() {
    let output = run(&["hash-password"], "päss word\n").await;
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let hash = PasswordHash::new(text.trim_end()).unwrap();
    assert!(
        text.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{text}"
    );
    let verify = |password: &str| Argon2::default().verify_password(password.as_bytes(), &hash);
    verify("päss word").unwrap();
    verify("another").unwrap_err();
}

#[tokio::test]
async fn hash_password_refuses_an_empty_password_and_one_among_its_arguments() {
    let output = run(&["hash-password"], "\n").await;
    assert!(!output.status.success());
    assert!(output.stdout.is_empty());
    let output = run(&["hash-password", "secret"], "").await;
    assert!(!output.status.success());
}

#[tokio::test]
async fn check_config_tells_the_key_and_the_line_or_that_there_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let good = write(folder.path(), "good.toml", &config_text(""));
    let output = run(&["check-config", &good], "").await;
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    let short = write(
        folder.path(),
        "short.toml",
        &config_text("access_token_seconds = 300"),
    );
    let output = run(&["check-config", &short], "").await;
    assert!(output.status.success(), "{output:?}");
    let warning = String::from_utf8(output.stderr).unwrap();
    let words = "helix-sidecar: warning: line 2: access_token_seconds (300)";
    assert!(warning.starts_with(words), "{warning}");
    let bad = write(
        folder.path(),
        "bad.toml",
        &config_text("\nhartbeat_seconds = 5"),
    );
    let output = run(&["check-config", &bad], "").await;
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("line 3: unknown field `hartbeat_seconds`"),
        "{error}"
    );
    let output = run(&["check-config", "/nonexistent/sidecar.toml"], "").await;
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        error.matches("/nonexistent/sidecar.toml").count(),
        1,
        "{error}"
    );
}

#[tokio::test]
async fn check_config_tells_what_is_missing_where_the_server_will_listen() {
    let folder = tempfile::tempdir().unwrap();
    let config = write(folder.path(), "sidecar.toml", &config_text(""));
    certificates::write(folder.path(), "authority");
    let file = |ending: &str| folder.path().join(format!("authority-server.{ending}"));
    let (certificate, key) = (file("pem"), file("key"));
    let (certificate, key) = (certificate.to_str().unwrap(), key.to_str().unwrap());
    let proxies = "HELIX_TRUSTED_PROXIES";
    for (variables, problem) in [
        (vec![("HELIX_LISTEN", "127.0.0.1:4100")], None),
        (
            vec![("HELIX_LISTEN", "0.0.0.0:4100")],
            Some("HELIX_JWT_SECRET"),
        ),
        (
            vec![
                ("HELIX_LISTEN", "[::]:4100"),
                ("HELIX_JWT_SECRET", JWT_SECRET),
            ],
            Some(proxies),
        ),
        (
            vec![
                ("HELIX_LISTEN", "192.0.2.7:4100"),
                ("HELIX_JWT_SECRET", JWT_SECRET),
                (proxies, "192.0.2.1"),
            ],
            None,
        ),
        (
            vec![
                ("HELIX_LISTEN", "192.0.2.7:4100"),
                ("HELIX_JWT_SECRET", JWT_SECRET),
                ("HELIX_TLS_CERTIFICATE_FILE", certificate),
                ("HELIX_TLS_KEY_FILE", key),
            ],
            None,
        ),
    ] {
        let mut command = program(&["check-config", &config]);
        let output = command.envs(variables).output();
        let output = timeout(DEADLINE, output).await.unwrap().unwrap();
        assert_eq!(output.status.success(), problem.is_none(), "{output:?}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(problem.unwrap_or_default()), "{error}");
    }
    let arguments = ["check-config", &config, "--listen", "192.0.2.7:4100"];
    let output = run(&arguments, "").await;
    assert!(!output.status.success(), "{output:?}");
}

#[tokio::test]
async fn every_mistake_of_the_file_and_of_its_address_is_named_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let text = config_text("\nhartbeat_seconds = 5");
    let config = write(folder.path(), "sidecar.toml", &text);
    let at = ["--listen", "0.0.0.0:0"];
    for command in [
        &["check-config", &config][..],
        &["serve", "--config", &config],
    ] {
        let output = run(&[command, &at].concat(), "").await;
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
        let error = String::from_utf8(output.stderr).unwrap();
        for words in [
            "line 3: unknown field `hartbeat_seconds`",
            "HELIX_JWT_SECRET (or settings.jwt_secret_file) is missing",
            "Passwords would come in clear",
        ] {
            assert_eq!(error.matches(words).count(), 1, "{words}: {error}");
        }
    }
    // What has a mistake of its own is not missing as well.
    let mut command = program(&["check-config", &config, "--listen", "0.0.0.0:0"]);
    let variables = [
        ("HELIX_JWT_SECRET_FILE", "no/file"),
        ("HELIX_TRUSTED_PROXIES", "everybody"),
    ];
    let output = command.envs(variables).output();
    let output = timeout(DEADLINE, output).await.unwrap().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    for words in ["hartbeat_seconds", "no/file", "HELIX_TRUSTED_PROXIES: "] {
        assert_eq!(error.matches(words).count(), 1, "{words}: {error}");
    }
    assert!(
        !error.contains("is missing") && !error.contains("in clear"),
        "{error}"
    );
}

#[tokio::test]
async fn a_sidecar_that_others_reach_does_not_start_without_its_signing_key() {
    let folder = tempfile::tempdir().unwrap();
    let config = write(folder.path(), "sidecar.toml", &config_text(""));
    let output = run(&["serve", "--config", &config, "--listen", "0.0.0.0:0"], "").await;
    assert!(!output.status.success());
    assert!(output.stdout.is_empty(), "{output:?}");
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("HELIX_JWT_SECRET"), "{error}");
}

#[tokio::test]
async fn a_sidecar_that_others_reach_does_not_start_where_passwords_would_come_in_clear() {
    let folder = tempfile::tempdir().unwrap();
    let config = write(folder.path(), "sidecar.toml", &config_text(""));
    let mut command = program(&["serve", "--config", &config, "--listen", "0.0.0.0:0"]);
    let output = command.env("HELIX_JWT_SECRET", JWT_SECRET).output();
    let output = timeout(DEADLINE, output).await.unwrap().unwrap();
    assert!(!output.status.success());
    assert!(output.stdout.is_empty(), "{output:?}");
    let error = String::from_utf8(output.stderr).unwrap();
    for way_out in [
        "HELIX_TLS_CERTIFICATE_FILE",
        "HELIX_TRUSTED_PROXIES",
        "127.0.0.1",
    ] {
        assert!(error.contains(way_out), "{error}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn serve_tells_its_address_answers_and_stops_at_sigterm_and_sigint() {
    let folder = tempfile::tempdir().unwrap();
    let config = write(folder.path(), "sidecar.toml", &config_text(""));
    for signal in ["-TERM", "-INT"] {
        let mut server = program(&["serve", "--config", &config, "--listen", "127.0.0.1:0"])
            .spawn()
            .unwrap();
        let url = url_of(&mut server).await;
        let port = url.strip_prefix("http://127.0.0.1:").unwrap();
        let port: u16 = port.parse().unwrap();

        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port))
            .await
            .unwrap();
        let call = b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        stream.write_all(call).await.unwrap();
        let mut answer = String::new();
        let read = timeout(DEADLINE, stream.read_to_string(&mut answer)).await;
        read.unwrap().unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");

        let pid = server.id().unwrap().to_string();
        let kill = Command::new("kill")
            .args([signal, &pid])
            .status()
            .await
            .unwrap();
        assert!(kill.success());
        let status = timeout(DEADLINE, server.wait()).await.unwrap().unwrap();
        assert!(status.success(), "{signal}: {status}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_login_under_way_at_sigterm_has_its_answer_and_nobody_else_is_let_in() {
    let served = Platform::start().await;
    let mut server = program(&["serve", "--listen", "127.0.0.1:0"])
        .env("HELIX_JWT_SECRET", JWT_SECRET)
        .env("PLATFORM_URL", &served.url)
        .env("PLATFORM_ORIGIN", platform::ORIGIN)
        .env("PLATFORM_API_KEY", platform::API_KEY)
        .env("SIP_DOMAIN", "sip.example")
        .env("SIP_WS_SERVER", "wss://sip.example:444")
        .spawn()
        .unwrap();
    let url = url_of(&mut server).await;
    served.with(|world| world.faults = [("currentUser", Fault::Late)].into());
    let desk = Device::at(&url, "desk");
    let body = serde_json::json!({"email": "ana@helix.example", "password": platform::PASSWORD});
    let login = tokio::spawn(async move { desk.login_with(body).await });
    timeout(DEADLINE, served.until_asked("currentUser", 1))
        .await
        .unwrap();

    let pid = server.id().unwrap().to_string();
    let kill = Command::new("kill").args(["-TERM", &pid]).status().await;
    assert!(kill.unwrap().success());
    let mut log = BufReader::new(server.stderr.take().unwrap()).lines();
    let stops = async {
        while !log.next_line().await.unwrap().unwrap().contains("SIGTERM") {}
        let address = url.strip_prefix("http://").unwrap();
        while tokio::net::TcpStream::connect(address).await.is_ok() {}
    };
    timeout(DEADLINE, stops).await.unwrap();
    assert!(server.try_wait().unwrap().is_none());

    served.go_on();
    let answer = login.await.unwrap().expect(201);
    assert_eq!(answer.body["session"]["ttlSeconds"], 3600);
    let status = timeout(DEADLINE, server.wait()).await.unwrap().unwrap();
    assert!(status.success(), "{status}");
}

#[cfg(unix)]
#[tokio::test]
async fn more_connections_than_the_system_lets_it_have_are_never_taken() {
    let folder = tempfile::tempdir().unwrap();
    let text = config_text("max_connections = 200\nmax_connections_per_address = 200");
    let config = write(folder.path(), "sidecar.toml", &text);
    let limited = "ulimit -n 80 && exec \"$0\" serve --config \"$1\" --listen 127.0.0.1:0";
    let mut server = Command::new("sh")
        .args(["-c", limited, env!("CARGO_BIN_EXE_helix-sidecar"), &config])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let url = url_of(&mut server).await;
    let mut log = BufReader::new(server.stderr.take().unwrap()).lines();
    let told = async {
        loop {
            let line = log.next_line().await.unwrap().unwrap();
            if line.contains("max_connections (200) are 60 here") {
                break;
            }
        }
    };
    timeout(DEADLINE, told).await.unwrap();
    // Who opens many has all that there are, and what the server asks of others goes on.
    let port: u16 = url
        .strip_prefix("http://127.0.0.1:")
        .unwrap()
        .parse()
        .unwrap();
    let mut taken = Vec::new();
    for _ in 0..100 {
        let stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await;
        taken.push(stream.unwrap());
    }
    drop(taken);
    let answer = client().get(format!("{url}/healthz")).send();
    let answer = timeout(DEADLINE, answer).await.unwrap().unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn ready_tells_by_its_status_whether_a_server_can_serve() {
    let folder = tempfile::tempdir().unwrap();
    let config = write(folder.path(), "sidecar.toml", &config_text(""));
    // Nobody is Redis at the second address.
    for (redis, is_ready) in [(None, true), (Some("redis://127.0.0.1:1"), false)] {
        let mut command = program(&["serve", "--config", &config, "--listen", "127.0.0.1:0"]);
        command.env("HELIX_JWT_SECRET", JWT_SECRET);
        if let Some(redis) = redis {
            command.env("REDIS_URL", redis);
        }
        let mut server = command.spawn().unwrap();
        let url = url_of(&mut server).await;
        let address = url.strip_prefix("http://").unwrap();
        let asked = run(&["ready", address], "").await;
        assert_eq!(asked.status.success(), is_ready, "{asked:?}");
        // Who listens everywhere is found here.
        let everywhere = address.replace("127.0.0.1", "0.0.0.0");
        let asked = run(&["ready", &everywhere], "").await;
        assert_eq!(asked.status.success(), is_ready, "{asked:?}");
        server.kill().await.unwrap();
        let asked = run(&["ready", address], "").await;
        assert!(!asked.status.success(), "{asked:?}");
    }
}

#[tokio::test]
async fn who_signs_in_and_who_does_not_is_kept_in_a_file_with_the_numbers_of_the_calls() {
    let Audited {
        mut server,
        url,
        audit,
        folder: _folder,
    } = Audited::serve(&config_text(""), |command| {
        command
            .args(["--log-format", "json"])
            .env("RUST_LOG", "error");
    })
    .await;
    let client = client();
    let stranger = "nobody@helix.example";
    for (id, email, password) in [
        ("call-1", "ana@helix.example", "a-wrong-password"),
        ("call-2", "ana@helix.example", PASSWORD),
        ("call-3", stranger, "a-wrong-password"),
        ("call-4", " Nobody@helix.example", "another"),
    ] {
        let body = serde_json::json!({"email": email, "password": password});
        let request = client.post(format!("{url}/auth/login")).json(&body);
        request.header("X-Request-Id", id).send().await.unwrap();
    }
    server.kill().await.unwrap();
    let kept = fs::read_to_string(&audit).unwrap();
    let kept: Vec<serde_json::Value> = kept
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(kept.len(), 4, "{kept:?}");
    for line in &kept {
        assert_eq!(line["span"]["address"], "127.0.0.1", "{line}");
    }
    // A stranger is seen to be the same one, and not who that is.
    let account = kept[2]["account"].as_str().unwrap();
    assert_eq!(kept[3]["account"], account);
    assert_eq!(
        kept[3]["message"],
        "login refused: wrong e-mail or password"
    );
    assert!(kept[0]["account"].is_null() && kept[2]["member"].is_null());
    let text = fs::read_to_string(audit).unwrap().to_lowercase();
    assert!(!text.contains("nobody"), "{text}");
    for (line, (id, message)) in kept.iter().zip([
        ("call-1", "login refused: wrong e-mail or password"),
        ("call-2", "signed in"),
    ]) {
        assert_eq!(line["message"], message);
        assert_eq!(line["member"], "m-ana");
        assert_eq!(line["span"]["request"], id);
        assert_eq!(line["target"], "audit");
    }
}

#[tokio::test]
async fn who_takes_a_session_over_signs_out_or_ends_anothers_is_kept_too() {
    let config = config_text("admin_roles = [\"executive\"]");
    let Audited {
        mut server,
        url,
        audit,
        folder: _folder,
    } = Audited::serve(&config, |_| {}).await;
    let device = |name: &str| Device::at(&url, name);
    let (desk, laptop, office) = (device("desk"), device("laptop"), device("office"));
    desk.login("ana@helix.example").await.expect(201);
    let taken = laptop.take_over("ana@helix.example").await.expect(201);
    laptop.logout(taken.access_token()).await.expect(201);
    desk.login("ravi@helix.example").await.expect(201);
    let eva = office.login("eva@helix.example").await.expect(201);
    office.free(eva.access_token(), "agent2").await.expect(200);
    server.kill().await.unwrap();
    let kept = fs::read_to_string(&audit).unwrap();
    let kept: Vec<serde_json::Value> = kept
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |message: &str| {
        let mut lines = kept.iter().filter(|line| line["message"] == message);
        let line = lines
            .next()
            .unwrap_or_else(|| panic!("{message}: {kept:?}"));
        assert!(lines.next().is_none(), "{message}: {kept:?}");
        assert_eq!(line["target"], "audit");
        line
    };
    let taken = of("took the lock over");
    assert_eq!(taken["member"], "m-ana");
    assert_eq!(taken["device"], "laptop");
    assert_eq!(taken["from"], "desk");
    assert_eq!(taken["with_consent"], false);
    let out = of("signed out, lock released");
    assert_eq!(out["member"], "m-ana");
    assert_eq!(out["device"], "laptop");
    let ended = of("an administrator ended the session");
    assert_eq!(ended["administrator"], "m-eva");
    assert_eq!(ended["member"], "m-ravi");
    assert_eq!(ended["agent"], "agent2");
}

#[cfg(unix)]
#[tokio::test]
async fn the_record_goes_on_in_a_new_file_after_sighup_and_refusals_do_not_fill_it() {
    let Audited {
        mut server,
        url,
        audit,
        folder,
    } = Audited::serve(&config_text(""), |_| {}).await;
    let client = client();
    let refused = async |count: usize| {
        for _ in 0..count {
            let body = serde_json::json!({"email": "ana@helix.example", "password": "wrong"});
            let request = client.post(format!("{url}/auth/login")).json(&body);
            request.send().await.unwrap();
        }
    };
    // Five are looked at, and the others are not.
    refused(30).await;
    let renamed = folder.path().join("audit.jsonl.1");
    fs::rename(&audit, &renamed).unwrap();
    let pid = server.id().unwrap().to_string();
    let kill = Command::new("kill").args(["-HUP", &pid]).status().await;
    assert!(kill.unwrap().success());
    let mut told = BufReader::new(server.stderr.take().unwrap()).lines();
    let is_open = async {
        while let Some(line) = told.next_line().await.unwrap() {
            if line.contains("the audit log is opened again") {
                return;
            }
        }
        panic!("it ends");
    };
    timeout(DEADLINE, is_open).await.unwrap();
    let body = serde_json::json!({"email": "ravi@helix.example", "password": PASSWORD});
    let request = client.post(format!("{url}/auth/login")).json(&body);
    assert!(request.send().await.unwrap().status().is_success());
    server.kill().await.unwrap();
    let before = fs::read_to_string(&renamed).unwrap();
    assert_eq!(before.matches("too many attempts").count(), 1, "{before}");
    assert!((6..=8).contains(&before.lines().count()), "{before}");
    let after = fs::read_to_string(&audit).unwrap();
    assert!(after.contains("signed in"), "{after}");
}

#[tokio::test]
async fn who_makes_up_accounts_hides_nobody_elses_refusals_from_the_record() {
    let settings = "trusted_proxies = [\"127.0.0.1\"]\n[settings.login_limits]\n\
                    address_burst = 1\naddress_refill_seconds = 3600\n";
    let Audited {
        mut server,
        url,
        audit,
        folder: _folder,
    } = Audited::serve(&config_text(settings), |command| {
        command.stderr(Stdio::null());
    })
    .await;
    let client = client();
    let guess = async |address: &str, email: &str| {
        let body = serde_json::json!({"email": email, "password": "wrong"});
        let request = client.post(format!("{url}/auth/login")).json(&body);
        let answer = request.header("x-forwarded-for", address).send().await;
        answer.unwrap().status().as_u16()
    };
    let (stranger, office) = ("203.0.113.7", "198.51.100.9");
    for address in [stranger, office] {
        assert_eq!(guess(address, "first@helix.example").await, 401);
    }
    for n in 0..1100 {
        let email = format!("{n}@helix.example");
        assert_eq!(guess(stranger, &email).await, 429);
    }
    assert_eq!(guess(office, "ana@helix.example").await, 429);
    server.kill().await.unwrap();
    let text = fs::read_to_string(audit).unwrap();
    let refused = text.lines().filter(|it| it.contains("too many attempts"));
    let (of_office, of_stranger): (Vec<_>, Vec<_>) = refused.partition(|it| it.contains(office));
    assert_eq!(of_stranger.len(), 51, "{text}");
    assert!(
        of_stranger[50].contains("at more accounts than are listed"),
        "{text}"
    );
    assert_eq!(of_office.len(), 1, "{text}");
    assert!(of_office[0].contains("m-ana"), "{text}");
}

/// A program that serves, and keeps an audit log.
struct Audited {
    server: Child,
    url: String,
    audit: PathBuf,
    folder: TempDir,
}

impl Audited {
    /// Starts one with this configuration, whose command is changed before.
    async fn serve(config: &str, change: impl FnOnce(&mut Command)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = write(folder.path(), "sidecar.toml", config);
        let audit = folder.path().join("audit.jsonl");
        let mut command = program(&["serve", "--config", &config, "--listen", "127.0.0.1:0"]);
        command.arg("--audit-log").arg(&audit);
        change(&mut command);
        let mut server = command.spawn().unwrap();
        let url = url_of(&mut server).await;
        Self {
            server,
            url,
            audit,
            folder,
        }
    }
}

/// Returns the address that a server tells.
async fn url_of(server: &mut Child) -> String {
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let line = timeout(DEADLINE, lines.next_line()).await.unwrap();
    let line = line.unwrap().expect("it tells its address");
    line.strip_prefix("listening on ").unwrap().to_owned()
}

async fn run(arguments: &[&str], input: &str) -> Output {
    let mut child = program(arguments).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A program that refuses its arguments has closed its input.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    timeout(DEADLINE, child.wait_with_output())
        .await
        .unwrap()
        .unwrap()
}

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_helix-sidecar"));
    command
        .args(arguments)
        .env_remove("HELIX_JWT_SECRET")
        .env_remove("HELIX_LISTEN")
        .env_remove("RUST_LOG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}
