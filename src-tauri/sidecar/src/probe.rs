//! `helix-sidecar ready`: for containers, which have no other program that could ask.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, Stream};

/// A server waits 200 ms for its Redis at most.
const PATIENCE: Duration = Duration::from_secs(2);

const PAUSE: Duration = Duration::from_millis(50);

/// Bytes of an answer that are read: more than its first line.
const BEGINNING: u64 = 256;

/// Succeeds if the server at `address` can serve, by HTTPS where it says that it speaks that.
pub(crate) fn ask(mut address: SocketAddr) -> anyhow::Result<()> {
    // Who listens everywhere listens here.
    match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => {
            address.set_ip(Ipv4Addr::LOCALHOST.into())
        }
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => {
            address.set_ip(Ipv6Addr::LOCALHOST.into())
        }
        SocketAddr::V4(_) | SocketAddr::V6(_) => {}
    }
    let mut answer = first_line(address, &mut connect(address)?)?;
    if answer.starts_with("HTTP/1.1 400 ") {
        let mut tls = tls(address)?;
        let mut stream = connect(address)?;
        answer = first_line(address, &mut Stream::new(&mut tls, &mut stream))?;
    }
    match &*answer {
        line if line.starts_with("HTTP/1.1 200 ") => Ok(()),
        "" => bail!("The server says nothing"),
        line => bail!("The server cannot serve: {line}"),
    }
}

fn connect(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let begun = Instant::now();
    let stream = loop {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            // A server that was just started does not listen yet.
            Err(error)
                if error.kind() == ErrorKind::ConnectionRefused && begun.elapsed() < PATIENCE =>
            {
                thread::park_timeout(PAUSE);
            }
            tried => break tried.with_context(|| format!("Nobody listens on {address}"))?,
        }
    };
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

fn first_line(address: SocketAddr, stream: &mut (impl Read + Write)) -> anyhow::Result<String> {
    let call = format!("GET /readyz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream
        .write_all(call.as_bytes())
        .context("The server takes no call")?;
    let mut answer = Vec::new();
    match stream.take(BEGINNING).read_to_end(&mut answer) {
        // A server that is done may hang up without a farewell by TLS; what it said counts.
        Err(error) if error.kind() != ErrorKind::UnexpectedEof => {
            return Err(error).context("The server does not answer");
        }
        Ok(_) | Err(_) => {}
    }
    let answer = String::from_utf8_lossy(&answer);
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}

fn tls(address: SocketAddr) -> anyhow::Result<ClientConnection> {
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Whoever(provider)))
        .with_no_client_auth();
    let name = ServerName::from(address.ip());
    ClientConnection::new(Arc::new(config), name).context("TLS cannot begin")
}

/// Takes any certificate: this machine is called by its address, which certificates do not have, nothing
/// secret is sent, and only yes or no comes back.
#[derive(Debug)]
struct Whoever(Arc<CryptoProvider>);

impl ServerCertVerifier for Whoever {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
