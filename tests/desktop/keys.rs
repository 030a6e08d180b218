//! Keys: the buttons of a headset, which work whichever program has the focus, and those of the window.

use std::{fs, time::Instant};

use crate::{
    PATIENCE,
    calls::{dial, hears_nothing, hears_tone, speak},
    desk::{Desk, on_own_screen},
    support::office::PASSWORD,
    web_process::{press_in, pressed_until, start, whole_window},
};

/// Keys as WebDriver spells them (WebDriver §17.4.2).
const F8: &str = "\u{e038}";
const F9: &str = "\u{e039}";
const SHIFT_F8: &str = "\u{e008}\u{e038}";

#[tokio::test(flavor = "multi_thread")]
async fn the_buttons_of_a_headset_answer_mute_and_hang_up_in_a_call() {
    on_own_screen(async |desk| {
        desk.ready().await;
        let _voice = speak(desk);
        let mut ravi = desk.office.agent("ravi", 2).await;
        dial(&mut ravi, "700201").await;
        let page = desk.page();
        page.says("Incoming call").await;
        let press = |key: &str| desk.screen.xdotool(&["key", key]);
        let play = || drop(press("XF86AudioPlay"));
        pressed_until(play, &mut ravi, "call.connected").await;
        page.says("On a call").await;
        hears_tone(&mut ravi).await;
        play();
        page.says("You are muted").await;
        hears_nothing(&mut ravi).await;
        play();
        page.no_longer_says("You are muted").await;
        hears_tone(&mut ravi).await;
        press("XF86AudioStop");
        assert_eq!(ravi.event("call.ended").await["cause"]["code"], "remote");
        page.says("You hung up").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_in_the_window_answer_mute_hold_and_hang_up() {
    on_own_screen(async |desk| {
        let _program = start(desk).await;
        let window = whole_window(desk);
        let _voice = speak(desk);
        let mut ravi = desk.office.agent("ravi", 2).await;
        dial(&mut ravi, "700201").await;
        ravi.event("call.ringing").await;
        let answer = || press_in(desk, &window, "ctrl+Return");
        pressed_until(answer, &mut ravi, "call.connected").await;
        hears_tone(&mut ravi).await;

        press_in(desk, &window, "m");
        hears_nothing(&mut ravi).await;
        press_in(desk, &window, "m");
        hears_tone(&mut ravi).await;

        press_in(desk, &window, "h");
        assert_eq!(ravi.event("call.held_by_peer").await["held"], true);
        press_in(desk, &window, "h");
        assert_eq!(ravi.event("call.held_by_peer").await["held"], false);

        press_in(desk, &window, "ctrl+shift+BackSpace");
        assert_eq!(ravi.event("call.ended").await["cause"]["code"], "remote");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_set_in_the_window_work_in_other_programs_and_one_that_is_taken_is_told() {
    on_own_screen(async |desk| {
        desk.ready().await;
        let page = desk.page();
        page.press("More").await;
        page.press("Answer Off").await;
        let wrong = "Choose an F key, alone or with Ctrl, Alt or Shift.";
        press_while_listening(desk, "Answer", "a", wrong).await;
        press_while_listening(desk, "Answer", F9, "Answer F9").await;

        let holder = desk.screen.program_with_key(8);
        page.press("Hang up or decline Off").await;
        let taken = "Another program uses these keys. Choose others.";
        press_while_listening(desk, "Hang up or decline", F8, taken).await;
        page.press("Hang up or decline Off").await;
        let own = "Hang up or decline Shift+F8";
        press_while_listening(desk, "Hang up or decline", SHIFT_F8, own).await;
        page.no_longer_says("Another program uses these keys").await;
        let settings = desk.settings();
        desk.until("the keys in the settings", || {
            let kept = fs::read_to_string(&settings).unwrap();
            kept.contains("answer = \"F9\"") && kept.contains("hang_up = \"Shift+F8\"")
        });
        drop(holder);

        page.press("Keypad").await;
        let other = desk.screen.other_program();
        let mut ravi = desk.office.agent("ravi", 2).await;
        dial(&mut ravi, "700201").await;
        page.says("Incoming call").await;
        assert_eq!(desk.screen.focused(), other.window.to_string());
        desk.screen.xdotool(&["key", "F9"]);
        ravi.event("call.connected").await;
        desk.screen.xdotool(&["key", "shift+F8"]);
        assert_eq!(ravi.event("call.ended").await["cause"]["code"], "remote");

        // Turned off, it is everybody's again: the next who wants it has it.
        page.press("More").await;
        page.press("Turn off the keys of Answer").await;
        page.offers("Answer Off").await;
        page.press("Mute Off").await;
        press_while_listening(desk, "Mute", F9, "Mute F9").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_another_program_has_at_the_start_is_told_and_the_others_work() {
    on_own_screen(async |desk| {
        let _holder = desk.screen.program_with_key(8);
        desk.add_settings("[window.shortcuts]\nanswer = \"F8\"\nhang_up = \"F9\"\n");
        desk.start().await;
        let page = desk.page();
        page.says("F8 is used by another program: choose another key")
            .await;
        desk.sign_in("ana", PASSWORD).await;
        page.says("Ready").await;

        // Nor is it in the way of another one that is set.
        page.press("More").await;
        page.says("Another program uses these keys. Choose others.")
            .await;
        page.press("Mute Off").await;
        press_while_listening(desk, "Mute", SHIFT_F8, "Mute Shift+F8").await;
        page.press("Keypad").await;

        let mut ravi = desk.office.agent("ravi", 2).await;
        dial(&mut ravi, "700201").await;
        page.says("Incoming call").await;
        desk.screen.xdotool(&["key", "F9"]);
        assert_eq!(ravi.event("call.ended").await["cause"]["code"], "busy");
    })
    .await;
}

/// Presses keys in a field for keys that listens, until the page says, or offers, what comes of it: for a moment after the
/// window has come forward no key presses anything. They are WebDriver's: a window that it uses takes no others.
async fn press_while_listening(desk: &Desk, label: &str, keys: &str, heard: &str) {
    let (page, field) = (desk.page(), format!("{label} Press keys…"));
    page.offers(&field).await;
    let begun = Instant::now();
    while !(page.text().await.contains(heard) || page.can_press(heard).await) {
        assert!(
            begun.elapsed() < PATIENCE,
            "the keys do not lead to “{heard}”"
        );
        if page.can_press(&field).await {
            // It may have heard them between the look and this.
            let _ = page.offers(&field).await.send_keys(keys).await;
        }
    }
}
