//! What the engine does as time passes, in time that only the test moves.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test looks for one of many events"
)]

use std::sync::{Arc, mpsc as threads};

use phone::{Hop, LinkView, LockReturned};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
    task::{spawn_blocking, yield_now},
    time::{self, Instant},
};

use super::*;
use crate::test_server::{closed_port, read_request, serve};

#[tokio::test]
async fn beats_come_at_the_announced_period() {
    let clock = Frozen::clock().await;
    let mut office = Office::open(Sidecar::Answers, silent().await).await;
    let engine = office.signed_in(&clock).await;

    for _ in 0..2 {
        clock.pass(Duration::from_secs(269)).await;
        assert_eq!(office.asked.try_recv().ok(), None, "too early");
        clock
            .pass_until(Duration::from_secs(31), || !office.asked.is_empty())
            .await;
        assert_eq!(office.asked().await, "heartbeat");
        office.read().await;
    }
    drop(engine);
}

#[tokio::test]
async fn a_process_that_was_stopped_for_an_hour_sends_one_beat() {
    let clock = Frozen::clock().await;
    let mut office = Office::open(Sidecar::Answers, silent().await).await;
    let engine = office.signed_in(&clock).await;

    time::advance(Duration::from_secs(2 * 3600)).await;

    assert_eq!(office.asked().await, "heartbeat");
    clock.pass(Duration::from_secs(60)).await;
    assert_eq!(office.asked.try_recv().ok(), None, "one is enough");
    let account = engine.view().borrow().account.clone();
    assert!(
        matches!(account, AccountView::SignedIn { .. }),
        "the lease had run out, and was granted again: {account:?}"
    );
}

#[tokio::test]
async fn a_login_that_is_never_answered_is_given_up_after_eight_seconds() {
    let clock = Frozen::clock().await;
    let mut office = Office::open(Sidecar::Silent, silent().await).await;
    let engine = office.engine(Vault::memory());
    let mut events = engine.events();
    sign_in(&engine).await;
    assert_eq!(office.asked().await, "login");
    let start = engine.stamp().mono;

    clock.pass(Duration::from_millis(7900)).await;
    assert!(events.try_recv().is_err(), "too early");
    clock.pass(Duration::from_millis(100)).await;

    let told = soon(events.recv()).await.unwrap();
    let Event::SignedOut {
        reason: SignedOutReason::Unreachable { hop, detail, .. },
    } = told.event
    else {
        panic!("{told:?}");
    };
    assert_eq!(hop, Hop::Timeout);
    assert_eq!(detail, "The sidecar at 127.0.0.1 did not answer within 8 s");
    assert_lasted(told.stamp.mono - start, Duration::from_secs(8));
}

#[tokio::test]
async fn a_beat_that_is_never_answered_costs_three_seconds_and_is_followed_soon() {
    let clock = Frozen::clock().await;
    let mut office = Office::open(Sidecar::AnswersLogin, silent().await).await;
    let engine = office.engine(Vault::memory());
    let mut events = engine.events();
    sign_in(&engine).await;
    assert_eq!(office.asked().await, "login");
    assert_eq!(office.asked().await, "heartbeat");

    clock.pass(Duration::from_secs(3)).await;
    let (hop, told_at) = until(&mut events, |event| match event {
        Event::SessionAtRisk { hop, .. } => Some(*hop),
        _ => None,
    })
    .await;
    assert_eq!(hop, Hop::Timeout);

    clock
        .pass_until(Duration::from_secs(2), || !office.asked.is_empty())
        .await;
    assert_eq!(office.asked().await, "heartbeat");
    assert!(engine.stamp().mono - told_at <= Duration::from_millis(2010));
}

