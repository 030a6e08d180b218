//! What must hold in a configuration beyond its shape.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretSlice};
use sidecar_api::{AgentConfig, IceServer, Urls};
use toml::Spanned;
use url::{Host, Url};

use super::file::{AgentTable, File, IceServerTable, SettingsTable, UserTable};
use super::secret::Sources;
use super::{AGENT_ROLE, Config, JWT_SECRET_VARIABLE, Problem, Settings, User, fold_email};
use crate::attempts::Limit;
use crate::password::StoredHash;

/// Bytes of the key of HS256 (RFC 7518 §3.2: at least as many as the hash has).
const JWT_SECRET_BYTES: usize = 32;

/// Reads `text` and checks all of it, so that one look shows every problem.
pub(super) fn check(text: &str, sources: Sources<'_>) -> Result<Config, Vec<Problem>> {
    let file: File = toml::from_str(text).map_err(|error| {
        vec![Problem {
            line: error.span().map(|span| line_of(text, &span)),
            text: error.message().to_owned(),
        }]
    })?;
    let mut rules = Rules {
        text,
        sources,
        problems: Vec::new(),
        agent_ids: BTreeSet::new(),
    };
    let settings = rules.settings(file.settings);
    let agents = rules.agents(file.agents);
    let (users, emails_by_member) = rules.users(file.users, &agents);
    if rules.problems.is_empty() {
        Ok(Config {
            settings,
            users,
            emails_by_member,
        })
    } else {
        Err(rules.problems)
    }
}

struct Rules<'a> {
    text: &'a str,
    sources: Sources<'a>,
    problems: Vec<Problem>,
    /// The ids of all agents, also of those with a problem.
    agent_ids: BTreeSet<String>,
}

type Agents = BTreeMap<String, Arc<AgentConfig>>;
type Users = HashMap<String, Arc<User>>;
type EmailsByMember = HashMap<String, String>;

