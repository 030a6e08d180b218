//! The sessions that a sign-in begins: their refresh tokens, and which of them have ended.
//!
//! Of a refresh token only the hash is kept. What the token itself says of its session, sealed, begins the
//! session again in a store that has lost its data, and tells such a store of a refresh that it has missed.
//! So a store remembers of each member until when sessions that began are over, for as long as any of
//! their tokens could count: what it knows to have ended never begins again.

mod at_queue;
mod facts;
mod memory;
mod redis;

use std::sync::Arc;
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

pub(crate) use self::at_queue::{AtQueue, Note, Ordered, Unsettled};
use self::facts::{NewToken, Presented, Tokens};
use self::memory::MemorySessions;
use self::redis::RedisSessions;
use crate::clock::Now;
use crate::device::Device;
use crate::lock::{LockName, SessionLock};
use crate::seal::SigningKeys;
use crate::store::{Store, Unanswered};
use crate::token::Caller;

/// How long a used refresh token still works, so that an answer that was lost on the way does not
/// sign an agent out: the longest outage a running call survives is 60 s, twice that covers the
/// retries after it. Whoever uses a token later than this is not the device it was given to.
pub(crate) const GRACE: Duration = Duration::from_secs(120);

/// What the keys of sessions begin with.
pub(crate) const SESSIONS: &str = "session:";

/// Sessions per member; the one that was refreshed longest ago makes room.
const SESSIONS_PER_MEMBER: usize = 16;

/// Used refresh tokens that a session remembers to recognise their reuse: 16 h at one per 15 min.
const REMEMBERED: usize = 64;

/// Characters of a session's id, which is written like a UUID.
const ID_LENGTH: usize = 36;

/// The sessions of one server, or of all that share a Redis.
#[derive(Debug)]
pub(crate) struct Sessions {
    tokens: Tokens,
    lifetimes: Lifetimes,
    kept: Kept,
}

#[derive(Debug)]
enum Kept {
    Memory(Arc<MemorySessions>),
    Redis(Box<RedisSessions>),
}

/// How long tokens count.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lifetimes {
    /// How long a session may rest.
    pub(crate) refresh: Duration,
    /// How long after its issue an access token is accepted at the most.
    pub(crate) access: Duration,
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

/// A session that is to end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ending<'a> {
    pub(crate) session_id: &'a str,
    pub(crate) member_id: &'a str,
    /// When it began, in ms since 1970, for where the store does not know it; `None`: nobody does.
    pub(crate) begun: Option<u64>,
}

/// A refresh token that is known, as it was read: it is exchanged once.
pub(crate) struct Known<'a> {
    presented: Presented<'a>,
    /// Whose session it belongs to.
    pub(crate) caller: Caller,
    /// What was renewed for the session last.
    pub(crate) renewed: Option<Renewed>,
    /// Whether another device has taken the session over.
    pub(crate) is_taken_over: bool,
    /// Whether the store has lost the session: it begins again with this token.
    pub(crate) begins_again: bool,
    /// When the last token of the session was issued that is known of, in ms since 1970.
    last_issued: u64,
}

