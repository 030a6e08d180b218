//! Where no sound server answers, ALSA is spoken to.

use std::{env, fs, path::PathBuf};

use serde_json::json;

use crate::desk::{LAPTOP, SPEAKERS, devices, hang_up, hears, leave_the_voice, on_card, quit};
use crate::support::{
    office::{Office, sign_in},
    process::Process,
};

/// ALSA's plugin for PulseAudio paces its streams as a card does, and knows where the server is that
/// the phone cannot find. `pipewire` is the name that a desktop gives such a device.
#[test]
fn a_call_is_heard_both_ways_through_alsa() {
    let name = "alsa::a_call_is_heard_both_ways_through_alsa";
    on_card(name, async |mut card| {
        card.start(&[SPEAKERS], &[LAPTOP]);
        let server = env::var("PULSE_SERVER").unwrap();
        let home = PathBuf::from(env::var_os("HOME").unwrap());
        let device = |name: &str| {
            format!("pcm.{name} {{ type pulse server \"{server}\" hint {{ show on }} }}\n")
        };
        let devices_of_alsa = device("pipewire") + &device("!default");
        fs::write(home.join(".asoundrc"), devices_of_alsa).unwrap();
        let _voice = card.speak(LAPTOP.name, 440.0);
        let loudspeaker = card.listen(SPEAKERS.name);

        let office = Office::open().await;
        let mut command = office.phone_with_sound(1, "system", "system");
        let mut ana = Process::start("ana", command.env("PULSE_SERVER", "unix:/nowhere"));
        let listed = devices(&mut ana).await;
        assert!(!listed.is_empty());
        for device in &listed {
            assert!(
                device["id"].as_str().unwrap().starts_with("alsa:"),
                "{device}"
            );
        }
        leave_the_voice(&mut ana).await;
        ana.send(sign_in("ana")).await;
        ana.event("sip.registered").await;
        ana.send(json!({"command": "dial", "target": "echo"})).await;
        let call = ana.event("call.connected").await["call"].clone();
        hears(&loudspeaker, 440.0).await;
        hang_up(&mut ana, &call).await;
        quit(ana).await;
    });
}
