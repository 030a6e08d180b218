//! What the sidecar is asked for, and what becomes of it.

use std::time::{Duration, Instant};

use super::{
    Order, Queue, WrapUp,
    view::{Availability, QueueRefusalView, Refused},
};
use crate::{Event, Hop, errand::Errand, outputs::Outputs, view::TroubleView, words::shown};

/// What becomes of a request.
#[derive(Debug)]
pub(crate) enum Answer {
    Done,
    /// In the other side's own words.
    Refused(String),
    /// No answer that decides.
    Later {
        trouble: TroubleView,
        retry_after: Option<Duration>,
    },
}

/// Requests and their answers.
impl Queue {
    pub(super) fn errands(&mut self) -> impl Iterator<Item = &mut Errand> {
        let order = self.order.as_mut().map(|it| &mut it.errand);
        let wrap_up = self.wrap_up.as_mut().and_then(WrapUp::errand);
        order
            .into_iter()
            .chain(wrap_up)
            .chain(self.unsaved.errands())
    }

    pub(crate) fn awaits(&self, number: u64) -> bool {
        let order = self.order.as_ref();
        order.is_some_and(|it| it.errand.awaits(number))
            || self.wrap_up.as_ref().is_some_and(|it| it.awaits(number))
            || self.unsaved.of_request(number).is_some()
    }

    /// Returns the errand that this request belongs to.
    pub(crate) fn errand_of(&mut self, number: u64) -> Option<&mut Errand> {
        self.errands().find(|it| it.awaits(number))
    }

    pub(crate) fn handle_token(&mut self, now: Instant) {
        for errand in self.errands() {
            errand.handle_token(now);
        }
    }

    /// Returns the order that is to leave now, and its errand.
    pub(crate) fn due_order(
        &mut self,
        now: Instant,
    ) -> Option<(&mut Errand, sidecar_api::AgentStateRequest)> {
        let order = self.order.as_mut().filter(|it| it.errand.is_due(now))?;
        order.by_way_of_ready = self.owes_ready && order.availability != Availability::Ready;
        let request = if order.by_way_of_ready {
            Availability::Ready.order()
        } else {
            order.availability.order()
        };
        if request.state == sidecar_api::AgentState::Pause {
            self.pause.handle_sent(order.errand.is_repeated());
        }
        Some((&mut order.errand, request))
    }

    /// Returns the outcome that is to leave now, and its errand.
    pub(crate) fn due_outcome(
        &mut self,
        now: Instant,
    ) -> Option<(&mut Errand, sidecar_api::DisposeRequest)> {
        let wrap_up = self.wrap_up.as_mut().and_then(|it| {
            let request = it.request()?;
            Some((it.errand()?, request))
        });
        let due = match wrap_up {
            Some((errand, request)) if errand.is_due(now) => Some((errand, request)),
            Some(_) | None => self.unsaved.due(now),
        };
        if let Some((errand, request)) = &due
            && request.pause_reason.is_some()
        {
            self.pause.handle_sent(errand.is_repeated());
        }
        due
    }

    pub(crate) fn handle_answer(
        &mut self,
        number: u64,
        answer: Answer,
        now: Instant,
        outputs: &mut Outputs,
    ) {
        match answer {
            Answer::Done | Answer::Refused(_) => self.confirmed_at = Some(outputs.now()),
            Answer::Later { .. } => {}
        }
        let is_order = |it: &Order| it.errand.awaits(number);
        if self.order.as_ref().is_some_and(is_order) {
            self.handle_order(answer, now, outputs);
        } else if self.wrap_up.as_ref().is_some_and(|it| it.awaits(number)) {
            self.handle_outcome(answer, now, outputs);
        } else if let Some(place) = self.unsaved.of_request(number) {
            self.handle_kept(place, answer, now, outputs);
        }
    }

