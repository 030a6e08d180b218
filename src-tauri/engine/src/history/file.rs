//! The file of the history: a line that names its version, then a line for each call. A later line
//! with the id of an earlier one stands in its place, so that a call can be noted while it goes on.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{HistoryEntry, MOST_ENTRIES};
use crate::disk::{self, Hold, said};

const VERSION: u64 = 1;

/// A file of 500 calls has 150 KiB.
const MAX_LENGTH: u64 = 8 * 1024 * 1024;

/// How long a phone that ends may take to let go of the file.
const LOCK_PATIENCE: Duration = Duration::from_secs(1);

/// Above this an id, a moment or a length is no number to the window (2⁵³), or soon none.
const MAX_NUMBER: u64 = 1 << 52;

/// How many lines a file may have before it is written anew without those that others replaced.
const MOST_LINES: usize = 4 * MOST_ENTRIES;

/// What a file that is set aside is called.
const BROKEN: &str = "broken";
const NEWER: &str = "newer";

/// Where the history is kept.
#[derive(Debug)]
pub(super) enum Place {
    Disk(HistoryFile),
    /// In this process alone.
    Memory {
        /// Why a file that lies there is not touched.
        left: Option<String>,
    },
}

/// A file that this process alone writes.
#[derive(Debug)]
pub(super) struct HistoryFile {
    path: PathBuf,
    /// How many it has, as far as that is known.
    lines: usize,
    /// Keeps it ours.
    _hold: Option<Hold>,
}

/// What an open file held.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) place: Place,
    pub(super) entries: BTreeMap<u64, HistoryEntry>,
    /// Whether lines can be added to it as it is.
    pub(super) is_tidy: bool,
}

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    helix_phone_history: u64,
}

impl Found {
    pub(super) fn nothing(place: Place) -> Self {
        Self {
            place,
            entries: BTreeMap::new(),
            is_tidy: true,
        }
    }
}

/// Opens the file; what cannot be used of it is set aside or left out, and told.
pub(super) fn open(path: &Path, complaints: &mut Vec<String>) -> Found {
    let path = disk::target(path);
    let name = path.display();
    let mut in_memory = |complaint: String, why: String| {
        complaints.push(complaint);
        Found::nothing(Place::Memory { left: Some(why) })
    };
    let hold = match disk::hold(&path, LOCK_PATIENCE) {
        hold @ Hold::Held(_) => Some(hold),
        Hold::Taken => {
            let why = "another Helix Phone has it".to_owned();
            let told = format!(
                "The call history {name} is in use by another Helix Phone: calls are remembered \
                 until this one ends"
            );
            return in_memory(told, why);
        }
        // Whether the file can be written all the same shows when it is.
        Hold::Failed => None,
    };
    let is_ours = hold.is_some();
    let at = |lines| {
        Place::Disk(HistoryFile {
            path: path.clone(),
            lines,
            _hold: hold,
        })
    };
    let bytes = match disk::bytes(&path, MAX_LENGTH) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // With a lock the folder is there, and will take the file.
            return Found {
                is_tidy: is_ours,
                ..Found::nothing(at(0))
            };
        }
        Err(error) => {
            let why = said(&error);
            let told = format!(
                "The call history {name} cannot be read ({why}): calls are remembered until the \
                 phone ends"
            );
            return in_memory(told, why);
        }
    };
    let (why, kind) = match Content::of(&bytes) {
        Content::Lines(lines) => {
            if lines.unreadable > 0 {
                complaints.push(format!(
                    "Lines of the call history {name} that cannot be read are left out: {}",
                    lines.unreadable
                ));
            }
            let is_private = make_private(&path);
            return Found {
                place: at(lines.number),
                is_tidy: is_private && lines.unreadable == 0 && !lines.is_cut,
                entries: lines.entries,
            };
        }
        Content::Broken(why) => (format!("is broken ({why})"), BROKEN),
        Content::Newer(version) => (
            format!("is of a newer version of Helix Phone ({version})"),
            NEWER,
        ),
    };
    match disk::set_aside(&path, kind) {
        Ok(aside) => {
            complaints.push(format!(
                "The call history {name} {why}: it is set aside as {}",
                aside.display()
            ));
            Found::nothing(at(0))
        }
        Err(error) => in_memory(
            format!(
                "The call history {name} {why} and cannot be set aside ({}): calls are remembered \
                 until the phone ends",
                said(&error)
            ),
            why,
        ),
    }
}

enum Content {
    Lines(Lines),
    /// Continues "it is broken (".
    Broken(String),
    Newer(u64),
}

#[derive(Default)]
struct Lines {
    entries: BTreeMap<u64, HistoryEntry>,
    number: usize,
    unreadable: usize,
    /// Whether the last one has no end: the power failed while it was written.
    is_cut: bool,
}

