//! How long after the command to hang up the microphone is closed and the BYE has arrived.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::block_in_place;

use crate::{
    chirps::Desk,
    desks::{self, Voice},
    figure,
    sound_card::{Plug, SoundCard},
    support::office::Office,
};

/// How many calls.
const CALLS: usize = 50;

/// How many of those that are listened to.
const LAST_SOUNDS: usize = 20;

/// What the echo says, in Hz.
const TONE: f32 = 550.0;

/// In frames of 10 ms: so long it is heard before the command, and not heard after the last.
const HEARD: usize = 50;
const SILENT: usize = 20;

const PATIENCE: Duration = Duration::from_secs(20);

const MICROPHONE: Plug = Plug::new("laptop", "Laptop");
const SPEAKER: Plug = Plug::new("speakers", "Speakers");

/// Prints all four.
pub async fn print(card: &SoundCard, office: &Office) {
    card.plug_in_microphone(&MICROPHONE);
    card.plug_in_speaker(&SPEAKER);
    let desk = Desk {
        microphone: MICROPHONE.title,
        speaker: SPEAKER.title,
    };
    let voice = Voice {
        packet_ms: 20,
        is_processed: true,
    };
    let mut phone = desks::phone(office, "ana", 1, &[desk], voice).await;
    let endings = card.endings_of_recordings();
    let [mut told, mut closed, mut bye] = [const { Vec::new() }; 3];
    for _ in 0..CALLS {
        phone
            .send(json!({"command": "dial", "target": "echo"}))
            .await;
        let call = phone.event("call.connected").await["call"].clone();
        desks::capture(&mut phone, true).await;
        phone.event("media.quality").await;

        let byes = office.world.counts().requests("BYE");
        let began = Instant::now();
        let ms = |at: Instant| at.duration_since(began).as_secs_f64() * 1_000.0;
        phone
            .send(json!({"command": "hang_up", "call": call}))
            .await;
        let arrival = async {
            let more = |it: &lab::Counts| it.requests("BYE") > byes;
            office.world.wait_for("BYE", PATIENCE, more).await.unwrap();
            Instant::now()
        };
        let word = async {
            desks::capture(&mut phone, false).await;
            Instant::now()
        };
        let (arrived, heard) = tokio::join!(arrival, word);
        bye.push(ms(arrived));
        told.push(ms(heard));
        closed.push(ms(block_in_place(|| endings.next())));
    }
    println!("\nFrom the command to hang up to");
    figure::print_tail(
        "the event that the microphone is closed",
        "ms",
        &told,
        "goal <= 10 ms (G26)",
    );
    figure::print_tail(
        "PulseAudio's word that nobody listens",
        "ms",
        &closed,
        "goal <= 10 ms (G26)",
    );
    figure::print_tail(
        "the BYE at the registrar",
        "ms",
        &bye,
        "goal <= 15 ms (G26)",
    );
    desks::quit(phone).await;
    print_last_sound(card, office, desk).await;
    for name in [MICROPHONE, SPEAKER].map(|it| it.name) {
        card.unplug(name);
    }
}

/// Prints how long the far end is heard after the command.
async fn print_last_sound(card: &SoundCard, office: &Office, desk: Desk) {
    let voice = Voice {
        packet_ms: 20,
        is_processed: false,
    };
    let mut phone = desks::phone(office, "ana", 1, &[desk], voice).await;
    let _voice = card.speak(MICROPHONE.name, f64::from(TONE));
    let ear = card.listen(SPEAKER.name);
    let mut last = Vec::new();
    for _ in 0..LAST_SOUNDS {
        phone
            .send(json!({"command": "dial", "target": "echo"}))
            .await;
        let call = phone.event("call.connected").await["call"].clone();
        block_in_place(|| ear.until(TONE, HEARD, |share| share > 0.3));
        let began = Instant::now();
        phone
            .send(json!({"command": "hang_up", "call": call}))
            .await;
        let silent = block_in_place(|| ear.until(TONE, SILENT, |share| share < 0.3));
        last.push(silent.duration_since(began).as_secs_f64() * 1_000.0);
        phone.event("call.ended").await;
    }
    figure::print_tail(
        "the last of the far end at the speaker, and parec's 20 ms",
        "ms",
        &last,
        "goal <= 50 ms (I4)",
    );
    desks::quit(phone).await;
}
