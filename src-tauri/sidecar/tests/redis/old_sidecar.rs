//! What was there before, beside what is there now: the page at sidecars side by side, and the first sidecar at
//! the same Redis.

use crate::instance::Instance;
use crate::old_page::{self, Page};
use crate::server::RedisServer;

const ANA: &str = "ana@helix.example";
const RAVI: &str = "ravi@helix.example";

#[tokio::test]
async fn a_page_works_as_it_did_at_any_server() {
    let (redis, one, other) = two().await;
    let page = Page::at(&[&one.url, &other.url]);
    let start_anew = || assert_eq!(redis.command(&["FLUSHALL"]), "OK");
    old_page::an_agent_gets_the_fields_that_are_documented_with_their_names(&page).await;
    start_anew();
    old_page::a_manager_has_neither_phone_nor_lock(&page).await;
    start_anew();
    old_page::a_shift_goes_by_login_heartbeats_refresh_and_logout(&page).await;
    start_anew();
    old_page::refusals_have_the_status_and_the_words_that_the_page_knows(&page).await;
    start_anew();
    let phone = other.device("desk");
    old_page::another_member_is_refused_and_the_same_member_signs_in_again(&page, &phone).await;
    start_anew();
    old_page::a_phone_that_the_page_displaces_never_has_the_lock_again(&page, &phone).await;
    redis.assert_every_key_expires();
}

#[tokio::test]
async fn a_sidecar_that_takes_the_place_of_the_first_one_shares_its_locks_meanwhile() {
    let (redis, one, other) = two().await;
    let first = First(&redis);
    let page = Page::at(&[&one.url, &other.url]);
    let (desk, laptop) = (one.device("desk"), other.device("laptop"));

    // Whom the first one has signed in is refused to phones, and not to the page of that member.
    assert!(first.login("agent1", "m-ana"));
    for device in [&desk, &laptop] {
        let holder = &device.login(ANA).await.expect(409).body["holder"];
        assert_eq!(holder["sameMember"], true);
        assert_eq!(holder["deviceName"], "unknown device");
    }
    let tokens = page.login(ANA).await.success();
    page.call("heartbeat", Some(&tokens), None).await.success();
    // The other way round it knows no more than that somebody has it.
    assert!(!first.login("agent1", "m-ana"));
    first.beat("agent1");
    page.call("heartbeat", Some(&tokens), None).await.success();
    redis.assert_every_key_expires();

    // It frees what is not its own, and the next heartbeat takes that again.
    first.logout("agent1");
    page.call("heartbeat", Some(&tokens), None).await.success();
    assert!(!first.login("agent1", "m-ana"));
    page.call("logout", Some(&tokens), None).await.success();

    // A phone takes over from it, by force alone.
    assert!(first.login("agent2", "m-ravi"));
    desk.login(RAVI).await.expect(409);
    let held = desk.take_over(RAVI).await.expect(201);
    desk.beat(held.access_token()).await.expect(201);
    assert!(!first.login("agent2", "m-ravi"));
    // It looked before, and writes now, over whatever is there: nobody is told that both have it.
    first.write("agent2", "m-ravi");
    let lost = desk.beat(held.access_token()).await.expect(409);
    assert_eq!(lost.body["holder"]["deviceName"], "unknown device");
    let logout = desk.logout(held.access_token()).await.expect(201);
    // The extension, which the first one knows nothing of, was still the phone's.
    assert_eq!(logout.body["released"], true);
    assert!(first.login("agent2", "m-ravi"));
    laptop.login(RAVI).await.expect(409);
    first.logout("agent2");
    laptop.login(RAVI).await.expect(201);
    redis.assert_every_key_expires();
}

async fn two() -> (RedisServer, Instance, Instance) {
    let redis = RedisServer::start();
    let (one, other) = Instance::two(&redis.url()).await;
    (redis, one, other)
}

/// The first sidecar, as the plan had it: a look and then a write, and neither a heartbeat nor a logout that asks
/// whose the lock is.
struct First<'a>(&'a RedisServer);

impl First<'_> {
    fn login(&self, agent: &str, member: &str) -> bool {
        let held = self.0.command(&["GET", &key(agent)]);
        let is_free = held.is_empty() || held == member;
        if is_free {
            self.write(agent, member);
        }
        is_free
    }

    fn write(&self, agent: &str, member: &str) {
        let set = ["SET", &key(agent), member, "EX", "3600"];
        assert_eq!(self.0.command(&set), "OK");
    }

    fn beat(&self, agent: &str) {
        assert_eq!(self.0.command(&["EXPIRE", &key(agent), "3600"]), "1");
    }

    fn logout(&self, agent: &str) {
        assert_eq!(self.0.command(&["DEL", &key(agent)]), "1");
    }
}

fn key(agent: &str) -> String {
    format!("agent:session:{agent}")
}
