use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::LazyLock,
};

use anyhow::{Context, Result, bail};

/// Returns the folder of the workspace.
pub(crate) fn root() -> &'static Path {
    /// Of this run: where clones share a target folder, the program may be the build of another one.
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let package = env::var_os("CARGO_MANIFEST_DIR");
        let package = package.unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        Path::new(&package).join("../..")
    });
    &ROOT
}

/// Returns a command for the Cargo that runs this program, in the workspace's folder.
///
/// It keeps nothing for a build that goes on from this one, unless the environment says so: half of a target folder would be that.
pub(crate) fn cargo() -> Command {
    const INCREMENTAL: &str = "CARGO_INCREMENTAL";
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root());
    if env::var_os(INCREMENTAL).is_none() {
        command.env(INCREMENTAL, "0");
    }
    command
}

/// Runs a command with this program's output; fails where it fails, naming it.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    attend(command.stdin(Stdio::null()))
}

/// Runs a command as [`run`] does, for somebody who may type something into it.
pub(crate) fn attend(command: &mut Command) -> Result<()> {
    let name = words(command);
    println!("+ {name}");
    let status = command
        .status()
        .with_context(|| format!("Cannot start {name}"))?;
    if !status.success() {
        bail!("{name}: {status}");
    }
    Ok(())
}

/// Returns where Cargo puts what it builds.
pub(crate) fn target_directory() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(path) => root().join(path),
        None => root().join("target"),
    }
}

/// Returns what is free where Cargo puts what it builds, in megabytes; nothing where `df` (POSIX) cannot tell.
pub(crate) fn free_megabytes() -> Option<u64> {
    let output = Command::new("df")
        .args(["-P", "-k"])
        .arg(target_directory())
        .output();
    let text = String::from_utf8(output.ok()?.stdout).ok()?;
    let kilobytes: u64 = text
        .lines()
        .last()?
        .split_whitespace()
        .nth(3)?
        .parse()
        .ok()?;
    Some(kilobytes / 1024)
}

/// Tells whether a program of this name is on the path.
pub(crate) fn exists(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|it| it.join(program).is_file())
}

fn words(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}
