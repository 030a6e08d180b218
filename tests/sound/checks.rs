//! A sound check, and settings that outlive the phone.

use serde_json::json;

use crate::desk::{LAPTOP, SPEAKERS, at_the_desk, capture, on_card, quit, set, used};
use crate::support::office::Office;

#[test]
fn a_microphone_is_checked_and_its_settings_outlive_the_phone() {
    let name = "checks::a_microphone_is_checked_and_its_settings_outlive_the_phone";
    on_card(name, async |mut card| {
        card.start(&[SPEAKERS], &[LAPTOP]);
        let office = Office::open().await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.toml");
        let keep = ["--settings", file.to_str().unwrap(), "--levels"];
        let mut ana = at_the_desk(&office, &keep).await;
        // Nobody speaks into it.
        ana.send(json!({"command": "sound_check"})).await;
        assert_eq!(used(&mut ana, "microphone").await, "Laptop");
        capture(&mut ana, true).await;
        assert_eq!(ana.event("sound.checked").await["verdict"], "silent");
        capture(&mut ana, false).await;
        ana.event("sound.levels").await;
        let _voice = card.speak(LAPTOP.name, 440.0);
        let check = json!({"command": "sound_check"});
        assert_eq!(ana.ask(check).await["ok"], true);
        let verdict = ana.event("sound.checked").await["verdict"].clone();
        assert_ne!(verdict, "silent");

        set(&mut ana, json!({"ring_volume": 60})).await;
        quit(ana).await;

        let mut ana = at_the_desk(&office, &keep).await;
        let view = ana.ask(json!({"command": "view"})).await["view"].clone();
        assert_eq!(view["sound"]["settings"]["ring_volume"], 60);
        assert_eq!(view["sound"]["settings"]["noise_suppression"], false);
        quit(ana).await;
    });
}
