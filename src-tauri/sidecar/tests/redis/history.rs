//! What clients of locks were told, and whether all of it can be true with one holder at a time.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A moment in ns since the history began; each is later than those before it, by one at the least.
pub(crate) type Moment = u64;

/// How much earlier than its term a lock may end: Redis counts whole milliseconds.
const ROUNDING: Duration = Duration::from_millis(2);

/// One call: from when it was made until its answer was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) made: Moment,
    pub(crate) answered: Moment,
}

/// Who asks for a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) member: u64,
    pub(crate) device: u64,
}

/// What came of a call for the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Granted {
        epoch: u64,
    },
    Refused,
    /// Nobody knows, until the session was released or settled.
    Unknown,
}

/// All that one session has asked for, and was told.
#[derive(Debug, Clone)]
pub(crate) struct Tenure {
    lock: u64,
    client: Client,
    takeover: bool,
    acquire: Span,
    outcome: Outcome,
    /// The calls after which the client was told that it holds the lock.
    held: Vec<Span>,
    released: Option<Span>,
}

/// What was recorded, of all clients.
#[derive(Debug)]
pub(crate) struct History {
    origin: Instant,
    /// How long a lock that is not prolonged is held for certain, in ns.
    term: Moment,
    now: AtomicU64,
    recorded: Mutex<Recorded>,
}

#[derive(Debug, Default)]
struct Recorded {
    tenures: HashMap<u64, Tenure>,
    /// When the store lost all data.
    losses: Vec<Span>,
}

impl History {
    /// Begins one of locks with this term.
    pub(crate) fn of(ttl: Duration) -> Self {
        Self {
            origin: Instant::now(),
            term: nanos(ttl - ROUNDING),
            now: AtomicU64::new(0),
            recorded: Mutex::default(),
        }
    }

    pub(crate) fn now(&self) -> Moment {
        let by_clock = nanos(self.origin.elapsed());
        let next = |last: Moment| Some(by_clock.max(last + 1));
        let now = self
            .now
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, next);
        next(now.expect("there is always a next one")).expect("there is one")
    }

    /// Notes that a session asked for a lock since `made`, and was told `outcome` just now.
    pub(crate) fn asked(
        &self,
        (session, lock, client): (u64, u64, Client),
        takeover: bool,
        made: Moment,
        outcome: Outcome,
    ) {
        let acquire = self.span(made);
        let tenure = Tenure {
            lock,
            client,
            takeover,
            acquire,
            outcome,
            held: Vec::new(),
            released: None,
        };
        self.recorded().tenures.insert(session, tenure);
    }

    /// Notes that a session was told just now that it holds its lock.
    pub(crate) fn held(&self, session: u64, made: Moment) {
        let span = self.span(made);
        self.tenure(session, |tenure| tenure.held.push(span));
    }

    /// Whether the term of what a session was told last has ended by `now`.
    pub(crate) fn has_outlived_its_term(&self, session: u64, now: Moment) -> bool {
        let recorded = self.recorded();
        let tenure = &recorded.tenures[&session];
        let told = tenure.held.last().unwrap_or(&tenure.acquire);
        now >= told.answered.saturating_add(self.term)
    }

    /// Notes that a session has given its lock back, which it began at `made`.
    pub(crate) fn released(&self, session: u64, made: Moment) {
        let span = self.span(made);
        self.tenure(session, |tenure| tenure.released = Some(span));
    }

    /// Notes that what nobody knew of a session has happened by now, or never will.
    pub(crate) fn settled(&self, session: u64) {
        let now = self.now();
        self.released(session, now);
    }

    /// Notes that the store lost its data between `made` and now.
    pub(crate) fn lost_data(&self, made: Moment) {
        let span = self.span(made);
        self.recorded().losses.push(span);
    }

    /// Returns what cannot be true with one holder of each lock at any time.
    pub(crate) fn contradictions(&self) -> Vec<String> {
        let Recorded { tenures, losses } = &*self.recorded();
        let store = Store {
            losses,
            term: self.term,
        };
        let mut of_lock: HashMap<u64, Vec<&Tenure>> = HashMap::new();
        for tenure in tenures.values() {
            of_lock.entry(tenure.lock).or_default().push(tenure);
        }
        of_lock
            .values()
            .flat_map(|tenures| contradictions(tenures, store))
            .collect()
    }

    fn span(&self, made: Moment) -> Span {
        Span {
            made,
            answered: self.now(),
        }
    }

    fn tenure(&self, session: u64, change: impl FnOnce(&mut Tenure)) {
        change(self.recorded().tenures.get_mut(&session).expect("it asked"));
    }

    fn recorded(&self) -> std::sync::MutexGuard<'_, Recorded> {
        self.recorded.lock().unwrap()
    }
}

