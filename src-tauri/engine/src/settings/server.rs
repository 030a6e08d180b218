//! Where the user signs in.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::sidecar_address;

/// The section `[server]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ServerSettings {
    /// The sidecar's address; empty: none.
    url: String,
}

impl ServerSettings {
    pub(super) fn at(url: Option<&Url>) -> Self {
        Self {
            url: url.map(Url::to_string).unwrap_or_default(),
        }
    }

    /// Returns the sidecar's address, where there is one that can be used.
    pub(super) fn address(&self) -> Option<Url> {
        sidecar_address(&self.url).ok()
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if self.url.is_empty() {
            return Ok(());
        }
        sidecar_address(&self.url).map(drop)
    }
}
