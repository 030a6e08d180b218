//! What a server must have that others reach.

use std::net::SocketAddr;

use super::rules::Rules;
use super::{
    JWT_SECRET_VARIABLE, Settings, TLS_CERTIFICATE_VARIABLE, TLS_KEY_VARIABLE,
    TRUSTED_PROXIES_VARIABLE,
};

/// What a server lacks that others reach at this address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Lack {
    #[error(
        "{JWT_SECRET_VARIABLE} (or settings.jwt_secret_file) is missing: a sidecar that others \
         reach, here at {0}, needs a lasting key for its access tokens"
    )]
    SigningKey(SocketAddr),
    #[error(
        "Passwords would come in clear: others reach {0}. Either give this server a certificate, with \
         {TLS_CERTIFICATE_VARIABLE} and {TLS_KEY_VARIABLE} (or settings.tls_certificate_file and \
         settings.tls_key_file), or name the proxy with HTTPS in front of it, with \
         {TRUSTED_PROXIES_VARIABLE} (or settings.trusted_proxies), or listen on 127.0.0.1"
    )]
    Https(SocketAddr),
}

/// Which settings have mistakes of their own: that they are missing as well is not told then.
pub(super) struct Misread {
    pub(super) signing_key: bool,
    pub(super) https: bool,
}

impl Settings {
    /// Returns what is missing to serve on `address`: beyond loopback there must be a signing key, and TLS or a proxy
    /// that has it.
    pub(crate) fn lacks_at(&self, address: SocketAddr) -> Vec<Lack> {
        let mut lacks = Vec::new();
        if address.ip().to_canonical().is_loopback() {
            return lacks;
        }
        if self.jwt_secret.is_none() {
            lacks.push(Lack::SigningKey(address));
        }
        if self.certificate.is_none() && self.trusted_proxies.is_empty() {
            lacks.push(Lack::Https(address));
        }
        lacks
    }
}

impl Rules<'_> {
    /// Reports what is missing where the server will listen.
    pub(super) fn check_exposed(
        &mut self,
        settings: &Settings,
        listen: Option<SocketAddr>,
        misread: &Misread,
    ) {
        let lacks = listen.map(|address| settings.lacks_at(address));
        for lack in lacks.unwrap_or_default() {
            let is_misread = match lack {
                Lack::SigningKey(_) => misread.signing_key,
                Lack::Https(_) => misread.https,
            };
            if !is_misread {
                self.report(&(0..0), lack.to_string());
            }
        }
    }
}
