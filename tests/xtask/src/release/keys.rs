//! The keys of a release, and such as are thrown away after a test.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    installers::{output, tauri},
    run::{root, run},
};

/// Names the key of GnuPG, by its fingerprint.
const GPG_KEY: &str = "HELIX_GPG_KEY";

/// GnuPG's folder, as GnuPG calls it.
const GPG_HOME: &str = "GNUPGHOME";

/// The updater's key, as Tauri calls it: itself, or the path of its file; and its password.
const UPDATER_KEY: &str = "TAURI_SIGNING_PRIVATE_KEY";
const UPDATER_KEY_PATH: &str = "TAURI_SIGNING_PRIVATE_KEY_PATH";
const UPDATER_PASSWORD: &str = "TAURI_SIGNING_PRIVATE_KEY_PASSWORD";

/// All that name keys.
pub(super) const VARIABLES: [&str; 4] = [GPG_KEY, UPDATER_KEY, UPDATER_KEY_PATH, UPDATER_PASSWORD];

/// What signs a release. None of it is ever an argument of a program.
#[derive(Debug)]
pub(crate) struct Keys {
    fingerprint: String,
    /// GnuPG's folder, where it is not the usual one.
    gpg_home: Option<PathBuf>,
    /// What the Tauri command finds the updater's key by.
    updater: Vec<(&'static str, OsString)>,
}

impl Keys {
    /// Returns the keys that the environment names; fails with what it lacks.
    pub(super) fn of_environment() -> Result<Self> {
        Self::named_by(|name| env::var_os(name))
    }

    /// Returns the keys that these variables name.
    pub(super) fn named_by(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self> {
        let given = |name: &str| variable(name).filter(|it| !it.is_empty());
        let mut missing = Vec::new();
        let fingerprint = given(GPG_KEY);
        if fingerprint.is_none() {
            missing.push(format!(
                "{GPG_KEY}: the fingerprint of the key that signs packages (40 hexadecimal digits); GnuPG has its secret half, in ~/.gnupg or \
                 where GNUPGHOME says. Make one: gpg --quick-generate-key 'NAME <MAIL>' ed25519 sign"
            ));
        }
        let updater = [UPDATER_KEY, UPDATER_KEY_PATH]
            .into_iter()
            .find_map(|name| Some((name, given(name)?)));
        if updater.is_none() {
            missing.push(format!(
                "{UPDATER_KEY_PATH}: the file with the updater's key, or {UPDATER_KEY}: the key itself. Make one: \
                 npx @tauri-apps/cli signer generate --write-keys FILE"
            ));
        }
        // An empty one is a password, too.
        let password = variable(UPDATER_PASSWORD);
        if password.is_none() {
            missing.push(format!(
                "{UPDATER_PASSWORD}: the password of the updater's key; empty where it has none"
            ));
        }
        let (Some(fingerprint), Some((name, key)), Some(password)) =
            (fingerprint, updater, password)
        else {
            bail!(
                "A release is signed, and these variables are missing:\n  {}",
                missing.join("\n  ")
            );
        };
        let fingerprint = fingerprint.to_string_lossy().replace(' ', "");
        if fingerprint.len() != 40 || !fingerprint.chars().all(|it| it.is_ascii_hexdigit()) {
            bail!("{GPG_KEY} is no fingerprint, which has 40 hexadecimal digits");
        }
        let gpg_home = given(GPG_HOME).map(PathBuf::from);
        if name == UPDATER_KEY_PATH {
            let path = Path::new(&key);
            if !path.is_file() {
                bail!(
                    "{UPDATER_KEY_PATH} names {}, which is no file",
                    path.display()
                );
            }
            outside(UPDATER_KEY_PATH, path)?;
        }
        if let Some(home) = &gpg_home {
            outside(GPG_HOME, home)?;
        }
        let keys = Self {
            fingerprint,
            gpg_home,
            updater: vec![(name, key), (UPDATER_PASSWORD, password)],
        };
        output(keys.gpg().args(["--list-secret-keys", &keys.fingerprint]))
            .with_context(|| format!("GnuPG has no secret key {} ({GPG_KEY})", keys.fingerprint))?;
        Ok(keys)
    }

    pub(super) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Returns the public half of GnuPG's key.
    pub(super) fn public(&self) -> Result<String> {
        output(self.gpg().args(["--armor", "--export", &self.fingerprint]))
    }

    /// Returns a program that finds GnuPG's keys.
    pub(super) fn at_work(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        if let Some(home) = &self.gpg_home {
            command.env(GPG_HOME, home);
        }
        command
    }

    /// Writes a signature beside the file, `.asc`.
    pub(super) fn sign_detached(&self, file: &Path) -> Result<()> {
        run(self
            .gpg()
            .args([
                "--local-user",
                &self.fingerprint,
                "--armor",
                "--detach-sign",
            ])
            .arg(file))
    }

    /// Writes the updater's signature beside the file, `.sig`.
    pub(super) fn sign_for_the_updater(&self, file: &Path) -> Result<()> {
        let mut tauri = tauri();
        for name in [UPDATER_KEY, UPDATER_KEY_PATH, UPDATER_PASSWORD] {
            tauri.env_remove(name);
        }
        tauri.envs(self.updater.iter().map(|(name, value)| (name, value)));
        // An updater that is told of another version than this refuses the file.
        let version = ["--app-version", env!("CARGO_PKG_VERSION")];
        run(tauri.args(["signer", "sign"]).args(version).arg(file))
    }

    fn gpg(&self) -> Command {
        let mut gpg = self.at_work("gpg");
        gpg.args(["--batch", "--quiet"]);
        gpg
    }
}

/// Keys that end with this.
#[derive(Debug)]
pub(super) struct ThrowAway {
    keys: Keys,
    folder: PathBuf,
    /// The public half of the updater's key.
    updater_public: PathBuf,
}

impl ThrowAway {
    pub(super) fn new() -> Result<Self> {
        let made = Self::of_gnupg()?;
        output(
            tauri()
                .args([
                    "signer",
                    "generate",
                    "--ci",
                    "--password",
                    "thrown away",
                    "--write-keys",
                ])
                .arg(made.folder.join("updater")),
        )?;
        Ok(made)
    }

