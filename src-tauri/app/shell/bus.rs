//! The buses of a desktop: a service that hangs there costs a limited time.

use std::time::Duration;

use tokio::time;
use zbus::{Connection, connection::Builder};

/// How long a bus may take to let us in, and then each service for an answer.
pub(super) const LIMIT: Duration = Duration::from_secs(3);

pub(super) async fn session() -> zbus::Result<Connection> {
    limited(Builder::session()?, LIMIT).await
}

/// The session bus for what must not be given up: a service that is late does it all the same, and
/// what it made could not be taken back.
pub(super) async fn session_without_limit() -> zbus::Result<Connection> {
    let_in(Builder::session()?, LIMIT).await
}

pub(super) async fn system() -> zbus::Result<Connection> {
    limited(Builder::system()?, LIMIT).await
}

async fn limited(bus: Builder<'_>, limit: Duration) -> zbus::Result<Connection> {
    let_in(bus.method_timeout(limit), limit).await
}

async fn let_in(bus: Builder<'_>, limit: Duration) -> zbus::Result<Connection> {
    time::timeout(limit, bus.build())
        .await
        .map_err(|_| zbus::Error::Failure("the bus does not answer".to_owned()))?
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::net::UnixStream;

    use super::*;

    #[tokio::test]
    async fn a_bus_that_says_nothing_is_given_up() {
        let (ours, _silent) = UnixStream::pair().unwrap();
        let bus = limited(
            Builder::async_io_unix_stream(ours),
            Duration::from_millis(10),
        );
        assert!(bus.await.is_err());
    }
}
