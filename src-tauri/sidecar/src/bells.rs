//! Tells those who wait for it that something about an agent has changed.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use tokio::sync::watch;

/// One bell per agent that somebody listens for.
#[derive(Debug, Default)]
pub(crate) struct Bells(Mutex<HashMap<String, watch::Sender<()>>>);

/// Hears the bell of one agent.
#[derive(Debug)]
pub struct Changes(watch::Receiver<()>);

impl Bells {
    /// Begins to listen for an agent.
    pub(crate) fn listen(&self, agent_id: &str) -> Changes {
        let mut bells = self.bells();
        if let Some(bell) = bells.get(agent_id) {
            return Changes(bell.subscribe());
        }
        // There are no more of them than listeners, and the one that comes.
        bells.retain(|_, bell| !bell.is_closed());
        let (bell, changes) = watch::channel(());
        bells.insert(agent_id.to_owned(), bell);
        Changes(changes)
    }

    pub(crate) fn ring(&self, agent_id: &str) {
        if let Some(bell) = self.bells().get(agent_id) {
            bell.send_replace(());
        }
    }

    /// Rings for all agents: nobody knows what was missed.
    pub(crate) fn ring_all(&self) {
        for bell in self.bells().values() {
            bell.send_replace(());
        }
    }

    fn bells(&self) -> MutexGuard<'_, HashMap<String, watch::Sender<()>>> {
        self.0
            .lock()
            .expect("nothing panics while it holds the bells")
    }
}

impl Changes {
    /// Waits for the next change; what came before [`Self::seen`] is none.
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            // Its store is gone, and nothing changes any more.
            std::future::pending::<()>().await;
        }
    }

    /// Notes that whatever has changed so far will be looked at.
    pub fn seen(&mut self) {
        self.0.mark_unchanged();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn each_agent_has_a_bell_as_long_as_somebody_listens() {
        let bells = Bells::default();
        let (mut one, mut other) = (bells.listen("a"), bells.listen("b"));
        bells.ring("a");
        assert!(one.changed().now_or_never().is_some());
        assert!(one.changed().now_or_never().is_none());
        assert!(other.changed().now_or_never().is_none());
        bells.ring("c");
        bells.ring_all();
        one.seen();
        assert!(one.changed().now_or_never().is_none());
        assert!(other.changed().now_or_never().is_some());
        drop((one, other));
        let _last = bells.listen("d");
        assert_eq!(bells.bells().len(), 1);
    }
}
