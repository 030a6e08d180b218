//! The events of `GET /auth/events`, each the `data` of one server-sent event.

use serde::{Deserialize, Serialize};

use crate::{Holder, TakeoverState};

/// The `event` of a [`TakeoverEvent`].
pub const TAKEOVER_EVENT: &str = "takeover";

/// The `event` of a [`LostEvent`].
pub const LOST_EVENT: &str = "lost";

/// Whether another device asks for the session that the listener holds; each replaces the one before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeoverEvent {
    /// `None`: nobody asks.
    pub request: Option<TakeoverDemand>,
}

/// A request as its holder sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TakeoverDemand {
    pub id: String,
    /// What the asking device calls itself.
    pub device_name: String,
    pub seconds_left: u64,
    /// `Waiting`, `AfterCall` or `Granted`.
    pub state: TakeoverState,
}

/// The listener no longer holds the session; no event follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostEvent {
    pub holder: Holder,
}
