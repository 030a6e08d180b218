//! What must be answered, or told, in time (faults, 69 and 72), in virtual time.
#![allow(clippy::unwrap_used)]

mod others;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use futures_util::StreamExt;
use secrecy::{ExposeSecret, SecretSlice};
use serde_json::{Value, json};
use time::macros::datetime;
use tokio::time::Instant;

use super::{docs, events, heartbeat, login, ready, refresh, routes};
use crate::bells::{Bells, Changes};
use crate::clock::{Clock, Now};
use crate::config::Config;
use crate::device::Device;
use crate::lock::{
    Acquired, Beat, LockAnswer, LockName, Look, MemoryLock, Owner, Page, RedisLock, Released,
    SessionLock,
};
use crate::metrics::PATHS;
use crate::refusal::Refusal;
use crate::server::Cut;
use crate::sidecar::Sidecar;
use crate::store::Store;
use crate::store::virtual_redis::{REFUSED_IN, Redis, redis};
use crate::takeover::{Ask, Moment, TicketHash};
use crate::token::Caller;

/// How soon whoever loses a lock must hear so.
const PUSHED_IN: Duration = Duration::from_secs(2);

/// How soon they hear so where nobody told of it: a fifth later than who listens usually looks.
const FOUND_IN: Duration = Duration::from_secs(6);

const TTL: Duration = Duration::from_secs(30);

