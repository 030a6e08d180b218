//! The system's own settings, opened where they mend what the phone cannot.

use std::collections::BTreeSet;

use tauri::AppHandle;

use crate::page::{Rejected, SystemSettings};

/// Returns what can be opened here.
pub(super) fn there() -> BTreeSet<SystemSettings> {
    [SystemSettings::Clock, SystemSettings::Microphone]
        .into_iter()
        .filter(|it| system::has(*it))
        .collect()
}

/// Opens one of them, in a program of the system.
pub(super) async fn open(app: &AppHandle, what: SystemSettings) -> Result<(), Rejected> {
    system::open(app, what).await.map_err(|why| {
        let message = format!("The settings of the system could not be opened: {why}");
        Rejected::new("failed", message)
    })
}

/// Each desktop has an entry for each page of its settings, and says in it where it is shown: the
/// command within is another one from version to version.
#[cfg(target_os = "linux")]
mod system {
    use gtk::gio::{AppLaunchContext, DesktopAppInfo, prelude::AppInfoExt};
    use tauri::AppHandle;
    use tokio::sync::oneshot;

    use crate::page::SystemSettings;

    /// Of GNOME, of Plasma and of Cinnamon.
    const CLOCK: &[&str] = &[
        "gnome-datetime-panel.desktop",
        "kcm_clock.desktop",
        "cinnamon-settings-calendar.desktop",
    ];

    /// Of these, and what others use.
    const MICROPHONE: &[&str] = &[
        "gnome-sound-panel.desktop",
        "kcm_pulseaudio.desktop",
        "cinnamon-settings-sound.desktop",
        "pavucontrol.desktop",
        "org.pulseaudio.pavucontrol.desktop",
    ];

    pub(super) fn has(what: SystemSettings) -> bool {
        entry(what).is_some()
    }

    /// GTK's libraries want the thread of the windows.
    pub(super) async fn open(app: &AppHandle, what: SystemSettings) -> Result<(), String> {
        let (told, opened) = oneshot::channel();
        app.run_on_main_thread(move || {
            let opened = entry(what)
                .ok_or_else(|| "there are none".to_owned())
                .and_then(|it| {
                    it.launch(&[], AppLaunchContext::NONE)
                        .map_err(|error| error.to_string())
                });
            // Who asked may have gone.
            let _ = told.send(opened);
        })
        .map_err(|error| error.to_string())?;
        opened.await.map_err(|error| error.to_string())?
    }

    /// Returns the first entry whose program is there and that this desktop shows.
    fn entry(what: SystemSettings) -> Option<DesktopAppInfo> {
        let known = match what {
            SystemSettings::Clock => CLOCK,
            SystemSettings::Microphone => MICROPHONE,
        };
        known
            .iter()
            .filter_map(|it| DesktopAppInfo::new(it))
            .find(|it| it.shows_in(None))
    }
}

/// Windows and macOS have an address for each page.
#[cfg(not(target_os = "linux"))]
mod system {
    use std::process::Command;

    use tauri::AppHandle;

    use crate::page::SystemSettings;

    #[cfg(windows)]
    const OPENER: &str = "explorer.exe";
    #[cfg(not(windows))]
    const OPENER: &str = "open";

    pub(super) fn has(_what: SystemSettings) -> bool {
        true
    }

    pub(super) async fn open(_app: &AppHandle, what: SystemSettings) -> Result<(), String> {
        let address = match (what, cfg!(windows)) {
            (SystemSettings::Clock, true) => "ms-settings:dateandtime",
            (SystemSettings::Microphone, true) => "ms-settings:privacy-microphone",
            (SystemSettings::Clock, false) => {
                "x-apple.systempreferences:com.apple.preference.datetime"
            }
            (SystemSettings::Microphone, false) => {
                "x-apple.systempreferences:com.apple.preference.security?Privacy_Microphone"
            }
        };
        // It hands the address over and ends.
        let opened = Command::new(OPENER).arg(address).spawn();
        opened.map(drop).map_err(|error| error.to_string())
    }
}
