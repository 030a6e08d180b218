//! Secrets of the configuration: given in it, in a file or in an environment variable.

use std::fs;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

/// A string that errors never repeat, not even when it is no string.
pub(super) struct Text(pub(super) SecretString);

/// Where secrets come from.
#[derive(Clone, Copy)]
pub(super) struct Sources<'a> {
    folder: &'a Path,
    variable: &'a dyn Fn(&str) -> Option<String>,
}

impl<'a> Sources<'a> {
    pub(super) fn new(folder: &'a Path, variable: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { folder, variable }
    }

    /// Reads a file, without the line break at its end.
    pub(super) fn file(&self, path: &Path) -> Result<SecretString, String> {
        let text = fs::read_to_string(self.folder.join(path))
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let text = zeroize::Zeroizing::new(text);
        filled(
            SecretString::from(text.trim_end_matches(['\r', '\n'])),
            || path.display().to_string(),
        )
    }

    /// Reads an environment variable.
    pub(super) fn variable(&self, name: &str) -> Result<SecretString, String> {
        let text = self
            .optional_variable(name)
            .ok_or_else(|| format!("the environment variable {name} is not set"))?;
        filled(text, || format!("the environment variable {name}"))
    }

    pub(super) fn optional_variable(&self, name: &str) -> Option<SecretString> {
        (self.variable)(name).map(SecretString::from)
    }

    /// Reads the secret called `key`, given in at most one of its three forms.
    pub(super) fn one_of(
        &self,
        key: &str,
        given: Option<Text>,
        file: Option<PathBuf>,
        variable: Option<String>,
    ) -> Result<Option<SecretString>, String> {
        match (given, file, variable) {
            (None, None, None) => Ok(None),
            (Some(Text(text)), None, None) => filled(text, || key.to_owned()).map(Some),
            (None, Some(path), None) => self
                .file(&path)
                .map(Some)
                .map_err(|error| format!("{key}_file: {error}")),
            (None, None, Some(name)) => self
                .variable(&name)
                .map(Some)
                .map_err(|error| format!("{key}_env: {error}")),
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) | (_, Some(_), Some(_)) => {
                Err(format!("give only one of {key}, {key}_file and {key}_env"))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match toml::Value::deserialize(deserializer)? {
            toml::Value::String(text) => Ok(Self(text.into())),
            toml::Value::Integer(_)
            | toml::Value::Float(_)
            | toml::Value::Boolean(_)
            | toml::Value::Datetime(_)
            | toml::Value::Array(_)
            | toml::Value::Table(_) => Err(serde::de::Error::custom("expected a quoted string")),
        }
    }
}

fn filled(text: SecretString, name: impl Fn() -> String) -> Result<SecretString, String> {
    if secrecy::ExposeSecret::expose_secret(&text).is_empty() {
        return Err(format!("{} is empty", name()));
    }
    Ok(text)
}
