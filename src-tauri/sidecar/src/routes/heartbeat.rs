use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use sidecar_api::HeartbeatResponse;
use tracing::{debug, info};

use super::bearer;
use crate::device::Device;
use crate::directory::{Agent, Phone};
use crate::duty;
use crate::lock::Beat;
use crate::queue;
use crate::refusal::Refusal;
use crate::session::{AtQueue, SessionState};
use crate::sidecar::Sidecar;
use crate::token::{Caller, Expiry};

/// `POST /auth/heartbeat`.
pub(crate) async fn heartbeat(
    State(sidecar): State<Arc<Sidecar>>,
    headers: HeaderMap,
) -> Result<(StatusCode, Json<HeartbeatResponse>), Refusal> {
    let device = Device::of(&headers)?;
    let caller = sidecar.caller(bearer(&headers).as_ref(), &device, Expiry::Enforced)?;
    let held = hold(&sidecar, &caller, &device).await?;
    Ok(answer(&sidecar, held.as_ref()))
}

/// A session that goes on.
pub(super) struct Held {
    pub(super) agent: Arc<Agent>,
    /// `None`: the store has forgotten the session.
    pub(super) at_queue: Option<AtQueue>,
}

/// Prolongs the session of a caller and returns the agent they are, if they work with a phone.
pub(super) async fn hold(
    sidecar: &Arc<Sidecar>,
    caller: &Caller,
    device: &Device,
) -> Result<Option<Held>, Refusal> {
    let (known_name, at_queue) = match sidecar.sessions.state(&caller.session_id).await? {
        SessionState::Live {
            device_name,
            at_queue,
        } => (Some(device_name), Some(at_queue)),
        SessionState::Unknown => (None, None),
        SessionState::Ended => return Err(Refusal::invalid_access_token()),
    };
    // A member or an agent record that is gone: the next login tells what is missing.
    let phone = sidecar
        .directory
        .phone(&caller.member_id)
        .await?
        .ok_or_else(Refusal::invalid_access_token)?;
    let agent = match phone {
        Phone::Of(agent) => agent,
        Phone::NotNeeded => return Ok(None),
        Phone::Missing => return Err(Refusal::invalid_access_token()),
    };
    let lock = agent.lock_name();
    let owner = sidecar.owner(caller, device, known_name);
    let ttl = sidecar.settings.ttl;
    let (member, agent_id) = (&owner.member_id, &lock.ozonetel_agent_id);
    match sidecar.lock.beat(&lock, &owner, ttl).await? {
        Beat::Extended => {
            debug!(member, agent = agent_id, "lock extended");
            duty::prolong(sidecar, &agent);
        }
        Beat::Retaken => {
            info!(
                member,
                agent = agent_id,
                device = owner.device_name,
                "the lock was absent and is held again"
            );
            duty::begin_again(sidecar, &agent, &caller.session_id);
        }
        Beat::Ended => return Err(Refusal::invalid_access_token()),
        Beat::Lost { holder } => {
            info!(
                member,
                agent = agent_id,
                device = owner.device_name,
                holder = holder.device_name,
                "heartbeat refused: the lock is held"
            );
            duty::lose(sidecar, agent_id);
            return Err(Refusal::held(&holder, member));
        }
    }
    Ok(Some(Held { agent, at_queue }))
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
