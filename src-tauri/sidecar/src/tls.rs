//! TLS by itself: the certificate of this server, where it lies, and the beginning of each connection.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use std::{fmt, fs, io};

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{InconsistentKeys, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use zeroize::Zeroizing;

/// How long a handshake may take, as long as the head of a request may (security, S20).
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// The first byte of whoever speaks TLS: that of a handshake (RFC 8446 §5.1).
const HANDSHAKE: u8 = 22;

/// What somebody hears who speaks plain HTTP. `helix-sidecar ready` knows by the status that it is to
/// come by TLS.
const NOT_PLAIN: &str = "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n\
     connection: close\r\ncontent-length: 77\r\n\r\n\
     {\"statusCode\":400,\"message\":\"This port speaks HTTPS. Call it with https://.\"}";

/// Bytes of a plain request that are read, so that its caller reads the answer.
const PLAIN_REQUEST: u64 = 32 * 1024;

/// The certificate that a server shows, with its key; cloning is cheap, and all clones share it.
#[derive(Clone)]
pub struct Certificate(Arc<Inner>);

struct Inner {
    certificate: PathBuf,
    key: PathBuf,
    /// What was last read without a mistake.
    config: RwLock<Arc<ServerConfig>>,
}

/// A certificate that cannot be shown, and in which of its two files that lies.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCertificate {
    #[error("{0}")]
    Certificate(String),
    #[error("{0}")]
    Key(String),
}

impl Certificate {
    /// Reads a certificate, with those that vouch for it behind it, and its key, both as PEM.
    pub(crate) fn read(certificate: PathBuf, key: PathBuf) -> Result<Self, BadCertificate> {
        let config = RwLock::new(read(&certificate, &key)?);
        Ok(Self(Arc::new(Inner {
            certificate,
            key,
            config,
        })))
    }

    /// Reads both files again: connections from here on are shown what lies there now. Where something is
    /// wrong with it, all stays as it was.
    pub fn read_again(&self) -> Result<(), BadCertificate> {
        let Inner {
            certificate,
            key,
            config,
        } = &*self.0;
        let read = read(certificate, key)?;
        *config.write().unwrap_or_else(PoisonError::into_inner) = read;
        Ok(())
    }

    /// Begins a connection; fails, in words for the log, where the other side does not speak TLS as this
    /// one does or takes too long.
    pub(crate) async fn accept(&self, stream: TcpStream) -> Result<TlsStream<TcpStream>, String> {
        timeout(HANDSHAKE_TIME, self.accept_patiently(stream))
            .await
            .map_err(|_| "no handshake in time".to_owned())?
            .map_err(|error| error.to_string())
    }

    async fn accept_patiently(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let mut first = [0];
        if stream.peek(&mut first).await? == 1 && first != [HANDSHAKE] {
            refuse_plain(stream).await?;
            return Err(io::Error::other("not TLS"));
        }
        TlsAcceptor::from(self.config()).accept(stream).await
    }

    fn config(&self) -> Arc<ServerConfig> {
        let config = self.0.config.read();
        Arc::clone(&config.unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("certificate", &self.0.certificate)
            .field("key", &self.0.key)
            .finish_non_exhaustive()
    }
}

async fn refuse_plain(mut stream: TcpStream) -> io::Result<()> {
    stream.write_all(NOT_PLAIN.as_bytes()).await?;
    stream.shutdown().await?;
    // A connection that is closed with something unread takes its answer back.
    tokio::io::copy(&mut stream.take(PLAIN_REQUEST), &mut tokio::io::sink()).await?;
    Ok(())
}

fn read(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, BadCertificate> {
    let chain = contents(certificate).map_err(BadCertificate::Certificate)?;
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&chain)
        .collect::<Result<_, _>>()
        .map_err(|_| no_certificate(certificate))?;
    if chain.is_empty() {
        return Err(no_certificate(certificate));
    }
    let pem = contents(key).map_err(BadCertificate::Key)?;
    let its_key = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| {
        let key = key.display();
        BadCertificate::Key(format!(
            "{key} has no private key as PEM without a password"
        ))
    })?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .expect("ring has both versions")
        .with_no_client_auth()
        .with_single_cert(chain, its_key)
        .map_err(|error| {
            let mismatch = rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch);
            if error == mismatch {
                BadCertificate::Key(format!(
                    "the key in {} is not that of the certificate in {}",
                    key.display(),
                    certificate.display()
                ))
            } else if matches!(error, rustls::Error::InvalidCertificate(_)) {
                no_certificate(certificate)
            } else {
                BadCertificate::Key(format!("{} cannot be used: {error}", key.display()))
            }
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn contents(path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    fs::read(path)
        .map(Zeroizing::new)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))
}

fn no_certificate(path: &Path) -> BadCertificate {
    BadCertificate::Certificate(format!("{} has no certificate as PEM", path.display()))
}
