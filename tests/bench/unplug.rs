//! How long after a pulled plug sound comes from the next device.

use std::time::Instant;

use serde_json::Value;
use tokio::task::block_in_place;

use crate::{
    chirps::Desk,
    desks::{self, Voice},
    figure,
    sound_card::{self, Listening, Plug, SoundCard},
    support::{office::Office, process::Process},
};

/// How often.
const PULLS: usize = 10;

/// Who calls, at two headsets, and who is called, at a phone with speakers.
const HEADSET: Plug = Plug::new("headset", "Headset");
const SPARE: Plug = Plug::new("spare", "Spare");
const FAR: Plug = Plug::new("far", "Far");
const HEADSET_EAR: Plug = Plug::new("headset_ear", "HeadsetEar");
const SPARE_EAR: Plug = Plug::new("spare_ear", "SpareEar");
const FAR_EAR: Plug = Plug::new("far_ear", "FarEar");

/// What is said into the spare headset, and at the far end, in Hz.
const SPARE_TONE: f32 = 660.0;
const FAR_TONE: f32 = 880.0;

/// In frames of 10 ms: after it nothing of what was said is on its way.
const PAUSE: usize = 50;

const VOICE: Voice = Voice {
    packet_ms: 20,
    is_processed: false,
};

/// Prints both.
pub async fn print(card: &SoundCard, office: &Office) {
    for plug in [HEADSET, SPARE, FAR] {
        card.plug_in_microphone(&plug);
    }
    for plug in [HEADSET_EAR, SPARE_EAR, FAR_EAR] {
        card.plug_in_speaker(&plug);
    }
    println!("\nA favourite is pulled in a call; from the order to the sound server on");
    let _spare = card.speak(SPARE.name, f64::from(SPARE_TONE));
    let _far = card.speak(FAR.name, f64::from(FAR_TONE));
    let desk = |microphone: &Plug, speaker: &Plug| Desk {
        microphone: microphone.title,
        speaker: speaker.title,
    };
    let desks = [desk(&HEADSET, &HEADSET_EAR), desk(&SPARE, &SPARE_EAR)];
    let mut ana = desks::phone(office, "ana", 1, &desks, VOICE).await;
    let mut ravi = desks::phone(office, "ravi", 2, &[desk(&FAR, &FAR_EAR)], VOICE).await;
    let call = desks::connect(&mut ana, &mut ravi).await;

    let mut times = Vec::new();
    for _ in 0..PULLS {
        let ear = card.listen(SPARE_EAR.name);
        times.push(pull(card, HEADSET_EAR.name, &ear, FAR_TONE));
        changed(&mut ana, "speaker", SPARE_EAR.title).await;
        card.plug_in_speaker(&HEADSET_EAR);
        changed(&mut ana, "speaker", HEADSET_EAR.title).await;
    }
    figure::print(
        "speaker pulled, to sound on the next",
        "ms",
        &times,
        "goal <= 500 ms",
    );

    let ear = card.listen(FAR_EAR.name);
    let mut times = Vec::new();
    for _ in 0..PULLS {
        times.push(pull(card, HEADSET.name, &ear, SPARE_TONE));
        changed(&mut ana, "microphone", SPARE.title).await;
        card.plug_in_microphone(&HEADSET);
        changed(&mut ana, "microphone", HEADSET.title).await;
        // Nothing is said into it.
        block_in_place(|| until(&ear, SPARE_TONE, PAUSE, |share| share < 0.1));
    }
    figure::print(
        "microphone pulled, to the next heard at the far end",
        "ms",
        &times,
        "goal <= 500 ms",
    );
    desks::hang_up(&mut ana, &call).await;
    desks::quit(ana).await;
    desks::quit(ravi).await;
    for name in [HEADSET, SPARE, FAR, HEADSET_EAR, SPARE_EAR, FAR_EAR].map(|it| it.name) {
        card.unplug(name);
    }
}

/// Pulls `device`; returns how long it took until `ear` heard the tone, in ms.
fn pull(card: &SoundCard, device: &str, ear: &Listening, hz: f32) -> f64 {
    block_in_place(|| {
        ear.skip();
        let pulled = card.unplug(device);
        until(ear, hz, 1, |share| share > 0.3)
            .duration_since(pulled)
            .as_secs_f64()
            * 1_000.0
    })
}

/// Listens until as many frames of 10 ms, one after the other, have a share of the tone that is `wanted`; returns when that was.
fn until(ear: &Listening, hz: f32, frames: usize, wanted: impl Fn(f32) -> bool) -> Instant {
    let mut found = 0;
    // Ten seconds.
    for _ in 0..1_000 {
        let frame = ear.next().expect("the server lives");
        let is_wanted = wanted(sound_card::share(&frame, hz));
        found = if is_wanted { found + 1 } else { 0 };
        if found == frames {
            return Instant::now();
        }
    }
    panic!("{hz} Hz was not heard as it should be");
}

/// Waits until a device is used again.
async fn changed(phone: &mut Process, role: &str, title: &str) {
    let wanted = |it: &Value| {
        it["type"] == "sound.device_changed"
            && it["role"] == role
            && it["words"].as_str().is_some_and(|it| it.contains(title))
    };
    phone.until(title, wanted).await;
}
