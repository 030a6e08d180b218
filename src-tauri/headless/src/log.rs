use std::{io, time::Duration};

use engine::LogLevel;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    Layer as _, filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt,
};

use crate::{arguments::Level, recent::RecentLog, spool::Spool};

/// The rooms of this product. Libraries write what worries them and no more: some of them would
/// write messages with all their secrets.
const ROOMS: [&str; 7] = [
    "headless",
    "engine",
    "phone",
    "sip",
    "media",
    "sidecar_api",
    "helix_phone",
];

/// The libraries that carry media (`rtc`, `rtc_dtls`, …; a target stands for all that begin with it)
/// warn of what is ordinary: of each extension in a browser's ClientHello that they do not know.
const TALKATIVE: &str = "rtc";

/// How long the end of the log may take to be read.
const PATIENCE: Duration = Duration::from_millis(500);

/// What the program writes to standard error, which may be slow or closed without hurting a call.
#[derive(Debug)]
pub struct Log(Spool);

impl Log {
    /// Starts the log of a program whose user watches a window: what they would notice, too, unless
    /// the organisation wants another level. `recent` has the end of it from now on.
    pub fn of_a_window(settled: Option<LogLevel>, recent: &RecentLog) -> Self {
        let level = settled.map_or(Level::Info, Level::from);
        Self::begin(level, Some(recent.clone()))
    }

    pub(crate) fn start(level: Level) -> Self {
        Self::begin(level, None)
    }

    fn begin(level: Level, recent: Option<RecentLog>) -> Self {
        let spool = Spool::start(io::stderr());
        let through = spool.clone();
        let lines = fmt::layer()
            .with_ansi(false)
            .with_writer(move || through.clone())
            .with_filter(targets(level));
        // Whatever the organisation wants told here: numbers are told below this level.
        let kept = recent.map(|recent| {
            fmt::layer()
                .with_ansi(false)
                .with_writer(move || recent.clone())
                .with_filter(targets(Level::Info))
        });

        // A second run in one process goes on with the first one's log.
        let _ = tracing_subscriber::registry()
            .with(lines)
            .with(kept)
            .try_init();
        Self(spool)
    }

    /// Waits for its end to be read, but not for long.
    pub fn drain(&self) {
        self.0.drain(PATIENCE);
    }
}

/// Returns who may write at which level.
fn targets(level: Level) -> Targets {
    let level = match level {
        Level::Off => LevelFilter::OFF,
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
        Level::Trace => LevelFilter::TRACE,
    };
    Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target(TALKATIVE, level.min(LevelFilter::ERROR))
        .with_targets(ROOMS.map(|room| (room, level)))
}

#[cfg(test)]
mod tests {
    use tracing::Level as Written;

    use super::*;

    #[test]
    fn libraries_write_what_worries_them_and_those_of_media_what_is_broken() {
        const DTLS: &str = "rtc_dtls::handshake::handshake_message_client_hello";
        for level in [Level::Warn, Level::Info, Level::Trace] {
            let targets = targets(level);
            assert!(targets.would_enable("rustls::conn", &Written::WARN));
            assert!(!targets.would_enable("rustls::conn", &Written::INFO));
            for library in ["rtc::peer_connection", DTLS] {
                assert!(targets.would_enable(library, &Written::ERROR));
                assert!(!targets.would_enable(library, &Written::WARN));
            }
            assert!(targets.would_enable("media::session", &Written::WARN));
        }
        assert!(targets(Level::Trace).would_enable("media::session", &Written::TRACE));
        assert!(!targets(Level::Off).would_enable(DTLS, &Written::ERROR));
    }
}
