use std::io;

use tokio::sync::mpsc;

use crate::{Command, Config, IceServer, News};

/// A handle to the media thread; clone it freely, drop the last one to stop it.
#[derive(Debug, Clone)]
pub struct Media {}

#[expect(
    unused_variables,
    clippy::todo,
    reason = "the seam, before its implementation"
)]
impl Media {
    /// Starts the thread. Fails where a file of `config` cannot be used: which and why.
    pub fn start(config: Config) -> io::Result<(Self, mpsc::UnboundedReceiver<News>)> {
        todo!()
    }

    /// Sets the servers for sessions that start from now on; those that cannot be used are logged and left out.
    pub fn set_ice_servers(&self, servers: Vec<IceServer>) {
        todo!()
    }

    /// Hands `command` to the thread; never blocks.
    pub fn send(&self, command: Command) {
        todo!()
    }
}
