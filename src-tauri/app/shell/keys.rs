//! Keys that work while another program has the focus: those that the user has set, off until then,
//! and the buttons of a headset while there is a call.

use std::env;

use engine::Shortcuts;
use tauri::{AppHandle, Manager, Wry};
use tauri_plugin_global_shortcut::{
    Builder, GlobalShortcut, GlobalShortcutExt, Shortcut, ShortcutState,
};
use tokio::sync::watch;
use tracing::{debug, warn};

use crate::{act::Act, page::Rejected};

use super::Shell;

/// What a headset with one button or two sends, where the system gives it as keys.
const BUTTONS: [(&str, Act); 4] = [
    ("MediaPlayPause", Act::Button),
    ("MediaPlay", Act::Button),
    ("MediaPause", Act::Button),
    ("MediaStop", Act::HangUp),
];

/// Returns whether the system gives such keys to programs: with Wayland it does not.
pub(super) fn are_available() -> bool {
    let is_wayland = |name| env::var_os(name).is_some_and(|it| !it.is_empty());
    !cfg!(target_os = "linux") || !is_wayland("WAYLAND_DISPLAY")
}

/// What the keys of the settings do, in the order of [`Shortcuts::all`].
const ACTS: [Act; 3] = [Act::Answer, Act::HangUp, Act::ToggleMute];

/// The code of a refusal because another program has a key.
const TAKEN: &str = "shortcut_taken";

/// Takes the keys of the settings, one by one; each that cannot be had is told, and the others work.
pub(super) fn set_at_start(app: &AppHandle, shortcuts: &Shortcuts) {
    let app = app.clone();
    let shortcuts = shortcuts.clone();
    // The thread of the windows has to answer each.
    tauri::async_runtime::spawn_blocking(move || {
        for (setting, keys) in read(&shortcuts) {
            let taken = keys.and_then(|it| take_or_say(plugged(&app)?, &it));
            if let Err(rejected) = taken {
                let shell = app.state::<Shell>();
                if rejected.code == TAKEN {
                    shell.window.send_modify(|it| {
                        it.shortcuts_taken.insert(setting.to_owned());
                    });
                }
                shell.complain(rejected.message);
            }
        }
    });
}

/// Gives the old keys back and takes the new ones: all of them, or none and the old ones stay.
pub(super) fn change(
    app: &AppHandle,
    before: &Shortcuts,
    after: &Shortcuts,
) -> Result<(), Rejected> {
    if before == after {
        return Ok(());
    }
    // What names no key was never taken.
    let mut old: Vec<Taken> = read(before).filter_map(|(_, it)| it.ok()).collect();
    let mut new: Vec<Taken> = read(after).map(|(_, it)| it).collect::<Result<_, _>>()?;
    // What stays is not touched: another program may have it.
    let stays: Vec<Taken> = old.iter().filter(|it| new.contains(it)).cloned().collect();
    old.retain(|it| !stays.contains(it));
    new.retain(|it| !stays.contains(it));
    if new.is_empty() && old.is_empty() {
        return Ok(());
    }
    let keys = plugged(app)?;
    give_back(keys, &old);
    for (at, one) in new.iter().enumerate() {
        if let Err(rejected) = take_or_say(keys, one) {
            give_back(keys, &new[..at]);
            for (_, shortcut, act) in &old {
                if let Err(error) = take(keys, *shortcut, *act) {
                    warn!(%error, "a key that was ours is lost");
                }
            }
            return Err(rejected);
        }
    }
    Ok(())
}

/// Follows whether there is a call: with one the buttons of a headset are ours, without one they are
/// the music's.
pub(super) fn follow_buttons(app: &AppHandle, mut in_call: watch::Receiver<bool>) {
    if !are_available() {
        return;
    }
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let mut taken = Vec::new();
        while in_call.changed().await.is_ok() {
            let is_in_call = *in_call.borrow_and_update();
            let app = app.clone();
            let had = std::mem::take(&mut taken);
            let work = move || buttons(&app, is_in_call, had);
            taken = tauri::async_runtime::spawn_blocking(work)
                .await
                .unwrap_or_default();
        }
    });
}

type Taken = (String, Shortcut, Act);

fn buttons(app: &AppHandle, is_in_call: bool, had: Vec<Taken>) -> Vec<Taken> {
    let Ok(keys) = plugged(app) else { return had };
    if !is_in_call {
        give_back(keys, &had);
        return Vec::new();
    }
    let mut taken = had;
    for (name, act) in BUTTONS {
        let Ok(shortcut) = name.parse() else { continue };
        if taken.iter().any(|(_, it, _)| *it == shortcut) {
            continue;
        }
        // Most desktops keep them for the music.
        match take(keys, shortcut, act) {
            Ok(()) => taken.push((name.to_owned(), shortcut, act)),
            Err(error) => debug!(%error, name, "not ours"),
        }
    }
    taken
}

/// Reads the keys of the settings, each with the name of its setting; those that are off are left out.
fn read(shortcuts: &Shortcuts) -> impl Iterator<Item = (&'static str, Result<Taken, Rejected>)> {
    let set = shortcuts.all().into_iter().zip(ACTS);
    let set = set.filter(|((_, keys), _)| !keys.is_empty());
    set.map(|((setting, keys), act)| (setting, parse(keys, act)))
}

fn parse(name: &str, act: Act) -> Result<Taken, Rejected> {
    match name.parse::<Shortcut>() {
        Ok(shortcut) => Ok((name.to_owned(), shortcut, act)),
        Err(error) => {
            debug!(%error, name, "no key");
            Err(Rejected::new(
                "shortcut_unknown",
                format!("{name} names no key"),
            ))
        }
    }
}

/// Returns who takes keys. It looks for keys twenty times a second, so it is not there before it has
/// something to look for.
fn plugged(app: &AppHandle) -> Result<&GlobalShortcut<Wry>, Rejected> {
    if !are_available() {
        return Err(Rejected::new(
            "shortcut_unknown",
            "This desktop gives no keys to programs in the background",
        ));
    }
    if app.try_state::<GlobalShortcut<Wry>>().is_none() {
        app.plugin(Builder::new().build())
            .map_err(|error| Rejected::new("failed", error.to_string()))?;
    }
    Ok(app.global_shortcut())
}

fn take_or_say(keys: &GlobalShortcut<Wry>, (name, shortcut, act): &Taken) -> Result<(), Rejected> {
    take(keys, *shortcut, *act).map_err(|error| {
        debug!(%error, name, "not taken");
        Rejected::new(
            TAKEN,
            format!("{name} is used by another program: choose another key"),
        )
    })
}

fn take(
    keys: &GlobalShortcut<Wry>,
    shortcut: Shortcut,
    act: Act,
) -> Result<(), tauri_plugin_global_shortcut::Error> {
    keys.on_shortcut(shortcut, move |app, _, event| {
        if event.state == ShortcutState::Pressed {
            super::spawn(app, act);
        }
    })
}

fn give_back(keys: &GlobalShortcut<Wry>, taken: &[Taken]) {
    for (name, shortcut, _) in taken {
        if let Err(error) = keys.unregister(*shortcut) {
            debug!(%error, name, "was not ours");
        }
    }
}
