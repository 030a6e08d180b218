use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use crate::copies::{self, copy_of};
use crate::instance::Instance;
use crate::platform::{Fault, Platform};
use crate::server::{self, RedisServer};
use crate::world::{Answer, Device, client};

const ANA: &str = "ana@helix.example";
const MIRA: &str = "mira@helix.example";

/// The contract's words, and the part that failed.
pub(crate) const NO_STORE: &str =
    "The server cannot sign you in right now. The session store does not answer.";

#[tokio::test]
async fn each_server_tells_how_far_its_clock_is_from_that_of_redis() {
    let redis = RedisServer::start();
    let sidecar = Instance::start(&redis.url()).await;
    let name = "helix_sidecar_clock_skew_seconds ";
    let skew = async || {
        let url = format!("{}/metrics", sidecar.url);
        let metrics = client()
            .get(url)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        let line = metrics.lines().find_map(|it| it.strip_prefix(name));
        line.unwrap().parse::<f64>().unwrap()
    };
    // Both have the clock of this machine.
    assert!(skew().await.abs() < 1.0);
}

#[tokio::test]
async fn any_sidecar_serves_any_call() {
    let redis = RedisServer::start();
    let (one, other) = Instance::two(&redis.url()).await;
    let token = one.device("desk").login(ANA).await.expect(201);
    let beat = other.device("desk").beat(token.access_token()).await;
    assert_eq!(beat.expect(201).body["lock"], "held");
    let busy = other.device("laptop").login(ANA).await.expect(409);
    assert_eq!(busy.body["holder"]["deviceName"], "desk");
    let logout = other.device("desk").logout(token.access_token()).await;
    assert_eq!(logout.expect(201).body["released"], true);
    one.device("laptop").login(ANA).await.expect(201);
    other.device("desk").take_over(ANA).await.expect(201);
}

#[tokio::test]
async fn sidecars_share_the_redis_of_their_machine_by_its_socket_alone() {
    let redis = RedisServer::with(&["--unixsocket", server::SOCKET]);
    let (one, other) = Instance::two(&redis.socket_url()).await;
    let (desk, laptop) = (one.device("desk"), other.device("laptop"));
    let token = desk.login(ANA).await.expect(201);
    let busy = laptop.login(ANA).await.expect(409);
    assert_eq!(busy.body["holder"]["deviceName"], "desk");
    let beat = other.device("desk").beat(token.access_token()).await;
    assert_eq!(beat.expect(201).body["lock"], "held");
    // What servers tell each other comes by it as well.
    let mut events = desk.listen(token.access_token()).await;
    assert!(events.request().await.is_null());
    laptop.ask(ANA).await.expect(202);
    events.until("waiting").await;
    // redis-cli comes by the port; U: by the socket.
    let clients = redis.command(&["CLIENT", "LIST"]);
    let by_socket = |line: &&str| line.contains(" flags=U ") || line.contains(" flags=PU ");
    let (by_socket, others): (Vec<_>, Vec<_>) = clients.lines().partition(by_socket);
    assert_eq!((by_socket.len(), others.len()), (4, 1), "{clients}");
    let logout = desk.logout(token.access_token()).await.expect(201);
    assert_eq!(logout.body["released"], true);
    redis.assert_every_key_expires();
}

#[tokio::test]
async fn who_lost_the_lock_at_another_sidecar_never_has_it_again() {
    let redis = RedisServer::start();
    let (one, other) = Instance::two(&redis.url()).await;
    let (desk, laptop) = (one.device("desk"), other.device("laptop"));
    let loser = desk.login(ANA).await.expect(201);
    let winner = laptop.take_over(ANA).await.expect(201);
    for sidecar in [&one, &other] {
        let told = sidecar.device("desk").beat(loser.access_token()).await;
        assert_eq!(told.expect(409).body["holder"]["deviceName"], "laptop");
    }
    laptop.logout(winner.access_token()).await.expect(201);
    for sidecar in [&other, &one] {
        let desk = sidecar.device("desk");
        desk.beat(loser.access_token()).await.expect(401);
        desk.refresh(loser.refresh_token()).await.expect(401);
    }
    laptop.login(ANA).await.expect(201);
    redis.assert_every_key_expires();
}

#[tokio::test]
async fn what_a_device_runs_and_whether_it_is_in_a_call_is_told_at_every_server() {
    let redis = RedisServer::start();
    let (one, other) = Instance::two(&redis.url()).await;
    let mut desk = one.device("desk");
    desk.system = Some("macOS".to_owned());
    let session = desk.login(ANA).await.expect(201);
    for in_call in [true, false] {
        let beat = desk.beat_in_call(session.access_token(), in_call);
        beat.await.expect(201);
        let refused = other.device("laptop").login(ANA).await.expect(409);
        let holder = &refused.body["holder"];
        assert_eq!(
            (&holder["system"], &holder["inCall"]),
            (&json!("macOS"), &json!(in_call))
        );
        // It stays through a refresh.
        desk.refresh(session.refresh_token()).await.expect(201);
    }
    redis.assert_every_key_expires();
}

