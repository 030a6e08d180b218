use std::collections::BTreeMap;
use std::future::ready;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tracing::info;

use super::{Acquired, Beat, LockAnswer, LockName, LockUnavailable, Owner, Released, SessionLock};
use crate::clock::Clock;

/// The locks of one server, in memory. A lock is absent from the very moment its term ends.
#[derive(Debug)]
pub struct MemoryLock {
    clock: Clock,
    entries: Mutex<Entries>,
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
            entries: Mutex::default(),
        }
    }

    /// Forgets the locks whose term has ended and writes each into the log.
    pub fn sweep(&self) {
        let _swept = self.live_entries();
    }

    /// Returns the entries that are alive and the time of this look.
    fn live_entries(&self) -> (MutexGuard<'_, Entries>, Instant) {
        let mut entries = self
            .entries
            .lock()
            .expect("no operation panics while it holds the entries");
        let now = self.clock.now().monotonic;
        entries.retain(|key, entry| {
            let alive = entry.expires_at > now;
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
        (entries, now)
    }

    fn acquire_now(
        &self,
        name: &LockName,
        owner: &Owner,
        ttl: Duration,
        takeover: bool,
    ) -> Acquired {
        let (mut entries, now) = self.live_entries();
        let keys = name.keys();
        let others: Vec<Owner> = others(&entries, &keys, owner).cloned().collect();
        let stays = |holder: &&Owner| !takeover || holder.member_id != owner.member_id;
        if let Some(holder) = others.iter().find(stays) {
            return Acquired::Busy {
                holder: holder.clone(),
            };
        }
        let held = keys.iter().any(|key| entries.contains_key(key));
        for key in keys {
            entries.insert(
                key,
                Entry {
                    owner: owner.clone(),
                    expires_at: now + ttl,
                },
            );
        }
        match others.into_iter().next() {
            Some(from) => Acquired::TakenOver { from },
            None if held => Acquired::Refreshed,
            None => Acquired::Taken,
        }
    }

    fn beat_now(&self, name: &LockName, owner: &Owner, ttl: Duration) -> Beat {
        let (mut entries, now) = self.live_entries();
        let keys = name.keys();
        if let Some(holder) = others(&entries, &keys, owner).next() {
            return Beat::Lost {
                holder: holder.clone(),
            };
        }
        let held = keys.iter().find_map(|key| entries.get(key)).cloned();
        // A caller without a device id prolongs the lock of its member's device; the device stays.
        let holder = held.as_ref().map_or(owner, |entry| &entry.owner);
        for key in keys {
            entries.insert(
                key,
                Entry {
                    owner: holder.clone(),
                    expires_at: now + ttl,
                },
            );
        }
        match held {
            Some(_) => Beat::Extended,
            None => Beat::Retaken,
        }
    }

    fn release_now(&self, name: &LockName, owner: &Owner) -> Released {
        let (mut entries, _) = self.live_entries();
        let keys = name.keys();
        let mut holder = None;
        let mut freed = false;
        for key in &keys {
            match entries.get(key).map(|entry| &entry.owner) {
                Some(o) if o.is_same_as(owner) && o.session_id == owner.session_id => {
                    entries.remove(key);
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
