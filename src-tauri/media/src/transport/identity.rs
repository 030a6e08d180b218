use std::{fmt, sync::Arc};

use rtc::{crypto::RTCCryptoProvider, dtls::crypto::Certificate};

use super::fingerprint::{Fingerprint, Hash};

/// The certificate this phone shows in DTLS: self-signed, ECDSA P-256, bound to a call by the
/// fingerprint in the session description (RFC 8827 §6.5).
#[derive(Clone)]
pub(crate) struct Identity {
    pub(super) provider: Arc<dyn RTCCryptoProvider>,
    pub(super) certificate: Certificate,
}

/// No certificate could be made: randomness or the cryptography of this system failed.
#[derive(Debug, thiserror::Error)]
#[error("No certificate for DTLS could be made: {0}")]
pub(crate) struct IdentityError(String);

impl Identity {
    /// Makes a key and a certificate for it.
    pub(crate) fn generate() -> Result<Self, IdentityError> {
        let provider = rtc::crypto::default_provider().map_err(|e| IdentityError(e.to_string()))?;
        let certificate =
            Certificate::generate_self_signed(vec![NAME.to_owned()], provider.crypto())
                .map_err(|e| IdentityError(e.to_string()))?;
        Ok(Self {
            provider,
            certificate,
        })
    }

    /// Returns the SHA-256 fingerprint of the certificate.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(Hash::Sha256, &self.certificate.certificate[0])
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("fingerprint", &self.fingerprint().to_string())
            .finish_non_exhaustive()
    }
}

/// The subject: it is seen on the wire and says nothing about the user (RFC 8827 §6.5).
pub(super) const NAME: &str = "softphone";
