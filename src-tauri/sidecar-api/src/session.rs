use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::{Queue, Telephony};

/// `POST /auth/refresh`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefreshRequest {
    #[serde(serialize_with = "crate::secret::expose")]
    pub refresh_token: SecretString,
}

/// A new pair of tokens; the old refresh token is used up.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefreshResponse {
    #[serde(serialize_with = "crate::secret::expose")]
    pub access_token: SecretString,
    #[serde(serialize_with = "crate::secret::expose")]
    pub refresh_token: SecretString,
}

/// `POST /auth/heartbeat`; an old client sends no body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeartbeatRequest {
    /// Whether a call is on, which the member's other devices are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_call: Option<bool>,
    /// Whether the agent is in the work after a call, from which an order of Ready would take them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_work: Option<bool>,
}

/// The answer to a [`HeartbeatRequest`]; an old sidecar answers with `status` alone.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeartbeatResponse {
    pub status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_seconds: Option<u64>,
    /// What became of the agent's login at the telephony platform, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub telephony: Option<Telephony>,
    /// Absent where the sidecar has no queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<Queue>,
}

/// The body of `POST /auth/logout`: for a caller without an access token, and for one with both, whose platform is to
/// renew the sign-in no more. Otherwise it is empty.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogoutRequest {
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::secret::expose_option"
    )]
    pub refresh_token: Option<SecretString>,
}

/// `released` tells whether this call freed a lock.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LogoutResponse {
    pub status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<bool>,
}
