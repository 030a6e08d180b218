use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use crate::transport::{Gatherer, Silent, Transmit};

/// What the next session needs and would have to wait for: sockets whose candidates are known.
///
/// Sans-IO: the sockets are opened, and closed, by whoever owns this.
#[derive(Debug, Default)]
pub(crate) struct Reserve {
    set: Option<Set>,
    silent: Silent,
}

#[derive(Debug)]
struct Set {
    surroundings: Surroundings,
    gatherer: Gatherer,
}

/// What candidates depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Surroundings {
    /// The addresses of this machine.
    pub(crate) hosts: Vec<IpAddr>,
    /// The STUN servers.
    pub(crate) servers: Vec<SocketAddr>,
}

impl Reserve {
    /// Returns a gatherer for `sockets` that are needed at once. Servers that were silent before are
    /// not waited for.
    pub(crate) fn gatherer(
        &self,
        sockets: Vec<SocketAddr>,
        servers: &[SocketAddr],
        now: Instant,
    ) -> Gatherer {
        Gatherer::new(sockets, servers, &self.silent, now)
    }

    /// Begins to gather for `sockets`, and keeps what is found for the next session.
    pub(crate) fn fill(
        &mut self,
        sockets: Vec<SocketAddr>,
        surroundings: Surroundings,
        now: Instant,
    ) {
        // Without a socket the next session had better try anew.
        self.set = (!sockets.is_empty()).then(|| Set {
            gatherer: self.gatherer(sockets, &surroundings.servers, now),
            surroundings,
        });
    }

    /// Returns whether there is something for a session in these `surroundings`.
    pub(crate) fn is_for(&self, surroundings: &Surroundings) -> bool {
        let set = self.set.as_ref();
        set.is_some_and(|set| set.surroundings == *surroundings)
    }

    /// Takes out what there is, if it was gathered in these `surroundings`; from elsewhere it is of
    /// no use and dropped.
    pub(crate) fn take(&mut self, surroundings: &Surroundings) -> Option<Gatherer> {
        let set = self.set.take()?;
        (set.surroundings == *surroundings).then_some(set.gatherer)
    }

    /// Learns from the `gatherer` of a session which servers are silent, and waits for them no
    /// longer.
    pub(crate) fn learn(&mut self, gatherer: &Gatherer, now: Instant) {
        if gatherer.judge(&mut self.silent)
            && let Some(set) = &mut self.set
        {
            set.gatherer.excuse(&self.silent, now);
        }
    }

    /// Drops everything, and what is known of the servers.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn handle_datagram(
        &mut self,
        local: SocketAddr,
        from: SocketAddr,
        datagram: &[u8],
        now: Instant,
    ) {
        if let Some(Set { gatherer, .. }) = &mut self.set {
            gatherer.handle_datagram(local, from, datagram, now);
            gatherer.judge(&mut self.silent);
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if let Some(Set { gatherer, .. }) = &mut self.set {
            gatherer.handle_timeout(now);
            gatherer.judge(&mut self.silent);
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.set.as_ref()?.gatherer.poll_timeout()
    }

    pub(crate) fn poll_transmit(&mut self) -> Option<Transmit> {
        self.set.as_mut()?.gatherer.poll_transmit()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use super::*;

    const GATHERING: Duration = Duration::from_millis(250);

    #[test]
    fn with_a_dead_server_only_the_first_250_ms_after_the_sign_in_are_waited_for() {
        let start = Instant::now();
        let mut reserve = filled("10.0.0.1", start);
        // Called at once, the rest of the time is waited for.
        let early = reserve.take(&around("10.0.0.1")).unwrap();
        assert!(!early.is_done());
        assert!(latest(&early) <= start + GATHERING);

        let mut reserve = filled("10.0.0.1", start);
        pass(&mut reserve, start + GATHERING);
        for port in 5000..5010 {
            let gatherer = reserve.take(&around("10.0.0.1")).unwrap();
            assert!(gatherer.is_done());
            assert_eq!(gatherer.candidates().len(), 1);
            // Another call follows at once.
            fill(&mut reserve, "10.0.0.1", port, start + GATHERING);
        }
    }

    #[test]
    fn a_call_right_after_one_that_found_the_server_dead_does_not_wait_for_it() {
        let start = Instant::now();
        let mut reserve = filled("10.0.0.1", start);
        // Both begin before anyone knows.
        let mut first = reserve.take(&around("10.0.0.1")).unwrap();
        fill(&mut reserve, "10.0.0.1", 5000, start + GATHERING / 5);
        let done = start + GATHERING;
        first.handle_timeout(done);
        reserve.learn(&first, done);
        let second = reserve.take(&around("10.0.0.1")).unwrap();
        assert!(first.is_done() && second.is_done());
        fill(&mut reserve, "10.0.0.1", 5001, done);
        assert!(reserve.take(&around("10.0.0.1")).unwrap().is_done());
    }

    #[test]
    fn what_was_gathered_at_other_addresses_or_from_other_servers_is_not_used() {
        let now = Instant::now();
        assert!(filled("10.0.0.1", now).take(&around("10.0.0.1")).is_some());
        assert!(filled("10.0.0.1", now).take(&around("10.0.0.2")).is_none());
        let mut other = around("10.0.0.1");
        other.servers[0].set_port(1);
        let mut reserve = filled("10.0.0.1", now);
        assert!(reserve.take(&other).is_none());
        assert!(reserve.take(&around("10.0.0.1")).is_none(), "it is dropped");
    }

    #[test]
    fn a_cleared_reserve_asks_nobody_and_knows_nothing() {
        let start = Instant::now();
        let mut reserve = filled("10.0.0.1", start);
        pass(&mut reserve, start + GATHERING);
        assert!(reserve.poll_timeout().is_some());
        reserve.clear();
        assert_eq!(reserve.poll_timeout(), None);
        assert_eq!(reserve.poll_transmit(), None);
        assert!(reserve.take(&around("10.0.0.1")).is_none());
        fill(&mut reserve, "10.0.0.1", 4000, start);
        assert!(!reserve.take(&around("10.0.0.1")).unwrap().is_done());
    }

    #[test]
    fn an_hour_in_reserve_costs_few_wake_ups() {
        let start = Instant::now();
        let mut reserve = filled("10.0.0.1", start);
        let wakes = pass(&mut reserve, start + Duration::from_secs(3600));
        assert!((140..200).contains(&wakes), "{wakes}");
    }

    fn around(host: &str) -> Surroundings {
        Surroundings {
            hosts: vec![host.parse().unwrap()],
            servers: vec!["203.0.113.1:3478".parse().unwrap()],
        }
    }

    fn filled(host: &str, now: Instant) -> Reserve {
        let mut reserve = Reserve::default();
        fill(&mut reserve, host, 4000, now);
        reserve
    }

    fn fill(reserve: &mut Reserve, host: &str, port: u16, now: Instant) {
        let socket = SocketAddr::new(host.parse().unwrap(), port);
        reserve.fill(vec![socket], around(host), now);
    }

    /// Lets time go by; returns how often that needed attention.
    fn pass(reserve: &mut Reserve, until: Instant) -> usize {
        let mut wakes = 0;
        while let Some(due) = reserve.poll_timeout().filter(|due| *due <= until) {
            reserve.handle_timeout(due);
            while reserve.poll_transmit().is_some() {}
            wakes += 1;
        }
        wakes
    }

    /// Returns when `gatherer` is done at the latest.
    fn latest(gatherer: &Gatherer) -> Instant {
        gatherer.poll_timeout().unwrap()
    }
}