#[tokio::test]
async fn of_a_hundred_devices_at_three_sidecars_one_signs_in() {
    let redis = RedisServer::start();
    let mut sidecars = Vec::new();
    for _ in 0..3 {
        sidecars.push(Instance::start(&redis.url()).await);
    }
    let devices: Vec<_> = (0..100)
        .map(|n| sidecars[n % 3].device(&format!("device-{n}")))
        .collect();
    let answers = join_all(devices.iter().map(|device| device.login(ANA))).await;
    let count = |status| answers.iter().filter(|a| a.status == status).count();
    assert_eq!((count(201), count(409)), (1, 99));

    // Each takes over from the one before; the last one keeps it. Who loses it so soon hears so in
    // the answer to the login, the others at their next heartbeat; all but sixteen have ended by then.
    let answers = join_all(devices.iter().map(|device| device.take_over(ANA))).await;
    let mut holders = 0;
    for (device, answer) in devices.iter().zip(answers) {
        if answer.status != 201 {
            assert_eq!(answer.expect(409).body["holder"]["sameMember"], true);
            continue;
        }
        let beat = device.beat(answer.access_token()).await;
        assert!([201, 401, 409].contains(&beat.status), "{beat:?}");
        holders += usize::from(beat.status == 201);
    }
    assert_eq!(holders, 1);
    redis.assert_every_key_expires();
}

#[tokio::test]
async fn of_two_copies_of_an_installation_the_one_that_signed_in_last_has_the_session() {
    let (redis, devices, _sidecars) = copied().await;
    let [desk, copy, laptop] = &devices;
    copies::of_two_copies_the_one_that_signed_in_last_has_the_session(desk, copy, laptop).await;
    redis.assert_every_key_expires();
}

#[tokio::test]
async fn of_a_session_that_was_copied_nothing_is_left_within_half_an_hour() {
    let (redis, devices, _sidecars) = copied().await;
    // Of what it keeps of a session this alone is counted by time.
    let script = "local session = cjson.decode(redis.call('GET', KEYS[1])) \
                  for _, used in ipairs(session.used) do used[2] = used[2] - ARGV[1] end \
                  return redis.call('SET', KEYS[1], cjson.encode(session), 'KEEPTTL')";
    let pass = async |session_id: &str, time: Duration| {
        let (key, time) = (
            format!("session:{session_id}"),
            time.as_millis().to_string(),
        );
        assert_eq!(redis.command(&["EVAL", script, "1", &key, &time]), "OK");
    };
    let machines = devices.each_ref();
    copies::of_a_session_that_was_copied_nothing_is_left_within_half_an_hour(machines, pass).await;
    redis.assert_every_key_expires();
}

#[tokio::test]
async fn two_pages_without_a_device_id_go_on() {
    let redis = RedisServer::start();
    let mut pages = Vec::new();
    let mut sidecars = Vec::new();
    for _ in 0..2 {
        let sidecar = Instance::start(&redis.url()).await;
        let mut page = sidecar.device("page");
        (page.id, page.name) = (None, None);
        pages.push(page);
        sidecars.push(sidecar);
    }
    copies::two_pages_without_a_device_id_go_on(&pages[0], &pages[1]).await;
}

#[tokio::test]
async fn after_a_loss_of_all_data_the_later_of_two_copies_has_the_session() {
    let (redis, [desk, copy, _], _sidecars) = copied().await;
    let first = desk.login(ANA).await.expect(201);
    let second = copy.login(ANA).await.expect(201);
    assert_eq!(redis.command(&["FLUSHALL"]), "OK");
    desk.beat(first.access_token()).await.expect(201);
    copy.beat(second.access_token()).await.expect(201);
    desk.beat(first.access_token()).await.expect(409);
    copy.beat(second.access_token()).await.expect(201);
    // The session that signed in again goes on after a loss, though nobody knew of the one before.
    let third = desk.login(ANA).await.expect(201);
    assert_eq!(redis.command(&["FLUSHALL"]), "OK");
    desk.refresh(third.refresh_token()).await.expect(201);
    redis.assert_every_key_expires();
}

