use std::{collections::VecDeque, time::Instant};

use sidecar_api::DisposeRequest;

use super::wrap_up::Kept;
use crate::{CallId, Event, errand::Errand, outputs::Outputs};

/// Outcomes that are kept: an outage of Ozonetel of an hour, at a call in three minutes.
const MOST: usize = 20;

/// The outcomes that could not be saved so far, oldest first. They are tried one by one.
#[derive(Debug, Default)]
pub(crate) struct Outcomes(VecDeque<Kept>);

impl Outcomes {
    /// Keeps an outcome, where there is one; too many push the oldest out, which is told.
    pub(crate) fn keep(&mut self, kept: Option<Kept>, outputs: &mut Outputs) {
        self.0.extend(kept);
        if self.0.len() > MOST {
            self.lose_oldest(outputs);
        }
    }

    pub(crate) fn len(&self) -> u32 {
        self.0.len() as u32
    }

    pub(crate) fn errands(&mut self) -> impl Iterator<Item = &mut Errand> {
        self.0.iter_mut().map(|it| &mut it.errand)
    }

    /// Tells whether somebody may wait for the one that is tried ([`Errand::is_worth_waiting`]).
    pub(crate) fn is_worth_waiting(&self, tries: u32, now: Instant) -> bool {
        let tried = self.tried();
        tried.is_some_and(|it| it.errand.is_worth_waiting(tries, now))
    }

    /// Returns the place of the one whose request this is.
    pub(crate) fn of_request(&self, number: u64) -> Option<usize> {
        self.0.iter().position(|it| it.errand.awaits(number))
    }

    /// Returns the place of the one whose answer the engine owes.
    pub(crate) fn overdue(&self, now: Instant) -> Option<usize> {
        self.0.iter().position(|it| it.errand.is_overdue(now))
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.tried().and_then(|it| it.errand.poll_timeout())
    }

    /// Returns what is to leave now.
    pub(crate) fn due(&mut self, now: Instant) -> Option<(&mut Errand, DisposeRequest)> {
        if self.0.iter().any(|it| it.errand.is_in_flight()) {
            return None;
        }
        let first = self.0.front_mut().filter(|it| it.errand.is_due(now))?;
        let request = first.request();
        Some((&mut first.errand, request))
    }

    pub(crate) fn errand(&mut self, place: usize) -> Option<&mut Errand> {
        self.0.get_mut(place).map(|it| &mut it.errand)
    }

    /// The one at this place is saved.
    pub(crate) fn handle_saved(&mut self, place: usize, outputs: &mut Outputs) {
        if let Some(Kept { call, outcome, .. }) = self.0.remove(place) {
            outputs.event(Event::OutcomeSaved { call, outcome });
        }
    }

    /// Gives up the one at this place, and returns it with its call.
    pub(crate) fn take(&mut self, place: usize) -> Option<(CallId, String)> {
        self.0.remove(place).map(|it| (it.call, it.outcome))
    }

    /// Gives them all up.
    pub(crate) fn lose(&mut self, outputs: &mut Outputs) {
        while !self.0.is_empty() {
            self.lose_oldest(outputs);
        }
    }

    /// The one that is on its way, or comes next.
    fn tried(&self) -> Option<&Kept> {
        let in_flight = self.0.iter().find(|it| it.errand.is_in_flight());
        in_flight.or(self.0.front())
    }

    fn lose_oldest(&mut self, outputs: &mut Outputs) {
        if let Some(Kept { call, outcome, .. }) = self.0.pop_front() {
            outputs.event(Event::OutcomeLost { call, outcome });
        }
    }
}
