use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

use super::{BATCH, Duty, REFUSALS, RETRY};

/// Agents remembered: far more than one server signs in.
const CAPACITY: usize = 20_000;

/// The duties of one server, by their agents' ids.
#[derive(Debug, Default)]
pub(crate) struct MemoryDuties(Mutex<BTreeMap<String, Noted>>);

#[derive(Debug)]
struct Noted {
    duty: Duty,
    /// When it ends.
    until: Instant,
    /// How often Ozonetel has refused it.
    refused: u32,
}

impl MemoryDuties {
    pub(super) fn note(&self, duty: &Duty, until: Instant) {
        let mut duties = self.duties();
        let id = duty.agent_id();
        if duties.len() < CAPACITY || duties.contains_key(id) {
            let noted = Noted {
                duty: duty.clone(),
                until,
                refused: 0,
            };
            duties.insert(id.to_owned(), noted);
        }
    }

    pub(super) fn end(&self, agent_id: &str, now: Instant) -> bool {
        match self.duties().get_mut(agent_id) {
            Some(noted) => {
                noted.until = now;
                true
            }
            None => false,
        }
    }

    pub(super) fn take_ended(&self, now: Instant) -> Vec<Duty> {
        let mut duties = self.duties();
        let ended = duties.values_mut().filter(|noted| noted.until <= now);
        let taken = ended.take(BATCH).map(|noted| {
            noted.until = now + RETRY;
            noted.duty.clone()
        });
        taken.collect()
    }

    pub(super) fn refused(&self, duty: &Duty) -> bool {
        let mut duties = self.duties();
        let noted = duties.get_mut(duty.agent_id());
        let Some(noted) = noted.filter(|noted| noted.duty.id == duty.id) else {
            return false;
        };
        noted.refused += 1;
        let is_given_up = noted.refused >= REFUSALS;
        if is_given_up {
            duties.remove(duty.agent_id());
        }
        is_given_up
    }

    pub(super) fn done(&self, duty: &Duty) {
        let mut duties = self.duties();
        let noted = duties.get(duty.agent_id());
        if noted.is_some_and(|noted| noted.duty.id == duty.id) {
            duties.remove(duty.agent_id());
        }
    }

    fn duties(&self) -> MutexGuard<'_, BTreeMap<String, Noted>> {
        self.0
            .lock()
            .expect("nothing panics while it holds the duties")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::directory::Agent;

    #[test]
    fn a_duty_ends_unless_it_is_prolonged_or_done_and_ends_again_until_it_is_done() {
        let (duties, now) = (MemoryDuties::default(), Instant::now());
        let at = |seconds| now + Duration::from_secs(seconds);
        let [a, b, c] = ["a", "b", "c"].map(duty);
        for duty in [&a, &b, &c] {
            duties.note(duty, at(10));
        }
        duties.note(&b, at(200));
        duties.done(&c);
        assert_eq!(ids(&duties, at(9)), [""; 0]);
        assert_eq!(ids(&duties, at(10)), ["a"]);
        // Nobody else gets it for a while.
        assert_eq!(ids(&duties, at(69)), [""; 0]);
        assert_eq!(ids(&duties, at(70)), ["a"]);
        duties.done(&a);
        assert_eq!(ids(&duties, at(199)), [""; 0]);
        assert_eq!(ids(&duties, at(200)), ["b"]);
    }

    #[test]
    fn a_duty_can_be_ended_before_its_time_and_who_has_none_gets_none() {
        let (duties, now) = (MemoryDuties::default(), Instant::now());
        duties.note(&duty("a"), now + RETRY);
        assert!(duties.end("a", now));
        assert!(!duties.end("b", now));
        assert_eq!(ids(&duties, now), ["a"]);
    }

    #[test]
    fn who_has_signed_in_again_has_a_duty_that_the_last_ones_end_does_not_touch() {
        let (duties, now) = (MemoryDuties::default(), Instant::now());
        duties.note(&duty("a"), now);
        let taken = duties.take_ended(now);
        duties.note(&duty("a"), now + RETRY);
        duties.done(&taken[0]);
        assert_eq!(ids(&duties, now + RETRY), ["a"]);
    }

    #[test]
    fn a_refused_duty_ends_again_until_it_was_refused_too_often() {
        let (duties, now) = (MemoryDuties::default(), Instant::now());
        let duty = duty("a");
        duties.note(&duty, now);
        for n in 1..REFUSALS {
            assert_eq!(ids(&duties, now + n * RETRY), ["a"]);
            assert!(!duties.refused(&duty));
        }
        assert_eq!(ids(&duties, now + REFUSALS * RETRY), ["a"]);
        assert!(duties.refused(&duty));
        assert!(ids(&duties, now + 2 * REFUSALS * RETRY).is_empty());
        // A later one begins anew.
        duties.note(&duty, now);
        assert!(!duties.refused(&duty));
    }

    fn duty(id: &str) -> Duty {
        Duty::of(&Agent::for_tests(id, id))
    }

    fn ids(duties: &MemoryDuties, now: Instant) -> Vec<String> {
        let taken = duties.take_ended(now);
        taken.iter().map(|it| it.agent_id().to_owned()).collect()
    }
}
