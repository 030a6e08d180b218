use std::time::Duration;

use redis::Script;
use serde::{Deserialize, Serialize};

use super::{BATCH, Duty, REFUSALS, RETRY};
use crate::lock::LockName;
use crate::seal::Seal;
use crate::store::{Store, Unanswered, millis};

/// When duties end, by their agents' ids.
const ENDS: &str = "agent:duties";

/// How long a duty is kept after its end for a server to do it: over a weekend without any.
const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The duties of all servers that share a Redis. Its clock measures them, and each change is one
/// script.
#[derive(Debug)]
pub(crate) struct RedisDuties {
    store: Store,
    seal: Seal,
    note: Script,
    end: Script,
    take: Script,
    refused: Script,
    done: Script,
}

/// A duty as it stands in Redis.
#[derive(Debug, Serialize, Deserialize)]
struct Value {
    id: String,
    extension: String,
    /// Sealed, for the agent's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

impl RedisDuties {
    pub(super) fn new(store: Store, seal: Seal) -> Self {
        let script =
            |own: &str| Script::new(&format!("{}\n{own}", include_str!("redis/common.lua")));
        Self {
            store,
            seal,
            note: script(include_str!("redis/note.lua")),
            end: script(include_str!("redis/end.lua")),
            take: script(include_str!("redis/take.lua")),
            refused: script(include_str!("redis/refused.lua")),
            done: script(include_str!("redis/done.lua")),
        }
    }

    pub(super) async fn note(&self, duty: &Duty, term: Duration) -> Result<(), Unanswered> {
        let agent_id = duty.agent_id();
        let password = duty.password.as_ref();
        let value = Value {
            id: duty.id.clone(),
            extension: duty.lock.sip_extension.clone(),
            password: password.map(|it| self.seal.seal(agent_id, it)),
        };
        let mut call = self.note.prepare_invoke();
        call.key(self.store.key(ENDS))
            .key(self.key(agent_id))
            .arg(agent_id)
            .arg(serde_json::to_string(&value).expect("its keys are text"))
            .arg(millis(term))
            .arg(millis(KEPT));
        self.store.run::<String>(&call).await?;
        Ok(())
    }

    pub(super) async fn end(&self, agent_id: &str) -> Result<bool, Unanswered> {
        let mut call = self.end.prepare_invoke();
        call.key(self.store.key(ENDS))
            .key(self.key(agent_id))
            .arg(agent_id);
        Ok(self.store.run::<String>(&call).await? == "ended")
    }

    pub(super) async fn take_ended(&self) -> Result<Vec<Duty>, Unanswered> {
        let mut call = self.take.prepare_invoke();
        call.key(self.store.key(ENDS))
            .arg(self.key(""))
            .arg(BATCH)
            .arg(millis(RETRY));
        let taken: Vec<String> = self.store.run(&call).await?;
        let duties = taken
            .chunks_exact(2)
            .filter_map(|it| self.read(&it[0], &it[1]));
        Ok(duties.collect())
    }

    pub(super) async fn refused(&self, duty: &Duty) -> Result<bool, Unanswered> {
        let agent_id = duty.agent_id();
        let mut call = self.refused.prepare_invoke();
        call.key(self.store.key(ENDS))
            .key(self.key(agent_id))
            .arg(agent_id)
            .arg(&duty.id)
            .arg(REFUSALS);
        Ok(self.store.run::<String>(&call).await? == "given_up")
    }

    pub(super) async fn done(&self, duty: &Duty) -> Result<(), Unanswered> {
        let agent_id = duty.agent_id();
        let mut call = self.done.prepare_invoke();
        call.key(self.store.key(ENDS))
            .key(self.key(agent_id))
            .arg(agent_id)
            .arg(&duty.id);
        self.store.run::<String>(&call).await?;
        Ok(())
    }

    fn read(&self, agent_id: &str, text: &str) -> Option<Duty> {
        let value: Value = serde_json::from_str(text).ok()?;
        let password = value.password.as_deref();
        Some(Duty {
            lock: LockName {
                ozonetel_agent_id: agent_id.to_owned(),
                sip_extension: value.extension,
            },
            // Where the signing key is another one by now, the password of all agents is tried.
            password: password.and_then(|sealed| self.seal.open(agent_id, sealed)),
            id: value.id,
        })
    }

    fn key(&self, agent_id: &str) -> String {
        self.store.key(&format!("agent:duty:{agent_id}"))
    }
}
