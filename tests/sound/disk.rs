//! Settings on a disk that is full, or that nobody may write to, while a call is on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command as StdCommand;

use serde_json::json;
use tokio::process::Command;

use crate::desk::{
    LAPTOP, SPEAKERS, assert_in_call, hang_up, hears, leave_the_voice, on_card, quit, set,
};
use crate::support::{
    office::{Office, sign_in},
    process::Process,
};

#[test]
fn a_disk_that_is_full_or_read_only_costs_neither_settings_nor_the_call() {
    let name = "disk::a_disk_that_is_full_or_read_only_costs_neither_settings_nor_the_call";
    on_card(name, async |mut card| {
        card.start(&[SPEAKERS], &[LAPTOP]);
        let _voice = card.speak(LAPTOP.name, 440.0);
        let loudspeaker = card.listen(SPEAKERS.name);
        let office = Office::open().await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.toml");
        let mut command = office.phone_with_sound(1, "system", "system");
        command.arg("--settings").arg(&file);
        let mut ana = Process::start("ana", &mut on_small_disk(folder.path(), &command));
        leave_the_voice(&mut ana).await;
        let disk = Disk::of(&ana, folder.path());
        ana.send(sign_in("ana")).await;
        ana.event("sip.registered").await;
        ana.send(json!({"command": "dial", "target": "echo"})).await;
        let call = ana.event("call.connected").await["call"].clone();
        hears(&loudspeaker, 440.0).await;

        let before = disk.settings();
        disk.fill();
        set(&mut ana, json!({"ring_volume": 60})).await;
        let told = fault(&mut ana).await;
        assert_eq!(
            told,
            format!(
                "Settings not saved: {} cannot be written (No space left on device)",
                file.display()
            )
        );
        assert_eq!(disk.settings(), before);
        assert_eq!(
            disk.names(),
            ["fill", "settings.toml", "settings.toml.lock"]
        );
        disk.make_room();

        disk.remount("ro");
        set(&mut ana, json!({"country": "DE"})).await;
        let told = fault(&mut ana).await;
        assert!(
            told.contains("cannot be written (Read-only file system)"),
            "{told}"
        );
        assert_eq!(disk.settings(), before);
        disk.remount("rw");

        // What could not be saved before is saved with the next change.
        set(&mut ana, json!({"gain_control": true})).await;
        let after = disk.settings();
        for line in [
            "ring_volume = 60",
            "country = \"DE\"",
            "gain_control = true",
        ] {
            assert!(after.contains(line), "{after}");
        }
        assert_eq!(disk.names(), ["settings.toml", "settings.toml.lock"]);
        let faults = ana.seen.iter().filter(|it| it["type"] == "fault.settings");
        assert_eq!(faults.count(), 2);

        set(&mut ana, json!({"gain_control": false})).await;
        assert_in_call(&ana);
        loudspeaker.skip();
        hears(&loudspeaker, 440.0).await;
        hang_up(&mut ana, &call).await;
        quit(ana).await;
    });
}

async fn fault(phone: &mut Process) -> String {
    let event = phone.event("fault.settings").await;
    event["detail"].as_str().unwrap().to_owned()
}

/// Has a program see a disk of 16 KiB of its own at `folder`.
fn on_small_disk(folder: &Path, program: &Command) -> Command {
    let program = program.as_std();
    let mut command = Command::new("unshare");
    command
        .args(["-Urm", "sh", "-c"])
        .arg("mount -t tmpfs -o size=16k tmpfs \"$0\" && exec \"$@\"")
        .arg(folder)
        .arg(program.get_program())
        .args(program.get_args());
    command
}

/// The disk of a running program, as seen from here.
struct Disk {
    program: u32,
    /// In the program's eyes.
    folder: PathBuf,
}

impl Disk {
    fn of(program: &Process, folder: &Path) -> Self {
        Self {
            program: program.id(),
            folder: folder.to_owned(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.program));
        let folder = root.join(self.folder.strip_prefix("/").unwrap());
        folder.join(name)
    }

    fn settings(&self) -> String {
        fs::read_to_string(self.path("settings.toml")).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let all = fs::read_dir(self.path("")).unwrap();
        let mut names: Vec<_> = all
            .map(|it| it.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
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
        let status = StdCommand::new("nsenter")
            .args(["--user", "--mount", "--preserve-credentials", "--target"])
            .arg(self.program.to_string())
            .args(["mount", "-o", &format!("remount,{how}")])
            .arg(&self.folder)
            .status();
        assert!(status.expect("nsenter starts").success());
    }
}
