//! The configuration, by file and environment: who may sign in, and with which phone.

mod exposed;
mod file;
mod origins;
mod ozonetel;
mod phones;
mod platform;
mod queue;
mod redis;
mod roles;
mod rules;
mod secret;
mod shape;
mod tls;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use std::{env, fmt, fs};

use secrecy::SecretSlice;

pub use self::exposed::Lack;
pub(crate) use self::ozonetel::{Authentication, OzonetelSettings};
pub(crate) use self::platform::PlatformSettings;
pub(crate) use self::queue::QueueSettings;
use crate::attempts::Limit;
use crate::directory::Roster;
use crate::network::Network;
use crate::store::Address;
use crate::tls::Certificate;

/// The environment variable with the key that signs access tokens, unless a file holds it; with
/// `_FILE` behind it, it names that file.
pub const JWT_SECRET_VARIABLE: &str = "HELIX_JWT_SECRET";

/// The environment variable with the key that signed access tokens before, which are still accepted;
/// with `_FILE` behind it, it names the file that holds it.
const JWT_SECRET_OLD_VARIABLE: &str = "HELIX_JWT_SECRET_OLD";

/// The environment variable with the address of Redis, unless a file holds it; with `_FILE` behind it,
/// it names that file.
pub const REDIS_URL_VARIABLE: &str = "REDIS_URL";

/// The environment variable with the addresses of the proxies that are believed, with commas between
/// them.
pub(crate) const TRUSTED_PROXIES_VARIABLE: &str = "HELIX_TRUSTED_PROXIES";

/// The environment variables with the files of the certificate and of its key.
pub(crate) const TLS_CERTIFICATE_VARIABLE: &str = "HELIX_TLS_CERTIFICATE_FILE";
pub(crate) const TLS_KEY_VARIABLE: &str = "HELIX_TLS_KEY_FILE";

/// The environment variable with the origins of web pages that may call, separated by commas.
const ALLOWED_ORIGINS_VARIABLE: &str = "HELIX_ALLOWED_ORIGINS";

/// The environment variable with the roles of administrators, separated by commas.
const ADMIN_ROLES_VARIABLE: &str = "HELIX_ADMIN_ROLES";

/// Everything a sidecar serves: settings, and where its users come from, checked as a whole.
#[derive(Debug)]
pub struct Config {
    pub(crate) settings: Settings,
    pub(crate) users: UserSource,
    /// `None`: calls go through SIP alone.
    pub(crate) ozonetel: Option<OzonetelSettings>,
    pub(crate) warnings: Vec<Problem>,
}

/// Where users come from.
#[derive(Debug)]
pub(crate) enum UserSource {
    Roster(Roster),
    Platform(Box<PlatformSettings>),
}

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) ttl: Duration,
    pub(crate) heartbeat: Duration,
    pub(crate) access_token: Duration,
    pub(crate) refresh_token: Duration,
    /// `None`: one is made at each start, on loopback only.
    pub(crate) jwt_secret: Option<SecretSlice<u8>>,
    /// Signed access tokens before, which are still accepted.
    pub(crate) jwt_secret_old: Option<SecretSlice<u8>>,
    /// `None`: this server is the only one and keeps everything in memory.
    pub(crate) redis: Option<Redis>,
    /// `None`: it speaks plain HTTP.
    pub(crate) certificate: Option<Certificate>,
    /// Whose word on the address of a caller is believed.
    pub(crate) trusted_proxies: Vec<Network>,
    /// The origins of web pages that may call; other pages may be of the server's own origin alone.
    pub(crate) allowed_origins: Vec<String>,
    /// Who may read the metrics beside this machine.
    pub(crate) metrics_from: Vec<Network>,
    /// Connections at a time; further ones wait in the system's queue.
    pub(crate) max_connections: usize,
    /// Those of one address that is no proxy's; further ones are closed.
    pub(crate) max_connections_per_address: usize,
    /// Whose roles may see and end the sessions of others.
    pub(crate) admin_roles: Vec<String>,
    pub(crate) account_limit: Limit,
    pub(crate) address_limit: Limit,
}

/// What servers share that serve side by side.
#[derive(Debug)]
pub(crate) struct Redis {
    pub(crate) address: Address,
    /// Stands before the names of all keys. In a cluster it holds what is hashed, in braces: what one
    /// script looks at lies on one node.
    pub(crate) prefix: String,
}

/// A configuration that cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("Cannot read the configuration {path}: {reason}")]
    Unreadable { path: String, reason: String },
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Wrong(Vec<Problem>),
}

/// One thing that is wrong with a configuration, or not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Counted from 1.
    pub line: Option<usize>,
    /// Names the key; never repeats a secret.
    pub text: String,
}

impl Config {
    /// Reads the file at `path` and the secrets it points to, in files relative to its folder, and
    /// the environment, which comes before the file; without a path the environment alone. Where it is
    /// known at which address it will be served, what is missing for that is a problem as well.
    pub fn load(path: Option<&Path>, listen: Option<SocketAddr>) -> Result<Self, ConfigError> {
        let text = match path {
            Some(path) => fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
                path: path.display().to_string(),
                reason: error.to_string(),
            })?,
            None => String::new(),
        };
        let folder = path.and_then(Path::parent).unwrap_or(Path::new("."));
        let variable = |name: &str| env::var(name).ok();
        let sources = secret::Sources::new(folder, &variable);
        rules::check(&text, sources, listen).map_err(ConfigError::Wrong)
    }

    /// Reads a configuration from `text`; `variable` looks up environment variables.
    pub fn from_toml(
        text: &str,
        folder: &Path,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let sources = secret::Sources::new(folder, &variable);
        rules::check(text, sources, None).map_err(ConfigError::Wrong)
    }

    /// Has the server take no more connections than leave it a quarter of `descriptors`, of which each takes one,
    /// for what it asks of others: who opens many connections here must not cut it off from those. Warns where
    /// those are fewer than the settings say.
    pub fn bound_connections(&mut self, descriptors: u64) {
        let most = usize::try_from(descriptors / 4 * 3).unwrap_or(usize::MAX);
        let settings = &mut self.settings;
        if settings.max_connections <= most {
            return;
        }
        let text = format!(
            "max_connections ({}) are {most} here: this process may open {descriptors} files",
            settings.max_connections
        );
        // Of one address the same part as before.
        let of_address = settings.max_connections_per_address as u128 * most as u128;
        let of_address = of_address / settings.max_connections as u128;
        settings.max_connections_per_address = usize::try_from(of_address).unwrap_or(most).max(1);
        settings.max_connections = most;
        self.warnings.push(Problem { line: None, text });
    }

    /// Returns what can be served, but should not be so.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// Returns the certificate that is shown, if TLS is spoken.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.settings.certificate.as_ref()
    }
}

/// Returns what e-mails are compared by.
pub(crate) fn fold_email(email: &str) -> String {
    email.trim().to_lowercase()
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn of_fewer_connections_an_address_has_the_same_part() {
        let mut config = Config::from_toml("", Path::new("."), |_| None).unwrap();
        let warnings = config.warnings().len();
        let most = |config: &Config| {
            let settings = &config.settings;
            (
                settings.max_connections,
                settings.max_connections_per_address,
            )
        };
        config.bound_connections(524_288);
        assert_eq!(most(&config), (4096, 2048));
        assert_eq!(config.warnings().len(), warnings);
        config.bound_connections(1024);
        assert_eq!(most(&config), (768, 384));
        let warning = config.warnings().last().unwrap().to_string();
        assert_eq!(
            warning,
            "max_connections (4096) are 768 here: this process may open 1024 files"
        );
    }
}
