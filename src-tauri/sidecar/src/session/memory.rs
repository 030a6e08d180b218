mod ended;

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

use self::ended::Ended;
use super::facts::{NewToken, Presented};
use super::{
    AtQueue, Ending, GRACE, Known, Lifetimes, Note, REMEMBERED, Refresh, RefreshRefused, Renewed,
    SESSIONS_PER_MEMBER, SessionState, TokenHash, Unsettled,
};
use crate::clock::Now;
use crate::device::Device;
use crate::token::Caller;

/// The sessions of one server, in memory.
#[derive(Debug)]
pub(crate) struct MemorySessions {
    lifetimes: Lifetimes,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sessions: HashMap<String, Session>,
    ended: Ended,
    /// By members, and until when it is remembered: sessions that began then, in ms since 1970, or before
    /// do not begin again.
    over: HashMap<String, (u64, Instant)>,
}

#[derive(Debug)]
struct Session {
    caller: Caller,
    device_name: String,
    system: Option<String>,
    at_queue: AtQueue,
    current: TokenHash,
    /// As in [`NewToken::issued`], of the last one.
    issued: u64,
    used: VecDeque<(TokenHash, Instant)>,
    refreshed_at: Instant,
    /// What was renewed for it last, and when.
    renewed: Option<(String, Instant)>,
}

impl MemorySessions {
    pub(crate) fn new(lifetimes: Lifetimes) -> Self {
        Self {
            lifetimes,
            state: Mutex::default(),
        }
    }

    pub(super) fn begin(&self, caller: &Caller, device: &Device, token: &NewToken, now: Instant) {
        let session = Session::new(caller, device, token, now);
        self.state().begin(session, self.lifetimes, now);
    }

    pub(super) fn refresh(
        &self,
        refresh: Refresh<'_>,
        now: Instant,
    ) -> Result<Caller, RefreshRefused> {
        let Refresh {
            presented,
            device,
            next,
        } = refresh;
        let (id, hash) = (presented.session_id, presented.hash);
        let mut state = self.state();
        if state.has_lost(&presented) {
            let facts = presented.facts.ok_or(RefreshRefused::Unknown)?;
            let mut session = Session::new(&facts.caller, device, next, now);
            session.used.push_back((hash, now));
            state.begin(session, self.lifetimes, now);
            return Ok(facts.caller);
        }
        let session = state.sessions.get_mut(id).ok_or(RefreshRefused::Unknown)?;
        if self.has_expired(session, now) {
            return Err(RefreshRefused::Unknown);
        }
        let used_at = session.used_at(&hash, now);
        if used_at.is_none() && presented.facts.is_none() {
            return Err(RefreshRefused::Unknown);
        }
        if session.caller.is_other_device(device.id.as_deref()) {
            return Err(RefreshRefused::OtherDevice);
        }
        let is_ahead = presented.is_ahead_of(session.issued);
        let is_reused = used_at.map_or(!is_ahead, |at| now.saturating_duration_since(at) > GRACE);
        if is_reused {
            let caller = session.caller.clone();
            state.end(id, self.lifetimes, now);
            return Err(RefreshRefused::Reused(Box::new(caller)));
        }
        if used_at.is_none() {
            session.used.push_back((hash, now));
        }
        session.used.push_back((session.current, now));
        session.current = next.hash;
        session.issued = session.issued.max(next.issued);
        session.refreshed_at = now;
        while session.used.len() > REMEMBERED {
            session.used.pop_front();
        }
        Ok(session.caller.clone())
    }

    pub(super) fn keep_renewed(&self, session_id: &str, renewed: &str, now: Instant) -> bool {
        let mut state = self.state();
        let session = state.sessions.get_mut(session_id);
        let is_known = session.is_some();
        if let Some(session) = session {
            session.renewed = Some((renewed.to_owned(), now));
        }
        is_known
    }

