//! How many wrong passwords an account and an address may send.

mod memory;
mod patience;
mod redis;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::runtime::Handle;

use crate::client_address::network;
use crate::clock::Clock;
use crate::store::{Store, Unanswered};
use memory::MemoryAttempts;
use redis::{RedisAttempts, UnderWay};

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
pub(crate) enum Attempts {
    Memory(Arc<MemoryAttempts>),
    Redis(Arc<RedisAttempts>),
}

/// One attempt under way; dropped without a word on its end, it counts as a wrong password.
#[derive(Debug)]
#[must_use]
pub(crate) struct Attempt(Option<Place>);

/// What an attempt has taken.
#[derive(Debug)]
enum Place {
    Memory(Arc<MemoryAttempts>, AccountKey, IpAddr),
    Redis(Arc<RedisAttempts>, UnderWay),
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    RightPassword,
    WrongPassword,
    /// Nobody could say.
    Unknown,
}

/// Why an attempt may not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// There were too many; the next may begin after this time.
    Wait(Duration),
    /// Nobody knows how many there were.
    Unanswered(Unanswered),
}

/// The hash of an e-mail, because a caller chooses its length.
type AccountKey = [u8; 32];

impl Attempts {
    /// Counts them in the memory of this server.
    pub(crate) fn in_memory(clock: Clock, accounts: Limit, addresses: Limit) -> Self {
        Self::Memory(Arc::new(MemoryAttempts::new(clock, accounts, addresses)))
    }

    /// Counts them for all servers that share `store`.
    pub(crate) fn in_redis(store: Store, accounts: Limit, addresses: Limit) -> Self {
        Self::Redis(Arc::new(RedisAttempts::new(store, accounts, addresses)))
    }

    /// Begins an attempt at `email` (case-folded), as soon as those under way leave a place.
    pub(crate) async fn begin(&self, email: &str, address: IpAddr) -> Result<Attempt, Refused> {
        let account: AccountKey = Sha256::digest(email.as_bytes()).into();
        let address = network(address);
        let place = match self {
            Self::Memory(attempts) => {
                let begun = attempts.begin(account, address).await;
                begun.map_err(Refused::Wait)?;
                Place::Memory(Arc::clone(attempts), account, address)
            }
            Self::Redis(attempts) => {
                let begun = attempts.begin(account, address).await?;
                Place::Redis(Arc::clone(attempts), begun)
            }
        };
        Ok(Attempt(Some(place)))
    }

    /// Forgets the buckets that are full, which are like new ones.
    pub(crate) fn sweep(&self) {
        match self {
            Self::Memory(attempts) => attempts.sweep(),
            // There they expire.
            Self::Redis(_) => {}
        }
    }
}

impl Attempt {
    /// Notes that the password was right.
    pub(crate) async fn succeeded(self) {
        self.finish(Ending::RightPassword).await;
    }

    /// Notes that nobody could say whether the password was right: it is as if it had not been tried.
    pub(crate) async fn not_checked(self) {
        self.finish(Ending::Unknown).await;
    }

    async fn finish(mut self, ending: Ending) {
        match &self.0 {
            Some(Place::Memory(attempts, account, address)) => {
                attempts.finish(*account, *address, ending);
            }
            Some(Place::Redis(attempts, under_way)) => attempts.finish(under_way, ending).await,
            None => {}
        }
        self.0 = None;
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        match self.0.take() {
            Some(Place::Memory(attempts, account, address)) => {
                attempts.finish(account, address, Ending::WrongPassword);
            }
            Some(Place::Redis(attempts, under_way)) => {
                // Where the runtime is gone, Redis finds out that nobody is there any more.
                if let Ok(runtime) = Handle::try_current() {
                    let ending = Ending::WrongPassword;
                    runtime.spawn(async move { attempts.finish(&under_way, ending).await });
                }
            }
            None => {}
        }
    }
}

impl From<Unanswered> for Refused {
    fn from(why: Unanswered) -> Self {
        Self::Unanswered(why)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Instant;

    use super::*;
    use crate::clock::Now;

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
        assert_eq!(wait, Refused::Wait(Duration::from_secs(1)));
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
        Attempts::in_memory(Clock::new(move || now), limit, limit)
    }
}
