use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use redis::Script;

use super::ledger::{HOUR, Ledger, Moment};
use crate::store::{Store, Unanswered, millis};

/// Where the ledger of an account is: in the memory of a server that is alone, or in the Redis of all.
#[derive(Debug)]
pub(super) enum Kept {
    Memory {
        /// Since when moments count.
        began: Instant,
        ledger: Mutex<String>,
    },
    Redis {
        store: Store,
        key: String,
        look: Script,
        put: Script,
    },
}

/// A ledger as it was looked at.
#[derive(Debug)]
pub(super) struct Seen {
    /// As it is written; empty: there was none.
    text: String,
    pub(super) ledger: Ledger,
    pub(super) now: Moment,
}

impl Kept {
    pub(super) fn in_memory(now: Instant) -> Self {
        Self::Memory {
            began: now,
            ledger: Mutex::default(),
        }
    }

    /// Keeps it under `key` for all servers that share `store`, whose clock measures it.
    pub(super) fn in_redis(store: Store, key: String) -> Self {
        Self::Redis {
            store,
            key,
            look: Script::new(include_str!("redis/look.lua")),
            put: Script::new(include_str!("redis/put.lua")),
        }
    }

    pub(super) async fn look(&self, now: Instant) -> Result<Seen, Unanswered> {
        let (now, text) = match self {
            Self::Memory { began, ledger } => {
                let now = now.saturating_duration_since(*began);
                (now, lock(ledger).clone())
            }
            Self::Redis {
                store, key, look, ..
            } => {
                let mut call = look.prepare_invoke();
                call.key(key);
                let (now, text): (u64, String) = store.run(&call).await?;
                (Duration::from_millis(now), text)
            }
        };
        // What is no ledger is as good as none.
        let ledger = serde_json::from_str(&text).unwrap_or_default();
        Ok(Seen { text, ledger, now })
    }

    /// Has `ledger` take the place of the one that was seen; returns whether that was still there.
    pub(super) async fn put(&self, seen: &Seen, ledger: &Ledger) -> Result<bool, Unanswered> {
        let text = serde_json::to_string(ledger).expect("its keys are text");
        match self {
            Self::Memory { ledger, .. } => {
                let mut kept = lock(ledger);
                let is_still_there = *kept == seen.text;
                if is_still_there {
                    *kept = text;
                }
                Ok(is_still_there)
            }
            Self::Redis {
                store, key, put, ..
            } => {
                let mut call = put.prepare_invoke();
                call.key(key).arg(&seen.text).arg(text).arg(millis(HOUR));
                match &*store.run::<String>(&call).await? {
                    "put" => Ok(true),
                    "changed" => Ok(false),
                    _ => Err(Unanswered::Unknown),
                }
            }
        }
    }
}

fn lock(ledger: &Mutex<String>) -> MutexGuard<'_, String> {
    ledger
        .lock()
        .expect("nothing panics while it holds the ledger")
}
