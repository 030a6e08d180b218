//! The front door for machines: JSON lines in, JSON lines out. `PROTOCOL.md` beside this crate
//! describes them.
//!
//! It runs the very engine that the window runs; only the sound card is replaced.

mod account;
mod arguments;
mod door;
mod end;
mod input;
mod log;
mod order;
mod password;
mod policy;
mod recent;
mod report;
mod settings;
mod signals;
mod spool;
mod verdict;

#[cfg(test)]
mod protocol;

use std::{
    ffi::OsString,
    fmt,
    io::{self, Write},
    process::ExitCode,
};

use end::Exit;

pub use account::{IncompleteAccount, fallback_account};
pub use log::Log;
pub use recent::RecentLog;

/// Runs the phone without a window until its input ends, and returns how it went.
///
/// `arguments` are those of the process, the program's name first. Call it before any thread is
/// started: it takes the fallback account out of the environment.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match arguments::parse(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are answers, not faults.
            let exit = if error.use_stderr() {
                Exit::BadArguments
            } else {
                Exit::Passed
            };
            let _ = error.print();
            return exit.into();
        }
    };
    if arguments.print_policy {
        return policy::print(arguments.keys.settings.flatten()).into();
    }
    let settings = match settings::Settings::gather(arguments) {
        Ok(settings) => settings,
        Err(error) => {
            complain(&error);
            return Exit::BadArguments.into();
        }
    };
    let log = Log::start(settings.log);
    let exit = door::open(settings);
    log.drain();
    exit.into()
}

/// Tells why there is no run, past the log, which may be off.
fn complain(error: &impl fmt::Display) {
    // The exit code says it too, where standard error is closed.
    let _ = writeln!(io::stderr(), "helix-phone: {error}");
}
