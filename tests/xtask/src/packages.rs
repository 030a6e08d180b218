//! What the machine needs beside Rust and Node, and how its package manager calls it.

use std::{path::Path, process::Command, time::SystemTime};

use anyhow::{Result, bail};

use crate::run::{exists, root, run};

/// Something that a step needs from the system.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need {
    /// What people call it.
    name: &'static str,
    /// A program or a library's file; there when one of them is.
    signs: &'static [&'static str],
    apt: &'static [&'static str],
    dnf: &'static [&'static str],
    /// Empty where Homebrew does not have it, or not as it is needed.
    brew: &'static [&'static str],
}

/// What compiling the workspace takes: libopus is built from its C source with CMake.
pub(crate) const BUILD: [Need; 3] = [C_COMPILER, MAKE, CMAKE];

const C_COMPILER: Need = Need {
    name: "a C compiler",
    signs: &["cc"],
    apt: &["build-essential"],
    dnf: &["gcc", "gcc-c++"],
    // Apple's command line tools have it; Homebrew's gcc is no `cc`.
    brew: &[],
};

/// What compiles C for Windows.
pub(crate) const MINGW: Need = Need {
    name: "MinGW-w64",
    signs: &["x86_64-w64-mingw32-gcc"],
    apt: &["gcc-mingw-w64-x86-64", "g++-mingw-w64-x86-64"],
    dnf: &["mingw64-gcc", "mingw64-gcc-c++"],
    brew: &["mingw-w64"],
};

/// What compiles C for a program without the system's library.
pub(crate) const MUSL: Need = Need {
    name: "musl",
    signs: &["musl-gcc"],
    apt: &["musl-tools"],
    dnf: &["musl-gcc"],
    brew: &[],
};

const MAKE: Need = Need {
    name: "make",
    signs: &["make"],
    apt: &["make"],
    dnf: &["make"],
    brew: &[],
};

const CMAKE: Need = Need {
    name: "CMake",
    signs: &["cmake"],
    apt: &["cmake"],
    dnf: &["cmake"],
    brew: &["cmake"],
};

pub(crate) const SPEECH: Need = Need {
    name: "espeak-ng",
    signs: &["espeak-ng"],
    apt: &["espeak-ng"],
    dnf: &["espeak-ng"],
    brew: &["espeak-ng"],
};

pub(crate) const KAMAILIO: Need = Need {
    name: "Kamailio",
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
    name: "Chromium",
    signs: &["chromium"],
    apt: &["chromium"],
    dnf: &["chromium"],
    brew: &[],
};

/// Letters for each language of the page; other systems have them themselves.
pub(crate) const FONTS: &[Need] = if cfg!(target_os = "linux") {
    &[DEVANAGARI]
} else {
    &[]
};

const DEVANAGARI: Need = Need {
    name: "a font for Hindi",
    signs: &[
        "/usr/share/fonts/truetype/noto/NotoSansDevanagari-Regular.ttf",
        "/usr/share/fonts/google-noto/NotoSansDevanagari-Regular.ttf",
    ],
    apt: &["fonts-noto-core"],
    dnf: &["google-noto-sans-devanagari-fonts"],
    brew: &[],
};

pub(crate) const CERTUTIL: Need = Need {
    name: "certutil",
    signs: &["certutil"],
    apt: &["libnss3-tools"],
    dnf: &["nss-tools"],
    brew: &["nss"],
};

pub(crate) const SESSION_BUS: Need = Need {
    name: "dbus-daemon",
    signs: &["dbus-daemon"],
    apt: &["dbus-daemon"],
    dnf: &["dbus-daemon"],
    brew: &[],
};

pub(crate) const KEYRING: Need = Need {
    name: "GNOME's keyring",
    signs: &["gnome-keyring-daemon"],
    apt: &["gnome-keyring"],
    dnf: &["gnome-keyring"],
    brew: &[],
};

