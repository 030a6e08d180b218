//! The tray: it says what the window says, and does what is in its menu.

use std::process::Command;

use serde_json::json;

use crate::{
    calls::dial,
    desk::{HEADSET, Setup, on_own_screen, story, story_at, story_at_queue},
    web_process::{web_process, whole_window},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_tray_goes_ready_and_pauses_at_the_queue() {
    story_at_queue(async |desk, ozonetel| {
        let (page, tray) = (desk.page(), &desk.services);
        let unset = "Say when you are ready";
        tray.menu(unset, |it| it.label == unset).await;

        tray.choose_in_tray("Ready").await;
        tray.menu("Ready, chosen", |it| it.label == "Ready" && it.is_checked)
            .await;
        page.says("Connected").await;
        ozonetel.with(|it| assert!(it.ready.contains("agent1")));

        tray.choose_in_tray("Lunch").await;
        let paused = "Paused – Lunch";
        tray.menu(paused, |it| it.label == paused).await;
        tray.menu("Lunch, chosen", |it| it.label == "Lunch" && it.is_checked)
            .await;
        page.says(paused).await;
        ozonetel.with(|it| assert!(it.ready.is_empty()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tray_has_the_phone_checked_and_the_window_tells_what_comes_of_it() {
    story(async |desk| {
        desk.ready().await;
        desk.services.choose_in_tray("Check my phone").await;
        let page = desk.page();
        page.says("answers (").await;
        page.says("Confirmed").await;
        page.says("Only a call can prove it").await;
        // Nobody speaks.
        page.says("We hear nothing from your headset").await;
        page.says("What you said was played here").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_microphone_the_tray_is_no_more_ready_than_the_window() {
    story(async |desk| {
        desk.ready().await;
        let (page, tray) = (desk.page(), &desk.services);
        tray.menu("Ready", |it| it.label == "Ready").await;
        desk.card.unplug(HEADSET.name);
        let deaf = "Not ready – microphone";
        page.says(deaf).await;
        tray.menu(deaf, |it| it.label == deaf).await;
        desk.card.plug_in_microphone(&HEADSET);
        tray.menu("Ready again", |it| it.label == "Ready").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_is_closed_stays_in_the_tray_and_is_fetched_back() {
    let setup = Setup {
        own_screen: true,
        ..Setup::default()
    };
    story_at(setup, async |desk| {
        desk.ready().await;
        let shown = || desk.screen.windows("Helix Phone").len();
        desk.screen.close(&whole_window(desk));
        desk.until("an empty screen", || shown() == 0);
        desk.services.menu("Ready", |it| it.label == "Ready").await;
        desk.office.bindings("700201", 1).await;
        desk.services.choose_in_tray("Open").await;
        desk.until("the window", || shown() == 1);
        desk.page().says("Connected").await;

        desk.screen.close(&whole_window(desk));
        desk.until("an empty screen", || shown() == 0);
        desk.services.click_tray().await;
        desk.until("the window", || shown() == 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_the_window_quits_where_no_tray_has_the_phone_and_asks_in_a_call() {
    on_own_screen(async |desk| {
        desk.services.end_tray().await;
        desk.ready().await;
        let window = whole_window(desk);
        let mut ravi = desk.office.agent("ravi", 2).await;
        let call = dial(&mut ravi, "700201").await;
        let page = desk.page();
        page.press("Answer").await;
        ravi.event("call.connected").await;
        page.says("On a call").await;
        desk.screen.close(&window);
        page.says("You are on a call. Hang up and quit?").await;
        page.press("Stay").await;
        page.no_longer_says("Hang up and quit?").await;
        page.offers("Hang up").await;
        assert!(desk.screen.windows("Helix Phone").contains(&window));
        desk.office.bindings("700201", 1).await;

        ravi.send(json!({"command": "hang_up", "call": call})).await;
        page.says("Ended by the caller").await;
        desk.screen.close(&window);
        desk.app().ended();
        desk.office.bindings("700201", 0).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_icon_wants_to_be_seen_while_it_rings_and_comes_back_to_a_panel_that_crashed() {
    story(async |desk| {
        desk.ready().await;
        let tray = &desk.services;
        tray.menu("Ready", |it| it.label == "Ready").await;
        let ready = tray.icon(false).await;
        tray.restart_tray().await;
        tray.menu("Ready again", |it| it.label == "Ready").await;

        let mut ravi = desk.office.agent("ravi", 2).await;
        dial(&mut ravi, "700201").await;
        assert_ne!(tray.icon(true).await, ready);
        tray.choose_in_tray("Decline").await;
        tray.menu("Ready at last", |it| it.label == "Ready").await;
        assert_eq!(tray.icon(false).await, ready);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_hung_up_in_the_tray_while_its_page_hangs() {
    story(async |desk| {
        desk.ready().await;
        let tray = &desk.services;
        tray.menu("Hang up, idle", |it| {
            it.label == "Hang up" && !it.is_enabled
        })
        .await;
        let mut ravi = desk.office.agent("ravi", 2).await;
        dial(&mut ravi, "700201").await;
        tray.menu("Decline", |it| it.label == "Decline" && it.is_enabled)
            .await;
        desk.page().press("Answer").await;
        ravi.event("call.connected").await;

        let page = web_process(desk, desk.app().id(), None).to_string();
        let signal = |signal: &str| {
            let status = Command::new("kill").args([signal, &page]).status();
            assert!(status.expect("kill starts").success());
        };
        signal("-STOP");
        tray.choose_in_tray("Hang up").await;
        assert_eq!(ravi.event("call.ended").await["cause"]["code"], "remote");
        signal("-CONT");
        desk.page().says("You hung up").await;
    })
    .await;
}
