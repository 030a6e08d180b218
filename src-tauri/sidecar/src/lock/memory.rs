use std::collections::BTreeMap;
use std::future::ready;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tracing::info;

use super::{
    Acquired, Beat, LockAnswer, LockName, LockUnavailable, MARKED, Owner, Released, SessionLock,
};
use crate::clock::{Clock, Now};

/// The locks of one server, in memory. A lock is absent from the very moment its term ends.
#[derive(Debug)]
pub struct MemoryLock {
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    entries: Entries,
    /// The sessions that were released, and until when that is remembered. Each of them began with
    /// a password, and the pace of argon2 bounds their number.
    ended: BTreeMap<String, Instant>,
    /// The highest that was given.
    epoch: u64,
}

/// One entry per key; both keys of a lock hold the same owner.
type Entries = BTreeMap<String, Entry>;

#[derive(Debug, Clone)]
struct Entry {
    owner: Owner,
    expires_at: Instant,
}

impl MemoryLock {
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            state: Mutex::default(),
        }
    }

    /// Forgets the locks whose term has ended and writes each into the log.
    pub fn sweep(&self) {
        let (mut state, now) = self.live();
        state.ended.retain(|_, until| *until > now.monotonic);
    }

    /// Returns what is alive and the time of this look.
    fn live(&self) -> (MutexGuard<'_, State>, Now) {
        let mut state = self
            .state
            .lock()
            .expect("no operation panics while it holds the state");
        let now = self.clock.now();
        state.entries.retain(|key, entry| {
            let alive = entry.expires_at > now.monotonic;
            if !alive && let Some(agent) = key.strip_prefix("agent:session:") {
                info!(
                    agent,
                    member = entry.owner.member_id,
                    device = entry.owner.device_name,
                    "lock expired"
                );
            }
            alive
        });
        (state, now)
    }

    fn acquire_now(
        &self,
        name: &LockName,
        owner: &Owner,
        ttl: Duration,
        takeover: bool,
    ) -> Acquired {
        let (mut state, now) = self.live();
        if state.has_ended(owner, now) {
            return Acquired::Ended;
        }
        let keys = name.keys();
        let others: Vec<Owner> = others(&state.entries, &keys, owner).cloned().collect();
        let stays = |holder: &&Owner| !takeover || holder.member_id != owner.member_id;
        if let Some(holder) = others.iter().find(stays) {
            return Acquired::Busy {
                holder: holder.clone(),
            };
        }
        let held = keys.iter().any(|key| state.entries.contains_key(key));
        // As Redis does. A restart gives no lower one, because time goes on meanwhile.
        let epoch = state.epoch.saturating_add(1).max(micros(now.wall));
        state.epoch = epoch;
        for key in keys {
            state.entries.insert(
                key,
                Entry {
                    owner: Owner {
                        epoch,
                        ..owner.clone()
                    },
                    expires_at: now.monotonic + ttl,
                },
            );
        }
        match others.into_iter().next() {
            Some(from) => Acquired::TakenOver { epoch, from },
            None if held => Acquired::Refreshed { epoch },
            None => Acquired::Taken { epoch },
        }
    }

    fn beat_now(&self, name: &LockName, owner: &Owner, ttl: Duration) -> Beat {
        let (mut state, now) = self.live();
        if state.has_ended(owner, now) {
            return Beat::Ended;
        }
        let keys = name.keys();
        let later = |holder: &&Owner| holder.epoch >= owner.epoch;
        if let Some(holder) = others(&state.entries, &keys, owner).find(later) {
            return Beat::Lost {
                holder: holder.clone(),
            };
        }
        // A caller without a device id prolongs the lock of its member's device; the device stays.
        let own =
            |entry: &&Entry| entry.owner.is_same_as(owner) && entry.owner.epoch >= owner.epoch;
        let held: Vec<&Entry> = keys
            .iter()
            .filter_map(|key| state.entries.get(key))
            .collect();
        let kept = held.iter().copied().find(own);
        let holder = kept.map_or(owner, |entry| &entry.owner).clone();
        let beat = if kept.is_some() && held.iter().all(own) {
            Beat::Extended
        } else {
            Beat::Retaken
        };
        for key in keys {
            state.entries.insert(
                key,
                Entry {
                    owner: holder.clone(),
                    expires_at: now.monotonic + ttl,
                },
            );
        }
        beat
    }

    fn release_now(&self, name: &LockName, owner: &Owner) -> Released {
        let (mut state, now) = self.live();
        let ended = owner.session_id.clone();
        state.ended.insert(ended, now.monotonic + MARKED);
        let keys = name.keys();
        let mut holder = None;
        let mut freed = false;
        for key in &keys {
            match state.entries.get(key).map(|entry| &entry.owner) {
                Some(o) if o.is_same_as(owner) && o.session_id == owner.session_id => {
                    state.entries.remove(key);
                    freed = true;
                }
                Some(other) => holder = Some(other.clone()),
                None => {}
            }
        }
        match holder {
            _ if freed => Released::Freed,
            Some(holder) => Released::NotOwner { holder },
            None => Released::Absent,
        }
    }
}

impl State {
    fn has_ended(&self, owner: &Owner, now: Now) -> bool {
        let until = self.ended.get(&owner.session_id);
        until.is_some_and(|until| *until > now.monotonic)
    }
}

impl SessionLock for MemoryLock {
    fn acquire<'a>(
        &'a self,
        name: &'a LockName,
        owner: &'a Owner,
        ttl: Duration,
        takeover: bool,
    ) -> LockAnswer<'a, Acquired> {
        answer(self.acquire_now(name, owner, ttl, takeover))
    }

    fn beat<'a>(
        &'a self,
        name: &'a LockName,
        owner: &'a Owner,
        ttl: Duration,
    ) -> LockAnswer<'a, Beat> {
        answer(self.beat_now(name, owner, ttl))
    }

    fn release<'a>(&'a self, name: &'a LockName, owner: &'a Owner) -> LockAnswer<'a, Released> {
        answer(self.release_now(name, owner))
    }
}

/// Since 1970; 0 before.
fn micros(wall: OffsetDateTime) -> u64 {
    u64::try_from(wall.unix_timestamp_nanos() / 1_000).unwrap_or_default()
}

fn answer<'a, T: Send + 'a>(value: T) -> LockAnswer<'a, T> {
    Box::pin(ready(Ok::<T, LockUnavailable>(value)))
}

fn others<'a>(
    entries: &'a Entries,
    keys: &'a [String; 2],
    caller: &'a Owner,
) -> impl Iterator<Item = &'a Owner> {
    keys.iter()
        .filter_map(|key| entries.get(key))
        .map(|entry| &entry.owner)
        .filter(|holder| !holder.is_same_as(caller))
}
