//! A takeover with consent: a device asks for the session that another device of the same member
//! holds, and that device decides.
//!
//! Here are the rules alone. What happens is handed in with the time of the lock's store, and what
//! comes out is kept by that store, which changes only what has not changed since it was looked at.
//!
//! The holder has [`ANSWER_TIME`] to answer. Nothing is granted by silence: a phone that nobody
//! touches answers by itself at the end of that time, and what comes up to [`LATE`] later still
//! counts. Then the ask is unanswered. "After the call" lasts as long as the asking device goes on
//! to ask how it stands. A grant is good for one login within [`GRANT_TIME`]; until then the holder
//! may take it back, because a call may have come in.

mod ticket;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sidecar_api::{TakeoverState, TakeoverWord};

use crate::lock::Owner;
pub use ticket::TicketHash;
pub(crate) use ticket::new_ticket;

/// How long a holder has to answer.
pub const ANSWER_TIME: Duration = Duration::from_secs(20);

/// How much later an answer still counts: a phone answers by itself at its deadline, and that is
/// under way for a while.
const LATE: Duration = Duration::from_secs(5);

/// How long a grant is good for.
const GRANT_TIME: Duration = Duration::from_secs(30);

/// How long "after the call" lasts without a sign of the asking device.
const ASKER_SILENCE: Duration = Duration::from_secs(60);

/// How much of that must have passed before the next sign is worth a note.
const HEARD_AGAIN: Duration = Duration::from_secs(5);

/// How long an asking device can read what became of its ask.
const OUTCOME_TIME: Duration = Duration::from_secs(60);

/// A time by the clock of a lock's store, since a beginning that only that store knows.
pub type Moment = Duration;

/// A device asks for a lock that another one holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ask {
    /// Names it towards the holder.
    id: String,
    /// Counts its changes.
    version: u64,
    ticket: TicketHash,
    asker: Asker,
    /// The session that is asked for, and since which epoch it holds the lock.
    session_id: String,
    epoch: u64,
    phase: Phase,
    /// When the phase ends by itself.
    until_ms: u64,
}

/// The device that asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asker {
    pub member_id: String,
    pub device_id: String,
    pub device_name: String,
}

/// What was said so far; the time and the lock say the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Phase {
    Waiting,
    AfterCall,
    Granted,
    Refused,
    Withdrawn,
}

/// How an ask stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub state: TakeoverState,
    /// Until that ends by itself.
    pub left: Duration,
}

/// What a word of the holder does to an ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// It changes to this.
    Changed(Ask),
    /// The holder said so already.
    AsBefore,
    /// It is over, or it is not this holder's to answer.
    Over,
}

impl Ask {
    /// Begins to ask `holder`, which knows the asking device by what it calls itself.
    pub fn new(id: String, ticket: TicketHash, asker: Asker, holder: &Owner, now: Moment) -> Self {
        Self {
            id,
            version: 1,
            ticket,
            asker,
            session_id: holder.session_id.clone(),
            epoch: holder.epoch,
            phase: Phase::Waiting,
            until_ms: millis(now + ANSWER_TIME),
        }
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    /// Which of its changes this is, counted from 1.
    pub fn version(&self) -> u64 {
        self.version
    }

    pub fn asker(&self) -> &Asker {
        &self.asker
    }

    pub fn ticket(&self) -> &TicketHash {
        &self.ticket
    }

    /// Whether `member_id` at another of their devices can be asked for the lock of `holder`: the
    /// holder is that member, and has a device and a session that can answer.
    pub fn can_be_asked(holder: &Owner, member_id: &str) -> bool {
        holder.member_id == member_id && holder.device_id.is_some() && !holder.session_id.is_empty()
    }

    /// Returns how it stands for who asked, or `None` once that is forgotten. `holders` have the
    /// lock now.
    pub fn standing<'a>(
        &self,
        holders: impl IntoIterator<Item = &'a Owner>,
        now: Moment,
    ) -> Option<Standing> {
        let standing = self.by_time(now)?;
        let is_open = match standing.state {
            TakeoverState::Waiting
            | TakeoverState::AfterCall
            | TakeoverState::Granted
            | TakeoverState::Unanswered => true,
            TakeoverState::Refused
            | TakeoverState::Withdrawn
            | TakeoverState::Superseded
            | TakeoverState::Moved
            | TakeoverState::Unknown => false,
        };
        let mut holders = holders.into_iter().peekable();
        if !is_open {
            return Some(standing);
        }
        if holders.peek().is_none() {
            // Nobody is in the way any more.
            return Some(Standing {
                state: TakeoverState::Granted,
                left: self.lives_until().saturating_sub(now),
            });
        }
        if holders.all(|holder| self.is_of(holder)) {
            return Some(standing);
        }
        Some(Standing {
            state: TakeoverState::Moved,
            left: Duration::ZERO,
        })
    }

    /// Returns how it stands for `holder`, or `None` where there is nothing to answer.
    pub fn demand(&self, holder: &Owner, now: Moment) -> Option<Standing> {
        let standing = self.by_time(now)?;
        match standing.state {
            TakeoverState::Waiting | TakeoverState::AfterCall | TakeoverState::Granted => {
                self.is_of(holder).then_some(standing)
            }
            TakeoverState::Refused
            | TakeoverState::Unanswered
            | TakeoverState::Withdrawn
            | TakeoverState::Superseded
            | TakeoverState::Moved
            | TakeoverState::Unknown => None,
        }
    }

