//! Passwords: hashing them, and checking them at a pace the machine can bear.

use std::num::NonZero;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::available_parallelism;
use std::time::Duration;

use argon2::password_hash::phc::{Output, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, PasswordHasher, Version};
use prometheus_client::metrics::counter::Counter;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// How long a login waits for its turn, first among those of its account, then for a core. A phone
/// gives up after 8 s (faults, 68).
pub(crate) const TURN: Duration = Duration::from_secs(8);

/// Checks at a time, however many cores there are: each keeps the memory of a hash, and 8 of them serve
/// 400 logins a second, far more than the phones of one server.
const MOST_AT_ONCE: usize = 8;

/// Returns the argon2id PHC string of `password` with a random salt and the costs that OWASP's
/// password storage cheat sheet names (19 MiB, 2 passes, 1 lane).
pub fn hash_password(password: &SecretString) -> String {
    hash_with(Params::DEFAULT, password)
}

fn hash_with(params: Params, password: &SecretString) -> String {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(password.expose_secret().as_bytes())
        .expect("argon2 takes a password of any length and the system gives a salt")
        .to_string()
}

/// A password hash of the configuration: argon2id, with costs that can be computed.
#[derive(Clone)]
pub(crate) struct StoredHash {
    version: Version,
    params: Params,
    salt: Salt,
    output: Output,
}

impl StoredHash {
    /// Reads a PHC string; the error says what is wrong with it and never repeats it.
    pub(crate) fn parse(phc: &str) -> Result<Self, &'static str> {
        let hash = PasswordHash::new(phc).map_err(|_| "is not a PHC string")?;
        if hash.algorithm.as_str() != Algorithm::Argon2id.as_str() {
            return Err("is not an argon2id hash");
        }
        let (Some(salt), Some(output)) = (hash.salt, hash.hash) else {
            return Err("lacks its salt or its hash");
        };
        let unusable = "has unusable argon2 parameters";
        let version = match hash.version {
            Some(version) => Version::try_from(version).map_err(|_| unusable)?,
            None => Version::default(),
        };
        let params = Params::try_from(&hash).map_err(|_| unusable)?;
        Ok(Self {
            version,
            params,
            salt,
            output,
        })
    }

    /// Whether `password` has this hash; `memory` is what is filled to find out.
    fn is_of(&self, password: &SecretString, memory: &mut Memory) -> bool {
        let blocks = self.params.block_count();
        if memory.len() < blocks {
            memory.resize(blocks, Block::new());
        }
        let mut output = vec![0; self.output.len()];
        Argon2::new(Algorithm::Argon2id, self.version, self.params.clone())
            .hash_password_into_with_memory(
                password.expose_secret().as_bytes(),
                &self.salt,
                &mut output,
                &mut memory[..blocks],
            )
            .is_ok()
            // The crate compares them in constant time.
            && Output::new(&output).is_ok_and(|output| output == self.output)
    }

    /// Whether the hash costs an attacker less than [`hash_password`]'s.
    pub(crate) fn is_weak(&self) -> bool {
        self.cost() < u64::from(Params::DEFAULT_M_COST) * u64::from(Params::DEFAULT_T_COST)
    }

    fn cost(&self) -> u64 {
        u64::from(self.params.m_cost()) * u64::from(self.params.t_cost())
    }
}

/// What argon2 fills, 19 MiB with the usual costs.
type Memory = Vec<Block>;

/// Room in such a memory, in blocks of 1 KiB: more than 32 MiB, for which glibc asks the system, and which it
/// gives back at once (mallopt(3), `M_MMAP_THRESHOLD`). Less would stay with the allocator, once for each
/// thread. Room that is not filled costs nothing.
const MAPPED: usize = 33 * 1024;

/// The machine is too busy to check another password in time.
#[derive(Debug)]
pub(crate) struct Busy;

/// Checks passwords on the blocking threads, as many at a time as there are cores, up to
/// [`MOST_AT_ONCE`].
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    /// What an unknown user's password is checked against, so that both answers take as long.
    decoy: Arc<StoredHash>,
    spare: Arc<Spare>,
    /// What all checks have cost, in KiB.
    work: Counter,
}

