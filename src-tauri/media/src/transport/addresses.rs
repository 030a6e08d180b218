use std::{io, net::IpAddr};

/// Returns the addresses of this machine's interfaces that can serve as host candidates.
///
/// Link-local addresses are left out (RFC 8445 §5.1.1.1 leaves out what cannot be reached), and so
/// is loopback where there is anything else: no peer on another machine could use it, and one on
/// this machine reaches the other addresses as well.
pub(crate) fn host_addresses() -> io::Result<Vec<IpAddr>> {
    let addresses: Vec<IpAddr> = if_addrs::get_if_addrs()?
        .into_iter()
        .filter(if_addrs::Interface::is_oper_up)
        .map(|interface| interface.ip())
        .collect();
    Ok(usable(&addresses))
}

fn usable(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let mut usable: Vec<IpAddr> = addresses
        .iter()
        .copied()
        .filter(|address| !address.is_unspecified() && !address.is_multicast())
        .filter(|address| match address {
            IpAddr::V4(v4) => !v4.is_link_local(),
            IpAddr::V6(v6) => !v6.is_unicast_link_local(),
        })
        .collect();
    usable.sort();
    usable.dedup();
    if usable.iter().any(|address| !address.is_loopback()) {
        usable.retain(|address| !address.is_loopback());
    }
    usable.truncate(MAX_ADDRESSES);
    usable
}

/// More addresses than a peer would want to check.
const MAX_ADDRESSES: usize = 8;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn loopback_is_used_only_where_there_is_nothing_else() {
        let [loopback, link_local, lan, v6, v6_link_local] = [
            "127.0.0.1",
            "169.254.7.7",
            "192.168.1.5",
            "2001:db8::5",
            "fe80::1",
        ]
        .map(|address| address.parse::<IpAddr>().unwrap());
        assert_eq!(usable(&[loopback, link_local, v6_link_local]), [loopback]);
        assert_eq!(usable(&[v6, loopback, lan, link_local, lan]), [lan, v6]);
        assert_eq!(usable(&[]), Vec::<IpAddr>::new());
    }

    #[test]
    fn this_machine_has_an_address() {
        assert!(!host_addresses().unwrap().is_empty());
    }
}
