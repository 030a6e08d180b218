use phone::{Availability, CallId, Command, MoveAnswer, Output};
use secrecy::SecretString;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::password;

/// What one line asks for.
#[derive(Debug)]
pub(crate) enum Order {
    Phone(Command),
    /// A sign-in whose password has to be fetched first.
    SignIn {
        email: String,
        password: password::Source,
        takeover: bool,
    },
    /// The same for asking the device that holds the session.
    AskToMove {
        email: String,
        password: password::Source,
    },
    /// Fields of the settings of calls; those that are absent stay as they are.
    SetCalls(Change),
    /// The same of those of the sound.
    SetSound(Change),
    View,
    Quit,
}

/// What is to be changed of some settings.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) line: u64,
    /// The field of the command that says it.
    pub(crate) field: &'static str,
    pub(crate) settings: Map<String, Value>,
}

/// A line and the id that its reply repeats: text, a number, or none.
#[derive(Debug)]
pub(crate) struct Numbered<T> {
    pub(crate) id: Option<Value>,
    pub(crate) inner: T,
}

/// A line that is no command: its place and what is wrong with it, never what it holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("line {line}, column {column}: {what}")]
    Json {
        line: u64,
        column: usize,
        what: String,
    },
    #[error("line {line} is longer than {} bytes", crate::input::MAX_LINE)]
    TooLong { line: u64 },
    #[error("line {line}: a JSON object is expected, {{\"command\":…}}")]
    NoObject { line: u64 },
    #[error("line {line}: unknown command \"{name}\"")]
    UnknownCommand { line: u64, name: String },
    #[error("line {line}, field \"{field}\": {what}")]
    Field {
        line: u64,
        field: String,
        what: &'static str,
    },
    #[error("line {line}, field \"{field}\": {what}")]
    Setting {
        line: u64,
        field: &'static str,
        what: String,
    },
}

impl Malformed {
    /// Returns the name by which scripts know the fault.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Json { .. } | Self::NoObject { .. } => "malformed_json",
            Self::TooLong { .. } => "line_too_long",
            Self::UnknownCommand { .. } => "unknown_command",
            Self::Field { .. } | Self::Setting { .. } => "invalid_field",
        }
    }
}

/// Reads one line. A fault carries the id too, where that could be read.
pub(crate) fn read(number: u64, line: &[u8]) -> Result<Numbered<Order>, Numbered<Malformed>> {
    let anonymous = |inner| Numbered { id: None, inner };
    let value: Value = serde_json::from_slice(line).map_err(|error| {
        anonymous(Malformed::Json {
            line: number,
            column: error.column(),
            what: sentence(&error),
        })
    })?;
    let Value::Object(map) = value else {
        return Err(anonymous(Malformed::NoObject { line: number }));
    };

    let mut fields = Fields { line: number, map };
    let id = fields.id().map_err(anonymous)?;
    match fields.order() {
        Ok(inner) => Ok(Numbered { id, inner }),
        Err(inner) => Err(Numbered { id, inner }),
    }
}

/// The names of all settings, which an unknown one is answered with, and not 64 KiB of that one.
const LONGEST_FAULT: usize = 400;

impl Change {
    /// Returns `settings` with what is to be changed.
    pub(crate) fn apply<T: Serialize + DeserializeOwned>(
        self,
        settings: &T,
    ) -> Result<T, Malformed> {
        let mut all = serde_json::to_value(settings).expect("its keys are text");
        if let Value::Object(all) = &mut all {
            all.extend(self.settings);
        }
        serde_path_to_error::deserialize(all).map_err(|error| {
            let setting = shown(&error.path().to_string());
            let what = error.inner().to_string();
            let what: String = what.chars().take(LONGEST_FAULT).collect();
            Malformed::Setting {
                line: self.line,
                field: self.field,
                what: format!("{setting}: {what}"),
            }
        })
    }
}

