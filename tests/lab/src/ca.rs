use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};

/// A certificate authority that lives as long as the test or the demo.
#[derive(Debug)]
pub struct Ca {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// Which certificate a server shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Certificate {
    /// For 127.0.0.1, ::1 and localhost, signed by the CA.
    #[default]
    Valid,
    /// It ended yesterday.
    Expired,
    /// For `elsewhere.example` only.
    WrongName,
    /// Signed by another CA, which nobody has.
    OtherCa,
}

/// Why a certificate could not be made or written.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    #[error("The certificate could not be made: {0}")]
    Make(#[from] rcgen::Error),
    #[error("The certificate could not be used: {0}")]
    Use(#[from] rustls::Error),
    #[error("{path} could not be written: {source}")]
    Write { path: PathBuf, source: io::Error },
}

impl Ca {
    pub fn new() -> Result<Self, CaError> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        // A name of its own, so that clients do not take one lab's CA for another's.
        let name = format!("Helix Phone lab {}", uuid::Uuid::new_v4());
        params.distinguished_name.push(DnType::CommonName, name);
        let now = OffsetDateTime::now_utc();
        params.not_before = now - Duration::days(60);
        params.not_after = now + Duration::days(1);
        let key = KeyPair::generate()?;
        let pem = params.self_signed(&key)?.pem();
        Ok(Self {
            issuer: Issuer::new(params, key),
            pem,
        })
    }

    /// The CA's certificate, which a client must trust.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Writes `ca.pem` into `directory` and returns its path.
    pub fn write(&self, directory: &Path) -> Result<PathBuf, CaError> {
        let path = directory.join("ca.pem");
        match std::fs::write(&path, &self.pem) {
            Ok(()) => Ok(path),
            Err(source) => Err(CaError::Write { path, source }),
        }
    }

    /// Makes the TLS side of a server that shows `certificate`.
    pub fn server_config(&self, certificate: Certificate) -> Result<Arc<ServerConfig>, CaError> {
        let (signed, key) = self.sign(certificate)?;
        let chain: Vec<CertificateDer<'static>> = vec![signed.der().clone()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config =
            ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()?
                .with_no_client_auth()
                .with_single_cert(chain, key)?;
        Ok(Arc::new(config))
    }

    /// Writes `server.pem` and `server.key` of a valid certificate into `directory`, for a server that reads files.
    pub fn write_server(&self, directory: &Path) -> Result<(), CaError> {
        let (signed, key) = self.sign(Certificate::Valid)?;
        for (name, text) in [
            ("server.pem", signed.pem()),
            ("server.key", key.serialize_pem()),
        ] {
            let path = directory.join(name);
            std::fs::write(&path, text).map_err(|source| CaError::Write { path, source })?;
        }
        Ok(())
    }

    fn sign(&self, certificate: Certificate) -> Result<(rcgen::Certificate, KeyPair), CaError> {
        let names: &[&str] = match certificate {
            Certificate::Valid | Certificate::Expired | Certificate::OtherCa => {
                &["localhost", "127.0.0.1", "::1"]
            }
            Certificate::WrongName => &["elsewhere.example"],
        };
        let mut params =
            CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        params
            .distinguished_name
            .push(DnType::CommonName, "Helix Phone lab");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let now = OffsetDateTime::now_utc();
        params.not_before = now - Duration::days(30);
        params.not_after = match certificate {
            Certificate::Valid | Certificate::WrongName | Certificate::OtherCa => {
                now + Duration::days(1)
            }
            Certificate::Expired => now - Duration::days(1),
        };
        let key = KeyPair::generate()?;
        let signed = match certificate {
            Certificate::Valid | Certificate::Expired | Certificate::WrongName => {
                params.signed_by(&key, &self.issuer)?
            }
            Certificate::OtherCa => params.signed_by(&key, &Self::new()?.issuer)?,
        };
        Ok((signed, key))
    }
}
