use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use secrecy::SecretString;
use sidecar_api::{LogoutRequest, LogoutResponse};
use tracing::{Instrument, debug, info};

use super::{bearer, heartbeat, refresh};
use crate::audit::AUDIT;
use crate::body::{Field, read_optional_json};
use crate::device::Device;
use crate::duty;
use crate::lock::{LockName, Owner, Released};
use crate::refusal::Refusal;
use crate::session::Ending;
use crate::sidecar::Sidecar;
use crate::token::{Caller, Expiry};

/// `POST /auth/logout`. The session ends, whoever holds the lock, and also where the caller goes away; repeating
/// the call changes nothing.
pub(crate) async fn logout(
    State(sidecar): State<Arc<Sidecar>>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<LogoutResponse>), Refusal> {
    let device = Device::of(&headers)?;
    let request: Option<LogoutRequest> =
        read_optional_json(&headers, body, &[Field::OptionalText("refreshToken")]).await?;
    let refresh_token = request.and_then(|request| request.refresh_token);
    let refresh_token = refresh_token.as_ref();
    let caller = match sidecar.caller(bearer(&headers).as_ref(), &device, Expiry::Ignored) {
        Ok(caller) => caller,
        Err(refusal) => of_refresh_token(&sidecar, refresh_token, &device)
            .await?
            .ok_or(refusal)?,
    };
    // Known as long as the session is.
    let platform_token = match refresh_token {
        Some(token) => refresh::platform_token(&sidecar, &caller, &device, token).await,
        None => None,
    };
    let owner = sidecar.owner(&caller, &device, None);
    let granted = heartbeat::granted(&sidecar, &caller).await;
    let server = Arc::clone(&sidecar);
    let released = duty::to_its_end(&sidecar, async move {
        // Whoever repeats this once the session is over has no such token any more.
        if let Some(token) = platform_token {
            sign_out_at_platform(&server, token);
        }
        match granted {
            Ok(Some(lock)) => end(&server, &caller, &owner, &lock).await,
            Ok(None) => end_without_lock(&server, &caller).await,
            Err(refusal) => {
                let now = server.clock.now();
                server.sessions.end(Ending::of(&caller), now).await?;
                Err(refusal)
            }
        }
    });
    let released = released.await?;
    let response = LogoutResponse {
        status: "ok".to_owned(),
        released: Some(released),
    };
    Ok((StatusCode::CREATED, Json(response)))
}

/// Frees the lock that was granted to a session, and ends that; returns whether it held the lock.
///
/// In this order: a phone that hears nothing of it comes again, and where the lock is gone by then, that the
/// session still goes on tells that nobody has logged its agent out. Once it is over, whoever has one of its
/// tokens may repeat this as often as they like, and it logs nobody out.
async fn end(
    sidecar: &Arc<Sidecar>,
    caller: &Caller,
    owner: &Owner,
    lock: &LockName,
) -> Result<bool, Refusal> {
    let (member, agent) = (&caller.member_id, &lock.ozonetel_agent_id);
    let device = &owner.device_name;
    let released = sidecar.lock.release(lock, owner).await?;
    let (session, now) = (Ending::of(caller), sidecar.clock.now());
    let was_over = sidecar.sessions.end(session, now).await;
    if released == Released::Freed {
        info!(target: AUDIT, member, agent, device, "signed out, lock released");
        duty::end_of(sidecar, member, lock);
    }
    let was_over = was_over?;
    match &released {
        Released::Freed => {}
        Released::Absent | Released::NotOwner { .. } if was_over => {
            debug!(member, "signed out before");
        }
        // A store that lost its data knows of no lock, but the agent is logged in at Ozonetel.
        Released::Absent => {
            info!(target: AUDIT, member, agent, "signed out, no lock was held");
            duty::end_of(sidecar, member, lock);
        }
        Released::NotOwner { holder } => {
            info!(
                target: AUDIT,
                member,
                agent,
                holder = holder.device_name,
                "signed out, the lock stays with its holder"
            );
            sidecar.directory.forget(member);
        }
    }
    Ok(released == Released::Freed)
}

/// Ends a session that was granted no lock; it held none.
async fn end_without_lock(sidecar: &Sidecar, caller: &Caller) -> Result<bool, Refusal> {
    let member = &caller.member_id;
    let (session, now) = (Ending::of(caller), sidecar.clock.now());
    if sidecar.sessions.end(session, now).await? {
        debug!(member, "signed out before");
    } else {
        info!(target: AUDIT, member, "signed out");
        sidecar.directory.forget(member);
    }
    Ok(false)
}

/// Begins to have the platform renew a sign-in no more. Nobody waits for it, a phone that quits has 2 s; a server that
/// stops does.
fn sign_out_at_platform(sidecar: &Arc<Sidecar>, token: SecretString) {
    let (server, going_on) = (Arc::clone(sidecar), sidecar.background.subscribe());
    let sign_out = async move {
        server.directory.sign_out(&token).await;
        drop(going_on);
    };
    tokio::spawn(sign_out.in_current_span());
}

async fn of_refresh_token(
    sidecar: &Sidecar,
    token: Option<&SecretString>,
    device: &Device,
) -> Result<Option<Caller>, Refusal> {
    let Some(token) = token else {
        return Ok(None);
    };
    let token = sidecar.seal.open(token).session_token;
    let (id, now) = (device.id.as_deref(), sidecar.clock.now());
    let of_token = sidecar.sessions.of_refresh_token(&token, id, now).await?;
    let caller = of_token.map(|it| it.caller);
    Ok(caller.filter(|caller| !caller.is_other_device(device.id.as_deref())))
}
