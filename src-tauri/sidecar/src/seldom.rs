use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How often the same thing is told.
const EVERY: Duration = Duration::from_secs(60);

/// Things of one group that are told of one by one in that time: an office has so many, and who makes up more
/// hides nobody else's.
const MOST_OF_GROUP: usize = 50;

/// Things and groups that are told of in that time: callers choose some of them.
const MOST: usize = 1000;

/// Bounds how often the same thing is told, where others decide how often it happens: each of them by itself as
/// long as they are few, and after that how many more there were.
#[derive(Debug)]
pub(crate) struct Seldom<G, T>(Mutex<HashMap<About<G, T>, Told>>);

/// Something is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Telling {
    pub(crate) scope: Scope,
    /// How often it was not told since the last time.
    pub(crate) left_out: u64,
}

/// For what a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The thing alone.
    Thing,
    /// All things of its group that are not told of one by one.
    Group,
    /// All things of groups that there are too many of.
    Rest,
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum About<G, T> {
    Thing(G, T),
    Group(G),
    Rest,
}

#[derive(Debug)]
struct Told {
    at: Instant,
    left_out: u64,
}

impl<G: Clone + Eq + Hash, T: Eq + Hash> Seldom<G, T> {
    /// Returns what is to be told of `thing`, which belongs to `group`, if anything is.
    pub(crate) fn tell(&self, group: G, thing: T, now: Instant) -> Option<Telling> {
        let mut all = self.0.lock().expect("nothing panics while it holds these");
        if all.len() >= MOST {
            all.retain(|about, told| *about == About::Rest || !told.is_old(now));
        }
        let is_of_group = |(about, told): &(&About<G, T>, &Told)| match about {
            About::Thing(it, _) => *it == group && !told.is_old(now),
            About::Group(_) | About::Rest => false,
        };
        let has_room = all.len() < MOST;
        let mut about = About::Thing(group.clone(), thing);
        if !all.contains_key(&about) {
            let is_one_more = all.iter().filter(is_of_group).count() >= MOST_OF_GROUP;
            if !has_room || is_one_more {
                about = About::Group(group);
            }
        }
        if !has_room && !all.contains_key(&about) {
            about = About::Rest;
        }
        let scope = about.scope();
        let Some(told) = all.get_mut(&about) else {
            let told = Told {
                at: now,
                left_out: 0,
            };
            all.insert(about, told);
            return Some(Telling { scope, left_out: 0 });
        };
        if !told.is_old(now) {
            told.left_out += 1;
            return None;
        }
        let left_out = std::mem::take(&mut told.left_out);
        told.at = now;
        Some(Telling { scope, left_out })
    }
}

impl<G, T> About<G, T> {
    fn scope(&self) -> Scope {
        match self {
            Self::Thing(..) => Scope::Thing,
            Self::Group(_) => Scope::Group,
            Self::Rest => Scope::Rest,
        }
    }
}

impl Told {
    fn is_old(&self, now: Instant) -> bool {
        now.duration_since(self.at) >= EVERY
    }
}

impl<G, T> Default for Seldom<G, T> {
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
        assert_eq!(seldom.tell((), "a", now), told(Scope::Thing, 0));
        assert_eq!(seldom.tell((), "b", now), told(Scope::Thing, 0));
        for _ in 0..7 {
            assert_eq!(seldom.tell((), "a", now), None);
        }
        assert_eq!(seldom.tell((), "a", now + EVERY), told(Scope::Thing, 7));
        assert_eq!(seldom.tell((), "a", now + 2 * EVERY), told(Scope::Thing, 0));
    }

    #[test]
    fn who_makes_up_things_hides_nobody_elses_and_it_is_told_how_many_are_missing() {
        let (seldom, now) = (Seldom::default(), Instant::now());
        let of_one = (0..5000).filter_map(|n| seldom.tell(1, n, now));
        let of_one: Vec<_> = of_one.map(|it| it.scope).collect();
        let mut expected = vec![Scope::Thing; MOST_OF_GROUP];
        expected.push(Scope::Group);
        assert_eq!(of_one, expected);
        assert_eq!(seldom.tell(2, 0, now), told(Scope::Thing, 0));
        // Those that are told of one by one still are.
        let later = now + EVERY;
        assert_eq!(seldom.tell(1, 0, later), told(Scope::Thing, 0));
        for n in 5000..5000 + MOST_OF_GROUP - 1 {
            assert_eq!(seldom.tell(1, n, later), told(Scope::Thing, 0));
        }
        let missing = 5000 - MOST_OF_GROUP as u64 - 1;
        assert_eq!(seldom.tell(1, 9999, later), told(Scope::Group, missing));
    }

    #[test]
    fn there_is_a_bound_to_the_things_told_and_none_to_those_that_are_counted() {
        let (seldom, now) = (Seldom::default(), Instant::now());
        let told_of = |n: usize, now| seldom.tell(n, n, now);
        for n in 0..MOST {
            assert_eq!(told_of(n, now), told(Scope::Thing, 0));
        }
        assert_eq!(told_of(MOST, now), told(Scope::Rest, 0));
        for n in MOST + 1..5000 {
            assert_eq!(told_of(n, now), None);
        }
        let later = now + EVERY;
        for n in 0..MOST - 1 {
            assert_eq!(told_of(n, later), told(Scope::Thing, 0));
        }
        let missing = 5000 - MOST as u64 - 1;
        assert_eq!(told_of(5000, later), told(Scope::Rest, missing));
        assert_eq!(told_of(5000, later + EVERY), told(Scope::Thing, 0));
        assert_eq!(seldom.0.lock().map(|all| all.len()).ok(), Some(2));
    }

    fn told(scope: Scope, left_out: u64) -> Option<Telling> {
        Some(Telling { scope, left_out })
    }
}
