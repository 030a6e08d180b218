use std::collections::HashMap;
use std::ops::Bound;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use sidecar::{
    Acquired, Beat, Clock, LockName, MemoryLock, Owner, RedisLock, Released, SessionLock,
};
use time::OffsetDateTime;

use crate::cluster::Cluster;
use crate::server::{self, RedisServer};

const TTL: Duration = Duration::from_secs(600);

/// How many random operations the two stores are compared by.
const STEPS: u64 = 4_000;

/// By how many random values the script of a beat is compared with a look.
const LOOKS: u64 = 400;

#[tokio::test]
async fn redis_answers_as_the_memory_does_whatever_is_asked() {
    let server = RedisServer::start();
    let redis = RedisLock::new(server.store());
    let memory = MemoryLock::new(Clock::system());
    let mut random = Random(7);
    // What each caller was given last, in Redis and in memory.
    let mut epochs: HashMap<(u64, u64, u64), [u64; 2]> = HashMap::new();
    for step in 0..STEPS {
        let name = name(random.below(2));
        let caller = (
            random.below(2),
            random.below(3),
            random.below(50) + step / 50,
        );
        let takeover = random.below(2) == 0;
        let [in_redis, in_memory] = epochs.get(&caller).copied().unwrap_or_default();
        let (one, other) = (owner(caller, in_redis), owner(caller, in_memory));
        match random.below(4) {
            0 => {
                let a = redis.acquire(&name, &one, TTL, takeover).await.unwrap();
                let b = memory.acquire(&name, &other, TTL, takeover).await.unwrap();
                let given = [epoch_of(&a), epoch_of(&b)];
                assert_eq!(without_epochs(a), without_epochs(b), "step {step}");
                if let [Some(a), Some(b)] = given {
                    epochs.insert(caller, [a, b]);
                }
            }
            1 | 2 => {
                let a = redis.beat(&name, &one, TTL).await.unwrap();
                let b = memory.beat(&name, &other, TTL).await.unwrap();
                let same = |it| match it {
                    Beat::Lost { holder } => Beat::Lost {
                        holder: Owner { epoch: 0, ..holder },
                    },
                    Beat::Extended | Beat::Retaken | Beat::Ended => it,
                };
                assert_eq!(same(a), same(b), "step {step}");
            }
            _ => {
                let a = redis.release(&name, &one).await.unwrap();
                let b = memory.release(&name, &other).await.unwrap();
                let same = |it| match it {
                    Released::NotOwner { holder } => Released::NotOwner {
                        holder: Owner { epoch: 0, ..holder },
                    },
                    Released::Freed | Released::Absent => it,
                };
                assert_eq!(same(a), same(b), "step {step}");
            }
        }
    }
}

/// The script has its own words for the rule of [`sidecar::Look::lost_to`].
#[tokio::test]
async fn a_beat_has_lost_to_whom_a_look_says_whatever_is_written_there() {
    let server = RedisServer::start();
    let redis = RedisLock::new(server.store());
    let name = name(0);
    let mut random = Random(11);
    let mut seen = [0; 2];
    for step in 0..LOOKS {
        for (key, agents) in name.keys().iter().zip([2, 3]) {
            let member = format!("member {}", random.below(2));
            let (device, epoch) = (random.below(3), random.below(6));
            let session = match random.below(3) {
                0 => String::new(),
                session => format!("session {session}"),
            };
            let epoch = match random.below(3) {
                0 => json!(null),
                1 => json!(epoch.to_string()),
                _ => json!(epoch),
            };
            let agent = match random.below(agents) {
                0 => json!(null),
                1 => json!("agent0"),
                _ => json!("agent9"),
            };
            let extension = match random.below(6) {
                0 => json!(null),
                1 => json!("700299"),
                _ => json!("700200"),
            };
            let value = json!({
                "memberId": member,
                "deviceId": (device > 0).then(|| format!("device {device}")),
                "sessionId": session,
                "epoch": epoch,
                "agent": agent,
                "extension": extension,
            });
            match random.below(8) {
                0 => server.command(&["DEL", key]),
                // As the first sidecar did.
                1 => server.command(&["SET", key, &member, "PX", "600000"]),
                _ => server.command(&["SET", key, &value.to_string(), "PX", "600000"]),
            };
        }
        let caller = (random.below(2), random.below(3), random.below(3));
        let caller = owner(caller, random.below(5) + 1);
        let look = redis.look(&name).await.unwrap();
        let lost_to = match redis.beat(&name, &caller, TTL).await.unwrap() {
            Beat::Lost { holder } => Some(holder),
            Beat::Extended | Beat::Retaken => None,
            Beat::Ended => panic!("nobody ended it"),
        };
        seen[usize::from(lost_to.is_some())] += 1;
        let expected = look.lost_to(&caller);
        assert_eq!(
            lost_to.as_ref(),
            expected,
            "step {step}: {caller:?} {look:?}"
        );
    }
    // What was never tried proves nothing.
    assert!(seen.iter().all(|it| *it > LOOKS / 10), "{seen:?}");
}

