use std::collections::BTreeMap;
use std::fmt;
use std::future::ready;
use std::ops::{Bound, RangeBounds};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tracing::info;

use super::{
    AGENTS, Acquired, Beat, Displacing, EXTENSIONS, Held, LockAnswer, LockName, LockUnavailable,
    Look, MARKED, OfSession, Owner, Page, Released, SessionLock,
};
use crate::bells::{Bells, Changes};
use crate::clock::{Clock, Now};
use crate::takeover::{Ask, Moment, TicketHash};

/// The locks of one server, in memory. A lock is absent from the very moment its term ends.
#[derive(Debug)]
pub struct MemoryLock {
    clock: Clock,
    /// When its own time begins.
    origin: Instant,
    state: Mutex<State>,
    bells: Bells,
    takeovers: Takeovers,
}

/// Who is told of takeovers: those who keep the sessions, one for each server.
#[derive(Default)]
struct Takeovers(Mutex<Vec<OfSession>>);

#[derive(Debug, Default)]
struct State {
    entries: Entries,
    /// The sessions that were released, and until when that is remembered. Each of them began with
    /// a password, and the pace of argon2 bounds their number.
    ended: BTreeMap<String, Instant>,
    /// By agents. Each began with a password, as the tickets did.
    asks: BTreeMap<String, Ask>,
    /// By their hashes, with when they are forgotten.
    tickets: BTreeMap<String, (LockName, Moment)>,
    /// The highest that was given.
    epoch: u64,
}

/// One entry per key; both keys of a lock hold the same owner.
type Entries = BTreeMap<String, Entry>;

#[derive(Debug, Clone)]
struct Entry {
    owner: Owner,
    /// With which agent it is locked: more than one may have the same extension.
    agent_id: String,
    /// With which extension it is locked.
    extension: String,
    expires_at: Instant,
}

impl MemoryLock {
    pub fn new(clock: Clock) -> Self {
        Self {
            origin: clock.now().monotonic,
            clock,
            state: Mutex::default(),
            bells: Bells::default(),
            takeovers: Takeovers::default(),
        }
    }

    /// Forgets the locks whose term has ended and writes each into the log.
    pub fn sweep(&self) {
        let (mut state, now) = self.live();
        state.ended.retain(|_, until| *until > now.monotonic);
        let now = self.moment(now);
        state.asks.retain(|_, ask| ask.lives_until() > now);
        state.tickets.retain(|_, (_, until)| *until > now);
    }

