//! Carries the platform's refresh token inside of ours, sealed: no server has to keep it, and every
//! server that has the signing key can ask the platform with it.

use secrecy::{ExposeSecret, SecretString};

use crate::seal::{Seal, SigningKeys};

/// Separates the two parts of a refresh token; neither has it.
const SEPARATOR: char = '.';

const PURPOSE: &[u8] = b"helix-sidecar: the platform's refresh token inside of ours";

/// Seals and opens the platform's part of a refresh token, bound to our part.
pub(crate) struct RenewalSeal(Seal);

/// A refresh token of ours with what it carries.
pub(crate) struct Carried {
    /// Our part, which names the session.
    pub(crate) session_token: SecretString,
    /// The platform's token; `None` where there is none, or not one that this server sealed.
    pub(crate) platform_token: Option<SecretString>,
}

impl RenewalSeal {
    pub(crate) fn new(keys: SigningKeys<'_>) -> Self {
        Self(Seal::new(keys, PURPOSE))
    }

    /// Returns `session_token` with `platform_token` inside.
    pub(crate) fn seal(
        &self,
        session_token: &SecretString,
        platform_token: &SecretString,
    ) -> SecretString {
        let session_token = session_token.expose_secret();
        let sealed = self.0.seal(session_token, platform_token);
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
            platform_token: self.0.open(session_token, sealed),
        }
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
        RenewalSeal::new(SigningKeys {
            current: &secret.as_bytes().to_vec().into(),
            old: None,
        })
    }
}
