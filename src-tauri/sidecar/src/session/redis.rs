use std::time::Duration;

use redis::{Script, ScriptInvocation};
use serde::{Deserialize, Serialize};

use super::facts::{Facts, NewToken, Presented};
use super::{
    AtQueue, Ending, GRACE, Known, Lifetimes, Note, REMEMBERED, Refresh, RefreshRefused, Renewed,
    SESSIONS, SESSIONS_PER_MEMBER, SessionState, Unsettled,
};
use crate::clock::Now;
use crate::device::Device;
use crate::lock::LockName;
use crate::store::{Store, Unanswered, millis};
use crate::token::Caller;

/// What stands in place of a session that has ended.
const ENDED: &str = "ended";

/// The sessions of all servers that share a Redis. Its clock measures them, and each change is one
/// script.
#[derive(Debug)]
pub(crate) struct RedisSessions {
    store: Store,
    lifetimes: Lifetimes,
    begin: Script,
    refresh: Script,
    renewed: Script,
    read: Script,
    note: Script,
    settle: Script,
    end: Script,
}

/// A session as it stands in Redis.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Value {
    member_id: String,
    device_id: Option<String>,
    device_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    system: Option<String>,
    #[serde(default)]
    role: String,
    /// As text: Lua's numbers are written with too few digits.
    epoch: String,
    /// As JSON within JSON: Lua never looks into it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lock: Option<String>,
    /// When it began, in ms since 1970. Absent in what the version before wrote, as the next one.
    #[serde(default)]
    begun: u64,
    /// The hash of its refresh token.
    current: String,
    /// As in [`NewToken::issued`], of the last one.
    #[serde(default)]
    issued: u64,
    /// The hashes of its used refresh tokens, each with the time of its use, oldest first. Lua writes
    /// no lists without elements, so only Lua reads it.
    #[serde(skip_deserializing)]
    used: [(); 0],
    /// Notes, as JSON within JSON: Lua never looks into them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ordered: Option<String>,
    /// As in [`AtQueue::version`]. Lua counts it.
    #[serde(default, skip_serializing)]
    ordered_version: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    telephony: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    in_call: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    taken_over: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unsettled: Option<String>,
}

/// What a script is told of a session, by the names that it reads (`common.lua`).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a, T> {
    id: &'a str,
    member: &'a str,
    session_keys: String,
    member_keys: String,
    over_keys: String,
    rest_ms: u64,
    ended_ms: u64,
    over_ms: u64,
    most: usize,
    #[serde(flatten)]
    own: T,
}

#[derive(Serialize)]
struct Begin {
    session: String,
}

/// Lua takes what is absent for nothing, which `null` is not.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Exchange<'a> {
    token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<&'a str>,
    next: String,
    next_issued: u64,
    begun: u64,
    grace_ms: u64,
    remembered: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    again: Option<String>,
}

#[derive(Serialize)]
struct KeepRenewed<'a> {
    renewed: &'a str,
}

#[derive(Default, Serialize)]
struct Read {
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    begun: Option<u64>,
}

#[derive(Serialize)]
struct End {
    #[serde(skip_serializing_if = "Option::is_none")]
    begun: Option<u64>,
    now: u64,
}

impl RedisSessions {
    pub(crate) fn new(store: Store, lifetimes: Lifetimes) -> Self {
        let script =
            |own: &str| Script::new(&format!("{}\n{own}", include_str!("redis/common.lua")));
        Self {
            store,
            lifetimes,
            begin: script(include_str!("redis/begin.lua")),
            refresh: script(include_str!("redis/refresh.lua")),
            renewed: script(include_str!("redis/renewed.lua")),
            read: script(include_str!("redis/read.lua")),
            note: Script::new(include_str!("redis/note.lua")),
            settle: Script::new(include_str!("redis/settle.lua")),
            end: script(include_str!("redis/end.lua")),
        }
    }

    pub(super) async fn begin(
        &self,
        caller: &Caller,
        device: &Device,
        token: &NewToken,
    ) -> Result<(), Unanswered> {
        let session = Value::of(caller, device, token).json();
        let own = Begin { session };
        let call = self.call(&self.begin, &caller.session_id, &caller.member_id, own);
        self.store.run::<String>(&call).await?;
        Ok(())
    }

