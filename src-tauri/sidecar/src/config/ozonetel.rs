//! `[ozonetel]` and `OZONETEL_…`: the CloudAgent account, if there is one.

use secrecy::SecretString;
use toml::Spanned;
use url::Url;

use super::file::OzonetelTable;
use super::queue::{QueueKeys, QueueSettings};
use super::rules::Rules;
use super::secret::Forms;
use crate::upstream::check_address;

const URL: &str = "OZONETEL_URL";
const USER_NAME: &str = "OZONETEL_USER_NAME";
const API_KEY: &str = "OZONETEL_API_KEY";
const AUTHENTICATION: &str = "OZONETEL_AUTHENTICATION";
const AGENT_PASSWORD: &str = "OZONETEL_AGENT_PASSWORD";
const DID: &str = "OZONETEL_DID";

/// An account at Ozonetel.
#[derive(Debug)]
pub(crate) struct OzonetelSettings {
    pub(crate) url: Url,
    pub(crate) user_name: String,
    pub(crate) api_key: SecretString,
    pub(crate) authentication: Authentication,
    /// For agents who have no password of their own.
    pub(crate) agent_password: Option<SecretString>,
    /// The number that calls come in on, which a disposition names.
    pub(crate) did: Option<String>,
    pub(crate) queue: QueueSettings,
}

/// The two modes of an account, which exclude each other ("API Authentication" in its settings).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Authentication {
    /// `BASIC_AUTH`: the key goes with each order.
    ApiKey,
    /// `TOKEN_AUTH`: the key makes a token, which goes with each order.
    Token,
}

impl Rules<'_> {
    /// Reads the account's settings; `None` where there are none or something is wrong with them.
    pub(super) fn ozonetel(
        &mut self,
        table: Option<Spanned<OzonetelTable>>,
    ) -> Option<OzonetelSettings> {
        let wanted = table.is_some()
            || [URL, USER_NAME, API_KEY]
                .iter()
                .any(|name| self.sources.optional_variable(name).is_some());
        if !wanted {
            return None;
        }
        let span = table.as_ref().map_or(0..0, Spanned::span);
        let table = table.map(Spanned::into_inner).unwrap_or_default();
        let url = self.needed(URL, "ozonetel.url", table.url, &span);
        let url = url.and_then(|url| self.checked(url, check_address));
        let user_name = self.needed(USER_NAME, "ozonetel.user_name", table.user_name, &span);
        let api_key = self.secret(
            API_KEY,
            "ozonetel.api_key",
            Forms {
                given: table.api_key,
                file: table.api_key_file,
                variable: table.api_key_env,
            },
            &span,
        );
        let authentication = self
            .needed(
                AUTHENTICATION,
                "ozonetel.authentication",
                table.authentication,
                &span,
            )
            .and_then(|setting| self.checked(setting, check_authentication));
        let agent_password = self.sources.secret(
            AGENT_PASSWORD,
            "ozonetel.agent_password",
            Forms {
                given: table.agent_password,
                file: table.agent_password_file,
                variable: table.agent_password_env,
            },
        );
        let agent_password = agent_password.unwrap_or_else(|problem| {
            self.report(&span, problem);
            None
        });
        let did = self.sources.setting(DID, "ozonetel.did", table.did);
        let queue = self.queue(QueueKeys {
            pause_reasons: table.pause_reasons,
            dispositions: table.dispositions,
            wrap_up_seconds: table.wrap_up_seconds,
            wrap_up_more_seconds: table.wrap_up_more_seconds,
        });
        Some(OzonetelSettings {
            url: url?,
            user_name: user_name?.text,
            api_key: api_key?,
            authentication: authentication?,
            agent_password,
            did: did.map(|did| did.text),
            queue,
        })
    }
}

fn check_authentication(text: &str) -> Result<Authentication, String> {
    match text {
        "api-key" => Ok(Authentication::ApiKey),
        "token" => Ok(Authentication::Token),
        _ => Err(format!("must be \"api-key\" or \"token\", not {text:?}")),
    }
}