/// What was renewed for a session, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Renewed {
    pub(crate) sealed: String,
    /// How long ago that was.
    pub(crate) age: Duration,
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
    /// Keeps them in the memory of this server; `keys` seal what tokens say.
    pub(crate) fn in_memory(lifetimes: Lifetimes, keys: SigningKeys<'_>) -> Self {
        Self {
            tokens: Tokens::new(keys),
            lifetimes,
            kept: Kept::Memory(Arc::new(MemorySessions::new(lifetimes))),
        }
    }

    /// Keeps them for all servers that share `store`, and the keys.
    pub(crate) fn in_redis(store: Store, lifetimes: Lifetimes, keys: SigningKeys<'_>) -> Self {
        Self {
            tokens: Tokens::new(keys),
            lifetimes,
            kept: Kept::Redis(Box::new(RedisSessions::new(store, lifetimes))),
        }
    }

    /// Has each session know, from the step on in which another device takes its lock, that it never has it again.
    /// Where both lie in Redis the script that moves the lock sees to it.
    pub(crate) fn hear_of_takeovers(&self, lock: &dyn SessionLock) {
        if let Kept::Memory(sessions) = &self.kept {
            // The lock may outlive the server.
            let sessions = Arc::downgrade(sessions);
            lock.on_takeover(Box::new(move |session_id| {
                if let Some(sessions) = sessions.upgrade() {
                    sessions.note(session_id, Note::TakenOver);
                }
            }));
        }
    }

    /// Begins the session of `caller` and returns its first refresh token; `device` says what it is called,
    /// and what it runs.
    pub(crate) async fn begin(
        &self,
        caller: &Caller,
        device: &Device,
        now: Now,
    ) -> Result<SecretString, Unanswered> {
        let token = self.tokens.issue(caller, 0, now);
        match &self.kept {
            Kept::Memory(sessions) => sessions.begin(caller, device, &token, now.monotonic),
            Kept::Redis(sessions) => sessions.begin(caller, device, &token).await?,
        }
        Ok(token.text)
    }

    /// Exchanges a token for the next one of its session. `device` is what the caller says of theirs.
    pub(crate) async fn refresh(
        &self,
        token: Known<'_>,
        device: &Device,
        now: Now,
    ) -> Result<(Caller, SecretString), RefreshRefused> {
        let Known {
            presented,
            mut caller,
            last_issued,
            ..
        } = token;
        if caller.begun == 0 {
            // The version before began it.
            caller.begun = now.millis();
        }
        let next = self.tokens.issue(&caller, last_issued, now);
        let refresh = Refresh {
            presented,
            device,
            next: &next,
        };
        let refreshed = match &self.kept {
            Kept::Memory(sessions) => sessions.refresh(refresh, now.monotonic)?,
            Kept::Redis(sessions) => sessions.refresh(refresh).await?,
        };
        let begun = next.begun;
        Ok((Caller { begun, ..refreshed }, next.text))
    }

    /// Keeps what was renewed for the session of `caller` for as long as that may come back, in place of what was
    /// before; returns whether it is kept, which it is not with one that has ended, or that is to begin again in memory.
    pub(crate) async fn keep_renewed(
        &self,
        caller: &Caller,
        renewed: &str,
        now: Now,
    ) -> Result<bool, Unanswered> {
        match &self.kept {
            Kept::Memory(sessions) => {
                Ok(sessions.keep_renewed(&caller.session_id, renewed, now.monotonic))
            }
            Kept::Redis(sessions) => sessions.keep_renewed(caller, renewed).await,
        }
    }

    /// Returns what is known of `token`, used or not; `device_id` is what the caller names. `None`: it is not ours,
    /// or of no session that goes on or could.
    pub(crate) async fn of_refresh_token<'a>(
        &self,
        token: &'a SecretString,
        device_id: Option<&str>,
        now: Now,
    ) -> Result<Option<Known<'a>>, Unanswered> {
        let lifetime = self.lifetimes.refresh;
        let Some(presented) = self.tokens.read(token, device_id, lifetime, now) else {
            return Ok(None);
        };
        match &self.kept {
            Kept::Memory(sessions) => Ok(sessions.of_refresh_token(presented, now.monotonic)),
            Kept::Redis(sessions) => sessions.of_refresh_token(presented).await,
        }
    }

    /// Returns what is known of a session.
    pub(crate) async fn state(&self, session_id: &str) -> Result<SessionState, Unanswered> {
        match &self.kept {
            Kept::Memory(sessions) => Ok(sessions.state_of(session_id)),
            Kept::Redis(sessions) => sessions.state(session_id).await,
        }
    }

    /// Keeps something with a session for whichever server is asked next; one that is over or not
    /// known keeps nothing.
    pub(crate) async fn note(&self, session_id: &str, note: Note) -> Result<(), Unanswered> {
        match &self.kept {
            Kept::Memory(sessions) => {
                sessions.note(session_id, note);
                Ok(())
            }
            Kept::Redis(sessions) => sessions.note(session_id, &note).await,
        }
    }

    /// Keeps with a session what was ordered for its agent, unless that was noted again since it had this
    /// [version](AtQueue::version); returns whether it is kept.
    pub(crate) async fn note_ordered(
        &self,
        session_id: &str,
        ordered: Option<Ordered>,
        version: u64,
    ) -> Result<bool, Unanswered> {
        let note = Note::Ordered(ordered);
        match &self.kept {
            Kept::Memory(sessions) => Ok(sessions.note_since(session_id, note, version)),
            Kept::Redis(sessions) => sessions.note_since(session_id, &note, version).await,
        }
    }

    /// Keeps `now` with a session in place of a login at Ozonetel that was not seen to its end, or nothing where it is
    /// settled; returns whether `before` was still what is kept.
    pub(crate) async fn settle(
        &self,
        session_id: &str,
        before: &Unsettled,
        now: Option<&Unsettled>,
    ) -> Result<bool, Unanswered> {
        match &self.kept {
            Kept::Memory(sessions) => Ok(sessions.settle(session_id, before, now)),
            Kept::Redis(sessions) => sessions.settle(session_id, before, now).await,
        }
    }

    /// Keeps which lock was granted to a session that the version before began.
    pub(crate) async fn learn_lock(
        &self,
        session_id: &str,
        lock: &LockName,
    ) -> Result<(), Unanswered> {
        match &self.kept {
            // This version began all that there are.
            Kept::Memory(_) => Ok(()),
            Kept::Redis(sessions) => sessions.learn_lock(session_id, lock).await,
        }
    }

    /// Ends a session: none of its tokens is accepted from here on. Where nobody knows when it began, no
    /// session of the member begins again that began before now. Returns whether it is known to have been over
    /// before.
    pub(crate) async fn end(&self, session: Ending<'_>, now: Now) -> Result<bool, Unanswered> {
        match &self.kept {
            Kept::Memory(sessions) => Ok(sessions.end(session, now)),
            Kept::Redis(sessions) => sessions.end(session, now).await,
        }
    }

    /// Forgets what has expired.
    pub(crate) fn sweep(&self, now: Instant) {
        match &self.kept {
            Kept::Memory(sessions) => sessions.sweep(now),
            // There they expire.
            Kept::Redis(_) => {}
        }
    }
}

