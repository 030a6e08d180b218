use std::io;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{arguments::Level, spool::Spool};

/// The rooms of this product. Libraries write what worries them and no more: some of them would
/// write messages with all their secrets.
const ROOMS: [&str; 6] = ["headless", "engine", "phone", "sip", "media", "sidecar_api"];

/// Sends the log to standard error, which may be slow or closed without hurting a call; returns
/// where it goes through.
pub(crate) fn start(level: Level) -> Spool {
    let level = match level {
        Level::Off => LevelFilter::OFF,
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
        Level::Trace => LevelFilter::TRACE,
    };
    let targets = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_targets(ROOMS.map(|room| (room, level)));
    let spool = Spool::start(io::stderr());
    let through = spool.clone();
    let lines = fmt::layer()
        .with_ansi(false)
        .with_writer(move || through.clone());

    // A second run in one process goes on with the first one's log.
    let _ = tracing_subscriber::registry()
        .with(lines)
        .with(targets)
        .try_init();
    spool
}
