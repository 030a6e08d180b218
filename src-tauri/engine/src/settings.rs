//! The settings of an installation, in a file that outlives crashes, full disks and other versions.

mod file;
mod machine;
mod section;
mod server;
mod window;

use std::path::{Path, PathBuf};

use etcetera::{AppStrategyArgs, app_strategy};
use phone::{CallSettings, SoundSettings};
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use crate::disk;

use file::Content;
use server::ServerSettings;

pub use file::NotSaved;
pub use window::{IncomingBehaviour, LANGUAGES, Shortcuts, Theme, WindowSettings};

/// The version of the file that this program reads and writes.
const VERSION: i64 = 1;

/// A device's name stands in one line of another device's window.
const MAX_NAME: usize = 64;

/// What an installation remembers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    version: i64,
    pub device: Device,
    /// Those of the sidecar, the calls, the sound and the window, as they stand in the file: the
    /// methods of these names read them.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    server: toml::Table,
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    calls: toml::Table,
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    sound: toml::Table,
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    window: toml::Table,
    /// What this version does not know is kept.
    #[serde(flatten)]
    rest: toml::Table,
}

/// Names an installation; made once for each machine, and not secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    pub id: Uuid,
    /// Tells the machine that it was made on from others; `None`: that machine has no id of its own, or an earlier version
    /// made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    machine: Option<Uuid>,
    /// For people; the host's name where nobody gave another.
    pub name: String,
}

/// The settings and where they are kept.
#[derive(Debug)]
pub struct SettingsFile {
    path: PathBuf,
    settings: Settings,
}

impl Settings {
    /// Returns where the user signs in, and what in the file cannot be used so, like
    /// [`calls`](Self::calls).
    pub fn server(&self) -> (Option<Url>, Option<String>) {
        let (settings, faults) = section::read(&self.server, ServerSettings::check);
        (settings.address(), faults)
    }

    /// Changes where the user signs in; `None`: nowhere.
    pub fn set_server(&mut self, url: Option<&Url>) {
        let (before, _) = section::read(&self.server, ServerSettings::check);
        section::write(&mut self.server, &before, &ServerSettings::at(url));
    }

    /// Returns how calls are taken, and what in the file cannot be used so: which fields, and why.
    /// In their place are the usual ones.
    pub fn calls(&self) -> (CallSettings, Option<String>) {
        section::read(&self.calls, |it: &CallSettings| {
            it.check().map_err(str::to_owned)
        })
    }

    /// Changes the fields that are other than [`calls`](Self::calls) has them: what it cannot use is
    /// somebody's all the same.
    pub fn set_calls(&mut self, settings: &CallSettings) {
        let (before, _) = self.calls();
        section::write(&mut self.calls, &before, settings);
    }

    /// Returns how the sound devices are used, and what in the file cannot be used so, like
    /// [`calls`](Self::calls).
    pub fn sound(&self) -> (SoundSettings, Option<String>) {
        section::read(&self.sound, SoundSettings::check)
    }

    /// Changes the fields that are other than [`sound`](Self::sound) has them.
    pub fn set_sound(&mut self, settings: &SoundSettings) {
        let (before, _) = self.sound();
        section::write(&mut self.sound, &before, settings);
    }

    /// Returns how the window behaves, and what in the file cannot be used so, like
    /// [`calls`](Self::calls).
    pub fn window(&self) -> (WindowSettings, Option<String>) {
        section::read(&self.window, WindowSettings::check)
    }

    /// Changes the fields that are other than [`window`](Self::window) has them.
    pub fn set_window(&mut self, settings: &WindowSettings) {
        let (before, _) = self.window();
        section::write(&mut self.window, &before, settings);
    }
}

impl Device {
    /// Returns the device that this host is to others, under an id that nobody had before.
    pub fn of_this_host(id: Uuid) -> Self {
        let name = gethostname::gethostname().to_string_lossy().into_owned();
        let name = presentable(&name).unwrap_or_else(|| "Helix Phone".to_owned());
        let machine = machine::this();
        Self { id, machine, name }
    }

    /// Returns a device that is met once: no other start has its id.
    pub fn of_the_moment(id: Uuid, name: String) -> Self {
        let machine = None;
        Self { id, machine, name }
    }

    /// Whether `this` one is another machine, to which settings were copied or roam: two devices with one id put each other out.
    fn is_elsewhere(&self, this: &Self) -> bool {
        matches!((self.machine, this.machine), (Some(own), Some(this)) if own != this)
    }
}

