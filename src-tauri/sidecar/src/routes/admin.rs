//! What administrators do: see who holds which agent, and free one.

use std::ops::Bound;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use serde::Serialize;
use time::format_description::well_known::Rfc3339;
use tracing::info;
use url::form_urlencoded;

use super::bearer;
use crate::audit::AUDIT;
use crate::device::Device;
use crate::directory::Agent;
use crate::duty;
use crate::lock::{Acquired, Claim, Displacing, Held, LockName, Owner};
use crate::random::random_id;
use crate::refusal::Refusal;
use crate::session::{Ending, SessionState};
use crate::sidecar::Sidecar;
use crate::token::{Caller, Expiry};

/// Sessions on a page where none is asked for, and at the most.
const USUAL_LIMIT: usize = 50;
const MAX_LIMIT: usize = 200;

/// Bytes of an agent's id, far above what Ozonetel gives.
const MAX_ID: usize = 256;

/// What a phone reads as the holder of the session that it had.
const ADMINISTRATOR: &str = "an administrator";

/// A page of the sessions that there are.
#[derive(Debug, Serialize)]
pub(crate) struct Sessions {
    sessions: Vec<Session>,
    /// The `after` of the next page; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Session {
    agent_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    extension: Option<String>,
    member_id: String,
    device_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    /// Until it ends, unless it is prolonged.
    seconds_left: u64,
}

/// The success of a call that frees a session.
#[derive(Debug, Serialize)]
pub(crate) struct Freed {
    status: &'static str,
}

