//! An account at Ozonetel that sidecars share.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::time::timeout;

use crate::instance::Instance;
use crate::ozonetel::{API_KEY, Mode, Ozonetel, USER_NAME, World, password_of};
use crate::world::{Answer, DEADLINE, send};

/// Starts one, and returns the settings of sidecars for it. All agents have the password of agent1.
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

/// Waits until what Ozonetel knows is as it should be.
pub(crate) async fn until(ozonetel: &Ozonetel, what: &str, is_so: impl Fn(&World) -> bool) {
    let waited = timeout(DEADLINE, ozonetel.until(is_so)).await;
    waited.unwrap_or_else(|_| panic!("never: {what}"));
}

/// How often Ozonetel was asked to log somebody out.
pub(crate) fn logouts(ozonetel: &Ozonetel) -> usize {
    ozonetel.with(|world| {
        let actions = world.orders.iter().map(|(_, fields)| &fields["action"]);
        actions.filter(|action| **action == "logout").count()
    })
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
