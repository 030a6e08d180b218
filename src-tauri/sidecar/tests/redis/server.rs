//! Redis for tests: servers of their own, which can be killed, paused and started again.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use secrecy::SecretString;
use sidecar::{Address, Store};
use tempfile::TempDir;

use crate::world::DEADLINE;

pub(crate) const PASSWORD: &str = "redis-password-1";

/// What a server's socket is called, in its own folder.
#[allow(dead_code, reason = "not for figures")]
pub(crate) const SOCKET: &str = "redis.sock";

/// One server, whose data ends with it.
pub(crate) struct RedisServer {
    pub(crate) port: u16,
    /// What it is started with, beside what all are.
    arguments: Vec<String>,
    folder: TempDir,
    process: Option<Child>,
}

impl RedisServer {
    /// Starts a server that asks for a password, and waits until it answers.
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// Starts one with further arguments.
    pub(crate) fn with(arguments: &[&str]) -> Self {
        let mut server = Self {
            port: free_port(),
            arguments: arguments.iter().map(ToString::to_string).collect(),
            folder: TempDir::new().unwrap(),
            process: None,
        };
        server.start_again();
        server
    }

    /// Starts it after its end: without any data.
    pub(crate) fn start_again(&mut self) {
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &self.port.to_string()])
            .args(["--requirepass", PASSWORD, "--masterauth", PASSWORD])
            .args(["--save", "", "--appendonly", "no"])
            .args(&self.arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server starts");
        self.process = Some(process);
        self.until("it answers", &["PING"], |answer| answer == "PONG");
    }

    /// Returns the number of its process.
    #[allow(dead_code, reason = "for figures")]
    pub(crate) fn id(&self) -> u32 {
        self.process.as_ref().expect("it runs").id()
    }

    #[allow(dead_code, reason = "for clusters")]
    pub(crate) fn is_running(&self) -> bool {
        self.process.is_some()
    }

    /// Ends it as a crash does.
    pub(crate) fn kill(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// Has it hear everything and answer nothing (`STOP`), or go on (`CONT`).
    pub(crate) fn signal(&self, name: &str) {
        let id = self.process.as_ref().expect("it runs").id();
        let status = Command::new("sh")
            .args(["-c", &format!("kill -{name} {id}")])
            .status();
        assert!(status.expect("sh starts").success());
    }

    /// Has the server carry a command out, and returns what it answers.
    pub(crate) fn command(&self, words: &[&str]) -> String {
        command(self.port, words)
    }

    /// Repeats a command until `wanted` holds for its answer.
    pub(crate) fn until(&self, what: &str, words: &[&str], wanted: impl Fn(&str) -> bool) {
        until(self.port, what, words, wanted);
    }

    /// Asserts that nothing lies in it for ever.
    pub(crate) fn assert_every_key_expires(&self) {
        // -1: for ever.
        let script = "local keys, lasting = redis.call('KEYS', '*'), {} \
                      for _, key in ipairs(keys) do \
                      if redis.call('PTTL', key) == -1 then table.insert(lasting, key) end end \
                      return {#keys, lasting}";
        let answer = self.command(&["EVAL", script, "0"]);
        let (count, lasting) = answer.split_once('\n').unwrap_or((&answer, ""));
        assert_ne!(count, "0", "nothing lies in it");
        assert_eq!(lasting.trim(), "", "of {count}");
    }

    pub(crate) fn url(&self) -> String {
        url(self.port)
    }

    /// Returns the address of the socket of one that was started with `--unixsocket` and [`SOCKET`].
    #[allow(dead_code, reason = "not for figures")]
    pub(crate) fn socket_url(&self) -> String {
        let socket = self.folder.path().join(SOCKET);
        format!("unix://{}?pass={PASSWORD}", socket.display())
    }

    /// Returns a connection of its own; all keys begin with `prefix`.
    pub(crate) fn store_with(&self, prefix: &str) -> Store {
        store(&self.url(), prefix)
    }

    /// Returns a connection of its own.
    pub(crate) fn store(&self) -> Store {
        self.store_with("")
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Returns the address of the server at a port of this machine.
pub(crate) fn url(port: u16) -> String {
    format!("redis://:{PASSWORD}@127.0.0.1:{port}")
}

/// Returns a connection of its own to the Redis at this address.
pub(crate) fn store(url: &str, prefix: &str) -> Store {
    Store::connect(Address::parse(&SecretString::from(url)).unwrap(), prefix)
}

/// Has the program at a port carry a command out, and returns what it answers.
pub(crate) fn command(port: u16, words: &[&str]) -> String {
    command_with(port, Some(PASSWORD), words)
}

/// The same of one that asks for this password.
pub(crate) fn command_with(port: u16, password: Option<&str>, words: &[&str]) -> String {
    let mut command = Command::new("redis-cli");
    command
        .args(["-h", "127.0.0.1", "-p", &port.to_string()])
        .args(words);
    if let Some(password) = password {
        command.env("REDISCLI_AUTH", password);
    }
    let output = command.output().expect("redis-cli starts");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Repeats a command until `wanted` holds for its answer.
pub(crate) fn until(port: u16, what: &str, words: &[&str], wanted: impl Fn(&str) -> bool) {
    until_with(port, Some(PASSWORD), what, words, wanted);
}

/// The same of one that asks for this password.
pub(crate) fn until_with(
    port: u16,
    password: Option<&str>,
    what: &str,
    words: &[&str],
    wanted: impl Fn(&str) -> bool,
) {
    let begun = Instant::now();
    loop {
        let answer = command_with(port, password, words);
        if wanted(&answer) {
            return;
        }
        assert!(begun.elapsed() < DEADLINE, "never: {what}; {answer}");
    }
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
