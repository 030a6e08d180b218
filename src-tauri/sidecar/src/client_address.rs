use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;

use crate::network::Network;

/// The field that proxies append the address of their client to.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Returns who is calling: the peer, or, where that is a trusted proxy, the last address it and the
/// trusted proxies before it have noted. What a client writes there itself stands further left.
pub(crate) fn client_address(
    peer: SocketAddr,
    headers: &HeaderMap,
    trusted_proxies: &[Network],
) -> IpAddr {
    let mut client = peer.ip().to_canonical();
    let notes: Vec<&str> = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    for note in notes.into_iter().rev() {
        if !trusted_proxies.iter().any(|it| it.contains(&client)) {
            break;
        }
        let Some(address) = address(note.trim()) else {
            break;
        };
        client = address.to_canonical();
    }
    client
}

/// Whether a proxy says that it passes a call on.
pub(crate) fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.contains_key(FORWARDED_FOR)
}

/// Reads an address with or without a port.
fn address(note: &str) -> Option<IpAddr> {
    note.parse()
        .or_else(|_| note.parse::<SocketAddr>().map(|address| address.ip()))
        .ok()
}

/// Returns the part of an address that one customer of a provider has: all of IPv4, the first 64
/// bits of IPv6 (RFC 6177 §2).
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_what_trusted_proxies_noted_counts() {
        let proxies: [Network; 2] = ["127.0.0.1", "192.0.2.0/28"].map(|it| it.parse().unwrap());
        for (peer, notes, client) in [
            ("198.51.100.7:5", "203.0.113.9", "198.51.100.7"),
            ("127.0.0.1:5", "203.0.113.9", "203.0.113.9"),
            ("[::ffff:127.0.0.1]:5", "203.0.113.9:4711", "203.0.113.9"),
            ("127.0.0.1:5", "1.2.3.4, 203.0.113.9", "203.0.113.9"),
            (
                "127.0.0.1:5",
                "1.2.3.4, 203.0.113.9, 192.0.2.1",
                "203.0.113.9",
            ),
            ("192.0.2.15:5", "203.0.113.9, 192.0.2.1", "203.0.113.9"),
            ("192.0.2.16:5", "203.0.113.9, 192.0.2.1", "192.0.2.16"),
            ("127.0.0.1:5", "[2001:db8::1]:80", "2001:db8::1"),
            ("127.0.0.1:5", "unknown", "127.0.0.1"),
            ("127.0.0.1:5", "", "127.0.0.1"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(FORWARDED_FOR, notes.parse().unwrap());
            let found = client_address(peer.parse().unwrap(), &headers, &proxies);
            assert_eq!(found.to_string(), client, "{peer} {notes}");
        }
    }
}
