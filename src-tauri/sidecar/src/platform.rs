//! The platform: the CRM whose users sign in here and whose Agent records say who has which phone.

mod agent_cache;
mod answer;
mod dialect;
mod question;
mod renewal;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::time::timeout;
use tracing::{debug, error, info, warn};
use url::Url;

use self::agent_cache::AgentCache;
use self::answer::{
    AgentRecord, AgentsData, CurrentUser, CurrentUserData, Fault, LoginTokenData, No, Rejection,
    RenewalData, TokenPair, TokensData,
};
use self::dialect::{Dialect, UserPath};
use self::question::{Body, Question};
pub(crate) use self::renewal::{Carried, NotStored, RenewalSeal};
use crate::clock::Clock;
use crate::config::PlatformSettings;
use crate::directory::{AGENT_ROLE, Agent, NotSignedIn, Phone, User};
use crate::metrics::Metrics;
use crate::under_way::UnderWay;
use crate::upstream::{NoHttp, Upstream, is_loopback, with_json};

/// How long the platform may take for all questions of one call (faults, 78).
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// How long a renewal is gone on with where nobody waits for it any more: its token is used up by then.
const RENEWAL_TIME: Duration = Duration::from_secs(30);

/// The platform as this server asks it.
pub(crate) struct Platform {
    settings: PlatformSettings,
    urls: Urls,
    upstream: Upstream,
    clock: Clock,
    /// The one that was understood last.
    dialect: Mutex<Dialect>,
    agents: AgentCache,
    /// Questions about members' agents.
    asked: UnderWay<String, Result<Option<Arc<Agent>>, Silent>>,
}

/// Where it is asked.
struct Urls {
    metadata: Url,
    graphql: Url,
    /// Where the configuration says that users are asked for.
    users: Option<Url>,
}

/// Somebody whose credentials were right.
pub(crate) struct SignedIn {
    pub(crate) user: User,
    /// What keeps the sign-in alive at the platform.
    pub(crate) refresh_token: SecretString,
}

/// Why a refresh token brought no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotRenewed {
    Refused,
    Silent(Silent),
}

/// The platform does not answer, or not as one. What happened stands in the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The platform does not answer")]
pub(crate) struct Silent;

impl Platform {
    pub(crate) fn new(
        settings: PlatformSettings,
        clock: Clock,
        metrics: &Metrics,
    ) -> Result<Self, NoHttp> {
        let counters = metrics.upstream("platform");
        Ok(Self {
            upstream: Upstream::new(is_loopback(&settings.url), counters)?,
            urls: Urls::of_settings(&settings),
            settings,
            clock,
            dialect: Mutex::default(),
            agents: AgentCache::default(),
            asked: UnderWay::default(),
        })
    }

    /// Signs a user in and looks up their phone, past the cache.
    pub(crate) async fn sign_in(
        &self,
        email: &str,
        password: &SecretString,
    ) -> Result<SignedIn, NotSignedIn> {
        within(PATIENCE, async {
            let tokens = self.tokens_of(email, password).await?;
            let asked = self.ask(Question::CurrentUser, &tokens.access.token).await;
            let data: CurrentUserData = asked.map_err(|fault| silent("current user", &fault))?;
            Ok(SignedIn {
                user: self.user(data.user).await?,
                refresh_token: tokens.refresh.token,
            })
        })
        .await
        .unwrap_or(Err(NotSignedIn::Silent(Silent)))
    }

    /// Exchanges a refresh token of the platform for the next one: the user may still sign in. It may take longer
    /// than a call does ([`PATIENCE`]).
    pub(crate) async fn renew(
        &self,
        refresh_token: &SecretString,
    ) -> Result<SecretString, NotRenewed> {
        let question = Question::Renewal { refresh_token };
        let answer = within(RENEWAL_TIME, self.ask_openly(question)).await;
        match answer.ok_or(NotRenewed::Silent(Silent))? {
            Ok(data) => Ok(RenewalData::into_pair(data).refresh.token),
            Err(Fault::Refused(No { code, .. })) => {
                info!(?code, "the platform renews a sign-in no more");
                Err(NotRenewed::Refused)
            }
            Err(fault @ (Fault::Misunderstood(_) | Fault::Unusable(_))) => {
                Err(NotRenewed::Silent(silent("renewal", &fault)))
            }
        }
    }

    /// Has a refresh token of the platform be good no more, where its version can do that. Nobody waits for it, and
    /// what becomes of it stands in the log: the token ends by its term.
    pub(crate) async fn sign_out(&self, refresh_token: &SecretString) {
        let question = Question::SignOut { refresh_token };
        // An older version, which does not have it, need not be asked at other paths as well.
        let dialect = *self.dialect();
        let (url, text) = (self.urls.of(question, dialect), question.text(dialect));
        let asked = self.ask_once::<IgnoredAny>(url, question.body(&text), None);
        match within(PATIENCE, asked).await {
            Some(Err(Fault::Misunderstood(words))) => {
                debug!(words, "the platform is of a version without a sign-out");
            }
            Some(Err(fault)) => {
                silent("sign-out", &fault);
            }
            Some(Ok(_)) | None => {}
        }
    }

