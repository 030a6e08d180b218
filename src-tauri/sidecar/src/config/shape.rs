//! Reads the shape of the file, and names each mistake of it, not the first one alone.

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue, Deserializer, Error};

use super::file::File;

/// Mistakes that are named at once: each costs another look at the whole file.
const MISTAKES: usize = 50;

/// What does not belong in the file.
pub(super) struct Mistake {
    pub(super) span: Option<Range<usize>>,
    pub(super) text: String,
}

/// What was left out of the file, to look for the next mistake.
struct LeftOut {
    key: String,
    /// Where the table lies that had it.
    of: Range<usize>,
    /// Whether the file is the same without it, because no such key is known.
    is_unknown: bool,
}

/// Reads `text` and returns each mistake of its shape; the file is that without its unknown keys, and
/// `None` where more is wrong with it.
pub(super) fn read(text: &str) -> (Option<File>, Vec<Mistake>) {
    let (mut root, unreadable) = DeTable::parse_recoverable(text);
    if !unreadable.is_empty() {
        return (None, unreadable.iter().map(Mistake::of).collect());
    }
    let (mut mistakes, mut left_out) = (Vec::new(), Vec::<LeftOut>::new());
    loop {
        let error = match File::deserialize(Deserializer::from(root.clone())) {
            Ok(file) => {
                let is_whole = left_out.iter().all(|it| it.is_unknown);
                return (is_whole.then_some(file), mistakes);
            }
            Err(error) => error,
        };
        let span = error.span().unwrap_or_default();
        // What was left out is missing, but not by a mistake of its own.
        let is_known = left_out
            .iter()
            .any(|it| it.of == span && error.message() == format!("missing field `{}`", it.key));
        if !is_known {
            mistakes.push(Mistake::of(&error));
        }
        let all = root.span();
        match leave_out(root.get_mut(), &all, &span) {
            Some(it) if mistakes.len() < MISTAKES => left_out.push(it),
            Some(_) | None => return (None, mistakes),
        }
    }
}

/// Leaves the key or the value at `span` out of a table that lies at `of`, or out of those within.
fn leave_out(table: &mut DeTable<'_>, of: &Range<usize>, span: &Range<usize>) -> Option<LeftOut> {
    for (_, value) in table.iter_mut() {
        if let Some(it) = leave_out_within(value, span) {
            return Some(it);
        }
    }
    let found = table
        .iter()
        .find(|(key, value)| key.span() == *span || value.span() == *span);
    let (key, is_unknown) = found.map(|(key, _)| (key.clone(), key.span() == *span))?;
    table.remove(&key);
    Some(LeftOut {
        key: key.into_inner().into_owned(),
        of: of.clone(),
        is_unknown,
    })
}

fn leave_out_within(value: &mut Spanned<DeValue<'_>>, span: &Range<usize>) -> Option<LeftOut> {
    let of = value.span();
    match value.get_mut() {
        DeValue::Table(table) => leave_out(table, &of, span),
        DeValue::Array(array) => {
            let (mut rest, mut left_out) = (DeArray::new(), None);
            for mut item in array.iter().cloned() {
                if left_out.is_none() {
                    left_out = leave_out_within(&mut item, span);
                    if left_out.is_none() && item.span() == *span {
                        left_out = Some(LeftOut {
                            key: String::new(),
                            of: of.clone(),
                            is_unknown: false,
                        });
                        continue;
                    }
                }
                rest.push(item);
            }
            *array = rest;
            left_out
        }
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_) => None,
    }
}

impl Mistake {
    fn of(error: &Error) -> Self {
        Self {
            span: error.span(),
            text: error.message().to_owned(),
        }
    }
}
