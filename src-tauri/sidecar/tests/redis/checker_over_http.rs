//! The lock checker once more, with whole sidecars: sixteen phones sign in, beat, renew their tokens and sign
//! out at three of them, while Redis is paused, emptied, killed and cut off and a sidecar dies. No two of
//! them may ever be told that they hold the same agent.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::{JoinSet, block_in_place};

use crate::history::{Client, History, Moment, Outcome};
use crate::instance::Instance;
use crate::locks::Random;
use crate::server::{self, RedisServer};
use crate::world::{Device, PASSWORD};

/// Calls that are answered in a round.
const CALLS: u64 = 4_000;

/// Each has two members with two devices each.
const AGENTS: u64 = 4;

/// What befalls Redis or a sidecar in a round; as many of each kind.
const FAULTS: u64 = 10;

/// That of a sidecar that is told no other.
const TTL: Duration = Duration::from_secs(3600);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_two_phones_at_three_sidecars_are_ever_told_that_they_hold_the_same_agent() {
    let mut redis = RedisServer::start();
    let config = config();
    let mut sidecars = Vec::new();
    for _ in 0..3 {
        sidecars.push(Instance::configured(&redis.url(), &config).await);
    }
    let world = Arc::new(World {
        redis: redis.port,
        history: History::of(TTL),
        urls: Mutex::new(sidecars.iter().map(|it| it.url.clone()).collect()),
        count: watch::channel(Count::default()).0,
        sessions: AtomicU64::new(1),
        sign_ins: (0..AGENTS * 2).map(|_| SignIns::default()).collect(),
        seen: Default::default(),
    });
    let mut phones = JoinSet::new();
    for number in 0..AGENTS * 4 {
        let world = Arc::clone(&world);
        phones.spawn(async move { world.phone(number).await });
    }
    let mut count = world.count.subscribe();
    for fault in 1..=FAULTS {
        let due = |it: &Count| it.answered >= CALLS / (FAULTS + 1) * fault;
        count.wait_for(due).await.unwrap();
        let made = world.history.now();
        match fault % 5 {
            0 => {
                block_in_place(|| redis.signal("STOP"));
                let before = count.borrow().failures;
                let noticed = |it: &Count| it.failures >= before + 5;
                count.wait_for(noticed).await.unwrap();
                block_in_place(|| redis.signal("CONT"));
            }
            1 => {
                assert_eq!(block_in_place(|| redis.command(&["FLUSHALL"])), "OK");
                world.history.lost_data(made);
            }
            2 => {
                block_in_place(|| {
                    redis.kill();
                    redis.start_again();
                });
                world.history.lost_data(made);
            }
            3 => {
                sidecars.remove(0).kill().await;
                let next = Instance::configured(&redis.url(), &config).await;
                world.urls.lock().unwrap()[0].clone_from(&next.url);
                sidecars.insert(0, next);
                // The next one dies in its turn.
                sidecars.rotate_left(1);
                world.urls.lock().unwrap().rotate_left(1);
            }
            _ => {
                let kill = ["CLIENT", "KILL", "TYPE", "normal"];
                block_in_place(|| redis.until("it cuts some off", &kill, |it| it != "0"));
            }
        }
    }
    world.count.send_modify(|it| it.is_past_faults = true);
    phones.join_all().await;
    let Count {
        answered, failures, ..
    } = *world.count.borrow();
    let contradictions = world.history.contradictions();
    assert!(contradictions.is_empty(), "{contradictions:#?}");
    block_in_place(|| redis.assert_every_key_expires());
    let [grants, refusals, losses, renewals, releases] =
        world.seen.each_ref().map(|it| it.load(Ordering::Relaxed));
    println!(
        "over HTTP: {answered} calls, {failures} more not answered, {grants} grants, {refusals} refused, \
         {losses} heard of a loss, {renewals} renewals, {releases} sign-outs"
    );
    // What was never tried proves nothing.
    assert!(
        [grants, refusals, losses, renewals, releases, failures]
            .iter()
            .all(|it| *it > 10)
    );
}

struct World {
    /// Its port.
    redis: u16,
    history: History,
    urls: Mutex<Vec<String>>,
    count: watch::Sender<Count>,
    sessions: AtomicU64,
    /// Of each member.
    sign_ins: Vec<SignIns>,
    /// Grants, refusals, beats and renewals that heard of a loss, renewals, and sign-outs.
    seen: [AtomicU64; 5],
}

