//! Ozonetel's CloudAgent: logs agents in and out, and carries out what they ask for.

mod account_token;
mod answer;
mod duties;
mod order;

use std::sync::Arc;
use std::time::Duration;

use reqwest::RequestBuilder;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{info, warn};

use self::account_token::{AccountToken, NoToken, NotMade};
pub(crate) use self::answer::{Done, Verdict, Words};
pub(crate) use self::duties::{Duties, Duty, RETRY};
pub(crate) use self::order::Order;
use self::order::{Account, Action, Presence, TOKEN_PATH, address};
use crate::clock::Clock;
use crate::config::{Authentication, OzonetelSettings, QueueSettings};
use crate::directory::Agent;
use crate::lock::LockName;
use crate::metrics::Metrics;
use crate::seal::SigningKeys;
use crate::store::Store;
use crate::turns::Turns;
use crate::upstream::{NoHttp, Reply, Upstream, is_loopback, with_json};

/// How long a login or logout may take. Nobody waits for all of it, but its end is worth knowing.
const PRESENCE_TIME: Duration = Duration::from_secs(20);

/// How long a logout may take together with its wait for a login under way: it happens under a lock
/// ([`crate::duty`]), whose term ends after this.
pub(crate) const LOGOUT_TIME: Duration = Duration::from_secs(25);

/// How long an order may take, its token included: somebody waits for it at a screen.
pub(crate) const ORDER_TIME: Duration = Duration::from_secs(5);

/// Tokens that an order is tried with: one that this server knows and others have replaced, the one
/// that they know and somebody else has killed, and a new one.
const TOKENS_TRIED: usize = 3;

/// The account at Ozonetel as this server uses it.
pub(crate) struct Ozonetel {
    settings: Arc<OzonetelSettings>,
    upstream: Arc<Upstream>,
    clock: Clock,
    token: AccountToken,
    /// Each agent's logins and logouts: the last word is the last one said.
    turns: Turns,
    /// Each session's orders that change the state of its agent.
    pub(crate) state_turns: Turns,
    /// Whom to log out once their sessions have ended.
    pub(crate) duties: Duties,
}

/// Ozonetel does not answer, or not as itself. What happened stands in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Silent {
    /// It was not done: it never left, or only its token was refused.
    #[error("Ozonetel does not answer")]
    NotDone,
    /// It may have been done, or may be done later.
    #[error("Ozonetel does not answer")]
    Unknown,
}

impl Ozonetel {
    /// `store` is what is shared with other servers, with what `keys` seal for it.
    pub(crate) fn new(
        settings: OzonetelSettings,
        store: Option<Store>,
        keys: SigningKeys<'_>,
        clock: Clock,
        metrics: &Metrics,
    ) -> Result<Self, NoHttp> {
        let counters = metrics.upstream("ozonetel");
        let upstream = Upstream::new(is_loopback(&settings.url), counters)?;
        let account = (settings.url.as_str(), &*settings.user_name);
        let now = clock.now().monotonic;
        Ok(Self {
            upstream: Arc::new(upstream),
            token: AccountToken::new(account, store.clone(), keys, now),
            settings: Arc::new(settings),
            clock,
            turns: Turns::default(),
            state_turns: Turns::default(),
            duties: match store {
                Some(store) => Duties::in_redis(store, keys),
                None => Duties::in_memory(),
            },
        })
    }

    /// Logs an agent in with their own credentials; who is in already is as good.
    pub(crate) async fn log_in(&self, agent: &Agent) -> Result<Verdict, Silent> {
        let (own, lock) = (agent.ozonetel_password.as_ref(), agent.lock_name());
        let login = (Action::Login, &lock, own);
        self.presence(login, Words::is_already_in, &mut false).await
    }

    /// Logs an agent out; who is out already is as good.
    pub(crate) async fn log_out(&self, duty: &Duty) -> Result<Verdict, Silent> {
        let logout = (Action::Logout, &duty.lock, duty.password.as_ref());
        let mut has_left = false;
        let ended = self.presence(logout, Words::is_already_out, &mut has_left);
        timeout(LOGOUT_TIME, ended).await.unwrap_or_else(|_| {
            warn!(
                agent = duty.agent_id(),
                "a logout at Ozonetel takes too long"
            );
            Err(Silent::of(has_left))
        })
    }

    /// Carries out what an agent asks for, until then and in [`ORDER_TIME`] at the most.
    pub(crate) async fn order(
        &self,
        agent_id: &str,
        order: Order<'_>,
        until: Instant,
    ) -> Result<Verdict, Silent> {
        let now = Instant::now();
        let mut has_left = false;
        let given = async {
            if until <= now {
                return Err("no time is left".to_owned());
            }
            self.give(agent_id, order, &mut has_left).await
        };
        let given = timeout_at(until.min(now + ORDER_TIME), given).await;
        let verdict = given.unwrap_or_else(|_| Err("no answer in time".to_owned()));
        let verdict = verdict.map(|it| good_enough(it, |words| order.was_done(words)));
        log(order.name(), agent_id, &verdict);
        verdict.map_err(|_| Silent::of(has_left))
    }

