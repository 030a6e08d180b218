//! A takeover with consent: one device asks, waits and withdraws, the other answers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use secrecy::SecretString;
use sidecar_api::{
    Holder, TakeoverAnswer, TakeoverAsked, TakeoverDone, TakeoverFree, TakeoverRequest,
    TakeoverResponse, TakeoverState, TakeoverStatus, TakeoverStatusRequest, TakeoverWithdrawal,
    TakeoverWord,
};
use tokio::time::{Instant, sleep_until};
use tracing::{debug, info};

use super::login::credentials;
use super::{bearer, heartbeat};
use crate::audit::AUDIT;
use crate::body::{Field, read_json};
use crate::client_address::client_address;
use crate::device::Device;
use crate::directory::SignedIn;
use crate::lock::{LOOK_AGAIN, LockName, LockUnavailable, Look, Owner};
use crate::metrics::TakeoverStep;
use crate::random::random_id;
use crate::refusal::Refusal;
use crate::session::SessionState;
use crate::sidecar::{Sidecar, lock_name};
use crate::takeover::{ANSWER_TIME, Answered, Ask, Asker, Standing, TicketHash, new_ticket};
use crate::token::Expiry;

/// How long a device waits for news of its ask at the most.
const WAIT: Duration = Duration::from_secs(20);

/// How often a change is tried where others change the same. Each of them needs a password or the
/// lock, so more than a few mean that something is wrong.
const TRIES: usize = 8;

type Done = Result<(StatusCode, Json<TakeoverDone>), Refusal>;

/// `POST /auth/takeover`: asks the device that holds the caller's lock for it. It wants what a login
/// wants, and its limits are those of a login.
pub(crate) async fn ask(
    State(sidecar): State<Arc<Sidecar>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let device = Device::of(&headers)?;
    let fields = [Field::Text("email"), Field::Text("password")];
    let request: TakeoverRequest = read_json(&headers, body, &fields).await?;
    let address = client_address(peer, &headers, &sidecar.settings.trusted_proxies);
    let credentials = (&*request.email, &request.password);
    let (SignedIn { user, .. }, attempt) =
        credentials::check(&sidecar, credentials, address, &device).await?;
    attempt.succeeded().await;
    let member_id = user.member_id.as_deref().ok_or_else(Refusal::no_member)?;
    if user.phone.is_missing() {
        return Err(Refusal::agent_not_configured());
    }
    let Some(lock) = lock_name(&user.phone) else {
        return Ok(free());
    };
    match begin(&sidecar, &lock, member_id, &device).await? {
        Some((ticket, holder)) => {
            let holder = sidecar.shown(&holder, member_id).await;
            Ok(asked(ticket, holder))
        }
        None => Ok(free()),
    }
}

/// Asks whoever holds the lock, for this device of a member and in place of anybody who asks already; `None`:
/// nobody else holds it.
async fn begin(
    sidecar: &Sidecar,
    lock: &LockName,
    member: &str,
    device: &Device,
) -> Result<Option<(SecretString, Owner)>, Refusal> {
    let no_store = |error: LockUnavailable| Refusal::cannot_sign_in(&error.to_string());
    let (device_id, device) = (device.id.as_deref(), device.name_or_unnamed());
    let (ticket, agent) = (new_ticket(), &lock.ozonetel_agent_id);
    for _ in 0..TRIES {
        let look = sidecar.lock.look(lock).await.map_err(no_store)?;
        let Some(holder) = look
            .holders()
            .find(|it| !it.gives_way_to(member, device_id))
        else {
            return Ok(None);
        };
        let asker = device_id.map(|device_id| Asker {
            member_id: member.to_owned(),
            device_id: device_id.to_owned(),
            device_name: device.clone(),
        });
        let Some(asker) = asker.filter(|_| Ask::can_be_asked(holder, member)) else {
            info!(
                target: AUDIT,
                member,
                agent,
                device,
                holder = holder.device_name,
                "takeover refused: the holder cannot be asked"
            );
            return Err(Refusal::held(holder, member));
        };
        let ask = Ask::new(
            random_id(),
            TicketHash::of(&ticket),
            asker,
            holder,
            look.now,
        );
        let put = sidecar.lock.put(lock, look.ask.as_ref(), &ask, look.now);
        if put.await.map_err(no_store)? {
            let (request, holder_name) = (ask.id(), &holder.device_name);
            info!(
                target: AUDIT,
                member,
                agent,
                device,
                holder = holder_name,
                takeover = request,
                "asked for the lock"
            );
            sidecar.metrics.takeover(TakeoverStep::Asked);
            return Ok(Some((ticket, holder.clone())));
        }
    }
    Err(no_store(LockUnavailable::Unknown))
}

