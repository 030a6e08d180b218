//! One value of any length under one name of a keyring, although Windows keeps 2,560 bytes at most.
//!
//! A short value is one entry. A long one lies in numbered parts beside a head that names them and
//! has their digest. New parts are written into the slot that the head does not name, then the head
//! is written, at one stroke, then the old parts are removed. Whenever that is cut short, the head
//! names a complete value: the old one or the new one.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::keyring::{Keyring, Trouble};

/// How many bytes an entry holds: what fits in `CRED_MAX_CREDENTIAL_BLOB_SIZE` (2,560 bytes) even
/// where a store keeps it as UTF-16.
pub(super) const PART: usize = 1200;

/// Holds the largest answer that the sidecar's client reads, and some.
const MAX_PARTS: usize = 64;

/// What lies under a name.
#[derive(Debug)]
pub(super) enum Found {
    Nothing,
    Value(Zeroizing<Vec<u8>>),
    /// Parts that are not what their head says.
    Garbage,
}

/// The head of a value in parts.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    slot: Slot,
    parts: usize,
    /// Of all parts together, in hexadecimal digits.
    sha256: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Slot {
    A,
    B,
}

/// Keeps `value` under `name`, in place of what was there.
pub(super) fn write(keyring: &mut dyn Keyring, name: &str, value: &[u8]) -> Result<(), Trouble> {
    if value.len() <= PART {
        keyring.write(name, value)?;
        clear(keyring, name, Slot::A)?;
        return clear(keyring, name, Slot::B);
    }
    let parts = value.chunks(PART);
    if parts.len() > MAX_PARTS {
        let length = value.len();
        return Err(Trouble::Failed(format!("{length} bytes are too many")));
    }
    let old = keyring.read(name)?;
    let slot = match old.as_deref().and_then(|it| head(it)) {
        Some(Head { slot: Slot::A, .. }) => Slot::B,
        Some(Head { slot: Slot::B, .. }) | None => Slot::A,
    };
    clear(keyring, name, slot)?;
    let head = Head {
        slot,
        parts: parts.len(),
        sha256: digest(value),
    };
    for (number, part) in (1..).zip(parts) {
        keyring.write(&part_name(name, slot, number), part)?;
    }
    let head = serde_json::to_vec(&head).expect("its keys are text");
    keyring.write(name, &head)?;
    clear(keyring, name, slot.other())
}

/// Returns what is kept under `name`.
pub(super) fn read(keyring: &mut dyn Keyring, name: &str) -> Result<Found, Trouble> {
    let Some(first) = keyring.read(name)? else {
        return Ok(Found::Nothing);
    };
    let Some(head) = head(&first) else {
        return Ok(Found::Value(first));
    };
    if head.parts > MAX_PARTS {
        return Ok(Found::Garbage);
    }
    // As large as it can get at once: growing would leave copies behind.
    let mut value = Zeroizing::new(Vec::with_capacity(head.parts * PART));
    for number in 1..=head.parts {
        match keyring.read(&part_name(name, head.slot, number))? {
            Some(part) if part.len() <= PART => value.extend_from_slice(&part),
            Some(_) | None => return Ok(Found::Garbage),
        }
    }
    if digest(&value) == head.sha256 {
        Ok(Found::Value(value))
    } else {
        Ok(Found::Garbage)
    }
}

/// Removes what is kept under `name`, and looks whether it is gone.
pub(super) fn remove(keyring: &mut dyn Keyring, name: &str) -> Result<(), Trouble> {
    // The head first: what is left of a removal that is cut short is no value any more.
    keyring.remove(name)?;
    clear(keyring, name, Slot::A)?;
    clear(keyring, name, Slot::B)?;
    let mut names = vec![name.to_owned()];
    names.extend([Slot::A, Slot::B].map(|slot| part_name(name, slot, 1)));
    for name in names {
        if keyring.read(&name)?.is_some() {
            return Err(Trouble::Failed(
                "An entry stays although it was removed".to_owned(),
            ));
        }
    }
    Ok(())
}

/// Removes the parts of a slot. They go from the last to the first, so that what is left of a
/// removal that is cut short begins with the first and is found.
fn clear(keyring: &mut dyn Keyring, name: &str, slot: Slot) -> Result<(), Trouble> {
    let mut count = 0;
    while count < MAX_PARTS && is_there(keyring, &part_name(name, slot, count + 1))? {
        count += 1;
    }
    (1..=count)
        .rev()
        .try_for_each(|number| keyring.remove(&part_name(name, slot, number)))
}

fn is_there(keyring: &mut dyn Keyring, name: &str) -> Result<bool, Trouble> {
    match keyring.read(name) {
        Ok(found) => Ok(found.is_some()),
        Err(Trouble::Ambiguous) => Ok(true),
        Err(trouble) => Err(trouble),
    }
}

fn head(bytes: &[u8]) -> Option<Head> {
    serde_json::from_slice(bytes).ok()
}

fn part_name(name: &str, slot: Slot, number: usize) -> String {
    format!("{name} {slot}{number}")
}

fn digest(value: &[u8]) -> String {
    Sha256::digest(value)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

impl Slot {
    fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A => "a",
            Self::B => "b",
        })
    }
}
