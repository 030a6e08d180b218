//! Asking and answering across sidecars, and the two stores of asks against each other.

use std::time::Duration;

use serde_json::Value;
use sidecar::{
    Acquired, Ask, Asker, Clock, LockName, MemoryLock, Owner, RedisLock, SessionLock, TicketHash,
};
use sidecar_api::TakeoverWord;

use crate::cluster::Cluster;
use crate::instance::Instance;
use crate::locks::Random;
use crate::sentinels::Watched;
use crate::server::RedisServer;
use crate::side_by_side::until_served;
use crate::world::{Answer, Device, Events};

const ANA: &str = "ana@helix.example";

const TTL: Duration = Duration::from_secs(600);

/// How many random operations the two stores are compared by.
const STEPS: u64 = 4_000;

/// Ana at her desk, who listens at one sidecar, and her laptop at another.
pub(crate) struct Pair {
    /// Of the laptop.
    pub(crate) one: Instance,
    /// Of the desk.
    pub(crate) other: Instance,
    pub(crate) desk: Device,
    pub(crate) laptop: Device,
    pub(crate) held: Answer,
    pub(crate) events: Events,
}

impl Pair {
    pub(crate) async fn at(redis_url: &str) -> Self {
        let (one, other) = (
            Instance::start(redis_url).await,
            Instance::start(redis_url).await,
        );
        let (desk, laptop) = (other.device("desk"), one.device("laptop"));
        let held = until_served(async || desk.login(ANA).await).await;
        let held = held.expect(201);
        let mut events = desk.listen(held.access_token()).await;
        assert_eq!(events.request().await, Value::Null);
        Self {
            one,
            other,
            desk,
            laptop,
            held,
            events,
        }
    }

    /// Has the laptop ask, and returns its ticket and the id of what the desk was told.
    pub(crate) async fn ask(&mut self) -> (String, String) {
        let asked = until_served(async || self.laptop.ask(ANA).await).await;
        let ticket = asked.expect(202).ticket().to_owned();
        let request = self.events.until("waiting").await;
        assert_eq!(request["deviceName"], "laptop");
        (ticket, request["id"].as_str().unwrap().to_owned())
    }

    pub(crate) async fn say(&self, id: &str, word: &str) -> Answer {
        let token = self.held.access_token();
        until_served(async || self.desk.answer(token, id, word).await).await
    }

    /// Has the desk grant it and the laptop take it; the desk is told and holds nothing any more.
    pub(crate) async fn move_over(&mut self, ticket: &str, id: &str) {
        let (said, granted) = tokio::join!(
            self.say(id, "now"),
            self.laptop.status(ticket, Some("waiting"))
        );
        said.expect(200);
        granted.expect(200);
        let status = self.laptop.status(ticket, Some("after_call")).await;
        assert_eq!(status.expect(200).body["state"], "granted");
        let taken = self.laptop.login_with_ticket(ANA, ticket).await;
        let taken = taken.expect(201);
        loop {
            let event = self.events.next().await.expect("it is told");
            if event.name == "lost" {
                assert_eq!(event.data["holder"]["deviceName"], "laptop");
                break;
            }
        }
        assert!(self.events.next().await.is_none());
        let beat = self.desk.beat(self.held.access_token()).await;
        beat.expect(409);
        let beat = self.laptop.beat(taken.access_token()).await;
        beat.expect(201);
    }
}

#[tokio::test]
async fn one_sidecar_hears_what_is_said_at_the_other() {
    let redis = RedisServer::start();
    let mut pair = Pair::at(&redis.url()).await;
    let (ticket, id) = pair.ask().await;
    redis.assert_every_key_expires();
    pair.say(&id, "after_call").await.expect(200);
    assert_eq!(pair.events.request().await["state"], "after_call");
    let status = pair.laptop.status(&ticket, Some("waiting")).await;
    assert_eq!(status.expect(200).body["state"], "after_call");
    redis.assert_every_key_expires();
    pair.move_over(&ticket, &id).await;
    redis.assert_every_key_expires();
}