/// serde_json's own words without its place, which counts lines within the line.
fn sentence(error: &serde_json::Error) -> String {
    let words = error.to_string();
    match words.rsplit_once(" at line ") {
        Some((what, _)) => what.to_owned(),
        None => words,
    }
}

/// The fields of a command; each is taken out as it is read, what is left over is unknown.
struct Fields {
    line: u64,
    map: Map<String, Value>,
}

impl Fields {
    fn id(&mut self) -> Result<Option<Value>, Malformed> {
        match self.map.remove("id") {
            None | Some(Value::Null) => Ok(None),
            Some(id @ (Value::String(_) | Value::Number(_))) => Ok(Some(id)),
            Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
                Err(self.wrong("id", "text or a number is expected"))
            }
        }
    }

    fn order(mut self) -> Result<Order, Malformed> {
        let name = self.text("command")?;
        let order = match name.as_str() {
            "sign_in" => Order::SignIn {
                email: self.text("email")?,
                takeover: self.switch("takeover")?,
                password: self.password()?,
            },
            "ask_to_move" => Order::AskToMove {
                email: self.text("email")?,
                password: self.password()?,
            },
            "answer_move" => Order::Phone(Command::AnswerMove {
                request: self.number("request")?.into(),
                answer: self.move_answer()?,
            }),
            "sign_out" => Order::Phone(Command::SignOut),
            "dial" => Order::Phone(Command::Dial {
                target: self.text("target")?,
            }),
            "answer" => Order::Phone(Command::Answer { call: self.call()? }),
            "hang_up" => Order::Phone(Command::HangUp { call: self.call()? }),
            "silence" => Order::Phone(Command::Silence { call: self.call()? }),
            "hold" => Order::Phone(Command::Hold { call: self.call()? }),
            "resume" => Order::Phone(Command::Resume { call: self.call()? }),
            "mute" => Order::Phone(Command::Mute { call: self.call()? }),
            "unmute" => Order::Phone(Command::Unmute { call: self.call()? }),
            "dtmf" => Order::Phone(Command::Dtmf {
                call: self.call()?,
                digits: self.text("digits")?,
            }),
            "repair" => Order::Phone(Command::Repair { call: self.call()? }),
            "reconnect" => Order::Phone(Command::Reconnect),
            "check" => Order::Phone(Command::Check),
            "devices" => Order::Phone(Command::Devices),
            "sound_check" => Order::Phone(Command::SoundCheck),
            "test_output" => Order::Phone(Command::TestOutput {
                output: self.output()?,
            }),
            "set_calls" => Order::SetCalls(self.change("calls")?),
            "set_sound" => Order::SetSound(self.change("sound")?),
            "ready" => Order::Phone(Command::Ready),
            "pause" => Order::Phone(Command::Pause {
                reason: self.optional_text("reason")?,
            }),
            "cancel_next" => Order::Phone(Command::CancelNext),
            "wrap_up" => Order::Phone(Command::WrapUp {
                outcome: self.optional_text("outcome")?,
                note: self.optional_text("note")?.unwrap_or_default(),
            }),
            "finish_wrap_up" => Order::Phone(Command::FinishWrapUp {
                then: self.availability("then")?,
            }),
            "more_time" => Order::Phone(Command::MoreTime),
            "view" => Order::View,
            "quit" => Order::Quit,
            _ => {
                return Err(Malformed::UnknownCommand {
                    line: self.line,
                    name: shown(&name),
                });
            }
        };
        match self.map.keys().next() {
            None => Ok(order),
            Some(field) => Err(self.wrong(field, "this command has no such field")),
        }
    }

    fn password(&mut self) -> Result<password::Source, Malformed> {
        let mut sources = Vec::new();
        if self.map.contains_key("password") {
            let password = SecretString::from(self.text("password")?);
            sources.push(password::Source::Inline(password));
        }
        if self.map.contains_key("password_env") {
            sources.push(password::Source::Env(self.text("password_env")?));
        }
        if self.map.contains_key("password_fd") {
            sources.push(password::Source::Fd(self.number("password_fd")?));
        }
        match (sources.pop(), sources.is_empty()) {
            (Some(source), true) => Ok(source),
            (Some(_), false) => Err(self.wrong("password", "it is given more than once")),
            (None, _) => Err(self.wrong(
                "password",
                "it is missing, and so are \"password_env\" and \"password_fd\"",
            )),
        }
    }

    fn move_answer(&mut self) -> Result<MoveAnswer, Malformed> {
        match self.text("answer")?.as_str() {
            "now" => Ok(MoveAnswer::Now),
            "after_call" => Ok(MoveAnswer::AfterCall),
            "no" => Ok(MoveAnswer::No),
            _ => Err(self.wrong("answer", "now, after_call or no is expected")),
        }
    }

    fn call(&mut self) -> Result<CallId, Malformed> {
        self.number("call").map(CallId)
    }

    fn text(&mut self, field: &str) -> Result<String, Malformed> {
        match self.map.remove(field) {
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(self.wrong(field, "text is expected")),
            None => Err(self.wrong(field, "it is missing")),
        }
    }

    fn optional_text(&mut self, field: &str) -> Result<Option<String>, Malformed> {
        match self.map.remove(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(field, "text is expected")),
        }
    }

    fn availability(&mut self, field: &str) -> Result<Option<Availability>, Malformed> {
        match self.map.remove(field) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => Availability::deserialize(value).map(Some).map_err(|_| {
                self.wrong(
                    field,
                    "{\"state\":\"ready\"} or {\"state\":\"pause\"} is expected",
                )
            }),
        }
    }

    fn change(&mut self, field: &'static str) -> Result<Change, Malformed> {
        match self.map.remove(field) {
            Some(Value::Object(settings)) => Ok(Change {
                line: self.line,
                field,
                settings,
            }),
            Some(_) => Err(self.wrong(field, "an object is expected")),
            None => Err(self.wrong(field, "it is missing")),
        }
    }

    fn number(&mut self, field: &str) -> Result<u32, Malformed> {
        match self.map.remove(field) {
            Some(value) => value
                .as_u64()
                .and_then(|number| u32::try_from(number).ok())
                .ok_or_else(|| self.wrong(field, "a whole number from 0 is expected")),
            None => Err(self.wrong(field, "it is missing")),
        }
    }

    /// Reads what is false where it is absent.
    fn switch(&mut self, field: &str) -> Result<bool, Malformed> {
        match self.map.remove(field) {
            Some(Value::Bool(on)) => Ok(on),
            Some(_) => Err(self.wrong(field, "true or false is expected")),
            None => Ok(false),
        }
    }

    fn output(&mut self) -> Result<Output, Malformed> {
        match self.text("output")?.as_str() {
            "speaker" => Ok(Output::Speaker),
            "ringer" => Ok(Output::Ringer),
            _ => Err(self.wrong("output", "speaker or ringer is expected")),
        }
    }

    fn wrong(&self, field: &str, what: &'static str) -> Malformed {
        Malformed::Field {
            line: self.line,
            field: shown(field),
            what,
        }
    }
}

