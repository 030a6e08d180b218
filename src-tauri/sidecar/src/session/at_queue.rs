use std::time::Duration;

use serde::{Deserialize, Serialize};
use sidecar_api::{AgentState, Telephony};
use time::OffsetDateTime;
use time::serde::rfc3339;

/// After which a login that nobody has seen to its end is another's to see to: longer than it takes with all that
/// follows it, a wait for another one of its agent included, and than the clocks of two servers may be apart.
const LEFT_BEHIND: Duration = Duration::from_secs(180);

/// How often it is seen to anew.
const TRIES: u32 = 3;

/// What a session keeps of its agent's calls, their part in the queue and what became of it, so that any server tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct AtQueue {
    /// `None`: nothing was ordered so far, or nobody knows what.
    pub(crate) ordered: Option<Ordered>,
    /// How often it was noted what was ordered.
    pub(crate) version: u64,
    /// What became of the login at Ozonetel; `None`: that is not known yet.
    pub(crate) telephony: Option<Telephony>,
    /// Whether its phone has a call; `None`: it has never said.
    pub(crate) in_call: Option<bool>,
    /// Whether another device has taken the session over.
    pub(crate) is_taken_over: bool,
    /// A login at Ozonetel that is not seen to its end; `None`: there is none.
    pub(crate) unsettled: Option<Unsettled>,
}

/// A login at Ozonetel of an agent who is to be in the state again after it that they ordered last. Whoever sees to
/// it may die, or lose the store, before that is so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unsettled {
    /// Tells it from every other one.
    id: String,
    /// When somebody began to see to it.
    #[serde(with = "rfc3339")]
    at: OffsetDateTime,
    /// How often it was seen to anew.
    tries: u32,
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
    /// A login at Ozonetel begins.
    Unsettled(Unsettled),
}

impl Unsettled {
    /// Begins one; `id` is no other's.
    pub(crate) fn begin(id: String, now: OffsetDateTime) -> Self {
        Self {
            id,
            at: now,
            tries: 0,
        }
    }

    /// Whether whoever saw to it would have come to the end by now. The clocks of two servers may differ.
    pub(crate) fn is_left_behind(&self, now: OffsetDateTime) -> bool {
        (now - self.at).unsigned_abs() >= LEFT_BEHIND
    }

    /// Returns what it is for whoever sees to it from now on, or `None` where that was tried often enough.
    pub(crate) fn anew(&self, id: String, now: OffsetDateTime) -> Option<Self> {
        let tries = self.tries.saturating_add(1);
        (tries <= TRIES).then_some(Self { id, at: now, tries })
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Returns it as it is kept.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("its keys are text")
    }
}

impl AtQueue {
    pub(super) fn take(&mut self, note: Note) {
        match note {
            Note::Ordered(ordered) => {
                if ordered.is_some() {
                    // Ozonetel has answered an order.
                    self.unsettled = None;
                }
                self.ordered = ordered;
                self.version += 1;
            }
            Note::Telephony(telephony) => self.telephony = Some(telephony),
            Note::InCall(in_call) => self.in_call = Some(in_call),
            Note::TakenOver => self.is_taken_over = true,
            Note::Unsettled(unsettled) => self.unsettled = Some(unsettled),
        }
    }

    /// What cannot be read is as good as never noted.
    pub(super) fn of_json(
        ordered: Option<&str>,
        telephony: Option<&str>,
        in_call: Option<&str>,
        taken_over: Option<&str>,
        unsettled: Option<&str>,
    ) -> Self {
        Self {
            version: 0,
            is_taken_over: taken_over.is_some(),
            in_call: in_call.and_then(|json| serde_json::from_str(json).ok()),
            ordered: ordered.and_then(|json| serde_json::from_str(json).ok()),
            telephony: telephony.and_then(|json| serde_json::from_str(json).ok()),
            unsettled: unsettled.and_then(|json| serde_json::from_str(json).ok()),
        }
    }
}

impl Note {
    /// Returns the name of the note and what it says.
    pub(super) fn to_json(&self) -> (&'static str, String) {
        let (name, json) = match self {
            Self::Unsettled(unsettled) => return ("unsettled", unsettled.to_json()),
            Self::Ordered(ordered) => ("ordered", serde_json::to_string(ordered)),
            Self::Telephony(telephony) => ("telephony", serde_json::to_string(telephony)),
            Self::InCall(in_call) => ("inCall", serde_json::to_string(in_call)),
            Self::TakenOver => ("takenOver", serde_json::to_string(&true)),
        };
        (name, json.expect("its keys are text"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_left_behind_once_nobody_sees_to_it_any_more_and_seen_to_anew_a_few_times() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let mut unsettled = Unsettled::begin("0".to_owned(), now);
        let second = Duration::from_secs(1);
        assert!(!unsettled.is_left_behind(now + LEFT_BEHIND - second));
        assert!(unsettled.is_left_behind(now + LEFT_BEHIND));
        // A clock that was set back by more does not keep it from ever being seen to.
        assert!(!unsettled.is_left_behind(now - LEFT_BEHIND + second));
        assert!(unsettled.is_left_behind(now - LEFT_BEHIND));
        for n in 1..=TRIES {
            let now = now + n * LEFT_BEHIND;
            let anew = unsettled.anew(n.to_string(), now);
            unsettled = anew.expect("it is tried so often");
            assert!(!unsettled.is_left_behind(now));
        }
        assert_eq!(unsettled.anew("last".to_owned(), now), None);
    }

    #[test]
    fn an_order_that_was_answered_settles_a_login_and_another_note_does_not() {
        let unsettled = Unsettled::begin("0".to_owned(), OffsetDateTime::UNIX_EPOCH);
        let mut at_queue = AtQueue::default();
        at_queue.take(Note::Unsettled(unsettled.clone()));
        at_queue.take(Note::InCall(true));
        // It had none.
        at_queue.take(Note::Ordered(None));
        assert_eq!(at_queue.unsettled, Some(unsettled));
        at_queue.take(Note::Ordered(Some(Ordered {
            state: AgentState::Ready,
            pause_reason: None,
            at: OffsetDateTime::UNIX_EPOCH,
        })));
        assert_eq!(at_queue.unsettled, None);
    }
}