#[tokio::test]
async fn a_refusal_a_withdrawal_and_a_second_asker_reach_the_other_sidecar() {
    let redis = RedisServer::start();
    let mut pair = Pair::at(&redis.url()).await;
    let (ticket, id) = pair.ask().await;
    pair.say(&id, "no").await.expect(200);
    let status = pair.laptop.status(&ticket, Some("waiting")).await;
    assert_eq!(status.expect(200).body["state"], "refused");
    assert_eq!(pair.events.request().await, Value::Null);
    let login = pair.laptop.login_with_ticket(ANA, &ticket).await;
    assert_eq!(login.expect(409).body["askable"], true);

    let (ticket, id) = pair.ask().await;
    let tablet = pair.other.device("tablet");
    let later = tablet.ask(ANA).await.expect(202);
    let status = pair.laptop.status(&ticket, Some("waiting")).await;
    assert_eq!(status.expect(200).body["state"], "superseded");
    assert_eq!(pair.events.request().await["deviceName"], "tablet");
    pair.say(&id, "now").await.expect(404);
    tablet.withdraw(later.ticket()).await.expect(200);
    assert_eq!(pair.events.request().await, Value::Null);
    pair.laptop.take_over(ANA).await.expect(201);
    assert_eq!(pair.events.next().await.unwrap().name, "lost");
    redis.assert_every_key_expires();
}

#[tokio::test]
async fn only_the_hash_of_a_ticket_is_kept() {
    let redis = RedisServer::start();
    let mut pair = Pair::at(&redis.url()).await;
    let (ticket, _) = pair.ask().await;
    let script = "local all = '' for _, key in ipairs(redis.call('KEYS', '*')) do all = all .. key \
                  if redis.call('TYPE', key).ok == 'string' then \
                  all = all .. redis.call('GET', key) end end return all";
    let all = redis.command(&["EVAL", script, "0"]);
    assert!(all.contains("agent:ticket:") && all.contains("agent:ask:agent1"));
    assert!(!all.contains(&ticket), "{all}");
}

#[tokio::test]
async fn a_sidecar_that_dies_leaves_its_asks_and_its_listeners_to_the_others() {
    let redis = RedisServer::start();
    let mut pair = Pair::at(&redis.url()).await;
    let (ticket, id) = pair.ask().await;
    let third = Instance::start(&redis.url()).await;
    pair.one.kill().await;
    pair.other.kill().await;
    let (desk, laptop) = (third.device("desk"), third.device("laptop"));
    let token = pair.held.access_token();
    let mut events = desk.listen(token).await;
    assert_eq!(events.request().await["id"], id);
    desk.answer(token, &id, "now").await.expect(200);
    let status = laptop.status(&ticket, Some("waiting")).await.expect(200);
    assert_eq!(status.body["state"], "granted");
    laptop.login_with_ticket(ANA, &ticket).await.expect(201);
    assert_eq!(events.request().await["state"], "granted");
    assert_eq!(events.next().await.unwrap().name, "lost");
}

#[tokio::test]
async fn a_cluster_moves_sessions_too() {
    let cluster = Cluster::start();
    let mut pair = Pair::at(&cluster.url()).await;
    let (ticket, id) = pair.ask().await;
    pair.move_over(&ticket, &id).await;
    let &[node] = &cluster.with_keys()[..] else {
        panic!("the keys lie on {:?}", cluster.with_keys());
    };
    cluster.nodes[node].assert_every_key_expires();
}

#[tokio::test]
async fn an_ask_survives_a_planned_fail_over() {
    let redis = Watched::start();
    let mut pair = Pair::at(&redis.url()).await;
    let (ticket, id) = pair.ask().await;
    let key = ["EXISTS", "agent:ask:agent1"];
    redis
        .replica
        .until("it has the ask", &key, |count| count == "1");
    redis.fail_over();
    let status = until_served(async || pair.laptop.status(&ticket, None).await).await;
    assert_eq!(status.expect(200).body["state"], "waiting");
    let beat = until_served(async || pair.desk.beat(pair.held.access_token()).await).await;
    beat.expect(201);
    pair.move_over(&ticket, &id).await;
    redis.replica.assert_every_key_expires();
}

