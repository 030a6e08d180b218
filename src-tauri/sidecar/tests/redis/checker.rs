//! The lock checker: sixty-four clients at three connections, while Redis is paused, emptied, killed
//! and cut off. They take locks, ask each other for them and answer. No two of them may ever hold the
//! same lock, none loses it by an ask that it did not grant, and nothing may lie there for ever.
//!
//! In rounds of a second kind locks end by themselves, because clients rest for longer than their term:
//! who was told that it holds one does until the end of the term of that call. In rounds of a third kind
//! a cluster has replicas take their masters' places, and nothing may be lost by that.
//!
//! `HELIX_LOCK_ROUNDS=100 cargo test --package sidecar --features peers --test redis checker` repeats it
//! a hundred times, each time with other numbers.

use std::collections::HashMap;
use std::env;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sidecar::{
    Acquired, Answered, Ask, Asker, Beat, LockName, LockUnavailable, Owner, RedisLock, SessionLock,
    Store, TicketHash,
};
use sidecar_api::TakeoverWord;
use tokio::sync::watch;
use tokio::task::{JoinSet, block_in_place};

use crate::cluster::Cluster;
use crate::history::{Client, History, Moment, Outcome};
use crate::locks::Random;
use crate::server::{self, RedisServer};

/// Calls that Redis answers in one round.
const OPERATIONS: u64 = 100_000;

const CLIENTS: u64 = 64;

/// Each has eight clients: four devices of each of two members, one of which names none, as an old page.
const LOCKS: u64 = 8;

/// What Redis suffers in one round; as many of each kind.
const FAULTS: u64 = 16;

