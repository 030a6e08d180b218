//! What the SIP user agent tells the line.

use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

use sip::{Cause, Party, UserAgent};

use crate::{
    EndCause, Event,
    call::{Call, Incoming, Outcome},
    outputs::Outputs,
    words::{cause_text, end_cause, named, shown},
};

use super::{Line, Registration};

impl Line {
    pub(super) fn handle_event(&mut self, event: sip::Event, now: Instant, outputs: &mut Outputs) {
        match event {
            sip::Event::Registered { expires_in } => {
                let now = outputs.now();
                let since = match self.registration {
                    Registration::Registered { since, .. } => since,
                    Registration::Registering
                    | Registration::Failed { .. }
                    | Registration::Unregistered => now,
                };
                self.registration = Registration::Registered {
                    since,
                    confirmed_at: now,
                    expires_at: now.after(expires_in),
                };
                self.calls_move_at = None;
                if std::mem::take(&mut self.flow_changed) {
                    // The far end learns by a re-INVITE where to reach us (RFC 3261 §12.2.1.1, target refresh).
                    for call in self.calls.values_mut() {
                        call.catch_up(outputs);
                    }
                }
                let expires_in_ms = expires_in.as_millis() as u64;
                outputs.event(Event::Registered { expires_in_ms });
            }
            sip::Event::RegistrationFailed { cause, retry_in } => {
                self.handle_registration_failed(&cause, retry_in, outputs);
            }
            sip::Event::Unregistered => {
                self.registration = Registration::Unregistered;
                outputs.event(Event::Unregistered);
            }
            sip::Event::Incoming {
                call: sip,
                from,
                asserted,
                offer,
                headers,
                answer_after,
            } => {
                let id = outputs.call_id();
                let automatic = self.automatic(answer_after, now);
                let incoming = Incoming {
                    from: believed(from, asserted),
                    offer,
                    automatic,
                    ucid: ucid(&headers),
                };
                self.calls
                    .insert(id, Call::incoming(id, sip, incoming, now, outputs));
            }
            sip::Event::TurnedAway { from, asserted } => {
                let (from, _) = named(&believed(from, asserted));
                outputs.event(Event::CallTurnedAway { from });
            }
            sip::Event::Established { call, answer } => {
                self.with(call, outputs, |it, _, outputs| {
                    it.handle_established(answer, outputs)
                });
            }
            sip::Event::Progress {
                call,
                dialog,
                status,
                answer,
            } => {
                self.with(call, outputs, |it, _, outputs| {
                    it.handle_progress((dialog, status), answer, outputs)
                });
            }
            sip::Event::Accepted {
                call,
                dialog,
                answer,
            } => {
                self.with(call, outputs, |it, ua, outputs| {
                    it.handle_accepted(dialog, answer, ua, now, outputs)
                });
            }
            sip::Event::Reoffered { call, offer } => {
                if let Some(it) = self.call_of(call) {
                    it.handle_reoffered(offer, outputs);
                }
            }
            sip::Event::OfferWanted { call } => {
                if let Some(it) = self.call_of(call) {
                    it.handle_offer_wanted(outputs);
                }
            }
            sip::Event::ReofferAccepted { call, answer } => {
                if let Some(it) = self.call_of(call) {
                    it.handle_reoffer_accepted(answer, outputs);
                }
            }
            sip::Event::ReofferRefused { call, cause } => {
                if let Some(it) = self.call_of(call) {
                    it.handle_reoffer_refused(&cause, outputs);
                }
            }
            sip::Event::Dtmf { call, digit } => {
                if let Some(call) = self.call_of(call).map(|it| it.id()) {
                    outputs.event(Event::DtmfReceived { call, digit });
                }
            }
            sip::Event::DtmfFailed { call, cause } => {
                if let Some(call) = self.call_of(call).map(|it| it.id()) {
                    let reason = format!("A digit was not taken: {}", cause_text(&cause));
                    outputs.event(Event::CallChangeFailed { call, reason });
                }
            }
            sip::Event::Ended { call, cause } => {
                self.with(call, outputs, |it, _, _| {
                    let cause = end_cause(cause);
                    // Its caller had set a time (`Expires`, RFC 3261 §13.3.1).
                    let is_missed = cause == EndCause::Timeout && it.alerts();
                    ControlFlow::Break(if is_missed { EndCause::Missed } else { cause })
                });
            }
            sip::Event::Alive => {}
        }
    }

    fn handle_registration_failed(
        &mut self,
        cause: &Cause,
        retry_in: Option<Duration>,
        outputs: &mut Outputs,
    ) {
        let status = match cause {
            Cause::Refused { status, .. } => Some(*status),
            Cause::Local
            | Cause::Remote
            | Cause::Cancelled
            | Cause::AnsweredElsewhere
            | Cause::Timeout
            | Cause::FlowLost
            | Cause::Protocol(_) => None,
        };
        let reason = cause_text(cause);
        self.registration = Registration::Failed {
            status,
            reason: reason.clone(),
            retry_at: retry_in.map(|it| outputs.now().after(it)),
        };
        outputs.event(Event::RegisterFailed {
            status,
            reason,
            retry_in_ms: retry_in.map(|it| it.as_millis() as u64),
        });
    }

    fn call_of(&mut self, sip: sip::CallHandle) -> Option<&mut Call> {
        self.calls.values_mut().find(|it| it.sip() == Some(sip))
    }

    /// Does something with the call of an INVITE session; one that the user has ended has none any more.
    fn with(
        &mut self,
        sip: sip::CallHandle,
        outputs: &mut Outputs,
        act: impl FnOnce(&mut Call, &mut UserAgent, &mut Outputs) -> Outcome,
    ) {
        if let Some(id) = self.call_of(sip).map(|it| it.id())
            && let Some(call) = self.calls.get_mut(&id)
        {
            let outcome = act(call, &mut self.ua, outputs);
            self.settle(id, outcome, outputs);
        }
    }
}

/// Returns who calls: what the registrar's side vouches for is worth more than what the caller says
/// (RFC 3325).
fn believed(from: Party, asserted: Option<Party>) -> Party {
    asserted.unwrap_or(from)
}

/// Returns by what Ozonetel knows a call: its header has one of several names, which end alike.
fn ucid(headers: &[(String, String)]) -> Option<String> {
    let ends = |name: &str| name.to_ascii_uppercase().ends_with("UCID");
    let (_, value) = headers.iter().find(|(name, _)| ends(name))?;
    Some(shown(value)).filter(|it| !it.is_empty())
}
