//! Media threads of this machine talk to each other through real sockets.
#![allow(clippy::unwrap_used)]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test waits for one kind of news among all"
)]

mod common;
mod files;
mod sound;
#[cfg(all(feature = "sound", feature = "peers"))]
mod system;
mod talk;
