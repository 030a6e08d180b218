//! The policy of a computer, in a file that nobody but its administrator writes.

use std::{
    fs::{self, Metadata},
    io,
    os::unix::fs::MetadataExt,
    path::Path,
};

use crate::disk::{self, said};

/// A policy is small; whatever is larger is something else.
const MAX_LENGTH: u64 = 1024 * 1024;

/// Those who may write besides the owner.
const OTHERS: u32 = 0o022;

/// Reads the file, which belongs to `owner`; `None`: there is none. Fails with the end of a sentence
/// that begins with its name.
pub(super) fn read(path: &Path, owner: u32) -> Result<Option<Vec<u8>>, String> {
    let unreadable = |error: &io::Error| format!("cannot be read ({})", said(error));
    let bytes = match disk::bytes(path, MAX_LENGTH) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(&error)),
    };
    // Who may write the folder may put another file in its place.
    for place in [path, disk::folder(path)] {
        let place = fs::metadata(place).map_err(|error| unreadable(&error))?;
        if !is_safe(&place, owner) {
            let whose = if owner == 0 {
                "root".to_owned()
            } else {
                format!("user {owner}")
            };
            return Err(format!("may be written by others than {whose}"));
        }
    }
    if bytes.len() as u64 > MAX_LENGTH {
        return Err("is larger than 1 MiB".to_owned());
    }
    Ok(Some(bytes))
}

fn is_safe(place: &Metadata, owner: u32) -> bool {
    place.uid() == owner && place.mode() & OTHERS == 0
}
