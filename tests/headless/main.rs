//! The program as scripts know it: arguments, lines in, lines out, exit codes.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../support/mod.rs"]
mod support;

mod arguments;
mod lines;
mod passwords;
mod phone_server;
#[cfg(target_os = "linux")]
mod policy;
mod program;
mod settings;
mod sidecar;
mod sound;
