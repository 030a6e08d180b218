use std::{path::Path, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::ring,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};
use rustls_platform_verifier::Verifier;

use crate::{StartError, fault::Untrusted, issuer::issuer};

/// Makes the TLS configuration of every connection: TLS 1.2 and 1.3, the platform's trust, and the
/// certificates of `extra_ca` (a PEM file) added to it.
///
/// There is no way to accept a certificate that does not verify.
pub(crate) fn client_config(extra_ca: Option<&Path>) -> Result<ClientConfig, StartError> {
    let provider = Arc::new(ring::default_provider());
    let roots = extra_ca.map_or(Ok(Vec::new()), read_roots)?;
    let verifier =
        Verifier::new_with_extra_roots(roots, provider.clone()).map_err(StartError::Trust)?;
    let verifier = Telling { platform: verifier };

    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(StartError::Trust)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

/// The platform's verifier; where it does not trust who issued a certificate, it says who that is.
#[derive(Debug)]
struct Telling {
    platform: Verifier,
}

impl ServerCertVerifier for Telling {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.platform
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            .map_err(|error| with_issuer(error, end_entity))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.platform.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.platform.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.platform.supported_verify_schemes()
    }
}

fn with_issuer(error: rustls::Error, certificate: &CertificateDer<'_>) -> rustls::Error {
    let rustls::Error::InvalidCertificate(
        why @ (CertificateError::UnknownIssuer | CertificateError::BadSignature),
    ) = error
    else {
        return error;
    };
    let issuer = issuer(certificate);
    let untrusted = OtherError(Arc::new(Untrusted { why, issuer }));
    CertificateError::Other(untrusted).into()
}

fn read_roots(path: &Path) -> Result<Vec<CertificateDer<'static>>, StartError> {
    let unusable = |reason: String| StartError::ExtraCa {
        path: path.to_owned(),
        reason,
    };

    let roots = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable(error.to_string()))?;
    if roots.is_empty() {
        return Err(unusable("it holds no certificate in PEM form".into()));
    }
    Ok(roots)
}