    /// Returns the agent that a member is, asking the platform at most each five minutes. A phone waits for less
    /// time than the platform may take, so a question goes on without it, for the next time that it comes.
    pub(crate) async fn agent(
        self: &Arc<Self>,
        member_id: &str,
    ) -> Result<Option<Arc<Agent>>, Silent> {
        if let Some(agent) = self.agents.get(member_id, self.clock.now().monotonic) {
            return Ok(Some(agent));
        }
        let (platform, of) = (Arc::clone(self), member_id.to_owned());
        let question = async move { within(PATIENCE, platform.look_up(&of)).await };
        let question = async move { question.await.unwrap_or(Err(Silent)) };
        let answer = self.asked.ask(member_id.to_owned(), question).await;
        answer.unwrap_or(Err(Silent))
    }

    /// Has the next question about a member go to the platform, and none that is under way be remembered.
    pub(crate) fn forget_agent(&self, member_id: &str) {
        self.agents.forget(member_id, self.clock.now().monotonic);
        self.asked.forget(&member_id.to_owned());
    }

    pub(crate) fn sweep(&self) {
        self.agents.sweep(self.clock.now().monotonic);
    }

    async fn tokens_of(
        &self,
        email: &str,
        password: &SecretString,
    ) -> Result<TokenPair, NotSignedIn> {
        let origin = &self.settings.origin;
        let asked = self.ask_openly(Question::LoginToken {
            email,
            password,
            origin,
        });
        let login_token = asked
            .await
            .map(LoginTokenData::into_token)
            .map_err(|fault| not_signed_in("login", &fault))?;
        let asked = self.ask_openly(Question::Tokens {
            login_token: &login_token,
            origin,
        });
        asked
            .await
            .map(TokensData::into_pair)
            .map_err(|fault| no_tokens(&fault))
    }

    async fn user(&self, user: CurrentUser) -> Result<User, NotSignedIn> {
        let name = user.name();
        let (member_id, role, phone) = match &user.workspace_member {
            None => (None, String::new(), Phone::Missing),
            Some(member) => {
                let role = self.settings.roles.of(member.role_labels());
                let phone = if role == AGENT_ROLE {
                    self.look_up(&member.id).await?.into()
                } else {
                    Phone::NotNeeded
                };
                (Some(member.id.clone()), role, phone)
            }
        };
        Ok(User {
            id: user.id,
            email: user.email,
            name,
            role,
            member_id,
            phone,
        })
    }

    /// Asks for the agent of a member and remembers it.
    async fn look_up(&self, member_id: &str) -> Result<Option<Arc<Agent>>, Silent> {
        let begun = self.agents.begin();
        let question = Question::AgentsOf {
            member_id,
            password_field: self.settings.ozonetel_password_field.as_deref(),
        };
        let asked = self.ask(question, &self.settings.api_key).await;
        let data: AgentsData = asked.map_err(|fault| match fault {
            Fault::Refused(No { code, .. }) => {
                error!(
                    ?code,
                    "the platform refuses PLATFORM_API_KEY the Agent records"
                );
                Silent
            }
            Fault::Misunderstood(_) | Fault::Unusable(_) => silent("agent", &fault),
        })?;
        let agent = match data.into_only() {
            Ok(record) => record.and_then(|record| self.agent_of(record, member_id)),
            Err(answer::Ambiguous) => {
                warn!(
                    member = member_id,
                    "a member has more than one Agent record"
                );
                None
            }
        };
        let now = self.clock.now().monotonic;
        self.agents.put(member_id, agent.as_ref(), begun, now);
        Ok(agent)
    }

    /// Returns the agent of a record, or `None` where it cannot work with it: no field has a
    /// stand-in.
    fn agent_of(&self, record: AgentRecord, member_id: &str) -> Option<Arc<Agent>> {
        let lacks = |field: &str| {
            warn!(member = member_id, field, "an Agent record lacks a field");
        };
        let Some(ozonetel_agent_id) = record.ozonetel_agent_id else {
            lacks("ozonetelagentid");
            return None;
        };
        let Some(sip_extension) = record.sip_extension else {
            lacks("sipextension");
            return None;
        };
        let Some(sip_password) = record.sip_password else {
            lacks("sippassword");
            return None;
        };
        let config = self
            .settings
            .phones
            .account(
                ozonetel_agent_id,
                sip_extension,
                sip_password,
                record.campaign_name,
            )
            .map_err(|problem| {
                warn!(
                    member = member_id,
                    problem, "an Agent record cannot be used"
                );
            })
            .ok()?;
        Some(Arc::new(Agent {
            config,
            ozonetel_password: record.ozonetel_password,
        }))
    }

