//! What the window keeps, forgets and gives away: the history, the devices, and texts in the clipboard.

use std::fs;

use crate::{
    calls::{dial, hears_tone},
    desk::{Desk, LAPTOP, on_own_screen, story},
};

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_are_deleted_one_by_one_or_all_at_once_are_gone_after_a_restart() {
    story(async |desk| {
        desk.ready().await;
        let page = desk.page();
        let mut ravi = desk.office.agent("ravi", 2).await;
        dial(&mut ravi, "700201").await;
        page.press("Decline").await;
        page.says("Declined").await;
        page.type_into("Name or number", "reject").await;
        page.press("Call").await;
        page.says("The call was refused").await;

        page.press("History").await;
        page.says("ravi").await;
        page.press_row("reject").await;
        page.says("How it ended").await;
        page.press("Delete").await;
        page.no_longer_says("reject").await;
        page.says("ravi").await;
        // It is the last call no more.
        page.press("Keypad").await;
        page.says("Last call ravi").await;

        start_again(desk).await;
        let page = desk.page();
        page.press("History").await;
        page.says("ravi").await;
        page.no_longer_says("reject").await;
        page.press("Delete all").await;
        page.says("Delete the whole history?").await;
        page.says("One call is deleted from this computer. That cannot be undone.")
            .await;
        page.press("Cancel").await;
        page.no_longer_says("Delete the whole history?").await;
        page.says("ravi").await;
        page.press("Delete all").await;
        page.says("Delete the whole history?").await;
        page.press("Delete all").await;
        page.says("No calls yet.").await;

        start_again(desk).await;
        let page = desk.page();
        page.says("No calls yet today.").await;
        page.press("History").await;
        page.says("No calls yet.").await;
        page.no_longer_says("ravi").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_is_preferred_is_used_at_once_and_after_a_restart() {
    story(async |desk| {
        desk.card.plug_in_microphone(&LAPTOP);
        desk.ready().await;
        let page = desk.page();
        page.press("Sound Headset").await;
        page.press("Prefer Laptop").await;
        page.offers("Remove Laptop from your choices").await;
        page.offers("Sound Laptop").await;
        let settings = desk.settings();
        desk.until("the choice in the settings", || {
            fs::read_to_string(&settings).is_ok_and(|it| it.contains("microphone = ["))
        });

        start_again(desk).await;
        let page = desk.page();
        page.offers("Sound Laptop").await;
        let _voice = desk.card.speak(LAPTOP.name, 440.0);
        let mut ravi = desk.office.agent("ravi", 2).await;
        dial(&mut ravi, "700201").await;
        page.press("Answer").await;
        ravi.event("call.connected").await;
        hears_tone(&mut ravi).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_copied_is_in_the_clipboard_without_what_nobody_sees() {
    on_own_screen(async |desk| {
        desk.ready().await;
        let page = desk.page();
        page.press("More").await;
        page.press("About").await;
        page.press("Copy for support").await;
        page.says("Copied").await;
        pasted(desk, &["Line: proven", "Session: proven"]);

        page.press("Keypad").await;
        let mut ravi = desk.office.agent("ravi", 2).await;
        dial(&mut ravi, "700201").await;
        page.press("Decline").await;
        ravi.event("call.ended").await;
        page.press("History").await;
        page.press_row("ravi").await;
        page.press("Copy proof").await;
        page.says("Copied").await;
        pasted(desk, &["ravi", "Number: 700202", "How it ended: Declined"]);
    })
    .await;
}

/// Waits until these lines are in the clipboard, as they are read.
fn pasted(desk: &Desk, lines: &[&str]) {
    let mut text = String::new();
    desk.until(&format!("{lines:?} in the clipboard"), || {
        text = desk.screen.clipboard().unwrap_or_default();
        let is_there = |wanted: &&str| text.lines().any(|line| line.starts_with(wanted));
        lines.iter().all(is_there)
    });
    let is_unseen = |it: char| matches!(it, '\u{2060}' | '\u{2066}'..='\u{2069}');
    assert!(!text.contains(is_unseen), "{text:?}");
}

/// Quits, starts the program again and signs in.
async fn start_again(desk: &mut Desk) {
    desk.services.choose_in_tray("Quit").await;
    desk.app().ended();
    desk.ready().await;
}
