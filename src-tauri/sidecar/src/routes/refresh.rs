use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use secrecy::SecretString;
use sidecar_api::{RefreshRequest, RefreshResponse};
use tracing::{debug, info, warn};

use super::heartbeat;
use crate::audit::AUDIT;
use crate::body::{Field, read_json};
use crate::device::Device;
use crate::platform::{Carried, NotRenewed};
use crate::refusal::Refusal;
use crate::session::{Known, RefreshRefused};
use crate::sidecar::Sidecar;

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
        // It may have been restarted with other people, without Redis.
        Some(it) if it.begins_again && !sidecar.directory.may_still_be(&it.caller) => {
            let why = "no longer a user with this role";
            heartbeat::end(&sidecar, &it.caller, &device, why).await?;
            return Err(Refusal::invalid_refresh_token());
        }
        Some(it) => it,
    };
    let renewal = renew(&sidecar, &known, &device, platform_token.as_ref()).await;
    let Renewal { token, to_keep } = renewal?;
    let now = sidecar.clock.now();
    let (id, begins_again) = (known.caller.session_id.clone(), known.begins_again);
    let refreshed = sidecar
        .sessions
        .refresh(known, &device, to_keep.as_deref(), now)
        .await;
    match (&refreshed, to_keep) {
        (Err(RefreshRefused::Unanswered(_)), Some(to_keep)) => {
            sidecar.not_stored.keep(&id, to_keep, now.monotonic);
        }
        (Ok(_) | Err(_), _) => sidecar.not_stored.forget(&id),
    }
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

/// The platform's next token.
struct Renewal {
    /// `None`: users do not come from a platform.
    token: Option<SecretString>,
    /// The same as it is kept with the session; `None`: it is kept already.
    to_keep: Option<String>,
}

/// Has the platform say that the user may still sign in, unless it has just said so and what it gave is
/// known; a session that it refuses has ended.
async fn renew(
    sidecar: &Arc<Sidecar>,
    Known {
        caller,
        renewed: kept,
        ..
    }: &Known<'_>,
    device: &Device,
    platform_token: Option<&SecretString>,
) -> Result<Renewal, Refusal> {
    let (id, seal) = (&caller.session_id, &sidecar.seal);
    let now = sidecar.clock.now();
    if let Some(before) = platform_token {
        let of_kept = |kept: &String| seal.kept(id, before, kept);
        if let Some(token) = kept.as_ref().and_then(of_kept) {
            debug!("the platform's token is given again");
            return Ok(Renewal {
                token: Some(token),
                to_keep: None,
            });
        }
        let not_stored = sidecar.not_stored.of(id, now.monotonic);
        if let Some(token) = not_stored.as_ref().and_then(of_kept) {
            debug!("the platform's token is given again, and kept");
            return Ok(Renewal {
                token: Some(token),
                to_keep: not_stored,
            });
        }
    }
    let renewed = sidecar.directory.renew(platform_token).await;
    if matches!(renewed, Err(NotRenewed::Refused)) {
        let why = "the platform does not renew it";
        heartbeat::end(sidecar, caller, device, why).await?;
    }
    let token = renewed?;
    let to_keep = platform_token
        .zip(token.as_ref())
        .map(|(before, renewed)| seal.keep(id, before, renewed));
    Ok(Renewal { token, to_keep })
}
