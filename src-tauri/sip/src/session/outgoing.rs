use std::time::{Duration, Instant};

use super::{
    Established, Infos, Origin, Received, SDP, Sent, Session, State, response_description,
};
use crate::{
    Answer, CallHandle, Cause, DialogHandle, Event, Offer,
    authentication::{Attempt, Trust},
    core::{Core, refused},
    dialog::Dialog,
    message::{Headers, Method, Request, Response, Uri},
    token,
    transaction::{News, Owner},
};

/// How many early dialogs one INVITE may make; further forks ring unseen.
const MAX_FORKS: usize = 16;

/// How long a peer may ring without another sign; proxies give up after three minutes (RFC 3261
/// §16.6 timer C), and the caller of this crate long before.
const RINGING_LIMIT: Duration = Duration::from_secs(600);

/// An INVITE without a 2xx.
#[derive(Debug)]
pub(super) struct Calling {
    early: Vec<Early>,
    /// Counts the dialogs ever seen: handles are given in order of appearance.
    dialogs: u32,
    attempt: Attempt,
    deadline: Instant,
}

/// One fork's dialog before its 2xx.
#[derive(Debug)]
struct Early {
    handle: DialogHandle,
    dialog: Dialog,
    /// The early media's description.
    answer: Option<String>,
}

impl Calling {
    fn new(now: Instant) -> Self {
        Self {
            early: Vec::new(),
            dialogs: 0,
            attempt: Attempt::first(),
            deadline: now + RINGING_LIMIT,
        }
    }

    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    pub(super) fn dialog_of(&self, headers: &Headers) -> Option<&Dialog> {
        self.early
            .iter()
            .map(|early| &early.dialog)
            .find(|dialog| dialog.matches(headers))
    }

    pub(super) fn dialog_of_mut(&mut self, headers: &Headers) -> Option<&mut Dialog> {
        self.early
            .iter_mut()
            .map(|early| &mut early.dialog)
            .find(|dialog| dialog.matches(headers))
    }

    /// Finds or makes the early dialog of a response (RFC 3261 §12.1.2); `None` where there are too
    /// many.
    fn early(&mut self, invite: &Request, response: &Response) -> Option<&mut Early> {
        let dialog = Dialog::of_response(invite, response)?;
        let position = self
            .early
            .iter()
            .position(|early| early.dialog.remote_tag() == dialog.remote_tag());
        match position {
            Some(position) => {
                let early = &mut self.early[position];
                early.dialog.refresh_target(&response.headers);
                Some(early)
            }
            None if self.early.len() < MAX_FORKS => {
                self.early.push(Early {
                    handle: DialogHandle(self.dialogs),
                    dialog,
                    answer: None,
                });
                self.dialogs += 1;
                self.early.last_mut()
            }
            None => None,
        }
    }
}

impl Session {
    /// Calls `target` (RFC 3261 §13.2.1).
    pub(crate) fn place(
        core: &mut Core,
        call: CallHandle,
        target: &Uri,
        offer: &Offer,
        now: Instant,
    ) -> Self {
        let contact = core.flow.dialog_contact(target.scheme(), true);
        let call_id = token::call_id(&mut core.rng);
        let from_tag = token::tag(&mut core.rng);
        let mut invite = core.request(
            Method::Invite,
            target.clone(),
            target.clone(),
            call_id,
            1,
            &from_tag,
        );
        invite.headers.push("Contact", contact.clone());
        invite.set_body(SDP, &offer.0);
        let has_flow = core.flow.is_up();
        let branch = core.send(invite, Owner::Call(call), now);
        tracing::info!(call = call.0, "Calling");
        let mut session = Self {
            call,
            contact,
            origin: Origin::Placed(branch.clone()),
            acks: std::collections::VecDeque::new(),
            state: State::Calling(Box::new(Calling::new(now))),
        };
        if !has_flow {
            core.transactions.forget(&branch);
            session.state = State::Over;
            session.ended(core, Cause::FlowLost);
        }
        session
    }

    pub(super) fn handle_invite_news(&mut self, core: &mut Core, news: News, now: Instant) {
        match (&mut self.state, news) {
            (State::Calling(_), News::Provisional(response)) => {
                self.handle_progress(core, &response, now);
            }
            (State::Calling(_), News::Success(response)) => {
                self.handle_answer(core, &response, now);
            }
            (State::Calling(_), News::Failure { request, response }) => {
                self.handle_refusal(core, *request, &response, now);
            }
            (State::Calling(_), News::Timeout) => {
                self.state = State::Over;
                self.ended(core, Cause::Timeout);
            }
            // RFC 3261 §9.1: the 2xx crossed our CANCEL.
            (State::Cancelled, News::Success(response)) => {
                if let Some(dialog) = self.acknowledge_fork(core, &response, now) {
                    let closing = super::Closing::new(core, self.call, dialog, None, now);
                    self.state = State::Closing(Box::new(closing));
                }
            }
            (State::Cancelled, News::Failure { .. } | News::Timeout) => self.state = State::Over,
            // RFC 3261 §13.2.2.4: another fork answered as well.
            (
                State::Established(_) | State::Closing(_) | State::Over | State::Ringing(_),
                News::Success(response),
            ) => {
                if let Some(mut dialog) = self.acknowledge_fork(core, &response, now) {
                    core.send(dialog.request(Method::Bye), Owner::Nobody, now);
                }
            }
            // The end of the flow is told to the session by itself.
            (State::Calling(_) | State::Cancelled, News::FlowLost)
            | (State::Cancelled, News::Provisional(_))
            | (
                State::Established(_) | State::Closing(_) | State::Over | State::Ringing(_),
                News::Provisional(_) | News::Failure { .. } | News::Timeout | News::FlowLost,
            ) => {}
        }
    }

