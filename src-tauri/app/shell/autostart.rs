//! The start with the computer, which shows no window.

use tauri::AppHandle;

use crate::page::Rejected;

/// What a start with the computer is told.
const HIDDEN: &str = "--hidden";

/// Has the phone start with the computer, or not.
pub(super) fn set(app: &AppHandle, on: bool) -> Result<(), Rejected> {
    system::set(app, on).map_err(|error| {
        let message = format!("The start with the computer could not be changed: {error}");
        Rejected::new("failed", message)
    })
}

/// An entry of the user, as the specification of autostart has it. Tauri's plugin writes it into
/// `~/.config` even where the user's folder is another one, and leaves the program's path unquoted.
#[cfg(target_os = "linux")]
mod system {
    use std::{error::Error, fs, io::ErrorKind};

    use tauri::{AppHandle, Manager};

    use super::HIDDEN;

    const ENTRY: &str = "helix-phone.desktop";

    pub(super) fn set(app: &AppHandle, on: bool) -> Result<(), Box<dyn Error>> {
        let path = app.path().config_dir()?.join("autostart").join(ENTRY);
        if on {
            let program = tauri::process::current_binary(&app.env())?;
            let program = program
                .to_str()
                .filter(|it| !it.contains(char::is_control))
                .ok_or("the program lies in a folder whose name is no text")?;
            return Ok(engine::replace_file(&path, entry(program).as_bytes())?);
        }
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn entry(program: &str) -> String {
        format!(
            "[Desktop Entry]\n\
             Type=Application\n\
             Name=Helix Phone\n\
             Icon=helix-phone\n\
             Exec={} {HIDDEN}\n\
             Terminal=false\n\
             StartupNotify=false\n",
            quoted(program)
        )
    }

    /// Quotes an argument as the specification of desktop entries wants it: for the command line, and
    /// then for the value that it stands in.
    fn quoted(argument: &str) -> String {
        let mut quoted = String::from('"');
        for it in argument.chars() {
            match it {
                '\\' => quoted.push_str(r"\\\\"),
                '"' | '`' | '$' => quoted.extend([r"\\", it.encode_utf8(&mut [0; 4])]),
                '%' => quoted.push_str("%%"),
                it => quoted.push(it),
            }
        }
        quoted.push('"');
        quoted
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_path_is_quoted_for_the_command_line_and_for_the_entry() {
            for (path, expected) in [
                ("/usr/bin/helix-phone", r#""/usr/bin/helix-phone""#),
                ("/opt/Helix Phone/run", r#""/opt/Helix Phone/run""#),
                (r#"/a"b`c$d"#, r#""/a\\"b\\`c\\$d""#),
                (r"/a\b", r#""/a\\\\b""#),
                ("/50%/ä", r#""/50%%/ä""#),
            ] {
                assert_eq!(quoted(path), expected, "{path}");
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use tauri::AppHandle;
    use tauri_plugin_autostart::{Error, ManagerExt};

    pub(super) fn set(app: &AppHandle, on: bool) -> Result<(), Error> {
        let autostart = app.autolaunch();
        if on {
            autostart.enable()
        } else {
            autostart.disable()
        }
    }
}

/// What keeps the entry where the system has an interface for it.
#[cfg(not(target_os = "linux"))]
pub(super) fn plugin() -> tauri::plugin::TauriPlugin<tauri::Wry> {
    use tauri_plugin_autostart::{MacosLauncher, init};

    init(MacosLauncher::LaunchAgent, Some(vec![HIDDEN]))
}