#[tokio::test]
async fn every_key_has_the_term_and_the_value_of_the_contract() {
    let server = RedisServer::start();
    let redis = RedisLock::new(server.store_with("acme:"));
    let (name, ana) = (name(0), owner((0, 1, 0), 0));
    redis.acquire(&name, &ana, TTL, false).await.unwrap();
    let keys = ["acme:agent:session:agent0", "acme:agent:extension:700200"];
    for key in keys {
        let left: u64 = server.command(&["PTTL", key]).parse().unwrap();
        assert!(left > 0 && u128::from(left) <= TTL.as_millis(), "{left}");
        let value = server.command(&["GET", key]);
        let value: serde_json::Value = serde_json::from_str(&value).unwrap();
        assert_eq!(value["memberId"], "member 0");
        assert_eq!(value["deviceId"], "device 1");
        assert_eq!(value["deviceName"], "a device");
        assert_eq!(value["sessionId"], "session 0");
        assert_eq!(value["since"], "1970-01-01T00:00:00Z");
        assert_eq!(value["extension"], "700200");
        assert_eq!(value["agent"], "agent0");
        assert!(value["epoch"].as_u64().unwrap() > 1_700_000_000_000_000);
    }
    // The third is the list of all.
    assert_eq!(server.command(&["DBSIZE"]), "3");
    assert_eq!(redis.release(&name, &ana).await, Ok(Released::Freed));
    // What stays is the mark that the session has ended.
    let left: u64 = server
        .command(&["PTTL", "acme:agent:ended:session 0"])
        .parse()
        .unwrap();
    assert!(left > 0 && left <= 600_000, "{left}");
    assert_eq!(server.command(&["DBSIZE"]), "1");
}

#[tokio::test]
async fn what_the_first_sidecar_wrote_is_its_members_unknown_device() {
    let server = RedisServer::start();
    let redis = RedisLock::new(server.store());
    let name = name(0);
    let old = |member: &str| {
        let key = "agent:session:agent0";
        assert_eq!(server.command(&["SET", key, member, "PX", "600000"]), "OK");
    };
    // A bare number is JSON, too.
    for member in ["member 0", "2020", "null", "{", "[1]", "{\"a\":1}"] {
        old(member);
        let mut ana = owner((0, 1, 0), 5);
        ana.member_id = member.to_owned();
        ana.session_id = format!("session of {member}");
        let busy = redis.acquire(&name, &ana, TTL, false).await.unwrap();
        let Acquired::Busy { holder } = busy else {
            panic!("{member}: {busy:?}");
        };
        assert_eq!(holder.member_id, member);
        assert_eq!((holder.device_id, holder.since), (None, None));
        // It does not say since when, so it is no loser.
        let beat = redis.beat(&name, &ana, TTL).await.unwrap();
        assert!(matches!(beat, Beat::Lost { .. }), "{member}: {beat:?}");
        // A client of those days names no device, and a takeover is its member's.
        let mut nameless = ana.clone();
        nameless.device_id = None;
        let beat = redis.beat(&name, &nameless, TTL).await;
        assert_eq!(beat, Ok(Beat::Extended), "{member}");
        let taken = redis.acquire(&name, &ana, TTL, true).await.unwrap();
        assert!(matches!(taken, Acquired::TakenOver { .. }), "{taken:?}");
        assert_eq!(redis.release(&name, &ana).await, Ok(Released::Freed));
    }
}

