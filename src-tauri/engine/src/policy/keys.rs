//! The keys of a policy: what each may hold, and what it settles.

use std::path::Path;

use phone::{CallSettings, DialPolicy, EmergencyNotice, NumberRewrite, SoundSettings};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use crate::{IncomingBehaviour, LANGUAGES, Retention, WindowSettings, sidecar_address};

/// What a key is called, what it may hold and what it settles.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Returns the settings that a value of this key settles.
    pub(super) settles: fn(&Value) -> Vec<Settled>,
    /// Returns what holds where the key is absent.
    pub(super) otherwise: fn(&Users) -> Value,
}

/// What a key may hold.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Switch,
    /// Both included.
    Whole {
        least: u64,
        most: u64,
    },
    Choice(&'static [&'static str]),
    /// Some of these.
    Some(&'static [&'static str]),
    /// The address of a sidecar.
    Sidecar,
    /// Addresses without a path, by https.
    Origins,
    Proxy,
    /// The name of a file from the root on.
    File,
    /// Switches by these names, each of which may be absent.
    Switches(&'static [&'static str]),
    /// Prefixes of numbers: `allowed` and `blocked`.
    DialPolicy,
    /// Prefixes of numbers, each with what takes its place.
    Rewrites,
    /// Numbers, and what whoever dials one is told.
    Emergency,
}

/// A setting and what it is settled to.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) section: Section,
    pub(super) field: &'static str,
    pub(super) value: Value,
}

/// Where a setting lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Calls,
    Sound,
    Window,
    /// In no section that is read as a whole.
    None,
}

/// What the user has set.
#[derive(Debug, Default)]
pub(super) struct Users {
    pub(super) server: Option<Url>,
    pub(super) calls: CallSettings,
    pub(super) sound: SoundSettings,
    pub(super) window: WindowSettings,
}

const PROCESSING: [(&str, &str); 3] = [
    ("aec", "echo_cancellation"),
    ("ns", "noise_suppression"),
    ("agc", "gain_control"),
];

