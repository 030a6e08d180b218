use serde::{Deserialize, Serialize};

/// What a sidecar that speaks for the agent at their queue tells of it, at login and with each beat.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Queue {
    /// What was ordered last in this session.
    #[serde(default)]
    pub state: QueueState,
    /// With [`QueueState::Pause`], where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause_reason: Option<String>,
    /// RFC 3339; absent where nothing was ordered so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The same by the server's clock alone, which the client's may not agree with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_seconds: Option<u64>,
    /// The reasons that a pause may have; none: it needs none.
    #[serde(default)]
    pub pause_reasons: Vec<String>,
    /// The outcomes that a call may have; none: there is no wrap-up.
    #[serde(default)]
    pub dispositions: Vec<String>,
    /// How long a wrap-up may take; absent: as long as it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrap_up_seconds: Option<u64>,
    /// How much more time there is for one wrap-up, once; absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrap_up_more_seconds: Option<u64>,
}

/// Whether calls of the queue reach the agent, as far as the sidecar knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum QueueState {
    Ready,
    Pause,
    /// Nothing was ordered so far, or a state that this version does not know.
    #[default]
    #[serde(other)]
    Unknown,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_a_later_sidecar_adds_does_no_harm() {
        let queue: Queue =
            serde_json::from_str(r#"{"state":"Coaching","lunch":true,"dispositions":["Sale"]}"#)
                .unwrap();
        assert_eq!(
            queue,
            Queue {
                dispositions: vec!["Sale".to_owned()],
                ..Queue::default()
            }
        );
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let json = serde_json::to_string(&Queue::default()).unwrap();
        assert_eq!(
            json,
            r#"{"state":"Unknown","pauseReasons":[],"dispositions":[]}"#
        );
    }
}