#[tokio::test]
async fn a_value_of_another_hand_is_read_alike_by_scripts_and_server() {
    let server = RedisServer::start();
    let redis = RedisLock::new(server.store());
    let name = name(0);
    for (n, more) in [
        "\"since\":\"yesterday\"",
        "\"since\":5",
        "\"deviceName\":null",
        "\"deviceName\":[1],\"extension\":7",
        "\"epoch\":\"12\"",
        "\"agent\":{}",
    ]
    .into_iter()
    .enumerate()
    {
        let value = format!("{{\"memberId\":\"member 0\",\"deviceId\":\"other\",{more}}}");
        let set = ["SET", "agent:session:agent0", &value, "PX", "600000"];
        assert_eq!(server.command(&set), "OK");
        let mut ana = owner((0, 1, 0), 5);
        ana.session_id = format!("session {n}");
        let busy = redis.acquire(&name, &ana, TTL, false).await.unwrap();
        let Acquired::Busy { holder } = busy else {
            panic!("{value}: {busy:?}");
        };
        assert_eq!(holder.member_id, "member 0", "{value}");
        assert_eq!(holder.device_id.as_deref(), Some("other"), "{value}");
        let look = redis.look(&name).await.unwrap();
        assert_eq!(look.holders().collect::<Vec<_>>(), [&holder], "{value}");
        let taken = redis.acquire(&name, &ana, TTL, true).await.unwrap();
        assert!(matches!(taken, Acquired::TakenOver { .. }), "{taken:?}");
        assert_eq!(redis.release(&name, &ana).await, Ok(Released::Freed));
    }
}

#[tokio::test]
async fn a_takeover_notes_with_each_session_that_it_displaces_that_it_was_taken_over() {
    let server = RedisServer::start();
    let redis = RedisLock::new(server.store_with("acme:"));
    let (name, key) = (name(0), "acme:session:session 0");
    // What the version before wrote of a session has no such note, and fields of any other kind stay as they are.
    let written = json!({
        "memberId": "member 0", "epoch": "1795000000000001", "begun": 1_795_000_000_000_u64,
        "used": [["a hash", 1_795_000_000_001_u64]], "strange": {"it": "stays"},
    });
    let session = || {
        let session = server.command(&["GET", key]);
        serde_json::from_str::<serde_json::Value>(&session).unwrap()
    };
    let take = async |caller, takeover| {
        let taken = redis.acquire(&name, &owner(caller, 0), TTL, takeover).await;
        taken.unwrap()
    };
    let set = ["SET", key, &written.to_string(), "PX", "500000"];
    assert_eq!(server.command(&set), "OK");
    let taken = take((0, 1, 0), false).await;
    assert!(matches!(taken, Acquired::Taken { .. }), "{taken:?}");
    // Who is refused notes nothing, and nor does the same device.
    let busy = take((0, 2, 1), false).await;
    assert!(matches!(busy, Acquired::Busy { .. }), "{busy:?}");
    let busy = take((1, 2, 2), true).await;
    assert!(matches!(busy, Acquired::Busy { .. }), "{busy:?}");
    let again = take((0, 1, 0), true).await;
    assert!(matches!(again, Acquired::Refreshed { .. }), "{again:?}");
    assert_eq!(session(), written);

    let moved = take((0, 2, 3), true).await;
    assert!(matches!(moved, Acquired::TakenOver { .. }), "{moved:?}");
    let mut noted = written.clone();
    noted["takenOver"] = json!("true");
    assert_eq!(session(), noted);
    let left: u64 = server.command(&["PTTL", key]).parse().unwrap();
    assert!(left > 0 && left <= 500_000, "{left}");

    // A session that is over, or that the store has forgotten, stays so.
    let ended = ["SET", "acme:session:session 3", "ended", "PX", "500000"];
    assert_eq!(server.command(&ended), "OK");
    for (device, session, value) in [(1, 4, "ended"), (2, 5, "")] {
        let moved = take((0, device, session), true).await;
        assert!(matches!(moved, Acquired::TakenOver { .. }), "{moved:?}");
        let displaced = format!("acme:session:session {}", session - 1);
        assert_eq!(server.command(&["GET", &displaced]), value);
    }
    // Who names no device displaces as well, and is displaced.
    for (device, session) in [(0, 6), (1, 7)] {
        let key = format!("acme:session:session {}", session - 1);
        let set = ["SET", &key, &written.to_string(), "PX", "500000"];
        assert_eq!(server.command(&set), "OK");
        let moved = take((0, device, session), device > 0).await;
        assert!(matches!(moved, Acquired::TakenOver { .. }), "{moved:?}");
        let session = server.command(&["GET", &key]);
        let session: serde_json::Value = serde_json::from_str(&session).unwrap();
        assert_eq!(session, noted);
    }
}