pub(crate) const COTURN: Need = Need {
    name: "coturn",
    signs: &["turnserver"],
    apt: &["coturn"],
    dnf: &["coturn"],
    brew: &["coturn"],
};

pub(crate) const RTPENGINE: Need = Need {
    name: "rtpengine",
    signs: &["rtpengine"],
    apt: &["rtpengine-daemon"],
    dnf: &["rtpengine"],
    brew: &[],
};

pub(crate) const REDIS: Need = Need {
    name: "Redis",
    signs: &["redis-server"],
    apt: &["redis-server", "redis-tools"],
    dnf: &["redis"],
    brew: &["redis"],
};

pub(crate) const REDIS_SENTINEL: Need = Need {
    name: "Redis Sentinel",
    signs: &["redis-sentinel"],
    apt: &["redis-sentinel"],
    dnf: &["redis"],
    brew: &["redis"],
};

/// Stands in front of sidecars, in compose.yaml.
pub(crate) const HAPROXY: Need = Need {
    name: "HAProxy",
    signs: &["/usr/sbin/haproxy", "haproxy"],
    apt: &["haproxy"],
    dnf: &["haproxy"],
    brew: &["haproxy"],
};

/// Namespaces and NATs between them.
pub(crate) const NETWORKS: Need = Need {
    name: "nftables and iproute2",
    signs: &["nft", "/usr/sbin/nft", "/sbin/nft"],
    apt: &["iproute2", "nftables", "util-linux"],
    dnf: &["iproute", "nftables", "util-linux"],
    brew: &[],
};

/// What compiling the feature `sound` takes beside [`BUILD`]; other systems have their library themselves.
pub(crate) const SOUND: &[Need] = if cfg!(target_os = "linux") {
    &[ALSA]
} else {
    &[]
};

const ALSA: Need = Need {
    name: "the ALSA library",
    signs: &["/usr/include/alsa/asoundlib.h"],
    apt: &["libasound2-dev", "pkg-config"],
    dnf: &["alsa-lib-devel", "pkgconf-pkg-config"],
    brew: &[],
};

/// What compiling the feature `gui` takes beside [`BUILD`] and [`SOUND`]; other systems have their web view themselves.
pub(crate) const WINDOW: &[Need] = if cfg!(target_os = "linux") {
    &[WEBKIT]
} else {
    &[]
};

const WEBKIT: Need = Need {
    name: "WebKitGTK",
    signs: &["/usr/include/webkitgtk-4.1/webkit2/webkit2.h"],
    apt: &["libwebkit2gtk-4.1-dev"],
    dnf: &["webkit2gtk4.1-devel"],
    brew: &[],
};

/// Displays that nobody looks at, with X11 and with Wayland, keys on them, what drives a web view, and what finds its processes and
/// how its windows lie, and what screen readers read by.
pub(crate) const DISPLAY: [Need; 8] = [
    Need {
        name: "procps",
        signs: &["pgrep"],
        apt: &["procps"],
        dnf: &["procps-ng"],
        brew: &[],
    },
    Need {
        name: "Xvfb",
        signs: &["Xvfb"],
        apt: &["xvfb"],
        dnf: &["xorg-x11-server-Xvfb"],
        brew: &[],
    },
    Need {
        name: "xdotool",
        signs: &["xdotool"],
        apt: &["xdotool"],
        dnf: &["xdotool"],
        brew: &[],
    },
    Need {
        name: "xprop",
        signs: &["xprop"],
        apt: &["x11-utils"],
        dnf: &["xprop"],
        brew: &[],
    },
    Need {
        name: "the accessibility bus",
        signs: &[
            "/usr/libexec/at-spi-bus-launcher",
            "/usr/lib/at-spi2-core/at-spi-bus-launcher",
        ],
        apt: &["at-spi2-core"],
        dnf: &["at-spi2-core"],
        brew: &[],
    },
    Need {
        name: "Weston",
        signs: &["weston"],
        apt: &["weston"],
        dnf: &["weston"],
        brew: &[],
    },
    Need {
        name: "Xwayland",
        signs: &["Xwayland"],
        apt: &["xwayland"],
        dnf: &["xorg-x11-server-Xwayland"],
        brew: &[],
    },
    Need {
        name: "WebKitWebDriver",
        signs: &["WebKitWebDriver"],
        apt: &["webkit2gtk-driver"],
        dnf: &["webkitgtk6.0"],
        brew: &[],
    },
];

