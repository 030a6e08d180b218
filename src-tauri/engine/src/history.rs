//! The history of calls, on this computer alone.
//!
//! What becomes of a call is told by the phone's events. Who follows them never waits for the disk:
//! a thread of its own writes, and what it cannot write is remembered until the phone ends.

mod entry;
mod file;
mod ledger;
mod writer;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use etcetera::app_strategy;
use phone::{CallId, CallQuality, PhoneView};
use tokio::{
    sync::{
        broadcast::{self, error::RecvError},
        watch,
    },
    task::JoinHandle,
    time,
};

use crate::{Engine, Stamped, settings};

use file::{Found, Place};
use ledger::{EngineNumber, Ledger, Note, unix_ms};
use writer::Writer;

pub use entry::HistoryEntry;

/// How many calls are remembered; the oldest make room.
const MOST_ENTRIES: usize = 500;

/// How often it is looked for calls that are too old.
const LOOK_EVERY: Duration = Duration::from_secs(3600);

/// What is remembered, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Calls that began earlier are forgotten; 0: none is remembered.
    pub days: u16,
    /// Whether the middle of numbers is left out, on the disk as on the screen.
    pub mask_numbers: bool,
}

/// Which calls to forget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forget {
    /// The one with this id.
    One(u64),
    /// All, and the files that were set aside.
    All,
}

/// What was to be forgotten is no longer shown, but still lies on the disk.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Not deleted from the disk: {0}")]
pub struct NotForgotten(String);

/// The calls that are remembered; clone it freely.
#[derive(Debug, Clone)]
pub struct History {
    shared: Arc<Mutex<Shared>>,
    entries: watch::Receiver<Arc<[HistoryEntry]>>,
    writer: Writer,
}

/// What the one who follows the phone, the writer and the handles share. It is locked for moments,
/// never while the disk is waited for.
#[derive(Debug)]
struct Shared {
    ledger: Ledger,
    /// How many engines were followed.
    engines: EngineNumber,
    /// Those of calls that are over, by their ids.
    entries: BTreeMap<u64, HistoryEntry>,
    retention: Retention,
    shown: watch::Sender<Arc<[HistoryEntry]>>,
    unwritten: Unwritten,
}

/// What the file lacks.
#[derive(Debug, Default, PartialEq)]
enum Unwritten {
    #[default]
    Nothing,
    /// Lines at its end.
    Lines(Vec<HistoryEntry>),
    /// It is to be written anew.
    All,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            days: 30,
            mask_numbers: false,
        }
    }
}

impl History {
    /// Returns where the platform wants the history; `None` where this user has no home.
    pub fn usual_path() -> Option<PathBuf> {
        use app_strategy::AppStrategy;

        let folders = app_strategy::choose_native_strategy(settings::names()).ok()?;
        Some(folders.data_dir().join("history.jsonl"))
    }

    /// Reads what is remembered, and forgets what is too old; `None`: nothing outlives the process.
    ///
    /// This never fails: where nothing can be read or written the calls of this process are
    /// remembered. What went wrong is returned in sentences for people.
    pub fn open(path: Option<&Path>, retention: Retention) -> (Self, Vec<String>) {
        let mut complaints = Vec::new();
        let Found {
            place,
            entries,
            is_tidy,
        } = match path {
            Some(path) => file::open(path, &mut complaints),
            None => {
                complaints.push(
                    "This user has no folder for the call history: calls are remembered until the \
                     phone ends"
                        .to_owned(),
                );
                Found::nothing(Place::Memory { left: None })
            }
        };
        let last_id = entries.keys().next_back().copied().unwrap_or_default();
        let (shown, receiver) = watch::channel(Arc::default());
        let mut shared = Shared {
            ledger: Ledger::new(last_id),
            engines: 0,
            entries,
            retention,
            shown,
            unwritten: Unwritten::Nothing,
        };
        if !is_tidy {
            shared.unwritten = Unwritten::All;
        }
        shared.mask_all();
        shared.expire(SystemTime::now());
        shared.show();
        let shared = Arc::new(Mutex::new(shared));
        let writer = Writer::start(place, shared.clone());
        let history = Self {
            shared,
            entries: receiver,
            writer,
        };
        history.writer.wake();
        (history, complaints)
    }