#[tokio::test]
async fn a_takeover_that_a_beat_finds_after_a_loss_is_noted_with_the_session_that_loses() {
    let server = RedisServer::start();
    let redis = RedisLock::new(server.store_with("acme:"));
    let name = name(0);
    let written = json!({"memberId": "member 0", "strange": {"it": "stays"}});
    // Who is heard first after the loss, who has signed in later, and whether that was a takeover.
    for ((loser, winner), is_noted) in [
        (((0, 1, 0), (0, 2, 1)), true),
        // Devices without an id.
        (((0, 0, 2), (0, 2, 3)), true),
        (((0, 2, 4), (0, 0, 5)), true),
        (((0, 0, 6), (0, 0, 7)), false),
        // The same device, and another member.
        (((0, 1, 8), (0, 1, 9)), false),
        (((0, 1, 10), (1, 2, 11)), false),
    ] {
        let mut callers = Vec::new();
        for caller in [loser, winner] {
            assert_eq!(server.command(&["FLUSHALL"]), "OK");
            let taken = redis.acquire(&name, &owner(caller, 0), TTL, false).await;
            callers.push(owner(caller, epoch_of(&taken.unwrap()).unwrap()));
        }
        assert_eq!(server.command(&["FLUSHALL"]), "OK");
        let key = format!("acme:session:{}", callers[0].session_id);
        let set = ["SET", &key, &written.to_string(), "PX", "500000"];
        assert_eq!(server.command(&set), "OK");
        for caller in &callers {
            let beat = redis.beat(&name, caller, TTL).await;
            assert_eq!(beat, Ok(Beat::Retaken), "{caller:?}");
        }
        let mut expected = written.clone();
        if is_noted {
            expected["takenOver"] = json!("true");
        }
        let session = server.command(&["GET", &key]);
        let session: serde_json::Value = serde_json::from_str(&session).unwrap();
        assert_eq!(session, expected, "{loser:?} {winner:?}");
        server.assert_every_key_expires();
    }
}

#[tokio::test]
async fn a_beat_notes_its_mark_where_it_takes_the_lock_again_and_nowhere_else() {
    let server = RedisServer::start();
    let redis = RedisLock::new(server.store_with("acme:"));
    let (name, key) = (name(0), "acme:session:session 0");
    let taken = redis.acquire(&name, &owner((0, 1, 0), 0), TTL, false).await;
    let ana = owner((0, 1, 0), epoch_of(&taken.unwrap()).unwrap());
    let beat = async |mark: Option<&str>| {
        let mark = mark.map(str::to_owned);
        redis.beat_marking(&name, &ana, TTL, mark).await.unwrap()
    };
    let lapse = || {
        let lock = [
            "DEL",
            "acme:agent:session:agent0",
            "acme:agent:extension:700200",
        ];
        assert_eq!(server.command(&lock), "2");
    };
    let session = json!({"memberId": "member 0"}).to_string();
    let set = ["SET", key, &session, "PX", "500000"];
    assert_eq!(server.command(&set), "OK");
    assert_eq!(beat(Some("first")).await, Beat::Extended);
    assert_eq!(server.command(&["GET", key]), session);
    lapse();
    assert_eq!(beat(None).await, Beat::Retaken);
    assert_eq!(server.command(&["GET", key]), session);
    lapse();
    assert_eq!(beat(Some("second")).await, Beat::Retaken);
    let marked = server.command(&["GET", key]);
    let marked: serde_json::Value = serde_json::from_str(&marked).unwrap();
    let expected = json!({"memberId": "member 0", "unsettled": "second"});
    assert_eq!(marked, expected);
    server.assert_every_key_expires();
    // A session that is over, or that the store has forgotten, stays so.
    for value in ["ended", ""] {
        match value {
            "" => server.command(&["DEL", key]),
            value => server.command(&["SET", key, value, "PX", "500000"]),
        };
        lapse();
        assert_eq!(beat(Some("third")).await, Beat::Retaken);
        assert_eq!(server.command(&["GET", key]), value);
    }
}