#[tokio::test]
async fn of_many_copies_that_sign_in_at_once_one_has_the_session() {
    let redis = RedisServer::start();
    let (one, other) = Instance::two(&redis.url()).await;
    let desk = one.device("desk");
    let copies: Vec<_> = (0..20)
        .map(|n| copy_of(&desk, if n % 2 == 0 { &one } else { &other }.device("copy")))
        .collect();
    let answers = join_all(copies.iter().map(|copy| copy.login(ANA))).await;
    let mut holders = 0;
    for (copy, answer) in copies.iter().zip(answers) {
        // Who is displaced so soon hears so in the answer to the login.
        if answer.status != 201 {
            answer.expect(409);
            continue;
        }
        let beat = copy.beat(answer.access_token()).await;
        assert!([201, 409].contains(&beat.status), "{beat:?}");
        holders += usize::from(beat.status == 201);
    }
    assert_eq!(holders, 1);
    redis.assert_every_key_expires();
}

#[tokio::test]
async fn without_redis_nobody_signs_in_and_a_session_goes_on_when_it_is_back() {
    let mut redis = RedisServer::start();
    let sidecar = Instance::start(&redis.url()).await;
    let (desk, laptop) = (sidecar.device("desk"), sidecar.device("laptop"));
    let token = desk.login(ANA).await.expect(201);
    ready(&sidecar).await.expect(200);
    redis.kill();
    ready(&sidecar).await.expect(503);
    desk.beat(token.access_token()).await.expect(503);
    let refused = laptop.login(ANA).await.expect(503);
    assert_eq!(refused.message(), NO_STORE);
    redis.start_again();
    let beat = until_served(async || desk.beat(token.access_token()).await).await;
    assert_eq!(beat.expect(201).body["lock"], "held");
    laptop.login(ANA).await.expect(409);
    ready(&sidecar).await.expect(200);
}

#[tokio::test]
async fn a_restart_of_every_sidecar_loses_nothing() {
    let redis = RedisServer::start();
    let before = Instance::start(&redis.url()).await;
    let desk = before.device("desk").login(ANA).await.expect(201);
    let mira = before.device("office").login(MIRA).await.expect(201);
    before.kill().await;
    let after = Instance::start(&redis.url()).await;
    after.device("laptop").login(ANA).await.expect(409);
    let (ana, office) = (after.device("desk"), after.device("office"));
    ana.beat(desk.access_token()).await.expect(201);
    let next = ana.refresh(desk.refresh_token()).await.expect(201);
    office.refresh(mira.refresh_token()).await.expect(201);
    let logout = ana.logout(next.access_token()).await.expect(201);
    assert_eq!(logout.body["released"], true);
}

#[tokio::test]
async fn a_session_that_ended_at_one_sidecar_has_ended_at_all() {
    let redis = RedisServer::start();
    let (one, other) = Instance::two(&redis.url()).await;
    let token = one.device("desk").login(ANA).await.expect(201);
    one.device("desk")
        .logout(token.access_token())
        .await
        .expect(201);
    let desk = other.device("desk");
    desk.beat(token.access_token()).await.expect(401);
    desk.refresh(token.refresh_token()).await.expect(401);
    let again = desk.logout(token.access_token()).await.expect(201);
    assert_eq!(again.body["released"], false);

    let token = one.device("desk").login(ANA).await.expect(201);
    let logout = desk.logout_by_refresh_token(token.refresh_token()).await;
    assert_eq!(logout.expect(201).body["released"], true);
    one.device("desk")
        .beat(token.access_token())
        .await
        .expect(401);
}

#[tokio::test]
async fn tokens_belong_to_their_device_and_rotate_at_any_sidecar() {
    let redis = RedisServer::start();
    let (one, other) = Instance::two(&redis.url()).await;
    let first = one.device("desk").login(ANA).await.expect(201);
    let thief = other.device("thief");
    thief.refresh(first.refresh_token()).await.expect(401);
    thief
        .logout_by_refresh_token(first.refresh_token())
        .await
        .expect(401);
    let mut forged = first.refresh_token().to_owned();
    forged.pop();
    thief.refresh(&forged).await.expect(401);
    let mut token = first.refresh_token().to_owned();
    // A used one works again for a while, in case the answer was lost.
    for sidecar in [&one, &other, &one, &other] {
        let desk = sidecar.device("desk");
        desk.refresh(&token).await.expect(201);
        let next = desk.refresh(&token).await.expect(201);
        assert_ne!(next.refresh_token(), token);
        token = next.refresh_token().to_owned();
    }
}

