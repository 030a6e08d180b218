use phone::{CallId, EndCause, Event, Hop, NotMoved, OneWay, SignedOutReason};

use crate::end::Exit;

/// Decides the exit code: the first fault that nothing has made good.
///
/// A fault of the sign-in is made good by the next sign-in, one of the link by the link, one of the
/// registration by a registration, sound that went one way by its going both. A call that had no
/// sound stays without it.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// In the order of their appearance, one of a kind at most; a one-way call is a kind of its own.
    open: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    kind: Kind,
    exit: Exit,
    event: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Session,
    Link,
    Line,
    Media,
    OneWay(CallId, OneWay),
}

impl Verdict {
    pub(crate) fn exit(&self) -> Option<Exit> {
        self.open.first().map(|open| open.exit)
    }

    /// Returns the type of the event that decided.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        self.open.first().map(|open| open.event)
    }

    pub(crate) fn take_note(&mut self, event: &Event) {
        match event {
            Event::SignedIn { .. } => self.mend(Kind::Session),
            Event::ResumeDelayed { hop, .. } => {
                let exit = of_unreachable(*hop);
                self.note(Kind::Session, exit, "session.resume_delayed");
            }
            Event::SignedOut { reason } => {
                if let Some(exit) = of_session(reason) {
                    self.note(Kind::Session, exit, "session.signed_out");
                }
            }
            Event::SessionLost { reason } => {
                if let Some(exit) = of_session(reason) {
                    self.note(Kind::Session, exit, "session.lost");
                }
            }
            Event::LinkUp => self.mend(Kind::Link),
            Event::LinkDown { hop, .. } => self.note(Kind::Link, of_link(*hop), "link.down"),
            Event::Registered { .. } => self.mend(Kind::Line),
            Event::RegisterFailed { status, .. } => {
                let exit = match status {
                    Some(_) => Exit::RegisterRefused,
                    None => Exit::RegisterTimeout,
                };
                self.note(Kind::Line, exit, "sip.register_failed");
            }
            Event::MediaFailed { .. } => {
                self.note(Kind::Media, Exit::NoMediaPath, "media.failed");
            }
            Event::CallOneWay { call, way } => {
                self.note(Kind::OneWay(*call, *way), Exit::OneWay, "call.one_way");
            }
            Event::CallOneWayOver { call, way, .. } => self.mend(Kind::OneWay(*call, *way)),
            Event::CallEnded { cause, .. } => self.note_end(cause),
            Event::Resuming { .. }
            | Event::SessionHeld { .. }
            | Event::SessionAtRisk { .. }
            | Event::MoveAsked { .. }
            | Event::MoveAfterCall { .. }
            | Event::MovedHere { .. }
            | Event::MoveRequested { .. }
            | Event::MoveAnswered { .. }
            | Event::MoveRequestOver { .. }
            | Event::Unregistered
            | Event::CallDialing { .. }
            | Event::CallIncoming { .. }
            | Event::CallRinging { .. }
            | Event::CallSilenced { .. }
            | Event::CallAnswered { .. }
            | Event::CallConnected { .. }
            | Event::CallHeld { .. }
            | Event::CallResumed { .. }
            | Event::CallHeldByPeer { .. }
            | Event::CallMuted { .. }
            | Event::CallChangeFailed { .. }
            | Event::CallInterrupted { .. }
            | Event::CallRecovered { .. }
            | Event::FirstAudio { .. }
            | Event::DtmfReceived { .. }
            | Event::MediaQuality { .. }
            | Event::SoundDevices { .. }
            | Event::SoundDeviceUsed { .. }
            | Event::SoundDeviceChanged { .. }
            | Event::SoundLevels { .. }
            | Event::SoundCapture { .. }
            | Event::SoundMutedSpeech
            | Event::SoundSilentMicrophone
            | Event::SoundChecked { .. }
            | Event::SoundCheckGivenUp
            | Event::ServerChecked { .. }
            | Event::PathChecked { .. }
            | Event::CallTurnedAway { .. }
            | Event::QueueLogin { .. }
            | Event::QueueState { .. }
            | Event::QueueNext { .. }
            | Event::QueueDelayed { .. }
            | Event::QueueRefused { .. }
            | Event::WrapUpBegun { .. }
            | Event::WrapUpEnded { .. }
            | Event::OutcomeSaved { .. }
            | Event::OutcomeKept { .. }
            | Event::OutcomeLost { .. }
            | Event::VaultFault { .. } => {}
        }
    }

    /// How a call ends is the peer's or the user's affair, unless its sound or its link failed.
    fn note_end(&mut self, cause: &EndCause) {
        match cause {
            EndCause::NoMediaPath | EndCause::MediaLost | EndCause::Security { .. } => {
                self.note(Kind::Media, Exit::NoMediaPath, "call.ended");
            }
            EndCause::Local
            | EndCause::Remote
            | EndCause::Declined
            | EndCause::Missed
            | EndCause::AnsweredElsewhere
            | EndCause::Busy { .. }
            | EndCause::NoAnswer { .. }
            | EndCause::NotFound { .. }
            | EndCause::Refused { .. }
            | EndCause::Timeout
            | EndCause::LinkLost
            | EndCause::Incompatible { .. }
            | EndCause::SignedOut => {}
        }
    }

    fn note(&mut self, kind: Kind, exit: Exit, event: &'static str) {
        if self.open.iter().all(|open| open.kind != kind) {
            self.open.push(Open { kind, exit, event });
        }
    }

    fn mend(&mut self, kind: Kind) {
        self.open.retain(|open| open.kind != kind);
    }
}

