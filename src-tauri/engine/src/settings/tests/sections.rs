//! What a section of the file holds, field by field.

use super::*;
use crate::sidecar_address;

#[test]
fn settings_of_the_sound_that_cannot_be_used_are_told_and_stay_in_the_file() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("settings.toml");
    let id = device(1).id;
    fs::write(
        &path,
        format!(
            "version = 1\n[device]\nid = \"{id}\"\nname = \"Desk\"\n[sound]\n\
             ring_volume = 101\ncolour = \"blue\"\nmicrophone = [\"pulseaudio:usb\"]\n\
             country = \"DE\"\nhigh_pass = 7\n"
        ),
    )
    .unwrap();
    let (mut file, complaints) = SettingsFile::open(&path, device(2));
    assert!(complaints.is_empty(), "{complaints:?}");
    let (sound, faults) = file.settings().sound();
    let wanted = SoundSettings {
        microphone: vec!["pulseaudio:usb".to_owned()],
        country: "DE".to_owned(),
        ..SoundSettings::default()
    };
    assert_eq!(sound, wanted, "the rest is used");
    let faults = faults.unwrap();
    for fault in [
        "ring_volume (ring_volume is more than 100)",
        "colour (unknown field",
        "high_pass (invalid type",
    ] {
        assert!(faults.contains(fault), "{faults}");
    }

    let changed = SoundSettings {
        echo_cancellation: false,
        ..wanted
    };
    file.change(|it| it.set_sound(&changed)).unwrap();
    let (file, _) = SettingsFile::open(&path, device(2));
    assert_eq!(file.settings().sound().0, changed);
    let kept = &file.settings().sound;
    assert_eq!(kept["ring_volume"].as_integer(), Some(101));
    assert_eq!(kept["colour"].as_str(), Some("blue"));
}

#[test]
fn a_file_full_of_what_cannot_be_used_is_told_in_few_words() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("settings.toml");
    let id = device(1).id;
    let mut text = format!("version = 1\n[device]\nid = \"{id}\"\nname = \"Desk\"\n[sound]\n");
    for number in 0..1_000 {
        text += &format!("{}{number} = 1\n", "x".repeat(100));
    }
    fs::write(&path, text).unwrap();
    let (file, _) = SettingsFile::open(&path, device(1));
    let (sound, faults) = file.settings().sound();
    assert_eq!(sound, SoundSettings::default());
    assert_eq!(faults.unwrap().len(), section::LONGEST_FAULTS);
}

#[test]
fn settings_of_the_window_are_kept_and_each_that_cannot_be_used_is_named() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("settings.toml");
    let (mut file, _) = SettingsFile::open(&path, device(1));
    assert_eq!(
        file.settings().window(),
        (WindowSettings::default(), None),
        "an old file has the usual ones"
    );
    let wanted = WindowSettings {
        language: "ar".to_owned(),
        theme: Theme::Dark,
        incoming: IncomingBehaviour::Front,
        autostart: true,
        start_minimised: true,
        quit_on_close: true,
        headset_asked: true,
        shortcuts: Shortcuts {
            answer: "F9".to_owned(),
            hang_up: "Shift+F9".to_owned(),
            mute: String::new(),
        },
    };
    file.change(|it| it.set_window(&wanted)).unwrap();
    let (file, _) = SettingsFile::open(&path, device(2));
    assert_eq!(file.settings().window(), (wanted, None));
    let written = fs::read_to_string(&path).unwrap();
    for line in [
        "language = \"ar\"",
        "theme = \"dark\"",
        "incoming = \"front\"",
        "[window.shortcuts]",
        "hang_up = \"Shift+F9\"",
    ] {
        assert!(written.lines().any(|it| it == line), "{line}\n{written}");
    }
    assert!(!written.contains("mute"), "what is usual is not written");
}

