//! What tells this machine from others.

use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// Returns an id that this program alone has for this machine; `None` where the system has none for it, as in some containers.
///
/// It is made of the system's own, which is confidential and has to be hashed with something of the program's (machine-id(5)).
pub(super) fn this() -> Option<Uuid> {
    of(&machine_uid::get().ok()?)
}

/// The id of a machine whose system calls it `id`: hexadecimal, with hyphens or without.
fn of(id: &str) -> Option<Uuid> {
    // A machine that starts for the first time is "uninitialized".
    let id = id.trim().parse::<Uuid>().ok().filter(|it| !it.is_nil())?;
    let digest = Sha256::new()
        .chain_update("Helix Phone\n")
        .chain_update(id)
        .finalize();
    let (bytes, _) = digest.split_first_chunk()?;
    Some(Builder::from_custom_bytes(*bytes).into_uuid())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_machine_is_one_however_its_id_is_written_and_the_id_is_not_told() {
        let id = "0123456789abcdef0123456789abcdef";
        let ours = of(id).unwrap();
        assert_eq!(of("01234567-89AB-CDEF-0123-456789ABCDEF\n"), Some(ours));
        assert_ne!(of("0123456789abcdef0123456789abcdee"), Some(ours));
        assert_ne!(ours.simple().to_string(), id);
        for none in ["", "uninitialized", "00000000000000000000000000000000"] {
            assert_eq!(of(none), None, "{none:?}");
        }
    }
}
