//! What an organisation has settled for its computers: it comes before what the user sets, and that
//! before what is usual.

#[cfg(all(unix, not(target_os = "macos")))]
mod file;
mod keys;
#[cfg(windows)]
mod registry;

use std::{collections::BTreeMap, fmt, path::PathBuf};

use phone::{CallSettings, DialPlan, SoundSettings};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use url::Url;

use crate::{Retention, Settings, WindowSettings};

use keys::{KEYS, Key, Section, Settled, Users, origin};

/// Where the policy of a computer lies.
#[cfg(all(unix, not(target_os = "macos")))]
const FILE: &str = "/etc/helix-phone/policy.json";

/// How many keys that cannot be used are told one by one.
const MOST_FAULTS: usize = 20;

/// What an organisation has settled.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// By the names of [`KEYS`]; what cannot be used is not among them.
    values: BTreeMap<&'static str, Value>,
}

/// What holds for a key, and since when.
#[derive(Debug, Clone, PartialEq)]
pub struct Effective {
    pub key: &'static str,
    /// In the words of the policy; null: nothing.
    pub value: Value,
    pub source: Source,
}

/// Who decided what holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Policy,
    /// In the settings file.
    User,
    Default,
}

/// How much is written to the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// Where a session is kept between two starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CredentialStore {
    Memory,
    OsKeychain,
}

/// A kind of links that name somebody to call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkScheme {
    Tel,
    Sip,
    Callto,
}

impl Policy {
    /// Reads the policy of this computer: `/etc/helix-phone/policy.json` on Linux, the registry on
    /// Windows; elsewhere there is none. What cannot be used of it is returned in sentences for
    /// people.
    pub fn of_system() -> (Self, Vec<String>) {
        #[cfg(all(unix, not(target_os = "macos")))]
        {
            match file::read(FILE.as_ref(), 0) {
                Ok(Some(json)) => Self::of_json(FILE, &json),
                Ok(None) => (Self::default(), Vec::new()),
                Err(why) => Self::refused(FILE, &why),
            }
        }
        #[cfg(windows)]
        {
            match registry::read() {
                Ok(values) => Self::of(registry::PLACE, values),
                Err(why) => Self::refused(registry::PLACE, &why),
            }
        }
        #[cfg(not(any(windows, all(unix, not(target_os = "macos")))))]
        {
            (Self::default(), Vec::new())
        }
    }

    /// Takes a policy from text that lies at `place`; what cannot be used of it is returned in
    /// sentences for people.
    pub fn of_json(place: &str, json: &[u8]) -> (Self, Vec<String>) {
        match serde_json::from_slice(json) {
            Ok(Value::Object(values)) => Self::of(place, values),
            Ok(_) => Self::refused(place, "is no JSON object"),
            Err(error) => Self::refused(place, &format!("is broken ({error})")),
        }
    }

    /// `why` goes on where the name of the place ends.
    fn refused(place: &str, why: &str) -> (Self, Vec<String>) {
        let told = format!("The policy {place} {why}: nothing of it is used");
        (Self::default(), vec![told])
    }

    /// Takes what can be used.
    fn of(place: &str, given: Map<String, Value>) -> (Self, Vec<String>) {
        let mut values = BTreeMap::new();
        let mut faults = Vec::new();
        for (name, value) in given {
            if name == "$schema" {
                continue;
            }
            let Some(key) = KEYS.iter().find(|it| it.name == name) else {
                let name: String = name
                    .chars()
                    .filter(|it| !it.is_control())
                    .take(64)
                    .collect();
                faults.push(format!(
                    "The policy {place} has a key that this version does not know: {name}"
                ));
                continue;
            };
            match key.kind.check(&value) {
                Ok(()) => {
                    values.insert(key.name, value);
                }
                Err(why) => faults.push(format!(
                    "{} of the policy {place} is not used: {why}",
                    key.name
                )),
            }
        }
        let more = faults.len().saturating_sub(MOST_FAULTS);
        faults.truncate(MOST_FAULTS);
        if more > 0 {
            faults.push(format!("The policy {place} has {more} more such keys"));
        }
        (Self { values }, faults)
    }

    /// Returns the names of the settings that users cannot change, as the window knows them.
    pub fn locked(&self) -> Vec<String> {
        self.settled().map(|it| it.name()).collect()
    }

    /// Returns how calls are taken where the user wants it so.
    pub fn calls(&self, users: CallSettings) -> CallSettings {
        self.impose(Section::Calls, users)
    }

    /// Returns how the sound devices are used where the user wants it so.
    pub fn sound(&self, users: SoundSettings) -> SoundSettings {
        self.impose(Section::Sound, users)
    }

    /// Returns how the window behaves where the user wants it so.
    pub fn window(&self, users: WindowSettings) -> WindowSettings {
        self.impose(Section::Window, users)
    }

    /// Returns what of the settings that are asked for goes into the settings file, in which are the
    /// `users`: what is settled stays there as it is, for the day on which it no longer is.
    pub fn keep_calls(&self, asked: &CallSettings, users: &CallSettings) -> CallSettings {
        self.keep(Section::Calls, asked, users)
    }

