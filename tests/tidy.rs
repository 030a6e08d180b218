//! Rules about the code that the compiler does not check; `src-tauri/ARCHITECTURE.md` gives their reasons.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The rooms with their folders, and the arrows of the picture from each.
const ROOMS: [(&str, &str, &[&str]); 10] = [
    ("helix-phone", ".", &["headless", "engine"]),
    ("headless", "src-tauri/headless", &["engine"]),
    ("engine", "src-tauri/engine", &["phone", "media"]),
    ("phone", "src-tauri/phone", &["sip", "sidecar-api"]),
    ("media", "src-tauri/media", &[]),
    ("sip", "src-tauri/sip", &[]),
    ("sidecar", "src-tauri/sidecar", &["sidecar-api"]),
    ("sidecar-api", "src-tauri/sidecar-api", &[]),
    ("lab", "tests/lab", &[]),
    ("xtask", "tests/xtask", &[]),
];

#[test]
fn rooms_depend_on_the_rooms_that_their_arrows_lead_to_and_on_no_other() {
    for (room, folder, arrows) in ROOMS {
        let allowed = reached_from(room);
        let found = dependencies(folder, &["dependencies"]);
        for arrow in arrows {
            assert!(
                found.contains(&(*arrow).to_owned()),
                "{room} does not depend on {arrow}"
            );
        }
        for dependency in found {
            let is_room = ROOMS.iter().any(|(it, ..)| dependency == *it);
            assert!(
                !is_room || allowed.contains(dependency.as_str()),
                "{room} depends on {dependency}"
            );
        }
    }
}

#[test]
fn the_lab_uses_no_room_not_even_in_its_tests() {
    for dependency in dependencies("tests/lab", &["dependencies", "dev-dependencies"]) {
        let is_room = ROOMS.iter().any(|(it, ..)| dependency == *it);
        assert!(!is_room, "lab depends on {dependency}");
    }
}

#[test]
fn rooms_without_io_depend_on_no_runtime_socket_or_webrtc_crate() {
    for room in ["src-tauri/sip", "src-tauri/phone", "src-tauri/sidecar-api"] {
        for dependency in dependencies(room, &["dependencies"]) {
            let io = [
                "tokio", "reqwest", "hyper", "mio", "rustls", "rtc", "webrtc", "cpal", "socket2",
            ];
            assert!(
                !io.iter()
                    .any(|it| dependency == *it || dependency.starts_with(&format!("{it}-"))),
                "{room} depends on {dependency}"
            );
        }
    }
}

#[test]
fn rsip_rtc_cpal_and_pulseaudio_are_named_in_one_place_each() {
    for (room, crate_name, place) in [
        ("src-tauri/sip/src", "rsip", "src-tauri/sip/src/message"),
        (
            "src-tauri/media/src",
            "rtc",
            "src-tauri/media/src/transport",
        ),
        (
            "src-tauri/media/src",
            "cpal",
            "src-tauri/media/src/device/system",
        ),
        (
            "src-tauri/media/src",
            "pulseaudio",
            "src-tauri/media/src/device/system/pulse",
        ),
    ] {
        for (path, text) in sources(room) {
            let named = text.lines().any(|line| {
                line.contains(&format!("use {crate_name}::"))
                    || line.contains(&format!("{crate_name}::"))
                        && !line.trim_start().starts_with("//")
                        && !line.contains(&format!("_{crate_name}::"))
            });
            assert!(
                !named || path.starts_with(root().join(place)),
                "{} names {crate_name}",
                path.display()
            );
        }
    }
}

