//! `cargo release`: the packages of a version, signed with keys that lie outside the repository.

mod keys;

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    installers::{self, Installers, PACKAGING, bill, output},
    packages::{self, BUILD, SOUND, WINDOW},
    run::{run, target_directory},
};

use keys::{Keys, ThrowAway, VARIABLES};

/// The sums of all files of a release.
const SUMS: &str = "SHA256SUMS";

/// RPM looks for `gpg2`, which not every system has.
const GPG_OF_RPM: &str = "__gpg /usr/bin/gpg";

/// Builds the program as it is given to people, packs and signs it. The keys are asked for before the long build.
pub(crate) fn release(arguments: &[String]) -> Result<()> {
    if !arguments.is_empty() {
        bail!("`cargo release` has no arguments; its keys are named by the environment");
    }
    let keys = Keys::of_environment()?;
    packages::require(&[&BUILD[..], SOUND, WINDOW, &PACKAGING].concat())?;
    let made = installers::of_release()?;
    let folder = target_directory().join("installers/dist/signed");
    let signed = sign(&made, &keys, &folder)?;
    installers::print_sizes(&made)?;
    println!("Signed by {}: {}", keys.fingerprint(), signed.display());
    Ok(())
}

/// Signs packages with keys that are made for it and thrown away, and has all signatures checked by others' programs; and sees that changed
/// packages fail.
pub(crate) fn check_signing(made: &Installers) -> Result<()> {
    check_refusal()?;
    let thrown_away = ThrowAway::new()?;
    let keys = Keys::named_by(|name| thrown_away.variable(name))?;
    let folder = made.deb.with_extension("signed");
    let signed = sign(made, &keys, &folder)?;
    for package in [&made.deb, &made.rpm] {
        let package = signed.join(name(package)?);
        thrown_away.check_updater_signature(&package)?;
        fs::OpenOptions::new()
            .append(true)
            .open(&package)
            .and_then(|mut it| std::io::Write::write_all(&mut it, b"!"))
            .with_context(|| format!("Cannot change {}", package.display()))?;
        if thrown_away.check_updater_signature(&package).is_ok() {
            bail!("A changed package passes for that of the updater");
        }
    }
    if verify(&signed, &keys).is_ok() {
        bail!("Changed packages pass for signed ones");
    }
    Ok(())
}

/// Without keys nothing is built, and all that lacks is named.
fn check_refusal() -> Result<()> {
    let mut release = Command::new(env::current_exe().context("This program lies nowhere")?);
    release.arg("release");
    for variable in VARIABLES {
        release.env_remove(variable);
    }
    let refused = release.output().context("Cannot start this program")?;
    let said = String::from_utf8_lossy(&refused.stderr);
    if refused.status.success() || !VARIABLES.iter().all(|it| said.contains(it)) {
        bail!(
            "A release without keys ends with {}, saying {said}",
            refused.status
        );
    }
    Ok(())
}

/// Copies the packages to a folder and puts their signatures beside them, and what each is made of; they hold when it returns.
fn sign(made: &Installers, keys: &Keys, folder: &Path) -> Result<PathBuf> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("Cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("Cannot make {}", folder.display()))?;
    let mut sums = Vec::new();
    for package in [&made.deb, &made.rpm, &made.sidecar] {
        let name = name(package)?;
        let copy = folder.join(&name);
        fs::copy(package, &copy).with_context(|| format!("Cannot copy {name}"))?;
        // RPM's own signature lies in the package, so it comes before those that lie beside it.
        if name.ends_with(".rpm") {
            run(keys
                .at_work("rpmsign")
                .args(["--define", GPG_OF_RPM, "--define"])
                .arg(format!("_gpg_name {}", keys.fingerprint()))
                .arg("--addsign")
                .arg(&copy))?;
        }
        keys.sign_detached(&copy)?;
        sums.push(name.clone());
        // The sidecar is updated by its system alone.
        if package != &made.sidecar {
            keys.sign_for_the_updater(&copy)?;
            sums.push(format!("{name}.sig"));
        }
    }
    for (name, text) in bill::of_release()? {
        let path = folder.join(&name);
        fs::write(&path, text).with_context(|| format!("Cannot write {name}"))?;
        keys.sign_detached(&path)?;
        sums.push(name);
    }
    let file = File::create(folder.join(SUMS)).context("Cannot write the sums")?;
    let status = Command::new("sha256sum")
        .current_dir(folder)
        .args(&sums)
        .stdout(file)
        .status()
        .context("Cannot start sha256sum")?;
    if !status.success() {
        bail!("sha256sum: {status}");
    }
    keys.sign_detached(&folder.join(SUMS))?;
    verify(folder, keys)?;
    Ok(folder.to_owned())
}

/// Checks all signatures of GnuPG's key, as people do who have its public half alone.
fn verify(folder: &Path, keys: &Keys) -> Result<()> {
    let other = keys::home()?;
    let result = verify_as(&other, folder, keys);
    fs::remove_dir_all(&other).context("Cannot remove a folder")?;
    result
}

fn verify_as(other: &Path, folder: &Path, keys: &Keys) -> Result<()> {
    let public = other.join("public.asc");
    fs::write(&public, keys.public()?).context("Cannot write the public key")?;
    let gpg = || {
        let mut gpg = Command::new("gpg");
        gpg.arg("--homedir")
            .arg(other)
            .args(["--batch", "--quiet", "--no-autostart"]);
        gpg
    };
    output(gpg().arg("--import").arg(&public))?;
    let rpm = || {
        let mut rpm = Command::new("rpm");
        rpm.arg("--dbpath").arg(other.join("rpm"));
        rpm
    };
    output(rpm().arg("--import").arg(&public))?;
    for entry in fs::read_dir(folder).context("No folder")? {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == "asc") {
            let signed = path.with_extension("");
            output(gpg().arg("--verify").arg(&path).arg(&signed))?;
        } else if path.extension().is_some_and(|it| it == "rpm") {
            let said = output(rpm().args(["--checksig", "--verbose"]).arg(&path))?;
            if !said.contains("Signature, key ID") {
                bail!("{} has no signature: {said}", path.display());
            }
        }
    }
    output(
        Command::new("sha256sum")
            .current_dir(folder)
            .args(["--check", "--strict", SUMS]),
    )?;
    Ok(())
}

fn name(path: &Path) -> Result<String> {
    let name = path.file_name().context("A package has a name")?;
    Ok(name.to_string_lossy().into_owned())
}
