//! The sidecar: an HTTP server that signs agents in, hands out their phone accounts and sees to it
//! that an agent is signed in on one device only.
//!
//! Users and agents come from a file, or from the platform. Embedded, it runs alone: sessions and
//! locks live in memory.

mod attempts;
mod body;
mod client_address;
mod clock;
mod config;
mod device;
mod directory;
mod lock;
mod password;
mod platform;
mod random;
mod refusal;
mod routes;
mod server;
mod session;
mod sidecar;
mod token;
mod upstream;

pub use clock::{Clock, Now};
pub use config::{Config, ConfigError, JWT_SECRET_VARIABLE, Problem};
pub use lock::{
    Acquired, Beat, LockAnswer, LockName, LockUnavailable, MemoryLock, Owner, Released, SessionLock,
};
pub use password::hash_password;
pub use server::{RunError, check_address, run, run_with};
pub use upstream::NoHttp;
