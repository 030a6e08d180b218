use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use super::{Acquired, Beat, LockName, LockUnavailable, Owner, Released, SessionLock};
use crate::takeover::Ask;

/// How long a login may take: its lock frees itself then if the server dies in the middle of it. The
/// phone waits 8 s, and a telephony platform is waited for 5 s.
const TERM: Duration = Duration::from_secs(30);

/// Between two tries to give a lock back to a store that does not answer.
const PAUSE: Duration = Duration::from_secs(1);

/// How long that is tried; a server that stops waits for less than that. A lock that was kept ends with its term, whatever becomes of this.
const PERSISTENCE: Duration = Duration::from_secs(10 * 60);

/// The lock of a login under way. Until the login keeps it, it lives for a short term alone; what is
/// not kept, because the login failed, or its caller went away, or nobody knows what the store did,
/// is given back. So is that of whoever ends a session, which is never kept.
pub(crate) struct Claim {
    lock: Arc<dyn SessionLock>,
    name: LockName,
    owner: Owner,
    /// Whether there is anything to give back.
    is_open: bool,
    /// Who has it again then.
    before: Option<Before>,
    /// What is to be undone after that.
    undo: Option<Undo>,
    /// A server that stops waits for whatever has this.
    going_on: watch::Receiver<()>,
}

type Undo = Box<dyn FnOnce() + Send + Sync>;

/// Who had a lock before it was claimed.
struct Before {
    owner: Owner,
    /// For how long they have it again.
    term: Duration,
    /// Whether the claim has given it back.
    is_due: bool,
}

/// Whom a claim may displace.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Displacing<'a> {
    Nobody,
    /// The same member's other device, whatever it says.
    SameMember,
    /// The session that has granted this.
    Granting(&'a Ask),
}

impl Claim {
    /// Begins the claim of `owner`; nothing is asked yet. Who stops the server waits until `going_on` is dropped.
    pub(crate) fn new(
        lock: Arc<dyn SessionLock>,
        name: LockName,
        owner: Owner,
        going_on: watch::Receiver<()>,
    ) -> Self {
        Self {
            lock,
            name,
            owner,
            is_open: false,
            before: None,
            undo: None,
            going_on,
        }
    }

    pub(crate) fn owner(&self) -> &Owner {
        &self.owner
    }

    pub(crate) fn agent(&self) -> &str {
        &self.name.ozonetel_agent_id
    }

    /// Asks for the lock, and notes the epoch since which the owner holds it.
    pub(crate) async fn acquire(
        &mut self,
        ttl: Duration,
        displacing: Displacing<'_>,
    ) -> Result<Acquired, LockUnavailable> {
        // Also while it waits, this may be dropped.
        self.is_open = true;
        let (lock, name, owner, term) = (&self.lock, &self.name, &self.owner, ttl.min(TERM));
        let asked = match displacing {
            Displacing::Nobody => lock.acquire(name, owner, term, false),
            Displacing::SameMember => lock.acquire(name, owner, term, true),
            Displacing::Granting(ask) => lock.acquire_granted(name, owner, term, ask),
        };
        let acquired = asked.await;
        match &acquired {
            Ok(
                Acquired::Taken { epoch }
                | Acquired::Refreshed { epoch, .. }
                | Acquired::TakenOver { epoch, .. },
            ) => self.owner.epoch = *epoch,
            Ok(Acquired::Busy { .. } | Acquired::Ended) | Err(LockUnavailable::NotAsked) => {
                self.is_open = false;
            }
            Err(LockUnavailable::Unknown) => {}
        }
        acquired
    }

    /// Has `owner` have the lock again, for `term`, where it is given back.
    pub(crate) fn or_return_to(&mut self, owner: Owner, term: Duration) {
        self.before = Some(Before {
            owner,
            term,
            is_due: false,
        });
    }

    /// Has `undo` run once the lock is given back, unless the login keeps it.
    pub(crate) fn or_undo(&mut self, undo: impl FnOnce() + Send + Sync + 'static) {
        self.undo = Some(Box::new(undo));
    }

    /// Has nothing be undone: nobody had the lock before.
    pub(crate) fn forget_undo(&mut self) {
        self.undo = None;
    }

    /// Gives the lock back now. Where its store does not answer, that goes on behind this.
    pub(crate) async fn give_back(mut self) {
        let before = &mut self.before;
        let released = release(&*self.lock, &self.name, &self.owner, before).await;
        self.is_open = released.is_err();
        if let Some(undo) = self.undo.take_if(|_| released.is_ok()) {
            undo();
        }
    }

    /// Ends the claim: the lock is the owner's for a whole term, unless somebody else has taken it
    /// meanwhile.
    pub(crate) async fn keep(&mut self, ttl: Duration) -> Result<Beat, LockUnavailable> {
        let kept = self.lock.beat(&self.name, &self.owner, ttl).await?;
        self.is_open = match &kept {
            Beat::Extended | Beat::Retaken => false,
            Beat::Lost { .. } | Beat::Ended => true,
        };
        Ok(kept)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if !self.is_open {
            return;
        }
        let (lock, name, owner) = (
            Arc::clone(&self.lock),
            self.name.clone(),
            self.owner.clone(),
        );
        let (before, undo) = (self.before.take(), self.undo.take());
        let going_on = self.going_on.clone();
        // Where the runtime is gone, the server ends, and the lock with its short term.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                give_back(lock, name, owner, before).await;
                if let Some(undo) = undo {
                    undo();
                }
                drop(going_on);
            });
        }
    }
}

async fn give_back(
    lock: Arc<dyn SessionLock>,
    name: LockName,
    owner: Owner,
    mut before: Option<Before>,
) {
    let until_done = async {
        while release(&*lock, &name, &owner, &mut before).await.is_err() {
            sleep(PAUSE).await;
        }
    };
    let (member, agent) = (&owner.member_id, &name.ozonetel_agent_id);
    match timeout(PERSISTENCE, until_done).await {
        Ok(()) => info!(member, agent, "a lock that was not kept is given back"),
        Err(_) => warn!(member, agent, "a lock could not be given back"),
    }
}

/// Gives a lock back, to who had it `before` unless they have signed out, or somebody else has it by now. Where that is
/// tried again, `before` says what was done.
async fn release(
    lock: &dyn SessionLock,
    name: &LockName,
    owner: &Owner,
    before: &mut Option<Before>,
) -> Result<(), LockUnavailable> {
    let released = lock.release(name, owner).await?;
    let Some(before) = before else {
        return Ok(());
    };
    match released {
        Released::Freed => before.is_due = true,
        Released::NotOwner { .. } => before.is_due = false,
        Released::Absent => {}
    }
    if before.is_due {
        lock.beat(name, &before.owner, before.term).await?;
    }
    Ok(())
}
