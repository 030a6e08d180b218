//! The session lock: at most one device per agent and per extension.

mod memory;

pub use memory::MemoryLock;

use std::fmt::Debug;
use std::pin::Pin;
use std::time::Duration;

use time::OffsetDateTime;

/// What is locked: an agent together with the extension their phone registers, so that two records
/// which share an extension cannot both register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockName {
    pub ozonetel_agent_id: String,
    pub sip_extension: String,
}

/// Who holds a lock, or asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    pub member_id: String,
    /// `None` for a caller without a device id.
    pub device_id: Option<String>,
    pub device_name: String,
    pub session_id: String,
    /// When this owner signed in.
    pub since: OffsetDateTime,
}

/// How a request for the lock ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acquired {
    /// Nobody held it.
    Taken,
    /// The asking device held it already.
    Refreshed,
    /// The same member's other device, named here, has lost it.
    TakenOver { from: Owner },
    /// It stays with its holder.
    Busy { holder: Owner },
}

/// How a heartbeat ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beat {
    /// The lock lives for another full term.
    Extended,
    /// The lock was absent and is held again.
    Retaken,
    /// Somebody else holds it.
    Lost { holder: Owner },
}

/// How a release ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Released {
    Freed,
    /// Nobody held it.
    Absent,
    /// It stays with its holder.
    NotOwner {
        holder: Owner,
    },
}

/// The lock store does not answer; nothing is known about the lock.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The session lock does not answer")]
pub struct LockUnavailable;

/// The answer of a lock store, some time later.
pub type LockAnswer<'a, T> = Pin<Box<dyn Future<Output = Result<T, LockUnavailable>> + Send + 'a>>;

/// A store of session locks. Each operation is atomic, also among servers that share the store, and
/// leaves no key without an expiry.
///
/// Embedded, it is [`MemoryLock`]; a store that several servers share implements the same rules as
/// one script each over [`LockName::keys`].
pub trait SessionLock: Debug + Send + Sync {
    /// Takes the lock for `owner` for `ttl`: absent is taken, one's own is refreshed, another's is
    /// busy unless `takeover` is set and the same member holds it.
    fn acquire<'a>(
        &'a self,
        name: &'a LockName,
        owner: &'a Owner,
        ttl: Duration,
        takeover: bool,
    ) -> LockAnswer<'a, Acquired>;

    /// Prolongs the lock to `ttl` from now: one's own is extended, absent is taken again, another's
    /// is lost.
    fn beat<'a>(
        &'a self,
        name: &'a LockName,
        owner: &'a Owner,
        ttl: Duration,
    ) -> LockAnswer<'a, Beat>;

    /// Frees the lock if `owner` holds it with this very session, so that a late logout of an
    /// earlier session of the device does not free its next one.
    fn release<'a>(&'a self, name: &'a LockName, owner: &'a Owner) -> LockAnswer<'a, Released>;
}

impl LockName {
    /// Returns the keys that are locked together.
    pub fn keys(&self) -> [String; 2] {
        [
            format!("agent:session:{}", self.ozonetel_agent_id),
            format!("agent:extension:{}", self.sip_extension),
        ]
    }
}

impl Owner {
    /// Whether `self`, the holder, is the same owner as `caller`: same member and same device. A
    /// caller without a device id falls under the rule of old clients: same member.
    pub fn is_same_as(&self, caller: &Self) -> bool {
        self.member_id == caller.member_id
            && (caller.device_id.is_none() || caller.device_id == self.device_id)
    }
}
