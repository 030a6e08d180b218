use std::time::Duration;

use redis::Script;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{
    AtQueue, GRACE, Note, OfToken, REMEMBERED, RefreshRefused, SESSIONS_PER_MEMBER, SessionState,
    hash, new_token, session_of,
};
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
    refresh_lifetime: Duration,
    /// How long an ended session must be remembered: as long as its last access token lives.
    access_lifetime: Duration,
    begin: Script,
    refresh: Script,
    read: Script,
    note: Script,
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
    /// The hash of its refresh token.
    current: String,
    /// The hashes of its used refresh tokens, each with the time of its use, oldest first. Lua writes
    /// no lists without elements, so only Lua reads it.
    #[serde(skip_deserializing)]
    used: [(); 0],
    /// Notes, as JSON within JSON: Lua never looks into them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ordered: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    telephony: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    in_call: Option<String>,
}

impl RedisSessions {
    pub(crate) fn new(store: Store, refresh_lifetime: Duration, access_lifetime: Duration) -> Self {
        let script =
            |own: &str| Script::new(&format!("{}\n{own}", include_str!("redis/common.lua")));
        Self {
            store,
            refresh_lifetime,
            access_lifetime,
            begin: script(include_str!("redis/begin.lua")),
            refresh: script(include_str!("redis/refresh.lua")),
            read: script(include_str!("redis/read.lua")),
            note: script(include_str!("redis/note.lua")),
            end: script(include_str!("redis/end.lua")),
        }
    }

    pub(crate) async fn begin(
        &self,
        caller: &Caller,
        device_name: &str,
        system: Option<&str>,
    ) -> Result<SecretString, Unanswered> {
        let id = &caller.session_id;
        let (token, hash) = new_token(id);
        let value = Value {
            member_id: caller.member_id.clone(),
            device_id: caller.device_id.clone(),
            device_name: device_name.to_owned(),
            system: system.map(str::to_owned),
            role: caller.role.clone(),
            epoch: caller.epoch.to_string(),
            lock: caller.lock.as_ref().map(written),
            current: hex(&hash),
            used: [],
            ordered: None,
            telephony: None,
            in_call: None,
        };
        let value = serde_json::to_string(&value).expect("its keys are text");
        let mut call = self.begin.prepare_invoke();
        call.key(self.key(id))
            .key(self.member_key(&caller.member_id))
            .arg(value)
            .arg(id)
            .arg(millis(self.refresh_lifetime))
            .arg(SESSIONS_PER_MEMBER)
            .arg(self.key(""));
        self.store.run::<String>(&call).await?;
        Ok(token)
    }

    pub(crate) async fn refresh(
        &self,
        token: &SecretString,
        device_id: Option<&str>,
        renewed: Option<&str>,
    ) -> Result<(Caller, SecretString), RefreshRefused> {
        let id = session_of(token).ok_or(RefreshRefused::Unknown)?;
        let (next, next_hash) = new_token(id);
        let mut call = self.refresh.prepare_invoke();
        call.key(self.key(id))
            .key(self.renewed_key(id))
            .arg(id)
            .arg(hex(&hash(token)))
            .arg(device_id.unwrap_or_default())
            .arg(hex(&next_hash))
            .arg(millis(self.refresh_lifetime))
            .arg(millis(self.access_lifetime))
            .arg(millis(GRACE))
            .arg(REMEMBERED)
            .arg(self.member_key(""))
            .arg(renewed.unwrap_or_default());
        let (how, value) = self.store.run::<(String, String)>(&call).await?;
        match (&*how, Kept::read(id, &value)) {
            ("refreshed", Some(kept)) => Ok((kept.caller, next)),
            ("reused", Some(kept)) => Err(RefreshRefused::Reused(Box::new(kept.caller))),
            ("other_device", _) => Err(RefreshRefused::OtherDevice),
            ("unknown", _) => Err(RefreshRefused::Unknown),
            _ => Err(Unanswered::Unknown.into()),
        }
    }

    pub(crate) async fn of_refresh_token(
        &self,
        token: &SecretString,
    ) -> Result<Option<OfToken>, Unanswered> {
        let Some(id) = session_of(token) else {
            return Ok(None);
        };
        let (value, renewed) = self.read(id, &hex(&hash(token))).await?;
        Ok(Kept::read(id, &value).map(|kept| OfToken {
            caller: kept.caller,
            renewed: (!renewed.is_empty()).then_some(renewed),
        }))
    }

    pub(crate) async fn state(&self, session_id: &str) -> Result<SessionState, Unanswered> {
        let (value, _) = self.read(session_id, "").await?;
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
        self.keep(session_id, name, &json).await
    }

    pub(crate) async fn learn_lock(
        &self,
        session_id: &str,
        lock: &LockName,
    ) -> Result<(), Unanswered> {
        self.keep(session_id, "lock", &written(lock)).await
    }

    async fn keep(&self, session_id: &str, name: &str, json: &str) -> Result<(), Unanswered> {
        let mut call = self.note.prepare_invoke();
        call.key(self.key(session_id)).arg(name).arg(json);
        self.store.run::<String>(&call).await?;
        Ok(())
    }

    pub(crate) async fn end(&self, caller: &Caller) -> Result<(), Unanswered> {
        let mut call = self.end.prepare_invoke();
        call.key(self.key(&caller.session_id))
            .key(self.member_key(&caller.member_id))
            .key(self.renewed_key(&caller.session_id))
            .arg(&caller.session_id)
            .arg(millis(self.access_lifetime));
        self.store.run::<String>(&call).await?;
        Ok(())
    }

    /// Returns a session as text, and what was renewed for it last.
    async fn read(&self, id: &str, token_hash: &str) -> Result<(String, String), Unanswered> {
        let mut call = self.read.prepare_invoke();
        call.key(self.key(id))
            .key(self.renewed_key(id))
            .arg(token_hash);
        self.store.run(&call).await
    }

    fn key(&self, id: &str) -> String {
        self.store.key(&format!("session:{id}"))
    }

    /// It expires by itself: what was renewed is given again for [`GRACE`] alone.
    fn renewed_key(&self, id: &str) -> String {
        self.store.key(&format!("session:{id}:renewed"))
    }

    fn member_key(&self, member_id: &str) -> String {
        self.store.key(&format!("sessions-of:{member_id}"))
    }
}

/// A session as it was read.
struct Kept {
    caller: Caller,
    device_name: String,
    system: Option<String>,
    at_queue: AtQueue,
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
            },
            device_name: value.device_name,
            system: value.system,
            at_queue: AtQueue::of_json(
                value.ordered.as_deref(),
                value.telephony.as_deref(),
                value.in_call.as_deref(),
            ),
        })
    }
}

fn written(lock: &LockName) -> String {
    serde_json::to_string(lock).expect("its keys are text")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
