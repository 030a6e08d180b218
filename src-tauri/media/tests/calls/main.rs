//! Media threads of this machine talk to each other through real sockets.
#![allow(clippy::unwrap_used)]

mod common;
mod files;
mod talk;
