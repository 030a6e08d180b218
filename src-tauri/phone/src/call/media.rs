//! What the media of a call tells.

use std::{ops::ControlFlow, time::Instant};

use sip::UserAgent;

use crate::{EndCause, Event, MediaNews, outputs::Outputs};

use super::{Call, Description, GO_ON, Outcome, Preparation, RING_OUT, State};

impl Call {
    pub(crate) fn handle_media(
        &mut self,
        news: MediaNews,
        ua: &mut UserAgent,
        now: Instant,
        outputs: &mut Outputs,
    ) -> Outcome {
        let call = self.id;
        match news {
            MediaNews::Offer { request, offer } => {
                let description = Description::Offer(offer);
                return self.handle_description(request, description, ua, now, outputs);
            }
            MediaNews::Answer {
                request,
                answer,
                telephone_event,
                held_by_peer,
            } => {
                self.telephone_event = telephone_event;
                self.set_held_by_peer(held_by_peer, outputs);
                let description = Description::Answer(answer);
                return self.handle_description(request, description, ua, now, outputs);
            }
            MediaNews::Applied {
                request,
                telephone_event,
                held_by_peer,
            } => {
                self.telephone_event = telephone_event;
                self.set_held_by_peer(held_by_peer, outputs);
                self.handle_change_applied(request, outputs);
            }
            MediaNews::Refused { request, reason } => {
                return self.handle_refused(request, reason, ua, now, outputs);
            }
            MediaNews::Connected { dialog } => {
                self.connected.insert(dialog);
                if let State::Connecting {
                    sip,
                    dialog: selected,
                    ..
                } = self.state
                    && selected == dialog
                {
                    self.connect(sip, dialog, now, outputs);
                }
            }
            MediaNews::FirstAudio { dialog: _ } => outputs.event(Event::FirstAudio { call }),
            MediaNews::Interrupted => {
                self.interrupted_since.get_or_insert(outputs.now());
                outputs.event(Event::CallInterrupted { call });
            }
            MediaNews::Resumed { after } => {
                self.interrupted_since = None;
                self.listening.restart();
                let after_ms = after.as_millis() as u64;
                outputs.event(Event::CallRecovered { call, after_ms });
            }
            MediaNews::Dtmf { digit } => outputs.event(Event::DtmfReceived { call, digit }),
            MediaNews::Quality(quality) => {
                self.listening.handle_report(quality);
                outputs.event(Event::MediaQuality { call, quality });
                self.watch_ways(&quality, outputs);
            }
            MediaNews::Path(path) => self.path = Some(path),
            // A file or device that breaks never costs the call.
            MediaNews::DeviceFailed { detail } => {
                outputs.event(Event::MediaFailed {
                    call,
                    reason: detail,
                });
            }
            MediaNews::NoMediaPath => return self.fail(EndCause::NoMediaPath, ua, now),
            MediaNews::SecurityFailed { detail } => {
                return self.fail(EndCause::Security { detail }, ua, now);
            }
            MediaNews::ConsentLost => return self.fail(EndCause::MediaLost, ua, now),
            MediaNews::Broken { detail } => {
                return self.fail(EndCause::Incompatible { detail }, ua, now);
            }
        }
        GO_ON
    }

    /// Takes the description that `number` asked for to where it is needed; one that nobody waits for is dropped.
    fn handle_description(
        &mut self,
        number: u64,
        description: Description,
        ua: &mut UserAgent,
        now: Instant,
        outputs: &mut Outputs,
    ) -> Outcome {
        match &mut self.state {
            State::Offering {
                target, request, ..
            } if *request == number => {
                let Description::Offer(offer) = description else {
                    return GO_ON;
                };
                match ua.invite(target, offer, now) {
                    Ok(sip) => {
                        let deadline = now + RING_OUT;
                        self.state = State::Calling { sip, deadline };
                    }
                    Err(invalid) => {
                        let detail = invalid.to_string();
                        return ControlFlow::Break(EndCause::Incompatible { detail });
                    }
                }
            }
            State::Alerting { preparation, .. } if preparation.awaits(number) => {
                *preparation = Preparation::Ready(description);
            }
            State::Answering { sip, request, .. } if *request == number => {
                let sip = *sip;
                return self.accept(sip, description, ua, now, outputs);
            }
            State::Connecting { sip, .. } | State::Talking { sip, .. } => {
                let sip = *sip;
                match description {
                    Description::Offer(offer) => {
                        self.handle_change_offer(sip, (number, offer), ua, now, outputs);
                    }
                    Description::Answer(answer) => {
                        self.handle_change_answer(sip, (number, answer), ua, now, outputs);
                    }
                }
            }
            State::Offering { .. }
            | State::Calling { .. }
            | State::Ringing { .. }
            | State::Alerting { .. }
            | State::Answering { .. } => {}
        }
        GO_ON
    }

    fn handle_refused(
        &mut self,
        number: u64,
        reason: String,
        ua: &mut UserAgent,
        now: Instant,
        outputs: &mut Outputs,
    ) -> Outcome {
        let needed = match &self.state {
            State::Offering { request, .. } | State::Answering { request, .. } => {
                *request == number
            }
            State::Alerting { preparation, .. } => preparation.awaits(number),
            State::Calling { .. }
            | State::Ringing { .. }
            | State::Connecting { .. }
            | State::Talking { .. } => false,
        };
        if needed {
            // RFC 3261 §21.4.26: 488 where the description is not acceptable.
            self.release(ua, 488, now);
            return ControlFlow::Break(EndCause::Incompatible { detail: reason });
        }
        if let Some((request, dialog)) = self.applying
            && request == number
        {
            self.applying = None;
            self.unusable.insert(dialog);
            if let State::Connecting {
                dialog: selected, ..
            } = self.state
                && selected == dialog
            {
                self.release(ua, 480, now);
                return ControlFlow::Break(EndCause::Incompatible { detail: reason });
            }
            return GO_ON;
        }
        self.handle_change_refused((number, reason), ua, now, outputs);
        GO_ON
    }

    /// Ends a call whose sound has been away for too long.
    pub(crate) fn handle_silence(&self, ua: &mut UserAgent, now: Instant) -> Outcome {
        match self.state {
            State::Connecting { .. } | State::Talking { .. } => {
                self.fail(EndCause::MediaLost, ua, now)
            }
            State::Offering { .. }
            | State::Calling { .. }
            | State::Ringing { .. }
            | State::Alerting { .. }
            | State::Answering { .. } => GO_ON,
        }
    }

    fn set_held_by_peer(&mut self, held: bool, outputs: &mut Outputs) {
        if self.held_by_peer != held {
            self.held_by_peer = held;
            outputs.event(Event::CallHeldByPeer {
                call: self.id,
                held,
            });
        }
    }

    fn fail(&self, cause: EndCause, ua: &mut UserAgent, now: Instant) -> Outcome {
        self.release(ua, 480, now);
        ControlFlow::Break(cause)
    }
}
