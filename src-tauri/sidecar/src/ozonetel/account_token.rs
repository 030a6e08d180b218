//! The account's token, where the account has that mode: one for all servers that share a Redis, since
//! each new one kills the last, and at most ten in an hour.
//!
//! The ledger says who makes the next one ([`ledger`]); the token lies in it sealed. A server that
//! knows a good token asks nobody. One that needs another while Redis does not answer goes on with the
//! one that it knows, and makes none, which would kill that of the others.

mod kept;
mod ledger;

use std::sync::Arc;
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use tokio::sync::{Mutex, oneshot};
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use self::kept::Kept;
use self::ledger::{Ledger, MAKE_TIME, Next, USED_FOR};
use super::answer::Words;
use crate::random::random_id;
use crate::seal::{Seal, SigningKeys};
use crate::store::{Store, Unanswered};

const PURPOSE: &[u8] = b"helix-sidecar: the token of an account at Ozonetel";

/// How often it is looked whether another server has made a token: often beside the second or so
/// that making one takes.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Between two tries to note what has been made with a Redis that does not answer, and how many there
/// are: a minute later the others have found out that theirs is of no use.
const NOTE_AGAIN: Duration = Duration::from_secs(1);
const NOTE_TRIES: usize = 60;

/// The token that all orders of an account use.
pub(super) struct AccountToken {
    shared: Arc<Shared>,
    /// Held while a new one is waited for: all orders of this server wait for the same.
    known: Mutex<Option<Known>>,
}

/// What the making of a token goes on with when nobody waits for it any more.
struct Shared {
    kept: Kept,
    seal: Seal,
    /// Whose token it is; it is sealed for that.
    account: String,
}

struct Known {
    token: SecretString,
    until: Instant,
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoToken {
    #[error("the tokens of this hour are used up")]
    Spent,
    #[error("the session store does not say which token is good")]
    NotTold,
    #[error("{0}")]
    NotMade(NotMade),
}

/// Ozonetel gave no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotMade {
    #[error("no token of the account: {}", .0.as_str())]
    Refused(Words),
    /// What it answered is none, or it was never asked.
    #[error("{0}")]
    None(String),
    /// It did not answer, so there may be one.
    #[error("{0}")]
    Unknown(String),
}

impl AccountToken {
    /// Makes this server's part of the token of `user_name` at `url`: its own where there is no `store`.
    pub(super) fn new(
        (url, user_name): (&str, &str),
        store: Option<Store>,
        keys: SigningKeys<'_>,
        now: Instant,
    ) -> Self {
        let account = Sha256::digest(format!("{url}\n{user_name}").as_bytes());
        let account: String = account.iter().map(|byte| format!("{byte:02x}")).collect();
        let kept = match store {
            Some(store) => {
                let key = store.key(&format!("agent:account-token:{account}"));
                Kept::in_redis(store, key)
            }
            None => Kept::in_memory(now),
        };
        Self {
            shared: Arc::new(Shared {
                kept,
                seal: Seal::new(keys, PURPOSE),
                account,
            }),
            known: Mutex::default(),
        }
    }

    /// Returns the token; where there is none that is good, or it is the one that was `refused`,
    /// `make` makes one, here or at another server. How long that may take is the caller's to bound;
    /// one that has begun is made and kept even where nobody waits for it any more.
    pub(super) async fn get<F>(
        &self,
        refused: Option<&SecretString>,
        now: impl Fn() -> Instant,
        make: impl Fn() -> F,
    ) -> Result<SecretString, NoToken>
    where
        F: Future<Output = Result<SecretString, NotMade>> + Send + 'static,
    {
        let is_refused = |token: &SecretString| {
            refused.is_some_and(|it| it.expose_secret() == token.expose_secret())
        };
        let mut known = self.known.lock().await;
        if let Some(Known { token, until }) = &*known
            && !is_refused(token)
            && now() < *until
        {
            return Ok(token.clone());
        }
        let maker = random_id();
        let mut unusable = None;
        let shared = &self.shared;
        let found = loop {
            let Ok(seen) = shared.kept.look(now()).await else {
                // It may have grown old, but not yet died of it.
                let known = known.as_ref().map(|it| it.token.clone());
                return known.filter(|it| !is_refused(it)).ok_or(NoToken::NotTold);
            };
            match seen.ledger.next(unusable.as_deref(), &maker, seen.now) {
                Next::Use { sealed, left } => match shared.seal.open(&shared.account, &sealed) {
                    Some(token) if !is_refused(&token) => {
                        let until = now() + left;
                        break Known { token, until };
                    }
                    Some(_) | None => unusable = Some(sealed),
                },
                Next::Wait => sleep(LOOK_EVERY).await,
                Next::GiveUp => return Err(NoToken::Spent),
                Next::Make(ledger) => {
                    // Where that is not known, it is looked again.
                    if let Ok(true) = shared.kept.put(&seen, &ledger).await {
                        let until = now() + USED_FOR;
                        let token = shared.begin(maker, make(), now()).await?;
                        break Known { token, until };
                    }
                }
            }
        };
        let token = found.token.clone();
        *known = Some(found);
        Ok(token)
    }
}

