//! Secrets of the configuration: given in it, in a file or in an environment variable; and settings
//! that the environment may give as well.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

/// A string that errors never repeat, not even when it is no string.
pub(super) struct Text(pub(super) SecretString);

/// Where secrets come from.
#[derive(Clone, Copy)]
pub(super) struct Sources<'a> {
    folder: &'a Path,
    variable: &'a dyn Fn(&str) -> Option<String>,
}

/// The three forms of a secret in the file, of which at most one is given.
#[derive(Default)]
pub(super) struct Forms {
    pub(super) given: Option<Text>,
    pub(super) file: Option<PathBuf>,
    /// The name of an environment variable.
    pub(super) variable: Option<String>,
}

/// A setting and where it is from.
pub(super) struct Setting {
    pub(super) text: String,
    /// The variable or the key, for problems.
    pub(super) name: String,
    /// Its place in the file; empty for a variable.
    pub(super) span: Range<usize>,
}

impl<'a> Sources<'a> {
    pub(super) fn new(folder: &'a Path, variable: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { folder, variable }
    }

    /// Returns where a file lies that the configuration names.
    pub(super) fn path(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }

    /// Reads a file, without the line break at its end.
    pub(super) fn file(&self, path: &Path) -> Result<SecretString, String> {
        let text = fs::read_to_string(self.path(path))
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

    /// Whether any of these variables is set, or one with `_FILE` behind its name; a blank one says nothing.
    pub(super) fn names_any(&self, variables: &[&str]) -> bool {
        let is_set = |name: &str| (self.variable)(name).is_some_and(|it| !it.trim().is_empty());
        let mut variables = variables.iter();
        variables.any(|name| is_set(name) || is_set(&format!("{name}_FILE")))
    }

    /// Reads the secret called `key`, given in at most one of its three forms.
    pub(super) fn one_of(&self, key: &str, forms: Forms) -> Result<Option<SecretString>, String> {
        match (forms.given, forms.file, forms.variable) {
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

    /// Reads a setting: the environment comes before the file, and blank is as good as none.
    pub(super) fn setting(
        &self,
        variable: &str,
        key: &'static str,
        in_file: Option<Spanned<String>>,
    ) -> Option<Setting> {
        match self.optional_variable(variable) {
            Some(text) => Some(Setting {
                text: text.expose_secret().to_owned(),
                name: variable.to_owned(),
                span: 0..0,
            }),
            None => Some(Setting::of_file(key, in_file?)),
        }
        .filter(|setting| !setting.text.trim().is_empty())
    }

    /// Reads a secret: from `variable`, else from the file that `variable` with `_FILE` names, else
    /// as the configuration file says.
    pub(super) fn secret(
        &self,
        variable: &str,
        key: &str,
        in_file: Forms,
    ) -> Result<Option<SecretString>, String> {
        let file_variable = format!("{variable}_FILE");
        match (
            self.optional_variable(variable),
            self.optional_variable(&file_variable),
        ) {
            (Some(_), Some(_)) => Err(format!("give only one of {variable} and {file_variable}")),
            (Some(secret), None) => filled(secret, || variable.to_owned()).map(Some),
            (None, Some(path)) => self
                .file(Path::new(path.expose_secret()))
                .map(Some)
                .map_err(|error| format!("{file_variable}: {error}")),
            (None, None) => self.one_of(key, in_file),
        }
    }
}

impl Setting {
    pub(super) fn of_file(key: &'static str, value: Spanned<String>) -> Self {
        Self {
            span: value.span(),
            text: value.into_inner(),
            name: key.to_owned(),
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
    if text.expose_secret().is_empty() {
        return Err(format!("{} is empty", name()));
    }
    Ok(text)
}
