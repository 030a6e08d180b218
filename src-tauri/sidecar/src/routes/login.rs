pub(super) mod credentials;
mod pace;

pub(crate) use self::pace::Pace;

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
use sidecar_api::{LoginRequest, LoginResponse, SessionGrant, User as UserBody};
use tokio::time::{Instant, timeout_at};
use tracing::{debug, info};

use crate::audit::AUDIT;
use crate::body::{Field, read_json};
use crate::client_address::client_address;
use crate::device::Device;
use crate::directory::{Agent, SignedIn, User};
use crate::duty::{self, Before};
use crate::lock::{Acquired, Beat, Claim, Displacing, LockName, LockUnavailable, Look, Owner};
use crate::metrics::TakeoverStep;
use crate::queue;
use crate::random::random_id;
use crate::refusal::Refusal;
use crate::session::{AtQueue, Ending, SessionState};
use crate::sidecar::{Sidecar, lock_name};
use crate::takeover::{Ask, TicketHash};
use crate::token::Caller;

const FIELDS: [Field; 4] = [
    Field::Text("email"),
    Field::Text("password"),
    Field::OptionalFlag("takeover"),
    Field::OptionalText("takeoverTicket"),
];

/// How long a login waits for the logout of a session that has ended: a phone gives up after 8 s
/// (faults, 68), and Ozonetel is to be logged in to after this.
const WAIT_FOR_END: Duration = Duration::from_secs(3);

/// How often it is looked meanwhile even where nobody told of the end.
const LOOK_FOR_END_EVERY: Duration = Duration::from_millis(250);

/// `POST /auth/login`.
pub(crate) async fn login(
    State(sidecar): State<Arc<Sidecar>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let begun = Instant::now();
    let device = Device::of(&headers)?;
    let request: LoginRequest = read_json(&headers, body, &FIELDS).await?;
    let address = client_address(peer, &headers, &sidecar.settings.trusted_proxies);
    let (signed_in, attempt) = credentials::check(
        &sidecar,
        (&request.email, &request.password),
        address,
        &device,
    )
    .await?;
    let SignedIn {
        user,
        platform_token,
    } = signed_in;
    // Nothing of the sign-in hangs on the end of the attempt.
    let ((), admitted) = tokio::join!(
        attempt.succeeded(),
        admit(&sidecar, &user, &device, &request)
    );
    let (caller, mut claimed) = admitted?;
    let device_name = device.name_or_unnamed();
    let before = match &claimed {
        Some(claimed) => before(&sidecar, &claimed.how).await,
        None => None,
    };
    let now = sidecar.clock.now();
    let access_token = sidecar.tokens.issue(&caller, now.wall);
    let session_id = caller.session_id.clone();
    let (member_id, begun_at) = (caller.member_id.clone(), caller.begun);
    let refresh_token = sidecar
        .sessions
        .begin(&caller, &device, now)
        .await
        .map_err(|error| Refusal::cannot_sign_in(&error.to_string()))?;
    let refresh_token = sidecar.carry(refresh_token, platform_token.as_ref());
    let (telephony, at_queue) = match user.phone.agent() {
        Some(agent) => {
            if let Some(claimed) = &mut claimed {
                claimed.claim.or_undo(log_out(&sidecar, agent));
            }
            let begun = duty::begin(&sidecar, agent, &session_id, before, begun).await;
            let at_queue = AtQueue {
                ordered: begun.ordered,
                ..AtQueue::default()
            };
            (Some(begun.telephony), at_queue)
        }
        None => (None, AtQueue::default()),
    };
    match claimed {
        Some(claimed) => keep(&sidecar, claimed, begun_at).await?,
        None => info!(
            target: AUDIT,
            member = member_id,
            device = device_name,
            "signed in without a phone"
        ),
    }
    let settings = &sidecar.settings;
    let phone = user.phone.agent().map(|agent| &agent.config);
    let response = LoginResponse {
        access_token,
        refresh_token,
        user: UserBody {
            id: user.id.clone(),
            role: user.role.clone(),
            name: user.name.clone(),
            email: user.email.clone(),
        },
        agent_config: phone.cloned(),
        session: phone.map(|_| SessionGrant {
            id: session_id,
            ttl_seconds: settings.ttl.as_secs(),
            heartbeat_seconds: settings.heartbeat.as_secs(),
        }),
        telephony,
        queue: phone.and_then(|_| queue::of(&sidecar, &at_queue)),
    };
    // RFC 6749 §5.1: nothing on the way may keep an answer with tokens.
    let headers = [(CACHE_CONTROL, "no-store")];
    Ok((StatusCode::CREATED, headers, Json(response)).into_response())
}

