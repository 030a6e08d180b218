//! A phone at real sound devices: PulseAudio, with null sinks as the sound card.
//!
//! Needs PulseAudio: `cargo verify sound` installs it and runs this.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "support/sound_card.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "it is shared, and other tests use the rest"
)]
mod sound_card;
mod support;

use std::time::Duration;

use serde_json::{Value, json};
use sound_card::{Listening, Plug, SoundCard};
use support::{
    office::{Office, sign_in},
    process::Process,
};

const SPEAKERS: Plug = Plug::new("speakers", "Speakers");
const LAPTOP: Plug = Plug::new("laptop", "Laptop");
const HEADSET: Plug = Plug::new("headset", "Headset");

#[test]
fn a_call_outlives_its_pulled_microphone_and_its_sound_server() {
    let name = "a_call_outlives_its_pulled_microphone_and_its_sound_server";
    on_card(name, async |mut card| {
        card.start(&[SPEAKERS], &[LAPTOP, HEADSET]);
        let _voice = card.speak(LAPTOP.name, 440.0);
        let loudspeaker = card.listen(SPEAKERS.name);
        let office = Office::open().await;
        let mut ana = at_the_desk(&office, &[]).await;
        let listed = devices(&mut ana).await;
        prefer(&mut ana, &listed, &["Headset", "Laptop"]).await;
        ana.send(sign_in("ana")).await;
        ana.event("sip.registered").await;

        ana.send(json!({"command": "dial", "target": "echo"})).await;
        let call = ana.event("call.connected").await["call"].clone();
        capture(&mut ana, true).await;
        // The favourite goes, and the call goes on with the next.
        card.unplug(HEADSET.name);
        let changed = ana.event("sound.device_changed").await;
        assert_eq!(changed["role"], "microphone");
        let words = changed["words"].as_str().unwrap();
        assert!(words.contains("Laptop"), "{words}");
        hears(&loudspeaker, 440.0).await;
        spoke(&mut ana, 440.0).await;

        drop(loudspeaker);
        card.kill();
        let lost = |it: &Value| it["type"] == "sound.device_changed" && it["device"].is_null();
        ana.until("no device at all", lost).await;
        card.start(&[SPEAKERS], &[LAPTOP]);
        let _voice = card.speak(LAPTOP.name, 660.0);
        hears(&card.listen(SPEAKERS.name), 660.0).await;
        assert!(
            !ana.seen.iter().any(|it| it["type"] == "call.ended"),
            "the call went on"
        );

        ana.send(json!({"command": "hang_up", "call": call})).await;
        ana.event("call.ended").await;
        capture(&mut ana, false).await;
        quit(ana).await;
    });
}

#[test]
fn it_rings_and_rings_back_through_the_speaker() {
    let name = "it_rings_and_rings_back_through_the_speaker";
    on_card(name, async |mut card| {
        card.start(&[SPEAKERS], &[LAPTOP]);
        let loudspeaker = card.listen(SPEAKERS.name);
        let office = Office::open().await;
        let mut ana = at_the_desk(&office, &[]).await;
        let country = json!({"command": "set_sound", "sound": {"country": "DE"}});
        assert_eq!(ana.ask(country).await["ok"], true);
        ana.send(sign_in("ana")).await;
        ana.event("sip.registered").await;

        ana.send(json!({"command": "dial", "target": "ringforever"}))
            .await;
        let call = ana.event("call.ringing").await["call"].clone();
        hears(&loudspeaker, 425.0).await;
        ana.send(json!({"command": "hang_up", "call": call})).await;
        ana.event("call.ended").await;

        let listen = lab::Treatment::Listen;
        let caller = office
            .world
            .call("700201", listen, lab::OfferIn::Invite)
            .await
            .unwrap();
        ana.event("call.incoming").await;
        // The first note of the ring.
        hears(&loudspeaker, 523.25).await;
        caller.hang_up();
        ana.event("call.ended").await;
        let opened = |it: &Value| it["type"] == "sound.capture";
        assert!(!ana.seen.iter().any(opened), "nobody was listened to");
        quit(ana).await;
    });
}

