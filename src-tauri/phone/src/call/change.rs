//! Changes of a running call: our hold and resume, and what the peer asks for.
//!
//! One is negotiated at a time (RFC 3264 §4). What the user wants is kept beside what both ends have agreed on, so a hold that comes while
//! something else is negotiated is offered after it.
//!
//! ```text
//!  ours:    None -> Offering -> Offered -> Applying -> None
//!  peer's:  None -> Answering -> None
//!           None -> OfferingOnDemand -> Offered -> Applying -> None
//!  the call's own, where it came in:  Accepting -> None
//! ```

use std::time::Instant;

use sip::{Answer, CallHandle, Cause, Offer, UserAgent};

use crate::{Event, MediaRequest, outputs::Outputs, words::cause_text};

use super::{Call, State};

/// What is being negotiated.
#[derive(Debug)]
pub(super) enum Change {
    None,
    /// Our 2xx to the call's INVITE waits for its ACK.
    Accepting,
    /// Our media makes the offer for a hold or a resume.
    Offering {
        request: u64,
        hold: bool,
    },
    /// The peer has our offer.
    Offered {
        hold: bool,
    },
    /// Our media takes the peer's answer.
    Applying {
        request: u64,
        hold: bool,
    },
    /// Our media answers the peer's offer.
    Answering {
        request: u64,
    },
    /// The peer asked for an offer; our media makes it.
    OfferingOnDemand {
        request: u64,
    },
}

impl Change {
    /// Returns whether our offer was one of a hold; `None` where there is none of ours.
    fn offers_hold(&self) -> Option<bool> {
        match self {
            Self::Offering { hold, .. } | Self::Offered { hold } | Self::Applying { hold, .. } => {
                Some(*hold)
            }
            Self::None
            | Self::Accepting
            | Self::Answering { .. }
            | Self::OfferingOnDemand { .. } => None,
        }
    }
}

/// What the INVITE session tells.
impl Call {
    pub(crate) fn handle_reoffered(&mut self, offer: Offer, outputs: &mut Outputs) {
        self.withdraw(outputs);
        let request = outputs.number();
        self.media(MediaRequest::Answer { request, offer }, outputs);
        self.change = Change::Answering { request };
    }

    pub(crate) fn handle_offer_wanted(&mut self, outputs: &mut Outputs) {
        self.withdraw(outputs);
        let request = outputs.number();
        self.media(MediaRequest::Offer { request }, outputs);
        self.change = Change::OfferingOnDemand { request };
    }

    pub(crate) fn handle_reoffer_accepted(&mut self, answer: Answer, outputs: &mut Outputs) {
        if let Change::Offered { hold } = self.change
            && let State::Connecting { dialog, .. } | State::Talking { dialog, .. } = self.state
        {
            let request = outputs.number();
            self.media(
                MediaRequest::Apply {
                    request,
                    dialog,
                    answer,
                },
                outputs,
            );
            self.change = Change::Applying { request, hold };
        }
    }

    pub(crate) fn handle_reoffer_refused(&mut self, cause: &Cause, outputs: &mut Outputs) {
        self.media(MediaRequest::Withdraw, outputs);
        self.fail_change(cause_text(cause), outputs);
    }
}

/// What the media tells.
impl Call {
    pub(super) fn handle_change_offer(
        &mut self,
        sip: CallHandle,
        (number, offer): (u64, Offer),
        ua: &mut UserAgent,
        now: Instant,
        outputs: &mut Outputs,
    ) {
        let sent = match self.change {
            Change::Offering { request, hold } if request == number => {
                self.change = Change::Offered { hold };
                ua.reoffer(sip, offer, now)
            }
            Change::OfferingOnDemand { request } if request == number => {
                self.change = Change::Offered {
                    hold: self.hold_wanted,
                };
                ua.offer_in_answer(sip, offer, now)
            }
            Change::None
            | Change::Accepting
            | Change::Offering { .. }
            | Change::Offered { .. }
            | Change::Applying { .. }
            | Change::Answering { .. }
            | Change::OfferingOnDemand { .. } => return,
        };
        if sent.is_err() {
            self.media(MediaRequest::Withdraw, outputs);
            self.fail_change("The call was changing otherwise".to_owned(), outputs);
        }
    }

    pub(super) fn handle_change_answer(
        &mut self,
        sip: CallHandle,
        (number, answer): (u64, Answer),
        ua: &mut UserAgent,
        now: Instant,
        outputs: &mut Outputs,
    ) {
        if let Change::Answering { request } = self.change
            && request == number
        {
            self.change = Change::None;
            if ua.accept_reoffer(sip, answer, now).is_ok() {
                // An answer made while we hold carries the hold with it.
                self.agree_on_hold(self.hold_wanted, outputs);
            } else {
                tracing::warn!(
                    call = self.id.0,
                    "The peer's offer was gone before its answer"
                );
                // The media has taken it, and the peer has not.
                self.refresh_wanted = true;
            }
            self.negotiate(outputs);
        }
    }

    pub(super) fn handle_change_applied(&mut self, number: u64, outputs: &mut Outputs) {
        if let Change::Applying { request, hold } = self.change
            && request == number
        {
            self.change = Change::None;
            self.agree_on_hold(hold, outputs);
            self.negotiate(outputs);
        }
    }