#[derive(Debug, Default)]
struct Count {
    answered: u64,
    failures: u64,
    /// All has befallen them that was to.
    is_past_faults: bool,
}

/// How many were begun, and how many of them have ended.
#[derive(Debug, Default)]
struct SignIns {
    begun: AtomicU64,
    ended: AtomicU64,
}

/// What a phone was granted.
struct Session {
    number: u64,
    /// How many sign-ins of its member had ended before its own.
    sign_ins: u64,
    access_token: String,
    refresh_token: String,
}

impl World {
    async fn phone(&self, number: u64) {
        let mut random = Random(1 + number);
        let (agent, device) = (number % AGENTS, number / AGENTS);
        let client = Client {
            member: agent * 2 + device % 2,
            device,
        };
        let mut session: Option<Session> = None;
        while {
            let count = self.count.borrow();
            count.answered < CALLS || !count.is_past_faults
        } {
            let at = usize::try_from(random.below(3)).unwrap();
            session = match (session, random.below(100)) {
                (None, by_chance) => self.sign_in(at, agent, client, by_chance < 20).await,
                (Some(it), 0..=79) => self.beat(at, client, it).await,
                (Some(it), 80..=89) => self.renew(at, client, it).await,
                (Some(it), _) => {
                    self.sign_out(at, client, &it).await;
                    None
                }
            };
        }
    }

    async fn sign_in(
        &self,
        at: usize,
        agent: u64,
        client: Client,
        takeover: bool,
    ) -> Option<Session> {
        let SignIns { begun, ended } = self.sign_ins(client);
        let sign_ins = ended.load(Ordering::SeqCst);
        begun.fetch_add(1, Ordering::SeqCst);
        let session = self.try_sign_in(at, agent, client, takeover).await;
        ended.fetch_add(1, Ordering::SeqCst);
        session.map(|it| Session { sign_ins, ..it })
    }

    async fn try_sign_in(
        &self,
        at: usize,
        agent: u64,
        client: Client,
        takeover: bool,
    ) -> Option<Session> {
        let number = self.sessions.fetch_add(1, Ordering::SeqCst);
        let made = self.history.now();
        let email = format!("member-{}@helix.example", client.member);
        let body = json!({"email": email, "password": PASSWORD, "takeover": takeover});
        let answer = self.post(at, client, "/auth/login", None, body).await;
        let asked = |outcome| {
            let asked = (number, agent, client);
            self.history.asked(asked, takeover, made, outcome);
        };
        match answer {
            Some((201, body)) => {
                let session = Session::of(number, &body);
                let epoch = session.epoch();
                asked(Outcome::Granted { epoch });
                self.see(0);
                Some(session)
            }
            Some((409, _)) => {
                asked(Outcome::Refused);
                self.see(1);
                None
            }
            // Nobody says whether it took anything.
            Some((503, _)) | None => {
                asked(Outcome::Unknown);
                block_in_place(|| self.until_all_is_heard());
                self.history.settled(number);
                None
            }
            other => panic!("{other:?}"),
        }
    }

    /// Waits until Redis has done all that was sent to it so far. It reads whatever has come in each of its rounds, so all of it is done where
    /// one command was answered that was sent after it, and then another one; and a Redis that was killed does none of it.
    fn until_all_is_heard(&self) {
        for _ in 0..2 {
            server::until(self.redis, "it answers", &["PING"], |it| it == "PONG");
        }
    }

    async fn beat(&self, at: usize, client: Client, session: Session) -> Option<Session> {
        let made = self.history.now();
        let token = Some(&*session.access_token);
        match self
            .post(at, client, "/auth/heartbeat", token, json!({}))
            .await
        {
            Some((201, body)) => {
                assert_eq!(body["lock"], "held");
                self.history.held(session.number, made);
                Some(session)
            }
            // 401: it was displaced, and its session has ended with the login that did so.
            Some((409 | 401, _)) => {
                self.see(2);
                None
            }
            Some((503, _)) | None => Some(session),
            other => panic!("{other:?}"),
        }
    }

