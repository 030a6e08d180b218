use std::fmt;

use sha2::{Digest, Sha256, Sha384, Sha512};

/// The hash of a certificate in a session description, `a=fingerprint` (RFC 8122 §5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    pub(crate) hash: Hash,
    pub(crate) bytes: Vec<u8>,
}

/// The hash functions a fingerprint may use. SHA-1 and MD5 are left out: a certificate with the
/// same hash can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// Why the value of an `a=fingerprint` line cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FingerprintError {
    #[error("the fingerprint's hash function {0:?} is not acceptable")]
    Hash(String),
    #[error("the fingerprint is malformed")]
    Syntax,
}

impl Fingerprint {
    /// Returns the fingerprint of a DER certificate.
    pub(crate) fn of(hash: Hash, certificate: &[u8]) -> Self {
        let bytes = match hash {
            Hash::Sha256 => Sha256::digest(certificate).to_vec(),
            Hash::Sha384 => Sha384::digest(certificate).to_vec(),
            Hash::Sha512 => Sha512::digest(certificate).to_vec(),
        };
        Self { hash, bytes }
    }

    /// Reads what follows `a=fingerprint:`, in capitals or not.
    pub(crate) fn parse(value: &str) -> Result<Self, FingerprintError> {
        let mut words = value.split_ascii_whitespace();
        let (Some(name), Some(digits), None) = (words.next(), words.next(), words.next()) else {
            return Err(FingerprintError::Syntax);
        };
        let hash = [Hash::Sha256, Hash::Sha384, Hash::Sha512]
            .into_iter()
            .find(|hash| hash.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| FingerprintError::Hash(name.chars().take(16).collect()))?;
        let bytes = digits
            .split(':')
            .map(|pair| {
                let hex = pair.len() == 2 && pair.bytes().all(|digit| digit.is_ascii_hexdigit());
                hex.then(|| u8::from_str_radix(pair, 16).ok()).flatten()
            })
            .collect::<Option<Vec<u8>>>()
            .filter(|bytes| bytes.len() == hash.length())
            .ok_or(FingerprintError::Syntax)?;
        Ok(Self { hash, bytes })
    }

    /// Returns whether this is the fingerprint of the DER `certificate`.
    pub(crate) fn matches(&self, certificate: &[u8]) -> bool {
        Self::of(self.hash, certificate) == *self
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.hash.name())?;
        for (index, byte) in self.bytes.iter().enumerate() {
            let colon = if index == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

impl Hash {
    fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha-256",
            Self::Sha384 => "sha-384",
            Self::Sha512 => "sha-512",
        }
    }

    /// Bytes of a digest.
    fn length(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_fingerprint_is_read_back_from_what_is_written_in_any_case() {
        for hash in [Hash::Sha256, Hash::Sha384, Hash::Sha512] {
            let fingerprint = Fingerprint::of(hash, b"certificate");
            let line = fingerprint.to_string();
            assert_eq!(Fingerprint::parse(&line).unwrap(), fingerprint);
            assert_eq!(
                Fingerprint::parse(&line.to_uppercase()).unwrap(),
                fingerprint
            );
            assert_eq!(
                Fingerprint::parse(&line.to_lowercase()).unwrap(),
                fingerprint
            );
            assert!(fingerprint.matches(b"certificate"));
            assert!(!fingerprint.matches(b"certificatE"));
        }
    }

    #[test]
    fn weak_hash_functions_are_refused() {
        for (name, length) in [("sha-1", 20), ("MD5", 16), ("md2", 16), ("sha-224", 28)] {
            let digits = vec!["AB"; length].join(":");
            assert_eq!(
                Fingerprint::parse(&format!("{name} {digits}")),
                Err(FingerprintError::Hash(name.to_owned()))
            );
        }
    }

    #[test]
    fn a_malformed_fingerprint_is_refused() {
        let short = vec!["AB"; 31].join(":");
        let good = vec!["AB"; 32].join(":");
        for value in [
            String::new(),
            "sha-256".to_owned(),
            format!("sha-256 {short}"),
            format!("sha-256 {short}:"),
            format!("sha-256 {short}:+A"),
            format!("sha-256 {short}:é"),
            format!("sha-256 {good} more"),
        ] {
            assert_eq!(
                Fingerprint::parse(&value),
                Err(FingerprintError::Syntax),
                "{value:?}"
            );
        }
    }
}