/// What makes and signs packages for Red Hat's systems; also reads what a program needs there.
pub(crate) const RPM: Need = Need {
    name: "RPM",
    signs: &["rpmsign"],
    apt: &["rpm"],
    dnf: &["rpm-build", "rpm-sign"],
    brew: &[],
};

pub(crate) const GNUPG: Need = Need {
    name: "GnuPG",
    signs: &["gpg"],
    apt: &["gnupg"],
    dnf: &["gnupg2"],
    brew: &[],
};

pub(crate) const XZ: Need = Need {
    name: "xz",
    signs: &["xz"],
    apt: &["xz-utils"],
    dnf: &["xz"],
    brew: &[],
};

/// What looks into packages, and what makes a system to install them in; they are Debian's.
pub(crate) const PACKAGE_CHECKS: [Need; 6] = [
    Need {
        name: "lintian",
        signs: &["lintian"],
        apt: &["lintian"],
        dnf: &[],
        brew: &[],
    },
    Need {
        name: "desktop-file-validate",
        signs: &["desktop-file-validate"],
        apt: &["desktop-file-utils"],
        dnf: &["desktop-file-utils"],
        brew: &[],
    },
    Need {
        name: "systemd-analyze",
        signs: &["systemd-analyze"],
        apt: &["systemd"],
        dnf: &["systemd"],
        brew: &[],
    },
    Need {
        name: "man",
        signs: &["man"],
        apt: &["man-db"],
        dnf: &["man-db"],
        brew: &[],
    },
    Need {
        name: "minisign",
        signs: &["minisign"],
        apt: &["minisign"],
        dnf: &["minisign"],
        brew: &[],
    },
    Need {
        name: "debootstrap",
        signs: &["/usr/sbin/debootstrap"],
        apt: &["debootstrap"],
        dnf: &["debootstrap"],
        brew: &[],
    },
];

/// A sound server that needs no sound card.
pub(crate) const PULSEAUDIO: Need = Need {
    name: "PulseAudio",
    signs: &["pulseaudio"],
    apt: &["pulseaudio", "pulseaudio-utils"],
    dnf: &["pulseaudio", "pulseaudio-utils"],
    brew: &[],
};

/// The sound server of most desktops, by PulseAudio's protocol, and the manager of its sessions.
pub(crate) const PIPEWIRE: [Need; 2] = [
    Need {
        name: "PipeWire",
        signs: &["pipewire-pulse"],
        apt: &["pipewire", "pipewire-pulse"],
        dnf: &["pipewire-utils", "pipewire-pulseaudio"],
        brew: &[],
    },
    Need {
        name: "WirePlumber",
        signs: &["wireplumber"],
        apt: &["wireplumber"],
        dnf: &["wireplumber"],
        brew: &[],
    },
];

/// A soft phone to compare with, and its way to PulseAudio, which Debian has among those to X11.
pub(crate) const BARESIP: Need = Need {
    name: "baresip",
    signs: &[
        "/usr/lib/baresip/modules/pulse.so",
        "/usr/lib64/baresip/modules/pulse.so",
    ],
    apt: &["baresip-core", "baresip-x11"],
    dnf: &["baresip", "baresip-pulse", "baresip-opus"],
    brew: &[],
};

