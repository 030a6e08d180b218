//! The sidecar: an HTTP server that signs agents in, hands out their phone accounts and sees to it
//! that an agent is signed in on one device only.
//!
//! Users and agents come from a file, or from the platform. Embedded, it runs alone and keeps sessions
//! and locks in memory; with Redis any number of them serve side by side.

mod attempts;
mod audit;
mod bells;
mod body;
mod client_address;
mod clock;
mod config;
mod device;
mod directory;
mod duty;
mod lock;
mod metrics;
mod network;
mod observe;
mod origins;
mod ozonetel;
mod password;
mod per_address;
mod platform;
mod pseudonym;
mod queue;
mod random;
mod refusal;
mod routes;
mod seal;
mod seats;
mod seldom;
mod server;
mod session;
mod sidecar;
mod skew;
mod store;
mod takeover;
mod tls;
mod token;
mod turns;
mod under_way;
mod upstream;

pub use audit::AUDIT;
pub use bells::Changes;
pub use clock::{Clock, Now};
pub use config::{Config, ConfigError, JWT_SECRET_VARIABLE, Lack, Problem, REDIS_URL_VARIABLE};
pub use lock::{
    Acquired, Beat, Held, LockAnswer, LockName, LockUnavailable, Look, MemoryLock, Owner, Page,
    RedisLock, Released, SessionLock,
};
pub use password::hash_password;
pub use server::{RunError, check_address, run, run_with};
pub use store::{Address, BadAddress, Store};
pub use takeover::{ANSWER_TIME, Answered, Ask, Asker, Moment, Standing, TicketHash};
pub use tls::{BadCertificate, Certificate};
pub use upstream::NoHttp;
