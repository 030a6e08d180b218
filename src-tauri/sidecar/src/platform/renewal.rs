//! Carries the platform's refresh token inside of ours, sealed: no server has to keep it, and every
//! server that has the signing key can ask the platform with it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use zeroize::Zeroizing;

use crate::random::random_bytes;

/// Separates the two parts of a refresh token; neither has it.
const SEPARATOR: char = '.';

/// Keeps the key apart from others that are derived from the same secret (RFC 5869 §3.2).
const PURPOSE: &[&[u8]] = &[b"helix-sidecar: the platform's refresh token inside of ours"];

/// Seals and opens the platform's part of a refresh token: AES-256-GCM, bound to our part.
pub(crate) struct RenewalSeal(LessSafeKey);

/// A refresh token of ours with what it carries.
pub(crate) struct Carried {
    /// Our part, which names the session.
    pub(crate) session_token: SecretString,
    /// The platform's token; `None` where there is none, or not one that this server sealed.
    pub(crate) platform_token: Option<SecretString>,
}

impl RenewalSeal {
    /// Derives the key from the secret that signs access tokens (RFC 5869).
    pub(crate) fn new(secret: &SecretSlice<u8>) -> Self {
        let derived = Salt::new(HKDF_SHA256, &[]).extract(secret.expose_secret());
        let key = derived
            .expand(PURPOSE, &AES_256_GCM)
            .expect("32 bytes can be derived");
        Self(LessSafeKey::new(UnboundKey::from(key)))
    }

    /// Returns `session_token` with `platform_token` inside.
    pub(crate) fn seal(
        &self,
        session_token: &SecretString,
        platform_token: &SecretString,
    ) -> SecretString {
        let session_token = session_token.expose_secret();
        let nonce: [u8; NONCE_LEN] = random_bytes();
        let mut sealed = platform_token.expose_secret().as_bytes().to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(session_token.as_bytes()),
                &mut sealed,
            )
            .expect("a token is shorter than 64 GiB");
        let whole = [&nonce[..], &sealed].concat();
        let sealed = URL_SAFE_NO_PAD.encode(whole);
        SecretString::from(format!("{session_token}{SEPARATOR}{sealed}"))
    }

    /// Takes `token` apart.
    pub(crate) fn open(&self, token: &SecretString) -> Carried {
        let Some((session_token, sealed)) = token.expose_secret().split_once(SEPARATOR) else {
            return Carried {
                session_token: token.clone(),
                platform_token: None,
            };
        };
        Carried {
            session_token: session_token.into(),
            platform_token: self.open_sealed(session_token, sealed),
        }
    }

    fn open_sealed(&self, session_token: &str, sealed: &str) -> Option<SecretString> {
        let mut whole = Zeroizing::new(URL_SAFE_NO_PAD.decode(sealed).ok()?);
        let (nonce, sealed) = whole.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let aad = Aad::from(session_token.as_bytes());
        let opened = self.0.open_in_place(nonce, aad, sealed).ok()?;
        Some(str::from_utf8(opened).ok()?.into())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_token_comes_out_as_it_went_in_on_every_server_with_the_key() {
        let sealed = seal("k").seal(&"session".into(), &"platform's".into());
        assert!(!sealed.expose_secret().contains("platform"));
        let carried = seal("k").open(&sealed);
        assert_eq!(carried.session_token.expose_secret(), "session");
        let platform_token = carried.platform_token.unwrap();
        assert_eq!(platform_token.expose_secret(), "platform's");
    }

    #[test]
    fn what_was_not_sealed_here_for_this_session_carries_nothing() {
        let sealed = seal("k").seal(&"session".into(), &"platform's".into());
        let text = sealed.expose_secret();
        let (_, tail) = text.split_once('.').unwrap();
        for wrong in [
            "session".to_owned(),
            "session.".to_owned(),
            "session.AAAA".to_owned(),
            "session.not base64".to_owned(),
            format!("another.{tail}"),
            text[..text.len() - 2].to_owned(),
            format!("{text}.{tail}"),
        ] {
            assert!(seal("k").open(&wrong.into()).platform_token.is_none());
        }
        assert!(seal("other").open(&sealed).platform_token.is_none());
    }

    fn seal(secret: &str) -> RenewalSeal {
        RenewalSeal::new(&secret.as_bytes().to_vec().into())
    }
}
