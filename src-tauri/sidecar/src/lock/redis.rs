use std::ops::Bound;
use std::time::Duration;

use redis::Script;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::serde::rfc3339;

use super::{
    AGENTS, Acquired, Beat, EXTENSIONS, Held, LockAnswer, LockName, LockUnavailable, Look, MARKED,
    Owner, Page, Released, SessionLock,
};
use crate::bells::Changes;
use crate::session::SESSIONS;
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

/// An owner as it is written to Redis.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Value<'a> {
    epoch: u64,
    member_id: &'a str,
    device_id: Option<&'a str>,
    device_name: &'a str,
    session_id: &'a str,
    #[serde(with = "rfc3339::option")]
    since: Option<OffsetDateTime>,
    extension: &'a str,
    agent: &'a str,
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
        let (sessions, extensions) = (self.store.key(SESSIONS), self.store.key(EXTENSIONS));
        let more = [&[&*term, &value, &sessions, &extensions], displacing].concat();
        let (how, epoch, holder) = self.run(&self.acquire, name, owner, &more).await?;
        match (&*how, epoch.parse()) {
            ("taken", Ok(epoch)) => Ok(Acquired::Taken { epoch }),
            ("refreshed", Ok(epoch)) => {
                let found = Found::read(&holder);
                Ok(Acquired::Refreshed {
                    epoch,
                    is_same_lock: found.is_of(name),
                    from: found.owner,
                })
            }
            ("taken_over", Ok(epoch)) => Ok(Acquired::TakenOver {
                epoch,
                from: Found::read(&holder).owner,
            }),
            ("busy", _) => Ok(Acquired::Busy {
                holder: Found::read(&holder).owner,
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
        self.beat_marking(name, owner, ttl, None)
    }

    fn beat_marking<'a>(
        &'a self,
        name: &'a LockName,
        owner: &'a Owner,
        ttl: Duration,
        mark: Option<String>,
    ) -> LockAnswer<'a, Beat> {
        Box::pin(async move {
            let (term, value) = (millis(ttl).to_string(), Value::of(owner, name).json());
            let (epoch, sessions) = (owner.epoch.to_string(), self.store.key(SESSIONS));
            let mark = mark.unwrap_or_default();
            let more = [
                &*term,
                &value,
                &epoch,
                &sessions,
                &mark,
                &name.sip_extension,
            ];
            let (how, _, holder) = self.run(&self.beat, name, owner, &more).await?;
            match &*how {
                "extended" => Ok(Beat::Extended),
                "retaken" => Ok(Beat::Retaken),
                "lost" => Ok(Beat::Lost {
                    holder: Found::read(&holder).owner,
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
                    holder: Found::read(&holder).owner,
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
            let found = [agent, extension].map(|it| (!it.is_empty()).then(|| Found::read(&it)));
            let is_other = |it: &String| *it != name.ozonetel_agent_id;
            let with = found[1].as_ref().and_then(|it| it.agent.as_ref());
            let is_another = |it: &String| *it != name.sip_extension;
            let is_moved = |it: &Found| it.extension.as_ref().is_some_and(is_another);
            Ok(Look {
                is_shared: with.is_some_and(is_other),
                is_moved: found.each_ref().map(|it| it.as_ref().is_some_and(is_moved)),
                holders: found.map(|it| Some(it?.owner)),
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
            let held = held.chunks_exact(3).map(|it| {
                let Found {
                    owner, extension, ..
                } = Found::read(&it[1]);
                Held {
                    agent_id: it[0].clone(),
                    extension,
                    owner,
                    left: Duration::from_millis(it[2].parse().unwrap_or_default()),
                }
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

impl From<Unanswered> for LockUnavailable {
    fn from(why: Unanswered) -> Self {
        match why {
            Unanswered::NotAsked => Self::NotAsked,
            Unanswered::Unknown => Self::Unknown,
        }
    }
}

impl<'a> Value<'a> {
    fn of(owner: &'a Owner, name: &'a LockName) -> Self {
        Self {
            epoch: owner.epoch,
            member_id: &owner.member_id,
            device_id: owner.device_id.as_deref(),
            device_name: &owner.device_name,
            session_id: &owner.session_id,
            since: owner.since,
            extension: &name.sip_extension,
            agent: &name.ozonetel_agent_id,
        }
    }

    fn json(&self) -> String {
        serde_json::to_string(self).expect("its keys are text")
    }
}

/// What stands in Redis, as the scripts read it.
struct Found {
    owner: Owner,
    /// `None`: what was written does not say, as of the next one.
    agent: Option<String>,
    extension: Option<String>,
}

impl Found {
    fn read(text: &str) -> Self {
        let json = serde_json::from_str::<serde_json::Value>(text).unwrap_or_default();
        let field = |name: &str| json[name].as_str().map(str::to_owned);
        let epoch = &json["epoch"];
        let epoch = epoch.as_u64().or_else(|| epoch.as_str()?.parse().ok());
        let since = json["since"].as_str();
        let owner = match field("memberId") {
            Some(member_id) => Owner {
                member_id,
                device_id: field("deviceId"),
                device_name: field("deviceName").unwrap_or_else(|| UNKNOWN_DEVICE.to_owned()),
                session_id: field("sessionId").unwrap_or_default(),
                since: since.and_then(|it| OffsetDateTime::parse(it, &Rfc3339).ok()),
                epoch: epoch.unwrap_or_default(),
            },
            // The first sidecar wrote the member and nothing else.
            None => Owner {
                member_id: text.to_owned(),
                device_id: None,
                device_name: UNKNOWN_DEVICE.to_owned(),
                session_id: String::new(),
                since: None,
                epoch: 0,
            },
        };
        Self {
            owner,
            agent: field("agent"),
            extension: field("extension"),
        }
    }

    /// Whether it is written that this lock is held.
    fn is_of(&self, name: &LockName) -> bool {
        self.agent.as_ref() == Some(&name.ozonetel_agent_id)
            && self.extension.as_ref() == Some(&name.sip_extension)
    }
}
