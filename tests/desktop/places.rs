//! Where the windows are: kept between two starts, on the screen, and above others where they are to
//! be.

use std::{fs, time::Instant};

use serde_json::json;

use crate::{
    PATIENCE,
    calls::dial,
    desk::{Desk, Setup, on_own_screen, story_at},
    page::{MAIN, MINI, RING},
    screen::Place,
};

const TITLE: &str = "Helix Phone";

#[tokio::test(flavor = "multi_thread")]
async fn the_window_has_its_size_and_the_desktop_knows_its_least_and_its_greatest() {
    on_own_screen(async |desk| {
        desk.start().await;
        is_at(desk, |it| (it.width, it.height) == (360, 600));
        // Who keeps to them is the window manager (ICCCM §4.1.2.3).
        let window = only_window(desk);
        let hints = desk.screen.property(&window, "WM_NORMAL_HINTS");
        for limit in ["minimum size: 320 by 480", "maximum size: 480 by "] {
            assert!(hints.contains(limit), "{limit}: {hints}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_is_where_it_was_and_as_large_after_a_restart() {
    on_own_screen(async |desk| {
        desk.start().await;
        let moved = Place {
            x: 500,
            y: 90,
            width: 420,
            height: 640,
        };
        let window = only_window(desk);
        desk.screen.put(&window, moved);
        is_at(desk, |it| it == moved);
        desk.services.choose_in_tray("Quit").await;
        desk.app().ended();
        desk.start().await;
        is_at(desk, |it| it == moved);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_was_left_off_the_screen_comes_back_on_it() {
    on_own_screen(async |desk| {
        let folder = desk.bus.home().join("home/config/example.helix.phone");
        fs::create_dir_all(&folder).unwrap();
        // On a second screen, which is not there any more.
        let kept = json!({"main": {
            "width": 400, "height": 620, "x": 5000, "y": 3000, "prev_x": 0, "prev_y": 0,
            "maximized": false, "visible": true, "decorated": true, "fullscreen": false,
        }});
        fs::write(folder.join(".window-state.json"), kept.to_string()).unwrap();
        desk.start().await;
        is_at(desk, |it| {
            (it.width, it.height) == (400, 620) && it.x < 1280 - 400 && it.y < 800 - 620
        });
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bar_and_the_pop_up_are_small_and_above_other_windows() {
    on_own_screen(async |desk| {
        desk.ready().await;
        let main = only_window(desk);
        let page = desk.page();
        page.press("Small window").await;
        page.look_at(MINI).await;
        page.says("Ready").await;
        let bar = only_window_but(desk, &main);
        let place = desk.screen.place(&bar);
        assert_eq!((place.width, place.height), (360, 56));
        assert!(desk.screen.is_above(&bar));

        let mut ravi = desk.office.agent("ravi", 2).await;
        let other = desk.screen.other_program();
        dial(&mut ravi, "700201").await;
        page.look_at(RING).await;
        page.says("Incoming call").await;
        let windows = desk.screen.windows(TITLE);
        let mut others = windows.iter().filter(|it| **it != bar);
        let pop_up = others.next().expect("the pop-up is shown");
        // In the corner of the screen of 1280 by 800.
        let place = Place {
            x: 1280 - 380 - 16,
            y: 800 - 148 - 16,
            width: 380,
            height: 148,
        };
        assert_eq!(desk.screen.place(pop_up), place);
        assert!(desk.screen.is_above(pop_up));
        // What is typed goes on to where it went.
        assert_eq!(desk.screen.focused(), other.window.to_string());
        page.press("Decline").await;
        ravi.event("call.ended").await;

        page.look_at(MINI).await;
        page.press("Large window").await;
        page.look_at(MAIN).await;
        desk.until("the whole window alone", || {
            desk.screen.windows(TITLE) == [&*main]
        });
        assert!(!desk.screen.is_above(&main));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_wayland_too_the_windows_are_those_of_x11() {
    let setup = Setup {
        wayland: true,
        ..Setup::default()
    };
    story_at(setup, async |desk| {
        desk.ready().await;
        let main = only_window(desk);
        let mut ravi = desk.office.agent("ravi", 2).await;
        dial(&mut ravi, "700201").await;
        let page = desk.page();
        page.look_at(RING).await;
        page.says("Incoming call").await;
        let windows = desk.screen.windows(TITLE);
        let mut others = windows.iter().filter(|it| **it != main);
        let pop_up = others.next().expect("the pop-up is shown");
        // Where it lies is the desktop's, and Weston's takes no wishes.
        let place = desk.screen.place(pop_up);
        assert_eq!((place.width, place.height), (380, 148));
    })
    .await;
}

/// Waits until there is one window, and returns it.
fn only_window(desk: &Desk) -> String {
    only_window_but(desk, "")
}

/// Waits until there is one window and it is not this one, and returns it.
fn only_window_but(desk: &Desk, other: &str) -> String {
    let mut windows = Vec::new();
    desk.until("one window", || {
        windows = desk.screen.windows(TITLE);
        windows.len() == 1 && windows[0] != other
    });
    windows.remove(0)
}

/// Waits until the window is at a place like that.
fn is_at(desk: &Desk, is_right: impl Fn(Place) -> bool) {
    let window = only_window(desk);
    let mut place = desk.screen.place(&window);
    let begun = Instant::now();
    while !is_right(place) {
        assert!(begun.elapsed() < PATIENCE, "it stays at {place:?}");
        place = desk.screen.place(&window);
    }
}
