//! The sidecar with real Redis: the rules of the lock, sidecars side by side, and what befalls them.
//!
//! Needs redis-server, redis-sentinel, redis-cli, haproxy and chromium: `cargo verify tests` installs them and runs this.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod account;
mod account_token;
mod admin;
#[path = "../sidecar/certificates.rs"]
mod certificates;
mod checker;
mod checker_over_http;
mod cluster;
#[path = "../sidecar/copies.rs"]
mod copies;
mod deployment;
mod docs_page;
mod duties;
mod faults;
#[path = "../sidecar/granted.rs"]
mod granted;
mod granted_anywhere;
mod history;
mod instance;
mod locks;
mod login_steps;
#[path = "../sidecar/old_page.rs"]
mod old_page;
mod old_sidecar;
#[allow(dead_code, unreachable_pub, reason = "each test uses its part")]
#[path = "../../../../tests/lab/src/ozonetel.rs"]
mod ozonetel;
#[allow(dead_code, unreachable_pub, reason = "each test uses its part")]
#[path = "../../../../tests/lab/src/platform.rs"]
mod platform;
mod queue;
mod refreshing;
mod rights;
mod security;
mod sentinels;
mod server;
mod side_by_side;
mod stand_in;
mod takeover;
mod takeover_faults;
mod tls;
mod wire;
#[allow(dead_code, reason = "each test uses its part")]
#[path = "../sidecar/world.rs"]
mod world;
