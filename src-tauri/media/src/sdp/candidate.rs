use std::net::{IpAddr, SocketAddr};

/// Tells whether `value`, the text of an `a=candidate:` (RFC 8839 §5.1), can be of use: a
/// well-formed UDP candidate of the RTP component with an IP address that is not link-local (its
/// scope is unknown) and not a name (mDNS).
pub(super) fn is_usable(value: &str) -> bool {
    parts(value).is_some_and(|(component, transport, address)| {
        // RTCP has no candidates of its own: it is multiplexed (RFC 5761).
        component == "1" && transport.eq_ignore_ascii_case("udp") && is_reachable(address)
    })
}

/// Returns the default destination among our own `candidates` (RFC 8839 §4.2.1.2): the one that
/// most peers could reach without ICE, IPv4 before IPv6 because a peer may not know the latter.
pub(super) fn default_destination(candidates: &[String]) -> Option<SocketAddr> {
    candidates
        .iter()
        .filter_map(|candidate| {
            let mut words = candidate.split_ascii_whitespace().skip(4);
            let address: IpAddr = words.next()?.parse().ok()?;
            let port = words.next()?.parse().ok()?;
            let kind = words.nth(1)?;
            let rank = (
                address.is_ipv4(),
                !address.is_loopback(),
                kind == "relay",
                kind == "srflx",
            );
            Some((rank, SocketAddr::new(address, port)))
        })
        // The first of the best: max_by_key gives the last.
        .rev()
        .max_by_key(|(rank, _)| *rank)
        .map(|(_, address)| address)
}

fn parts(value: &str) -> Option<(&str, &str, IpAddr)> {
    let mut words = value.split_ascii_whitespace();
    let _foundation = words.next()?;
    let component = words.next()?;
    let transport = words.next()?;
    let _priority = words.next()?.parse::<u32>().ok()?;
    let address = words.next()?.parse().ok()?;
    let _port = words
        .next()?
        .parse::<u16>()
        .ok()
        .filter(|port| *port != 0)?;
    (words.next()? == "typ").then_some(())?;
    matches!(words.next()?, "host" | "srflx" | "prflx" | "relay").then_some(())?;
    Some((component, transport, address))
}

fn is_reachable(address: IpAddr) -> bool {
    let link_local = match address {
        IpAddr::V4(_) => false,
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    !link_local && !address.is_unspecified() && !address.is_multicast()
}
