//! Being asked: another device of the same user wants this phone, and gets an answer.
//!
//! ```text
//!            now, or silence without a call
//!  Waiting ------------------------------> Leaving ---> Granted --> (taken, or over)
//!     |  |    after this call, or silence in one |          ^
//!     |  +--------------------------> AfterCall -+----------+ no call is left, nor the work after it
//!     |                                  |  <--- a call comes while it leaves
//!     +----------------------------------+------> Refused --> (over)
//!                      no
//! ```
//!
//! Who said nothing may not be there to end the work after a call: silence does not wait for that. Who leaves does not either:
//! the work is ended as its time would end it, and what was to follow is ordered first, for a moment at the most.
//!
//! What the user says holds from that moment here; it is told to the sidecar until the sidecar has taken it.

use std::time::{Duration, Instant};

use sidecar_api::{TakeoverDemand, TakeoverState};

use crate::{
    MoveAnswer, MoveRequestState, MoveRequestView, SidecarFailure, backoff::Backoff, moment::Epoch,
    outputs::Outputs, words::shown,
};

/// Whatever a sidecar says, a request is not shown for longer.
const LONGEST: Duration = Duration::from_secs(120);

/// How long the other device has to take what it was given (contract/sidecar.md, "Asking"), and some more.
const GRANT: Duration = Duration::from_secs(35);

/// Until an answer that did not arrive is told again.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_secs(1),
    longest: Duration::from_secs(8),
    retry_after: Duration::ZERO,
};

/// How long a session that is to move now stays for an outcome and what was to follow: mostly two orders at Ozonetel.
const LEAVING: Duration = Duration::from_secs(5);

/// How much of that may lie beyond the time for an answer: the sidecar hears it 5 s late at the most.
const LATE: Duration = Duration::from_secs(2);

/// How long an answer is told that nobody takes; after that the sidecar has done without.
const TELLING: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(crate) struct Asked {
    number: u64,
    /// The sidecar's name for it.
    id: String,
    device_name: Option<String>,
    state: State,
    telling: Option<Telling>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting {
        until: Instant,
    },
    AfterCall {
        /// In so many words, not by silence or by a sidecar's word alone.
        by_user: bool,
    },
    /// It is given, and told when nothing is left to be ordered here.
    Leaving {
        until: Instant,
    },
    Granted {
        until: Instant,
    },
    Refused,
}

/// When a session is to be another device's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Promise {
    Now,
    /// After the call, and the work ends with it.
    AfterCall,
    /// After the call and the work that belongs to it.
    AfterWork,
}

/// What a session that was promised stays for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StaysFor {
    pub(crate) call: bool,
    /// Work after a call is open.
    pub(crate) work: bool,
    /// That work has an outcome, or something else than what the other device is told follows it.
    pub(crate) unsettled: bool,
    /// An order or an outcome is on its way.
    pub(crate) under_way: bool,
}

impl StaysFor {
    /// Whether something is lost where it moves at once, that can be ordered: in a call Ozonetel would refuse it.
    fn is_unsettled(self) -> bool {
        !self.call && (self.unsettled || self.under_way)
    }
}

/// An answer on its way to the sidecar.
#[derive(Debug)]
struct Telling {
    answer: MoveAnswer,
    since: Instant,
    failures: u32,
    step: Step,
}

#[derive(Debug)]
enum Step {
    Due { at: Instant },
    InFlight { attempt: u64, give_up_at: Instant },
}

/// What the news of a request means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Another request than before: the user is to be told.
    New,
    /// The same one.
    Known,
    /// There is none any more.
    Over,
}

impl Asked {
    /// Returns what `asked` is after the sidecar has told `demand`.
    pub(crate) fn hear(
        asked: &mut Option<Self>,
        demand: Option<TakeoverDemand>,
        now: Instant,
        outputs: &mut Outputs,
    ) -> Heard {
        let left =
            |demand: &TakeoverDemand| now + Duration::from_secs(demand.seconds_left).min(LONGEST);
        let state = demand.as_ref().and_then(|it| match it.state {
            TakeoverState::Waiting => Some(State::Waiting { until: left(it) }),
            TakeoverState::AfterCall => Some(State::AfterCall { by_user: false }),
            TakeoverState::Granted => Some(State::Granted { until: left(it) }),
            TakeoverState::Refused
            | TakeoverState::Unanswered
            | TakeoverState::Withdrawn
            | TakeoverState::Superseded
            | TakeoverState::Moved
            | TakeoverState::Unknown => None,
        });
        let (Some(demand), Some(state)) = (demand, state) else {
            *asked = None;
            return Heard::Over;
        };
        match asked {
            Some(it) if it.id == demand.id => {
                it.agree_with(state);
                Heard::Known
            }
            Some(_) | None => {
                *asked = Some(Self {
                    number: outputs.number(),
                    id: demand.id,
                    device_name: Some(shown(&demand.device_name)).filter(|it| !it.is_empty()),
                    state,
                    telling: None,
                });
                Heard::New
            }
        }
    }

