//! What the packages depend on, as each system's own tool reads it out of the program.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::run::root;

use super::output;

/// Where RPM has its reader of programs.
const ELFDEPS: &str = "/usr/lib/rpm/elfdeps";

/// Returns what packages for Linux have beyond `tauri.conf.json`: names without spaces, and what this program needs besides what is named
/// there.
pub(super) fn configuration(program: &Path) -> Result<String> {
    let own = fs::read_to_string(root().join("tauri.conf.json")).context("No tauri.conf.json")?;
    let own = serde_json::from_str::<Value>(&own).context("tauri.conf.json is no JSON")?;
    let linux = &own["bundle"]["linux"];
    let deb = [named(&linux["deb"]["depends"])?, of_debian(program)?].concat();
    let rpm = [named(&linux["rpm"]["depends"])?, of_rpm(program)?].concat();
    let configuration = json!({
        // The desktop entry has to be called what notifications and the tray call it.
        "productName": "helix-phone",
        "bundle": {
            // The drawing serves all other sizes.
            "icon": ["icons/32x32.png", "icons/128x128.png"],
            "linux": { "deb": { "depends": deb }, "rpm": { "depends": rpm } },
        },
    });
    Ok(format!("{configuration:#}\n"))
}

fn named(list: &Value) -> Result<Vec<String>> {
    serde_json::from_value(list.clone()).context("tauri.conf.json has no list of dependencies")
}

/// Returns the packages with the libraries that the program is linked with, each from the version on that has what is used.
pub(super) fn of_debian(program: &Path) -> Result<Vec<String>> {
    // The tool wants to stand beside a source package.
    let folder = program.with_extension("source");
    let control = folder.join("debian/control");
    fs::create_dir_all(folder.join("debian"))
        .and_then(|()| fs::write(&control, "Source: helix-phone\nPackage: helix-phone\n"))
        .with_context(|| format!("Cannot write {}", control.display()))?;
    let program = program.canonicalize().context("No program")?;
    let found = output(
        Command::new("dpkg-shlibdeps")
            .current_dir(&folder)
            .arg("-O")
            .arg(program),
    )?;
    let found = found
        .trim()
        .strip_prefix("shlibs:Depends=")
        .context("dpkg-shlibdeps says something else")?;
    Ok(found.split(", ").map(str::to_owned).collect())
}

/// Returns the names and versions of the libraries, which are what RPM's packages provide.
fn of_rpm(program: &Path) -> Result<Vec<String>> {
    let mut elfdeps = Command::new(ELFDEPS)
        .arg("--requires")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("Cannot start {ELFDEPS}"))?;
    if let Some(mut stdin) = elfdeps.stdin.take() {
        writeln!(stdin, "{}", program.display()).context("elfdeps does not read")?;
    }
    let output = elfdeps.wait_with_output().context("elfdeps is gone")?;
    let found = String::from_utf8(output.stdout).context("elfdeps writes what is no text")?;
    if !output.status.success() || found.is_empty() {
        bail!("{ELFDEPS} reads nothing out of {}", program.display());
    }
    Ok(found.lines().map(str::to_owned).collect())
}
