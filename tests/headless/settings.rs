//! The file that keeps a device's id and name between two starts.

use std::{ffi::OsStr, fs, path::Path, process::Stdio};

use tempfile::TempDir;
use tokio::process::Command;

use crate::program::{assert_refused, headless, quit, run_headless, start};
use crate::support::process::Process;

#[tokio::test]
async fn a_device_is_the_same_at_each_start_and_arguments_come_first() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("deep/settings.toml");
    let arguments = [OsStr::new("--settings"), path.as_os_str()];
    let mut seen = Vec::new();
    for _ in 0..2 {
        let mut phone = start(&arguments);
        let hello = phone.event("hello").await;
        seen.push((hello["device_id"].clone(), hello["device_name"].clone()));
        quit(phone, 0).await;
    }
    assert_eq!(seen[0], seen[1]);
    assert!(!seen[0].1.as_str().unwrap().is_empty());

    let id = "00000000-0000-4000-8000-000000000007";
    let mut more = arguments.to_vec();
    more.extend(["--device-id", id, "--device-name", "Desk 7"].map(OsStr::new));
    let before = fs::read(&path).unwrap();
    let mut phone = start(&more);
    let hello = phone.event("hello").await;
    assert_eq!(hello["device_id"], id);
    assert_eq!(hello["device_name"], "Desk 7");
    quit(phone, 0).await;
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn without_a_name_the_file_lies_where_the_platform_wants_it() {
    let home = TempDir::new().unwrap();
    let with_home = |arguments: &[&str]| {
        let mut command = headless(arguments);
        command
            .env("HOME", home.path())
            .env("XDG_CONFIG_HOME", home.path().join("config"))
            .stderr(Stdio::null());
        Process::start("the phone", &mut command)
    };
    let phone = with_home(&[]);
    quit(phone, 0).await;
    assert_eq!(
        fs::read_dir(home.path()).unwrap().count(),
        0,
        "a run leaves nothing behind"
    );

    let phone = with_home(&["--settings"]);
    quit(phone, 0).await;
    let folder = fs::read_dir(home.path().join("config")).unwrap().next();
    let file = folder.unwrap().unwrap().path().join("settings.toml");
    assert!(fs::read_to_string(file).unwrap().contains("version = 1"));
}

#[tokio::test]
async fn a_broken_file_is_set_aside_and_named() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("settings.toml");
    for (content, why, kind) in [
        ("version = 1\n[device\n", "is broken (line 2: ", "broken-1"),
        ("version = 9", "is of a newer version", "newer-1"),
    ] {
        fs::write(&path, content).unwrap();
        let told = fault(&path).await;
        assert!(told.contains(why), "{told}");
        assert!(told.contains(&format!("settings.toml.{kind}")), "{told}");
        let aside = home.path().join(format!("settings.toml.{kind}"));
        assert_eq!(fs::read_to_string(aside).unwrap(), content);
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn settings_of_the_sound_that_cannot_be_used_are_named() {
    let home = TempDir::new().unwrap();
    for (sound, what) in [
        ("ring_volume = 101", "ring_volume"),
        ("colour = \"blue\"", "colour"),
    ] {
        let path = home.path().join("settings.toml");
        let device = "[device]\nid = \"00000000-0000-4000-8000-000000000007\"\nname = \"Desk 7\"";
        fs::write(&path, format!("version = 1\n{device}\n[sound]\n{sound}\n")).unwrap();
        let told = fault(&path).await;
        assert!(told.contains(what), "{told}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_pipe_in_place_of_the_file_holds_nobody_up_and_stays() {
    use std::os::unix::fs::FileTypeExt as _;

    let home = TempDir::new().unwrap();
    let path = home.path().join("settings.toml");
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.unwrap().success());
    let told = fault(&path).await;
    assert!(told.contains("a device or a pipe"), "{told}");
    let kind = fs::symlink_metadata(&path).unwrap().file_type();
    assert!(kind.is_fifo());
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_told_and_the_phone_runs() {
    // Nobody makes folders there, root included.
    let told = fault(Path::new("/sys/helix/settings.toml")).await;
    assert!(
        told.starts_with("Settings not saved: /sys/helix/settings.toml"),
        "{told}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_disk_that_is_full_leaves_no_torn_file() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("settings.toml");
    // No byte may be written to a file, as on a full disk.
    let mut command = Command::new("sh");
    command
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 0; exec \"$0\" --headless --settings \"$1\"",
        ])
        .arg(env!("CARGO_BIN_EXE_helix-phone"))
        .arg(&path)
        .stderr(Stdio::null());
    let mut phone = Process::start("the phone", &mut command);
    let told = phone.event("fault.settings").await;
    assert!(
        told["detail"]
            .as_str()
            .unwrap()
            .starts_with("Settings not saved"),
        "{told}"
    );
    quit(phone, 0).await;
    let left = fs::read_dir(home.path()).unwrap();
    let left = left.map(|it| it.unwrap().file_name()).collect::<Vec<_>>();
    assert_eq!(left, ["settings.toml.lock"]);
}

#[tokio::test]
async fn a_session_is_kept_only_for_a_device_that_comes_again() {
    let output = run_headless(&["--keep", "keyring"]).await;
    assert_refused(&output, "needs settings or a device-id");
    assert_refused(&run_headless(&["--keep", "paper"]).await, "paper");
}

/// Starts the phone with this settings file; returns what it complains about.
async fn fault(path: &Path) -> String {
    let mut phone = start(&[OsStr::new("--settings"), path.as_os_str()]);
    let fault = phone.event("fault.settings").await;
    quit(phone, 0).await;
    fault["detail"].as_str().unwrap().to_owned()
}
