//! What agents have done to a call: others called in and dropped, its recording paused. Whether a call
//! is the agent's is for Ozonetel to say.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Deserialize;
use sidecar_api::{PartyRequest, RecordingAction};

use super::agent::{Answer, OnDuty, check, number};
use crate::body::{Field, read_json};
use crate::ozonetel::Order;
use crate::refusal::Refusal;
use crate::sidecar::Sidecar;

/// `POST /api/ozonetel/conference`.
pub(crate) async fn conference(
    State(sidecar): State<Arc<Sidecar>>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    party(&sidecar, &headers, body, true).await
}

/// `POST /api/ozonetel/kick`.
pub(crate) async fn kick(
    State(sidecar): State<Arc<Sidecar>>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    party(&sidecar, &headers, body, false).await
}

/// `POST /api/ozonetel/recording`.
pub(crate) async fn recording(
    State(sidecar): State<Arc<Sidecar>>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    /// As `sidecar_api::RecordingRequest`, but a wrong action is named.
    #[derive(Deserialize)]
    struct Request {
        ucid: String,
        action: String,
    }

    let fields = [Field::Text("ucid"), Field::Text("action")];
    let on_duty = OnDuty::of(&sidecar, &headers).await?;
    let request: Request = read_json(&headers, body, &fields).await?;
    let action = RecordingAction::of(&request.action)
        .ok_or_else(|| Refusal::bad_request(["action must be pause or resume.".to_owned()]))?;
    check([("ucid", Some(&*request.ucid))])?;
    on_duty
        .order(Order::Recording {
            ucid: &request.ucid,
            action,
        })
        .await
}

async fn party(sidecar: &Arc<Sidecar>, headers: &HeaderMap, body: Body, is_wanted: bool) -> Answer {
    let fields = [Field::Text("ucid"), Field::Text("number")];
    let on_duty = OnDuty::of(sidecar, headers).await?;
    let request: PartyRequest = read_json(headers, body, &fields).await?;
    let number = number("number", &request.number)?;
    check([("ucid", Some(&*request.ucid))])?;
    on_duty
        .order(Order::Party {
            ucid: &request.ucid,
            did: on_duty.did(),
            number: &number,
            is_wanted,
            extension: &on_duty.agent.config.sip_extension,
        })
        .await
}
