//! Random words for tags, branches, Call-IDs and host names.

use rand::{RngExt, rngs::StdRng};

/// Lower case only: host names compare without case (RFC 3261 §19.1.4), and JsSIP writes them so.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Returns `length` letters and digits, five bits of randomness each.
pub(crate) fn token(rng: &mut StdRng, length: usize) -> String {
    (0..length)
        .map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())]))
        .collect()
}

/// Returns a From or To tag: 60 random bits, RFC 3261 §19.3 asks for 32.
pub(crate) fn tag(rng: &mut StdRng) -> String {
    token(rng, 12)
}

/// Returns a Call-ID: 110 random bits (RFC 3261 §8.1.1.4).
pub(crate) fn call_id(rng: &mut StdRng) -> String {
    token(rng, 22)
}