    /// How agents work at their queue.
    pub(crate) fn queue(&self) -> &QueueSettings {
        &self.settings.queue
    }

    /// Logs an agent in or out, with the password of their own where they have one. `has_left` as in [`Self::send`].
    async fn presence(
        &self,
        (action, name, own): (Action, &LockName, Option<&SecretString>),
        is_good_enough: impl Fn(&Words) -> bool,
        has_left: &mut bool,
    ) -> Result<Verdict, Silent> {
        let agent_id = &name.ozonetel_agent_id;
        let Some(password) = own.or(self.settings.agent_password.as_ref()) else {
            warn!(agent = agent_id, "no password for Ozonetel is set");
            return Ok(Verdict::Refused(Words::no_password(agent_id)));
        };
        let _turn = self.turns.of(agent_id).await;
        let presence = Presence {
            action,
            agent_id,
            password,
            phone_number: &name.sip_extension,
        };
        let request = presence.request(self.account(), &self.settings.url, |url| {
            self.upstream.post(url)
        });
        let answer = timeout(PRESENCE_TIME, self.send(request, has_left)).await;
        let verdict = answer
            .unwrap_or_else(|_| Err("no answer in time".to_owned()))
            .map(|verdict| good_enough(verdict, is_good_enough));
        log(action.name(), agent_id, &verdict);
        verdict.map_err(|_| Silent::of(*has_left))
    }

    /// Gives an order, and again where only the token was refused. `has_left` as in [`Self::send`], but for a token that was
    /// refused.
    async fn give(
        &self,
        agent_id: &str,
        order: Order<'_>,
        has_left: &mut bool,
    ) -> Result<Verdict, String> {
        let request = || {
            let begin = |method, url| self.upstream.request(method, url);
            order.request(self.account(), agent_id, &self.settings.url, begin)
        };
        match self.settings.authentication {
            Authentication::ApiKey => {
                let key = &self.settings.api_key;
                let request = request().header("apiKey", sensitive(key));
                self.send(request, has_left).await
            }
            Authentication::Token => {
                let mut refused = None;
                for _ in 0..TOKENS_TRIED {
                    let token = match self.account_token(refused.as_ref()).await {
                        Ok(token) => token,
                        Err(NoToken::NotMade(NotMade::Refused(words))) => {
                            return Ok(Verdict::Refused(words));
                        }
                        Err(
                            why @ (NoToken::Spent
                            | NoToken::NotTold
                            | NoToken::NotMade(NotMade::None(_) | NotMade::Unknown(_))),
                        ) => return Err(why.to_string()),
                    };
                    let bearer = request().bearer_auth(token.expose_secret());
                    match self.send(bearer, has_left).await? {
                        Verdict::Refused(words) if words.is_about_the_token() => {
                            *has_left = false;
                            info!(words = words.as_str(), "a token of the account is refused");
                            refused = Some(token);
                        }
                        verdict @ (Verdict::Done(_) | Verdict::Refused(_)) => return Ok(verdict),
                    }
                }
                Err("one token of the account after the other is refused".to_owned())
            }
        }
    }

    async fn account_token(&self, refused: Option<&SecretString>) -> Result<SecretString, NoToken> {
        let make = || {
            let (upstream, settings) = (Arc::clone(&self.upstream), Arc::clone(&self.settings));
            async move { make_token(&upstream, &settings).await }
        };
        let got = self.token.get(refused, || self.clock.now().monotonic, make);
        got.await
    }

    /// Sends a request. `has_left` says, also where this is broken off, whether Ozonetel may do what it asks for.
    async fn send(&self, request: RequestBuilder, has_left: &mut bool) -> Result<Verdict, String> {
        *has_left = true;
        let sent = self.upstream.send(request).await;
        let Reply { status, body } = sent.map_err(|unreachable| {
            *has_left = unreachable.may_have_left;
            unreachable.why
        })?;
        answer::read(status, &body).map_err(|unusable| unusable.0)
    }

    /// Returns the number that an agent's calls come in on, where it is known.
    pub(crate) fn did_of(&self, agent: &Agent) -> Option<&str> {
        self.settings.did_of(agent.config.campaign_name.as_deref())
    }

    fn account(&self) -> Account<'_> {
        Account {
            user_name: &self.settings.user_name,
            api_key: &self.settings.api_key,
        }
    }
}

impl Silent {
    /// Returns what is known of something that has left, or never has.
    fn of(has_left: bool) -> Self {
        match has_left {
            true => Self::Unknown,
            false => Self::NotDone,
        }
    }
}

