//! Whether clients that take their time are felt by those that do not (security, S20).

use std::time::Duration;

use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{interval, timeout};

use crate::HALF_LOAD;
use crate::figure::{percentile, print_tail};
use crate::load::{Load, at_half_load};
use crate::office::{Hash, Office, Users};

/// Who send a request's head byte by byte, all from one address that is not the agents'.
const SLOW: usize = 1_000;

/// As many as there are places altogether, so that nothing but the bound for one address leaves any.
const GREEDY: usize = 4_096;

/// Heartbeats of all agents in a second, far below what can be served.
const RATE: f64 = 2_000.0;

const ROUNDS: usize = 5;

pub(crate) async fn print() {
    // Each client has a descriptor here.
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
    let mut office = Office::open(Users::File(Hash::Least), None).await;
    let mut times = [0, SLOW, GREEDY].map(|slow| (slow, Vec::new()));
    for _ in 0..ROUNDS {
        for (slow, times) in &mut times {
            let clients = Slow::connect(&office.sidecar.address, *slow).await;
            let beats = at_half_load(&mut office, Load::Heartbeats, RATE, HALF_LOAD).await;
            times.extend(beats);
            drop(clients);
        }
    }
    println!("Heartbeats ({RATE}/s) beside clients that send a head byte by byte");
    let alone = percentile(&times[0].1, 99.0);
    for (slow, times) in &times {
        print_tail(
            &format!("{slow} of them"),
            "ms",
            times,
            "p99 at most twice that of none",
        );
        println!("{:<62} {:>8.2} times", "", percentile(times, 99.0) / alone);
    }
}

/// Clients that drip, until they are dropped.
struct Slow(JoinHandle<()>);

impl Slow {
    /// Connects them all, or as many as are let in.
    async fn connect(address: &str, clients: usize) -> Self {
        let mut streams = Vec::new();
        for _ in 0..clients {
            // Where all places are taken, nobody is let in any more.
            if let Ok(Some(stream)) = timeout(Duration::from_secs(1), connect(address)).await {
                streams.push(stream);
            }
        }
        Self(tokio::spawn(async move {
            // Each has its own moment in the second.
            let mut ticks = interval(Duration::from_secs(1) / streams.len().max(1) as u32);
            for at in (0..streams.len()).cycle() {
                ticks.tick().await;
                // The sidecar cuts it off in the end, which is its right.
                let _ = streams[at].write_all(b"x").await;
            }
        }))
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn connect(address: &str) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let mut stream = socket.connect(address.parse().unwrap()).await.ok()?;
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nx-")
        .await
        .ok()?;
    Some(stream)
}
