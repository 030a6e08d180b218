#![allow(clippy::unwrap_used)]

mod sections;

use std::{fs, thread};

use tempfile::TempDir;

use super::*;

#[test]
fn an_installation_keeps_its_id_and_what_was_changed() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("deep/er/settings.toml");
    let (first, complaints) = SettingsFile::open(&path, device(1));
    assert!(complaints.is_empty(), "{complaints:?}");
    assert_eq!(first.settings().device, device(1));

    let (mut second, complaints) = SettingsFile::open(&path, device(2));
    assert!(complaints.is_empty(), "{complaints:?}");
    assert_eq!(second.settings(), first.settings());
    second
        .change(|it| {
            it.device.name = "Ana's desk".into();
            it.sound.insert("ring-volume".into(), 0.5.into());
        })
        .unwrap();

    let (third, _) = SettingsFile::open(&path, device(3));
    assert_eq!(third.settings(), second.settings());
    assert_eq!(third.settings().device.id, device(1).id);
    assert_eq!(third.settings().sound["ring-volume"].as_float(), Some(0.5));
}

#[test]
fn settings_that_came_from_another_machine_are_those_of_a_device_of_its_own() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("settings.toml");
    let at = |machine: u128, number| Device {
        machine: Some(Uuid::from_u128(machine)),
        ..device(number)
    };
    let (mut first, _) = SettingsFile::open(&path, at(7, 1));
    first
        .change(|it| {
            it.device.name = "Ana's desk".into();
            it.sound.insert("ring-volume".into(), 0.5.into());
        })
        .unwrap();
    let newer = fs::read_to_string(&path)
        .unwrap()
        .replace("version = 1", "version = 2");

    for (machine, number, is) in [
        (7, 2, (1, "Ana's desk")),
        (8, 3, (3, "Desk 3")),
        (8, 4, (3, "Desk 3")),
    ] {
        let (file, complaints) = SettingsFile::open(&path, at(machine, number));
        assert!(complaints.is_empty(), "{complaints:?}");
        let settings = file.settings();
        assert_eq!(settings.device.id, Uuid::from_u128(is.0));
        assert_eq!(settings.device.name, is.1);
        assert_eq!(settings.sound["ring-volume"].as_float(), Some(0.5));
    }

    // Nor is the id taken over of what is set aside.
    fs::write(&path, newer).unwrap();
    let (file, complaints) = SettingsFile::open(&path, at(9, 5));
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    assert_eq!(file.settings().device, at(9, 5));
}

#[test]
fn settings_of_an_earlier_version_are_the_machine_s_that_opens_them_first() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("settings.toml");
    let (_, _) = SettingsFile::open(&path, device(1));
    let here = Device {
        machine: Some(Uuid::from_u128(7)),
        ..device(2)
    };
    let (mut file, _) = SettingsFile::open(&path, here);
    assert_eq!(file.settings().device.id, device(1).id);
    file.change(|_| ()).unwrap();
    let there = Device {
        machine: Some(Uuid::from_u128(8)),
        ..device(3)
    };
    let (other, _) = SettingsFile::open(&path, there.clone());
    assert_eq!(other.settings().device, there);
}

#[test]
fn what_this_version_does_not_know_is_kept() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("settings.toml");
    let (mut file, _) = SettingsFile::open(&path, device(1));
    let mut text = fs::read_to_string(&path).unwrap();
    text.push_str("\n[sound]\nmicrophone = [\"pulseaudio:usb\"]\n\n[desk]\nwidth = 400\n");
    fs::write(&path, &text).unwrap();

    // Somebody edited the file while it was open here.
    file.change(|it| it.device.name = "Desk 7".into()).unwrap();

    let table = fs::read_to_string(&path)
        .unwrap()
        .parse::<toml::Table>()
        .unwrap();
    assert_eq!(table["desk"]["width"].as_integer(), Some(400));
    assert_eq!(
        table["sound"]["microphone"][0].as_str(),
        Some("pulseaudio:usb")
    );
    assert_eq!(table["device"]["name"].as_str(), Some("Desk 7"));
}

