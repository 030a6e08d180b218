use std::time::Duration;

use redis::Script;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::serde::rfc3339;

use super::{
    Acquired, Beat, LockAnswer, LockName, LockUnavailable, MARKED, Owner, Released, SessionLock,
};
use crate::store::{Store, Unanswered, millis};

/// What the device of an owner is called of whom only the member is known.
const UNKNOWN_DEVICE: &str = "unknown device";

/// The locks of all servers that share a Redis. Each operation is one script, so that no other comes
/// between its looks and its changes.
///
/// A value is an owner as JSON. What the first sidecar wrote, a bare member id, is read as that
/// member's unknown device.
#[derive(Debug)]
pub struct RedisLock {
    store: Store,
    acquire: Script,
    beat: Script,
    release: Script,
}

/// An owner as it stands in Redis.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Value {
    #[serde(default)]
    epoch: u64,
    member_id: String,
    #[serde(default)]
    device_id: Option<String>,
    #[serde(default)]
    device_name: Option<String>,
    #[serde(default)]
    session_id: Option<String>,
    #[serde(default, with = "rfc3339::option")]
    since: Option<OffsetDateTime>,
    #[serde(default)]
    extension: Option<String>,
}

/// How a script says that its operation ended; what comes with it depends on that.
type Answer = (String, String, String);

impl RedisLock {
    /// Keeps the locks in `store`.
    pub fn new(store: Store) -> Self {
        let script =
            |own: &str| Script::new(&format!("{}\n{own}", include_str!("redis/common.lua")));
        Self {
            store,
            acquire: script(include_str!("redis/acquire.lua")),
            beat: script(include_str!("redis/beat.lua")),
            release: script(include_str!("redis/release.lua")),
        }
    }

    /// Runs a script over the keys of `name` for `owner`; `more` are its further arguments.
    async fn run(
        &self,
        script: &Script,
        name: &LockName,
        owner: &Owner,
        more: &[&str],
    ) -> Result<Answer, LockUnavailable> {
        let mut call = script.prepare_invoke();
        let mark = format!("agent:ended:{}", owner.session_id);
        for key in name.keys().iter().chain([&mark]) {
            call.key(self.store.key(key));
        }
        call.arg(&owner.member_id)
            .arg(owner.device_id.as_deref().unwrap_or_default())
            .arg(&owner.session_id)
            .arg(more);
        Ok(self.store.run(&call).await?)
    }
}

impl SessionLock for RedisLock {
    fn acquire<'a>(
        &'a self,
        name: &'a LockName,
        owner: &'a Owner,
        ttl: Duration,
        takeover: bool,
    ) -> LockAnswer<'a, Acquired> {
        Box::pin(async move {
            let value = Value::of(owner, name).json();
            let more = [
                &*millis(ttl).to_string(),
                &value,
                if takeover { "1" } else { "0" },
            ];
            let (how, epoch, holder) = self.run(&self.acquire, name, owner, &more).await?;
            match (&*how, epoch.parse()) {
                ("taken", Ok(epoch)) => Ok(Acquired::Taken { epoch }),
                ("refreshed", Ok(epoch)) => Ok(Acquired::Refreshed { epoch }),
                ("taken_over", Ok(epoch)) => Ok(Acquired::TakenOver {
                    epoch,
                    from: read(&holder),
                }),
                ("busy", _) => Ok(Acquired::Busy {
                    holder: read(&holder),
                }),
                ("ended", _) => Ok(Acquired::Ended),
                _ => Err(LockUnavailable::Unknown),
            }
        })
    }

    fn beat<'a>(
        &'a self,
        name: &'a LockName,
        owner: &'a Owner,
        ttl: Duration,
    ) -> LockAnswer<'a, Beat> {
        Box::pin(async move {
            let value = Value::of(owner, name).json();
            let more = [&*millis(ttl).to_string(), &value, &owner.epoch.to_string()];
            let (how, _, holder) = self.run(&self.beat, name, owner, &more).await?;
            match &*how {
                "extended" => Ok(Beat::Extended),
                "retaken" => Ok(Beat::Retaken),
                "lost" => Ok(Beat::Lost {
                    holder: read(&holder),
                }),
                "ended" => Ok(Beat::Ended),
                _ => Err(LockUnavailable::Unknown),
            }
        })
    }

    fn release<'a>(&'a self, name: &'a LockName, owner: &'a Owner) -> LockAnswer<'a, Released> {
        Box::pin(async move {
            let (how, _, holder) = self
                .run(&self.release, name, owner, &[&millis(MARKED).to_string()])
                .await?;
            match &*how {
                "freed" => Ok(Released::Freed),
                "absent" => Ok(Released::Absent),
                "not_owner" => Ok(Released::NotOwner {
                    holder: read(&holder),
                }),
                _ => Err(LockUnavailable::Unknown),
            }
        })
    }
}

impl From<Unanswered> for LockUnavailable {
    fn from(why: Unanswered) -> Self {
        match why {
            Unanswered::NotAsked => Self::NotAsked,
            Unanswered::Unknown => Self::Unknown,
        }
    }
}

impl Value {
    fn of(owner: &Owner, name: &LockName) -> Self {
        Self {
            epoch: owner.epoch,
            member_id: owner.member_id.clone(),
            device_id: owner.device_id.clone(),
            device_name: Some(owner.device_name.clone()),
            session_id: Some(owner.session_id.clone()),
            since: owner.since,
            extension: Some(name.sip_extension.clone()),
        }
    }

    fn json(&self) -> String {
        serde_json::to_string(self).expect("its keys are text")
    }
}

/// Returns who is named by what stands in Redis.
fn read(text: &str) -> Owner {
    match serde_json::from_str::<Value>(text) {
        Ok(value) => Owner {
            member_id: value.member_id,
            device_id: value.device_id,
            device_name: value
                .device_name
                .unwrap_or_else(|| UNKNOWN_DEVICE.to_owned()),
            session_id: value.session_id.unwrap_or_default(),
            since: value.since,
            epoch: value.epoch,
        },
        // The first sidecar wrote the member and nothing else.
        Err(_) => Owner {
            member_id: text.to_owned(),
            device_id: None,
            device_name: UNKNOWN_DEVICE.to_owned(),
            session_id: String::new(),
            since: None,
            epoch: 0,
        },
    }
}
