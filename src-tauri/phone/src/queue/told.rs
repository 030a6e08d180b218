//! What the sidecar tells of the queue, and of the agent's login there.

use std::time::{Duration, Instant};

use sidecar_api::{QueueState, Telephony, TelephonyState};

use super::{
    Outcomes, PauseLeft, Queue, Term,
    view::{Availability, QueueLoginView},
};
use crate::{Event, Moment, lease::bounded_seconds, outputs::Outputs, words::shown};

/// How long a login that Ozonetel takes its time for is not asked about, and how often it is.
const LOOK_AFTER: Duration = Duration::from_secs(10);
const LOOKS: u32 = 4;

/// Names of a list that are taken from a sidecar.
const MOST_NAMES: usize = 100;

/// What became of the agent's login at Ozonetel.
#[derive(Debug)]
pub(super) enum Login {
    Unknown,
    In,
    /// It is asked about when the time has come; `None`: often enough.
    Pending {
        look_at: Option<Instant>,
        looks: u32,
    },
    Failed {
        message: String,
    },
}

impl Queue {
    /// The queue as a sidecar tells of it at the beginning.
    pub(crate) fn new(
        told: &sidecar_api::Queue,
        telephony: Option<&Telephony>,
        now: Instant,
        outputs: &mut Outputs,
    ) -> Self {
        let mut queue = Self {
            login: Login::Unknown,
            confirmed_at: None,
            availability: None,
            since: None,
            pause_reasons: Vec::new(),
            outcome_names: Vec::new(),
            term: Term::default(),
            order: None,
            pause: PauseLeft::default(),
            ordered_at: None,
            owes_ready: false,
            has_wished: false,
            next: None,
            refused: None,
            wrap_up: None,
            unsaved: Outcomes::default(),
            in_call: false,
            promise: None,
        };
        queue.handle_told(told, telephony, now, now, outputs);
        queue
    }

    /// Takes what a sidecar tells that was asked at `asked_at`. This phone alone orders in its session, so it knows better than
    /// a beat that was on its way meanwhile; after a start it knows nothing, nor after a login there that has failed and left
    /// the state unknown.
    pub(crate) fn handle_told(
        &mut self,
        told: &sidecar_api::Queue,
        telephony: Option<&Telephony>,
        asked_at: Instant,
        now: Instant,
        outputs: &mut Outputs,
    ) {
        self.pause_reasons = names(&told.pause_reasons);
        self.outcome_names = names(&told.dispositions);
        let seconds = |it: Option<u64>| it.filter(|it| *it > 0).map(bounded_seconds);
        self.term = Term {
            whole: seconds(told.wrap_up_seconds),
            more: seconds(told.wrap_up_more_seconds),
        };
        let telephony = telephony.filter(|_| self.ordered_at.is_none_or(|at| at <= asked_at));
        let has_failed = telephony.is_some_and(|it| it.state == TelephonyState::Failed);
        if has_failed && told.state == QueueState::Unknown && self.order.is_none() {
            self.availability = None;
            self.since = None;
        }
        if self.availability.is_none() && self.order.is_none() {
            self.availability = match told.state {
                QueueState::Ready => Some(Availability::Ready),
                QueueState::Pause => Some(Availability::Pause {
                    reason: told.pause_reason.as_deref().map(shown),
                }),
                QueueState::Unknown => None,
            };
            let age = told.for_seconds.map(bounded_seconds);
            self.since = age
                .filter(|_| self.availability.is_some())
                .map(|age| outputs.now().0 as i64 - age.as_millis() as i64);
            self.make_ready_true(now);
        }
        if let Some(telephony) = telephony {
            self.handle_login(telephony, now, outputs);
        }
    }

    /// Orders Ready where it is told and calls may not come all the same: work after a call was left open, by
    /// a device that the session has moved from, or by a phone that broke off, and Ready alone ends it.
    fn make_ready_true(&mut self, now: Instant) {
        let is_told_ready = self.availability == Some(Availability::Ready);
        if is_told_ready && !self.has_wished {
            self.owes_ready = true;
            // What is told in a call, or in the work after it, follows that.
            if !self.in_call && self.wrap_up.is_none() {
                self.pay_ready(now);
            }
        }
    }

    /// A sign-in has just asked Ozonetel for its agent: what came of it is proven.
    pub(crate) fn prove_sign_in(&mut self, at: Moment) {
        if matches!(self.login, Login::In | Login::Failed { .. }) {
            self.confirmed_at = Some(at);
        }
    }

    pub(super) fn handle_login(
        &mut self,
        telephony: &Telephony,
        now: Instant,
        outputs: &mut Outputs,
    ) {
        let before = self.login.view();
        let was_pending = matches!(self.login, Login::Pending { .. });
        self.login = match telephony.state {
            TelephonyState::Ready => Login::In,
            TelephonyState::Failed => Login::Failed {
                message: shown(telephony.message.as_deref().unwrap_or_default()),
            },
            TelephonyState::Pending => {
                let looks = match self.login {
                    Login::Pending { looks, .. } => looks + 1,
                    Login::Unknown | Login::In | Login::Failed { .. } => 0,
                };
                let look_at = (looks < LOOKS).then(|| now + LOOK_AFTER);
                Login::Pending { look_at, looks }
            }
            TelephonyState::Unknown => return,
        };
        if was_pending {
            self.prove_sign_in(outputs.now());
        }
        self.tell_login(before, outputs);
    }

    /// The agent is in: an order was carried out.
    pub(super) fn prove_login(&mut self, outputs: &mut Outputs) {
        let before = self.login.view();
        self.login = Login::In;
        self.tell_login(before, outputs);
    }

    fn tell_login(&self, before: QueueLoginView, outputs: &mut Outputs) {
        let login = self.login.view();
        if login != before {
            outputs.event(Event::QueueLogin { login });
        }
    }

    /// Tells whether the sidecar is to be asked now what became of the login.
    pub(crate) fn take_look(&mut self, now: Instant) -> bool {
        match &mut self.login {
            Login::Pending { look_at, .. } => look_at.take_if(|at| *at <= now).is_some(),
            Login::Unknown | Login::In | Login::Failed { .. } => false,
        }
    }
}

impl Login {
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        match self {
            Self::Pending { look_at, .. } => *look_at,
            Self::Unknown | Self::In | Self::Failed { .. } => None,
        }
    }

    pub(super) fn view(&self) -> QueueLoginView {
        match self {
            Self::Unknown => QueueLoginView::Unknown,
            Self::In => QueueLoginView::In,
            Self::Pending { .. } => QueueLoginView::Pending,
            Self::Failed { message } => QueueLoginView::Failed {
                message: message.clone(),
            },
        }
    }
}

/// Returns the names of a list as they may be shown; the sidecar takes no others back.
fn names(told: &[String]) -> Vec<String> {
    let names = told.iter().take(MOST_NAMES);
    names.filter(|it| shown(it) == **it).cloned().collect()
}
