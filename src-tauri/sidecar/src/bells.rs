//! Tells those who wait for it that something about an agent has changed.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// In how many parts all bells are rung, and how long it is between two: a second for all of them.
const PARTS: usize = 20;
const PAUSE: Duration = Duration::from_millis(50);

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

    /// Rings for all agents, because nobody knows what was missed: some at once and the last a
    /// second later, because each who hears it asks Redis, which has just come back.
    pub(crate) async fn ring_all(&self) {
        let agents: Vec<String> = self.bells().keys().cloned().collect();
        let begun = Instant::now();
        for (n, some) in (0..).zip(agents.chunks(agents.len().div_ceil(PARTS).max(1))) {
            sleep_until(begun + n * PAUSE).await;
            for agent_id in some {
                self.ring(agent_id);
            }
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
        bells.ring("b");
        one.seen();
        assert!(one.changed().now_or_never().is_none());
        assert!(other.changed().now_or_never().is_some());
        drop((one, other));
        let _last = bells.listen("d");
        assert_eq!(bells.bells().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn all_bells_are_rung_within_a_second_and_not_at_once() {
        let bells = Bells::default();
        let mut all: Vec<_> = (0..100).map(|n| bells.listen(&n.to_string())).collect();
        let mut heard = || {
            let heard = all.iter_mut().map(|it| it.changed().now_or_never());
            heard.flatten().count()
        };
        let begun = Instant::now();
        let mut ringing = std::pin::pin!(bells.ring_all());
        assert!(ringing.as_mut().now_or_never().is_none());
        assert_eq!(heard(), 5);
        ringing.await;
        assert_eq!(heard(), 95);
        assert_eq!(begun.elapsed(), 19 * PAUSE);
        Bells::default().ring_all().await;
    }
}
