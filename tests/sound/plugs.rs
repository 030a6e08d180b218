//! Plugs that are pulled and put back, defaults that change, and a server that dies, in mid-call.

use std::sync::Arc;
use std::time::Duration;

use lab::{Clip, OfferIn, Sound, Treatment};
use serde_json::{Value, json};

use crate::desk::{
    BUDS, HEADSET, LAPTOP, SPEAKERS, assert_in_call, at_the_desk, capture, changed, devices,
    hang_up, hears, on_card, prefer, quit, used,
};
use crate::sound_card::{Plug, SoundCard, share};
use crate::support::office::{Office, sign_in};

#[test]
fn a_call_outlives_its_pulled_plugs_and_its_sound_server() {
    on_card(
        "plugs::a_call_outlives_its_pulled_plugs_and_its_sound_server",
        outlives,
    );
}

pub(crate) async fn outlives(mut card: SoundCard) {
    let (speakers, microphones) = ([SPEAKERS, BUDS], [LAPTOP, HEADSET]);
    card.start(&speakers, &microphones);
    let _laptop = card.speak(LAPTOP.name, 440.0);
    let office = Office::open().await;
    let mut ana = at_the_desk(&office, &[]).await;
    let listed = devices(&mut ana).await;
    prefer(&mut ana, &listed, "microphone", &["Headset", "Laptop"]).await;
    prefer(&mut ana, &listed, "speaker", &["Buds", "Speakers"]).await;
    ana.send(sign_in("ana")).await;
    ana.event("sip.registered").await;
    ana.send(json!({"command": "dial", "target": "echo"})).await;
    let call = ana.event("call.connected").await["call"].clone();
    assert_eq!(used(&mut ana, "microphone").await, "Headset");
    capture(&mut ana, true).await;

    // What she says comes back from the far end.
    let headset = card.speak(HEADSET.name, 880.0);
    let buds = card.listen(BUDS.name);
    hears(&buds, 880.0).await;

    drop(headset);
    card.unplug(HEADSET.name);
    assert_eq!(used(&mut ana, "microphone").await, "Laptop");
    let words = changed(&mut ana, "microphone", Some("Laptop")).await;
    assert_eq!(words, "Headset disconnected. Using Laptop now.");
    hears(&buds, 440.0).await;

    drop(buds);
    card.unplug(BUDS.name);
    let words = changed(&mut ana, "speaker", Some("Speakers")).await;
    assert_eq!(words, "Buds disconnected. Using Speakers now.");
    hears(&card.listen(SPEAKERS.name), 440.0).await;

    // The favourites are used again as soon as they are there.
    card.plug_in_speaker(&BUDS);
    let words = changed(&mut ana, "speaker", Some("Buds")).await;
    assert_eq!(words, "Using Buds now.");
    card.plug_in_microphone(&HEADSET);
    let words = changed(&mut ana, "microphone", Some("Headset")).await;
    assert_eq!(words, "Using Headset now.");
    let headset = card.speak(HEADSET.name, 660.0);
    hears(&card.listen(BUDS.name), 660.0).await;
    let check = ana.ask(json!({"command": "sound_check"})).await;
    assert_eq!(check["error"]["code"], "in_call", "{check}");

    drop(headset);
    card.kill();
    let words = changed(&mut ana, "microphone", None).await;
    let dead = "The sound service of this computer is not running";
    assert!(words.starts_with(dead), "{words}");
    let reply = ana.ask(json!({"command": "devices"})).await;
    assert_eq!(reply["ok"], true, "{reply}");
    let none = |it: &Value| it["type"] == "sound.devices" && it["devices"] == json!([]);
    ana.until("no devices", none).await;
    card.start(&speakers, &microphones);
    let _headset = card.speak(HEADSET.name, 550.0);
    hears(&card.listen(BUDS.name), 550.0).await;

    hang_up(&mut ana, &call).await;
    capture(&mut ana, false).await;
    quit(ana).await;
}

#[test]
fn a_call_follows_the_default_to_cards_of_other_rates() {
    on_card(
        "plugs::a_call_follows_the_default_to_cards_of_other_rates",
        follows,
    );
}

