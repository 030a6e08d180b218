//! How a call is announced where its user has chosen something other than the pop-up.

use serde_json::json;

use crate::{
    calls::dial,
    desk::{Desk, on_own_screen},
    web_process::whole_window,
};

const TITLE: &str = "Helix Phone";

#[tokio::test(flavor = "multi_thread")]
async fn where_calls_flash_the_window_asks_to_be_looked_at_until_it_rings_no_more() {
    on_own_screen(async |desk| {
        desk.ready().await;
        announces_by(desk, "Flash", "Only the taskbar tells you").await;
        let window = whole_window(desk);
        let other = desk.screen.other_program();
        let mut ravi = desk.office.agent("ravi", 2).await;
        assert!(!desk.screen.is_urgent(&window));
        let page = desk.page();
        for ends in ["Decline", "the caller"] {
            let call = dial(&mut ravi, "700201").await;
            page.says("Incoming call").await;
            desk.until("the flashing", || desk.screen.is_urgent(&window));
            // It is all that tells.
            assert_eq!(desk.screen.windows(TITLE), [&*window]);
            assert_eq!(desk.screen.focused(), other.window.to_string());
            if ends == "Decline" {
                page.press(ends).await;
            } else {
                ravi.send(json!({"command": "hang_up", "call": call})).await;
            }
            ravi.event("call.ended").await;
            desk.until("calm", || !desk.screen.is_urgent(&window));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_calls_bring_the_window_forward_it_comes_above_the_others_and_out_of_the_tray() {
    on_own_screen(async |desk| {
        desk.ready().await;
        announces_by(desk, "Bring forward", "This window comes to the front").await;
        let window = whole_window(desk);
        let other = desk.screen.other_program();
        let is_in_front = || {
            let window = Some(&window);
            desk.screen.uppermost().as_ref() == window && Some(&desk.screen.focused()) == window
        };
        desk.until("the other program", || {
            desk.screen.uppermost() == Some(other.window.to_string())
        });
        assert!(!is_in_front());
        let mut ravi = desk.office.agent("ravi", 2).await;
        let page = desk.page();
        dial(&mut ravi, "700201").await;
        desk.until("the window in front", is_in_front);
        page.press("Decline").await;
        ravi.event("call.ended").await;

        // Closed, it stays in the tray.
        desk.screen.close(&window);
        desk.until("an empty screen", || desk.screen.windows(TITLE).is_empty());
        dial(&mut ravi, "700201").await;
        desk.until("the window in front", is_in_front);
        assert_eq!(desk.screen.windows(TITLE), [&*window]);
        page.press("Decline").await;
        ravi.event("call.ended").await;
    })
    .await;
}

/// Has calls announced like that, by the settings; the window says what comes of it.
async fn announces_by(desk: &Desk, value: &str, hint: &str) {
    let page = desk.page();
    page.press("More").await;
    page.choose("Incoming calls", value).await;
    page.says(hint).await;
    page.press("Keypad").await;
}