/// What is known of where the locks lay.
#[derive(Clone, Copy)]
struct Store<'a> {
    losses: &'a [Span],
    term: Moment,
}

fn nanos(duration: Duration) -> Moment {
    u64::try_from(duration.as_nanos()).expect("a test is shorter than 500 years")
}

/// A session that was given the lock.
#[derive(Clone, Copy)]
struct Granted<'a> {
    tenure: &'a Tenure,
    epoch: u64,
    /// When a later one had it for certain.
    succeeded: Moment,
}

fn contradictions(tenures: &[&Tenure], store: Store<'_>) -> Vec<String> {
    let mut granted: Vec<Granted<'_>> = tenures
        .iter()
        .filter_map(|tenure| match tenure.outcome {
            Outcome::Granted { epoch } => Some(Granted {
                tenure,
                epoch,
                succeeded: Moment::MAX,
            }),
            Outcome::Refused | Outcome::Unknown => None,
        })
        .collect();
    granted.sort_by_key(|it| it.epoch);
    let mut first_after = Moment::MAX;
    for one in granted.iter_mut().rev() {
        one.succeeded = first_after;
        first_after = first_after.min(one.tenure.acquire.answered);
    }
    let mut found = Vec::new();
    // The epochs of one lock grow: who asked after an answer was there gets a higher one.
    let mut latest_made = 0;
    for one in &granted {
        let acquire = one.tenure.acquire;
        if acquire.answered < latest_made {
            found.push(format!("{:?} has too high an epoch", one.tenure));
        }
        latest_made = latest_made.max(acquire.made);
    }
    for one in &granted {
        let grant = [one.tenure.acquire];
        for (told, is_grant) in grant
            .iter()
            .map(|span| (span, true))
            .chain(one.tenure.held.iter().map(|span| (span, false)))
        {
            let other = granted.iter().find(|other| {
                let is_outdone = !is_grant && one.epoch > other.epoch;
                !is_outdone && other.excludes(one.tenure, *told, tenures, store)
            });
            if let Some(other) = other {
                found.push(format!(
                    "{:?} was told {told:?} that it holds what {:?} held",
                    one.tenure, other.tenure
                ));
            }
        }
    }
    found
}