fn of_session(reason: &SignedOutReason) -> Option<Exit> {
    match reason {
        SignedOutReason::ByUser { .. }
        | SignedOutReason::NotMoved {
            why: NotMoved::Withdrawn,
            ..
        } => None,
        SignedOutReason::WrongCredentials { .. }
        | SignedOutReason::NotConfigured { .. }
        | SignedOutReason::SecondFactor { .. }
        | SignedOutReason::EmailNotVerified { .. }
        | SignedOutReason::BadRequest { .. }
        | SignedOutReason::TooManyTries { .. }
        | SignedOutReason::BadAccount { .. }
        | SignedOutReason::TokenRefused
        | SignedOutReason::AccountChanged => Some(Exit::LoginRefused),
        SignedOutReason::HeldElsewhere { .. }
        | SignedOutReason::NotMoved {
            why: NotMoved::Refused | NotMoved::Unanswered | NotMoved::Superseded | NotMoved::Lapsed,
            ..
        }
        | SignedOutReason::TakenOver { .. } => Some(Exit::HeldElsewhere),
        SignedOutReason::ServerTrouble { .. } | SignedOutReason::LeaseExpired => {
            Some(Exit::SidecarUnreachable)
        }
        SignedOutReason::Unreachable { hop, .. } => Some(of_unreachable(*hop)),
    }
}

fn of_unreachable(hop: Hop) -> Exit {
    match hop {
        Hop::Dns => Exit::Dns,
        Hop::Proxy => Exit::Proxy,
        Hop::Tls => Exit::Tls,
        Hop::Configuration | Hop::Tcp | Hop::Http | Hop::WebSocket | Hop::Timeout => {
            Exit::SidecarUnreachable
        }
    }
}

fn of_link(hop: Hop) -> Exit {
    match hop {
        Hop::Dns => Exit::Dns,
        Hop::Proxy => Exit::Proxy,
        Hop::Tls => Exit::Tls,
        Hop::Configuration | Hop::Tcp | Hop::Http | Hop::WebSocket | Hop::Timeout => {
            Exit::WebSocket
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fault_wins() {
        let verdict = after(&[register_failed(Some(403)), link_down(Hop::Dns)]);
        assert_eq!(verdict.exit(), Some(Exit::RegisterRefused));
        assert_eq!(verdict.fault(), Some("sip.register_failed"));
    }

    #[test]
    fn what_was_made_good_is_no_fault() {
        let verdict = after(&[
            link_down(Hop::Tcp),
            register_failed(None),
            Event::LinkUp,
            Event::Registered {
                expires_in_ms: 600_000,
            },
        ]);
        assert_eq!(verdict.exit(), None);
    }

    #[test]
    fn a_fault_that_stays_counts_after_an_earlier_one_was_made_good() {
        let verdict = after(&[link_down(Hop::Tls), register_failed(None), Event::LinkUp]);
        assert_eq!(verdict.exit(), Some(Exit::RegisterTimeout));
    }

    #[test]
    fn a_peer_that_is_busy_is_no_fault_and_a_call_without_sound_is_one() {
        let ended = |cause| Event::CallEnded {
            call: CallId(1),
            cause,
        };
        let busy = EndCause::Busy {
            status: 486,
            reason: "Busy Here".into(),
        };
        assert_eq!(after(&[ended(busy)]).exit(), None);
        let verdict = after(&[ended(EndCause::NoMediaPath)]);
        assert_eq!(verdict.exit(), Some(Exit::NoMediaPath));
    }

    #[test]
    fn a_call_that_went_one_way_to_its_end_is_a_fault_and_one_that_was_repaired_is_none() {
        let one_way = |call, way| Event::CallOneWay {
            call: CallId(call),
            way,
        };
        let over = |call, way| Event::CallOneWayOver {
            call: CallId(call),
            way,
            after_ms: 5_000,
        };
        let mended = after(&[one_way(1, OneWay::In), over(1, OneWay::In)]);
        assert_eq!(mended.exit(), None);
        for other in [over(1, OneWay::Out), over(2, OneWay::In)] {
            let verdict = after(&[one_way(1, OneWay::In), other]);
            assert_eq!(verdict.exit(), Some(Exit::OneWay));
            assert_eq!(verdict.fault(), Some("call.one_way"));
        }
    }

    #[test]
    fn signing_out_is_no_fault_and_being_refused_is_one() {
        let signed_out = |reason| Event::SignedOut { reason };
        assert_eq!(
            after(&[signed_out(SignedOutReason::ByUser {
                lock: phone::LockReturned::Free
            })])
            .exit(),
            None
        );
        let refused = SignedOutReason::WrongCredentials {
            message: "No.".into(),
        };
        assert_eq!(
            after(&[signed_out(refused)]).exit(),
            Some(Exit::LoginRefused)
        );
        let unreachable = SignedOutReason::Unreachable {
            hop: Hop::Tls,
            detail: "No.".into(),
            facts: None,
        };
        assert_eq!(after(&[signed_out(unreachable)]).exit(), Some(Exit::Tls));
    }

    fn after(events: &[Event]) -> Verdict {
        let mut verdict = Verdict::default();
        for event in events {
            verdict.take_note(event);
        }
        verdict
    }

    fn link_down(hop: Hop) -> Event {
        Event::LinkDown {
            hop,
            detail: "No.".into(),
            facts: None,
            retry_in_ms: 1000,
        }
    }

    fn register_failed(status: Option<u16>) -> Event {
        Event::RegisterFailed {
            status,
            reason: "No.".into(),
            retry_in_ms: None,
        }
    }
}
