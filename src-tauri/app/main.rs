//! Picks the front door.

use std::{env, process::ExitCode};

/// What the headless door answers, beside running.
const HEADLESS: [&str; 5] = ["--headless", "--help", "-h", "--version", "-V"];

fn main() -> ExitCode {
    if env::args_os().any(|argument| HEADLESS.iter().any(|known| argument == *known)) {
        return headless::run(env::args_os());
    }
    eprintln!(
        "helix-phone: this build has no window. Start it with --headless, and see --help for the rest."
    );
    ExitCode::from(2)
}