#[test]
fn a_broken_file_is_set_aside_and_named() {
    let valid = format!("[device]\nid = \"{}\"\nname = \"Desk\"\n", device(1).id);
    let long = vec![b'#'; 1_100_000];
    for (content, keeps_id) in [
        (&b""[..], false),
        (b"\xff\xfe", false),
        (b"version = ", false),
        (b"version = 1\n", false),
        (b"version = 1\ndevice = 7\n", false),
        (
            b"version = 1\n[device]\nid = \"desk\"\nname = \"Desk\"\n",
            false,
        ),
        (long.as_slice(), false),
        (format!("version = 0\n{valid}").as_bytes(), true),
        (format!("version = \"one\"\n{valid}").as_bytes(), true),
        (format!("version = 1\ncalls = 7\n{valid}").as_bytes(), true),
        (format!("version = 1\nsound = 7\n{valid}").as_bytes(), true),
        (format!("version = 1\nwindow = 7\n{valid}").as_bytes(), true),
        (format!("version = 1\nserver = 7\n{valid}").as_bytes(), true),
    ] {
        let home = TempDir::new().unwrap();
        let path = home.path().join("settings.toml");
        for number in 1..=2 {
            fs::write(&path, content).unwrap();
            let (file, complaints) = SettingsFile::open(&path, device(2));
            let aside = home.path().join(format!("settings.toml.broken-{number}"));
            let told = complaints.join(" ");
            assert_eq!(complaints.len(), 1, "{told}");
            assert!(
                told.contains("is broken (") && told.ends_with(aside.to_str().unwrap()),
                "{told}"
            );
            assert_eq!(fs::read(&aside).unwrap(), content);
            let wanted = if keeps_id { device(1).id } else { device(2).id };
            assert_eq!(file.settings().device.id, wanted);
            let (again, complaints) = SettingsFile::open(&path, device(3));
            assert_eq!(again.settings(), file.settings());
            assert!(complaints.is_empty(), "{complaints:?}");
        }
    }
}

#[test]
fn a_file_of_a_newer_version_is_set_aside_and_the_device_stays_the_same() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("settings.toml");
    let text = format!(
        "version = 2\n[device]\nid = \"{}\"\ncolour = \"blue\"\n",
        device(1).id
    );
    fs::write(&path, &text).unwrap();
    let (file, complaints) = SettingsFile::open(&path, device(2));
    let told = complaints.join(" ");
    assert!(
        told.contains("newer version") && told.ends_with("settings.toml.newer-1"),
        "{told}"
    );
    assert_eq!(
        fs::read_to_string(home.path().join("settings.toml.newer-1")).unwrap(),
        text
    );
    assert_eq!(file.settings().device.id, device(1).id);
}

#[test]
fn names_that_cannot_be_shown_give_way_to_the_hosts() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("settings.toml");
    for (name, wanted) in [
        ("\\u0007 \\u0000", None),
        ("  Desk\\u001b 7 ", Some("Desk 7".to_owned())),
        (&"x".repeat(10_000), Some("x".repeat(64))),
    ] {
        let id = device(1).id;
        fs::write(
            &path,
            format!("version = 1\n[device]\nid = \"{id}\"\nname = \"{name}\"\n"),
        )
        .unwrap();
        let (file, complaints) = SettingsFile::open(&path, device(2));
        assert!(complaints.is_empty(), "{complaints:?}");
        let wanted = wanted.unwrap_or_else(|| Device::of_this_host(id).name);
        assert_eq!(file.settings().device.name, wanted);
        assert!(!wanted.is_empty());
    }
}

