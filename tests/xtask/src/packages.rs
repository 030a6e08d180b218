//! What the machine needs beside Rust and Node, and how its package manager calls it.

use std::{fs, path::Path, process::Command};

use anyhow::{Result, bail};

use crate::run::{exists, run};

/// Something that a step needs from the system.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need {
    /// A program or a library's file; there when one of them is.
    signs: &'static [&'static str],
    apt: &'static [&'static str],
    dnf: &'static [&'static str],
    brew: &'static [&'static str],
}

pub(crate) const C_COMPILER: Need = Need {
    signs: &["cc"],
    apt: &["build-essential"],
    dnf: &["gcc", "gcc-c++", "make"],
    brew: &["gcc"],
};

pub(crate) const CMAKE: Need = Need {
    signs: &["cmake"],
    apt: &["cmake"],
    dnf: &["cmake"],
    brew: &["cmake"],
};

pub(crate) const SPEECH: Need = Need {
    signs: &["espeak-ng"],
    apt: &["espeak-ng"],
    dnf: &["espeak-ng"],
    brew: &["espeak-ng"],
};

pub(crate) const KAMAILIO: Need = Need {
    signs: &[
        "/usr/lib/x86_64-linux-gnu/kamailio/modules/websocket.so",
        "/usr/lib/aarch64-linux-gnu/kamailio/modules/websocket.so",
        "/usr/lib64/kamailio/modules/websocket.so",
    ],
    apt: &[
        "kamailio",
        "kamailio-websocket-modules",
        "kamailio-tls-modules",
        "kamailio-outbound-modules",
        "kamailio-utils-modules",
    ],
    dnf: &[
        "kamailio",
        "kamailio-websocket",
        "kamailio-tls",
        "kamailio-outbound",
        "kamailio-utils",
    ],
    brew: &[],
};

pub(crate) const CHROMIUM: Need = Need {
    signs: &["chromium"],
    apt: &["chromium"],
    dnf: &["chromium"],
    brew: &[],
};

pub(crate) const CERTUTIL: Need = Need {
    signs: &["certutil"],
    apt: &["libnss3-tools"],
    dnf: &["nss-tools"],
    brew: &["nss"],
};

/// The library of the feature `sound`.
pub(crate) const ALSA: Need = Need {
    signs: &["/usr/include/alsa/asoundlib.h"],
    apt: &["libasound2-dev", "pkg-config"],
    dnf: &["alsa-lib-devel", "pkgconf-pkg-config"],
    brew: &[],
};

/// A sound server that needs no sound card.
pub(crate) const PULSEAUDIO: Need = Need {
    signs: &["pulseaudio"],
    apt: &["pulseaudio", "pulseaudio-utils"],
    dnf: &["pulseaudio", "pulseaudio-utils"],
    brew: &[],
};

/// Installs with the system's package manager what is missing; says what to install where there is none that it knows.
pub(crate) fn require(needs: &[Need]) -> Result<()> {
    let missing = needs.iter().filter(|it| !it.is_met()).collect::<Vec<_>>();
    if missing.is_empty() {
        return Ok(());
    }
    let names = |of: fn(&Need) -> &'static [&'static str]| {
        missing
            .iter()
            .flat_map(|it| of(it).iter().copied())
            .collect::<Vec<_>>()
    };
    if exists("apt-get") {
        println!("Installing {}", names(|it| it.apt).join(" "));
        run(as_root("apt-get").args(["update", "-qq"]))?;
        run(as_root("apt-get")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(["install", "-y", "-qq", "--no-install-recommends"])
            .args(names(|it| it.apt)))?;
    } else if exists("dnf") {
        println!("Installing {}", names(|it| it.dnf).join(" "));
        run(as_root("dnf")
            .args(["install", "-y", "-q"])
            .args(names(|it| it.dnf)))?;
    } else if exists("brew") && missing.iter().all(|it| !it.brew.is_empty()) {
        println!("Installing {}", names(|it| it.brew).join(" "));
        run(Command::new("brew")
            .args(["install", "--quiet"])
            .args(names(|it| it.brew)))?;
    }
    let still = missing
        .iter()
        .filter(|it| !it.is_met())
        .map(|it| it.apt.join(" "))
        .collect::<Vec<_>>();
    if !still.is_empty() {
        bail!(
            "Missing on this machine (names of Debian's packages): {}",
            still.join(" ")
        );
    }
    Ok(())
}

impl Need {
    fn is_met(&self) -> bool {
        self.signs.iter().any(|sign| {
            if sign.starts_with('/') {
                Path::new(sign).exists()
            } else {
                exists(sign)
            }
        })
    }
}

fn as_root(program: &str) -> Command {
    let root = fs::metadata("/proc/self").is_ok_and(|it| {
        #[cfg(unix)]
        {
            std::os::unix::fs::MetadataExt::uid(&it) == 0
        }
        #[cfg(not(unix))]
        {
            let _ = it;
            false
        }
    });
    if root {
        Command::new(program)
    } else {
        let mut command = Command::new("sudo");
        command.arg(program);
        command
    }
}
