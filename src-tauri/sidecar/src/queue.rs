//! What a phone is told of its agent's part in the queue.

use sidecar_api::{AgentState, Queue, QueueState, Telephony, TelephonyState};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::config::QueueSettings;
use crate::session::AtQueue;
use crate::sidecar::Sidecar;

/// What Ozonetel still owes is told like this.
pub(crate) const PENDING: &str = "Ozonetel takes its time; the login goes on.";

/// Returns the agent's part in the queue; `None` where this server speaks to none.
pub(crate) fn of(sidecar: &Sidecar, at_queue: &AtQueue) -> Option<Queue> {
    let ozonetel = sidecar.ozonetel.as_ref()?;
    let now = sidecar.clock.now().wall;
    Some(answer(ozonetel.queue(), at_queue, now))
}

/// Returns what became of the login at Ozonetel; `None` where there is none, or where nobody knows.
pub(crate) fn telephony(sidecar: &Sidecar, at_queue: Option<&AtQueue>) -> Option<Telephony> {
    sidecar.ozonetel.as_ref()?;
    // A session that is known and has no word of it waits for it.
    let known = at_queue?.telephony.clone();
    Some(known.unwrap_or_else(|| Telephony {
        state: TelephonyState::Pending,
        message: Some(PENDING.to_owned()),
    }))
}

fn answer(settings: &QueueSettings, at_queue: &AtQueue, now: OffsetDateTime) -> Queue {
    let ordered = at_queue.ordered.as_ref();
    Queue {
        state: ordered.map_or(QueueState::Unknown, |it| match it.state {
            AgentState::Ready => QueueState::Ready,
            AgentState::Pause => QueueState::Pause,
        }),
        pause_reason: ordered.and_then(|it| it.pause_reason.clone()),
        since: ordered.and_then(|it| it.at.format(&Rfc3339).ok()),
        // The clocks of two servers may differ a little.
        for_seconds: ordered.map(|it| u64::try_from((now - it.at).whole_seconds()).unwrap_or(0)),
        pause_reasons: settings.pause_reasons.clone(),
        dispositions: settings.dispositions.clone(),
        wrap_up_seconds: settings.wrap_up_seconds.map(u64::from),
        wrap_up_more_seconds: settings.wrap_up_more_seconds.map(u64::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Ordered;

    #[test]
    fn the_age_of_a_state_is_never_below_nothing() {
        let at = OffsetDateTime::UNIX_EPOCH;
        let at_queue = AtQueue {
            ordered: Some(Ordered {
                state: AgentState::Pause,
                pause_reason: Some("Tea".to_owned()),
                at,
            }),
            ..AtQueue::default()
        };
        for (seconds, age) in [(90, 90), (0, 0), (-3, 0)] {
            let now = at + time::Duration::seconds(seconds);
            let queue = answer(&QueueSettings::default(), &at_queue, now);
            assert_eq!(queue.for_seconds, Some(age));
            assert_eq!(queue.since.as_deref(), Some("1970-01-01T00:00:00Z"));
        }
    }
}