    pub(super) fn handle_change_refused(
        &mut self,
        (number, reason): (u64, String),
        ua: &mut UserAgent,
        now: Instant,
        outputs: &mut Outputs,
    ) {
        match self.change {
            Change::Answering { request } | Change::OfferingOnDemand { request }
                if request == number =>
            {
                self.change = Change::None;
                if let Some(sip) = self.sip()
                    && ua.refuse_reoffer(sip, 488, now).is_err()
                {
                    tracing::warn!(
                        call = self.id.0,
                        "The peer's offer was gone before its refusal"
                    );
                }
                self.negotiate(outputs);
            }
            Change::Offering { request, .. } | Change::Applying { request, .. }
                if request == number =>
            {
                self.fail_change(reason, outputs);
            }
            Change::None
            | Change::Accepting
            | Change::Offering { .. }
            | Change::Offered { .. }
            | Change::Applying { .. }
            | Change::Answering { .. }
            | Change::OfferingOnDemand { .. } => {}
        }
    }
}

impl Call {
    /// Offers the session as it is, so that the far end learns our new addresses; after what is being negotiated, which may name the old ones.
    pub(crate) fn refresh(&mut self, outputs: &mut Outputs) {
        self.refresh_wanted = true;
        self.negotiate(outputs);
    }

    /// The flow is another one, which the far end does not know.
    pub(crate) fn stay_behind(&mut self) {
        self.stays_behind = true;
    }

    /// Offers the session on the flow that the registrar knows by now, where the far end has agreed on nothing since the one before.
    pub(crate) fn catch_up(&mut self, outputs: &mut Outputs) {
        if self.stays_behind {
            self.hold_refused = false;
            self.refresh(outputs);
        }
    }

    /// ACK came for our 2xx to the call's INVITE.
    pub(super) fn handle_change_acknowledged(&mut self, outputs: &mut Outputs) {
        if matches!(self.change, Change::Accepting) {
            self.change = Change::None;
            self.negotiate(outputs);
        }
    }

    /// Offers what is wanted and not agreed on, where nothing else is being negotiated.
    pub(super) fn negotiate(&mut self, outputs: &mut Outputs) {
        let is_due = match self.state {
            State::Talking { .. } => {
                self.refresh_wanted || self.hold_wanted != self.hold_agreed && !self.hold_refused
            }
            // Where the far end knows old addresses alone it never talks; a hold waits for that.
            State::Connecting { .. } => self.refresh_wanted,
            State::Offering { .. }
            | State::Calling { .. }
            | State::Ringing { .. }
            | State::Alerting { .. }
            | State::Answering { .. } => false,
        };
        if is_due && matches!(self.change, Change::None) {
            self.offer(outputs);
        }
    }

    fn offer(&mut self, outputs: &mut Outputs) {
        self.refresh_wanted = false;
        let request = outputs.number();
        self.media(MediaRequest::Offer { request }, outputs);
        self.change = Change::Offering {
            request,
            hold: self.hold_wanted,
        };
    }

    fn agree_on_hold(&mut self, hold: bool, outputs: &mut Outputs) {
        self.stays_behind = false;
        self.hold_refused &= hold != self.hold_wanted;
        if self.hold_agreed != hold {
            self.hold_agreed = hold;
            self.listening.restart();
            let call = self.id;
            outputs.event(if hold {
                Event::CallHeld { call }
            } else {
                Event::CallResumed { call }
            });
        }
    }

    /// The peer's offer wins over one of ours that has not left, or that waits after glare.
    fn withdraw(&mut self, outputs: &mut Outputs) {
        if let Change::Offering { .. } | Change::Offered { .. } | Change::OfferingOnDemand { .. } =
            self.change
        {
            self.media(MediaRequest::Withdraw, outputs);
            // It may have been the one with our new addresses.
            self.refresh_wanted = true;
        }
    }

    /// The session stays as it is; the user hears of it where they wanted something else. A hold stays one here: nobody is to
    /// be heard who has not asked for that, least of all in two calls.
    fn fail_change(&mut self, reason: String, outputs: &mut Outputs) {
        let offered = self.change.offers_hold();
        self.change = Change::None;
        // Before the call is through a hold waits for that, and one that came after our offer is still to be offered.
        let is_through = matches!(self.state, State::Talking { .. });
        let holds = is_through
            && offered == Some(self.hold_wanted)
            && self.hold_wanted != self.hold_agreed
            && !self.hold_refused;
        if holds && self.hold_wanted {
            self.hold_refused = true;
        } else if holds {
            self.hold_wanted = true;
            self.held_since = Some(outputs.now());
            self.media(MediaRequest::Hold { on: true }, outputs);
        }
        // One that has not been offered yet still will be.
        let repairs = !self.refresh_wanted && self.ways.end_repair();
        if holds || repairs {
            outputs.event(Event::CallChangeFailed {
                call: self.id,
                reason,
            });
        } else {
            tracing::info!(call = self.id.0, reason, "The call goes on as it was");
        }
        self.negotiate(outputs);
    }
}
