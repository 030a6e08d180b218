//! The sidecar over HTTP on loopback, with a clock that the tests move.
#![allow(clippy::unwrap_used)]

mod admin;
mod bodies;
mod certificates;
mod configuration;
mod copies;
mod deployment;
mod forged;
mod granted;
mod granted_here;
mod limits;
mod lock_rules;
mod locking;
mod old_front_end;
mod old_page;
mod operations;
mod ozonetel;
mod platform;
mod program;
mod queue;
mod security;
mod signing_in;
mod stand_in;
mod takeover;
mod takeover_limits;
mod tls;
mod tokens;
mod world;
