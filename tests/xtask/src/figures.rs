use anyhow::{Result, bail};

use crate::{
    packages::{
        self, BARESIP, BUILD, CHROMIUM, DISPLAY, KEYRING, PULSEAUDIO, SESSION_BUS, SOUND, WINDOW,
    },
    page,
    run::{cargo, run},
};

type Part = (&'static str, fn(&[String]) -> Result<()>);

const PARTS: [Part; 4] = [
    ("phone", phone),
    ("sound", sound),
    ("window", window),
    ("parts", parts),
];

/// As installers have it: optimised across crates.
const SHIPPED: &str = "--profile=dist";

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

/// The whole phone at sound devices, beside Chromium and baresip: about twenty-five minutes.
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

/// The window, beside an empty one and Chromium: about five minutes.
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
        "--release",
        "--package=helix-phone",
        features,
        "--example=empty_window",
    ]))?;
    run(cargo()
        .args([
            "bench",
            "--package=helix-phone",
            features,
            "--bench=window",
            "--",
        ])
        .args(arguments))
}

/// What the phone is made of.
fn parts(arguments: &[String]) -> Result<()> {
    packages::require(&BUILD)?;
    run(cargo()
        .args(["bench", "--package=sip", "--package=media", "--"])
        .args(arguments))
}
