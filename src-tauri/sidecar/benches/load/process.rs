//! A sidecar as a process, and what the system says of processes.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::process::Stdio;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Linux counts processor time in these for programs, whatever its clock (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

/// Names a build of it that is measured in place of Cargo's own.
const PROGRAM: &str = "HELIX_SIDECAR";

pub(crate) struct Sidecar {
    pub(crate) address: String,
    process: Child,
    _folder: TempDir,
}

impl Sidecar {
    /// Starts one with this configuration and environment.
    pub(crate) async fn start(config: &str, environment: &[(&str, String)]) -> Self {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("sidecar.toml");
        fs::write(&file, config).unwrap();
        let mut process = Command::new(program())
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(&file)
            .envs(environment.iter().map(|(name, value)| (*name, value)))
            // As it is run: each login leaves a line.
            .stderr(fs::File::create("/dev/null").unwrap())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().expect("it starts");
        let address = line.strip_prefix("listening on http://").unwrap();
        Self {
            address: address.to_owned(),
            process,
            _folder: folder,
        }
    }

    pub(crate) fn cpu_seconds(&self) -> f64 {
        cpu_seconds(self.process.id().expect("it runs"))
    }

    /// Returns how much memory lies in RAM, in MB.
    pub(crate) fn memory(&self) -> f64 {
        let id = self.process.id().expect("it runs");
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
        let kib = line.unwrap().trim().trim_end_matches(" kB");
        kib.parse::<f64>().unwrap() * 1024.0 / 1e6
    }
}

fn program() -> OsString {
    env::var_os(PROGRAM).unwrap_or_else(|| env!("CARGO_BIN_EXE_helix-sidecar").into())
}

/// Returns how long a process has run on processors, in its own code and in the system's.
pub(crate) fn cpu_seconds(id: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    // The name may have spaces; what follows it begins with the third field (proc(5)).
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks = fields.split_whitespace().skip(11).take(2);
    ticks.map(|it| it.parse::<f64>().unwrap()).sum::<f64>() / TICKS_PER_SECOND
}
