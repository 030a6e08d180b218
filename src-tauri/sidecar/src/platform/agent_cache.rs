//! The agents that were asked for lately, so that not every heartbeat asks the platform.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
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
    /// How many questions have begun.
    begun: AtomicU64,
}

/// A question that may fill the cache, by its number: the later one has the higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Begun(u64);

#[derive(Debug)]
struct Entry {
    /// `None`: there is none, or it was forgotten.
    agent: Option<Arc<Agent>>,
    at: Instant,
    /// What was asked before this, and this itself, fills it no more.
    last: Begun,
}

type Entries = HashMap<String, Entry>;

impl AgentCache {
    /// Begins a question, whose answer may come long after.
    pub(super) fn begin(&self) -> Begun {
        Begun(self.begun.fetch_add(1, Ordering::SeqCst) + 1)
    }

    pub(super) fn get(&self, member_id: &str, now: Instant) -> Option<Arc<Agent>> {
        let entries = self.entries();
        let entry = entries.get(member_id)?;
        let agent = entry.agent.as_ref()?;
        is_fresh(entry, now).then(|| Arc::clone(agent))
    }

    /// Remembers what came of a question, unless the member was forgotten since, or a later one is remembered.
    pub(super) fn put(
        &self,
        member_id: &str,
        agent: Option<&Arc<Agent>>,
        question: Begun,
        now: Instant,
    ) {
        let mut entries = self.entries();
        let before = entries.get(member_id);
        if before.is_none_or(|it| it.last < question) {
            insert(&mut entries, member_id, agent.cloned(), question, now);
        }
    }

    /// Forgets a member, also for questions that are under way.
    pub(super) fn forget(&self, member_id: &str, now: Instant) {
        let mut entries = self.entries();
        let last = Begun(self.begun.load(Ordering::SeqCst));
        insert(&mut entries, member_id, None, last, now);
    }

    /// Forgets what is believed no longer, with the passwords in it.
    pub(super) fn sweep(&self, now: Instant) {
        self.entries().retain(|_, entry| is_fresh(entry, now));
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries
            .lock()
            .expect("no operation panics while it holds the agents")
    }
}

fn insert(
    entries: &mut Entries,
    member_id: &str,
    agent: Option<Arc<Agent>>,
    last: Begun,
    at: Instant,
) {
    if entries.len() >= CAPACITY && !entries.contains_key(member_id) {
        make_room(entries, at);
    }
    entries.insert(member_id.to_owned(), Entry { agent, at, last });
}

fn make_room(entries: &mut Entries, now: Instant) {
    entries.retain(|_, entry| is_fresh(entry, now));
    if entries.len() < CAPACITY {
        return;
    }
    let oldest = entries.iter().min_by_key(|(_, entry)| entry.at);
    if let Some(member_id) = oldest.map(|(member_id, _)| member_id.clone()) {
        entries.remove(&member_id);
    }
}

fn is_fresh(entry: &Entry, now: Instant) -> bool {
    now.saturating_duration_since(entry.at) < LIFETIME
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_believed_for_five_minutes_or_until_it_is_forgotten() {
        let (cache, now) = (AgentCache::default(), Instant::now());
        let agent = Arc::new(Agent::for_tests("agent1", "700201"));
        let put = || cache.put("m", Some(&agent), cache.begin(), now);
        put();
        assert!(
            cache
                .get("m", now + LIFETIME - Duration::from_secs(1))
                .is_some()
        );
        assert!(cache.get("m", now + LIFETIME).is_none());
        put();
        cache.forget("m", now);
        assert!(cache.get("m", now).is_none());
        put();
        cache.sweep(now + LIFETIME);
        assert!(cache.entries().is_empty());
    }

    #[test]
    fn what_was_asked_before_it_was_forgotten_or_a_later_answer_came_fills_nothing() {
        let (cache, now) = (AgentCache::default(), Instant::now());
        let [old, new] = ["1", "2"].map(|id| Arc::new(Agent::for_tests(id, id)));
        let is = |agent: Option<&Arc<Agent>>| {
            let kept = cache.get("m", now);
            kept.as_ref().map(Arc::as_ptr) == agent.map(Arc::as_ptr)
        };
        let before = cache.begin();
        cache.forget("m", now);
        cache.put("m", Some(&old), before, now);
        assert!(is(None));
        // Another member's stays anybody's to ask for.
        let (first, second) = (cache.begin(), cache.begin());
        cache.forget("other", now);
        cache.put("m", Some(&new), second, now);
        cache.put("m", Some(&old), first, now);
        assert!(is(Some(&new)));
        cache.put("m", None, first, now);
        assert!(is(Some(&new)));
        cache.put("m", None, cache.begin(), now);
        assert!(is(None));
    }

    #[test]
    fn a_flood_of_members_fills_a_bounded_memory_and_costs_the_oldest() {
        let (cache, now) = (AgentCache::default(), Instant::now());
        let agent = Arc::new(Agent::for_tests("agent1", "700201"));
        let at = |n: usize| now + Duration::from_millis(u64::try_from(n).unwrap_or(u64::MAX));
        for n in 0..=CAPACITY {
            cache.put(&format!("m-{n}"), Some(&agent), cache.begin(), at(n));
        }
        assert_eq!(cache.entries().len(), CAPACITY);
        assert!(cache.get("m-0", at(CAPACITY)).is_none());
        assert!(cache.get("m-1", at(CAPACITY)).is_some());
        // Nor do those take more room who are forgotten.
        for n in 0..CAPACITY {
            cache.forget(&format!("m-{n}"), at(0));
        }
        assert_eq!(cache.entries().len(), CAPACITY);
        let last = format!("m-{CAPACITY}");
        assert!(cache.get(&last, at(CAPACITY)).is_some());
        assert!(cache.get("m-1", at(CAPACITY)).is_none());
    }
}
