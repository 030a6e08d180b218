use std::time::Instant;

use super::Unacknowledged;
use crate::{
    CallHandle,
    authentication::{Attempt, Trust},
    core::Core,
    dialog::Dialog,
    message::{Method, Request},
    timer::TRANSACTION_TIMEOUT,
    transaction::{Branch, News, Owner},
};

/// A call that is over here and whose peer is to hear it: BYE, kept until a flow takes it.
#[derive(Debug)]
pub(super) struct Closing {
    dialog: Dialog,
    bye: Bye,
    /// Then the peer's own timers have ended its leg.
    deadline: Instant,
}

/// ```text
///  AwaitingAck --ACK, or none in time--> Waiting --flow ready--> Sent --final response--> (ends)
///                                           ^------flow lost------/
/// ```
#[derive(Debug)]
enum Bye {
    /// RFC 3261 §15: a callee sends no BYE before the ACK of its 2xx.
    AwaitingAck(Unacknowledged),
    Waiting,
    Sent {
        branch: Branch,
        attempt: Attempt,
    },
}

impl Closing {
    pub(super) fn new(
        core: &mut Core,
        call: CallHandle,
        dialog: Dialog,
        unacknowledged: Option<Unacknowledged>,
        now: Instant,
    ) -> Self {
        let mut closing = Self {
            dialog,
            bye: unacknowledged.map_or(Bye::Waiting, Bye::AwaitingAck),
            deadline: now + TRANSACTION_TIMEOUT,
        };
        closing.send_if_due(core, call, now);
        closing
    }

    pub(super) fn dialog(&self) -> &Dialog {
        &self.dialog
    }

    pub(super) fn dialog_mut(&mut self) -> &mut Dialog {
        &mut self.dialog
    }

    pub(super) fn send_if_due(&mut self, core: &mut Core, call: CallHandle, now: Instant) {
        match self.bye {
            Bye::Waiting if core.flow.is_ready() => {
                let request = self.dialog.request(Method::Bye);
                self.bye = Bye::Sent {
                    branch: core.send(request, Owner::Call(call), now),
                    attempt: Attempt::first(),
                };
            }
            Bye::Waiting | Bye::AwaitingAck(_) | Bye::Sent { .. } => {}
        }
    }

    pub(super) fn repeat(&mut self, core: &mut Core, now: Instant) {
        match &mut self.bye {
            Bye::AwaitingAck(unacknowledged) => unacknowledged.repeat(core, now),
            Bye::Waiting | Bye::Sent { .. } => {}
        }
    }

    pub(super) fn handle_ack(
        &mut self,
        core: &mut Core,
        call: CallHandle,
        ack: &Request,
        now: Instant,
    ) {
        match &self.bye {
            Bye::AwaitingAck(unacknowledged)
                if ack.headers.cseq().map(|(number, _)| number) == Some(unacknowledged.cseq()) =>
            {
                self.bye = Bye::Waiting;
                self.send_if_due(core, call, now);
            }
            Bye::AwaitingAck(_) | Bye::Waiting | Bye::Sent { .. } => {}
        }
    }

    /// Takes what became of our BYE; `true`: nothing is left to do.
    pub(super) fn handle_news(
        &mut self,
        core: &mut Core,
        call: CallHandle,
        trust: Trust,
        branch: &Branch,
        news: News,
        now: Instant,
    ) -> bool {
        let attempt = match &self.bye {
            Bye::Sent {
                branch: sent,
                attempt,
            } if sent == branch => *attempt,
            Bye::Sent { .. } | Bye::AwaitingAck(_) | Bye::Waiting => return false,
        };
        match news {
            News::Provisional(_) => false,
            News::Success(_) => {
                core.authentication.note_accepted(trust, attempt);
                true
            }
            News::Failure { request, response } if matches!(response.status, 401 | 407) => {
                let answer =
                    core.authentication
                        .answer(*request, &response, trust, attempt, &mut core.rng);
                match answer {
                    Ok(mut request) => {
                        self.dialog.renumber(&mut request);
                        self.bye = Bye::Sent {
                            branch: core.send(request, Owner::Call(call), now),
                            attempt: attempt.next(),
                        };
                        false
                    }
                    Err(reason) => {
                        tracing::debug!(call = call.0, %reason, "BYE stays unauthorised");
                        true
                    }
                }
            }
            // RFC 3261 §15.1.1: 481, 408 or nothing at all end the dialog as well as 200.
            News::Failure { .. } | News::Timeout => true,
            News::FlowLost => {
                self.bye = Bye::Waiting;
                false
            }
        }
    }

    /// Returns `true` when nothing is left to do.
    pub(super) fn handle_timeout(
        &mut self,
        core: &mut Core,
        call: CallHandle,
        now: Instant,
    ) -> bool {
        if let Bye::AwaitingAck(unacknowledged) = &mut self.bye {
            if unacknowledged.handle_timeout(core, now) {
                self.bye = Bye::Waiting;
                self.deadline = now + TRANSACTION_TIMEOUT;
                self.send_if_due(core, call, now);
            }
            return false;
        }
        self.deadline <= now
    }

    pub(super) fn poll_timeout(&self) -> Instant {
        match &self.bye {
            Bye::AwaitingAck(unacknowledged) => unacknowledged.poll_timeout(),
            Bye::Waiting | Bye::Sent { .. } => self.deadline,
        }
    }
}
