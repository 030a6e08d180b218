//! A login that is broken in each of its steps: nobody is locked out by it, and nobody holds twice.

use serde_json::{Value, json};

use crate::account;
use crate::instance::Instance;
use crate::ozonetel::{self, Mode, Ozonetel, USER_NAME, password_of};
use crate::platform::{self, Platform};
use crate::server::RedisServer;
use crate::side_by_side::until_served;
use crate::wire::{Fault, Wire};
use crate::world::{DEADLINE, Device, PASSWORD};

const RAVI: &str = "ravi@helix.example";
/// Has the agent of Ravi.
const RITA: &str = "rita@helix.example";

/// What a login asks of Redis: to begin an attempt, to end it, the lock, the session, the lock for a
/// whole term.
const STEPS: std::ops::RangeInclusive<usize> = 1..=5;

/// With an account at Ozonetel there are three more before the last: to note the duty, to note with the session what
/// became of the login there, and to look whether the session goes on.
const STEPS_AT_OZONETEL: std::ops::RangeInclusive<usize> = 1..=8;

/// A takeover also asks what the session before had and ordered, once it has the lock.
const STEPS_OF_A_TAKEOVER: std::ops::RangeInclusive<usize> = 1..=6;
const STEPS_OF_A_TAKEOVER_AT_OZONETEL: std::ops::RangeInclusive<usize> = 1..=9;

