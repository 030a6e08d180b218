//! The agent's part in the queue: whether its calls are to come, what follows the call, and the work
//! after it.
//!
//! ```text
//!  availability   ordered at once; in a call or a wrap-up it is `next`, because Ozonetel lets nobody pause there
//!  wrap-up        Open -> Saving -> (over), then what was to follow
//!                   ^        |  no answer: the outcome is kept and tried again, and the agent goes on
//!                   +--------+  refused: another outcome
//! ```

mod answers;
mod outcomes;
mod told;
mod view;
mod wrap_up;

use std::time::{Duration, Instant};

pub use self::view::{
    Availability, OrderView, QueueLoginView, QueueRefusalView, QueueView, Refused, WrapUpView,
};
pub(crate) use self::{
    answers::Answer,
    outcomes::Outcomes,
    wrap_up::{Concluded, LONGEST_NOTE, Term, WrapUp},
};
use self::{
    answers::{later, tell_delayed},
    told::Login,
};
use crate::{
    Event, Moment, Rejected,
    errand::{Errand, overdue},
    moment::Epoch,
    moving::Promise,
    outputs::Outputs,
};

/// How long what nobody wished for is tried before anybody hears of it: as long as a call may take to end at Ozonetel.
const QUIET: Duration = Duration::from_secs(90);

/// How many tries to save an outcome another device waits for.
const TRIES_WAITED_FOR: u32 = 2;

#[derive(Debug)]
pub(crate) struct Queue {
    login: Login,
    /// When Ozonetel answered last: a sign-in, an order or an outcome. A heartbeat asks it nothing.
    confirmed_at: Option<Moment>,
    availability: Option<Availability>,
    /// In ms since the start; below 0 where that was before it.
    since: Option<i64>,
    pause_reasons: Vec<String>,
    outcome_names: Vec<String>,
    term: Term,
    order: Option<Order>,
    pause: PauseLeft,
    /// When an order was carried out last.
    ordered_at: Option<Instant>,
    /// Ready comes before a pause: it is the only way out of a wrap-up whose outcome is not saved. Where nothing else is to
    /// come it is ordered for its own sake.
    owes_ready: bool,
    /// Whether the user has wished for anything: what a sidecar tells is not ordered then.
    has_wished: bool,
    next: Option<Availability>,
    refused: Option<QueueRefusalView>,
    wrap_up: Option<WrapUp>,
    unsaved: Outcomes,
    in_call: bool,
    /// When the session is to be another device's, which orders Ready itself where it is told so: calls that it
    /// brought here would hold the move up again.
    promise: Option<Promise>,
}

/// What pauses that have left, be it with an outcome, leave unknown.
#[derive(Debug, Default)]
struct PauseLeft {
    /// Nothing that was carried out since tells the state: nor does the sidecar.
    may_be_done: bool,
    /// The same before the last one left: it is so again where that is refused.
    before: bool,
}

impl PauseLeft {
    fn handle_sent(&mut self, is_repeated: bool) {
        if !is_repeated {
            self.before = self.may_be_done;
        }
        self.may_be_done = true;
    }

    fn handle_refused(&mut self) {
        self.may_be_done = self.before;
    }
}

/// An availability on its way.
#[derive(Debug)]
struct Order {
    availability: Availability,
    /// What has left is Ready, which comes first.
    by_way_of_ready: bool,
    errand: Errand,
    /// What the user wished for while it was on its way.
    instead: Option<Availability>,
    /// Nobody wished for it: it makes true what is shown, and nobody hears of it until then.
    quiet_until: Option<Instant>,
}

impl Order {
    fn new(availability: Availability, quiet_until: Option<Instant>, now: Instant) -> Self {
        Self {
            availability,
            by_way_of_ready: false,
            errand: Errand::new(now),
            instead: None,
            quiet_until,
        }
    }

    fn is_quiet(&self) -> bool {
        self.quiet_until.is_some()
    }
}

/// The user's commands.
impl Queue {
    /// Orders it, or has it follow the call or the wrap-up.
    pub(crate) fn wish(
        &mut self,
        availability: Availability,
        now: Instant,
        outputs: &mut Outputs,
    ) -> Result<(), Rejected> {
        self.check(&availability)?;
        self.has_wished = true;
        if self.in_call || self.wrap_up.is_some() {
            self.set_next(Some(availability), outputs);
        } else {
            self.set_next(None, outputs);
            self.order(availability, now);
        }
        Ok(())
    }