impl Granted<'_> {
    /// Whether this one held the lock for certain while another session was told so, be it one of the
    /// same client, as copies of an installation have them.
    fn excludes(&self, other: &Tenure, told: Span, tenures: &[&Tenure], store: Store<'_>) -> bool {
        let own = self.tenure;
        if std::ptr::eq(own, other) || own.acquire.answered >= told.made {
            return false;
        }
        if own.released.is_some_and(|it| it.made < told.answered) {
            return false;
        }
        let known = own.held.iter().rfind(|it| it.answered < told.made);
        let known = known.unwrap_or(&own.acquire);
        // A term begins when the call is made, at the earliest, and nobody else is told before its end.
        if told.answered >= known.made.saturating_add(store.term) {
            return false;
        }
        if known.answered <= self.succeeded && self.succeeded < told.made {
            return false;
        }
        let meets = |span: Span| span.made < told.answered && span.answered > known.made;
        if store.losses.iter().any(|loss| meets(*loss)) {
            return false;
        }
        !tenures.iter().any(|it| self.may_be_displaced_by(it, meets))
    }

    /// Whether `it` may have displaced this one at a time that `meets`: by a takeover of the same
    /// member, or because the same client signed in again.
    fn may_be_displaced_by(&self, it: &Tenure, meets: impl Fn(Span) -> bool) -> bool {
        let own = self.tenure.client;
        let may_displace = it.client == own || it.takeover && it.client.member == own.member;
        match it.outcome {
            // A beat of a later holder displaces where the store has forgotten it.
            Outcome::Granted { epoch } => {
                let is_beat = it.held.iter().any(|span| meets(*span));
                epoch > self.epoch && (is_beat || may_displace && meets(it.acquire))
            }
            Outcome::Unknown => {
                let answered = it.released.map_or(Moment::MAX, |it| it.answered);
                let made = it.acquire.made;
                may_displace && meets(Span { made, answered })
            }
            Outcome::Refused => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// None of these lasts so long.
    const TTL: Duration = Duration::from_secs(600);

    const DESK: Client = client(1, 1);
    const LAPTOP: Client = client(1, 2);
    const STRANGER: Client = client(2, 3);

    #[test]
    fn one_after_the_other_is_no_contradiction() {
        let history = History::of(TTL);
        history.grants(1, DESK, 10, false);
        history.beats(1);
        history.grants(2, LAPTOP, 20, true);
        history.beats(2);
        history.release(2);
        // The lock is free, and who lost it may have it again.
        history.beats(1);
        history.release(1);
        history.grants(3, STRANGER, 30, false);
        assert_eq!(history.contradictions(), [""; 0]);
    }

    #[test]
    fn who_signs_in_again_and_out_leaves_it_to_who_asks_meanwhile() {
        let history = History::of(TTL);
        history.grants(1, DESK, 10, false);
        let made = history.now();
        history.grants(2, DESK, 20, false);
        history.release(2);
        let granted = Outcome::Granted { epoch: 30 };
        history.asked((3, 0, STRANGER), false, made, granted);
        assert_eq!(history.contradictions(), [""; 0]);
    }

    #[test]
    fn two_at_a_time_are_a_contradiction() {
        let history = History::of(TTL);
        history.grants(1, DESK, 10, false);
        history.grants(2, STRANGER, 20, false);
        assert_eq!(history.contradictions().len(), 1);
    }

    #[test]
    fn who_was_displaced_holds_nothing() {
        let history = History::of(TTL);
        history.grants(1, DESK, 10, false);
        history.grants(2, LAPTOP, 20, true);
        history.beats(1);
        assert_eq!(history.contradictions().len(), 1);
    }

    #[test]
    fn of_two_sessions_of_one_client_the_earlier_one_holds_nothing() {
        let history = History::of(TTL);
        history.grants(1, DESK, 10, false);
        history.grants(2, DESK, 20, false);
        history.beats(2);
        assert_eq!(history.contradictions(), [""; 0]);
        history.beats(1);
        assert_eq!(history.contradictions().len(), 1);
    }

    #[test]
    fn a_stranger_may_not_take_over() {
        let history = History::of(TTL);
        history.grants(1, DESK, 10, false);
        history.beats(1);
        history.grants(2, STRANGER, 20, true);
        assert_eq!(history.contradictions().len(), 1);
    }

    #[test]
    fn after_a_loss_the_loser_may_be_heard_once_but_not_after_the_winner() {
        let history = History::of(TTL);
        history.grants(1, DESK, 10, false);
        history.grants(2, LAPTOP, 20, true);
        let made = history.now();
        history.lost_data(made);
        history.beats(1);
        history.beats(2);
        assert_eq!(history.contradictions(), [""; 0]);
        history.beats(1);
        assert_eq!(history.contradictions().len(), 1);
    }

    #[test]
    fn what_nobody_knows_ends_with_its_release() {
        let history = History::of(TTL);
        history.grants(1, DESK, 10, false);
        let made = history.now();
        history.asked((2, 0, LAPTOP), true, made, Outcome::Unknown);
        history.release(2);
        // It may have displaced the first.
        history.grants(3, STRANGER, 20, false);
        assert_eq!(history.contradictions(), [""; 0]);
        history.beats(3);
        history.grants(4, DESK, 30, false);
        assert_eq!(history.contradictions().len(), 1);
    }

    #[test]
    fn what_nobody_knows_excuses_nothing_once_it_is_settled() {
        let history = History::of(TTL);
        history.grants(1, DESK, 10, false);
        let made = history.now();
        history.asked((2, 0, LAPTOP), true, made, Outcome::Unknown);
        history.settled(2);
        // It did not displace the first.
        history.beats(1);
        history.grants(3, STRANGER, 20, false);
        assert_eq!(history.contradictions().len(), 1);
    }

    #[test]
    fn who_does_not_beat_holds_until_the_end_of_the_term() {
        for (passed, contradictions) in [(Duration::from_secs(500), 1), (TTL, 0)] {
            let history = History::of(TTL);
            history.grants(1, DESK, 10, false);
            history.passes(passed);
            history.grants(2, STRANGER, 20, false);
            assert_eq!(history.contradictions().len(), contradictions);
        }
    }

    #[test]
    fn a_beat_begins_another_term() {
        let history = History::of(TTL);
        history.grants(1, DESK, 10, false);
        history.passes(Duration::from_secs(500));
        history.beats(1);
        history.passes(Duration::from_secs(500));
        history.grants(2, STRANGER, 20, false);
        assert_eq!(history.contradictions().len(), 1);
    }

    #[test]
    fn epochs_grow() {
        let history = History::of(TTL);
        history.grants(1, DESK, 10, false);
        history.release(1);
        history.grants(2, LAPTOP, 9, false);
        assert_eq!(history.contradictions().len(), 1);
    }

    impl History {
        fn passes(&self, time: Duration) {
            self.now.fetch_add(nanos(time), Ordering::SeqCst);
        }

        fn grants(&self, session: u64, client: Client, epoch: u64, takeover: bool) {
            let made = self.now();
            let granted = Outcome::Granted { epoch };
            self.asked((session, 0, client), takeover, made, granted);
        }

        fn beats(&self, session: u64) {
            let made = self.now();
            self.held(session, made);
        }

        fn release(&self, session: u64) {
            let made = self.now();
            self.released(session, made);
        }
    }

    const fn client(member: u64, device: u64) -> Client {
        Client { member, device }
    }
}
