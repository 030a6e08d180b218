use tokio::sync::mpsc;

use crate::{
    conversation::{Conversation, Order, ToCall, note},
    counts::CallState,
    leg::{Leg, Line},
    message::Message,
    peer::Peer,
};

/// A call that the lab makes, from its INVITE on.
pub(crate) struct OutgoingCall {
    pub(crate) line: Line,
    pub(crate) invite: Message,
    /// This side's tag.
    pub(crate) tag: String,
    pub(crate) peer: Peer,
    /// Our offer has been answered before the 2xx.
    pub(crate) early: bool,
}

impl OutgoingCall {
    pub(crate) async fn run(self, mut inbox: mpsc::Receiver<ToCall>) {
        let (line, call_id) = (self.line.clone(), self.invite.call_id().to_owned());
        line.send(&self.invite);
        let status = self.progress(&mut inbox).await;
        note(&line, &call_id, CallState::Ended { status });
    }

    /// Returns the status that refused the call, if one did.
    async fn progress(mut self, inbox: &mut mpsc::Receiver<ToCall>) -> Option<u16> {
        let mut is_given_up = false;
        loop {
            match inbox.recv().await? {
                ToCall::Order(Order::HangUp) => {
                    is_given_up = true;
                    self.line.send(&self.cancel());
                }
                ToCall::Order(Order::Hold(_)) => {}
                ToCall::Message(response) if response.method() == "INVITE" => {
                    match response.status().unwrap_or(0) {
                        100 => {}
                        101..200 => {
                            note(&self.line, response.call_id(), CallState::Ringing);
                            self.hear_early(&response).await;
                        }
                        200..300 if is_given_up => {
                            let leg = Leg::of_caller(self.line.clone(), &response);
                            let ack = leg.ack(&response);
                            self.end(leg, &ack).await;
                            return None;
                        }
                        200..300 => {
                            self.answered(&response, inbox).await;
                            return None;
                        }
                        // The proxy has acknowledged it.
                        status => {
                            self.peer.close().await;
                            return Some(status);
                        }
                    }
                }
                ToCall::Message(_) => {}
            }
        }
    }

    /// RFC 3261 §13.2.1: the first answer counts, also in a provisional response; the 2xx repeats it.
    async fn hear_early(&mut self, response: &Message) {
        if self.early || response.body.is_empty() || self.invite.body.is_empty() {
            return;
        }
        match self.peer.accept(&response.body).await {
            Ok(()) => self.early = true,
            Err(error) => tracing::warn!(%error, "the early answer cannot be used"),
        }
    }

    async fn answered(mut self, response: &Message, inbox: &mut mpsc::Receiver<ToCall>) {
        let leg = Leg::of_caller(self.line.clone(), response);
        let mut ack = leg.ack(response);
        let late_offer = self.invite.body.is_empty();
        let media = if late_offer {
            self.peer.answer(&response.body).await
        } else if self.early {
            Ok(self.invite.body.clone())
        } else {
            let accepted = self.peer.accept(&response.body).await;
            accepted.map(|()| self.invite.body.clone())
        };
        match media {
            Ok(local) => {
                if late_offer {
                    ack.set_body("application/sdp", local.clone());
                }
                self.line.send(&ack);
                let conversation = Conversation {
                    leg,
                    tag: self.tag,
                    peer: self.peer,
                    local,
                    remote: response.body.clone(),
                    answer_due: false,
                };
                conversation.note_answered();
                conversation.run(inbox).await;
            }
            Err(error) => {
                tracing::warn!(%error, "the answer cannot be used");
                self.end(leg, &ack).await;
            }
        }
    }

    /// Ends a call whose answer is of no use: it cannot be used, or it crossed a CANCEL (RFC 3261 §15).
    async fn end(self, mut leg: Leg, ack: &Message) {
        self.line.send(ack);
        let bye = leg.request("BYE");
        self.line.send(&bye);
        self.peer.close().await;
    }

    /// RFC 3261 §9.1.
    fn cancel(&self) -> Message {
        let mut cancel = Message::request("CANCEL", self.invite.request_uri().unwrap_or_default());
        for name in ["Via", "Max-Forwards", "From", "To", "Call-ID"] {
            if let Some(value) = self.invite.header(name) {
                cancel.push(name, value);
            }
        }
        cancel.push("CSeq", "1 CANCEL");
        cancel
    }
}
