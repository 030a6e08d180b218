//! The two entries of a session: the account as it was granted, and the tokens that change.

use phone::{Restored, Stored, StoredSession, StoredTokens};
use serde::{Deserialize, Serialize};
use sidecar_api::{AgentConfig, RefreshResponse, SessionGrant, User};
use tracing::debug;
use zeroize::Zeroizing;

use crate::keyring::{Keyring, Trouble};

use super::value::{self, Found};

/// The version of what this program writes into a keyring.
const VERSION: u32 = 1;

/// How much of the sidecar's address becomes part of the entries' names: Windows has 513 characters
/// for them.
const MAX_SIDECAR_IN_NAME: usize = 400;

/// Longer than any value, so that writing never moves it and leaves a copy behind.
const CAPACITY: usize = 80 * 1024;

/// Whose session it is: tokens of one sidecar are never shown to another.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) device_id: String,
    /// The address of the sidecar.
    pub(crate) sidecar: String,
}

/// The session of one device at one sidecar in a keyring.
#[derive(Debug)]
pub(super) struct Entries {
    keyring: Box<dyn Keyring>,
    place: Place,
    /// What the two entries of one sign-in have in common.
    sign_in: String,
}

/// What an earlier run left.
#[derive(Debug)]
pub(super) enum Kept {
    Nothing,
    Session(Box<Restored>),
    /// It cannot be used and was removed: which entry, and why, for people.
    SetAside(String),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SessionEntry {
    version: u32,
    sign_in: String,
    sidecar: String,
    user: User,
    #[serde(default)]
    agent_config: Option<AgentConfig>,
    #[serde(default)]
    session: Option<SessionGrant>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TokensEntry {
    version: u32,
    sign_in: String,
    tokens: RefreshResponse,
}

#[derive(Debug, Deserialize)]
struct Version {
    version: u32,
}

impl Entries {
    pub(super) fn new(keyring: Box<dyn Keyring>, place: Place) -> Self {
        Self {
            keyring,
            place,
            sign_in: String::new(),
        }
    }

    /// Returns the session that an earlier run left; what cannot be used is removed.
    pub(super) fn load(&mut self) -> Result<Kept, Trouble> {
        let session = self.read::<SessionEntry>(Name::AgentConfig)?;
        let tokens = self.read::<TokensEntry>(Name::Tokens)?;
        let (session, tokens) = match (session, tokens) {
            (Entry::Unusable(why), _) | (_, Entry::Unusable(why)) => {
                self.wipe()?;
                return Ok(Kept::SetAside(why));
            }
            (Entry::Usable(session), Entry::Usable(tokens))
                if session.sign_in == tokens.sign_in && session.sidecar == self.place.sidecar =>
            {
                (session, tokens)
            }
            (Entry::Missing | Entry::Usable(_), Entry::Missing | Entry::Usable(_)) => {
                // What a run leaves that ended in the middle of writing or removing.
                debug!("no complete session in the keyring");
                self.wipe()?;
                return Ok(Kept::Nothing);
            }
        };
        self.sign_in = session.sign_in;
        Ok(Kept::Session(Box::new(Restored {
            session: StoredSession {
                user: session.user,
                agent_config: session.agent_config,
                grant: session.session,
            },
            tokens: StoredTokens {
                access_token: tokens.tokens.access_token,
                refresh_token: tokens.tokens.refresh_token,
            },
        })))
    }

    pub(super) fn store(&mut self, stored: Stored) -> Result<(), Trouble> {
        match stored {
            Stored::Session(session) => {
                // Tokens of another sign-in never go with this account, whatever is left of them.
                self.sign_in = random()?;
                let entry = SessionEntry {
                    version: VERSION,
                    sign_in: self.sign_in.clone(),
                    sidecar: self.place.sidecar.clone(),
                    user: session.user,
                    agent_config: session.agent_config,
                    session: session.grant,
                };
                self.write(Name::AgentConfig, &entry)
            }
            Stored::Tokens(tokens) => {
                let entry = TokensEntry {
                    version: VERSION,
                    sign_in: self.sign_in.clone(),
                    tokens: RefreshResponse {
                        access_token: tokens.access_token,
                        refresh_token: tokens.refresh_token,
                    },
                };
                self.write(Name::Tokens, &entry)
            }
        }
    }

    /// Removes both, and looks whether they are gone; the tokens first, which are worth more.
    pub(super) fn wipe(&mut self) -> Result<(), Trouble> {
        let [tokens, session] = [Name::Tokens, Name::AgentConfig].map(|name| {
            let name = self.name(name);
            value::remove(&mut *self.keyring, &name)
        });
        tokens.and(session)
    }

    fn write(&mut self, name: Name, entry: &impl Serialize) -> Result<(), Trouble> {
        let mut json = Zeroizing::new(Vec::with_capacity(CAPACITY));
        serde_json::to_writer(&mut *json, entry).expect("its keys are text");
        let name = self.name(name);
        value::write(&mut *self.keyring, &name, &json)
    }

    fn read<T: for<'a> Deserialize<'a>>(&mut self, name: Name) -> Result<Entry<T>, Trouble> {
        let full = self.name(name);
        let foreign = || {
            let why = "was written by somebody else or is damaged";
            Entry::Unusable(set_aside(name, why))
        };
        let json = match value::read(&mut *self.keyring, &full) {
            Ok(Found::Value(json)) => json,
            Ok(Found::Nothing) => return Ok(Entry::Missing),
            Ok(Found::Garbage) | Err(Trouble::Ambiguous) => return Ok(foreign()),
            Err(trouble) => return Err(trouble),
        };
        let version = serde_json::from_slice::<Version>(&json).map(|it| it.version);
        match version {
            Ok(version) if version > VERSION => {
                let why = "was written by a newer version of Helix Phone";
                Ok(Entry::Unusable(set_aside(name, why)))
            }
            // The error would show what it stumbled over.
            Ok(VERSION) => {
                Ok(serde_json::from_slice(&json).map_or_else(|_| foreign(), Entry::Usable))
            }
            Ok(_) | Err(_) => Ok(foreign()),
        }
    }

    fn name(&self, name: Name) -> String {
        let Place { device_id, sidecar } = &self.place;
        let sidecar = sidecar
            .chars()
            .take(MAX_SIDECAR_IN_NAME)
            .collect::<String>();
        format!("{device_id} {sidecar} {}", name.text())
    }
}

#[derive(Debug, Clone, Copy)]
enum Name {
    AgentConfig,
    Tokens,
}

impl Name {
    fn text(self) -> &'static str {
        match self {
            Self::AgentConfig => "agentConfig",
            Self::Tokens => "tokens",
        }
    }
}

#[derive(Debug)]
enum Entry<T> {
    Missing,
    Usable(T),
    Unusable(String),
}

fn set_aside(name: Name, why: &str) -> String {
    let name = name.text();
    format!("The keyring's entry \"{name}\" {why}: it was removed. Sign in again")
}

fn random() -> Result<String, Trouble> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Trouble::Failed(format!("The system gives no random numbers: {error}")))?;
    Ok(uuid::Builder::from_random_bytes(bytes)
        .into_uuid()
        .hyphenated()
        .to_string())
}
