use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use tokio::sync::mpsc;

use crate::{
    clip::Clip,
    codec::Codec,
    conversation::{Conversation, Order, ToCall, note, note_acknowledged},
    counts::CallState,
    leg::{Leg, Line, token},
    message::Message,
    middlebox::Loses,
    peer::{Peer, PeerConfig, PeerError, Treatment},
    registrar::ToFlow,
};

/// How an extension of the lab takes a call.
#[derive(Debug, Clone)]
pub enum Behaviour {
    /// 180, 200, and every packet comes back.
    Echo,
    /// 180, 200, and this is heard over and over.
    Play(Arc<Clip>),
    /// The same, behind a middlebox that swallows sound until ICE is restarted.
    PlayBehind(Arc<Clip>, Loses),
    /// 486.
    Busy,
    /// 603.
    Reject,
    /// 180, and nothing until CANCEL.
    RingForever,
    /// 180, and at the CANCEL a 200: whoever calls gives up in the moment in which it is answered.
    AnswerAtCancel,
    /// 183 with a description and this sound; the 200 follows as soon as media is connected.
    EarlyMedia(Arc<Clip>),
    /// 200 without a description: the offer stays unanswered.
    NoDescription,
}

/// The calls of one user agent by Call-ID.
#[derive(Debug, Clone, Default)]
pub(crate) struct Calls(Arc<Mutex<BTreeMap<String, mpsc::Sender<ToCall>>>>);

/// A call whose task lets more than this many messages wait gets no more.
const CALL_QUEUE: usize = 64;

impl Calls {
    pub(crate) fn begin(&self, call_id: &str) -> (mpsc::Sender<ToCall>, mpsc::Receiver<ToCall>) {
        let (sender, receiver) = mpsc::channel(CALL_QUEUE);
        let mut calls = self.lock();
        calls.retain(|_, call| !call.is_closed());
        calls.insert(call_id.to_owned(), sender.clone());
        (sender, receiver)
    }

    /// Gives `order` to every call; returns to how many.
    pub(crate) fn order(&self, order: Order) -> usize {
        self.lock()
            .values()
            .filter(|call| call.try_send(ToCall::Order(order)).is_ok())
            .count()
    }