#[tokio::test]
async fn of_a_shared_extension_it_is_told_with_which_agent_it_is_locked() {
    let server = RedisServer::start();
    let redis = RedisLock::new(server.store());
    let own = name(0);
    let other = LockName {
        ozonetel_agent_id: "agent9".to_owned(),
        ..own.clone()
    };
    let caller = owner((0, 1, 0), 0);
    for (locked, is_shared) in [(&own, false), (&other, true)] {
        let mut caller = caller.clone();
        caller.session_id = format!("session of {}", locked.ozonetel_agent_id);
        redis.acquire(locked, &caller, TTL, false).await.unwrap();
        let look = redis.look(&own).await.unwrap();
        assert_eq!(look.is_shared, is_shared);
        assert!(look.holders[1].is_some());
        assert_eq!(redis.release(locked, &caller).await, Ok(Released::Freed));
    }
}

#[tokio::test]
async fn an_extension_that_an_agent_no_longer_has_is_free_unless_another_has_locked_it() {
    let server = RedisServer::start();
    let cluster = Cluster::start();
    let in_cluster = server::store(&cluster.url(), "{acme}:");
    let stores: [&dyn SessionLock; 3] = [
        &RedisLock::new(server.store_with("acme:")),
        &RedisLock::new(in_cluster),
        &MemoryLock::new(Clock::system()),
    ];
    let with = |agent: u64, extension: &str| LockName {
        sip_extension: extension.to_owned(),
        ..name(agent)
    };
    for lock in stores {
        let take = async |name: &LockName, caller| {
            let asks = owner(caller, 0);
            until_it_answers(async || lock.acquire(name, &asks, TTL, true).await).await
        };
        let is_free = async |extension: &str| {
            let look = lock.look(&with(9, extension)).await.unwrap();
            look.holders().next().is_none()
        };
        take(&with(0, "1"), (0, 1, 0)).await;
        let again = take(&with(0, "2"), (0, 1, 1)).await;
        assert!(matches!(again, Acquired::Refreshed { .. }), "{again:?}");
        assert!(is_free("1").await && !is_free("2").await);
        let moved = take(&with(0, "3"), (0, 2, 2)).await;
        assert!(matches!(moved, Acquired::TakenOver { .. }), "{moved:?}");
        assert!(is_free("2").await && !is_free("3").await);
        // Who is refused frees nothing, and nor does whoever has the same one again.
        let busy = take(&with(0, "4"), (1, 1, 3)).await;
        assert!(matches!(busy, Acquired::Busy { .. }), "{busy:?}");
        take(&with(0, "3"), (0, 2, 4)).await;
        assert!(!is_free("3").await && is_free("4").await);
    }
    // By now another one has it, as after a loss of data.
    let redis = RedisLock::new(server.store_with("acme:"));
    let key = "acme:agent:extension:3";
    assert_eq!(server.command(&["DEL", key]), "1");
    let theirs = owner((1, 3, 5), 0);
    redis
        .acquire(&with(8, "3"), &theirs, TTL, false)
        .await
        .unwrap();
    let next = owner((0, 2, 6), 0);
    redis
        .acquire(&with(0, "5"), &next, TTL, false)
        .await
        .unwrap();
    assert!(server.command(&["GET", key]).contains("session 5"));
    server.assert_every_key_expires();
}

#[tokio::test]
async fn a_page_with_another_extension_does_not_lock_the_one_before_again() {
    let server = RedisServer::start();
    let stores: [&dyn SessionLock; 2] = [
        &RedisLock::new(server.store()),
        &MemoryLock::new(Clock::system()),
    ];
    let with = |extension: &str| LockName {
        sip_extension: extension.to_owned(),
        ..name(0)
    };
    for lock in stores {
        let mut pages = Vec::new();
        for (session, extension) in [(0, "1"), (1, "2"), (2, "2")] {
            let name = with(extension);
            let asks = owner((0, 0, session), 0);
            let taken = lock.acquire(&name, &asks, TTL, false).await.unwrap();
            pages.push((name, owner((0, 0, session), epoch_of(&taken).unwrap())));
        }
        let holder = pages[2].1.clone();
        let (name, page) = &pages[0];
        let lost = Beat::Lost { holder };
        assert_eq!(
            lock.look(name).await.unwrap().lost_to(page),
            Some(&pages[2].1)
        );
        assert_eq!(lock.beat(name, page, TTL).await, Ok(lost));
        let look = lock.look(name).await.unwrap();
        assert_eq!(look.holders[1], None, "{look:?}");
        // With one extension they go on side by side.
        for (name, page) in &pages[1..] {
            assert_eq!(lock.beat(name, page, TTL).await, Ok(Beat::Extended));
        }
    }
}

