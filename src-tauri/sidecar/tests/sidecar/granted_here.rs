//! Records that change in a shift, with everything in the memory of one sidecar.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sidecar::{LockName, MemoryLock, Owner, SessionLock};
use tokio::time::timeout;

use crate::granted::{self, ANA, Office, RAVI, as_before, changed, login, records};
use crate::stand_in::ozonetel::{self, Mode, Ozonetel, password_of};
use crate::stand_in::platform::{ANA_MEMBER, Fault, PASSWORD, Platform, RAVI_MEMBER};
use crate::stand_in::{own_passwords_config, platform_and_ozonetel_config, platform_config};
use crate::world::{DEADLINE, Device, MovedClock, World};

/// How long a record is believed.
const BELIEVED: Duration = Duration::from_secs(300);

struct One {
    platform: Platform,
    world: World,
}

impl One {
    async fn start() -> Self {
        let platform = Platform::start().await;
        let lock = |clock| -> Arc<dyn SessionLock> { Arc::new(MemoryLock::new(clock)) };
        let world = World::with(platform_config(&platform, None), lock).await;
        Self { platform, world }
    }
}

impl Office for One {
    fn platform(&self) -> &Platform {
        &self.platform
    }

    fn device(&self, name: &str) -> Device {
        self.world.device(name)
    }

    fn later(&self, name: &str) -> Device {
        self.world.clock.advance(BELIEVED);
        self.world.device(name)
    }
}

#[tokio::test]
async fn a_session_lasts_as_long_as_its_account_is_its_members() {
    granted::a_record_that_is_gone_ends_the_session(&One::start().await).await;
    granted::a_record_that_another_member_has_now_is_theirs_once_the_session_has_ended(
        &One::start().await,
    )
    .await;
    granted::an_agent_of_another_name_is_signed_in_to_anew_and_displaces_nobody(
        &One::start().await,
    )
    .await;
    granted::another_extension_is_signed_in_to_anew_and_the_old_one_is_free(&One::start().await)
        .await;
    granted::a_login_with_another_extension_frees_the_old_one_at_once(&One::start().await).await;
    granted::a_login_as_another_agent_with_the_same_extension_frees_the_first_one(
        &One::start().await,
    )
    .await;
    granted::a_logout_frees_what_was_granted_whatever_the_record_says(&One::start().await).await;
    granted::a_manager_with_a_record_never_locks_it(&One::start().await).await;
}

#[tokio::test]
async fn a_logout_while_the_platform_is_silent_frees_the_lock() {
    let office = One::start().await;
    let session = login(&office.device("desk"), ANA).await.expect(201);
    let outage = ("agents", Fault::Status(500));
    office.platform.with(|world| world.faults = [outage].into());
    let logout = office.later("desk").logout(session.access_token()).await;
    assert_eq!(logout.expect(201).body["released"], true);
}

#[tokio::test]
async fn a_token_of_the_version_before_goes_on_with_the_record_of_its_member() {
    let office = One::start().await;
    let session = login(&office.device("desk"), ANA).await.expect(201);
    let old = as_before(session.access_token());
    // The server of the next version has no sessions in its memory.
    let clock = office.world.clock.clone();
    let lock = Arc::new(MemoryLock::new(clock.clock()));
    let world = World::at(clock, platform_config(&office.platform, None), lock).await;
    let next = One {
        platform: office.platform,
        world,
    };
    let beat = next.device("desk").beat(&old).await.expect(201);
    assert_eq!(beat.body["lock"], "held");
    login(&next.device("laptop"), ANA).await.expect(409);
    records(&next, &[(RAVI_MEMBER, "agent2", "700202")]);
    changed(next.later("desk").beat(&old).await);
}

#[tokio::test]
async fn a_login_that_is_given_up_gives_nothing_back_to_a_page_of_another_account() {
    for (agent, extension) in [("agent1", "700299"), ("agent2", "700201")] {
        let (platform, ozonetel) = (Platform::start().await, Ozonetel::start(Mode::ApiKey).await);
        let config = platform_and_ozonetel_config(&platform, &ozonetel);
        let clock = MovedClock::new();
        let lock = Arc::new(MemoryLock::new(clock.clock()));
        let world = World::at(clock, config, lock.clone()).await;
        let office = One { platform, world };
        login(&office.world.old_client(), ANA).await.expect(201);
        let asked = ozonetel.with(|world| {
            world.fault = Some(ozonetel::Fault::Wait);
            world.asked
        });
        records(&office, &[(ANA_MEMBER, agent, extension)]);
        let other = office.world.old_client();
        let login = tokio::spawn(async move { login(&other, ANA).await });
        let is_asked = ozonetel.until(move |world| world.asked > asked);
        timeout(DEADLINE, is_asked).await.unwrap();
        let name = LockName {
            ozonetel_agent_id: agent.to_owned(),
            sip_extension: extension.to_owned(),
        };
        let holders = async || {
            let look = lock.look(&name).await.unwrap();
            let ids = look.holders().map(|it| it.session_id.clone());
            ids.collect::<Vec<_>>()
        };
        let claimed = holders().await;
        login.abort();
        let given_back = async {
            while holders().await.iter().any(|it| claimed.contains(it)) {
                tokio::task::yield_now().await;
            }
        };
        timeout(DEADLINE, given_back).await.unwrap();
        let look = lock.look(&name).await.unwrap();
        let is_hers = |holder: &Owner| holder.member_id == ANA_MEMBER;
        assert!(!look.holders().any(is_hers), "{look:?}");
    }
}

