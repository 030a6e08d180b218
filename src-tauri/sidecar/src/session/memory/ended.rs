use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use uuid::Uuid;

/// The sessions that have ended, each for as long as an access token of it would be accepted. Each stands
/// for a correct password, so the pace of argon2 bounds their number.
#[derive(Debug, Default)]
pub(super) struct Ended {
    /// Until when each is remembered, in seconds since the first of them ended. There may be hundreds of
    /// thousands: as numbers in a tree, which never has twice the room that it needs, one takes some 33 bytes.
    until: BTreeMap<Id, u32>,
    first: Option<Instant>,
}

type Id = [u8; 16];

impl Ended {
    /// Remembers a session for `time` from `now` on, or up to a second longer.
    pub(super) fn add(&mut self, session_id: &str, now: Instant, time: Duration) {
        let first = *self.first.get_or_insert(now);
        // Nobody has a token of a session whose id is not one of ours.
        if let Some(id) = bits(session_id) {
            let until = seconds(first, now + time).saturating_add(1);
            self.until.insert(id, until);
        }
    }

    pub(super) fn has(&self, session_id: &str) -> bool {
        bits(session_id).is_some_and(|id| self.until.contains_key(&id))
    }

    /// Forgets those whose time is over.
    pub(super) fn sweep(&mut self, now: Instant) {
        let Some(first) = self.first else {
            return;
        };
        let now = seconds(first, now);
        self.until.retain(|_, until| *until > now);
    }
}

fn bits(session_id: &str) -> Option<Id> {
    Uuid::try_parse(session_id).ok().map(Uuid::into_bytes)
}

fn seconds(first: Instant, at: Instant) -> u32 {
    let seconds = at.saturating_duration_since(first).as_secs();
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::random_id;

    #[test]
    fn what_has_ended_is_remembered_for_its_time_and_no_longer() {
        let (mut ended, now) = (Ended::default(), Instant::now());
        let (early, late) = (random_id(), random_id());
        let (minute, second) = (Duration::from_secs(60), Duration::from_secs(1));
        ended.add(&early, now, minute);
        ended.add(&late, now + second, minute);
        assert!(ended.has(&early) && ended.has(&late) && !ended.has(&random_id()));
        ended.sweep(now + minute);
        assert!(ended.has(&early) && ended.has(&late));
        ended.sweep(now + minute + second);
        assert!(!ended.has(&early) && ended.has(&late));
        ended.sweep(now + minute + 2 * second);
        assert!(!ended.has(&late));
    }

    #[test]
    fn what_is_no_id_of_ours_takes_no_room() {
        let (mut ended, now) = (Ended::default(), Instant::now());
        ended.add("no id", now, Duration::from_secs(60));
        assert!(!ended.has("no id") && ended.until.is_empty());
    }
}
