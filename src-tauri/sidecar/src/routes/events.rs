//! What a phone that holds a session hears at once: that another device asks for it, or has it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};
use axum::{Extension, http::HeaderValue};
use futures_util::stream;
use serde::Serialize;
use sidecar_api::{LOST_EVENT, LostEvent, TAKEOVER_EVENT, TakeoverDemand, TakeoverEvent};
use time::OffsetDateTime;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{Instrument, Span, debug};

use super::{bearer, heartbeat};
use crate::device::Device;
use crate::duty;
use crate::lock::{LOOK_AGAIN, LockName, Look, Owner};
use crate::random::{jittered, random_number};
use crate::refusal::{Refusal, shown};
use crate::seats::Seat;
use crate::server::Cut;
use crate::session::SessionState;
use crate::sidecar::Sidecar;
use crate::token::Expiry;

/// How often something is sent where nothing happens, so that no proxy takes the connection for dead.
const COMMENT_EVERY: Duration = Duration::from_secs(15);

/// How long a stream lasts: less than its connection may (`server.rs`), which would cut it.
const LONGEST: Duration = Duration::from_secs(9 * 60);

/// How long a phone may leave unread what it is sent.
const READING_TIME: Duration = Duration::from_secs(20);

/// Events that wait for a phone to read them; each tells all, so more would be of no use.
const UNREAD: usize = 4;

/// When a phone whose stream ended comes again (HTML §9.2.6, `retry`).
const RETRY: &str = "retry: 2000\n\n";

