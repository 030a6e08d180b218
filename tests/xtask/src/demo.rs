use std::{env, process::Command};

use anyhow::Result;

use crate::{
    packages::{self, BUILD, SOUND, SPEECH, WINDOW},
    page,
    run::{attend, cargo, run, target_directory},
};

/// Keeps the window away.
pub(crate) const HEADLESS: &str = "--headless";

/// Builds the phone, the sidecar and the lab. Where there is a display, the phone's window opens to be tried; elsewhere, and with
/// `--headless`, their story is told with real processes.
pub(crate) fn demo(arguments: &[String]) -> Result<()> {
    let is_headless = arguments.iter().any(|it| it == HEADLESS);
    let rest = arguments.iter().filter(|it| *it != HEADLESS);
    let mut demo = if is_headless || !has_display() {
        packages::require(&[&BUILD[..], &[SPEECH]].concat())?;
        build(&[])?
    } else {
        packages::require(&[&BUILD[..], SOUND, WINDOW, &[SPEECH]].concat())?;
        page::build()?;
        build(&["--features=gui"])?
    };
    attend(demo.args(rest))
}

/// Builds with these features; returns the demo that is to be run.
fn build(features: &[&str]) -> Result<Command> {
    run(cargo()
        .args([
            "build",
            "--release",
            "--package=helix-phone",
            "--package=sidecar",
            "--package=lab",
            "--bins",
        ])
        .args(features))?;
    let built = target_directory().join("release");
    let mut demo = Command::new(built.join("demo"));
    demo.arg("--phone")
        .arg(built.join("helix-phone"))
        .arg("--sidecar")
        .arg(built.join("helix-sidecar"));
    if !features.is_empty() {
        demo.arg("--window");
    }
    Ok(demo)
}

/// Whether there is somebody to look at a window.
fn has_display() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|it| !it.is_empty());
    !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}
