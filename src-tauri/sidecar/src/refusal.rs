use std::time::Duration;

use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use sidecar_api::{
    AGENT_NOT_CONFIGURED, ALREADY_LOGGED_IN, CANNOT_SIGN_IN_NOW, ErrorBody, Holder, Message,
    RefusalReason, WRONG_CREDENTIALS,
};
use time::format_description::well_known::Rfc3339;

use crate::duty;
use crate::lock::{LockUnavailable, Owner};
use crate::ozonetel::{self, Words};
use crate::platform::{NotRenewed, Silent};
use crate::store::Unanswered;

/// After which it is worth to listen again where too many do.
const LISTEN_AGAIN: Duration = Duration::from_secs(30);

/// After which it is worth to come again while a session is being ended: most logouts take less.
const COME_AGAIN: Duration = Duration::from_secs(2);

/// Of two machines with one device id, as a copied installation has it, one signs out the other.
const SIGNED_IN_AGAIN: &str = "This device has signed in again since, there or as a copy of its \
                               installation: it has one session at a time.";

const STILL_ENDING: &str = "Your last session is still being ended";

/// An answer that is not a success: one row of the contract's table.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    message: Message,
    holder: Option<Box<Holder>>,
    is_askable: bool,
    reason: Option<RefusalReason>,
    retry_after: Option<Duration>,
}

impl Refusal {
    /// 400, with each thing that is missing or wrong.
    pub(crate) fn bad_request(problems: impl IntoIterator<Item = String>) -> Self {
        let mut problems: Vec<String> = problems.into_iter().collect();
        let message = if problems.len() == 1 {
            Message::One(problems.remove(0))
        } else {
            Message::Many(problems)
        };
        Self {
            message,
            ..Self::new(StatusCode::BAD_REQUEST, "")
        }
    }

    /// 400: the user cannot work anywhere.
    pub(crate) fn no_member() -> Self {
        Self::bad_request(["Your user has no workspace member. Contact administrator.".to_owned()])
    }

