mod window;

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;

pub(crate) use window::try_out;

use crate::{
    packages::{self, BUILD, SOUND, SPEECH, WINDOW},
    page,
    run::{attend, cargo, run, target_directory},
};

/// Keeps the window away.
const HEADLESS: &str = "--headless";

/// Builds the phone, the sidecar and the lab. Where there is a display, the phone's window opens to be tried; elsewhere, and with
/// `--headless`, their story is told with real processes.
pub(crate) fn demo(arguments: &[String]) -> Result<()> {
    let is_headless = arguments.iter().any(|it| it == HEADLESS);
    let rest = arguments.iter().filter(|it| *it != HEADLESS);
    let mut demo = if is_headless || !has_display() {
        packages::require(&[&BUILD[..], &[SPEECH]].concat())?;
        story(&build(&[])?)
    } else {
        packages::require(&[&BUILD[..], SOUND, WINDOW, &[SPEECH]].concat())?;
        page::build()?;
        let mut window = story(&build(&["--features=gui"])?);
        window.arg("--window");
        window
    };
    attend(demo.args(rest))
}

/// Builds with these features; returns the folder of the programs.
fn build(features: &[&str]) -> Result<PathBuf> {
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
    Ok(target_directory().join("release"))
}

/// Returns the command that tells the story with the programs in this folder.
pub(crate) fn story(built: &Path) -> Command {
    let mut demo = Command::new(built.join("demo"));
    demo.arg("--phone")
        .arg(built.join("helix-phone"))
        .arg("--sidecar")
        .arg(built.join("helix-sidecar"));
    demo
}

/// Whether there is somebody to look at a window.
fn has_display() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|it| !it.is_empty());
    !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}