pub(crate) async fn follows(mut card: SoundCard) {
    let buds = Plug {
        rate: 44_100,
        ..BUDS
    };
    let headset = Plug {
        rate: 16_000,
        channels: 1,
        ..HEADSET
    };
    card.start(&[SPEAKERS, buds], &[LAPTOP, headset]);
    let _laptop = card.speak(LAPTOP.name, 440.0);
    let _headset = card.speak(HEADSET.name, 880.0);
    let office = Office::open().await;
    let mut ana = at_the_desk(&office, &[]).await;
    ana.send(sign_in("ana")).await;
    ana.event("sip.registered").await;
    ana.send(json!({"command": "dial", "target": "echo"})).await;
    let call = ana.event("call.connected").await["call"].clone();
    hears(&card.listen(SPEAKERS.name), 440.0).await;

    card.make_default_microphone(HEADSET.name);
    let words = changed(&mut ana, "microphone", Some("Headset")).await;
    assert_eq!(words, "The system's microphone is now Headset. Using it.");
    hears(&card.listen(SPEAKERS.name), 880.0).await;
    card.make_default_speaker(BUDS.name);
    let words = changed(&mut ana, "speaker", Some("Buds")).await;
    assert_eq!(words, "The system's speaker is now Buds. Using it.");
    hears(&card.listen(BUDS.name), 880.0).await;

    hang_up(&mut ana, &call).await;
    quit(ana).await;
}

#[test]
fn a_call_without_any_device_goes_on_until_there_is_one() {
    on_card(
        "plugs::a_call_without_any_device_goes_on_until_there_is_one",
        goes_on_without,
    );
}

pub(crate) async fn goes_on_without(mut card: SoundCard) {
    card.start(&[], &[]);
    let office = Office::open().await;
    let mut ana = at_the_desk(&office, &[]).await;
    ana.send(sign_in("ana")).await;
    ana.event("sip.registered").await;
    let tune = Treatment::Play(Arc::new(Clip::encode(&tone(880.0)).unwrap()));
    let far = office
        .world
        .call("700201", tune, OfferIn::Invite)
        .await
        .unwrap();
    let incoming = ana.event("call.incoming").await["call"].clone();
    let answer = json!({"command": "answer", "call": incoming});
    ana.send(answer).await;
    for (role, words) in [
        ("microphone", "No microphone was found."),
        ("speaker", "No speaker was found."),
    ] {
        let wanted = |it: &Value| it["type"] == "sound.device_changed" && it["role"] == role;
        let told = match ana.seen.iter().find(|it| wanted(it)) {
            Some(told) => told.clone(),
            None => ana.until(role, wanted).await,
        };
        assert_eq!(told["words"], words, "{told}");
        assert!(told["device"].is_null(), "{told}");
    }
    let patience = Duration::from_secs(40);
    far.wait_for("a second of sound", patience, |it| it.rtp_received > 50)
        .await
        .unwrap();
    let level = far.heard().level_dbfs();
    assert!(level < -90.0, "silence: {level} dBFS");

    card.plug_in_speaker(&SPEAKERS);
    let words = changed(&mut ana, "speaker", Some("Speakers")).await;
    assert!(words.contains("Speakers"), "{words}");
    hears(&card.listen(SPEAKERS.name), 880.0).await;
    card.plug_in_microphone(&LAPTOP);
    let words = changed(&mut ana, "microphone", Some("Laptop")).await;
    assert!(words.contains("Laptop"), "{words}");
    let _laptop = card.speak(LAPTOP.name, 440.0);
    let mut strongest = 0.0_f32;
    while strongest < 0.3 {
        let seen = far.count().unwrap().rtp_received;
        far.wait_for("more sound", patience, |it| it.rtp_received > seen + 10)
            .await
            .unwrap();
        let heard = far.heard().samples;
        let last = &heard[heard.len().saturating_sub(4_800)..];
        strongest = strongest.max(share(last, 440.0));
    }

    assert_in_call(&ana);
    far.hang_up();
    ana.event("call.ended").await;
    quit(ana).await;
}

/// Two seconds of a sine.
fn tone(hz: f32) -> Sound {
    let sample = |i| 0.3 * (std::f32::consts::TAU * (hz * i as f32 / 48_000.0).fract()).sin();
    Sound {
        rate: 48_000,
        samples: (0..96_000).map(sample).collect(),
    }
}
