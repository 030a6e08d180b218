use std::fmt::Write;

use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use phone::{Hop, HopFacts};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use url::{Host, Url};

use crate::{
    StartError,
    fault::{Fault, io_sentence},
};

/// The largest head of an answer to CONNECT, in bytes; servers commonly limit theirs to 8 KiB.
const MAX_HEAD: usize = 8 * 1024;

/// Which proxy leads to which host.
#[derive(Debug)]
pub(crate) struct Proxies {
    matcher: Matcher,
}

impl Proxies {
    /// Takes `proxy`, or what the system (`HTTPS_PROXY`, `NO_PROXY` …) says where it is `None`.
    pub(crate) fn new(proxy: Option<&Url>) -> Result<Self, StartError> {
        let matcher = match proxy {
            None => Matcher::from_system(),
            Some(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
                Matcher::builder().all(url.as_str()).build()
            }
            Some(url) => {
                return Err(StartError::Proxy {
                    reason: format!(
                        "a proxy of the kind \"{}\" is not spoken here: http or https is needed",
                        url.scheme()
                    ),
                });
            }
        };
        Ok(Self { matcher })
    }

    /// Returns the proxy for connections to `host`; loopback never has one.
    pub(crate) fn lead_to(&self, host: &Host<&str>, port: u16) -> Option<Intercept> {
        if is_loopback(host) {
            return None;
        }
        let destination = format!("https://{host}:{port}/").parse().ok()?;
        self.matcher.intercept(&destination)
    }
}

/// Tells whether `host` is this machine by its name or address alone, without asking a resolver.
pub(crate) fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        // RFC 6761 §6.3: these names never leave the machine.
        Host::Domain(name) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// Asks the proxy at the other end of `stream` for a tunnel to `host` (RFC 9110 §9.3.6).
pub(crate) async fn tunnel(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    proxy: &Intercept,
    host: &Host<&str>,
    port: u16,
) -> Result<(), Fault> {
    let broken = |error: std::io::Error| {
        Fault::new(
            Hop::Proxy,
            format!("The proxy {} failed: {}", proxy.uri(), io_sentence(&error)),
        )
        .with(facts(proxy, None, port))
    };

    let mut request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n");
    if let Some(credentials) = proxy.basic_auth().and_then(|value| value.to_str().ok()) {
        let _ = write!(request, "Proxy-Authorization: {credentials}\r\n");
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes()).await.map_err(broken)?;
    stream.flush().await.map_err(broken)?;

    // Byte by byte: what follows the head belongs to the tunnel.
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= MAX_HEAD {
            return Err(Fault::new(
                Hop::Proxy,
                format!("The proxy {} answers without end", proxy.uri()),
            )
            .with(facts(proxy, None, port)));
        }
        head.push(stream.read_u8().await.map_err(broken)?);
    }
    verdict(proxy, port, &head)
}

/// Returns what is told of a proxy that was asked for this port, and answered with `status`.
pub(crate) fn facts(proxy: &Intercept, status: Option<u16>, port: u16) -> HopFacts {
    let uri = proxy.uri();
    let host = uri.host().unwrap_or_default();
    let name = match uri.port_u16() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    HopFacts::Proxy { name, status, port }
}

fn verdict(proxy: &Intercept, port: u16, head: &[u8]) -> Result<(), Fault> {
    let head = String::from_utf8_lossy(head);
    let line = head.lines().next().unwrap_or_default();
    let status: Option<u16> = line
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.split(' ').nth(1))
        .and_then(|status| status.parse().ok());

    let detail = match status {
        Some(200..=299) => return Ok(()),
        Some(407) => format!(
            "The proxy {} demands a user name and a password (407)",
            proxy.uri()
        ),
        Some(_) => format!("The proxy {} refuses the connection: {line}", proxy.uri()),
        None => format!("What listens at {} is no HTTP proxy", proxy.uri()),
    };
    Err(Fault::new(Hop::Proxy, detail).with(facts(proxy, status, port)))
}
