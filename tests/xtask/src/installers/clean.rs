//! Installing where nothing else is: `tests/installed/clean_system` makes such a place.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, bail};

use crate::run::{cargo, root, run};

use super::{Installers, TESTS};

/// Where the test of the installed program finds the command that starts it, one word a line.
const WINDOW: &str = "HELIX_INSTALLED_WINDOW";

/// Installs both packages; has the one for this system's kind signed in with, used and removed.
pub(super) fn check(made: &Installers, folder: &Path) -> Result<()> {
    let clean = folder.join("clean");
    fs::create_dir_all(&clean).with_context(|| format!("Cannot make {}", clean.display()))?;
    let clean = clean.canonicalize().context("No folder")?;
    run(system(&clean, "rpm").args([&made.rpm, &made.deb]))?;
    run(system(&clean, "install").arg(&made.deb))?;
    let window = system(&clean, "window");
    let words = [window.get_program()].into_iter().chain(window.get_args());
    let words = words
        .map(|it| it.to_str().context("A path that is no text"))
        .collect::<Result<Vec<_>>>()?;
    run(cargo()
        .args(TESTS)
        .arg("the_installed_program")
        .env(WINDOW, words.join("\n")))?;
    let screenshot = clean.join("screen.png");
    if !screenshot.is_file() {
        bail!("No screenshot {}", screenshot.display());
    }
    println!("The installed program: {}", screenshot.display());
    run(&mut system(&clean, "remove"))?;
    run(&mut system(&clean, "discard"))
}

/// Returns the script in namespaces of its own, as root.
pub(super) fn system(folder: &Path, what: &str) -> Command {
    let words = ["unshare", "--mount", "--pid", "--fork", "--kill-child"];
    let is_root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|it| it.stdout.trim_ascii() == b"0");
    let mut command = if is_root {
        Command::new(words[0])
    } else {
        let mut sudo = Command::new("sudo");
        sudo.arg(words[0]);
        sudo
    };
    command
        .args(&words[1..])
        .arg(root().join("tests/installed/clean_system"))
        .arg(folder)
        .arg(what);
    command
}
