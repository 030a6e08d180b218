//! What all our files on the disk have in common.

use std::{
    ffi::OsString,
    fs::{self, File, TryLockError},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

/// How many files may have been set aside before one more is not.
const MAX_ASIDE: u32 = 1000;

/// Whether a file is this process's alone.
#[derive(Debug)]
pub(crate) enum Hold {
    /// It is, until this is dropped or the process ends.
    Held(#[expect(dead_code, reason = "what counts is that it is open")] File),
    /// It is another process's.
    Taken,
    /// There is no place for the lock.
    Failed,
}

/// Keeps other processes from the file, and waits for them as long as `patience` lasts.
pub(crate) fn hold(path: &Path, patience: Duration) -> Hold {
    let lock = fs::create_dir_all(folder(path)).and_then(|()| {
        File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(with_end(path, "lock"))
    });
    let lock = match lock {
        Ok(lock) => lock,
        Err(_) => return Hold::Failed,
    };
    let deadline = Instant::now() + patience;
    loop {
        match lock.try_lock() {
            Ok(()) => return Hold::Held(lock),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                thread::park_timeout(Duration::from_millis(10));
            }
            Err(TryLockError::WouldBlock) => return Hold::Taken,
            Err(TryLockError::Error(_)) => return Hold::Failed,
        }
    }
}

/// Returns the file behind a symbolic link, so that the link stays.
pub(crate) fn target(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// Returns what the file holds, and at most one byte more than `longest`.
///
/// A pipe would hold us up until somebody writes to it, and a device is not set aside: it may be
/// that of all programs.
pub(crate) fn bytes(path: &Path, longest: u64) -> io::Result<Vec<u8>> {
    let kind = fs::metadata(path)?;
    if !kind.is_file() && !kind.is_dir() {
        return Err(io::Error::other("it is a device or a pipe"));
    }
    let mut bytes = Vec::new();
    File::open(path)?
        .take(longest + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Returns what the system says of a failure, without its number, and without the name of a file
/// that nobody but us knows.
pub(crate) fn said(error: &io::Error) -> String {
    let words = error.to_string();
    match words.split_once(" (os error ") {
        Some((what, _)) => what.to_owned(),
        None => words,
    }
}

/// Gives the file another name, under which nothing lies: `NAME.broken-1`.
pub(crate) fn set_aside(path: &Path, kind: &str) -> io::Result<PathBuf> {
    for number in 1..=MAX_ASIDE {
        let aside = with_end(path, &format!("{kind}-{number}"));
        if fs::symlink_metadata(&aside).is_err() {
            fs::rename(path, &aside)?;
            return Ok(aside);
        }
    }
    Err(io::Error::other("too many of them are there already"))
}

/// Returns all that was set aside of this file.
pub(crate) fn aside(path: &Path, kinds: &[&str]) -> Vec<PathBuf> {
    let candidates = kinds
        .iter()
        .flat_map(|kind| (1..=MAX_ASIDE).map(move |number| format!("{kind}-{number}")));
    candidates
        .map(|end| with_end(path, &end))
        .filter(|it| fs::symlink_metadata(it).is_ok())
        .collect()
}

/// Puts a new file in the place of the old one, in a folder that is made where it is not there: whoever
/// reads sees all of the one or of the other, whenever the power fails.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = folder(path);
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    // The new name is on the disk when its folder is.
    keep_names(path)
}

/// Waits until the names in the folder of this file are on the disk.
pub(crate) fn keep_names(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder(path))?.sync_all()?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

pub(crate) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        Some(_) | None => Path::new("."),
    }
}

pub(crate) fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".");
    name.push(end);
    name.into()
}
