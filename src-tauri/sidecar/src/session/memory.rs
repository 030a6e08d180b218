use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use secrecy::SecretString;

use super::{
    AtQueue, GRACE, Note, OfToken, REMEMBERED, RefreshRefused, SESSIONS_PER_MEMBER, SessionState,
    TokenHash, hash, new_token, session_of,
};
use crate::token::Caller;

/// The sessions of one server, in memory.
#[derive(Debug)]
pub(crate) struct MemorySessions {
    refresh_lifetime: Duration,
    /// How long an ended session must be remembered: as long as its last access token lives.
    access_lifetime: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sessions: HashMap<String, Session>,
    /// Each entry stands for a correct password and lives no longer than an access token, so the
    /// pace of argon2 bounds their number.
    ended: HashMap<String, Instant>,
}

#[derive(Debug)]
struct Session {
    caller: Caller,
    device_name: String,
    system: Option<String>,
    at_queue: AtQueue,
    current: TokenHash,
    used: VecDeque<(TokenHash, Instant)>,
    refreshed_at: Instant,
    /// What was renewed for it last, and when.
    renewed: Option<(String, Instant)>,
}

impl MemorySessions {
    pub(crate) fn new(refresh_lifetime: Duration, access_lifetime: Duration) -> Self {
        Self {
            refresh_lifetime,
            access_lifetime,
            state: Mutex::default(),
        }
    }

    pub(crate) fn begin(
        &self,
        caller: &Caller,
        device_name: &str,
        system: Option<&str>,
        now: Instant,
    ) -> SecretString {
        let mut state = self.state();
        state.make_room(&caller.member_id);
        let id = caller.session_id.clone();
        let (token, hash) = new_token(&id);
        state.sessions.insert(
            id,
            Session {
                caller: caller.clone(),
                device_name: device_name.to_owned(),
                system: system.map(str::to_owned),
                at_queue: AtQueue::default(),
                current: hash,
                used: VecDeque::new(),
                refreshed_at: now,
                renewed: None,
            },
        );
        token
    }

    pub(crate) fn refresh(
        &self,
        token: &SecretString,
        device_id: Option<&str>,
        renewed: Option<&str>,
        now: Instant,
    ) -> Result<(Caller, SecretString), RefreshRefused> {
        let id = session_of(token).ok_or(RefreshRefused::Unknown)?;
        let mut state = self.state();
        let session = state.sessions.get_mut(id).ok_or(RefreshRefused::Unknown)?;
        if self.has_expired(session, now) {
            return Err(RefreshRefused::Unknown);
        }
        let used_at = session
            .used_at(&hash(token), now)
            .ok_or(RefreshRefused::Unknown)?;
        if session.caller.is_other_device(device_id) {
            return Err(RefreshRefused::OtherDevice);
        }
        if now.saturating_duration_since(used_at) > GRACE {
            let caller = session.caller.clone();
            state.end(id, now + self.access_lifetime);
            return Err(RefreshRefused::Reused(Box::new(caller)));
        }
        let (next, next_hash) = new_token(id);
        session.used.push_back((session.current, now));
        session.current = next_hash;
        session.refreshed_at = now;
        if let Some(renewed) = renewed {
            session.renewed = Some((renewed.to_owned(), now));
        }
        if session.used.len() > REMEMBERED {
            session.used.pop_front();
        }
        Ok((session.caller.clone(), next))
    }

    pub(crate) fn of_refresh_token(&self, token: &SecretString, now: Instant) -> Option<OfToken> {
        let state = self.state();
        let session = state.sessions.get(session_of(token)?)?;
        session.used_at(&hash(token), now)?;
        let renewed = session.renewed.as_ref();
        let renewed = renewed.filter(|(_, at)| now.saturating_duration_since(*at) <= GRACE);
        Some(OfToken {
            caller: session.caller.clone(),
            renewed: renewed.map(|(renewed, _)| renewed.clone()),
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
            None if state.ended.contains_key(session_id) => SessionState::Ended,
            None => SessionState::Unknown,
        }
    }

    pub(crate) fn note(&self, session_id: &str, note: Note) {
        if let Some(session) = self.state().sessions.get_mut(session_id) {
            session.at_queue.take(note);
        }
    }

    pub(crate) fn end(&self, session_id: &str, now: Instant) {
        self.state().end(session_id, now + self.access_lifetime);
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
        for session in state.sessions.values_mut() {
            let is_old = |(_, at): &(_, Instant)| now.saturating_duration_since(*at) > GRACE;
            session.renewed = session.renewed.take().filter(|it| !is_old(it));
        }
        state.ended.retain(|_, until| *until > now);
    }

    fn has_expired(&self, session: &Session, now: Instant) -> bool {
        now.saturating_duration_since(session.refreshed_at) >= self.refresh_lifetime
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("no operation panics while it holds the sessions")
    }
}

impl State {
    /// Forgets the member's oldest session if there are too many of them.
    fn make_room(&mut self, member_id: &str) {
        let theirs = || {
            self.sessions
                .iter()
                .filter(|(_, session)| session.caller.member_id == member_id)
        };
        if theirs().count() < SESSIONS_PER_MEMBER {
            return;
        }
        let oldest = theirs()
            .min_by_key(|(_, session)| session.refreshed_at)
            .map(|(id, _)| id.clone());
        if let Some(id) = oldest {
            self.sessions.remove(&id);
        }
    }

    fn end(&mut self, id: &str, remember_until: Instant) {
        self.sessions.remove(id);
        self.ended.insert(id.to_owned(), remember_until);
    }
}

impl Session {
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