/// How often a cluster's replica takes its master's place in one round: there, and back again.
const FAIL_OVERS: u64 = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_two_clients_ever_hold_the_same_lock() {
    for round in 0..rounds() {
        suffer(Kind::LASTING, round, &format!("round {round}")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_two_clients_ever_hold_a_lock_that_ends_by_itself() {
    for round in 0..rounds() {
        let name = format!("round {round} of locks that expire");
        let [.., late] = suffer(Kind::EXPIRING, round, &name).await;
        assert!(late > OPERATIONS / 1_000);
    }
}

/// A cluster's fail-over that is asked for loses nothing, so nothing is excused. That of Sentinels leaves the
/// master before as it is for 8 s, and what it takes meanwhile is lost: that is `faults.rs`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_two_clients_ever_hold_the_same_lock_while_a_cluster_fails_over() {
    for round in 0..rounds() {
        let cluster = block_in_place(Cluster::with_replicas_that_wait);
        let url = cluster.url();
        let world = World::of(Kind::LASTING, |_| server::store(&url, "{helix}:"));
        let clients = world.clients(round);
        let mut count = world.count.subscribe();
        for fail_over in 1..=FAIL_OVERS {
            let due = |it: &Count| it.answered >= OPERATIONS / (FAIL_OVERS + 1) * fail_over;
            count.wait_for(due).await.unwrap();
            block_in_place(|| {
                let master = cluster.master_with_keys();
                let replica = cluster.replica_of(master);
                cluster.until_it_follows(replica, master);
                cluster.fail_over_to(replica);
            });
        }
        world.count.send_modify(|it| it.is_past_faults = true);
        clients.join_all().await;
        world.judge(&format!("round {round} in a cluster that fails over"), 0);
        block_in_place(|| cluster.nodes[cluster.master_with_keys()].assert_every_key_expires());
    }
}

/// Has one round while Redis suffers all that it may, and returns what was seen.
async fn suffer(kind: Kind, round: u64, name: &str) -> [u64; 5] {
    let mut redis = RedisServer::start();
    let world = World::of(kind, |_| redis.store());
    let clients = world.clients(round);
    world.faults(&mut redis).await;
    clients.join_all().await;
    world.judge(name, FAULTS);
    block_in_place(|| redis.assert_every_key_expires());
    world.seen()
}

fn rounds() -> u64 {
    env::var("HELIX_LOCK_ROUNDS").map_or(1, |rounds| rounds.parse().unwrap())
}

/// How the clients of a round go about it.
#[derive(Debug, Clone, Copy)]
struct Kind {
    ttl: Duration,
    /// How many calls of all clients one that rests may let pass, at the most.
    rest: u64,
}

impl Kind {
    /// No lock ends by itself while a round lasts.
    const LASTING: Self = Self {
        ttl: Duration::from_secs(600),
        rest: 0,
    };

    /// Who rests may do so for several terms.
    const EXPIRING: Self = Self {
        ttl: Duration::from_millis(100),
        rest: 4_000,
    };
}

/// What the clients share.
struct World {
    kind: Kind,
    history: History,
    /// As many sidecars would have.
    locks: [RedisLock; 3],
    count: watch::Sender<Count>,
    sessions: AtomicU64,
    asks: AtomicU64,
    /// What holders said to asks, by the asks' ids and versions.
    words: Mutex<HashMap<(String, u64), Word>>,
    /// Grants, takeovers, beats that heard of a loss, takeovers with consent, and beats after the end of
    /// their term that heard so.
    seen: [AtomicU64; 5],
}

/// A version of an ask that a holder made.
#[derive(Debug)]
struct Word {
    /// The session that granted it by this; `None`: it said something else.
    granted_by: Option<String>,
    /// When it was known to be replaced by a later one.
    replaced: Option<Moment>,
}

/// An ask of a client that was not told how it ended.
struct Pending {
    id: String,
    ticket: TicketHash,
}

#[derive(Debug, Default)]
struct Count {
    answered: u64,
    failures: u64,
    /// All has befallen Redis that was to.
    is_past_faults: bool,
}

impl Count {
    /// Whether a client may stop: before, the last fault would wait for somebody to notice it.
    fn is_enough(&self) -> bool {
        self.answered >= OPERATIONS && self.is_past_faults
    }
}

impl World {
    /// Makes one with as many connections as sidecars would have.
    fn of(kind: Kind, store: impl Fn(usize) -> Store) -> Arc<Self> {
        Arc::new(Self {
            kind,
            history: History::of(kind.ttl),
            locks: [0, 1, 2].map(|number| RedisLock::new(store(number))),
            count: watch::channel(Count::default()).0,
            sessions: AtomicU64::new(1),
            asks: AtomicU64::new(1),
            words: Mutex::default(),
            seen: Default::default(),
        })
    }

    /// Begins the round of all clients.
    fn clients(self: &Arc<Self>, round: u64) -> JoinSet<()> {
        let mut clients = JoinSet::new();
        for client in 0..CLIENTS {
            let world = Arc::clone(self);
            clients.spawn(async move { world.client(client, round).await });
        }
        clients
    }

    fn seen(&self) -> [u64; 5] {
        self.seen.each_ref().map(|it| it.load(Ordering::Relaxed))
    }

    /// Asserts that nobody was told what cannot be, in a round that tried what it was to.
    fn judge(&self, round: &str, least_failures: u64) {
        let Count {
            answered, failures, ..
        } = *self.count.borrow();
        let contradictions = self.history.contradictions();
        assert!(contradictions.is_empty(), "{contradictions:#?}");
        let [grants, takeovers, losses, moves, late] = self.seen();
        println!(
            "{round}: {answered} calls, {failures} more not answered, {grants} grants, {takeovers} \
             takeovers, {moves} with consent, {losses} heard of a loss, {late} beats too late"
        );
        // What was never tried proves nothing.
        assert!(answered >= OPERATIONS && failures >= least_failures);
        assert!(
            [grants, takeovers, losses]
                .iter()
                .all(|it| *it > OPERATIONS / 1_000)
        );
        assert!(moves > OPERATIONS / 5_000);
    }

    /// Signs in, beats, rests, and signs out, by chance, at one connection or another.
    async fn client(&self, number: u64, round: u64) {
        let mut random = Random(1 + number + round * CLIENTS);
        let lock = number % LOCKS;
        let device = number / LOCKS;
        let client = Client {
            member: lock * 2 + device % 2,
            device,
        };
        let mut session: Option<Owner> = None;
        // One that the client had before it signed in again, as a copy of its installation goes on with it.
        let mut earlier: Option<Owner> = None;
        let mut pending: Option<Pending> = None;
        // Nobody can tell copies of it apart, and it has nothing to ask with.
        let names_a_device = device_id(client).is_some();
        while !self.count.borrow().is_enough() {
            let at = &self.locks[usize::try_from(random.below(3)).unwrap()];
            session = match (session, random.below(100)) {
                (None, 0..=59) if pending.is_some() => {
                    self.move_granted(at, lock, client, &mut pending).await
                }
                (None, 0..=29) if names_a_device => {
                    pending = self.ask(at, lock, client).await;
                    None
                }
                (None, _) => {
                    let takeover = random.below(6) == 0;
                    self.sign_in(at, lock, client, takeover).await
                }
                (Some(owner), 0..=39) => self.beat(at, lock, owner).await,
                (Some(owner), 40..=69) => {
                    let word = match random.below(8) {
                        0 => TakeoverWord::No,
                        1 | 2 => TakeoverWord::AfterCall,
                        _ => TakeoverWord::Now,
                    };
                    self.answer(at, lock, &owner, word).await;
                    Some(owner)
                }
                (Some(owner), 70..=74) => {
                    self.sign_out(at, lock, &owner).await;
                    None
                }
                (Some(owner), 75..=79) => {
                    earlier = Some(owner).filter(|_| names_a_device);
                    self.sign_in(at, lock, client, false).await
                }
                (session, 80..=84) => {
                    if let Some(owner) = earlier.take() {
                        earlier = self.beat(at, lock, owner).await;
                    }
                    session
                }
                (Some(owner), _) => {
                    // It is somebody else's turn meanwhile.
                    for _ in 0..random.below(200) {
                        tokio::task::yield_now().await;
                    }
                    if self.kind.rest > 0 && random.below(8) == 0 {
                        self.rest(random.below(self.kind.rest)).await;
                    }
                    Some(owner)
                }
            };
        }
    }

    /// Waits until all clients have had so many answers more, or may stop.
    async fn rest(&self, calls: u64) {
        let mut count = self.count.subscribe();
        let until = count.borrow().answered + calls;
        let is_over = |it: &Count| it.answered >= until || it.is_enough();
        count.wait_for(is_over).await.unwrap();
    }

    async fn sign_in(
        &self,
        at: &RedisLock,
        lock: u64,
        client: Client,
        takeover: bool,
    ) -> Option<Owner> {
        let owner = self.owner(client);
        let made = self.history.now();
        let answer = at
            .acquire(&name(lock), &owner, self.kind.ttl, takeover)
            .await;
        let may_displace = takeover || owner.device_id.is_none();
        self.acquired(at, (lock, client, owner), (may_displace, made), answer)
            .await
    }

    /// Asks whoever holds the lock, if that is a device of the same member.
    async fn ask(&self, at: &RedisLock, lock: u64, client: Client) -> Option<Pending> {
        let name = name(lock);
        let look = at.look(&name).await;
        self.counted(look.is_err());
        let look = look.ok()?;
        let member_id = client.member.to_string();
        let holder = look.holders().next()?;
        if !Ask::can_be_asked(holder, &member_id) {
            return None;
        }
        let number = self.asks.fetch_add(1, Ordering::SeqCst);
        let asker = Asker {
            member_id,
            device_id: client.device.to_string(),
            device_name: "a device".to_owned(),
        };
        let (id, ticket) = (format!("ask-{number}"), format!("ticket-{number}"));
        let ticket = TicketHash::of(&ticket.into());
        let ask = Ask::new(id.clone(), ticket, asker, holder, look.now);
        let put = at.put(&name, look.ask.as_ref(), &ask, look.now).await;
        self.counted(put.is_err());
        // Where nobody answered it may have been put all the same.
        put.unwrap_or(true).then_some(Pending { id, ticket })
    }

    /// Says a word to whoever asks.
    async fn answer(&self, at: &RedisLock, lock: u64, owner: &Owner, word: TakeoverWord) {
        let name = name(lock);
        let look = at.look(&name).await;
        self.counted(look.is_err());
        let Ok(look) = look else { return };
        let (Some(ask), Some(holder)) = (&look.ask, look.holders().next()) else {
            return;
        };
        let answered = ask.answered(ask.id(), word, (owner, holder), look.now);
        let Answered::Changed(answered) = answered else {
            return;
        };
        let granted_by = (word == TakeoverWord::Now).then(|| owner.session_id.clone());
        let key = |ask: &Ask| (ask.id().to_owned(), ask.version());
        let said = Word {
            granted_by,
            replaced: None,
        };
        self.words.lock().unwrap().insert(key(&answered), said);
        let put = at.put(&name, Some(ask), &answered, look.now).await;
        self.counted(put.is_err());
        if put == Ok(true)
            && let Some(before) = self.words.lock().unwrap().get_mut(&key(ask))
        {
            before.replaced = Some(self.history.now());
        }
    }

    /// Takes the lock over if that is granted.
    async fn move_granted(
        &self,
        at: &RedisLock,
        lock: u64,
        client: Client,
        pending: &mut Option<Pending>,
    ) -> Option<Owner> {
        let Pending { id, ticket } = pending.as_ref()?;
        let name = name(lock);
        let look = at.look(&name).await;
        self.counted(look.is_err());
        let look = look.ok()?;
        let ask = look.ask.filter(|ask| ask.id() == id);
        let (member, device) = (client.member.to_string(), client.device.to_string());
        let Some(ask) = ask else {
            *pending = None;
            return None;
        };
        if !ask.grants(ticket, (&member, Some(&device)), look.now) {
            return None;
        }
        *pending = None;
        let owner = self.owner(client);
        let made = self.history.now();
        let answer = at.acquire_granted(&name, &owner, self.kind.ttl, &ask).await;
        if let Ok(Acquired::TakenOver { from, .. }) = &answer {
            let words = self.words.lock().unwrap();
            let word = &words[&(ask.id().to_owned(), ask.version())];
            assert_eq!(word.granted_by.as_ref(), Some(&from.session_id), "{ask:?}");
            assert!(word.replaced.is_none_or(|it| it > made), "{ask:?} {word:?}");
            self.seen[3].fetch_add(1, Ordering::Relaxed);
        }
        self.acquired(at, (lock, client, owner), (true, made), answer)
            .await
    }

    fn owner(&self, client: Client) -> Owner {
        let session = self.sessions.fetch_add(1, Ordering::SeqCst);
        Owner {
            member_id: client.member.to_string(),
            device_id: device_id(client),
            device_name: "a device".to_owned(),
            session_id: session.to_string(),
            since: None,
            epoch: 0,
        }
    }

    /// Notes what came of a call for the lock.
    async fn acquired(
        &self,
        at: &RedisLock,
        (lock, client, mut owner): (u64, Client, Owner),
        (takeover, made): (bool, Moment),
        answer: Result<Acquired, LockUnavailable>,
    ) -> Option<Owner> {
        let session = number(&owner);
        let outcome = match &answer {
            Ok(
                Acquired::Taken { epoch }
                | Acquired::Refreshed { epoch, .. }
                | Acquired::TakenOver { epoch, .. },
            ) => Outcome::Granted { epoch: *epoch },
            Ok(Acquired::Busy { .. }) | Err(LockUnavailable::NotAsked) => Outcome::Refused,
            Ok(Acquired::Ended) => panic!("nobody ended session {session}"),
            Err(LockUnavailable::Unknown) => Outcome::Unknown,
        };
        let asked = (session, lock, client);
        self.history.asked(asked, takeover, made, outcome);
        self.counted(answer.is_err());
        match outcome {
            Outcome::Granted { epoch } => {
                let is_takeover = matches!(answer, Ok(Acquired::TakenOver { .. }));
                self.seen[usize::from(is_takeover)].fetch_add(1, Ordering::Relaxed);
                owner.epoch = epoch;
                Some(owner)
            }
            Outcome::Refused => None,
            Outcome::Unknown => {
                self.sign_out(at, lock, &owner).await;
                None
            }
        }
    }

    async fn beat(&self, at: &RedisLock, lock: u64, owner: Owner) -> Option<Owner> {
        let made = self.history.now();
        let is_late = self.history.has_outlived_its_term(number(&owner), made);
        let answer = at.beat(&name(lock), &owner, self.kind.ttl).await;
        match &answer {
            Ok(Beat::Extended | Beat::Retaken) => self.history.held(number(&owner), made),
            Ok(Beat::Lost { .. }) => {
                self.seen[2].fetch_add(1, Ordering::Relaxed);
            }
            Ok(Beat::Ended) => panic!("nobody ended session {}", owner.session_id),
            Err(_) => {}
        }
        if is_late && matches!(answer, Ok(Beat::Lost { .. } | Beat::Retaken)) {
            self.seen[4].fetch_add(1, Ordering::Relaxed);
        }
        self.counted(answer.is_err());
        (!matches!(answer, Ok(Beat::Lost { .. }))).then_some(owner)
    }

    /// Gives the lock back, however long that takes.
    async fn sign_out(&self, at: &RedisLock, lock: u64, owner: &Owner) {
        let made = self.history.now();
        loop {
            let answer = at.release(&name(lock), owner).await;
            self.counted(answer.is_err());
            if answer.is_ok() {
                break;
            }
        }
        self.history.released(number(owner), made);
    }

    fn counted(&self, is_failure: bool) {
        self.count.send_modify(|count| {
            count.answered += u64::from(!is_failure);
            count.failures += u64::from(is_failure);
        });
    }

    /// Does to Redis what may befall it, evenly over all calls.
    async fn faults(&self, redis: &mut RedisServer) {
        let mut count = self.count.subscribe();
        for fault in 1..=FAULTS {
            let due = |count: &Count| count.answered >= OPERATIONS / (FAULTS + 1) * fault;
            count.wait_for(due).await.unwrap();
            let made = self.history.now();
            match fault % 4 {
                0 => {
                    block_in_place(|| redis.signal("STOP"));
                    let before = count.borrow().failures;
                    let noticed = |count: &Count| count.failures >= before + 10;
                    count.wait_for(noticed).await.unwrap();
                    block_in_place(|| redis.signal("CONT"));
                }
                1 => {
                    assert_eq!(block_in_place(|| redis.command(&["FLUSHALL"])), "OK");
                    self.history.lost_data(made);
                }
                2 => {
                    block_in_place(|| {
                        redis.kill();
                        redis.start_again();
                    });
                    self.history.lost_data(made);
                }
                _ => {
                    let kill = ["CLIENT", "KILL", "TYPE", "normal"];
                    // They may just be coming back.
                    block_in_place(|| redis.until("it cuts some off", &kill, |count| count != "0"));
                }
            }
        }
        self.count.send_modify(|count| count.is_past_faults = true);
    }
}

/// Returns what the client calls its device; `None` for the first of each lock.
fn device_id(client: Client) -> Option<String> {
    (client.device > 0).then(|| client.device.to_string())
}

fn number(owner: &Owner) -> u64 {
    owner.session_id.parse().unwrap()
}

fn name(lock: u64) -> LockName {
    LockName {
        ozonetel_agent_id: format!("agent{lock}"),
        sip_extension: format!("70020{lock}"),
    }
}
