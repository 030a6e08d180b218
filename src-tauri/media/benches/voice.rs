//! Prints what voice processing does and costs: echo return loss enhancement over time in synthetic
//! rooms, double talk, noise and babble, its delay, and the time of 10 ms; one core has 10 ms in
//! 10 ms. The goals (G11 to G13) are the project's.
//!
//! The modules are private to the crate, so their source is compiled in here.
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "parts that are not measured"
)]
#![allow(
    clippy::duplicate_mod,
    reason = "built as a test, the modules have these two inside"
)]

#[path = "../src/check.rs"]
mod check;
#[path = "../src/codec/mod.rs"]
mod codec;
#[path = "../src/command.rs"]
mod command;
#[path = "../src/device/mod.rs"]
mod device;
#[path = "../src/grid.rs"]
mod grid;
#[path = "../src/news.rs"]
mod news;
#[path = "../src/playout/mod.rs"]
mod playout;
#[path = "../src/processing/mod.rs"]
mod processing;
#[path = "../src/processing/room.rs"]
mod room;
#[path = "../src/rtp/mod.rs"]
mod rtp;
#[path = "../src/codec/speech.rs"]
mod speech;
#[path = "../src/tone/mod.rs"]
mod tone;
#[path = "../src/transport/mod.rs"]
mod transport;

use std::time::Instant;

use crate::{
    codec::{FRAME, Frame, SAMPLES_PER_MS},
    command::{Digit, Peer, SessionId},
    news::{CandidateKind, Codec},
    processing::{Processing, Processor},
    room::{
        Losses, Room, SECOND, convergence_ms, delay, distorted, double_talk, enhancement, level,
        losses, noise, processed,
    },
    speech::speech,
};

/// Gain control off: it would change what is measured.
const CANCELLING: Processing = Processing {
    gain_control: false,
    echo_cancellation: true,
    noise_suppression: true,
    high_pass: true,
};

/// How much weaker the echo is where it is taken for cancelled.
const CANCELLED_DB: f32 = 25.0;

fn main() {
    let far = speech(20, 1);
    println!("echo return loss enhancement; another room from second 10 on");
    for (delay_ms, return_loss_db, reverberation_ms) in [
        (10, 20.0, 150),
        (40, 10.0, 250),
        (120, 0.0, 400),
        (250, 10.0, 250),
    ] {
        print_room(
            &far,
            Room {
                delay_ms,
                reverberation_ms,
                return_loss_db,
                seed: 1,
            },
        );
    }

    println!("\ndouble talk, from second 6 on");
    for return_loss_db in [0.0, 10.0, 20.0, 45.0] {
        let room = Room {
            delay_ms: 40,
            reverberation_ms: 250,
            return_loss_db,
            seed: 1,
        };
        let Losses { near_db, other_db } =
            double_talk(|| processor(CANCELLING), room, &far, &speech(20, 2), 6);
        println!(
            "  echo {:>3} dB: near end {:.1} dB, goal >= -2, floor -6 (G12); echo {:+.1} dB",
            -return_loss_db, -near_db, -other_db
        );
    }

    let near = speech(20, 2);
    let beside = Room {
        delay_ms: 40,
        reverberation_ms: 250,
        return_loss_db: 0.0,
        seed: 1,
    };
    let echo = beside.echo(&distorted(&far));
    let Losses { near_db, other_db } = losses(|| processor(CANCELLING), &far, &echo, &near, 6);
    println!(
        "  echo   0 dB of a loudspeaker that distorts: near end {:.1} dB; echo {:+.1} dB",
        -near_db, -other_db
    );

    println!("\nwhite noise, suppressed, by second");
    for level_db in [-60.0, -50.0, -40.0] {
        let heard = noise(6 * SECOND, level_db, 3);
        let sent = processed(&mut processor(CANCELLING), &far, &heard);
        print!("  {level_db:>3} dB:");
        for sent in sent.chunks(SECOND) {
            print!("{:>4.0}", level_db - level(sent));
        }
        println!();
    }

    println!("\nnoise 5 dB below a voice that begins in second 6, while both are there");
    let voice = speech(20, 2);
    let below_db = level(&voice) - 5.0;
    let silence = vec![0.0; voice.len()];
    for (name, noise) in [
        ("babble of six", babble(voice.len(), below_db)),
        ("white noise", noise(voice.len(), below_db, 3)),
    ] {
        let Losses { near_db, other_db } =
            losses(|| processor(CANCELLING), &silence, &noise, &voice, 6);
        println!("  {name}: noise −{other_db:.1} dB, voice −{near_db:.1} dB");
    }
    println!("AECMOS (G12), DNSMOS (G13): not measured (models not available here)");

    let quiet: Vec<f32> = voice
        .iter()
        .zip(noise(voice.len(), -90.0, 5))
        .map(|(voice, noise)| voice + noise)
        .collect();
    let sent = processed(&mut processor(CANCELLING), &silence, &quiet);
    println!(
        "\ndelay of the voice: {:.1} ms, goal <= 10 (G13)",
        delay(&voice, &sent) as f32 / SAMPLES_PER_MS as f32
    );

    println!("\ntime of 10 ms");
    let all = Processing::default();
    for (name, settings, goal) in [
        ("everything", all, ""),
        (
            "echo cancellation",
            Processing {
                echo_cancellation: true,
                ..Processing::OFF
            },
            "",
        ),
        (
            "noise suppression",
            Processing {
                noise_suppression: true,
                ..Processing::OFF
            },
            ", goal <= 2 % (G13)",
        ),
        (
            "gain control",
            Processing {
                gain_control: true,
                ..Processing::OFF
            },
            "",
        ),
        (
            "high-pass",
            Processing {
                high_pass: true,
                ..Processing::OFF
            },
            "",
        ),
    ] {
        let heard = speech(20, 2);
        let mut processor = processor(settings);
        let begun = Instant::now();
        processed(&mut processor, &far, &heard);
        let each = begun.elapsed() / u32::try_from(heard.len() / FRAME).expect("some thousands");
        println!(
            "  {name:18} {each:>9.1?}, {:.2} % of a core{goal}",
            each.as_secs_f32() * 1e4
        );
    }
}

