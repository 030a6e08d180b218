use serde::{Deserialize, Serialize};

use crate::{CallId, EndCause, Moment, view::TroubleView};

/// Whether calls of the queue are to reach the agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum Availability {
    Ready,
    Pause {
        /// One of those that the sidecar lists; `None` where it lists none.
        reason: Option<String>,
    },
}

/// The agent's part in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct QueueView {
    pub login: QueueLoginView,
    /// What was ordered last in this session; `None`: nothing so far.
    pub availability: Option<Availability>,
    /// Since when, in ms since the start; below 0 where that was before it.
    pub since: Option<i64>,
    pub pause_reasons: Vec<String>,
    /// What a call may have come to; none: there is no wrap-up.
    pub outcomes: Vec<String>,
    /// What is being ordered.
    pub order: Option<OrderView>,
    /// What follows the call or the wrap-up.
    pub next: Option<Availability>,
    /// What Ozonetel refused last, until something is ordered again.
    pub refused: Option<QueueRefusalView>,
    pub wrap_up: Option<WrapUpView>,
    /// Outcomes that could not be saved so far: they are kept and tried again.
    pub unsaved: u32,
    /// Outcomes that are lost where the session ends now: these, and the one of the wrap-up, be it
    /// chosen or on its way.
    pub at_stake: u32,
}

/// What became of the agent's login at Ozonetel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum QueueLoginView {
    /// Nobody has told so far.
    Unknown,
    In,
    /// Ozonetel takes its time.
    Pending,
    /// In Ozonetel's own words.
    Failed {
        message: String,
    },
}

/// An order on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct OrderView {
    pub availability: Availability,
    /// Why the last try failed.
    pub trouble: Option<TroubleView>,
    pub retry_at: Option<Moment>,
}

/// What Ozonetel would not do, in its own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct QueueRefusalView {
    pub of: Refused,
    pub message: String,
    pub at: Moment,
}

/// What was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(tag = "order", rename_all = "snake_case")]
pub enum Refused {
    Availability {
        availability: Availability,
    },
    /// `call`: whose outcome it is, which need not be that of the wrap-up at present.
    Outcome {
        call: CallId,
        outcome: String,
    },
}

/// The work after a call of the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct WrapUpView {
    pub call: CallId,
    pub number: String,
    pub display_name: Option<String>,
    /// How the call ended.
    pub cause: EndCause,
    pub since: Moment,
    /// `None`: it takes as long as it takes.
    pub ends_at: Option<Moment>,
    /// How much more time may be asked for, in ms; `None`: none.
    pub more_ms: Option<u64>,
    pub outcome: Option<String>,
    /// As it is typed.
    pub note: String,
    /// Whether the outcome is being saved.
    pub saving: bool,
}

impl Availability {
    pub(crate) fn order(&self) -> sidecar_api::AgentStateRequest {
        let (state, pause_reason) = match self {
            Self::Ready => (sidecar_api::AgentState::Ready, None),
            Self::Pause { reason } => (sidecar_api::AgentState::Pause, reason.clone()),
        };
        sidecar_api::AgentStateRequest {
            state,
            pause_reason,
        }
    }
}
