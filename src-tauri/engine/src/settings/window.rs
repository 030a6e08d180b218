//! How the window behaves.

use serde::{Deserialize, Serialize};

/// How the window behaves and looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct WindowSettings {
    /// One of [`LANGUAGES`]; empty: the system's.
    pub language: String,
    pub theme: Theme,
    pub incoming: IncomingBehaviour,
    /// Whether the phone starts when its user signs in to the computer.
    pub autostart: bool,
    /// Whether it starts without showing its window.
    pub start_minimised: bool,
    /// Whether closing the window ends the phone; otherwise it stays in the tray.
    pub quit_on_close: bool,
    /// Whether the user was asked to choose a headset: that is done once.
    pub headset_asked: bool,
    pub shortcuts: Shortcuts,
}

/// The colours of the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

/// What shows an incoming call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum IncomingBehaviour {
    /// A small window above all others, which takes no focus.
    #[default]
    Popup,
    /// The taskbar alone.
    Flash,
    /// The window itself comes to the front.
    Front,
}

/// The keys that work while another program has the focus, as accelerators ("F9",
/// "CommandOrControl+F10"); empty: off.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct Shortcuts {
    pub answer: String,
    pub hang_up: String,
    pub mute: String,
}

/// The languages that the window speaks (ISO 639-1).
pub const LANGUAGES: [&str; 5] = ["en", "de", "hi", "es", "ar"];

/// "CommandOrControl+Alt+Shift+Super+MediaTrackPrevious" has 51 bytes.
const LONGEST_SHORTCUT: usize = 64;

impl Default for WindowSettings {
    fn default() -> Self {
        Self {
            language: String::new(),
            theme: Theme::System,
            incoming: IncomingBehaviour::Popup,
            autostart: false,
            start_minimised: false,
            quit_on_close: false,
            headset_asked: false,
            shortcuts: Shortcuts::default(),
        }
    }
}

impl WindowSettings {
    /// Refuses what cannot be used: which field, and why.
    pub fn check(&self) -> Result<(), String> {
        if !self.language.is_empty() && !LANGUAGES.contains(&self.language.as_str()) {
            let known = LANGUAGES.join(", ");
            return Err(format!("language is neither empty nor one of {known}"));
        }
        self.shortcuts.check()
    }
}

impl Shortcuts {
    /// Returns each with the name of its setting: `answer`, `hang_up`, `mute`.
    pub fn all(&self) -> [(&'static str, &String); 3] {
        [
            ("answer", &self.answer),
            ("hang_up", &self.hang_up),
            ("mute", &self.mute),
        ]
    }

    fn check(&self) -> Result<(), String> {
        let all = self.all();
        for (field, keys) in all {
            if keys.len() > LONGEST_SHORTCUT {
                return Err(format!("{field} is longer than {LONGEST_SHORTCUT} bytes"));
            }
            if !keys.chars().all(|it| it.is_ascii_graphic()) {
                return Err(format!("{field} is not the name of keys, as in Shift+F9"));
            }
            let is_same = |(other, theirs): &(&str, &String)| {
                *other != field && theirs.eq_ignore_ascii_case(keys)
            };
            if !keys.is_empty()
                && let Some((other, _)) = all.iter().find(|it| is_same(it))
            {
                return Err(format!("{field} has the keys of {other}"));
            }
        }
        Ok(())
    }
}
