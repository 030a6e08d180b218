//! Passwords: hashing them, and checking them at a pace the machine can bear.

use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use argon2::password_hash::PasswordVerifier;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use prometheus_client::metrics::counter::Counter;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// How long a login waits for its turn, first among those of its account, then for a core. A phone
/// gives up after 8 s (faults, 68).
pub(crate) const TURN: Duration = Duration::from_secs(8);

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
    hash: PasswordHash,
    params: Params,
}

impl StoredHash {
    /// Reads a PHC string; the error says what is wrong with it and never repeats it.
    pub(crate) fn parse(phc: &str) -> Result<Self, &'static str> {
        let hash = PasswordHash::new(phc).map_err(|_| "is not a PHC string")?;
        if hash.algorithm.as_str() != Algorithm::Argon2id.as_str() {
            return Err("is not an argon2id hash");
        }
        if hash.salt.is_none() || hash.hash.is_none() {
            return Err("lacks its salt or its hash");
        }
        let params = Params::try_from(&hash).map_err(|_| "has unusable argon2 parameters")?;
        Ok(Self { hash, params })
    }

    /// Whether the hash costs an attacker less than [`hash_password`]'s.
    pub(crate) fn is_weak(&self) -> bool {
        self.cost() < u64::from(Params::DEFAULT_M_COST) * u64::from(Params::DEFAULT_T_COST)
    }

    fn cost(&self) -> u64 {
        u64::from(self.params.m_cost()) * u64::from(self.params.t_cost())
    }
}

/// The machine is too busy to check another password in time.
#[derive(Debug)]
pub(crate) struct Busy;

/// Checks passwords on the blocking threads, as many at a time as there are cores.
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    /// What an unknown user's password is checked against, so that both answers take as long.
    decoy: Arc<StoredHash>,
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
        let cores = available_parallelism().map_or(2, usize::from);
        Self {
            turns: Arc::new(Semaphore::new(cores)),
            decoy: Arc::new(decoy),
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
        let matches = tokio::task::spawn_blocking(move || {
            // The turn ends with the computation, also when the caller has hung up.
            let _turn = turn;
            Argon2::default()
                .verify_password(password.expose_secret().as_bytes(), &stored.hash)
                .is_ok()
        })
        .await
        .expect("argon2 does not panic on a checked hash");
        Ok(matches && known)
    }
}
