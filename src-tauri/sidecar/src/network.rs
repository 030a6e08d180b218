use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// A network, or the one address where its prefix is whole (RFC 4632 §3.1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network {
    /// Its first address.
    first: IpAddr,
    /// Bits of its prefix.
    prefix: u8,
}

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
        let address = address.to_canonical();
        let is_of_its_kind = address.is_ipv4() == self.first.is_ipv4();
        is_of_its_kind && first_of(address, self.prefix) == self.first
    }
}

impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unreadable = || NoNetwork::Unreadable(text.to_owned());
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| unreadable())?;
        let bits = bits_of(address);
        let prefix: u8 = match prefix {
            Some(prefix) => prefix.parse().map_err(|_| unreadable())?,
            None => bits,
        };
        if prefix > bits {
            return Err(unreadable());
        }
        // Such an address is one of IPv4 (RFC 4291 §2.5.5.2), and its first 96 bits say that alone.
        let (address, prefix) = match address.to_canonical() {
            canonical if bits_of(canonical) == bits => (address, prefix),
            canonical => (canonical, prefix.saturating_sub(96)),
        };
        match prefix {
            0 => Err(NoNetwork::Everybody(text.to_owned())),
            _ => Ok(Self {
                first: first_of(address, prefix),
                prefix,
            }),
        }
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
        let Self { first, prefix } = self;
        match *prefix == bits_of(*first) {
            true => write!(f, "{first}"),
            false => write!(f, "{first}/{prefix}"),
        }
    }
}

fn bits_of(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// Returns the first address of the network of `prefix` bits that an address lies in.
fn first_of(address: IpAddr, prefix: u8) -> IpAddr {
    let rest = u32::from(bits_of(address) - prefix);
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(rest).unwrap_or(0);
            IpAddr::from((v4.to_bits() & mask).to_be_bytes())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(rest).unwrap_or(0);
            IpAddr::from((v6.to_bits() & mask).to_be_bytes())
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
