use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;

use super::{Receiver, Sender};

/// Sends and reads RTCP reports (RFC 3550 §6).
#[derive(Debug)]
pub(crate) struct Reports {}

impl Reports {
    /// `cname` as of RFC 7022; `seed` randomises the intervals.
    pub(crate) fn new(cname: String, seed: u64, now: Instant) -> Self {
        let _ = (cname, seed, now);
        todo!()
    }

    /// Returns when [`handle_timeout`](Self::handle_timeout) wants to be called next.
    pub(crate) fn poll_timeout(&self) -> Instant {
        todo!()
    }

    /// Returns a compound packet (SR or RR, SDES) if one is due at `now`, which is `wall` on the wall clock.
    pub(crate) fn handle_timeout(
        &mut self,
        now: Instant,
        wall: SystemTime,
        sender: &Sender,
        receiver: &mut Receiver,
    ) -> Option<Bytes> {
        let _ = (now, wall, sender, receiver);
        todo!()
    }

    /// Returns the compound packet that ends our stream (SR or RR, SDES, BYE).
    pub(crate) fn goodbye(
        &mut self,
        now: Instant,
        wall: SystemTime,
        sender: &Sender,
        receiver: &mut Receiver,
    ) -> Bytes {
        let _ = (now, wall, sender, receiver);
        todo!()
    }

    /// Takes a decrypted compound packet of the peer; what is malformed is skipped.
    pub(crate) fn handle(&mut self, packet: &[u8], now: Instant, sender: &Sender) {
        let _ = (packet, now, sender);
        todo!()
    }

    pub(crate) fn round_trip(&self) -> Option<Duration> {
        todo!()
    }

    /// Returns the share of our packets that the peer lost lately, 0 to 1.
    pub(crate) fn far_loss(&self) -> Option<f32> {
        todo!()
    }
}