/// Prints how an echo goes away in `room`, and again when it is another one from second 10 on.
fn print_room(far: &[f32], room: Room) {
    let mut echo = room.echo(far);
    let other = Room { seed: 2, ..room }.echo(far);
    echo[10 * SECOND..].copy_from_slice(&other[10 * SECOND..]);
    let heard: Vec<f32> = echo
        .iter()
        .zip(noise(far.len(), -90.0, 5))
        .map(|(echo, noise)| echo + noise)
        .collect();
    let sent = processed(&mut processor(CANCELLING), far, &heard);
    print!(
        "  {:>3} ms, echo {:>3} dB, by second:",
        room.delay_ms, -room.return_loss_db
    );
    for second in 0..far.len() / SECOND {
        print!("{:>4.0}", enhancement(&echo, &sent, second..second + 1));
    }
    println!();
    println!(
        "    after 1 s (to 3 s) {:.0} dB, goal >= 30, floor 25 (G11)",
        enhancement(&echo, &sent, 1..3)
    );
    println!(
        "    steady (5 to 10 s) {:.0} dB, goal >= 45, floor 35 (G11)",
        enhancement(&echo, &sent, 5..10)
    );
    let converged = match convergence_ms(&echo, &sent, 10, CANCELLED_DB) {
        Some(ms) => format!("after {ms} ms"),
        None => "never".to_owned(),
    };
    println!(
        "    another room {CANCELLED_DB} dB weaker {converged}, goal <= 1000, floor 3000 (G11)"
    );
}

/// Six who talk at once, of a level in dB.
fn babble(samples: usize, level_db: f32) -> Vec<f32> {
    let mut babble = vec![0.0; samples];
    for seed in 11..17 {
        for (sum, voice) in babble.iter_mut().zip(speech(samples / SECOND, seed)) {
            *sum += voice;
        }
    }
    let gain = 10_f32.powf((level_db - level(&babble)) / 20.0);
    babble.iter().map(|sample| gain * sample).collect()
}

fn processor(settings: Processing) -> Processor {
    Processor::new(settings).expect("something is on")
}
