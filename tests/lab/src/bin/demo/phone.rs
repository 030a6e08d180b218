use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, Command},
    sync::watch,
    task::JoinHandle,
};

use crate::narrator::{Log, Narrator};

/// A phone without a window: a process that reads commands and writes events.
///
/// Dropping it kills the process.
pub(crate) struct Phone {
    pub(crate) name: String,
    pub(crate) started: Instant,
    child: Child,
    stdin: Option<ChildStdin>,
    told: watch::Receiver<Told>,
    /// Where in what was told the present step begins.
    mark: usize,
    next_id: u64,
    readers: Vec<JoinHandle<()>>,
}

/// All lines of the standard output until now.
#[derive(Debug, Default)]
struct Told {
    lines: Vec<Line>,
    ended: bool,
}

/// One line, and when it was read.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) at: Instant,
    pub(crate) json: Value,
}

/// How a phone is started.
#[derive(Debug)]
pub(crate) struct PhoneConfig<'a> {
    pub(crate) program: &'a Path,
    pub(crate) name: &'a str,
    pub(crate) device_id: &'a str,
    pub(crate) device_name: &'a str,
    pub(crate) sidecar: &'a str,
    pub(crate) ca: &'a Path,
    pub(crate) capture: Option<&'a Path>,
    pub(crate) playback: Option<&'a Path>,
    pub(crate) seed: u64,
    pub(crate) out: &'a Path,
}

/// Everything that a phone is asked for comes within this time, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

