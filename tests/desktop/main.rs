//! The program with its window, as a person at a desk uses it: pressed by WebDriver, on a screen, a
//! session bus and a sound card of its own.
//!
//! Needs Xvfb, Weston with Xwayland, WebKitWebDriver, xdotool, dbus-daemon, gnome-keyring-daemon and PulseAudio:
//! `cargo verify tests` installs them and runs this.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../support/garbage.rs"]
mod garbage;
#[path = "../support/keyring.rs"]
#[allow(dead_code, reason = "it is shared, and other tests use the rest")]
mod keyring;
#[path = "../support/sound_card.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "it is shared, and other tests use the rest"
)]
mod sound_card;
#[path = "../support/mod.rs"]
mod support;

mod alerts;
mod app;
mod autostart;
mod calls;
mod desk;
mod files;
mod hostile;
mod kept;
mod keys;
mod languages;
mod leaving;
mod page;
mod places;
mod policy;
mod queue;
mod read_aloud;
mod screen;
mod screen_reader;
mod services;
mod signing_in;
mod starting_again;
mod system_settings;
mod taken_over;
mod tray;
mod web_process;

use std::time::Duration;

/// How long a test waits for one thing; a loaded machine is slow.
const PATIENCE: Duration = Duration::from_secs(40);
