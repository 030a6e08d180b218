//! A program that speaks JSON lines on its standard streams, as a test drives it.

use std::{process::Stdio, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

/// How long a test waits for one event; a loaded machine is slow.
const PATIENCE: Duration = Duration::from_secs(40);

pub struct Process {
    name: &'static str,
    child: Child,
    /// `None` once it is closed.
    stdin: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
    /// Everything that came so far.
    pub seen: Vec<Value>,
}

impl Process {
    pub fn start(name: &'static str, command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().expect("stdout is piped");
        Self {
            name,
            child,
            stdin,
            lines: BufReader::new(stdout).lines(),
            seen: Vec::new(),
        }
    }

    pub async fn send(&mut self, command: Value) {
        self.write(&command.to_string()).await;
    }

    /// Writes a line that may be no command.
    pub async fn write(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("stdin is open");
        stdin
            .write_all(format!("{line}\n").as_bytes())
            .await
            .unwrap_or_else(|error| panic!("{} does not read: {error}", self.name));
    }

    /// Sends a command and returns its reply, the next one that comes.
    pub async fn ask(&mut self, command: Value) -> Value {
        self.send(command).await;
        self.event("reply").await
    }

    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Returns the next line for which `wanted` holds; shows all that came where none does in time.
    pub async fn until(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let found = timeout(PATIENCE, async {
            while let Ok(Some(line)) = self.lines.next_line().await {
                let value = serde_json::from_str::<Value>(&line)
                    .unwrap_or_else(|_| panic!("{} wrote what is no JSON: {line}", self.name));
                self.seen.push(value.clone());
                if wanted(&value) {
                    return Some(value);
                }
            }
            None
        })
        .await;
        match found {
            Ok(Some(value)) => value,
            Ok(None) | Err(_) => {
                let seen = self
                    .seen
                    .iter()
                    .map(Value::to_string)
                    .collect::<Vec<_>>()
                    .join("\n");
                panic!("{}: no {what}; it said:\n{seen}", self.name)
            }
        }
    }

    /// Returns the next event of this `type` (the phone's events).
    pub async fn event(&mut self, kind: &str) -> Value {
        self.until(kind, |it| it["type"] == kind).await
    }

    pub fn id(&self) -> u32 {
        self.child.id().expect("the process runs")
    }

    /// Interrupts it, as Ctrl-C does.
    pub fn interrupt(&self) {
        self.signal("INT");
    }

    pub fn signal(&self, name: &str) {
        let id = self.id();
        let status = std::process::Command::new("sh")
            .args(["-c", &format!("kill -{name} {id}")])
            .status();
        assert!(status.expect("sh starts").success());
    }

    /// Returns its exit code, once it has ended by itself.
    pub async fn ended(mut self) -> Option<i32> {
        self.close_stdin();
        let rest = async {
            while let Ok(Some(_)) = self.lines.next_line().await {}
            self.child.wait().await
        };
        let status = timeout(PATIENCE, rest)
            .await
            .unwrap_or_else(|_| panic!("{} does not end", self.name));
        status.ok()?.code()
    }

    /// Returns its exit code, once it has ended because nobody reads what it says.
    pub async fn ended_unread(self) -> Option<i32> {
        let Self {
            name,
            mut child,
            stdin,
            lines,
            ..
        } = self;
        drop(lines);
        let status = timeout(PATIENCE, child.wait())
            .await
            .unwrap_or_else(|_| panic!("{name} does not end"));
        // Its input stayed open until here.
        drop(stdin);
        status.ok()?.code()
    }
}
