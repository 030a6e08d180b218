use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

use crate::random::random_bytes;

/// What is kept of a ticket. 128 random bits need neither salt nor cost.
#[derive(Clone, Copy, Eq)]
pub struct TicketHash([u8; 32]);

/// Returns an unpredictable ticket.
pub(crate) fn new_ticket() -> SecretString {
    URL_SAFE_NO_PAD.encode(random_bytes::<16>()).into()
}

impl TicketHash {
    pub fn of(ticket: &SecretString) -> Self {
        Self(Sha256::digest(ticket.expose_secret().as_bytes()).into())
    }

    /// Returns it as text.
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        for (n, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * n..2 * n + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

/// Takes as long wherever the two differ.
impl PartialEq for TicketHash {
    fn eq(&self, other: &Self) -> bool {
        let bytes = self.0.iter().zip(other.0);
        let difference = bytes.fold(0, |difference, (a, b)| difference | (a ^ b));
        std::hint::black_box(difference) == 0
    }
}

impl fmt::Debug for TicketHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TicketHash(..)")
    }
}

impl Serialize for TicketHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.hex())
    }
}

impl<'de> Deserialize<'de> for TicketHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_hex(&text).ok_or_else(|| de::Error::custom("no hash of a ticket"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::HashSet;

    use super::*;

    #[test]
    fn tickets_differ_and_their_hashes_survive_being_written() {
        let tickets: HashSet<String> = (0..100)
            .map(|_| new_ticket().expose_secret().to_owned())
            .collect();
        assert_eq!(tickets.len(), 100);
        assert!(tickets.iter().all(|it| it.len() == 22));
        let hashes: Vec<TicketHash> = tickets
            .iter()
            .map(|it| TicketHash::of(&it.clone().into()))
            .collect();
        for hash in &hashes {
            let text = serde_json::to_string(hash).unwrap();
            assert!(serde_json::from_str::<TicketHash>(&text).unwrap() == *hash);
            assert_eq!(hashes.iter().filter(|it| *it == hash).count(), 1);
        }
        for wrong in ["\"\"", "\"zz\"", "7"] {
            serde_json::from_str::<TicketHash>(wrong).unwrap_err();
        }
        let not_hex = format!("\"{}\"", "+1".repeat(32));
        serde_json::from_str::<TicketHash>(&not_hex).unwrap_err();
    }
}