#[tokio::test]
async fn a_phone_server_that_refuses_is_tried_again_when_it_was_said_and_not_before() {
    let clock = Frozen::clock().await;
    let nobody = closed_port().await;
    let office = Office::open(Sidecar::Answers, nobody).await;
    let engine = office.engine(Vault::memory());
    let mut events = engine.events();
    sign_in(&engine).await;

    let down = |event: &Event| match event {
        Event::LinkDown { retry_in_ms, .. } => Some(Duration::from_millis(*retry_in_ms)),
        _ => None,
    };
    let (mut wait, mut told_at) = until(&mut events, down).await;
    let mut waits = vec![wait];
    for _ in 0..12 {
        clock.pass(wait).await;
        // What is told is cut to whole milliseconds.
        clock.pass(Duration::from_millis(1)).await;
        let (next, next_at) = until(&mut events, down).await;
        assert_lasted(next_at - told_at, wait);
        (wait, told_at) = (next, next_at);
        waits.push(wait);
    }
    assert!(waits[0] < Duration::from_secs(1), "{waits:?}");
    assert!(waits[12] > waits[0], "{waits:?}");
    assert!(
        waits.iter().all(|it| *it <= Duration::from_secs(2)),
        "{waits:?}"
    );
}

#[tokio::test]
async fn a_phone_server_that_says_nothing_costs_six_seconds() {
    let clock = Frozen::clock().await;
    let office = Office::open(Sidecar::Answers, silent().await).await;
    let engine = office.engine(Vault::memory());
    let mut events = engine.events();
    sign_in(&engine).await;
    let start = signed_in(&mut events).await;

    clock.pass(Duration::from_secs(6)).await;

    let ((hop, detail), told_at) = until(&mut events, |event| match event {
        Event::LinkDown { hop, detail, .. } => Some((*hop, detail.clone())),
        _ => None,
    })
    .await;
    assert_eq!(hop, Hop::Timeout);
    assert!(detail.contains("still waiting for TLS"), "{detail}");
    assert_lasted(told_at - start, Duration::from_secs(6));
    assert!(matches!(engine.view().borrow().link, LinkView::Down { .. }));
}

#[tokio::test]
async fn a_sign_out_is_over_within_two_seconds_when_the_servers_are_gone_and_the_vault_hangs() {
    let clock = Frozen::clock().await;
    let mut office = Office::open(Sidecar::AnswersLogin, silent().await).await;
    let (_gate, keyring) = HangingKeyring::new();
    let engine = office.engine(Vault::over(keyring));
    let mut events = engine.events();
    sign_in(&engine).await;
    assert_eq!(office.asked().await, "login");
    signed_in(&mut events).await;

    let start = engine.stamp().mono;
    let stopping = engine.clone();
    let stopped = tokio::spawn(async move { stopping.stop(Duration::from_secs(2)).await });
    assert_eq!(office.asked().await, "logout");
    clock.pass(Duration::from_secs(2)).await;

    soon(stopped).await.unwrap();
    let (reason, told_at) = until(&mut events, |event| match event {
        Event::SignedOut { reason } => Some(reason.clone()),
        _ => None,
    })
    .await;
    assert!(
        matches!(
            reason,
            SignedOutReason::ByUser {
                lock: LockReturned::Unconfirmed { .. }
            }
        ),
        "{reason:?}"
    );
    assert!(told_at - start <= Duration::from_secs(2));
}

#[tokio::test]
async fn a_vault_that_never_answers_is_told_after_five_seconds_and_the_session_goes_on() {
    let clock = Frozen::clock().await;
    let office = Office::open(Sidecar::Answers, silent().await).await;
    let (_gate, keyring) = HangingKeyring::new();
    let engine = office.engine(Vault::over(keyring));
    let mut events = engine.events();
    // The vault has looked for an earlier session and is free.
    let mut view = engine.view();
    let nobody = view.wait_for(|it| matches!(it.account, AccountView::SignedOut { .. }));
    assert!(soon(nobody).await.is_ok());
    sign_in(&engine).await;
    let start = signed_in(&mut events).await;

    clock.settle().await;
    clock.pass(Duration::from_millis(500)).await;
    until(&mut events, |event| {
        matches!(event, Event::SessionHeld { .. }).then_some(())
    })
    .await;
    clock.pass(Duration::from_millis(4500)).await;

    let (detail, told_at) = until(&mut events, |event| match event {
        Event::VaultFault { detail } => Some(detail.clone()),
        _ => None,
    })
    .await;
    assert_eq!(detail, "The keyring does not answer");
    assert_lasted(told_at - start, Duration::from_secs(5));
    let account = engine.view().borrow().account.clone();
    assert!(
        matches!(account, AccountView::SignedIn { .. }),
        "{account:?}"
    );
}

