use std::future;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use tokio::net::lookup_host;
use tokio::task::JoinSet;
use tracing::{debug, warn};

use crate::IceServer;

/// How long the addresses of a name are used before it is looked up again.
const FRESH: Duration = Duration::from_secs(60);

/// RFC 7064 §3.2
const STUN_PORT: u16 = 3478;

/// The STUN servers that sessions ask for their addresses, names resolved.
///
/// Names are looked up beforehand and again with each session once they are old; a session never
/// waits for it.
#[derive(Debug)]
pub(crate) struct Servers {
    servers: Vec<Server>,
    lookups: JoinSet<(String, u16, Vec<SocketAddr>)>,
}

#[derive(Debug)]
struct Server {
    host: String,
    port: u16,
    addresses: Vec<SocketAddr>,
    asked_at: Option<Instant>,
}

impl Servers {
    pub(crate) fn new() -> Self {
        Self {
            servers: Vec::new(),
            lookups: JoinSet::new(),
        }
    }

    /// Uses `servers` from now on.
    pub(crate) fn set(&mut self, servers: Vec<IceServer>, now: Instant) {
        self.lookups.abort_all();
        self.servers = servers
            .into_iter()
            .filter_map(|server| match parse(&server.url) {
                Ok((host, port)) => Some(Server {
                    addresses: address(&host, port).into_iter().collect(),
                    host,
                    port,
                    asked_at: None,
                }),
                Err(reason) => {
                    warn!(url = server.url, reason, "an ICE server is left out");
                    None
                }
            })
            .collect();
        self.look_up(now);
    }

    /// Returns whether there is none that can be used.
    pub(crate) fn is_empty(&self) -> bool {
        self.servers.is_empty()
    }

    /// Returns the addresses that are known, at most one of each family for each server.
    pub(crate) fn addresses(&mut self, now: Instant) -> Vec<SocketAddr> {
        self.look_up(now);
        self.servers
            .iter()
            .flat_map(|server| {
                let first = |v4| {
                    server
                        .addresses
                        .iter()
                        .find(move |address| address.is_ipv4() == v4)
                };
                first(true).into_iter().chain(first(false)).copied()
            })
            .collect()
    }

    /// Takes what a look-up found; waits as long as there is none.
    pub(crate) async fn resolve(&mut self) {
        match self.lookups.join_next().await {
            Some(Ok((host, port, addresses))) => {
                let server = self
                    .servers
                    .iter_mut()
                    .find(|server| server.host == host && server.port == port);
                // Old addresses are better than none, and better than the same in another order.
                let is_news = |server: &&mut Server| {
                    let known = &server.addresses;
                    !addresses.is_empty()
                        && (known.is_empty() || !known.iter().all(|it| addresses.contains(it)))
                };
                if let Some(server) = server.filter(is_news) {
                    server.addresses = addresses;
                }
            }
            Some(Err(error)) => debug!(%error, "a look-up ended early"),
            None => future::pending().await,
        }
    }

    fn look_up(&mut self, now: Instant) {
        for server in &mut self.servers {
            let is_fresh = server
                .asked_at
                .is_some_and(|at| now.saturating_duration_since(at) < FRESH);
            if is_fresh || address(&server.host, server.port).is_some() {
                continue;
            }
            server.asked_at = Some(now);
            let (host, port) = (server.host.clone(), server.port);
            self.lookups.spawn(async move {
                let addresses = match lookup_host((host.as_str(), port)).await {
                    Ok(addresses) => addresses.collect(),
                    Err(error) => {
                        warn!(host, %error, "a STUN server was not found");
                        Vec::new()
                    }
                };
                (host, port, addresses)
            });
        }
    }
}

fn address(host: &str, port: u16) -> Option<SocketAddr> {
    let address: IpAddr = host.parse().ok()?;
    Some(SocketAddr::new(address, port))
}

/// Reads a STUN URI (RFC 7064 §3.1) into host and port.
fn parse(url: &str) -> Result<(String, u16), &'static str> {
    let (scheme, rest) = url.split_once(':').ok_or("it has no scheme")?;
    match scheme.to_ascii_lowercase().as_str() {
        "stun" => {}
        "stuns" => return Err("STUN over TLS is not used"),
        "turn" | "turns" => return Err("relays are not used"),
        _ => return Err("it is neither stun: nor turn:"),
    }
    let rest = rest.split('?').next().unwrap_or_default();
    let (host, port) = match rest.strip_prefix('[') {
        Some(v6) => {
            let (host, rest) = v6.split_once(']').ok_or("its IPv6 address has no end")?;
            (host, rest.strip_prefix(':'))
        }
        None => match rest.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (rest, None),
        },
    };
    if host.is_empty() {
        return Err("it names no host");
    }
    let port = match port {
        Some(port) => port.parse().map_err(|_| "its port is no number")?,
        None => STUN_PORT,
    };
    Ok((host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stun_uri_gives_host_and_port() {
        let read = |url| parse(url).ok();
        let found = |host: &str, port| Some((host.to_owned(), port));
        assert_eq!(read("stun:stun.example"), found("stun.example", 3478));
        assert_eq!(
            read("STUN:stun.example:19302"),
            found("stun.example", 19302)
        );
        assert_eq!(read("stun:[2001:db8::1]:3479"), found("2001:db8::1", 3479));
        assert_eq!(read("stun:192.0.2.1"), found("192.0.2.1", 3478));
    }

    #[test]
    fn what_is_no_usable_stun_server_is_left_out() {
        for url in [
            "",
            "stun",
            "stun:",
            "stun:host:port",
            "stun:[::1",
            "stuns:stun.example",
            "turn:turn.example?transport=udp",
            "https://stun.example",
        ] {
            assert!(parse(url).is_err(), "{url}");
        }
    }
}
