//! One phone for each user. A second start hands over what was meant, and ends; where the first one
//! is dying or about to end, the second waits for its name on the session bus and takes its place.

use std::time::Duration;

use futures_util::StreamExt;
use tauri::{AppHandle, Manager};
use tokio::{
    sync::{mpsc, oneshot},
    time,
};
use tracing::warn;
use zbus::{
    Connection, connection,
    fdo::{self, DBusProxy, NameOwnerChangedStream},
    interface,
};

use super::{Shell, bus, started_again};

/// Also the name of the interface.
pub(super) const NAME: &str = "example.helix.phone";
const PATH: &str = "/example/helix/phone";

/// The flags with which the name is asked for: it is waited for, and nobody takes it away.
const IN_TURN: u32 = 0;

/// One that leaves has gone after three seconds; one that has neither answered nor gone by now hangs.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many starts may wait until the first one has taken them up.
const MOST_STARTS: usize = 8;

/// What a start turned out to be.
#[derive(Debug)]
pub(super) enum Start {
    /// This one is the phone.
    First(Claim),
    /// Another one is, and does what was meant.
    HandedOver,
}

/// The name, which is this phone's until its process ends.
#[derive(Debug)]
pub(super) struct Claim {
    /// Without a session bus nobody can know of the other.
    connection: Option<Connection>,
    starts: mpsc::Receiver<LaterStart>,
}

#[derive(Debug, thiserror::Error)]
#[error("A Helix Phone of this user is running already, and does not answer")]
pub(super) struct Silent;

/// Somebody started the program once more.
#[derive(Debug)]
struct LaterStart {
    link: Option<String>,
    /// Dropped where it is not.
    taken_up: oneshot::Sender<()>,
}

/// Becomes the phone, or has the one that runs open the link or show its window.
pub(super) async fn claim(link: Option<&str>) -> Result<Start, Silent> {
    let (sender, starts) = mpsc::channel(MOST_STARTS);
    let joined = match time::timeout(bus::LIMIT, join(sender)).await {
        Ok(Ok(joined)) => joined,
        Ok(Err(error)) => {
            warn!(%error, "no session bus: another phone of this user is not noticed");
            return Ok(Start::First(Claim::alone(starts)));
        }
        Err(_) => {
            warn!("the session bus does not answer: another phone of this user is not noticed");
            return Ok(Start::First(Claim::alone(starts)));
        }
    };
    match time::timeout(PATIENCE, settle(joined, link)).await {
        Ok(Ok(Some(connection))) => Ok(Start::First(Claim {
            connection: Some(connection),
            starts,
        })),
        Ok(Ok(None)) => Ok(Start::HandedOver),
        Ok(Err(error)) => {
            warn!(%error, "the session bus is gone: another phone of this user is not noticed");
            Ok(Start::First(Claim::alone(starts)))
        }
        Err(_) => Err(Silent),
    }
}

/// Asks for the name, and follows from before that who has it.
async fn join(
    starts: mpsc::Sender<LaterStart>,
) -> zbus::Result<(Connection, NameOwnerChangedStream)> {
    let connection = connection::Builder::session()?
        .serve_at(PATH, Door { starts })?
        .build()
        .await?;
    let bus = DBusProxy::new(&connection).await?;
    let owners = bus
        .receive_name_owner_changed_with_args(&[(0, NAME)])
        .await?;
    // Not by zbus's own method, which logs for as long as it waits for the name.
    connection
        .call_method(
            Some("org.freedesktop.DBus"),
            "/org/freedesktop/DBus",
            Some("org.freedesktop.DBus"),
            "RequestName",
            &(NAME, IN_TURN),
        )
        .await?;
    Ok((connection, owners))
}

/// Returns the connection that has the name at last, `None` where another one took up the start.
async fn settle(
    (connection, mut owners): (Connection, NameOwnerChangedStream),
    link: Option<&str>,
) -> zbus::Result<Option<Connection>> {
    let bus = DBusProxy::new(&connection).await?;
    let link = link.unwrap_or_default();
    loop {
        // By its own name: the other may change hands, and come to this one.
        let owner = bus.get_name_owner(NAME.try_into()?).await?;
        if connection.unique_name() == Some(&owner) {
            return Ok(Some(connection));
        }
        let asked =
            connection.call_method(Some(owner.as_str()), PATH, Some(NAME), "StartAgain", &link);
        tokio::select! {
            // A failure says that it has died or is about to leave: then the name comes free.
            Ok(_) = asked => return Ok(None),
            change = owners.next() => {
                change.ok_or_else(|| zbus::Error::Failure("the connection broke".to_owned()))?;
            }
        }
    }
}

impl Claim {
    fn alone(starts: mpsc::Receiver<LaterStart>) -> Self {
        Self {
            connection: None,
            starts,
        }
    }

    /// Takes up later starts, those that came so far as well.
    pub(super) fn follow(self, app: &AppHandle) {
        let Self {
            connection,
            mut starts,
        } = self;
        let app = app.clone();
        tauri::async_runtime::spawn(async move {
            let _held = connection;
            while let Some(LaterStart { link, taken_up }) = starts.recv().await {
                // Who starts one that leaves gets a new one.
                if !app.state::<Shell>().is_leaving() {
                    started_again(&app, link.as_deref());
                    // Nobody may wait for it any more.
                    let _ = taken_up.send(());
                }
            }
        });
    }
}

/// Where later starts knock.
#[derive(Debug)]
struct Door {
    starts: mpsc::Sender<LaterStart>,
}

#[interface(name = "example.helix.phone")]
impl Door {
    /// Opens the link, or brings the window where that is empty; fails where the phone is leaving.
    async fn start_again(&self, link: String) -> fdo::Result<()> {
        let (taken_up, is_taken_up) = oneshot::channel();
        let start = LaterStart {
            link: Some(link).filter(|it| !it.is_empty()),
            taken_up,
        };
        if self.starts.try_send(start).is_err() {
            return Err(fdo::Error::LimitsExceeded("too many starts".to_owned()));
        }
        let leaving = |_| fdo::Error::Failed("the phone is leaving".to_owned());
        is_taken_up.await.map_err(leaving)
    }
}
