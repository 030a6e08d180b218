use ring::hmac;
use secrecy::{ExposeSecret, SecretSlice};

/// Keeps a pseudonym apart from what else is made with the same key.
const PURPOSE: &[u8] = b"helix-sidecar: the pseudonym of an account, ";

/// Names accounts in the record of sign-ins so that guesses at the same one are seen, and nobody sees
/// whose it is without the signing key.
pub(crate) struct Pseudonyms(hmac::Key);

impl Pseudonyms {
    pub(crate) fn new(secret: &SecretSlice<u8>) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret()))
    }

    /// Returns the pseudonym of a folded e-mail, the same at each server with the key.
    pub(crate) fn of(&self, email: &str) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(PURPOSE);
        context.update(email.as_bytes());
        let hash = context.sign();
        let short = &hash.as_ref()[..8];
        short.iter().map(|it| format!("{it:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_one_pseudonym_with_one_key_and_another_with_another() {
        let of =
            |key: &str, email: &str| Pseudonyms::new(&key.as_bytes().to_vec().into()).of(email);
        let ana = of("one key", "ana@helix.example");
        assert_eq!(ana.len(), 16);
        assert_eq!(of("one key", "ana@helix.example"), ana);
        assert_ne!(of("one key", "ravi@helix.example"), ana);
        assert_ne!(of("another key", "ana@helix.example"), ana);
    }
}