    /// Hears what the session `caller` says to the ask `id`; `holder` has the lock now.
    pub fn answered(
        &self,
        id: &str,
        word: TakeoverWord,
        (caller, holder): (&Owner, &Owner),
        now: Moment,
    ) -> Answered {
        let may_answer = self.id == id
            && self.is_of(holder)
            && holder.member_id == caller.member_id
            && holder.device_id.is_some()
            && holder.device_id == caller.device_id
            && holder.session_id == caller.session_id;
        let Some(standing) = self.by_time(now).filter(|_| may_answer) else {
            return Answered::Over;
        };
        let (phase, time) = match word {
            TakeoverWord::Now => (Phase::Granted, GRANT_TIME),
            TakeoverWord::AfterCall => (Phase::AfterCall, ASKER_SILENCE),
            TakeoverWord::No => (Phase::Refused, OUTCOME_TIME),
            TakeoverWord::Unknown => return Answered::Over,
        };
        match standing.state {
            TakeoverState::Waiting | TakeoverState::AfterCall | TakeoverState::Granted
                if self.phase != phase =>
            {
                Answered::Changed(self.changed(phase, now + time))
            }
            TakeoverState::Waiting
            | TakeoverState::AfterCall
            | TakeoverState::Granted
            | TakeoverState::Refused
                if self.phase == phase =>
            {
                Answered::AsBefore
            }
            TakeoverState::Waiting
            | TakeoverState::AfterCall
            | TakeoverState::Granted
            | TakeoverState::Refused
            | TakeoverState::Unanswered
            | TakeoverState::Withdrawn
            | TakeoverState::Superseded
            | TakeoverState::Moved
            | TakeoverState::Unknown => Answered::Over,
        }
    }

    /// Returns what becomes of it when the asking device gives up; `None`: nothing.
    pub fn withdrawn(&self, now: Moment) -> Option<Self> {
        match self.by_time(now)?.state {
            TakeoverState::Waiting | TakeoverState::AfterCall | TakeoverState::Granted => {
                Some(self.changed(Phase::Withdrawn, now + OUTCOME_TIME))
            }
            TakeoverState::Refused
            | TakeoverState::Unanswered
            | TakeoverState::Withdrawn
            | TakeoverState::Superseded
            | TakeoverState::Moved
            | TakeoverState::Unknown => None,
        }
    }

    /// Returns what becomes of it when the asking device shows that it is still there; `None`:
    /// nothing.
    pub fn heard(&self, now: Moment) -> Option<Self> {
        let standing = self.by_time(now)?;
        let is_due = standing.state == TakeoverState::AfterCall
            && standing.left + HEARD_AGAIN <= ASKER_SILENCE;
        is_due.then(|| self.changed(Phase::AfterCall, now + ASKER_SILENCE))
    }

    /// Whether a login of this member and device with a ticket may have the lock.
    pub fn grants(
        &self,
        ticket: &TicketHash,
        (member_id, device_id): (&str, Option<&str>),
        now: Moment,
    ) -> bool {
        self.ticket == *ticket
            && self.asker.member_id == member_id
            && device_id == Some(&self.asker.device_id)
            && self
                .by_time(now)
                .is_some_and(|it| it.state == TakeoverState::Granted)
    }

    /// Whether `holder` has the lock as the session that is asked.
    pub fn is_of(&self, holder: &Owner) -> bool {
        holder.session_id == self.session_id && holder.epoch == self.epoch
    }

    /// Returns when it stands otherwise by itself.
    pub fn changes_at(&self) -> Option<Moment> {
        match self.phase {
            Phase::Waiting => Some(self.until() + LATE),
            Phase::AfterCall | Phase::Granted => Some(self.until()),
            Phase::Refused | Phase::Withdrawn => None,
        }
    }

    /// Returns when it is forgotten.
    pub fn lives_until(&self) -> Moment {
        match self.phase {
            Phase::Waiting => self.until() + LATE + OUTCOME_TIME,
            Phase::AfterCall => self.until() + OUTCOME_TIME,
            Phase::Granted | Phase::Refused | Phase::Withdrawn => self.until(),
        }
    }

    /// Returns how it stands by what was said and by the time.
    fn by_time(&self, now: Moment) -> Option<Standing> {
        if now >= self.lives_until() {
            return None;
        }
        let until = self.until();
        let (state, ends) = match self.phase {
            Phase::Waiting if now < until + LATE => (TakeoverState::Waiting, until),
            Phase::Waiting => (TakeoverState::Unanswered, now),
            Phase::AfterCall if now < until => (TakeoverState::AfterCall, until),
            Phase::AfterCall | Phase::Withdrawn => (TakeoverState::Withdrawn, now),
            Phase::Granted => (TakeoverState::Granted, until),
            Phase::Refused => (TakeoverState::Refused, now),
        };
        Some(Standing {
            state,
            left: ends.saturating_sub(now),
        })
    }

    fn changed(&self, phase: Phase, until: Moment) -> Self {
        Self {
            version: self.version + 1,
            phase,
            until_ms: millis(until),
            ..self.clone()
        }
    }

    fn until(&self) -> Moment {
        Duration::from_millis(self.until_ms)
    }
}

impl Standing {
    /// Returns the time left in whole seconds, rounded up: what is left is not over.
    pub fn seconds_left(&self) -> u64 {
        self.left.as_secs() + u64::from(self.left.subsec_nanos() > 0)
    }
}

fn millis(moment: Moment) -> u64 {
    u64::try_from(moment.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
