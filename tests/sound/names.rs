//! Devices whose names say nothing, are the same or never end, and one that is gone when it is wanted.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::desk::{
    LAPTOP, SPEAKERS, at_the_desk, capture, changed, devices, hang_up, hears, on_card, prefer,
    quit, set,
};
use crate::sound_card::Plug;
use crate::support::office::{Office, sign_in};

/// What a name may take, in bytes.
const LONGEST: usize = 256;

const GHOST: Plug = Plug::new("ghost", "Ghost");

#[test]
fn devices_with_bad_names_are_told_apart_and_used_and_one_that_is_gone_is_not_missed() {
    let name =
        "names::devices_with_bad_names_are_told_apart_and_used_and_one_that_is_gone_is_not_missed";
    on_card(name, async |mut card| {
        card.start(&[SPEAKERS], &[LAPTOP]);
        card.plug_in_with_title("empty", "");
        card.plug_in_with_title("twin1", "Twin");
        card.plug_in_with_title("twin2", "Twin");
        card.plug_in_with_title("long", &"N".repeat(10_000));
        card.plug_in_microphone(&GHOST);
        let office = Office::open().await;
        let mut ana = at_the_desk(&office, &[]).await;
        let listed = devices(&mut ana).await;
        for direction in ["input", "output"] {
            let those = listed.iter().filter(|it| it[direction] == true);
            let names: Vec<&str> = those.map(|it| it["name"].as_str().unwrap()).collect();
            let distinct: BTreeSet<&&str> = names.iter().collect();
            assert_eq!(distinct.len(), names.len(), "{names:?}");
            for name in names {
                assert!((1..=LONGEST).contains(&name.len()), "{name}");
            }
        }
        let named = |id: &str| {
            let id = format!("pulseaudio:{id}");
            let device = listed.iter().find(|it| it["id"] == id);
            device.unwrap_or_else(|| panic!("{id} in {listed:?}"))["name"].clone()
        };
        assert_eq!(named("empty"), "Unnamed device");
        assert_eq!([named("twin1"), named("twin2")], ["Twin", "Twin (2)"]);
        let long = named("long").as_str().unwrap().to_owned();
        assert!(long.starts_with("NNN") && long.ends_with('…'), "{long}");

        // The one is gone when it is to be opened, and the phone has not looked since.
        prefer(&mut ana, &listed, "microphone", &["Ghost", &long]).await;
        prefer(&mut ana, &listed, "speaker", &["Unnamed device"]).await;
        card.unplug(GHOST.name);
        let _voice = card.speak("long", 660.0);
        let loudspeaker = card.listen("empty");
        ana.send(sign_in("ana")).await;
        ana.event("sip.registered").await;
        ana.send(json!({"command": "dial", "target": "echo"})).await;
        let call = ana.event("call.connected").await["call"].clone();
        capture(&mut ana, true).await;
        hears(&loudspeaker, 660.0).await;

        card.unplug("long");
        let words = changed(&mut ana, "microphone", Some("Laptop")).await;
        assert_eq!(
            words,
            format!("{long} disconnected. Using Laptop now."),
            "in one line"
        );
        // Ids that no device has are as good as none.
        set(&mut ana, json!({"microphone": ["pulseaudio:no-such"]})).await;
        let _voice = card.speak(LAPTOP.name, 440.0);
        hears(&loudspeaker, 440.0).await;
        hang_up(&mut ana, &call).await;
        let gone = |it: &Value| it["type"] == "sound.devices" && !mentions(it, "Ghost");
        assert!(ana.seen.iter().any(gone));
        quit(ana).await;
    });
}

fn mentions(event: &Value, name: &str) -> bool {
    let devices = event["devices"].as_array();
    devices.is_some_and(|all| all.iter().any(|it| it["name"] == name))
}
