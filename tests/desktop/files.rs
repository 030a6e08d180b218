//! A settings file that is broken, of a newer version, or on a disk that takes nothing.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    desk::{Desk, story},
    support::office::{PASSWORD, SIP_PASSWORDS},
};

const QUIT_ON_CLOSE: &str = "Quit when the window is closed";

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_settings_file_is_kept_aside_and_told() {
    set_aside(
        "version = 1\n[device\n",
        "settings.toml is broken (line 2: ",
        "settings.toml.broken-1",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_settings_file_of_a_newer_version_is_kept_aside_and_told() {
    set_aside(
        "version = 9\n[window]\ntheme = \"purple\"\n",
        "settings.toml is of a newer version of Helix Phone (9)",
        "settings.toml.newer-1",
    )
    .await;
}

async fn set_aside(content: &str, told: &str, aside: &str) {
    story(async |desk| {
        desk.write_settings(content);
        desk.ready().await;
        desk.page().press("Put away").await;
        desk.page().says(told).await;
        desk.page().says(aside).await;
        let kept = fs::read_to_string(desk.settings().with_file_name(aside)).unwrap();
        assert_eq!(kept, content);

        // The usual settings hold, and are kept from now on.
        desk.page().press("Skip").await;
        desk.page().press("More").await;
        desk.page().press(QUIT_ON_CLOSE).await;
        let own = desk.settings();
        desk.until("the new settings", || {
            fs::read_to_string(&own).is_ok_and(|it| it.contains("quit_on_close = true"))
        });
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_or_read_only_is_told_and_costs_no_settings() {
    story(async |desk| {
        let disk = Disk::start(desk).await;
        desk.sign_in("ana", PASSWORD).await;
        desk.page().says("Connected").await;
        desk.page().press("Put away").await;
        desk.page().press("More").await;
        let before = disk.settings();

        disk.fill();
        desk.page().press(QUIT_ON_CLOSE).await;
        desk.page().says("Settings not saved").await;
        desk.page().says("No space left on device").await;
        assert_eq!(disk.settings(), before);
        disk.make_room();

        disk.remount("ro");
        desk.page().press("Start without a window").await;
        desk.page().press("Put away").await;
        desk.page().says("Read-only file system").await;
        assert_eq!(disk.settings(), before);
        disk.remount("rw");

        // What could not be saved before is saved with the next change.
        desk.page().press(QUIT_ON_CLOSE).await;
        desk.page().press(QUIT_ON_CLOSE).await;
        desk.until("both settings", || {
            let now = disk.settings();
            now.contains("quit_on_close = true") && now.contains("start_minimised = true")
        });
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_support_file_has_what_happened_and_no_secret() {
    story(async |desk| {
        desk.ready().await;
        let page = desk.page();
        page.press("More").await;
        page.press("About").await;
        let home = desk.bus.home().join("home");
        for name in ["helix-phone-support.txt", "helix-phone-support-2.txt"] {
            page.press("Save support file").await;
            let path = home.join(name);
            page.says(&format!("Saved: {}", path.display())).await;
            let text = fs::read_to_string(&path).unwrap();
            for there in [
                "Line: proven",
                "AudioProcessing     user",
                "\"state\": \"registered\"",
                "sip::registration: Registered",
            ] {
                assert!(text.contains(there), "{there} is not in\n{text}");
            }
            for secret in [PASSWORD, SIP_PASSWORDS[0]] {
                assert!(!text.contains(secret), "{secret} is in\n{text}");
            }
        }
    })
    .await;
}

/// The disk of a program, as seen from here.
struct Disk {
    program: u32,
    /// In the program's eyes.
    folder: PathBuf,
}

impl Disk {
    /// Starts the program with a disk of 16 KiB for its settings.
    async fn start(desk: &mut Desk) -> Self {
        let folder = desk.settings().parent().unwrap().to_owned();
        let mount = "cp \"$0/settings.toml\" /dev/shm/$$ && mount -t tmpfs -o size=16k tmpfs \"$0\" \
                     && mv /dev/shm/$$ \"$0/settings.toml\" && exec \"$@\"";
        let place = folder.display().to_string();
        desk.start_by(&["/usr/bin/unshare", "-Urm", "sh", "-c", mount, &place])
            .await;
        Self {
            program: desk.app().id(),
            folder,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.program));
        let folder = self.folder.strip_prefix("/").unwrap();
        root.join(folder).join(name)
    }

    fn settings(&self) -> String {
        fs::read_to_string(self.path("settings.toml")).unwrap()
    }

    fn fill(&self) {
        let written = fs::write(self.path("fill"), vec![b'x'; 65_536]);
        assert!(written.is_err(), "it is full");
    }

    fn make_room(&self) {
        fs::remove_file(self.path("fill")).unwrap();
    }

    /// Mounts it again: `ro` or `rw`.
    fn remount(&self, how: &str) {
        remount(self.program, &self.folder, how);
    }
}

fn remount(program: u32, folder: &Path, how: &str) {
    let status = Command::new("nsenter")
        .args(["--user", "--mount", "--preserve-credentials", "--target"])
        .arg(program.to_string())
        .args(["mount", "-o", &format!("remount,{how}")])
        .arg(folder)
        .status();
    assert!(status.expect("nsenter starts").success());
}