/// All keys, in the order of their names.
pub(super) const KEYS: [Key; 23] = [
    Key {
        name: "AllowedSidecarUrls",
        kind: Kind::Origins,
        settles: |_| Vec::new(),
        otherwise: |_| json!([]),
    },
    Key {
        name: "AudioProcessing",
        kind: Kind::Switches(&["aec", "ns", "agc"]),
        settles: |value| {
            let given = PROCESSING
                .iter()
                .filter_map(|(name, field)| Some((*field, value.get(name)?)));
            given
                .map(|(field, value)| settled(Section::Sound, field, value))
                .collect()
        },
        otherwise: |users| {
            json!({
                "aec": users.sound.echo_cancellation,
                "ns": users.sound.noise_suppression,
                "agc": users.sound.gain_control,
            })
        },
    },
    Key {
        name: "AutoAnswer",
        kind: Kind::Choice(&["off", "header", "always"]),
        settles: |value| vec![settled(Section::Calls, "auto_answer", value)],
        otherwise: |users| json!(users.calls.auto_answer),
    },
    Key {
        name: "AutoAnswerTone",
        kind: Kind::Switch,
        settles: |value| vec![settled(Section::Calls, "auto_answer_tone", value)],
        otherwise: |users| json!(users.calls.auto_answer_tone),
    },
    Key {
        name: "AutoStart",
        kind: Kind::Switch,
        settles: |value| vec![settled(Section::Window, "autostart", value)],
        otherwise: |users| json!(users.window.autostart),
    },
    Key {
        name: "CredentialStore",
        kind: Kind::Choice(&["memory", "osKeychain"]),
        settles: |value| vec![settled(Section::None, "credential_store", value)],
        otherwise: |_| json!("osKeychain"),
    },
    Key {
        name: "DialPolicy",
        kind: Kind::DialPolicy,
        settles: |_| Vec::new(),
        otherwise: |_| json!({}),
    },
    Key {
        name: "EmergencyNotice",
        kind: Kind::Emergency,
        settles: |_| Vec::new(),
        otherwise: |_| Value::Null,
    },
    Key {
        name: "ExtraCaFile",
        kind: Kind::File,
        settles: |value| vec![settled(Section::None, "extra_ca", value)],
        otherwise: |_| Value::Null,
    },
    Key {
        name: "GlobalShortcuts",
        kind: Kind::Switch,
        settles: |value| {
            let off = json!({ "answer": "", "hang_up": "", "mute": "" });
            let are_off = value.as_bool() == Some(false);
            let off = are_off.then(|| settled(Section::Window, "shortcuts", &off));
            off.into_iter().collect()
        },
        otherwise: |_| json!(true),
    },
    Key {
        name: "HistoryDays",
        kind: Kind::Whole {
            least: 0,
            most: 365,
        },
        settles: |value| vec![settled(Section::None, "history_days", value)],
        otherwise: |_| json!(Retention::default().days),
    },
    Key {
        name: "HistoryMaskNumbers",
        kind: Kind::Switch,
        settles: |value| vec![settled(Section::None, "history_mask_numbers", value)],
        otherwise: |_| json!(Retention::default().mask_numbers),
    },
    Key {
        name: "IncomingBehaviour",
        kind: Kind::Choice(&["popup", "flash", "bringToFront"]),
        settles: |value| {
            let value = match value.as_str() {
                Some("bringToFront") => json!("front"),
                Some(_) | None => value.clone(),
            };
            vec![settled(Section::Window, "incoming", &value)]
        },
        otherwise: |users| match users.window.incoming {
            IncomingBehaviour::Popup => json!("popup"),
            IncomingBehaviour::Flash => json!("flash"),
            IncomingBehaviour::Front => json!("bringToFront"),
        },
    },
    Key {
        name: "Language",
        kind: Kind::Choice(&LANGUAGES),
        settles: |value| vec![settled(Section::Window, "language", value)],
        otherwise: |users| match users.window.language.as_str() {
            "" => Value::Null,
            language => json!(language),
        },
    },
    Key {
        name: "LogLevel",
        kind: Kind::Choice(&["off", "error", "warn", "info", "debug", "trace"]),
        settles: |value| vec![settled(Section::None, "log_level", value)],
        otherwise: |_| json!("info"),
    },
    Key {
        name: "MaxCalls",
        kind: Kind::Whole { least: 1, most: 8 },
        settles: |value| vec![settled(Section::Calls, "max_calls", value)],
        otherwise: |users| json!(users.calls.max_calls),
    },
    Key {
        name: "NumberRewrite",
        kind: Kind::Rewrites,
        settles: |_| Vec::new(),
        otherwise: |_| json!([]),
    },
    Key {
        name: "ProxyUrl",
        kind: Kind::Proxy,
        settles: |value| vec![settled(Section::None, "proxy", value)],
        otherwise: |_| Value::Null,
    },
    Key {
        name: "QuitOnClose",
        kind: Kind::Switch,
        settles: |value| vec![settled(Section::Window, "quit_on_close", value)],
        otherwise: |users| json!(users.window.quit_on_close),
    },
    Key {
        name: "SidecarUrl",
        kind: Kind::Sidecar,
        settles: |value| vec![settled(Section::None, "server", value)],
        otherwise: |users| json!(users.server.as_ref().map(Url::as_str)),
    },
    Key {
        name: "StartMinimised",
        kind: Kind::Switch,
        settles: |value| vec![settled(Section::Window, "start_minimised", value)],
        otherwise: |users| json!(users.window.start_minimised),
    },
    Key {
        name: "Theme",
        kind: Kind::Choice(&["system", "light", "dark"]),
        settles: |value| vec![settled(Section::Window, "theme", value)],
        otherwise: |users| json!(users.window.theme),
    },
    Key {
        name: "UrlHandlers",
        kind: Kind::Some(&["tel", "sip", "callto"]),
        settles: |value| vec![settled(Section::None, "url_handlers", value)],
        otherwise: |_| json!(["tel", "sip", "callto"]),
    },
];

fn settled(section: Section, field: &'static str, value: &Value) -> Settled {
    Settled {
        section,
        field,
        value: value.clone(),
    }
}

impl Settled {
    /// Returns the name by which the window knows the setting.
    pub(super) fn name(&self) -> String {
        match self.section {
            Section::Calls => format!("calls.{}", self.field),
            Section::Sound => format!("sound.{}", self.field),
            Section::Window | Section::None => self.field.to_owned(),
        }
    }
}

