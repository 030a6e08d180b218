//! Whether the time of an answer tells who is known (security, S15), and how soon a forged token is refused (S16).

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::figure::{median, percentile, print_range};
use crate::forged::{ended, forged};
use crate::office::{AGENTS, Hash, Office, Users, connect, heartbeat, receive, request};

/// Who guesses how often, where.
struct Kind {
    name: &'static str,
    users: Users,
    /// How long a platform takes to check the password of somebody known; it says no to others at once.
    hash_time: Duration,
    at_once: usize,
    /// Wrong passwords of each of them, at somebody who is known and at somebody who is not.
    guesses: usize,
}

const KINDS: [Kind; 3] = [
    Kind {
        name: "users of a file",
        users: Users::File(Hash::Usual),
        hash_time: Duration::ZERO,
        at_once: 1,
        guesses: 2_000,
    },
    Kind {
        name: "a platform that takes 300 ms",
        users: Users::Platform,
        hash_time: Duration::from_millis(300),
        at_once: 16,
        guesses: 25,
    },
    Kind {
        name: "a platform that takes 600 ms",
        users: Users::Platform,
        hash_time: Duration::from_millis(600),
        at_once: 16,
        guesses: 25,
    },
];

pub(crate) async fn print() {
    for kind in &KINDS {
        let office = Office::open(kind.users, None).await;
        office.set_hash_time(kind.hash_time);
        let address = &office.sidecar.address;
        // What takes how long is known from the first one on.
        guess(
            &mut connect(address).await,
            address,
            "agent-0@helix.example",
        )
        .await;
        let times = (0..kind.at_once).map(|number| guesses(kind, address, number));
        let [known, unknown] = join_all(times)
            .await
            .into_iter()
            .reduce(|[known, unknown], [more_known, more_unknown]| {
                [
                    [known, more_known].concat(),
                    [unknown, more_unknown].concat(),
                ]
            })
            .expect("somebody guesses");
        print_comparison(kind.name, &known, &unknown);
    }
    print_refusals().await;
}

/// How often each forged token is shown.
const SHOWN: usize = 100;

/// Prints how soon forged tokens are refused, of which each looks right up to another place.
async fn print_refusals() {
    let office = Office::open(Users::File(Hash::Least), None).await;
    let address = &office.sidecar.address;
    let good = &office.agents[0].access_token;
    let tokens = [forged(good), vec![ended(good)]].concat();
    let calls: Vec<_> = tokens.iter().map(|it| heartbeat(address, 0, it)).collect();
    let mut stream = connect(address).await;
    let mut times = Vec::new();
    for _ in 0..SHOWN {
        for call in &calls {
            times.push(refused(&mut stream, call).await);
        }
    }
    println!("Forged and ended tokens, {} kinds", tokens.len());
    print_range("until each is refused", "ms", &times, "each within 5");
}

/// Guesses at somebody who is known and at somebody who is not, in turn.
async fn guesses(kind: &Kind, address: &str, number: usize) -> [Vec<f64>; 2] {
    let mut times = [Vec::new(), Vec::new()];
    let mut stream = connect(address).await;
    for round in 0..kind.guesses {
        // Nobody's limit is reached.
        let whose = (number + round * kind.at_once) % AGENTS;
        let known = format!("agent-{whose}@helix.example");
        let unknown = format!("nobody-{whose}@helix.example");
        for (email, times) in [known, unknown].iter().zip(&mut times) {
            times.push(guess(&mut stream, address, email).await);
        }
    }
    times
}

/// Sends a wrong password, and returns how many ms its refusal took.
async fn guess(stream: &mut TcpStream, address: &str, email: &str) -> f64 {
    let body = json!({"email": email, "password": "a-wrong-password"}).to_string();
    refused(stream, &request(address, "/auth/login", 0, "", &body)).await
}

/// Makes a call, and returns how many ms its refusal took.
async fn refused(stream: &mut TcpStream, call: &[u8]) -> f64 {
    let begun = Instant::now();
    stream.write_all(call).await.unwrap();
    let (status, _) = receive(stream, &mut Vec::new()).await;
    assert_eq!(status, 401);
    begun.elapsed().as_secs_f64() * 1e3
}

fn print_comparison(kind: &str, known: &[f64], unknown: &[f64]) {
    println!("Wrong passwords, {} each, {kind}", known.len());
    for (name, times) in [("of somebody known", known), ("of nobody", unknown)] {
        println!(
            "{name:<62} {:>8.3} ms p50 {:>8.3} to {:.3} ms (p5 to p95)",
            median(times),
            percentile(times, 5.0),
            percentile(times, 95.0)
        );
    }
    println!(
        "{:<62} {:>8.3} ms      p = {:.3} (Mann-Whitney)   below 1 ms, p above 0.01",
        "difference of the medians",
        (median(known) - median(unknown)).abs(),
        mann_whitney(known, unknown)
    );
}

/// Returns how likely two samples of one distribution are to differ at least so much (two-sided, by the normal approximation, which these
/// numbers of samples allow).
fn mann_whitney(one: &[f64], other: &[f64]) -> f64 {
    let mut all: Vec<(f64, bool)> = one
        .iter()
        .map(|it| (*it, true))
        .chain(other.iter().map(|it| (*it, false)))
        .collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Times in nanoseconds have hardly a tie.
    let ranks: f64 = (1..)
        .zip(&all)
        .filter(|(_, (_, is_one))| *is_one)
        .map(|(rank, _)| f64::from(rank))
        .sum();
    let (m, n) = (one.len() as f64, other.len() as f64);
    let u = ranks - m * (m + 1.0) / 2.0;
    let z = (u - m * n / 2.0) / (m * n * (m + n + 1.0) / 12.0).sqrt();
    erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// The complementary error function (Abramowitz and Stegun 7.1.26, to 1.5e-7).
fn erfc(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let series = [
        0.254_829_592,
        -0.284_496_736,
        1.421_413_741,
        -1.453_152_027,
        1.061_405_429,
    ];
    let sum = series.iter().rev().fold(0.0, |sum, term| (sum + term) * t);
    sum * (-x * x).exp()
}
