//! The shape of the configuration file; an unknown key is an error.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;

use super::secret::Text;
use crate::network::Network;

/// Seconds that an access token may live at the most (security, S16).
pub(super) const LONGEST_ACCESS_TOKEN: u32 = 15 * 60;

/// Seconds that it should live at the least: a phone renews it after four fifths of that, and two machines with one
/// session take turns for longer than a used refresh token works ([`GRACE`](crate::session::GRACE), twice).
pub(super) const SHORTEST_ACCESS_TOKEN: u32 = 5 * 60 + 1;

/// Wrong passwords that one account should have in any minute at the most (security, S15).
pub(super) const MOST_GUESSES: u32 = 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub(super) settings: SettingsTable,
    pub(super) platform: Option<Spanned<PlatformTable>>,
    pub(super) ozonetel: Option<Spanned<OzonetelTable>>,
    #[serde(default)]
    pub(super) agents: Vec<Spanned<AgentTable>>,
    #[serde(default)]
    pub(super) users: Vec<Spanned<UserTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SettingsTable {
    pub(super) ttl_seconds: Spanned<u32>,
    pub(super) heartbeat_seconds: Spanned<u32>,
    pub(super) access_token_seconds: Spanned<u32>,
    pub(super) refresh_token_seconds: Spanned<u32>,
    pub(super) jwt_secret_file: Option<Spanned<PathBuf>>,
    pub(super) jwt_secret_old_file: Option<Spanned<PathBuf>>,
    pub(super) redis_url_file: Option<Spanned<PathBuf>>,
    pub(super) redis_key_prefix: Option<Spanned<String>>,
    pub(super) tls_certificate_file: Option<Spanned<String>>,
    pub(super) tls_key_file: Option<Spanned<String>>,
    pub(super) trusted_proxies: Vec<Network>,
    pub(super) allowed_origins: Vec<Spanned<String>>,
    pub(super) metrics_from: Vec<Network>,
    pub(super) admin_roles: Vec<Spanned<String>>,
    pub(super) max_connections: Spanned<u32>,
    pub(super) max_connections_per_address: Option<Spanned<u32>>,
    pub(super) login_limits: LimitsTable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LimitsTable {
    pub(super) account_burst: Spanned<u32>,
    pub(super) account_refill_seconds: Spanned<u32>,
    pub(super) address_burst: Spanned<u32>,
    pub(super) address_refill_seconds: Spanned<u32>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlatformTable {
    pub(super) url: Option<Spanned<String>>,
    pub(super) origin: Option<Spanned<String>>,
    pub(super) user_path: Option<Spanned<String>>,
    pub(super) api_key: Option<Text>,
    pub(super) api_key_file: Option<PathBuf>,
    pub(super) api_key_env: Option<String>,
    pub(super) sip_domain: Option<Spanned<String>>,
    pub(super) sip_ws_server: Option<Spanned<String>>,
    pub(super) ozonetel_password_field: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) roles: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) ice_servers: Vec<Spanned<IceServerTable>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OzonetelTable {
    pub(super) url: Option<Spanned<String>>,
    pub(super) user_name: Option<Spanned<String>>,
    pub(super) api_key: Option<Text>,
    pub(super) api_key_file: Option<PathBuf>,
    pub(super) api_key_env: Option<String>,
    pub(super) authentication: Option<Spanned<String>>,
    pub(super) agent_password: Option<Text>,
    pub(super) agent_password_file: Option<PathBuf>,
    pub(super) agent_password_env: Option<String>,
    pub(super) did: Option<Spanned<String>>,
    pub(super) dids: Option<Spanned<BTreeMap<String, String>>>,
    pub(super) pause_reasons: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) dispositions: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) wrap_up_seconds: Option<Spanned<u32>>,
    pub(super) wrap_up_more_seconds: Option<Spanned<u32>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AgentTable {
    pub(super) ozonetel_agent_id: Spanned<String>,
    pub(super) sip_extension: Spanned<String>,
    pub(super) sip_password: Option<Text>,
    pub(super) sip_password_file: Option<PathBuf>,
    pub(super) sip_password_env: Option<String>,
    pub(super) ozonetel_password: Option<Text>,
    pub(super) ozonetel_password_file: Option<PathBuf>,
    pub(super) ozonetel_password_env: Option<String>,
    pub(super) sip_uri: Spanned<String>,
    pub(super) sip_ws_server: Spanned<String>,
    pub(super) campaign_name: Option<String>,
    #[serde(default)]
    pub(super) ice_servers: Vec<Spanned<IceServerTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IceServerTable {
    pub(super) urls: Vec<Spanned<String>>,
    pub(super) username: Option<String>,
    pub(super) credential: Option<Text>,
    pub(super) credential_file: Option<PathBuf>,
    pub(super) credential_env: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserTable {
    pub(super) email: Spanned<String>,
    pub(super) name: String,
    pub(super) role: Spanned<String>,
    pub(super) password_hash: Spanned<Text>,
    pub(super) member_id: Option<Spanned<String>>,
    pub(super) agent: Option<Spanned<String>>,
}

impl Default for SettingsTable {
    fn default() -> Self {
        Self {
            // The contract's default.
            ttl_seconds: unplaced(3600),
            heartbeat_seconds: unplaced(300),
            access_token_seconds: unplaced(LONGEST_ACCESS_TOKEN),
            // One shift; it begins anew with each refresh.
            refresh_token_seconds: unplaced(12 * 60 * 60),
            jwt_secret_file: None,
            jwt_secret_old_file: None,
            redis_url_file: None,
            redis_key_prefix: None,
            tls_certificate_file: None,
            tls_key_file: None,
            trusted_proxies: Vec::new(),
            allowed_origins: Vec::new(),
            metrics_from: Vec::new(),
            admin_roles: Vec::new(),
            // Two for each of two thousand agents.
            max_connections: unplaced(4096),
            max_connections_per_address: None,
            login_limits: LimitsTable::default(),
        }
    }
}

impl Default for LimitsTable {
    fn default() -> Self {
        Self {
            // Together MOST_GUESSES.
            account_burst: unplaced(5),
            account_refill_seconds: unplaced(12),
            // A call centre shares one address: room for mistyped passwords at a shift's start.
            address_burst: unplaced(100),
            address_refill_seconds: unplaced(1),
        }
    }
}

/// A default stands nowhere in the file.
fn unplaced<T>(value: T) -> Spanned<T> {
    Spanned::new(0..0, value)
}