#[test]
fn tests_neither_sleep_nor_are_they_ignored_or_expected_to_panic() {
    let forbidden = [
        concat!("thread::", "sleep"),
        concat!("#[", "ignore"),
        concat!("#[", "should_panic"),
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
    ];
    for (path, text) in sources("src-tauri").into_iter().chain(sources("tests")) {
        for word in forbidden {
            assert!(!text.contains(word), "{} contains {word}", path.display());
        }
        let is_test = path
            .components()
            .any(|it| it.as_os_str() == "tests" || it.as_os_str() == "tests.rs");
        let in_lab = path.starts_with(root().join("tests/lab/src"));
        let tests = match text.split_once("\nmod tests {") {
            Some((_, tests)) => tests,
            None if is_test && !in_lab => &text,
            None => "",
        };
        // The tests' own clocks may have a method of this name.
        let sleeps = |line: &str| line.contains("time::") && line.contains("sleep");
        assert!(!tests.lines().any(sleeps), "{} sleeps", path.display());
    }
}

#[test]
fn no_source_test_or_configuration_names_a_host_of_a_vendor() {
    let hosts = [
        concat!("ozonetel", ".com"),
        concat!("ozonetel", ".in"),
        concat!("cloudagent", ".in"),
        concat!("kookoo", ".in"),
        concat!("twenty", ".com"),
    ];
    let mut found = vec![root().join("README.md"), root().join("tauri.conf.json")];
    for folder in [".ci", "src-tauri", "tests", "ui"] {
        found.extend(files(&root().join(folder)));
    }
    assert!(found.len() > 500, "{}", found.len());
    for path in found {
        // Pictures and sounds are no text.
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        let text = text.to_lowercase();
        for host in hosts {
            assert!(!text.contains(host), "{} names {host}", path.display());
        }
    }
}

#[test]
fn clocks_and_chance_stay_out_of_the_rooms_that_decide() {
    for room in ["src-tauri/sip/src", "src-tauri/phone/src"] {
        for (path, text) in sources(room) {
            let product = text.split("#[cfg(test)]").next().unwrap();
            for call in [
                "Instant::now",
                "SystemTime::now",
                "rand::rng(",
                "thread_rng",
            ] {
                let in_tests = path
                    .components()
                    .any(|it| it.as_os_str().to_string_lossy().starts_with("tests"));
                assert!(
                    in_tests || !product.contains(call),
                    "{} calls {call}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn the_top_level_keeps_its_names() {
    let allowed = [
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        // Made by each build of the window, and ignored.
        "gen",
        "permissions",
        "icons",
        "src-tauri",
        "target",
        "tauri.conf.json",
        "tests",
        "ui",
    ];
    for entry in fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            name.starts_with('.') || allowed.contains(&name.as_str()),
            "{name} lies at the top level"
        );
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the rooms at the ends of all ways along the arrows.
fn reached_from(room: &str) -> BTreeSet<&'static str> {
    let (.., arrows) = ROOMS.iter().find(|(it, ..)| *it == room).unwrap();
    let further = arrows.iter().flat_map(|it| reached_from(it));
    arrows.iter().copied().chain(further).collect()
}

/// Returns the names in these sections of a room's manifest, for all targets.
fn dependencies(folder: &str, sections: &[&str]) -> Vec<String> {
    let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
    let mut is_wanted = false;
    let mut found = Vec::new();
    for line in manifest.lines() {
        if let Some(section) = line.strip_prefix('[') {
            let section = section.trim_end_matches(']');
            let kind = match section.strip_prefix("target.") {
                Some(rest) => rest.rsplit('.').next().unwrap(),
                None => section,
            };
            is_wanted = sections.contains(&kind);
        } else if is_wanted && !line.starts_with('#') {
            let name = line.split(['.', ' ', '=']).next().unwrap();
            found.extend((!name.is_empty()).then(|| name.to_owned()));
        }
    }
    found
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = files(&root().join(folder));
    found.retain(|it| it.extension().is_some_and(|it| it == "rs"));
    found.retain(|it| *it != root().join("tests/tidy.rs"));
    let read = |path: PathBuf| (path.clone(), fs::read_to_string(path).unwrap());
    found.into_iter().map(read).collect()
}

/// Returns the files in a folder that somebody wrote.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if !path.is_dir() {
                found.push(path);
            } else if !["node_modules", "target", "dist"].contains(&&*name) {
                folders.push(path);
            }
        }
    }
    found
}
