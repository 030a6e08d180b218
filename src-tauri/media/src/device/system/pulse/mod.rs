//! The sound server of a Linux desktop, PulseAudio or PipeWire in its place, spoken to directly
//! (<https://www.freedesktop.org/wiki/Software/PulseAudio/>; the wire format is the crate's).
//!
//! Each stream has a connection and a thread of its own: the playback streams of one connection
//! would be bound to one speaker, and what hangs holds up nothing else. Sound flows without a
//! question to the server. A further connection tells when the devices change, and one lists them.

mod address;
mod connection;
mod listing;
pub(crate) mod packet;
mod stream;
mod tags;
#[cfg(test)]
mod tests;
mod watch;

use std::time::{Duration, Instant};

use tracing::{debug, info};

pub(super) use self::connection::{Failure, Hook};
pub(super) use self::listing::{Listed, Target};
pub(super) use self::stream::run;

use self::address::Surroundings;
use self::connection::Connection;
use self::watch::Watch;

/// The server, as it is asked for its devices.
#[derive(Debug, Default)]
pub(super) struct Server {
    lister: Option<Lister>,
}

#[derive(Debug)]
struct Lister {
    connection: Connection,
    watch: Watch,
}

/// A listing takes a few milliseconds; after this, the server is taken to hang.
const LISTING: Duration = Duration::from_secs(2);

impl Server {
    /// Lists the devices. From then on `changed` is called whenever they may be others, until this
    /// fails.
    pub(super) fn list(
        &mut self,
        changed: impl Fn() + Clone + Send + 'static,
    ) -> Result<Listed, Failure> {
        let deadline = Instant::now() + LISTING;
        // What is kept may be of a server that has ended.
        if let Some(mut lister) = self.lister.take_if(|lister| lister.watch.runs()) {
            lister.connection.set_deadline(deadline);
            match listing::list(&mut lister.connection) {
                Ok(listed) => {
                    self.lister = Some(lister);
                    return Ok(listed);
                }
                Err(failure) => debug!(%failure, "a connection to the sound server is given up"),
            }
        }
        self.lister = None;
        let surroundings = Surroundings::look();
        // Before the listing, so that no change goes by between the two.
        let watch = Watch::start(&surroundings, deadline, changed)?;
        let mut connection = Connection::open(&surroundings, &Hook::default(), deadline)?;
        let listed = listing::list(&mut connection)?;
        info!(
            devices = listed.devices.len(),
            "connected to the sound server"
        );
        self.lister = Some(Lister { connection, watch });
        Ok(listed)
    }
}
