//! The session lock: at most one device per agent and per extension.
//!
//! Each time a lock changes hands it gets a higher epoch, which its holder repeats with each beat. A
//! store that forgot the last change, or never heard of it, thus learns it from the later holder: of
//! two that both believe they hold a lock, the one with the higher epoch does. That says nothing
//! about the locks of two agents: where they share an extension, whoever has it keeps it.
//!
//! A device has one session at a time: where it signs in again, as a copy of its installation on another
//! machine does, the later session has the lock and the earlier one has lost it.
//!
//! A session that was released takes no lock any more, so that what arrives late, be it a beat that
//! a logout overtook or a login that was given up, frees nothing and locks nothing.
//!
//! What other devices ask of a holder lies beside the lock, under the rules of [`crate::takeover`].

mod claim;
mod memory;
mod redis;

pub(crate) use claim::{Claim, Displacing};
pub use memory::MemoryLock;
pub use redis::RedisLock;

use std::fmt::Debug;
use std::ops::Bound;
use std::pin::Pin;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::bells::Changes;
use crate::takeover::{Ask, Moment, TicketHash};

/// How long a store remembers that a session was released: far longer than anything of that session
/// can be under way.
const MARKED: Duration = Duration::from_secs(10 * 60);

/// After which who listens for changes looks at the lock even where nobody told of one.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// What the keys of agents and of extensions begin with.
const AGENTS: &str = "agent:session:";
const EXTENSIONS: &str = "agent:extension:";

/// What is locked: an agent together with the extension their phone registers, so that two records
/// which share an extension cannot both register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockName {
    #[serde(rename = "agent")]
    pub ozonetel_agent_id: String,
    #[serde(rename = "extension")]
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
    /// When this owner signed in; `None`: what was written of it does not say.
    pub since: Option<OffsetDateTime>,
    /// Since which change of the lock this owner holds it; 0 before the first, and where that is not
    /// known, because the first sidecar wrote it.
    pub epoch: u64,
}

/// How a request for the lock ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acquired {
    /// Nobody held it.
    Taken { epoch: u64 },
    /// The asking device held it already, with the session named here.
    Refreshed {
        epoch: u64,
        from: Owner,
        /// Whether that surely had the same agent and the same extension.
        is_same_lock: bool,
    },
    /// The same member's other device, named here, has lost it.
    TakenOver { epoch: u64, from: Owner },
    /// It stays with its holder.
    Busy { holder: Owner },
    /// The session was released already.
    Ended,
}

/// How a heartbeat ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beat {
    /// The lock lives for another full term.
    Extended,
    /// The lock was absent, or held since an earlier epoch, and is held again.
    Retaken,
    /// Somebody else holds it.
    Lost { holder: Owner },
    /// The session was released already.
    Ended,
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

/// A lock as it is in one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Who holds the agent and who the extension, which are the same unless records share one.
    pub holders: [Option<Owner>; 2],
    /// Whether the extension is locked with another agent.
    pub is_shared: bool,
    /// Whether it is written of each of them that it is locked with another extension.
    pub is_moved: [bool; 2],
    /// What was asked of the holder last, by somebody's device.
    pub ask: Option<Ask>,
    pub now: Moment,
}

/// A lock that is held, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub agent_id: String,
    /// `None`: what was written of it does not say.
    pub extension: Option<String>,
    pub owner: Owner,
    /// Until its term ends, unless it is prolonged.
    pub left: Duration,
}

/// A part of the list of all locks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    pub held: Vec<Held>,
    /// After whom the list goes on; `None`: this was the end.
    pub next: Option<String>,
}

/// Nothing is known about the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LockUnavailable {
    /// Its store cannot be asked.
    #[error("The session lock does not answer")]
    NotAsked,
    /// Its store was asked; it may have done what it was asked, or may do so later.
    #[error("The session lock does not answer")]
    Unknown,
}

/// The answer of a lock store, some time later.
pub type LockAnswer<'a, T> = Pin<Box<dyn Future<Output = Result<T, LockUnavailable>> + Send + 'a>>;

/// Is told of a session, by its id.
type OfSession = Box<dyn Fn(&str) + Send + Sync>;