/// How a refresh token is exchanged.
struct Refresh<'a> {
    presented: Presented<'a>,
    device: &'a Device,
    next: &'a NewToken,
}

impl Lifetimes {
    /// How long it is remembered that sessions of a member are over: longer than any of their tokens counts,
    /// also at a server whose clock is behind.
    fn over(&self) -> Duration {
        self.refresh + self.access
    }
}

impl<'a> Ending<'a> {
    /// That of a caller.
    pub(crate) fn of(caller: &'a Caller) -> Self {
        Self {
            session_id: &caller.session_id,
            member_id: &caller.member_id,
            begun: (caller.begun > 0).then_some(caller.begun),
        }
    }
}

impl<'a> Known<'a> {
    /// Of a session that goes on, whose last token was issued then.
    fn of(presented: Presented<'a>, caller: Caller, issued: u64, renewed: Option<Renewed>) -> Self {
        let facts = presented.facts.as_ref();
        Self {
            last_issued: facts.map_or(issued, |facts| facts.issued.max(issued)),
            presented,
            caller,
            renewed,
            is_taken_over: false,
            begins_again: false,
        }
    }

    /// Of a session that begins again, if the token says of which.
    fn lost(presented: Presented<'a>, renewed: Option<Renewed>) -> Option<Self> {
        let facts = presented.facts.as_ref()?;
        Some(Self {
            caller: facts.caller.clone(),
            last_issued: facts.issued,
            presented,
            renewed,
            is_taken_over: false,
            begins_again: true,
        })
    }
}

