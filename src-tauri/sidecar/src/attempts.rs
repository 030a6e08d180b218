//! How many wrong passwords an account and an address may send.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tokio::sync::Notify;

use crate::clock::Clock;

/// Buckets of each kind; beyond it the one nearest to full is forgotten.
const MAX_BUCKETS: usize = 10_000;

/// A token bucket's size and pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit {
    /// Wrong passwords in a row before the next must wait.
    pub(crate) burst: u32,
    /// How long until one more may be tried.
    pub(crate) refill: Duration,
}

/// Counts wrong passwords per account and per client address. An attempt takes its place in both
/// buckets before the password is looked at and gives it back if the password was right, so neither
/// many guesses at once nor a whole call centre behind one address deceives it.
#[derive(Debug)]
pub(crate) struct Attempts {
    clock: Clock,
    accounts: Limit,
    addresses: Limit,
    state: Mutex<State>,
    finished: Notify,
}

/// One attempt under way; dropped without [`Attempt::succeeded`], it counts as a wrong password.
#[derive(Debug)]
#[must_use]
pub(crate) struct Attempt<'a> {
    attempts: &'a Attempts,
    account: AccountKey,
    address: IpAddr,
    succeeded: bool,
}

#[derive(Debug, Default)]
struct State {
    accounts: Buckets<AccountKey>,
    addresses: Buckets<IpAddr>,
}

/// The hash of an e-mail, because a caller chooses its length.
type AccountKey = [u8; 32];

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

impl Attempts {
    pub(crate) fn new(clock: Clock, accounts: Limit, addresses: Limit) -> Self {
        Self {
            clock,
            accounts,
            addresses,
            state: Mutex::default(),
            finished: Notify::new(),
        }
    }

    /// Begins an attempt at `email` (case-folded), or returns how long to wait before the next.
    pub(crate) async fn begin(
        &self,
        email: &str,
        address: IpAddr,
    ) -> Result<Attempt<'_>, Duration> {
        let account: AccountKey = Sha256::digest(email.as_bytes()).into();
        let address = network(address);
        loop {
            let finished = self.finished.notified();
            tokio::pin!(finished);
            finished.as_mut().enable();
            match self.admit(account, address) {
                Admission::Go => {
                    return Ok(Attempt {
                        attempts: self,
                        account,
                        address,
                        succeeded: false,
                    });
                }
                Admission::WaitForOthers => finished.await,
                Admission::Refused(wait) => return Err(wait),
            }
        }
    }

    /// Forgets the buckets that are full, which are like new ones.
    pub(crate) fn sweep(&self) {
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

    fn finish(&self, account: AccountKey, address: IpAddr, succeeded: bool) {
        let now = self.clock.now().monotonic;
        let mut state = self.state();
        let account = bucket(&mut state.accounts, account, now);
        account.in_flight = account.in_flight.saturating_sub(1);
        if succeeded {
            // The account's owner is there: earlier mistakes are forgotten.
            account.full_at = now + self.accounts.refill * account.in_flight;
        }
        let address = bucket(&mut state.addresses, address, now);
        address.in_flight = address.in_flight.saturating_sub(1);
        if succeeded {
            address.full_at = address
                .full_at
                .checked_sub(self.addresses.refill)
                .unwrap_or(now);
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

impl Attempt<'_> {
    /// Notes that the password was right.
    pub(crate) fn succeeded(mut self) {
        self.succeeded = true;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.attempts
            .finish(self.account, self.address, self.succeeded);
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

/// Returns the part of an address that one customer of a provider has: all of IPv4, the first 64
/// bits of IPv6 (RFC 6177 §2).
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::clock::Now;

    #[tokio::test]
    async fn a_flood_of_accounts_and_addresses_fills_a_bounded_memory() {
        let attempts = attempts();
        let flood = u32::try_from(MAX_BUCKETS).unwrap() + 50;
        for n in 0..flood {
            let email = format!("guess-{n}@helix.example");
            drop(
                attempts
                    .begin(&email, IpAddr::from(n.to_be_bytes()))
                    .await
                    .unwrap(),
            );
        }
        let state = attempts.state();
        assert_eq!(state.accounts.len(), MAX_BUCKETS);
        assert_eq!(state.addresses.len(), MAX_BUCKETS);
    }

    #[tokio::test]
    async fn neighbours_of_one_ipv6_network_share_a_bucket() {
        let attempts = attempts();
        for host in 1..=2_u16 {
            let address = IpAddr::from([0x2001, 0xdb8, 0, 7, 0, 0, 0, host]);
            drop(
                attempts
                    .begin(&format!("{host}@x.example"), address)
                    .await
                    .unwrap(),
            );
        }
        let neighbour = IpAddr::from([0x2001, 0xdb8, 0, 7, 0, 0, 0, 3]);
        let wait = attempts.begin("3@x.example", neighbour).await.unwrap_err();
        assert_eq!(wait, Duration::from_secs(1));
        let elsewhere = IpAddr::from([0x2001, 0xdb8, 0, 8, 0, 0, 0, 3]);
        drop(attempts.begin("3@x.example", elsewhere).await.unwrap());
    }

    /// Two wrong passwords in a row for an account or an address, on a clock that stands still.
    fn attempts() -> Attempts {
        let now = Now {
            monotonic: Instant::now(),
            wall: time::OffsetDateTime::UNIX_EPOCH,
        };
        let limit = Limit {
            burst: 2,
            refill: Duration::from_secs(1),
        };
        Attempts::new(Clock::new(move || now), limit, limit)
    }
}
