//! Agents whose sessions end while their sidecar is gone are logged out at Ozonetel by another one, once.

use crate::account::{self, Account, DUTIES, logouts, until};
use crate::cluster::Cluster;
use crate::granted;
use crate::instance::Instance;
use crate::ozonetel::{API_KEY, Fault, Mode, USER_NAME, password_of};
use crate::server::RedisServer;
use crate::side_by_side::until_served;
use crate::stand_in::platform::Platform;
use crate::wire::{self, Wire};
use crate::world::config_text;

const ANA: &str = "ana@helix.example";
const RAVI: &str = "ravi@helix.example";

/// Sessions that end soon.
const TWO_SECONDS: &str = "ttl_seconds = 2\nheartbeat_seconds = 1\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_sidecar_that_is_started_again_logs_out_whose_session_ended_meanwhile() {
    let account = Account::with(Mode::ApiKey, TWO_SECONDS).await;
    let sidecar = account.sidecar().await;
    sidecar.device("desk").login(ANA).await.expect(201);
    assert!(account.is_in("agent1"));
    sidecar.kill().await;
    account.redis.assert_every_key_expires();
    let lock = ["EXISTS", "agent:session:agent1"];
    account
        .redis
        .until("the session ends", &lock, |count| count == "0");
    let _again = account.sidecar().await;
    account.until_all_are_out().await;
    assert_eq!(account.logouts(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_sidecars_one_logs_out_whom_one_that_died_left_behind() {
    let account = Account::start(Mode::ApiKey).await;
    let dying = account.sidecar().await;
    dying.device("desk").login(ANA).await.expect(201);
    dying.device("office").login(RAVI).await.expect(201);
    dying.kill().await;
    end_session(&account.redis, "agent1", "700201");
    let _others = account.sidecars(3).await;
    until(&account.ozonetel, "one is logged out", |world| {
        !world.present.contains_key("agent1")
    })
    .await;
    // Whose session goes on stays in.
    assert!(account.is_in("agent2"));
    end_session(&account.redis, "agent2", "700202");
    account.until_all_are_out().await;
    assert_eq!(account.logouts(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_cluster_they_share_their_duties_as_well() {
    let cluster = Cluster::start();
    let (ozonetel, settings) = account::start(Mode::ApiKey).await;
    let settings = [TWO_SECONDS, &settings].concat();
    let dying = Instance::with(&cluster.url(), &settings).await;
    let desk = dying.device("desk");
    let login = until_served(async || desk.login(ANA).await).await;
    login.expect(201);
    dying.kill().await;
    let _other = Instance::with(&cluster.url(), &settings).await;
    account::until_all_are_out(&ozonetel).await;
    assert_eq!(logouts(&ozonetel), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sidecar_that_dies_while_it_logs_somebody_out_leaves_that_to_the_others() {
    let account = Account::start(Mode::ApiKey).await;
    let first = account.sidecar().await;
    let desk = first.device("desk");
    let login = desk.login(ANA).await.expect(201);
    account
        .ozonetel
        .with(|world| world.fault = Some(Fault::Wait));
    // Signed out: the lock is free, and Ozonetel takes its time.
    desk.logout(login.access_token()).await.expect(201);
    let lock = ["GET", "agent:session:agent1"];
    account
        .redis
        .until("it logs them out", &lock, |it| it.contains("helix-sidecar"));
    first.kill().await;
    // It ends again by itself after a minute; and the lock of a logout ends by its term.
    end_session(&account.redis, "agent1", "700201");
    let second = account.sidecar().await;
    account
        .redis
        .until("it logs them out", &lock, |it| it.contains("helix-sidecar"));
    second.kill().await;
    assert!(account.is_in("agent1"));
    assert_eq!(
        account.redis.command(&["ZRANGE", DUTIES, "0", "-1"]),
        "agent1"
    );
    account.redis.assert_every_key_expires();

    account.ozonetel.with(|world| world.fault = None);
    end_session(&account.redis, "agent1", "700201");
    let _third = account.sidecar().await;
    account.until_all_are_out().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_signed_in_meanwhile_is_not_logged_out() {
    let account = Account::start(Mode::ApiKey).await;
    let dying = account.sidecar().await;
    dying.device("desk").login(ANA).await.expect(201);
    dying.kill().await;
    // A sidecar that speaks to no Ozonetel signs them in, so nobody prolongs the duty.
    let without = Instance::start(&account.redis.url()).await;
    let laptop = without.device("laptop");
    laptop.take_over(ANA).await.expect(201);
    end_duty(&account.redis, "agent1");
    let other = account.sidecar().await;
    let taken = |ends: &str| end_of(ends) > 1;
    account.redis.until(
        "it is looked at",
        &["ZRANGE", DUTIES, "0", "-1", "WITHSCORES"],
        taken,
    );
    let signed_in = other.device("laptop").take_over(ANA).await.expect(201);
    assert_eq!(signed_in.body["telephony"]["state"], "ready");
    assert!(account.is_in("agent1"));
    assert_eq!(account.logouts(), 0);
    // Their own duty has taken the place of the one before.
    let laptop = other.device("laptop");
    laptop.logout(signed_in.access_token()).await.expect(201);
    account.until_all_are_out().await;
    assert_eq!(account.logouts(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_heartbeat_at_any_sidecar_prolongs_a_duty_also_after_a_loss_of_all_data() {
    let account = Account::start(Mode::ApiKey).await;
    let (one, other) = (account.sidecar().await, account.sidecar().await);
    let login = one.device("desk").login(ANA).await.expect(201);
    let beat = async |sidecar: &Instance| {
        let beat = sidecar.device("desk").beat(login.access_token()).await;
        beat.expect(201);
    };
    let ends = || {
        end_of(
            &account
                .redis
                .command(&["ZRANGE", DUTIES, "0", "-1", "WITHSCORES"]),
        )
    };
    beat(&one).await;
    let first = ends();
    beat(&other).await;
    let second = ends();
    assert!(second > first, "{first} {second}");
    assert_eq!(account.redis.command(&["FLUSHALL"]), "OK");
    beat(&other).await;
    account
        .redis
        .until("it is noted", &["EXISTS", DUTIES], |count| count == "1");
    assert!(ends() > second);
    account.redis.assert_every_key_expires();
    // It is the one duty of both.
    one.device("desk")
        .logout(login.access_token())
        .await
        .expect(201);
    account.until_all_are_out().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_paused_while_sessions_end_costs_nothing_but_time() {
    let account = Account::with(Mode::ApiKey, TWO_SECONDS).await;
    let sidecar = account.sidecar().await;
    sidecar.device("desk").login(ANA).await.expect(201);
    account.redis.signal("STOP");
    // Each of these waits for Redis, all of them longer than it is between two looks for duties.
    for _ in 0..60 {
        sidecar.get("/readyz").await.expect(503);
    }
    assert!(account.is_in("agent1"));
    account.redis.signal("CONT");
    account.until_all_are_out().await;
    assert_eq!(account.logouts(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ozonetel_that_is_silent_is_asked_again() {
    let account = Account::start(Mode::ApiKey).await;
    let sidecar = account.sidecar().await;
    sidecar.device("desk").login(ANA).await.expect(201);
    account
        .ozonetel
        .with(|world| world.fault = Some(Fault::Status(503)));
    end_session(&account.redis, "agent1", "700201");
    let taken = |ends: &str| end_of(ends) > 1;
    let ends = ["ZRANGE", DUTIES, "0", "-1", "WITHSCORES"];
    account.redis.until("it is tried", &ends, taken);
    // Whoever gives the lock back leaves a mark.
    let marks = ["KEYS", "agent:ended:*"];
    account
        .redis
        .until("it is given up", &marks, |keys| !keys.is_empty());
    account.ozonetel.with(|world| world.fault = None);
    assert!(account.is_in("agent1"));
    end_duty(&account.redis, "agent1");
    account.until_all_are_out().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_out_after_a_loss_of_all_data_is_logged_out() {
    let account = Account::start(Mode::ApiKey).await;
    let sidecar = account.sidecar().await;
    let desk = sidecar.device("desk");
    let login = desk.login(ANA).await.expect(201);
    assert!(account.is_in("agent1"));
    assert_eq!(account.redis.command(&["FLUSHALL"]), "OK");
    let logout = desk.logout(login.access_token()).await.expect(201);
    assert_eq!(logout.body["released"], false);
    account.until_all_are_out().await;
    assert_eq!(account.logouts(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_account_changes_after_a_loss_of_all_data_is_logged_out() {
    let account = Account::start(Mode::ApiKey).await;
    let platform = Platform::start().await;
    let password = password_of("agent1");
    let more = variables(&account, &password);
    let sidecar = async || Instance::at_platform_and(&account.redis.url(), &platform, &more).await;
    let (one, other) = (sidecar().await, sidecar().await);
    let login = granted::login(&one.device("desk"), ANA).await.expect(201);
    assert!(account.is_in("agent1"));
    assert_eq!(account.redis.command(&["FLUSHALL"]), "OK");
    platform.with(|world| world.agents.clear());
    granted::changed(other.device("desk").beat(login.access_token()).await);
    account.until_all_are_out().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_session_ends_at_a_refresh_at_any_sidecar_is_logged_out_and_holds_nothing() {
    let account = Account::start(Mode::ApiKey).await;
    let (one, other) = (account.sidecar().await, account.sidecar().await);
    let first = one.device("desk").login(ANA).await.expect(201);
    let next = one.device("desk").refresh(first.refresh_token()).await;
    let next = next.expect(201);
    // The first token was used long ago.
    let key = format!("session:{}", &first.refresh_token()[..36]);
    let long_ago = "local session = cjson.decode(redis.call('GET', KEYS[1])) session.used[1][2] = 1 \
                    return redis.call('SET', KEYS[1], cjson.encode(session), 'KEEPTTL')";
    let changed = account.redis.command(&["EVAL", long_ago, "1", &key]);
    assert_eq!(changed, "OK");
    let desk = other.device("desk");
    desk.refresh(first.refresh_token()).await.expect(401);
    account.until_all_are_out().await;
    let laptop = one.device("laptop").login(ANA).await.expect(201);
    desk.beat(next.access_token()).await.expect(401);
    one.device("laptop")
        .logout(laptop.access_token())
        .await
        .expect(201);
    account.until_all_are_out().await;

    let platform = Platform::start().await;
    let password = password_of("agent1");
    let more = variables(&account, &password);
    let sidecar = async || Instance::at_platform_and(&account.redis.url(), &platform, &more).await;
    let (one, other) = (sidecar().await, sidecar().await);
    let session = granted::login(&one.device("desk"), ANA).await.expect(201);
    assert!(account.is_in("agent1"));
    platform.with(|world| world.revoke_all());
    let desk = other.device("desk");
    desk.refresh(session.refresh_token()).await.expect(401);
    account.until_all_are_out().await;
    granted::login(&one.device("laptop"), ANA).await.expect(201);
    account.redis.assert_every_key_expires();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_that_is_repeated_at_any_sidecar_logs_nobody_out() {
    let account = Account::start(Mode::ApiKey).await;
    let (one, other) = (account.sidecar().await, account.sidecar().await);
    let session = one.device("desk").login(ANA).await.expect(201);
    let token = session.access_token();
    one.device("desk").logout(token).await.expect(201);
    account.until_all_are_out().await;
    // They work at Ozonetel's own page.
    let (agent, number) = ("agent1".to_owned(), "700201".to_owned());
    account
        .ozonetel
        .with(|world| world.present.insert(agent, number));
    for sidecar in [&one, &other, &one] {
        let again = sidecar.device("desk").logout(token).await.expect(201);
        assert_eq!(again.body["released"], false);
        // That this very session has ended is remembered for as long as its access tokens count.
        let key = format!("session:{}", &session.refresh_token()[..36]);
        assert_eq!(account.redis.command(&["DEL", &key]), "1");
    }
    // This waits for what the calls have begun.
    for sidecar in [one, other] {
        sidecar.stop().await;
    }
    assert_eq!(account.logouts(), 1);
    assert!(account.is_in("agent1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_whose_lock_was_freed_without_an_answer_is_made_again_and_logs_out() {
    for fault in [wire::Fault::LosesCommand, wire::Fault::LosesAnswer] {
        let account = Account::start(Mode::ApiKey).await;
        let wire = Wire::to(account.redis.port).await;
        let sidecar = Instance::with(&wire.url(), &account.settings).await;
        let desk = sidecar.device("desk");
        let before = desk.login(ANA).await.expect(201);
        desk.logout(before.access_token()).await.expect(201);
        account.until_all_are_out().await;
        // From here on Redis knows all scripts.
        let session = desk.login(ANA).await.expect(201);
        wire.break_at(1, fault);
        desk.logout(session.access_token()).await.expect(503);
        wire.broken().await;
        let logout = until_served(async || desk.logout(session.access_token()).await).await;
        let logout = logout.expect(201);
        assert_eq!(logout.body["released"], fault == wire::Fault::LosesCommand);
        account.until_all_are_out().await;
        desk.refresh(session.refresh_token()).await.expect(401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_to_log_somebody_out_under_that_was_taken_without_an_answer_is_given_back() {
    let account = Account::start(Mode::ApiKey).await;
    let wire = Wire::to(account.redis.port).await;
    let sidecar = Instance::with(&wire.url(), &account.settings).await;
    let desk = sidecar.device("desk");
    let before = desk.login(ANA).await.expect(201);
    desk.logout(before.access_token()).await.expect(201);
    account.until_all_are_out().await;
    // From here on Redis knows all scripts.
    let session = desk.login(ANA).await.expect(201);
    // The lock is freed, the session ends, the duty is noted, and then the lock is taken for the logout.
    wire.break_at(4, wire::Fault::LosesAnswer);
    desk.logout(session.access_token()).await.expect(201);
    wire.broken().await;
    let marks = ["KEYS", "agent:ended:*"];
    let is_given_back = |keys: &str| keys.lines().count() == 4;
    account
        .redis
        .until("it is given back", &marks, is_given_back);
    let laptop = sidecar.device("laptop");
    let again = until_served(async || laptop.login(ANA).await).await;
    assert_eq!(again.expect(201).body["telephony"]["state"], "ready");
    account.redis.assert_every_key_expires();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_lands_after_a_sign_out_at_another_sidecar_is_undone() {
    let account = Account::start(Mode::ApiKey).await;
    let (one, other) = (account.sidecar().await, account.sidecar().await);
    account
        .ozonetel
        .with(|world| world.fault = Some(Fault::Wait));
    let login = one.device("desk").login(ANA).await.expect(201);
    assert_eq!(login.body["telephony"]["state"], "pending");
    account.ozonetel.with(|world| world.fault = None);
    let desk = other.device("desk");
    desk.logout(login.access_token()).await.expect(201);
    account.until_all_is_done();
    assert_eq!(account.logouts(), 1);
    account.ozonetel.go_on();
    until(&account.ozonetel, "the login lands", |world| {
        world.orders.len() > 1
    })
    .await;
    account.until_all_are_out().await;
    assert_eq!(account.logouts(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_lands_after_a_takeover_at_another_sidecar_is_undone_unless_the_other_is_in() {
    for is_out in [false, true] {
        let account = Account::start(Mode::ApiKey).await;
        let (one, other) = (account.sidecar().await, account.sidecar().await);
        account
            .ozonetel
            .with(|world| world.fault = Some(Fault::Wait));
        let login = one.device("desk").login(ANA).await.expect(201);
        assert_eq!(login.body["telephony"]["state"], "pending");
        account.ozonetel.with(|world| world.fault = None);
        let laptop = other.device("laptop");
        let moved = laptop.take_over(ANA).await.expect(201);
        assert_eq!(moved.body["telephony"]["state"], "ready");
        if is_out {
            laptop.logout(moved.access_token()).await.expect(201);
            account.until_all_are_out().await;
        }
        let (orders, logouts) = (
            account.ozonetel.with(|world| world.orders.len()),
            account.logouts(),
        );
        account.ozonetel.go_on();
        until(&account.ozonetel, "the login lands", |world| {
            world.orders.len() > orders
        })
        .await;
        if is_out {
            account.until_all_are_out().await;
            assert_eq!(account.logouts(), logouts + 1);
            continue;
        }
        // This waits for what comes of the login.
        one.stop().await;
        assert!(account.is_in("agent1"));
        assert_eq!(account.logouts(), logouts);
        laptop.beat(moved.access_token()).await.expect(201);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_that_ozonetel_refuses_is_tried_again_but_not_for_ever() {
    let account = Account::start(Mode::ApiKey).await;
    let sidecar = account.sidecar().await;
    sidecar.device("desk").login(ANA).await.expect(201);
    account
        .ozonetel
        .with(|world| world.fault = Some(Fault::Refusal("Invalid userName or apiKey")));
    end_session(&account.redis, "agent1", "700201");
    // Whoever gives the lock back leaves a mark.
    let marks = ["KEYS", "agent:ended:*"];
    let is_given_back = |keys: &str| !keys.is_empty();
    account.redis.until("it is refused", &marks, is_given_back);
    let refused = "return cjson.decode(redis.call('GET', 'agent:duty:agent1')).refused";
    let refused = || account.redis.command(&["EVAL", refused, "0"]);
    assert_eq!(refused(), "1");
    account.redis.assert_every_key_expires();
    account.ozonetel.with(|world| world.fault = None);
    end_duty(&account.redis, "agent1");
    account.until_all_are_out().await;

    let again = sidecar.device("desk").login(ANA).await.expect(201);
    assert_eq!(again.body["telephony"]["state"], "ready");
    account
        .ozonetel
        .with(|world| world.fault = Some(Fault::Refusal("Invalid Authentication")));
    let last = "local duty = cjson.decode(redis.call('GET', 'agent:duty:agent1')) duty.refused = 9 \
                return redis.call('SET', 'agent:duty:agent1', cjson.encode(duty), 'KEEPTTL')";
    assert_eq!(account.redis.command(&["EVAL", last, "0"]), "OK");
    end_session(&account.redis, "agent1", "700201");
    account
        .redis
        .until("it is given up", &["EXISTS", DUTIES], |count| count == "0");
    assert!(account.is_in("agent1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agents_own_password_goes_with_the_duty_and_redis_cannot_read_it() {
    let account = Account::start(Mode::ApiKey).await;
    let own = "the-own-password-of-ana";
    account
        .ozonetel
        .with(|world| world.passwords.insert("agent1".to_owned(), own.to_owned()));
    let text = config_text(&account.settings);
    let config = text.replacen(
        "sip_uri",
        &format!("ozonetel_password = \"{own}\"\nsip_uri"),
        1,
    );
    let dying = Instance::configured(&account.redis.url(), &config).await;
    let login = dying.device("desk").login(ANA).await.expect(201);
    assert_eq!(login.body["telephony"]["state"], "ready");
    dying.kill().await;
    let duty = account.redis.command(&["GET", "agent:duty:agent1"]);
    assert!(duty.contains("\"password\":"), "{duty}");
    for password in [own, &password_of("agent1")] {
        assert!(!duty.contains(password), "{duty}");
    }
    end_session(&account.redis, "agent1", "700201");
    // This one knows of no such agent's password.
    let _other = account.sidecar().await;
    account.until_all_are_out().await;
}

/// Returns the variables that name the account, whose agents have this password.
fn variables<'a>(account: &'a Account, password: &'a str) -> [(&'a str, &'a str); 5] {
    [
        ("OZONETEL_URL", &*account.ozonetel.url),
        ("OZONETEL_USER_NAME", USER_NAME),
        ("OZONETEL_API_KEY", API_KEY),
        ("OZONETEL_AUTHENTICATION", "api-key"),
        ("OZONETEL_AGENT_PASSWORD", password),
    ]
}

/// Ends a session as its term does, and the duty with it.
fn end_session(redis: &RedisServer, agent_id: &str, extension: &str) {
    let locks = [
        format!("agent:session:{agent_id}"),
        format!("agent:extension:{extension}"),
    ];
    assert_eq!(redis.command(&["DEL", &locks[0], &locks[1]]), "2");
    end_duty(redis, agent_id);
}

/// Has a duty end now.
fn end_duty(redis: &RedisServer, agent_id: &str) {
    let changed = redis.command(&["ZADD", DUTIES, "XX", "CH", "1", agent_id]);
    assert_eq!(changed, "1");
}

/// Reads when the only duty ends.
fn end_of(ends: &str) -> u64 {
    let (_, ends) = ends.split_once('\n').unwrap();
    ends.trim().parse().unwrap()
}
