//! INVITE sessions (RFC 3261 §13 to §15).

mod closing;
mod info;
mod offer_received;
mod offer_sent;
mod outgoing;
mod ringing;
mod unacknowledged;

use std::{collections::VecDeque, fmt, mem, time::Instant};

use self::{
    closing::Closing, info::Infos, offer_received::Received, offer_sent::Sent, outgoing::Calling,
    ringing::Ringing, unacknowledged::Unacknowledged,
};
use crate::{
    Answer, CallHandle, Cause, Event, Offer,
    core::{ALLOW, Core, SUPPORTED, refused},
    dialog::Dialog,
    message::{Method, Request, Response},
    other_requests,
    timer::{TRANSACTION_TIMEOUT, earlier},
    transaction::{Branch, News, ServerKey},
};

/// The media type of descriptions, which pass through unread.
const SDP: &str = "application/sdp";

/// How many ACKs are kept for repeated 2xx: one for each fork of the INVITE, and for re-INVITEs.
const MAX_ACKS: usize = 16;

/// One call: from the INVITE to the last word about it, which can come after its [`Event::Ended`].
#[derive(Debug)]
pub(crate) struct Session {
    call: CallHandle,
    /// Our Contact in this call.
    contact: String,
    origin: Origin,
    acks: VecDeque<SentAck>,
    state: State,
}

#[derive(Debug)]
enum Origin {
    /// We called; the INVITE as it was sent last.
    Placed(Branch),
    Received,
}

/// ```text
///  Calling --2xx--> Established --BYE--> Over
///     |                  |end
///     |end               v
///     |               Closing --BYE answered, or 32 s--> Over
///     v                  ^
///  Cancelled --2xx-------/     --487--> Over
///
///  Ringing --accept--> Established;  --CANCEL, refusal--> Over
/// ```
///
/// To the caller a call is over when it leaves Calling, Ringing or Established otherwise than into
/// Established.
#[derive(Debug)]
enum State {
    Calling(Box<Calling>),
    Ringing(Box<Ringing>),
    Established(Box<Established>),
    /// CANCEL is wanted or was sent; the transaction has the deadline.
    Cancelled,
    Closing(Box<Closing>),
    /// Nothing is left but to acknowledge a late 2xx.
    Over,
}

/// A call whose 2xx was sent or received.
#[derive(Debug)]
struct Established {
    dialog: Dialog,
    sent: Sent,
    received: Received,
    infos: Infos,
}

/// An ACK, for when the 2xx comes again (RFC 3261 §13.2.2.4).
struct SentAck {
    cseq: u32,
    call_id: String,
    remote_tag: String,
    text: String,
    /// As long as the peer may wait for it.
    repeat_until: Instant,
}

impl Session {
    /// Returns whether the caller still knows this call.
    pub(crate) fn is_live(&self) -> bool {
        match self.state {
            State::Calling(_) | State::Ringing(_) | State::Established(_) => true,
            State::Cancelled | State::Closing(_) | State::Over => false,
        }
    }

    /// Returns whether nothing can come any more that this session must answer.
    pub(crate) fn is_finished(&self, core: &Core) -> bool {
        match self.state {
            State::Over => match &self.origin {
                Origin::Placed(branch) => core.transactions.invite(branch).is_none(),
                Origin::Received => true,
            },
            State::Calling(_)
            | State::Ringing(_)
            | State::Established(_)
            | State::Cancelled
            | State::Closing(_) => false,
        }
    }

    /// Returns whether a request inside a dialog is for this session.
    pub(crate) fn matches(&self, request: &Request) -> bool {
        match &self.state {
            State::Calling(calling) => calling.dialog_of(&request.headers).is_some(),
            State::Ringing(ringing) => ringing.dialog().matches(&request.headers),
            State::Established(established) => established.dialog.matches(&request.headers),
            State::Closing(closing) => closing.dialog().matches(&request.headers),
            State::Cancelled | State::Over => false,
        }
    }

    /// Answers a call whose INVITE had an offer.
    pub(crate) fn accept(&mut self, core: &mut Core, answer: &Answer, now: Instant) -> bool {
        self.pick_up(core, &answer.0, false, now)
    }

