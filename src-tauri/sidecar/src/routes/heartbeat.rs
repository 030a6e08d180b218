use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use sidecar_api::{HeartbeatRequest, HeartbeatResponse};
use tracing::{debug, info};

use super::bearer;
use crate::audit::AUDIT;
use crate::body::read_if_json;
use crate::device::Device;
use crate::directory::Agent;
use crate::duty;
use crate::lock::{Beat, LockName, Owner, Released};
use crate::queue;
use crate::refusal::Refusal;
use crate::session::{AtQueue, Ending, Note, SessionState, Unsettled};
use crate::sidecar::Sidecar;
use crate::token::{Caller, Expiry};

/// `POST /auth/heartbeat`.
pub(crate) async fn heartbeat(
    State(sidecar): State<Arc<Sidecar>>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<HeartbeatResponse>), Refusal> {
    let device = Device::of(&headers)?;
    let caller = sidecar.caller(bearer(&headers).as_ref(), &device, Expiry::Enforced)?;
    let request: Option<HeartbeatRequest> = read_if_json(&headers, body).await?;
    let held = hold(&sidecar, &caller, &device).await?;
    let said = request.unwrap_or_default();
    if let Some(Held {
        agent,
        at_queue: Some(at_queue),
    }) = &held
    {
        duty::settle(&sidecar, agent, &caller.session_id, at_queue, said);
    }
    if let (Some(in_call), Some(at_queue)) = (
        said.in_call,
        held.as_ref().and_then(|it| it.at_queue.as_ref()),
    ) && at_queue.in_call != Some(in_call)
    {
        let note = Note::InCall(in_call);
        // The lock is held; what others are told of the call is not worth a refusal.
        if let Err(error) = sidecar.sessions.note(&caller.session_id, note).await {
            debug!(%error, "nobody is told of the call");
        }
    }
    Ok(answer(&sidecar, held.as_ref()))
}

/// A session that goes on.
pub(super) struct Held {
    pub(super) agent: Arc<Agent>,
    /// `None`: the store has forgotten the session.
    pub(super) at_queue: Option<AtQueue>,
}

/// Prolongs the session of a caller and returns the agent they are, if they work with a phone. The lock
/// is the one that their sign-in granted.
pub(super) async fn hold(
    sidecar: &Arc<Sidecar>,
    caller: &Caller,
    device: &Device,
) -> Result<Option<Held>, Refusal> {
    let (known_name, known_lock, mut at_queue) =
        match sidecar.sessions.state(&caller.session_id).await? {
            SessionState::Live {
                member_id,
                device_name,
                lock,
                at_queue,
                ..
            } if member_id == caller.member_id => {
                if at_queue.is_taken_over {
                    let refusal = taken_over(sidecar, caller, device).await?;
                    return Err(refusal.unwrap_or_else(Refusal::invalid_access_token));
                }
                (Some(device_name), lock, Some(*at_queue))
            }
            SessionState::Unknown => (None, None, None),
            SessionState::Live { .. } => return Err(Refusal::invalid_access_token()),
            SessionState::Ended => return Err(ended(sidecar, caller, device).await),
        };
    if !caller.has_phone() {
        return match sidecar.directory.may_have(&caller.member_id) {
            true => Ok(None),
            false => Err(Refusal::invalid_access_token()),
        };
    }
    let granted = caller.lock.clone().or(known_lock);
    let is_granted =
        |agent: &Arc<Agent>| granted.as_ref().is_none_or(|it| *it == agent.lock_name());
    let directory = &sidecar.directory;
    let mut agent = directory.agent(&caller.member_id).await?;
    if agent.as_ref().is_some_and(|it| !is_granted(it)) {
        // Perhaps it is what this server knew before a sign-in at another.
        directory.forget(&caller.member_id);
        agent = directory.agent(&caller.member_id).await?;
    }
    let Some(agent) = agent.filter(is_granted) else {
        let caller = Caller {
            lock: granted,
            ..caller.clone()
        };
        let why = "its phone account is no longer the member's";
        end(sidecar, &caller, device, why).await?;
        return Err(Refusal::account_changed());
    };
    let lock = agent.lock_name();
    let owner = sidecar.owner(caller, device, known_name);
    let ttl = sidecar.settings.ttl;
    let (member, agent_id) = (&owner.member_id, &lock.ozonetel_agent_id);
    // What the session knows from the step on in which its lock is taken again, whatever befalls this server then.
    let unsettled = sidecar.ozonetel.as_ref().map(|_| duty::unsettled(sidecar));
    let mark = unsettled.as_ref().map(Unsettled::to_json);
    let beat = sidecar.lock.beat_marking(&lock, &owner, ttl, mark);
    match beat.await? {
        Beat::Extended => {
            debug!(member, agent = agent_id, "lock extended");
            if granted.is_none() {
                sidecar
                    .sessions
                    .learn_lock(&caller.session_id, &lock)
                    .await?;
            }
            duty::prolong(sidecar, &agent).await;
        }
        Beat::Retaken => {
            info!(
                member,
                agent = agent_id,
                device = owner.device_name,
                "the lock was absent and is held again"
            );
            // This login sees to the end of the one before as well.
            let before = at_queue.as_mut().and_then(|it| it.unsettled.take());
            if let Some(unsettled) = unsettled {
                let (session_id, was_unsettled) = (&caller.session_id, before.is_some());
                duty::begin_again(sidecar, &agent, session_id, unsettled, was_unsettled);
            }
        }
        Beat::Ended => return Err(Refusal::invalid_access_token()),
        Beat::Lost { holder } => return Err(lost(&lock, &owner, &holder)),
    }
    Ok(Some(Held { agent, at_queue }))
}

