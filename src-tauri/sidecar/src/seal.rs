//! Keeps secrets where others keep them for us: sealed, so that only servers with the signing key read
//! them.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use zeroize::Zeroizing;

use crate::random::random_bytes;

/// Seals and opens secrets of one purpose: AES-256-GCM, each bound to what it belongs to.
///
/// It seals with one key, and may open what others sealed with a previous one as well.
pub(crate) struct Seal {
    key: LessSafeKey,
    previous: Option<LessSafeKey>,
}

/// What signs access tokens, and seals.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SigningKeys<'a> {
    pub(crate) current: &'a SecretSlice<u8>,
    /// Another one that is accepted, and signs and seals nothing: the one before, or the one to come.
    pub(crate) old: Option<&'a SecretSlice<u8>>,
}

impl Seal {
    /// Derives the keys from those that sign access tokens (RFC 5869); `purpose` keeps them apart from
    /// others that are derived from the same secret (§3.2).
    pub(crate) fn new(keys: SigningKeys<'_>, purpose: &'static [u8]) -> Self {
        Self {
            key: derived(keys.current, purpose),
            previous: keys.old.map(|secret| derived(secret, purpose)),
        }
    }

    /// Returns `secret` as text that only [`Self::open`] reads, and only with the same `belongs_to`.
    pub(crate) fn seal(&self, belongs_to: &str, secret: &SecretString) -> String {
        let nonce: [u8; NONCE_LEN] = random_bytes();
        let mut sealed = secret.expose_secret().as_bytes().to_vec();
        self.key
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(belongs_to.as_bytes()),
                &mut sealed,
            )
            .expect("a secret is shorter than 64 GiB");
        URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat())
    }

    /// Returns what was sealed; `None` where that was not here, not for this, or is damaged.
    pub(crate) fn open(&self, belongs_to: &str, sealed: &str) -> Option<SecretString> {
        let whole = Zeroizing::new(URL_SAFE_NO_PAD.decode(sealed).ok()?);
        [Some(&self.key), self.previous.as_ref()]
            .into_iter()
            .flatten()
            .find_map(|key| open(key, belongs_to, whole.clone()))
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seal").finish_non_exhaustive()
    }
}

fn derived(secret: &SecretSlice<u8>, purpose: &'static [u8]) -> LessSafeKey {
    let derived = Salt::new(HKDF_SHA256, &[]).extract(secret.expose_secret());
    let purpose = [purpose];
    let key = derived
        .expand(&purpose, &AES_256_GCM)
        .expect("32 bytes can be derived");
    LessSafeKey::new(UnboundKey::from(key))
}

/// Opens `whole`, in the same memory, if it was sealed with `key`.
fn open(
    key: &LessSafeKey,
    belongs_to: &str,
    mut whole: Zeroizing<Vec<u8>>,
) -> Option<SecretString> {
    let (nonce, sealed) = whole.split_at_mut_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let aad = Aad::from(belongs_to.as_bytes());
    let opened = key.open_in_place(nonce, aad, sealed).ok()?;
    Some(str::from_utf8(opened).ok()?.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_secret_is_opened_with_its_key_for_its_purpose_and_what_it_belongs_to_alone() {
        let sealed = seal("k", b"p").seal("agent1", &"a secret".into());
        assert!(!sealed.contains("secret"));
        let open = |key: &str, purpose, belongs_to: &str, text: &str| {
            let opened = seal(key, purpose).open(belongs_to, text);
            opened.map(|it| it.expose_secret().to_owned())
        };
        assert_eq!(
            open("k", b"p", "agent1", &sealed).as_deref(),
            Some("a secret")
        );
        assert_eq!(open("k", b"p", "agent2", &sealed), None);
        assert_eq!(open("k", b"q", "agent1", &sealed), None);
        assert_eq!(open("other", b"p", "agent1", &sealed), None);
        for damaged in ["", "AAAA", "not base64", &sealed[1..]] {
            assert_eq!(open("k", b"p", "agent1", damaged), None);
        }
        // Nobody sees that the same was sealed twice.
        assert_ne!(seal("k", b"p").seal("agent1", &"a secret".into()), sealed);
    }

    #[test]
    fn what_was_sealed_with_a_previous_key_is_opened_and_nothing_is_sealed_with_it() {
        let before = seal("old", b"p").seal("agent1", &"a secret".into());
        let [old, new] = [b"old", b"new"].map(|it| it.to_vec().into());
        let keys = SigningKeys {
            current: &new,
            old: Some(&old),
        };
        let after = Seal::new(keys, b"p");
        let opened = after.open("agent1", &before).unwrap();
        assert_eq!(opened.expose_secret(), "a secret");
        let sealed = after.seal("agent1", &"a secret".into());
        assert!(seal("old", b"p").open("agent1", &sealed).is_none());
        assert!(seal("new", b"p").open("agent1", &sealed).is_some());
        assert!(after.open("agent2", &before).is_none());
    }

    fn seal(secret: &str, purpose: &'static [u8]) -> Seal {
        let keys = SigningKeys {
            current: &secret.as_bytes().to_vec().into(),
            old: None,
        };
        Seal::new(keys, purpose)
    }
}
