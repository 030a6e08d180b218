//! TLS by itself: who is served, who is not, and how a certificate is renewed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, SupportedProtocolVersion};
use sidecar::Config;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::certificates::{trust, trust_in, trusting, write};
use crate::world::{DEADLINE, Device, World, config, config_text};

const ANA: &str = "ana@helix.example";

#[tokio::test]
async fn phones_that_trust_its_authority_sign_in_and_others_do_not_even_ask() {
    let server = Server::start("").await;
    let url = server.url();
    let phone = Device::with(trusting(&server.authority), &url, "desk");
    let login = phone.login(ANA).await.expect(201);
    phone.beat(login.access_token()).await.expect(201);
    let mut events = phone.listen(login.access_token()).await;
    assert!(events.request().await.is_null());
    phone.logout(login.access_token()).await.expect(201);

    let other = write(server.folder.path(), "other");
    let refused = trusting(&other).get(format!("{url}/healthz")).send().await;
    assert!(refused.unwrap_err().is_connect());
}

#[tokio::test]
async fn tls_is_spoken_in_its_versions_1_2_and_1_3_alone() {
    let server = Server::start("").await;
    for version in [&TLS12, &TLS13] {
        let mut stream = server.handshake(&[version]).await;
        let (_, connection) = stream.get_ref();
        assert_eq!(connection.protocol_version(), Some(version.version));
        let answer = call(&mut stream, "/healthz").await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    // A ClientHello of TLS 1.1 (RFC 4346 §7.4.1.2), with TLS_RSA_WITH_AES_128_CBC_SHA.
    let hello = [&[3, 2][..], &[7; 32], &[0, 0, 2, 0, 0x2f, 1, 0]].concat();
    let length = u8::try_from(hello.len()).unwrap();
    let record = [&[22, 3, 1, 0, length + 4, 1, 0, 0, length][..], &hello].concat();
    let mut stream = server.connect().await;
    stream.write_all(&record).await.unwrap();
    let mut answer = Vec::new();
    let read = timeout(DEADLINE, stream.read_to_end(&mut answer)).await;
    read.unwrap().unwrap();
    // An alert, which is fatal (RFC 8446 §6), and the end.
    assert_eq!(answer.len(), 7, "{answer:?}");
    assert_eq!((answer[0], answer[5]), (21, 2), "{answer:?}");
}

#[tokio::test]
async fn plain_http_is_told_to_come_by_tls_and_nothing_of_it_is_looked_at() {
    let server = Server::start("").await;
    for request in [
        "GET /healthz HTTP/1.1\r\nhost: sidecar\r\n\r\n".to_owned(),
        format!(
            "POST /auth/login HTTP/1.1\r\nhost: sidecar\r\ncontent-length: 9000\r\n\r\n{}",
            "x".repeat(9000)
        ),
        "hello".to_owned(),
    ] {
        let mut stream = server.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = String::new();
        let read = timeout(DEADLINE, stream.read_to_string(&mut answer)).await;
        read.unwrap().unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
        let length = format!("content-length: {}", body.len());
        assert!(head.contains(&length), "{answer}");
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert!(body["message"].as_str().unwrap().contains("https://"));
    }
    let mut stream = server.handshake(&[&TLS13]).await;
    let metrics = call(&mut stream, "/metrics").await;
    assert!(!metrics.contains("login"), "{metrics}");
}

#[tokio::test(start_paused = true)]
async fn who_is_slow_to_begin_tls_is_cut_off_after_ten_seconds_and_counts_as_a_connection() {
    let server = Server::start("max_connections = 1").await;
    for beginning in [&[][..], &[22], &[22, 3, 1, 0, 200, 1]] {
        let begun = Instant::now();
        let mut slow = server.connect().await;
        slow.write_all(beginning).await.unwrap();
        // It has the only place, so nobody else has begun before it is gone.
        let mut stream = server.handshake(&[&TLS13]).await;
        assert!(begun.elapsed() >= Duration::from_secs(10));
        let mut answer = Vec::new();
        slow.read_to_end(&mut answer).await.unwrap();
        assert!(answer.is_empty(), "{answer:?}");
        stream.shutdown().await.unwrap();
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_certificate_is_read_again_at_sighup_and_no_connection_ends_by_it() {
    let folder = TempDir::new().unwrap();
    let authority = write(folder.path(), "authority");
    let text = config_text(&settings(folder.path(), ""));
    fs::write(folder.path().join("sidecar.toml"), text).unwrap();
    let mut process = Command::new(env!("CARGO_BIN_EXE_helix-sidecar"))
        .args(["serve", "--listen", "127.0.0.1:0", "--config"])
        .arg(folder.path().join("sidecar.toml"))
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut log = BufReader::new(process.stderr.take().unwrap()).lines();
    let line = timeout(DEADLINE, lines.next_line()).await.unwrap();
    let line = line.unwrap().unwrap();
    let address = line.strip_prefix("listening on https://").unwrap();

    // Whoever watches it needs no certificate for that.
    for address in [address, &address.replace("127.0.0.1", "0.0.0.0")] {
        let ready = Command::new(env!("CARGO_BIN_EXE_helix-sidecar"))
            .args(["ready", address])
            .output();
        let ready = timeout(DEADLINE, ready).await.unwrap().unwrap();
        assert!(ready.status.success(), "{ready:?}");
    }

    let mut stayed = handshake(address, trust(&authority)).await;
    let first = shown(&stayed);
    let id = process.id().unwrap().to_string();
    let mut hang_up = async || {
        let kill = Command::new("kill").args(["-HUP", &id]).status().await;
        assert!(kill.unwrap().success());
        loop {
            let line = timeout(DEADLINE, log.next_line()).await.unwrap().unwrap();
            if let Some((_, told)) = line.unwrap().split_once("SIGHUP: ") {
                return told.to_owned();
            }
        }
    };
    // Renewed by half: the key is still the old one.
    let old = fs::read(folder.path().join("authority-server.key")).unwrap();
    let authority = write(folder.path(), "authority");
    let new = fs::read(folder.path().join("authority-server.key")).unwrap();
    fs::write(folder.path().join("authority-server.key"), old).unwrap();
    let told = hang_up().await;
    assert!(told.contains("stays as it was"), "{told}");
    assert!(told.contains("is not that of the certificate"), "{told}");

    fs::write(folder.path().join("authority-server.key"), new).unwrap();
    assert_eq!(hang_up().await, "the certificate is read again");
    let renewed = handshake(address, trust(&authority)).await;
    assert_ne!(shown(&renewed), first);
    let answer = call(&mut stayed, "/healthz").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[test]
fn every_mistake_in_the_files_is_named() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "authority");
    write(folder.path(), "other");
    fs::write(folder.path().join("empty"), "").unwrap();
    fs::write(
        folder.path().join("broken"),
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    )
    .unwrap();
    let read = |certificate: &str, key: &str, by_environment: bool| {
        let settings = match by_environment {
            true => String::new(),
            false => [("tls_certificate_file", certificate), ("tls_key_file", key)]
                .iter()
                .filter(|(_, file)| !file.is_empty())
                .map(|(name, file)| format!("{name} = \"{file}\"\n"))
                .collect(),
        };
        let variable = |name: &str| {
            let file = match name {
                "HELIX_TLS_CERTIFICATE_FILE" => certificate,
                "HELIX_TLS_KEY_FILE" => key,
                _ => return None,
            };
            (by_environment && !file.is_empty()).then(|| file.to_owned())
        };
        Config::from_toml(&config_text(&settings), folder.path(), variable)
            .map_err(|error| error.to_string())
    };
    let (certificate, key) = ("authority-server.pem", "authority-server.key");
    for by_environment in [false, true] {
        read(certificate, key, by_environment).unwrap();
    }
    let path = |name: &str| folder.path().join(name).display().to_string();
    for (certificate, key, in_file, in_environment, words) in [
        (
            certificate,
            "",
            "line 2: tls_certificate_file",
            "HELIX_TLS_CERTIFICATE_FILE",
            " without HELIX_TLS_KEY_FILE (or tls_key_file)".to_owned(),
        ),
        (
            "",
            key,
            "line 2: tls_key_file",
            "HELIX_TLS_KEY_FILE",
            " without HELIX_TLS_CERTIFICATE_FILE (or tls_certificate_file)".to_owned(),
        ),
        (
            "none.pem",
            key,
            "line 2: tls_certificate_file",
            "HELIX_TLS_CERTIFICATE_FILE",
            format!(": cannot read {}: No such file", path("none.pem")),
        ),
        (
            certificate,
            "none.key",
            "line 3: tls_key_file",
            "HELIX_TLS_KEY_FILE",
            format!(": cannot read {}: No such file", path("none.key")),
        ),
        (
            "empty",
            key,
            "line 2: tls_certificate_file",
            "HELIX_TLS_CERTIFICATE_FILE",
            format!(": {} has no certificate as PEM", path("empty")),
        ),
        (
            "broken",
            key,
            "line 2: tls_certificate_file",
            "HELIX_TLS_CERTIFICATE_FILE",
            format!(": {} has no certificate as PEM", path("broken")),
        ),
        (
            certificate,
            certificate,
            "line 3: tls_key_file",
            "HELIX_TLS_KEY_FILE",
            format!(": {} has no private key as PEM", path(certificate)),
        ),
        (
            certificate,
            "other-server.key",
            "line 3: tls_key_file",
            "HELIX_TLS_KEY_FILE",
            format!(
                ": the key in {} is not that of the certificate in {}",
                path("other-server.key"),
                path(certificate)
            ),
        ),
    ] {
        let error = read(certificate, key, false).unwrap_err();
        assert!(error.starts_with(&format!("{in_file}{words}")), "{error}");
        let error = read(certificate, key, true).unwrap_err();
        assert!(
            error.starts_with(&format!("{in_environment}{words}")),
            "{error}"
        );
    }
}

/// A sidecar with a certificate for `localhost`.
struct Server {
    world: World,
    authority: PathBuf,
    folder: TempDir,
}

impl Server {
    async fn start(more: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let authority = write(folder.path(), "authority");
        let world = World::alone(config(&settings(folder.path(), more))).await;
        Self {
            world,
            authority,
            folder,
        }
    }

    fn address(&self) -> &str {
        self.world.url.strip_prefix("http://").unwrap()
    }

    fn url(&self) -> String {
        format!(
            "https://{}",
            self.address().replace("127.0.0.1", "localhost")
        )
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address()).await.unwrap()
    }

    async fn handshake(
        &self,
        versions: &[&'static SupportedProtocolVersion],
    ) -> TlsStream<TcpStream> {
        handshake(self.address(), trust_in(versions, &self.authority)).await
    }
}

fn settings(folder: &Path, more: &str) -> String {
    let folder = folder.display();
    format!(
        "tls_certificate_file = \"{folder}/authority-server.pem\"\n\
         tls_key_file = \"{folder}/authority-server.key\"\n{more}"
    )
}

async fn handshake(address: &str, config: ClientConfig) -> TlsStream<TcpStream> {
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    let connected = timeout(DEADLINE, connector.connect(name, stream)).await;
    connected.unwrap().unwrap()
}

fn shown(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    let (_, connection) = stream.get_ref();
    connection.peer_certificates().unwrap()[0].clone()
}

/// Makes a call on a connection that stays, and returns the beginning of its answer.
async fn call(stream: &mut TlsStream<TcpStream>, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: sidecar\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0; 16 * 1024];
    let read = timeout(DEADLINE, stream.read(&mut answer)).await.unwrap();
    answer.truncate(read.unwrap());
    String::from_utf8(answer).unwrap()
}
