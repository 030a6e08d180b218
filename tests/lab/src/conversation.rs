use tokio::sync::mpsc;

use crate::{
    counts::CallState,
    description::{Direction, ice_user, mirrored, next_version, with_direction},
    leg::Leg,
    message::Message,
    peer::Peer,
};

/// What reaches the task of a call.
#[derive(Debug)]
pub(crate) enum ToCall {
    Message(Message),
    Order(Order),
}

/// What a test makes a user agent of the lab do in its calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// BYE in a conversation; CANCEL or 480 before.
    HangUp,
    /// A re-INVITE that holds the other side, or takes it back.
    Hold(bool),
}

/// A call that was answered, until its BYE.
pub(crate) struct Conversation {
    pub(crate) leg: Leg,
    /// This side's tag.
    pub(crate) tag: String,
    pub(crate) peer: Peer,
    /// The last descriptions of both sides.
    pub(crate) local: String,
    pub(crate) remote: String,
    /// A 2xx with our offer awaits the answer in its ACK.
    pub(crate) answer_due: bool,
}

impl Conversation {
    /// Lasts until one side hangs up or the lab ends.
    pub(crate) async fn run(mut self, inbox: &mut mpsc::Receiver<ToCall>) {
        while let Some(item) = inbox.recv().await {
            let over = match item {
                ToCall::Order(order) => self.obey(order),
                ToCall::Message(message) if message.status().is_some() => {
                    self.handle_response(&message).await
                }
                ToCall::Message(request) => self.handle_request(&request).await,
            };
            if over {
                break;
            }
        }
        self.peer.close().await;
    }

    fn obey(&mut self, order: Order) -> bool {
        match order {
            Order::HangUp => {
                let bye = self.leg.request("BYE");
                self.leg.line.send(&bye);
            }
            Order::Hold(on) => {
                let direction = if on {
                    Direction::SendOnly
                } else {
                    Direction::SendRecv
                };
                self.local = next_version(&with_direction(&self.local, direction));
                let mut invite = self.leg.request("INVITE");
                invite.set_body("application/sdp", self.local.clone());
                self.leg.line.send(&invite);
            }
        }
        false
    }

    async fn handle_response(&mut self, response: &Message) -> bool {
        match (response.method(), response.status().unwrap_or(0)) {
            ("BYE", status) => status >= 200,
            ("INVITE", 200..300) => {
                let ack = self.leg.ack(response);
                self.leg.line.send(&ack);
                if !response.body.is_empty() {
                    self.remote = response.body.clone();
                }
                false
            }
            _ => false,
        }
    }

    async fn handle_request(&mut self, request: &Message) -> bool {
        let line = self.leg.line.clone();
        match request.method() {
            "ACK" => {
                note_acknowledged(&line, self.leg.call_id());
                if std::mem::take(&mut self.answer_due)
                    && let Err(error) = self.peer.accept(&request.body).await
                {
                    tracing::warn!(%error, "the answer in the ACK cannot be used");
                }
            }
            "BYE" => {
                line.respond(request, 200, &self.tag);
                return true;
            }
            "INVITE" | "UPDATE" => self.handle_offer(request).await,
            "CANCEL" | "INFO" | "OPTIONS" | "NOTIFY" | "MESSAGE" => {
                line.respond(request, 200, &self.tag);
            }
            _ => line.respond(request, 405, &self.tag),
        }
        false
    }

    /// A later offer. Where the peer stays the same, only the direction follows it: the `webrtc` crate does not survive `inactive`.
    async fn handle_offer(&mut self, request: &Message) {
        let line = self.leg.line.clone();
        if request.body.is_empty() {
            // RFC 3261 §14.2: a re-INVITE without offer asks for ours; a description-less UPDATE only refreshes the target.
            let mut response = line.response(request, 200, &self.tag);
            if request.method() == "INVITE" {
                self.local = next_version(&self.local);
                response.set_body("application/sdp", self.local.clone());
            }
            return line.send(&response);
        }
        let answer = if ice_user(&request.body) == ice_user(&self.remote) {
            let direction = mirrored(&request.body);
            self.peer.may_send(matches!(
                direction,
                Direction::SendRecv | Direction::SendOnly
            ));
            Ok(next_version(&with_direction(&self.local, direction)))
        } else {
            self.peer.answer(&request.body).await
        };
        match answer {
            Ok(answer) => {
                self.local = answer;
                self.remote = request.body.clone();
                let mut response = line.response(request, 200, &self.tag);
                response.set_body("application/sdp", self.local.clone());
                line.send(&response);
            }
            Err(error) => {
                tracing::warn!(%error, "a later offer cannot be answered");
                line.respond(request, 488, &self.tag);
            }
        }
    }

    pub(crate) fn note_answered(&self) {
        let line = &self.leg.line;
        note(line, self.leg.call_id(), CallState::Answered);
    }
}

/// Writes a call's progress into the counts.
pub(crate) fn note(line: &crate::leg::Line, call_id: &str, state: CallState) {
    line.registrar.tally.update(|counts| {
        if let Some(call) = counts.call_mut(call_id, &line.extension) {
            call.state = call.state.max(state);
        }
    });
}

/// Writes down that the ACK for a call's 2xx has come.
pub(crate) fn note_acknowledged(line: &crate::leg::Line, call_id: &str) {
    line.registrar.tally.update(|counts| {
        if let Some(call) = counts.call_mut(call_id, &line.extension) {
            call.is_acknowledged = true;
        }
    });
}
