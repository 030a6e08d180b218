//! The packages for Debian's and Red Hat's systems: what is in them, and that they work where nothing else is installed.

pub(crate) mod bill;
mod clean;
mod contents;
pub(crate) mod image;
pub(crate) mod licences;
mod needs;
mod sidecar;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    packages::{self, BUILD, DISPLAY, SESSION_BUS, SOUND, WINDOW},
    page, release,
    run::{cargo, root, run, target_directory},
};

/// What makes packages, beside what builds the program.
pub(crate) const PACKAGING: [packages::Need; 3] = [packages::RPM, packages::GNUPG, packages::XZ];

/// What makes packages; its lock would have to name the builds for all systems, so it is in no package.json.
const TAURI: &str = "@tauri-apps/cli@2.12.5";

/// Where what is made for packages lies, as `tauri.conf.json` names it.
const MADE: &str = "gen/installers";

/// What builds both programs as the tests have them. Wherever one of these tests is run, all are named: with fewer of them Cargo takes fewer
/// features of the libraries, and builds these anew.
const TESTS: [&str; 5] = [
    "test",
    "--workspace",
    "--all-features",
    "--test=installed",
    "--test=sidecar",
];

/// What is packed as it is but for being compressed, and under which name.
const COMPRESSED: [(&str, &str); 3] = [
    ("src-tauri/app/installers/helix-phone.1", "helix-phone.1.gz"),
    ("src-tauri/headless/PROTOCOL.md", "PROTOCOL.md.gz"),
    ("src-tauri/CHANGELOG.md", "changelog.gz"),
];

/// The packages of one version.
#[derive(Debug)]
pub(crate) struct Installers {
    pub(crate) deb: PathBuf,
    pub(crate) rpm: PathBuf,
    /// What both have in them.
    pub(crate) program: PathBuf,
    /// The sidecar's, for Debian's systems.
    pub(crate) sidecar: PathBuf,
}

/// Packs the programs that were built for the tests, looks into the packages, signs them with keys that are thrown away, and installs them where
/// nothing else is.
pub(crate) fn check() -> Result<()> {
    packages::require(
        &[
            &BUILD[..],
            SOUND,
            WINDOW,
            &DISPLAY,
            &PACKAGING,
            &[SESSION_BUS],
            &packages::PACKAGE_CHECKS,
        ]
        .concat(),
    )?;
    page::build()?;
    // As the tests build it, so that it is built once.
    run(cargo().args(TESTS).arg("--no-run"))?;
    let folder = target_directory().join("installers");
    let made = bundle(&target_directory().join("debug"), &folder.join("debug"))?;
    sidecar::check(&made.sidecar, &folder)?;
    contents::check(&made)?;
    release::check_signing(&made)?;
    clean::check(&made, &folder)
}

/// Builds the programs as they are given to people, and packs them.
pub(crate) fn of_release() -> Result<Installers> {
    page::build()?;
    for program in [
        &["--package=helix-phone", "--features=gui"][..],
        &["--package=sidecar"],
    ] {
        run(cargo()
            .args(["build", "--profile=dist", "--locked"])
            .args(program))?;
    }
    let target = target_directory();
    bundle(&target.join("dist"), &target.join("installers/dist"))
}

/// Builds the program as it is given to people, without any feature: with the headless door alone. Returns its size in bytes; it has no symbols.
///
/// What is built with a window after it takes its place.
pub(crate) fn size_without_window() -> Result<u64> {
    run(cargo().args([
        "build",
        "--profile=dist",
        "--locked",
        "--package=helix-phone",
    ]))?;
    size(&target_directory().join("dist/helix-phone"))
}

