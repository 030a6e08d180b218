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
use crate::refusal::Refusal;
use crate::session::SessionState;
use crate::sidecar::Sidecar;
use crate::token::{Caller, Expiry};

/// `POST /auth/heartbeat`.
pub(crate) async fn heartbeat(
    State(sidecar): State<Arc<Sidecar>>,
    headers: HeaderMap,
) -> Result<(StatusCode, Json<HeartbeatResponse>), Refusal> {
    let device = Device::of(&headers)?;
    let caller = sidecar.caller(bearer(&headers).as_ref(), &device, Expiry::Enforced)?;
    let agent = hold(&sidecar, &caller, &device).await?;
    Ok(answer(agent.map(|_| sidecar.settings.ttl.as_secs())))
}

/// Prolongs the session of a caller and returns the agent they are, if they work with a phone.
pub(super) async fn hold(
    sidecar: &Arc<Sidecar>,
    caller: &Caller,
    device: &Device,
) -> Result<Option<Arc<Agent>>, Refusal> {
    let known_name = match sidecar.sessions.state(&caller.session_id).await? {
        SessionState::Live { device_name } => Some(device_name),
        SessionState::Unknown => None,
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
            duty::begin_again(sidecar, &agent);
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
    Ok(Some(agent))
}

/// `ttl_seconds` is that of the lock, where there is one.
fn answer(ttl_seconds: Option<u64>) -> (StatusCode, Json<HeartbeatResponse>) {
    let response = HeartbeatResponse {
        status: "ok".to_owned(),
        lock: ttl_seconds.map(|_| "held".to_owned()),
        ttl_seconds,
        telephony: None,
        queue: None,
    };
    (StatusCode::CREATED, Json(response))
}
