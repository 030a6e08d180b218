//! The configuration file: who may sign in, and with which phone.

mod file;
mod rules;
mod secret;

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::{env, fmt, fs};

use secrecy::SecretSlice;
use sidecar_api::AgentConfig;

use crate::attempts::Limit;
use crate::password::StoredHash;

/// The environment variable with the key that signs access tokens, unless a file holds it.
pub const JWT_SECRET_VARIABLE: &str = "HELIX_JWT_SECRET";

/// The role that cannot work without a phone.
const AGENT_ROLE: &str = "cc-agent";

/// Everything a sidecar serves: settings, users and their agents, checked as a whole.
#[derive(Debug)]
pub struct Config {
    pub(crate) settings: Settings,
    users: HashMap<String, Arc<User>>,
    emails_by_member: HashMap<String, String>,
}

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) ttl: Duration,
    pub(crate) heartbeat: Duration,
    pub(crate) access_token: Duration,
    pub(crate) refresh_token: Duration,
    /// `None`: one is made at each start, on loopback only.
    pub(crate) jwt_secret: Option<SecretSlice<u8>>,
    /// Whose word on the address of a caller is believed.
    pub(crate) trusted_proxies: Vec<IpAddr>,
    pub(crate) account_limit: Limit,
    pub(crate) address_limit: Limit,
}

pub(crate) struct User {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) role: String,
    pub(crate) password: Arc<StoredHash>,
    pub(crate) member_id: Option<String>,
    pub(crate) agent: Option<Arc<AgentConfig>>,
}

/// A configuration that cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("Cannot read the configuration {path}: {reason}")]
    Unreadable { path: String, reason: String },
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Wrong(Vec<Problem>),
}

/// One thing that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Counted from 1.
    pub line: Option<usize>,
    /// Names the key; never repeats a secret.
    pub text: String,
}

impl Config {
    /// Reads the file at `path` and the secrets it points to: files relative to its folder, and
    /// environment variables.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
            path: path.display().to_string(),
            reason: error.to_string(),
        })?;
        let folder = path.parent().unwrap_or(Path::new("."));
        Self::from_toml(&text, folder, |name| env::var(name).ok())
    }

    /// Reads a configuration from `text`; `variable` looks up environment variables.
    pub fn from_toml(
        text: &str,
        folder: &Path,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        rules::check(text, secret::Sources::new(folder, &variable)).map_err(ConfigError::Wrong)
    }

    /// Returns the user with this e-mail, whatever its case.
    pub(crate) fn user(&self, email: &str) -> Option<&Arc<User>> {
        self.users.get(&fold_email(email))
    }

    pub(crate) fn user_of_member(&self, member_id: &str) -> Option<&Arc<User>> {
        self.users.get(self.emails_by_member.get(member_id)?)
    }

    pub(crate) fn users(&self) -> impl Iterator<Item = &Arc<User>> {
        self.users.values()
    }
}

impl User {
    /// Whether the user's role cannot work without a phone.
    pub(crate) fn needs_phone(&self) -> bool {
        self.role == AGENT_ROLE
    }
}

/// Returns what e-mails are compared by.
pub(crate) fn fold_email(email: &str) -> String {
    email.trim().to_lowercase()
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("email", &self.email)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}