    pub(crate) fn cancel_next(&mut self, outputs: &mut Outputs) {
        self.set_next(None, outputs);
    }

    pub(crate) fn write_wrap_up(
        &mut self,
        outcome: Option<String>,
        note: String,
    ) -> Result<(), Rejected> {
        let wrap_up = self.wrap_up.as_mut().ok_or(Rejected::NoWrapUp)?;
        if wrap_up.is_saving() {
            return Err(Rejected::NoWrapUp);
        }
        let is_known = |it: &String| self.outcome_names.contains(it);
        if outcome.as_ref().is_some_and(|it| !is_known(it)) {
            return Err(Rejected::UnknownOutcome);
        }
        if note.chars().count() > LONGEST_NOTE {
            return Err(Rejected::NoteTooLong);
        }
        wrap_up.write(outcome, note);
        Ok(())
    }

    /// Ends the wrap-up with its outcome; `then` comes before what was to follow.
    pub(crate) fn finish_wrap_up(
        &mut self,
        then: Option<Availability>,
        now: Instant,
        outputs: &mut Outputs,
    ) -> Result<(), Rejected> {
        if let Some(then) = &then {
            self.check(then)?;
        }
        let wrap_up = self.wrap_up.as_mut().ok_or(Rejected::NoWrapUp)?;
        if wrap_up.is_saving() {
            return Err(Rejected::NoWrapUp);
        }
        if wrap_up.outcome().is_none() {
            return Err(Rejected::NoOutcome);
        }
        let next = self.next.clone();
        let then = then.or(next).unwrap_or(Availability::Ready);
        wrap_up.save(then, now);
        self.refused = None;
        self.set_next(None, outputs);
        Ok(())
    }

    pub(crate) fn more_time(&mut self) -> Result<(), Rejected> {
        let wrap_up = self.wrap_up.as_mut().ok_or(Rejected::NoWrapUp)?;
        if wrap_up.extend() {
            Ok(())
        } else {
            Err(Rejected::NoMoreTime)
        }
    }

    /// Ends the waits for the next tries.
    pub(crate) fn retry_soon(&mut self, now: Instant) {
        for errand in self.errands() {
            errand.retry_soon(now);
        }
    }

    fn check(&self, availability: &Availability) -> Result<(), Rejected> {
        match availability {
            Availability::Ready => Ok(()),
            Availability::Pause { reason } => {
                let is_known = match reason {
                    Some(reason) => self.pause_reasons.contains(reason),
                    None => self.pause_reasons.is_empty(),
                };
                is_known.then_some(()).ok_or(Rejected::UnknownReason)
            }
        }
    }

    fn set_next(&mut self, next: Option<Availability>, outputs: &mut Outputs) {
        if self.next != next {
            outputs.event(Event::QueueNext { next: next.clone() });
            self.next = next;
        }
    }

    /// Orders it as soon as nothing else is on its way.
    fn order(&mut self, availability: Availability, now: Instant) {
        self.refused = None;
        match &mut self.order {
            Some(order) if order.errand.is_in_flight() => {
                let is_same = order.availability == availability;
                order.instead = (!is_same).then_some(availability);
                if is_same {
                    order.quiet_until = None;
                }
            }
            Some(_) | None => self.order = Some(Order::new(availability, None, now)),
        }
    }
}

/// Calls and time.
impl Queue {
    /// Takes how the calls stand, and the call of the queue that has ended last.
    pub(crate) fn handle_calls(
        &mut self,
        in_call: bool,
        concluded: Option<Concluded>,
        now: Instant,
        outputs: &mut Outputs,
    ) {
        if let Some(concluded) = concluded
            && !self.outcome_names.is_empty()
        {
            self.begin_wrap_up(concluded, now, outputs);
        }
        self.in_call = in_call;
        if let Some(wrap_up) = &mut self.wrap_up {
            wrap_up.handle_call(in_call, now);
        }
        if in_call {
            // What has not left would be refused now.
            let waits = |it: &mut Order| !it.errand.is_in_flight();
            if let Some(order) = self.order.take_if(waits)
                && self.next.is_none()
                && !order.is_quiet()
            {
                self.set_next(Some(order.availability), outputs);
            }
        } else if self.wrap_up.is_none() {
            match self.next.clone() {
                Some(next) => self.go_on(next, now, outputs),
                None => self.pay_ready(now),
            }
        }
    }