#[tokio::test]
async fn tokens_are_kept_before_they_are_used() {
    let clock = Frozen::clock().await;
    let mut office = Office::open(Sidecar::Answers, silent().await).await;
    let (gate, keyring) = HangingKeyring::new();
    let engine = office.engine(Vault::over(keyring));
    let mut events = engine.events();
    sign_in(&engine).await;
    assert_eq!(office.asked().await, "login");
    signed_in(&mut events).await;
    clock.settle().await;
    assert_eq!(office.asked.try_recv().ok(), None, "not kept yet");

    drop(gate);
    assert_eq!(office.asked().await, "heartbeat");
}

/// Waits for the sign-in; returns when it was told.
async fn signed_in(events: &mut tokio::sync::broadcast::Receiver<Stamped>) -> Duration {
    let told = |event: &Event| matches!(event, Event::SignedIn { .. }).then_some(());
    until(events, told).await.1
}

/// Returns what `wanted` finds in the next event that has it, and when that was told.
async fn until<T>(
    events: &mut tokio::sync::broadcast::Receiver<Stamped>,
    wanted: impl Fn(&Event) -> Option<T>,
) -> (T, Duration) {
    soon(async {
        loop {
            let told = events.recv().await.unwrap();
            if let Some(found) = wanted(&told.event) {
                return (found, told.stamp.mono);
            }
        }
    })
    .await
}

/// Checks a time on the clock that the test moves; the runtime's timers and what events tell are
/// rounded to milliseconds.
fn assert_lasted(lasted: Duration, wanted: Duration) {
    let rounding = Duration::from_millis(4);
    assert!(
        lasted >= wanted && lasted <= wanted + rounding,
        "{lasted:?} in place of {wanted:?}"
    );
}

/// A clock that stands still until the test moves it.
///
/// A paused clock of tokio moves on as soon as every task waits, for a socket as well. It does not
/// while a blocking task runs; this one runs until the test ends, or fails.
struct Frozen {
    _hold: threads::Sender<()>,
    canary: tokio::sync::Mutex<(TcpStream, TcpStream)>,
}

impl Frozen {
    async fn clock() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (far, _) = listener.accept().await.unwrap();
        near.set_nodelay(true).unwrap();
        let (hold, held) = threads::channel::<()>();
        spawn_blocking(move || held.recv_timeout(PATIENCE));
        time::pause();
        Self {
            _hold: hold,
            canary: tokio::sync::Mutex::new((near, far)),
        }
    }

    async fn pass(&self, duration: Duration) {
        self.pass_until(duration, || false).await;
    }

    /// Lets `duration` pass, step by step, or less where `enough` is true before; and a millisecond
    /// more, to which the runtime rounds its timers.
    async fn pass_until(&self, duration: Duration, enough: impl Fn() -> bool) {
        let end = Instant::now() + duration + Duration::from_millis(1);
        while Instant::now() < end && !enough() {
            let step = (end - Instant::now()).min(Duration::from_secs(2));
            time::advance(step).await;
            self.settle().await;
        }
    }

    /// Lets all tasks do what they can, and what they sent over loopback arrive.
    async fn settle(&self) {
        let mut canary = self.canary.lock().await;
        let (near, far) = &mut *canary;
        for _ in 0..3 {
            yield_now().await;
            near.write_all(b"!").await.unwrap();
            far.read_u8().await.unwrap();
        }
    }
}

/// How the sidecar behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sidecar {
    Answers,
    /// … the login alone, and says nothing to anything else.
    AnswersLogin,
    Silent,
}

/// A sidecar, and the address of a phone server.
struct Office {
    sidecar: std::net::SocketAddr,
    /// The last part of the path of each request, in their order.
    asked: mpsc::UnboundedReceiver<String>,
    /// A request was answered, and the answer was read to its end.
    answered: mpsc::UnboundedReceiver<()>,
}