/// Names the event that a phone has read last (HTML §9.2.4).
static LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Has a proxy of the nginx kind pass on each event as it comes.
static BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// `GET /auth/events`: server-sent events for who holds the lock.
pub(crate) async fn events(
    State(sidecar): State<Arc<Sidecar>>,
    Extension(cut): Extension<Cut>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let device = Device::of(&headers)?;
    let token = bearer(&headers);
    let caller = sidecar.caller(token.as_ref(), &device, Expiry::Enforced)?;
    let expires = token.and_then(|token| sidecar.tokens.expires(&token));
    let expires = expires.ok_or_else(Refusal::invalid_access_token)?;
    let held = heartbeat::hold(&sidecar, &caller, &device).await?;
    let agent = held.ok_or_else(Refusal::not_an_agent)?.agent;
    let seat = sidecar.listeners.take(&caller.session_id);
    let seat = seat.ok_or_else(Refusal::too_many_listeners)?;
    let last_id = headers.get(&LAST_EVENT_ID);
    let listener = Listener {
        owner: sidecar.owner(&caller, &device, None),
        lock: agent.lock_name(),
        expires,
        told: last_id.and_then(|id| Some(id.to_str().ok()?.to_owned())),
        sidecar,
    };
    let (to_phone, unread) = mpsc::channel(UNREAD);
    let wire = Wire { to_phone, cut };
    tokio::spawn(listener.serve(wire, seat).instrument(Span::current()));
    let body = stream::unfold(unread, |mut unread| async {
        let bytes = unread.recv().await?;
        Some((Ok::<Bytes, Infallible>(bytes), unread))
    });
    let headers = [
        (
            CONTENT_TYPE,
            HeaderValue::from_static("text/event-stream; charset=utf-8"),
        ),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (BUFFERING.clone(), HeaderValue::from_static("no")),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

/// A phone that listens.
struct Listener {
    sidecar: Arc<Sidecar>,
    /// Who it was when it began to listen.
    owner: Owner,
    lock: LockName,
    /// When its access token does.
    expires: OffsetDateTime,
    /// Which state it was told of last.
    told: Option<String>,
}

/// What leads to a phone.
struct Wire {
    to_phone: mpsc::Sender<Bytes>,
    cut: Cut,
}

/// The stream of a phone ends.
#[derive(Debug, PartialEq, Eq)]
struct Ended(&'static str);

/// How the lock stands for a listener.
#[derive(Debug)]
enum Standing {
    Held {
        /// Names the state, at every server alike.
        id: String,
        event: TakeoverEvent,
    },
    Lost {
        holder: Owner,
    },
    /// Nobody holds it.
    Absent,
}

impl Listener {
    async fn serve(mut self, wire: Wire, mut seat: Seat) {
        let sidecar = Arc::clone(&self.sidecar);
        sidecar.metrics.listeners.inc();
        let ended = tokio::select! {
            ended = self.tell(&wire) => ended,
            () = seat.given_up() => Ended("a newer one of the same session needs its place"),
            () = sidecar.closes() => Ended("the server stops"),
            () = wire.to_phone.closed() => Ended("the phone has gone"),
        };
        sidecar.metrics.listeners.dec();
        let (member, why) = (&self.owner.member_id, ended.0);
        debug!(member, why, "the stream of events ends");
    }

    /// Tells each change, until the stream ends.
    async fn tell(&mut self, wire: &Wire) -> Ended {
        let ends = Instant::now() + LONGEST;
        let mut changes = self.sidecar.lock.listen(&self.lock.ozonetel_agent_id);
        let mut comment = Instant::now() + COMMENT_EVERY;
        if let Err(ended) = wire.send(RETRY.to_owned()).await {
            return ended;
        }
        loop {
            let now = Instant::now();
            if now >= ends || self.sidecar.clock.now().wall >= self.expires {
                return Ended("its time is over");
            }
            changes.seen();
            // Where the store is silent nothing is known, and the phone keeps what it was told.
            let mut next = jittered(LOOK_AGAIN, random_number());
            if let Ok(look) = self.sidecar.lock.look(&self.lock).await {
                let standing = standing(&look, &self.owner);
                if let Err(ended) = self.tell_of(standing, wire).await {
                    return ended;
                }
                let by_itself = look.ask.as_ref().and_then(|ask| ask.changes_at());
                let left = by_itself.filter(|it| *it > look.now);
                next = left.map_or(next, |it| next.min(it - look.now));
            }
            tokio::select! {
                () = changes.changed() => {}
                () = sleep_until(ends.min(now + next)) => {}
                () = sleep_until(comment) => {
                    comment += COMMENT_EVERY;
                    if let Err(ended) = wire.send(":\n\n".to_owned()).await {
                        return ended;
                    }
                }
            }
        }
    }

    /// Tells how the lock stands, if the phone does not know it.
    async fn tell_of(&mut self, standing: Standing, wire: &Wire) -> Result<(), Ended> {
        match standing {
            Standing::Held { id, .. } if self.told.as_ref() == Some(&id) => Ok(()),
            Standing::Held { id, event } => {
                wire.send(written(TAKEOVER_EVENT, &id, &event)).await?;
                self.told = Some(id);
                Ok(())
            }
            Standing::Lost { holder } => {
                let id = format!("lost-{}", holder.epoch);
                let holder = shown(&holder, &self.owner.member_id);
                let event = LostEvent { holder };
                wire.send(written(LOST_EVENT, &id, &event)).await?;
                Err(Ended("the lock is another's"))
            }
            Standing::Absent => {
                let state = self.sidecar.sessions.state(&self.owner.session_id);
                match state.await {
                    Ok(SessionState::Ended) => Err(Ended("its session has ended")),
                    // Its next heartbeat takes the lock again.
                    Ok(SessionState::Live { .. } | SessionState::Unknown) | Err(_) => Ok(()),
                }
            }
        }
    }
}

impl Wire {
    /// Sends to the phone; who does not read for too long is cut off.
    async fn send(&self, text: String) -> Result<(), Ended> {
        match timeout(READING_TIME, self.to_phone.send(text.into())).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Ended("the phone has gone")),
            Err(_) => {
                self.cut.cut();
                Err(Ended("the phone does not read"))
            }
        }
    }
}

/// Returns how a lock stands for `owner`.
fn standing(look: &Look, owner: &Owner) -> Standing {
    // A server that logs the agent out keeps nobody from taking the lock again.
    let is_session = |holder: &&Owner| !duty::is_ending(holder);
    if let Some(holder) = look.lost_to(owner).filter(is_session) {
        let holder = holder.clone();
        return Standing::Lost { holder };
    }
    let Some(own) = look.holders().find(|holder| holder.is_same_as(owner)) else {
        return Standing::Absent;
    };
    let demand = look
        .ask
        .as_ref()
        .and_then(|ask| Some((ask, ask.demand(own, look.now)?)));
    let (id, request) = match demand {
        Some((ask, standing)) => {
            let demand = TakeoverDemand {
                id: ask.id().to_owned(),
                device_name: ask.asker().device_name.clone(),
                seconds_left: standing.seconds_left(),
                state: standing.state,
            };
            (format!("{}-{:?}", ask.id(), standing.state), Some(demand))
        }
        None => ("none".to_owned(), None),
    };
    Standing::Held {
        id,
        event: TakeoverEvent { request },
    }
}

/// Returns an event as it is sent; its data is JSON in one line.
fn written(event: &str, id: &str, data: &impl Serialize) -> String {
    let data = serde_json::to_string(data).expect("its keys are text");
    format!("event: {event}\nid: {id}\ndata: {data}\n\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use futures_util::FutureExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_phone_that_does_not_read_is_cut_off_and_fills_no_memory() {
        let (to_phone, mut unread) = mpsc::channel(UNREAD);
        let cut = Cut::default();
        let wire = Wire {
            to_phone,
            cut: cut.clone(),
        };
        for _ in 0..UNREAD {
            wire.send("event".to_owned()).await.unwrap();
        }
        assert!(cut.asked_for().now_or_never().is_none());
        let begun = Instant::now();
        let ended = wire.send("event".to_owned()).await.unwrap_err();
        assert_eq!(ended, Ended("the phone does not read"));
        assert_eq!(begun.elapsed(), READING_TIME);
        assert!(cut.asked_for().now_or_never().is_some());
        // Who reads again meanwhile loses nothing.
        assert!(unread.recv().await.is_some());
        wire.send("event".to_owned()).await.unwrap();
        drop(unread);
        let ended = wire.send("event".to_owned()).await.unwrap_err();
        assert_eq!(ended, Ended("the phone has gone"));
    }

    #[test]
    fn a_listener_is_told_what_a_heartbeat_would_be() {
        let owner = |device: &str, epoch: u64| Owner {
            member_id: "member".to_owned(),
            device_id: Some(device.to_owned()),
            device_name: device.to_owned(),
            session_id: format!("session of {device}"),
            since: None,
            epoch,
        };
        let own = owner("desk", 7);
        let told = |agent: Option<Owner>, extension: Option<Owner>, is_shared| {
            let look = Look {
                holders: [agent, extension],
                is_shared,
                is_moved: [false; 2],
                ask: None,
                now: Duration::ZERO,
            };
            match standing(&look, &own) {
                Standing::Held { .. } => "held",
                Standing::Lost { .. } => "lost",
                Standing::Absent => "absent",
            }
        };
        let both = |owner: Owner| told(Some(owner.clone()), Some(owner), false);
        assert_eq!(told(None, None, false), "absent");
        assert_eq!(both(own.clone()), "held");
        assert_eq!(both(owner("laptop", 8)), "lost");
        // It has signed in again, or a copy of it has.
        let session_id = "another session".to_owned();
        let again = |epoch| Owner {
            session_id: session_id.clone(),
            ..owner("desk", epoch)
        };
        assert_eq!(both(again(8)), "lost");
        assert_eq!(both(again(6)), "held");
        // The store has forgotten who came last.
        assert_eq!(both(owner("laptop", 6)), "absent");
        // What the first sidecar wrote does not say since when.
        assert_eq!(told(Some(owner("", 0)), None, false), "lost");
        // Epochs of two agents are not compared.
        let with_another_agent = Some(owner("laptop", 6));
        let own = Some(own.clone());
        assert_eq!(told(own, with_another_agent, true), "lost");
    }

    #[test]
    fn an_event_is_three_lines_whatever_a_device_calls_itself() {
        let request = TakeoverDemand {
            id: "r".to_owned(),
            device_name: "a\r\nevent: lost\n\n\u{2028}\"".to_owned(),
            seconds_left: 18,
            state: sidecar_api::TakeoverState::AfterCall,
        };
        let request = Some(request);
        let text = written(TAKEOVER_EVENT, "r-1", &TakeoverEvent { request });
        assert_eq!(text.matches('\n').count(), 4);
        assert!(!text.contains('\r'));
        assert!(text.starts_with("event: takeover\nid: r-1\ndata: {\"request\":{"));
        assert!(text.contains("\"state\":\"after_call\""));
        let nobody = written(TAKEOVER_EVENT, "none", &TakeoverEvent { request: None });
        assert!(nobody.contains("data: {\"request\":null}\n"));
    }
}