#[test]
fn a_field_of_the_window_that_cannot_be_used_costs_no_other() {
    let long = format!("shortcuts = {{ mute = \"{}\" }}", "F".repeat(65));
    for (wrong, named) in [
        (
            "language = \"tlh\"",
            "language (language is neither empty nor one of en,",
        ),
        ("language = 7", "language (invalid type: integer"),
        (
            "language = { name = \"de\" }",
            "language.name (invalid type: map",
        ),
        ("theme = \"pink\"", "theme (unknown variant `pink`"),
        ("incoming = \"shout\"", "incoming (unknown variant `shout`"),
        (
            "quit_on_close = \"yes\"",
            "quit_on_close (invalid type: string",
        ),
        (
            "start_minimised = [true]",
            "start_minimised (invalid type: sequence",
        ),
        ("shortcuts = 7", "shortcuts (invalid type: integer"),
        (
            "shortcuts = { mute = 7 }",
            "shortcuts.mute (invalid type: integer",
        ),
        (
            "shortcuts = { dance = \"F7\" }",
            "shortcuts.dance (unknown field `dance`",
        ),
        (
            "shortcuts = { mute = \"F9\", answer = \"f9\" }",
            "shortcuts.mute (answer has the keys of mute)",
        ),
        (
            "shortcuts = { mute = \"F9 \\u0007\" }",
            "shortcuts.mute (mute is not the name of keys",
        ),
        (&long, "shortcuts.mute (mute is longer than 64 bytes)"),
        ("width = 400", "width (unknown field `width`"),
    ] {
        let (file, _home) = with(&format!("[window]\nautostart = true\n{wrong}\n"));
        let (window, faults) = file.settings().window();
        let faults = faults.unwrap();
        assert!(faults.starts_with(named), "{faults}\nis not\n{named}");
        assert!(window.autostart, "{wrong}");
        let answer = window.shortcuts.answer.clone();
        let shortcuts = Shortcuts {
            answer,
            ..Shortcuts::default()
        };
        let usual = WindowSettings {
            autostart: true,
            shortcuts,
            ..WindowSettings::default()
        };
        assert_eq!(window, usual, "{wrong}");
    }
}

#[test]
fn what_is_wrong_in_a_table_within_stays_until_it_is_set() {
    let (mut file, _home) =
        with("[window]\nshortcuts = { answer = \"F9\", dance = \"F7\", mute = 7 }\n");
    let (mut window, _) = file.settings().window();
    window.shortcuts.hang_up = "F10".to_owned();
    file.change(|it| it.set_window(&window)).unwrap();
    let kept = &file.settings().window["shortcuts"];
    assert_eq!(kept["dance"].as_str(), Some("F7"));
    assert_eq!(kept["mute"].as_integer(), Some(7));
    assert_eq!(kept["hang_up"].as_str(), Some("F10"));
    assert_eq!(file.settings().window().0, window);

    window.shortcuts.mute = "F8".to_owned();
    file.change(|it| it.set_window(&window)).unwrap();
    assert_eq!(file.settings().window().0, window);
}

#[test]
fn a_value_in_place_of_a_table_gives_way_when_that_is_set() {
    let (mut file, _home) = with("[window]\nshortcuts = 7\n");
    let (mut window, _) = file.settings().window();
    window.shortcuts.mute = "F8".to_owned();
    file.change(|it| it.set_window(&window)).unwrap();
    assert_eq!(file.settings().window(), (window, None));
}

#[test]
fn the_address_of_the_sidecar_is_kept_and_one_that_cannot_be_used_is_named() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("settings.toml");
    let (mut file, _) = SettingsFile::open(&path, device(1));
    assert_eq!(file.settings().server(), (None, None));
    let url = sidecar_address(" https://helix.example/api ").unwrap();
    file.change(|it| it.set_server(Some(&url))).unwrap();
    let (mut file, _) = SettingsFile::open(&path, device(2));
    assert_eq!(file.settings().server(), (Some(url), None));
    file.change(|it| it.set_server(None)).unwrap();
    assert_eq!(file.settings().server(), (None, None));

    for (wrong, named) in [
        (
            "url = \"http://helix.example\"",
            "url (http is for this very machine",
        ),
        (
            "url = \"https://ana:canary@helix.example\"",
            "url (it must not hold a user name",
        ),
        ("url = \"helix\"", "url (it is no address"),
        ("url = 7", "url (invalid type: integer"),
        ("host = \"helix.example\"", "host (unknown field `host`"),
    ] {
        let (mut file, _home) = with(&format!("[server]\n{wrong}\n"));
        let (url, faults) = file.settings().server();
        assert_eq!(url, None, "{wrong}");
        let faults = faults.unwrap();
        assert!(faults.starts_with(named), "{faults}");
        assert!(!faults.contains("canary"), "{faults}");
        let url = sidecar_address("http://localhost:4100").unwrap();
        file.change(|it| it.set_server(Some(&url))).unwrap();
        assert_eq!(file.settings().server().0, Some(url));
    }
}

/// Opens a file with this section.
fn with(section: &str) -> (SettingsFile, TempDir) {
    let home = TempDir::new().unwrap();
    let path = home.path().join("settings.toml");
    let id = device(1).id;
    let text = format!("version = 1\n[device]\nid = \"{id}\"\nname = \"Desk\"\n{section}");
    fs::write(&path, text).unwrap();
    let (file, complaints) = SettingsFile::open(&path, device(2));
    assert!(complaints.is_empty(), "{complaints:?}");
    (file, home)
}