#[tokio::test]
async fn redis_keeps_asks_as_the_memory_does() {
    let server = RedisServer::start();
    let redis = RedisLock::new(server.store());
    let memory = MemoryLock::new(Clock::system());
    let name = LockName {
        ozonetel_agent_id: "agent1".to_owned(),
        sip_extension: "700201".to_owned(),
    };
    let mut random = Random(11);
    // Asks that were there once, each as it stands in either store.
    let mut asks: Vec<[Ask; 2]> = Vec::new();
    let mut moves = 0;
    for step in 0..STEPS {
        let device = random.below(4);
        let owner = owner(device, step);
        let looks = [
            redis.look(&name).await.unwrap(),
            memory.look(&name).await.unwrap(),
        ];
        let shown = looks.each_ref().map(|look| {
            let holders = look
                .holders
                .each_ref()
                .map(|it| it.as_ref().map(|it| &it.session_id));
            let ask = look
                .ask
                .as_ref()
                .map(|it| (it.id(), it.version(), it.asker()));
            (holders, ask)
        });
        assert_eq!(shown[0], shown[1], "step {step}");
        let [in_redis, in_memory] = looks;
        match random.below(8) {
            0 => {
                let a = redis.acquire(&name, &owner, TTL, step % 3 == 0).await;
                let b = memory.acquire(&name, &owner, TTL, step % 3 == 0).await;
                assert_eq!(kind(&a.unwrap()), kind(&b.unwrap()), "step {step}");
            }
            1 | 2 => {
                let ask = [&in_redis, &in_memory].map(|look| {
                    let holder = look.holders().next()?;
                    Some(new_ask(step, device, holder, look.now))
                });
                let [Some(a), Some(b)] = ask else { continue };
                // Now and then in place of what is there no longer.
                let before = match random.below(4) {
                    0 => asks.last().cloned().map(|[a, b]| (a, b)),
                    _ => in_redis.ask.clone().zip(in_memory.ask.clone()),
                };
                let (one, other) = (
                    before.as_ref().map(|it| &it.0),
                    before.as_ref().map(|it| &it.1),
                );
                let put = [
                    redis.put(&name, one, &a, in_redis.now).await.unwrap(),
                    memory.put(&name, other, &b, in_memory.now).await.unwrap(),
                ];
                assert_eq!(put[0], put[1], "step {step}");
                let ticket = TicketHash::of(&format!("ticket {step}").into());
                let found = redis.of_ticket(&ticket).await.unwrap();
                assert_eq!(found.as_ref(), put[0].then_some(&name));
                assert_eq!(memory.of_ticket(&ticket).await.unwrap(), found);
                asks.push([a, b]);
            }
            3..=5 => {
                let words = [TakeoverWord::Now, TakeoverWord::AfterCall, TakeoverWord::No];
                let word = words[usize::try_from(random.below(3)).unwrap()];
                let mut put = Vec::new();
                for (lock, look) in [
                    (&redis as &dyn SessionLock, &in_redis),
                    (&memory, &in_memory),
                ] {
                    let (Some(holder), Some(ask)) = (look.holders().next(), &look.ask) else {
                        continue;
                    };
                    let answered = ask.answered(ask.id(), word, (holder, holder), look.now);
                    put.push(match answered {
                        sidecar::Answered::Changed(answered) => Some(
                            lock.put(&name, Some(ask), &answered, look.now)
                                .await
                                .unwrap(),
                        ),
                        sidecar::Answered::AsBefore | sidecar::Answered::Over => None,
                    });
                }
                assert!(
                    put.windows(2).all(|it| it[0] == it[1]),
                    "step {step}: {put:?}"
                );
            }
            6 => {
                let stale = random.below(4) == 0;
                let pair = if stale {
                    asks.last().cloned()
                } else {
                    in_redis.ask.zip(in_memory.ask).map(|(a, b)| [a, b])
                };
                let Some([one, other]) = pair else { continue };
                let a = redis
                    .acquire_granted(&name, &owner, TTL, &one)
                    .await
                    .unwrap();
                let b = memory
                    .acquire_granted(&name, &owner, TTL, &other)
                    .await
                    .unwrap();
                assert_eq!(kind(&a), kind(&b), "step {step}");
                moves += usize::from(kind(&a) == "taken over");
            }
            _ => {
                let holder = in_redis.holders().next().zip(in_memory.holders().next());
                let Some((one, other)) = holder else { continue };
                if step % 5 == 0 {
                    redis.release(&name, one).await.unwrap();
                    memory.release(&name, other).await.unwrap();
                }
            }
        }
    }
    assert!(moves > 20, "{moves}");
    server.assert_every_key_expires();
}

fn kind(acquired: &Acquired) -> &'static str {
    match acquired {
        Acquired::Taken { .. } => "taken",
        Acquired::Refreshed { .. } => "refreshed",
        Acquired::TakenOver { .. } => "taken over",
        Acquired::Busy { .. } => "busy",
        Acquired::Ended => "ended",
    }
}

fn new_ask(step: u64, device: u64, holder: &Owner, now: Duration) -> Ask {
    let asker = Asker {
        member_id: "m-ana".to_owned(),
        device_id: format!("device {device}"),
        device_name: "a device\u{1}\"".to_owned(),
    };
    let ticket = TicketHash::of(&format!("ticket {step}").into());
    Ask::new(format!("ask {step}"), ticket, asker, holder, now)
}

fn owner(device: u64, step: u64) -> Owner {
    Owner {
        member_id: "m-ana".to_owned(),
        device_id: Some(format!("device {device}")),
        device_name: "a device".to_owned(),
        session_id: format!("session {step}"),
        since: None,
        epoch: 0,
    }
}