/// Makes the packages of the programs that were built there.
pub(crate) fn bundle(built: &Path, folder: &Path) -> Result<Installers> {
    packages::require_npm(page::FOLDER)?;
    // The Tauri command writes into the program which package it is in, so it gets one of its own; and a package has no use for symbols.
    let staged = folder.join("release");
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("Cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(&staged).with_context(|| format!("Cannot make {}", staged.display()))?;
    let program_in_it = staged.join("helix-phone");
    run(Command::new("strip")
        .arg("-o")
        .arg(&program_in_it)
        .arg(built.join("helix-phone")))?;

    let made = root().join(MADE);
    fs::create_dir_all(&made).with_context(|| format!("Cannot make {}", made.display()))?;
    for (source, name) in COMPRESSED {
        compress(&root().join(source), &made.join(name))?;
    }
    let licences = made.join("THIRD-PARTY");
    fs::write(&licences, licences::of_phone()?)
        .with_context(|| format!("Cannot write {}", licences.display()))?;
    compress(&licences, &made.join("THIRD-PARTY.gz"))?;
    let configuration = made.join("linux.json");
    let text = needs::configuration(&program_in_it)?;
    fs::write(&configuration, text)
        .with_context(|| format!("Cannot write {}", configuration.display()))?;

    run(tauri()
        .args(["bundle", "--bundles=deb,rpm", "--config"])
        .arg(&configuration)
        .env("CARGO_TARGET_DIR", folder))?;
    let bundles = staged.join("bundle");
    let deb = only(&bundles.join("deb"), "deb")?;
    pack_tighter(&deb)?;
    Ok(Installers {
        deb,
        rpm: only(&bundles.join("rpm"), "rpm")?,
        program: program_in_it,
        sidecar: sidecar::pack(&built.join("helix-sidecar"), &folder.join("sidecar"))?,
    })
}

/// Prints how large the packages are, and the phone in them, beside what is to be reached (design/goals.md, G18).
pub(crate) fn print_sizes(made: &Installers) -> Result<()> {
    for (what, path, goal) in [
        ("the phone, stripped", &made.program, ""),
        (".deb of the phone", &made.deb, "goal <= 6 MB (G18)"),
        (".rpm of the phone", &made.rpm, "goal <= 6 MB (G18)"),
        (".deb of the sidecar", &made.sidecar, ""),
    ] {
        print_size(what, size(path)?, goal);
    }
    Ok(())
}

/// Prints one size in a row of that table.
pub(crate) fn print_size(what: &str, bytes: u64, goal: &str) {
    println!("{what:<24} {:>8.2} MB  {goal}", bytes as f64 / 1e6);
}

/// Returns how many bytes a file has.
fn size(path: &Path) -> Result<u64> {
    let metadata = path.metadata();
    Ok(metadata
        .with_context(|| format!("No {}", path.display()))?
        .len())
}

/// Returns the Tauri command, which npx brings.
pub(crate) fn tauri() -> Command {
    let mut tauri = Command::new("npx");
    tauri.current_dir(root()).args(["--yes", TAURI]);
    tauri
}

/// Runs a command and returns what it writes; fails where it fails, with what it complains of.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .with_context(|| format!("Cannot start {name}"))?;
    if !output.status.success() {
        let complaints = String::from_utf8_lossy(&output.stderr);
        bail!("{name}: {}: {}", output.status, complaints.trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("{name} writes what is no text"))
}

/// Packs what a .deb installs with xz, as Debian itself does: the Tauri command knows gzip alone, which takes a quarter more.
fn pack_tighter(deb: &Path) -> Result<()> {
    let parts = deb.with_extension("parts");
    fs::create_dir_all(&parts).with_context(|| format!("Cannot make {}", parts.display()))?;
    let at = |program: &str| {
        let mut command = Command::new(program);
        command.current_dir(&parts);
        command
    };
    run(at("ar").arg("x").arg(deb))?;
    run(at("gunzip").arg("data.tar.gz"))?;
    run(at("xz").args(["--threads=1", "-8e", "data.tar"]))?;
    fs::remove_file(deb).with_context(|| format!("Cannot remove {}", deb.display()))?;
    // No times and no owners, so that the same members always make the same file; the format fixes their order (deb(5)).
    run(at("ar")
        .arg("rcD")
        .arg(deb)
        .args(["debian-binary", "control.tar.gz", "data.tar.xz"]))?;
    fs::remove_dir_all(&parts).with_context(|| format!("Cannot remove {}", parts.display()))
}

/// The same bytes always make the same file: no name, no time.
fn compress(source: &Path, target: &Path) -> Result<()> {
    let file =
        File::create(target).with_context(|| format!("Cannot write {}", target.display()))?;
    let status = Command::new("gzip")
        .args(["-9", "--no-name", "--stdout"])
        .arg(source)
        .stdout(file)
        .status()
        .context("Cannot start gzip")?;
    if !status.success() {
        bail!("gzip {}: {status}", source.display());
    }
    Ok(())
}

/// Returns the one file with this extension.
fn only(folder: &Path, extension: &str) -> Result<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("No {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == extension) {
            found.push(path);
        }
    }
    match <[PathBuf; 1]>::try_from(found) {
        Ok([path]) => Ok(path),
        Err(found) => bail!(
            "{} has {} files of the kind {extension}, and not one",
            folder.display(),
            found.len()
        ),
    }
}