#[tokio::test]
async fn whoever_has_a_lock_again_is_told_whether_it_is_the_same() {
    let server = RedisServer::start();
    let stores: [&dyn SessionLock; 2] = [
        &RedisLock::new(server.store()),
        &MemoryLock::new(Clock::system()),
    ];
    let with = |agent: u64, extension: &str| LockName {
        sip_extension: extension.to_owned(),
        ..name(agent)
    };
    for lock in stores {
        lock.acquire(&with(0, "1"), &owner((0, 0, 0), 0), TTL, false)
            .await
            .unwrap();
        for (session, (agent, extension), is_same) in [
            (1, (0, "1"), true),
            (2, (0, "2"), false),
            (3, (0, "2"), true),
            // Through the extension alone.
            (4, (1, "2"), false),
        ] {
            let asks = owner((0, 0, session), 0);
            let name = with(agent, extension);
            let again = lock.acquire(&name, &asks, TTL, false);
            let again = again.await.unwrap();
            assert!(
                matches!(&again, Acquired::Refreshed { is_same_lock, .. } if *is_same_lock == is_same),
                "{again:?}"
            );
        }
    }
    // What the first sidecar wrote does not say.
    let set = ["SET", "agent:session:agent9", "member 0", "PX", "600000"];
    assert_eq!(server.command(&set), "OK");
    let redis = RedisLock::new(server.store());
    let asks = owner((0, 0, 5), 0);
    let again = redis.acquire(&name(9), &asks, TTL, false).await.unwrap();
    assert!(
        matches!(
            again,
            Acquired::Refreshed {
                is_same_lock: false,
                ..
            }
        ),
        "{again:?}"
    );
}

#[tokio::test]
async fn a_store_that_forgot_learns_from_the_later_holder() {
    let mut server = RedisServer::start();
    let redis = RedisLock::new(server.store());
    let name = name(0);
    let mut sessions = Vec::new();
    for (caller, takeover) in [((0, 1, 0), false), ((0, 2, 1), true)] {
        let taken = redis.acquire(&name, &owner(caller, 0), TTL, takeover).await;
        sessions.push(owner(caller, epoch_of(&taken.unwrap()).unwrap()));
    }
    let [loser, winner] = &sessions[..] else {
        unreachable!("two have signed in");
    };
    server.kill();
    assert!(redis.beat(&name, winner, TTL).await.is_err());
    server.start_again();
    // The one who does not know yet that it has lost is heard first.
    let beat = until_it_answers(async || redis.beat(&name, loser, TTL).await).await;
    assert_eq!(beat, Beat::Retaken);
    assert_eq!(redis.beat(&name, winner, TTL).await, Ok(Beat::Retaken));
    let beat = redis.beat(&name, loser, TTL).await.unwrap();
    assert!(matches!(beat, Beat::Lost { .. }), "{beat:?}");
    assert_eq!(redis.beat(&name, winner, TTL).await, Ok(Beat::Extended));
}

#[tokio::test]
async fn epochs_of_two_agents_are_never_compared() {
    let server = RedisServer::start();
    let redis = RedisLock::new(server.store());
    let agent = |agent: &str| LockName {
        ozonetel_agent_id: agent.to_owned(),
        sip_extension: "700200".to_owned(),
    };
    let (one, two) = (agent("agent1"), agent("agent2"));
    let mut sessions = Vec::new();
    for (name, caller) in [(&one, (0, 1, 0)), (&two, (1, 2, 1))] {
        let taken = redis.acquire(name, &owner(caller, 0), TTL, false).await;
        sessions.push(owner(caller, epoch_of(&taken.unwrap()).unwrap()));
        assert_eq!(server.command(&["FLUSHALL"]), "OK");
    }
    let [earlier, later] = &sessions[..] else {
        unreachable!("two have signed in");
    };
    assert_eq!(redis.beat(&one, earlier, TTL).await, Ok(Beat::Retaken));
    let lost = Ok(Beat::Lost {
        holder: earlier.clone(),
    });
    assert_eq!(redis.beat(&two, later, TTL).await, lost);
    let moved = Owner {
        epoch: later.epoch + 1,
        ..earlier.clone()
    };
    assert_eq!(redis.beat(&two, &moved, TTL).await, lost);
    assert_eq!(redis.beat(&one, earlier, TTL).await, Ok(Beat::Extended));
}

