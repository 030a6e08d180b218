//! Keeps the computer and its screen awake while there is a call.

use tokio::sync::watch;

use crate::words::Words;

/// Follows whether there is a call: its reason to stay awake, in words.
pub(super) fn follow(mut call: watch::Receiver<Option<&'static Words>>) {
    tauri::async_runtime::spawn(async move {
        let mut kept = None;
        loop {
            let reason = *call.borrow_and_update();
            match (reason, kept.is_some()) {
                (Some(words), false) => kept = Some(system::keep_awake(words.awake).await),
                (None, true) => kept = None,
                (Some(_), true) | (None, false) => {}
            }
            if call.changed().await.is_err() {
                return;
            }
        }
    });
}

/// Two requests, because desktops differ: `login1` keeps the machine from sleeping, and the screen
/// saver is asked to stay away. Each may be absent. They end with what is returned.
#[cfg(target_os = "linux")]
mod system {
    use tracing::debug;
    use zbus::{Connection, zvariant::OwnedFd};

    use super::super::bus;

    const NAME: &str = "Helix Phone";

    /// A screen saver forgets who has left the bus, and `login1` who has closed the descriptor.
    #[derive(Debug)]
    pub(super) struct Awake {
        _screen: Option<Connection>,
        _machine: Option<OwnedFd>,
    }

    pub(super) async fn keep_awake(reason: &str) -> Awake {
        // Where one of the two hangs, the other is asked all the same.
        let (screen, machine) = tokio::join!(screen(reason), machine(reason));
        for (what, error) in [
            ("screen", screen.as_ref().err()),
            ("machine", machine.as_ref().err()),
        ] {
            if let Some(error) = error {
                debug!(%error, "the {what} may sleep");
            }
        }
        Awake {
            _screen: screen.ok(),
            _machine: machine.ok(),
        }
    }

    async fn screen(reason: &str) -> zbus::Result<Connection> {
        let connection = bus::session().await?;
        connection
            .call_method(
                Some("org.freedesktop.ScreenSaver"),
                "/org/freedesktop/ScreenSaver",
                Some("org.freedesktop.ScreenSaver"),
                "Inhibit",
                &(NAME, reason),
            )
            .await?;
        Ok(connection)
    }

    async fn machine(reason: &str) -> zbus::Result<OwnedFd> {
        let connection = bus::system().await?;
        let reply = connection
            .call_method(
                Some("org.freedesktop.login1"),
                "/org/freedesktop/login1",
                Some("org.freedesktop.login1.Manager"),
                "Inhibit",
                &("sleep:idle", NAME, reason, "block"),
            )
            .await?;
        reply.body().deserialize()
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use keepawake::KeepAwake;
    use tracing::warn;

    pub(super) async fn keep_awake(reason: &str) -> Option<KeepAwake> {
        keepawake::Builder::default()
            .display(true)
            .idle(true)
            .sleep(true)
            .reason(reason)
            .app_name("Helix Phone")
            .create()
            .inspect_err(|error| warn!(%error, "the computer may sleep"))
            .ok()
    }
}
