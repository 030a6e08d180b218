//! A call: an INVITE session and its media, as the user sees it.
//!
//! ```text
//!  out: Offering -> Calling -> Ringing -+
//!                                       +-> Connecting -> Talking -> (ended)
//!  in:  Alerting -> Answering ----------+
//! ```
//!
//! A hold, or a change that the peer asks for, is a [`Change`] beside the state: the call goes on while it is negotiated.

mod automatic;
mod change;
mod digits;
mod media;
mod one_way;
mod quality;
mod set_up;

use std::{
    collections::BTreeSet,
    ops::ControlFlow,
    time::{Duration, Instant},
};

use sip::{CallHandle, DialogHandle, Offer, Party, UserAgent};

use crate::{
    Effect, EndCause, Event, MediaRequest, Moment, Rejected, VoicePath,
    outputs::Outputs,
    queue::Concluded,
    view::{CallId, CallState, CallView, Direction, EndedCallView},
    words::named,
};

pub(crate) use self::automatic::Automatic;
use self::{
    change::Change,
    digits::Digits,
    one_way::Ways,
    quality::Listening,
    set_up::{Description, Preparation},
};

/// How long the media may take to make a description; gathering is bounded to 250 ms.
const DESCRIPTION_DEADLINE: Duration = Duration::from_secs(3);

/// How long the far end may ring: a proxy's timer C is more than 3 min (RFC 3261 §16.6, step 11).
const RING_OUT: Duration = Duration::from_secs(180);

/// How long it rings here (contract/ozonetel.md: JsSIP's no-answer time).
const RING_IN: Duration = Duration::from_secs(60);

pub(crate) type Outcome = ControlFlow<EndCause>;

const GO_ON: Outcome = ControlFlow::Continue(());

#[derive(Debug)]
pub(crate) struct Call {
    id: CallId,
    direction: Direction,
    number: String,
    display_name: Option<String>,
    state: State,
    change: Change,
    /// What the user wants, and what both ends have agreed on.
    hold_wanted: bool,
    hold_agreed: bool,
    /// The far end has refused the hold that is wanted, or could not be told of it: it is held here alone.
    hold_refused: bool,
    held_since: Option<Moment>,
    held_by_peer: bool,
    /// The far end has to learn our addresses anew.
    refresh_wanted: bool,
    /// Nothing was agreed on since the flow before, which the far end knows.
    stays_behind: bool,
    muted: bool,
    answered_automatically: bool,
    interrupted_since: Option<Moment>,
    began_at: Moment,
    talking_since: Option<Moment>,
    listening: Listening,
    ways: Ways,
    path: Option<VoicePath>,
    telephone_event: bool,
    /// Dialogs of an outgoing call whose media is connected already, and those whose answer could not be used.
    connected: BTreeSet<DialogHandle>,
    unusable: BTreeSet<DialogHandle>,
    /// The request that applies the answer of a dialog.
    applying: Option<(u64, DialogHandle)>,
    digits: Digits,
    /// Our answer has left, whether or not the media connects.
    answered: bool,
    /// By which Ozonetel knows it.
    ucid: Option<String>,
}

/// A call that comes in.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) from: Party,
    pub(crate) offer: Option<Offer>,
    pub(crate) automatic: Automatic,
    pub(crate) ucid: Option<String>,
}

#[derive(Debug)]
enum State {
    Offering {
        target: String,
        request: u64,
        deadline: Instant,
    },
    Calling {
        sip: CallHandle,
        deadline: Instant,
    },
    Ringing {
        sip: CallHandle,
        early_media: bool,
        deadline: Instant,
    },
    Alerting {
        sip: CallHandle,
        preparation: Preparation,
        automatic: Automatic,
        /// The user does not want to hear it.
        silenced: bool,
        deadline: Instant,
    },
    Answering {
        sip: CallHandle,
        request: u64,
        deadline: Instant,
    },
    Connecting {
        sip: CallHandle,
        dialog: DialogHandle,
        deadline: Instant,
    },
    Talking {
        sip: CallHandle,
        dialog: DialogHandle,
    },
}

impl Call {
    /// Whether it waits for the user to answer it.
    pub(crate) fn alerts(&self) -> bool {
        matches!(self.state, State::Alerting { .. })
    }

    /// Whether it is to be heard that it waits for the user.
    pub(crate) fn is_heard_to_ring(&self) -> bool {
        matches!(
            self.state,
            State::Alerting {
                silenced: false,
                ..
            }
        )
    }