    /// Those of GnuPG alone: the updater's is named, and not there.
    fn of_gnupg() -> Result<Self> {
        let folder = home()?;
        // From here on it is removed, whatever fails.
        let mut made = Self {
            updater_public: folder.join("updater.pub"),
            keys: Keys {
                fingerprint: String::new(),
                gpg_home: Some(folder.clone()),
                updater: vec![
                    (UPDATER_KEY_PATH, folder.join("updater").into()),
                    (UPDATER_PASSWORD, "thrown away".into()),
                ],
            },
            folder,
        };
        let name = "Nobody <nobody@helix.example>";
        output(made.keys.gpg().args([
            "--passphrase",
            "",
            "--quick-generate-key",
            name,
            "ed25519",
            "sign",
            "1d",
        ]))?;
        let listed = output(
            made.keys
                .gpg()
                .args(["--with-colons", "--list-secret-keys"]),
        )?;
        made.keys.fingerprint = listed
            .lines()
            .find_map(|it| it.strip_prefix("fpr:"))
            .map(|it| it.trim_matches(':').to_owned())
            .context("GnuPG made no key")?;
        Ok(made)
    }

    /// Returns what names them in the environment of a release.
    pub(super) fn variable(&self, name: &str) -> Option<OsString> {
        match name {
            GPG_KEY => Some(self.keys.fingerprint.clone().into()),
            GPG_HOME => Some(self.folder.clone().into()),
            name => {
                let mut updater = self.keys.updater.iter();
                let found = updater.find(|(it, _)| *it == name);
                found.map(|(_, value)| value.clone())
            }
        }
    }