    pub(super) fn of_refresh_token<'a>(
        &self,
        presented: Presented<'a>,
        now: Instant,
    ) -> Option<Known<'a>> {
        let state = self.state();
        if state.has_lost(&presented) {
            return Known::lost(presented, None);
        }
        let session = state.sessions.get(presented.session_id)?;
        if presented.facts.is_none() {
            session.used_at(&presented.hash, now)?;
        }
        let renewed = session.renewed.as_ref().map(|(sealed, at)| Renewed {
            sealed: sealed.clone(),
            age: now.saturating_duration_since(*at),
        });
        let (caller, issued) = (session.caller.clone(), session.issued);
        Some(Known {
            is_taken_over: session.at_queue.is_taken_over,
            ..Known::of(presented, caller, issued, renewed)
        })
    }

    pub(crate) fn state_of(&self, session_id: &str) -> SessionState {
        let state = self.state();
        match state.sessions.get(session_id) {
            Some(session) => SessionState::Live {
                member_id: session.caller.member_id.clone(),
                device_name: session.device_name.clone(),
                system: session.system.clone(),
                lock: session.caller.lock.clone(),
                at_queue: Box::new(session.at_queue.clone()),
            },
            None if state.ended.has(session_id) => SessionState::Ended,
            None => SessionState::Unknown,
        }
    }

    pub(crate) fn note(&self, session_id: &str, note: Note) {
        if let Some(session) = self.state().sessions.get_mut(session_id) {
            session.at_queue.take(note);
        }
    }

    pub(super) fn note_since(&self, session_id: &str, note: Note, version: u64) -> bool {
        let mut state = self.state();
        let session = state.sessions.get_mut(session_id);
        let Some(session) = session.filter(|it| it.at_queue.version <= version) else {
            return false;
        };
        // It is noted late, and may be older than the login.
        let unsettled = session.at_queue.unsettled.take();
        session.at_queue.take(note);
        session.at_queue.unsettled = unsettled;
        true
    }

    pub(super) fn settle(
        &self,
        session_id: &str,
        before: &Unsettled,
        now: Option<&Unsettled>,
    ) -> bool {
        let mut state = self.state();
        let session = state.sessions.get_mut(session_id);
        let kept = session.map(|it| &mut it.at_queue.unsettled);
        let is_before = |it: &Unsettled| it.id() == before.id();
        match kept.filter(|it| it.as_ref().is_some_and(is_before)) {
            Some(kept) => {
                *kept = now.cloned();
                true
            }
            None => false,
        }
    }

    pub(super) fn end(&self, session: Ending<'_>, now: Now) -> bool {
        let mut state = self.state();
        let Ending {
            session_id: id,
            member_id,
            begun,
        } = session;
        if state.ended.has(id) {
            return true;
        }
        let is_known = state.sessions.contains_key(id);
        let was_over = !is_known && state.is_over(member_id, begun.unwrap_or_default());
        if !is_known {
            let begun = begun.unwrap_or_else(|| now.millis());
            state.over(member_id, begun, self.lifetimes, now.monotonic);
        }
        state.end(id, self.lifetimes, now.monotonic);
        was_over
    }

    /// Forgets what has expired.
    pub(crate) fn sweep(&self, now: Instant) {
        let mut state = self.state();
        let expired: Vec<String> = state
            .sessions
            .iter()
            .filter(|(_, session)| self.has_expired(session, now))
            .map(|(id, _)| id.clone())
            .collect();
        for id in expired {
            state.sessions.remove(&id);
        }
        state.ended.sweep(now);
        state.over.retain(|_, (_, until)| *until > now);
    }

    fn has_expired(&self, session: &Session, now: Instant) -> bool {
        now.saturating_duration_since(session.refreshed_at) >= self.lifetimes.refresh
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("no operation panics while it holds the sessions")
    }
}

impl State {
    /// Adds a session, for which the member's oldest one ends if there are too many of them.
    fn begin(&mut self, session: Session, lifetimes: Lifetimes, now: Instant) {
        let theirs = || {
            self.sessions
                .iter()
                .filter(|(_, other)| other.caller.member_id == session.caller.member_id)
        };
        if theirs().count() >= SESSIONS_PER_MEMBER {
            // Who took the lock last has it.
            let age = |it: &Session| (it.refreshed_at, it.caller.epoch);
            let oldest = theirs().min_by_key(|(_, session)| age(session));
            if let Some(id) = oldest.map(|(id, _)| id.clone()) {
                self.end(&id, lifetimes, now);
            }
        }
        let id = session.caller.session_id.clone();
        self.sessions.insert(id, session);
    }

    /// Whether a token is of a session that is not known, and not known to be over.
    fn has_lost(&self, presented: &Presented<'_>) -> bool {
        let id = presented.session_id;
        !self.sessions.contains_key(id)
            && !self.ended.has(id)
            && presented
                .facts
                .as_ref()
                .is_some_and(|it| !self.is_over(&it.caller.member_id, it.caller.begun))
    }

    /// Whether sessions of a member that began then are over.
    fn is_over(&self, member_id: &str, begun: u64) -> bool {
        let over = self.over.get(member_id);
        over.is_some_and(|(last, _)| *last >= begun)
    }

    fn end(&mut self, id: &str, lifetimes: Lifetimes, now: Instant) {
        self.remove(id, lifetimes, now);
        self.ended.add(id, now, lifetimes.access);
    }

    /// Removes a session, which does not begin again.
    fn remove(&mut self, id: &str, lifetimes: Lifetimes, now: Instant) {
        if let Some(Session { caller, .. }) = self.sessions.remove(id) {
            self.over(&caller.member_id, caller.begun, lifetimes, now);
        }
    }

    fn over(&mut self, member_id: &str, begun: u64, lifetimes: Lifetimes, now: Instant) {
        let (last, until) = self.over.entry(member_id.to_owned()).or_insert((0, now));
        *last = begun.max(*last);
        *until = now + lifetimes.over();
    }
}

impl Session {
    fn new(caller: &Caller, device: &Device, token: &NewToken, now: Instant) -> Self {
        Self {
            caller: caller.clone(),
            device_name: device.name_or_unnamed(),
            system: device.system.clone(),
            at_queue: AtQueue::default(),
            current: token.hash,
            issued: token.issued,
            used: VecDeque::new(),
            refreshed_at: now,
            renewed: None,
        }
    }

    /// Returns when the token with this hash was used, which the one in use is in this moment; `None`
    /// if it is not of this session.
    fn used_at(&self, hash: &TokenHash, now: Instant) -> Option<Instant> {
        if self.current == *hash {
            return Some(now);
        }
        let mut used = self.used.iter();
        used.find_map(|(used, at)| (used == hash).then_some(*at))
    }
}
