//! What the tests across rooms share: programs that speak JSON lines, and an office for them to work in.

#![allow(
    clippy::unwrap_used,
    dead_code,
    unreachable_pub,
    reason = "tests, each of which uses its part"
)]

pub mod office;
#[path = "../lab/src/ozonetel.rs"]
pub mod ozonetel;
pub mod process;