    /// Answers a call, or a re-INVITE, that had none.
    pub(crate) fn offer_in_answer(&mut self, core: &mut Core, offer: &Offer, now: Instant) -> bool {
        self.pick_up(core, &offer.0, true, now) || self.accept_received(core, &offer.0, true, now)
    }

    /// Answers the peer's offer of a change.
    pub(crate) fn accept_reoffer(
        &mut self,
        core: &mut Core,
        answer: &Answer,
        now: Instant,
    ) -> bool {
        self.accept_received(core, &answer.0, false, now)
    }

    /// Ends the call, in whatever state it is; returns `false` where it is over already.
    pub(crate) fn end(&mut self, core: &mut Core, status: u16, now: Instant) -> bool {
        match mem::replace(&mut self.state, State::Over) {
            State::Calling(_) => self.cancel(core, Cause::Local, now),
            State::Ringing(ringing) => {
                ringing.refuse(core, status, now);
                self.ended(core, Cause::Local);
            }
            State::Established(established) => {
                self.close(core, *established, Cause::Local, now);
            }
            other @ (State::Cancelled | State::Closing(_) | State::Over) => {
                self.state = other;
                return false;
            }
        }
        true
    }

    pub(crate) fn handle_news(
        &mut self,
        core: &mut Core,
        branch: &Branch,
        news: News,
        now: Instant,
    ) {
        if let Origin::Placed(invite) = &self.origin
            && invite == branch
        {
            return self.handle_invite_news(core, news, now);
        }
        match &mut self.state {
            State::Established(established) if established.sent.awaits(branch) => {
                self.handle_reoffer_news(core, branch, news, now);
            }
            State::Established(_) => match news {
                // To a re-INVITE that was given up: without ACK the peer would end the call.
                News::Success(response) if is_to_invite(&response) => {
                    self.acknowledge_reinvite(core, branch, now);
                }
                news @ (News::Provisional(_)
                | News::Success(_)
                | News::Failure { .. }
                | News::Timeout
                | News::FlowLost) => {
                    self.handle_info_news(core, branch, news, now);
                }
            },
            State::Closing(closing) => {
                let trust = self.origin.trust();
                if closing.handle_news(core, self.call, trust, branch, news, now) {
                    self.state = State::Over;
                }
            }
            State::Calling(_) | State::Ringing(_) | State::Cancelled | State::Over => {}
        }
    }

    /// Takes a request inside a dialog of this session, but ACK.
    pub(crate) fn handle_request(
        &mut self,
        core: &mut Core,
        key: &ServerKey,
        request: &Request,
        now: Instant,
    ) {
        let cseq = request.headers.cseq().map_or(0, |(number, _)| number);
        let in_order = match &mut self.state {
            State::Calling(calling) => calling
                .dialog_of_mut(&request.headers)
                .is_none_or(|dialog| dialog.is_in_order(cseq)),
            State::Ringing(ringing) => ringing.dialog_mut().is_in_order(cseq),
            State::Established(established) => established.dialog.is_in_order(cseq),
            State::Closing(closing) => closing.dialog_mut().is_in_order(cseq),
            State::Cancelled | State::Over => true,
        };
        if !in_order {
            // RFC 3261 §12.2.2
            return core.respond_status(key, request, 500, now);
        }
        match request.method {
            Method::Bye => self.handle_bye(core, key, request, now),
            Method::Invite => self.handle_reinvite(core, key, request, now),
            Method::Update => self.handle_update(core, key, request, now),
            Method::Info => self.handle_info(core, key, request, now),
            Method::Ack
            | Method::Cancel
            | Method::Message
            | Method::Notify
            | Method::Options
            | Method::Prack
            | Method::Publish
            | Method::Refer
            | Method::Register
            | Method::Subscribe
            | Method::Other(_) => other_requests::answer(core, key, request, now),
        }
    }

    pub(crate) fn handle_ack(&mut self, core: &mut Core, ack: &Request, now: Instant) {
        match &mut self.state {
            State::Established(_) => self.handle_session_ack(core, ack, now),
            State::Closing(closing) => closing.handle_ack(core, self.call, ack, now),
            State::Calling(_) | State::Ringing(_) | State::Cancelled | State::Over => {}
        }
    }