#[test]
fn where_nothing_can_be_written_the_settings_hold_for_the_process() {
    let home = TempDir::new().unwrap();
    let blocked = home.path().join("file");
    fs::write(&blocked, "").unwrap();
    // A file where a folder should be, and a folder where the file should be.
    fs::create_dir(home.path().join("folder")).unwrap();
    for path in [blocked.join("settings.toml"), home.path().join("folder")] {
        let (mut file, complaints) = SettingsFile::open(&path, device(1));
        let told = complaints.join(" ");
        assert!(told.to_lowercase().contains("settings not saved"), "{told}");
        assert!(told.contains(path.to_str().unwrap()), "{told}");
        let error = file
            .change(|it| it.device.name = "Desk 7".into())
            .unwrap_err();
        assert!(
            error.to_string().starts_with("Settings not saved"),
            "{error}"
        );
        assert_eq!(file.settings().device.name, "Desk 7");
    }
    assert!(home.path().join("folder").is_dir());
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_neither_read_nor_moved() {
    use std::os::unix::net::UnixListener;

    let home = TempDir::new().unwrap();
    let path = home.path().join("settings.toml");
    let _listener = UnixListener::bind(&path).unwrap();
    let (mut file, complaints) = SettingsFile::open(&path, device(1));
    let told = complaints.join(" ");
    assert!(told.contains("it is a device or a pipe"), "{told}");
    let error = file.change(|it| it.device.name = "Desk 7".into());
    let told = error.unwrap_err().to_string();
    assert!(
        told.starts_with("Settings not saved") && told.contains("cannot be read"),
        "{told}"
    );
    let kind = fs::symlink_metadata(&path).unwrap().file_type();
    assert!(!kind.is_file(), "it is what it was");
    assert!(fs::read_dir(home.path()).unwrap().count() <= 2);
}

#[test]
fn a_file_that_breaks_while_it_is_open_is_left_to_whoever_edits_it() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("settings.toml");
    let (mut file, _) = SettingsFile::open(&path, device(1));
    fs::write(&path, "version = ").unwrap();
    let error = file.change(|it| it.device.name = "Desk 7".into());
    let told = error.unwrap_err().to_string();
    assert!(told.contains("settings.toml is broken ("), "{told}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "version = ");
    assert_eq!(file.settings().device.name, "Desk 7");
}

#[cfg(unix)]
#[test]
fn a_link_to_the_settings_stays_a_link() {
    let home = TempDir::new().unwrap();
    let (real, link) = (home.path().join("real.toml"), home.path().join("link.toml"));
    let (file, _) = SettingsFile::open(&real, device(1));
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let (mut linked, _) = SettingsFile::open(&link, device(2));
    assert_eq!(linked.settings(), file.settings());
    linked
        .change(|it| it.device.name = "Desk 7".into())
        .unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(&real).unwrap().contains("Desk 7"));
}

#[test]
fn many_at_once_agree_on_one_device_and_lose_no_change() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("settings.toml");
    let ids = thread::scope(|scope| {
        let path = &path;
        let all = (0..4u128).map(|number| {
            scope.spawn(move || {
                let (mut file, complaints) = SettingsFile::open(path, device(number));
                assert!(complaints.is_empty(), "{complaints:?}");
                let key = format!("change-{number}");
                file.change(|it| drop(it.sound.insert(key, true.into())))
                    .unwrap();
                file.settings().device.id
            })
        });
        let all = all.collect::<Vec<_>>();
        all.into_iter()
            .map(|it| it.join().unwrap())
            .collect::<Vec<_>>()
    });
    assert!(ids.iter().all(|it| *it == ids[0]), "{ids:?}");
    let (file, _) = SettingsFile::open(&path, device(9));
    assert_eq!(
        file.settings().sound.len(),
        4,
        "{:?}",
        file.settings().sound
    );
    let mut names = fs::read_dir(home.path())
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect::<Vec<_>>();
    names.sort();
    assert_eq!(names, ["settings.toml", "settings.toml.lock"]);
}

fn device(number: u128) -> Device {
    Device::of_the_moment(Uuid::from_u128(number), format!("Desk {number}"))
}
