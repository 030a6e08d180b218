use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::{
    Established, Infos, Origin, Received, SDP, Sent, Session, State, Unacknowledged,
    describe_ourselves, request_description, unacknowledged::Kind,
};
use crate::{
    CallHandle, Cause, Event, Offer, Party,
    core::Core,
    dialog::Dialog,
    message::{Request, Response},
    token,
    transaction::ServerKey,
};

/// How often ringing is repeated, so that proxies keep the call (RFC 3261 §13.3.1.1: every minute).
const REPEAT_RINGING: Duration = Duration::from_secs(60);

/// How long a call rings at most: longer than any proxy's timer C (RFC 3261 §16.6), so that a
/// CANCEL that was lost does not leave us ringing for ever.
const RINGING_LIMIT: Duration = Duration::from_secs(200);

/// How long a call rings on without a flow on which its CANCEL could come.
const FLOW_GRACE: Duration = Duration::from_secs(5);

/// An INVITE that came in and has no final response yet.
#[derive(Debug)]
pub(super) struct Ringing {
    key: ServerKey,
    dialog: Dialog,
    contact: String,
    has_offer: bool,
    /// The flow it came on.
    generation: u32,
    repeat_at: Instant,
    give_up_at: Instant,
    flow: FlowState,
}

#[derive(Debug)]
enum FlowState {
    Up,
    LostUntil(Instant),
}

impl Ringing {
    pub(super) fn dialog(&self) -> &Dialog {
        &self.dialog
    }

    pub(super) fn dialog_mut(&mut self) -> &mut Dialog {
        &mut self.dialog
    }

    pub(super) fn handle_flow_closed(&mut self, now: Instant) {
        self.flow = FlowState::LostUntil(now + FLOW_GRACE);
    }

    pub(super) fn handle_flow_opened(&mut self) {
        self.flow = FlowState::Up;
    }

    /// Returns why the call ends, if it does.
    pub(super) fn handle_timeout(&mut self, core: &mut Core, now: Instant) -> Option<Cause> {
        if let FlowState::LostUntil(until) = self.flow
            && until <= now
        {
            self.refuse(core, 480, now);
            return Some(Cause::FlowLost);
        }
        if self.give_up_at <= now {
            self.refuse(core, 480, now);
            return Some(Cause::Timeout);
        }
        if self.repeat_at <= now {
            self.ring(core, now);
        }
        None
    }

    pub(super) fn poll_timeout(&self) -> Instant {
        let at = self.repeat_at.min(self.give_up_at);
        match self.flow {
            FlowState::Up => at,
            FlowState::LostUntil(until) => at.min(until),
        }
    }

    /// Tells the caller that it rings here.
    fn ring(&mut self, core: &mut Core, now: Instant) {
        self.repeat_at = now + REPEAT_RINGING;
        if let Some(mut response) = self.response(core, 180) {
            describe_ourselves(&mut response, &self.contact);
            core.respond(&self.key, &response, now);
        }
    }

    /// Sends a final response of 300 to 699.
    pub(super) fn refuse(&self, core: &mut Core, status: u16, now: Instant) {
        if let Some(response) = self.response(core, status) {
            core.respond(&self.key, &response, now);
        }
    }

    /// Makes the 2xx.
    fn acceptance(&self, core: &Core, description: &str) -> Option<Response> {
        let mut response = self.response(core, 200)?;
        describe_ourselves(&mut response, &self.contact);
        response.set_body(SDP, description);
        Some(response)
    }

    fn response(&self, core: &Core, status: u16) -> Option<Response> {
        let request = core.transactions.request(&self.key)?;
        let mut response = Response::to_request(request, status, None);
        response.set_to_tag(self.dialog.local_tag());
        response
            .headers
            .push("User-Agent", core.config.user_agent.clone());
        Some(response)
    }
}

impl Session {
    /// Takes an INVITE that starts a call, and rings; `None`: it has no usable Contact (RFC 3261
    /// §8.1.1.8).
    pub(crate) fn receive(
        core: &mut Core,
        call: CallHandle,
        key: &ServerKey,
        request: &Request,
        now: Instant,
    ) -> Option<Self> {
        let local_tag = token::tag(&mut core.rng);
        let dialog = Dialog::of_request(request, &local_tag, &mut core.rng)?;
        let contact = core.flow.dialog_contact(request.uri.scheme(), false);
        let offer = request_description(request);
        let mut ringing = Ringing {
            key: key.clone(),
            dialog,
            contact: contact.clone(),
            has_offer: offer.is_some(),
            generation: core.flow.generation(),
            repeat_at: now + REPEAT_RINGING,
            give_up_at: now + ringing_limit(request),
            flow: FlowState::Up,
        };
        ringing.ring(core, now);
        tracing::info!(call = call.0, "Ringing");
        core.emit(Event::Incoming {
            call,
            from: request
                .headers
                .from()
                .as_ref()
                .map(Party::from)
                .unwrap_or_default(),
            asserted: request.headers.asserted().as_ref().map(Party::from),
            offer: offer.map(Offer),
            headers: surfaced(request),
            answer_after: answer_after(request),
        });
        Some(Self {
            call,
            contact,
            origin: Origin::Received,
            acks: VecDeque::new(),
            state: State::Ringing(Box::new(ringing)),
        })
    }

