//! Prints how long sound takes through the phone at real sound devices, and what it costs, beside Chromium and baresip: `cargo figures sound`.
//!
//! PulseAudio is the sound system and null sinks are the devices; phones, browsers and the server are processes of their own. Linux only.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a benchmark ends where something is wrong"
)]

mod baresips;
#[allow(dead_code, reason = "the figures of the window use the rest")]
mod browsers;
mod chirps;
#[allow(dead_code, reason = "the figures of the window use the rest")]
mod cost;
mod desks;
mod figure;
mod hang_up;
mod idle;
mod load;
mod mouth_to_ear;
#[path = "../support/sound_card.rs"]
#[allow(dead_code, reason = "tests use the rest")]
mod sound_card;
#[path = "../support/mod.rs"]
mod support;
mod unplug;

use std::{env, fs, process};

use sound_card::SoundCard;
use support::office::Office;

/// What can be named as an argument; all of them where none is.
const PARTS: [&str; 5] = ["mouth", "load", "idle", "unplug", "hang_up"];

/// Leaves the other programs out.
const ALONE: &str = "alone";

/// How often each side of a comparison has its turn; a number among the arguments changes it.
const ROUNDS: usize = 5;

fn main() {
    sound_card::run_with_sound_card(|card| {
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(print_figures(card));
    });
}

async fn print_figures(mut card: SoundCard) {
    // Cargo adds `--bench`.
    let words: Vec<String> = env::args().skip(1).filter(|it| it != "--bench").collect();
    let mut rounds = ROUNDS;
    for word in &words {
        if let Ok(number) = word.parse() {
            rounds = number;
        } else if word != ALONE && !PARTS.contains(&word.as_str()) {
            let known = PARTS.join(", ");
            eprintln!("No figures of {word:?}; there are {known}, {ALONE} and a number of rounds");
            process::exit(2);
        }
    }
    let named = |it: &str| words.iter().any(|word| word == it);
    let wanted = |it: &str| named(it) || !PARTS.iter().any(|part| named(part));

    let beside = !named(ALONE);

    let load = fs::read_to_string("/proc/loadavg").unwrap();
    let cores = std::thread::available_parallelism().unwrap();
    println!(
        "Load of this machine at the start (1, 5, 15 min): {}, {cores} cores",
        load.split(' ').take(3).collect::<Vec<_>>().join(" ")
    );

    card.start(&[], &[]);
    let office = Office::open().await;
    if wanted("idle") {
        idle::print(&office, rounds, beside).await;
    }
    if wanted("mouth") || wanted("load") {
        chirps::plug_in(&card);
    }
    if wanted("mouth") {
        mouth_to_ear::print(&office, rounds, beside).await;
    }
    if wanted("load") {
        load::print(&office, rounds).await;
    }
    if wanted("unplug") {
        unplug::print(&mut card, &office).await;
    }
    if wanted("hang_up") {
        hang_up::print(&card, &office).await;
    }
}
