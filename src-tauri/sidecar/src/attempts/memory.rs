use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::{AccountKey, Ending, Limit};
use crate::clock::Clock;

/// Buckets of each kind; beyond it the one nearest to full is forgotten.
const MAX_BUCKETS: usize = 10_000;

/// The limits of one server, in memory.
#[derive(Debug)]
pub(crate) struct MemoryAttempts {
    clock: Clock,
    accounts: Limit,
    addresses: Limit,
    state: Mutex<State>,
    finished: Notify,
}

#[derive(Debug, Default)]
struct State {
    accounts: Buckets<AccountKey>,
    addresses: Buckets<IpAddr>,
}

type Buckets<K> = HashMap<K, Bucket>;

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// When the bucket is full again; each attempt moves it on by one refill.
    full_at: Instant,
    in_flight: u32,
}

enum Admission {
    Go,
    /// The bucket is empty, but an attempt under way may give its place back.
    WaitForOthers,
    Refused(Duration),
}

impl MemoryAttempts {
    pub(super) fn new(clock: Clock, accounts: Limit, addresses: Limit) -> Self {
        Self {
            clock,
            accounts,
            addresses,
            state: Mutex::default(),
            finished: Notify::new(),
        }
    }

    /// Takes a place in both buckets, or returns how long to wait for one.
    pub(super) async fn begin(&self, account: AccountKey, address: IpAddr) -> Result<(), Duration> {
        loop {
            let finished = self.finished.notified();
            tokio::pin!(finished);
            finished.as_mut().enable();
            match self.admit(account, address) {
                Admission::Go => return Ok(()),
                Admission::WaitForOthers => finished.await,
                Admission::Refused(wait) => return Err(wait),
            }
        }
    }

    /// Forgets the buckets that are full, which are like new ones.
    pub(super) fn sweep(&self) {
        let now = self.clock.now().monotonic;
        let mut state = self.state();
        state.accounts.retain(|_, bucket| !bucket.is_idle(now));
        state.addresses.retain(|_, bucket| !bucket.is_idle(now));
    }

    fn admit(&self, account: AccountKey, address: IpAddr) -> Admission {
        let now = self.clock.now().monotonic;
        let mut state = self.state();
        let State {
            accounts,
            addresses,
        } = &mut *state;
        let account = bucket(accounts, account, now);
        let address = bucket(addresses, address, now);
        let waits = [
            (account.wait(self.accounts, now), account.in_flight),
            (address.wait(self.addresses, now), address.in_flight),
        ];
        let empty = || waits.iter().filter(|(wait, _)| !wait.is_zero());
        if empty().next().is_none() {
            account.take(self.accounts, now);
            address.take(self.addresses, now);
            return Admission::Go;
        }
        if empty().all(|(_, in_flight)| *in_flight > 0) {
            return Admission::WaitForOthers;
        }
        let longest = empty().map(|(wait, _)| *wait).max();
        Admission::Refused(longest.expect("a bucket is empty"))
    }

    pub(super) fn finish(&self, account: AccountKey, address: IpAddr, ending: Ending) {
        let now = self.clock.now().monotonic;
        let mut state = self.state();
        let account = bucket(&mut state.accounts, account, now);
        account.in_flight = account.in_flight.saturating_sub(1);
        match ending {
            // The account's owner is there: earlier mistakes are forgotten.
            Ending::RightPassword => {
                account.full_at = now + self.accounts.refill * account.in_flight;
            }
            Ending::Unknown => account.give_back(self.accounts, now),
            Ending::WrongPassword => {}
        }
        let address = bucket(&mut state.addresses, address, now);
        address.in_flight = address.in_flight.saturating_sub(1);
        match ending {
            Ending::RightPassword | Ending::Unknown => address.give_back(self.addresses, now),
            Ending::WrongPassword => {}
        }
        drop(state);
        self.finished.notify_waiters();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("no operation panics while it holds the buckets")
    }
}

impl Bucket {
    /// Returns how long until the bucket has a place.
    fn wait(&self, limit: Limit, now: Instant) -> Duration {
        let debt = self.full_at.saturating_duration_since(now) + limit.refill;
        debt.saturating_sub(limit.refill * limit.burst)
    }

    fn take(&mut self, limit: Limit, now: Instant) {
        self.full_at = self.full_at.max(now) + limit.refill;
        self.in_flight += 1;
    }

    fn give_back(&mut self, limit: Limit, now: Instant) {
        self.full_at = self.full_at.checked_sub(limit.refill).unwrap_or(now);
    }

    fn is_idle(&self, now: Instant) -> bool {
        self.in_flight == 0 && self.full_at <= now
    }
}

/// Returns the bucket of `key`, made full if there is none; at most [`MAX_BUCKETS`] idle ones stay.
fn bucket<K: Copy + Eq + Hash>(buckets: &mut Buckets<K>, key: K, now: Instant) -> &mut Bucket {
    if buckets.len() >= MAX_BUCKETS && !buckets.contains_key(&key) {
        buckets.retain(|_, bucket| !bucket.is_idle(now));
        if buckets.len() >= MAX_BUCKETS {
            let mildest = buckets
                .iter()
                .filter(|(_, bucket)| bucket.in_flight == 0)
                .min_by_key(|(_, bucket)| bucket.full_at)
                .map(|(key, _)| *key);
            if let Some(mildest) = mildest {
                buckets.remove(&mildest);
            }
        }
    }
    buckets.entry(key).or_insert(Bucket {
        full_at: now,
        in_flight: 0,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use time::OffsetDateTime;

    use super::*;
    use crate::clock::Now;

    #[tokio::test]
    async fn a_flood_of_accounts_and_addresses_fills_a_bounded_memory() {
        let now = Now {
            monotonic: Instant::now(),
            wall: OffsetDateTime::UNIX_EPOCH,
        };
        let limit = Limit {
            burst: 2,
            refill: Duration::from_secs(1),
        };
        let attempts = MemoryAttempts::new(Clock::new(move || now), limit, limit);
        let flood = u32::try_from(MAX_BUCKETS).unwrap() + 50;
        for n in 0..flood {
            let mut account = AccountKey::default();
            account[..4].copy_from_slice(&n.to_be_bytes());
            let address = IpAddr::from(n.to_be_bytes());
            attempts.begin(account, address).await.unwrap();
            attempts.finish(account, address, Ending::WrongPassword);
        }
        let state = attempts.state();
        assert_eq!(state.accounts.len(), MAX_BUCKETS);
        assert_eq!(state.addresses.len(), MAX_BUCKETS);
    }
}