/// `POST /auth/takeover/status`: tells how an ask stands, as soon as that is no longer what the
/// caller knows.
pub(crate) async fn status(
    State(sidecar): State<Arc<Sidecar>>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<TakeoverStatus>), Refusal> {
    let fields = [Field::Text("ticket"), Field::OptionalText("known")];
    let request: TakeoverStatusRequest = read_json(&headers, body, &fields).await?;
    let ticket = TicketHash::of(&request.ticket);
    let lock = of_ticket(&sidecar, &ticket).await?;
    let until = Instant::now() + WAIT;
    let mut changes = sidecar.lock.listen(&lock.ozonetel_agent_id);
    let mut seat = None;
    loop {
        changes.seen();
        let look = sidecar.lock.look(&lock).await?;
        let standing = standing(&look, &ticket)?;
        hear(&sidecar, &lock, &look, &ticket).await?;
        if request.known != Some(standing.state) || Instant::now() >= until {
            return Ok(told(standing));
        }
        if seat.is_none() {
            seat = sidecar.waiting.take(&ticket.hex());
        }
        let Some(seat) = &mut seat else {
            return Ok(told(standing));
        };
        let by_itself = look.ask.as_ref().and_then(Ask::changes_at);
        let next = by_itself.map_or(LOOK_AGAIN, |it| it.saturating_sub(look.now));
        tokio::select! {
            () = changes.changed() => {}
            () = sleep_until(until.min(Instant::now() + next.min(LOOK_AGAIN))) => {}
            () = seat.given_up() => return Ok(told(standing)),
            () = sidecar.closes() => return Ok(told(standing)),
        }
    }
}

/// `POST /auth/takeover/withdraw`: the caller no longer wants what they asked for. It succeeds
/// whatever became of that.
pub(crate) async fn withdraw(
    State(sidecar): State<Arc<Sidecar>>,
    headers: HeaderMap,
    body: Body,
) -> Done {
    let request: TakeoverWithdrawal = read_json(&headers, body, &[Field::Text("ticket")]).await?;
    let ticket = TicketHash::of(&request.ticket);
    let Some(lock) = sidecar.lock.of_ticket(&ticket).await? else {
        return Ok(done());
    };
    for _ in 0..TRIES {
        let look = sidecar.lock.look(&lock).await?;
        let Some(ask) = look.ask.filter(|ask| *ask.ticket() == ticket) else {
            return Ok(done());
        };
        let Some(withdrawn) = ask.withdrawn(look.now) else {
            return Ok(done());
        };
        let put = sidecar.lock.put(&lock, Some(&ask), &withdrawn, look.now);
        if put.await? {
            info!(
                target: AUDIT,
                member = ask.asker().member_id,
                agent = lock.ozonetel_agent_id,
                device = ask.asker().device_name,
                takeover = ask.id(),
                "no longer asks for the lock"
            );
            sidecar.metrics.takeover(TakeoverStep::Withdrawn);
            return Ok(done());
        }
    }
    Err(LockUnavailable::Unknown.into())
}

