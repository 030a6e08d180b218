//! The process that draws the page is killed in a call, or hangs. WebDriver would die with it, so the
//! program is started as people start it, and its window is used by the keyboard.

use std::{fs, process::Command, time::Duration};

use serde_json::{Value, json};
use tokio::{process::Child, time::timeout};

use crate::{
    PATIENCE,
    calls::{dial, hears_nothing, hears_tone, speak},
    desk::{Desk, Setup, on_own_screen, story_at},
    screen::Place,
    screen_reader::{HEADING, TOGGLE_BUTTON},
    support::{office::SIP_PASSWORDS, process::Process},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_killed_in_a_call_comes_back_to_it_and_the_sound_goes_on() {
    comes_back_after("-KILL").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_hangs_in_a_call_is_ended_and_comes_back_to_it_and_the_sound_goes_on() {
    comes_back_after("-STOP").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_comes_back_in_a_call_tells_who_it_is_and_that_its_user_is_muted() {
    let setup = Setup {
        own_screen: true,
        screen_reader: true,
        ..Setup::default()
    };
    story_at(setup, async |desk| {
        let program = start(desk).await;
        let id = program.id().unwrap();
        let _voice = speak(desk);
        let mut ravi = desk.office.agent("ravi", 2).await;
        dial(&mut ravi, "700201").await;
        let (tray, reader) = (&desk.services, desk.screen_reader());
        let rings = tray.notification("ravi", "Incoming call", true).await;
        tray.choose(&rings, "answer").await;
        ravi.event("call.connected").await;
        hears_tone(&mut ravi).await;
        reader.finds(HEADING, "ravi").await;
        let mute = reader.finds(TOGGLE_BUTTON, "Mute").await;
        assert!(!mute.is_pressed(), "{mute:?}");
        reader.press(&mute).await;
        hears_nothing(&mut ravi).await;

        let old = web_process(desk, id, None);
        kill_page(desk, id);
        web_process(desk, id, Some(old));
        // What the old page had said is gone with it.
        reader.finds(HEADING, "ravi").await;
        let muted = reader
            .finds_one("Mute that is pressed", |it| {
                it.name == "Mute" && it.is_pressed()
            })
            .await;
        // What was heard before is left out.
        ravi.ask(json!({"command": "devices"})).await;
        hears_nothing(&mut ravi).await;
        reader.press(&muted).await;
        hears_tone(&mut ravi).await;
        reader
            .finds_one("Mute that is not pressed", |it| {
                it.name == "Mute" && !it.is_pressed()
            })
            .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_in_the_tray_stays_there_when_its_page_is_loaded_again() {
    on_own_screen(async |desk| {
        let program = start(desk).await;
        let tray = &desk.services;
        tray.menu("Ready", |it| it.label == "Ready").await;
        desk.screen.close(&whole_window(desk));
        desk.until("an empty screen", || shown(desk).is_empty());
        kill_page(desk, program.id().unwrap());
        stays_while_loaded(desk, 1, &[]);
        tray.choose_in_tray("Open").await;
        whole_window(desk);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bar_stays_alone_when_its_page_is_loaded_again() {
    on_own_screen(async |desk| {
        let program = start(desk).await;
        let main = whole_window(desk);
        // The bar comes elsewhere: no press that is one too many meets it.
        let place = desk.screen.place(&main);
        desk.screen.put(
            &main,
            Place {
                x: 500,
                y: 90,
                ..place
            },
        );
        let [x, y] = SMALL_WINDOW.map(|it| it.to_string());
        let press = ["mousemove", "--window", &main, &x, &y, "click", "1"];
        let mut bar = Vec::new();
        desk.until("the bar", || {
            desk.screen.xdotool(&press);
            bar = shown(desk);
            matches!(bar.as_slice(), [it] if *it != main)
        });
        kill_page(desk, program.id().unwrap());
        stays_while_loaded(desk, 2, &bar);
    })
    .await;
}

/// Where the button of the bar is in the window, in pixels.
const SMALL_WINDOW: [u32; 2] = [292, 24];

fn shown(desk: &Desk) -> Vec<String> {
    desk.screen.windows("Helix Phone")
}

fn kill_page(desk: &Desk, program: u32) {
    let page = web_process(desk, program, None).to_string();
    let status = Command::new("kill").args(["-KILL", &page]).status();
    assert!(status.unwrap().success());
}

/// Waits until so many pages were loaded once more; all the while no other window than these is there.
fn stays_while_loaded(desk: &Desk, pages: usize, windows: &[String]) {
    desk.until("the page once more", || {
        let shown = shown(desk);
        // One that is being drawn anew may not be listed.
        let is_known = shown.iter().all(|it| windows.contains(it));
        assert!(is_known, "{shown:?} beside {windows:?}");
        let log = fs::read_to_string(desk.log()).unwrap();
        log.matches("the page is loaded again").count() == pages
    });
    desk.until("these windows alone", || shown(desk) == windows);
}

/// Sends this signal to the process of the page in a call, and uses the page that takes its place.
async fn comes_back_after(signal: &str) {
    let setup = Setup {
        own_screen: true,
        ..Setup::default()
    };
    story_at(setup, async |desk| {
        let program = start(desk).await;
        let id = program.id().unwrap();
        let _voice = speak(desk);
        let mut ravi = desk.office.agent("ravi", 2).await;
        dial(&mut ravi, "700201").await;
        let rings = desk
            .services
            .notification("ravi", "Incoming call", true)
            .await;
        desk.services.choose(&rings, "answer").await;
        ravi.event("call.connected").await;
        hears_tone(&mut ravi).await;

        let old = web_process(desk, id, None);
        let status = Command::new("kill")
            .args([signal, &old.to_string()])
            .status();
        assert!(status.unwrap().success());
        web_process(desk, id, Some(old));
        // What was heard before is left out.
        ravi.ask(json!({"command": "devices"})).await;
        hears_tone(&mut ravi).await;
        assert!(!ravi.seen.iter().any(|it| it["type"] == "call.interrupted"));

        // The page has the call again: its key for hanging up ends it, as soon as it is drawn.
        let press = || press_in(desk, &whole_window(desk), "ctrl+shift+BackSpace");
        let ended = pressed_until(press, &mut ravi, "call.ended").await;
        assert_eq!(ended["cause"]["code"], "remote");
        // What hung is gone.
        desk.until("the end of the old process", || {
            web_processes(id).iter().all(|it| *it != old)
        });
    })
    .await;
}

/// Starts the program as people do, with the account `700201` from outside: without a sign-in form.
pub(crate) async fn start(desk: &mut Desk) -> Child {
    desk.server = None;
    let mut program = desk.program(&[]);
    let world = &desk.office.world;
    program
        .env("SIP_URI", world.sip_uri("700201"))
        .env("SIP_PASSWORD", SIP_PASSWORDS[0])
        .env("SIP_WS_SERVER", world.wss_url());
    let program = program.spawn().unwrap();
    desk.office.bindings("700201", 1).await;
    program
}

/// Returns the window that is shown; to be asked before a pop-up lies over it.
pub(crate) fn whole_window(desk: &Desk) -> String {
    let mut windows = Vec::new();
    desk.until("the window", || {
        windows = desk.screen.windows("Helix Phone");
        !windows.is_empty()
    });
    windows.remove(0)
}

/// Presses a key in a window.
pub(crate) fn press_in(desk: &Desk, window: &str, key: &str) {
    desk.screen.xdotool(&["windowfocus", "--sync", window]);
    desk.screen.xdotool(&["key", key]);
}

/// Presses again and again until another phone tells this event, and returns that. Keys are obeyed by
/// a page that is drawn and has been in front for a moment, and by a phone that knows of the call.
pub(crate) async fn pressed_until(press: impl Fn(), phone: &mut Process, event: &str) -> Value {
    let told = timeout(PATIENCE, async {
        loop {
            press();
            if let Ok(told) = timeout(Duration::from_secs(2), phone.event(event)).await {
                return told;
            }
        }
    });
    told.await.expect("the key is obeyed")
}

/// Returns the process that draws, once there is one that is not `old`.
pub(crate) fn web_process(desk: &Desk, program: u32, old: Option<u32>) -> u32 {
    let mut found = None;
    desk.until("a process that draws the page", || {
        found = web_processes(program)
            .into_iter()
            .find(|it| Some(*it) != old);
        found.is_some()
    });
    found.unwrap()
}

fn web_processes(program: u32) -> Vec<u32> {
    let output = Command::new("pgrep")
        .args(["--parent", &program.to_string(), "WebKitWebProces"])
        .output()
        .expect("pgrep is installed");
    let ids = String::from_utf8(output.stdout).unwrap();
    ids.lines().filter_map(|it| it.parse().ok()).collect()
}