impl SettingsFile {
    /// Returns where the platform wants the settings; `None` where this user has no home.
    pub fn usual_path() -> Option<PathBuf> {
        use app_strategy::AppStrategy;

        let folders = app_strategy::choose_native_strategy(names()).ok()?;
        // On macOS `Preferences` is for property lists alone.
        let folder = if cfg!(target_os = "macos") {
            folders.data_dir()
        } else {
            folders.config_dir()
        };
        Some(folder.join("settings.toml"))
    }

    /// Opens the settings, or makes new ones for `this` device; what cannot be used is set aside. Settings of another machine hold on, as
    /// `this` device's.
    ///
    /// This never fails: where nothing can be read or written the settings live as long as the
    /// process. What went wrong is returned in sentences for people.
    pub fn open(path: &Path, this: Device) -> (Self, Vec<String>) {
        let mut complaints = Vec::new();
        let new = || Settings {
            version: VERSION,
            device: this.clone(),
            server: toml::Table::new(),
            calls: toml::Table::new(),
            sound: toml::Table::new(),
            window: toml::Table::new(),
            rest: toml::Table::new(),
        };
        let path = disk::target(path);
        let name = path.display();
        let _lock = file::lock(&path);
        let (mut settings, is_new) = match file::read(&path) {
            Content::Usable(mut settings) => {
                let is_elsewhere = settings.device.is_elsewhere(&this);
                if is_elsewhere {
                    settings.device = this;
                } else if settings.device.machine.is_none() && this.machine.is_some() {
                    settings.device.machine = this.machine;
                    // A file that cannot be written is no fault before somebody changes something.
                    let _ = file::write(&path, &settings);
                }
                (settings, is_elsewhere)
            }
            Content::Missing => (new(), true),
            Content::Unreadable(reason) => {
                complaints.push(format!(
                    "The settings file {name} cannot be read ({reason}): settings not saved"
                ));
                (new(), false)
            }
            Content::Unusable { why, kind, device } => {
                let aside = disk::set_aside(&path, kind);
                complaints.push(match &aside {
                    Ok(aside) => format!(
                        "The settings file {name} {why}: it is set aside as {}",
                        aside.display()
                    ),
                    Err(error) => format!(
                        "The settings file {name} {why} and cannot be set aside ({}): \
                         settings not saved",
                        disk::said(error)
                    ),
                });
                let mut settings = new();
                if let Some(device) = device.filter(|it| !it.is_elsewhere(&this)) {
                    settings.device.id = device.id;
                }
                (settings, aside.is_ok())
            }
        };
        if let Some(presentable) = presentable(&settings.device.name) {
            settings.device.name = presentable;
        } else {
            settings.device.name = Device::of_this_host(settings.device.id).name;
        }
        if is_new && let Err(error) = file::write(&path, &settings) {
            complaints.push(error.to_string());
        }
        (Self { path, settings }, complaints)
    }

    /// Returns what is in the file, and changes nothing; `None`: nothing that can be used.
    pub fn look(path: &Path) -> Option<Settings> {
        match file::read(&disk::target(path)) {
            Content::Usable(settings) => Some(settings),
            Content::Missing | Content::Unreadable(_) | Content::Unusable { .. } => None,
        }
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Changes the settings and writes them; where that fails they are changed for this process.
    ///
    /// What another process wrote meanwhile is read first.
    pub fn change(&mut self, change: impl FnOnce(&mut Settings)) -> Result<(), NotSaved> {
        let _lock = file::lock(&self.path);
        let newest = file::read(&self.path);
        if let Content::Usable(settings) = &newest {
            self.settings = settings.clone();
        }
        change(&mut self.settings);
        match newest {
            Content::Usable(_) | Content::Missing => file::write(&self.path, &self.settings),
            Content::Unreadable(why) => {
                let why = format!("cannot be read ({why})");
                Err(NotSaved::new(&self.path, why))
            }
            Content::Unusable { why, .. } => Err(NotSaved::new(&self.path, why)),
        }
    }
}

/// Returns what the folders of this program are called by.
pub(crate) fn names() -> AppStrategyArgs {
    AppStrategyArgs {
        top_level_domain: "example".to_owned(),
        author: "helix".to_owned(),
        app_name: "Helix Phone".to_owned(),
    }
}

/// Returns a name in one line without what cannot be shown; `None` where nothing is left.
fn presentable(name: &str) -> Option<String> {
    let name = name
        .chars()
        .filter(|it| !it.is_control())
        .take(MAX_NAME)
        .collect::<String>();
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests;
