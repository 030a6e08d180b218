use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Fingerprint, fingerprint::Hash};

/// Which certificate the peer may show, shared with the DTLS handshake that asks (RFC 8122 §6.2).
#[derive(Debug, Clone)]
pub(super) struct Trust(Arc<Mutex<State>>);

/// Open → Settled or Refused.
#[derive(Debug)]
enum State {
    Open(Vec<Fingerprint>),
    /// This certificate (DER) was accepted.
    Settled(Vec<u8>),
    Refused,
}

/// The peer is not who its description says.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the peer's certificate does not match the fingerprint of its description")]
pub(super) struct Mismatch;

impl Trust {
    pub(super) fn new(fingerprints: Vec<Fingerprint>) -> Self {
        Self(Arc::new(Mutex::new(State::Open(fingerprints))))
    }

    pub(super) fn expect(&self, fingerprints: Vec<Fingerprint>) {
        let mut state = self.state();
        match &mut *state {
            State::Open(expected) => *expected = fingerprints,
            State::Settled(_) | State::Refused => {}
        }
    }

    /// Decides about the certificate of a handshake, the first of `chain`.
    pub(super) fn judge(&self, chain: &[Vec<u8>]) -> Result<(), Mismatch> {
        let mut state = self.state();
        let certificate = chain.first().filter(|certificate| match &*state {
            State::Open(expected) => expected.iter().any(|f| f.matches(certificate)),
            State::Settled(accepted) => accepted == *certificate,
            State::Refused => false,
        });
        *state = certificate.map_or(State::Refused, |accepted| State::Settled(accepted.clone()));
        certificate.map(|_| ()).ok_or(Mismatch)
    }

    /// Returns the fingerprint of the certificate that was accepted.
    pub(super) fn accepted(&self) -> Option<Fingerprint> {
        match &*self.state() {
            State::Settled(accepted) => Some(Fingerprint::of(Hash::Sha256, accepted)),
            State::Open(_) | State::Refused => None,
        }
    }

    pub(super) fn mismatch(&self) -> Option<Mismatch> {
        match &*self.state() {
            State::Refused => Some(Mismatch),
            State::Open(_) | State::Settled(_) => None,
        }
    }

    /// Returns whether the certificate has one of `fingerprints`, or is not known yet.
    pub(super) fn may_be(&self, fingerprints: &[Fingerprint]) -> bool {
        match &*self.state() {
            State::Open(_) => true,
            State::Settled(accepted) => fingerprints.iter().any(|f| f.matches(accepted)),
            State::Refused => false,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock, and the state is whole at every moment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