    async fn ask_openly<T: DeserializeOwned>(&self, question: Question<'_>) -> Result<T, Fault> {
        self.ask_in_dialects(question, None).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        question: Question<'_>,
        bearer: &SecretString,
    ) -> Result<T, Fault> {
        self.ask_in_dialects(question, Some(bearer)).await
    }

    /// Asks in the dialect that was understood last, then in the others.
    async fn ask_in_dialects<T: DeserializeOwned>(
        &self,
        question: Question<'_>,
        bearer: Option<&SecretString>,
    ) -> Result<T, Fault> {
        let known = *self.dialect();
        let mut asked = Vec::new();
        let mut last = Fault::Unusable("it was not asked".to_owned());
        for dialect in known.and_others() {
            let form = (self.urls.of(question, dialect), question.text(dialect));
            if asked.contains(&form) {
                continue;
            }
            let (url, text) = &form;
            match self.ask_once(url, question.body(text), bearer).await {
                Err(fault @ Fault::Misunderstood(_)) => last = fault,
                Err(fault @ (Fault::Refused(_) | Fault::Unusable(_))) => return Err(fault),
                Ok(data) => {
                    if dialect != known {
                        info!(?dialect, "the platform is of another generation");
                        *self.dialect() = dialect;
                    }
                    return Ok(data);
                }
            }
            asked.push(form);
        }
        Err(last)
    }

    async fn ask_once<T: DeserializeOwned>(
        &self,
        url: &Url,
        body: Body<'_>,
        bearer: Option<&SecretString>,
    ) -> Result<T, Fault> {
        let mut request = with_json(self.upstream.post(url.clone()), &body);
        if let Some(token) = bearer {
            request = request.bearer_auth(token.expose_secret());
        }
        let reply = self.upstream.send(request).await;
        let reply = reply.map_err(|why| Fault::Unusable(why.to_string()))?;
        answer::read(reply.status, &reply.body)
    }

    fn dialect(&self) -> MutexGuard<'_, Dialect> {
        self.dialect
            .lock()
            .expect("nothing panics while it holds the dialect")
    }
}

impl Urls {
    fn of_settings(settings: &PlatformSettings) -> Self {
        let at = |path: &str| {
            let mut url = settings.url.clone();
            url.path_segments_mut()
                .expect("an address of HTTP has a path")
                .pop_if_empty()
                .extend(path.split('/'));
            url
        };
        Self {
            metadata: at("metadata"),
            graphql: at("graphql"),
            users: settings.user_path.as_deref().map(at),
        }
    }

    fn of(&self, question: Question<'_>, dialect: Dialect) -> &Url {
        match (&self.users, dialect.user_path) {
            _ if !question.is_of_a_user() => &self.graphql,
            (Some(users), _) => users,
            (None, UserPath::Metadata) => &self.metadata,
            (None, UserPath::Graphql) => &self.graphql,
        }
    }
}

/// Returns what it means that the platform gives no tokens for a login token: the password was right.
fn no_tokens(fault: &Fault) -> NotSignedIn {
    const QUESTION: &str = "tokens";
    match not_signed_in(QUESTION, fault) {
        NotSignedIn::WrongCredentials => NotSignedIn::Silent(silent(QUESTION, fault)),
        other @ (NotSignedIn::SecondFactor
        | NotSignedIn::EmailNotVerified
        | NotSignedIn::Busy
        | NotSignedIn::Silent(_)) => other,
    }
}

fn not_signed_in(question: &'static str, fault: &Fault) -> NotSignedIn {
    match fault {
        Fault::Refused(no) => match no.of_a_sign_in() {
            Rejection::WrongCredentials => NotSignedIn::WrongCredentials,
            Rejection::SecondFactor => NotSignedIn::SecondFactor,
            Rejection::EmailNotVerified => NotSignedIn::EmailNotVerified,
            Rejection::UnknownWorkspace => {
                error!("the platform has no workspace at PLATFORM_ORIGIN");
                NotSignedIn::Silent(Silent)
            }
        },
        Fault::Misunderstood(_) | Fault::Unusable(_) => {
            NotSignedIn::Silent(silent(question, fault))
        }
    }
}

/// Tells the log why a question has no answer.
fn silent(question: &'static str, fault: &Fault) -> Silent {
    match fault {
        Fault::Refused(no) => warn!(question, code = ?no.code, "the platform refuses"),
        Fault::Misunderstood(words) => {
            error!(
                question,
                words, "the platform does not understand a question"
            );
        }
        Fault::Unusable(why) => warn!(question, why, "the platform does not answer"),
    }
    Silent
}

async fn within<T>(time: Duration, answer: impl Future<Output = T>) -> Option<T> {
    let answer = timeout(time, answer).await;
    if answer.is_err() {
        warn!(seconds = time.as_secs(), "the platform is too slow");
    }
    answer.ok()
}
