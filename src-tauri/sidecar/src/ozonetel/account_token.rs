//! The account's token, where the account has that mode: one at a time, since each new one kills the
//! last, and at most ten in an hour.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

/// A token lives for 60 minutes; what is left of it covers the order that it was taken for.
const USED_FOR: Duration = Duration::from_secs(55 * 60);

/// Ozonetel makes ten tokens in an hour.
const PER_HOUR: usize = 10;
const HOUR: Duration = Duration::from_secs(60 * 60);

/// The token that all orders of this server use.
#[derive(Default)]
pub(super) struct AccountToken {
    /// Held while a new one is asked for: whoever needs it waits for the same.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    current: Option<(SecretString, Instant)>,
    /// When the last ones were asked for.
    asked: VecDeque<Instant>,
}

/// Why there is no token.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoToken<E> {
    /// The hour's tokens are used up.
    Spent,
    NotMade(E),
}

impl AccountToken {
    /// Returns the token; where there is none that is good, or it is the one that was `refused`,
    /// `make` makes one.
    pub(super) async fn get<E>(
        &self,
        refused: Option<&SecretString>,
        now: impl Fn() -> Instant,
        make: impl AsyncFnOnce() -> Result<SecretString, E>,
    ) -> Result<SecretString, NoToken<E>> {
        let mut state = self.state.lock().await;
        if let Some((token, made)) = &state.current {
            let is_refused = refused.is_some_and(|it| it.expose_secret() == token.expose_secret());
            if !is_refused && now().saturating_duration_since(*made) < USED_FOR {
                return Ok(token.clone());
            }
        }
        state.current = None;
        let began = now();
        state
            .asked
            .retain(|asked| began.saturating_duration_since(*asked) < HOUR);
        if state.asked.len() >= PER_HOUR {
            return Err(NoToken::Spent);
        }
        state.asked.push_back(began);
        let token = make().await.map_err(NoToken::NotMade)?;
        state.current = Some((token.clone(), began));
        Ok(token)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;

    use super::*;

    #[tokio::test]
    async fn a_token_is_used_until_it_is_old_or_refused() {
        let (token, made, start) = (AccountToken::default(), AtomicUsize::new(0), Instant::now());
        let get = async |refused: Option<&SecretString>, at: Duration| {
            let now = || start + at;
            token.get(refused, now, async || number(&made)).await
        };
        let first = get(None, Duration::ZERO).await.unwrap();
        get(None, USED_FOR - Duration::from_secs(1)).await.unwrap();
        assert_eq!(made.load(Ordering::Relaxed), 1);
        get(None, USED_FOR).await.unwrap();
        assert_eq!(made.load(Ordering::Relaxed), 2);
        // Another order learned of it, too: the token that is refused is not the current one.
        let second = get(Some(&first), USED_FOR).await.unwrap();
        assert_eq!(made.load(Ordering::Relaxed), 2);
        get(Some(&second), USED_FOR).await.unwrap();
        assert_eq!(made.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn many_orders_at_once_share_one_token() {
        let (token, made, start) = (AccountToken::default(), AtomicUsize::new(0), Instant::now());
        let orders = (0..50).map(|_| {
            let make = async || {
                tokio::task::yield_now().await;
                number(&made)
            };
            token.get(None, || start, make)
        });
        for got in join_all(orders).await {
            assert_eq!(got.unwrap().expose_secret(), "1");
        }
    }

    #[tokio::test]
    async fn no_more_are_asked_for_than_an_hour_has() {
        let (token, made, start) = (AccountToken::default(), AtomicUsize::new(0), Instant::now());
        let mut last = None;
        for _ in 0..PER_HOUR {
            let make = async || number(&made);
            last = Some(token.get(last.as_ref(), || start, make).await.unwrap());
        }
        let make = async || number(&made);
        let spent = token.get(last.as_ref(), || start, make).await;
        assert_eq!(spent.unwrap_err(), NoToken::Spent);
        let make = async || number(&made);
        token.get(None, || start + HOUR, make).await.unwrap();
    }

    #[tokio::test]
    async fn a_failure_is_told_and_the_next_order_tries_again() {
        let (token, start) = (AccountToken::default(), Instant::now());
        let failed = token.get(None, || start, async || Err("no")).await;
        assert_eq!(failed.unwrap_err(), NoToken::NotMade("no"));
        let make = async || Ok::<_, ()>(SecretString::from("1"));
        token.get(None, || start, make).await.unwrap();
    }

    fn number(made: &AtomicUsize) -> Result<SecretString, ()> {
        let number = made.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(SecretString::from(number.to_string()))
    }
}
