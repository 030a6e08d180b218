use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use tokio::sync::oneshot;
use tracing::{error, warn};

use super::entries::Entries;

type Job = Box<dyn FnOnce(&mut Entries) + Send>;

/// The thread that a keyring may hold up for as long as it likes. It ends when this is dropped, or
/// with the process.
pub(super) struct Thread {
    jobs: mpsc::Sender<Job>,
    unfinished: Arc<AtomicUsize>,
}

impl Thread {
    pub(super) fn start(mut entries: Entries) -> Self {
        let (jobs, waiting) = mpsc::channel::<Job>();
        let unfinished = Arc::new(AtomicUsize::new(0));
        let work = move || {
            for job in waiting {
                // Whoever waits for its reply hears that there is none.
                if catch_unwind(AssertUnwindSafe(|| job(&mut entries))).is_err() {
                    error!("the keyring's library broke");
                }
            }
        };
        // A thread that does not start drops the receiver; every job is then told as broken.
        let _ = thread::Builder::new().name("keyring".into()).spawn(work);
        Self { jobs, unfinished }
    }

    /// Has something done; the answer comes when it comes. Where nobody waits for it any more, the
    /// keyring is wiped after it: what is not kept up to date there must not stay.
    pub(super) fn give<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Entries) -> T + Send + 'static,
    ) -> oneshot::Receiver<T> {
        let (reply, receiver) = oneshot::channel();
        let unfinished = Unfinished::count(&self.unfinished);
        let job: Job = Box::new(move |entries| {
            let answer = work(entries);
            // Whoever has the answer finds the thread free.
            drop(unfinished);
            if reply.send(answer).is_err()
                && let Err(trouble) = entries.wipe()
            {
                warn!(%trouble, "the keyring could not be wiped");
            }
        });
        // Without a thread the reply is dropped with the job.
        let _ = self.jobs.send(job);
        receiver
    }

    /// Tells whether something that was given is not yet done.
    pub(super) fn is_busy(&self) -> bool {
        self.unfinished.load(Ordering::Acquire) > 0
    }
}

/// A job that was given and is not yet done, or broke.
struct Unfinished(Arc<AtomicUsize>);

impl Unfinished {
    fn count(all: &Arc<AtomicUsize>) -> Self {
        all.fetch_add(1, Ordering::Acquire);
        Self(all.clone())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread")
            .field("unfinished", &self.unfinished)
            .finish_non_exhaustive()
    }
}
