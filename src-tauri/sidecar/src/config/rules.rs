//! What must hold in a configuration beyond its shape.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::SocketAddr;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sidecar_api::{AgentConfig, IceServer, Urls};
use tokio::sync::Semaphore;
use toml::Spanned;

use super::exposed::Misread;
use super::file::{
    AgentTable, IceServerTable, LONGEST_ACCESS_TOKEN, LimitsTable, MOST_GUESSES,
    SHORTEST_ACCESS_TOKEN, SettingsTable, UserTable,
};
use super::phones::{check_sip_uri, check_ws_server, is_ice_url};
use super::secret::{Forms, Sources};
use super::shape;
use super::{
    Config, JWT_SECRET_OLD_VARIABLE, JWT_SECRET_VARIABLE, PlatformSettings, Problem, Settings,
    TRUSTED_PROXIES_VARIABLE, UserSource, fold_email,
};
use crate::attempts::Limit;
use crate::directory::{AGENT_ROLE, Agent, Phone, Roster, RosterUser, User};
use crate::network::Network;
use crate::password::StoredHash;

/// Bytes of the key of HS256 (RFC 7518 §3.2: at least as many as the hash has).
const JWT_SECRET_BYTES: usize = 32;

/// Reads `text` and checks all of it, and where it will be served if that is known, so that one look shows every
/// problem.
pub(super) fn check(
    text: &str,
    sources: Sources<'_>,
    listen: Option<SocketAddr>,
) -> Result<Config, Vec<Problem>> {
    let (file, mistakes) = shape::read(text);
    let mistakes = mistakes.into_iter().map(|it| Problem {
        line: it.span.map(|span| line_of(text, &span)),
        text: it.text,
    });
    let mistakes = mistakes.collect();
    let Some(file) = file else {
        return Err(mistakes);
    };
    let mut rules = Rules {
        text,
        sources,
        problems: mistakes,
        warnings: Vec::new(),
        agent_ids: BTreeSet::new(),
    };
    let settings = rules.settings(file.settings, listen);
    let platform = rules.platform(
        file.platform,
        !file.users.is_empty() || !file.agents.is_empty(),
    );
    let agents = rules.agents(file.agents);
    let ozonetel = rules.ozonetel(file.ozonetel, platform.as_ref(), &agents);
    rules.check_dids(ozonetel.as_ref(), agents.values());
    let users = rules.users(file.users, &agents);
    if !rules.problems.is_empty() {
        return Err(rules.problems);
    }
    if platform.is_none() && users.is_empty() {
        rules.warn(
            &(0..0),
            "nobody can sign in: there are neither [[users]] nor a platform".to_owned(),
        );
    }
    if ozonetel.is_none() {
        rules.warn_of_idle_passwords(platform.as_ref(), &agents);
    }
    Ok(Config {
        settings,
        users: match platform {
            Some(platform) => UserSource::Platform(Box::new(platform)),
            None => UserSource::Roster(Roster::new(users)),
        },
        ozonetel,
        warnings: rules.warnings,
    })
}

pub(super) struct Rules<'a> {
    text: &'a str,
    pub(super) sources: Sources<'a>,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
    /// The ids of all agents, also of those with a problem.
    agent_ids: BTreeSet<String>,
}

pub(super) type Agents = BTreeMap<String, Arc<Agent>>;
type Users = Vec<(String, RosterUser)>;

