//! The peer changes the session: re-INVITE and UPDATE (RFC 3261 §14.2, RFC 3311).

use std::{
    mem,
    time::{Duration, Instant},
};

use rand::RngExt;

use super::{
    SDP, Session, State, Unacknowledged, describe_ourselves, has_foreign_body, request_description,
    unacknowledged::Kind,
};
use crate::{
    Answer, Cause, Event, Offer,
    core::Core,
    message::{Method, Request, Response},
    other_requests,
    transaction::ServerKey,
};

/// How long the caller of this crate may think about an offer before it is refused: half of the
/// peer's timer F.
const THINKING_LIMIT: Duration = Duration::from_secs(16);

/// Where the peer's offer, or its wish for ours, stands.
///
/// ```text
///  Idle --re-INVITE, UPDATE--> Asked --2xx to INVITE--> Accepted --ACK--> Idle
///    ^------refusal, 2xx to UPDATE--/
/// ```
#[derive(Debug, Default)]
pub(super) enum Received {
    #[default]
    Idle,
    Asked {
        key: ServerKey,
        has_offer: bool,
        deadline: Instant,
    },
    Accepted {
        key: ServerKey,
        /// The flow the INVITE came on.
        generation: u32,
        unacknowledged: Unacknowledged,
    },
}

impl Received {
    /// The call's first 2xx has been sent.
    pub(super) fn answered(
        key: ServerKey,
        generation: u32,
        unacknowledged: Unacknowledged,
    ) -> Self {
        Self::Accepted {
            key,
            generation,
            unacknowledged,
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        match self {
            Self::Idle => true,
            Self::Asked { .. } | Self::Accepted { .. } => false,
        }
    }

    /// The call ends: a request that waits is answered (RFC 3261 §15.1.2). Returns the call's first
    /// 2xx, if that still waits for its ACK.
    pub(super) fn abandon(&mut self, core: &mut Core, now: Instant) -> Option<Unacknowledged> {
        match mem::take(self) {
            Self::Idle => None,
            Self::Asked { key, .. } => {
                refuse(core, &key, 487, now);
                None
            }
            Self::Accepted { unacknowledged, .. } => match unacknowledged.kind() {
                Kind::First { .. } => Some(unacknowledged),
                Kind::Again { .. } => None,
            },
        }
    }

    /// Sends a 2xx that waits for its ACK again, on a new flow.
    pub(super) fn repeat(&mut self, core: &mut Core, now: Instant) {
        match self {
            Self::Accepted { unacknowledged, .. } => unacknowledged.repeat(core, now),
            Self::Idle | Self::Asked { .. } => {}
        }
    }

    /// Answers the call's INVITE, which came again over a newer flow, with the same 2xx.
    pub(super) fn answer_again(
        &mut self,
        core: &mut Core,
        key: &ServerKey,
        request: &Request,
        local_tag: &str,
        now: Instant,
    ) -> bool {
        match self {
            Self::Accepted {
                key: known,
                generation,
                unacknowledged,
            } if *generation != core.flow.generation()
                && core.transactions.is_same_invite(known, request) =>
            {
                let mut response = Response::to_request(request, 200, None);
                response.set_to_tag(local_tag);
                for name in ["Contact", "Allow", "Supported", "User-Agent"] {
                    if let Some(value) = unacknowledged.response().headers.get(name) {
                        response.headers.push(name, value);
                    }
                }
                response.set_body(
                    SDP,
                    &String::from_utf8_lossy(&unacknowledged.response().body),
                );
                core.transactions.replace(known);
                core.respond(key, &response, now);
                *known = key.clone();
                *generation = core.flow.generation();
                let cseq = request.headers.cseq().map_or(0, |(number, _)| number);
                *unacknowledged = Unacknowledged::new(cseq, response, unacknowledged.kind(), now);
                true
            }
            Self::Accepted { .. } | Self::Idle | Self::Asked { .. } => false,
        }
    }

    /// Takes the CANCEL of a re-INVITE, or one that crossed our 2xx; `false`: it is for another.
    pub(super) fn handle_cancel(
        &mut self,
        core: &mut Core,
        invite: &ServerKey,
        now: Instant,
    ) -> bool {
        match self {
            Self::Asked { key, .. } if key == invite => {
                refuse(core, key, 487, now);
                *self = Self::Idle;
                true
            }
            // RFC 3261 §9.2: after a final response CANCEL changes nothing.
            Self::Accepted { key, .. } => key == invite,
            Self::Asked { .. } | Self::Idle => false,
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        match self {
            Self::Idle => None,
            Self::Asked { deadline, .. } => Some(*deadline),
            Self::Accepted { unacknowledged, .. } => Some(unacknowledged.poll_timeout()),
        }
    }
}

impl Session {
    pub(super) fn handle_reinvite(
        &mut self,
        core: &mut Core,
        key: &ServerKey,
        request: &Request,
        now: Instant,
    ) {
        let State::Established(established) = &mut self.state else {
            // RFC 3261 §14.2: the first INVITE is still open; over here: the dialog is gone.
            let status = if self.is_live() { 500 } else { 481 };
            return refuse_with_pause(core, key, request, status, now);
        };
        // RFC 3261 §14.2
        if established.sent.is_under_way() {
            return core.respond_status(key, request, 491, now);
        }
        match &established.received {
            Received::Idle => {}
            Received::Accepted { unacknowledged, .. } if !unacknowledged.wants_answer() => {
                // The peer goes on, so it has our 2xx; its ACK was lost or is late.
                self.handle_acknowledged(core, None);
            }
            Received::Asked { .. } | Received::Accepted { .. } => {
                return refuse_with_pause(core, key, request, 500, now);
            }
        }
        if has_foreign_body(request) {
            return other_requests::refuse_body(core, key, request, now);
        }
        let offer = request_description(request);
        self.ask(core, key, request, offer, now);
    }

    pub(super) fn handle_update(
        &mut self,
        core: &mut Core,
        key: &ServerKey,
        request: &Request,
        now: Instant,
    ) {
        if has_foreign_body(request) {
            return other_requests::refuse_body(core, key, request, now);
        }
        let offer = request_description(request);
        match (&mut self.state, offer) {
            (State::Established(established), None) => {
                // RFC 3311 §5.2: a target refresh alone.
                established.dialog.refresh_target(&request.headers);
                self.accept_update(core, key, request, None, now);
            }
            (State::Established(established), Some(offer)) => {
                if established.sent.is_under_way() {
                    core.respond_status(key, request, 491, now);
                } else if !established.received.is_idle() {
                    // RFC 3311 §5.2
                    refuse_with_pause(core, key, request, 500, now);
                } else {
                    self.ask(core, key, request, Some(offer), now);
                }
            }
            (State::Calling(calling), None) => {
                if let Some(dialog) = calling.dialog_of_mut(&request.headers) {
                    dialog.refresh_target(&request.headers);
                }
                self.accept_update(core, key, request, None, now);
            }
            (State::Ringing(ringing), None) => {
                ringing.dialog_mut().refresh_target(&request.headers);
                self.accept_update(core, key, request, None, now);
            }
            // RFC 3311 §5.2: our offer is not answered yet.
            (State::Calling(_), Some(_)) => core.respond_status(key, request, 491, now),
            (State::Ringing(_), Some(_)) => refuse_with_pause(core, key, request, 500, now),
            (State::Cancelled | State::Closing(_) | State::Over, _) => {
                core.respond_status(key, request, 481, now);
            }
        }
    }

    /// Accepts what the peer asked for; `wants_answer`: `description` is our offer.
    pub(super) fn accept_received(
        &mut self,
        core: &mut Core,
        description: &str,
        wants_answer: bool,
        now: Instant,
    ) -> bool {
        let State::Established(established) = &mut self.state else {
            return false;
        };
        let key = match &established.received {
            Received::Asked { key, has_offer, .. } if *has_offer != wants_answer => key.clone(),
            Received::Asked { .. } | Received::Accepted { .. } | Received::Idle => return false,
        };
        established.received = Received::Idle;
        let Some(request) = core.transactions.request(&key).cloned() else {
            return false;
        };
        let response = self.accept_update(core, &key, &request, Some(description), now);
        if let State::Established(established) = &mut self.state
            && request.method == Method::Invite
        {
            let cseq = request.headers.cseq().map_or(0, |(number, _)| number);
            let kind = Kind::Again { wants_answer };
            established.received = Received::Accepted {
                key,
                generation: core.flow.generation(),
                unacknowledged: Unacknowledged::new(cseq, response, kind, now),
            };
        }
        self.send_offer_if_due(core, now);
        true
    }

    /// Keeps the session as it is (RFC 3261 §14.2: 488).
    pub(crate) fn refuse_reoffer(&mut self, core: &mut Core, status: u16, now: Instant) -> bool {
        let State::Established(established) = &mut self.state else {
            return false;
        };
        let Received::Asked { key, .. } = &established.received else {
            return false;
        };
        refuse(core, key, status, now);
        established.received = Received::Idle;
        self.send_offer_if_due(core, now);
        true
    }

    /// Takes an ACK of the established call.
    pub(super) fn handle_session_ack(&mut self, core: &mut Core, ack: &Request, now: Instant) {
        let State::Established(established) = &mut self.state else {
            return;
        };
        let cseq = ack.headers.cseq().map(|(number, _)| number);
        match &established.received {
            Received::Accepted { unacknowledged, .. } if cseq == Some(unacknowledged.cseq()) => {
                // RFC 3261 §13.2.1: the ACK to an offer in a 2xx has the answer.
                let answer = request_description(ack);
                let missing = || Cause::Protocol("The ACK to our offer has no answer".to_owned());
                match unacknowledged.kind() {
                    Kind::First { wants_answer: true } if answer.is_none() => {
                        established.received = Received::Idle;
                        return self.close_established(core, missing(), now);
                    }
                    // The session that runs is kept.
                    Kind::Again { wants_answer: true } if answer.is_none() => {
                        established.received = Received::Idle;
                        core.emit(Event::ReofferRefused {
                            call: self.call,
                            cause: missing(),
                        });
                    }
                    Kind::First { .. } | Kind::Again { .. } => {
                        self.handle_acknowledged(core, answer);
                    }
                }
                self.send_offer_if_due(core, now);
            }
            Received::Accepted { .. } | Received::Asked { .. } | Received::Idle => {}
        }
    }

    pub(super) fn handle_received_timeout(&mut self, core: &mut Core, now: Instant) {
        let State::Established(established) = &mut self.state else {
            return;
        };
        match &mut established.received {
            Received::Idle => {}
            Received::Asked { deadline, .. } => {
                if *deadline <= now {
                    self.refuse_reoffer(core, 488, now);
                }
            }
            Received::Accepted { unacknowledged, .. } => {
                // RFC 3261 §13.3.1.4, §14.2: no ACK: BYE.
                if unacknowledged.handle_timeout(core, now) {
                    established.received = Received::Idle;
                    self.close_established(core, Cause::Timeout, now);
                }
            }
        }
    }

    fn handle_acknowledged(&mut self, core: &mut Core, answer: Option<String>) {
        let State::Established(established) = &mut self.state else {
            return;
        };
        let Received::Accepted { unacknowledged, .. } = mem::take(&mut established.received) else {
            return;
        };
        match unacknowledged.kind() {
            Kind::First { wants_answer } => core.emit(Event::Established {
                call: self.call,
                answer: answer.filter(|_| wants_answer).map(Answer),
            }),
            Kind::Again { wants_answer } => {
                if let Some(answer) = answer.filter(|_| wants_answer) {
                    core.emit(Event::ReofferAccepted {
                        call: self.call,
                        answer: Answer(answer),
                    });
                }
            }
        }
    }

    fn ask(
        &mut self,
        core: &mut Core,
        key: &ServerKey,
        request: &Request,
        offer: Option<String>,
        now: Instant,
    ) {
        let State::Established(established) = &mut self.state else {
            return;
        };
        established.dialog.refresh_target(&request.headers);
        // It was made for the session as it was before the peer's.
        established.sent.withdraw();
        established.received = Received::Asked {
            key: key.clone(),
            has_offer: offer.is_some(),
            deadline: now + THINKING_LIMIT,
        };
        core.emit(match offer {
            Some(offer) => Event::Reoffered {
                call: self.call,
                offer: Offer(offer),
            },
            None => Event::OfferWanted { call: self.call },
        });
    }

    fn accept_update(
        &self,
        core: &mut Core,
        key: &ServerKey,
        request: &Request,
        description: Option<&str>,
        now: Instant,
    ) -> Response {
        let mut response = core.response(request, 200);
        describe_ourselves(&mut response, &self.contact);
        if let Some(description) = description {
            response.set_body(SDP, description);
        }
        core.respond(key, &response, now);
        response
    }

    pub(super) fn close_established(&mut self, core: &mut Core, cause: Cause, now: Instant) {
        match mem::replace(&mut self.state, State::Over) {
            State::Established(established) => self.close(core, *established, cause, now),
            other @ (State::Calling(_)
            | State::Ringing(_)
            | State::Cancelled
            | State::Closing(_)
            | State::Over) => self.state = other,
        }
    }
}

fn refuse(core: &mut Core, key: &ServerKey, status: u16, now: Instant) {
    if let Some(request) = core.transactions.request(key).cloned() {
        core.respond_status(key, &request, status, now);
    }
}

/// Refuses for the moment (RFC 3261 §14.2: 500 with Retry-After of 0 to 10 s).
fn refuse_with_pause(
    core: &mut Core,
    key: &ServerKey,
    request: &Request,
    status: u16,
    now: Instant,
) {
    let mut response = core.response(request, status);
    if status == 500 {
        let pause: u8 = core.rng.random_range(0..=10);
        response.headers.push("Retry-After", pause.to_string());
    }
    core.respond(key, &response, now);
}