impl Phone {
    pub(crate) fn start(config: &PhoneConfig<'_>, narrator: &Narrator) -> anyhow::Result<Self> {
        let mut command = Command::new(config.program);
        command
            .arg("--headless")
            .args(["--sidecar", config.sidecar])
            .arg("--ca")
            .arg(config.ca)
            .args(["--device-id", config.device_id])
            .args(["--device-name", config.device_name])
            .args(["--seed", &config.seed.to_string()]);
        if let Some(path) = config.capture {
            command.arg("--capture").arg(wav(path));
        }
        if let Some(path) = config.playback {
            command.arg("--playback").arg(wav(path));
        }
        let started = Instant::now();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("Cannot start {}", config.program.display()))?;
        let file = config.name.replace(' ', "-");
        let events = config.out.join(format!("{file}.events.jsonl"));
        let log = narrator.log(config.name, config.out.join(format!("{file}.log")));
        let (sender, told) = watch::channel(Told::default());
        let stdout = child.stdout.take().context("No standard output")?;
        let stderr = child.stderr.take().context("No standard error")?;
        let readers = vec![
            tokio::spawn(read_events(stdout, events, sender)),
            tokio::spawn(read_log(stderr, log)),
        ];
        Ok(Self {
            name: config.name.to_owned(),
            started,
            stdin: child.stdin.take(),
            child,
            told,
            mark: 0,
            next_id: 1,
            readers,
        })
    }

    /// Lets what is expected from here on be told from here on.
    pub(crate) fn mark(&mut self) {
        self.mark = self.told.borrow().lines.len();
    }

    /// Gives a command and returns its reply, and when the command was given.
    pub(crate) async fn command(&mut self, mut command: Value) -> anyhow::Result<(Instant, Value)> {
        let id = self.next_id.to_string();
        self.next_id += 1;
        let verb = command["command"].as_str().unwrap_or_default().to_owned();
        command["id"] = json!(id);
        let stdin = self
            .stdin
            .as_mut()
            .with_context(|| format!("{}: standard input is closed", self.name))?;
        let given = Instant::now();
        let written = async {
            stdin.write_all(format!("{command}\n").as_bytes()).await?;
            stdin.flush().await
        };
        written
            .await
            .with_context(|| format!("{}: takes no commands", self.name))?;
        let reply = self
            .line(&format!("the reply to {verb}"), |json| {
                json["type"] == "reply" && json["reply_to"] == id.as_str()
            })
            .await?;
        if reply.json["ok"] != true {
            bail!("{}: {verb} was refused: {}", self.name, reply.json["error"]);
        }
        Ok((given, reply.json))
    }

    /// Waits for an event of this type since the mark.
    pub(crate) async fn event(&mut self, kind: &str) -> anyhow::Result<Line> {
        self.line(kind, |json| json["type"] == kind).await
    }

    /// Waits for an event of this type and call since the mark.
    pub(crate) async fn call_event(&mut self, kind: &str, call: &Value) -> anyhow::Result<Line> {
        let what = format!("{kind} of call {call}");
        let line = self
            .line(&what, |json| {
                json["call"] == *call && (json["type"] == kind || json["type"] == "call.ended")
            })
            .await?;
        if line.json["type"] != kind {
            bail!(
                "{}: call {call} ended before {kind}: {}",
                self.name,
                line.json["cause"]
            );
        }
        Ok(line)
    }

    /// Waits for the first line since the mark that is wanted.
    pub(crate) async fn line(
        &mut self,
        what: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<Line> {
        self.line_within(PATIENCE, what, wanted).await
    }

    /// The same, for what takes longer by its nature than [`PATIENCE`] allows.
    pub(crate) async fn line_within(
        &mut self,
        patience: Duration,
        what: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<Line> {
        let mark = self.mark;
        let find = |told: &Told| told.lines[mark..].iter().find(|l| wanted(&l.json)).cloned();
        let arrived = tokio::time::timeout(
            patience,
            self.told
                .wait_for(|told| told.ended || find(told).is_some()),
        )
        .await;
        let told = match &arrived {
            Ok(Ok(told)) => find(told),
            Ok(Err(_)) | Err(_) => None,
        };
        let waited = arrived.is_err();
        drop(arrived);
        match told {
            Some(line) => Ok(line),
            None if waited => bail!(
                "{}: waited {patience:?} for {what}; it told {}",
                self.name,
                self.last_told()
            ),
            None => bail!(
                "{}: ended before {what}; it told {}",
                self.name,
                self.last_told()
            ),
        }
    }

    /// Returns the last event of this type in the whole run.
    pub(crate) fn last(&self, wanted: impl Fn(&Value) -> bool) -> Option<Line> {
        let told = self.told.borrow();
        told.lines.iter().rev().find(|l| wanted(&l.json)).cloned()
    }

    /// Says `quit`, and returns the exit code.
    pub(crate) async fn quit(mut self) -> anyhow::Result<i32> {
        self.mark();
        self.command(json!({"command": "quit"})).await?;
        drop(self.stdin.take());
        let status = tokio::time::timeout(PATIENCE, self.child.wait())
            .await
            .with_context(|| format!("{}: did not end within {PATIENCE:?}", self.name))?
            .with_context(|| format!("{}: its end was not seen", self.name))?;
        // Their pipes are at their end; what is left is in the files afterwards.
        for reader in self.readers.drain(..) {
            let _ = tokio::time::timeout(PATIENCE, reader).await;
        }
        status
            .code()
            .with_context(|| format!("{}: ended by {status}", self.name))
    }

    fn last_told(&self) -> String {
        let told = self.told.borrow();
        let last: Vec<String> = told
            .lines
            .iter()
            .filter(|line| line.json["type"] != "view" && line.json["type"] != "media.quality")
            .rev()
            .take(5)
            .map(|line| line.json.to_string())
            .collect();
        if last.is_empty() {
            return "nothing".to_owned();
        }
        last.into_iter().rev().collect::<Vec<_>>().join("; ")
    }
}

impl Line {
    /// The phone's own clock, in ms since its start.
    pub(crate) fn mono(&self) -> u64 {
        self.json["mono"].as_u64().unwrap_or(0)
    }

    pub(crate) fn number(&self, field: &str) -> f64 {
        self.json[field].as_f64().unwrap_or(0.0)
    }
}

fn wav(path: &Path) -> std::ffi::OsString {
    let mut argument = std::ffi::OsString::from("wav:");
    argument.push(path);
    argument
}

async fn read_events(stdout: impl AsyncRead + Unpin, path: PathBuf, told: watch::Sender<Told>) {
    let mut lines = BufReader::new(stdout).lines();
    let mut file = create(&path);
    while let Ok(Some(line)) = lines.next_line().await {
        let at = Instant::now();
        keep(&mut file, &line);
        // A line that is no JSON is in the file and satisfies no one.
        let json = serde_json::from_str(&line).unwrap_or(Value::Null);
        told.send_modify(|told| told.lines.push(Line { at, json }));
    }
    told.send_modify(|told| told.ended = true);
}

/// Copies a standard error into its file, line by line.
pub(crate) async fn read_log(stderr: impl AsyncRead + Unpin, log: Log) {
    let mut lines = BufReader::new(stderr).lines();
    let mut file = create(log.path());
    while let Ok(Some(line)) = lines.next_line().await {
        keep(&mut file, &line);
        log.note(line);
    }
}

/// Without the file the story goes on: it is for reading afterwards.
fn create(path: &Path) -> Option<File> {
    match File::create(path) {
        Ok(file) => Some(file),
        Err(error) => {
            eprintln!("demo: cannot write {}: {error}", path.display());
            None
        }
    }
}

fn keep(file: &mut Option<File>, line: &str) {
    if let Some(open) = file
        && let Err(error) = writeln!(open, "{line}")
    {
        eprintln!("demo: a log ends early: {error}");
        *file = None;
    }
}