/// Begins the session of a user, with the lock that their phone needs.
async fn admit(
    sidecar: &Arc<Sidecar>,
    user: &User,
    device: &Device,
    request: &LoginRequest,
) -> Result<(Caller, Option<Claimed>), Refusal> {
    let Some(member_id) = user.member_id.clone() else {
        info!(target: AUDIT, "login refused: the user has no workspace member");
        return Err(Refusal::no_member());
    };
    let mut caller = Caller {
        member_id,
        session_id: random_id(),
        device_id: device.id.clone(),
        role: user.role.clone(),
        epoch: 0,
        lock: None,
        begun: sidecar.clock.now().millis(),
    };
    if user.phone.is_missing() {
        info!(target: AUDIT, member = caller.member_id, "login refused: no agent record");
        return Err(Refusal::agent_not_configured());
    }
    let Some(lock) = lock_name(&user.phone) else {
        return Ok((caller, None));
    };
    let owner = sidecar.owner(&caller, device, None);
    let undo = user.phone.agent().map(|agent| log_out(sidecar, agent));
    let claimed = claim(sidecar, lock.clone(), owner, request, undo).await?;
    caller.epoch = claimed.claim.owner().epoch;
    caller.lock = Some(lock);
    Ok((caller, Some(claimed)))
}

/// The lock of a login under way.
struct Claimed {
    claim: Claim,
    how: Acquired,
    /// Whether its holder agreed.
    with_consent: bool,
}

/// Returns what undoes that an agent is at Ozonetel, where a sign-in is given up.
fn log_out(
    sidecar: &Arc<Sidecar>,
    agent: &Arc<Agent>,
) -> impl FnOnce() + Send + Sync + use<> + 'static {
    let (server, agent) = (Arc::clone(sidecar), Arc::clone(agent));
    move || duty::end(&server, &agent, "a sign-in was given up")
}

/// Claims the lock that `owner` needs; it lives for the time of a login until it is kept. Who had it signs out
/// and tells nobody, so where somebody may have had it, `undo` is to be done if the login is given up.
async fn claim(
    sidecar: &Sidecar,
    lock: LockName,
    owner: Owner,
    request: &LoginRequest,
    undo: Option<impl FnOnce() + Send + Sync + 'static>,
) -> Result<Claimed, Refusal> {
    let granted = match &request.takeover_ticket {
        Some(ticket) if !request.takeover => granted(sidecar, &lock, &owner, ticket).await?,
        Some(_) | None => None,
    };
    let displacing = match &granted {
        _ if request.takeover => Displacing::SameMember,
        Some(ask) => Displacing::Granting(ask),
        None => Displacing::Nobody,
    };
    // One that names no device displaces its member's unasked.
    let may_displace = owner.device_id.is_none() || !matches!(displacing, Displacing::Nobody);
    let mut changes = sidecar.lock.listen(&lock.ozonetel_agent_id);
    let going_on = sidecar.background.subscribe();
    let mut claim = Claim::new(Arc::clone(&sidecar.lock), lock, owner, going_on);
    if let Some(undo) = undo.filter(|_| may_displace) {
        claim.or_undo(undo);
    }
    let until = Instant::now() + WAIT_FOR_END;
    let how = loop {
        changes.seen();
        let acquired = claim.acquire(sidecar.settings.ttl, displacing).await;
        let acquired = acquired.map_err(|error| no_lock(error, claim.owner()))?;
        // A session that has just ended is being logged out.
        let is_ending = matches!(&acquired, Acquired::Busy { holder } if duty::is_ending(holder));
        if !is_ending || Instant::now() >= until {
            break acquired;
        }
        let look = until.min(Instant::now() + LOOK_FOR_END_EVERY);
        // Either way it is asked again.
        let _ = timeout_at(look, changes.changed()).await;
    };
    match &how {
        Acquired::Busy { holder } => return Err(held(sidecar, holder, &claim).await),
        Acquired::Ended => return Err(no_lock(LockUnavailable::Unknown, claim.owner())),
        Acquired::TakenOver { .. } => sidecar.metrics.takeover(match &granted {
            Some(_) => TakeoverStep::TakenGranted,
            None => TakeoverStep::TakenByForce,
        }),
        Acquired::Taken { .. } => claim.forget_undo(),
        Acquired::Refreshed {
            from,
            is_same_lock: true,
            ..
        } if claim.owner().device_id.is_none() && !from.session_id.is_empty() => {
            // Another page, which goes on beside this one and beats within that time, unless it was closed.
            claim.or_return_to(from.clone(), 2 * sidecar.settings.heartbeat);
        }
        Acquired::Refreshed { .. } => {}
    }
    Ok(Claimed {
        claim,
        how,
        with_consent: granted.is_some(),
    })
}

