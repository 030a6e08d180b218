use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use crate::directory::Agent;

/// Agents remembered: far more than one server signs in.
const CAPACITY: usize = 20_000;

/// Which agents this server has logged in or prolonged, and when their sessions end unless somebody
/// prolongs them: here, or at another server, which the lock tells.
#[derive(Debug, Default)]
pub(crate) struct Duties(Mutex<BTreeMap<String, Duty>>);

#[derive(Debug)]
struct Duty {
    agent: Arc<Agent>,
    until: Instant,
}

impl Duties {
    /// Notes that the session of `agent` lasts until then.
    pub(crate) fn last(&self, agent: &Arc<Agent>, until: Instant) {
        let mut duties = self.duties();
        let id = &agent.config.ozonetel_agent_id;
        if duties.len() < CAPACITY || duties.contains_key(id) {
            let agent = Arc::clone(agent);
            duties.insert(id.clone(), Duty { agent, until });
        }
    }

    /// Notes that the session of an agent has ended, or has become another server's.
    pub(crate) fn end(&self, agent_id: &str) {
        self.duties().remove(agent_id);
    }

    /// Takes out an agent, if there is one with this id.
    pub(crate) fn take(&self, agent_id: &str) -> Option<Arc<Agent>> {
        self.duties().remove(agent_id).map(|duty| duty.agent)
    }

    /// Takes out those whose sessions have expired.
    pub(crate) fn take_expired(&self, now: Instant) -> Vec<Arc<Agent>> {
        let mut duties = self.duties();
        let expired: Vec<String> = duties
            .iter()
            .filter(|(_, duty)| duty.until <= now)
            .map(|(id, _)| id.clone())
            .collect();
        expired
            .iter()
            .filter_map(|id| duties.remove(id))
            .map(|duty| duty.agent)
            .collect()
    }

    fn duties(&self) -> MutexGuard<'_, BTreeMap<String, Duty>> {
        self.0
            .lock()
            .expect("nothing panics while it holds the duties")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_duty_expires_unless_it_is_prolonged_or_ended() {
        let (duties, now) = (Duties::default(), Instant::now());
        let at = |seconds| now + Duration::from_secs(seconds);
        let agents = ["a", "b", "c"].map(|id| Arc::new(Agent::for_tests(id, id)));
        for agent in &agents {
            duties.last(agent, at(10));
        }
        duties.last(&agents[1], at(20));
        duties.end("c");
        assert!(duties.take_expired(at(9)).is_empty());
        let expired = duties.take_expired(at(10));
        assert_eq!(expired.len(), 1);
        assert_eq!(expired[0].config.ozonetel_agent_id, "a");
        assert!(duties.take_expired(at(10)).is_empty());
        assert_eq!(duties.take_expired(at(20)).len(), 1);
    }
}
