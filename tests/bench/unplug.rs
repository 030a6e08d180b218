//! How long after a pulled plug sound comes from the next device, after one that is plugged in from that, and after a sound
//! server that was started again.

use std::time::Instant;

use serde_json::Value;
use tokio::task::block_in_place;

use crate::{
    chirps::Desk,
    desks::{self, Voice},
    figure,
    sound_card::{Listening, Plug, SoundCard},
    support::{office::Office, process::Process},
};

/// How often.
const PULLS: usize = 10;
const RESTARTS: usize = 5;

/// Who calls, at two headsets, and who is called, at a phone with speakers.
const HEADSET: Plug = Plug::new("headset", "Headset");
const SPARE: Plug = Plug::new("spare", "Spare");
const FAR: Plug = Plug::new("far", "Far");
const HEADSET_EAR: Plug = Plug::new("headset_ear", "HeadsetEar");
const SPARE_EAR: Plug = Plug::new("spare_ear", "SpareEar");
const FAR_EAR: Plug = Plug::new("far_ear", "FarEar");

/// Where the headset's plug goes: they are always there, so that something is said into it and that it is listened to before it
/// is plugged in.
const HEADSET_BODY: Plug = Plug::new("headset_body", "HeadsetBody");
const EAR_BODY: Plug = Plug::new("ear_body", "EarBody");

/// What is said into the headsets, and at the far end, in Hz.
const HEADSET_TONE: f32 = 550.0;
const SPARE_TONE: f32 = 660.0;
const FAR_TONE: f32 = 880.0;

/// In frames of 10 ms: after it nothing of what was said is on its way.
const PAUSE: usize = 50;

const VOICE: Voice = Voice {
    packet_ms: 20,
    is_processed: false,
};

/// Prints all.
pub async fn print(card: &mut SoundCard, office: &Office) {
    for plug in [HEADSET_BODY, EAR_BODY, SPARE_EAR, FAR_EAR] {
        card.plug_in_speaker(&plug);
    }
    for plug in [SPARE, FAR] {
        card.plug_in_microphone(&plug);
    }
    plug_in_microphone(card);
    plug_in_ear(card);
    let voices = [
        card.speak(HEADSET_BODY.name, f64::from(HEADSET_TONE)),
        card.speak(SPARE.name, f64::from(SPARE_TONE)),
        card.speak(FAR.name, f64::from(FAR_TONE)),
    ];
    let desk = |microphone: &Plug, speaker: &Plug| Desk {
        microphone: microphone.title,
        speaker: speaker.title,
    };
    let desks = [desk(&HEADSET, &HEADSET_EAR), desk(&SPARE, &SPARE_EAR)];
    let mut ana = desks::phone(office, "ana", 1, &desks, VOICE).await;
    let mut ravi = desks::phone(office, "ravi", 2, &[desk(&FAR, &FAR_EAR)], VOICE).await;
    let call = desks::connect(&mut ana, &mut ravi).await;

    println!(
        "\nA favourite is pulled and plugged in again in a call; from the order to the sound server on"
    );
    let [mut pulled, mut plugged] = [const { Vec::new() }; 2];
    let (spare_ear, headset_ear) = (card.listen(SPARE_EAR.name), card.listen(EAR_BODY.name));
    for _ in 0..PULLS {
        pulled.push(time(&spare_ear, FAR_TONE, || card.unplug(HEADSET_EAR.name)));
        changed(&mut ana, "speaker", SPARE_EAR.title).await;
        plugged.push(time(&headset_ear, FAR_TONE, || plug_in_ear(card)));
        changed(&mut ana, "speaker", HEADSET_EAR.title).await;
    }
    print_times("speaker pulled, to sound on the next", &pulled);
    print_times("speaker plugged in, to sound on it", &plugged);

    let ear = card.listen(FAR_EAR.name);
    let [mut pulled, mut plugged] = [const { Vec::new() }; 2];
    for _ in 0..PULLS {
        pulled.push(time(&ear, SPARE_TONE, || card.unplug(HEADSET.name)));
        changed(&mut ana, "microphone", SPARE.title).await;
        plugged.push(time(&ear, HEADSET_TONE, || plug_in_microphone(card)));
        changed(&mut ana, "microphone", HEADSET.title).await;
        block_in_place(|| ear.until(SPARE_TONE, PAUSE, |share| share < 0.1));
    }
    let what = "microphone pulled, to the next heard at the far end";
    print_times(what, &pulled);
    print_times(
        "microphone plugged in, to it heard at the far end",
        &plugged,
    );
    drop((voices, spare_ear, headset_ear, ear));

    let mut restarted = Vec::new();
    for _ in 0..RESTARTS {
        card.kill();
        card.start(&[HEADSET_EAR, FAR_EAR], &[HEADSET, FAR]);
        let served = Instant::now();
        let _voice = card.speak(FAR.name, f64::from(FAR_TONE));
        let ear = card.listen(HEADSET_EAR.name);
        let heard = block_in_place(|| ear.until(FAR_TONE, 1, |share| share > 0.3));
        restarted.push(heard.duration_since(served).as_secs_f64() * 1_000.0);
    }
    figure::print(
        "sound server killed, from its return to sound on the favourite",
        "ms",
        &restarted,
        "",
    );
    desks::hang_up(&mut ana, &call).await;
    desks::quit(ana).await;
    desks::quit(ravi).await;
    for name in [HEADSET, FAR, HEADSET_EAR, FAR_EAR].map(|it| it.name) {
        card.unplug(name);
    }
}

fn print_times(what: &str, times: &[f64]) {
    figure::print(what, "ms", times, "goal <= 500 ms");
}

/// Plugs the headset's microphone in; returns when the server was told to.
fn plug_in_microphone(card: &SoundCard) -> Instant {
    let plugged = Instant::now();
    card.load(&[
        "module-remap-source",
        &format!("source_name={}_source", HEADSET.name),
        &format!("master={}.monitor", HEADSET_BODY.name),
        &format!("source_properties=device.description={}", HEADSET.title),
    ]);
    plugged
}

/// Plugs the headset's speaker in; returns when the server was told to.
fn plug_in_ear(card: &SoundCard) -> Instant {
    let plugged = Instant::now();
    card.load(&[
        "module-remap-sink",
        &format!("sink_name={}", HEADSET_EAR.name),
        &format!("master={}", EAR_BODY.name),
        &format!("sink_properties=device.description={}", HEADSET_EAR.title),
    ]);
    plugged
}

/// Does what begins at the time that it returns; returns how long it took until `ear` heard the tone, in ms.
fn time(ear: &Listening, hz: f32, begin: impl FnOnce() -> Instant) -> f64 {
    block_in_place(|| {
        ear.skip();
        let began = begin();
        let heard = ear.until(hz, 1, |share| share > 0.3);
        heard.duration_since(began).as_secs_f64() * 1_000.0
    })
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