/// Returns what the caller of a session that has ended is told: that their device has a later one, where it has.
async fn ended(sidecar: &Sidecar, caller: &Caller, device: &Device) -> Refusal {
    let Some(lock) = &caller.lock else {
        return Refusal::invalid_access_token();
    };
    let owner = sidecar.owner(caller, device, None);
    match sidecar.lock.look(lock).await {
        Ok(look) => match look.holders().find(|it| it.is_later_session_of(&owner)) {
            Some(holder) => superseded(lock, &owner, holder),
            None => Refusal::invalid_access_token(),
        },
        Err(error) => error.into(),
    }
}

/// Returns what the caller of a session is told that another device took over, however late it comes: which one has
/// it. `None`: none has any more, and with that the session has ended.
pub(super) async fn taken_over(
    sidecar: &Arc<Sidecar>,
    caller: &Caller,
    device: &Device,
) -> Result<Option<Refusal>, Refusal> {
    let owner = sidecar.owner(caller, device, None);
    if let Some(lock) = granted(sidecar, caller).await? {
        let look = sidecar.lock.look(&lock).await?;
        if let Some(holder) = look.lost_to(&owner) {
            return Ok(Some(lost(&lock, &owner, holder)));
        }
        if look.holders().any(|it| it.session_id == owner.session_id) {
            // It took the lock again before that was noted.
            end(sidecar, caller, device, "another device took it over").await?;
            return Ok(None);
        }
    }
    let now = sidecar.clock.now();
    sidecar.sessions.end(Ending::of(caller), now).await?;
    if let Some(lock) = &caller.lock {
        // Whoever took it over may have broken off before they saw to that.
        duty::end_left(sidecar, lock);
    }
    Ok(None)
}

/// Refuses the session `owner`, whose lock `holder` has in place of it.
fn lost(lock: &LockName, owner: &Owner, holder: &Owner) -> Refusal {
    match holder.is_later_session_of(owner) {
        true => superseded(lock, owner, holder),
        false => held(lock, owner, holder),
    }
}

/// Refuses the session `owner`, whose lock `holder` has.
fn held(lock: &LockName, owner: &Owner, holder: &Owner) -> Refusal {
    info!(
        member = owner.member_id,
        agent = lock.ozonetel_agent_id,
        device = owner.device_name,
        holder = holder.device_name,
        "refused: the lock is held"
    );
    Refusal::held(holder, &owner.member_id)
}

/// Refuses the session `owner`, whose device has the lock by a later one.
fn superseded(lock: &LockName, owner: &Owner, holder: &Owner) -> Refusal {
    info!(
        target: AUDIT,
        member = owner.member_id,
        agent = lock.ozonetel_agent_id,
        device = owner.device_name,
        holder = holder.device_name,
        "refused: its device has signed in again, there or as a copy of its installation"
    );
    Refusal::superseded(holder, &owner.member_id)
}

/// Ends a session for which the phone sends no logout, frees the lock that its sign-in granted, and has its
/// agent logged out, also where the caller goes away meanwhile. `why` stands in the audit log.
pub(super) async fn end(
    sidecar: &Arc<Sidecar>,
    caller: &Caller,
    device: &Device,
    why: &'static str,
) -> Result<(), Refusal> {
    let owner = sidecar.owner(caller, device, None);
    let (server, caller) = (Arc::clone(sidecar), caller.clone());
    duty::to_its_end(sidecar, async move {
        if let Some(lock) = &caller.lock {
            match server.lock.release(lock, &owner).await? {
                // A store that lost its data knows of no lock, but the agent is logged in at Ozonetel.
                Released::Freed | Released::Absent => duty::end_known(&server, lock),
                Released::NotOwner { .. } => {}
            }
        }
        let now = server.clock.now();
        server.sessions.end(Ending::of(&caller), now).await?;
        info!(
            target: AUDIT,
            member = caller.member_id,
            agent = caller.lock.as_ref().map(|it| &it.ozonetel_agent_id),
            "the session has ended: {why}"
        );
        Ok(())
    })
    .await
}

/// Returns the lock that the sign-in of a caller granted; where the version before did and nobody knows
/// it, it is that of their record.
pub(super) async fn granted(
    sidecar: &Sidecar,
    caller: &Caller,
) -> Result<Option<LockName>, Refusal> {
    if caller.lock.is_some() || !caller.has_phone() {
        return Ok(caller.lock.clone());
    }
    if let SessionState::Live {
        lock: Some(lock), ..
    } = sidecar.sessions.state(&caller.session_id).await?
    {
        return Ok(Some(lock));
    }
    let agent = sidecar.directory.agent(&caller.member_id).await?;
    Ok(agent.map(|agent| agent.lock_name()))
}

/// `held`: the session of an agent, who has a lock and may have a queue.
fn answer(sidecar: &Sidecar, held: Option<&Held>) -> (StatusCode, Json<HeartbeatResponse>) {
    let at_queue = held.and_then(|it| it.at_queue.as_ref());
    let response = HeartbeatResponse {
        status: "ok".to_owned(),
        lock: held.map(|_| "held".to_owned()),
        ttl_seconds: held.map(|_| sidecar.settings.ttl.as_secs()),
        telephony: queue::telephony(sidecar, at_queue),
        queue: held.and_then(|_| queue::of(sidecar, at_queue.unwrap_or(&AtQueue::default()))),
    };
    (StatusCode::CREATED, Json(response))
}
