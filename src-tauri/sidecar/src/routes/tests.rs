//! What must be answered, or told, in time (faults, 69 and 72), in virtual time.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
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
use time::macros::datetime;
use tokio::time::Instant;

use super::{events, heartbeat, login, ready, refresh};
use crate::clock::{Clock, Now};
use crate::config::Config;
use crate::device::Device;
use crate::lock::{Acquired, LockName, MemoryLock, Owner, RedisLock, SessionLock};
use crate::refusal::Refusal;
use crate::sidecar::Sidecar;
use crate::store::Store;
use crate::store::virtual_redis::{REFUSED_IN, Redis, redis};
use crate::token::Caller;

/// How soon whoever loses a lock must hear so.
const PUSHED_IN: Duration = Duration::from_secs(2);

const TTL: Duration = Duration::from_secs(30);

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
        let mut listener = Listener::of(&sidecar, &owner).await;
        let told = listener.next().await.unwrap();
        assert!(told.starts_with("event: takeover\n"), "{told}");
        before = Some(listener);
    }
}

/// A phone that reads its events.
struct Listener(axum::body::BodyDataStream);

impl Listener {
    async fn of(sidecar: &Arc<Sidecar>, owner: &Owner) -> Self {
        let answer = events::events(
            State(Arc::clone(sidecar)),
            Extension(crate::server::Cut::default()),
            headers(sidecar, owner),
        );
        let answer = answer.await.unwrap();
        let mut listener = Self(answer.into_body().into_data_stream());
        assert_eq!(listener.next().await.unwrap(), "retry: 2000\n\n");
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

fn sidecar(lock: Arc<dyn SessionLock>, store: Option<Store>) -> Arc<Sidecar> {
    let example = include_str!("../../sidecar.example.toml");
    let config = Config::from_toml(example, Path::new("."), |_| None).unwrap();
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