#[test]
fn every_route_is_in_the_document_and_counted_with_how_it_may_be_refused() {
    let document: Value = serde_json::from_str(docs::DOCUMENT).unwrap();
    let documented = document["paths"].as_object().unwrap();
    let routes = routes();
    let paths: BTreeSet<&str> = routes.iter().map(|(path, _)| *path).collect();
    assert_eq!(
        documented
            .keys()
            .map(String::as_str)
            .collect::<BTreeSet<_>>(),
        paths
    );
    assert_eq!(BTreeSet::from(PATHS), paths);
    let device = json!({"$ref": "#/components/parameters/DeviceId"});
    for (path, calls) in documented {
        for (method, call) in calls.as_object().unwrap() {
            let names_device = call["parameters"]
                .as_array()
                .is_some_and(|it| it.contains(&device));
            let refusals: &[&str] = match method.as_str() {
                // Each of them reads what comes as a body.
                "post" => &["400", "408", "413"],
                _ if names_device => &["400"],
                _ => &[],
            };
            for status in refusals {
                let refusal = &call["responses"][status];
                assert!(refusal.is_object(), "{method} {path} {status}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_redis_each_call_is_refused_in_200_ms() {
    for outage in [Redis::Down, Redis::Paused] {
        let (becomes, store) = redis(Redis::Up);
        store.ask().await.unwrap();
        let lock = Arc::new(RedisLock::new(store.clone()));
        let sidecar = sidecar(lock, Some(store));
        let ana = caller(&owner(1));
        let (device, now) = (Device::default(), sidecar.clock.now());
        let token = sidecar.sessions.begin(&ana, &device, now).await.unwrap();
        let token = token.expose_secret();
        let bearer = headers(&sidecar, &owner(1));
        let mut json = HeaderMap::new();
        json.insert(CONTENT_TYPE, "application/json".parse().unwrap());
        becomes.send_replace(outage);
        for _ in 0..3 {
            let state = || State(Arc::clone(&sidecar));
            refused(ready::ready(state())).await;
            let empty = Body::empty();
            refused(heartbeat::heartbeat(state(), bearer.clone(), empty)).await;
            let peer = ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 5060)));
            let body = r#"{"email":"ana@helix.example","password":"ana-demo-password"}"#;
            refused(login::login(state(), peer, json.clone(), body.into())).await;
            let body = format!(r#"{{"refreshToken":"{token}"}}"#);
            refused(refresh::refresh(state(), json.clone(), body.into())).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn of_a_hundred_sessions_that_displace_each_other_each_is_told_within_two_seconds() {
    let lock = Arc::new(MemoryLock::new(clock()));
    let sidecar = sidecar(lock.clone(), None);
    let mut before: Option<Listener> = None;
    for number in 1..=100 {
        let mut owner = owner(number);
        let displaced = Instant::now();
        owner.epoch = acquire(&lock, &owner).await;
        if let Some(mut before) = before {
            let told = before.next().await.unwrap();
            assert!(told.starts_with("event: lost\n"), "{told}");
            assert!(told.contains(&owner.device_name), "{told}");
            assert!(displaced.elapsed() <= PUSHED_IN);
            assert_eq!(before.next().await, None);
        }
        before = Some(Listener::of(&sidecar, &owner).await);
    }
}

#[tokio::test(start_paused = true)]
async fn who_lost_the_lock_to_one_that_the_store_had_forgotten_is_told_within_two_seconds() {
    let lock = Arc::new(MemoryLock::new(clock()));
    let sidecar = sidecar(lock.clone(), None);
    let [mut loser, mut winner] = [owner(1), owner(2)];
    loser.epoch = acquire(&lock, &loser).await;
    winner.epoch = acquire(&lock, &winner).await;
    tokio::time::advance(TTL).await;
    // The loser is heard first.
    let mut listener = Listener::of(&sidecar, &loser).await;
    let displaced = Instant::now();
    let beat = lock.beat(&agent(), &winner, TTL).await;
    assert_eq!(beat, Ok(Beat::Retaken));
    let told = listener.next().await.unwrap();
    assert!(told.starts_with("event: lost\n"), "{told}");
    assert!(displaced.elapsed() <= PUSHED_IN);
}

#[tokio::test(start_paused = true)]
async fn a_loss_of_which_no_bell_told_is_found_by_who_listens_comes_again_or_beats() {
    let lock = Arc::new(Silent(MemoryLock::new(clock())));
    let sidecar = sidecar(lock.clone(), None);
    let [mut loser, mut winner] = [owner(1), owner(2)];
    loser.epoch = acquire(&lock.0, &loser).await;
    let mut listener = Listener::of(&sidecar, &loser).await;
    let displaced = Instant::now();
    winner.epoch = acquire(&lock.0, &winner).await;
    let told = listener.next().await.unwrap();
    assert!(told.starts_with("event: lost\n"), "{told}");
    assert!(told.contains(&winner.device_name), "{told}");
    let (took, soon) = (displaced.elapsed(), PUSHED_IN);
    assert!(took > soon && took <= FOUND_IN, "{took:?}");
    assert_eq!(listener.next().await, None);

    // Whose stream was away meanwhile.
    let bearer = headers(&sidecar, &loser);
    let (state, cut) = (|| State(Arc::clone(&sidecar)), Cut::default());
    let again = events::events(state(), Extension(cut), bearer.clone());
    lost(again.await);
    for _ in 0..2 {
        lost(heartbeat::heartbeat(state(), bearer.clone(), Body::empty()).await);
    }
}

/// Asserts that a call is refused because another device has the lock.
fn lost<T>(answer: Result<T, Refusal>) {
    let refusal = answer.err().unwrap().into_response();
    assert_eq!(refusal.status(), StatusCode::CONFLICT);
}

/// A lock whose changes nobody is told of, as where Redis does not pass on what servers tell each other.
#[derive(Debug)]
struct Silent(MemoryLock);

impl SessionLock for Silent {
    fn acquire<'a>(
        &'a self,
        name: &'a LockName,
        owner: &'a Owner,
        ttl: Duration,
        takeover: bool,
    ) -> LockAnswer<'a, Acquired> {
        self.0.acquire(name, owner, ttl, takeover)
    }

    fn beat<'a>(
        &'a self,
        name: &'a LockName,
        owner: &'a Owner,
        ttl: Duration,
    ) -> LockAnswer<'a, Beat> {
        self.0.beat(name, owner, ttl)
    }

    fn release<'a>(&'a self, name: &'a LockName, owner: &'a Owner) -> LockAnswer<'a, Released> {
        self.0.release(name, owner)
    }

    fn acquire_granted<'a>(
        &'a self,
        name: &'a LockName,
        owner: &'a Owner,
        ttl: Duration,
        ask: &'a Ask,
    ) -> LockAnswer<'a, Acquired> {
        self.0.acquire_granted(name, owner, ttl, ask)
    }

    fn look<'a>(&'a self, name: &'a LockName) -> LockAnswer<'a, Look> {
        self.0.look(name)
    }

    fn put<'a>(
        &'a self,
        name: &'a LockName,
        before: Option<&'a Ask>,
        ask: &'a Ask,
        now: Moment,
    ) -> LockAnswer<'a, bool> {
        self.0.put(name, before, ask, now)
    }

    fn of_ticket<'a>(&'a self, ticket: &'a TicketHash) -> LockAnswer<'a, Option<LockName>> {
        self.0.of_ticket(ticket)
    }

    fn listen(&self, agent_id: &str) -> Changes {
        Bells::default().listen(agent_id)
    }

    fn list<'a>(&'a self, from: Bound<&'a str>, limit: usize) -> LockAnswer<'a, Page> {
        self.0.list(from, limit)
    }
}

