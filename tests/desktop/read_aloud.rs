//! The windows as a screen reader finds them.

use serde_json::json;

use crate::{
    calls::{dial, hears_nothing, hears_tone, speak},
    desk::{Setup, story_at},
    page::RING,
    screen_reader::{self, BUTTON, ENTRY, HEADING, TOGGLE_BUTTON},
    support::office::PASSWORD,
    web_process::whole_window,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_reader_finds_the_sign_in_a_ring_and_a_call() {
    let setup = Setup {
        screen_reader: true,
        ..Setup::default()
    };
    story_at(setup, async |desk| {
        desk.start().await;
        let reader = desk.screen_reader();
        for (role, name) in [
            (HEADING, "Sign in to your phone"),
            (ENTRY, "Email or user"),
            (screen_reader::PASSWORD, "Password"),
            (BUTTON, "Sign in"),
        ] {
            reader.finds(role, name).await;
        }
        desk.sign_in("ana", PASSWORD).await;
        desk.page().says("Connected").await;

        let _voice = speak(desk);
        let mut ravi = desk.office.agent("ravi", 2).await;
        dial(&mut ravi, "700201").await;
        desk.page().look_at(RING).await;
        let reader = desk.screen_reader();
        reader.finds(HEADING, "ravi").await;
        reader.finds(BUTTON, "Decline").await;
        let answer = reader.finds(BUTTON, "Answer").await;
        assert!(answer.can_be_used(), "{answer:?}");
        reader.press(&answer).await;
        ravi.event("call.connected").await;

        let mute = reader.finds(TOGGLE_BUTTON, "Mute").await;
        assert!(mute.can_be_used() && !mute.is_pressed(), "{mute:?}");
        hears_tone(&mut ravi).await;
        reader.press(&mute).await;
        reader
            .finds_one("Mute that is pressed", |it| {
                it.name == "Mute" && it.is_pressed()
            })
            .await;
        hears_nothing(&mut ravi).await;
        reader.finds(BUTTON, "Hang up").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_calls_is_read_aloud_by_the_window_and_from_the_tray_by_the_pop_up() {
    is_read_aloud("popup").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_would_flash_in_the_tray_has_the_pop_up_and_its_words() {
    is_read_aloud("flash").await;
}

async fn is_read_aloud(incoming: &str) {
    let setup = Setup {
        screen_reader: true,
        own_screen: true,
        ..Setup::default()
    };
    story_at(setup, async |desk| {
        desk.add_settings(&format!(
            "incoming = \"{incoming}\"\n[window.shortcuts]\nanswer = \"F9\"\n"
        ));
        desk.ready().await;
        let mut ravi = desk.office.agent("ravi", 2).await;
        let mut reader = desk.screen_reader().listen().await;
        let call = dial(&mut ravi, "700201").await;
        reader
            .is_interrupted_by("Incoming call from ravi. Control Enter to answer.")
            .await;
        ravi.send(json!({"command": "hang_up", "call": call})).await;
        ravi.event("call.ended").await;
        desk.page().says("Missed call").await;

        // Closed, it stays in the tray.
        let is_gone = || desk.screen.windows("Helix Phone").is_empty();
        let window = whole_window(desk);
        desk.screen.close(&window);
        desk.until("an empty screen", is_gone);
        dial(&mut ravi, "700201").await;
        reader
            .is_interrupted_by("Incoming call from ravi. F9 to answer.")
            .await;
        desk.screen.xdotool(&["key", "F9"]);
        ravi.event("call.connected").await;
    })
    .await;
}
