use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// A network, or the one address where its prefix is whole (RFC 4632 §3.1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network(IpNet);

/// What names no network that anybody should be believed in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoNetwork {
    #[error("invalid IP address or network: {0:?}")]
    Unreadable(String),
    #[error("{0} is everybody")]
    Everybody(String),
}

impl Network {
    pub(crate) fn contains(&self, address: &IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let network: IpNet = text
            .parse()
            .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
            .map_err(|_| NoNetwork::Unreadable(text.to_owned()))?;
        let everybody = || NoNetwork::Everybody(text.to_owned());
        // Such an address is one of IPv4 (RFC 4291 §2.5.5.2), and its first 96 bits say that alone.
        let prefix = match network.addr().to_canonical().is_ipv4() {
            true if network.max_prefix_len() > 32 => network.prefix_len().saturating_sub(96),
            true | false => network.prefix_len(),
        };
        if prefix == 0 {
            return Err(everybody());
        }
        let network = IpNet::new(network.addr().to_canonical(), prefix);
        network.map(Self).map_err(|_| everybody())
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(network) = self;
        match network.prefix_len() == network.max_prefix_len() {
            true => write!(f, "{}", network.addr()),
            false => write!(f, "{}", network.trunc()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_network_has_the_addresses_of_its_prefix() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.1.2", "11.0.0.0"),
            ("10.1.2.3/8", "10.0.0.1", "9.255.255.255"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.6"),
            ("192.0.2.7", "::ffff:192.0.2.7", "::ffff:192.0.2.8"),
            ("::ffff:10.0.0.0/104", "10.9.9.9", "11.0.0.1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("::1", "::1", "127.0.0.1"),
            ("128.0.0.0/1", "255.0.0.1", "127.255.255.255"),
        ] {
            let network: Network = network.parse().unwrap();
            assert!(network.contains(&inside.parse().unwrap()), "{network:?}");
            assert!(!network.contains(&outside.parse().unwrap()), "{network:?}");
        }
    }

    #[test]
    fn everybody_and_what_is_no_network_are_refused() {
        for (text, words) in [
            ("0.0.0.0/0", "0.0.0.0/0 is everybody"),
            ("::/0", "::/0 is everybody"),
            ("::ffff:0.0.0.0/96", "is everybody"),
            ("10.0.0.0/33", "invalid IP address or network"),
            ("10.0.0.0/", "invalid IP address or network"),
            ("proxy", "invalid IP address or network: \"proxy\""),
        ] {
            let error = text.parse::<Network>().unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
