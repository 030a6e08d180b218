//! `helix-sidecar ready`: for containers, which have no other program that could ask.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, bail};

/// A server waits 200 ms for its Redis at most.
const PATIENCE: Duration = Duration::from_secs(2);

/// Bytes of an answer that are read: more than its first line.
const BEGINNING: u64 = 256;

/// Succeeds if the server at `address` can serve.
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
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)
        .with_context(|| format!("Nobody listens on {address}"))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let call = format!("GET /readyz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream
        .write_all(call.as_bytes())
        .context("The server takes no call")?;
    let mut answer = Vec::new();
    stream
        .take(BEGINNING)
        .read_to_end(&mut answer)
        .context("The server does not answer")?;
    let answer = String::from_utf8_lossy(&answer);
    match answer.lines().next() {
        Some(line) if line.starts_with("HTTP/1.1 200 ") => Ok(()),
        Some(line) => bail!("The server cannot serve: {line}"),
        None => bail!("The server says nothing"),
    }
}
