//! `[ozonetel]` and `OZONETEL_…`: the CloudAgent account, if there is one.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use secrecy::SecretString;
use toml::Spanned;
use url::Url;

use super::PlatformSettings;
use super::file::OzonetelTable;
use super::queue::{self, QueueKeys, QueueSettings};
use super::rules::{Agents, Rules};
use super::secret::{Forms, Setting};
use crate::directory::Agent;
use crate::upstream::check_address;

const URL: &str = "OZONETEL_URL";
const USER_NAME: &str = "OZONETEL_USER_NAME";
const API_KEY: &str = "OZONETEL_API_KEY";
const AUTHENTICATION: &str = "OZONETEL_AUTHENTICATION";
const AGENT_PASSWORD: &str = "OZONETEL_AGENT_PASSWORD";
const DID: &str = "OZONETEL_DID";
const DIDS: &str = "OZONETEL_DIDS";
const VARIABLES: [&str; 7] = [
    URL,
    USER_NAME,
    API_KEY,
    AUTHENTICATION,
    AGENT_PASSWORD,
    DID,
    DIDS,
];

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
    /// Those of the campaigns that have another one, by their names.
    pub(crate) dids: BTreeMap<String, String>,
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

impl OzonetelSettings {
    /// Returns the number that the calls of a campaign come in on.
    pub(crate) fn did_of(&self, campaign: Option<&str>) -> Option<&str> {
        campaign
            .and_then(|campaign| self.dids.get(campaign))
            .or(self.did.as_ref())
            .map(String::as_str)
    }
}

impl Rules<'_> {
    /// Reads the account's settings; `None` where there are none or something is wrong with them.
    pub(super) fn ozonetel(
        &mut self,
        table: Option<Spanned<OzonetelTable>>,
        platform: Option<&PlatformSettings>,
        agents: &Agents,
    ) -> Option<OzonetelSettings> {
        let wanted = table.is_some()
            || self.sources.names_any(&VARIABLES)
            || self.sources.names_any(&queue::VARIABLES);
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
        let agent_password = match agent_password {
            Ok(None) => {
                self.check_passwords(&span, platform, agents);
                Some(None)
            }
            Ok(password) => Some(password),
            Err(problem) => {
                self.report(&span, problem);
                None
            }
        };
        let did = self.sources.setting(DID, "ozonetel.did", table.did);
        let dids = self.dids(table.dids);
        let dispositions = table.dispositions.as_ref().map(Spanned::span);
        let queue = self.queue(QueueKeys {
            pause_reasons: table.pause_reasons,
            dispositions: table.dispositions,
            wrap_up_seconds: table.wrap_up_seconds,
            wrap_up_more_seconds: table.wrap_up_more_seconds,
        });
        if !queue.dispositions.is_empty() && did.is_none() && dids.is_empty() {
            self.report(
                &dispositions.unwrap_or(0..0),
                format!(
                    "{DID} (or ozonetel.did) is missing, and ozonetel.dids as well: Ozonetel takes no \
                     outcome of a call without the number that it came in on"
                ),
            );
        }
        Some(OzonetelSettings {
            url: url?,
            user_name: user_name?.text,
            api_key: api_key?,
            authentication: authentication?,
            agent_password: agent_password?,
            did: did.map(|did| did.text),
            dids,
            queue,
        })
    }

    /// Reports the agents who have no password at Ozonetel, where there is none for all.
    fn check_passwords(
        &mut self,
        table: &Range<usize>,
        platform: Option<&PlatformSettings>,
        agents: &Agents,
    ) {
        let missing = format!(
            "{AGENT_PASSWORD} (or {AGENT_PASSWORD}_FILE, or ozonetel.agent_password_file) is missing"
        );
        if platform.is_some_and(|it| it.ozonetel_password_field.is_none()) {
            self.report(
                table,
                format!("{missing}, and platform.ozonetel_password_field as well"),
            );
        }
        let without = agents.values().filter(|it| it.ozonetel_password.is_none());
        for agent in without {
            let id = &agent.config.ozonetel_agent_id;
            self.report(
                table,
                format!("{missing}, and agent {id:?} has no ozonetel_password"),
            );
        }
    }

    /// Reads the numbers of campaigns: in the environment they stand as `campaign=number`, with commas
    /// between them.
    fn dids(
        &mut self,
        in_file: Option<Spanned<BTreeMap<String, String>>>,
    ) -> BTreeMap<String, String> {
        let (name, span, entries) = match self.sources.setting(DIDS, "ozonetel.dids", None) {
            Some(Setting { text, name, span }) => {
                let entries = text.split(',').filter(|it| !it.trim().is_empty());
                let entries: Vec<_> = entries
                    .map(|it| it.split_once('=').unwrap_or((it, "")))
                    .map(|(campaign, number)| (campaign.to_owned(), number.to_owned()))
                    .collect();
                (name, span, entries)
            }
            None => {
                let Some(table) = in_file else {
                    return BTreeMap::new();
                };
                let span = table.span();
                let entries = table.into_inner().into_iter().collect();
                ("ozonetel.dids".to_owned(), span, entries)
            }
        };
        let mut dids = BTreeMap::new();
        for (campaign, number) in entries {
            let (campaign, number) = (campaign.trim().to_owned(), number.trim().to_owned());
            if campaign.is_empty() || number.is_empty() {
                let problem =
                    format!("{name}: {campaign:?} has no number, or a number no campaign");
                self.report(&span, problem);
            } else {
                dids.insert(campaign, number);
            }
        }
        dids
    }

    /// Reports the agents of the file whose calls have no number, where outcomes need one.
    pub(super) fn check_dids<'a>(
        &mut self,
        ozonetel: Option<&OzonetelSettings>,
        agents: impl Iterator<Item = &'a Arc<Agent>>,
    ) {
        let Some(ozonetel) = ozonetel else { return };
        let has_any = ozonetel.did.is_some() || !ozonetel.dids.is_empty();
        if ozonetel.queue.dispositions.is_empty() || !has_any {
            return;
        }
        for agent in agents {
            let config = &agent.config;
            if ozonetel.did_of(config.campaign_name.as_deref()).is_none() {
                self.report(
                    &(0..0),
                    format!(
                        "agent {:?}: the campaign {:?} has no number in ozonetel.dids, and there is no \
                         ozonetel.did",
                        config.ozonetel_agent_id,
                        config.campaign_name.as_deref().unwrap_or_default(),
                    ),
                );
            }
        }
    }
}

fn check_authentication(text: &str) -> Result<Authentication, String> {
    match text {
        "api-key" => Ok(Authentication::ApiKey),
        "token" => Ok(Authentication::Token),
        _ => Err(format!("must be \"api-key\" or \"token\", not {text:?}")),
    }
}
