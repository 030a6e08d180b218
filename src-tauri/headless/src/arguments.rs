use std::{ffi::OsString, path::PathBuf};

use clap::{Parser, ValueEnum};
use engine::LogLevel;
use serde::Deserialize;
use url::Url;
use uuid::Uuid;

/// The softphone of a contact-centre agent, without its window.
///
/// Commands are read from standard input and events written to standard output, one JSON object per
/// line. Passwords are never arguments: a command brings them, or names an environment variable or
/// a file descriptor.
#[derive(Debug, Parser)]
#[command(name = "helix-phone", version)]
pub(crate) struct Arguments {
    /// Run without a window
    #[arg(long, required_unless_present = "print_policy")]
    headless: bool,

    /// List what the organisation, the user and this program have set, and who decided it; then end
    #[arg(long)]
    pub(crate) print_policy: bool,

    /// A TOML file with the same keys as these arguments, which come first
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) keys: Keys,
}

/// What can be set, by an argument or in the configuration file.
#[derive(Debug, Default, clap::Args, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Keys {
    /// The sidecar's address: https, or http to this machine [env: HELIX_SIDECAR_URL]
    #[arg(long, value_name = "URL")]
    pub(crate) sidecar: Option<Url>,

    /// A PEM file with authorities to trust beside those of the system [env: HELIX_CA]
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,

    /// The proxy for everything but loopback, in place of the system's
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<Url>,

    /// Names this installation: a random one where absent
    #[arg(long, value_name = "UUID")]
    pub(crate) device_id: Option<Uuid>,

    /// Names this installation for people
    #[arg(long, value_name = "NAME")]
    pub(crate) device_name: Option<String>,

    /// Keeps the device's id and name, and settings, in this file; without a name, where the platform
    /// wants it
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<Option<PathBuf>>,

    /// Where a session is kept between two starts [default: memory]
    #[arg(long, value_name = "PLACE")]
    pub(crate) keep: Option<Keep>,

    /// Both directions at once: system, file, tone or null [default: null]
    #[arg(long, value_name = "MODE")]
    pub(crate) audio: Option<Audio>,

    /// The microphone, or what stands in its place: system, silence, tone:HZ or wav:PATH
    #[arg(long, value_name = "SOURCE")]
    pub(crate) capture: Option<String>,

    /// The speaker, or what stands in its place: system, discard or wav:PATH
    #[arg(long, value_name = "SINK")]
    pub(crate) playback: Option<String>,

    /// How many milliseconds of sound the far side is asked to put into a packet, 10 or 20
    /// [default: 20]
    #[arg(long, value_name = "MS")]
    pub(crate) packet_time: Option<u8>,

    /// Makes Call-IDs, tags and jitter the same in every run
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,

    /// Whether to write a media.quality event every second of a call [default: on]
    #[arg(long, value_name = "SWITCH", num_args = 0..=1, default_missing_value = "on")]
    pub(crate) quality: Option<Switch>,

    /// Whether to write sound.levels events, ten a second [default: off]
    #[arg(long, value_name = "SWITCH", num_args = 0..=1, default_missing_value = "on")]
    pub(crate) levels: Option<Switch>,

    /// How much to write to standard error [default: info]
    #[arg(long, value_name = "LEVEL")]
    pub(crate) log: Option<Level>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Switch {
    On,
    Off,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Keep {
    /// Nowhere: it is over when the process ends
    Memory,
    /// In the operating system's keyring
    Keyring,
}

/// Where sound comes from and goes to, as far as `capture` and `playback` do not say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Audio {
    /// The sound devices of this machine
    System,
    /// Files, which capture and playback name
    File,
    /// A tone of 440 Hz; what is heard is measured
    Tone,
    /// Silence; what is heard is measured
    Null,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl From<LogLevel> for Level {
    fn from(settled: LogLevel) -> Self {
        match settled {
            LogLevel::Off => Self::Off,
            LogLevel::Error => Self::Error,
            LogLevel::Warn => Self::Warn,
            LogLevel::Info => Self::Info,
            LogLevel::Debug => Self::Debug,
            LogLevel::Trace => Self::Trace,
        }
    }
}

pub(crate) fn parse(
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<Arguments, clap::Error> {
    Arguments::try_parse_from(arguments)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn quality_is_a_switch_with_or_without_a_value() {
        for (given, wanted) in [
            (&["--quality"][..], Some(Switch::On)),
            (&["--quality", "off"], Some(Switch::Off)),
            (&[], None),
        ] {
            let all = ["helix-phone", "--headless"].iter().chain(given);
            let parsed = parse(all.map(OsString::from)).unwrap();
            assert_eq!(parsed.keys.quality, wanted, "{given:?}");
        }
    }

    #[test]
    fn settings_may_be_where_the_platform_wants_them() {
        for (given, wanted) in [
            (&["--settings"][..], Some(None)),
            (&["--settings", "here.toml"], Some(Some("here.toml".into()))),
            (&[], None),
        ] {
            let all = ["helix-phone", "--headless"].iter().chain(given);
            let parsed = parse(all.map(OsString::from)).unwrap();
            assert_eq!(parsed.keys.settings, wanted, "{given:?}");
        }
    }

    #[test]
    fn a_policy_is_printed_without_a_door() {
        let parsed = parse(["helix-phone", "--print-policy"].map(OsString::from)).unwrap();
        assert!(parsed.print_policy);
        let error = parse(["helix-phone"].map(OsString::from)).unwrap_err();
        assert_eq!(
            error.kind(),
            clap::error::ErrorKind::MissingRequiredArgument
        );
    }

    #[test]
    fn a_password_is_no_argument() {
        for name in ["--password", "--sip-password"] {
            let all = ["helix-phone", "--headless", name, "canary"];
            let error = parse(all.map(OsString::from)).unwrap_err();
            assert_eq!(error.kind(), clap::error::ErrorKind::UnknownArgument);
        }
    }
}