/// `POST /auth/takeover/answer`: the holder's word on what it is asked.
pub(crate) async fn answer(
    State(sidecar): State<Arc<Sidecar>>,
    headers: HeaderMap,
    body: Body,
) -> Done {
    let device = Device::of(&headers)?;
    let caller = sidecar.caller(bearer(&headers).as_ref(), &device, Expiry::Enforced)?;
    let fields = [Field::Text("request"), Field::Text("answer")];
    let request: TakeoverAnswer = read_json(&headers, body, &fields).await?;
    let (step, words) = match request.answer {
        TakeoverWord::Now => (TakeoverStep::AnsweredNow, "now"),
        TakeoverWord::AfterCall => (TakeoverStep::AnsweredAfterCall, "after the call"),
        TakeoverWord::No => (TakeoverStep::AnsweredNo, "no"),
        TakeoverWord::Unknown => {
            let problem = "answer must be now, after_call or no.";
            return Err(Refusal::bad_request([problem.to_owned()]));
        }
    };
    if sidecar.sessions.state(&caller.session_id).await? == SessionState::Ended {
        return Err(Refusal::invalid_access_token());
    }
    let lock = heartbeat::granted(&sidecar, &caller).await?;
    let lock = lock.ok_or_else(Refusal::nothing_to_answer)?;
    let owner = sidecar.owner(&caller, &device, None);
    for _ in 0..TRIES {
        let Look {
            holders, ask, now, ..
        } = sidecar.lock.look(&lock).await?;
        let holder = holders.iter().flatten().next();
        let (Some(holder), Some(ask)) = (holder, ask) else {
            return Err(Refusal::nothing_to_answer());
        };
        let whose = (&owner, holder);
        let answered = match ask.answered(&request.request, request.answer, whose, now) {
            Answered::Changed(answered) => answered,
            Answered::AsBefore => return Ok(done()),
            Answered::Over => return Err(Refusal::nothing_to_answer()),
        };
        if sidecar.lock.put(&lock, Some(&ask), &answered, now).await? {
            info!(
                target: AUDIT,
                member = owner.member_id,
                agent = lock.ozonetel_agent_id,
                device = holder.device_name,
                asker = ask.asker().device_name,
                takeover = ask.id(),
                answer = words,
                "answered who asks for the lock"
            );
            sidecar.metrics.takeover(step);
            return Ok(done());
        }
    }
    Err(LockUnavailable::Unknown.into())
}

/// Returns which lock a ticket is for.
async fn of_ticket(sidecar: &Sidecar, ticket: &TicketHash) -> Result<LockName, Refusal> {
    let lock = sidecar.lock.of_ticket(ticket).await?;
    lock.ok_or_else(Refusal::no_takeover)
}

/// Returns how what was asked with a ticket stands.
fn standing(look: &Look, ticket: &TicketHash) -> Result<Standing, Refusal> {
    match &look.ask {
        Some(ask) if ask.ticket() == ticket => ask
            .standing(look.holders(), look.now)
            .ok_or_else(Refusal::no_takeover),
        Some(_) => Ok(Standing {
            state: TakeoverState::Superseded,
            left: Duration::ZERO,
        }),
        None => Err(Refusal::no_takeover()),
    }
}

/// Notes that the device that asked is still there.
async fn hear(
    sidecar: &Sidecar,
    lock: &LockName,
    look: &Look,
    ticket: &TicketHash,
) -> Result<(), Refusal> {
    let ask = look.ask.as_ref().filter(|ask| ask.ticket() == ticket);
    if let Some(ask) = ask
        && let Some(heard) = ask.heard(look.now)
        && !sidecar.lock.put(lock, Some(ask), &heard, look.now).await?
    {
        debug!(agent = lock.ozonetel_agent_id, "it has just changed");
    }
    Ok(())
}

fn asked(ticket: SecretString, holder: Holder) -> Response {
    let body = TakeoverResponse::Asked(TakeoverAsked {
        ticket,
        deadline_seconds: ANSWER_TIME.as_secs(),
        holder,
    });
    // RFC 6749 §5.1: a ticket is as good as a token.
    let headers = [(CACHE_CONTROL, "no-store")];
    (StatusCode::ACCEPTED, headers, Json(body)).into_response()
}

fn free() -> Response {
    let body = TakeoverResponse::Free(TakeoverFree { free: true });
    (StatusCode::OK, Json(body)).into_response()
}

fn told(standing: Standing) -> (StatusCode, Json<TakeoverStatus>) {
    let status = TakeoverStatus {
        state: standing.state,
        seconds_left: standing.seconds_left(),
    };
    (StatusCode::OK, Json(status))
}

fn done() -> (StatusCode, Json<TakeoverDone>) {
    let status = "ok".to_owned();
    (StatusCode::OK, Json(TakeoverDone { status }))
}