impl Content {
    fn of(bytes: &[u8]) -> Self {
        if bytes.len() as u64 > MAX_LENGTH {
            return Self::Broken("it is larger than 8 MiB".to_owned());
        }
        let mut whole = Vec::new();
        write_head(&mut whole);
        if bytes.len() < whole.len() && whole.starts_with(bytes) {
            // The disk was full, or the power failed, before there was anything in it.
            return Self::Lines(Lines {
                is_cut: true,
                ..Lines::default()
            });
        }
        let mut all = bytes.split(|it| *it == b'\n');
        let head = all.next().unwrap_or_default();
        match serde_json::from_slice::<Head>(head) {
            Ok(Head {
                helix_phone_history: VERSION,
            }) => {}
            Ok(Head {
                helix_phone_history: version,
            }) if version > VERSION => return Self::Newer(version),
            Ok(_) | Err(_) => return Self::Broken("it does not begin as one".to_owned()),
        }
        let mut rest = all.collect::<Vec<_>>();
        // What follows the last line's end.
        let tail = rest.pop();
        let mut lines = Lines {
            number: rest.len() + 1,
            is_cut: tail.is_none_or(|it| !it.is_empty()),
            ..Lines::default()
        };
        for line in rest {
            match serde_json::from_slice::<HistoryEntry>(line) {
                Ok(entry) if is_usable(&entry) => {
                    lines.entries.insert(entry.id, entry.clipped());
                }
                Ok(_) | Err(_) => lines.unreadable += 1,
            }
        }
        Self::Lines(lines)
    }
}

fn is_usable(entry: &HistoryEntry) -> bool {
    let numbers = [
        entry.id,
        entry.began,
        entry.talked_ms.unwrap_or_default(),
        entry.answered_after_ms.unwrap_or_default(),
        entry.poor_ms,
        entry.poor_here_ms,
    ];
    numbers.iter().all(|it| *it < MAX_NUMBER)
}

impl HistoryFile {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Tells whether the file has to be written anew instead.
    pub(super) fn is_long(&self, more: usize) -> bool {
        self.lines + more > MOST_LINES
    }

    /// Writes lines to the end; where that fails, the end may hold a part of them.
    pub(super) fn append(&mut self, entries: &[HistoryEntry]) -> io::Result<()> {
        let mut file = private().append(true).create(true).open(&self.path)?;
        let is_new = file.metadata()?.len() == 0;
        let mut text = Vec::new();
        if is_new {
            write_head(&mut text);
        }
        for entry in entries {
            write_line(&mut text, entry);
        }
        file.write_all(&text)?;
        file.sync_all()?;
        if is_new {
            disk::keep_names(&self.path)?;
            self.lines = 1;
        }
        self.lines += entries.len();
        Ok(())
    }

    /// Puts a new file in the place of the old one; where nothing is to be remembered, none.
    pub(super) fn rewrite(&mut self, entries: &[HistoryEntry]) -> io::Result<()> {
        // No other process has it, so what lies there is what a crash left.
        let new = disk::with_end(&self.path, "new");
        remove(&new)?;
        if entries.is_empty() {
            remove(&self.path)?;
            self.lines = 0;
            return disk::keep_names(&self.path);
        }
        let mut text = Vec::new();
        write_head(&mut text);
        for entry in entries {
            write_line(&mut text, entry);
        }
        fs::create_dir_all(disk::folder(&self.path))?;
        let written = (|| {
            let mut file = private().write(true).create_new(true).open(&new)?;
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(&new, &self.path)
        })();
        if let Err(error) = written {
            // What it holds may have to be forgotten.
            let _ = remove(&new);
            return Err(error);
        }
        self.lines = 1 + entries.len();
        disk::keep_names(&self.path)
    }

    /// Removes what was set aside.
    pub(super) fn remove_aside(&self) -> io::Result<()> {
        for aside in disk::aside(&self.path, &[BROKEN, NEWER]) {
            remove(&aside)?;
        }
        disk::keep_names(&self.path)
    }
}

fn write_head(text: &mut Vec<u8>) {
    write_line(
        text,
        &Head {
            helix_phone_history: VERSION,
        },
    );
}

fn write_line(text: &mut Vec<u8>, line: &impl Serialize) {
    serde_json::to_writer(&mut *text, line).expect("its keys are text, and memory takes it");
    text.push(b'\n');
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// Whom somebody talked to is nobody else's business.
fn private() -> fs::OpenOptions {
    #[cfg_attr(
        not(unix),
        expect(unused_mut, reason = "profiles are private on Windows")
    )]
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Takes others' rights away; tells whether nobody else has any.
#[cfg(unix)]
fn make_private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;

    let is_private = |mode: u32| mode & 0o077 == 0;
    match fs::metadata(path) {
        Ok(it) if is_private(it.permissions().mode()) => true,
        Ok(_) => fs::set_permissions(path, fs::Permissions::from_mode(0o600)).is_ok(),
        Err(_) => false,
    }
}

#[cfg(not(unix))]
fn make_private(_path: &Path) -> bool {
    true
}
