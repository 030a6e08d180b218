//! We change the session: re-INVITE (RFC 3261 §14.1).

use std::{
    mem,
    time::{Duration, Instant},
};

use rand::RngExt;

use super::{Origin, SDP, Session, State, response_description};
use crate::{
    Answer, Cause, Event, Offer,
    authentication::{Attempt, Trust},
    core::{Core, refused},
    message::{Method, Request, Response},
    timer::TRANSACTION_TIMEOUT,
    transaction::{Branch, News, Owner},
};

/// How often an offer is repeated after glare. Two peers that collide choose from ranges that do
/// not overlap, so a third collision means that the peer has something open for long.
const MAX_GLARES: u8 = 5;

/// How long an offer may wait for its turn, for a flow and for the peer, all repetitions together.
const REOFFER_LIMIT: Duration = Duration::from_secs(2 * TRANSACTION_TIMEOUT.as_secs());

/// Where our offer stands.
///
/// ```text
///  Idle --reoffer--> Waiting --flow ready, peer's offer done--> UnderWay --2xx, refusal--> Idle
///    ^---peer's offer---/  ^-----------491, flow lost------------------/
/// ```
#[derive(Debug, Default)]
pub(super) enum Sent {
    #[default]
    Idle,
    Waiting {
        offer: Offer,
        at: Instant,
        glares: u8,
        give_up_at: Instant,
    },
    UnderWay {
        offer: Offer,
        branch: Branch,
        attempt: Attempt,
        /// A provisional response came: the next hop has passed the re-INVITE on.
        is_passed_on: bool,
        glares: u8,
        give_up_at: Instant,
    },
}

impl Sent {
    pub(super) fn awaits(&self, branch: &Branch) -> bool {
        self.branch() == Some(branch)
    }

    pub(super) fn branch(&self) -> Option<&Branch> {
        match self {
            Self::UnderWay { branch, .. } => Some(branch),
            Self::Idle | Self::Waiting { .. } => None,
        }
    }

    /// The call ends: nobody waits for the answer any more.
    pub(super) fn abandon(&self, core: &mut Core, now: Instant) {
        if let Some(branch) = self.branch() {
            core.transactions.abandon(branch, now);
        }
    }

    /// Gives up an offer that waits.
    pub(super) fn withdraw(&mut self) {
        match self {
            Self::Waiting { .. } => *self = Self::Idle,
            Self::Idle | Self::UnderWay { .. } => {}
        }
    }

    pub(super) fn is_under_way(&self) -> bool {
        self.branch().is_some()
    }

    pub(super) fn poll_timeout(&self, may_send: bool) -> Option<Instant> {
        match self {
            Self::Idle => None,
            Self::Waiting { at, give_up_at, .. } if may_send => Some(*at.min(give_up_at)),
            Self::Waiting { give_up_at, .. } | Self::UnderWay { give_up_at, .. } => {
                Some(*give_up_at)
            }
        }
    }
}

impl Session {
    /// Offers a change; `false`: the call is not established, or an offer of ours is open.
    pub(crate) fn reoffer(&mut self, core: &mut Core, offer: Offer, now: Instant) -> bool {
        let State::Established(established) = &mut self.state else {
            return false;
        };
        match established.sent {
            Sent::Idle => {}
            Sent::Waiting { .. } | Sent::UnderWay { .. } => return false,
        }
        established.sent = Sent::Waiting {
            offer,
            at: now,
            glares: 0,
            give_up_at: now + REOFFER_LIMIT,
        };
        self.send_offer_if_due(core, now);
        true
    }

    /// Sends an offer that waits, when its time has come and nothing is in its way.
    pub(super) fn send_offer_if_due(&mut self, core: &mut Core, now: Instant) {
        let State::Established(established) = &mut self.state else {
            return;
        };
        // RFC 3261 §14.1: not while another INVITE transaction is in progress.
        if !core.flow.is_ready() || !established.received.is_idle() {
            return;
        }
        match mem::take(&mut established.sent) {
            Sent::Waiting {
                offer,
                at,
                glares,
                give_up_at,
            } if at <= now => {
                let mut request = established.dialog.request(Method::Invite);
                request.headers.push("Contact", self.contact.clone());
                request.set_body(SDP, &offer.0);
                established.sent = Sent::UnderWay {
                    offer,
                    branch: core.send(request, Owner::Call(self.call), now),
                    attempt: Attempt::first(),
                    is_passed_on: false,
                    glares,
                    give_up_at,
                };
            }
            other @ (Sent::Waiting { .. } | Sent::Idle | Sent::UnderWay { .. }) => {
                established.sent = other;
            }
        }
    }

    pub(super) fn handle_sent_timeout(&mut self, core: &mut Core, now: Instant) {
        let State::Established(established) = &mut self.state else {
            return;
        };
        match &established.sent {
            Sent::Idle => {}
            Sent::Waiting { give_up_at, .. } if *give_up_at <= now => {
                let cause = if core.flow.is_ready() {
                    Cause::Timeout
                } else {
                    Cause::FlowLost
                };
                self.refused_reoffer(core, cause);
            }
            // The peer said 1xx and then nothing.
            Sent::UnderWay {
                give_up_at, branch, ..
            } if *give_up_at <= now => {
                core.transactions.cancel(branch, &mut core.flow, now);
                self.refused_reoffer(core, Cause::Timeout);
            }
            Sent::Waiting { .. } => self.send_offer_if_due(core, now),
            Sent::UnderWay { .. } => {}
        }
    }

