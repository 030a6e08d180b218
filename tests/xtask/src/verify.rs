use std::{process::Command, time::Instant};

use anyhow::{Context, Result, bail};

use crate::{
    demo, installers,
    packages::{
        self, ALSA_TO_PULSEAUDIO, BUILD, CERTUTIL, CHROMIUM, COTURN, DISPLAY, FONTS, GNUPG,
        HAPROXY, KAMAILIO, KEYRING, MINGW, NETWORKS, PIPEWIRE, PULSEAUDIO, REDIS, REDIS_SENTINEL,
        RTPENGINE, SESSION_BUS, SOUND, SPEECH, WINDOW,
    },
    page,
    run::{cargo, exists, free_megabytes, root, run, target_directory},
};

/// The version that reads `.cargo/deny.toml`.
const CARGO_DENY: &str = "0.20.2";

/// What needs other programs, sound libraries and web views.
const ALL_FEATURES: &str = "--all-features";

/// Whether windows are tried out on a screen that nobody looks at.
const HAS_SCREEN: bool = cfg!(target_os = "linux");

type Step = (&'static str, fn() -> Result<()>);

const STEPS: [Step; 9] = [
    ("format", format),
    ("page", page),
    ("lints", lints),
    ("windows", windows),
    ("static", installers::image::check),
    ("dependencies", dependencies),
    ("tests", tests),
    ("demo", demo),
    ("installers", installers::check),
];

/// Runs every step, or the named ones; the first that fails ends it.
pub(crate) fn verify(names: &[String]) -> Result<()> {
    if let Some(unknown) = names
        .iter()
        .find(|name| STEPS.iter().all(|(it, _)| it != name))
    {
        let known = STEPS.map(|(name, _)| name).join(", ");
        bail!("No step {unknown:?}; there are {known}");
    }
    let start = Instant::now();
    let wanted = |name: &str| names.is_empty() || names.iter().any(|it| it == name);
    for (number, (name, step)) in STEPS
        .iter()
        .enumerate()
        .filter(|(_, (name, _))| wanted(name))
    {
        println!("\n[{}/{}] {name}", number + 1, STEPS.len());
        let began = Instant::now();
        step().with_context(|| format!("Step {name:?} failed{}", little_room()))?;
        println!(
            "[{}/{}] {name}: {} s",
            number + 1,
            STEPS.len(),
            began.elapsed().as_secs()
        );
    }
    println!("\nVerified in {} s", start.elapsed().as_secs());
    Ok(())
}

/// Below this, a linker or a test may have failed for want of room, and does not say so.
const LITTLE_MEGABYTES: u64 = 1000;

fn little_room() -> String {
    match free_megabytes() {
        Some(free) if free < LITTLE_MEGABYTES => {
            format!(", and only {free} MB of the disk are free")
        }
        _ => String::new(),
    }
}

fn format() -> Result<()> {
    run(cargo().args(["fmt", "--all", "--check"]))
}

/// The types, the tests in a browser, the weight of the window's page.
fn page() -> Result<()> {
    packages::require(&[&[CHROMIUM][..], FONTS].concat())?;
    packages::require_npm(page::FOLDER)?;
    for arguments in [&["run", "check"][..], &["test"]] {
        run(packages::npm(&root().join(page::FOLDER))?.args(arguments))?;
    }
    page::build()
}

fn lints() -> Result<()> {
    packages::require(&[&BUILD[..], SOUND, WINDOW].concat())?;
    page::build()?;
    let clippy = |features: &[&str]| {
        run(cargo()
            .args(["clippy", "--workspace", "--all-targets"])
            .args(features)
            .args(["--", "--deny=warnings"]))
    };
    clippy(&[])?;
    clippy(&[ALL_FEATURES])
}

/// The toolchain for Windows that needs nothing of Microsoft.
const WINDOWS: &str = "x86_64-pc-windows-gnu";

/// The phone with its window for Windows, compiled and linted, not run. Left out where the target cannot be had.
fn windows() -> Result<()> {
    let added = exists("rustup")
        && Command::new("rustup")
            .args(["target", "add", WINDOWS])
            .status()?
            .success();
    if !added {
        println!("Not compiled for Windows: rustup cannot add {WINDOWS} here");
        return Ok(());
    }
    packages::require(&[&BUILD[..], &[MINGW]].concat())?;
    page::build()?;
    run(cargo()
        .args(["clippy", "--package=helix-phone", "--bins", ALL_FEATURES])
        .args(["--target", WINDOWS, "--", "--deny=warnings"]))
}

/// What plain `cargo build` and `cargo test` do without.
const LIBRARIES_OF_FEATURES: [&str; 3] = ["alsa-sys", "gtk-sys", "webkit2gtk-sys"];

/// Licences, bans and sources; advisories need a database from outside. And no library of the system without its feature.
fn dependencies() -> Result<()> {
    let tree = cargo()
        .args(["tree", "--workspace", "--prefix=none", "--format={p}"])
        .output()
        .context("Cannot start cargo tree")?;
    let tree = String::from_utf8_lossy(&tree.stdout);
    if !tree.contains("helix-phone ") {
        bail!("cargo tree does not list the workspace");
    }
    for library in LIBRARIES_OF_FEATURES {
        if tree.lines().any(|it| it.split(' ').next() == Some(library)) {
            bail!("{library} is built without its feature");
        }
    }
    let tools = target_directory().join("tools");
    let installed = tools.join("bin").join("cargo-deny");
    let deny = if exists("cargo-deny") {
        "cargo-deny".into()
    } else {
        if !installed.is_file() {
            run(cargo()
                .args(["install", "--locked", "cargo-deny", "--version", CARGO_DENY])
                .arg("--root")
                .arg(&tools))?;
        }
        installed
    };
    run(Command::new(deny).current_dir(root()).args([
        "--all-features",
        "--config=.cargo/deny.toml",
        "check",
        "licenses",
        "bans",
        "sources",
    ]))
}

/// All of them, with the real peers: Kamailio, JsSIP in Chromium, coturn, rtpengine, PulseAudio with null sinks as the sound card,
/// GNOME's keyring, GnuPG, Redis, HAProxy, and the window on a display that nobody looks at.
///
/// The features are those of the lints, so that everything is built once.
fn tests() -> Result<()> {
    let peers = [
        ALSA_TO_PULSEAUDIO,
        CERTUTIL,
        CHROMIUM,
        COTURN,
        GNUPG,
        HAPROXY,
        KAMAILIO,
        KEYRING,
        NETWORKS,
        PULSEAUDIO,
        REDIS,
        REDIS_SENTINEL,
        RTPENGINE,
        SESSION_BUS,
        SPEECH,
    ];
    packages::require(&[&BUILD[..], SOUND, WINDOW, &DISPLAY, &PIPEWIRE, &peers].concat())?;
    packages::require_npm("tests/peers")?;
    page::build()?;
    run(cargo().args(["test", "--workspace", ALL_FEATURES, "--no-fail-fast"]))?;
    // And what a build without any feature does and says.
    run(cargo()
        .args(["test", "--package=helix-phone", "--package=media"])
        .args(["--test=calls", "--test=headless"]))
}

/// The story of the demo, told by what the tests built: the program with the window has the other door, too. Then its window, where there can be
/// a screen that nobody looks at.
fn demo() -> Result<()> {
    let mut needed = [&BUILD[..], SOUND, WINDOW, &[SPEECH]].concat();
    if HAS_SCREEN {
        needed.extend(DISPLAY);
        needed.push(SESSION_BUS);
    }
    packages::require(&needed)?;
    page::build()?;
    run(cargo().args(["test", "--workspace", ALL_FEATURES, "--no-run"]))?;
    let built = target_directory().join("debug");
    run(&mut demo::story(&built))?;
    if HAS_SCREEN {
        demo::try_out(&built, &target_directory().join("demo-window"))?;
    }
    Ok(())
}
