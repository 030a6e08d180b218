use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use sidecar_api::{LogoutRequest, LogoutResponse};
use tracing::info;

use super::{bearer, heartbeat};
use crate::audit::AUDIT;
use crate::body::{Field, read_optional_json};
use crate::device::Device;
use crate::duty;
use crate::lock::Released;
use crate::refusal::Refusal;
use crate::sidecar::Sidecar;
use crate::token::{Caller, Expiry};

/// `POST /auth/logout`. The session ends in any case; repeating the call changes nothing.
pub(crate) async fn logout(
    State(sidecar): State<Arc<Sidecar>>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<LogoutResponse>), Refusal> {
    let device = Device::of(&headers)?;
    let request: Option<LogoutRequest> =
        read_optional_json(&headers, body, &[Field::OptionalText("refreshToken")]).await?;
    let caller = match sidecar.caller(bearer(&headers).as_ref(), &device, Expiry::Ignored) {
        Ok(caller) => caller,
        Err(refusal) => of_refresh_token(&sidecar, request, &device)
            .await?
            .ok_or(refusal)?,
    };
    let owner = sidecar.owner(&caller, &device, None);
    let granted = heartbeat::granted(&sidecar, &caller).await;
    sidecar.sessions.end(&caller, sidecar.clock.now()).await?;
    let released = match granted? {
        None => {
            info!(target: AUDIT, member = caller.member_id, "signed out");
            false
        }
        Some(lock) => {
            let (member, agent) = (&owner.member_id, &lock.ozonetel_agent_id);
            match sidecar.lock.release(&lock, &owner).await? {
                Released::Freed => {
                    info!(
                        target: AUDIT,
                        member,
                        agent,
                        device = owner.device_name,
                        "signed out, lock released"
                    );
                    duty::end_of(&sidecar, &caller.member_id, &lock);
                    true
                }
                // A store that lost its data knows of no lock, but the agent is logged in at Ozonetel.
                Released::Absent => {
                    info!(target: AUDIT, member, agent, "signed out, no lock was held");
                    duty::end_of(&sidecar, &caller.member_id, &lock);
                    false
                }
                Released::NotOwner { holder } => {
                    info!(
                        target: AUDIT,
                        member,
                        agent,
                        holder = holder.device_name,
                        "signed out, the lock stays with its holder"
                    );
                    false
                }
            }
        }
    };
    if !released {
        sidecar.directory.forget(&caller.member_id);
    }
    let response = LogoutResponse {
        status: "ok".to_owned(),
        released: Some(released),
    };
    Ok((StatusCode::CREATED, Json(response)))
}

async fn of_refresh_token(
    sidecar: &Sidecar,
    request: Option<LogoutRequest>,
    device: &Device,
) -> Result<Option<Caller>, Refusal> {
    let Some(token) = request.and_then(|request| request.refresh_token) else {
        return Ok(None);
    };
    let token = sidecar.seal.open(&token).session_token;
    let (id, now) = (device.id.as_deref(), sidecar.clock.now());
    let of_token = sidecar.sessions.of_refresh_token(&token, id, now).await?;
    let caller = of_token.map(|it| it.caller);
    Ok(caller.filter(|caller| !caller.is_other_device(device.id.as_deref())))
}