    /// The same for the sound.
    pub fn keep_sound(&self, asked: &SoundSettings, users: &SoundSettings) -> SoundSettings {
        self.keep(Section::Sound, asked, users)
    }

    /// The same for the window.
    pub fn keep_window(&self, asked: &WindowSettings, users: &WindowSettings) -> WindowSettings {
        self.keep(Section::Window, asked, users)
    }

    /// Returns where to sign in where the user wants it at `users`; fails, in a sentence, where that
    /// is not allowed.
    pub fn server(&self, users: Option<Url>) -> Result<Option<Url>, String> {
        if let Some(settled) = self.address("SidecarUrl") {
            return Ok(Some(settled));
        }
        let Some(url) = users else { return Ok(None) };
        let Some(allowed) = self.get::<Vec<String>>("AllowedSidecarUrls") else {
            return Ok(Some(url));
        };
        let wanted = url.origin().ascii_serialization();
        if allowed
            .iter()
            .any(|it| origin(it).is_ok_and(|it| it == wanted))
        {
            return Ok(Some(url));
        }
        Err(format!(
            "{wanted} is no server that your organisation allows: {}",
            allowed.join(", ")
        ))
    }

    pub fn proxy(&self) -> Option<Url> {
        self.address("ProxyUrl")
    }

    pub fn extra_ca(&self) -> Option<PathBuf> {
        self.get("ExtraCaFile")
    }

    pub fn log_level(&self) -> Option<LogLevel> {
        self.get("LogLevel")
    }

    pub fn credential_store(&self) -> Option<CredentialStore> {
        self.get("CredentialStore")
    }

    /// Returns the kinds of links that the phone opens; `None`: all.
    pub fn url_handlers(&self) -> Option<Vec<LinkScheme>> {
        self.get("UrlHandlers")
    }

    /// Returns what is wanted of the numbers that are dialled.
    pub fn dialling(&self) -> DialPlan {
        DialPlan {
            policy: self.get("DialPolicy").unwrap_or_default(),
            rewrites: self.get("NumberRewrite").unwrap_or_default(),
            emergency: self.get("EmergencyNotice"),
        }
    }

    /// Returns what is remembered of calls.
    pub fn retention(&self) -> Retention {
        let usual = Retention::default();
        Retention {
            days: self.get("HistoryDays").unwrap_or(usual.days),
            mask_numbers: self.get("HistoryMaskNumbers").unwrap_or(usual.mask_numbers),
        }
    }

    /// Returns what holds for each key, and who decided it.
    pub fn effective(&self, settings: Option<&Settings>) -> Vec<Effective> {
        let usual = Users::default();
        let users = settings.map_or_else(Users::default, |it| Users {
            server: it.server().0,
            calls: it.calls().0,
            sound: it.sound().0,
            window: it.window().0,
        });
        let one = |key: &Key| {
            let usual = (key.otherwise)(&usual);
            let users = (key.otherwise)(&users);
            let (value, source) = match self.values.get(key.name) {
                Some(value) => (value.clone(), Source::Policy),
                None if users == usual => (usual, Source::Default),
                None => (users, Source::User),
            };
            Effective {
                key: key.name,
                value,
                source,
            }
        };
        KEYS.iter().map(one).collect()
    }

    fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        serde_json::from_value(self.values.get(key)?.clone()).ok()
    }

    fn address(&self, key: &str) -> Option<Url> {
        Url::parse(self.values.get(key)?.as_str()?).ok()
    }

    fn settled(&self) -> impl Iterator<Item = Settled> {
        KEYS.iter()
            .filter_map(|key| Some((key.settles)(self.values.get(key.name)?)))
            .flatten()
    }

    fn impose<T: Serialize + DeserializeOwned>(&self, section: Section, users: T) -> T {
        let mut all = fields(&users);
        for settled in self.settled().filter(|it| it.section == section) {
            all.insert(settled.field.to_owned(), settled.value);
        }
        serde_json::from_value(Value::Object(all)).unwrap_or(users)
    }

    fn keep<T: Serialize + DeserializeOwned + Clone>(
        &self,
        section: Section,
        asked: &T,
        users: &T,
    ) -> T {
        let mut all = fields(asked);
        let users = fields(users);
        for settled in self.settled().filter(|it| it.section == section) {
            if let Some(value) = users.get(settled.field) {
                all.insert(settled.field.to_owned(), value.clone());
            }
        }
        serde_json::from_value(Value::Object(all)).unwrap_or_else(|_| asked.clone())
    }
}

/// A switch of the sound's processing that the policy leaves out stays the user's, so settings are
/// overlaid field by field.
fn fields<T: Serialize>(settings: &T) -> Map<String, Value> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(fields)) => fields,
        Ok(_) | Err(_) => Map::new(),
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Policy => "policy",
            Self::User => "user",
            Self::Default => "default",
        })
    }
}

#[cfg(test)]
mod tests;
