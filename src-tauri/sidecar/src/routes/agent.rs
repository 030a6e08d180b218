//! What agents ask of Ozonetel. The agent is always the caller's own, and only who holds the session
//! lock speaks for it.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use sidecar_api::{
    AgentResponse, AgentState, DialRequest, DisposeRequest, Telephony, TelephonyState,
};
use tokio::time::{Instant, timeout_at};
use tracing::warn;

use super::bearer;
use super::heartbeat::{self, Held};
use crate::body::{Field, read_json, read_optional_json};
use crate::device::Device;
use crate::directory::Agent;
use crate::duty;
use crate::ozonetel::{Order, Ozonetel, Silent, Verdict};
use crate::platform;
use crate::refusal::Refusal;
use crate::session::{AtQueue, Note, Ordered, SessionState};
use crate::sidecar::Sidecar;
use crate::token::{Caller, Expiry};
use crate::turns::Turn;

/// Characters of a number to dial: a country's code and fifteen digits at most (E.164 §6.1), with
/// room for what an exchange wants before them.
const MAX_NUMBER: usize = 24;

/// How long a call may take altogether, the agent's record and login included: a phone gives up after
/// 8 s (faults, 68), and is to hear before that how its order ended.
const CALL_TIME: Duration = Duration::from_secs(7);

/// Characters of any other text that an agent sends.
const MAX_TEXT: usize = 1000;

pub(super) type Answer = Result<(StatusCode, Json<AgentResponse>), Refusal>;

/// `POST /api/ozonetel/agent-state`.
pub(crate) async fn state(
    State(sidecar): State<Arc<Sidecar>>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    /// As `sidecar_api::AgentStateRequest`, but a wrong state is named.
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Request {
        state: String,
        pause_reason: Option<String>,
    }

    let fields = [Field::Text("state"), Field::OptionalText("pauseReason")];
    let on_duty = OnDuty::in_turn(&sidecar, &headers).await?;
    let request: Request = read_json(&headers, body, &fields).await?;
    let state = AgentState::of(&request.state)
        .ok_or_else(|| Refusal::bad_request(["state must be Ready or Pause.".to_owned()]))?;
    check([("pauseReason", request.pause_reason.as_deref())])?;
    duty::to_its_end(&sidecar, async move {
        on_duty.set_state(state, request.pause_reason).await
    })
    .await
}

/// `POST /api/ozonetel/agent-ready`.
pub(crate) async fn ready(
    State(sidecar): State<Arc<Sidecar>>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let on_duty = OnDuty::in_turn(&sidecar, &headers).await?;
    let _empty: Option<serde::de::IgnoredAny> = read_optional_json(&headers, body, &[]).await?;
    duty::to_its_end(&sidecar, async move {
        on_duty.set_state(AgentState::Ready, None).await
    })
    .await
}

/// `POST /api/ozonetel/dial`.
pub(crate) async fn dial(
    State(sidecar): State<Arc<Sidecar>>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let on_duty = OnDuty::of(&sidecar, &headers).await?;
    let request: DialRequest = read_json(&headers, body, &[Field::Text("phoneNumber")]).await?;
    let number = number("phoneNumber", &request.phone_number)?;
    let campaign = on_duty.agent.config.campaign_name.as_deref();
    let campaign = campaign.ok_or_else(Refusal::no_campaign)?;
    on_duty
        .order(Order::Dial {
            campaign,
            number: &number,
        })
        .await
}

/// `POST /api/ozonetel/dispose`.
pub(crate) async fn dispose(
    State(sidecar): State<Arc<Sidecar>>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let fields = [
        Field::Text("ucid"),
        Field::Text("disposition"),
        Field::OptionalText("comments"),
        Field::OptionalFlag("repeated"),
        Field::OptionalText("pauseReason"),
    ];
    let on_duty = OnDuty::in_turn(&sidecar, &headers).await?;
    let request: DisposeRequest = read_json(&headers, body, &fields).await?;
    check([
        ("ucid", Some(&*request.ucid)),
        ("disposition", Some(&*request.disposition)),
        ("comments", request.comments.as_deref()),
        ("pauseReason", request.pause_reason.as_deref()),
    ])?;
    duty::to_its_end(&sidecar, async move { on_duty.dispose(request).await }).await
}

/// An agent who calls and holds their session.
pub(super) struct OnDuty {
    sidecar: Arc<Sidecar>,
    ozonetel: Arc<Ozonetel>,
    caller: Caller,
    pub(super) agent: Arc<Agent>,
    /// Whether their phone is told that Ozonetel did not sign them in.
    is_told_failed: bool,
    /// What their session says that was ordered last, and how often that was noted.
    ordered: Option<Ordered>,
    version: u64,
    /// By when there is an answer.
    until: Instant,
    /// Held by an order that changes the agent's state.
    turn: Option<Arc<Turn>>,
}

/// What an order left of what its agent was before.
struct Given {
    /// How often it was noted what was ordered, before this.
    version: u64,
    /// Ozonetel had them out, and refused their login.
    is_out: bool,
}