const KEYS: [&str; 2] = ["agent:session:agent2", "agent:extension:700202"];

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_redis_did_not_answer_leaves_no_lock() {
    for fault in [Fault::LosesCommand, Fault::LosesAnswer] {
        for step in STEPS {
            let redis = RedisServer::start();
            let wire = Wire::to(redis.port).await;
            let sidecar = warm(&wire.url()).await;
            wire.break_at(step, fault);
            let answer = sidecar.device("desk").login(RAVI).await;
            wire.broken().await;
            if answer.status == 201 {
                // The end of an attempt is waited for, but nothing hangs on it.
                assert_eq!(step, 2, "{fault:?}");
                let refused = sidecar.device("office").login(RITA).await;
                refused.expect(409);
                continue;
            }
            answer.expect(503);
            for key in KEYS {
                redis.until("it is given back", &["EXISTS", key], |count| count == "0");
            }
            let login = until_served(async || sidecar.device("office").login(RITA).await).await;
            login.expect(201);
            redis.assert_every_key_expires();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_names_no_device_keeps_its_lock_where_the_login_of_another_fails() {
    let redis = RedisServer::start();
    let wire = Wire::to(redis.port).await;
    let sidecar = warm(&wire.url()).await;
    let mut page = sidecar.device("page");
    page.id = None;
    let first = page.login(RAVI).await.expect(201);
    // The lock is taken, and the session is not begun.
    wire.break_at(4, Fault::LosesCommand);
    page.login(RAVI).await.expect(503);
    wire.broken().await;
    for key in KEYS {
        let has_first = |owner: &str| owner.contains(&first.refresh_token()[..36]);
        redis.until("it is given back", &["GET", key], has_first);
        let left: u64 = redis.command(&["PTTL", key]).parse().unwrap();
        assert!(left > 30_000, "{left}");
    }
    let beat = until_served(async || page.beat(first.access_token()).await).await;
    beat.expect(201);
    sidecar.device("office").login(RITA).await.expect(409);
    redis.assert_every_key_expires();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_reaches_redis_after_it_was_given_up_takes_nothing() {
    for step in [3, 5] {
        let redis = RedisServer::start();
        let wire = Wire::to(redis.port).await;
        let sidecar = warm(&wire.url()).await;
        wire.break_at(step, Fault::DelaysCommand);
        sidecar.device("desk").login(RAVI).await.expect(503);
        wire.broken().await;
        // It is given back: the session is marked.
        let marks = ["KEYS", "agent:ended:*"];
        redis.until("it is given back", &marks, |keys| keys.lines().count() == 2);
        let before = scripts_run(&redis);
        wire.deliver();
        redis.until("it arrives", &["INFO", "commandstats"], |info| {
            evalshas(info) > before
        });
        for key in KEYS {
            assert_eq!(redis.command(&["EXISTS", key]), "0", "step {step}");
        }
        let login = until_served(async || sidecar.device("office").login(RITA).await).await;
        login.expect(201);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sidecar_that_dies_in_a_login_locks_nobody_out() {
    for step in STEPS {
        for fault in [Fault::DelaysCommand, Fault::LosesAnswer] {
            let redis = RedisServer::start();
            let wire = Wire::to(redis.port).await;
            let dying = warm(&wire.url()).await;
            let others = Others::start(&redis, "", step).await;
            dies_in_a_login(dying, &wire, (step, fault), json!({})).await;
            // The same device signs in at once, at any other.
            let [next, other] = others.devices("desk");
            let token = until_served(async || next.login(RAVI).await).await;
            let token = token.expect(201);
            for device in [&other, &next] {
                device.beat(token.access_token()).await.expect(201);
            }
            let busy = others.devices("office")[1].login(RITA).await.expect(409);
            assert_eq!(busy.body["holder"]["deviceName"], "desk");
            other.logout(token.access_token()).await.expect(201);
            others.devices("office")[0].login(RITA).await.expect(201);
            redis.assert_every_key_expires();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sidecar_that_dies_in_a_takeover_locks_nobody_out_and_leaves_one_holder() {
    for step in STEPS_OF_A_TAKEOVER {
        for fault in [Fault::DelaysCommand, Fault::LosesAnswer] {
            let redis = RedisServer::start();
            let wire = Wire::to(redis.port).await;
            let dying = warm(&wire.url()).await;
            let others = Others::start(&redis, "", step).await;
            let (desks, laptops) = (others.devices("desk"), others.devices("laptop"));
            let before = laptops[0].login(RAVI).await.expect(201);
            let takeover = json!({"takeover": true});
            dies_in_a_login(dying, &wire, (step, fault), takeover).await;
            let again = until_served(async || desks[0].take_over(RAVI).await).await;
            let token = again.expect(201);
            for (desk, laptop) in desks.iter().zip(&laptops) {
                desk.beat(token.access_token()).await.expect(201);
                laptop.beat(before.access_token()).await.expect(409);
            }
            // Whoever slept meanwhile does not come back once the other has signed out.
            desks[1].logout(token.access_token()).await.expect(201);
            for laptop in &laptops {
                laptop.refresh(before.refresh_token()).await.expect(401);
                laptop.beat(before.access_token()).await.expect(401);
            }
            desks[0].login(RAVI).await.expect(201);
            redis.assert_every_key_expires();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sidecar_that_dies_in_a_takeover_at_ozonetel_as_well_leaves_one_holder_and_nobody_logged_in_there()
 {
    for step in STEPS_OF_A_TAKEOVER_AT_OZONETEL {
        for fault in [Fault::DelaysCommand, Fault::LosesAnswer] {
            let redis = RedisServer::start();
            let wire = Wire::to(redis.port).await;
            let (ozonetel, settings) = account::start(Mode::ApiKey).await;
            let dying = warm_at_ozonetel(&wire.url(), &settings, &redis).await;
            let others = Others::start(&redis, &settings, step).await;
            let (desks, laptops) = (others.devices("desk"), others.devices("laptop"));
            let before = until_served(async || laptops[0].login(RAVI).await).await;
            let before = before.expect(201);
            let takeover = json!({"takeover": true});
            dies_in_a_login(dying, &wire, (step, fault), takeover).await;
            let again = until_served(async || desks[0].take_over(RAVI).await).await;
            let token = again.expect(201);
            assert_eq!(token.body["telephony"]["state"], "ready", "step {step}");
            for (desk, laptop) in desks.iter().zip(&laptops) {
                desk.beat(token.access_token()).await.expect(201);
                laptop.beat(before.access_token()).await.expect(409);
            }
            ozonetel.with(|world| assert!(world.present.contains_key("agent2")));
            desks[1].logout(token.access_token()).await.expect(201);
            account::until_all_are_out(&ozonetel).await;
            // Until then the server that logs the agent out has the lock.
            redis.until("all is free", &["EXISTS", KEYS[0]], |count| count == "0");
            for laptop in &laptops {
                laptop.refresh(before.refresh_token()).await.expect(401);
                laptop.beat(before.access_token()).await.expect(401);
            }
            let last = until_served(async || laptops[1].login(RAVI).await).await;
            assert_eq!(last.expect(201).body["telephony"]["state"], "ready");
            redis.assert_every_key_expires();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_anew_after_a_takeover_that_died_has_one_session() {
    // The answer of the lock, and what comes after it.
    for (step, fault) in [
        (3, Fault::LosesAnswer),
        (5, Fault::DelaysCommand),
        (6, Fault::DelaysCommand),
    ] {
        let redis = RedisServer::start();
        let wire = Wire::to(redis.port).await;
        let (dying, other) = (warm(&wire.url()).await, Instance::start(&redis.url()).await);
        let laptop = other.device("laptop");
        let before = laptop.login(RAVI).await.expect(201);
        let takeover = json!({"takeover": true});
        dies_in_a_login(dying, &wire, (step, fault), takeover).await;
        let again = until_served(async || laptop.take_over(RAVI).await).await;
        let token = again.expect(201);
        laptop.beat(token.access_token()).await.expect(201);
        laptop.logout(token.access_token()).await.expect(201);
        laptop.refresh(before.refresh_token()).await.expect(401);
        laptop.beat(before.access_token()).await.expect(401);
        other.device("desk").login(RAVI).await.expect(201);
        redis.assert_every_key_expires();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sidecar_that_dies_in_a_login_at_ozonetel_as_well_leaves_nobody_logged_in_there() {
    for step in STEPS_AT_OZONETEL {
        for fault in [Fault::DelaysCommand, Fault::LosesAnswer] {
            let redis = RedisServer::start();
            let wire = Wire::to(redis.port).await;
            let (ozonetel, settings) = account::start(Mode::ApiKey).await;
            let dying = warm_at_ozonetel(&wire.url(), &settings, &redis).await;
            let others = Others::start(&redis, &settings, step).await;
            dies_in_a_login(dying, &wire, (step, fault), json!({})).await;
            let [next, other] = others.devices("desk");
            let again = until_served(async || next.login(RAVI).await).await;
            let again = again.expect(201);
            assert_eq!(again.body["telephony"]["state"], "ready", "step {step}");
            for device in [&next, &other] {
                device.beat(again.access_token()).await.expect(201);
            }
            other.logout(again.access_token()).await.expect(201);
            account::until_all_are_out(&ozonetel).await;
            redis.assert_every_key_expires();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_takeover_that_is_broken_off_leaves_nobody_logged_in_at_ozonetel() {
    // The lock itself, what was ordered in the session before, and then the session.
    for (step, fault) in [
        (3, Fault::LosesAnswer),
        (4, Fault::DelaysCommand),
        (5, Fault::DelaysCommand),
    ] {
        let redis = RedisServer::start();
        let wire = Wire::to(redis.port).await;
        let (ozonetel, settings) = account::start(Mode::ApiKey).await;
        let breaking = warm_at_ozonetel(&wire.url(), &settings, &redis).await;
        let other = Instance::with(&redis.url(), &settings).await;
        let before = other.device("laptop").login(RAVI).await;
        before.expect(201);
        wire.break_at(step, fault);
        let body = json!({"email": RAVI, "password": PASSWORD, "takeover": true});
        let takeover = breaking.device("desk").post("/auth/login").json(&body);
        let takeover = tokio::spawn(takeover.send());
        wire.broken().await;
        takeover.abort();
        // The phone that had the lock has heard that it is gone, and says nothing of it.
        account::until_all_are_out(&ozonetel).await;
        for key in KEYS {
            redis.until("it is given back", &["EXISTS", key], |count| count == "0");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_breaks_off_before_ozonetel_is_asked_is_tried_again_at_once() {
    let redis = RedisServer::start();
    let wire = Wire::to(redis.port).await;
    let (ozonetel, settings) = account::start(Mode::ApiKey).await;
    let sidecar = warm_at_ozonetel(&wire.url(), &settings, &redis).await;
    account::until_all_are_out(&ozonetel).await;
    let logouts = account::logouts(&ozonetel);
    wire.break_at(4, Fault::LosesCommand);
    sidecar.device("desk").login(RAVI).await.expect(503);
    wire.broken().await;
    for key in KEYS {
        redis.until("it is given back", &["EXISTS", key], |count| count == "0");
    }
    let again = until_served(async || sidecar.device("desk").login(RAVI).await).await;
    assert_eq!(again.expect(201).body["telephony"]["state"], "ready");
    assert_eq!(account::logouts(&ozonetel), logouts);
}

/// Has the desk of Ravi sign in at a sidecar that is killed in this step of it; `more` is in the body as well.
async fn dies_in_a_login(dying: Instance, wire: &Wire, (step, fault): (usize, Fault), more: Value) {
    let mut body = json!({"email": RAVI, "password": PASSWORD});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    wire.break_at(step, fault);
    let login = dying.device("desk").post("/auth/login").json(&body).send();
    let login = tokio::spawn(login);
    wire.broken().await;
    dying.kill().await;
    // The answer of a step that was lost may have been 503 already.
    let _ = login.await;
    wire.deliver();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lock_of_a_login_that_is_not_whole_ends_soon() {
    let redis = RedisServer::start();
    let wire = Wire::to(redis.port).await;
    let dying = warm(&wire.url()).await;
    // The lock is taken, and the server dies before it begins the session.
    wire.break_at(4, Fault::DelaysCommand);
    let desk = dying.device("desk");
    let login = tokio::spawn(async move { desk.try_login(RAVI).await });
    wire.broken().await;
    for key in KEYS {
        let left: u64 = redis.command(&["PTTL", key]).parse().unwrap();
        assert!((1..=30_000).contains(&left), "{left}");
    }
    dying.kill().await;
    let _ = login.await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sidecar_that_is_stopped_gives_the_lock_of_a_login_back_that_failed() {
    let redis = RedisServer::start();
    let wire = Wire::to(redis.port).await;
    let sidecar = warm(&wire.url()).await;
    // The lock is taken, and the session is not begun.
    wire.break_at(4, Fault::LosesCommand);
    let desk = sidecar.device("desk");
    let login = tokio::spawn(async move { desk.login(RAVI).await });
    wire.broken().await;
    // Nor is the lock given back, until Redis is there again.
    redis.signal("STOP");
    login.await.unwrap().expect(503);
    redis.signal("CONT");
    sidecar.stop().await;
    for key in KEYS {
        assert_eq!(redis.command(&["EXISTS", key]), "0");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_in_its_login_leaves_no_lock() {
    let redis = RedisServer::start();
    let wire = Wire::to(redis.port).await;
    let sidecar = warm(&wire.url()).await;
    wire.break_at(4, Fault::DelaysCommand);
    let desk = sidecar.device("desk");
    let login = tokio::spawn(async move { desk.try_login(RAVI).await });
    wire.broken().await;
    login.abort();
    for key in KEYS {
        redis.until("it is given back", &["EXISTS", key], |count| count == "0");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sidecar_that_dies_while_it_asks_others_locks_nobody_out() {
    const QUESTIONS: [Option<&str>; 5] = [
        Some("getLoginTokenFromCredentials"),
        Some("getAuthTokensFromLoginToken"),
        Some("currentUser"),
        Some("agents"),
        // The login at Ozonetel, with the lock claimed and the session begun.
        None,
    ];
    let ana = "ana@helix.example";
    for question in QUESTIONS {
        let redis = RedisServer::start();
        let platform = Platform::start().await;
        let ozonetel = Ozonetel::start(Mode::ApiKey).await;
        platform.with(|world| world.passwords.insert(ana.to_owned(), PASSWORD.to_owned()));
        let password = password_of("agent1");
        let account = [
            ("OZONETEL_URL", &*ozonetel.url),
            ("OZONETEL_USER_NAME", USER_NAME),
            ("OZONETEL_API_KEY", ozonetel::API_KEY),
            ("OZONETEL_AUTHENTICATION", "api-key"),
            ("OZONETEL_AGENT_PASSWORD", &*password),
        ];
        let start = async || Instance::at_platform_and(&redis.url(), &platform, &account).await;
        let (dying, next, other) = (start().await, start().await, start().await);
        match question {
            Some(operation) => platform.with(|world| {
                world.faults = [(operation, platform::Fault::Silence)].into();
            }),
            None => ozonetel.with(|world| world.fault = Some(ozonetel::Fault::Wait)),
        }
        let desk = dying.device("desk");
        let login = tokio::spawn(async move { desk.try_login(ana).await });
        let asked = async {
            match question {
                Some(operation) => {
                    while platform.asked(operation) == 0 {
                        tokio::task::yield_now().await;
                    }
                }
                None => ozonetel.until(|world| world.asked == 1).await,
            }
        };
        tokio::time::timeout(DEADLINE, asked).await.unwrap();
        dying.kill().await;
        assert!(!login.await.unwrap(), "{question:?}");
        platform.with(|world| world.faults.clear());
        ozonetel.with(|world| world.fault = None);
        // The same device signs in at once, at any other.
        let again = next.device("desk").login(ana).await.expect(201);
        assert_eq!(again.body["telephony"]["state"], "ready", "{question:?}");
        for sidecar in [&other, &next] {
            let beat = sidecar.device("desk").beat(again.access_token()).await;
            beat.expect(201);
        }
        redis.assert_every_key_expires();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_is_not_kept_leaves_nobody_logged_in_at_ozonetel() {
    for fault in [Fault::LosesCommand, Fault::LosesAnswer] {
        let redis = RedisServer::start();
        let wire = Wire::to(redis.port).await;
        let ozonetel = Ozonetel::start(Mode::ApiKey).await;
        let settings = format!(
            "[ozonetel]\nurl = \"{}\"\nuser_name = \"{USER_NAME}\"\napi_key = \"{}\"\n\
             authentication = \"api-key\"\nagent_password = \"{}\"\n",
            ozonetel.url,
            ozonetel::API_KEY,
            password_of("agent2"),
        );
        let out_after = async |presences: usize| {
            let out = ozonetel
                .until(move |world| world.orders.len() == presences && world.present.is_empty());
            tokio::time::timeout(DEADLINE, out).await.unwrap();
        };
        let sidecar = warm_at_ozonetel(&wire.url(), &settings, &redis).await;
        let desk = sidecar.device("desk");
        out_after(2).await;

        // After the session comes what became of the login at Ozonetel, and then the lock.
        wire.break_at(6, fault);
        desk.login(RAVI).await.expect(503);
        wire.broken().await;
        out_after(4).await;
        for key in KEYS {
            redis.until("it is given back", &["EXISTS", key], |count| count == "0");
        }
    }
}

/// The two sidecars beside one that is to die.
struct Others([Instance; 2]);

impl Others {
    /// Starts them with these settings; which of them serves first is another one from step to step.
    async fn start(redis: &RedisServer, settings: &str, step: usize) -> Self {
        let start = async || Instance::with(&redis.url(), settings).await;
        let mut both = [start().await, start().await];
        both.rotate_left(step % 2);
        Self(both)
    }

    /// Returns a device that calls the one, and as it calls the other.
    fn devices(&self, name: &str) -> [Device; 2] {
        self.0.each_ref().map(|sidecar| sidecar.device(name))
    }
}

/// Starts a sidecar whose Redis knows all scripts: one more login and all that follows is over.
async fn warm(redis_url: &str) -> Instance {
    let sidecar = Instance::start(redis_url).await;
    sign_in_and_out(&sidecar).await;
    sidecar
}

/// The same of one with an account at Ozonetel.
async fn warm_at_ozonetel(redis_url: &str, settings: &str, redis: &RedisServer) -> Instance {
    let sidecar = Instance::with(redis_url, settings).await;
    sign_in_and_out(&sidecar).await;
    // The session is marked, and so is the one that its logout had the lock with.
    let marks = ["KEYS", "agent:ended:*"];
    redis.until("the logout is over", &marks, |keys| {
        keys.lines().count() == 2
    });
    sidecar
}

async fn sign_in_and_out(sidecar: &Instance) {
    let desk = sidecar.device("desk");
    let login = until_served(async || desk.login(RAVI).await).await;
    let token = login.expect(201);
    desk.beat(token.access_token()).await.expect(201);
    desk.logout(token.access_token()).await.expect(201);
}

/// Returns how many scripts have run there.
pub(crate) fn scripts_run(redis: &RedisServer) -> u64 {
    evalshas(&redis.command(&["INFO", "commandstats"]))
}

/// Reads how many scripts ran from `cmdstat_evalsha:calls=7,usec=…`.
pub(crate) fn evalshas(info: &str) -> u64 {
    let line = info
        .lines()
        .find_map(|it| it.strip_prefix("cmdstat_evalsha:calls="));
    let calls = line.and_then(|it| it.split(',').next());
    calls.map_or(0, |calls| calls.parse().unwrap())
}
