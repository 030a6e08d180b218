use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::PathProbe;
use crate::transport::{Gatherer, Silent, Transmit};

/// Asks the STUN servers whether UDP leaves this network and comes back: what can be known of the way
/// of the sound before a call.
///
/// Sans-IO: the sockets are opened, and closed, by whoever owns this. `Idle -> Asking -> Idle`
#[derive(Debug, Default)]
pub(crate) struct Probe {
    asking: Option<Asking>,
}

#[derive(Debug)]
struct Asking {
    gatherer: Gatherer,
    servers: Vec<SocketAddr>,
    since: Instant,
}

/// A server that is further away than this in each of three questions is of no use to a call either.
const PATIENCE: Duration = Duration::from_secs(2);

impl Probe {
    /// Begins to ask `servers` from `sockets`, anew where it was asking.
    pub(crate) fn begin(
        &mut self,
        sockets: Vec<SocketAddr>,
        servers: Vec<SocketAddr>,
        now: Instant,
    ) {
        self.asking = Some(Asking {
            gatherer: Gatherer::new(sockets, &servers, &Silent::new(), now),
            servers,
            since: now,
        });
    }

    pub(crate) fn handle_datagram(
        &mut self,
        local: SocketAddr,
        from: SocketAddr,
        datagram: &[u8],
        now: Instant,
    ) {
        if let Some(Asking { gatherer, .. }) = &mut self.asking {
            gatherer.handle_datagram(local, from, datagram, now);
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if let Some(Asking { gatherer, .. }) = &mut self.asking {
            gatherer.handle_timeout(now);
        }
    }

    /// Returns when [`handle_timeout`](Self::handle_timeout) and [`poll`](Self::poll) are to be called
    /// next.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let asking = self.asking.as_ref()?;
        let deadline = asking.since + PATIENCE;
        let gatherer = asking.gatherer.poll_timeout();
        Some(gatherer.map_or(deadline, |due| due.min(deadline)))
    }

    pub(crate) fn poll_transmit(&mut self) -> Option<Transmit> {
        self.asking.as_mut()?.gatherer.poll_transmit()
    }

    /// Returns what was found, once: with the first answer, or when nobody is waited for any longer.
    pub(crate) fn poll(&mut self, now: Instant) -> Option<PathProbe> {
        let asking = self.asking.as_ref()?;
        let took = now.saturating_duration_since(asking.since);
        let found = match asking.gatherer.mapped() {
            Some((local, seen_as)) => PathProbe::Reached {
                local,
                seen_as,
                took,
            },
            None if took >= PATIENCE || asking.servers.is_empty() => PathProbe::Silent {
                servers: asking.servers.clone(),
            },
            None => return None,
        };
        self.asking = None;
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_network_that_swallows_udp_is_known_after_two_seconds() {
        let (start, server) = (Instant::now(), address("192.0.2.1:3478"));
        let mut probe = Probe::default();
        probe.begin(vec![address("10.0.0.1:4000")], vec![server], start);
        let (mut now, mut asked) = (start, 0);
        let found = loop {
            while probe.poll_transmit().is_some() {
                asked += 1;
            }
            match probe.poll(now) {
                Some(found) => break found,
                None => now = probe.poll_timeout().unwrap(),
            }
            probe.handle_timeout(now);
        };
        let servers = vec![server];
        assert_eq!(found, PathProbe::Silent { servers });
        assert_eq!((now - start, asked), (PATIENCE, 3));
        assert_eq!(probe.poll_timeout(), None);
    }

    #[test]
    fn servers_without_an_address_are_not_waited_for() {
        let now = Instant::now();
        let mut probe = Probe::default();
        probe.begin(vec![address("10.0.0.1:4000")], Vec::new(), now);
        let servers = Vec::new();
        assert_eq!(probe.poll(now), Some(PathProbe::Silent { servers }));
    }

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }
}