#[tokio::test]
async fn a_store_that_is_paused_is_no_store_until_it_goes_on() {
    let server = RedisServer::start();
    let redis = RedisLock::new(server.store());
    let (name, ana) = (name(0), owner((0, 1, 0), 0));
    let taken = redis.acquire(&name, &ana, TTL, false).await.unwrap();
    let ana = owner((0, 1, 0), epoch_of(&taken).unwrap());
    server.signal("STOP");
    for _ in 0..3 {
        assert!(redis.beat(&name, &ana, TTL).await.is_err());
    }
    server.signal("CONT");
    let beat = until_it_answers(async || redis.beat(&name, &ana, TTL).await).await;
    assert_eq!(beat, Beat::Extended);
}

#[tokio::test]
async fn a_key_that_holds_something_else_is_an_error_and_stays() {
    let server = RedisServer::start();
    let redis = RedisLock::new(server.store());
    let (name, ana) = (name(0), owner((0, 1, 0), 0));
    server.command(&["RPUSH", "agent:extension:700200", "x"]);
    assert!(redis.acquire(&name, &ana, TTL, true).await.is_err());
    assert!(redis.beat(&name, &ana, TTL).await.is_err());
    assert!(redis.release(&name, &ana).await.is_err());
    assert_eq!(server.command(&["DBSIZE"]), "1");
}

