//! The process that draws the page is killed in a call. WebDriver would die with it, so the program
//! is started as people start it, and its window is used by the keyboard.

use std::{process::Command, time::Duration};

use serde_json::json;
use tokio::time::timeout;

use crate::{
    PATIENCE,
    calls::{dial, hears_tone, speak},
    desk::{Desk, Setup, story_at},
    support::office::SIP_PASSWORDS,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_killed_in_a_call_comes_back_to_it_and_the_sound_goes_on() {
    let setup = Setup {
        own_screen: true,
        ..Setup::default()
    };
    story_at(setup, async |desk| {
        // Without a sign-in form: the account comes from outside.
        desk.server = None;
        let mut program = desk.program(&[]);
        let world = &desk.office.world;
        program
            .env("SIP_URI", world.sip_uri("700201"))
            .env("SIP_PASSWORD", SIP_PASSWORDS[0])
            .env("SIP_WS_SERVER", world.wss_url());
        let program = program.spawn().unwrap();
        let id = program.id().unwrap();
        desk.office.bindings("700201", 1).await;
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

        let killed = web_process(desk, id, None);
        let status = Command::new("kill")
            .args(["-KILL", &killed.to_string()])
            .status();
        assert!(status.unwrap().success());
        web_process(desk, id, Some(killed));
        // What was heard before is left out.
        ravi.ask(json!({"command": "devices"})).await;
        hears_tone(&mut ravi).await;
        assert!(!ravi.seen.iter().any(|it| it["type"] == "call.interrupted"));

        // The page has the call again: its key for hanging up ends it, as soon as it is drawn.
        let visible = ["search", "--onlyvisible", "--name", "Helix Phone"];
        let windows = desk.screen.xdotool(&visible);
        let window = windows.lines().next().expect("the window is there");
        let press = || {
            desk.screen.xdotool(&["windowfocus", "--sync", window]);
            desk.screen.xdotool(&["key", "ctrl+shift+BackSpace"]);
        };
        let ended = timeout(PATIENCE, async {
            loop {
                press();
                if let Ok(ended) = timeout(Duration::from_secs(1), ravi.event("call.ended")).await {
                    return ended;
                }
            }
        });
        let ended = ended.await.expect("the key is obeyed");
        assert_eq!(ended["cause"]["code"], "remote");
    })
    .await;
}

/// Returns the process that draws, once there is one that is not `old`.
pub(crate) fn web_process(desk: &Desk, program: u32, old: Option<u32>) -> u32 {
    let mut found = None;
    desk.until("a process that draws the page", || {
        let output = Command::new("pgrep")
            .args(["--parent", &program.to_string(), "WebKitWebProces"])
            .output()
            .expect("pgrep is installed");
        let ids = String::from_utf8(output.stdout).unwrap();
        found = ids
            .lines()
            .filter_map(|it| it.parse().ok())
            .find(|it| Some(*it) != old);
        found.is_some()
    });
    found.unwrap()
}