    /// Renews the tokens of a session; `None`: it is over.
    async fn renew(&self, at: usize, client: Client, session: Session) -> Option<Session> {
        let body = json!({"refreshToken": session.refresh_token});
        loop {
            let body = body.clone();
            match self.post(at, client, "/auth/refresh", None, body).await {
                Some((201, body)) => {
                    self.see(3);
                    let next = Session {
                        sign_ins: session.sign_ins,
                        ..Session::of(session.number, &body)
                    };
                    assert_eq!(next.epoch(), session.epoch());
                    return Some(next);
                }
                // A loss of data is no reason, since the token says whose session it is. Another sign-in of its member
                // is: one that displaced it and is over by now, or that was the seventeenth.
                Some((401, body)) => {
                    let begun = self.sign_ins(client).begun.load(Ordering::SeqCst);
                    assert!(begun > session.sign_ins + 1, "{client:?}: {body}");
                    self.see(2);
                    return None;
                }
                // It may be renewed, so it is tried again while the token counts.
                Some((503, _)) | None => {}
                other => panic!("{other:?}"),
            }
        }
    }

    fn sign_ins(&self, client: Client) -> &SignIns {
        &self.sign_ins[usize::try_from(client.member).unwrap()]
    }

    async fn sign_out(&self, at: usize, client: Client, session: &Session) {
        let made: Moment = self.history.now();
        loop {
            let token = Some(&*session.access_token);
            match self
                .post(at, client, "/auth/logout", token, json!({}))
                .await
            {
                Some((201, _)) => break,
                Some((503, _)) | None => {}
                other => panic!("{other:?}"),
            }
        }
        self.see(4);
        self.history.released(session.number, made);
    }

    /// Makes a call; `None`: its sidecar is dead.
    async fn post(
        &self,
        at: usize,
        client: Client,
        path: &str,
        token: Option<&str>,
        body: Value,
    ) -> Option<(u16, Value)> {
        let url = self.urls.lock().unwrap()[at].clone();
        let device = Device::at(&url, &format!("device-{}", client.device));
        let mut request = device.post(path).json(&body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = async {
            let response = request.send().await.ok()?;
            let status = response.status().as_u16();
            Some((status, response.json().await.ok()?))
        };
        let answer = answer.await;
        let is_failure = answer.as_ref().is_none_or(|(status, _)| *status == 503);
        self.count.send_modify(|count| {
            count.answered += u64::from(!is_failure);
            count.failures += u64::from(is_failure);
        });
        answer
    }

    fn see(&self, what: usize) {
        self.seen[what].fetch_add(1, Ordering::Relaxed);
    }
}

impl Session {
    fn of(number: u64, body: &Value) -> Self {
        let token = |name: &str| body[name].as_str().unwrap().to_owned();
        Self {
            number,
            sign_ins: 0,
            access_token: token("accessToken"),
            refresh_token: token("refreshToken"),
        }
    }

    /// Reads since which change of the lock its token says that it is held.
    fn epoch(&self) -> u64 {
        let payload = self.access_token.split('.').nth(1).unwrap();
        let payload = URL_SAFE_NO_PAD.decode(payload).unwrap();
        let claims: Value = serde_json::from_slice(&payload).unwrap();
        claims["epoch"].as_u64().unwrap()
    }
}

/// Each agent has two members.
fn config() -> String {
    let params = Params::new(Params::MIN_M_COST, 1, 1, None).unwrap();
    let hash = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(PASSWORD.as_bytes())
        .unwrap()
        .to_string();
    let mut text =
        "[settings.login_limits]\naccount_burst = 1000\naddress_burst = 100000\n".to_owned();
    for agent in 0..AGENTS {
        text.push_str(&format!(
            "[[agents]]\nozonetel_agent_id = \"agent{agent}\"\nsip_extension = \"70020{agent}\"\n\
             sip_password = \"a-sip-password\"\nsip_uri = \"sip:70020{agent}@sip.example\"\n\
             sip_ws_server = \"wss://sip.example:444\"\n"
        ));
        for member in [agent * 2, agent * 2 + 1] {
            text.push_str(&format!(
                "[[users]]\nemail = \"member-{member}@helix.example\"\nname = \"{member}\"\n\
                 role = \"cc-agent\"\nmember_id = \"m-{member}\"\nagent = \"agent{agent}\"\n\
                 password_hash = \"{hash}\"\n"
            ));
        }
    }
    text
}
