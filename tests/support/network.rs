//! The network of `network.sh`, in which a test runs itself again.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tempfile::TempDir;
use tokio::{net::UdpSocket, process::Command, time::timeout};

pub const COTURN: &str = "198.51.100.10:3478";
pub const RTPENGINE: &str = "198.51.100.10:2223";

/// How the NATs of the two homes are seen from outside.
pub const NATS: [&str; 2] = ["198.51.100.1", "198.51.100.2"];

/// How long the whole of a test may take.
const LIMIT: Duration = Duration::from_secs(90);

/// How long a server may take to answer a question before it is asked again: it may be starting.
const ANSWER: Duration = Duration::from_millis(100);

const ROLE: &str = "HELIX_TEST_ROLE";
const DIRECTORY: &str = "HELIX_TEST_DIRECTORY";

/// Who a test is, while it runs in the network: the first of its roles in the first home, the second in the second.
pub fn role() -> Option<String> {
    env::var(ROLE).ok()
}

/// A directory that all roles see.
pub fn directory() -> PathBuf {
    env::var_os(DIRECTORY)
        .expect("this runs in the network")
        .into()
}

/// Builds the network and runs the test called `name` in it, once for each of `roles`.
pub async fn run(name: &str, roles: &[&str]) {
    let directory = TempDir::new().unwrap();
    let path = directory.path();
    let program = env::current_exe().unwrap();
    let commands = roles.iter().map(|role| {
        format!(
            "{ROLE}={role} {DIRECTORY}='{}' exec '{}' --exact {name} --nocapture",
            path.display(),
            program.display()
        )
    });
    let mut unshare = Command::new("unshare");
    unshare
        .args(["-Urmnpf", "--kill-child", "sh"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/network.sh"))
        .arg(path)
        .args(commands)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = timeout(LIMIT, unshare.output()).await;
    let logs = ["coturn.log", "rtpengine.log", "callee.log"].map(|log| {
        let text = fs::read_to_string(path.join(log)).unwrap_or_default();
        format!("--- {log}\n{text}")
    });
    let logs = logs.join("\n");
    let output = output
        .unwrap_or_else(|_| panic!("{name} does not end\n{logs}"))
        .expect("unshare starts");
    assert!(
        output.status.success(),
        "{name}: {}\n{}\n{}\n{logs}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
}

/// Asks the server at `address` until it answers, and returns the answer.
pub async fn ask(address: &str, question: &[u8]) -> Vec<u8> {
    let socket = UdpSocket::bind("0.0.0.0:0").await.unwrap();
    socket.connect(address).await.unwrap();
    let mut answer = vec![0; 65_536];
    loop {
        // A server that is not there yet refuses (ICMP).
        let sent = socket.send(question).await;
        if let Ok(Ok(length)) = timeout(ANSWER, socket.recv(&mut answer)).await
            && sent.is_ok()
        {
            answer.truncate(length);
            return answer;
        }
    }
}
