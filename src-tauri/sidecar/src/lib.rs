//! The sidecar: an HTTP server that signs agents in, hands out their phone accounts and sees to it
//! that an agent is signed in on one device only.
//!
//! Embedded, it runs alone: users and agents come from a file, sessions and locks live in memory.

mod attempts;
mod body;
mod client_address;
mod clock;
mod config;
mod device;
mod lock;
mod password;
mod random;
mod refusal;
mod routes;
mod server;
mod session;
mod sidecar;
mod token;

pub use clock::{Clock, Now};
pub use config::{Config, ConfigError, JWT_SECRET_VARIABLE, Problem};
pub use lock::{
    Acquired, Beat, LockAnswer, LockName, LockUnavailable, MemoryLock, Owner, Released, SessionLock,
};
pub use password::hash_password;
pub use server::{RunError, check_address, run, run_with};
