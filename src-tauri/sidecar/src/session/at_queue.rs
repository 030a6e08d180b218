use serde::{Deserialize, Serialize};
use sidecar_api::{AgentState, Telephony};
use time::OffsetDateTime;
use time::serde::rfc3339;

/// What a session keeps of its agent's calls, their part in the queue and what became of it, so that any server tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct AtQueue {
    /// `None`: nothing was ordered so far.
    pub(crate) ordered: Option<Ordered>,
    /// What became of the login at Ozonetel; `None`: that is not known yet.
    pub(crate) telephony: Option<Telephony>,
    /// Whether its phone has a call; `None`: it has never said.
    pub(crate) in_call: Option<bool>,
    /// Whether another device has taken the session over.
    pub(crate) is_taken_over: bool,
}

/// The state that was ordered last, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Ordered {
    pub(crate) state: AgentState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pause_reason: Option<String>,
    #[serde(with = "rfc3339")]
    pub(crate) at: OffsetDateTime,
}

/// One thing to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Note {
    /// `None`: what was ordered before does not hold any more.
    Ordered(Option<Ordered>),
    Telephony(Telephony),
    /// Whether its phone has a call.
    InCall(bool),
    /// Another device has taken the session over.
    TakenOver,
}

impl AtQueue {
    pub(super) fn take(&mut self, note: Note) {
        match note {
            Note::Ordered(ordered) => self.ordered = ordered,
            Note::Telephony(telephony) => self.telephony = Some(telephony),
            Note::InCall(in_call) => self.in_call = Some(in_call),
            Note::TakenOver => self.is_taken_over = true,
        }
    }

    /// What cannot be read is as good as never noted.
    pub(super) fn of_json(
        ordered: Option<&str>,
        telephony: Option<&str>,
        in_call: Option<&str>,
        taken_over: Option<&str>,
    ) -> Self {
        Self {
            is_taken_over: taken_over.is_some(),
            in_call: in_call.and_then(|json| serde_json::from_str(json).ok()),
            ordered: ordered.and_then(|json| serde_json::from_str(json).ok()),
            telephony: telephony.and_then(|json| serde_json::from_str(json).ok()),
        }
    }
}

impl Note {
    /// Returns the name of the note and what it says.
    pub(super) fn to_json(&self) -> (&'static str, String) {
        let (name, json) = match self {
            Self::Ordered(ordered) => ("ordered", serde_json::to_string(ordered)),
            Self::Telephony(telephony) => ("telephony", serde_json::to_string(telephony)),
            Self::InCall(in_call) => ("inCall", serde_json::to_string(in_call)),
            Self::TakenOver => ("takenOver", serde_json::to_string(&true)),
        };
        (name, json.expect("its keys are text"))
    }
}
