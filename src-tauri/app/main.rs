//! Picks the front door.

#![cfg_attr(
    not(feature = "gui"),
    allow(dead_code, reason = "only the window uses what is tested without it")
)]
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

// What decides nothing about windows is tested without them, too.
#[cfg(any(feature = "gui", test))]
mod act;
#[cfg(any(feature = "gui", test))]
mod arguments;
#[cfg(any(feature = "gui", test))]
mod caller;
#[cfg(any(feature = "gui", test))]
mod farewell;
#[cfg(any(feature = "gui", test))]
mod limit;
#[cfg(any(feature = "gui", test))]
mod link;
#[cfg(any(feature = "gui", test))]
mod page;
#[cfg(feature = "gui")]
mod shell;
#[cfg(any(feature = "gui", test))]
mod standing;
#[cfg(any(feature = "gui", test))]
mod support;
#[cfg(any(feature = "gui", test))]
mod words;

use std::{env, process::ExitCode};

/// What the headless door answers, beside running.
#[cfg(not(feature = "gui"))]
const HEADLESS: [&str; 6] = [
    "--headless",
    "--print-policy",
    "--help",
    "-h",
    "--version",
    "-V",
];

/// The window answers the others itself.
#[cfg(feature = "gui")]
const HEADLESS: [&str; 2] = ["--headless", "--print-policy"];

fn main() -> ExitCode {
    if env::args_os().any(|argument| HEADLESS.iter().any(|known| argument == *known)) {
        return headless::run(env::args_os());
    }
    open_window()
}

#[cfg(feature = "gui")]
fn open_window() -> ExitCode {
    shell::run(env::args_os())
}

#[cfg(not(feature = "gui"))]
fn open_window() -> ExitCode {
    eprintln!(
        "helix-phone: this build has no window. Start it with --headless, and see --help for the rest."
    );
    ExitCode::from(2)
}
