use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use crate::world::{Answer, Device, PASSWORD, World};

const ANA: &str = "ana@helix.example";
const RAVI: &str = "ravi@helix.example";
const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn the_sixth_wrong_password_in_a_row_must_wait_and_waiting_that_long_is_enough() {
    let world = World::start().await;
    let desk = world.device("desk");
    for _ in 0..5 {
        guess(&desk, ANA).await.expect(401);
    }
    // The right password has to wait as well, or the answer would tell it from the others.
    let answer = desk.login(ANA).await.expect(429);
    let wait = answer.retry_after.unwrap();
    assert_eq!(wait, 12);
    world.clock.advance(SECOND * 11);
    assert_eq!(desk.login(ANA).await.expect(429).retry_after, Some(1));
    world.clock.advance(SECOND);
    desk.login(ANA).await.expect(201);
}

#[tokio::test]
async fn an_account_is_counted_whatever_its_case_and_others_are_not_hindered() {
    let world = World::start().await;
    let desk = world.device("desk");
    for email in [ANA, "ANA@helix.example", " Ana@Helix.Example", ANA, ANA] {
        guess(&desk, email).await.expect(401);
    }
    guess(&desk, "aNA@helix.example").await.expect(429);
    desk.login(RAVI).await.expect(201);
}

#[tokio::test]
async fn an_unknown_account_is_limited_like_a_known_one() {
    let world = World::start().await;
    let desk = world.device("desk");
    for _ in 0..5 {
        guess(&desk, "nobody@helix.example").await.expect(401);
    }
    let answer = guess(&desk, "nobody@helix.example").await.expect(429);
    assert_eq!(answer.retry_after, Some(12));
}

#[tokio::test]
async fn a_right_password_forgets_the_mistakes_before_it() {
    let world = World::start().await;
    let desk = world.device("desk");
    for _ in 0..3 {
        for _ in 0..4 {
            guess(&desk, ANA).await.expect(401);
        }
        desk.login(ANA).await.expect(201);
    }
}

#[tokio::test]
async fn right_passwords_do_not_count_also_when_the_login_is_refused() {
    let world = World::start().await;
    world.device("desk").login(ANA).await.expect(201);
    for _ in 0..20 {
        world.device("desk").login(ANA).await.expect(201);
        world.device("laptop").login(ANA).await.expect(409);
    }
}

#[tokio::test]
async fn of_many_guesses_at_once_only_as_many_are_evaluated_as_one_after_the_other() {
    let world = World::start().await;
    let desk = world.device("desk");
    let answers = join_all((0..60).map(|_| guess(&desk, ANA))).await;
    let count = |status| answers.iter().filter(|a| a.status == status).count();
    assert_eq!((count(401), count(429)), (5, 55));
}

#[tokio::test]
async fn at_most_ten_guesses_of_one_account_are_evaluated_in_any_minute() {
    let world = World::start().await;
    let desk = world.device("desk");
    let mut evaluated = Vec::new();
    for second in 0_u64..300 {
        if guess(&desk, ANA).await.status == 401 {
            evaluated.push(second);
        }
        world.clock.advance(SECOND);
    }
    for start in 0..240 {
        let minute = start..start + 60;
        let guesses = evaluated
            .iter()
            .filter(|second| minute.contains(*second))
            .count();
        assert!(guesses <= 10, "{guesses} from second {start}");
    }
}

#[tokio::test]
async fn an_address_that_tries_many_accounts_must_wait() {
    let world = World::start().await;
    let desk = world.device("desk");
    for n in 0..100 {
        guess(&desk, &format!("guess-{n}@helix.example"))
            .await
            .expect(401);
    }
    let answer = guess(&desk, "one-more@helix.example").await.expect(429);
    assert_eq!(answer.retry_after, Some(1));
    desk.login(RAVI).await.expect(429);
    world.clock.advance(SECOND);
    desk.login(RAVI).await.expect(201);
}

#[tokio::test]
async fn a_whole_shift_behind_one_address_signs_in() {
    let settings = "[settings.login_limits]\naddress_burst = 2\naddress_refill_seconds = 60";
    let world = World::with(crate::world::config(settings), |clock| {
        std::sync::Arc::new(sidecar::MemoryLock::new(clock))
    })
    .await;
    let (one, two) = (world.device("one"), world.device("two"));
    let logins = (0..20).map(|n| {
        if n % 2 == 0 {
            one.login(ANA)
        } else {
            two.login(RAVI)
        }
    });
    for answer in join_all(logins).await {
        answer.expect(201);
    }
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_has_its_own_limit() {
    let settings = "trusted_proxies = [\"127.0.0.1\"]\n[settings.login_limits]\naddress_burst = 1";
    let world = World::with(crate::world::config(settings), |clock| {
        std::sync::Arc::new(sidecar::MemoryLock::new(clock))
    })
    .await;
    for (client, status) in [
        ("203.0.113.1", 401),
        ("203.0.113.1", 429),
        ("203.0.113.2", 401),
    ] {
        let request = world.post("/auth/login").header("X-Forwarded-For", client);
        let body = json!({"email": format!("{client}-{status}@x.example"), "password": "x"});
        crate::world::send(request.json(&body)).await.expect(status);
    }
}

async fn guess(device: &Device, email: &str) -> Answer {
    let password = format!("not-{PASSWORD}");
    device
        .login_with(json!({"email": email, "password": password}))
        .await
}