    /// Gives up a call that has no final response: CANCEL as soon as it may be sent.
    pub(super) fn cancel(&mut self, core: &mut Core, cause: Cause, now: Instant) {
        if let Origin::Placed(branch) = &self.origin {
            core.transactions.cancel(branch, &mut core.flow, now);
        }
        self.state = State::Cancelled;
        self.ended(core, cause);
    }

    fn handle_progress(&mut self, core: &mut Core, response: &Response, now: Instant) {
        let (State::Calling(calling), Origin::Placed(branch)) = (&mut self.state, &self.origin)
        else {
            return;
        };
        calling.deadline = now + RINGING_LIMIT;
        // RFC 3261 §12.1: 100 makes no dialog.
        if response.status == 100 {
            return;
        }
        let has_tag = response.headers.to().is_some_and(|to| to.tag().is_some());
        let (dialog, answer) = if has_tag {
            let Some(early) = core
                .transactions
                .invite(branch)
                .and_then(|invite| calling.early(invite, response))
            else {
                return;
            };
            let answer = response_description(response).filter(|_| early.answer.is_none());
            if answer.is_some() {
                early.answer.clone_from(&answer);
            }
            (early.handle, answer)
        } else {
            // It makes no dialog (RFC 3261 §12.1); the next one to appear is likely its own.
            (DialogHandle(calling.dialogs), None)
        };
        if response.status >= 180 || answer.is_some() {
            core.emit(Event::Progress {
                call: self.call,
                dialog,
                status: response.status,
                answer: answer.map(Answer),
            });
        }
    }

    fn handle_answer(&mut self, core: &mut Core, response: &Response, now: Instant) {
        let Some(mut dialog) = self.acknowledge_fork(core, response, now) else {
            return;
        };
        let State::Calling(calling) = &mut self.state else {
            return;
        };
        let early = calling
            .early
            .iter()
            .find(|early| early.dialog.remote_tag() == dialog.remote_tag());
        if let Some(early) = early {
            dialog.count_on_from(&early.dialog);
        }
        let handle = early.map_or(DialogHandle(calling.dialogs), |early| early.handle);
        let early_answer = early.and_then(|early| early.answer.clone());
        let answer = response_description(response);
        let established = Established {
            dialog,
            sent: Sent::default(),
            received: Received::default(),
            infos: Infos::default(),
        };
        // RFC 3261 §13.2.1: the 2xx to an offer has the answer.
        if answer.is_none() && early_answer.is_none() {
            let cause = Cause::Protocol("The 2xx to our offer has no answer".to_owned());
            return self.close(core, established, cause, now);
        }
        tracing::info!(call = self.call.0, "Answered");
        self.state = State::Established(Box::new(established));
        core.emit(Event::Accepted {
            call: self.call,
            dialog: handle,
            answer: answer
                .filter(|answer| early_answer.as_ref() != Some(answer))
                .map(Answer),
        });
    }

    fn handle_refusal(
        &mut self,
        core: &mut Core,
        request: Request,
        response: &Response,
        now: Instant,
    ) {
        let State::Calling(calling) = &mut self.state else {
            return;
        };
        if matches!(response.status, 401 | 407) {
            let attempt = calling.attempt;
            let answer = core.authentication.answer(
                request,
                response,
                Trust::Placing,
                attempt,
                &mut core.rng,
            );
            match answer {
                Ok(request) => {
                    let branch = core.send(request, Owner::Call(self.call), now);
                    self.origin = Origin::Placed(branch);
                    calling.attempt = attempt.next();
                    // RFC 3261 §12.3: a final response other than 2xx ends its early dialogs.
                    calling.early.clear();
                    return;
                }
                Err(reason) => tracing::info!(call = self.call.0, %reason, "Challenge refused"),
            }
        }
        // 3xx as well: where a call goes is the user's decision, not the callee's (left out: RFC
        // 3261 §8.1.3.4).
        self.state = State::Over;
        self.ended(core, refused(response));
    }

    /// Acknowledges a fork's first 2xx and returns its dialog (RFC 3261 §13.2.2.4: of the 2xx, not
    /// of earlier 18x).
    fn acknowledge_fork(
        &mut self,
        core: &mut Core,
        response: &Response,
        now: Instant,
    ) -> Option<Dialog> {
        let Origin::Placed(branch) = &self.origin else {
            return None;
        };
        let branch = branch.clone();
        let invite = core.transactions.invite(&branch)?;
        let dialog = Dialog::of_response(invite, response)?;
        self.acknowledge(core, &dialog, &branch, now);
        Some(dialog)
    }
}

impl Origin {
    /// Returns how far a challenge to a BYE or INFO of ours in this call is trusted.
    pub(super) fn trust(&self) -> Trust {
        match self {
            Self::Placed(_) => Trust::Callee,
            Self::Received => Trust::Caller,
        }
    }

    /// RFC 3261 §14.1: who made the Call-ID waits longer after glare.
    pub(super) fn owns_call_id(&self) -> bool {
        match self {
            Self::Placed(_) => true,
            Self::Received => false,
        }
    }
}
