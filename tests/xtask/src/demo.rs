use std::process::Command;

use anyhow::Result;

use crate::{
    packages::{self, BUILD, SPEECH},
    run::{cargo, run, target_directory},
};

/// Builds the phone, the sidecar and the lab, and tells their story with real processes.
pub(crate) fn demo(arguments: &[String]) -> Result<()> {
    packages::require(&[&BUILD[..], &[SPEECH]].concat())?;
    run(cargo().args([
        "build",
        "--release",
        "--package=helix-phone",
        "--package=sidecar",
        "--package=lab",
        "--bins",
    ]))?;
    let built = target_directory().join("release");
    run(Command::new(built.join("demo"))
        .arg("--phone")
        .arg(built.join("helix-phone"))
        .arg("--sidecar")
        .arg(built.join("helix-sidecar"))
        .args(arguments))
}
