//! The policy of a computer and of its user, in the registry of Windows, where nobody but an
//! administrator writes.

use serde_json::{Map, Value, json};
use windows_registry::{CURRENT_USER, Key, LOCAL_MACHINE, Type};

use super::keys::KEYS;

/// The name under which it is told to people, too.
pub(super) const PLACE: &str = r"Software\Policies\Helix\Helix Phone";

/// What `HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND)` is.
const NOT_FOUND: u32 = 0x8007_0002;

/// Reads both; what the computer has comes before what the user has.
pub(super) fn read() -> Result<Map<String, Value>, String> {
    let mut all = values(CURRENT_USER)?;
    all.extend(values(LOCAL_MACHINE)?);
    Ok(all)
}

fn values(root: &Key) -> Result<Map<String, Value>, String> {
    let key = match root.open(PLACE) {
        Ok(key) => key,
        Err(error) if error.code().0.cast_unsigned() == NOT_FOUND => return Ok(Map::new()),
        Err(error) => return Err(format!("cannot be read ({})", error.message())),
    };
    let values = key
        .values()
        .map_err(|error| format!("cannot be read ({})", error.message()))?;
    let named = values.map(|(name, value)| {
        let value = match value.ty() {
            Type::U32 | Type::U64 => u64::try_from(value).map(|it| json!(it)),
            Type::String | Type::ExpandString => String::try_from(value).map(|it| json!(it)),
            Type::MultiString => Vec::<String>::try_from(value).map(|it| json!(it)),
            Type::Bytes | Type::Other(_) => Ok(Value::Null),
        };
        // What cannot be read is told as what it is not.
        let value = value.unwrap_or(Value::Null);
        let kind = KEYS.iter().find(|it| it.name == name).map(|it| it.kind);
        let value = match kind {
            Some(kind) => kind.of_registry(value),
            None => value,
        };
        (name, value)
    });
    Ok(named.collect())
}
