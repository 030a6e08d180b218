//! Rules about the code that the compiler does not check; `src-tauri/ARCHITECTURE.md` gives their reasons.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The rooms and the rooms that each may depend on.
const ARROWS: [(&str, &[&str]); 9] = [
    (
        "src-tauri/engine",
        &["media", "phone", "sidecar-api", "sip"],
    ),
    (
        "src-tauri/headless",
        &["engine", "media", "phone", "sidecar-api"],
    ),
    ("src-tauri/media", &[]),
    ("src-tauri/phone", &["sidecar-api", "sip"]),
    ("src-tauri/sidecar", &["sidecar-api"]),
    ("src-tauri/sidecar-api", &[]),
    ("src-tauri/sip", &[]),
    ("tests/lab", &[]),
    ("tests/xtask", &[]),
];

const ROOMS: [&str; 9] = [
    "engine",
    "headless",
    "lab",
    "media",
    "phone",
    "sidecar",
    "sidecar-api",
    "sip",
    "xtask",
];

#[test]
fn rooms_depend_only_on_the_rooms_that_the_picture_shows() {
    for (room, allowed) in ARROWS {
        for dependency in dependencies(room) {
            if ROOMS.contains(&dependency.as_str()) {
                assert!(
                    allowed.contains(&dependency.as_str()),
                    "{room} depends on {dependency}"
                );
            }
        }
    }
}

#[test]
fn rooms_without_io_depend_on_no_runtime_socket_or_webrtc_crate() {
    for room in ["src-tauri/sip", "src-tauri/phone", "src-tauri/sidecar-api"] {
        for dependency in dependencies(room) {
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
fn rsip_rtc_and_cpal_are_named_in_one_place_each() {
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
        let is_test = path.components().any(|it| it.as_os_str() == "tests");
        let in_lab = path.starts_with(root().join("tests/lab/src"));
        if is_test && !in_lab {
            let sleep = concat!("time::", "sleep");
            assert!(!text.contains(sleep), "{} sleeps", path.display());
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

/// Returns the names under `[dependencies]` of a room; what its tests need is its own affair, but for the lab's independence.
fn dependencies(room: &str) -> Vec<String> {
    let manifest = fs::read_to_string(root().join(room).join("Cargo.toml")).unwrap();
    let mut section = "";
    let mut found = Vec::new();
    for line in manifest.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        } else if section == "dependencies" || section.starts_with("target.") {
            found.extend(
                line.split(['.', ' ', '='])
                    .next()
                    .filter(|it| !it.is_empty())
                    .map(str::to_owned),
            );
        }
    }
    found
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "node_modules" && name != "target" {
                folders.push(path);
            } else if name.ends_with(".rs") && path != root().join("tests/tidy.rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found
}