impl Kind {
    /// Refuses a value that a key of this kind cannot hold: why.
    pub(super) fn check(self, value: &Value) -> Result<(), String> {
        match self {
            Self::Switch => match value.as_bool() {
                Some(_) => Ok(()),
                None => Err("true or false is expected".to_owned()),
            },
            Self::Whole { least, most } => match value.as_u64() {
                Some(number) if (least..=most).contains(&number) => Ok(()),
                Some(_) | None => Err(format!("a whole number from {least} to {most} is expected")),
            },
            Self::Choice(known) => match value.as_str() {
                Some(text) if known.contains(&text) => Ok(()),
                Some(_) | None => Err(format!("one of {} is expected", known.join(", "))),
            },
            Self::Some(known) => {
                let is_known = |it: &str| known.contains(&it);
                match texts(value) {
                    Some(texts) if texts.iter().all(|it| is_known(it)) => Ok(()),
                    Some(_) | None => Err(format!(
                        "a list of some of {} is expected",
                        known.join(", ")
                    )),
                }
            }
            Self::Sidecar => sidecar_address(text(value)?).map(drop),
            Self::Origins => {
                let texts = texts(value)
                    .filter(|it| !it.is_empty())
                    .ok_or("a list of addresses is expected")?;
                texts.into_iter().try_for_each(|it| origin(it).map(drop))
            }
            Self::Proxy => match Url::parse(text(value)?) {
                Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(()),
                Ok(_) | Err(_) => Err("an address with http or https is expected".to_owned()),
            },
            Self::File => {
                if Path::new(text(value)?).is_absolute() {
                    Ok(())
                } else {
                    Err("the name of a file from the root on is expected".to_owned())
                }
            }
            Self::Switches(known) => {
                let switches = value.as_object().ok_or("an object is expected")?;
                for (name, value) in switches {
                    if !known.contains(&name.as_str()) {
                        return Err(format!("it knows {} alone", known.join(", ")));
                    }
                    Self::Switch
                        .check(value)
                        .map_err(|why| format!("{name}: {why}"))?;
                }
                Ok(())
            }
            Self::DialPolicy => {
                let shape = "an object with allowed and blocked, lists of prefixes, is expected";
                shaped::<DialPolicy>(value, shape)?.check()
            }
            Self::Rewrites => {
                let shape = "a list of objects with from and to is expected";
                let rules = shaped::<Vec<NumberRewrite>>(value, shape)?;
                rules.iter().try_for_each(NumberRewrite::check)
            }
            Self::Emergency => {
                let shape = "an object with numbers, a list, and a text is expected";
                shaped::<EmergencyNotice>(value, shape)?.check()
            }
        }
    }

    /// Returns what a value of the Windows registry stands for, which knows numbers, texts and lists
    /// of texts alone.
    #[cfg(any(windows, test))]
    pub(super) fn of_registry(self, value: Value) -> Value {
        match (self, &value) {
            (Self::Switch, Value::Number(number)) => match number.as_u64() {
                Some(0) => json!(false),
                Some(1) => json!(true),
                Some(_) | None => value,
            },
            (
                Self::Switches(_) | Self::DialPolicy | Self::Rewrites | Self::Emergency,
                Value::String(text),
            ) => serde_json::from_str(text).unwrap_or(value),
            (Self::Some(_) | Self::Origins, Value::String(text)) => json!([text]),
            _ => value,
        }
    }
}

/// Reads an address that names a host and nothing on it; returns it as it is compared.
pub(super) fn origin(text: &str) -> Result<String, String> {
    let wrong = || format!("{text:.100} is not of the form https://host or https://host:port");
    let url = Url::parse(text).map_err(|_| wrong())?;
    let is_bare = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    let has_pattern = url.host_str().is_none_or(|host| host.contains('*'));
    if url.scheme() != "https" || !is_bare || has_pattern {
        return Err(wrong());
    }
    Ok(url.origin().ascii_serialization())
}

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| "text is expected".to_owned())
}

fn shaped<T: DeserializeOwned>(value: &Value, shape: &str) -> Result<T, String> {
    T::deserialize(value).map_err(|_| shape.to_owned())
}

fn texts(value: &Value) -> Option<Vec<&str>> {
    value.as_array()?.iter().map(Value::as_str).collect()
}
