use std::ops::Bound;
use std::time::Duration;

use redis::Script;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::serde::rfc3339;

use super::{
    AGENTS, Acquired, Beat, Held, LockAnswer, LockName, LockUnavailable, Look, MARKED, Owner, Page,
    Released, SessionLock,
};
use crate::bells::Changes;
use crate::store::{Store, Unanswered, millis};
use crate::takeover::{Ask, Moment, TicketHash};

/// What the device of an owner is called of whom only the member is known.
const UNKNOWN_DEVICE: &str = "unknown device";

/// The key of the ids of all agents whose locks are held.
const LIST: &str = "agent:held";

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
    look: Script,
    put: Script,
    ticket: Script,
    list: Script,
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
    /// Absent in what the version before wrote.
    #[serde(default)]
    agent: Option<String>,
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
            look: Script::new(include_str!("redis/look.lua")),
            put: Script::new(include_str!("redis/put.lua")),
            ticket: Script::new(include_str!("redis/ticket.lua")),
            list: Script::new(include_str!("redis/list.lua")),
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
        for key in name.keys().iter().chain([&mark, &ask_key(name)]) {
            call.key(self.store.key(key));
        }
        call.key(self.store.key(LIST))
            .arg(&owner.member_id)
            .arg(owner.device_id.as_deref().unwrap_or_default())
            .arg(&owner.session_id)
            .arg(&name.ozonetel_agent_id)
            .arg(self.store.channel())
            .arg(more);
        Ok(self.store.run(&call).await?)
    }

    /// Asks for the lock; `displacing` says whom it may displace.
    async fn take(
        &self,
        name: &LockName,
        owner: &Owner,
        ttl: Duration,
        displacing: &[&str],
    ) -> Result<Acquired, LockUnavailable> {
        let (term, value) = (millis(ttl).to_string(), Value::of(owner, name).json());
        let more = [&[&*term, &value], displacing].concat();
        let (how, epoch, holder) = self.run(&self.acquire, name, owner, &more).await?;
        match (&*how, epoch.parse()) {
            ("taken", Ok(epoch)) => Ok(Acquired::Taken { epoch }),
            ("refreshed", Ok(epoch)) => Ok(Acquired::Refreshed {
                epoch,
                from: read(&holder),
            }),
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
        let displacing = if takeover { "member" } else { "nobody" };
        Box::pin(async move { self.take(name, owner, ttl, &[displacing]).await })
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

    fn acquire_granted<'a>(
        &'a self,
        name: &'a LockName,
        owner: &'a Owner,
        ttl: Duration,
        ask: &'a Ask,
    ) -> LockAnswer<'a, Acquired> {
        Box::pin(async move {
            let version = ask.version().to_string();
            let displacing = ["granting", ask.id(), &version];
            self.take(name, owner, ttl, &displacing).await
        })
    }

    fn look<'a>(&'a self, name: &'a LockName) -> LockAnswer<'a, Look> {
        Box::pin(async move {
            let mut call = self.look.prepare_invoke();
            for key in name.keys().iter().chain([&ask_key(name)]) {
                call.key(self.store.key(key));
            }
            let found: (u64, String, String, String) = self.store.run(&call).await?;
            let (now, agent, extension, ask) = found;
            let holder = |text: String| (!text.is_empty()).then(|| read(&text));
            Ok(Look {
                holders: [agent, extension].map(holder),
                // What is no ask is as good as none.
                ask: serde_json::from_str(&ask).ok(),
                now: Duration::from_millis(now),
            })
        })
    }

    fn put<'a>(
        &'a self,
        name: &'a LockName,
        before: Option<&'a Ask>,
        ask: &'a Ask,
        now: Moment,
    ) -> LockAnswer<'a, bool> {
        Box::pin(async move {
            let json = "its keys are text";
            let version = before.map(|it| it.version().to_string());
            let mut call = self.put.prepare_invoke();
            call.key(self.store.key(&ask_key(name)))
                .key(self.store.key(&ticket_key(ask.ticket())))
                .arg(before.map_or("", Ask::id))
                .arg(version.unwrap_or_default())
                .arg(serde_json::to_string(ask).expect(json))
                .arg(serde_json::to_string(name).expect(json))
                .arg(millis(ask.lives_until().saturating_sub(now)).max(1))
                .arg(self.store.channel())
                .arg(&name.ozonetel_agent_id);
            match &*self.store.run::<String>(&call).await? {
                "put" => Ok(true),
                "changed" => Ok(false),
                _ => Err(LockUnavailable::Unknown),
            }
        })
    }

    fn of_ticket<'a>(&'a self, ticket: &'a TicketHash) -> LockAnswer<'a, Option<LockName>> {
        Box::pin(async move {
            let mut call = self.ticket.prepare_invoke();
            call.key(self.store.key(&ticket_key(ticket)));
            let found: String = self.store.run(&call).await?;
            Ok(serde_json::from_str(&found).ok())
        })
    }

    fn listen(&self, agent_id: &str) -> Changes {
        self.store.listen(agent_id)
    }

    fn list<'a>(&'a self, from: Bound<&'a str>, limit: usize) -> LockAnswer<'a, Page> {
        Box::pin(async move {
            let from = match from {
                Bound::Unbounded => "-".to_owned(),
                Bound::Included(id) => format!("[{id}"),
                Bound::Excluded(id) => format!("({id}"),
            };
            let mut call = self.list.prepare_invoke();
            call.key(self.store.key(LIST))
                .arg(from)
                .arg(limit)
                .arg(self.store.key(AGENTS));
            let found: Vec<String> = self.store.run(&call).await?;
            let (next, held) = found.split_first().ok_or(LockUnavailable::Unknown)?;
            let held = held.chunks_exact(3).map(|it| Held {
                agent_id: it[0].clone(),
                extension: extension(&it[1]),
                owner: read(&it[1]),
                left: Duration::from_millis(it[2].parse().unwrap_or_default()),
            });
            Ok(Page {
                held: held.collect(),
                next: (!next.is_empty()).then(|| next.clone()),
            })
        })
    }
}

fn ask_key(name: &LockName) -> String {
    format!("agent:ask:{}", name.ozonetel_agent_id)
}

fn ticket_key(ticket: &TicketHash) -> String {
    format!("agent:ticket:{}", ticket.hex())
}

fn extension(text: &str) -> Option<String> {
    serde_json::from_str::<Value>(text).ok()?.extension
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
            agent: Some(name.ozonetel_agent_id.clone()),
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
