//! The system's own settings, opened from the window.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::json;

use crate::{
    desk::{Desk, story},
    policy::ask_shell,
};

/// Says what it was asked for, in a file beside it.
const PROGRAM: &str = "#!/bin/sh
    echo \"$1\" > \"$0.new\" && mv \"$0.new\" \"${0%/*}/opened\"
";

#[tokio::test(flavor = "multi_thread")]
async fn the_systems_settings_are_opened_where_the_desktop_has_them() {
    story(async |desk| {
        let home = desk.bus.home();
        let opened = home.join("opened");
        let program = home.join("settings");
        fs::write(&program, PROGRAM).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let entries = home.join("data/applications");
        fs::create_dir_all(&entries).unwrap();
        let entry = format!(
            "[Desktop Entry]\nType=Application\nName=Date\nOnlyShowIn=GNOME;\nExec={} datetime\n",
            program.display()
        );
        fs::write(entries.join("gnome-datetime-panel.desktop"), entry).unwrap();

        let clock = json!({"what": "clock"});
        start_on(desk, "sway").await;
        let state = ask_shell(desk, "state", json!({})).await;
        assert_eq!(state["window"]["system_settings"], json!([]));
        let refused = ask_shell(desk, "open_settings", clock.clone()).await;
        assert_eq!(refused["code"], "failed", "{refused}");
        desk.kill();

        start_on(desk, "ubuntu:GNOME").await;
        let state = ask_shell(desk, "state", json!({})).await;
        assert_eq!(state["window"]["system_settings"], json!(["clock"]));
        let taken = ask_shell(desk, "open_settings", clock).await;
        assert!(taken.is_null(), "{taken}");
        desk.until("the settings", || opened.is_file());
        assert_eq!(fs::read_to_string(&opened).unwrap(), "datetime\n");
    })
    .await;
}

/// Starts the program on a desktop of this name, which has no other programs than the story's.
async fn start_on(desk: &mut Desk, name: &str) {
    let mount = "mount -t tmpfs tmpfs /usr/share/applications && \
        XDG_CURRENT_DESKTOP=$0 && export XDG_CURRENT_DESKTOP && exec \"$@\"";
    desk.start_by(&["/usr/bin/unshare", "-Urm", "sh", "-c", mount, name])
        .await;
}