/// Takes a refusal for done where its words say that it is.
fn good_enough(verdict: Verdict, is_done: impl Fn(&Words) -> bool) -> Verdict {
    match verdict {
        Verdict::Refused(words) if is_done(&words) => Verdict::Done(Done {
            message: Some(words),
            ucid: None,
        }),
        Verdict::Refused(_) | Verdict::Done(_) => verdict,
    }
}

async fn make_token(
    upstream: &Upstream,
    settings: &OzonetelSettings,
) -> Result<SecretString, NotMade> {
    let request = upstream
        .post(address(&settings.url, TOKEN_PATH))
        .header("apiKey", sensitive(&settings.api_key));
    let request = with_json(request, &json!({"userName": settings.user_name}));
    let sent = upstream.send(request).await;
    let Reply { status, body } = sent.map_err(|unreachable| match unreachable.may_have_left {
        true => NotMade::Unknown(unreachable.why),
        false => NotMade::None(unreachable.why),
    })?;
    let token = answer::read_token(status, &body).map_err(|unusable| NotMade::None(unusable.0))?;
    token.map_err(NotMade::Refused)
}

fn log(order: &'static str, agent: &str, verdict: &Result<Verdict, String>) {
    match verdict {
        Ok(Verdict::Done(_)) => info!(agent, order, "Ozonetel did"),
        Ok(Verdict::Refused(words)) => {
            info!(agent, order, words = words.as_str(), "Ozonetel refused");
        }
        Err(why) => warn!(agent, order, why, "Ozonetel does not answer"),
    }
}

/// Returns a header that no log of HTTP shows; one that cannot be a header is as good as none.
fn sensitive(secret: &SecretString) -> HeaderValue {
    let mut value =
        HeaderValue::from_str(secret.expose_secret()).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::net::TcpListener;
    use std::path::Path;

    use secrecy::SecretSlice;
    use sidecar_api::AgentState;

    use super::*;
    use crate::config::Config;

    #[tokio::test(start_paused = true)]
    async fn a_logout_that_waits_for_a_login_is_over_before_its_lock_is() {
        let ozonetel = ozonetel("http://127.0.0.1:9", "api-key");
        let _login = ozonetel.turns.of("agent1").await;
        let duty = Duty::of(&Agent::for_tests("agent1", "700201"));
        let begun = Instant::now();
        let logout = timeout(crate::duty::LOGOUT_TERM, ozonetel.log_out(&duty)).await;
        assert_eq!(logout.unwrap().unwrap_err(), Silent::NotDone);
        assert_eq!(begun.elapsed(), LOGOUT_TIME);
    }

    #[tokio::test(start_paused = true)]
    async fn an_order_has_an_answer_in_time_that_says_whether_it_has_left() {
        // It takes connections and answers nothing.
        let hangs = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", hangs.local_addr().unwrap());
        let time = Duration::from_secs(1);
        for (authentication, ends) in [
            ("api-key", Silent::Unknown),
            // It waits for its token.
            ("token", Silent::NotDone),
        ] {
            let ozonetel = ozonetel(&url, authentication);
            let begun = Instant::now();
            let ended = ozonetel.order("agent1", READY, begun + time).await;
            assert_eq!(ended, Err(ends), "{authentication}");
            assert_eq!(begun.elapsed(), time);
            let too_late = ozonetel.order("agent1", READY, Instant::now()).await;
            assert_eq!(too_late, Err(Silent::NotDone));
        }
    }

    #[tokio::test]
    async fn what_finds_no_connection_is_not_done_and_costs_no_token_of_the_hour() {
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", nobody.local_addr().unwrap());
        drop(nobody);
        let until = || Instant::now() + ORDER_TIME;
        let by_key = ozonetel(&url, "api-key");
        let ended = by_key.order("agent1", READY, until()).await;
        assert_eq!(ended, Err(Silent::NotDone));
        let by_token = ozonetel(&url, "token");
        for _ in 0..20 {
            let ended = by_token.order("agent1", READY, until()).await;
            assert_eq!(ended, Err(Silent::NotDone));
        }
        let token = by_token.account_token(None).await;
        let why = token.unwrap_err();
        assert!(matches!(why, NoToken::NotMade(NotMade::None(_))), "{why}");
    }

    const READY: Order<'_> = Order::State {
        state: AgentState::Ready,
        pause_reason: None,
    };

    fn ozonetel(url: &str, authentication: &str) -> Ozonetel {
        let settings = format!(
            "[ozonetel]\nurl = \"{url}\"\nuser_name = \"acme\"\napi_key = \"key\"\n\
             authentication = \"{authentication}\"\nagent_password = \"an-agents-password\"\n"
        );
        let config = Config::from_toml(&settings, Path::new("."), |_| None).unwrap();
        let keys = SigningKeys {
            current: &SecretSlice::from(vec![1; 32]),
            old: None,
        };
        let account = config.ozonetel.unwrap();
        Ozonetel::new(account, None, keys, Clock::system(), &Metrics::new()).unwrap()
    }
}
