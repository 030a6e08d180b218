//! A table of the file, of which each field stands for itself: one that cannot be used costs no
//! other, and stays as it is until it is set.

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
    for (field, value) in section {
        let mut more = usable.clone();
        more.insert(field.clone(), value.clone());
        match whole(&more).and_then(|these| check(&these).map(|()| these)) {
            Ok(these) => (settings, usable) = (these, more),
            Err(why) => faults.push(format!("{field} ({why})")),
        }
    }
    let faults: String = faults.join(", ").chars().take(LONGEST_FAULTS).collect();
    (settings, (!faults.is_empty()).then_some(faults))
}

/// Writes the fields in which `after` is other than `before`, which was read from it.
pub(super) fn write<T: Serialize>(section: &mut Table, before: &T, after: &T) {
    let fields = |settings| Table::try_from(settings).expect("its keys are text");
    let before = fields(before);
    for (field, value) in fields(after) {
        if before.get(&field) != Some(&value) {
            section.insert(field, value);
        }
    }
}

fn whole<T: DeserializeOwned>(section: &Table) -> Result<T, String> {
    Value::Table(section.clone())
        .try_into()
        .map_err(|error: toml::de::Error| error.message().to_owned())
}