/// `GET /admin/sessions`: who holds which agent, page by page. A session that a server is ending is none.
pub(crate) async fn list(
    State(sidecar): State<Arc<Sidecar>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Json<Sessions>, Refusal> {
    administrator(&sidecar, &headers).await?;
    let Query { after, limit } = Query::of(&uri)?;
    let from = after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let page = sidecar.lock.list(from, limit).await?;
    let held = page.held.into_iter();
    let sessions = held.filter(|held| !duty::is_ending(&held.owner));
    Ok(Json(Sessions {
        sessions: sessions.map(Session::from).collect(),
        next: page.next,
    }))
}

/// `DELETE /admin/sessions/{agentId}`: ends the session that holds an agent.
pub(crate) async fn free(
    State(sidecar): State<Arc<Sidecar>>,
    agent_id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<(StatusCode, Json<Freed>), Refusal> {
    let administrator = administrator(&sidecar, &headers).await?;
    let Path(agent_id) = agent_id.map_err(|_| Refusal::no_session())?;
    let held = held(&sidecar, &agent_id).await?;
    if duty::is_ending(&held.owner) {
        // That logout would hit whoever signs in once this is over.
        return Err(Refusal::held(&held.owner, &administrator.member_id));
    }
    // Where the record is gone, or the platform silent, the session is there all the same.
    let agent = sidecar.directory.agent(&held.owner.member_id).await;
    let agent = agent.unwrap_or_default();
    let agent = agent.filter(|agent| agent.config.ozonetel_agent_id == agent_id);
    let known = agent
        .as_ref()
        .map(|agent| agent.config.sip_extension.clone());
    let lock = LockName {
        ozonetel_agent_id: agent_id,
        sip_extension: held.extension.or(known).ok_or_else(Refusal::no_session)?,
    };
    let owner = Owner {
        member_id: held.owner.member_id,
        device_id: Some(random_id()),
        device_name: ADMINISTRATOR.to_owned(),
        session_id: random_id(),
        since: Some(sidecar.clock.now().wall),
        epoch: 0,
    };
    // While it is claimed nobody signs in whom the logout at Ozonetel could hit.
    let going_on = sidecar.background.subscribe();
    let mut claim = Claim::new(Arc::clone(&sidecar.lock), lock.clone(), owner, going_on);
    // Also where nobody knows whether the session has lost its lock by now: its phone may sleep.
    claim.or_undo(log_out(&sidecar, agent.clone(), lock.clone()));
    let ended = match claim
        .acquire(sidecar.settings.ttl, Displacing::SameMember)
        .await?
    {
        Acquired::TakenOver { from, .. } => from,
        Acquired::Busy { holder } => {
            return Err(Refusal::held(&holder, &administrator.member_id));
        }
        Acquired::Taken { .. } | Acquired::Refreshed { .. } | Acquired::Ended => {
            claim.forget_undo();
            return Err(Refusal::no_session());
        }
    };
    end(&sidecar, &lock, &ended).await?;
    claim.forget_undo();
    info!(
        target: AUDIT,
        administrator = administrator.member_id,
        member = ended.member_id,
        agent = lock.ozonetel_agent_id,
        device = ended.device_name,
        "an administrator ended the session"
    );
    duty::end_claimed(&sidecar, agent.as_ref(), lock, claim);
    Ok((StatusCode::OK, Json(Freed { status: "ok" })))
}

/// Returns what logs an agent out whose session may have lost its lock to a call that was given up.
fn log_out(
    sidecar: &Arc<Sidecar>,
    agent: Option<Arc<Agent>>,
    lock: LockName,
) -> impl FnOnce() + Send + Sync + use<> + 'static {
    let server = Arc::clone(sidecar);
    move || match agent {
        Some(agent) => duty::end(&server, &agent, "the end of a session was given up"),
        None => duty::end_known(&server, &lock),
    }
}

/// Returns the caller, whose role must be one of those that may do this.
async fn administrator(sidecar: &Sidecar, headers: &HeaderMap) -> Result<Caller, Refusal> {
    let device = Device::of(headers)?;
    let caller = sidecar.caller(bearer(headers).as_ref(), &device, Expiry::Enforced)?;
    if sidecar.sessions.state(&caller.session_id).await? == SessionState::Ended {
        return Err(Refusal::invalid_access_token());
    }
    if sidecar.settings.admin_roles.contains(&caller.role) {
        return Ok(caller);
    }
    info!(target: AUDIT, member = caller.member_id, role = caller.role, "no administrator");
    Err(Refusal::not_an_administrator())
}

/// Returns the session that holds an agent.
async fn held(sidecar: &Sidecar, agent_id: &str) -> Result<Held, Refusal> {
    if agent_id.len() > MAX_ID {
        return Err(Refusal::no_session());
    }
    let page = sidecar.lock.list(Bound::Included(agent_id), 1).await?;
    let first = page.held.into_iter().next();
    first
        .filter(|held| held.agent_id == agent_id)
        .ok_or_else(Refusal::no_session)
}

/// Ends a session that has lost its lock: none of its tokens is accepted from here on, and no
/// heartbeat takes the lock again.
async fn end(sidecar: &Sidecar, lock: &LockName, ended: &Owner) -> Result<(), Refusal> {
    // The first sidecar's sessions have no id.
    if ended.session_id.is_empty() {
        return Ok(());
    }
    let session = Ending {
        session_id: &ended.session_id,
        member_id: &ended.member_id,
        begun: None,
    };
    // First: where the store is lost in between, no heartbeat takes the lock again that is given back then.
    sidecar.sessions.end(session, sidecar.clock.now()).await?;
    sidecar.lock.release(lock, ended).await?;
    sidecar.directory.forget(&ended.member_id);
    Ok(())
}

/// What a list is asked for by.
#[derive(Debug, PartialEq, Eq)]
struct Query {
    after: Option<String>,
    limit: usize,
}

impl Query {
    fn of(uri: &Uri) -> Result<Self, Refusal> {
        let (mut after, mut limit) = (None, USUAL_LIMIT);
        for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            match &*name {
                "after" => after = Some(value.into_owned()),
                "limit" => {
                    let given = value.parse().ok();
                    let is_good = |it: &usize| (1..=MAX_LIMIT).contains(it);
                    limit = given.filter(is_good).ok_or_else(|| {
                        let problem = format!("limit must be 1 to {MAX_LIMIT}.");
                        Refusal::bad_request([problem])
                    })?;
                }
                _ => {}
            }
        }
        Ok(Self { after, limit })
    }
}

impl From<Held> for Session {
    fn from(held: Held) -> Self {
        let Held {
            agent_id,
            extension,
            owner,
            left,
        } = held;
        Self {
            agent_id,
            extension,
            member_id: owner.member_id,
            device_name: owner.device_name,
            since: owner.since.and_then(|it| it.format(&Rfc3339).ok()),
            seconds_left: left.as_secs(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_query_names_where_to_begin_and_how_much() {
        let query = |text: &str| Query::of(&format!("/admin/sessions{text}").parse().unwrap());
        let wanted = |after: Option<&str>, limit| Query {
            after: after.map(str::to_owned),
            limit,
        };
        assert_eq!(query("").unwrap(), wanted(None, USUAL_LIMIT));
        assert_eq!(query("?x=1&limit=200").unwrap(), wanted(None, 200));
        let strange = query("?after=a%0a%26%2a+b&limit=1").unwrap();
        assert_eq!(strange, wanted(Some("a\n&* b"), 1));
        for wrong in ["0", "201", "-1", "x", "", "99999999999999999999999"] {
            query(&format!("?limit={wrong}")).unwrap_err();
        }
    }
}
