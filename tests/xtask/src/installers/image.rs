//! The program of the sidecar's image: one static file that serves where nothing else is.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::{
    packages::{self, BUILD, MUSL},
    run::{cargo, exists, root, run, target_directory},
};

use super::{output, sidecar};

const NAME: &str = "helix-sidecar";

/// What `ldd` says of a program that needs no library of the system.
const STATIC: [&str; 2] = ["statically linked", "not a dynamic executable"];

/// Builds it with this profile of Cargo and returns where it is; `None`, and says why, where its target cannot be had.
pub(crate) fn build(profile: &str) -> Result<Option<PathBuf>> {
    if !cfg!(target_os = "linux") {
        println!("No static sidecar: its image is of Linux");
        return Ok(None);
    }
    let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    let added = exists("rustup")
        && Command::new("rustup")
            .args(["target", "add", &target])
            .status()?
            .success();
    if !added {
        println!("No static sidecar: rustup cannot add {target} here");
        return Ok(None);
    }
    packages::require(&[&BUILD[..], &[MUSL]].concat())?;
    run(cargo()
        .args(["build", "--package=sidecar", "--bin", NAME])
        .args(["--profile", profile, "--target", &target]))?;
    let folder = if profile == "dev" { "debug" } else { profile };
    Ok(Some(
        target_directory().join(target).join(folder).join(NAME),
    ))
}

/// Builds it as the image does, but without its optimisation, and signs in with it in a root that has its configuration and no other file.
/// Left out where it cannot be built.
pub(crate) fn check() -> Result<()> {
    let Some(built) = build("dev")? else {
        return Ok(());
    };
    let folder = target_directory().join("image");
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("Cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("Cannot make {}", folder.display()))?;
    let folder = folder.canonicalize().context("No folder")?;
    let program = folder.join(NAME);
    run(Command::new("strip").arg("-o").arg(&program).arg(built))?;
    // It also fails where it has nothing to list.
    let linked = Command::new("ldd").arg(&program).output();
    let linked = linked.context("Cannot start ldd")?;
    let words = [linked.stdout, linked.stderr].concat();
    let words = String::from_utf8_lossy(&words);
    if !STATIC.iter().any(|it| words.contains(it)) {
        bail!("{} is not static: {words}", program.display());
    }
    fs::copy(
        root().join("src-tauri/sidecar/sidecar.example.toml"),
        folder.join("sidecar.toml"),
    )
    .context("Cannot copy the example's configuration")?;
    let version = output(alone(&folder).arg("--version"))?;
    serve(&folder)?;
    let size = program.metadata().context("No program")?.len();
    println!(
        "{}: static, serves and signs in alone; {:.1} MB, not optimised as that of the image is",
        version.trim(),
        size as f64 / 1e6
    );
    Ok(())
}

/// Somebody signs in at it.
fn serve(folder: &Path) -> Result<()> {
    let mut server = alone(folder)
        .args(["serve", "--config", "/sidecar.toml"])
        .args(["--listen", "127.0.0.1:0"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("Cannot start the static sidecar")?;
    let answered = (|| {
        let stdout = server.stdout.take().context("No standard output")?;
        let line = BufReader::new(stdout).lines().next();
        let line = line.context("The static sidecar does not serve")??;
        let address = line.strip_prefix("listening on http://");
        let address = address.with_context(|| format!("It says {line}"))?;
        sidecar::expect(address, "200", "GET /healthz HTTP/1.1", "", "")?;
        sidecar::sign_in(address)
    })();
    server.kill().context("Cannot stop the static sidecar")?;
    server.wait().context("The static sidecar is gone")?;
    answered
}

/// Returns the program in a root of its own.
fn alone(folder: &Path) -> Command {
    let is_root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|it| it.stdout.trim_ascii() == b"0");
    let mut command = if is_root {
        Command::new("chroot")
    } else {
        let mut unshare = Command::new("unshare");
        unshare.args(["--map-root-user", "chroot"]);
        unshare
    };
    command.arg(folder).arg(format!("/{NAME}"));
    command
}