#[test]
fn a_microphone_is_checked_and_its_settings_outlive_the_phone() {
    let name = "a_microphone_is_checked_and_its_settings_outlive_the_phone";
    on_card(name, async |mut card| {
        card.start(&[SPEAKERS], &[LAPTOP]);
        let office = Office::open().await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.toml");
        let keep = ["--settings", file.to_str().unwrap(), "--levels"];
        let mut ana = at_the_desk(&office, &keep).await;
        // Nobody speaks into it.
        let check = json!({"command": "sound_check"});
        assert_eq!(ana.ask(check).await["ok"], true);
        assert_eq!(ana.event("sound.checked").await["verdict"], "silent");
        ana.event("sound.levels").await;
        let _voice = card.speak(LAPTOP.name, 440.0);
        let check = json!({"command": "sound_check"});
        assert_eq!(ana.ask(check).await["ok"], true);
        let verdict = ana.event("sound.checked").await["verdict"].clone();
        assert_ne!(verdict, "silent");

        let wrong = json!({"command": "set_sound", "sound": {"ring_volume": 101}});
        assert_eq!(ana.ask(wrong).await["ok"], false);
        let wrong = json!({"command": "set_sound", "sound": {"colour": "blue"}});
        let refused = ana.ask(wrong).await;
        let message = refused["error"]["message"].as_str().unwrap();
        assert!(message.contains("colour"), "{message}");
        let change = json!({"command": "set_sound", "sound": {"ring_volume": 60}});
        assert_eq!(ana.ask(change).await["ok"], true);
        quit(ana).await;

        let mut ana = at_the_desk(&office, &keep).await;
        let view = ana.ask(json!({"command": "view"})).await["view"].clone();
        assert_eq!(view["sound"]["settings"]["ring_volume"], 60);
        assert_eq!(view["sound"]["settings"]["noise_suppression"], false);
        quit(ana).await;
    });
}

/// Starts a phone at the devices of this machine that leaves the voice as it is: noise suppression
/// takes a steady tone for noise.
async fn at_the_desk(office: &Office, arguments: &[&str]) -> Process {
    let mut command = office.phone_with_sound(1, "system", "system");
    let mut phone = Process::start("ana", command.args(arguments));
    let unprocessed = json!({"echo_cancellation": false, "noise_suppression": false,
        "gain_control": false, "high_pass": false});
    let command = json!({"command": "set_sound", "sound": unprocessed});
    assert_eq!(phone.ask(command).await["ok"], true);
    phone
}

async fn devices(phone: &mut Process) -> Vec<Value> {
    let reply = phone.ask(json!({"command": "devices"})).await;
    assert_eq!(reply["ok"], true);
    let event = phone.event("sound.devices").await;
    event["devices"].as_array().unwrap().clone()
}

/// Makes the microphones of these names the favourites.
async fn prefer(phone: &mut Process, devices: &[Value], names: &[&str]) {
    let id = |name: &&str| {
        let serves = |it: &Value| it["input"] == true && it["kind"] != "monitor";
        let found = devices.iter().find(|it| it["name"] == **name && serves(it));
        found.unwrap_or_else(|| panic!("{name} in {devices:?}"))["id"].clone()
    };
    let ids: Vec<Value> = names.iter().map(id).collect();
    let command = json!({"command": "set_sound", "sound": {"microphone": ids}});
    assert_eq!(phone.ask(command).await["ok"], true);
}

async fn capture(phone: &mut Process, open: bool) {
    let what = if open {
        "an open microphone"
    } else {
        "a closed microphone"
    };
    let wanted = |it: &Value| it["type"] == "sound.capture" && it["open"] == open;
    phone.until(what, wanted).await;
}

/// Waits until a second of what is played to the user has this tone.
async fn spoke(phone: &mut Process, hz: f64) {
    let heard = |it: &Value| {
        let tone = it["playback_tone_hz"].as_f64();
        it["type"] == "media.quality" && tone.is_some_and(|tone| (tone - hz).abs() < 5.0)
    };
    phone.until("its own tone by way of the echo", heard).await;
}

/// Listens until there was a tenth of a second with a tone, at most half a minute.
async fn hears(loudspeaker: &Listening, hz: f32) {
    let mut strongest = 0.0_f32;
    for _ in 0..300 {
        let tenth = tokio::task::block_in_place(|| {
            let frames: Vec<_> = (0..10).map_while(|_| loudspeaker.next()).collect();
            frames
        });
        strongest = strongest.max(sound_card::share(tenth.as_flattened(), hz));
        if strongest > 0.3 {
            return;
        }
    }
    panic!("{hz} Hz has at most {strongest} of the energy");
}

async fn quit(mut phone: Process) {
    phone.send(json!({"command": "quit"})).await;
    assert_eq!(phone.ended().await, Some(0));
}

/// Runs the test with a sound card of its own.
fn on_card(name: &str, body: impl AsyncFnOnce(SoundCard)) {
    sound_card::with_sound_card(name, |card| {
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(async {
                let deadline = Duration::from_secs(120);
                tokio::time::timeout(deadline, body(card)).await.unwrap();
            });
    });
}
