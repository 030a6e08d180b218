//! As much of GraphQL (October 2021) as the questions of the platform's callers need: one operation, without fragments and directives.

use std::{
    collections::{BTreeMap, VecDeque},
    iter,
};

use serde_json::{Map, Value, json};

/// What one text asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    pub kind: OperationKind,
    /// The types of its variables, as they are written: `String!`.
    pub variables: BTreeMap<String, String>,
    pub selection: Vec<Field>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationKind {
    Query,
    Mutation,
}

/// A field that is asked for, with what is asked for of its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: String,
    pub alias: Option<String>,
    pub arguments: BTreeMap<String, Argument>,
    /// Empty: its value is asked for as it is.
    pub selection: Vec<Self>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    Variable(String),
    Number(i64),
    Text(String),
    /// `true`, `false`, `null`, or a word of an enumeration.
    Word(String),
    List(Vec<Self>),
    Object(BTreeMap<String, Self>),
}

impl Operation {
    /// Reads a text, or says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut tokens = Tokens(tokens(text)?);
        let kind = match &tokens.name()?[..] {
            "query" => OperationKind::Query,
            "mutation" => OperationKind::Mutation,
            other => return Err(format!("Syntax Error: Unexpected Name \"{other}\".")),
        };
        if matches!(tokens.0.front(), Some(Token::Name(_))) {
            tokens.name()?;
        }
        let mut variables = BTreeMap::new();
        if tokens.takes('(') {
            while !tokens.takes(')') {
                tokens.sign('$')?;
                let name = tokens.name()?;
                tokens.sign(':')?;
                variables.insert(name, tokens.type_name()?);
            }
        }
        let selection = tokens.selection()?;
        match tokens.0.pop_front() {
            None => Ok(Self {
                kind,
                variables,
                selection,
            }),
            Some(token) => Err(token.unexpected()),
        }
    }
}

impl Field {
    /// Returns the arguments with what these variables stand for.
    pub fn arguments(&self, variables: &Value) -> Value {
        object(&self.arguments, variables)
    }

    /// Returns what its value is called in the answer.
    pub fn key(&self) -> &str {
        self.alias.as_ref().unwrap_or(&self.name)
    }

    /// Returns what is asked for of its value.
    pub fn pick(&self, value: &Value) -> Value {
        match value {
            Value::Array(values) => values.iter().map(|value| self.pick(value)).collect(),
            Value::Object(fields) => {
                let picked = self.selection.iter().map(|field| {
                    let value = fields.get(&field.name).unwrap_or(&Value::Null);
                    (field.key().to_owned(), field.pick(value))
                });
                Value::Object(picked.collect())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        }
    }
}

impl Argument {
    fn value(&self, variables: &Value) -> Value {
        match self {
            Self::Variable(name) => variables[name.as_str()].clone(),
            Self::Number(number) => json!(number),
            Self::Text(text) => json!(text),
            Self::Word(word) => match word.as_str() {
                "true" => json!(true),
                "false" => json!(false),
                "null" => Value::Null,
                word => json!(word),
            },
            Self::List(items) => items.iter().map(|item| item.value(variables)).collect(),
            Self::Object(fields) => object(fields, variables),
        }
    }
}

fn object(fields: &BTreeMap<String, Argument>, variables: &Value) -> Value {
    let values = fields
        .iter()
        .map(|(name, it)| (name.clone(), it.value(variables)));
    Value::Object(values.collect::<Map<_, _>>())
}

/// §2.1: what a text consists of; commas and comments mean nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Name(String),
    Number(i64),
    Text(String),
    Sign(char),
}

impl Token {
    fn unexpected(self) -> String {
        format!("Syntax Error: Unexpected {self:?}.")
    }
}

fn tokens(text: &str) -> Result<VecDeque<Token>, String> {
    let is_of_name = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
    let mut found = VecDeque::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        found.push_back(match c {
            ' ' | '\t' | '\n' | '\r' | ',' => continue,
            '#' => {
                while rest.next_if(|c| *c != '\n').is_some() {}
                continue;
            }
            '!' | '$' | '(' | ')' | ':' | '[' | ']' | '{' | '}' => Token::Sign(c),
            '"' => Token::Text(string(&mut rest)?),
            '-' | '0'..='9' => {
                let digits = iter::from_fn(|| rest.next_if(char::is_ascii_digit));
                let digits: String = iter::once(c).chain(digits).collect();
                let number = digits.parse();
                Token::Number(number.map_err(|_| format!("Syntax Error: Invalid number {digits}"))?)
            }
            c if is_of_name(&c) => {
                let others = iter::from_fn(|| rest.next_if(is_of_name));
                Token::Name(iter::once(c).chain(others).collect())
            }
            c => return Err(format!("Syntax Error: Unexpected character: {c:?}.")),
        });
    }
    Ok(found)
}

