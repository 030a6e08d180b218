use rand::{RngExt, SeedableRng, rngs::StdRng};
use secrecy::SecretString;

/// An ICE username fragment and password (RFC 8445 §5.3).
#[derive(Debug, Clone)]
pub(crate) struct Credentials {
    pub(crate) ufrag: String,
    pub(crate) pwd: SecretString,
}

impl Credentials {
    /// Makes credentials from `seed`, which must be as unguessable as they are to be: 4 characters
    /// of fragment would do, and 22 of password (RFC 8839 §5.4); 8 and 24 are 48 and 144 bits.
    pub(crate) fn from_seed(seed: [u8; 32]) -> Self {
        let mut random = StdRng::from_seed(seed);
        let mut text = |length: usize| -> String {
            (0..length)
                .map(|_| char::from(ICE_CHARS[random.random_range(0..ICE_CHARS.len())]))
                .collect()
        };
        Self {
            ufrag: text(8),
            pwd: text(24).into(),
        }
    }
}

/// `ice-char` of RFC 8839 §5.4: 64 characters, 6 bits each.
const ICE_CHARS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_credentials_and_another_seed_others() {
        let (a, b, c) = (
            Credentials::from_seed([1; 32]),
            Credentials::from_seed([1; 32]),
            Credentials::from_seed([2; 32]),
        );
        assert_eq!(a.ufrag, b.ufrag);
        assert_eq!(a.pwd.expose_secret(), b.pwd.expose_secret());
        assert_ne!(a.ufrag, c.ufrag);
        assert_ne!(a.pwd.expose_secret(), c.pwd.expose_secret());
        assert_eq!((a.ufrag.len(), a.pwd.expose_secret().len()), (8, 24));
    }
}