impl Rules<'_> {
    fn report(&mut self, span: &Range<usize>, text: String) {
        self.problems.push(Problem {
            line: (!span.is_empty()).then(|| line_of(self.text, span)),
            text,
        });
    }

    fn settings(&mut self, table: SettingsTable) -> Settings {
        let limits = &table.login_limits;
        for (name, value) in [
            ("ttl_seconds", &table.ttl_seconds),
            ("heartbeat_seconds", &table.heartbeat_seconds),
            ("access_token_seconds", &table.access_token_seconds),
            ("refresh_token_seconds", &table.refresh_token_seconds),
            ("account_burst", &limits.account_burst),
            ("account_refill_seconds", &limits.account_refill_seconds),
            ("address_burst", &limits.address_burst),
            ("address_refill_seconds", &limits.address_refill_seconds),
        ] {
            if *value.get_ref() == 0 {
                self.report(&value.span(), format!("{name} must not be 0"));
            }
        }
        let (ttl, heartbeat) = (
            *table.ttl_seconds.get_ref(),
            *table.heartbeat_seconds.get_ref(),
        );
        if heartbeat.saturating_mul(2) > ttl {
            let span = match table.heartbeat_seconds.span() {
                span if span.is_empty() => table.ttl_seconds.span(),
                span => span,
            };
            self.report(
                &span,
                format!(
                    "heartbeat_seconds ({heartbeat}) must be at most half of ttl_seconds ({ttl}), \
                     so that one lost heartbeat does not cost the lock"
                ),
            );
        }
        let jwt_secret = self.jwt_secret(&table);
        let limit = |burst: &Spanned<u32>, refill: &Spanned<u32>| Limit {
            burst: *burst.get_ref(),
            refill: seconds(refill),
        };
        Settings {
            ttl: seconds(&table.ttl_seconds),
            heartbeat: seconds(&table.heartbeat_seconds),
            access_token: seconds(&table.access_token_seconds),
            refresh_token: seconds(&table.refresh_token_seconds),
            jwt_secret,
            trusted_proxies: table.trusted_proxies,
            account_limit: limit(&limits.account_burst, &limits.account_refill_seconds),
            address_limit: limit(&limits.address_burst, &limits.address_refill_seconds),
        }
    }

    fn jwt_secret(&mut self, table: &SettingsTable) -> Option<SecretSlice<u8>> {
        let (secret, name, span) = match &table.jwt_secret_file {
            Some(path) => match self.sources.file(path.get_ref()) {
                Ok(secret) => (secret, "jwt_secret_file", path.span()),
                Err(error) => {
                    self.report(&path.span(), format!("jwt_secret_file: {error}"));
                    return None;
                }
            },
            None => (
                self.sources.optional_variable(JWT_SECRET_VARIABLE)?,
                JWT_SECRET_VARIABLE,
                0..0,
            ),
        };
        let bytes = secret.expose_secret().as_bytes();
        if bytes.len() < JWT_SECRET_BYTES {
            self.report(
                &span,
                format!("{name} must hold at least {JWT_SECRET_BYTES} bytes"),
            );
        }
        Some(bytes.to_vec().into())
    }

    fn agents(&mut self, tables: Vec<Spanned<AgentTable>>) -> Agents {
        let mut agents = Agents::new();
        let mut extensions: HashMap<String, String> = HashMap::new();
        for table in tables {
            let span = table.span();
            let table = table.into_inner();
            let id = table.ozonetel_agent_id.get_ref().clone();
            let extension = table.sip_extension.get_ref().clone();
            if id.is_empty() {
                self.report(&span, "ozonetel_agent_id is empty".to_owned());
            }
            if extension.is_empty() {
                self.report(&span, "sip_extension is empty".to_owned());
            }
            if !self.agent_ids.insert(id.clone()) {
                self.report(
                    &table.ozonetel_agent_id.span(),
                    format!("two agents have the ozonetel_agent_id {id:?}"),
                );
            }
            if let Some(other) = extensions.insert(extension.clone(), id.clone()) {
                self.report(
                    &table.sip_extension.span(),
                    format!(
                        "the agents {other:?} and {id:?} share the sip_extension {extension:?}"
                    ),
                );
            }
            if let Some(agent) = self.agent(table, &span) {
                agents.insert(id, Arc::new(agent));
            }
        }
        agents
    }

    fn agent(&mut self, table: AgentTable, span: &Range<usize>) -> Option<AgentConfig> {
        let id = table.ozonetel_agent_id.into_inner();
        if let Err(error) = check_sip_uri(table.sip_uri.get_ref()) {
            self.report(
                &table.sip_uri.span(),
                format!("sip_uri of agent {id:?} {error}"),
            );
        }
        if let Err(error) = check_ws_server(table.sip_ws_server.get_ref()) {
            self.report(
                &table.sip_ws_server.span(),
                format!("sip_ws_server of agent {id:?} {error}"),
            );
        }
        let ice_servers = table
            .ice_servers
            .into_iter()
            .filter_map(|server| self.ice_server(server, &id))
            .collect();
        let password = self.sources.one_of(
            "sip_password",
            table.sip_password,
            table.sip_password_file,
            table.sip_password_env,
        );
        let sip_password = match password {
            Ok(Some(password)) => password,
            Ok(None) => {
                self.report(
                    span,
                    format!(
                        "agent {id:?} needs sip_password, sip_password_file or sip_password_env"
                    ),
                );
                return None;
            }
            Err(error) => {
                self.report(span, format!("agent {id:?}: {error}"));
                return None;
            }
        };
        Some(AgentConfig {
            ozonetel_agent_id: id,
            sip_extension: table.sip_extension.into_inner(),
            sip_password,
            sip_uri: table.sip_uri.into_inner(),
            sip_ws_server: table.sip_ws_server.into_inner(),
            campaign_name: table.campaign_name,
            ice_servers,
        })
    }

    fn ice_server(&mut self, table: Spanned<IceServerTable>, agent: &str) -> Option<IceServer> {
        let span = table.span();
        let table = table.into_inner();
        for url in &table.urls {
            if !is_ice_url(url.get_ref()) {
                self.report(
                    &url.span(),
                    format!(
                        "ice_servers of agent {agent:?}: {:?} is no stun:, stuns:, turn: or turns: \
                         address",
                        url.get_ref()
                    ),
                );
            }
        }
        let credential = self.sources.one_of(
            "credential",
            table.credential,
            table.credential_file,
            table.credential_env,
        );
        match credential {
            Ok(credential) => Some(IceServer {
                urls: Urls::Many(table.urls.into_iter().map(Spanned::into_inner).collect()),
                username: table.username,
                credential,
            }),
            Err(error) => {
                self.report(&span, format!("ice_servers of agent {agent:?}: {error}"));
                None
            }
        }
    }

    fn users(
        &mut self,
        tables: Vec<Spanned<UserTable>>,
        agents: &Agents,
    ) -> (Users, EmailsByMember) {
        let mut users = Users::new();
        let mut emails_by_member = EmailsByMember::new();
        for table in tables {
            let table = table.into_inner();
            let email = fold_email(table.email.get_ref());
            if !email.contains('@') {
                self.report(&table.email.span(), format!("{email:?} is no e-mail"));
            }
            if users.contains_key(&email) {
                self.report(
                    &table.email.span(),
                    format!("two users have the email {email:?}"),
                );
            }
            if let Some(member) = &table.member_id
                && let Some(other) =
                    emails_by_member.insert(member.get_ref().clone(), email.clone())
            {
                self.report(
                    &member.span(),
                    format!(
                        "the users {other:?} and {email:?} share the member_id {:?}",
                        member.get_ref()
                    ),
                );
            }
            if let Some(user) = self.user(table, &email, agents) {
                users.insert(email, Arc::new(user));
            }
        }
        (users, emails_by_member)
    }

    fn user(&mut self, table: UserTable, email: &str, agents: &Agents) -> Option<User> {
        let agent = match &table.agent {
            None => None,
            Some(id) => {
                if !self.agent_ids.contains(id.get_ref()) {
                    self.report(
                        &id.span(),
                        format!("user {email:?}: there is no agent {:?}", id.get_ref()),
                    );
                }
                if table.role.get_ref() != AGENT_ROLE {
                    self.report(
                        &id.span(),
                        format!(
                            "user {email:?}: only the role {AGENT_ROLE:?} has an agent, not {:?}",
                            table.role.get_ref()
                        ),
                    );
                }
                agents.get(id.get_ref())
            }
        };
        if table.role.get_ref().is_empty() {
            self.report(&table.role.span(), format!("user {email:?}: role is empty"));
        }
        match StoredHash::parse(table.password_hash.get_ref().0.expose_secret()) {
            Ok(hash) => Some(User {
                email: table.email.into_inner().trim().to_owned(),
                name: table.name,
                role: table.role.into_inner(),
                password: Arc::new(hash),
                member_id: table.member_id.map(Spanned::into_inner),
                agent: agent.cloned(),
            }),
            Err(error) => {
                self.report(
                    &table.password_hash.span(),
                    format!("password_hash of user {email:?} {error}"),
                );
                None
            }
        }
    }
}