/// Reads a string after its first quotation mark.
fn string(rest: &mut impl Iterator<Item = char>) -> Result<String, String> {
    let unterminated = || "Syntax Error: Unterminated string.".to_owned();
    let mut text = String::new();
    loop {
        match rest.next().ok_or_else(unterminated)? {
            '"' => return Ok(text),
            '\n' | '\r' => return Err(unterminated()),
            '\\' => match rest.next().ok_or_else(unterminated)? {
                c @ ('"' | '\\' | '/') => text.push(c),
                c => {
                    return Err(format!(
                        "Syntax Error: Escape sequence not read here: \\{c}."
                    ));
                }
            },
            c => text.push(c),
        }
    }
}

/// What is left to read.
struct Tokens(VecDeque<Token>);

impl Tokens {
    fn next(&mut self) -> Result<Token, String> {
        let end = || "Syntax Error: Unexpected <EOF>.".to_owned();
        self.0.pop_front().ok_or_else(end)
    }

    fn name(&mut self) -> Result<String, String> {
        match self.next()? {
            Token::Name(name) => Ok(name),
            other @ (Token::Number(_) | Token::Text(_) | Token::Sign(_)) => Err(other.unexpected()),
        }
    }

    fn sign(&mut self, wanted: char) -> Result<(), String> {
        match self.next()? {
            Token::Sign(sign) if sign == wanted => Ok(()),
            other @ (Token::Name(_) | Token::Number(_) | Token::Text(_) | Token::Sign(_)) => {
                Err(other.unexpected())
            }
        }
    }

    /// Takes a sign if it comes next.
    fn takes(&mut self, wanted: char) -> bool {
        let comes = self.0.front() == Some(&Token::Sign(wanted));
        if comes {
            self.0.pop_front();
        }
        comes
    }

    fn type_name(&mut self) -> Result<String, String> {
        let mut name = match self.takes('[') {
            true => {
                let of = self.type_name()?;
                self.sign(']')?;
                format!("[{of}]")
            }
            false => self.name()?,
        };
        if self.takes('!') {
            name.push('!');
        }
        Ok(name)
    }

    fn selection(&mut self) -> Result<Vec<Field>, String> {
        self.sign('{')?;
        let mut fields = vec![self.field()?];
        while !self.takes('}') {
            fields.push(self.field()?);
        }
        Ok(fields)
    }

    fn field(&mut self) -> Result<Field, String> {
        let first = self.name()?;
        let (alias, name) = match self.takes(':') {
            true => (Some(first), self.name()?),
            false => (None, first),
        };
        let arguments = match self.takes('(') {
            true => self.named_values(')')?,
            false => BTreeMap::new(),
        };
        let selection = match self.0.front() {
            Some(Token::Sign('{')) => self.selection()?,
            _ => Vec::new(),
        };
        Ok(Field {
            name,
            alias,
            arguments,
            selection,
        })
    }

    fn named_values(&mut self, end: char) -> Result<BTreeMap<String, Argument>, String> {
        let mut values = BTreeMap::new();
        while !self.takes(end) {
            let name = self.name()?;
            self.sign(':')?;
            values.insert(name, self.value()?);
        }
        Ok(values)
    }

    fn value(&mut self) -> Result<Argument, String> {
        Ok(match self.next()? {
            Token::Sign('$') => Argument::Variable(self.name()?),
            Token::Sign('{') => Argument::Object(self.named_values('}')?),
            Token::Sign('[') => {
                let mut items = Vec::new();
                while !self.takes(']') {
                    items.push(self.value()?);
                }
                Argument::List(items)
            }
            Token::Number(number) => Argument::Number(number),
            Token::Text(text) => Argument::Text(text),
            Token::Name(word) => Argument::Word(word),
            other @ Token::Sign(_) => return Err(other.unexpected()),
        })
    }
}