    /// Orders Ready where that is owed, is what is shown, and nothing else is on its way.
    fn pay_ready(&mut self, now: Instant) {
        let is_shown = self.availability == Some(Availability::Ready);
        if self.owes_ready && is_shown && self.order.is_none() && self.promise.is_none() {
            let quiet_until = Some(now + QUIET);
            self.order = Some(Order::new(Availability::Ready, quiet_until, now));
        }
    }

    /// Takes whether the session is promised to another device, or given, and when.
    pub(crate) fn handle_promised(&mut self, promise: Option<Promise>, now: Instant) {
        self.promise = promise;
        let is_waited_for = self.is_waited_for();
        if let Some(wrap_up) = &mut self.wrap_up {
            wrap_up.handle_waited_for(is_waited_for, now);
        }
    }

    /// Ends the work after a call, as the end of its time does: nobody may be there to end it.
    pub(crate) fn end_work(&mut self, now: Instant, outputs: &mut Outputs) {
        if self.wrap_up.as_ref().is_some_and(|it| !it.is_saving()) {
            self.conclude(false, now, outputs);
        }
    }

    /// Whether another device waits for the end of the work after a call.
    fn is_waited_for(&self) -> bool {
        self.promise == Some(Promise::AfterWork)
    }

    /// Whether the session is promised to another device, which orders this for itself.
    fn is_left_to_other_device(&self, next: &Availability) -> bool {
        self.promise.is_some() && self.is_told_to_other_device(next)
    }

    /// Whether it is what the sidecar tells another device, and what that orders for itself.
    fn is_told_to_other_device(&self, next: &Availability) -> bool {
        *next == Availability::Ready
            && self.availability == Some(Availability::Ready)
            && !self.pause.may_be_done
    }

    fn begin_wrap_up(&mut self, of: Concluded, now: Instant, outputs: &mut Outputs) {
        if let Some(before) = self.wrap_up.take() {
            let (call, then) = (before.call(), before.then());
            // Nobody can choose another outcome for it any more.
            self.refused
                .take_if(|it| matches!(it.of, Refused::Outcome { call: of, .. } if of == call));
            self.unsaved.keep(before.keep(now), outputs);
            outputs.event(Event::WrapUpEnded {
                call,
                timed_out: false,
            });
            // What was to follow it follows this one.
            if self.next.is_none() {
                self.set_next(then, outputs);
            }
        }
        outputs.event(Event::WrapUpBegun {
            call: of.call,
            seconds: self.term.whole.map(|it| it.as_secs()),
        });
        let mut wrap_up = WrapUp::new(of, self.term, outputs.now(), now);
        wrap_up.handle_waited_for(self.is_waited_for(), now);
        self.wrap_up = Some(wrap_up);
    }

    /// Does what is due but for what is to be sent.
    pub(crate) fn handle_timeout(&mut self, now: Instant, outputs: &mut Outputs) {
        if self.wrap_up.as_ref().is_some_and(|it| it.is_over(now)) {
            self.conclude(true, now, outputs);
        }
        if let Some(order) = &mut self.order
            && order.quiet_until.take_if(|at| *at <= now).is_some()
        {
            tell_delayed(&order.errand, now, outputs);
        }
        let is_overdue = |it: &Order| it.errand.is_overdue(now);
        if self.order.as_ref().is_some_and(is_overdue) {
            self.handle_order(later(overdue()), now, outputs);
        }
        let mut wrap_up = self.wrap_up.iter_mut().filter_map(WrapUp::errand);
        if wrap_up.any(|it| it.is_overdue(now)) {
            self.handle_outcome(later(overdue()), now, outputs);
        }
        if let Some(place) = self.unsaved.overdue(now) {
            self.handle_kept(place, later(overdue()), now, outputs);
        }
    }