impl Office {
    async fn open(behaviour: Sidecar, phone_server: std::net::SocketAddr) -> Self {
        let (asked, requests) = mpsc::unbounded_channel();
        let (read, answered) = mpsc::unbounded_channel();
        let login: Arc<str> = agent(phone_server).into();
        let sidecar = serve(move |mut tcp| {
            let (asked, read, login) = (asked.clone(), read.clone(), login.clone());
            async move {
                let Some(request) = read_request(&mut tcp).await else {
                    return;
                };
                let path = request.split(' ').nth(1).unwrap();
                let name = path.rsplit('/').next().unwrap().to_owned();
                // An old sidecar: this is asked once and never again.
                if name == "events" {
                    let absent = http("404 Not Found", "application/json", "{}");
                    let _ = tcp.write_all(absent.as_bytes()).await;
                    return;
                }
                let answer = match (behaviour, name.as_str()) {
                    (Sidecar::Answers | Sidecar::AnswersLogin, "login") => Some(&*login),
                    (Sidecar::Answers, _) => Some(r#"{"status":"ok"}"#),
                    (Sidecar::AnswersLogin | Sidecar::Silent, _) => None,
                };
                let _ = asked.send(name);
                if let Some(body) = answer {
                    let answer = http("200 OK", "application/json", body);
                    let _ = tcp.write_all(answer.as_bytes()).await;
                }
                // The client closes when it has read what it wants, or gives up.
                let _ = tcp.read(&mut [0]).await;
                let _ = read.send(());
            }
        })
        .await;
        Self {
            sidecar,
            asked: requests,
            answered,
        }
    }

    fn engine(&self, vault: Vault) -> Engine {
        let sidecar = Url::parse(&format!("http://{}", self.sidecar)).unwrap();
        Engine::spawn(Config {
            sidecar: Some(sidecar),
            ..config(None, vault)
        })
        .unwrap()
    }

    /// An agent who is signed in and whose first beat was answered.
    async fn signed_in(&mut self, clock: &Frozen) -> Engine {
        let engine = self.engine(Vault::memory());
        let mut events = engine.events();
        sign_in(&engine).await;
        assert_eq!(self.asked().await, "login");
        assert_eq!(self.asked().await, "heartbeat");
        until(&mut events, |event| {
            matches!(event, Event::SessionHeld { .. }).then_some(())
        })
        .await;
        self.read().await;
        self.read().await;
        clock.settle().await;
        engine
    }

    /// Returns the name of the next request.
    async fn asked(&mut self) -> String {
        soon(self.asked.recv()).await.unwrap()
    }

    /// Waits until the engine has read the answer to the next request, or gives it up.
    async fn read(&mut self) {
        soon(self.answered.recv()).await.unwrap();
    }
}

fn agent(phone_server: std::net::SocketAddr) -> String {
    format!(
        r#"{{"accessToken":"a","refreshToken":"r",
        "user":{{"id":"1","role":"cc-agent","name":"Ana","email":"ana@helix.example"}},
        "agentConfig":{{"ozonetelAgentId":"agent2","sipExtension":"700201","sipPassword":"p",
        "sipUri":"sip:700201@sip.example","sipWsServer":"wss://{phone_server}"}},
        "session":{{"id":"s","ttlSeconds":3600,"heartbeatSeconds":300}}}}"#
    )
}

/// Accepts connections and never says a word.
async fn silent() -> std::net::SocketAddr {
    serve(|tcp| async move {
        let _held = tcp;
        std::future::pending::<()>().await;
    })
    .await
}

/// A keyring that waits for a user who is away: until the other half is dropped.
#[derive(Debug)]
struct HangingKeyring(threads::Receiver<()>);

impl HangingKeyring {
    fn new() -> (threads::Sender<()>, Self) {
        let (gate, closed) = threads::channel();
        (gate, Self(closed))
    }
}

impl Keyring for HangingKeyring {
    fn read(&mut self, _: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Trouble> {
        Ok(None)
    }

    fn write(&mut self, _: &str, _: &[u8]) -> Result<(), Trouble> {
        let _ = self.0.recv();
        Ok(())
    }

    fn remove(&mut self, _: &str) -> Result<(), Trouble> {
        Ok(())
    }
}
