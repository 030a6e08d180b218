//! What is in the packages, as the tools of each system see it.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use anyhow::{Context, Result, bail};

use crate::run::{root, run};

use super::{Installers, output};

/// What lintian finds and is meant: the changelog is for people, and for both kinds of packages.
const MEANT: &str = "syntax-error-in-debian-changelog";

/// Both packages have the files that they should, and what is said in them is true of the program.
pub(super) fn check(made: &Installers) -> Result<()> {
    run(Command::new("lintian")
        .args([
            "--fail-on=error,warning",
            "--allow-root",
            "--tag-display-limit=0",
        ])
        .args(["--suppress-tags", MEANT])
        .arg(&made.deb))?;
    let folder = made.deb.with_extension("unpacked");
    run(Command::new("dpkg-deb")
        .arg("--extract")
        .args([&made.deb, &folder]))?;
    run(Command::new("desktop-file-validate")
        .arg(folder.join("usr/share/applications/helix-phone.desktop")))?;
    manual(&folder)?;
    let deb = files_of(&folder)?;
    let rpm = output(
        Command::new("rpm")
            .args(["-qpl", "--nosignature"])
            .arg(&made.rpm),
    )?;
    let rpm = rpm.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    same(&deb, &rpm)
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

/// The manual can be set, and names the options that the program has.
fn manual(folder: &Path) -> Result<()> {
    let packed = folder.join("usr/share/man/man1/helix-phone.1.gz");
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
    let source = root().join("src-tauri/app/installers/helix-phone.1");
    let source = fs::read_to_string(&source).context("No manual")?;
    let told = options(source.lines().filter(|line| {
        // The lines that begin a paragraph about an option.
        [".B \\-", ".BI \\-", ".BR \\-"]
            .iter()
            .any(|it| line.starts_with(it))
    }));
    let program = folder.join("usr/bin/helix-phone");
    let mut helps = output(Command::new(&program).arg("--help"))?;
    helps += &output(Command::new(&program).args(["--headless", "--help"]))?;
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
