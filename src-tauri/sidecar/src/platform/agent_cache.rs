//! The agents that were asked for lately, so that not every heartbeat asks the platform.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::directory::Agent;

/// How long a record is believed.
const LIFETIME: Duration = Duration::from_secs(5 * 60);

/// Members remembered; beyond it the one that was asked for longest ago is forgotten.
const CAPACITY: usize = 10_000;

/// The agents of members, each for [`LIFETIME`]. Only those that exist are remembered: a record
/// that an administrator has just made counts at once.
#[derive(Debug, Default)]
pub(super) struct AgentCache {
    entries: Mutex<Entries>,
}

type Entries = HashMap<String, (Arc<Agent>, Instant)>;

impl AgentCache {
    pub(super) fn get(&self, member_id: &str, now: Instant) -> Option<Arc<Agent>> {
        let entries = self.entries();
        let (agent, at) = entries.get(member_id)?;
        is_fresh(*at, now).then(|| Arc::clone(agent))
    }

    pub(super) fn put(&self, member_id: &str, agent: &Arc<Agent>, now: Instant) {
        let mut entries = self.entries();
        if entries.len() >= CAPACITY && !entries.contains_key(member_id) {
            make_room(&mut entries, now);
        }
        entries.insert(member_id.to_owned(), (Arc::clone(agent), now));
    }

    pub(super) fn forget(&self, member_id: &str) {
        self.entries().remove(member_id);
    }

    /// Forgets what is believed no longer, with the passwords in it.
    pub(super) fn sweep(&self, now: Instant) {
        self.entries().retain(|_, (_, at)| is_fresh(*at, now));
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries
            .lock()
            .expect("no operation panics while it holds the agents")
    }
}

fn make_room(entries: &mut Entries, now: Instant) {
    entries.retain(|_, (_, at)| is_fresh(*at, now));
    if entries.len() < CAPACITY {
        return;
    }
    let oldest = entries.iter().min_by_key(|(_, (_, at))| *at);
    if let Some(member_id) = oldest.map(|(member_id, _)| member_id.clone()) {
        entries.remove(&member_id);
    }
}

fn is_fresh(at: Instant, now: Instant) -> bool {
    now.saturating_duration_since(at) < LIFETIME
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_believed_for_five_minutes_or_until_it_is_forgotten() {
        let (cache, now) = (AgentCache::default(), Instant::now());
        let agent = Arc::new(Agent::for_tests("agent1", "700201"));
        cache.put("m", &agent, now);
        assert!(
            cache
                .get("m", now + LIFETIME - Duration::from_secs(1))
                .is_some()
        );
        assert!(cache.get("m", now + LIFETIME).is_none());
        cache.put("m", &agent, now);
        cache.forget("m");
        assert!(cache.get("m", now).is_none());
        cache.put("m", &agent, now);
        cache.sweep(now + LIFETIME);
        assert!(cache.entries().is_empty());
    }

    #[test]
    fn a_flood_of_members_fills_a_bounded_memory_and_costs_the_oldest() {
        let (cache, now) = (AgentCache::default(), Instant::now());
        let agent = Arc::new(Agent::for_tests("agent1", "700201"));
        let at = |n: usize| now + Duration::from_millis(u64::try_from(n).unwrap_or(u64::MAX));
        for n in 0..=CAPACITY {
            cache.put(&format!("m-{n}"), &agent, at(n));
        }
        assert_eq!(cache.entries().len(), CAPACITY);
        assert!(cache.get("m-0", at(CAPACITY)).is_none());
        assert!(cache.get("m-1", at(CAPACITY)).is_some());
    }
}