/// A store of session locks. Each operation is atomic, also among servers that share the store, and
/// leaves no key without an expiry.
///
/// Embedded, it is [`MemoryLock`]; servers that share a store use [`RedisLock`].
pub trait SessionLock: Debug + Send + Sync {
    /// Takes the lock for `owner` for `ttl`: absent is taken, one's own is refreshed, another's is
    /// busy unless `takeover` is set and the same member holds it. The epoch of `owner` is not looked
    /// at: it gets the next one. In the same step a session that is displaced has that noted
    /// ([`Self::on_takeover`]), and an extension that the agent had with the session before is free, if it is another
    /// one.
    fn acquire<'a>(
        &'a self,
        name: &'a LockName,
        owner: &'a Owner,
        ttl: Duration,
        takeover: bool,
    ) -> LockAnswer<'a, Acquired>;

    /// Prolongs the lock to `ttl` from now: one's own is extended; absent, or another's with a lower
    /// epoch than that of `owner`, is taken again; another's is lost, and so is one's own by a later
    /// session, and an extension that is locked with another agent, whatever the epochs. Where it is taken
    /// from another device of the same member, that has it noted as by [`Self::acquire`].
    fn beat<'a>(
        &'a self,
        name: &'a LockName,
        owner: &'a Owner,
        ttl: Duration,
    ) -> LockAnswer<'a, Beat>;

    /// Like [`Self::beat`]; where the lock is taken again, and the store keeps the session of `owner` as well, `mark`
    /// is noted with it in the same step: the text of a login at Ozonetel that is not seen to its end.
    fn beat_marking<'a>(
        &'a self,
        name: &'a LockName,
        owner: &'a Owner,
        ttl: Duration,
        mark: Option<String>,
    ) -> LockAnswer<'a, Beat> {
        drop(mark);
        self.beat(name, owner, ttl)
    }

    /// Frees the lock if `owner` holds it with this very session, so that a late logout of an
    /// earlier session of the device does not free its next one. Whoever holds it, the session of
    /// `owner` has ended.
    fn release<'a>(&'a self, name: &'a LockName, owner: &'a Owner) -> LockAnswer<'a, Released>;

    /// Like [`Self::acquire`], but also displaces the session that has granted `ask`, if that still
    /// stands as it was looked at and the session still holds the lock. Whether it grants anything is
    /// the caller's to know.
    fn acquire_granted<'a>(
        &'a self,
        name: &'a LockName,
        owner: &'a Owner,
        ttl: Duration,
        ask: &'a Ask,
    ) -> LockAnswer<'a, Acquired>;

    /// Has `note` be told of each session from which another device takes its lock, before anybody finds
    /// that it is gone. A store that keeps the sessions as well notes it with them by itself, and tells nobody.
    fn on_takeover(&self, note: OfSession) {
        drop(note);
    }

    /// Returns who holds the lock and what is asked of them.
    fn look<'a>(&'a self, name: &'a LockName) -> LockAnswer<'a, Look>;

    /// Keeps `ask` in place of `before`, until it is forgotten; returns whether `before` was still
    /// what was there. `now` is when that was looked at.
    fn put<'a>(
        &'a self,
        name: &'a LockName,
        before: Option<&'a Ask>,
        ask: &'a Ask,
        now: Moment,
    ) -> LockAnswer<'a, bool>;

    /// Returns which lock a ticket was given for; it is forgotten after the ask itself.
    fn of_ticket<'a>(&'a self, ticket: &'a TicketHash) -> LockAnswer<'a, Option<LockName>>;

    /// Begins to listen for changes of the lock of an agent and of what is asked of its holder. Some
    /// may be missed, and there may be none at all behind one.
    fn listen(&self, agent_id: &str) -> Changes;

    /// Lists locks by their agents' ids, at most `limit` of those that begin with `from`.
    fn list<'a>(&'a self, from: Bound<&'a str>, limit: usize) -> LockAnswer<'a, Page>;
}

impl Look {
    /// Returns who holds the lock, or a part of it.
    pub fn holders(&self) -> impl Iterator<Item = &Owner> {
        self.holders.iter().flatten()
    }

    /// Returns to whom `own` has lost the lock, as a heartbeat finds it (`beat.lua`); `None`: it has it, or takes it
    /// again.
    pub fn lost_to(&self, own: &Owner) -> Option<&Owner> {
        let [agent, extension] = self.holders.each_ref().map(Option::as_ref);
        let is_lost = |holder: &Owner, is_moved: bool| {
            holder.has_displaced(own) || is_moved && holder.is_moved_session_of(own)
        };
        // An epoch says nothing about the lock of another agent with the same extension.
        let is_anothers = |it: &&Owner| self.is_shared || is_lost(it, self.is_moved[1]);
        agent
            .filter(|it| is_lost(it, self.is_moved[0]))
            .or_else(|| extension.filter(is_anothers))
    }
}

impl LockName {
    /// Returns the keys that are locked together.
    pub fn keys(&self) -> [String; 2] {
        [
            format!("{AGENTS}{}", self.ozonetel_agent_id),
            format!("{EXTENSIONS}{}", self.sip_extension),
        ]
    }
}

impl Owner {
    /// Whether `self`, the holder, has the lock in place of `caller`. Who is known to have it since an earlier change
    /// has not: the store has forgotten the later one.
    fn has_displaced(&self, caller: &Self) -> bool {
        if self.is_same_as(caller) {
            self.is_later_session_of(caller)
        } else {
            !self.is_before(caller)
        }
    }

    /// Whether `self`, the holder, is known to have the lock since an earlier change than `caller`.
    fn is_before(&self, caller: &Self) -> bool {
        self.epoch > 0 && self.epoch < caller.epoch
    }

    /// Whether `self`, the holder, who has another extension, has the lock by another session of `caller`: of two
    /// without a device id both go on, but with one extension alone.
    fn is_moved_session_of(&self, caller: &Self) -> bool {
        self.is_same_as(caller) && self.session_id != caller.session_id && !self.is_before(caller)
    }

    /// Whether `self`, the holder, is the device of `caller` with a later session: it signed in again, or
    /// a copy of its installation did. Of two without a device id nobody knows.
    pub(crate) fn is_later_session_of(&self, caller: &Self) -> bool {
        caller.device_id.is_some()
            && self.is_same_as(caller)
            && !self.session_id.is_empty()
            && self.session_id != caller.session_id
            && self.epoch > 0
            && self.epoch >= caller.epoch
    }

    /// Whether `self`, the holder, is the same owner as `caller`: same member and same device. Those without a device
    /// id count as one.
    pub fn is_same_as(&self, caller: &Self) -> bool {
        self.member_id == caller.member_id && self.device_id == caller.device_id
    }

    /// Whether `self`, the holder, stands in no way of a login of this member at this device: it is the same owner, or
    /// the login names no device and falls under the rule of old clients (same member).
    pub(crate) fn gives_way_to(&self, member_id: &str, device_id: Option<&str>) -> bool {
        self.member_id == member_id
            && device_id.is_none_or(|it| self.device_id.as_deref() == Some(it))
    }
}
