use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use sidecar_api::{RefreshRequest, RefreshResponse};
use tokio::time::timeout;
use tracing::{debug, info, warn};

use super::heartbeat;
use crate::audit::AUDIT;
use crate::body::{Field, read_json};
use crate::device::Device;
use crate::platform::{Carried, NotRenewed, PATIENCE, Silent};
use crate::refusal::Refusal;
use crate::session::{Known, RefreshRefused, Renewed};
use crate::sidecar::Sidecar;
use crate::token::Caller;
use crate::under_way::Answer;

/// `POST /auth/refresh`.
pub(crate) async fn refresh(
    State(sidecar): State<Arc<Sidecar>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let device = Device::of(&headers)?;
    let request: RefreshRequest = read_json(&headers, body, &[Field::Text("refreshToken")]).await?;
    let Carried {
        session_token,
        platform_token,
    } = sidecar.seal.open(&request.refresh_token);
    // The platform is asked first, and only about sessions that there are: were it silent once our
    // part is used up, the device would have nothing left to try again with.
    let (device_id, now) = (device.id.as_deref(), sidecar.clock.now());
    let of_token = sidecar
        .sessions
        .of_refresh_token(&session_token, device_id, now);
    let known = match of_token.await? {
        None => {
            debug!("unknown refresh token");
            return Err(Refusal::invalid_refresh_token());
        }
        Some(it) if it.caller.is_other_device(device_id) => {
            warn!("refresh token of another device refused");
            return Err(Refusal::invalid_refresh_token());
        }
        // While the other device is there it goes on, for its next heartbeat to say so.
        Some(it)
            if it.is_taken_over
                && heartbeat::taken_over(&sidecar, &it.caller, &device)
                    .await?
                    .is_none() =>
        {
            return Err(Refusal::invalid_refresh_token());
        }
        // It may have been restarted with other people, without Redis.
        Some(it) if it.begins_again && !sidecar.directory.may_still_be(&it.caller) => {
            let why = "no longer a user with this role";
            heartbeat::end(&sidecar, &it.caller, &device, why).await?;
            return Err(Refusal::invalid_refresh_token());
        }
        Some(it) => it,
    };
    let renewal = renew(
        &sidecar,
        &session_token,
        &known,
        &device,
        platform_token.as_ref(),
    );
    let token = renewal.await?;
    let now = sidecar.clock.now();
    let begins_again = known.begins_again;
    let refreshed = sidecar.sessions.refresh(known, &device, now).await;
    let (caller, refresh_token) = match refreshed {
        Ok(refreshed) => refreshed,
        Err(RefreshRefused::Unanswered(why)) => return Err(why.into()),
        Err(RefreshRefused::Unknown) => {
            debug!("unknown refresh token");
            return Err(Refusal::invalid_refresh_token());
        }
        Err(RefreshRefused::OtherDevice) => {
            warn!("refresh token of another device refused");
            return Err(Refusal::invalid_refresh_token());
        }
        Err(RefreshRefused::Reused(caller)) => {
            warn!(
                target: AUDIT,
                member = caller.member_id,
                "a used refresh token came back: its session has ended"
            );
            heartbeat::end(&sidecar, &caller, &device, "a used refresh token").await?;
            return Err(Refusal::invalid_refresh_token());
        }
    };
    if begins_again {
        info!(
            target: AUDIT,
            member = caller.member_id,
            device = device.name,
            "a session goes on that the store had lost"
        );
    }
    let response = RefreshResponse {
        access_token: sidecar.tokens.issue(&caller, now.wall),
        refresh_token: sidecar.carry(refresh_token, token.as_ref()),
    };
    let headers = [(CACHE_CONTROL, "no-store")];
    Ok((StatusCode::CREATED, headers, Json(response)).into_response())
}

/// Has the platform say that the user may still sign in, unless it has just said so, and returns its next
/// token; `None`: users do not come from a platform. A session that it refuses has ended.
async fn renew(
    sidecar: &Arc<Sidecar>,
    session_token: &SecretString,
    known: &Known<'_>,
    device: &Device,
    platform_token: Option<&SecretString>,
) -> Result<Option<SecretString>, Refusal> {
    let caller = &known.caller;
    let Some(before) = platform_token else {
        let renewed = sidecar.directory.renew(None).await;
        return or_end(sidecar, caller, device, renewed).await;
    };
    let last = match renewed_before(sidecar, known, before).await {
        Some((token, true)) => return Ok(Some(token)),
        // Whether the user may still sign in is to be said anew.
        Some((token, false)) => token,
        None => before.clone(),
    };
    let renewed = timeout(PATIENCE, renewal(sidecar, caller, before, last)).await;
    let renewed = renewed.ok().flatten();
    let renewed = renewed.unwrap_or(Err(NotRenewed::Silent(Silent)));
    if matches!(renewed, Err(NotRenewed::Refused)) {
        // Perhaps another call has had it renewed meanwhile, here or at another server.
        let (id, now) = (device.id.as_deref(), sidecar.clock.now());
        let again = sidecar.sessions.of_refresh_token(session_token, id, now);
        if let Some(again) = again.await?
            && let Some((token, true)) = renewed_before(sidecar, &again, before).await
        {
            return Ok(Some(token));
        }
    }
    or_end(sidecar, caller, device, renewed).await
}

