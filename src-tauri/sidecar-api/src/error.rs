use serde::{Deserialize, Serialize};

/// The body of every refusal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    pub status_code: u16,
    pub message: Message,
    /// Who holds the session lock (409).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<Holder>,
    /// Whether that holder can be asked for it (409 of a login).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub askable: bool,
    /// Why, where the status alone does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RefusalReason>,
}

/// Why a call was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    /// Of a 401: the caller is no longer the agent that signed in. The session has ended, and a new token is of no use to it.
    AccountChanged,
    /// Of a 403: the account asks for a second factor, which no sign-in here can give.
    SecondFactor,
    /// Of a 403: the user has not opened the link that was sent to their address.
    EmailNotVerified,
    #[serde(other)]
    Unknown,
}

/// One sentence or several, as validation errors have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Message {
    One(String),
    Many(Vec<String>),
}

/// The device that holds the session lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    pub device_name: String,
    /// What that device runs, for people: "Windows". Told to its own member alone, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// RFC 3339; absent where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Whether a call is on there, as its last heartbeat said. Told to its own member alone, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_call: Option<bool>,
    /// Whether the caller's own member holds it; only then may they take it over.
    pub same_member: bool,
}

impl Message {
    /// Returns the sentences as one line.
    pub fn joined(&self) -> String {
        match self {
            Self::One(sentence) => sentence.clone(),
            Self::Many(sentences) => sentences.join(" "),
        }
    }
}
