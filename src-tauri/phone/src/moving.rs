//! Moving a session from one device to another: the words of it, and what its holder keeps.

mod request;
mod watch;

use std::time::Instant;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use sidecar_api::{
    LostEvent, TakeoverAnswer, TakeoverEvent, TakeoverRequest, TakeoverResponse, TakeoverStatus,
    TakeoverStatusRequest, TakeoverWithdrawal, TakeoverWord,
};

use crate::{Moment, SidecarFailure, outputs::Outputs};

pub(crate) use request::{Asked, Heard, Promise, StaysFor};
pub(crate) use watch::{Ended, Watch};

/// A call of the sidecar's contract about moving.
#[derive(Debug, Clone)]
pub enum MoveCall {
    Ask(TakeoverRequest),
    /// Answered when something has changed, after 20 s at the latest.
    Status(TakeoverStatusRequest),
    Withdraw(TakeoverWithdrawal),
    Answer {
        access_token: SecretString,
        body: TakeoverAnswer,
    },
}

/// A 2xx to a [`MoveCall`].
#[derive(Debug, Clone)]
pub enum MoveReply {
    Asked(TakeoverResponse),
    Status(TakeoverStatus),
    /// Withdrawn, or the answer was taken.
    Done,
}

/// What the sidecar tells by itself to whoever holds a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerEvent {
    Takeover(TakeoverEvent),
    Lost(LostEvent),
}

/// What becomes of a stream of such events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamNews {
    Opened,
    Told(ServerEvent),
    /// It did not open, broke, or came to its end.
    Ended(Result<(), SidecarFailure>),
}

/// What the user says to another device that asks for this phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum MoveAnswer {
    Now,
    /// When no call is left here, nor the work after it.
    AfterCall,
    No,
}

/// How far the device that holds the session has been asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum AskView {
    /// The request is on its way to the sidecar.
    Sending,
    /// Its user has until then to answer.
    Waiting { until: Moment },
    /// It gives the phone when its call is over.
    AfterCall,
}

/// Why a session that was asked for stays where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum NotMoved {
    /// Its user said no.
    Refused,
    /// It does not answer.
    Unanswered,
    /// A third device asked later.
    Superseded,
    /// The request is over, and the sidecar knows no more of it.
    Lapsed,
    /// Whoever asked does not want it any more.
    Withdrawn,
}

/// Another device of the same user asks for this phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct MoveRequestView {
    /// Names it in commands; never used twice in one run.
    pub request: u64,
    /// `None`: it has no name.
    pub device_name: Option<String>,
    pub state: MoveRequestState,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum MoveRequestState {
    /// The user may answer until then; after that it moves when no call is left here.
    Waiting { until: Moment },
    /// It moves when no call is left here.
    AfterCall {
        /// Whether the user said so: then it moves when the work after the call is done as well. `false`: nobody answered.
        by_user: bool,
    },
    /// It was given: the other device is about to take it.
    Granted,
}

/// What the holder of a session keeps about giving it to another device.
#[derive(Debug)]
pub(crate) struct Moving {
    pub(crate) watch: Watch,
    pub(crate) asked: Option<Asked>,
}

impl Moving {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            watch: Watch::new(now),
            asked: None,
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let asked = self.asked.as_ref().and_then(Asked::poll_timeout);
        [self.watch.poll_timeout(), asked]
            .into_iter()
            .flatten()
            .min()
    }

    /// The session is over: nothing is told or asked any more.
    pub(crate) fn stop(&mut self, outputs: &mut Outputs) {
        self.watch.stop(outputs);
        self.asked = None;
    }
}

impl From<MoveAnswer> for TakeoverWord {
    fn from(answer: MoveAnswer) -> Self {
        match answer {
            MoveAnswer::Now => Self::Now,
            MoveAnswer::AfterCall => Self::AfterCall,
            MoveAnswer::No => Self::No,
        }
    }
}