    /// Remembers the calls of this engine from now on; the task ends when the engine has stopped.
    /// Several may be followed, one after another or at once.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime whose time is enabled.
    pub fn follow(&self, engine: &Engine) -> JoinHandle<()> {
        tokio::spawn(self.follower(engine.events(), engine.view()).run())
    }

    fn follower(
        &self,
        events: broadcast::Receiver<Stamped>,
        view: watch::Receiver<PhoneView>,
    ) -> Follower {
        let mut shared = lock(&self.shared);
        shared.engines += 1;
        Follower {
            history: self.clone(),
            engine: shared.engines,
            events,
            view,
            heard_at: Duration::ZERO,
        }
    }

    /// Returns what is remembered, the newest call first.
    pub fn entries(&self) -> watch::Receiver<Arc<[HistoryEntry]>> {
        self.entries.clone()
    }

    /// Returns a name or a number as it may be kept elsewhere: where numbers are masked, without its middle.
    pub fn masked(&self, mut text: String) -> String {
        if lock(&self.shared).retention.mask_numbers {
            entry::mask(&mut text);
        }
        text
    }

    /// Returns why the history is not on the disk at present, in a sentence for people; `None`: it
    /// is.
    pub fn fault(&self) -> watch::Receiver<Option<String>> {
        self.writer.fault()
    }

    /// Forgets calls, at once and on the disk; returns when they are gone from there.
    pub async fn forget(&self, what: Forget) -> Result<(), NotForgotten> {
        {
            let mut shared = lock(&self.shared);
            match what {
                Forget::One(id) => drop(shared.entries.remove(&id)),
                Forget::All => shared.entries.clear(),
            }
            shared.unwritten = Unwritten::All;
            shared.show();
        }
        let written = match what {
            Forget::One(_) => self.writer.written().await,
            Forget::All => self.writer.purged().await,
        };
        written.map_err(NotForgotten)
    }

    /// Returns when all that is remembered is on the disk, or could not be written.
    pub async fn written(&self) {
        // The fault has been told.
        let _ = self.writer.written().await;
    }

    /// Hears what the phone tells; `quality` says how a call sounds at that moment.
    fn take(
        &self,
        engine: EngineNumber,
        stamped: &Stamped,
        quality: impl Fn(CallId) -> Option<CallQuality>,
    ) {
        let mut shared = lock(&self.shared);
        if let Some(note) = shared.ledger.take(engine, stamped, quality) {
            shared.note(note, stamped.stamp.wall);
            drop(shared);
            self.writer.wake();
        }
    }

    /// Ends all calls of an engine but those that `go_on`, without a cause.
    fn end_all_but(&self, engine: EngineNumber, go_on: &[CallId], now: Duration) {
        let mut shared = lock(&self.shared);
        for note in shared.ledger.end_all_but(engine, go_on, now) {
            shared.note(note, SystemTime::now());
        }
        drop(shared);
        self.writer.wake();
    }
}

impl Shared {
    fn note(&mut self, note: Note, now: SystemTime) {
        if self.retention.days == 0 {
            return;
        }
        let (entry, is_over) = match note {
            Note::GoesOn(entry) => (entry, false),
            Note::Over(entry) => (entry, true),
        };
        let entry = self.presentable(entry);
        match &mut self.unwritten {
            Unwritten::All => {}
            Unwritten::Lines(lines) if lines.len() >= MOST_ENTRIES => {
                self.unwritten = Unwritten::All;
            }
            Unwritten::Lines(lines) => lines.push(entry.clone()),
            Unwritten::Nothing => self.unwritten = Unwritten::Lines(vec![entry.clone()]),
        }
        if is_over {
            self.entries.insert(entry.id, entry);
            self.expire(now);
            self.show();
        }
    }