    /// The sidecar's word of the same request; what the user has said here since is newer.
    fn agree_with(&mut self, told: State) {
        let is_newer = match (self.state, told) {
            (State::Waiting { .. }, _)
            | (
                State::AfterCall { .. } | State::Leaving { .. } | State::Granted { .. },
                State::Granted { .. },
            ) => true,
            (
                State::AfterCall { .. } | State::Leaving { .. } | State::Granted { .. },
                State::Waiting { .. } | State::AfterCall { .. },
            )
            | (State::Refused, _)
            | (_, State::Leaving { .. } | State::Refused) => false,
        };
        if is_newer {
            self.state = told;
        }
        if matches!(told, State::Granted { .. }) {
            self.telling = None;
        }
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn device_name(&self) -> Option<&str> {
        self.device_name.as_deref()
    }

    /// Returns the seconds in which the user has to answer; `None`: that is done.
    pub(crate) fn answer_within(&self, now: Instant) -> Option<Duration> {
        match self.state {
            State::Waiting { until } => Some(until.saturating_duration_since(now)),
            State::AfterCall { .. }
            | State::Leaving { .. }
            | State::Granted { .. }
            | State::Refused => None,
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let state = match self.state {
            State::Waiting { until } | State::Leaving { until } | State::Granted { until } => {
                Some(until)
            }
            State::AfterCall { .. } | State::Refused => None,
        };
        let telling = self.telling.as_ref().map(|it| match it.step {
            Step::Due { at } => at,
            Step::InFlight { give_up_at, .. } => give_up_at,
        });
        state.into_iter().chain(telling).min()
    }

    /// Whether the session is to be the other device's, and when.
    pub(crate) fn promise(&self) -> Option<Promise> {
        match self.state {
            State::AfterCall { by_user: true } => Some(Promise::AfterWork),
            State::AfterCall { by_user: false } | State::Leaving { .. } => Some(Promise::AfterCall),
            State::Granted { .. } => Some(Promise::Now),
            State::Waiting { .. } | State::Refused => None,
        }
    }

    /// Gives the answer that is due without a word of the user, at the end of the time, and of what the session `stays_for`.
    pub(crate) fn answer_by_itself(
        &mut self,
        stays_for: StaysFor,
        now: Instant,
    ) -> Option<MoveAnswer> {
        let StaysFor {
            call,
            work,
            under_way,
            ..
        } = stays_for;
        let answer = match self.state {
            State::Waiting { until } if until <= now && call => MoveAnswer::AfterCall,
            State::Waiting { until } if until <= now => MoveAnswer::Now,
            State::AfterCall { by_user } if !(call || under_way || by_user && work) => {
                MoveAnswer::Now
            }
            // It came while the work was ended: nobody is to miss it.
            State::Leaving { .. } if call => MoveAnswer::AfterCall,
            State::Leaving { until } if until <= now || !stays_for.is_unsettled() => {
                // It was given before.
                self.grant(now);
                return None;
            }
            State::Waiting { .. }
            | State::AfterCall { .. }
            | State::Leaving { .. }
            | State::Granted { .. }
            | State::Refused => return None,
        };
        self.take(answer, false, stays_for, now);
        Some(answer)
    }

    /// Takes what the user says; whether this is still to be answered.
    pub(crate) fn answer(&mut self, answer: MoveAnswer, stays_for: StaysFor, now: Instant) -> bool {
        match self.state {
            State::Waiting { .. } | State::AfterCall { .. } => {}
            State::Leaving { .. } | State::Granted { .. } | State::Refused => return false,
        }
        self.take(answer, true, stays_for, now);
        true
    }

    fn take(&mut self, answer: MoveAnswer, by_user: bool, stays_for: StaysFor, now: Instant) {
        match answer {
            MoveAnswer::Now if stays_for.is_unsettled() => self.leave(now),
            MoveAnswer::Now => self.grant(now),
            MoveAnswer::AfterCall => {
                self.state = State::AfterCall { by_user };
                self.tell(answer, now);
            }
            MoveAnswer::No => {
                self.state = State::Refused;
                self.tell(answer, now);
            }
        }
    }

    fn leave(&mut self, now: Instant) {
        let leaving = now + LEAVING;
        let until = match self.state {
            State::Waiting { until } => leaving.min(until + LATE),
            State::AfterCall { .. }
            | State::Leaving { .. }
            | State::Granted { .. }
            | State::Refused => leaving,
        };
        self.state = State::Leaving { until };
    }

    fn grant(&mut self, now: Instant) {
        self.state = State::Granted { until: now + GRANT };
        self.tell(MoveAnswer::Now, now);
    }

    fn tell(&mut self, answer: MoveAnswer, now: Instant) {
        self.telling = Some(Telling {
            answer,
            since: now,
            failures: 0,
            step: Step::Due { at: now },
        });
    }

    /// Whether there is nothing left to show or to tell.
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        match self.state {
            State::Refused => self.telling.is_none(),
            State::Granted { until } => until <= now,
            State::Waiting { .. } | State::AfterCall { .. } | State::Leaving { .. } => false,
        }
    }

    /// Returns the answer that is to be told now.
    pub(crate) fn due(&mut self, now: Instant, outputs: &mut Outputs) -> Option<MoveAnswer> {
        if let Some(Telling {
            step: Step::InFlight { give_up_at, .. },
            ..
        }) = self.telling
            && give_up_at <= now
        {
            self.handle_failed(now, outputs);
        }
        match &self.telling {
            Some(Telling {
                answer,
                step: Step::Due { at },
                ..
            }) if *at <= now => Some(*answer),
            Some(_) | None => None,
        }
    }

    /// The answer has left, and what comes of it is known within `deadline`.
    pub(crate) fn handle_sent(&mut self, attempt: u64, deadline: Duration, now: Instant) {
        if let Some(telling) = &mut self.telling {
            telling.step = Step::InFlight {
                attempt,
                give_up_at: now + deadline,
            };
        }
    }

    pub(crate) fn awaits(&self, number: u64) -> bool {
        matches!(
            self.telling,
            Some(Telling { step: Step::InFlight { attempt, .. }, .. }) if attempt == number
        )
    }

    /// The sidecar has taken the answer, or has not; whether the request is over.
    pub(crate) fn handle_told(
        &mut self,
        told: Result<(), SidecarFailure>,
        now: Instant,
        outputs: &mut Outputs,
    ) -> bool {
        match told {
            Ok(()) => {
                self.telling = None;
                self.is_over(now)
            }
            Err(SidecarFailure::Refused {
                status: 400 | 403 | 404 | 405 | 409,
                ..
            }) => true,
            Err(
                SidecarFailure::Refused { .. }
                | SidecarFailure::Unreachable { .. }
                | SidecarFailure::Nonsense { .. },
            ) => {
                self.handle_failed(now, outputs);
                self.is_over(now)
            }
        }
    }

    fn handle_failed(&mut self, now: Instant, outputs: &mut Outputs) {
        let Some(telling) = &mut self.telling else {
            return;
        };
        if now.saturating_duration_since(telling.since) >= TELLING {
            self.telling = None;
            return;
        }
        let wait = BACKOFF.wait(telling.failures, None, outputs);
        telling.failures = telling.failures.saturating_add(1);
        telling.step = Step::Due { at: now + wait };
    }

    /// `None`: the user has said no.
    pub(crate) fn view(&self, epoch: Epoch) -> Option<MoveRequestView> {
        let state = match self.state {
            State::Waiting { until } => MoveRequestState::Waiting {
                until: epoch.moment(until),
            },
            State::AfterCall { by_user } => MoveRequestState::AfterCall { by_user },
            State::Leaving { .. } | State::Granted { .. } => MoveRequestState::Granted,
            State::Refused => return None,
        };
        Some(MoveRequestView {
            request: self.number,
            device_name: self.device_name.clone(),
            state,
        })
    }
}