    pub(crate) fn handle_flow_closed(&mut self, core: &mut Core, now: Instant) {
        match &mut self.state {
            // RFC 3261 §18.4 leaves it open: its responses cannot reach us, so the call ends here,
            // and the next flow carries a CANCEL so that nobody is left ringing.
            State::Calling(_) => self.cancel(core, Cause::FlowLost, now),
            State::Ringing(ringing) => ringing.handle_flow_closed(now),
            State::Established(_) | State::Cancelled | State::Closing(_) | State::Over => {}
        }
    }

    pub(crate) fn handle_flow_opened(&mut self, core: &mut Core, now: Instant) {
        // The old flow may have taken them with it, and the 2xx that ask again for them.
        for ack in self.acks.iter().filter(|ack| ack.repeat_until > now) {
            core.flow.send(ack.text.clone());
        }
        match &mut self.state {
            State::Ringing(ringing) => ringing.handle_flow_opened(),
            State::Established(established) => established.received.repeat(core, now),
            State::Closing(closing) => closing.repeat(core, now),
            State::Calling(_) | State::Cancelled | State::Over => {}
        }
    }

    /// The flow takes requests inside dialogs.
    pub(crate) fn handle_flow_ready(&mut self, core: &mut Core, now: Instant) {
        match &mut self.state {
            State::Established(_) => self.send_offer_if_due(core, now),
            State::Closing(closing) => closing.send_if_due(core, self.call, now),
            State::Calling(_) | State::Ringing(_) | State::Cancelled | State::Over => {}
        }
    }

    pub(crate) fn handle_timeout(&mut self, core: &mut Core, now: Instant) {
        match &mut self.state {
            State::Calling(calling) => {
                if calling.deadline() <= now {
                    self.cancel(core, Cause::Timeout, now);
                }
            }
            State::Ringing(ringing) => {
                if let Some(cause) = ringing.handle_timeout(core, now) {
                    self.state = State::Over;
                    self.ended(core, cause);
                }
            }
            State::Established(_) => {
                self.handle_received_timeout(core, now);
                self.handle_sent_timeout(core, now);
            }
            State::Closing(closing) => {
                if closing.handle_timeout(core, self.call, now) {
                    self.state = State::Over;
                }
            }
            State::Cancelled | State::Over => {}
        }
    }

    pub(crate) fn poll_timeout(&self, core: &Core) -> Option<Instant> {
        match &self.state {
            State::Calling(calling) => Some(calling.deadline()),
            State::Ringing(ringing) => Some(ringing.poll_timeout()),
            State::Established(established) => earlier(
                established.received.poll_timeout(),
                established
                    .sent
                    .poll_timeout(core.flow.is_ready() && established.received.is_idle()),
            ),
            State::Closing(closing) => Some(closing.poll_timeout()),
            // The transaction's deadline ends both.
            State::Cancelled | State::Over => None,
        }
    }

    fn handle_bye(&mut self, core: &mut Core, key: &ServerKey, request: &Request, now: Instant) {
        match mem::replace(&mut self.state, State::Over) {
            State::Ringing(ringing) => {
                // RFC 3261 §15.1.2: the caller may leave an early dialog this way too.
                core.respond_status(key, request, 200, now);
                ringing.refuse(core, 487, now);
                self.ended(core, Cause::Cancelled);
            }
            State::Established(mut established) => {
                core.respond_status(key, request, 200, now);
                established.sent.abandon(core, now);
                established.received.abandon(core, now);
                self.ended(core, Cause::Remote);
            }
            // Both hang up at once: ours is answered by the peer, or not; it is over.
            State::Closing(_) => core.respond_status(key, request, 200, now),
            // RFC 3261 §15: a callee must not send BYE before its 2xx.
            other @ (State::Calling(_) | State::Cancelled | State::Over) => {
                self.state = other;
                core.respond_status(key, request, 481, now);
            }
        }
    }

    /// Ends an established call with BYE.
    fn close(&mut self, core: &mut Core, mut established: Established, cause: Cause, now: Instant) {
        established.sent.abandon(core, now);
        let unacknowledged = established.received.abandon(core, now);
        let closing = Closing::new(core, self.call, established.dialog, unacknowledged, now);
        self.state = State::Closing(Box::new(closing));
        self.ended(core, cause);
    }

