use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::Queue;

/// `POST /auth/login`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoginRequest {
    pub email: String,
    #[serde(serialize_with = "crate::secret::expose")]
    pub password: SecretString,
    /// Takes the lock from the same member's other device.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub takeover: bool,
    /// Takes the lock from the device that granted it to this ticket.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::secret::expose_option"
    )]
    pub takeover_ticket: Option<SecretString>,
}

/// What a sign-in grants; without `agent_config` the user has no phone (a manager, an executive).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoginResponse {
    #[serde(serialize_with = "crate::secret::expose")]
    pub access_token: SecretString,
    #[serde(serialize_with = "crate::secret::expose")]
    pub refresh_token: SecretString,
    pub user: User,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_config: Option<AgentConfig>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionGrant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub telephony: Option<Telephony>,
    /// Absent where the sidecar has no queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<Queue>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    pub id: String,
    pub role: String,
    pub name: String,
    pub email: String,
}

/// The phone account of one agent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentConfig {
    pub ozonetel_agent_id: String,
    pub sip_extension: String,
    #[serde(serialize_with = "crate::secret::expose")]
    pub sip_password: SecretString,
    /// The address of record: `sip:700201@sip.example`.
    pub sip_uri: String,
    /// `wss://sip.example:444`.
    pub sip_ws_server: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_name: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ice_servers: Vec<IceServer>,
}

/// One `RTCIceServer` (W3C WebRTC §4.2.2).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IceServer {
    pub urls: Urls,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::secret::expose_option"
    )]
    pub credential: Option<SecretString>,
}

/// One URL or several, as `RTCIceServer` allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Urls {
    One(String),
    Many(Vec<String>),
}

/// The lock as the sidecar granted it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionGrant {
    pub id: String,
    pub ttl_seconds: u64,
    pub heartbeat_seconds: u64,
}

/// What became of the agent's login at the telephony platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Telephony {
    pub state: TelephonyState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TelephonyState {
    Ready,
    Pending,
    Failed,
    /// A state that this version does not know.
    #[serde(other)]
    Unknown,
}

impl Urls {
    /// Returns the URLs in their order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(url) => std::slice::from_ref(url),
            Self::Many(urls) => urls.as_slice(),
        }
        .iter()
        .map(String::as_str)
    }
}
