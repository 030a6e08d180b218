//! Servers for tests: an authority of their own, and one answer for every request.

#![allow(clippy::unwrap_used)]

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::{ClientConfig, ServerConfig, crypto::ring};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tempfile::NamedTempFile;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time,
};
use tokio_rustls::TlsAcceptor;

use crate::tls;

/// What any single test may wait for, on a machine that is busy with others.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    time::timeout(PATIENCE, future)
        .await
        .expect("it did not happen in time")
}

/// A certificate authority that only its own clients trust.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: NamedTempFile,
}

impl Authority {
    pub(crate) fn new() -> Self {
        Self::named("Test authority")
    }

    pub(crate) fn named(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let issuer = CertifiedIssuer::self_signed(params, key).unwrap();
        let file = NamedTempFile::new().unwrap();
        std::fs::write(file.path(), issuer.pem()).unwrap();
        Self { issuer, file }
    }

    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Returns the configuration of a client that trusts this authority beside the platform's.
    pub(crate) fn client(&self) -> ClientConfig {
        tls::client_config(Some(self.path())).unwrap()
    }

    pub(crate) fn server(&self, name: &str) -> Arc<ServerConfig> {
        self.issue(CertificateParams::new(vec![name.to_owned()]).unwrap())
    }

    pub(crate) fn expired_server(&self, name: &str) -> Arc<ServerConfig> {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2024, 1, 1);
        params.not_after = date_time_ymd(2025, 3, 4);
        self.issue(params)
    }

    fn issue(&self, params: CertificateParams) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        Arc::new(config)
    }
}

/// Answers every request with the same bytes, then closes; tells what it was asked.
pub(crate) struct HttpServer {
    pub(crate) address: SocketAddr,
    pub(crate) requests: mpsc::UnboundedReceiver<String>,
}

impl HttpServer {
    pub(crate) async fn start(tls: Option<Arc<ServerConfig>>, answer: impl Into<Vec<u8>>) -> Self {
        let answer: Arc<[u8]> = answer.into().into();
        let (asked, requests) = mpsc::unbounded_channel();
        let address = serve(move |tcp| {
            let (tls, answer, asked) = (tls.clone(), answer.clone(), asked.clone());
            async move {
                match tls {
                    None => exchange(tcp, &answer, &asked).await,
                    // The client may not like what it sees.
                    Some(config) => {
                        if let Ok(stream) = TlsAcceptor::from(config).accept(tcp).await {
                            exchange(stream, &answer, &asked).await;
                        }
                    }
                }
            }
        })
        .await;
        Self { address, requests }
    }

    /// Returns the next request, its head and its body.
    pub(crate) async fn request(&mut self) -> String {
        soon(self.requests.recv()).await.unwrap()
    }
}

/// Runs `handle` for every connection to a port of its own.
pub(crate) async fn serve<F, L>(mut handle: F) -> SocketAddr
where
    F: FnMut(TcpStream) -> L + Send + 'static,
    L: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            tokio::spawn(handle(tcp));
        }
    });
    address
}

/// Returns an address where nobody listens.
pub(crate) async fn closed_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

/// Returns an HTTP answer with a body of this kind.
pub(crate) fn http(status: &str, kind: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// Reads the head of a request, or of an answer, up to and with its blank line.
pub(crate) async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

/// Reads a request, its head and its body; `None` where the client breaks it off.
pub(crate) async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let head = read_head(stream).await?;
    let length = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, length)| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(format!("{head}{}", String::from_utf8_lossy(&body)))
}

async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: &[u8],
    asked: &mpsc::UnboundedSender<String>,
) {
    let Some(request) = read_request(&mut stream).await else {
        return;
    };
    let _ = asked.send(request);
    // The client may have hung up in the middle of a large answer.
    let _ = stream.write_all(answer).await;
    let _ = stream.shutdown().await;
}
