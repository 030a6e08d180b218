use std::net::IpAddr;
use std::time::Duration;

use redis::{Script, ScriptInvocation};
use tokio::time::sleep;

use super::{AccountKey, Ending, Limit, Refused};
use crate::random::random_id;
use crate::store::{Store, Unanswered, millis};

/// How long an attempt takes at the most, its turn included; later it is that of a server that died.
const LONGEST: Duration = Duration::from_secs(30);

/// How often it is looked whether another attempt has given its place back: about as long as checking
/// a password takes.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The limits of all servers that share a Redis. Its clock measures them, and each change is one
/// script.
#[derive(Debug)]
pub(crate) struct RedisAttempts {
    store: Store,
    accounts: Limit,
    addresses: Limit,
    begin: Script,
    finish: Script,
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
        loop {
            let mut call = self.call(&self.begin, &attempt);
            for limit in [self.accounts, self.addresses] {
                call.arg(limit.burst).arg(millis(limit.refill));
            }
            let (how, wait) = self.store.run::<(String, u64)>(&call).await?;
            match &*how {
                "go" => return Ok(attempt),
                "others" => sleep(LOOK_EVERY).await,
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
