use std::net::IpAddr;
use std::time::Duration;

use redis::{Script, ScriptInvocation};
use tokio::time::sleep;

use super::patience::Patience;
use super::{AccountKey, Ending, Limit, Refused};
use crate::random::{random_id, random_number};
use crate::store::{Store, Unanswered, millis};
use crate::turns::Turns;

/// How long an attempt takes at the most, its turn included; later it is that of a server that died.
const LONGEST: Duration = Duration::from_secs(30);

/// The limits of all servers that share a Redis. Its clock measures them, and each change is one
/// script.
#[derive(Debug)]
pub(crate) struct RedisAttempts {
    store: Store,
    accounts: Limit,
    addresses: Limit,
    begin: Script,
    finish: Script,
    /// Who waits at this server for a place in a bucket, by its key: the first of them alone looks, or an
    /// office that signs in at once would leave Redis no time for anything else.
    waiting: Turns,
}

/// An attempt under way.
#[derive(Debug)]
pub(super) struct UnderWay {
    id: String,
    keys: [String; 2],
}

impl RedisAttempts {
    pub(super) fn new(store: Store, accounts: Limit, addresses: Limit) -> Self {
        let script =
            |own: &str| Script::new(&format!("{}\n{own}", include_str!("redis/common.lua")));
        Self {
            store,
            accounts,
            addresses,
            begin: script(include_str!("redis/begin.lua")),
            finish: script(include_str!("redis/finish.lua")),
            waiting: Turns::default(),
        }
    }

    pub(super) async fn begin(
        &self,
        account: AccountKey,
        address: IpAddr,
    ) -> Result<UnderWay, Refused> {
        let account: String = account.iter().map(|byte| format!("{byte:02x}")).collect();
        let attempt = UnderWay {
            id: random_id(),
            keys: [
                self.store.key(&format!("attempts:account:{account}")),
                self.store.key(&format!("attempts:address:{address}")),
            ],
        };
        let mut turn = None;
        let mut patience = Patience::new();
        loop {
            let mut call = self.call(&self.begin, &attempt);
            for limit in [self.accounts, self.addresses] {
                call.arg(limit.burst).arg(millis(limit.refill));
            }
            let (how, wait, full) = self.store.run::<(String, u64, usize)>(&call).await?;
            match &*how {
                "go" => return Ok(attempt),
                "others" => {
                    let bucket = attempt.keys.get(full);
                    let bucket = bucket.ok_or(Refused::Unanswered(Unanswered::Unknown))?;
                    match &turn {
                        Some((of, _)) if of == bucket => {
                            sleep(patience.next(random_number())).await;
                        }
                        // Whoever waits for an account keeps nobody from the address.
                        Some(_) | None => {
                            drop(turn.take());
                            let next = self.waiting.of(bucket).await;
                            turn = Some((bucket.clone(), next));
                            patience = Patience::new();
                        }
                    }
                }
                "wait" => return Err(Refused::Wait(Duration::from_millis(wait))),
                _ => return Err(Unanswered::Unknown.into()),
            }
        }
    }

    /// Ends an attempt. Where Redis does not hear of it, it counts as a wrong password.
    pub(super) async fn finish(&self, attempt: &UnderWay, ending: Ending) {
        let mut call = self.call(&self.finish, attempt);
        let ending = match ending {
            Ending::RightPassword => "right",
            Ending::WrongPassword => "wrong",
            Ending::Unknown => "unknown",
        };
        call.arg(ending)
            .arg(millis(self.accounts.refill))
            .arg(millis(self.addresses.refill));
        // The store has told why.
        let _ = self.store.run::<String>(&call).await;
    }

    fn call<'a>(&self, script: &'a Script, attempt: &UnderWay) -> ScriptInvocation<'a> {
        let mut call = script.prepare_invoke();
        for key in &attempt.keys {
            call.key(key);
        }
        call.arg(&attempt.id).arg(millis(LONGEST));
        call
    }
}