    /// Whether it tells the user that it is about to be answered by itself.
    pub(crate) fn beeps(&self) -> bool {
        matches!(
            self.state,
            State::Alerting {
                automatic: Automatic::Beeping { .. },
                ..
            }
        )
    }

    /// Whether it rings at the far end, and the user waits for that, and the far end does not make
    /// it heard itself.
    pub(crate) fn rings_back(&self) -> bool {
        let is_heard = matches!(
            self.state,
            State::Ringing {
                early_media: false,
                ..
            }
        );
        is_heard && !self.hold_wanted
    }

    pub(crate) fn dial(id: CallId, target: String, now: Instant, outputs: &mut Outputs) -> Self {
        let request = outputs.number();
        outputs.effect(Effect::Media {
            call: id,
            request: MediaRequest::Offer { request },
        });
        outputs.event(Event::CallDialing {
            call: id,
            target: target.clone(),
        });
        let state = State::Offering {
            target: target.clone(),
            request,
            deadline: now + DESCRIPTION_DEADLINE,
        };
        Self::new(id, Direction::Outgoing, (target, None), state, outputs)
    }

    pub(crate) fn incoming(
        id: CallId,
        sip: CallHandle,
        incoming: Incoming,
        now: Instant,
        outputs: &mut Outputs,
    ) -> Self {
        let Incoming {
            from,
            offer,
            automatic,
            ucid,
        } = incoming;
        let (number, display_name) = named(&from);
        outputs.event(Event::CallIncoming {
            call: id,
            from: number.clone(),
            display_name: display_name.clone(),
        });
        let request = outputs.number();
        let media = match offer {
            Some(offer) => MediaRequest::Answer { request, offer },
            None => MediaRequest::Offer { request },
        };
        outputs.effect(Effect::Media {
            call: id,
            request: media,
        });
        let state = State::Alerting {
            sip,
            preparation: Preparation::Making { request },
            automatic,
            silenced: false,
            deadline: now + RING_IN,
        };
        let call = Self::new(
            id,
            Direction::Incoming,
            (number, display_name),
            state,
            outputs,
        );
        Self { ucid, ..call }
    }

    fn new(
        id: CallId,
        direction: Direction,
        (number, display_name): (String, Option<String>),
        state: State,
        outputs: &Outputs,
    ) -> Self {
        Self {
            id,
            direction,
            number,
            display_name,
            state,
            change: Change::None,
            hold_wanted: false,
            hold_agreed: false,
            hold_refused: false,
            held_since: None,
            held_by_peer: false,
            refresh_wanted: false,
            stays_behind: false,
            muted: false,
            answered_automatically: false,
            interrupted_since: None,
            began_at: outputs.now(),
            talking_since: None,
            listening: Listening::default(),
            ways: Ways::default(),
            path: None,
            telephone_event: false,
            connected: BTreeSet::new(),
            unusable: BTreeSet::new(),
            applying: None,
            digits: Digits::default(),
            answered: false,
            ucid: None,
        }
    }

    pub(crate) fn id(&self) -> CallId {
        self.id
    }

    /// Returns the INVITE session, once there is one.
    pub(crate) fn sip(&self) -> Option<CallHandle> {
        match self.state {
            State::Offering { .. } => None,
            State::Calling { sip, .. }
            | State::Ringing { sip, .. }
            | State::Alerting { sip, .. }
            | State::Answering { sip, .. }
            | State::Connecting { sip, .. }
            | State::Talking { sip, .. } => Some(sip),
        }
    }

    pub(crate) fn view(&self) -> CallView {
        CallView {
            call: self.id,
            direction: self.direction,
            state: match &self.state {
                State::Offering { .. } | State::Calling { .. } => CallState::Calling,
                State::Ringing { early_media, .. } => CallState::Ringing {
                    early_media: *early_media,
                },
                State::Alerting { .. } => CallState::Alerting,
                State::Answering { .. } => CallState::Answering,
                State::Connecting { .. } => CallState::Connecting,
                State::Talking { .. } => CallState::Talking,
            },
            number: self.number.clone(),
            display_name: self.display_name.clone(),
            auto_answer: match &self.state {
                State::Alerting { automatic, .. } => *automatic != Automatic::Off,
                State::Offering { .. }
                | State::Calling { .. }
                | State::Ringing { .. }
                | State::Answering { .. }
                | State::Connecting { .. }
                | State::Talking { .. } => self.answered_automatically,
            },
            silenced: matches!(self.state, State::Alerting { silenced: true, .. }),
            held: self.hold_wanted,
            held_by_peer: self.held_by_peer,
            muted: self.muted,
            interrupted: self.interrupted_since.is_some(),
            began_at: self.began_at,
            talking_since: self.talking_since,
            held_since: self.held_since,
            interrupted_since: self.interrupted_since,
            one_way_in_since: self.ways.in_since,
            one_way_out_since: self.ways.out_since,
            repairing: self.ways.is_repairing(),
            quality: self.quality(),
            path: self.path,
            round_trip_ms: self.listening.round_trip_ms(),
        }
    }