#[tokio::test]
async fn a_member_keeps_at_most_sixteen_sessions() {
    let redis = RedisServer::start();
    let (sidecar, other) = Instance::two(&redis.url()).await;
    let office = sidecar.device("office");
    let mut tokens = Vec::new();
    for _ in 0..16 {
        tokens.push(office.login(MIRA).await.expect(201));
    }
    // The one that was refreshed longest ago makes room.
    office.refresh(tokens[0].refresh_token()).await.expect(201);
    office.login(MIRA).await.expect(201);
    office.refresh(tokens[0].refresh_token()).await.expect(201);
    // It has ended at all of them, with its access token.
    for device in [&office, &other.device("office")] {
        device.beat(tokens[1].access_token()).await.expect(401);
        device.refresh(tokens[1].refresh_token()).await.expect(401);
    }
    office.beat(tokens[2].access_token()).await.expect(201);
    office.refresh(tokens[2].refresh_token()).await.expect(201);
    redis.assert_every_key_expires();
}

#[tokio::test]
async fn wrong_passwords_count_wherever_they_are_tried() {
    let redis = RedisServer::start();
    let (one, other) = Instance::two(&redis.url()).await;
    let guesses = (0..40).map(|n| {
        let device = if n % 2 == 0 { &one } else { &other }.device("desk");
        async move { guess(&device).await }
    });
    let answers = join_all(guesses).await;
    let count = |status| answers.iter().filter(|a| a.status == status).count();
    // Five at once, and one more each twelve seconds.
    assert_eq!(count(401) + count(429), 40);
    assert!((5..=8).contains(&count(401)), "{}", count(401));
    let waits = other.device("desk").login(ANA).await.expect(429);
    assert!((1..=12).contains(&waits.retry_after.unwrap()));
    redis.assert_every_key_expires();
}

#[tokio::test]
async fn right_passwords_do_not_count_however_many_come_at_once() {
    let redis = RedisServer::start();
    let settings = "[settings.login_limits]\naddress_burst = 3\naddress_refill_seconds = 600";
    let (one, other) = (
        Instance::with(&redis.url(), settings).await,
        Instance::with(&redis.url(), settings).await,
    );
    for _ in 0..2 {
        guess_of(&one.device("desk"), MIRA).await.expect(401);
    }
    let logins = (0..20).map(|n| {
        let device = if n % 2 == 0 { &one } else { &other }.device("desk");
        async move { device.login(MIRA).await }
    });
    for answer in join_all(logins).await {
        answer.expect(201);
    }
    // The account's mistakes are forgotten, those of the address are not.
    guess_of(&one.device("desk"), MIRA).await.expect(401);
    other.device("desk").login(MIRA).await.expect(429);
}

#[tokio::test]
async fn an_office_that_waits_to_sign_in_leaves_redis_its_time() {
    let (redis, platform) = (RedisServer::start(), Platform::start().await);
    let sidecar = Instance::at_platform(&redis.url(), &platform).await;
    platform.with(|world| {
        let sign_in = "getLoginTokenFromCredentials";
        world.faults.insert(sign_in, Fault::Silence);
    });
    // A hundred at most are checked at once for one address, and all of these have one.
    let logins = (0..160).map(|n| {
        let desk = sidecar.device("desk");
        let credentials = json!({"email": format!("{n}@helix.example"), "password": "right"});
        async move { desk.login_with(credentials).await }
    });
    for answer in join_all(logins).await {
        answer.expect(503);
    }
    let scripts = redis.command(&["INFO", "commandstats"]);
    let scripts = scripts.lines().find_map(|line| {
        let calls = line.strip_prefix("cmdstat_evalsha:calls=")?;
        calls.split(',').next()?.parse::<u32>().ok()
    });
    assert!(scripts.unwrap() < 1_500, "{scripts:?}");
}

/// Returns a device, a copy of its installation at another sidecar, and a third device.
async fn copied() -> (RedisServer, [Device; 3], (Instance, Instance)) {
    let redis = RedisServer::start();
    let (one, other) = Instance::two(&redis.url()).await;
    let desk = one.device("desk");
    let copy = copy_of(&desk, other.device("copy"));
    let devices = [desk, copy, one.device("laptop")];
    (redis, devices, (one, other))
}

async fn ready(sidecar: &Instance) -> Answer {
    sidecar.get("/readyz").await
}

async fn guess(device: &Device) -> Answer {
    guess_of(device, ANA).await
}

async fn guess_of(device: &Device, email: &str) -> Answer {
    device
        .login_with(json!({"email": email, "password": "wrong"}))
        .await
}

/// Asks again as long as the answer is 503.
pub(crate) async fn until_served(mut ask: impl AsyncFnMut() -> Answer) -> Answer {
    let served = async {
        loop {
            let answer = ask().await;
            if answer.status != 503 {
                return answer;
            }
        }
    };
    tokio::time::timeout(crate::world::DEADLINE, served)
        .await
        .expect("Redis is back")
}
