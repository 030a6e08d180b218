mod window;

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;

pub(crate) use window::try_out;

use crate::{
    packages::{self, BUILD, SOUND, SPEECH, WINDOW},
    page,
    run::{attend, cargo, run, target_directory},
};

/// Keeps the window away.
const HEADLESS: &str = "--headless";

/// Builds the phone, the sidecar and the lab. Where there is a display, the phone's window opens to be tried; elsewhere, and with
/// `--headless`, their story is told with real processes.
pub(crate) fn demo(arguments: &[String]) -> Result<()> {
    let rest = arguments.iter().filter(|it| *it != HEADLESS);
    let mut demo = match Form::of(arguments, cfg!(target_os = "linux"), |it| env::var_os(it)) {
        Form::Story => {
            packages::require(&[&BUILD[..], &[SPEECH]].concat())?;
            story(&build(&[])?)
        }
        Form::Window => {
            packages::require(&[&BUILD[..], SOUND, WINDOW, &[SPEECH]].concat())?;
            page::build()?;
            let mut window = story(&build(&["--features=gui"])?);
            window.arg("--window");
            window
        }
    };
    attend(demo.args(rest))
}

/// Builds with these features; returns the folder of the programs.
fn build(features: &[&str]) -> Result<PathBuf> {
    run(cargo()
        .args([
            "build",
            "--release",
            "--package=helix-phone",
            "--package=sidecar",
            "--package=lab",
            "--bins",
        ])
        .args(features))?;
    Ok(target_directory().join("release"))
}

/// Returns the command that tells the story with the programs in this folder.
pub(crate) fn story(built: &Path) -> Command {
    let mut demo = Command::new(built.join("demo"));
    demo.arg("--phone")
        .arg(built.join("helix-phone"))
        .arg("--sidecar")
        .arg(built.join("helix-sidecar"));
    demo
}

/// How the demo shows itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// In the terminal.
    Story,
    Window,
}

impl Form {
    /// A window where there is somebody to look at one, unless `arguments` keep it away. On Linux the display is named by the environment, of which
    /// `variable` returns the values; elsewhere there always is one.
    fn of(
        arguments: &[String],
        is_linux: bool,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Self {
        let is_set = |name| variable(name).is_some_and(|it| !it.is_empty());
        let has_display = !is_linux || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");
        if has_display && !arguments.iter().any(|it| it == HEADLESS) {
            Self::Window
        } else {
            Self::Story
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On Linux, with these variables alone.
    fn on_linux(arguments: &[&str], variables: &[(&str, &str)]) -> Form {
        form(arguments, true, variables)
    }

    fn form(arguments: &[&str], is_linux: bool, variables: &[(&str, &str)]) -> Form {
        let arguments: Vec<String> = arguments.iter().map(|&it| it.to_owned()).collect();
        let value = |name: &str| variables.iter().find(|(it, _)| *it == name);
        Form::of(&arguments, is_linux, |name| {
            value(name).map(|(_, it)| OsString::from(it))
        })
    }

    #[test]
    fn a_display_has_the_window_whichever_kind_it_is() {
        assert_eq!(on_linux(&[], &[("DISPLAY", ":0")]), Form::Window);
        assert_eq!(
            on_linux(&[], &[("WAYLAND_DISPLAY", "wayland-0")]),
            Form::Window
        );
        let on_wayland_alone = [("DISPLAY", ""), ("WAYLAND_DISPLAY", "wayland-0")];
        assert_eq!(on_linux(&["--platform"], &on_wayland_alone), Form::Window);
    }

    #[test]
    fn without_a_display_the_story_is_told() {
        assert_eq!(on_linux(&[], &[]), Form::Story);
        // As `env DISPLAY= cargo demo` leaves them.
        let emptied = [("DISPLAY", ""), ("WAYLAND_DISPLAY", "")];
        assert_eq!(on_linux(&[], &emptied), Form::Story);
        assert_eq!(on_linux(&[], &[("HOME", "/home/ana")]), Form::Story);
    }

    #[test]
    fn who_wants_no_window_gets_none_wherever_that_is_said() {
        let display = [("DISPLAY", ":0")];
        assert_eq!(on_linux(&["--headless"], &display), Form::Story);
        let arguments = ["--platform", "--headless", "--out", "/tmp/heard"];
        assert_eq!(on_linux(&arguments, &display), Form::Story);
        assert_eq!(form(&["--headless"], false, &[]), Form::Story);
    }

    #[test]
    fn systems_that_name_no_display_have_one() {
        assert_eq!(form(&[], false, &[]), Form::Window);
    }
}
