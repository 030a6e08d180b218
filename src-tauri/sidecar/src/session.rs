//! The sessions that a sign-in begins: their refresh tokens, and which of them have ended.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::random::random_bytes;
use crate::token::Caller;

/// How long a used refresh token still works, so that an answer that was lost on the way does not
/// sign an agent out: the longest outage a running call survives is 60 s, twice that covers the
/// retries after it. Whoever uses a token later than this is not the device it was given to.
const GRACE: Duration = Duration::from_secs(120);

/// Sessions per member; the one that was refreshed longest ago makes room.
const SESSIONS_PER_MEMBER: usize = 16;

/// Used refresh tokens that a session remembers to recognise their reuse: 32 h at one per 30 min.
const REMEMBERED: usize = 64;

/// Why a refresh token was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RefreshRefused {
    /// Not ours, expired or its session has ended.
    Unknown,
    /// It was used before; its session has ended because one of the two users is a thief.
    Reused(Caller),
    /// It was given to another device.
    OtherDevice,
}

/// All sessions of one server.
#[derive(Debug)]
pub(crate) struct Sessions {
    refresh_lifetime: Duration,
    /// How long an ended session must be remembered: as long as its last access token lives.
    access_lifetime: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sessions: HashMap<String, Session>,
    by_token: HashMap<TokenHash, String>,
    /// Each entry stands for a correct password and lives no longer than an access token, so the
    /// pace of argon2 bounds their number.
    ended: HashMap<String, Instant>,
}

#[derive(Debug)]
struct Session {
    caller: Caller,
    device_name: String,
    current: TokenHash,
    retired: VecDeque<(TokenHash, Instant)>,
    refreshed_at: Instant,
}

type TokenHash = [u8; 32];

impl Sessions {
    pub(crate) fn new(refresh_lifetime: Duration, access_lifetime: Duration) -> Self {
        Self {
            refresh_lifetime,
            access_lifetime,
            state: Mutex::default(),
        }
    }

    /// Begins the session of `caller` and returns its first refresh token.
    pub(crate) fn begin(&self, caller: Caller, device_name: String, now: Instant) -> SecretString {
        let mut state = self.state();
        state.make_room(&caller.member_id);
        let (token, hash) = new_token();
        let id = caller.session_id.clone();
        state.by_token.insert(hash, id.clone());
        state.sessions.insert(
            id,
            Session {
                caller,
                device_name,
                current: hash,
                retired: VecDeque::new(),
                refreshed_at: now,
            },
        );
        token
    }

    /// Exchanges `token` for the next one of its session. `device_id` is what the caller names, if
    /// it does.
    pub(crate) fn refresh(
        &self,
        token: &SecretString,
        device_id: Option<&str>,
        now: Instant,
    ) -> Result<(Caller, SecretString), RefreshRefused> {
        let mut state = self.state();
        let hash = hash(token);
        let id = state
            .by_token
            .get(&hash)
            .cloned()
            .ok_or(RefreshRefused::Unknown)?;
        let session = state
            .sessions
            .get_mut(&id)
            .expect("a token's session is there");
        if self.has_expired(session, now) {
            return Err(RefreshRefused::Unknown);
        }
        if session.caller.is_other_device(device_id) {
            return Err(RefreshRefused::OtherDevice);
        }
        let used_at = session
            .retired
            .iter()
            .find_map(|(retired, at)| (*retired == hash).then_some(*at));
        if used_at.is_some_and(|at| now.saturating_duration_since(at) > GRACE) {
            let caller = session.caller.clone();
            state.end(&id, now + self.access_lifetime);
            return Err(RefreshRefused::Reused(caller));
        }
        let (next, next_hash) = new_token();
        session.retired.push_back((session.current, now));
        session.current = next_hash;
        session.refreshed_at = now;
        let caller = session.caller.clone();
        let forgotten = if session.retired.len() > REMEMBERED {
            session.retired.pop_front()
        } else {
            None
        };
        if let Some((forgotten, _)) = forgotten {
            state.by_token.remove(&forgotten);
        }
        state.by_token.insert(next_hash, id);
        Ok((caller, next))
    }

    /// Returns the session that `token` belongs to, used or not.
    pub(crate) fn of_refresh_token(&self, token: &SecretString) -> Option<Caller> {
        let state = self.state();
        let id = state.by_token.get(&hash(token))?;
        Some(state.sessions.get(id)?.caller.clone())
    }

    /// Returns the name of the device that began the session, if this server still knows it.
    pub(crate) fn device_name(&self, session_id: &str) -> Option<String> {
        let state = self.state();
        Some(state.sessions.get(session_id)?.device_name.clone())
    }

    /// Ends a session: none of its tokens is accepted from here on.
    pub(crate) fn end(&self, session_id: &str, now: Instant) {
        self.state().end(session_id, now + self.access_lifetime);
    }

    /// Whether a session has ended. One that this server never knew has not: it may have begun
    /// before a restart.
    pub(crate) fn has_ended(&self, session_id: &str) -> bool {
        self.state().ended.contains_key(session_id)
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
            state.forget(&id);
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
            self.forget(&id);
        }
    }

    fn end(&mut self, id: &str, remember_until: Instant) {
        self.forget(id);
        self.ended.insert(id.to_owned(), remember_until);
    }

    fn forget(&mut self, id: &str) {
        let Some(session) = self.sessions.remove(id) else {
            return;
        };
        self.by_token.remove(&session.current);
        for (hash, _) in &session.retired {
            self.by_token.remove(hash);
        }
    }
}

/// Returns 256 unpredictable bits and what is kept of them.
fn new_token() -> (SecretString, TokenHash) {
    let token = SecretString::from(URL_SAFE_NO_PAD.encode(random_bytes::<32>()));
    let hash = hash(&token);
    (token, hash)
}

/// A token of 256 random bits needs neither salt nor cost.
fn hash(token: &SecretString) -> TokenHash {
    Sha256::digest(token.expose_secret().as_bytes()).into()
}
