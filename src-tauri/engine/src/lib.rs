//! Runs a [`phone::Phone`] against the world: the one task that owns its state and does its IO.
//!
//! Front doors hold an [`Engine`]: they send commands, watch the view and follow the events. What
//! the phone wants done (its effects) is done here: HTTPS to the sidecar, the WebSocket to the
//! phone server, the media thread, the vault, the network and the sleep of the machine. How is decided here, when and how often is decided in
//! `phone`.

mod actor;
mod clock;
mod connector;
mod disk;
mod engine;
mod fault;
mod flow;
mod happy_eyeballs;
mod history;
mod issuer;
mod keyring;
mod names;
mod network;
mod policy;
mod proxy;
mod retry_after;
mod server_sent;
mod settings;
mod sidecar;
mod skew;
mod tls;
mod translation;
mod vault;
mod vigil;
mod world;

#[cfg(test)]
mod test_server;

pub use clock::{Stamp, Stamped};
pub use disk::replace as replace_file;
pub use engine::{Config, Engine, StartError};
pub use history::{Forget, History, HistoryEntry, NotForgotten, Retention};
pub use policy::{CredentialStore, Effective, LinkScheme, LogLevel, Policy, Source};
pub use settings::{
    Device, IncomingBehaviour, LANGUAGES, NotSaved, Settings, SettingsFile, Shortcuts, Theme,
    WindowSettings,
};
pub use sidecar::sidecar_address;
pub use vault::Vault;
