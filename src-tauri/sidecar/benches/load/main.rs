//! Prints what a sidecar costs and how long it takes, measured on this machine with a real process: `cargo figures sidecar`.
//!
//! Only the processor time of the sidecar's own process counts (and, told apart, that of its Redis), because whoever makes the calls runs on
//! the same machine. Kinds of runs take turns, so that a busy minute of the machine meets all of them.

#![allow(
    clippy::unwrap_used,
    reason = "a benchmark ends where something is wrong"
)]

#[allow(
    dead_code,
    unreachable_pub,
    reason = "other figures use the rest of it"
)]
#[path = "../../../../tests/bench/figure.rs"]
mod figure;
#[allow(dead_code, reason = "tests use the rest of it")]
#[path = "../../tests/sidecar/forged.rs"]
mod forged;
mod keys;
mod load;
mod office;
mod outage;
#[allow(dead_code, unreachable_pub, reason = "tests use the rest of it")]
#[path = "../../../../tests/lab/src/platform.rs"]
mod platform;
mod process;
#[allow(dead_code, reason = "tests use the rest of it")]
#[path = "../../tests/redis/server.rs"]
mod server;
mod slow;
mod timing;
#[allow(dead_code, reason = "tests use the rest of it")]
#[path = "../../tests/sidecar/world.rs"]
mod world;

use std::time::Duration;

use figure::{median, print_range, print_tail};
use load::{Load, Run, at_half_load, saturate};
use office::{Hash, Office, Users};
use server::RedisServer;

/// Runs of each kind.
const ROUNDS: usize = 7;

const TIME: Duration = Duration::from_secs(2);

/// How long calls come at half load.
const HALF_LOAD: Duration = Duration::from_secs(5);

/// How long a sidecar rests until it has swept twice, each 10 s: then it has given back what it needs no more.
const REST: Duration = Duration::from_secs(25);

/// What is called, where, and what is to be reached (the floor and the goal).
struct Kind {
    name: &'static str,
    load: Load,
    users: Users,
    in_redis: bool,
    goal: &'static str,
}

const HEARTBEATS: &str = "at least 10000, goal 25000";
const LOGINS: &str = "at least 5000, goal 15000";
const MEMORY: &str = "at most 40, goal 10";

const KINDS: [Kind; 7] = [
    Kind {
        name: "heartbeats, memory",
        load: Load::Heartbeats,
        users: Users::File(Hash::Least),
        in_redis: false,
        goal: HEARTBEATS,
    },
    Kind {
        name: "heartbeats, Redis",
        load: Load::Heartbeats,
        users: Users::File(Hash::Least),
        in_redis: true,
        goal: HEARTBEATS,
    },
    Kind {
        name: "heartbeats, Redis, users of the platform",
        load: Load::Heartbeats,
        users: Users::Platform,
        in_redis: true,
        goal: HEARTBEATS,
    },
    Kind {
        name: "logins, memory, hash of the least cost",
        load: Load::Logins,
        users: Users::File(Hash::Least),
        in_redis: false,
        goal: LOGINS,
    },
    Kind {
        name: "logins, Redis, hash of the least cost",
        load: Load::Logins,
        users: Users::File(Hash::Least),
        in_redis: true,
        goal: LOGINS,
    },
    Kind {
        name: "logins, Redis, users of the platform",
        load: Load::Logins,
        users: Users::Platform,
        in_redis: true,
        goal: LOGINS,
    },
    Kind {
        name: "logins, Redis, hash of hash-password",
        load: Load::Logins,
        users: Users::File(Hash::Usual),
        in_redis: true,
        goal: "the hash is what it costs",
    },
];

impl Kind {
    /// What its memory may be while it is called.
    fn memory(&self) -> &'static str {
        match self.users {
            Users::File(Hash::Usual) => {
                "at most 40, goal 10, and 20 for each hash that is checked at a time"
            }
            Users::File(Hash::Least) | Users::Platform => MEMORY,
        }
    }
}

fn main() {
    // One thread makes the calls, which leaves the other cores to the sidecar.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let part = std::env::args().skip(1).find(|it| !it.starts_with("--"));
    runtime.block_on(async {
        match part.as_deref() {
            Some("timing") => timing::print().await,
            Some("slow") => slow::print().await,
            Some("outage") => outage::print_times().await,
            Some("keys") => keys::print().await,
            Some(part) => cost(part).await,
            None => {
                cost("").await;
                slow::print().await;
                outage::print_times().await;
                keys::print().await;
                timing::print().await;
            }
        }
    });
}

/// Calls per second of the processor, times at half load, memory; of the kinds with `part` in their names.
async fn cost(part: &str) {
    let kinds: Vec<&Kind> = KINDS.iter().filter(|it| it.name.contains(part)).collect();
    assert!(!kinds.is_empty(), "no kind has {part:?} in its name");
    let redis = RedisServer::start();
    let mut offices = Vec::new();
    for (number, kind) in kinds.iter().enumerate() {
        // Their keys do not meet.
        let prefix = format!("{number}:");
        let redis = kind.in_redis.then(|| (redis.url(), prefix));
        offices.push(Office::open(kind.users, redis).await);
    }
    let fresh: Vec<f64> = offices.iter().map(|it| it.sidecar.memory()).collect();
    let mut runs: Vec<Vec<Run>> = kinds.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for ((kind, office), runs) in kinds.iter().zip(&mut offices).zip(&mut runs) {
            runs.push(saturate(office, kind.load, TIME, redis.id()).await);
        }
    }
    println!("Calls per second of the sidecar's processor time (user and system)");
    for (kind, runs) in kinds.iter().zip(&runs) {
        let values: Vec<f64> = runs.iter().map(|run| run.per_cpu_second()).collect();
        print_range(kind.name, "/s", &values, kind.goal);
    }
    println!("Calls per second of the processor time of Redis");
    for (kind, runs) in kinds.iter().zip(&runs).filter(|(kind, _)| kind.in_redis) {
        let values: Vec<f64> = runs.iter().map(|run| run.per_redis_second()).collect();
        print_range(kind.name, "/s", &values, "");
    }
    println!("Times at half of what was served per second of the clock");
    for ((kind, office), runs) in kinds.iter().zip(&mut offices).zip(&runs) {
        let rates: Vec<f64> = runs.iter().map(|run| run.per_second()).collect();
        let rate = median(&rates) / 2.0;
        let times = at_half_load(office, kind.load, rate, HALF_LOAD).await;
        let name = format!("{} ({rate:.0}/s)", kind.name);
        print_tail(&name, "ms", &times, "p99 at most 10, goal 3");
    }
    println!("Memory that lies in RAM: at the start, and after all of this");
    for ((kind, office), fresh) in kinds.iter().zip(&offices).zip(fresh) {
        let values = [fresh, office.sidecar.memory()];
        print_range(kind.name, "MB", &values, kind.memory());
    }
    tokio::time::sleep(REST).await;
    println!(
        "Memory that lies in RAM after a rest of {} s",
        REST.as_secs()
    );
    for (kind, office) in kinds.iter().zip(&offices) {
        print_range(kind.name, "MB", &[office.sidecar.memory()], MEMORY);
    }
}
