use std::process::Command;

use anyhow::{Result, bail};

use crate::{
    installers::{self, PACKAGING},
    packages::{
        self, BARESIP, BUILD, CHROMIUM, DISPLAY, KEYRING, PULSEAUDIO, REDIS, SESSION_BUS, SOUND,
        WINDOW,
    },
    page,
    run::{cargo, run},
};

type Part = (&'static str, fn(&[String]) -> Result<()>);

const PARTS: [Part; 6] = [
    ("phone", phone),
    ("sound", sound),
    ("window", window),
    ("size", size),
    ("sidecar", sidecar),
    ("parts", parts),
];

/// As installers and images have it: optimised across crates.
const DIST: &str = "dist";
const SHIPPED: &str = "--profile=dist";

/// Rounds of the lock checker where nobody says how many, each of a hundred thousand operations.
const ROUNDS: &str = "10";

/// Prints all figures, or those of the part that the first argument names; what follows goes to that.
pub(crate) fn figures(arguments: &[String]) -> Result<()> {
    let Some((name, rest)) = arguments.split_first() else {
        return PARTS.iter().try_for_each(|(_, part)| part(&[]));
    };
    match PARTS.iter().find(|(it, _)| it == name) {
        Some((_, part)) => part(rest),
        None => {
            let known = PARTS.map(|(name, _)| name).join(", ");
            bail!("No figures of {name:?}; there are {known}")
        }
    }
}

/// The whole phone, with files and tones.
fn phone(arguments: &[String]) -> Result<()> {
    packages::require(&BUILD)?;
    run(cargo()
        .args([
            "bench",
            SHIPPED,
            "--package=helix-phone",
            "--bench=figures",
            "--",
        ])
        .args(arguments))
}

/// The whole phone at sound devices, beside Chromium and baresip: about thirty minutes.
fn sound(arguments: &[String]) -> Result<()> {
    if !cfg!(target_os = "linux") {
        println!("The figures of the sound devices need PulseAudio, and so Linux: left out");
        return Ok(());
    }
    packages::require(&[&BUILD[..], SOUND, &[PULSEAUDIO, CHROMIUM, BARESIP]].concat())?;
    packages::require_npm("tests/peers")?;
    run(cargo()
        .args([
            "bench",
            SHIPPED,
            "--package=helix-phone",
            "--features=peers,sound",
        ])
        .args(["--bench=sound", "--"])
        .args(arguments))
}

/// The window, beside an empty one and Chromium, and its memory in the course of a day (`calls`: that alone): about ten minutes.
fn window(arguments: &[String]) -> Result<()> {
    if !cfg!(target_os = "linux") {
        println!("The figures of the window need Xvfb, and so Linux: left out");
        return Ok(());
    }
    let desk = [CHROMIUM, KEYRING, PULSEAUDIO, SESSION_BUS];
    packages::require(&[&BUILD[..], SOUND, WINDOW, &DISPLAY, &desk].concat())?;
    packages::require_npm("tests/peers")?;
    page::build()?;
    let features = "--features=peers,sound,gui";
    run(cargo().args([
        "build",
        SHIPPED,
        "--package=helix-phone",
        features,
        "--example=empty_window",
    ]))?;
    run(cargo()
        .args([
            "bench",
            SHIPPED,
            "--package=helix-phone",
            features,
            "--bench=window",
            "--",
        ])
        .args(arguments))
}

/// The packages, as a release makes them but for signatures, and the program without a window: minutes of building.
fn size(_: &[String]) -> Result<()> {
    if !cfg!(target_os = "linux") {
        println!("The figures of the packages need dpkg and rpm, and so Linux: left out");
        return Ok(());
    }
    packages::require(&[&BUILD[..], SOUND, WINDOW, &PACKAGING].concat())?;
    let windowless = installers::size_without_window()?;
    installers::print_sizes(&installers::of_release()?)?;
    installers::print_size(
        "the phone, no window",
        windowless,
        "goal <= 8 MB stripped (G18)",
    );
    Ok(())
}

/// A sidecar, alone and with Redis: about four minutes; with a part of their names only some kinds of runs. `timing` prints what the time of an
/// answer tells, `slow` what clients that take their time do to others, `outage` how soon it is known what befalls a session, `keys` what an agent
/// takes of Redis, `locks` and a number have the lock checker go round so often. `static` before any of these but `locks` measures the static
/// program of the image.
fn sidecar(arguments: &[String]) -> Result<()> {
    if !cfg!(target_os = "linux") {
        println!("The figures of the sidecar need /proc, and so Linux: left out");
        return Ok(());
    }
    packages::require(&[&BUILD[..], &[REDIS]].concat())?;
    match arguments.split_first() {
        Some((part, rest)) if part == "locks" => {
            let rounds = rest.first().map_or(ROUNDS, String::as_str);
            run(cargo()
                .args(["test", "--release", "--package=sidecar", "--features=peers"])
                .args(["--test=redis", "--", "checker", "--nocapture"])
                .env("HELIX_LOCK_ROUNDS", rounds))
        }
        Some((part, rest)) if part == "static" => match installers::image::build(DIST)? {
            Some(program) => run(load_of_a_sidecar(rest).env("HELIX_SIDECAR", program)),
            None => Ok(()),
        },
        Some(_) | None => run(&mut load_of_a_sidecar(arguments)),
    }
}

fn load_of_a_sidecar(arguments: &[String]) -> Command {
    let mut command = cargo();
    command
        .args(["bench", SHIPPED, "--package=sidecar", "--features=peers"])
        .args(["--bench=load", "--"])
        .args(arguments);
    command
}

/// What the phone is made of: messages, packets, voice processing.
fn parts(arguments: &[String]) -> Result<()> {
    packages::require(&BUILD)?;
    run(cargo()
        .args(["bench", "--package=sip", "--package=media", "--"])
        .args(arguments))
}
