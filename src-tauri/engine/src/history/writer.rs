//! The thread that writes the history: a disk that takes its time holds up nobody else.

use std::{
    io, mem,
    sync::{
        Arc, Mutex,
        mpsc::{self, SyncSender},
    },
    thread,
};

use tokio::sync::{oneshot, watch};
use tracing::warn;

use super::{Shared, Unwritten, file::Place, lock};
use crate::disk::said;

/// Wakes the thread, and hears how it goes.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    wake: SyncSender<()>,
    waiting: Arc<Mutex<Vec<Waiting>>>,
    fault: watch::Receiver<Option<String>>,
}

/// Somebody waits until all is written.
#[derive(Debug)]
struct Waiting {
    /// Whether what was set aside has to go, too.
    purge: bool,
    done: oneshot::Sender<Result<(), String>>,
}

impl Writer {
    /// Starts the thread; it ends when nobody can wake it any more.
    pub(super) fn start(mut place: Place, shared: Arc<Mutex<Shared>>) -> Self {
        // One wake-up that waits is as good as many.
        let (wake, woken) = mpsc::sync_channel::<()>(1);
        let waiting = Arc::new(Mutex::new(Vec::<Waiting>::new()));
        let (told, fault) = watch::channel(None);
        let asked = waiting.clone();
        let work = move || {
            for () in woken {
                let waiting = mem::take(&mut *lock(&asked));
                let written = place.write(&shared);
                let fault = written.as_ref().err().cloned();
                told.send_if_modified(|last| {
                    let is_new = *last != fault;
                    if let (true, Some(fault)) = (is_new, &fault) {
                        warn!("{fault}");
                    }
                    *last = fault;
                    is_new
                });
                for Waiting { purge, done } in waiting {
                    let gone = if purge {
                        written.clone().and_then(|()| place.purge())
                    } else {
                        written.clone()
                    };
                    // Who asked may have gone.
                    let _ = done.send(gone);
                }
            }
        };
        // A thread that does not start drops its side; whoever waits is told.
        let _ = thread::Builder::new().name("history".into()).spawn(work);
        Self {
            wake,
            waiting,
            fault,
        }
    }

    /// Has written what is unwritten.
    pub(super) fn wake(&self) {
        let _ = self.wake.try_send(());
    }

    /// Returns when all is written, or why it is not.
    pub(super) async fn written(&self) -> Result<(), String> {
        self.wait(false).await
    }

    /// The same, and what was set aside is removed.
    pub(super) async fn purged(&self) -> Result<(), String> {
        self.wait(true).await
    }

    pub(super) fn fault(&self) -> watch::Receiver<Option<String>> {
        self.fault.clone()
    }

    async fn wait(&self, purge: bool) -> Result<(), String> {
        let (done, is_done) = oneshot::channel();
        lock(&self.waiting).push(Waiting { purge, done });
        self.wake();
        is_done
            .await
            .unwrap_or_else(|_| Err("its thread broke".to_owned()))
    }
}

impl Place {
    /// Brings to the disk what it lacks; returns why that cannot be.
    fn write(&mut self, shared: &Mutex<Shared>) -> Result<(), String> {
        let file = match self {
            Self::Disk(file) => file,
            Self::Memory { .. } => return Ok(()),
        };
        let unwritten = {
            let mut shared = lock(shared);
            match mem::take(&mut shared.unwritten) {
                Unwritten::Lines(lines) if file.is_long(lines.len()) => Err(shared.all()),
                Unwritten::Lines(lines) => Ok(lines),
                Unwritten::All => Err(shared.all()),
                Unwritten::Nothing => return Ok(()),
            }
        };
        let written = match unwritten {
            Ok(lines) => file.append(&lines),
            Err(all) => file.rewrite(&all),
        };
        written.map_err(|error| {
            // The end may hold a part of a line.
            lock(shared).unwritten = Unwritten::All;
            format!(
                "The call history {} cannot be written ({}): calls are remembered until the phone \
                 ends",
                file.path().display(),
                said(&error)
            )
        })
    }

    fn purge(&self) -> Result<(), String> {
        match self {
            Self::Disk(file) => file.remove_aside().map_err(|error: io::Error| said(&error)),
            Self::Memory { left: None } => Ok(()),
            Self::Memory { left: Some(why) } => Err(why.clone()),
        }
    }
}