/// Returns what is known of the session that this login displaces.
async fn before(sidecar: &Sidecar, how: &Acquired) -> Option<Before> {
    let from = match how {
        // Nothing hangs on it.
        Acquired::Refreshed { is_same_lock, .. } if *is_same_lock && sidecar.ozonetel.is_none() => {
            return None;
        }
        Acquired::TakenOver { from, .. } | Acquired::Refreshed { from, .. } => from,
        Acquired::Taken { .. } | Acquired::Busy { .. } | Acquired::Ended => return None,
    };
    match sidecar.sessions.state(&from.session_id).await {
        Ok(SessionState::Live {
            lock: Some(lock),
            at_queue,
            ..
        }) => Some(Before {
            owner: from.clone(),
            lock,
            // Where nobody knows it, the phone asks its user.
            ordered: match at_queue.unsettled {
                None => at_queue.ordered,
                Some(_) => None,
            },
        }),
        Ok(_) | Err(_) => None,
    }
}

/// Returns what was asked with this ticket, if it is granted to `owner`.
async fn granted(
    sidecar: &Sidecar,
    lock: &LockName,
    owner: &Owner,
    ticket: &SecretString,
) -> Result<Option<Ask>, Refusal> {
    let look = sidecar.lock.look(lock).await;
    let Look { ask, now, .. } = look.map_err(|error| no_lock(error, owner))?;
    let asker = (&*owner.member_id, owner.device_id.as_deref());
    Ok(ask.filter(|ask| ask.grants(&TicketHash::of(ticket), asker, now)))
}

/// Ends the login, which began in this ms since 1970, with a lock of a whole term.
async fn keep(sidecar: &Sidecar, claimed: Claimed, begun: u64) -> Result<(), Refusal> {
    let Claimed {
        mut claim,
        how,
        with_consent,
    } = claimed;
    match claim.keep(sidecar.settings.ttl).await {
        Ok(Beat::Extended | Beat::Retaken) => {}
        Ok(Beat::Lost { holder }) => return Err(held(sidecar, &holder, &claim).await),
        Ok(Beat::Ended) => return Err(no_lock(LockUnavailable::Unknown, claim.owner())),
        Err(error) => return Err(no_lock(error, claim.owner())),
    }
    let (owner, agent) = (claim.owner(), claim.agent());
    let (member, device) = (&owner.member_id, &owner.device_name);
    match &how {
        Acquired::TakenOver { from, .. } => {
            let from = &from.device_name;
            info!(target: AUDIT, member, agent, device, from, with_consent, "took the lock over");
        }
        Acquired::Refreshed { from, .. } => {
            end_earlier(sidecar, from, owner, begun).await;
            info!(target: AUDIT, member, agent, device, "signed in again");
        }
        Acquired::Taken { .. } | Acquired::Busy { .. } | Acquired::Ended => {
            info!(target: AUDIT, member, agent, device, "signed in");
        }
    }
    Ok(())
}

/// Ends the session `from` of the device that has signed in again as `owner`: of two copies of one
/// installation one is signed in. Two that name no device cannot be told apart, so theirs go on.
async fn end_earlier(sidecar: &Sidecar, from: &Owner, owner: &Owner, begun: u64) {
    if !owner.is_later_session_of(from) {
        return;
    }
    let earlier = Ending {
        session_id: &from.session_id,
        member_id: &from.member_id,
        // Where nobody knows it any more: this one is to begin again after a loss of data.
        begun: Some(begun.saturating_sub(1)),
    };
    // The lock tells it at its next heartbeat all the same.
    if let Err(error) = sidecar.sessions.end(earlier, sidecar.clock.now()).await {
        debug!(%error, "the earlier session of a device has not ended, but lost its lock");
    }
}

async fn held(sidecar: &Sidecar, holder: &Owner, claim: &Claim) -> Refusal {
    let owner = claim.owner();
    if duty::is_ending(holder) {
        info!(
            target: AUDIT,
            member = owner.member_id,
            agent = claim.agent(),
            device = owner.device_name,
            "login refused: the last session is still being ended"
        );
        return Refusal::is_ending_at_login();
    }
    info!(
        target: AUDIT,
        member = owner.member_id,
        agent = claim.agent(),
        device = owner.device_name,
        holder = holder.device_name,
        same_member = holder.member_id == owner.member_id,
        "login refused: the lock is held"
    );
    let shown = sidecar.shown(holder, &owner.member_id).await;
    Refusal::held_at_login(shown, Ask::can_be_asked(holder, &owner.member_id))
}

fn no_lock(error: LockUnavailable, owner: &Owner) -> Refusal {
    info!(target: AUDIT, member = owner.member_id, "login refused: no lock store");
    Refusal::cannot_sign_in(&error.to_string())
}