    /// Has minisign, whose format the updater's is, check the signature of a file.
    pub(super) fn check_updater_signature(&self, file: &Path) -> Result<()> {
        let mut signature = file.as_os_str().to_owned();
        signature.push(".sig");
        let decoded = |from: &Path, to: &Path| -> Result<()> {
            let text = output(Command::new("base64").arg("--decode").arg(from))?;
            fs::write(to, text).with_context(|| format!("Cannot write {}", to.display()))
        };
        let (public, plain) = (self.folder.join("public"), self.folder.join("signature"));
        decoded(&self.updater_public, &public)?;
        decoded(Path::new(&signature), &plain)?;
        output(
            Command::new("minisign")
                .arg("-Vm")
                .arg(file)
                .arg("-x")
                .arg(plain)
                .arg("-p")
                .arg(public),
        )?;
        Ok(())
    }
}

impl Drop for ThrowAway {
    fn drop(&mut self) {
        // Its agent would go on for a while.
        let _ = self
            .keys
            .at_work("gpgconf")
            .args(["--kill", "all"])
            .status();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Makes a folder for GnuPG that nobody else can read. Its agent listens there, and the whole path of a socket has some hundred bytes.
pub(super) fn home() -> Result<PathBuf> {
    let made =
        output(Command::new("mktemp").args(["--directory", "--tmpdir", "helix-keys.XXXXXX"]))?;
    Ok(PathBuf::from(made.trim()))
}

/// Fails where a key lies in the repository, where it would be committed one day.
fn outside(variable: &str, path: &Path) -> Result<()> {
    let there = path
        .canonicalize()
        .with_context(|| format!("{variable} names {}, which is not there", path.display()))?;
    let repository = root().canonicalize().context("No repository")?;
    if there.starts_with(&repository) {
        bail!(
            "{variable} names {}, which lies in the repository: keep keys elsewhere",
            there.display()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn keys_that_are_named_sign() {
        let made = made();
        let keys = Keys::named_by(|name| made.variable(name)).unwrap();
        assert_eq!(keys.fingerprint(), made.keys.fingerprint());
        let file = made.folder.join("package");
        fs::write(&file, "what is signed").unwrap();
        keys.sign_detached(&file).unwrap();
        let checked = |file: &Path| {
            let signature = made.folder.join("package.asc");
            output(keys.gpg().arg("--verify").arg(signature).arg(file))
        };
        checked(&file).unwrap();
        fs::write(&file, "what was changed").unwrap();
        assert!(checked(&file).is_err());

        // As GnuPG prints it: in groups of four.
        let spaced: String = keys
            .fingerprint()
            .char_indices()
            .flat_map(|(at, it)| [(at % 4 == 0).then_some(' '), Some(it)])
            .flatten()
            .collect();
        let other = |name: &str| match name {
            GPG_KEY => Some(spaced.clone().into()),
            // The key itself in place of its file, and no password.
            UPDATER_KEY_PATH => None,
            UPDATER_KEY => Some("a key".into()),
            UPDATER_PASSWORD => Some(OsString::new()),
            name => made.variable(name),
        };
        let keys = Keys::named_by(other).unwrap();
        assert_eq!(keys.fingerprint(), made.keys.fingerprint());
        let updater = [
            (UPDATER_KEY, "a key".into()),
            (UPDATER_PASSWORD, OsString::new()),
        ];
        assert_eq!(keys.updater, updater);
    }

    #[test]
    fn keys_that_are_not_there_or_lie_in_the_repository_are_refused() {
        let made = made();
        let inside = root().join("Cargo.toml");
        let nowhere = made.folder.join("nowhere");
        for (variable, value, told) in [
            (GPG_KEY, "0".repeat(40).into(), "GnuPG has no secret key"),
            (GPG_KEY, "nobody".into(), "is no fingerprint"),
            (GPG_KEY, OsString::new(), "the fingerprint of the key"),
            (UPDATER_KEY_PATH, nowhere.into(), "which is no file"),
            (UPDATER_KEY_PATH, inside.into(), "lies in the repository"),
            (GPG_HOME, root().into(), "lies in the repository"),
        ] {
            let other = |name: &str| match name == variable {
                true => Some(value.clone()),
                false => made.variable(name),
            };
            let refused = format!("{:#}", Keys::named_by(other).unwrap_err());
            assert!(refused.contains(told), "{variable}: {refused}");
        }
    }

    /// Keys in a folder of their own, which ends with them; the updater's is read by Tauri alone.
    fn made() -> ThrowAway {
        let made = ThrowAway::of_gnupg().unwrap();
        fs::write(made.folder.join("updater"), "a key").unwrap();
        made
    }
}
