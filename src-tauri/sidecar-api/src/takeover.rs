//! A takeover with consent: one device asks for the session, and the device that holds it answers.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::Holder;

/// `POST /auth/takeover`: asks the same member's other device for the session.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TakeoverRequest {
    pub email: String,
    #[serde(serialize_with = "crate::secret::expose")]
    pub password: SecretString,
}

/// The answer to a [`TakeoverRequest`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum TakeoverResponse {
    /// 202: the holder is asked.
    Asked(TakeoverAsked),
    /// 200: there is nobody to ask; a login works.
    Free(TakeoverFree),
}

/// Whom a [`TakeoverRequest`] went to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TakeoverAsked {
    /// Speaks for this request alone.
    #[serde(serialize_with = "crate::secret::expose")]
    pub ticket: SecretString,
    /// How long the holder has to answer.
    pub deadline_seconds: u64,
    pub holder: Holder,
}

/// Nobody else holds the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeoverFree {
    pub free: bool,
}

/// `POST /auth/takeover/status`: waits until the state is no longer the one that the caller knows.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TakeoverStatusRequest {
    #[serde(serialize_with = "crate::secret::expose")]
    pub ticket: SecretString,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<TakeoverState>,
}

/// How a request stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TakeoverStatus {
    pub state: TakeoverState,
    /// Until the state ends by itself; 0 where it does not.
    pub seconds_left: u64,
}

/// The states of a request, for both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakeoverState {
    /// The holder has not answered yet.
    Waiting,
    /// The holder moves after the call that it is in.
    AfterCall,
    /// A login with the ticket takes the session over.
    Granted,
    Refused,
    /// Nobody answered in time.
    Unanswered,
    /// The asking device no longer wants it.
    Withdrawn,
    /// Another request took its place.
    Superseded,
    /// The session has changed hands since.
    Moved,
    /// A state that this version does not know.
    #[serde(other)]
    Unknown,
}

/// `POST /auth/takeover/withdraw`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TakeoverWithdrawal {
    #[serde(serialize_with = "crate::secret::expose")]
    pub ticket: SecretString,
}

/// `POST /auth/takeover/answer`: the holder's word on the request of this id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TakeoverAnswer {
    pub request: String,
    pub answer: TakeoverWord,
}

/// What a holder may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakeoverWord {
    /// The other device may have the session now.
    Now,
    /// It may have it once the call here has ended, which [`Self::Now`] tells.
    AfterCall,
    No,
    /// A word that this version does not know.
    #[serde(other)]
    Unknown,
}

/// The success of an answer or a withdrawal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeoverDone {
    pub status: String,
}
