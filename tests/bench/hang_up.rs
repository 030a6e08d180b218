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

const PATIENCE: Duration = Duration::from_secs(20);

const MICROPHONE: Plug = Plug::new("laptop", "Laptop");
const SPEAKER: Plug = Plug::new("speakers", "Speakers");

/// Prints all three.
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
    for name in [MICROPHONE, SPEAKER].map(|it| it.name) {
        card.unplug(name);
    }
}