    pub(super) async fn refresh(&self, refresh: Refresh<'_>) -> Result<Caller, RefreshRefused> {
        let Refresh {
            presented,
            device,
            next,
        } = refresh;
        let id = presented.session_id;
        let facts = presented.facts;
        let again = |it: &Facts| Value::of(&it.caller, device, next).json();
        let own = Exchange {
            token: hex(&presented.hash),
            device: device.id.as_deref(),
            next: hex(&next.hash),
            next_issued: next.issued,
            begun: next.begun,
            grace_ms: millis(GRACE),
            remembered: REMEMBERED,
            issued: facts.as_ref().map(|it| it.issued),
            again: facts.as_ref().map(again),
        };
        let member_id = facts.as_ref().map_or("", |it| &it.caller.member_id);
        let call = self.call(&self.refresh, id, member_id, own);
        let (how, value) = self.store.run::<(String, String)>(&call).await?;
        match (&*how, Kept::read(id, &value), facts) {
            ("refreshed", Some(kept), _) => Ok(kept.caller),
            ("begun_again", _, Some(facts)) => Ok(facts.caller),
            ("reused", Some(kept), _) => Err(RefreshRefused::Reused(Box::new(kept.caller))),
            ("other_device", ..) => Err(RefreshRefused::OtherDevice),
            ("unknown", ..) => Err(RefreshRefused::Unknown),
            _ => Err(Unanswered::Unknown.into()),
        }
    }

    pub(super) async fn keep_renewed(
        &self,
        caller: &Caller,
        renewed: &str,
    ) -> Result<bool, Unanswered> {
        let own = KeepRenewed { renewed };
        let call = self.call(&self.renewed, &caller.session_id, &caller.member_id, own);
        Ok(self.store.run::<String>(&call).await? == "kept")
    }

    pub(super) async fn of_refresh_token<'a>(
        &self,
        presented: Presented<'a>,
    ) -> Result<Option<Known<'a>>, Unanswered> {
        let id = presented.session_id;
        let facts = presented.facts.as_ref();
        let member_id = facts.map_or("", |it| &it.caller.member_id);
        let own = Read {
            token: Some(hex(&presented.hash)),
            begun: facts.map(|it| it.caller.begun),
        };
        let call = self.call(&self.read, id, member_id, own);
        let found: (String, String, String, i64) = self.store.run(&call).await?;
        let (how, value, sealed, age) = found;
        // Negative where servers do not agree on how long a session may rest: nobody knows how old it is.
        let age = u64::try_from(age).map_or(Duration::MAX, Duration::from_millis);
        let renewed = (!sealed.is_empty()).then_some(Renewed { sealed, age });
        match (&*how, Kept::read(id, &value)) {
            ("known", Some(kept)) => {
                let is_taken_over = kept.at_queue.is_taken_over;
                Ok(Some(Known {
                    is_taken_over,
                    ..Known::of(presented, kept.caller, kept.issued, renewed)
                }))
            }
            ("lost", _) => Ok(Known::lost(presented, renewed)),
            ("unknown", _) => Ok(None),
            _ => Err(Unanswered::Unknown),
        }
    }

    pub(crate) async fn state(&self, session_id: &str) -> Result<SessionState, Unanswered> {
        let call = self.call(&self.read, session_id, "", Read::default());
        let (_, value, _, _): (String, String, String, i64) = self.store.run(&call).await?;
        Ok(match Kept::read(session_id, &value) {
            Some(kept) => SessionState::Live {
                member_id: kept.caller.member_id,
                device_name: kept.device_name,
                system: kept.system,
                lock: kept.caller.lock,
                at_queue: Box::new(kept.at_queue),
            },
            None if value == ENDED => SessionState::Ended,
            None => SessionState::Unknown,
        })
    }

    pub(crate) async fn note(&self, session_id: &str, note: &Note) -> Result<(), Unanswered> {
        let (name, json) = note.to_json();
        self.keep(session_id, name, &json, None).await?;
        Ok(())
    }

    pub(super) async fn note_since(
        &self,
        session_id: &str,
        note: &Note,
        version: u64,
    ) -> Result<bool, Unanswered> {
        let (name, json) = note.to_json();
        self.keep(session_id, name, &json, Some(version)).await
    }

    pub(super) async fn settle(
        &self,
        session_id: &str,
        before: &Unsettled,
        now: Option<&Unsettled>,
    ) -> Result<bool, Unanswered> {
        let mut call = self.settle.prepare_invoke();
        call.key(self.key(session_id))
            .arg(before.id())
            .arg(now.map(Unsettled::to_json).unwrap_or_default());
        match &*self.store.run::<String>(&call).await? {
            "settled" => Ok(true),
            "other" => Ok(false),
            _ => Err(Unanswered::Unknown),
        }
    }

    pub(crate) async fn learn_lock(
        &self,
        session_id: &str,
        lock: &LockName,
    ) -> Result<(), Unanswered> {
        self.keep(session_id, "lock", &written(lock), None).await?;
        Ok(())
    }

    /// Returns whether there is such a session, and nothing else was noted `since`.
    async fn keep(
        &self,
        session_id: &str,
        name: &str,
        json: &str,
        since: Option<u64>,
    ) -> Result<bool, Unanswered> {
        let mut call = self.note.prepare_invoke();
        call.key(self.key(session_id)).arg(name).arg(json);
        call.arg(since.map(|it| it.to_string()).unwrap_or_default());
        Ok(self.store.run::<String>(&call).await? == "noted")
    }

    pub(super) async fn end(&self, session: Ending<'_>, now: Now) -> Result<bool, Unanswered> {
        let own = End {
            begun: session.begun,
            now: now.millis(),
        };
        let call = self.call(&self.end, session.session_id, session.member_id, own);
        match &*self.store.run::<String>(&call).await? {
            "ended" => Ok(false),
            "over" => Ok(true),
            _ => Err(Unanswered::Unknown),
        }
    }

    /// Prepares a script for a session; `own` is what this one is told beside what all are.
    fn call<'a>(
        &self,
        script: &'a Script,
        id: &str,
        member: &str,
        own: impl Serialize,
    ) -> ScriptInvocation<'a> {
        let told = Told {
            id,
            member,
            session_keys: self.key(""),
            member_keys: self.store.key("sessions-of:"),
            over_keys: self.key("over:"),
            rest_ms: millis(self.lifetimes.refresh),
            ended_ms: millis(self.lifetimes.access),
            over_ms: millis(self.lifetimes.over()),
            most: SESSIONS_PER_MEMBER,
            own,
        };
        let mut call = script.prepare_invoke();
        call.key(self.key(id))
            .key(self.key(&format!("{id}:renewed")))
            .key(format!("{}{member}", told.member_keys))
            .key(format!("{}{member}", told.over_keys))
            .arg(serde_json::to_string(&told).expect("its keys are text"));
        call
    }

    fn key(&self, id: &str) -> String {
        self.store.key(&format!("{SESSIONS}{id}"))
    }
}