    /// Ends the wrap-up without its user: the outcome is saved where one was chosen, and the agent goes on. `timed_out`: its
    /// time is up.
    fn conclude(&mut self, timed_out: bool, now: Instant, outputs: &mut Outputs) {
        let Some(wrap_up) = &mut self.wrap_up else {
            return;
        };
        let call = wrap_up.call();
        if wrap_up.outcome().is_some() {
            let then = self.next.clone().unwrap_or(Availability::Ready);
            wrap_up.save(then, now);
            self.set_next(None, outputs);
            return;
        }
        self.wrap_up = None;
        outputs.event(Event::WrapUpEnded { call, timed_out });
        self.owes_ready = true;
        self.go_on(Availability::Ready, now, outputs);
    }

    /// What follows a wrap-up or an order: `then`, unless something was wished for since.
    fn go_on(&mut self, then: Availability, now: Instant, outputs: &mut Outputs) {
        let then = self.next.clone().unwrap_or(then);
        if self.in_call {
            self.set_next(Some(then), outputs);
        } else if self.is_left_to_other_device(&then) {
            self.set_next(None, outputs);
            self.owes_ready = true;
        } else {
            self.set_next(None, outputs);
            self.order(then, now);
        }
    }

    /// Gives everything up; an outcome that is not saved is lost, and told.
    pub(crate) fn abandon(mut self, now: Instant, outputs: &mut Outputs) {
        if let Some(wrap_up) = self.wrap_up.take() {
            self.unsaved.keep(wrap_up.keep(now), outputs);
        }
        self.unsaved.lose(outputs);
    }
}

/// What is to be seen.
impl Queue {
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let look_at = self.login.poll_timeout();
        let order = self.order.as_ref().and_then(|it| it.errand.poll_timeout());
        let quiet = self.order.as_ref().and_then(|it| it.quiet_until);
        let wrap_up = self.wrap_up.as_ref().and_then(WrapUp::poll_timeout);
        let unsaved = self.unsaved.poll_timeout();
        [look_at, order, quiet, wrap_up, unsaved]
            .into_iter()
            .flatten()
            .min()
    }

    pub(crate) fn confirmed_at(&self) -> Option<Moment> {
        self.confirmed_at
    }

    /// Tells whether the work after a call is open.
    pub(crate) fn is_at_work(&self) -> bool {
        self.wrap_up.is_some()
    }

    /// Tells whether the work after a call has an outcome, or something to follow that another device would not order for itself.
    pub(crate) fn is_work_unsettled(&self) -> bool {
        let next = self.next.as_ref();
        let is_wish = next.is_some_and(|it| !self.is_told_to_other_device(it));
        self.has_outcome() || self.is_at_work() && is_wish
    }

    /// Tells whether an order is on its way, or an outcome; one that has failed again and again holds nobody up.
    pub(crate) fn has_things_under_way(&self, now: Instant) -> bool {
        let is_worth_waiting =
            |it: &Order| !it.is_quiet() && it.errand.is_worth_waiting(TRIES_WAITED_FOR, now);
        self.order.as_ref().is_some_and(is_worth_waiting)
            || self.wrap_up.as_ref().is_some_and(WrapUp::is_saving)
            || self.unsaved.is_worth_waiting(TRIES_WAITED_FOR, now)
    }

    /// Tells whether the wrap-up has an outcome, be it chosen or on its way.
    fn has_outcome(&self) -> bool {
        self.wrap_up
            .as_ref()
            .is_some_and(|it| it.outcome().is_some())
    }

    pub(crate) fn view(&self, epoch: Epoch) -> QueueView {
        QueueView {
            login: self.login.view(),
            availability: self.availability.clone(),
            since: self.since,
            pause_reasons: self.pause_reasons.clone(),
            outcomes: self.outcome_names.clone(),
            order: self
                .order
                .as_ref()
                .filter(|it| !it.is_quiet() || it.instead.is_some())
                .map(|it| OrderView {
                    availability: it.instead.as_ref().unwrap_or(&it.availability).clone(),
                    trouble: it.errand.trouble().cloned(),
                    retry_at: it.errand.retry_at(epoch),
                }),
            next: self.next.clone(),
            refused: self.refused.clone(),
            wrap_up: self.wrap_up.as_ref().map(|it| it.view(epoch)),
            unsaved: self.unsaved.len(),
            at_stake: self.unsaved.len() + u32::from(self.has_outcome()),
        }
    }
}
