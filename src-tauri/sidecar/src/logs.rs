//! Where the program's log goes, and in which form.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use clap::ValueEnum;
use sidecar::AUDIT;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, registry};

/// The form of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For programs: an object on each line
    Json,
}

/// The record of who signed in, was refused, took over or left, in a file of its own.
#[derive(Debug, Clone)]
pub(crate) struct AuditLog {
    #[cfg_attr(not(unix), allow(dead_code, reason = "nothing asks for it there"))]
    path: PathBuf,
    file: Arc<Mutex<File>>,
}

/// Starts the log on standard error, at the level of RUST_LOG, and the record in `audit`, which is
/// complete at any level.
pub(crate) fn start(format: Format, audit: Option<&Path>) -> anyhow::Result<Option<AuditLog>> {
    let filter = EnvFilter::builder()
        .with_default_directive(tracing::Level::INFO.into())
        .from_env()
        .context("RUST_LOG cannot be understood")?;
    let shown = match format {
        Format::Text => layer()
            .with_ansi(io::stderr().is_terminal())
            .with_writer(io::stderr)
            .boxed(),
        Format::Json => layer()
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .with_writer(io::stderr)
            .boxed(),
    };
    let audit = audit.map(AuditLog::open).transpose()?;
    let kept = audit.clone().map(|audit| {
        layer()
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .with_writer(move || audit.clone())
            // The spans number the calls that the events belong to.
            .with_filter(filter_fn(|it| it.is_span() || it.target() == AUDIT))
    });
    registry().with(shown.with_filter(filter)).with(kept).init();
    Ok(audit)
}

impl AuditLog {
    fn open(path: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            file: Arc::new(Mutex::new(open(path)?)),
        })
    }

    /// Goes on in the file that has the name by now: the one before may have been renamed.
    #[cfg_attr(not(unix), allow(dead_code, reason = "there is no SIGHUP"))]
    pub(crate) fn open_again(&self) -> anyhow::Result<()> {
        let file = open(&self.path)?;
        *self.file() = file;
        Ok(())
    }

    fn file(&self) -> MutexGuard<'_, File> {
        let file = self.file.lock();
        file.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for AuditLog {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.file().write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file().flush()
    }
}

/// Opens a file to add to, for its owner alone.
fn open(path: &Path) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .with_context(|| format!("Cannot write to {}", path.display()))
}
