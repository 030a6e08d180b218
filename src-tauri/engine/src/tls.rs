use std::{path::Path, sync::Arc};

use rustls::{ClientConfig, crypto::ring};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use rustls_platform_verifier::Verifier;

use crate::StartError;

/// Makes the TLS configuration of every connection: TLS 1.2 and 1.3, the platform's trust, and the
/// certificates of `extra_ca` (a PEM file) added to it.
///
/// There is no way to accept a certificate that does not verify.
pub(crate) fn client_config(extra_ca: Option<&Path>) -> Result<ClientConfig, StartError> {
    let provider = Arc::new(ring::default_provider());
    let roots = extra_ca.map_or(Ok(Vec::new()), read_roots)?;
    let verifier =
        Verifier::new_with_extra_roots(roots, provider.clone()).map_err(StartError::Trust)?;

    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(StartError::Trust)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
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
