use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::OwnedMutexGuard;

/// Gives whoever wants the same thing their order: one that is under way ends before the next begins.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>);

/// One that is had, until it is dropped.
pub(crate) type Turn = OwnedMutexGuard<()>;

impl Turns {
    /// Waits until nobody else has the turn of this name; it ends when what is returned is dropped.
    pub(crate) async fn of(&self, name: &str) -> Turn {
        let turn = {
            let mut turns = self
                .0
                .lock()
                .expect("nothing panics while it holds the turns");
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(turns.entry(name.to_owned()).or_default())
        };
        turn.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_name_has_one_turn_and_others_have_their_own() {
        let turns = Turns::default();
        let first = turns.of("agent1").await;
        let _other = turns.of("agent2").await;
        let mut second = pin!(turns.of("agent1"));
        assert!(second.as_mut().now_or_never().is_none());
        drop(first);
        assert!(second.as_mut().now_or_never().is_some());
    }

    #[tokio::test]
    async fn who_has_no_turn_is_forgotten() {
        let turns = Turns::default();
        for n in 0..100 {
            drop(turns.of(&format!("agent{n}")).await);
        }
        let _turn = turns.of("agent").await;
        assert_eq!(turns.0.lock().map(|turns| turns.len()).ok(), Some(1));
    }
}
