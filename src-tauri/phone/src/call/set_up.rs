//! How a call comes to talk: descriptions, answers, the media that connects.

use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

use sip::{Answer, CallHandle, DialogHandle, Offer, UserAgent};

use crate::{EndCause, Event, MediaRequest, outputs::Outputs};

use super::{Call, Change, GO_ON, Outcome, State};

/// A backstop behind the media's own set-up deadline and the 32 s in which a 2xx is repeated (RFC 3261 §13.3.1.4).
const CONNECT_DEADLINE: Duration = Duration::from_secs(45);

/// A session description of ours.
#[derive(Debug)]
pub(super) enum Description {
    Offer(Offer),
    Answer(Answer),
}

/// What our 2xx will carry; it is made while it rings.
#[derive(Debug)]
pub(super) enum Preparation {
    Making { request: u64 },
    Ready(Description),
}

impl Preparation {
    pub(super) fn awaits(&self, number: u64) -> bool {
        match self {
            Self::Making { request } => *request == number,
            Self::Ready(_) => false,
        }
    }
}

/// What the INVITE session tells.
impl Call {
    pub(crate) fn handle_progress(
        &mut self,
        (dialog, status): (DialogHandle, u16),
        answer: Option<Answer>,
        outputs: &mut Outputs,
    ) -> Outcome {
        if let Some(answer) = answer {
            self.apply(dialog, answer, outputs);
        }
        let (State::Calling { sip, deadline } | State::Ringing { sip, deadline, .. }) = self.state
        else {
            return GO_ON;
        };
        let had_early_media = matches!(
            self.state,
            State::Ringing {
                early_media: true,
                ..
            }
        );
        let early_media = had_early_media || self.applying.is_some();
        let was_ringing = matches!(self.state, State::Ringing { .. });
        self.state = State::Ringing {
            sip,
            early_media,
            deadline,
        };
        if !was_ringing || early_media != had_early_media {
            outputs.event(Event::CallRinging {
                call: self.id,
                status,
                early_media,
            });
        }
        GO_ON
    }

    pub(crate) fn handle_accepted(
        &mut self,
        dialog: DialogHandle,
        answer: Option<Answer>,
        ua: &mut UserAgent,
        now: Instant,
        outputs: &mut Outputs,
    ) -> Outcome {
        let (State::Calling { sip, .. } | State::Ringing { sip, .. }) = self.state else {
            return GO_ON;
        };
        if answer.is_none() && self.unusable.contains(&dialog) {
            self.release(ua, 480, now);
            let detail = "The answer that came while it rang cannot be used".to_owned();
            return ControlFlow::Break(EndCause::Incompatible { detail });
        }
        if let Some(answer) = answer {
            self.apply(dialog, answer, outputs);
        }
        outputs.event(Event::CallAnswered {
            call: self.id,
            automatically: self.answered_automatically,
        });
        self.media(MediaRequest::Select { dialog }, outputs);
        self.connect(sip, dialog, now, outputs);
        GO_ON
    }

    /// ACK came for our 2xx; `answer` where the 2xx made the offer.
    pub(crate) fn handle_established(
        &mut self,
        answer: Option<Answer>,
        outputs: &mut Outputs,
    ) -> Outcome {
        if let Some(answer) = answer {
            self.apply(DialogHandle(0), answer, outputs);
        }
        self.handle_change_acknowledged(outputs);
        GO_ON
    }
}

impl Call {
    fn apply(&mut self, dialog: DialogHandle, answer: Answer, outputs: &mut Outputs) {
        let request = outputs.number();
        self.media(
            MediaRequest::Apply {
                request,
                dialog,
                answer,
            },
            outputs,
        );
        self.applying = Some((request, dialog));
    }

    /// Answers the INVITE with our description, unless it was ended meanwhile.
    pub(super) fn accept(
        &mut self,
        sip: CallHandle,
        description: Description,
        ua: &mut UserAgent,
        now: Instant,
        outputs: &mut Outputs,
    ) -> Outcome {
        let sent = match description {
            Description::Offer(offer) => ua.offer_in_answer(sip, offer, now),
            Description::Answer(answer) => ua.accept(sip, answer, now),
        };
        if sent.is_err() {
            return ControlFlow::Break(EndCause::Missed);
        }
        self.answered = true;
        outputs.event(Event::CallAnswered {
            call: self.id,
            automatically: self.answered_automatically,
        });
        self.change = Change::Accepting;
        // An incoming call has one dialog.
        let dialog = DialogHandle(0);
        self.media(MediaRequest::Select { dialog }, outputs);
        self.connect(sip, dialog, now, outputs);
        GO_ON
    }

    pub(super) fn connect(
        &mut self,
        sip: CallHandle,
        dialog: DialogHandle,
        now: Instant,
        outputs: &mut Outputs,
    ) {
        if self.connected.contains(&dialog) {
            self.state = State::Talking { sip, dialog };
            self.talking_since.get_or_insert(outputs.now());
            outputs.event(Event::CallConnected { call: self.id });
        } else {
            self.state = State::Connecting {
                sip,
                dialog,
                deadline: now + CONNECT_DEADLINE,
            };
        }
        // The user has turned to another call meanwhile, or the network is another one.
        self.negotiate(outputs);
    }
}
