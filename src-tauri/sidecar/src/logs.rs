//! Where the program's log goes, and in which form.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::Mutex;

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

/// Starts the log on standard error, at the level of RUST_LOG, and the record in `audit`, which is
/// complete at any level.
pub(crate) fn start(format: Format, audit: Option<&Path>) -> anyhow::Result<()> {
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
    let audit = audit.map(open).transpose()?.map(|file| {
        layer()
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .with_writer(Mutex::new(file))
            // The spans number the calls that the events belong to.
            .with_filter(filter_fn(|it| it.is_span() || it.target() == AUDIT))
    });
    registry()
        .with(shown.with_filter(filter))
        .with(audit)
        .init();
    Ok(())
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
