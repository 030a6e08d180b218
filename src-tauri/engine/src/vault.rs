//! Where a session is kept between two starts.
//!
//! A keyring may ask its user, and then it answers late or never. It has a thread of its own, and
//! each request five seconds; the engine's task never waits for it.

mod entries;
mod thread;
mod value;

use std::{future, time::Duration};

use phone::{Input, Stored};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time,
};
use tracing::{info, warn};

use crate::keyring::{Keyring, SystemKeyring, Trouble};

pub(crate) use entries::Place;

use entries::{Entries, Kept};
use thread::Thread;

/// How long a keyring may take for one request, a person who is asked included.
const PATIENCE: Duration = Duration::from_secs(5);

/// Keeps a session between two starts, or does not.
#[derive(Debug)]
pub struct Vault(Option<Box<dyn Keyring>>);

/// What the phone wants of its vault.
#[derive(Debug)]
pub(crate) enum Request {
    Restore,
    /// The sender is dropped when that is done, or has failed.
    Store(Stored, watch::Sender<()>),
    Wipe,
}

/// What has been found, as soon as the keyring answers.
type Finding = oneshot::Receiver<Result<Kept, Trouble>>;

/// Carries out requests, one after another.
#[derive(Debug)]
pub(crate) struct Keeper {
    thread: Thread,
    standing: Standing,
    /// The keyring did not answer in time what it holds; it may still do so.
    late: Option<Finding>,
    inputs: mpsc::Sender<Input>,
}

/// Where the session of this run is kept. In memory means: by the phone alone, which has it anyway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Keyring,
    Memory,
}

impl Vault {
    /// Forgets the session at the end of the process.
    pub fn memory() -> Self {
        Self(None)
    }

    /// Keeps the session in the operating system's keyring.
    pub fn keyring() -> Self {
        Self(Some(Box::new(SystemKeyring::default())))
    }

    #[cfg(test)]
    pub(crate) fn over(keyring: impl Keyring + 'static) -> Self {
        Self(Some(Box::new(keyring)))
    }

    /// Returns who carries out the requests; `None`: nothing outlives the process.
    pub(crate) fn keeper(self, place: Place, inputs: mpsc::Sender<Input>) -> Option<Keeper> {
        Some(Keeper {
            thread: Thread::start(Entries::new(self.0?, place)),
            standing: Standing::Keyring,
            late: None,
            inputs,
        })
    }

    pub(crate) fn outlives_process(&self) -> bool {
        self.0.is_some()
    }
}

impl Keeper {
    /// Runs until nobody can ask any more, and all that was asked is done.
    pub(crate) async fn run(mut self, mut requests: mpsc::UnboundedReceiver<Request>) {
        loop {
            tokio::select! {
                biased;
                request = requests.recv() => match request {
                    Some(Request::Restore) => self.restore().await,
                    Some(Request::Store(stored, _kept)) => self.store(stored).await,
                    Some(Request::Wipe) => self.wipe().await,
                    None => return,
                },
                found = arrival(&mut self.late) => {
                    self.late = None;
                    if let Ok(Kept::Session(restored)) = found {
                        info!("the keyring answered late");
                        self.standing = Standing::Keyring;
                        self.tell(Input::Restored { restored: Some(restored) }).await;
                    }
                }
            }
        }
    }

    async fn restore(&mut self) {
        let mut reply = self.thread.give(Entries::load);
        let found = match time::timeout(PATIENCE, &mut reply).await {
            Ok(found) => thread_answer(found),
            Err(_) => {
                // Somebody may be typing the keyring's password.
                self.late = Some(reply);
                Err(Trouble::Silent)
            }
        };
        let restored = match found {
            Ok(Kept::Session(restored)) => Some(restored),
            Ok(Kept::Nothing) => None,
            Ok(Kept::SetAside(why)) => {
                self.complain(why).await;
                None
            }
            Err(trouble) => {
                self.fall_back(&trouble).await;
                None
            }
        };
        self.tell(Input::Restored { restored }).await;
    }

    async fn store(&mut self, stored: Stored) {
        self.late = None;
        match &stored {
            // A new session is a new try: the keyring may be open by now.
            Stored::Session(_) => self.standing = Standing::Keyring,
            Stored::Tokens(_) => {}
        }
        match self.standing {
            Standing::Memory => {}
            Standing::Keyring => {
                if let Err(trouble) = self.ask(|entries| entries.store(stored)).await {
                    self.fall_back(&trouble).await;
                    // Half a session is of no use, and an old one must not be taken for this one.
                    if trouble != Trouble::Silent {
                        let _ = self.ask(Entries::wipe).await;
                    }
                }
            }
        }
    }

    async fn wipe(&mut self) {
        self.late = None;
        match self.ask(Entries::wipe).await {
            Ok(()) | Err(Trouble::Absent) => {}
            Err(trouble) => {
                self.complain(format!(
                    "{trouble}: what it holds of this session could not be removed"
                ))
                .await;
            }
        }
        self.tell(Input::Wiped).await;
    }

    /// Has the thread do something; a request that takes too long is abandoned, and with it all that
    /// the keyring holds.
    async fn ask(
        &self,
        work: impl FnOnce(&mut Entries) -> Result<(), Trouble> + Send + 'static,
    ) -> Result<(), Trouble> {
        if self.thread.is_busy() {
            return Err(Trouble::Silent);
        }
        match time::timeout(PATIENCE, self.thread.give(work)).await {
            Ok(answer) => thread_answer(answer),
            Err(_) => Err(Trouble::Silent),
        }
    }

    async fn fall_back(&mut self, trouble: &Trouble) {
        self.standing = Standing::Memory;
        warn!("{trouble}: this session is kept in memory only");
        let detail = trouble.to_string();
        self.tell(Input::VaultFailed { detail }).await;
    }

    async fn complain(&self, detail: String) {
        warn!("{detail}");
        self.tell(Input::VaultFailed { detail }).await;
    }

    async fn tell(&self, input: Input) {
        // The phone may have ended.
        let _ = self.inputs.send(input).await;
    }
}

/// Waits for what is late; forever where nothing is.
async fn arrival(late: &mut Option<Finding>) -> Result<Kept, Trouble> {
    match late {
        Some(reply) => thread_answer(reply.await),
        None => future::pending().await,
    }
}

fn thread_answer<T>(
    answer: Result<Result<T, Trouble>, oneshot::error::RecvError>,
) -> Result<T, Trouble> {
    answer.unwrap_or_else(|_| Err(Trouble::Failed("Its thread broke".to_owned())))
}

#[cfg(test)]
mod tests;