    /// Takes the INVITE of this call that comes again over a newer flow: the registrar's side found
    /// our binding anew, and the old flow's responses are lost. It rings once. `false`: it is
    /// another.
    pub(crate) fn resume(
        &mut self,
        core: &mut Core,
        key: &ServerKey,
        request: &Request,
        now: Instant,
    ) -> bool {
        match &mut self.state {
            State::Ringing(ringing)
                if ringing.generation != core.flow.generation()
                    && core.transactions.is_same_invite(&ringing.key, request) =>
            {
                core.transactions.replace(&ringing.key);
                ringing.key = key.clone();
                ringing.generation = core.flow.generation();
                ringing.ring(core, now);
                true
            }
            State::Established(established) => {
                let local_tag = established.dialog.local_tag();
                established
                    .received
                    .answer_again(core, key, request, local_tag, now)
            }
            State::Ringing(_)
            | State::Calling(_)
            | State::Cancelled
            | State::Closing(_)
            | State::Over => false,
        }
    }

    /// Takes the caller's CANCEL (RFC 3261 §9.2); the To tag for its 200, or `None` where the
    /// CANCEL is for another.
    pub(crate) fn handle_cancel(
        &mut self,
        core: &mut Core,
        invite: &ServerKey,
        cancel: &Request,
        now: Instant,
    ) -> Option<String> {
        match &mut self.state {
            State::Ringing(ringing) if ringing.key == *invite => {
                let tag = ringing.dialog.local_tag().to_owned();
                ringing.refuse(core, 487, now);
                // RFC 3326: the fork that answered first is why the others are cancelled.
                let is_answered_elsewhere = cancel.headers.reasons().iter().any(|reason| {
                    reason.protocol.eq_ignore_ascii_case("SIP") && reason.cause == Some(200)
                });
                self.state = State::Over;
                self.ended(
                    core,
                    if is_answered_elsewhere {
                        Cause::AnsweredElsewhere
                    } else {
                        Cause::Cancelled
                    },
                );
                Some(tag)
            }
            State::Established(established) => established
                .received
                .handle_cancel(core, invite, now)
                .then(|| established.dialog.local_tag().to_owned()),
            State::Ringing(_)
            | State::Calling(_)
            | State::Cancelled
            | State::Closing(_)
            | State::Over => None,
        }
    }

    /// Answers a call; `wants_answer`: `description` is an offer, as the INVITE had none.
    pub(super) fn pick_up(
        &mut self,
        core: &mut Core,
        description: &str,
        wants_answer: bool,
        now: Instant,
    ) -> bool {
        let State::Ringing(ringing) = &self.state else {
            return false;
        };
        if ringing.has_offer == wants_answer {
            return false;
        }
        let Some(response) = ringing.acceptance(core, description) else {
            return false;
        };
        core.respond(&ringing.key, &response, now);
        tracing::info!(call = self.call.0, "Answering");
        let cseq = response.headers.cseq().map_or(0, |(number, _)| number);
        let unacknowledged = Unacknowledged::new(cseq, response, Kind::First { wants_answer }, now);
        let established = Established {
            dialog: ringing.dialog.clone(),
            sent: Sent::default(),
            received: Received::answered(ringing.key.clone(), ringing.generation, unacknowledged),
            infos: Infos::default(),
        };
        self.state = State::Established(Box::new(established));
        true
    }
}

/// RFC 3261 §13.3.1: the caller may say how long the INVITE is good for.
fn ringing_limit(request: &Request) -> Duration {
    request.headers.expires().map_or(RINGING_LIMIT, |seconds| {
        Duration::from_secs(seconds.max(1).into()).min(RINGING_LIMIT)
    })
}

/// Returns the headers that an agent's desktop shows or searches: all `X-*`, Diversion (RFC 5806), and
/// by which Ozonetel knows a call.
fn surfaced(request: &Request) -> Vec<(String, String)> {
    request
        .headers
        .iter()
        .filter(|(name, _)| {
            name.get(..2)
                .is_some_and(|start| start.eq_ignore_ascii_case("X-"))
                || name.eq_ignore_ascii_case("Diversion")
                || name.to_ascii_uppercase().ends_with("UCID")
        })
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect()
}

/// Returns after how long the caller wants the call answered by itself; whether it is, is the
/// user's setting. The URLs of these headers are never fetched.
fn answer_after(request: &Request) -> Option<Duration> {
    let by_call_info = request
        .headers
        .call_info()
        .iter()
        .find_map(|info| info.params.get("answer-after")?.trim().parse().ok())
        .map(|seconds: u32| Duration::from_secs(seconds.into()));
    by_call_info.or_else(|| {
        request
            .headers
            .alert_info()
            .iter()
            .any(|info| {
                let asks = |text: &str| {
                    let text = text.to_ascii_lowercase();
                    text.contains("alert-autoanswer") || text.contains("auto-answer")
                };
                info.params.get("info").is_some_and(asks) || asks(&info.uri)
            })
            .then_some(Duration::ZERO)
    })
}
