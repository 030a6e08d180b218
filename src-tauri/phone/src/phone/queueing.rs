//! Speaking for the agent at the queue, where the sidecar does.

use std::time::{Duration, Instant};

use sidecar_api::Telephony;

use crate::{
    Availability, Effect, Hop, Rejected, Reply, Request, SidecarFailure, SignedOutReason,
    moving::{Asked, Promise},
    outputs::Outputs,
    queue::{Answer, Queue},
    view::TroubleView,
    words::shown,
};

use super::{Account, GRACE, Holding, Phone, Station};

/// How long the sidecar may take: it may have to log the agent in first.
const ORDER_DEADLINE: Duration = Duration::from_secs(8);

/// What an answer asks for.
enum Verdict {
    Queue(Answer),
    /// A new access token.
    Token,
    /// The session is another's.
    Lost(SignedOutReason),
}

/// The user's commands.
impl Phone {
    /// Does something with the queue, where there is one.
    pub(super) fn with_queue(
        &mut self,
        act: impl FnOnce(&mut Queue, &mut Outputs) -> Result<(), Rejected>,
    ) -> Result<(), Rejected> {
        // Who has no line has no queue either, for the same reasons.
        self.line()?;
        let Account::SignedIn(it) = &mut self.account else {
            return Err(Rejected::NoQueue);
        };
        match &mut it.station {
            Some(Station {
                lease: Holding::Lost { .. },
                ..
            }) => Err(Rejected::LeaseLost),
            Some(Station {
                queue: Some(queue), ..
            }) => act(queue, &mut self.outputs),
            Some(_) | None => Err(Rejected::NoQueue),
        }
    }

    pub(super) fn wish(
        &mut self,
        availability: Availability,
        now: Instant,
    ) -> Result<(), Rejected> {
        self.with_queue(|queue, outputs| queue.wish(availability, now, outputs))
    }
}

/// The sidecar's replies, and time.
impl Phone {
    /// Takes what a sidecar that was asked at `asked_at` tells of the queue; one that has none says nothing.
    pub(super) fn handle_queue_told(
        &mut self,
        told: Option<&sidecar_api::Queue>,
        telephony: Option<&Telephony>,
        asked_at: Instant,
        now: Instant,
    ) {
        let (Account::SignedIn(it), Some(told)) = (&mut self.account, told) else {
            return;
        };
        if let Some(station) = &mut it.station {
            match &mut station.queue {
                Some(queue) => {
                    queue.handle_told(told, telephony, asked_at, now, &mut self.outputs);
                }
                queue @ None => {
                    *queue = Some(Queue::new(told, telephony, now, &mut self.outputs));
                }
            }
        }
    }

    /// A new access token is there.
    pub(super) fn handle_queue_token(&mut self, now: Instant) {
        if let Some(queue) = self.queue() {
            queue.handle_token(now);
        }
    }

    pub(super) fn handle_queue_reply(
        &mut self,
        number: u64,
        reply: Result<Reply, SidecarFailure>,
        now: Instant,
    ) {
        match verdict(reply) {
            Verdict::Queue(answer) => {
                if let Account::SignedIn(it) = &mut self.account
                    && let Some(station) = &mut it.station
                    && let Some(queue) = &mut station.queue
                {
                    queue.handle_answer(number, answer, now, &mut self.outputs);
                }
            }
            Verdict::Token => {
                let errand = self.queue().and_then(|it| it.errand_of(number));
                let is_worth_it = errand.is_some_and(|it| it.wait_for_token());
                self.renew_or_lose(is_worth_it, now);
            }
            Verdict::Lost(reason) => self.lose(reason, now),
        }
    }

    /// Tells the queue how the calls stand, and sends what is due.
    pub(super) fn follow_queue(&mut self, now: Instant) {
        let Account::SignedIn(it) = &mut self.account else {
            return;
        };
        let tokens = &it.tokens;
        let Some(Station {
            queue: Some(queue),
            lease: Holding::Held(lease),
            line,
            moving,
            ..
        }) = &mut it.station
        else {
            return;
        };
        let outputs = &mut self.outputs;
        let promise = moving.asked.as_ref().and_then(Asked::promise);
        queue.handle_promised(promise, now);
        queue.handle_calls(line.has_calls(), line.take_concluded(), now, outputs);
        if promise == Some(Promise::AfterCall) && !line.has_calls() {
            queue.end_work(now, outputs);
        }
        queue.handle_timeout(now, outputs);
        if queue.take_look(now) {
            lease.beat_soon(now);
        }
        if let Some((errand, body)) = queue.due_order(now) {
            let number = outputs.number();
            errand.handle_sent(number, ORDER_DEADLINE + GRACE, now);
            let access_token = tokens.access().clone();
            outputs.effect(Effect::Sidecar {
                attempt: number,
                request: Request::AgentState { access_token, body },
                deadline: ORDER_DEADLINE,
            });
        }
        if let Some((errand, mut body)) = queue.due_outcome(now) {
            body.repeated = errand.is_repeated();
            let number = outputs.number();
            errand.handle_sent(number, ORDER_DEADLINE + GRACE, now);
            let access_token = tokens.access().clone();
            outputs.effect(Effect::Sidecar {
                attempt: number,
                request: Request::Dispose { access_token, body },
                deadline: ORDER_DEADLINE,
            });
        }
    }

    /// The session is over: what was kept of the queue goes with it.
    pub(super) fn leave_queue(&mut self, now: Instant) {
        if let Account::SignedIn(it) = &mut self.account
            && let Some(station) = &mut it.station
            && let Some(queue) = station.queue.take()
        {
            queue.abandon(now, &mut self.outputs);
        }
    }

    pub(super) fn queue(&mut self) -> Option<&mut Queue> {
        match &mut self.account {
            Account::SignedIn(it) => it.station.as_mut()?.queue.as_mut(),
            Account::NotConfigured { .. }
            | Account::Restoring { .. }
            | Account::Resuming(_)
            | Account::SignedOut { .. }
            | Account::SigningIn { .. }
            | Account::Asking(_)
            | Account::Fallback { .. }
            | Account::SigningOut(_) => None,
        }
    }
}

fn verdict(reply: Result<Reply, SidecarFailure>) -> Verdict {
    let (hop, detail, retry_after) = match reply {
        Ok(
            Reply::Agent(_)
            | Reply::Login(_)
            | Reply::Refresh(_)
            | Reply::Heartbeat(_)
            | Reply::Logout(_)
            | Reply::Probe { .. }
            | Reply::Move(_),
        ) => return Verdict::Queue(Answer::Done),
        Err(SidecarFailure::Refused { status: 401, .. }) => return Verdict::Token,
        Err(SidecarFailure::Refused {
            status: 409,
            holder,
            ..
        }) => {
            let device_name = holder.map(|it| shown(&it.device_name));
            return Verdict::Lost(SignedOutReason::TakenOver { device_name });
        }
        Err(SidecarFailure::Refused {
            status: 429 | 500..,
            message,
            retry_after,
            ..
        }) => (Hop::Http, shown(&message), retry_after),
        Err(SidecarFailure::Refused { message, .. }) => {
            return Verdict::Queue(Answer::Refused(message));
        }
        Err(SidecarFailure::Unreachable { hop, detail, .. }) => (hop, detail, None),
        Err(SidecarFailure::Nonsense { detail }) => (Hop::Http, detail, None),
    };
    Verdict::Queue(Answer::Later {
        trouble: TroubleView {
            hop,
            detail,
            facts: None,
        },
        retry_after,
    })
}
