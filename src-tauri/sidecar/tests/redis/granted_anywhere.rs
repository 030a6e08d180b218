//! Records that change in a shift, with sidecars side by side.

use serde_json::Value;

use crate::granted::{self, ANA, Office, RAVI, as_before, changed, login, records};
use crate::instance::Instance;
use crate::server::RedisServer;
use crate::stand_in::platform::{Platform, RAVI_MEMBER};
use crate::world::Device;

/// Two sidecars of one platform and one Redis.
struct Two {
    redis: RedisServer,
    platform: Platform,
    one: Instance,
    other: Instance,
}

impl Two {
    async fn start() -> Self {
        let (redis, platform) = (RedisServer::start(), Platform::start().await);
        let one = Instance::at_platform(&redis.url(), &platform).await;
        let other = Instance::at_platform(&redis.url(), &platform).await;
        Self {
            redis,
            platform,
            one,
            other,
        }
    }
}

impl Office for Two {
    fn platform(&self) -> &Platform {
        &self.platform
    }

    fn device(&self, name: &str) -> Device {
        self.one.device(name)
    }

    fn later(&self, name: &str) -> Device {
        self.other.device(name)
    }
}

#[tokio::test]
async fn a_session_lasts_as_long_as_its_account_is_its_members_at_any_server() {
    granted::a_record_that_is_gone_ends_the_session(&Two::start().await).await;
    granted::a_record_that_another_member_has_now_is_theirs_once_the_session_has_ended(
        &Two::start().await,
    )
    .await;
    granted::an_agent_of_another_name_is_signed_in_to_anew_and_displaces_nobody(
        &Two::start().await,
    )
    .await;
    granted::another_extension_is_signed_in_to_anew_and_the_old_one_is_free(&Two::start().await)
        .await;
    granted::a_login_with_another_extension_frees_the_old_one_at_once(&Two::start().await).await;
    granted::a_login_as_another_agent_with_the_same_extension_frees_the_first_one(
        &Two::start().await,
    )
    .await;
    granted::a_logout_frees_what_was_granted_whatever_the_record_says(&Two::start().await).await;
    granted::a_manager_with_a_record_never_locks_it(&Two::start().await).await;
}

#[tokio::test]
async fn a_session_of_the_version_before_learns_what_it_was_granted() {
    let office = Two::start().await;
    let session = login(&office.device("desk"), ANA).await.expect(201);
    let old = as_before(session.access_token());
    let key = office.redis.command(&["KEYS", "session:*"]);
    let kept = || -> Value {
        let value = office.redis.command(&["GET", &key]);
        serde_json::from_str(&value).unwrap()
    };
    let mut value = kept();
    assert!(value.as_object_mut().unwrap().remove("lock").is_some());
    let value = value.to_string();
    office.redis.command(&["SET", &key, &value, "KEEPTTL"]);

    let beat = office.device("desk").beat(&old).await.expect(201);
    assert_eq!(beat.body["lock"], "held");
    let lock = kept()["lock"].as_str().unwrap().to_owned();
    assert_eq!(lock, r#"{"agent":"agent1","extension":"700201"}"#);
    // From here on it goes with the session, also where the token does not say it.
    let desk = office.device("desk");
    let next = desk.refresh(session.refresh_token()).await.expect(201);
    desk.beat(next.access_token()).await.expect(201);
    records(&office, &[(RAVI_MEMBER, "agent1", "700201")]);
    changed(office.later("desk").beat(&old).await);
    login(&office.device("laptop"), RAVI).await.expect(201);
    office.redis.assert_every_key_expires();
}