#[tokio::test]
async fn who_signs_in_with_another_extension_is_in_with_that_alone_at_ozonetel() {
    for (device, takeover) in [("desk", false), ("tablet", true)] {
        let (ozonetel, office) = with_ozonetel().await;
        login(&office.device("desk"), ANA).await.expect(201);
        ozonetel.with(|world| assert_eq!(world.present["agent1"], "700201"));
        records(
            &office,
            &[
                (ANA_MEMBER, "agent1", "700299"),
                (RAVI_MEMBER, "agent2", "700201"),
            ],
        );
        let body = json!({"email": ANA, "password": PASSWORD, "takeover": takeover});
        let next = office.device(device).login_with(body).await.expect(201);
        assert_eq!(next.body["telephony"]["state"], "ready");
        ozonetel.with(|world| assert_eq!(world.present["agent1"], "700299"));
        let theirs = login(&office.device("laptop"), RAVI).await.expect(201);
        assert_eq!(theirs.body["telephony"]["state"], "ready");
        ozonetel.with(|world| assert_eq!(world.present["agent2"], "700201"));
    }
}

#[tokio::test]
async fn who_signs_in_as_another_agent_leaves_the_first_one_out_at_ozonetel() {
    for (device, takeover) in [("desk", false), ("tablet", true)] {
        let (ozonetel, office) = with_ozonetel().await;
        login(&office.device("desk"), ANA).await.expect(201);
        records(
            &office,
            &[
                (ANA_MEMBER, "agent2", "700201"),
                (RAVI_MEMBER, "agent1", "700299"),
            ],
        );
        let body = json!({"email": ANA, "password": PASSWORD, "takeover": takeover});
        let next = office.device(device).login_with(body).await.expect(201);
        assert_eq!(next.body["telephony"]["state"], "ready");
        ozonetel.with(|world| {
            assert_eq!(world.present["agent2"], "700201");
            assert!(!world.present.contains_key("agent1"));
        });
        let theirs = login(&office.device("laptop"), RAVI).await.expect(201);
        assert_eq!(theirs.body["telephony"]["state"], "ready");
    }
}

#[tokio::test]
async fn who_signs_in_as_another_agent_is_out_as_the_first_one_by_the_password_of_that() {
    let (platform, ozonetel) = (Platform::start().await, Ozonetel::start(Mode::ApiKey).await);
    let config = own_passwords_config(&platform, &ozonetel, "ozonetelpassword");
    let world = World::alone(config).await;
    let office = One { platform, world };
    for id in ["agent1", "agent2"] {
        records(&office, &[(ANA_MEMBER, id, "700201")]);
        office.platform.with(|world| {
            world.agents[0].fields["ozonetelpassword"] = json!(password_of(id));
        });
        let session = login(&office.device("desk"), ANA).await.expect(201);
        assert_eq!(session.body["telephony"]["state"], "ready");
        ozonetel.with(|world| assert!(world.present.keys().eq([id])));
    }
}

#[tokio::test]
async fn an_agent_who_is_another_members_now_is_logged_out_at_ozonetel() {
    let (ozonetel, office) = with_ozonetel().await;
    let gone = async |id: &'static str| {
        let out = ozonetel.until(move |world| !world.present.contains_key(id));
        timeout(DEADLINE, out).await.unwrap();
    };
    let session = login(&office.device("desk"), ANA).await.expect(201);
    ozonetel.with(|world| assert!(world.present.contains_key("agent1")));
    records(&office, &[(RAVI_MEMBER, "agent2", "700202")]);
    changed(office.later("desk").beat(session.access_token()).await);
    gone("agent1").await;

    // So is one whose record nobody can read at the sign-out.
    let session = login(&office.device("laptop"), RAVI).await.expect(201);
    ozonetel.with(|world| assert!(world.present.contains_key("agent2")));
    let outage = ("agents", Fault::Status(500));
    office.platform.with(|world| world.faults = [outage].into());
    let logout = office.later("laptop").logout(session.access_token()).await;
    assert_eq!(logout.expect(201).body["released"], true);
    gone("agent2").await;
}

/// An office whose agents have an account at Ozonetel.
async fn with_ozonetel() -> (Ozonetel, One) {
    let (platform, ozonetel) = (Platform::start().await, Ozonetel::start(Mode::ApiKey).await);
    ozonetel.with(|world| {
        let password = password_of("agent1");
        world.passwords.insert("agent2".to_owned(), password);
    });
    let world = World::alone(platform_and_ozonetel_config(&platform, &ozonetel)).await;
    (ozonetel, One { platform, world })
}