fn seconds(value: &Spanned<u32>) -> Duration {
    Duration::from_secs(u64::from(*value.get_ref()))
}

fn line_of(text: &str, span: &Range<usize>) -> usize {
    let before = text.as_bytes().get(..span.start).unwrap_or_default();
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

/// Whether this is an address of record as RFC 3261 §19.1.1 writes it: scheme, user, host, perhaps
/// a port and parameters.
fn check_sip_uri(uri: &str) -> Result<(), String> {
    let wrong = |why: &str| Err(format!("{why}: {uri:?}"));
    let Some(rest) = uri.strip_prefix("sip:").or(uri.strip_prefix("sips:")) else {
        return wrong("must begin with sip: or sips:");
    };
    let Some((user, rest)) = rest.split_once('@') else {
        return wrong("lacks its user or host");
    };
    // RFC 3261 §25.1: unreserved, user-unreserved and escaped; a password has no place here.
    let is_user = |b: u8| b.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/%".contains(&b);
    if user.is_empty() || !user.bytes().all(is_user) {
        return wrong("has an impossible user");
    }
    let address = rest.split(';').next().unwrap_or_default();
    let host = match address.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => match port.parse::<u16>() {
            Ok(1..) => host,
            Ok(0) | Err(_) => return wrong("has an impossible port"),
        },
        Some(_) | None => address,
    };
    match Host::parse(host) {
        Ok(_) => Ok(()),
        Err(_) => wrong("has an impossible host"),
    }
}

/// Whether this is an address of SIP over a secure WebSocket (RFC 7118, RFC 6455 §3).
fn check_ws_server(address: &str) -> Result<(), String> {
    let wrong = |why: &str| Err(format!("{why}: {address:?}"));
    match Url::parse(address) {
        Ok(url) if url.scheme() != "wss" => wrong("must begin with wss://"),
        Ok(url) if url.fragment().is_some() => wrong("must have no fragment"),
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            Err("must have no user or password in it".to_owned())
        }
        Ok(_) => Ok(()),
        Err(error) => wrong(&format!("is no address ({error})")),
    }
}

/// Whether this looks as RFC 7064 §3 and RFC 7065 §3 want it.
fn is_ice_url(url: &str) -> bool {
    url.split_once(':').is_some_and(|(scheme, rest)| {
        matches!(scheme, "stun" | "stuns" | "turn" | "turns")
            && rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
            && !rest.starts_with("//")
    })
}
