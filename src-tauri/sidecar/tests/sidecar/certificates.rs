//! Authorities, the servers that they vouch for, and clients that trust them.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use reqwest::Client;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};

use crate::world::DEADLINE;

/// Writes an authority and a server, `localhost`, that it vouches for, and returns the file of the
/// authority; those of the server end with `-server.pem` and `-server.key`.
pub(crate) fn write(folder: &Path, name: &str) -> PathBuf {
    write_for(folder, name, "localhost")
}

/// The same for a server of this name, or address.
pub(crate) fn write_for(folder: &Path, name: &str, host: &str) -> PathBuf {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let server = CertificateParams::new(vec![host.to_owned()]).unwrap();
    let key = KeyPair::generate().unwrap();
    let signed = server.signed_by(&key, &issuer).unwrap().pem();
    for (ending, text) in [
        (".pem", authority),
        ("-server.pem", signed),
        ("-server.key", key.serialize_pem()),
    ] {
        fs::write(folder.join(format!("{name}{ending}")), text).unwrap();
    }
    folder.join(format!("{name}.pem"))
}

/// Makes an HTTP client that trusts this authority and no other.
pub(crate) fn trusting(authority: &Path) -> Client {
    Client::builder()
        .no_proxy()
        .timeout(DEADLINE)
        .tls_backend_preconfigured(trust(authority))
        .build()
        .unwrap()
}

/// Makes the TLS of a client that trusts this authority and no other.
pub(crate) fn trust(authority: &Path) -> ClientConfig {
    trust_in(rustls::DEFAULT_VERSIONS, authority)
}

/// The same, in these versions alone.
pub(crate) fn trust_in(
    versions: &[&'static SupportedProtocolVersion],
    authority: &Path,
) -> ClientConfig {
    // Another test may have installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_file(authority).unwrap();
    roots.add(authority).unwrap();
    ClientConfig::builder_with_protocol_versions(versions)
        .with_root_certificates(roots)
        .with_no_client_auth()
}
