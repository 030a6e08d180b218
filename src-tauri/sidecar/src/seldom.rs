use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How often the same thing is told.
const EVERY: Duration = Duration::from_secs(60);

/// Things that are told of in that time: callers choose some of them.
const MOST: usize = 1000;

/// Bounds how often the same thing is told, where others decide how often it happens.
#[derive(Debug)]
pub(crate) struct Seldom<K>(Mutex<HashMap<K, Told>>);

#[derive(Debug)]
struct Told {
    at: Instant,
    /// How often it was not told since.
    left_out: u64,
}

impl<K: Eq + Hash> Seldom<K> {
    /// Returns whether `what` is to be told, with how often it was not since the last time.
    pub(crate) fn tell(&self, what: K, now: Instant) -> Option<u64> {
        let mut all = self.0.lock().expect("nothing panics while it holds these");
        let is_old = |told: &Told| now.duration_since(told.at) >= EVERY;
        if let Some(told) = all.get_mut(&what) {
            if !is_old(told) {
                told.left_out += 1;
                return None;
            }
            let left_out = told.left_out;
            *told = Told {
                at: now,
                left_out: 0,
            };
            return Some(left_out);
        }
        if all.len() >= MOST {
            all.retain(|_, told| !is_old(told));
        }
        if all.len() >= MOST {
            return None;
        }
        let told = Told {
            at: now,
            left_out: 0,
        };
        all.insert(what, told);
        Some(0)
    }
}

impl<K> Default for Seldom<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_is_told_once_a_minute_with_how_often_it_was_not() {
        let (seldom, now) = (Seldom::default(), Instant::now());
        assert_eq!(seldom.tell("a", now), Some(0));
        assert_eq!(seldom.tell("b", now), Some(0));
        for _ in 0..7 {
            assert_eq!(seldom.tell("a", now), None);
        }
        assert_eq!(seldom.tell("a", now + EVERY), Some(7));
        assert_eq!(seldom.tell("a", now + 2 * EVERY), Some(0));
    }

    #[test]
    fn there_is_a_bound_to_the_things_told() {
        let (seldom, now) = (Seldom::default(), Instant::now());
        let told = (0..5000).filter(|n| seldom.tell(*n, now).is_some());
        assert_eq!(told.count(), MOST);
        assert_eq!(seldom.tell(5000, now + EVERY), Some(0));
        assert_eq!(seldom.0.lock().map(|all| all.len()).ok(), Some(1));
    }
}
