use std::{process::Command, time::Instant};

use anyhow::{Context, Result, bail};

use crate::{
    demo,
    packages::{
        self, ALSA_TO_PULSEAUDIO, BUILD, CERTUTIL, CHROMIUM, COTURN, DISPLAY, KAMAILIO, KEYRING,
        NETWORKS, PULSEAUDIO, RTPENGINE, SESSION_BUS, SOUND, SPEECH, WINDOW,
    },
    page,
    run::{cargo, exists, root, run, target_directory},
};

/// The version that reads `.cargo/deny.toml`.
const CARGO_DENY: &str = "0.20.2";

/// What needs other programs, sound libraries and web views.
const ALL_FEATURES: &str = "--all-features";

type Step = (&'static str, fn() -> Result<()>);

const STEPS: [Step; 9] = [
    ("format", format),
    ("page", page),
    ("lints", lints),
    ("dependencies", dependencies),
    ("tests", tests),
    ("demo", || demo::demo(&[demo::HEADLESS.to_owned()])),
    ("sound", sound),
    ("peers", peers),
    ("desktop", desktop),
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
        step().with_context(|| format!("Step {name:?} failed"))?;
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

fn format() -> Result<()> {
    run(cargo().args(["fmt", "--all", "--check"]))
}

/// The types, the tests in a browser, the weight of the window's page.
fn page() -> Result<()> {
    packages::require(&[CHROMIUM])?;
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

/// Licences, bans and sources; advisories need a database from outside.
fn dependencies() -> Result<()> {
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

fn tests() -> Result<()> {
    packages::require(&BUILD)?;
    run(cargo().args(["test", "--workspace", "--no-fail-fast"]))
}

/// The sound devices, with PulseAudio's null sinks as the sound card.
fn sound() -> Result<()> {
    let servers = [PULSEAUDIO, ALSA_TO_PULSEAUDIO, SPEECH];
    packages::require(&[&BUILD[..], SOUND, WINDOW, &servers].concat())?;
    page::build()?;
    // All members, here and below, so that their dependencies are built as the other tests want them.
    let test = || {
        let mut test = cargo();
        test.args(["test", "--workspace", ALL_FEATURES]);
        test
    };
    run(test().args(["--lib", "--test=calls", "--", "device::", "system::"]))?;
    run(test().args(["--test=callback", "--test=sound"]))
}

/// Calls through Kamailio with JsSIP in Chromium at the other end, media with coturn and rtpengine, a session in GNOME's keyring.
fn peers() -> Result<()> {
    let peers = [
        SPEECH,
        KAMAILIO,
        CHROMIUM,
        CERTUTIL,
        COTURN,
        RTPENGINE,
        NETWORKS,
        SESSION_BUS,
        KEYRING,
    ];
    packages::require(&[&BUILD[..], SOUND, WINDOW, &peers].concat())?;
    packages::require_npm("tests/peers")?;
    page::build()?;
    run(cargo().args([
        "test",
        "--workspace",
        ALL_FEATURES,
        "--test=kamailio",
        "--test=keyring",
        "--test=media_servers",
    ]))
}

/// The window, driven from outside on a display that nobody looks at.
fn desktop() -> Result<()> {
    let desk = [PULSEAUDIO, SPEECH, SESSION_BUS, KEYRING];
    packages::require(&[&BUILD[..], SOUND, WINDOW, &DISPLAY, &desk].concat())?;
    page::build()?;
    run(cargo().args(["test", "--workspace", ALL_FEATURES, "--test=desktop"]))
}