    /// Hands a message to its call; gives it back where there is none.
    fn route(&self, message: Message) -> Result<(), Message> {
        let calls = self.lock();
        let Some(call) = calls.get(message.call_id()) else {
            return Err(message);
        };
        match call.try_send(ToCall::Message(message)) {
            Ok(()) => Ok(()),
            Err(
                mpsc::error::TrySendError::Closed(item) | mpsc::error::TrySendError::Full(item),
            ) => match item {
                ToCall::Message(message) => Err(message),
                ToCall::Order(_) => Ok(()),
            },
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, mpsc::Sender<ToCall>>> {
        self.0.lock().expect("no holder of the calls' lock panics")
    }
}

/// One extension of the lab, until its flow ends.
pub(crate) struct Extension {
    pub(crate) line: Line,
    pub(crate) behaviour: Behaviour,
    pub(crate) codecs: Vec<Codec>,
    pub(crate) calls: Calls,
}

impl Extension {
    pub(crate) async fn run(self, mut receiver: mpsc::Receiver<ToFlow>) {
        let mut tasks = tokio::task::JoinSet::new();
        loop {
            let text = tokio::select! {
                item = receiver.recv() => match item {
                    Some(ToFlow::Text(text)) => text,
                    Some(ToFlow::Fault(_)) => continue,
                    None => return,
                },
                Some(_) = tasks.join_next() => continue,
            };
            let message = match Message::parse(text.as_bytes()) {
                Ok(message) => message,
                Err(error) => {
                    tracing::warn!(%error, "the proxy relayed what is no SIP message");
                    continue;
                }
            };
            if message.method() == "INVITE"
                && message.status().is_none()
                && message.to_tag().is_none()
            {
                let (_, inbox) = self.calls.begin(message.call_id());
                let call = IncomingCall {
                    line: self.line.clone(),
                    behaviour: self.behaviour.clone(),
                    codecs: self.codecs.clone(),
                    tag: token(),
                    invite: message,
                };
                tasks.spawn(call.run(inbox));
            } else if let Err(message) = self.calls.route(message)
                && message.status().is_none()
                && message.method() != "ACK"
            {
                self.line.respond(&message, 481, &token());
            }
        }
    }
}

struct IncomingCall {
    line: Line,
    behaviour: Behaviour,
    codecs: Vec<Codec>,
    tag: String,
    invite: Message,
}

impl IncomingCall {
    async fn run(self, mut inbox: mpsc::Receiver<ToCall>) {
        let (line, call_id) = (self.line.clone(), self.invite.call_id().to_owned());
        line.registrar
            .tally
            .update(|counts| counts.begin_call(&call_id, &line.extension));
        let status = match self.behaviour.clone() {
            Behaviour::Busy => self.refuse(486),
            Behaviour::Reject => self.refuse(603),
            Behaviour::RingForever => self.ring(&mut inbox).await,
            Behaviour::AnswerAtCancel => self.answer_at_cancel(&mut inbox).await,
            Behaviour::NoDescription => {
                line.respond(&self.invite, 200, &self.tag);
                note(&line, &call_id, CallState::Answered);
                self.wait_for_bye(&mut inbox).await;
                None
            }
            Behaviour::Echo => self.converse(Treatment::Echo, false, &mut inbox).await,
            Behaviour::Play(clip) | Behaviour::PlayBehind(clip, _) => {
                self.converse(Treatment::Play(clip), false, &mut inbox)
                    .await
            }
            Behaviour::EarlyMedia(clip) => {
                self.converse(Treatment::Play(clip), true, &mut inbox).await
            }
        };
        note(&line, &call_id, CallState::Ended { status });
    }

    fn refuse(&self, status: u16) -> Option<u16> {
        self.line.respond(&self.invite, status, &self.tag);
        Some(status)
    }

    fn progress(&self, status: u16, description: Option<&str>) {
        let mut response = self.line.response(&self.invite, status, &self.tag);
        if let Some(description) = description {
            response.set_body("application/sdp", description.to_owned());
        }
        self.line.send(&response);
        note(&self.line, self.invite.call_id(), CallState::Ringing);
    }

    /// Rings until the caller gives up or an order comes.
    async fn ring(&self, inbox: &mut mpsc::Receiver<ToCall>) -> Option<u16> {
        self.progress(180, None);
        loop {
            match inbox.recv().await? {
                ToCall::Message(message) if message.method() == "CANCEL" => {
                    self.line.respond(&message, 200, &self.tag);
                    return self.refuse(487);
                }
                ToCall::Order(Order::HangUp) => return self.refuse(480),
                ToCall::Message(_) | ToCall::Order(Order::Hold(_)) => {}
            }
        }
    }

    /// RFC 3261 §9.2: a CANCEL after the final response changes nothing.
    async fn answer_at_cancel(&self, inbox: &mut mpsc::Receiver<ToCall>) -> Option<u16> {
        self.progress(180, None);
        let (peer, local) = match self.media(Treatment::Listen).await {
            Ok(media) => media,
            Err(error) => {
                tracing::warn!(%error, "the offer cannot be answered");
                return self.refuse(488);
            }
        };
        let cancel = loop {
            match inbox.recv().await? {
                ToCall::Message(message) if message.method() == "CANCEL" => break message,
                ToCall::Message(_) | ToCall::Order(_) => {}
            }
        };
        let mut response = self.line.response(&self.invite, 200, &self.tag);
        response.set_body("application/sdp", local);
        self.line.send(&response);
        self.line.respond(&cancel, 200, &self.tag);
        note(&self.line, self.invite.call_id(), CallState::Answered);
        self.wait_for_bye(inbox).await;
        peer.close().await;
        None
    }

    async fn wait_for_bye(&self, inbox: &mut mpsc::Receiver<ToCall>) {
        while let Some(item) = inbox.recv().await {
            let ToCall::Message(message) = item else {
                continue;
            };
            if message.method() == "ACK" {
                note_acknowledged(&self.line, self.invite.call_id());
            } else if message.status().is_none() {
                self.line.respond(&message, 200, &self.tag);
                if message.method() == "BYE" {
                    return;
                }
            }
        }
    }

    /// Answers with media and lasts until BYE; returns the status of a refusal.
    async fn converse(
        self,
        treatment: Treatment,
        early: bool,
        inbox: &mut mpsc::Receiver<ToCall>,
    ) -> Option<u16> {
        // Without an offer there is nothing to answer in a 183.
        let early = early && !self.invite.body.is_empty();
        if !early {
            self.progress(180, None);
        }
        let (mut peer, local) = match self.media(treatment).await {
            Ok(media) => media,
            Err(error) => {
                tracing::warn!(%error, "the offer cannot be answered");
                return self.refuse(488);
            }
        };
        if early {
            self.progress(183, Some(&local));
            loop {
                tokio::select! {
                    () = peer.connected() => break,
                    item = inbox.recv() => match item {
                        Some(ToCall::Message(message)) if message.method() == "CANCEL" => {
                            self.line.respond(&message, 200, &self.tag);
                            peer.close().await;
                            return self.refuse(487);
                        }
                        Some(_) => {}
                        None => return None,
                    }
                }
            }
        }
        let mut response = self.line.response(&self.invite, 200, &self.tag);
        response.set_body("application/sdp", local.clone());
        self.line.send(&response);
        let conversation = Conversation {
            leg: Leg::of_callee(self.line, &self.invite, &self.tag),
            tag: self.tag,
            peer,
            local,
            answer_due: self.invite.body.is_empty(),
            remote: self.invite.body,
        };
        conversation.note_answered();
        conversation.run(inbox).await;
        None
    }

    async fn media(&self, treatment: Treatment) -> Result<(Peer, String), PeerError> {
        let loses = match self.behaviour {
            Behaviour::PlayBehind(_, loses) => Some(loses),
            Behaviour::Echo
            | Behaviour::Play(_)
            | Behaviour::Busy
            | Behaviour::Reject
            | Behaviour::RingForever
            | Behaviour::AnswerAtCancel
            | Behaviour::EarlyMedia(_)
            | Behaviour::NoDescription => None,
        };
        let mut peer = Peer::new(PeerConfig {
            call_id: self.invite.call_id().to_owned(),
            extension: self.line.extension.clone(),
            codecs: self.codecs.clone(),
            treatment,
            loses,
            tally: self.line.registrar.tally.clone(),
        })
        .await?;
        let local = if self.invite.body.is_empty() {
            peer.offer().await?
        } else {
            peer.answer(&self.invite.body).await?
        };
        Ok((peer, local))
    }
}