    pub(crate) fn wrong_credentials() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, WRONG_CREDENTIALS)
    }

    pub(crate) fn invalid_access_token() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "The access token is missing, invalid or expired.",
        )
    }

    /// 401: the member is no longer the agent whose phone the session was granted. The session has ended.
    pub(crate) fn account_changed() -> Self {
        Self {
            reason: Some(RefusalReason::AccountChanged),
            ..Self::new(
                StatusCode::UNAUTHORIZED,
                "Your phone account has changed. Please sign in again.",
            )
        }
    }

    pub(crate) fn invalid_refresh_token() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "The refresh token is no longer valid. Please sign in again.",
        )
    }

    pub(crate) fn agent_not_configured() -> Self {
        Self::new(StatusCode::FORBIDDEN, AGENT_NOT_CONFIGURED)
    }

    /// 403: nothing here can ask for the code of a second device.
    pub(crate) fn second_factor() -> Self {
        Self {
            reason: Some(RefusalReason::SecondFactor),
            ..Self::new(
                StatusCode::FORBIDDEN,
                "Your account asks for a second factor, which this sign-in cannot do. Contact \
                 administrator.",
            )
        }
    }

    pub(crate) fn email_not_verified() -> Self {
        Self {
            reason: Some(RefusalReason::EmailNotVerified),
            ..Self::new(
                StatusCode::FORBIDDEN,
                "Your e-mail address is not verified yet. Open the link in the message you were \
                 sent, then sign in again.",
            )
        }
    }

    /// 409: `holder` has the lock that `member_id` asks for.
    pub(crate) fn held(holder: &Owner, member_id: &str) -> Self {
        if duty::is_ending(holder) {
            return Self::is_ending(&format!("{STILL_ENDING}."));
        }
        Self {
            holder: Some(Box::new(shown(holder, member_id))),
            ..Self::new(StatusCode::CONFLICT, ALREADY_LOGGED_IN)
        }
    }

    /// 409: the caller's own device has the lock by a later session, `holder`.
    pub(crate) fn superseded(holder: &Owner, member_id: &str) -> Self {
        Self {
            holder: Some(Box::new(shown(holder, member_id))),
            ..Self::new(StatusCode::CONFLICT, SIGNED_IN_AGAIN)
        }
    }

    /// The same of a login, which also says whether the holder can be asked.
    pub(crate) fn held_at_login(holder: Holder, is_askable: bool) -> Self {
        Self {
            holder: Some(Box::new(holder)),
            is_askable,
            ..Self::new(StatusCode::CONFLICT, ALREADY_LOGGED_IN)
        }
    }

    /// 503 of a login while the server itself logs the agent out at Ozonetel.
    pub(crate) fn is_ending_at_login() -> Self {
        Self::is_ending(&format!("{CANNOT_SIGN_IN_NOW} {STILL_ENDING}."))
    }

    /// 503: no device holds the lock, and soon nobody does.
    fn is_ending(message: &str) -> Self {
        Self {
            retry_after: Some(COME_AGAIN),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
        }
    }

    /// 403: the caller's role is none of those that are named in the settings.
    pub(crate) fn not_an_administrator() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "This call is for administrators alone.",
        )
    }

    /// 404: nobody holds this agent, as far as is known.
    pub(crate) fn no_session() -> Self {
        Self::new(StatusCode::NOT_FOUND, "This agent has no session.")
    }

    /// 404: nothing is known of this ticket any more.
    pub(crate) fn no_takeover() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "This takeover is over. Please ask again.",
        )
    }

    /// 404: there is nothing to answer, or not any more.
    pub(crate) fn nothing_to_answer() -> Self {
        Self::new(StatusCode::NOT_FOUND, "This request is over.")
    }

    /// 503: as many listen as this server can keep.
    pub(crate) fn too_many_listeners() -> Self {
        Self {
            retry_after: Some(LISTEN_AGAIN),
            ..Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "Too many phones listen at this server.",
            )
        }
    }

    /// 404: there is nobody to give an order to.
    pub(crate) fn no_ozonetel() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "No Ozonetel account is configured here.",
        )
    }

    /// 403: the caller works without a phone.
    pub(crate) fn not_an_agent() -> Self {
        Self::new(StatusCode::FORBIDDEN, "This call is for agents alone.")
    }

    /// 422: the agent's record names no campaign to dial in.
    pub(crate) fn no_campaign() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Your agent account has no campaign to dial in. Contact administrator.",
        )
    }

    /// 422: Ozonetel understood and says no.
    pub(crate) fn of_ozonetel(words: &Words) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, words.as_str())
    }

    pub(crate) fn body_too_large(limit: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            &format!("The body is larger than {limit} bytes."),
        )
    }

    pub(crate) fn body_too_slow() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "The body did not arrive in time.",
        )
    }

    pub(crate) fn too_many_attempts(wait: Duration) -> Self {
        Self {
            retry_after: Some(wait),
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "Too many sign-in attempts. Please wait and try again.",
            )
        }
    }

    /// 503 of a login, with the part that failed.
    pub(crate) fn cannot_sign_in(failed: &str) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            &format!("{CANNOT_SIGN_IN_NOW} {failed}."),
        )
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "There is no such call.")
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "This call takes another method.",
        )
    }

    fn new(status: StatusCode, message: &str) -> Self {
        Self {
            status,
            message: Message::One(message.to_owned()),
            holder: None,
            is_askable: false,
            reason: None,
            retry_after: None,
        }
    }
}

/// Returns what a lock alone says of its holder to `member_id`.
pub(crate) fn shown(holder: &Owner, member_id: &str) -> Holder {
    Holder {
        device_name: holder.device_name.clone(),
        system: None,
        since: holder.since.and_then(|it| it.format(&Rfc3339).ok()),
        in_call: None,
        same_member: holder.member_id == member_id,
    }
}

impl From<Unanswered> for Refusal {
    fn from(error: Unanswered) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, &format!("{error}."))
    }
}

impl From<LockUnavailable> for Refusal {
    fn from(error: LockUnavailable) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, &format!("{error}."))
    }
}

impl From<Silent> for Refusal {
    fn from(silent: Silent) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, &format!("{silent}."))
    }
}

impl From<ozonetel::Silent> for Refusal {
    fn from(silent: ozonetel::Silent) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, &format!("{silent}."))
    }
}

impl From<NotRenewed> for Refusal {
    fn from(error: NotRenewed) -> Self {
        match error {
            NotRenewed::Refused => Self::invalid_refresh_token(),
            NotRenewed::Silent(silent) => silent.into(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = ErrorBody {
            status_code: self.status.as_u16(),
            message: self.message,
            holder: self.holder.map(|it| *it),
            askable: self.is_askable,
            reason: self.reason,
        };
        let mut response = (self.status, Json(body)).into_response();
        if let Some(wait) = self.retry_after {
            // RFC 9110 §10.2.3: whole seconds; rounded up, so that waiting them is enough.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response
    }
}
