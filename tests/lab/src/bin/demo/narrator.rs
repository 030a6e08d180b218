use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard},
    time::Instant,
};

/// Prints the story and remembers what explains its failure.
#[derive(Debug)]
pub(crate) struct Narrator {
    began: Instant,
    last: Mutex<String>,
    logs: Mutex<Vec<Log>>,
}

/// The standard error of one process: all of it in a file, the last lines here.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    name: String,
    path: PathBuf,
    tail: Arc<Mutex<VecDeque<String>>>,
}

/// So many last lines of each process are shown when something failed.
const TAIL: usize = 12;

impl Narrator {
    pub(crate) fn new() -> Self {
        Self {
            began: Instant::now(),
            last: Mutex::new("the start".to_owned()),
            logs: Mutex::new(Vec::new()),
        }
    }

    /// Tells what happened to whom, with the time since the start.
    pub(crate) fn tell(&self, who: &str, what: &str) {
        let seconds = self.began.elapsed().as_secs_f64();
        println!("{seconds:7.3} s  {who:<9} {what}");
        *lock(&self.last) = format!("{who}: {what}");
    }

    /// Returns what was told last.
    pub(crate) fn last(&self) -> String {
        lock(&self.last).clone()
    }

    /// Begins to remember the standard error of a process.
    pub(crate) fn log(&self, name: &str, path: PathBuf) -> Log {
        let log = Log {
            name: name.to_owned(),
            path,
            tail: Arc::default(),
        };
        lock(&self.logs).push(log.clone());
        log
    }

    /// Returns the last lines of each process, with their file.
    pub(crate) fn last_words(&self) -> Vec<String> {
        lock(&self.logs)
            .iter()
            .flat_map(|log| {
                let head = format!("-- standard error of {} ({})", log.name, log.path.display());
                std::iter::once(head).chain(lock(&log.tail).clone())
            })
            .collect()
    }
}

impl Log {
    pub(crate) fn path(&self) -> &std::path::Path {
        &self.path
    }

    pub(crate) fn note(&self, line: String) {
        let mut tail = lock(&self.tail);
        if tail.len() == TAIL {
            tail.pop_front();
        }
        tail.push_back(line);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no holder of this lock panics")
}
