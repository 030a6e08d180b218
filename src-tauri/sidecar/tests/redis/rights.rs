//! A user of Redis with the rights of the README and no others.

use crate::account;
use crate::instance::Instance;
use crate::ozonetel::Mode;
use crate::server::RedisServer;
use crate::side_by_side::until_served;

const ANA: &str = "ana@helix.example";

const NAME: &str = "helix";
const PASSWORD: &str = "hunter2";

/// Name and password of the user, as addresses have them.
pub(crate) const USER: &str = "helix:hunter2";

/// What the user needs beside that, as the README has it.
pub(crate) const BEHIND_SENTINELS: [&str; 1] = ["+role"];
pub(crate) const IN_A_CLUSTER: [&str; 2] = ["+cluster|slots", "+asking"];

/// What a user of the Sentinels needs.
pub(crate) const AT_SENTINELS: [&str; 2] = ["+role", "+sentinel|masters"];

const README: &str = include_str!("../../README.md");

/// Makes the user at a server where all names begin with `prefix`.
pub(crate) fn grant(redis: &RedisServer, prefix: &str, more: &[&str]) {
    let rights = README
        .split_once("these rights and no others:")
        .and_then(|(_, rest)| rest.split('`').nth(1))
        .unwrap();
    let secret = format!(">{PASSWORD}");
    let rights = rights.split_whitespace().map(|it| {
        let prefixed = |kind: char| Some(format!("{kind}{prefix}{}", it.strip_prefix(kind)?));
        let named = prefixed('~').or_else(|| prefixed('&'));
        named.unwrap_or_else(|| it.to_owned())
    });
    let rights: Vec<String> = rights.collect();
    let mut words = vec!["ACL", "SETUSER", NAME, "on", &secret];
    words.extend(rights.iter().map(String::as_str));
    words.extend(named(more));
    assert_eq!(redis.command(&words), "OK");
}

/// Returns rights that the README names.
pub(crate) fn named<'a>(rights: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    for right in rights {
        assert!(README.contains(&format!("`{right}`")), "{right}");
    }
    rights.iter().copied()
}

/// Asserts that a server has refused nothing to the user.
pub(crate) fn assert_nothing_was_denied(redis: &RedisServer) {
    let log = redis.command(&["ACL", "LOG"]);
    let denied = log.split("object\n").skip(1);
    for more in denied.filter_map(|it| it.lines().next()) {
        // A connection says what made it (`CLIENT SETINFO`), and does not mind to be refused that.
        assert!(more.starts_with("client"), "{more}");
    }
}

/// Has a sidecar do all that it does with Redis; `settings` are those of [`account::start`].
pub(crate) async fn use_all(sidecar: &Instance) {
    let desk = sidecar.device("desk");
    let login = until_served(async || desk.login(ANA).await).await;
    let token = login.expect(201);
    account::order(sidecar, token.access_token())
        .await
        .expect(201);
    let laptop = sidecar.device("laptop");
    laptop.login(ANA).await.expect(409);
    let mut events = desk.listen(token.access_token()).await;
    assert!(events.request().await.is_null());
    let asked = laptop.ask(ANA).await.expect(202);
    let id = events.until("waiting").await["id"].clone();
    let id = id.as_str().unwrap();
    desk.answer(token.access_token(), id, "now")
        .await
        .expect(200);
    laptop.withdraw(asked.ticket()).await.expect(200);
    laptop.take_over(ANA).await.expect(201);
    desk.beat(token.access_token()).await.expect(409);
    desk.refresh(token.refresh_token()).await.expect(201);
    desk.logout(token.access_token()).await.expect(201);
    for _ in 0..17 {
        desk.login("mira@helix.example").await.expect(201);
    }
}

#[tokio::test]
async fn the_rights_of_the_readme_are_enough_and_no_others_are_had() {
    let redis = RedisServer::start();
    grant(&redis, "", &[]);
    let url = format!("redis://{USER}@127.0.0.1:{}", redis.port);
    let (_ozonetel, settings) = account::start(Mode::Token).await;
    let sidecar = Instance::with(&url, &settings).await;
    use_all(&sidecar).await;
    assert_nothing_was_denied(&redis);
    // What is not named is refused.
    for words in [
        &["CONFIG", "GET", "*"][..],
        &["FLUSHALL"],
        &["KEYS", "*"],
        &["EVAL", "return 1", "0"],
        &["SET", "something", "else"],
        &["PUBLISH", "something", "else"],
    ] {
        let mut as_user = vec!["--user", NAME, "--pass", PASSWORD, "--no-auth-warning"];
        as_user.extend(words);
        let answer = redis.command(&as_user);
        assert!(answer.starts_with("NOPERM"), "{words:?}: {answer}");
    }
}