#[tokio::test]
async fn names_of_any_kind_have_locks_of_their_own() {
    let server = RedisServer::start();
    let redis = RedisLock::new(server.store());
    let long = "x".repeat(64 * 1024);
    let names = [
        "*",
        "?",
        "[a-z]",
        "a b",
        "a\nb",
        "a\r\nFLUSHALL\r\n",
        "a:b",
        "a",
        "{a}",
        "{b}a",
        "ä",
        "\0",
        "",
        "agent:session:a",
        "return 1",
        &long,
    ];
    for (session, id) in names.iter().enumerate() {
        let name = LockName {
            ozonetel_agent_id: (*id).to_owned(),
            sip_extension: (*id).to_owned(),
        };
        // Each member asks for one.
        let session = u64::try_from(session).unwrap();
        let asks = owner((session, 1, session), 0);
        let taken = redis.acquire(&name, &asks, TTL, false).await.unwrap();
        assert!(matches!(taken, Acquired::Taken { .. }), "{id:?}: {taken:?}");
    }
    let keys: usize = server.command(&["DBSIZE"]).parse().unwrap();
    assert_eq!(keys, names.len() * 2 + 1);
    server.assert_every_key_expires();
    let (mut listed, mut after) = (Vec::new(), None::<String>);
    loop {
        let from = after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let page = redis.list(from, 3).await.unwrap();
        assert!(page.held.len() <= 3);
        for held in page.held {
            assert_eq!(held.extension.as_ref(), Some(&held.agent_id));
            assert!(held.left > Duration::ZERO && held.left <= TTL);
            listed.push(held.agent_id);
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let mut all = names.to_vec();
    all.sort_unstable();
    assert_eq!(listed, all);
}

#[tokio::test]
async fn what_has_ended_is_not_listed() {
    let server = RedisServer::start();
    let redis = RedisLock::new(server.store());
    let memory = MemoryLock::new(Clock::system());
    for lock in [&redis as &dyn SessionLock, &memory] {
        for agent in 0..5 {
            let asks = owner((agent, 1, agent), 0);
            lock.acquire(&name(agent), &asks, TTL, false).await.unwrap();
        }
        let left = owner((1, 1, 1), 0);
        assert_eq!(lock.release(&name(1), &left).await, Ok(Released::Freed));
        let page = lock.list(Bound::Unbounded, 2).await.unwrap();
        let agents: Vec<_> = page.held.iter().map(|it| &*it.agent_id).collect();
        assert_eq!(agents, ["agent0", "agent2"]);
        assert_eq!(page.held[1].owner.member_id, "member 2");
        assert_eq!(page.held[1].extension.as_deref(), Some("700202"));
        let next = page.next.unwrap();
        let page = lock.list(Bound::Excluded(&next), 2).await.unwrap();
        let agents: Vec<_> = page.held.iter().map(|it| &*it.agent_id).collect();
        assert_eq!(agents, ["agent3", "agent4"]);
        let page = lock.list(Bound::Included("agent3"), 1).await.unwrap();
        assert_eq!(page.held[0].agent_id, "agent3");
        let after = Bound::Excluded("agent4");
        assert_eq!(lock.list(after, 2).await, Ok(sidecar::Page::default()));
    }
    // As it is when a term ends.
    assert_eq!(server.command(&["DEL", "agent:session:agent2"]), "1");
    let page = redis.list(Bound::Unbounded, 100).await.unwrap();
    assert_eq!(page.held.len(), 3);
    assert_eq!(server.command(&["ZCARD", "agent:held"]), "3");
    // Nor is it left out where its extension alone was given back.
    let keys = [
        "COPY",
        "agent:session:agent4",
        "agent:session:agent0",
        "REPLACE",
    ];
    assert_eq!(server.command(&keys), "1");
    let left = owner((0, 1, 0), 0);
    assert_eq!(redis.release(&name(0), &left).await, Ok(Released::Freed));
    let page = redis.list(Bound::Unbounded, 100).await.unwrap();
    assert_eq!(page.held[0].agent_id, "agent0");
}

#[tokio::test]
async fn a_takeover_by_sixty_four_at_once_leaves_one_holder() {
    let server = RedisServer::start();
    let name = name(0);
    let all = (1..=64).map(|device| {
        let (lock, name) = (RedisLock::new(server.store()), &name);
        async move {
            let asks = owner((0, device, device), 0);
            let taken = until_it_answers(async || lock.acquire(name, &asks, TTL, true).await).await;
            let epoch = epoch_of(&taken).unwrap();
            (lock, Owner { epoch, ..asks })
        }
    });
    let mut holders = 0;
    for (lock, holds) in join_all(all).await {
        let beat = until_it_answers(async || lock.beat(&name, &holds, TTL).await).await;
        holders += usize::from(beat == Beat::Extended);
    }
    assert_eq!(holders, 1);
}

/// Asks again until the store answers.
async fn until_it_answers<T, E>(mut ask: impl AsyncFnMut() -> Result<T, E>) -> T {
    let answer = async {
        loop {
            if let Ok(answer) = ask().await {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), answer)
        .await
        .expect("the store answers again")
}

fn epoch_of(answer: &Acquired) -> Option<u64> {
    match answer {
        Acquired::Taken { epoch }
        | Acquired::Refreshed { epoch, .. }
        | Acquired::TakenOver { epoch, .. } => Some(*epoch),
        Acquired::Busy { .. } | Acquired::Ended => None,
    }
}

fn without_epochs(answer: Acquired) -> Acquired {
    let epoch = 0;
    match answer {
        Acquired::Taken { .. } => Acquired::Taken { epoch },
        Acquired::Refreshed {
            from, is_same_lock, ..
        } => Acquired::Refreshed {
            epoch,
            from: Owner { epoch, ..from },
            is_same_lock,
        },
        Acquired::TakenOver { from, .. } => Acquired::TakenOver {
            epoch,
            from: Owner { epoch, ..from },
        },
        Acquired::Busy { holder } => Acquired::Busy {
            holder: Owner { epoch, ..holder },
        },
        Acquired::Ended => Acquired::Ended,
    }
}

/// A member, a device (0: it names none) and a session.
fn owner((member, device, session): (u64, u64, u64), epoch: u64) -> Owner {
    Owner {
        member_id: format!("member {member}"),
        device_id: (device > 0).then(|| format!("device {device}")),
        device_name: "a device".to_owned(),
        session_id: format!("session {session}"),
        since: Some(OffsetDateTime::UNIX_EPOCH),
        epoch,
    }
}

fn name(agent: u64) -> LockName {
    LockName {
        ozonetel_agent_id: format!("agent{agent}"),
        sip_extension: format!("70020{agent}"),
    }
}

/// Numbers that are the same in each run (Knuth's MMIX generator).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        let Self(state) = self;
        *state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (*state >> 33) % bound
    }
}
