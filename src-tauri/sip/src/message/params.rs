use std::fmt;

use super::lexer::{find, is_token, quote, split, unquote};

/// How many parameters of one value are read. The longest that servers send, a Contact with GRUUs,
/// has ten; a message full of semicolons must not cost a multiple of its size.
const MOST: usize = 64;

/// Parameters of a URI, Via or header value, in their order: `;name` or `;name=value`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Params(Vec<Param>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Param {
    name: String,
    value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Absent,
    /// As it was sent, even where it is no token: tags come back as they were.
    Plain(String),
    /// Without quotes and escapes.
    Quoted(String),
}

impl Params {
    /// Reads what stands after the first `;`.
    pub(super) fn parse(text: &str) -> Self {
        let read = |piece: &str| match find(piece, b'=', false) {
            None => Param {
                name: piece.to_owned(),
                value: Value::Absent,
            },
            Some(at) => {
                let value = piece[at + 1..].trim_start();
                Param {
                    name: piece[..at].trim_end().to_owned(),
                    value: match unquote(value) {
                        Some(content) => Value::Quoted(content),
                        None => Value::Plain(value.to_owned()),
                    },
                }
            }
        };
        // `<` and `>` are ordinary here: `;to=<sip:…>` is no parameter of any header that is read.
        Self(split(text, b';', false).take(MOST).map(read).collect())
    }

    /// Returns the value without quotes; `None` where the parameter is absent or has no value.
    /// Names match in any case.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        match &self.find(name)?.value {
            Value::Absent => None,
            Value::Plain(value) | Value::Quoted(value) => Some(value),
        }
    }

    /// Returns whether the parameter is there, with or without a value.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Sets or replaces a parameter; a value that is no token is written in quotes.
    pub(crate) fn set(&mut self, name: &'static str, value: Option<&str>) {
        let value = match value {
            None => Value::Absent,
            Some(value) if is_token(value) => Value::Plain(value.to_owned()),
            Some(value) => Value::Quoted(value.to_owned()),
        };
        match self
            .0
            .iter_mut()
            .find(|p| p.name.eq_ignore_ascii_case(name))
        {
            Some(param) => param.value = value,
            None => self.0.push(Param {
                name: name.to_owned(),
                value,
            }),
        }
    }

    fn find(&self, name: &str) -> Option<&Param> {
        self.0.iter().find(|p| p.name.eq_ignore_ascii_case(name))
    }
}

/// Writes each parameter with its leading `;`.
impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for param in &self.0 {
            match &param.value {
                Value::Absent => write!(f, ";{}", param.name)?,
                Value::Plain(value) => write!(f, ";{}={value}", param.name)?,
                Value::Quoted(value) => write!(f, ";{}={}", param.name, quote(value))?,
            }
        }
        Ok(())
    }
}
