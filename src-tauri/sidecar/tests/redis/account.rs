//! An account at Ozonetel that sidecars share.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::time::timeout;

use crate::instance::Instance;
use crate::ozonetel::{API_KEY, Mode, Ozonetel, USER_NAME, World, password_of};
use crate::server::RedisServer;
use crate::world::{Answer, DEADLINE, send};

/// One, and the Redis of the sidecars that share it. All agents have the password of agent1.
pub(crate) struct Account {
    pub(crate) redis: RedisServer,
    pub(crate) ozonetel: Ozonetel,
    /// Of the sidecars.
    pub(crate) settings: String,
}

impl Account {
    pub(crate) async fn start(mode: Mode) -> Self {
        Self::with(mode, "").await
    }

    /// Starts one whose sidecars have these settings beside those of the account.
    pub(crate) async fn with(mode: Mode, settings: &str) -> Self {
        let (ozonetel, account) = start(mode).await;
        Self {
            redis: RedisServer::start(),
            ozonetel,
            settings: [settings, &account].concat(),
        }
    }

    pub(crate) async fn sidecar(&self) -> Instance {
        Instance::with(&self.redis.url(), &self.settings).await
    }

    pub(crate) async fn sidecars(&self, count: usize) -> Vec<Instance> {
        sidecars(&self.redis.url(), &self.settings, count).await
    }

    pub(crate) fn is_in(&self, agent_id: &str) -> bool {
        self.ozonetel
            .with(|world| world.present.contains_key(agent_id))
    }

    /// Waits until all are logged out, and nothing of it is left to do.
    pub(crate) async fn until_all_are_out(&self) {
        until_all_are_out(&self.ozonetel).await;
        self.until_all_is_done();
    }

    /// Waits until nobody has anything left to do, and no lock is held to do it under.
    pub(crate) fn until_all_is_done(&self) {
        self.redis
            .until("all is done", &["EXISTS", DUTIES], |count| count == "0");
        self.redis
            .until("all is free", &["KEYS", "agent:session:*"], str::is_empty);
    }

    /// How often it was asked to log somebody out.
    pub(crate) fn logouts(&self) -> usize {
        logouts(&self.ozonetel)
    }

    /// How many tokens it has made.
    pub(crate) fn tokens_made(&self) -> usize {
        tokens_made(&self.ozonetel)
    }
}

/// When duties end.
pub(crate) const DUTIES: &str = "agent:duties";

/// Starts one, and returns the settings of sidecars for it.
pub(crate) async fn start(mode: Mode) -> (Ozonetel, String) {
    let ozonetel = Ozonetel::start(mode).await;
    let password = password_of("agent1");
    ozonetel.with(|world| {
        world
            .passwords
            .insert("agent2".to_owned(), password.clone())
    });
    let authentication = match mode {
        Mode::ApiKey => "api-key",
        Mode::Token => "token",
    };
    let settings = format!(
        "[ozonetel]\nurl = \"{}\"\nuser_name = \"{USER_NAME}\"\napi_key = \"{API_KEY}\"\n\
         authentication = \"{authentication}\"\nagent_password = \"{password}\"\n",
        ozonetel.url,
    );
    (ozonetel, settings)
}

/// Starts sidecars that share a Redis and have these settings.
pub(crate) async fn sidecars(redis_url: &str, settings: &str, count: usize) -> Vec<Instance> {
    let mut sidecars = Vec::new();
    for _ in 0..count {
        sidecars.push(Instance::with(redis_url, settings).await);
    }
    sidecars
}

/// Waits until what Ozonetel knows is as it should be.
pub(crate) async fn until(ozonetel: &Ozonetel, what: &str, is_so: impl Fn(&World) -> bool) {
    let waited = timeout(DEADLINE, ozonetel.until(is_so)).await;
    waited.unwrap_or_else(|_| panic!("never: {what}"));
}

pub(crate) async fn until_all_are_out(ozonetel: &Ozonetel) {
    let is_empty = |world: &World| world.present.is_empty();
    until(ozonetel, "they are logged out", is_empty).await;
}

/// How often Ozonetel was asked to log somebody out.
pub(crate) fn logouts(ozonetel: &Ozonetel) -> usize {
    ozonetel.with(|world| {
        let actions = world.orders.iter().map(|(_, fields)| &fields["action"]);
        actions.filter(|action| **action == "logout").count()
    })
}

pub(crate) fn tokens_made(ozonetel: &Ozonetel) -> usize {
    ozonetel.with(|world| world.tokens_made)
}

/// Has the desk order its agent to be ready at this sidecar.
pub(crate) async fn order(sidecar: &Instance, token: &str) -> Answer {
    let request = sidecar.device("desk").post("/api/ozonetel/agent-ready");
    send(request.bearer_auth(token).json(&json!({}))).await
}

/// Has it order that `count` times at once, at one sidecar after the other.
pub(crate) async fn orders(sidecars: &[&Instance], token: &str, count: usize) -> Vec<Answer> {
    let orders = (0..count).map(|n| order(sidecars[n % sidecars.len()], token));
    join_all(orders).await
}

/// A bound for what takes moments, on a busy machine.
pub(crate) const MOMENTS: Duration = Duration::from_secs(20);
