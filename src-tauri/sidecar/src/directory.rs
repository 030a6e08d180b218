//! Who may sign in, and with which phone: people of the configuration file, or the platform's.

mod roster;

use std::fmt;
use std::sync::Arc;

use secrecy::SecretString;
use sidecar_api::AgentConfig;
use tracing::warn;

pub(crate) use self::roster::{Roster, RosterUser};
use crate::clock::Clock;
use crate::config::UserSource;
use crate::lock::LockName;
use crate::metrics::Metrics;
use crate::password::Passwords;
use crate::platform::{NotRenewed, Platform, Silent};
use crate::token::Caller;
use crate::upstream::NoHttp;

/// The role that cannot work without a phone.
pub(crate) const AGENT_ROLE: &str = "cc-agent";

/// The one place that users come from.
pub(crate) enum Directory {
    Roster(Arc<Roster>, Passwords),
    Platform(Arc<Platform>),
}

/// Somebody who may sign in.
#[derive(Debug, Clone)]
pub(crate) struct User {
    /// The one of the sign-in's answer.
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) role: String,
    /// Who the user is in the workspace; without it nobody can work.
    pub(crate) member_id: Option<String>,
    pub(crate) phone: Phone,
}

/// The phone of a user.
#[derive(Debug, Clone)]
pub(crate) enum Phone {
    /// The user's role works without one.
    NotNeeded,
    /// The user's role needs one, and nobody has set it up.
    Missing,
    Of(Arc<Agent>),
}

/// An agent: a phone account, and what Ozonetel knows them by.
pub(crate) struct Agent {
    pub(crate) config: AgentConfig,
    /// The agent's own password at Ozonetel.
    pub(crate) ozonetel_password: Option<SecretString>,
}

/// Somebody whose credentials were right.
pub(crate) struct SignedIn {
    pub(crate) user: User,
    /// What the platform wants at a refresh.
    pub(crate) platform_token: Option<SecretString>,
}

/// Why nobody is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotSignedIn {
    WrongCredentials,
    /// The credentials are right, and a code of a second device is wanted beside them.
    SecondFactor,
    /// The credentials are right, and the e-mail address is not verified yet.
    EmailNotVerified,
    /// This machine checks as many passwords as it can.
    Busy,
    Silent(Silent),
}

impl Directory {
    pub(crate) fn new(source: UserSource, clock: Clock, metrics: &Metrics) -> Result<Self, NoHttp> {
        Ok(match source {
            UserSource::Roster(roster) => {
                for weak in roster.users().filter(|user| user.password.is_weak()) {
                    warn!(
                        member = weak.user.member_id,
                        "the password hash is weaker than those of hash-password"
                    );
                }
                let hashes = roster.users().map(|user| &*user.password);
                let passwords = Passwords::new(hashes, metrics.password_work.clone());
                Self::Roster(Arc::new(roster), passwords)
            }
            UserSource::Platform(settings) => {
                Self::Platform(Arc::new(Platform::new(*settings, clock, metrics)?))
            }
        })
    }

    /// Checks credentials; `email` is folded.
    pub(crate) async fn sign_in(
        &self,
        email: &str,
        password: &SecretString,
    ) -> Result<SignedIn, NotSignedIn> {
        match self {
            Self::Roster(roster, passwords) => {
                let found = roster.user(email);
                let right = passwords
                    .verify(password.clone(), found.map(|found| &found.password))
                    .await
                    .map_err(|_| NotSignedIn::Busy)?;
                match found {
                    Some(found) if right => Ok(SignedIn {
                        user: found.user.clone(),
                        platform_token: None,
                    }),
                    Some(_) | None => Err(NotSignedIn::WrongCredentials),
                }
            }
            Self::Platform(platform) => {
                let signed_in = platform.sign_in(email, password).await?;
                Ok(SignedIn {
                    user: signed_in.user,
                    platform_token: Some(signed_in.refresh_token),
                })
            }
        }
    }

    /// Returns the member with a folded e-mail, where that is known without asking anybody.
    pub(crate) fn member_of(&self, email: &str) -> Option<&str> {
        match self {
            Self::Roster(roster, _) => roster.user(email)?.user.member_id.as_deref(),
            Self::Platform(_) => None,
        }
    }

