//! The sessions that a sign-in begins: their refresh tokens, and which of them have ended.
//!
//! A refresh token begins with the id of its session and goes on with 256 random bits; only its hash
//! is kept.

mod at_queue;
mod memory;
mod redis;

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

pub(crate) use self::at_queue::{AtQueue, Note, Ordered};
use crate::lock::LockName;
use crate::random::random_bytes;
use crate::store::{Store, Unanswered};
use crate::token::Caller;
use memory::MemorySessions;
use redis::RedisSessions;

/// How long a used refresh token still works, so that an answer that was lost on the way does not
/// sign an agent out: the longest outage a running call survives is 60 s, twice that covers the
/// retries after it. Whoever uses a token later than this is not the device it was given to.
pub(crate) const GRACE: Duration = Duration::from_secs(120);

/// Sessions per member; the one that was refreshed longest ago makes room.
const SESSIONS_PER_MEMBER: usize = 16;

/// Used refresh tokens that a session remembers to recognise their reuse: 16 h at one per 15 min.
const REMEMBERED: usize = 64;

/// Characters of a session's id, which is written like a UUID.
const ID_LENGTH: usize = 36;

/// The sessions of one server, or of all that share a Redis.
#[derive(Debug)]
pub(crate) enum Sessions {
    Memory(MemorySessions),
    Redis(Box<RedisSessions>),
}

/// What is known of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SessionState {
    /// Nothing: it may have begun before the store forgot it.
    Unknown,
    /// `device_name` is what the device called itself that began it.
    Live {
        member_id: String,
        device_name: String,
        /// What that device runs, where it said so.
        system: Option<String>,
        /// As in [`Caller::lock`].
        lock: Option<LockName>,
        at_queue: Box<AtQueue>,
    },
    Ended,
}

/// What is known of a refresh token.
#[derive(Debug)]
pub(crate) struct OfToken {
    pub(crate) caller: Caller,
    /// What was renewed for the session last, for as long as it is kept.
    pub(crate) renewed: Option<String>,
}

/// Why a refresh token was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RefreshRefused {
    /// Not ours, expired or its session has ended.
    Unknown,
    /// It was used before; its session has ended because one of the two users is a thief.
    Reused(Box<Caller>),
    /// It was given to another device.
    OtherDevice,
    /// Nobody knows.
    Unanswered(Unanswered),
}

type TokenHash = [u8; 32];

impl Sessions {
    /// Keeps them in the memory of this server. One may rest for `refresh_lifetime`, and its access
    /// tokens are accepted for `access_lifetime`.
    pub(crate) fn in_memory(refresh_lifetime: Duration, access_lifetime: Duration) -> Self {
        Self::Memory(MemorySessions::new(refresh_lifetime, access_lifetime))
    }

    /// Keeps them for all servers that share `store`.
    pub(crate) fn in_redis(
        store: Store,
        refresh_lifetime: Duration,
        access_lifetime: Duration,
    ) -> Self {
        Self::Redis(Box::new(RedisSessions::new(
            store,
            refresh_lifetime,
            access_lifetime,
        )))
    }

    /// Begins the session of `caller` and returns its first refresh token; `device_name` and `system` are
    /// what the device calls itself, and what it runs.
    pub(crate) async fn begin(
        &self,
        caller: &Caller,
        device_name: &str,
        system: Option<&str>,
        now: Instant,
    ) -> Result<SecretString, Unanswered> {
        match self {
            Self::Memory(sessions) => Ok(sessions.begin(caller, device_name, system, now)),
            Self::Redis(sessions) => sessions.begin(caller, device_name, system).await,
        }
    }

    /// Exchanges `token` for the next one of its session. `device_id` is what the caller names, if
    /// it does; `renewed` is kept with the session for [`GRACE`], in place of what was before.
    pub(crate) async fn refresh(
        &self,
        token: &SecretString,
        device_id: Option<&str>,
        renewed: Option<&str>,
        now: Instant,
    ) -> Result<(Caller, SecretString), RefreshRefused> {
        match self {
            Self::Memory(sessions) => sessions.refresh(token, device_id, renewed, now),
            Self::Redis(sessions) => sessions.refresh(token, device_id, renewed).await,
        }
    }

    /// Returns whose session `token` belongs to, used or not.
    pub(crate) async fn of_refresh_token(
        &self,
        token: &SecretString,
        now: Instant,
    ) -> Result<Option<OfToken>, Unanswered> {
        match self {
            Self::Memory(sessions) => Ok(sessions.of_refresh_token(token, now)),
            Self::Redis(sessions) => sessions.of_refresh_token(token).await,
        }
    }

    /// Returns what is known of a session.
    pub(crate) async fn state(&self, session_id: &str) -> Result<SessionState, Unanswered> {
        match self {
            Self::Memory(sessions) => Ok(sessions.state_of(session_id)),
            Self::Redis(sessions) => sessions.state(session_id).await,
        }
    }

    /// Keeps something with a session for whichever server is asked next; one that is over or not
    /// known keeps nothing.
    pub(crate) async fn note(&self, session_id: &str, note: Note) -> Result<(), Unanswered> {
        match self {
            Self::Memory(sessions) => {
                sessions.note(session_id, note);
                Ok(())
            }
            Self::Redis(sessions) => sessions.note(session_id, &note).await,
        }
    }

    /// Keeps which lock was granted to a session that the version before began.
    pub(crate) async fn learn_lock(
        &self,
        session_id: &str,
        lock: &LockName,
    ) -> Result<(), Unanswered> {
        match self {
            // This version began all that there are.
            Self::Memory(_) => Ok(()),
            Self::Redis(sessions) => sessions.learn_lock(session_id, lock).await,
        }
    }

    /// Ends a session: none of its tokens is accepted from here on.
    pub(crate) async fn end(&self, caller: &Caller, now: Instant) -> Result<(), Unanswered> {
        match self {
            Self::Memory(sessions) => {
                sessions.end(&caller.session_id, now);
                Ok(())
            }
            Self::Redis(sessions) => sessions.end(caller).await,
        }
    }

    /// Forgets what has expired.
    pub(crate) fn sweep(&self, now: Instant) {
        match self {
            Self::Memory(sessions) => sessions.sweep(now),
            // There they expire.
            Self::Redis(_) => {}
        }
    }
}

impl From<Unanswered> for RefreshRefused {
    fn from(why: Unanswered) -> Self {
        Self::Unanswered(why)
    }
}

/// Returns an unpredictable refresh token of this session and what is kept of it.
fn new_token(session_id: &str) -> (SecretString, TokenHash) {
    let random = URL_SAFE_NO_PAD.encode(random_bytes::<32>());
    let token = SecretString::from(format!("{session_id}{random}"));
    let hash = hash(&token);
    (token, hash)
}

/// Returns the session that a token names, if it looks like a token.
fn session_of(token: &SecretString) -> Option<&str> {
    let (id, _) = token.expose_secret().split_at_checked(ID_LENGTH)?;
    let is_id = |b: u8| b.is_ascii_hexdigit() || b == b'-';
    id.bytes().all(is_id).then_some(id)
}

/// A token of 256 random bits needs neither salt nor cost.
fn hash(token: &SecretString) -> TokenHash {
    Sha256::digest(token.expose_secret().as_bytes()).into()
}
