//! Reading, setting aside, and writing at one stroke.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use uuid::Uuid;

use super::{Device, Settings, VERSION};
use crate::disk::{self, Hold, bytes, said};

/// A settings file is small; whatever is larger is something else.
const MAX_LENGTH: u64 = 1024 * 1024;

/// How long another process may take with the settings before this one goes on without the lock.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);

/// The settings could not be written; those of the process hold on.
#[derive(Debug, thiserror::Error)]
#[error("Settings not saved: {} {why}", path.display())]
pub struct NotSaved {
    path: PathBuf,
    /// Continues the sentence.
    why: String,
}

impl NotSaved {
    pub(super) fn new(path: &Path, why: String) -> Self {
        Self {
            path: path.to_owned(),
            why,
        }
    }
}

/// What stands in the file.
#[derive(Debug)]
pub(super) enum Content {
    Usable(Settings),
    Missing,
    /// There may be settings that this user or this moment does not let us see.
    Unreadable(String),
    Unusable {
        /// Continues "The settings file … ".
        why: String,
        /// Names what it is set aside as.
        kind: &'static str,
        /// The device without its name, where its id could be made out all the same.
        device: Option<Device>,
    },
}

/// Keeps other processes from reading and writing at the same time. Where that cannot be had the
/// last one to write wins, and no file is torn all the same.
pub(super) fn lock(path: &Path) -> Hold {
    disk::hold(path, LOCK_PATIENCE)
}

pub(super) fn read(path: &Path) -> Content {
    match bytes(path, MAX_LENGTH) {
        Ok(bytes) => parse(&bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Content::Missing,
        Err(error) => Content::Unreadable(said(&error)),
    }
}

fn parse(bytes: &[u8]) -> Content {
    let broken = |why: &str, device| Content::Unusable {
        why: format!("is broken ({why})"),
        kind: "broken",
        device,
    };
    if bytes.len() as u64 > MAX_LENGTH {
        return broken("it is larger than 1 MiB", None);
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return broken("it is no text", None);
    };
    let table = match text.parse::<toml::Table>() {
        Ok(table) => table,
        Err(error) => {
            let before = error.span().and_then(|it| text.get(..it.start));
            let line = before.map_or(0, |it| it.matches('\n').count()) + 1;
            return broken(&format!("line {line}: {}", error.message()), None);
        }
    };
    let device = table.get("device").and_then(made_out);
    match table.get("version").and_then(toml::Value::as_integer) {
        Some(version) if version > VERSION => Content::Unusable {
            why: format!("is of a newer version of Helix Phone ({version})"),
            kind: "newer",
            device,
        },
        Some(VERSION) => match table.try_into() {
            Ok(settings) => Content::Usable(settings),
            Err(error) => broken(error.message(), device),
        },
        Some(_) | None => broken("it has no version that exists", device),
    }
}

/// What is left of a device.
fn made_out(device: &toml::Value) -> Option<Device> {
    let id = |name| device.get(name)?.as_str()?.parse::<Uuid>().ok();
    Some(Device {
        id: id("id")?,
        machine: id("machine"),
        name: String::new(),
    })
}

pub(super) fn write(path: &Path, settings: &Settings) -> Result<(), NotSaved> {
    let text = toml::to_string(settings).expect("tables with text keys can be written");
    disk::replace(path, text.as_bytes()).map_err(|error| {
        let why = format!("cannot be written ({})", said(&error));
        NotSaved::new(path, why)
    })
}