pub(crate) const ALSA_TO_PULSEAUDIO: Need = Need {
    name: "ALSA's plugin for PulseAudio",
    signs: &[
        "/usr/lib/x86_64-linux-gnu/alsa-lib/libasound_module_pcm_pulse.so",
        "/usr/lib/aarch64-linux-gnu/alsa-lib/libasound_module_pcm_pulse.so",
        "/usr/lib64/alsa-lib/libasound_module_pcm_pulse.so",
    ],
    apt: &["libasound2-plugins"],
    dnf: &["alsa-plugins-pulseaudio"],
    brew: &[],
};

/// Installs what is missing with the system's package manager; where it cannot, it says what is missing and why.
pub(crate) fn require(needs: &[Need]) -> Result<()> {
    let missing = still_missing(needs);
    if missing.is_empty() {
        return Ok(());
    }
    let what = list(&missing, |it| it.name);
    println!("Missing on this machine: {what}");
    if exists("apt-get") {
        let packages = packages(&missing, |it| it.apt);
        run(as_root("apt-get", &packages)?.args(["update", "-qq"]))?;
        run(as_root("apt-get", &packages)?
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(["install", "-y", "-qq", "--no-install-recommends"])
            .args(&packages))?;
    } else if exists("dnf") {
        let packages = packages(&missing, |it| it.dnf);
        run(as_root("dnf", &packages)?
            .args(["install", "-y", "-q"])
            .args(&packages))?;
    } else if exists("brew") {
        let absent = missing
            .iter()
            .copied()
            .filter(|it| it.brew.is_empty())
            .collect::<Vec<_>>();
        if !absent.is_empty() {
            bail!("Install without Homebrew: {}", list(&absent, |it| it.name));
        }
        run(Command::new("brew")
            .args(["install", "--quiet"])
            .args(packages(&missing, |it| it.brew)))?;
    } else {
        bail!(
            "Install {what}: there is no apt-get, dnf or brew here to do it with (Debian's packages: {})",
            packages(&missing, |it| it.apt).join(" ")
        );
    }
    let missing = still_missing(needs);
    if !missing.is_empty() {
        let what = list(&missing, |it| it.name);
        bail!("The packages are installed, but not found: {what}");
    }
    Ok(())
}

/// Installs what the package.json in this folder names, where that has not been done since it was changed.
pub(crate) fn require_npm(folder: &str) -> Result<()> {
    let folder = root().join(folder);
    let installed = modified(&folder.join("node_modules/.package-lock.json"));
    if installed.is_some() && installed >= modified(&folder.join("package-lock.json")) {
        return Ok(());
    }
    run(npm(&folder)?.args(["ci", "--no-audit", "--no-fund"]))
}

/// Returns npm in this folder.
pub(crate) fn npm(folder: &Path) -> Result<Command> {
    if !exists("npm") {
        bail!("Install Node (20 or newer) with its npm: https://nodejs.org");
    }
    let mut npm = Command::new("npm");
    npm.current_dir(folder);
    Ok(npm)
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}

fn still_missing(needs: &[Need]) -> Vec<Need> {
    needs.iter().copied().filter(|it| !it.is_met()).collect()
}

fn packages(needs: &[Need], of: fn(&Need) -> &'static [&'static str]) -> Vec<&'static str> {
    needs.iter().flat_map(of).copied().collect()
}

fn list(needs: &[Need], of: fn(&Need) -> &'static str) -> String {
    needs.iter().map(of).collect::<Vec<_>>().join(", ")
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

/// Returns the command with the rights to install `packages`, through sudo where this user has not got them.
fn as_root(program: &str, packages: &[&str]) -> Result<Command> {
    let user = Command::new("id").arg("-u").output();
    if user.is_ok_and(|it| it.stdout.trim_ascii() == b"0") {
        return Ok(Command::new(program));
    }
    if !exists("sudo") {
        bail!(
            "There is no sudo here; as root: {program} install {}",
            packages.join(" ")
        );
    }
    let mut command = Command::new("sudo");
    command.arg(program);
    Ok(command)
}
