//! A user of Redis with the rights of the README and no others.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::account;
use crate::instance::Instance;
use crate::ozonetel::Mode;
use crate::server::RedisServer;
use crate::side_by_side::until_served;
use crate::world::Device;

const ANA: &str = "ana@helix.example";

/// How many refreshes it takes for a used token to be forgotten: a session remembers 64 of them.
const FORGOTTEN_AFTER: usize = 65;

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
    reuse_a_refresh_token(&laptop).await;
    for _ in 0..17 {
        desk.login("mira@helix.example").await.expect(201);
    }
}

/// Ends the session of an agent by a refresh token that was used so long ago that it is forgotten.
async fn reuse_a_refresh_token(laptop: &Device) {
    let first = laptop.take_over(ANA).await.expect(201);
    let mut token = first.refresh_token().to_owned();
    for _ in 0..FORGOTTEN_AFTER {
        let next = laptop.refresh(&token).await.expect(201);
        next.refresh_token().clone_into(&mut token);
    }
    laptop.refresh(first.refresh_token()).await.expect(401);
}

/// Returns the commands that scripts in a folder call, in small letters.
fn commands_of_scripts(folder: &Path) -> BTreeSet<String> {
    let mut commands = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            commands.extend(commands_of_scripts(&path));
        } else if path.extension().is_some_and(|it| it == "lua") {
            let text = fs::read_to_string(&path).unwrap();
            let calls = text
                .split("redis.call(")
                .flat_map(|it| it.split("redis.pcall("));
            commands.extend(calls.skip(1).map(|it| {
                let name = it.strip_prefix('\'').and_then(|it| it.split('\'').next());
                name.unwrap_or_else(|| panic!("no name: {it}"))
                    .to_lowercase()
            }));
        }
    }
    commands
}

#[test]
fn every_command_of_a_script_is_granted() {
    let rules = include_str!("../../deploy/users.acl");
    let granted: BTreeSet<_> = rules
        .lines()
        .filter_map(|it| it.strip_prefix("user sidecar "))
        .flat_map(str::split_whitespace)
        .filter_map(|it| it.strip_prefix('+'))
        .collect();
    let commands = commands_of_scripts(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")));
    assert!(commands.len() > 10, "{commands:?}");
    let missing: Vec<_> = commands
        .iter()
        .filter(|it| !granted.contains(it.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test]
async fn the_rights_of_the_readme_are_enough_and_no_others_are_had() {
    let redis = RedisServer::start();
    grant(&redis, "", &[]);
    let url = format!("redis://{USER}@127.0.0.1:{}", redis.port);
    let (ozonetel, settings) = account::start(Mode::Token).await;
    let sidecar = Instance::with(&url, &settings).await;
    use_all(&sidecar).await;
    account::until_all_are_out(&ozonetel).await;
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
