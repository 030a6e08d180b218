use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    net,
    time::{self, Instant},
};
use tracing::debug;

/// How long an address outlives the server of names, and how long that server may take where there
/// is such an address (design/faults.md 18).
const STALE_FOR: Duration = Duration::from_secs(24 * 3600);
const PATIENCE: Duration = Duration::from_secs(2);

/// More hosts than a phone speaks to: a sidecar, a phone server, a proxy.
const MAX_HOSTS: usize = 16;

/// The system's resolver, asked anew for each connection, and its last answers for when it fails.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    known: Arc<Mutex<BTreeMap<String, Known>>>,
}

#[derive(Debug, Clone)]
struct Known {
    addresses: Vec<IpAddr>,
    since: Instant,
}

impl Names {
    /// Returns the addresses of `host`, a name or an address without brackets; at least one.
    pub(crate) async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        self.resolve_by(host, async {
            let found = net::lookup_host((host, 0)).await?;
            Ok(found.map(|address: SocketAddr| address.ip()).collect())
        })
        .await
    }

    async fn resolve_by(
        &self,
        host: &str,
        lookup: impl Future<Output = io::Result<Vec<IpAddr>>>,
    ) -> io::Result<Vec<IpAddr>> {
        let known = self.recall(host);
        let answer = match &known {
            None => lookup.await,
            Some(_) => time::timeout(PATIENCE, lookup)
                .await
                .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())),
        };
        let answer = answer.and_then(|addresses| match addresses.is_empty() {
            false => Ok(addresses),
            true => Err(io::Error::other("it has no address")),
        });
        match (answer, known) {
            (Ok(addresses), _) => {
                self.remember(host, &addresses);
                Ok(addresses)
            }
            (Err(error), Some(known)) => {
                debug!(host, %error, "the last answer is used: the name cannot be resolved");
                Ok(known)
            }
            (Err(error), None) => Err(error),
        }
    }

    fn recall(&self, host: &str) -> Option<Vec<IpAddr>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = known.get(host)?;
        (entry.since.elapsed() < STALE_FOR).then(|| entry.addresses.clone())
    }

    fn remember(&self, host: &str, addresses: &[IpAddr]) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_HOSTS && !known.contains_key(host) {
            known.clear();
        }
        let entry = Known {
            addresses: addresses.to_vec(),
            since: Instant::now(),
        };
        known.insert(host.to_owned(), entry);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::future;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_last_answer_is_used_for_a_day_where_the_server_of_names_fails() {
        let (names, addresses) = known().await;

        let failed = || async { Err(io::Error::other("SERVFAIL")) };
        time::advance(STALE_FOR - Duration::from_secs(1)).await;
        let found = names.resolve_by("sip.example", failed()).await.unwrap();
        assert_eq!(found, addresses);
        let none = names
            .resolve_by("sip.example", async { Ok(Vec::new()) })
            .await;
        assert_eq!(none.unwrap(), addresses);

        time::advance(Duration::from_secs(1)).await;
        let error = names.resolve_by("sip.example", failed()).await.unwrap_err();
        assert_eq!(error.to_string(), "SERVFAIL");
        let error = names
            .resolve_by("other.example", failed())
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), "SERVFAIL");
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_of_names_that_says_nothing_costs_two_seconds_where_an_address_is_known() {
        let (names, addresses) = known().await;

        let start = Instant::now();
        let found = names.resolve_by("sip.example", future::pending()).await;
        assert_eq!(found.unwrap(), addresses);
        assert_eq!(start.elapsed(), PATIENCE);
    }

    #[tokio::test]
    async fn a_new_answer_takes_the_place_of_the_old() {
        let names = Names::default();
        for address in ["198.51.100.7", "198.51.100.8"] {
            let addresses = vec![address.parse().unwrap()];
            let good = addresses.clone();
            let found = names.resolve_by("sip.example", async { Ok(good) }).await;
            assert_eq!(found.unwrap(), addresses);
        }
    }

    #[tokio::test]
    async fn what_is_kept_is_bounded() {
        let names = Names::default();
        for number in 0..100 {
            let host = format!("host{number}.example");
            let addresses = vec!["198.51.100.7".parse().unwrap()];
            names
                .resolve_by(&host, async { Ok(addresses) })
                .await
                .unwrap();
        }
        assert!(names.known.lock().unwrap().len() <= MAX_HOSTS);
    }

    /// Names that know the addresses of sip.example.
    async fn known() -> (Names, Vec<IpAddr>) {
        let names = Names::default();
        let addresses = vec!["198.51.100.7".parse().unwrap()];
        let good = addresses.clone();
        let lookup = async { Ok(good) };
        names.resolve_by("sip.example", lookup).await.unwrap();
        (names, addresses)
    }
}