impl Value {
    /// Of a session that begins, or begins again.
    fn of(caller: &Caller, device: &Device, token: &NewToken) -> Self {
        Self {
            member_id: caller.member_id.clone(),
            device_id: caller.device_id.clone(),
            device_name: device.name_or_unnamed(),
            system: device.system.clone(),
            role: caller.role.clone(),
            epoch: caller.epoch.to_string(),
            lock: caller.lock.as_ref().map(written),
            begun: caller.begun,
            current: hex(&token.hash),
            issued: token.issued,
            used: [],
            ordered: None,
            ordered_version: 0,
            telephony: None,
            in_call: None,
            taken_over: None,
            unsettled: None,
        }
    }

    fn json(&self) -> String {
        serde_json::to_string(self).expect("its keys are text")
    }
}

/// A session as it was read.
struct Kept {
    caller: Caller,
    device_name: String,
    system: Option<String>,
    at_queue: AtQueue,
    issued: u64,
}

impl Kept {
    /// Reads the session of this id; `None`: there is none.
    fn read(id: &str, value: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(value).ok()?;
        Some(Self {
            caller: Caller {
                member_id: value.member_id,
                session_id: id.to_owned(),
                device_id: value.device_id,
                role: value.role,
                epoch: value.epoch.parse().ok()?,
                lock: value.lock.and_then(|it| serde_json::from_str(&it).ok()),
                begun: value.begun,
            },
            issued: value.issued,
            device_name: value.device_name,
            system: value.system,
            at_queue: AtQueue {
                version: value.ordered_version,
                ..AtQueue::of_json(
                    value.ordered.as_deref(),
                    value.telephony.as_deref(),
                    value.in_call.as_deref(),
                    value.taken_over.as_deref(),
                    value.unsettled.as_deref(),
                )
            },
        })
    }
}

fn written(lock: &LockName) -> String {
    serde_json::to_string(lock).expect("its keys are text")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