impl Renewed {
    /// Whether it counts as it is: whoever comes later is asked about anew.
    pub(crate) fn is_fresh(&self) -> bool {
        self.age <= GRACE
    }
}

impl Presented<'_> {
    /// Whether the token was issued after the last one that a store knows of its session: the store has
    /// lost the refresh that brought it.
    fn is_ahead_of(&self, issued: u64) -> bool {
        self.facts.as_ref().is_some_and(|it| it.issued > issued)
    }
}

impl From<Unanswered> for RefreshRefused {
    fn from(why: Unanswered) -> Self {
        Self::Unanswered(why)
    }
}

/// A token of 256 random bits needs neither salt nor cost.
fn hash(token: &SecretString) -> TokenHash {
    Sha256::digest(token.expose_secret().as_bytes()).into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use secrecy::SecretSlice;
    use time::macros::datetime;

    use super::*;

    const LIFETIMES: Lifetimes = Lifetimes {
        refresh: Duration::from_secs(3600),
        access: Duration::from_secs(900),
    };

    #[tokio::test]
    async fn a_token_that_is_read_in_time_is_exchanged_however_long_the_platform_takes() {
        let (begun, device, caller) = (begun(), device(), caller());
        let before = sessions();
        let token = before.begin(&caller, &device, begun).await.unwrap();
        // One that has lost it.
        let sessions = sessions();
        let (id, last) = (
            device.id.as_deref(),
            LIFETIMES.refresh - Duration::from_secs(1),
        );
        let known = sessions.of_refresh_token(&token, id, after(begun, last));
        let known = known.await.unwrap().unwrap();
        assert!(known.begins_again);
        let now = after(begun, LIFETIMES.refresh);
        let refreshed = sessions.refresh(known, &device, now).await;
        assert_eq!(refreshed.unwrap().0, caller);
        let other = self::sessions();
        let too_late = other.of_refresh_token(&token, id, now).await;
        assert!(too_late.unwrap().is_none());
    }

    #[tokio::test]
    async fn what_was_renewed_is_kept_as_long_as_its_session_may_come_back() {
        let (begun, device, caller) = (begun(), device(), caller());
        let sessions = sessions();
        let token = sessions.begin(&caller, &device, begun).await.unwrap();
        let kept = sessions.keep_renewed(&caller, "sealed", begun).await;
        assert!(kept.unwrap());
        for (age, is_fresh) in [(0, true), (120, true), (121, false), (3599, false)] {
            let age = Duration::from_secs(age);
            let now = after(begun, age);
            sessions.sweep(now.monotonic);
            let known = sessions.of_refresh_token(&token, device.id.as_deref(), now);
            let renewed = known.await.unwrap().unwrap().renewed.unwrap();
            assert_eq!((&*renewed.sealed, renewed.age), ("sealed", age));
            assert_eq!(renewed.is_fresh(), is_fresh, "{age:?}");
        }
    }

    fn sessions() -> Sessions {
        let secret = SecretSlice::from(vec![7; 32]);
        let keys = SigningKeys {
            current: &secret,
            old: None,
        };
        Sessions::in_memory(LIFETIMES, keys)
    }

    fn device() -> Device {
        Device {
            id: Some("device-1".to_owned()),
            ..Device::default()
        }
    }

    fn caller() -> Caller {
        Caller {
            member_id: "member-1".to_owned(),
            session_id: "0b6f2c1e-3a4d-4e5f-8a9b-0c1d2e3f4a5b".to_owned(),
            device_id: Some("device-1".to_owned()),
            role: "cc-agent".to_owned(),
            epoch: 7,
            lock: None,
            begun: begun().millis(),
        }
    }

    fn begun() -> Now {
        Now {
            monotonic: Instant::now(),
            wall: datetime!(2026-01-01 00:00 UTC),
        }
    }

    fn after(begun: Now, by: Duration) -> Now {
        Now {
            monotonic: begun.monotonic + by,
            wall: begun.wall + by,
        }
    }
}
