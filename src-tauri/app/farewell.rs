//! The end of the program, whoever brings it: its user is signed out once, and it takes 2 s at most.

use std::time::Duration;

use tokio::{sync::watch, time};

/// How long the end may take as a whole.
pub(crate) const WHOLE: Duration = Duration::from_secs(2);

/// What is done before the program ends.
#[derive(Debug)]
pub(crate) struct Farewell(watch::Sender<Stage>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    NotBegun,
    Begun,
    Over,
}

impl Farewell {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(Stage::NotBegun))
    }

    pub(crate) fn has_begun(&self) -> bool {
        *self.0.borrow() != Stage::NotBegun
    }

    /// Returns whether it begins with this; whoever began it says it.
    pub(crate) fn begin(&self) -> bool {
        self.0.send_if_modified(|stage| {
            let begins = *stage == Stage::NotBegun;
            if begins {
                *stage = Stage::Begun;
            }
            begins
        })
    }

    /// Says it, for [`WHOLE`] at most; returns whether all was said.
    pub(crate) async fn say(&self, words: impl Future<Output = ()>) -> bool {
        let all = time::timeout(WHOLE, words).await.is_ok();
        self.0.send_replace(Stage::Over);
        all
    }

    /// For an end that nobody asked for: says it, unless somebody has begun, and then waits for them. Returns when
    /// it is over, after [`WHOLE`] at the latest, whether all was said in that time.
    pub(crate) async fn finish(&self, words: impl Future<Output = ()>) -> bool {
        if self.begin() {
            return self.say(words).await;
        }
        let mut stage = self.0.subscribe();
        let over = stage.wait_for(|stage| *stage == Stage::Over);
        time::timeout(WHOLE, over).await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::{pending, ready},
        ops::Range,
    };

    use tokio::time::Instant;

    use super::*;

    /// The runtime's clock ticks in milliseconds.
    const AT_THE_LIMIT: Range<Duration> = WHOLE..Duration::from_millis(2_010);

    #[tokio::test(start_paused = true)]
    async fn one_that_nobody_answers_is_over_after_two_seconds() {
        let farewell = Farewell::new();
        let began = Instant::now();
        assert!(farewell.begin());
        assert!(!farewell.say(pending()).await);
        assert!(AT_THE_LIMIT.contains(&began.elapsed()));
    }

    #[tokio::test(start_paused = true)]
    async fn an_end_that_nobody_asked_for_says_it_and_takes_two_seconds_at_most() {
        let farewell = Farewell::new();
        let mut said = false;
        assert!(farewell.finish(async { said = true }).await);
        assert!(said && farewell.has_begun());

        let farewell = Farewell::new();
        let began = Instant::now();
        assert!(!farewell.finish(pending()).await);
        assert!(AT_THE_LIMIT.contains(&began.elapsed()));
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_said_once() {
        let farewell = Farewell::new();
        assert!(!farewell.has_begun());
        assert!(farewell.begin());
        assert!(!farewell.begin());
        assert!(farewell.say(ready(())).await);
        assert!(!farewell.begin());

        // The end comes after it, as it does whenever its user quits: there is nothing left to do.
        let began = Instant::now();
        assert!(farewell.finish(again()).await);
        assert_eq!(began.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn an_end_that_comes_while_it_is_said_waits_for_it() {
        let farewell = Farewell::new();
        assert!(farewell.begin());
        let half = Duration::from_secs(1);
        let began = Instant::now();
        let (said, is_over) = tokio::join!(
            farewell.say(async { assert!(time::timeout(half, pending::<()>()).await.is_err()) }),
            farewell.finish(again())
        );
        assert!(said && is_over);
        assert!(began.elapsed() >= half && began.elapsed() < WHOLE);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_began_and_never_ends_holds_the_end_up_for_two_seconds() {
        let farewell = Farewell::new();
        assert!(farewell.begin());
        let began = Instant::now();
        assert!(!farewell.finish(ready(())).await);
        assert!(AT_THE_LIMIT.contains(&began.elapsed()));
    }

    async fn again() {
        panic!("it is said twice");
    }
}