    /// Ends an established call whose peer answers 481: it does not know this dialog, and would say
    /// the same to a BYE (RFC 3261 §12.2.1.2).
    fn lose_dialog(&mut self, core: &mut Core, response: &Response, now: Instant) {
        if let State::Established(established) = &mut self.state {
            established.sent.abandon(core, now);
            established.received.abandon(core, now);
        }
        self.state = State::Over;
        self.ended(core, refused(response));
    }

    fn ended(&self, core: &mut Core, cause: Cause) {
        tracing::info!(call = self.call.0, ?cause, "Call ended");
        core.emit(Event::Ended {
            call: self.call,
            cause,
        });
    }

    /// Sends the ACK of a 2xx to the INVITE that was sent with `branch`, and keeps it.
    fn acknowledge(&mut self, core: &mut Core, dialog: &Dialog, branch: &Branch, now: Instant) {
        let Some(ack) = core
            .transactions
            .invite(branch)
            .and_then(|invite| dialog.ack(invite))
        else {
            return;
        };
        let cseq = ack.headers.cseq().map_or(0, |(number, _)| number);
        let call_id = ack.headers.call_id().unwrap_or_default().to_owned();
        let text = core.send_ack(ack);
        if self.acks.len() == MAX_ACKS {
            self.acks.pop_front();
        }
        self.acks.push_back(SentAck {
            cseq,
            call_id,
            remote_tag: dialog.remote_tag().to_owned(),
            text,
            repeat_until: now + TRANSACTION_TIMEOUT,
        });
    }

    /// Repeats the ACK of a 2xx that was acknowledged before; `false`: this one is new, or of
    /// another call.
    ///
    /// Goes by the dialog and not by the transaction, which ends 64·T1 after the first 2xx: a peer
    /// that is still waiting then would hang up.
    pub(crate) fn acknowledge_again(&self, core: &mut Core, response: &Response) -> bool {
        let (200..300, Some((cseq, Method::Invite))) = (response.status, response.headers.cseq())
        else {
            return false;
        };
        let to = response.headers.to();
        let remote_tag = to.as_ref().and_then(|to| to.tag()).unwrap_or_default();
        let known = self.acks.iter().find(|ack| {
            ack.cseq == cseq
                && Some(ack.call_id.as_str()) == response.headers.call_id()
                && ack.remote_tag == remote_tag
        });
        match known {
            Some(ack) => {
                core.flow.send(ack.text.clone());
                true
            }
            None => false,
        }
    }
}

/// Without the text, which may carry credentials.
impl fmt::Debug for SentAck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentAck")
            .field("cseq", &self.cseq)
            .field("remote_tag", &self.remote_tag)
            .finish_non_exhaustive()
    }
}

fn is_to_invite(response: &Response) -> bool {
    matches!(response.headers.cseq(), Some((_, Method::Invite)))
}

/// Adds what an INVITE's success or provisional response tells of us (RFC 3261 §13.3.1, table 3).
fn describe_ourselves(response: &mut Response, contact: &str) {
    response.headers.push("Contact", contact);
    response.headers.push("Allow", ALLOW);
    response.headers.push("Supported", SUPPORTED.join(", "));
}

/// Returns whether a request has a body that is no plain description (RFC 3261 §8.2.3).
pub(crate) fn has_foreign_body(request: &Request) -> bool {
    let is_encoded = request
        .headers
        .get("Content-Encoding")
        .is_some_and(|encoding| !encoding.trim().eq_ignore_ascii_case("identity"));
    !request.body.is_empty() && (is_encoded || request_description(request).is_none())
}

/// Returns the description that a message carries; other bodies count as none.
fn description(content_type: Option<&str>, body: &[u8]) -> Option<String> {
    if body.is_empty() || content_type != Some(SDP) {
        return None;
    }
    Some(String::from_utf8_lossy(body).into_owned())
}

fn response_description(response: &Response) -> Option<String> {
    description(response.headers.content_type().as_deref(), &response.body)
}

fn request_description(request: &Request) -> Option<String> {
    description(request.headers.content_type().as_deref(), &request.body)
}