/// Names go back to whoever wrote them, but not 64 KiB of them.
fn shown(name: &str) -> String {
    name.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_fault_names_its_place() {
        for (line, told) in [
            ("{", "line 7, column 1: EOF while parsing an object"),
            ("", "line 7, column 0: EOF while parsing a value"),
            (r#"{"command":dial}"#, "line 7, column 12: expected value"),
            ("[]", "line 7: a JSON object is expected, {\"command\":…}"),
            ("{}", "line 7, field \"command\": it is missing"),
            (
                r#"{"command":7}"#,
                "line 7, field \"command\": text is expected",
            ),
            (r#"{"command":"fly"}"#, "line 7: unknown command \"fly\""),
            (
                r#"{"command":"dial"}"#,
                "line 7, field \"target\": it is missing",
            ),
            (
                r#"{"command":"dial","target":1}"#,
                "line 7, field \"target\": text is expected",
            ),
            (
                r#"{"command":"answer","call":-1}"#,
                "line 7, field \"call\": a whole number from 0 is expected",
            ),
            (
                r#"{"command":"answer","call":4294967296}"#,
                "line 7, field \"call\": a whole number from 0 is expected",
            ),
            (
                r#"{"command":"view","colour":1}"#,
                "line 7, field \"colour\": this command has no such field",
            ),
            (
                r#"{"command":"view","id":true}"#,
                "line 7, field \"id\": text or a number is expected",
            ),
            (
                r#"{"command":"sign_in","email":"e","password":"p","takeover":"yes"}"#,
                "line 7, field \"takeover\": true or false is expected",
            ),
            (
                r#"{"command":"pause","reason":1}"#,
                "line 7, field \"reason\": text is expected",
            ),
            (
                r#"{"command":"finish_wrap_up","then":"ready"}"#,
                "line 7, field \"then\": {\"state\":\"ready\"} or {\"state\":\"pause\"} is expected",
            ),
            (
                r#"{"command":"answer_move","request":12,"answer":"later"}"#,
                "line 7, field \"answer\": now, after_call or no is expected",
            ),
            (
                r#"{"command":"ask_to_move","email":"e","password":"p","takeover":true}"#,
                "line 7, field \"takeover\": this command has no such field",
            ),
            (
                r#"{"command":"sign_in","email":"e"}"#,
                "line 7, field \"password\": it is missing, and so are \"password_env\" and \"password_fd\"",
            ),
            (
                r#"{"command":"sign_in","email":"e","password":"p","password_fd":3}"#,
                "line 7, field \"password\": it is given more than once",
            ),
        ] {
            let fault = read(7, line.as_bytes()).unwrap_err();
            assert_eq!(fault.inner.to_string(), told, "{line}");
        }
    }

    #[test]
    fn a_fault_keeps_the_id_where_that_can_be_read() {
        let fault = read(1, br#"{"id":"a-1","command":"fly"}"#).unwrap_err();
        assert_eq!(fault.id, Some(Value::from("a-1")));
    }

    #[test]
    fn no_fault_repeats_a_password() {
        for line in [
            r#"{"command":"sign_in","email":"e","password":424242}"#,
            r#"{"command":"sign_in","email":"e","password":"424242","extra":"424242"}"#,
            r#"{"command":"sign_in","email":"e","password":"424242"#,
            r#"{"command":"sign_in","email":"e","password":"424242\q"}"#,
        ] {
            let fault = read(1, line.as_bytes()).unwrap_err();
            assert!(
                !format!("{fault:?} {}", fault.inner).contains("4242"),
                "{fault:?}"
            );
        }
    }

    #[test]
    fn a_line_cut_anywhere_is_a_fault_and_no_panic() {
        let line = r#"{"id":1,"command":"sign_in","email":"ana@helix.example","password":"päss"}"#;
        for end in 0..line.len() {
            assert!(read(1, &line.as_bytes()[..end]).is_err(), "{end}");
        }
        assert!(read(1, line.as_bytes()).is_ok());
    }

    #[test]
    fn garbage_is_a_fault() {
        assert!(read(1, &[0xff; 1000]).is_err());
        assert!(read(1, "[".repeat(60_000).as_bytes()).is_err());
    }

    #[test]
    fn a_password_may_come_from_elsewhere() {
        let order = read(
            1,
            br#"{"command":"sign_in","email":"e","password_fd":3,"takeover":true}"#,
        );
        assert!(matches!(
            order.unwrap().inner,
            Order::SignIn {
                password: password::Source::Fd(3),
                takeover: true,
                ..
            }
        ));

        let order = read(
            1,
            br#"{"command":"sign_in","email":"e","password":"secret"}"#,
        );
        let Order::SignIn {
            password: password::Source::Inline(password),
            ..
        } = order.unwrap().inner
        else {
            panic!("no inline password");
        };
        assert_eq!(password.expose_secret(), "secret");
    }
}
