mod credentials;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use sidecar_api::{
    LoginRequest, LoginResponse, SessionGrant, Telephony, TelephonyState, User as UserBody,
};
use tracing::info;

use crate::body::{Field, read_json};
use crate::client_address::client_address;
use crate::device::Device;
use crate::directory::SignedIn;
use crate::lock::{Acquired, Owner};
use crate::random::random_id;
use crate::refusal::Refusal;
use crate::sidecar::{Sidecar, lock_name};
use crate::token::Caller;

const FIELDS: [Field; 3] = [
    Field::Text("email"),
    Field::Text("password"),
    Field::OptionalFlag("takeover"),
];

/// The embedded sidecar drives no telephony platform: nothing stands between the agent and their
/// calls, and `message` says why.
const NO_TELEPHONY: &str = "No Ozonetel account is configured: calls go through SIP alone.";

/// `POST /auth/login`.
pub(crate) async fn login(
    State(sidecar): State<Arc<Sidecar>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let device = Device::of(&headers)?;
    let request: LoginRequest = read_json(&headers, body, &FIELDS).await?;
    let address = client_address(peer, &headers, &sidecar.settings.trusted_proxies);
    let SignedIn {
        user,
        platform_token,
    } = credentials::check(&sidecar, &request, address, &device).await?;
    let Some(member_id) = user.member_id.clone() else {
        info!("login refused: the user has no workspace member");
        return Err(Refusal::bad_request([
            "Your user has no workspace member. Contact administrator.".to_owned(),
        ]));
    };
    let caller = Caller {
        member_id,
        session_id: random_id(),
        device_id: device.id.clone(),
    };
    let device_name = device.name_or_unnamed();
    let lock = lock_name(&user.phone);
    if user.phone.is_missing() {
        info!(member = caller.member_id, "login refused: no agent record");
        return Err(Refusal::agent_not_configured());
    }
    if let Some(lock) = &lock {
        let owner = Owner {
            device_name: device_name.clone(),
            ..sidecar.owner(&caller, &device)
        };
        let acquired = sidecar
            .lock
            .acquire(lock, &owner, sidecar.settings.ttl, request.takeover)
            .await
            .map_err(|error| {
                info!(member = owner.member_id, "login refused: no lock store");
                Refusal::cannot_sign_in(&error.to_string())
            })?;
        report(&acquired, &owner, &lock.ozonetel_agent_id);
        if let Acquired::Busy { holder } = &acquired {
            return Err(Refusal::held(holder, &owner.member_id));
        }
    } else {
        info!(
            member = caller.member_id,
            device = device_name,
            "signed in without a phone"
        );
    }
    let now = sidecar.clock.now();
    let access_token = sidecar.tokens.issue(&caller, now.wall);
    let session_id = caller.session_id.clone();
    let refresh_token = sidecar.sessions.begin(caller, device_name, now.monotonic);
    let refresh_token = sidecar.carry(refresh_token, platform_token.as_ref());
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
        telephony: phone.map(|_| Telephony {
            state: TelephonyState::Ready,
            message: Some(NO_TELEPHONY.to_owned()),
        }),
    };
    // RFC 6749 §5.1: nothing on the way may keep an answer with tokens.
    let headers = [(CACHE_CONTROL, "no-store")];
    Ok((StatusCode::CREATED, headers, Json(response)).into_response())
}

fn report(acquired: &Acquired, owner: &Owner, agent: &str) {
    let (member, device) = (&owner.member_id, &owner.device_name);
    match acquired {
        Acquired::Taken => info!(member, agent, device, "signed in"),
        Acquired::Refreshed => info!(member, agent, device, "signed in again"),
        Acquired::TakenOver { from } => {
            info!(
                member,
                agent,
                device,
                from = from.device_name,
                "took the lock over"
            );
        }
        Acquired::Busy { holder } => info!(
            member,
            agent,
            device,
            holder = holder.device_name,
            same_member = holder.member_id == owner.member_id,
            "login refused: the lock is held"
        ),
    }
}