/// Ends a session that the platform does not renew.
async fn or_end(
    sidecar: &Arc<Sidecar>,
    caller: &Caller,
    device: &Device,
    renewed: Result<Option<SecretString>, NotRenewed>,
) -> Result<Option<SecretString>, Refusal> {
    if matches!(renewed, Err(NotRenewed::Refused)) {
        let why = "the platform does not renew it";
        heartbeat::end(sidecar, caller, device, why).await?;
    }
    Ok(renewed?)
}

/// Has the platform renew the token `last`, which the token `before` of a phone was renewed to, or is. That goes on
/// where its caller does not wait any more, and what comes of it is kept for when they come again: what they have is
/// used up.
fn renewal(
    sidecar: &Arc<Sidecar>,
    caller: &Caller,
    before: &SecretString,
    last: SecretString,
) -> Answer<Result<Option<SecretString>, NotRenewed>> {
    let hash = Sha256::digest(before.expose_secret().as_bytes());
    let key = (caller.session_id.clone(), hash.into());
    let (server, caller, before) = (Arc::clone(sidecar), caller.clone(), before.clone());
    // A server that stops waits for it.
    let going_on = sidecar.background.subscribe();
    sidecar.renewals.ask(key, async move {
        let renewed = server.directory.renew(Some(&last)).await;
        if let Ok(Some(token)) = &renewed {
            let sealed = server.seal.keep(&caller.session_id, &before, token);
            keep(&server, &caller, sealed).await;
        }
        drop(going_on);
        renewed
    })
}

/// Returns the platform's token that keeps the session of `caller` alive there now: the one in `refresh_token`, or
/// what that was renewed to. `None` where it is no token of this session, or nobody knows.
pub(super) async fn platform_token(
    sidecar: &Sidecar,
    caller: &Caller,
    device: &Device,
    refresh_token: &SecretString,
) -> Option<SecretString> {
    let carried = sidecar.seal.open(refresh_token);
    let before = carried.platform_token?;
    let (id, now) = (device.id.as_deref(), sidecar.clock.now());
    let of_token = sidecar
        .sessions
        .of_refresh_token(&carried.session_token, id, now);
    let known = of_token.await.ok()??;
    if known.caller.session_id != caller.session_id {
        return None;
    }
    let renewed = renewed_before(sidecar, &known, &before).await;
    Some(renewed.map_or(before, |(token, _)| token))
}

/// Returns what the token `before` was renewed to last, if that is kept, and whether it is given again as it is.
async fn renewed_before(
    sidecar: &Sidecar,
    known: &Known<'_>,
    before: &SecretString,
) -> Option<(SecretString, bool)> {
    let id = &known.caller.session_id;
    let opened = |kept: &Renewed| sidecar.seal.kept(id, before, &kept.sealed);
    let of_kept = |kept: Renewed| Some((opened(&kept)?, kept));
    let not_stored = sidecar.not_stored.of(id, sidecar.clock.now().monotonic);
    let not_stored = not_stored.and_then(of_kept);
    let stored = known.renewed.clone().and_then(of_kept);
    let is_later = match (&not_stored, &stored) {
        (Some((_, here)), Some((_, there))) => here.age < there.age,
        (here, _) => here.is_some(),
    };
    let last = if is_later { not_stored } else { stored };
    let (token, kept) = last?;
    let is_fresh = kept.is_fresh();
    if is_fresh {
        debug!("the platform's token is given again");
    }
    if is_fresh && is_later {
        keep(sidecar, &known.caller, kept.sealed).await;
    }
    Some((token, is_fresh))
}

/// Keeps what was renewed for the session of `caller`, sealed: with the session, or here where that cannot be.
async fn keep(sidecar: &Sidecar, caller: &Caller, sealed: String) {
    let (id, now) = (&caller.session_id, sidecar.clock.now());
    match sidecar.sessions.keep_renewed(caller, &sealed, now).await {
        Ok(true) => sidecar.not_stored.forget(id),
        Ok(false) | Err(_) => sidecar.not_stored.keep(id, sealed, now.monotonic),
    }
}
