use std::{
    collections::VecDeque,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use phone::Stored;
use tokio::{sync::oneshot, time};
use tracing::error;

use crate::{Vault, VaultFault};

/// How long a vault may take: a keyring that is locked waits for its user, who may be away.
const DEADLINE: Duration = Duration::from_secs(5);

/// Runs a vault on a thread of its own, where it may block or panic without harm to the phone.
///
/// What waits for a vault that blocks is bounded: of each kind the latest.
#[derive(Debug)]
pub(crate) struct Keeper {
    desk: Arc<Desk>,
}

#[derive(Debug, Default)]
struct Desk {
    orders: Mutex<Orders>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Orders {
    waiting: VecDeque<Order>,
    is_closed: bool,
}

#[derive(Debug)]
struct Order {
    task: Task,
    done: oneshot::Sender<Result<(), VaultFault>>,
}

#[derive(Debug)]
enum Task {
    Store(Stored),
    Wipe,
}

impl Keeper {
    pub(crate) fn start(mut vault: Box<dyn Vault>) -> io::Result<Self> {
        let desk = Arc::new(Desk::default());
        let orders = desk.clone();
        thread::Builder::new()
            .name("vault".to_owned())
            .spawn(move || {
                while let Some(Order { task, done }) = orders.next() {
                    let result = catch_unwind(AssertUnwindSafe(|| match task {
                        Task::Store(stored) => vault.store(stored),
                        Task::Wipe => vault.wipe(),
                    }));
                    let result = result.unwrap_or_else(|_| {
                        error!("the vault panicked");
                        Err(VaultFault("The vault broke".to_owned()))
                    });
                    // Who gave the order may have given up.
                    let _ = done.send(result);
                }
            })?;
        Ok(Self { desk })
    }

    /// Keeps `stored`; the future tells what went wrong, if anything did.
    pub(crate) fn store(&self, stored: Stored) -> impl Future<Output = Option<VaultFault>> + use<> {
        self.give(Task::Store(stored))
    }

    /// Forgets everything; the future tells what went wrong, if anything did.
    pub(crate) fn wipe(&self) -> impl Future<Output = Option<VaultFault>> + use<> {
        self.give(Task::Wipe)
    }

    fn give(&self, task: Task) -> impl Future<Output = Option<VaultFault>> + use<> {
        let (done, outcome) = oneshot::channel();
        let mut orders = self.desk.lock();
        orders.waiting.retain(|it| !task.replaces(&it.task));
        orders.waiting.push_back(Order { task, done });
        drop(orders);
        self.desk.changed.notify_one();
        async {
            match time::timeout(DEADLINE, outcome).await {
                Ok(Ok(result)) => result.err(),
                // A later order has taken its place.
                Ok(Err(_)) => None,
                Err(_) => Some(VaultFault(format!(
                    "The vault did not answer within {} s",
                    DEADLINE.as_secs()
                ))),
            }
        }
    }
}

impl Drop for Keeper {
    /// Lets the thread end after the orders that wait.
    fn drop(&mut self) {
        self.desk.lock().is_closed = true;
        self.desk.changed.notify_one();
    }
}

impl Desk {
    /// Waits for the next order; `None` where none can come any more.
    fn next(&self) -> Option<Order> {
        let mut orders = self
            .changed
            .wait_while(self.lock(), |it| it.waiting.is_empty() && !it.is_closed)
            .unwrap_or_else(PoisonError::into_inner);
        orders.waiting.pop_front()
    }

    fn lock(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Task {
    /// Tells whether `earlier` need not be done any more where this is done after it.
    fn replaces(&self, earlier: &Self) -> bool {
        match (self, earlier) {
            (Self::Wipe, Self::Store(_) | Self::Wipe)
            | (Self::Store(Stored::AgentConfig(_)), Self::Store(Stored::AgentConfig(_)))
            | (Self::Store(Stored::Tokens { .. }), Self::Store(Stored::Tokens { .. })) => true,
            (
                Self::Store(Stored::AgentConfig(_) | Stored::Tokens { .. }),
                Self::Store(_) | Self::Wipe,
            ) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::mpsc;

    use secrecy::ExposeSecret;

    use super::*;
    use crate::test_server::soon;

    #[tokio::test]
    async fn of_what_waits_for_a_vault_that_blocks_only_the_latest_is_kept() {
        let (told, seen) = mpsc::channel();
        let (go, gate) = mpsc::channel();
        let keeper = Keeper::start(Box::new(Gated { gate, told })).unwrap();

        // The first order may be with the vault already; the others wait for certain.
        let orders = ["1", "2", "3", "4"].map(|token| keeper.store(tokens(token)));
        drop(go);
        for order in orders {
            assert_eq!(soon(order).await, None);
        }
        drop(keeper);

        let kept: Vec<String> = seen.iter().collect();
        assert_eq!(kept.last().unwrap(), "4");
        assert!(kept.len() <= 2, "{kept:?}");
    }

    #[tokio::test]
    async fn a_wipe_leaves_nothing_to_be_kept_before_it_and_is_done_before_the_end() {
        let (told, seen) = mpsc::channel();
        let (go, gate) = mpsc::channel();
        let keeper = Keeper::start(Box::new(Gated { gate, told })).unwrap();
        let first = keeper.store(tokens("1"));
        let wiped = keeper.wipe();
        drop(keeper);
        drop(go);

        assert_eq!(soon(wiped).await, None);
        assert_eq!(soon(first).await, None);
        let kept: Vec<String> = seen.iter().collect();
        assert_eq!(kept.last().unwrap(), "wiped");
    }

    #[tokio::test]
    async fn a_vault_that_panics_is_told_and_goes_on() {
        let keeper = Keeper::start(Box::new(Panicking)).unwrap();
        let broke = Some(VaultFault("The vault broke".into()));
        assert_eq!(soon(keeper.store(tokens("1"))).await, broke);
        assert_eq!(soon(keeper.wipe()).await, None);
    }

    fn tokens(access: &str) -> Stored {
        Stored::Tokens {
            access_token: access.into(),
            refresh_token: "refresh".into(),
        }
    }

    /// Does nothing until its gate opens, then tells what it does.
    #[derive(Debug)]
    struct Gated {
        gate: mpsc::Receiver<()>,
        told: mpsc::Sender<String>,
    }

    impl Vault for Gated {
        fn store(&mut self, stored: Stored) -> Result<(), VaultFault> {
            // The gate opens by being dropped.
            let _ = self.gate.recv();
            let Stored::Tokens { access_token, .. } = stored else {
                panic!("no tokens");
            };
            self.told
                .send(access_token.expose_secret().to_owned())
                .unwrap();
            Ok(())
        }

        fn wipe(&mut self) -> Result<(), VaultFault> {
            let _ = self.gate.recv();
            self.told.send("wiped".to_owned()).unwrap();
            Ok(())
        }
    }

    #[derive(Debug)]
    struct Panicking;

    impl Vault for Panicking {
        fn store(&mut self, _: Stored) -> Result<(), VaultFault> {
            panic!("a keyring that breaks");
        }

        fn wipe(&mut self) -> Result<(), VaultFault> {
            Ok(())
        }
    }
}