impl OnDuty {
    pub(super) async fn of(sidecar: &Arc<Sidecar>, headers: &HeaderMap) -> Result<Self, Refusal> {
        Self::begin(sidecar, headers, false).await
    }

    /// The same for an order that changes the agent's state: one of the same session that is under way ends first, with
    /// what is noted of it, also where its caller has gone away. So the last one counts, there and here.
    async fn in_turn(sidecar: &Arc<Sidecar>, headers: &HeaderMap) -> Result<Self, Refusal> {
        Self::begin(sidecar, headers, true).await
    }

    async fn begin(
        sidecar: &Arc<Sidecar>,
        headers: &HeaderMap,
        is_in_turn: bool,
    ) -> Result<Self, Refusal> {
        let until = Instant::now() + CALL_TIME;
        let device = Device::of(headers)?;
        let caller = sidecar.caller(bearer(headers).as_ref(), &device, Expiry::Enforced)?;
        let ozonetel = sidecar.ozonetel.clone().ok_or_else(Refusal::no_ozonetel)?;
        let turn = match is_in_turn {
            true => {
                let turn = ozonetel.state_turns.of(&caller.session_id);
                let turn = timeout_at(until, turn).await;
                Some(turn.map_err(|_| Silent::NotDone)?)
            }
            false => None,
        };
        let held = timeout_at(until, heartbeat::hold(sidecar, &caller, &device)).await;
        let held = held.unwrap_or_else(|_| Err(platform::Silent.into()))?;
        let Held { agent, at_queue } = held.ok_or_else(Refusal::not_an_agent)?;
        let AtQueue {
            telephony,
            ordered,
            version,
            ..
        } = at_queue.unwrap_or_default();
        Ok(Self {
            sidecar: Arc::clone(sidecar),
            ozonetel,
            agent,
            is_told_failed: telephony.is_some_and(|it| it.state == TelephonyState::Failed),
            ordered,
            version,
            caller,
            until,
            turn: turn.map(Arc::new),
        })
    }

    /// Returns the number that the agent's calls come in on, where it is known.
    pub(super) fn did(&self) -> Option<&str> {
        self.ozonetel.did_of(&self.agent)
    }

    /// Sets the agent's state, which the session keeps.
    async fn set_state(&self, state: AgentState, pause_reason: Option<String>) -> Answer {
        let order = Order::State {
            state,
            pause_reason: pause_reason.as_deref(),
        };
        let mut given = self.given();
        let verdict = self.carry_out(order, &mut given).await;
        let version = given.version;
        match &verdict {
            Ok(Verdict::Done(_)) => {
                let at = self.sidecar.clock.now().wall;
                let ordered = Ordered {
                    state,
                    pause_reason,
                    at,
                };
                self.note_ordered(Some(ordered), version).await;
            }
            // Their phone is told why they are out.
            Ok(Verdict::Refused(_)) if given.is_out => {}
            Ok(Verdict::Refused(_)) | Err(Silent::NotDone) => self.stay_as_before().await,
            // It may have been done: nobody is to be told, or made, what they were before.
            Err(Silent::Unknown) => {
                let before = self.ordered.as_ref();
                let is_same = |it: &Ordered| it.state == state && it.pause_reason == pause_reason;
                if !before.is_some_and(is_same) {
                    self.note_ordered(None, version).await;
                }
            }
        }
        self.answer(verdict?).await
    }

    /// Saves the outcome of a call. A pause that it takes along may not be done, because the answer says nothing of it, or
    /// be done though there is no answer: the order of the state that follows tells.
    async fn dispose(&self, request: DisposeRequest) -> Answer {
        let order = Order::Dispose {
            ucid: &request.ucid,
            did: self.did(),
            disposition: &request.disposition,
            comments: request.comments.as_deref(),
            is_repeated: request.repeated,
            pause_reason: request.pause_reason.as_deref(),
        };
        let mut given = self.given();
        let verdict = self.carry_out(order, &mut given).await;
        let version = given.version;
        let may_be_done = matches!(verdict, Ok(Verdict::Done(_)) | Err(Silent::Unknown));
        if request.pause_reason.is_some() && may_be_done {
            self.note_ordered(None, version).await;
        }
        self.answer(verdict?).await
    }

    /// A state was refused, or never asked for: the agent is as they were, also where they had to be logged in anew for it.
    async fn stay_as_before(&self) {
        let session_id = &self.caller.session_id;
        let (Some(before), Ok(SessionState::Live { at_queue, .. })) =
            (&self.ordered, self.sidecar.sessions.state(session_id).await)
        else {
            return;
        };
        if at_queue.ordered.is_none() {
            let (sidecar, before) = (&self.sidecar, (before.clone(), at_queue.version));
            duty::put_back(sidecar, &self.ozonetel, &self.agent, session_id, before);
        }
    }

    async fn note_ordered(&self, ordered: Option<Ordered>, version: u64) {
        duty::note_ordered(&self.sidecar, &self.caller.session_id, ordered, version).await;
    }