    /// Returns what a wrap-up needs to know of it, if it was a call of the queue that was answered: with that Ozonetel has
    /// the agent at work after it, be it that nothing was ever heard.
    pub(crate) fn concluded(&self, cause: &EndCause) -> Option<Concluded> {
        if !self.answered {
            return None;
        }
        Some(Concluded {
            call: self.id,
            ucid: self.ucid.clone()?,
            number: self.number.clone(),
            display_name: self.display_name.clone(),
            cause: cause.clone(),
        })
    }

    /// Returns what is left to say of it now that it is over.
    pub(crate) fn ended(self, cause: EndCause, at: Moment) -> EndedCallView {
        EndedCallView {
            call: self.id,
            direction: self.direction,
            number: self.number,
            display_name: self.display_name,
            cause,
            talked_ms: self.talking_since.map(|it| at.since(it)),
            at,
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let deadline = match self.state {
            State::Alerting {
                automatic,
                deadline,
                ..
            } => Some(
                automatic
                    .poll_timeout()
                    .map_or(deadline, |at| at.min(deadline)),
            ),
            State::Offering { deadline, .. }
            | State::Calling { deadline, .. }
            | State::Ringing { deadline, .. }
            | State::Answering { deadline, .. }
            | State::Connecting { deadline, .. } => Some(deadline),
            State::Talking { .. } => None,
        };
        [
            deadline,
            self.digits.poll_timeout(),
            self.ways.poll_timeout(),
        ]
        .into_iter()
        .flatten()
        .min()
    }
}

/// The user's commands.
impl Call {
    pub(crate) fn answer(
        &mut self,
        ua: &mut UserAgent,
        now: Instant,
        outputs: &mut Outputs,
    ) -> Result<Outcome, Rejected> {
        if self.alerts() {
            Ok(self.take(ua, now, outputs))
        } else {
            Err(Rejected::WrongState { call: self.id })
        }
    }

    pub(crate) fn silence(&mut self, outputs: &mut Outputs) -> Result<(), Rejected> {
        match &mut self.state {
            State::Alerting { silenced, .. } => {
                if !std::mem::replace(silenced, true) {
                    outputs.event(Event::CallSilenced { call: self.id });
                }
                Ok(())
            }
            State::Offering { .. }
            | State::Calling { .. }
            | State::Ringing { .. }
            | State::Answering { .. }
            | State::Connecting { .. }
            | State::Talking { .. } => Err(Rejected::WrongState { call: self.id }),
        }
    }

    /// Holds it because the user has turned to another call. One that rings here goes on ringing
    /// until the user answers it; the far end of one that is set up is told when it talks.
    pub(crate) fn put_aside(&mut self, outputs: &mut Outputs) {
        match self.state {
            State::Alerting { .. } => self.answer_by_hand(),
            State::Offering { .. }
            | State::Calling { .. }
            | State::Ringing { .. }
            | State::Answering { .. }
            | State::Connecting { .. }
            | State::Talking { .. } => self.want_hold(true, outputs),
        }
    }

    /// Has one that rings here wait for its user.
    pub(crate) fn answer_by_hand(&mut self) {
        if let State::Alerting { automatic, .. } = &mut self.state {
            *automatic = Automatic::Off;
        }
    }

    /// Takes it back that is still being set up: the other call is over.
    pub(crate) fn take_back(&mut self, outputs: &mut Outputs) {
        match self.state {
            State::Offering { .. }
            | State::Calling { .. }
            | State::Ringing { .. }
            | State::Answering { .. }
            | State::Connecting { .. } => self.want_hold(false, outputs),
            State::Alerting { .. } | State::Talking { .. } => {}
        }
    }

    /// Ends the INVITE session, whatever its state; the caller drops the call.
    pub(crate) fn hang_up(&self, ua: &mut UserAgent, now: Instant) -> EndCause {
        let (status, cause) = match self.state {
            // 486 Busy Here: the agent declined; no other device of theirs exists that should go on ringing.
            State::Alerting { .. } => (486, EndCause::Declined),
            State::Offering { .. }
            | State::Calling { .. }
            | State::Ringing { .. }
            | State::Answering { .. }
            | State::Connecting { .. }
            | State::Talking { .. } => (480, EndCause::Local),
        };
        self.release(ua, status, now);
        cause
    }