    pub(super) fn handle_order(&mut self, answer: Answer, now: Instant, outputs: &mut Outputs) {
        let Some(mut order) = self.order.take() else {
            return;
        };
        let instead = order.instead.take();
        match answer {
            Answer::Done => {
                self.prove_login(outputs);
                self.ordered_at = Some(now);
                self.pause.may_be_done = false;
                let on_the_way = order.by_way_of_ready;
                let done = match on_the_way {
                    true => Availability::Ready,
                    false => order.availability.clone(),
                };
                if done == Availability::Ready {
                    self.owes_ready = false;
                }
                // What was told at the beginning is true: nothing has changed.
                if !order.is_quiet() {
                    self.since = Some(outputs.now().0 as i64);
                    self.availability = Some(done.clone());
                    outputs.event(Event::QueueState { availability: done });
                }
                if on_the_way && instead.is_none() {
                    order.errand = Errand::new(now);
                    self.order = Some(order);
                }
            }
            Answer::Refused(message) => {
                let is_pause = !order.by_way_of_ready && order.availability != Availability::Ready;
                if is_pause && !order.errand.is_repeated() {
                    self.pause.handle_refused();
                }
                if order.is_quiet() {
                    if let Some(instead) = instead {
                        self.owes_ready &= self.in_call;
                        self.go_on(instead, now, outputs);
                    } else if !self.in_call {
                        // Whoever was in a call elsewhere may be so at Ozonetel for a while.
                        let trouble = TroubleView {
                            hop: Hop::Http,
                            detail: shown(&message),
                            facts: None,
                        };
                        order.errand.handle_failed(trouble, None, now, outputs);
                        self.order = Some(order);
                    }
                    return;
                }
                // A call came first: it follows that.
                if self.in_call && instead.is_none() && self.next.is_none() {
                    self.set_next(Some(order.availability), outputs);
                    return;
                }
                // Without a call it was no way out: what comes next is ordered as it is.
                self.owes_ready &= self.in_call;
                if order.by_way_of_ready && instead.is_none() && !self.in_call {
                    order.errand = Errand::new(now);
                    self.order = Some(order);
                    return;
                }
                let of = Refused::Availability {
                    availability: order.availability,
                };
                self.refuse(of, message, outputs);
            }
            Answer::Later {
                trouble,
                retry_after,
            } => {
                let errand = &mut order.errand;
                errand.handle_failed(trouble, retry_after, now, outputs);
                if errand.failed_first() && order.quiet_until.is_none() {
                    tell_delayed(errand, now, outputs);
                }
                if instead.is_none() {
                    self.order = Some(order);
                }
            }
        }
        if let Some(instead) = instead {
            self.go_on(instead, now, outputs);
        }
    }

    pub(super) fn handle_outcome(&mut self, answer: Answer, now: Instant, outputs: &mut Outputs) {
        let Some(mut wrap_up) = self.wrap_up.take() else {
            return;
        };
        let call = wrap_up.call();
        let then = wrap_up.then().unwrap_or(Availability::Ready);
        match answer {
            Answer::Done => {
                if let Some(outcome) = wrap_up.outcome() {
                    let outcome = outcome.to_owned();
                    outputs.event(Event::OutcomeSaved { call, outcome });
                }
                outputs.event(Event::WrapUpEnded {
                    call,
                    timed_out: false,
                });
                self.owes_ready = false;
                self.go_on(then, now, outputs);
            }
            Answer::Refused(message) => {
                // Only a first try has a pause along: after one without an answer the wrap-up is over.
                if then != Availability::Ready {
                    self.pause.handle_refused();
                }
                let outcome = wrap_up.handle_refused().unwrap_or_default();
                self.wrap_up = Some(wrap_up);
                if self.next.is_none() && then != Availability::Ready {
                    self.set_next(Some(then), outputs);
                }
                self.refuse(Refused::Outcome { call, outcome }, message, outputs);
            }
            Answer::Later {
                trouble,
                retry_after,
            } => {
                if let Some(errand) = wrap_up.errand() {
                    errand.handle_failed(trouble.clone(), retry_after, now, outputs);
                }
                let TroubleView { hop, detail, .. } = trouble;
                outputs.event(Event::OutcomeKept { call, hop, detail });
                self.unsaved.keep(wrap_up.keep(now), outputs);
                outputs.event(Event::WrapUpEnded {
                    call,
                    timed_out: false,
                });
                self.owes_ready = true;
                self.go_on(then, now, outputs);
            }
        }
    }

    /// What became of an outcome that is kept.
    pub(super) fn handle_kept(
        &mut self,
        place: usize,
        answer: Answer,
        now: Instant,
        outputs: &mut Outputs,
    ) {
        match answer {
            Answer::Done => self.unsaved.handle_saved(place, outputs),
            Answer::Refused(message) => {
                if let Some((call, outcome)) = self.unsaved.take(place) {
                    self.refuse(Refused::Outcome { call, outcome }, message, outputs);
                }
            }
            Answer::Later {
                trouble,
                retry_after,
            } => {
                if let Some(errand) = self.unsaved.errand(place) {
                    errand.handle_failed(trouble.clone(), retry_after, now, outputs);
                }
            }
        }
    }

    fn refuse(&mut self, of: Refused, message: String, outputs: &mut Outputs) {
        let message = shown(&message);
        outputs.event(Event::QueueRefused {
            of: of.clone(),
            message: message.clone(),
        });
        self.refused = Some(QueueRefusalView {
            of,
            message,
            at: outputs.now(),
        });
    }
}

/// Tells why an order has failed, where it has, and when it is tried again.
pub(super) fn tell_delayed(errand: &Errand, now: Instant, outputs: &mut Outputs) {
    if let Some(TroubleView { hop, detail, .. }) = errand.trouble().cloned() {
        let wait = errand
            .poll_timeout()
            .map(|at| at.saturating_duration_since(now));
        outputs.event(Event::QueueDelayed {
            hop,
            detail,
            retry_in_ms: wait.unwrap_or_default().as_millis() as u64,
        });
    }
}

pub(super) fn later(trouble: TroubleView) -> Answer {
    Answer::Later {
        trouble,
        retry_after: None,
    }
}
