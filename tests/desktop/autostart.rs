//! The start with the computer.

use std::fs;

use tokio::process::Command;

use crate::desk::{Keyring, Setup, story_at};

#[tokio::test(flavor = "multi_thread")]
async fn a_start_with_the_computer_is_ready_for_calls_without_a_window() {
    let setup = Setup {
        keyring: Keyring::Open,
        own_screen: true,
        ..Setup::default()
    };
    story_at(setup, async |desk| {
        let entry = desk
            .bus
            .home()
            .join("home/config/autostart/helix-phone.desktop");
        desk.ready().await;
        let page = desk.page();
        page.press("More").await;
        page.press("Start with the computer").await;
        desk.until("the entry", || entry.is_file());
        page.press("Start with the computer").await;
        desk.until("the end of the entry", || !entry.exists());
        page.press("Start with the computer").await;
        desk.until("the entry", || entry.is_file());

        // The computer loses its power, and starts again.
        desk.bus.has(&["agentConfig", "tokens"]).await;
        desk.kill();
        let entry = fs::read_to_string(entry).unwrap();
        let line = entry.lines().find_map(|it| it.strip_prefix("Exec="));
        let mut program = Command::new("sh");
        program
            .args(["-c", &format!("exec {}", line.unwrap())])
            .envs(desk.environment())
            .env("HELIX_SIDECAR_URL", &desk.office.sidecar.url)
            .env("HELIX_CA", desk.office.world.ca_path())
            .kill_on_drop(true);
        let _program = program.spawn().unwrap();
        let tray = &desk.services;
        tray.menu("Ready", |it| it.label == "Ready").await;
        assert_eq!(desk.screen.windows("Helix Phone"), [""; 0]);
        tray.choose_in_tray("Open").await;
        desk.until("the window", || {
            !desk.screen.windows("Helix Phone").is_empty()
        });
    })
    .await;
}