    fn moment(&self, now: Now) -> Moment {
        now.monotonic.saturating_duration_since(self.origin)
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
            if !alive && let Some(agent) = key.strip_prefix(AGENTS) {
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
        displacing: Displacing<'_>,
    ) -> Acquired {
        let (mut state, now) = self.live();
        if state.has_ended(owner, now) {
            return Acquired::Ended;
        }
        let keys = name.keys();
        let others: Vec<Owner> = others(&state.entries, &keys, owner).cloned().collect();
        let stands = |ask: &Ask| state.is_kept(name, Some(ask), self.moment(now));
        let gives_way = |holder: &&Owner| {
            holder.gives_way_to(&owner.member_id, owner.device_id.as_deref())
                || match displacing {
                    Displacing::Nobody => false,
                    Displacing::SameMember => holder.member_id == owner.member_id,
                    Displacing::Granting(ask) => stands(ask) && ask.is_of(holder),
                }
        };
        if let Some(holder) = others.iter().find(|it| !gives_way(it)) {
            return Acquired::Busy {
                holder: holder.clone(),
            };
        }
        let held = keys.iter().find_map(|key| state.entries.get(key));
        let held = held.map(|entry| (entry.owner.clone(), entry.is_of(name)));
        // As Redis does. A restart gives no lower one, because time goes on meanwhile.
        let epoch = state.epoch.saturating_add(1).max(micros(now.wall));
        state.epoch = epoch;
        // While nobody else looks at the lock.
        self.takeovers.tell(&others);
        state.free_former(name);
        for key in keys {
            state.entries.insert(
                key,
                Entry {
                    owner: Owner {
                        epoch,
                        ..owner.clone()
                    },
                    agent_id: name.ozonetel_agent_id.clone(),
                    extension: name.sip_extension.clone(),
                    expires_at: now.monotonic + ttl,
                },
            );
        }
        drop(state);
        self.bells.ring(&name.ozonetel_agent_id);
        match (others.into_iter().next(), held) {
            (Some(from), _) => Acquired::TakenOver { epoch, from },
            (None, Some((from, is_same_lock))) => Acquired::Refreshed {
                epoch,
                from,
                is_same_lock,
            },
            (None, None) => Acquired::Taken { epoch },
        }
    }

    fn beat_now(&self, name: &LockName, owner: &Owner, ttl: Duration) -> Beat {
        let (mut state, now) = self.live();
        if state.has_ended(owner, now) {
            return Beat::Ended;
        }
        let look = state.look(name, self.moment(now));
        if let Some(holder) = look.lost_to(owner) {
            let holder = holder.clone();
            return Beat::Lost { holder };
        }
        let keys = name.keys();
        let held = || keys.iter().filter_map(|key| state.entries.get(key));
        // Those without a device id go on side by side: what the last of them wrote stays.
        let own =
            |entry: &&Entry| entry.owner.is_same_as(owner) && entry.owner.epoch >= owner.epoch;
        let kept = held().find(own);
        let holder = kept.map_or(owner, |entry| &entry.owner).clone();
        // This store had forgotten that they lost it.
        let others = others(&state.entries, &keys, owner);
        let displaced = others.filter(|it| it.member_id == owner.member_id);
        let displaced: Vec<Owner> = displaced.cloned().collect();
        let beat = if kept.is_some() && held().all(|entry| own(&entry)) {
            Beat::Extended
        } else {
            Beat::Retaken
        };
        self.takeovers.tell(&displaced);
        for key in keys {
            state.entries.insert(
                key,
                Entry {
                    owner: holder.clone(),
                    agent_id: name.ozonetel_agent_id.clone(),
                    extension: name.sip_extension.clone(),
                    expires_at: now.monotonic + ttl,
                },
            );
        }
        drop(state);
        if beat == Beat::Retaken {
            self.bells.ring(&name.ozonetel_agent_id);
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
        drop(state);
        self.bells.ring(&name.ozonetel_agent_id);
        match holder {
            _ if freed => Released::Freed,
            Some(holder) => Released::NotOwner { holder },
            None => Released::Absent,
        }
    }
}

impl Takeovers {
    fn tell(&self, displaced: &[Owner]) {
        for note in &*self.takeovers() {
            for owner in displaced {
                note(&owner.session_id);
            }
        }
    }

    fn takeovers(&self) -> MutexGuard<'_, Vec<OfSession>> {
        self.0
            .lock()
            .expect("nobody who is told of a takeover panics")
    }
}

impl fmt::Debug for Takeovers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Takeovers").finish_non_exhaustive()
    }
}

impl Entry {
    fn is_of(&self, name: &LockName) -> bool {
        self.agent_id == name.ozonetel_agent_id && self.extension == name.sip_extension
    }
}

impl State {
    fn look(&self, name: &LockName, now: Moment) -> Look {
        let keys = name.keys();
        let entries = keys.each_ref().map(|key| self.entries.get(key));
        let is_other = |entry: &Entry| entry.agent_id != name.ozonetel_agent_id;
        let is_moved = |entry: &Entry| entry.extension != name.sip_extension;
        Look {
            holders: entries.map(|entry| Some(entry?.owner.clone())),
            is_shared: entries[1].is_some_and(is_other),
            is_moved: entries.map(|entry| entry.is_some_and(is_moved)),
            ask: self.ask(name, now).cloned(),
            now,
        }
    }