    pub(crate) fn set_hold(&mut self, on: bool, outputs: &mut Outputs) -> Result<(), Rejected> {
        // One that was put aside while it was being set up can be turned back to.
        if on || !self.hold_wanted {
            self.require_talking()?;
        }
        self.want_hold(on, outputs);
        Ok(())
    }

    pub(crate) fn set_mute(&mut self, on: bool, outputs: &mut Outputs) {
        if self.muted != on {
            self.muted = on;
            self.media(MediaRequest::Mute { on }, outputs);
            outputs.event(Event::CallMuted {
                call: self.id,
                muted: on,
            });
        }
    }
}

/// Time.
impl Call {
    pub(crate) fn handle_timeout(
        &mut self,
        ua: &mut UserAgent,
        now: Instant,
        outputs: &mut Outputs,
    ) -> Outcome {
        if self.digits.poll_timeout().is_some_and(|at| at <= now) {
            self.send_digit(ua, now, outputs);
        }
        self.ways.handle_timeout(now);
        if let State::Alerting { automatic, .. } = &mut self.state
            && automatic.handle_timeout(now)
        {
            self.answered_automatically = true;
            return self.take(ua, now, outputs);
        }
        match self.state {
            State::Offering { deadline, .. } | State::Answering { deadline, .. }
                if deadline <= now =>
            {
                self.release(ua, 480, now);
                let detail = "The sound engine did not make a description in time".to_owned();
                ControlFlow::Break(EndCause::Incompatible { detail })
            }
            State::Calling { deadline, .. } | State::Ringing { deadline, .. }
                if deadline <= now =>
            {
                self.release(ua, 480, now);
                let reason = "Nobody answered".to_owned();
                ControlFlow::Break(EndCause::NoAnswer {
                    status: 408,
                    reason,
                })
            }
            State::Alerting { deadline, .. } if deadline <= now => {
                self.release(ua, 480, now);
                ControlFlow::Break(EndCause::Missed)
            }
            State::Connecting { deadline, .. } if deadline <= now => {
                self.release(ua, 480, now);
                ControlFlow::Break(EndCause::NoMediaPath)
            }
            State::Offering { .. }
            | State::Calling { .. }
            | State::Ringing { .. }
            | State::Alerting { .. }
            | State::Answering { .. }
            | State::Connecting { .. }
            | State::Talking { .. } => GO_ON,
        }
    }
}

impl Call {
    /// Answers a call that rings here, as soon as the answer is made.
    fn take(&mut self, ua: &mut UserAgent, now: Instant, outputs: &mut Outputs) -> Outcome {
        let State::Alerting {
            sip, preparation, ..
        } = &mut self.state
        else {
            return GO_ON;
        };
        let sip = *sip;
        match std::mem::replace(preparation, Preparation::Making { request: 0 }) {
            Preparation::Making { request } => {
                let deadline = now + DESCRIPTION_DEADLINE;
                self.state = State::Answering {
                    sip,
                    request,
                    deadline,
                };
                GO_ON
            }
            Preparation::Ready(description) => self.accept(sip, description, ua, now, outputs),
        }
    }

    fn want_hold(&mut self, on: bool, outputs: &mut Outputs) {
        if self.hold_wanted != on {
            self.hold_wanted = on;
            self.media(MediaRequest::Hold { on }, outputs);
            self.held_since = on.then(|| outputs.now());
            if std::mem::take(&mut self.hold_refused) {
                outputs.event(Event::CallResumed { call: self.id });
                // The far end may have taken the hold after all.
                self.refresh_wanted = true;
            }
        }
        self.negotiate(outputs);
    }

    fn require_talking(&self) -> Result<(), Rejected> {
        match self.state {
            State::Talking { .. } => Ok(()),
            State::Offering { .. }
            | State::Calling { .. }
            | State::Ringing { .. }
            | State::Alerting { .. }
            | State::Answering { .. }
            | State::Connecting { .. } => Err(Rejected::WrongState { call: self.id }),
        }
    }

    fn media(&self, request: MediaRequest, outputs: &mut Outputs) {
        outputs.effect(Effect::Media {
            call: self.id,
            request,
        });
    }

    fn release(&self, ua: &mut UserAgent, status: u16, now: Instant) {
        if let Some(sip) = self.sip()
            && ua.end(sip, status, now).is_err()
        {
            tracing::debug!(call = self.id.0, "The INVITE session was over already");
        }
    }
}
