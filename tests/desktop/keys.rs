//! Keys: the buttons of a headset, which work whichever program has the focus, and those of the window.

use crate::{
    calls::{dial, hears_nothing, hears_tone, speak},
    desk::on_own_screen,
    web_process::{press_in, pressed_until, start, whole_window},
};

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