impl Rules<'_> {
    pub(super) fn report(&mut self, span: &Range<usize>, text: String) {
        let problem = self.problem(span, text);
        self.problems.push(problem);
    }

    /// Notes what can be served, but should not be so.
    pub(super) fn warn(&mut self, span: &Range<usize>, text: String) {
        let problem = self.problem(span, text);
        self.warnings.push(problem);
    }

    /// Warns of passwords for Ozonetel where there is no account.
    fn warn_of_idle_passwords(&mut self, platform: Option<&PlatformSettings>, agents: &Agents) {
        let of_agents = agents.values().find(|it| it.ozonetel_password.is_some());
        let key = match (of_agents, platform) {
            (Some(agent), _) => {
                let id = &agent.config.ozonetel_agent_id;
                format!("ozonetel_password of agent {id:?}")
            }
            (None, Some(platform)) if platform.ozonetel_password_field.is_some() => {
                "platform.ozonetel_password_field".to_owned()
            }
            (None, Some(_) | None) => return,
        };
        self.warn(
            &(0..0),
            format!("{key} is of no use without an account: [ozonetel] or OZONETEL_URL"),
        );
    }

    fn problem(&self, span: &Range<usize>, text: String) -> Problem {
        Problem {
            line: (!span.is_empty()).then(|| line_of(self.text, span)),
            text,
        }
    }

    fn settings(&mut self, table: SettingsTable, listen: Option<SocketAddr>) -> Settings {
        let limits = &table.login_limits;
        let per_address = table.max_connections_per_address.as_ref();
        let per_address = per_address.map(|it| ("max_connections_per_address", it));
        let positive = [
            ("ttl_seconds", &table.ttl_seconds),
            ("heartbeat_seconds", &table.heartbeat_seconds),
            ("access_token_seconds", &table.access_token_seconds),
            ("refresh_token_seconds", &table.refresh_token_seconds),
            ("max_connections", &table.max_connections),
            ("account_burst", &limits.account_burst),
            ("account_refill_seconds", &limits.account_refill_seconds),
            ("address_burst", &limits.address_burst),
            ("address_refill_seconds", &limits.address_refill_seconds),
        ];
        for (name, value) in positive.into_iter().chain(per_address) {
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
        let access_token = *table.access_token_seconds.get_ref();
        if access_token > LONGEST_ACCESS_TOKEN {
            self.report(
                &table.access_token_seconds.span(),
                format!(
                    "access_token_seconds ({access_token}) must be at most \
                     {LONGEST_ACCESS_TOKEN}: whoever has seen a token may use it for so long"
                ),
            );
        } else if access_token < SHORTEST_ACCESS_TOKEN {
            self.warn(
                &table.access_token_seconds.span(),
                format!(
                    "access_token_seconds ({access_token}) should be at least \
                     {SHORTEST_ACCESS_TOKEN}: else nobody notices that a session was copied"
                ),
            );
        }
        // Of one that is too long it does not follow.
        let access_token = access_token.min(LONGEST_ACCESS_TOKEN);
        let refresh_token = *table.refresh_token_seconds.get_ref();
        if refresh_token <= access_token {
            let span = match table.refresh_token_seconds.span() {
                span if span.is_empty() => table.access_token_seconds.span(),
                span => span,
            };
            self.report(
                &span,
                format!(
                    "refresh_token_seconds ({refresh_token}) must be more than access_token_seconds \
                     ({access_token}), so that a session outlives its first token"
                ),
            );
        }
        self.check_guesses(limits);
        let (jwt_secret, is_bad_key) = self.noticing(|rules| {
            let file = table.jwt_secret_file.as_ref();
            rules.signing_key(JWT_SECRET_VARIABLE, "jwt_secret_file", file)
        });
        let jwt_secret_old = self.old_signing_key(&table, jwt_secret.as_ref());
        let redis = self.redis(&table, jwt_secret.is_some());
        let ((certificate, trusted_proxies), is_bad_https) = self.noticing(|rules| {
            let certificate = rules.certificate(table.tls_certificate_file, table.tls_key_file);
            (certificate, rules.trusted_proxies(table.trusted_proxies))
        });
        let allowed_origins = self.allowed_origins(&table.allowed_origins);
        let admin_roles = self.admin_roles(&table.admin_roles);
        let limit = |burst: &Spanned<u32>, refill: &Spanned<u32>| Limit {
            burst: *burst.get_ref(),
            refill: seconds(refill),
        };
        let max_connections = usize::try_from(*table.max_connections.get_ref())
            .unwrap_or(usize::MAX)
            .min(Semaphore::MAX_PERMITS);
        if let Some(per_address) = &table.max_connections_per_address
            && per_address.get_ref() > table.max_connections.get_ref()
        {
            self.warn(
                &per_address.span(),
                format!(
                    "max_connections_per_address ({}) is of no use: max_connections are fewer ({})",
                    per_address.get_ref(),
                    table.max_connections.get_ref(),
                ),
            );
        }
        let per_address = table.max_connections_per_address.map(Spanned::into_inner);
        let settings = Settings {
            ttl: seconds(&table.ttl_seconds),
            heartbeat: seconds(&table.heartbeat_seconds),
            access_token: seconds(&table.access_token_seconds),
            refresh_token: seconds(&table.refresh_token_seconds),
            jwt_secret,
            jwt_secret_old,
            redis,
            certificate,
            trusted_proxies,
            allowed_origins,
            metrics_from: table.metrics_from,
            admin_roles,
            max_connections,
            // An office behind one address has half of the places, and leaves half.
            max_connections_per_address: per_address.map_or(max_connections.div_ceil(2), |most| {
                usize::try_from(most).unwrap_or(usize::MAX)
            }),
            account_limit: limit(&limits.account_burst, &limits.account_refill_seconds),
            address_limit: limit(&limits.address_burst, &limits.address_refill_seconds),
        };
        let misread = Misread {
            signing_key: is_bad_key,
            https: is_bad_https,
        };
        self.check_exposed(&settings, listen, &misread);
        settings
    }

    /// Warns of limits that let somebody guess at an account more often than they should.
    fn check_guesses(&mut self, limits: &LimitsTable) {
        let (burst, refill) = (&limits.account_burst, &limits.account_refill_seconds);
        // One of 0 seconds is a mistake.
        let Some(refilled) = 60_u32.checked_div(*refill.get_ref()) else {
            return;
        };
        let guesses = burst.get_ref().saturating_add(refilled);
        if guesses <= MOST_GUESSES {
            return;
        }
        let span = match burst.span() {
            span if span.is_empty() => refill.span(),
            span => span,
        };
        self.warn(
            &span,
            format!(
                "login_limits allow {guesses} wrong passwords of one account in a minute, and \
                 should allow {MOST_GUESSES} at most: account_burst, and one more each \
                 account_refill_seconds"
            ),
        );
    }

    /// Returns what `read` returns, and whether it reported anything.
    fn noticing<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> (T, bool) {
        let before = self.problems.len();
        let read = read(self);
        (read, self.problems.len() > before)
    }

    /// Reads the key that signed before, which must be another one.
    fn old_signing_key(
        &mut self,
        table: &SettingsTable,
        secret: Option<&SecretSlice<u8>>,
    ) -> Option<SecretSlice<u8>> {
        let (name, file) = ("jwt_secret_old_file", table.jwt_secret_old_file.as_ref());
        let old = self.signing_key(JWT_SECRET_OLD_VARIABLE, name, file)?;
        let problem = match secret {
            Some(secret) if secret.expose_secret() != old.expose_secret() => return Some(old),
            Some(_) => format!("is the same key as {JWT_SECRET_VARIABLE} (or jwt_secret_file)"),
            None => format!("without {JWT_SECRET_VARIABLE} (or jwt_secret_file)"),
        };
        let span = file.map_or(0..0, Spanned::span);
        self.report(
            &span,
            format!("{JWT_SECRET_OLD_VARIABLE} (or {name}) {problem}"),
        );
        None
    }

    fn signing_key(
        &mut self,
        variable: &'static str,
        key: &'static str,
        file: Option<&Spanned<PathBuf>>,
    ) -> Option<SecretSlice<u8>> {
        let (secret, name, span) = match self.secret_of_environment(variable) {
            Some(secret) => (secret, variable, 0..0),
            None => {
                let path = file?;
                match self.sources.file(path.get_ref()) {
                    Ok(secret) => (secret, key, path.span()),
                    Err(error) => {
                        self.report(&path.span(), format!("{key}: {error}"));
                        return None;
                    }
                }
            }
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

    /// Reads a secret from the variable `name`, or from the file that `name` with `_FILE` names.
    pub(super) fn secret_of_environment(&mut self, name: &str) -> Option<SecretString> {
        let secret = self.sources.secret(name, name, Forms::default());
        secret.unwrap_or_else(|problem| {
            self.report(&(0..0), problem);
            None
        })
    }

    /// Returns whose word on the address of a caller is believed; the environment comes before the
    /// file.
    fn trusted_proxies(&mut self, in_file: Vec<Network>) -> Vec<Network> {
        let Some(text) = self.sources.optional_variable(TRUSTED_PROXIES_VARIABLE) else {
            return in_file;
        };
        let mut proxies = Vec::new();
        for address in text.expose_secret().split(',').map(str::trim) {
            match address.parse() {
                Ok(proxy) => proxies.push(proxy),
                Err(_) if address.is_empty() => {}
                Err(error) => {
                    let problem = format!("{TRUSTED_PROXIES_VARIABLE}: {error}");
                    self.report(&(0..0), problem);
                }
            }
        }
        proxies
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

    fn agent(&mut self, table: AgentTable, span: &Range<usize>) -> Option<Agent> {
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
        let whose = format!("agent {id:?}");
        let ice_servers = table
            .ice_servers
            .into_iter()
            .filter_map(|server| self.ice_server(server, &whose))
            .collect();
        let password = self.sources.one_of(
            "sip_password",
            Forms {
                given: table.sip_password,
                file: table.sip_password_file,
                variable: table.sip_password_env,
            },
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
        let ozonetel_password = self.sources.one_of(
            "ozonetel_password",
            Forms {
                given: table.ozonetel_password,
                file: table.ozonetel_password_file,
                variable: table.ozonetel_password_env,
            },
        );
        let ozonetel_password = match ozonetel_password {
            Ok(password) => password,
            Err(error) => {
                self.report(span, format!("agent {id:?}: {error}"));
                return None;
            }
        };
        Some(Agent {
            config: AgentConfig {
                ozonetel_agent_id: id,
                sip_extension: table.sip_extension.into_inner(),
                sip_password,
                sip_uri: table.sip_uri.into_inner(),
                sip_ws_server: table.sip_ws_server.into_inner(),
                campaign_name: table.campaign_name,
                ice_servers,
            },
            ozonetel_password,
        })
    }

    pub(super) fn ice_server(
        &mut self,
        table: Spanned<IceServerTable>,
        whose: &str,
    ) -> Option<IceServer> {
        let span = table.span();
        let table = table.into_inner();
        for url in &table.urls {
            if !is_ice_url(url.get_ref()) {
                self.report(
                    &url.span(),
                    format!(
                        "ice_servers of {whose}: {:?} is no stun:, stuns:, turn: or turns: \
                         address",
                        url.get_ref()
                    ),
                );
            }
        }
        let credential = self.sources.one_of(
            "credential",
            Forms {
                given: table.credential,
                file: table.credential_file,
                variable: table.credential_env,
            },
        );
        match credential {
            Ok(credential) => Some(IceServer {
                urls: Urls::Many(table.urls.into_iter().map(Spanned::into_inner).collect()),
                username: table.username,
                credential,
            }),
            Err(error) => {
                self.report(&span, format!("ice_servers of {whose}: {error}"));
                None
            }
        }
    }

    fn users(&mut self, tables: Vec<Spanned<UserTable>>, agents: &Agents) -> Users {
        let mut users = Users::new();
        let mut emails = HashSet::new();
        let mut emails_by_member = HashMap::new();
        for table in tables {
            let table = table.into_inner();
            let email = fold_email(table.email.get_ref());
            if !email.contains('@') {
                self.report(&table.email.span(), format!("{email:?} is no e-mail"));
            }
            if !emails.insert(email.clone()) {
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
                users.push((email, user));
            }
        }
        users
    }

    fn user(&mut self, table: UserTable, email: &str, agents: &Agents) -> Option<RosterUser> {
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
            Ok(hash) => {
                let role = table.role.into_inner();
                let member_id = table.member_id.map(Spanned::into_inner);
                let phone = match agent {
                    Some(agent) => Phone::Of(Arc::clone(agent)),
                    None if role == AGENT_ROLE => Phone::Missing,
                    None => Phone::NotNeeded,
                };
                Some(RosterUser {
                    user: User {
                        id: member_id.clone().unwrap_or_default(),
                        email: table.email.into_inner().trim().to_owned(),
                        name: table.name,
                        role,
                        member_id,
                        phone,
                    },
                    password: Arc::new(hash),
                })
            }
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
