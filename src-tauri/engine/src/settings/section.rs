//! A table of the file, of which each field stands for itself: one that cannot be used costs no
//! other, and stays as it is until it is set. The same holds for the fields of a table within it.

use serde::{Serialize, de::DeserializeOwned};
use toml::{Table, Value};

/// A file may be full of what cannot be used; its first words tell enough.
pub(super) const LONGEST_FAULTS: usize = 400;

/// Returns the settings, with the usual ones in place of what cannot be used, and which fields those
/// are, and why.
pub(super) fn read<T: Default + DeserializeOwned>(
    section: &Table,
    check: impl Fn(&T) -> Result<(), String>,
) -> (T, Option<String>) {
    let mut settings = T::default();
    let mut usable = Table::new();
    let mut faults = Vec::new();
    for (path, value) in leaves(section) {
        let mut more = usable.clone();
        insert(&mut more, &path, value.clone());
        match whole(&more).and_then(|these| check(&these).map(|()| these)) {
            Ok(these) => (settings, usable) = (these, more),
            Err(why) => faults.push(format!("{} ({why})", path.join("."))),
        }
    }
    let faults: String = faults.join(", ").chars().take(LONGEST_FAULTS).collect();
    (settings, (!faults.is_empty()).then_some(faults))
}

/// Writes the fields in which `after` is other than `before`, which was read from it.
pub(super) fn write<T: Serialize>(section: &mut Table, before: &T, after: &T) {
    let fields = |settings| Table::try_from(settings).expect("its keys are text");
    overwrite(section, &fields(before), fields(after));
}

fn overwrite(section: &mut Table, before: &Table, after: Table) {
    for (field, value) in after {
        match (before.get(&field), value) {
            (Some(was), value) if *was == value => {}
            (Some(Value::Table(was)), Value::Table(value)) => {
                within(section, &field, |inner| overwrite(inner, was, value));
            }
            (_, value) => {
                section.insert(field, value);
            }
        }
    }
}

/// Changes the table of this name; what is none gives way to one.
fn within(section: &mut Table, field: &str, change: impl FnOnce(&mut Table)) {
    let mut inner = match section.remove(field) {
        Some(Value::Table(inner)) => inner,
        Some(_) | None => Table::new(),
    };
    change(&mut inner);
    section.insert(field.to_owned(), Value::Table(inner));
}

/// Returns all values that are no tables, with the names that lead to them.
fn leaves(section: &Table) -> Vec<(Vec<&str>, &Value)> {
    let mut found = Vec::new();
    for (field, value) in section {
        let Some(inner) = value.as_table() else {
            found.push((vec![field.as_str()], value));
            continue;
        };
        found.extend(leaves(inner).into_iter().map(|(mut path, value)| {
            path.insert(0, field.as_str());
            (path, value)
        }));
    }
    found
}

fn insert(section: &mut Table, path: &[&str], value: Value) {
    match path {
        [] => {}
        [field] => {
            section.insert((*field).to_owned(), value);
        }
        [field, rest @ ..] => within(section, field, |inner| insert(inner, rest, value)),
    }
}

fn whole<T: DeserializeOwned>(section: &Table) -> Result<T, String> {
    Value::Table(section.clone())
        .try_into()
        .map_err(|error: toml::de::Error| error.message().to_owned())
}