/// A phone that has the lock and reads its events, from the one after that nobody asks for it.
struct Listener(axum::body::BodyDataStream);

impl Listener {
    async fn of(sidecar: &Arc<Sidecar>, owner: &Owner) -> Self {
        let answer = events::events(
            State(Arc::clone(sidecar)),
            Extension(Cut::default()),
            headers(sidecar, owner),
        );
        let answer = answer.await.unwrap();
        let mut listener = Self(answer.into_body().into_data_stream());
        assert_eq!(listener.next().await.unwrap(), "retry: 2000\n\n");
        let told = listener.next().await.unwrap();
        assert!(told.starts_with("event: takeover\n"), "{told}");
        listener
    }

    async fn next(&mut self) -> Option<String> {
        let bytes = self.0.next().await?.unwrap();
        Some(String::from_utf8(bytes.to_vec()).unwrap())
    }
}

/// Asserts that a call is refused as soon as it must be.
async fn refused<T>(answer: impl Future<Output = Result<T, Refusal>>) {
    let asked = Instant::now();
    let refusal = answer.await.err().unwrap().into_response();
    assert_eq!(refusal.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(asked.elapsed() <= REFUSED_IN, "{:?}", asked.elapsed());
}

/// Takes the lock, from whoever of the member has it.
async fn acquire(lock: &MemoryLock, owner: &Owner) -> u64 {
    match lock.acquire(&agent(), owner, TTL, true).await.unwrap() {
        Acquired::Taken { epoch } | Acquired::TakenOver { epoch, .. } => epoch,
        other @ (Acquired::Refreshed { .. } | Acquired::Busy { .. } | Acquired::Ended) => {
            panic!("{other:?}")
        }
    }
}

fn owner(number: u64) -> Owner {
    Owner {
        member_id: "member-ana".to_owned(),
        device_id: Some(format!("id-{number}")),
        device_name: format!("device {number}"),
        session_id: format!("00000000-0000-4000-8000-{number:012}"),
        since: None,
        epoch: 1,
    }
}

fn agent() -> LockName {
    LockName {
        ozonetel_agent_id: "agent1".to_owned(),
        sip_extension: "700201".to_owned(),
    }
}

fn caller(owner: &Owner) -> Caller {
    Caller {
        member_id: owner.member_id.clone(),
        session_id: owner.session_id.clone(),
        device_id: owner.device_id.clone(),
        role: "cc-agent".to_owned(),
        epoch: owner.epoch,
        lock: Some(agent()),
        begun: 1,
    }
}

/// Returns the headers of a session's calls.
fn headers(sidecar: &Sidecar, owner: &Owner) -> HeaderMap {
    let now = sidecar.clock.now().wall;
    let token = sidecar.tokens.issue(&caller(owner), now);
    let mut headers = HeaderMap::new();
    let bearer = format!("Bearer {}", token.expose_secret());
    headers.insert(AUTHORIZATION, bearer.parse().unwrap());
    headers
}

/// The configuration of a sidecar where nothing else is told.
const EXAMPLE: &str = include_str!("../../sidecar.example.toml");

fn sidecar(lock: Arc<dyn SessionLock>, store: Option<Store>) -> Arc<Sidecar> {
    configured(EXAMPLE, lock, store)
}

fn configured(config: &str, lock: Arc<dyn SessionLock>, store: Option<Store>) -> Arc<Sidecar> {
    let config = Config::from_toml(config, Path::new("."), |_| None).unwrap();
    let secret = SecretSlice::from(vec![7; 32]);
    Arc::new(Sidecar::new(config, &secret, clock(), lock, store).unwrap())
}

/// Returns the clock that the tests' runtime has.
fn clock() -> Clock {
    let begun = Instant::now();
    Clock::new(move || Now {
        monotonic: Instant::now().into_std(),
        wall: datetime!(2026-01-01 00:00 UTC) + begun.elapsed(),
    })
}
