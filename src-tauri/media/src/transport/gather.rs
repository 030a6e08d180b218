use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Instant,
};

use super::Transmit;

/// Returns the addresses of this machine's interfaces that can serve as host candidates.
#[expect(clippy::todo, reason = "the signature, before its implementation")]
pub(crate) fn host_addresses() -> io::Result<Vec<IpAddr>> {
    todo!()
}

/// Asks STUN servers how our sockets are seen from outside (RFC 8445 §5.1.1.2).
#[derive(Debug)]
pub(crate) struct Gatherer {}

#[expect(
    unused_variables,
    clippy::todo,
    reason = "the signatures, before their implementation"
)]
impl Gatherer {
    /// Begins to ask each of `servers` from each of `bases` of its address family.
    pub(crate) fn new(bases: Vec<SocketAddr>, servers: Vec<SocketAddr>, now: Instant) -> Self {
        todo!()
    }

    /// Takes a datagram; returns whether it was an answer to one of our questions.
    pub(crate) fn handle_datagram(
        &mut self,
        local: SocketAddr,
        from: SocketAddr,
        datagram: &[u8],
    ) -> bool {
        todo!()
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        todo!()
    }

    /// Returns when [`handle_timeout`](Self::handle_timeout) is to be called next; `None` when done.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        todo!()
    }

    pub(crate) fn poll_transmit(&mut self) -> Option<Transmit> {
        todo!()
    }

    /// Returns whether everything was answered, or the time is over (250 ms).
    pub(crate) fn is_done(&self) -> bool {
        todo!()
    }

    /// Returns what follows `a=candidate:`: our host candidates and, so far, the server-reflexive ones.
    pub(crate) fn candidates(&self) -> Vec<String> {
        todo!()
    }
}
