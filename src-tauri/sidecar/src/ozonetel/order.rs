//! What Ozonetel is told to do: the calls of its CloudAgent API.

use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sidecar_api::{AgentState, RecordingAction};
use url::Url;
use url::form_urlencoded::Serializer;
use zeroize::Zeroizing;

use super::answer::Words;
use crate::upstream::with_json;

/// A login or logout, which an agent's own credentials stand for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Presence<'a> {
    pub(super) action: Action,
    pub(super) agent_id: &'a str,
    pub(super) password: &'a SecretString,
    /// Where the agent's calls go: the extension. A logout needs none.
    pub(super) phone_number: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Login,
    Logout,
}

/// An order about an agent or a call, which the account stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Order<'a> {
    State {
        state: AgentState,
        pause_reason: Option<&'a str>,
    },
    Dial {
        campaign: &'a str,
        number: &'a str,
    },
    Dispose {
        ucid: &'a str,
        /// The number that the call came in on, where it is known.
        did: Option<&'a str>,
        disposition: &'a str,
        comments: Option<&'a str>,
        /// An earlier try had no answer, so it may have been carried out.
        is_repeated: bool,
        /// What the agent pauses for right after it.
        pause_reason: Option<&'a str>,
    },
    /// Calls somebody into a call, or drops them from it.
    Party {
        ucid: &'a str,
        /// The number that the call came in on, where it is known.
        did: Option<&'a str>,
        number: &'a str,
        is_wanted: bool,
        /// The agent's own phone, which is in the call.
        extension: &'a str,
    },
    Recording {
        ucid: &'a str,
        action: RecordingAction,
    },
}

/// Whose account it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Account<'a> {
    pub(super) user_name: &'a str,
    pub(super) api_key: &'a SecretString,
}

/// Where a token of the account is asked for.
pub(super) const TOKEN_PATH: &str = "ca_apis/CAToken/generateToken";

const PRESENCE_PATH: &str = "CAServices/AgentAuthenticationV2/index.php";

impl Action {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Logout => "logout",
        }
    }
}

impl Presence<'_> {
    /// Fills in `post`, which makes the request for an address.
    pub(super) fn request(
        self,
        account: Account<'_>,
        base: &Url,
        post: impl FnOnce(Url) -> RequestBuilder,
    ) -> RequestBuilder {
        let mut form = Serializer::new(String::new());
        form.append_pair("userName", account.user_name)
            .append_pair("apiKey", account.api_key.expose_secret())
            .append_pair("action", self.action.name());
        if self.action == Action::Login {
            form.append_pair("phoneNumber", self.phone_number);
        }
        let form = Zeroizing::new(form.finish().into_bytes());
        post(address(base, PRESENCE_PATH))
            .basic_auth(self.agent_id, Some(self.password.expose_secret()))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(bytes::Bytes::from_owner(form))
    }
}

impl Order<'_> {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::State { .. } => "state",
            Self::Dial { .. } => "dial",
            Self::Dispose { .. } => "dispose",
            Self::Party {
                is_wanted: true, ..
            } => "conference",
            Self::Party {
                is_wanted: false, ..
            } => "kick",
            Self::Recording { .. } => "recording",
        }
    }

    /// Whether these words of refusal mean that the order was carried out before.
    pub(super) fn was_done(self, words: &Words) -> bool {
        match self {
            Self::Dispose { is_repeated, .. } => is_repeated && words.is_already_disposed(),
            Self::State { .. }
            | Self::Dial { .. }
            | Self::Party { .. }
            | Self::Recording { .. } => false,
        }
    }

    /// Fills in what `begin` makes; what proves the account is the caller's to add, but for a
    /// recording, whose call takes it in its address alone.
    pub(super) fn request(
        self,
        account: Account<'_>,
        agent_id: &str,
        base: &Url,
        begin: impl FnOnce(Method, Url) -> RequestBuilder,
    ) -> RequestBuilder {
        let mut address = address(base, self.path());
        if let Self::Recording { ucid, action } = self {
            let action = match action {
                RecordingAction::Pause => "pause",
                RecordingAction::Resume => "unPause",
            };
            address
                .query_pairs_mut()
                .append_pair("userName", account.user_name)
                .append_pair("apiKey", account.api_key.expose_secret())
                .append_pair("action", action)
                .append_pair("ucid", ucid);
            return begin(Method::GET, address);
        }
        with_json(begin(Method::POST, address), &self.json(account, agent_id))
    }

    fn path(self) -> &'static str {
        match self {
            Self::State { .. } => "ca_apis/changeAgentState",
            Self::Dial { .. } => "ca_apis/AgentManualDial",
            Self::Dispose { .. } => "ca_apis/DispositionAPIV2",
            Self::Party { .. } => "ca_apis/CallControl_V4",
            Self::Recording { .. } => "CAServices/Call/Record.php",
        }
    }

    fn json(self, account: Account<'_>, agent_id: &str) -> Value {
        let user_name = account.user_name;
        let mut json = match self {
            Self::State {
                state,
                pause_reason,
            } => json!({
                "userName": user_name, "agentId": agent_id,
                "state": state.as_str(), "pauseReason": pause_reason,
            }),
            Self::Dial { campaign, number } => json!({
                "userName": user_name, "agentID": agent_id, "campaignName": campaign,
                "customerNumber": number, "UCID": "true",
            }),
            Self::Dispose {
                ucid,
                did,
                disposition,
                comments,
                is_repeated: _,
                pause_reason,
            } => json!({
                "action": "Set", "userName": user_name, "agentID": agent_id, "ucid": ucid,
                "did": did, "disposition": disposition, "comments": comments,
                "autoRelease": "true",
                "pauseAfterDispose": pause_reason.map(|_| "true"), "pauseReason": pause_reason,
            }),
            Self::Party {
                ucid,
                did,
                number,
                is_wanted,
                extension,
            } => json!({
                "action": if is_wanted { "CONFERENCE" } else { "KICK_CALL" },
                "userName": user_name, "agentPhoneName": extension, "ucid": ucid,
                "did": did, "conferenceNumber": number,
            }),
            Self::Recording { .. } => Value::Null,
        };
        // What is not set is left out: Ozonetel takes null for the word "null".
        if let Value::Object(fields) = &mut json {
            fields.retain(|_, value| !value.is_null());
        }
        json
    }
}

/// Returns the address of a call of the API.
pub(super) fn address(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.path_segments_mut()
        .expect("an address of HTTP has a path")
        .pop_if_empty()
        .extend(path.split('/'));
    url
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_not_set_is_left_out() {
        let api_key = SecretString::from("key");
        let account = Account {
            user_name: "acme",
            api_key: &api_key,
        };
        let order = Order::Dispose {
            ucid: "9",
            did: None,
            disposition: "Sale",
            comments: None,
            is_repeated: true,
            pause_reason: None,
        };
        assert_eq!(
            order.json(account, "agent1"),
            json!({
                "action": "Set", "userName": "acme", "agentID": "agent1", "ucid": "9",
                "disposition": "Sale", "autoRelease": "true",
            })
        );
        let order = Order::State {
            state: AgentState::Pause,
            pause_reason: Some("Lunch"),
        };
        assert_eq!(
            order.json(account, "agent1"),
            json!({
                "userName": "acme", "agentId": "agent1", "state": "Pause", "pauseReason": "Lunch",
            })
        );
    }
}
