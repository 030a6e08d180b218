//! How many connections each address has: no single one may take all places.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::client_address::network;
use crate::network::Network;

/// Counts connections by the network that they come from.
#[derive(Debug)]
pub(crate) struct PerAddress {
    most: usize,
    /// Those who connect for many others.
    proxies: Vec<Network>,
    open: Arc<Mutex<Open>>,
}

type Open = HashMap<IpAddr, usize>;

/// A connection that counts until this is dropped.
#[derive(Debug)]
pub(crate) struct Counted(Option<(IpAddr, Arc<Mutex<Open>>)>);

impl PerAddress {
    pub(crate) fn new(most: usize, proxies: Vec<Network>) -> Self {
        Self {
            most,
            proxies,
            open: Arc::default(),
        }
    }

    /// Counts a connection; `None`: its address has as many as one may have.
    pub(crate) fn count(&self, address: IpAddr) -> Option<Counted> {
        if self.proxies.iter().any(|it| it.contains(&address)) {
            return Some(Counted(None));
        }
        let network = network(address);
        let mut open = lock(&self.open);
        let theirs = open.entry(network).or_default();
        if *theirs >= self.most {
            return None;
        }
        *theirs += 1;
        Some(Counted(Some((network, Arc::clone(&self.open)))))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let Some((network, open)) = &self.0 else {
            return;
        };
        let mut open = lock(open);
        if let Some(theirs) = open.get_mut(network) {
            *theirs -= 1;
            if *theirs == 0 {
                open.remove(network);
            }
        }
    }
}

fn lock(open: &Mutex<Open>) -> MutexGuard<'_, Open> {
    open.lock()
        .expect("nothing panics while it holds the counts")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_address_has_so_many_and_a_proxy_as_many_as_it_wants() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let per_address = PerAddress::new(2, vec!["192.0.2.0/24".parse().unwrap()]);
        let count = |text: &str| per_address.count(address(text));
        let mut theirs = vec![count("198.51.100.7").unwrap()];
        theirs.push(count("::ffff:198.51.100.7").unwrap());
        assert!(count("198.51.100.7").is_none());
        let _other = count("198.51.100.8").unwrap();
        // The neighbours of one network count as one (RFC 6177 §2).
        let _neighbours = [count("2001:db8::1").unwrap(), count("2001:db8::2").unwrap()];
        assert!(count("2001:db8::3").is_none());
        let _elsewhere = count("2001:db8:0:1::3").unwrap();
        let proxy: Vec<_> = (0..9).map(|_| count("192.0.2.1").unwrap()).collect();
        theirs.pop();
        theirs.push(count("198.51.100.7").unwrap());
        drop((theirs, proxy));
        assert!(!lock(&per_address.open).contains_key(&address("198.51.100.7")));
    }
}