    /// Whether another server checks the credentials, in a time of its own.
    pub(crate) fn is_remote(&self) -> bool {
        match self {
            Self::Roster(..) => false,
            Self::Platform(_) => true,
        }
    }

    /// Returns the agent that a member is now, or `None` where they are none.
    pub(crate) async fn agent(&self, member_id: &str) -> Result<Option<Arc<Agent>>, Silent> {
        match self {
            Self::Roster(roster, _) => {
                let found = roster.user_of_member(member_id);
                Ok(found.and_then(|found| found.user.phone.agent().cloned()))
            }
            Self::Platform(platform) => platform.agent(member_id).await,
        }
    }

    /// Whether a member may still be there, as far as that is known without asking anybody.
    pub(crate) fn may_have(&self, member_id: &str) -> bool {
        match self {
            Self::Roster(roster, _) => roster.user_of_member(member_id).is_some(),
            Self::Platform(_) => true,
        }
    }

    /// Whether a caller may still have the role of their sign-in, as far as that is known without asking
    /// anybody.
    pub(crate) fn may_still_be(&self, caller: &Caller) -> bool {
        match self {
            Self::Roster(roster, _) => {
                let found = roster.user_of_member(&caller.member_id);
                found.is_some_and(|found| found.user.role == caller.role)
            }
            Self::Platform(_) => true,
        }
    }

    /// Returns the next token for [`SignedIn::platform_token`]; none where none is needed.
    pub(crate) async fn renew(
        &self,
        platform_token: Option<&SecretString>,
    ) -> Result<Option<SecretString>, NotRenewed> {
        match (self, platform_token) {
            (Self::Roster(..), _) => Ok(None),
            (Self::Platform(_), None) => Err(NotRenewed::Refused),
            (Self::Platform(platform), Some(token)) => platform.renew(token).await.map(Some),
        }
    }

    /// Has [`SignedIn::platform_token`] be good no more, where the platform can do that.
    pub(crate) async fn sign_out(&self, platform_token: &SecretString) {
        match self {
            Self::Roster(..) => {}
            Self::Platform(platform) => platform.sign_out(platform_token).await,
        }
    }

    /// Has the next look at a member's phone be a fresh one.
    pub(crate) fn forget(&self, member_id: &str) {
        match self {
            Self::Roster(..) => {}
            Self::Platform(platform) => platform.forget_agent(member_id),
        }
    }

    /// Forgets what has become too old.
    pub(crate) fn sweep(&self) {
        match self {
            Self::Roster(_, passwords) => passwords.sweep(),
            Self::Platform(platform) => platform.sweep(),
        }
    }
}

impl Phone {
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }

    pub(crate) fn agent(&self) -> Option<&Arc<Agent>> {
        match self {
            Self::NotNeeded | Self::Missing => None,
            Self::Of(agent) => Some(agent),
        }
    }
}

impl From<Silent> for NotSignedIn {
    fn from(silent: Silent) -> Self {
        Self::Silent(silent)
    }
}

impl From<Option<Arc<Agent>>> for Phone {
    fn from(agent: Option<Arc<Agent>>) -> Self {
        agent.map_or(Self::Missing, Self::Of)
    }
}

impl Agent {
    /// Returns what the agent locks.
    pub(crate) fn lock_name(&self) -> LockName {
        LockName {
            ozonetel_agent_id: self.config.ozonetel_agent_id.clone(),
            sip_extension: self.config.sip_extension.clone(),
        }
    }

    #[cfg(test)]
    pub(crate) fn for_tests(id: &str, extension: &str) -> Self {
        Self {
            config: AgentConfig {
                ozonetel_agent_id: id.to_owned(),
                sip_extension: extension.to_owned(),
                sip_password: SecretString::from("a-sip-password"),
                sip_uri: format!("sip:{extension}@sip.example"),
                sip_ws_server: "wss://sip.example:444".to_owned(),
                campaign_name: None,
                ice_servers: Vec::new(),
            },
            ozonetel_password: None,
        }
    }
}

impl fmt::Debug for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Agent")
            .field("ozonetel_agent_id", &self.config.ozonetel_agent_id)
            .field("sip_extension", &self.config.sip_extension)
            .finish_non_exhaustive()
    }
}