impl Passwords {
    /// `hashes` are those of all users; the decoy costs as much as the dearest of them. What checks
    /// cost is added to `work`.
    pub(crate) fn new<'a>(hashes: impl Iterator<Item = &'a StoredHash>, work: Counter) -> Self {
        let params = hashes
            .max_by_key(|hash| hash.cost())
            .map_or(Params::DEFAULT, |hash| hash.params.clone());
        let secret = SecretString::from(crate::random::random_id());
        let decoy = StoredHash::parse(&hash_with(params, &secret)).expect("our own hash is valid");
        Self {
            turns: Arc::new(Semaphore::new(at_once(available_parallelism().ok()))),
            decoy: Arc::new(decoy),
            spare: Arc::default(),
            work,
        }
    }

    /// Returns whether `password` is the one of `stored`; where that is `None`, `false` and as slowly.
    pub(crate) async fn verify(
        &self,
        password: SecretString,
        stored: Option<&Arc<StoredHash>>,
    ) -> Result<bool, Busy> {
        let turn = timeout(TURN, Arc::clone(&self.turns).acquire_owned())
            .await
            .map_err(|_| Busy)?
            .expect("nobody closes the semaphore");
        let known = stored.is_some();
        let stored = Arc::clone(stored.unwrap_or(&self.decoy));
        self.work.inc_by(stored.cost());
        let spare = Arc::clone(&self.spare);
        let matches = tokio::task::spawn_blocking(move || {
            // The turn ends with the computation, also when the caller has hung up.
            let _turn = turn;
            let mut memory = spare.take();
            let matches = stored.is_of(&password, &mut memory);
            spare.put(memory);
            matches
        })
        .await
        .expect("argon2 does not panic on a checked hash");
        Ok(matches && known)
    }

    /// Gives the system the memory that no check has needed since this was called last.
    pub(crate) fn sweep(&self) {
        self.spare.sweep();
    }
}

/// The memory of the checks that are over, for those to come: a page that the system gives anew costs it a
/// look and 4 KiB of zeros.
#[derive(Default)]
struct Spare(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    memories: Vec<Memory>,
    /// How many of them were never needed since the last sweep.
    unneeded: usize,
}

impl Spare {
    fn take(&self) -> Memory {
        let mut kept = self.kept();
        let memory = kept.memories.pop();
        kept.unneeded = kept.unneeded.min(kept.memories.len());
        memory.unwrap_or_else(|| Memory::with_capacity(MAPPED))
    }

    fn put(&self, memory: Memory) {
        self.kept().memories.push(memory);
    }

    fn sweep(&self) {
        let mut kept = self.kept();
        let needed = kept.memories.len() - kept.unneeded;
        let unneeded = kept.memories.split_off(needed);
        kept.unneeded = needed;
        drop(kept);
        // The system takes its time, and nobody waits for it.
        drop(unneeded);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0
            .lock()
            .expect("nothing panics while it holds the memory")
    }
}

/// Returns how many passwords are checked at a time on so many cores.
fn at_once(cores: Option<NonZero<usize>>) -> usize {
    cores.map_or(2, usize::from).min(MOST_AT_ONCE)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_hash_is_that_of_its_password_whatever_the_memory_was_used_for() {
        let cheap = |m_cost, t_cost| Params::new(m_cost, t_cost, 1, None).unwrap();
        let mut memory = Memory::new();
        let (right, wrong) = (SecretString::from("päss word"), SecretString::from("other"));
        for params in [cheap(64, 1), cheap(8, 3), cheap(128, 2), cheap(64, 1)] {
            let stored = StoredHash::parse(&hash_with(params, &right)).unwrap();
            for _ in 0..2 {
                assert!(stored.is_of(&right, &mut memory));
                assert!(!stored.is_of(&wrong, &mut memory));
            }
        }
        let example = include_str!("../sidecar.example.toml");
        let line = example.lines().find(|it| it.starts_with("password_hash"));
        let stored = StoredHash::parse(line.unwrap().split('"').nth(1).unwrap()).unwrap();
        assert!(stored.is_of(&SecretString::from("ana-demo-password"), &mut memory));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn as_much_memory_is_kept_as_checks_run_at_a_time() {
        let params = Params::new(Params::MIN_M_COST, 1, 1, None).unwrap();
        let right = SecretString::from("right");
        let stored = Arc::new(StoredHash::parse(&hash_with(params, &right)).unwrap());
        let passwords = Passwords::new([&*stored].into_iter(), Counter::default());
        let checks = (0..100).map(|_| passwords.verify(right.clone(), Some(&stored)));
        for check in futures_util::future::join_all(checks).await {
            assert!(check.unwrap());
        }
        let kept = || passwords.spare.kept().memories.len();
        let most = at_once(available_parallelism().ok());
        assert!((1..=most).contains(&kept()), "{}", kept());
        // They were needed since the last sweep, and none since this one.
        passwords.sweep();
        assert!((1..=most).contains(&kept()), "{}", kept());
        passwords.sweep();
        assert_eq!(kept(), 0);
    }

    #[test]
    fn memory_that_a_time_between_sweeps_did_not_need_is_given_back() {
        let spare = Spare::default();
        let three = [spare.take(), spare.take(), spare.take()];
        assert!(three.iter().all(|it| it.capacity() >= MAPPED));
        for memory in three {
            spare.put(memory);
        }
        spare.sweep();
        let (one, other) = (spare.take(), spare.take());
        spare.put(one);
        spare.put(other);
        spare.sweep();
        assert_eq!(spare.kept().memories.len(), 2);
        spare.sweep();
        assert_eq!(spare.kept().memories.len(), 0);
    }

    #[test]
    fn a_large_machine_does_not_keep_the_memory_of_all_its_cores() {
        assert_eq!(at_once(NonZero::new(2)), 2);
        assert_eq!(at_once(NonZero::new(64)), 8);
        assert_eq!(at_once(None), 2);
    }
}
