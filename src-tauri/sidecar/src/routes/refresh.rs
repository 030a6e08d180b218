use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use secrecy::SecretString;
use sidecar_api::{RefreshRequest, RefreshResponse};
use tracing::{debug, warn};

use crate::audit::AUDIT;
use crate::body::{Field, read_json};
use crate::device::Device;
use crate::platform::{Carried, NotRenewed};
use crate::refusal::Refusal;
use crate::session::RefreshRefused;
use crate::sidecar::Sidecar;
use crate::token::Caller;

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
    let now = sidecar.clock.now().monotonic;
    let of_token = sidecar.sessions.of_refresh_token(&session_token, now);
    let platform_token = match of_token.await? {
        None => {
            debug!("unknown refresh token");
            return Err(Refusal::invalid_refresh_token());
        }
        Some(caller) if caller.is_other_device(device.id.as_deref()) => {
            warn!("refresh token of another device refused");
            return Err(Refusal::invalid_refresh_token());
        }
        Some(caller) => renew(&sidecar, &caller, platform_token.as_ref()).await?,
    };
    let now = sidecar.clock.now();
    let refreshed = sidecar
        .sessions
        .refresh(&session_token, device.id.as_deref(), now.monotonic);
    let (caller, refresh_token) = refreshed.await.map_err(|refused| {
        match refused {
            RefreshRefused::Unanswered(why) => return why.into(),
            RefreshRefused::Unknown => debug!("unknown refresh token"),
            RefreshRefused::OtherDevice => warn!("refresh token of another device refused"),
            RefreshRefused::Reused(caller) => warn!(
                target: AUDIT,
                member = caller.member_id,
                "a used refresh token came back: its session has ended"
            ),
        }
        Refusal::invalid_refresh_token()
    })?;
    let response = RefreshResponse {
        access_token: sidecar.tokens.issue(&caller, now.wall),
        refresh_token: sidecar.carry(refresh_token, platform_token.as_ref()),
    };
    let headers = [(CACHE_CONTROL, "no-store")];
    Ok((StatusCode::CREATED, headers, Json(response)).into_response())
}

/// Has the platform say that the user may still sign in; a session that it refuses has ended.
async fn renew(
    sidecar: &Sidecar,
    caller: &Caller,
    platform_token: Option<&SecretString>,
) -> Result<Option<SecretString>, Refusal> {
    let renewed = sidecar.directory.renew(platform_token).await;
    if matches!(renewed, Err(NotRenewed::Refused)) {
        let now = sidecar.clock.now().monotonic;
        sidecar.sessions.end(caller, now).await?;
    }
    Ok(renewed?)
}