    /// Forgets what is too old or too much.
    fn expire(&mut self, now: SystemTime) {
        let days = Duration::from_secs(u64::from(self.retention.days) * 24 * 3600);
        let oldest = now.checked_sub(days).map_or(0, unix_ms);
        let before = self.entries.len();
        let keeps_any = self.retention.days > 0;
        self.entries
            .retain(|_, entry| keeps_any && entry.began >= oldest);
        if self.entries.len() < before {
            self.unwritten = Unwritten::All;
        }
        // The file loses these when it is written anew for its length.
        while self.entries.len() > MOST_ENTRIES {
            self.entries.pop_first();
        }
    }

    fn mask_all(&mut self) {
        if !self.retention.mask_numbers {
            return;
        }
        for entry in self.entries.values_mut() {
            let masked = entry.clone().masked();
            if *entry != masked {
                *entry = masked;
                self.unwritten = Unwritten::All;
            }
        }
    }

    fn presentable(&self, entry: HistoryEntry) -> HistoryEntry {
        if self.retention.mask_numbers {
            entry.masked()
        } else {
            entry
        }
    }

    fn show(&self) {
        let newest_first = self.entries.values().rev();
        self.shown.send_if_modified(|last| {
            let changed = !last.iter().eq(newest_first.clone());
            if changed {
                *last = newest_first.cloned().collect();
            }
            changed
        });
    }

    /// Returns all that the file is to hold.
    fn all(&self) -> Vec<HistoryEntry> {
        let goes_on = self
            .ledger
            .open()
            .filter(|_| self.retention.days > 0)
            .map(|it| self.presentable(it.clone()));
        self.entries.values().cloned().chain(goes_on).collect()
    }
}

/// Hears what the phone tells.
struct Follower {
    history: History,
    engine: EngineNumber,
    events: broadcast::Receiver<Stamped>,
    view: watch::Receiver<PhoneView>,
    /// The time of the last event, on the clock of [`Stamp::mono`](crate::Stamp::mono).
    heard_at: Duration,
}

impl Follower {
    async fn run(mut self) {
        let mut look = time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                biased;
                event = self.events.recv() => match event {
                    Ok(stamped) => self.take(&stamped),
                    Err(RecvError::Lagged(_)) => self.catch_up(),
                    Err(RecvError::Closed) => break,
                },
                () = closed(&mut self.view) => break,
                _ = look.tick() => {
                    let mut shared = lock(&self.history.shared);
                    shared.expire(SystemTime::now());
                    shared.show();
                    drop(shared);
                    self.history.writer.wake();
                }
            }
        }
        while let Ok(stamped) = self.events.try_recv() {
            self.take(&stamped);
        }
        self.history.end_all_but(self.engine, &[], self.heard_at);
    }

    fn take(&mut self, stamped: &Stamped) {
        self.heard_at = stamped.stamp.mono;
        self.history.take(self.engine, stamped, |call| {
            let view = self.view.borrow();
            let call = view.calls.iter().find(|it| it.call == call);
            call.and_then(|it| it.quality)
        });
    }

    /// Events were missed: calls may have ended among them.
    fn catch_up(&mut self) {
        let calls = |view: &PhoneView| view.calls.iter().map(|it| it.call).collect::<Vec<_>>();
        let go_on = calls(&self.view.borrow());
        self.history.end_all_but(self.engine, &go_on, self.heard_at);
    }
}

/// Returns when no view will come any more.
async fn closed(view: &mut watch::Receiver<PhoneView>) {
    while view.changed().await.is_ok() {}
}

/// A thread that broke has left nothing half done: each change is one step.
fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
