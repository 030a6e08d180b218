//! The work after a call of the queue: its outcome, and a note.

use std::time::{Duration, Instant};

use sidecar_api::DisposeRequest;

use super::view::{Availability, WrapUpView};
use crate::{CallId, EndCause, Moment, errand::Errand, moment::Epoch};

/// Characters of a note: what the sidecar takes.
pub(crate) const LONGEST_NOTE: usize = 1000;

/// How long another device waits for the end of a wrap-up that has none of its own.
const LONGEST_WAITED_FOR: Duration = Duration::from_secs(60);

/// A call of the queue that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Concluded {
    pub(crate) call: CallId,
    /// By which Ozonetel knows it.
    pub(crate) ucid: String,
    pub(crate) number: String,
    pub(crate) display_name: Option<String>,
    pub(crate) cause: EndCause,
}

#[derive(Debug)]
pub(crate) struct WrapUp {
    of: Concluded,
    since: Moment,
    ends_at: Option<Instant>,
    /// Where it has no end of its own: another device waits for it.
    waited_for_until: Option<Instant>,
    /// How much more time may be asked for, once.
    more: Option<Duration>,
    outcome: Option<String>,
    note: String,
    saving: Option<Saving>,
    /// A call is on: its time goes on when that is over.
    rests_since: Option<Instant>,
}

/// The outcome on its way, and what follows it.
#[derive(Debug)]
struct Saving {
    errand: Errand,
    then: Availability,
}

/// An outcome that could not be saved so far.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) call: CallId,
    pub(crate) outcome: String,
    pub(crate) errand: Errand,
    ucid: String,
    note: String,
}

/// How long a wrap-up may take.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Term {
    pub(crate) whole: Option<Duration>,
    pub(crate) more: Option<Duration>,
}

impl WrapUp {
    pub(crate) fn new(of: Concluded, term: Term, since: Moment, now: Instant) -> Self {
        Self {
            of,
            since,
            ends_at: term.whole.map(|it| now + it),
            waited_for_until: None,
            more: term.whole.and(term.more),
            outcome: None,
            note: String::new(),
            saving: None,
            rests_since: None,
        }
    }

    /// A call is on, be it one of the user's own, or none is any more: nobody chooses an outcome in one.
    pub(crate) fn handle_call(&mut self, in_call: bool, now: Instant) {
        match (in_call, self.rests_since) {
            (true, None) => self.rests_since = Some(now),
            (false, Some(since)) => {
                let rested = now.saturating_duration_since(since);
                for end in [&mut self.ends_at, &mut self.waited_for_until] {
                    *end = end.map(|at| at + rested);
                }
                self.rests_since = None;
            }
            (true, Some(_)) | (false, None) => {}
        }
    }

    pub(crate) fn call(&self) -> CallId {
        self.of.call
    }

    pub(crate) fn outcome(&self) -> Option<&str> {
        self.outcome.as_deref()
    }

    pub(crate) fn is_saving(&self) -> bool {
        self.saving.is_some()
    }

    /// Whether its time is up, and nothing of it is on its way.
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        !self.is_saving() && self.ends_at().is_some_and(|at| at <= now)
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        match &self.saving {
            Some(saving) => saving.errand.poll_timeout(),
            None => self.ends_at(),
        }
    }

    /// `None`: whenever the user ends it, or not before a call is over.
    fn ends_at(&self) -> Option<Instant> {
        let ends_at = self.ends_at.or(self.waited_for_until);
        ends_at.filter(|_| self.rests_since.is_none())
    }

    /// Another device waits for its end, or does not any more.
    pub(crate) fn handle_waited_for(&mut self, is_waited_for: bool, now: Instant) {
        let until = || self.waited_for_until.unwrap_or(now + LONGEST_WAITED_FOR);
        self.waited_for_until = is_waited_for.then(until);
    }

    /// Keeps what the user has typed so far.
    pub(crate) fn write(&mut self, outcome: Option<String>, note: String) {
        self.outcome = outcome;
        self.note = note;
    }

    /// Gives more time; returns whether there is more.
    pub(crate) fn extend(&mut self) -> bool {
        match (self.ends_at, self.more.take()) {
            (Some(at), Some(more)) => {
                self.ends_at = Some(at + more);
                true
            }
            (_, _) => false,
        }
    }

    /// Begins to save the outcome, where there is one.
    pub(crate) fn save(&mut self, then: Availability, now: Instant) {
        self.saving = self.outcome.is_some().then(|| Saving {
            errand: Errand::new(now),
            then,
        });
    }

    /// The errand that saves it, while there is one.
    pub(crate) fn errand(&mut self) -> Option<&mut Errand> {
        self.saving.as_mut().map(|it| &mut it.errand)
    }

    pub(crate) fn awaits(&self, number: u64) -> bool {
        let mut saving = self.saving.iter();
        saving.any(|it| it.errand.awaits(number))
    }

    /// What is to be saved, and the pause that follows it: ordered after it alone, a call could come
    /// in between.
    pub(crate) fn request(&self) -> Option<DisposeRequest> {
        let outcome = self.outcome.as_deref()?;
        let pause_reason = match self.then() {
            Some(Availability::Pause { reason }) => reason,
            Some(Availability::Ready) | None => None,
        };
        Some(DisposeRequest {
            pause_reason,
            ..request(&self.of.ucid, outcome, &self.note)
        })
    }

    /// The outcome was refused: another one may be taken. Returns the one that was.
    pub(crate) fn handle_refused(&mut self) -> Option<String> {
        self.saving = None;
        self.outcome.take()
    }

    /// What was to follow.
    pub(crate) fn then(&self) -> Option<Availability> {
        self.saving.as_ref().map(|it| it.then.clone())
    }

    /// Keeps the outcome beyond the wrap-up, where there is one.
    pub(crate) fn keep(self, now: Instant) -> Option<Kept> {
        Some(Kept {
            call: self.of.call,
            ucid: self.of.ucid,
            outcome: self.outcome?,
            note: self.note,
            errand: self.saving.map_or_else(|| Errand::new(now), |it| it.errand),
        })
    }

    pub(crate) fn view(&self, epoch: Epoch) -> WrapUpView {
        WrapUpView {
            call: self.of.call,
            number: self.of.number.clone(),
            display_name: self.of.display_name.clone(),
            cause: self.of.cause.clone(),
            since: self.since,
            ends_at: self.ends_at().map(|at| epoch.moment(at)),
            more_ms: self.more.map(|it| it.as_millis() as u64),
            outcome: self.outcome.clone(),
            note: self.note.clone(),
            saving: self.is_saving(),
        }
    }
}

impl Kept {
    /// The agent has gone on since, and pauses for it no more.
    pub(crate) fn request(&self) -> DisposeRequest {
        request(&self.ucid, &self.outcome, &self.note)
    }
}

fn request(ucid: &str, outcome: &str, note: &str) -> DisposeRequest {
    let note = note.trim();
    DisposeRequest {
        ucid: ucid.to_owned(),
        disposition: outcome.to_owned(),
        comments: (!note.is_empty()).then(|| note.to_owned()),
        repeated: false,
        pause_reason: None,
    }
}
