use std::{fmt, time::Duration};

use tokio::sync::mpsc;

use crate::{
    conversation::{Order, ToCall},
    counts::{CallCount, Counts, NotSeen},
    registrar::Registrar,
    sound::Sound,
    traffic::Ear,
};

/// Which message of a call that the lab makes carries the offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferIn {
    Invite,
    /// Late offer: the callee's 200 offers, our ACK answers (RFC 3261 §13.2.1).
    Answer,
}

/// A call from the lab to a phone or to one of its own extensions; dropping it does not end the call.
#[derive(Clone)]
pub struct LabCall {
    pub(crate) call_id: String,
    pub(crate) extension: String,
    pub(crate) registrar: Registrar,
    pub(crate) orders: mpsc::Sender<ToCall>,
    pub(crate) ear: Ear,
}

impl LabCall {
    pub fn call_id(&self) -> &str {
        &self.call_id
    }

    /// What has been seen of this call until now.
    pub fn count(&self) -> Option<CallCount> {
        let counts = self.registrar.tally.now();
        self.of(&counts).cloned()
    }

    /// Waits until the call is as `held` says; `what` names it in the error.
    pub async fn wait_for(
        &self,
        what: &str,
        deadline: Duration,
        mut held: impl FnMut(&CallCount) -> bool,
    ) -> Result<Counts, NotSeen> {
        self.registrar
            .tally
            .wait_for(what, deadline, |counts| {
                self.of(counts).is_some_and(&mut held)
            })
            .await
    }

    /// CANCEL before the answer, BYE after it.
    pub fn hang_up(&self) {
        self.order(Order::HangUp);
    }

    /// Holds the callee by a re-INVITE, or takes it back.
    pub fn hold(&self, on: bool) {
        self.order(Order::Hold(on));
    }

    /// Returns what has been heard until now, at 48 kHz.
    pub fn heard(&self) -> Sound {
        self.ear.heard()
    }

    fn order(&self, order: Order) {
        if self.orders.try_send(ToCall::Order(order)).is_err() {
            tracing::debug!(call_id = self.call_id, ?order, "the call is over");
        }
    }

    fn of<'a>(&self, counts: &'a Counts) -> Option<&'a CallCount> {
        counts
            .calls
            .iter()
            .rev()
            .find(|call| call.call_id == self.call_id && call.extension == self.extension)
    }
}

impl fmt::Debug for LabCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LabCall")
            .field("call_id", &self.call_id)
            .finish_non_exhaustive()
    }
}
