//! Whom to log out at Ozonetel, and when: agents whose sessions end unless somebody prolongs them.

mod memory;
mod redis;

use std::time::{Duration, Instant};

use secrecy::SecretString;

use self::memory::MemoryDuties;
use self::redis::RedisDuties;
use crate::directory::Agent;
use crate::lock::LockName;
use crate::random::random_id;
use crate::seal::{Seal, SigningKeys};
use crate::store::{Store, Unanswered};

/// After which a duty that was taken and is not done has ended again: longer than a logout takes.
/// Where its server died, or Ozonetel is silent, whoever looks next tries again.
pub(crate) const RETRY: Duration = Duration::from_secs(60);

/// Duties that are taken at once, so that the end of a whole office's sessions is no storm.
const BATCH: usize = 64;

/// How often a logout may be refused before it is given up: for as long as it takes to put a changed key
/// right, and not for as long as it takes to lock an account out.
const REFUSALS: u32 = 10;

const PURPOSE: &[u8] = b"helix-sidecar: an agent's password at Ozonetel";

/// The duties of a server that is alone, or of all that share a Redis. A duty is of its agent alone: a
/// later one takes the place of the one before.
#[derive(Debug)]
pub(crate) enum Duties {
    Memory(MemoryDuties),
    Redis(Box<RedisDuties>),
}

/// An agent who is logged in at Ozonetel, with what it takes to log them out.
#[derive(Debug, Clone)]
pub(crate) struct Duty {
    pub(crate) lock: LockName,
    /// The agent's own password at Ozonetel.
    pub(crate) password: Option<SecretString>,
    /// Tells it from the agent's next one.
    id: String,
}

impl Duties {
    pub(super) fn in_memory() -> Self {
        Self::Memory(MemoryDuties::default())
    }

    /// Keeps them for all servers that share `store`, with passwords that only those read which have
    /// the same `keys`.
    pub(super) fn in_redis(store: Store, keys: SigningKeys<'_>) -> Self {
        let seal = Seal::new(keys, PURPOSE);
        Self::Redis(Box::new(RedisDuties::new(store, seal)))
    }

    /// Notes a duty that ends after `term`.
    pub(crate) async fn note(
        &self,
        duty: &Duty,
        term: Duration,
        now: Instant,
    ) -> Result<(), Unanswered> {
        match self {
            Self::Memory(duties) => {
                duties.note(duty, now + term);
                Ok(())
            }
            Self::Redis(duties) => duties.note(duty, term).await,
        }
    }

    /// Has the duty of an agent end now; returns whether there is one.
    pub(crate) async fn end(&self, agent_id: &str, now: Instant) -> Result<bool, Unanswered> {
        match self {
            Self::Memory(duties) => Ok(duties.end(agent_id, now)),
            Self::Redis(duties) => duties.end(agent_id).await,
        }
    }

    /// Takes duties that have ended. Nobody else gets them for [`RETRY`], and after that whoever asks,
    /// unless they are done.
    pub(crate) async fn take_ended(&self, now: Instant) -> Result<Vec<Duty>, Unanswered> {
        match self {
            Self::Memory(duties) => Ok(duties.take_ended(now)),
            Self::Redis(duties) => duties.take_ended().await,
        }
    }

    /// Notes that Ozonetel has refused a duty, which ends again after [`RETRY`]; returns whether it was
    /// refused too often, and nobody tries again. A later one of the agent stays.
    pub(crate) async fn refused(&self, duty: &Duty) -> Result<bool, Unanswered> {
        match self {
            Self::Memory(duties) => Ok(duties.refused(duty)),
            Self::Redis(duties) => duties.refused(duty).await,
        }
    }

    /// Notes that nothing is left to do for a duty; a later one of the agent stays.
    pub(crate) async fn done(&self, duty: &Duty) -> Result<(), Unanswered> {
        match self {
            Self::Memory(duties) => {
                duties.done(duty);
                Ok(())
            }
            Self::Redis(duties) => duties.done(duty).await,
        }
    }
}

impl Duty {
    /// Makes a new one for `agent`.
    pub(crate) fn of(agent: &Agent) -> Self {
        Self {
            lock: agent.lock_name(),
            password: agent.ozonetel_password.clone(),
            id: random_id(),
        }
    }

    /// Makes a new one for `agent`, who had `lock` before.
    pub(crate) fn of_former(agent: &Agent, lock: &LockName) -> Self {
        Self {
            lock: lock.clone(),
            ..Self::of(agent)
        }
    }

    /// Makes a new one for an agent of whom nothing else is known: the password of all agents is tried.
    pub(crate) fn of_lock(lock: &LockName) -> Self {
        Self {
            lock: lock.clone(),
            password: None,
            id: random_id(),
        }
    }

    pub(crate) fn agent_id(&self) -> &str {
        &self.lock.ozonetel_agent_id
    }
}
