//! The start with the computer.

use std::{fs, path::Path};

use tokio::process::Command;

use crate::{
    desk::{Keyring, Setup, on_own_screen, story, story_at},
    support::office::PASSWORD,
};

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

#[tokio::test(flavor = "multi_thread")]
async fn a_start_without_a_window_shows_it_where_nobody_is_signed_in() {
    on_own_screen(async |desk| {
        let _program = desk.program(&["--hidden"]).spawn().unwrap();
        desk.until("the window", || {
            !desk.screen.windows("Helix Phone").is_empty()
        });
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_for_which_there_is_no_room_is_told_and_leaves_nothing_behind() {
    story(async |desk| {
        let folder = desk.bus.home().join("home/config/autostart");
        fs::create_dir_all(&folder).unwrap();
        // A disk of one page that something else has.
        let mount = "mount -t tmpfs -o size=4k tmpfs \"$0\" && echo x >\"$0/full\" && exec \"$@\"";
        let place = folder.display().to_string();
        desk.start_by(&["/usr/bin/unshare", "-Urm", "sh", "-c", mount, &place])
            .await;
        desk.sign_in("ana", PASSWORD).await;
        let page = desk.page();
        page.says("Connected").await;
        page.press("More").await;
        page.press("Start with the computer").await;
        page.says("The start with the computer could not be changed: No space left on device")
            .await;
        let seen = Path::new("/proc").join(desk.app().id().to_string());
        let seen = seen.join("root").join(folder.strip_prefix("/").unwrap());
        let names = fs::read_dir(seen).unwrap();
        let names: Vec<_> = names.map(|it| it.unwrap().file_name()).collect();
        assert_eq!(names, ["full"]);
        assert!(
            !fs::read_to_string(desk.settings())
                .unwrap()
                .contains("autostart = true")
        );
    })
    .await;
}