    pub(super) fn handle_reoffer_news(
        &mut self,
        core: &mut Core,
        branch: &Branch,
        news: News,
        now: Instant,
    ) {
        match news {
            News::Provisional(_) => {
                if let State::Established(established) = &mut self.state
                    && let Sent::UnderWay { is_passed_on, .. } = &mut established.sent
                {
                    *is_passed_on = true;
                }
            }
            News::Success(response) => self.handle_reoffer_answer(core, branch, &response, now),
            News::Failure { request, response } => {
                self.handle_reoffer_refusal(core, *request, &response, now);
            }
            // RFC 3261 §14.1, §12.2.1.2: no response counts as 408: the dialog is over.
            News::Timeout => self.close_established(core, Cause::Timeout, now),
            News::FlowLost => {
                let State::Established(established) = &mut self.state else {
                    return;
                };
                if let Sent::UnderWay {
                    offer,
                    branch,
                    glares,
                    give_up_at,
                    ..
                } = mem::take(&mut established.sent)
                {
                    core.transactions.abandon(&branch, now);
                    established.sent = Sent::Waiting {
                        offer,
                        at: now,
                        glares,
                        give_up_at,
                    };
                }
            }
        }
    }

    /// Acknowledges a 2xx to a re-INVITE of ours.
    pub(super) fn acknowledge_reinvite(&mut self, core: &mut Core, branch: &Branch, now: Instant) {
        let State::Established(established) = &self.state else {
            return;
        };
        let dialog = established.dialog.clone();
        self.acknowledge(core, &dialog, branch, now);
    }

    fn handle_reoffer_answer(
        &mut self,
        core: &mut Core,
        branch: &Branch,
        response: &Response,
        now: Instant,
    ) {
        let State::Established(established) = &mut self.state else {
            return;
        };
        established.sent = Sent::Idle;
        established.dialog.refresh_target(&response.headers);
        self.acknowledge_reinvite(core, branch, now);
        core.emit(match response_description(response) {
            Some(answer) => Event::ReofferAccepted {
                call: self.call,
                answer: Answer(answer),
            },
            None => Event::ReofferRefused {
                call: self.call,
                cause: Cause::Protocol("The 2xx to our offer has no answer".to_owned()),
            },
        });
    }

    fn handle_reoffer_refusal(
        &mut self,
        core: &mut Core,
        request: Request,
        response: &Response,
        now: Instant,
    ) {
        match response.status {
            401 | 407 => self.answer_reoffer_challenge(core, request, response, now),
            481 => self.lose_dialog(core, response, now),
            408 => self.close_established(core, refused(response), now),
            491 => {
                // RFC 3261 §14.1: 2.1 to 4 s for the owner of the Call-ID, else 0 to 2 s, in steps
                // of 10 ms.
                let steps = if self.origin.owns_call_id() {
                    core.rng.random_range(210..=400)
                } else {
                    core.rng.random_range(0..=200)
                };
                self.repeat_reoffer(core, Duration::from_millis(10 * steps), response, now);
            }
            // RFC 3261 §14.2: the peer is busy with an INVITE of its own and says for how long.
            500 => match response.headers.retry_after() {
                Some(seconds) if seconds <= 10 => {
                    let pause = Duration::from_secs(seconds.into());
                    self.repeat_reoffer(core, pause, response, now);
                }
                Some(_) | None => self.refused_reoffer(core, refused(response)),
            },
            _ => self.refused_reoffer(core, refused(response)),
        }
    }

    fn answer_reoffer_challenge(
        &mut self,
        core: &mut Core,
        request: Request,
        response: &Response,
        now: Instant,
    ) {
        let State::Established(established) = &mut self.state else {
            return;
        };
        let Sent::UnderWay {
            branch,
            attempt,
            is_passed_on,
            ..
        } = &mut established.sent
        else {
            return;
        };
        let trust = match (&self.origin, *is_passed_on) {
            (Origin::Placed(_), _) => Trust::Callee,
            (Origin::Received, false) => Trust::NextHop,
            (Origin::Received, true) => {
                tracing::info!(call = self.call.0, "A caller asked for credentials");
                return self.refused_reoffer(core, refused(response));
            }
        };
        let answer = core
            .authentication
            .answer(request, response, trust, *attempt, &mut core.rng);
        match answer {
            Ok(mut request) => {
                established.dialog.renumber(&mut request);
                *attempt = attempt.next();
                *is_passed_on = false;
                *branch = core.send(request, Owner::Call(self.call), now);
            }
            Err(reason) => {
                tracing::info!(call = self.call.0, %reason, "Challenge refused");
                self.refused_reoffer(core, refused(response));
            }
        }
    }

    fn repeat_reoffer(
        &mut self,
        core: &mut Core,
        pause: Duration,
        response: &Response,
        now: Instant,
    ) {
        let State::Established(established) = &mut self.state else {
            return;
        };
        match mem::take(&mut established.sent) {
            Sent::UnderWay {
                offer,
                glares,
                give_up_at,
                ..
            } if glares < MAX_GLARES => {
                established.sent = Sent::Waiting {
                    offer,
                    at: now + pause,
                    glares: glares + 1,
                    give_up_at,
                };
                self.send_offer_if_due(core, now);
            }
            Sent::UnderWay { .. } | Sent::Waiting { .. } | Sent::Idle => {
                self.refused_reoffer(core, refused(response));
            }
        }
    }

    fn refused_reoffer(&mut self, core: &mut Core, cause: Cause) {
        if let State::Established(established) = &mut self.state {
            established.sent = Sent::Idle;
        }
        core.emit(Event::ReofferRefused {
            call: self.call,
            cause,
        });
    }
}