impl NotMade {
    /// Whether there is none, as far as Ozonetel says.
    fn is_certain(&self) -> bool {
        match self {
            Self::Refused(_) | Self::None(_) => true,
            Self::Unknown(_) => false,
        }
    }
}

impl Shared {
    /// Has a token made and kept, also where nobody waits for it.
    async fn begin(
        self: &Arc<Self>,
        maker: String,
        making: impl Future<Output = Result<SecretString, NotMade>> + Send + 'static,
        now: Instant,
    ) -> Result<SecretString, NoToken> {
        info!("a token of the account is made");
        let (tell, told) = oneshot::channel();
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            let made = timeout(MAKE_TIME, making)
                .await
                .unwrap_or_else(|_| Err(NotMade::Unknown("no answer in time".to_owned())));
            let ending = made.clone().map_err(|it| {
                let why = it.to_string();
                warn!(why, "no token of the account was made");
                it.is_certain()
            });
            // Where nobody waits any more, the next one finds it in the ledger.
            let _ = tell.send(made.map_err(NoToken::NotMade));
            shared.note(&maker, ending, now).await;
        });
        let broken = || NoToken::NotMade(NotMade::Unknown("the making broke off".to_owned()));
        told.await.unwrap_or_else(|_| Err(broken()))
    }

    /// Notes how the making ended: with a token, or without one, and whether that is certain.
    async fn note(&self, maker: &str, ending: Result<SecretString, bool>, now: Instant) {
        let ending = ending.map(|token| self.seal.seal(&self.account, &token));
        let after = |ledger: &Ledger| match &ending {
            Ok(sealed) => ledger.made(maker, sealed),
            Err(is_certain) => ledger.failed(maker, !is_certain),
        };
        for _ in 0..NOTE_TRIES {
            if let Ok(()) = self.change(&after, now).await {
                return;
            }
            sleep(NOTE_AGAIN).await;
        }
        warn!("what became of a token of the account could not be noted");
    }

    /// Puts what comes `after` the ledger in its place, unless nothing does.
    async fn change(
        &self,
        after: impl Fn(&Ledger) -> Option<Ledger>,
        now: Instant,
    ) -> Result<(), Unanswered> {
        loop {
            let seen = self.kept.look(now).await?;
            let Some(ledger) = after(&seen.ledger) else {
                return Ok(());
            };
            if self.kept.put(&seen, &ledger).await? {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::FutureExt;
    use futures_util::future::join_all;

    use super::ledger::HOUR;
    use super::*;
    use crate::store::Address;

    #[tokio::test]
    async fn a_token_is_used_until_it_is_old_or_refused() {
        let account = Account::new();
        let server = account.server();
        let get = async |refused: Option<&SecretString>, at: Duration| {
            account.get(&server, refused, at).await.unwrap()
        };
        let first = get(None, Duration::ZERO).await;
        get(None, USED_FOR - Duration::from_secs(1)).await;
        assert_eq!(account.made(), 1);
        let second = get(None, USED_FOR).await;
        assert_eq!(account.made(), 2);
        // Another order learned of it, too: the token that is refused is not the current one.
        get(Some(&first), USED_FOR).await;
        assert_eq!(account.made(), 2);
        get(Some(&second), USED_FOR).await;
        assert_eq!(account.made(), 3);
    }

    #[tokio::test]
    async fn many_orders_at_once_share_one_token_at_all_servers() {
        let account = Account::new();
        let servers = [(); 3].map(|()| account.server());
        let orders = async |refused: Option<&SecretString>| {
            let orders = (0..60).map(|n| account.get(&servers[n % 3], refused, Duration::ZERO));
            let tokens = join_all(orders).await;
            let first = tokens[0].clone().unwrap();
            for token in tokens {
                assert_eq!(token.unwrap().expose_secret(), first.expose_secret());
            }
            first
        };
        let first = orders(None).await;
        assert_eq!(first.expose_secret(), "token-1");
        // All of them hear that it is refused, and one makes the next.
        let second = orders(Some(&first)).await;
        assert_eq!(second.expose_secret(), "token-2");
        assert_eq!(account.made(), 2);
    }

    #[tokio::test]
    async fn all_servers_together_ask_for_no_more_than_an_hour_has() {
        let account = Account::new();
        let mut last = None;
        for _ in 0..10 {
            let server = account.server();
            let got = account.get(&server, last.as_ref(), Duration::ZERO);
            last = Some(got.await.unwrap());
        }
        let server = account.server();
        let spent = account.get(&server, last.as_ref(), Duration::ZERO);
        assert_eq!(spent.await.unwrap_err(), NoToken::Spent);
        assert_eq!(account.made(), 10);
        account.get(&server, None, HOUR).await.unwrap();
    }

    #[tokio::test]
    async fn a_failure_is_told_and_the_next_order_tries_again() {
        fn no() -> NotMade {
            NotMade::None("no".to_owned())
        }

        let account = Account::new();
        let server = account.server();
        for _ in 0..20 {
            let failed = server.get(None, || account.start, async || Err(no()));
            assert_eq!(failed.await.unwrap_err(), NoToken::NotMade(no()));
        }
        account.get(&server, None, Duration::ZERO).await.unwrap();
    }

    #[tokio::test]
    async fn a_token_that_nobody_waits_for_any_more_is_kept_for_the_next_order() {
        let account = Account::new();
        let server = account.server();
        let (answer, answered) = oneshot::channel::<SecretString>();
        let answered = std::sync::Mutex::new(Some(answered));
        let make = || {
            let answered = answered.lock().unwrap().take().unwrap();
            async move { Ok(answered.await.unwrap()) }
        };
        let mut order = Box::pin(server.get(None, || account.start, make));
        while account.shared.is_idle().await {
            assert!((&mut order).now_or_never().is_none());
        }
        drop(order);
        answer.send("token-0".into()).unwrap();
        let got = account.get(&server, None, Duration::ZERO).await.unwrap();
        assert_eq!(got.expose_secret(), "token-0");
    }

    #[tokio::test]
    async fn while_its_store_is_silent_a_known_token_goes_on_and_none_is_made() {
        let nobody = Address::parse(&"redis://127.0.0.1:1".into()).unwrap();
        let kept = Kept::in_redis(Store::connect(nobody, ""), "key".to_owned());
        let account = Account::with(kept, b"a key");
        let server = account.server();
        let get = async |refused: Option<&SecretString>, at| {
            let got = account.get(&server, refused, at).await;
            got.map(|token| token.expose_secret().to_owned())
        };
        assert_eq!(get(None, Duration::ZERO).await, Err(NoToken::NotTold));
        let token = SecretString::from("token-0");
        *server.known.lock().await = Some(Known {
            token: token.clone(),
            until: account.start + USED_FOR,
        });
        for at in [Duration::ZERO, USED_FOR] {
            assert_eq!(get(None, at).await.as_deref(), Ok("token-0"));
        }
        let refused = get(Some(&token), Duration::ZERO).await;
        assert_eq!(refused, Err(NoToken::NotTold));
        assert_eq!(account.made(), 0);
    }

    #[tokio::test]
    async fn what_was_sealed_with_another_key_is_replaced() {
        let account = Account::new();
        account
            .get(&account.server(), None, Duration::ZERO)
            .await
            .unwrap();
        let Shared { kept, .. } = &*account.shared;
        let text = kept.look(account.start).await.unwrap();
        assert!(!format!("{text:?}").contains("token-1"));
        let kept = Kept::in_memory(account.start);
        kept.put(&kept.look(account.start).await.unwrap(), &text.ledger)
            .await
            .unwrap();
        let other = Account::with(kept, b"another key");
        let got = other.get(&other.server(), None, Duration::ZERO).await;
        got.unwrap();
        assert_eq!(other.made(), 1);
    }

    /// An account that servers share.
    struct Account {
        shared: Arc<Shared>,
        start: Instant,
        made: Arc<AtomicUsize>,
    }

    impl Account {
        fn new() -> Self {
            Self::with(Kept::in_memory(Instant::now()), b"a key")
        }

        fn with(kept: Kept, key: &[u8]) -> Self {
            let keys = SigningKeys {
                current: &key.to_vec().into(),
                old: None,
            };
            let shared = Shared {
                kept,
                seal: Seal::new(keys, PURPOSE),
                account: "account".to_owned(),
            };
            Self {
                shared: Arc::new(shared),
                start: Instant::now(),
                made: Arc::default(),
            }
        }

        fn server(&self) -> AccountToken {
            AccountToken {
                shared: Arc::clone(&self.shared),
                known: Mutex::default(),
            }
        }

        async fn get(
            &self,
            server: &AccountToken,
            refused: Option<&SecretString>,
            at: Duration,
        ) -> Result<SecretString, NoToken> {
            let make = || {
                let made = Arc::clone(&self.made);
                async move {
                    tokio::task::yield_now().await;
                    let number = made.fetch_add(1, Ordering::Relaxed) + 1;
                    Ok(SecretString::from(format!("token-{number}")))
                }
            };
            server.get(refused, || self.start + at, make).await
        }

        fn made(&self) -> usize {
            self.made.load(Ordering::Relaxed)
        }
    }

    impl Shared {
        async fn is_idle(&self) -> bool {
            let seen = self.kept.look(Instant::now()).await.unwrap();
            seen.ledger == Ledger::default()
        }
    }
}
