use std::time::SystemTime;

use engine::{Stamp, Stamped};
use phone::{Accepted, Event, PhoneView, Rejected};
use serde::Serialize;
use serde_json::Value;
use time::{OffsetDateTime, macros::format_description};

use crate::{
    end::{Exit, Reason},
    order::Malformed,
    password::Unavailable,
};

/// The version of everything that is written; it changes when a reader of the old one would go
/// wrong.
pub(crate) const SCHEMA: u8 = 1;

/// What every line begins with.
#[derive(Debug, Serialize)]
struct Line<B> {
    v: u8,
    t: String,
    /// Milliseconds since the engine started.
    mono: u64,
    #[serde(flatten)]
    body: B,
}

/// The lines that are no events.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Notice<'a> {
    /// The first line.
    Hello {
        version: &'static str,
        schema: u8,
        device_id: &'a str,
        device_name: &'a str,
    },
    View {
        view: &'a PhoneView,
    },
    /// Something about the settings file that a person should know.
    #[serde(rename = "fault.settings")]
    SettingsFault {
        detail: &'a str,
    },
    Reply(Reply<'a>),
    /// Lines that were left out because the reader was slow.
    #[serde(rename = "fault.lines_lost")]
    LinesLost {
        lines: u64,
    },
    /// The last line.
    Bye {
        exit: u8,
        reason: Reason,
        /// The type of the event that decided the exit code.
        #[serde(skip_serializing_if = "Option::is_none")]
        fault: Option<&'static str>,
    },
}

#[derive(Debug, Serialize)]
pub(crate) struct Reply<'a> {
    /// `null` where the command had no id or was no command.
    reply_to: Option<Value>,
    ok: bool,
    #[serde(flatten)]
    accepted: Option<Accepted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    view: Option<&'a PhoneView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Fault>,
}

/// Why a command was not taken.
#[derive(Debug, Serialize)]
struct Fault {
    #[serde(flatten)]
    code: Code,
    message: String,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Code {
    Rejected(Rejected),
    Other { code: &'static str },
}

impl<'a> Reply<'a> {
    fn new(reply_to: Option<Value>, error: Option<Fault>) -> Self {
        Self {
            reply_to,
            ok: error.is_none(),
            accepted: None,
            view: None,
            error,
        }
    }

    pub(crate) fn done(id: Option<Value>) -> Self {
        Self::new(id, None)
    }

    pub(crate) fn view(id: Option<Value>, view: &'a PhoneView) -> Self {
        Self {
            view: Some(view),
            ..Self::new(id, None)
        }
    }

    pub(crate) fn verdict(id: Option<Value>, verdict: Result<Accepted, Rejected>) -> Self {
        match verdict {
            Ok(accepted) => Self {
                accepted: Some(accepted),
                ..Self::new(id, None)
            },
            Err(rejected) => {
                let message = rejected.to_string();
                let code = Code::Rejected(rejected);
                Self::new(id, Some(Fault { code, message }))
            }
        }
    }

    pub(crate) fn malformed(id: Option<Value>, malformed: &Malformed) -> Self {
        let code = Code::Other {
            code: malformed.code(),
        };
        let message = malformed.to_string();
        Self::new(id, Some(Fault { code, message }))
    }

    pub(crate) fn no_password(id: Option<Value>, unavailable: &Unavailable) -> Self {
        let code = Code::Other {
            code: "no_password",
        };
        let message = unavailable.to_string();
        Self::new(id, Some(Fault { code, message }))
    }
}

pub(crate) fn event(stamped: &Stamped) -> Vec<u8> {
    line::<&Event>(stamped.stamp, &stamped.event)
}

pub(crate) fn notice(stamp: Stamp, notice: &Notice<'_>) -> Vec<u8> {
    line(stamp, notice)
}

pub(crate) fn bye(exit: Exit, reason: Reason, fault: Option<&'static str>) -> Notice<'static> {
    Notice::Bye {
        exit: exit.code(),
        reason,
        fault,
    }
}

fn line<B: Serialize>(stamp: Stamp, body: B) -> Vec<u8> {
    let line = Line {
        v: SCHEMA,
        t: rfc3339(stamp.wall),
        mono: u64::try_from(stamp.mono.as_millis()).unwrap_or(u64::MAX),
        body,
    };
    let mut bytes = serde_json::to_vec(&line).expect("these types have text keys alone");
    bytes.push(b'\n');
    bytes
}

/// Writes a moment as UTC with milliseconds (RFC 3339).
fn rfc3339(moment: SystemTime) -> String {
    OffsetDateTime::from(moment)
        .format(format_description!(
            "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z"
        ))
        .expect("every part of the format is a part of the moment")
}
