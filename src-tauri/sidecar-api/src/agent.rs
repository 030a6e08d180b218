use serde::{Deserialize, Serialize};

/// `POST /api/ozonetel/agent-state`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentStateRequest {
    pub state: AgentState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause_reason: Option<String>,
}

/// Whether calls of the queue reach an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AgentState {
    Ready,
    Pause,
}

/// `POST /api/ozonetel/dial`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DialRequest {
    pub phone_number: String,
}

/// `POST /api/ozonetel/dispose`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DisposeRequest {
    pub ucid: String,
    pub disposition: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comments: Option<String>,
    /// An earlier try had no answer, so it may have been carried out; an old sidecar ignores it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeated: bool,
    /// Has the agent pause for this reason as the work after the call ends, so that no call comes in
    /// between. A sidecar that does not know it leaves the agent ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause_reason: Option<String>,
}

/// `POST /api/ozonetel/conference`, which calls somebody into a call, and `POST /api/ozonetel/kick`, which drops them from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartyRequest {
    pub ucid: String,
    pub number: String,
}

/// `POST /api/ozonetel/recording`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingRequest {
    pub ucid: String,
    pub action: RecordingAction,
}

/// What becomes of the recording of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordingAction {
    Pause,
    Resume,
}

/// The success of an agent's call; a refusal is an [`ErrorBody`](crate::ErrorBody) in Ozonetel's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentResponse {
    pub status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Names the call that this one began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ucid: Option<String>,
}

impl RecordingAction {
    /// Returns the action of this name.
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "pause" => Some(Self::Pause),
            "resume" => Some(Self::Resume),
            _ => None,
        }
    }
}

impl AgentState {
    /// Returns the state of this name.
    pub fn of(name: &str) -> Option<Self> {
        [Self::Ready, Self::Pause]
            .into_iter()
            .find(|state| state.as_str() == name)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "Ready",
            Self::Pause => "Pause",
        }
    }
}