    /// Logs the agent in whom Ozonetel takes for gone.
    async fn log_in(&self, order: Order<'_>) -> Result<Verdict, Silent> {
        let Self {
            sidecar,
            ozonetel,
            caller,
            agent,
            is_told_failed: _,
            ordered: _,
            version: _,
            until,
            turn,
        } = self;
        // Who wants another state is not to be in the last one before that.
        let orders_again = !matches!(order, Order::State { .. });
        let again = (
            orders_again,
            turn.as_ref().map(Arc::downgrade).unwrap_or_default(),
        );
        let session_id = &caller.session_id;
        duty::log_in_for_order(sidecar, ozonetel, agent, session_id, again, *until).await
    }

    fn given(&self) -> Given {
        Given {
            version: self.version,
            is_out: false,
        }
    }

    /// Gives an order, and once more where the agent was out: `given` becomes what is so after their login, which notes
    /// that what was ordered before does not hold.
    async fn carry_out(&self, order: Order<'_>, given: &mut Given) -> Result<Verdict, Silent> {
        let agent_id = &self.agent.config.ozonetel_agent_id;
        match self.ozonetel.order(agent_id, order, self.until).await? {
            Verdict::Refused(words) if words.is_already_out() => {}
            verdict @ (Verdict::Done(_) | Verdict::Refused(_)) => return Ok(verdict),
        }
        match self.log_in(order).await {
            Ok(Verdict::Done(_)) => {}
            Ok(refused @ Verdict::Refused(_)) => {
                given.is_out = true;
                return Ok(refused);
            }
            // Whether they are in or out, they are no more what they were before.
            Err(Silent::NotDone | Silent::Unknown) => return Err(Silent::Unknown),
        }
        let state = self.sidecar.sessions.state(&self.caller.session_id).await;
        if let Ok(SessionState::Live { at_queue, .. }) = state {
            given.version = at_queue.version;
        }
        self.ozonetel.order(agent_id, order, self.until).await
    }

    pub(super) async fn order(&self, order: Order<'_>) -> Answer {
        let verdict = self.carry_out(order, &mut self.given()).await?;
        self.answer(verdict).await
    }

    async fn answer(&self, verdict: Verdict) -> Answer {
        match verdict {
            Verdict::Done(done) => {
                if self.is_told_failed {
                    self.prove_login().await;
                }
                Ok((
                    StatusCode::CREATED,
                    Json(AgentResponse {
                        status: "success".to_owned(),
                        message: done.message.map(|words| words.as_str().to_owned()),
                        ucid: done.ucid,
                    }),
                ))
            }
            Verdict::Refused(words) => {
                // Perhaps the record has changed: the next call reads it anew.
                self.sidecar.directory.forget(&self.caller.member_id);
                Err(Refusal::of_ozonetel(&words))
            }
        }
    }

    /// Notes that the agent is signed in at Ozonetel after all: it does what they order.
    async fn prove_login(&self) {
        let ready = Note::Telephony(Telephony {
            state: TelephonyState::Ready,
            message: None,
        });
        let noted = self.sidecar.sessions.note(&self.caller.session_id, ready);
        if let Err(error) = noted.await {
            warn!(%error, "a session does not know that its agent is in at Ozonetel");
        }
    }
}

/// Returns the digits of the number in a field, without what people write between them.
pub(super) fn number(field: &str, text: &str) -> Result<String, Refusal> {
    let number: String = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')'))
        .collect();
    let digits = number.strip_prefix('+').unwrap_or(&number);
    let is_number = !digits.is_empty()
        && digits.len() <= MAX_NUMBER
        && digits.bytes().all(|b| b.is_ascii_digit());
    if is_number {
        Ok(number)
    } else {
        Err(Refusal::bad_request([format!(
            "{field} must have 1 to {MAX_NUMBER} digits, perhaps with + before them."
        )]))
    }
}

/// Checks the texts that are there.
pub(super) fn check<const N: usize>(texts: [(&str, Option<&str>); N]) -> Result<(), Refusal> {
    let problems: Vec<String> = texts
        .into_iter()
        .filter_map(|(name, text)| {
            let text = text?;
            if text.trim().is_empty() {
                Some(format!("{name} is empty."))
            } else if text.chars().count() > MAX_TEXT {
                Some(format!("{name} is longer than {MAX_TEXT} characters."))
            } else {
                None
            }
        })
        .collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Refusal::bad_request(problems))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_number_is_digits_however_it_is_written() {
        for (text, digits) in [
            ("09876543210", "09876543210"),
            ("+91 (987) 654-3210", "+919876543210"),
            ("100", "100"),
        ] {
            assert_eq!(number("n", text).unwrap(), digits);
        }
        for wrong in [
            "",
            "+",
            "12a",
            "１２３",
            "1;2",
            "++1",
            "1234567890123456789012345",
        ] {
            number("n", wrong).unwrap_err();
        }
    }
}
