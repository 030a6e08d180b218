//! What is in the packages, as the tools of each system see it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::run::{root, run};

use super::{Installers, output};

/// What lintian finds and is meant: the changelog is for people, and for both kinds of packages.
const MEANT: &str = "syntax-error-in-debian-changelog";

/// Both packages have the files that they should, and what is said in them is true of the program.
pub(super) fn check(made: &Installers) -> Result<()> {
    let folder = unpacked(&made.deb)?;
    run(Command::new("desktop-file-validate")
        .arg(folder.join("usr/share/applications/helix-phone.desktop")))?;
    manual(
        &folder,
        "helix-phone",
        "src-tauri/app/installers/helix-phone.1",
        &[&[], &["--headless"]],
    )?;
    let deb = files_of(&folder)?;
    let rpm = output(
        Command::new("rpm")
            .args(["-qpl", "--nosignature"])
            .arg(&made.rpm),
    )?;
    let rpm = rpm.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    same(&deb, &rpm)
}

/// Returns what a package for Debian has in it, of which lintian finds nothing wrong.
pub(super) fn unpacked(deb: &Path) -> Result<PathBuf> {
    run(Command::new("lintian")
        .args([
            "--fail-on=error,warning",
            "--allow-root",
            "--tag-display-limit=0",
        ])
        .args(["--suppress-tags", MEANT])
        .arg(deb))?;
    let folder = deb.with_extension("unpacked");
    run(Command::new("dpkg-deb")
        .arg("--extract")
        .args([deb, &folder]))?;
    Ok(folder)
}

/// The same files, but for the licences, for which RPM has a place.
fn same(deb: &BTreeSet<String>, rpm: &BTreeSet<String>) -> Result<()> {
    let missing = deb.difference(rpm).collect::<Vec<_>>();
    let surplus = rpm
        .difference(deb)
        .filter(|it| !it.starts_with("/usr/share/licenses/helix-phone/"))
        .collect::<Vec<_>>();
    if !missing.is_empty() || !surplus.is_empty() {
        bail!("The rpm lacks {missing:?} of the deb, and alone has {surplus:?}");
    }
    Ok(())
}

/// The manual can be set, and names the options that the program has; `commands` are what comes before them.
pub(super) fn manual(folder: &Path, name: &str, source: &str, commands: &[&[&str]]) -> Result<()> {
    let packed = folder.join(format!("usr/share/man/man1/{name}.1.gz"));
    let set = Command::new("man")
        .args(["--warnings", "--local-file"])
        .arg(&packed)
        .env("MANROFFSEQ", "")
        .env("MANWIDTH", "80")
        .env("LC_ALL", "C.UTF-8")
        .output()
        .context("Cannot start man")?;
    let complaints = String::from_utf8_lossy(&set.stderr);
    if !set.status.success() || !complaints.trim().is_empty() {
        bail!("man complains of {}: {complaints}", packed.display());
    }
    let source = fs::read_to_string(root().join(source)).context("No manual")?;
    let told = options(source.lines().filter(|line| {
        // The lines that begin a paragraph about an option.
        [".B \\-", ".BI \\-", ".BR \\-"]
            .iter()
            .any(|it| line.starts_with(it))
    }));
    let program = folder.join("usr/bin").join(name);
    let mut helps = String::new();
    for command in commands {
        helps += &output(Command::new(&program).args(*command).arg("--help"))?;
    }
    let known = options(
        helps
            .lines()
            .filter(|line| line.trim_start().starts_with('-')),
    );
    if told != known {
        bail!("The manual has the options {told:?}, the program {known:?}");
    }
    Ok(())
}

/// Returns the long options of these lines.
fn options<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    lines
        .map(|line| line.replace('\\', ""))
        .flat_map(|line| {
            line.split_whitespace()
                .filter(|word| word.starts_with("--"))
                .map(|word| {
                    word.trim_end_matches(|it: char| !it.is_ascii_alphanumeric())
                        .to_owned()
                })
                .take(1)
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Returns the paths of all files below a folder, as if it were the root.
fn files_of(folder: &Path) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).with_context(|| format!("No {}", next.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let path = path.strip_prefix(folder)?;
                found.insert(format!("/{}", path.display()));
            }
        }
    }
    Ok(found)
}
