//! What two phones in a call hear while other programs want all of the processor.

use std::{
    hint,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use tokio::task::block_in_place;

use crate::{
    chirps::{Chirping, MEASURED, SETTLING},
    desks::{Phones, Voice},
    figure,
    support::office::Office,
};

/// As many that want a core for each that there is.
const WANTING: usize = 4;

const VOICE: Voice = Voice {
    packet_ms: 20,
    is_processed: true,
};

/// What is run by turns: what it is called, whether the processor is busy, and the goals of its delay and its concealment.
const SIDES: [(&str, bool, [&str; 2]); 2] = [
    ("else idle", false, ["", "goal 0.000 %, floor 0.05 % (G5)"]),
    (
        "all cores busy",
        true,
        [
            "goal <= 20 ms more than idle (fault 51)",
            "goal <= 0.1 %, floor 1 % (G5)",
        ],
    ),
];

/// One call.
struct Run {
    median: f64,
    tail: f64,
    missed_percent: f64,
    concealed_percent: f64,
}

/// Threads that do nothing as fast as they can, until this is dropped.
struct Busy {
    ends: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

/// Prints what was measured in so many turns of each side.
pub async fn print(office: &Office, rounds: usize) {
    let cores = thread::available_parallelism().unwrap().get();
    println!(
        "\nWhile {} threads want {cores} cores: calls of {} s by turns, {rounds} of each, with voice processing; medians of the calls",
        WANTING * cores,
        MEASURED.as_secs()
    );
    let mut runs: [Vec<Run>; SIDES.len()] = Default::default();
    for _ in 0..rounds {
        for ((_, is_busy, _), runs) in SIDES.iter().zip(&mut runs) {
            let threads = if *is_busy { WANTING * cores } else { 0 };
            runs.push(Run::measure(office, threads).await);
        }
    }
    for ((name, _, [delay_goal, concealment_goal]), runs) in SIDES.iter().zip(&runs) {
        let print = |what: &str, unit: &str, of: fn(&Run) -> f64, goal: &str| {
            let values: Vec<f64> = runs.iter().map(of).collect();
            figure::print_range(&format!("{what}, {name}"), unit, &values, goal);
        };
        print("mouth to ear, median", "ms", |it| it.median, delay_goal);
        print("mouth to ear, 95th percentile", "ms", |it| it.tail, "");
        print(
            "chirps that were not heard",
            "%",
            |it| it.missed_percent,
            "",
        );
        print(
            "concealed",
            "%",
            |it| it.concealed_percent,
            concealment_goal,
        );
    }
}

impl Run {
    async fn measure(office: &Office, threads: usize) -> Self {
        let mut phones = Phones::in_call(office, VOICE).await;
        let busy = Busy::start(threads);
        // Not while the chirps are recorded, which somebody has to read all the time.
        let before = phones.heard().await;
        let chirping = block_in_place(|| {
            let mut chirping = Chirping::start();
            chirping.go_on(SETTLING);
            chirping.forget();
            chirping.go_on(MEASURED);
            chirping
        });
        let after = phones.heard().await;
        drop(busy);
        let delays = block_in_place(|| chirping.delays());
        phones.end().await;
        let share = |part: u64, whole: u64| part as f64 / whole as f64 * 100.0;
        let missed = delays.spoken - delays.heard.len();
        Self {
            median: figure::median(&delays.heard),
            tail: figure::percentile(&delays.heard, 95.0),
            missed_percent: share(missed as u64, delays.spoken as u64),
            concealed_percent: share(
                after.concealed - before.concealed,
                after.played - before.played,
            ),
        }
    }
}

impl Busy {
    fn start(threads: usize) -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let spin = |_| {
            let ends = Arc::clone(&ends);
            thread::spawn(move || {
                while !ends.load(Ordering::Relaxed) {
                    hint::spin_loop();
                }
            })
        };
        let threads = (0..threads).map(spin).collect();
        Self { ends, threads }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().unwrap();
        }
    }
}
