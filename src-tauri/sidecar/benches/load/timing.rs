//! Whether the time of an answer tells who is known (security, S15).

use std::time::Instant;

use serde_json::json;
use tokio::io::AsyncWriteExt;

use crate::figure::{median, percentile};
use crate::office::{Hash, Office, Users, connect, receive, request};

/// Wrong passwords of each kind.
const GUESSES: usize = 2_000;

/// Guesses at somebody who is known and at somebody who is not, in turn.
pub(crate) async fn print() {
    let office = Office::open(Users::File(Hash::Usual), None).await;
    let address = &office.sidecar.address;
    let mut stream = connect(address).await;
    let mut times = [Vec::new(), Vec::new()];
    for guess in 0..GUESSES {
        // Nobody's limit is reached.
        let known = format!("agent-{}@helix.example", guess % 64);
        let unknown = format!("nobody-{}@helix.example", guess % 64);
        for (email, times) in [known, unknown].iter().zip(&mut times) {
            let body = json!({"email": email, "password": "a-wrong-password"}).to_string();
            let call = request(address, "/auth/login", 0, "", &body);
            let begun = Instant::now();
            stream.write_all(&call).await.unwrap();
            let (status, _) = receive(&mut stream, &mut Vec::new()).await;
            assert_eq!(status, 401);
            times.push(begun.elapsed().as_secs_f64() * 1e3);
        }
    }
    let [known, unknown] = &times;
    println!("Wrong passwords, {GUESSES} each");
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