    /// Whether `ask` is what is asked of the holder now.
    fn is_kept(&self, name: &LockName, ask: Option<&Ask>, now: Moment) -> bool {
        let key = |ask: &Ask| (ask.id().to_owned(), ask.version());
        self.ask(name, now).map(key) == ask.map(key)
    }

    fn ask(&self, name: &LockName, now: Moment) -> Option<&Ask> {
        let ask = self.asks.get(&name.ozonetel_agent_id)?;
        (ask.lives_until() > now).then_some(ask)
    }

    /// Frees the extension that an agent had until now, if it is another one than that of `name`.
    fn free_former(&mut self, name: &LockName) {
        let [agent, extension] = name.keys();
        let Some(session_id) = self
            .entries
            .get(&agent)
            .map(|it| it.owner.session_id.clone())
        else {
            return;
        };
        let is_former = |key: &String, entry: &Entry| {
            key.starts_with(EXTENSIONS)
                && *key != extension
                && entry.agent_id == name.ozonetel_agent_id
                && entry.owner.session_id == session_id
        };
        self.entries.retain(|key, entry| !is_former(key, entry));
    }

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
        let displacing = if takeover {
            Displacing::SameMember
        } else {
            Displacing::Nobody
        };
        answer(self.acquire_now(name, owner, ttl, displacing))
    }

    fn acquire_granted<'a>(
        &'a self,
        name: &'a LockName,
        owner: &'a Owner,
        ttl: Duration,
        ask: &'a Ask,
    ) -> LockAnswer<'a, Acquired> {
        answer(self.acquire_now(name, owner, ttl, Displacing::Granting(ask)))
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

    fn on_takeover(&self, note: OfSession) {
        self.takeovers.takeovers().push(note);
    }

    fn look<'a>(&'a self, name: &'a LockName) -> LockAnswer<'a, Look> {
        let (state, now) = self.live();
        answer(state.look(name, self.moment(now)))
    }

    fn put<'a>(
        &'a self,
        name: &'a LockName,
        before: Option<&'a Ask>,
        ask: &'a Ask,
        _now: Moment,
    ) -> LockAnswer<'a, bool> {
        let (mut state, now) = self.live();
        if !state.is_kept(name, before, self.moment(now)) {
            return answer(false);
        }
        let agent_id = &name.ozonetel_agent_id;
        state.asks.insert(agent_id.clone(), ask.clone());
        let ticket = (name.clone(), ask.lives_until());
        state.tickets.insert(ask.ticket().hex(), ticket);
        drop(state);
        self.bells.ring(agent_id);
        answer(true)
    }

    fn of_ticket<'a>(&'a self, ticket: &'a TicketHash) -> LockAnswer<'a, Option<LockName>> {
        let (state, now) = self.live();
        let found = state.tickets.get(&ticket.hex());
        let found = found.filter(|(_, until)| *until > self.moment(now));
        answer(found.map(|(name, _)| name.clone()))
    }

    fn listen(&self, agent_id: &str) -> Changes {
        self.bells.listen(agent_id)
    }

    fn list<'a>(&'a self, from: Bound<&'a str>, limit: usize) -> LockAnswer<'a, Page> {
        let (state, now) = self.live();
        let agents = state.entries.iter().filter_map(|(key, entry)| {
            let agent_id = key.strip_prefix(AGENTS)?;
            let range = (from, Bound::Unbounded);
            RangeBounds::<str>::contains(&range, agent_id).then_some((agent_id, entry))
        });
        let mut held: Vec<Held> = agents
            .take(limit.saturating_add(1))
            .map(|(agent_id, entry)| Held {
                agent_id: agent_id.to_owned(),
                extension: Some(entry.extension.clone()),
                owner: entry.owner.clone(),
                left: entry.expires_at.saturating_duration_since(now.monotonic),
            })
            .collect();
        let is_all = held.len() <= limit;
        held.truncate(limit);
        let next = held.last().filter(|_| !is_all);
        let next = next.map(|last| last.agent_id.clone());
        answer(Page { held, next })
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
