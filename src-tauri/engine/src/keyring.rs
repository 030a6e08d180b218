//! The operating system's keyring: Secret Service, Keychain or Credential Manager.

use std::{collections::HashMap, fmt, sync::Arc};

use keyring_core::{CredentialStore, Entry, Error};
use tracing::warn;
use zeroize::Zeroizing;

use crate::fault::causes;

/// Under which every entry of this product lies.
const SERVICE: &str = "Helix Phone";

/// Named entries in a keyring. Each call may block for as long as its user thinks.
pub(crate) trait Keyring: fmt::Debug + Send {
    /// Returns what is kept under `name`.
    fn read(&mut self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Trouble>;

    /// Keeps `value` under `name`, in place of what was there; all of it or nothing.
    fn write(&mut self, name: &str, value: &[u8]) -> Result<(), Trouble>;

    /// Removes all that is kept under `name`; nothing there is no trouble.
    fn remove(&mut self, name: &str) -> Result<(), Trouble>;
}

/// Why a keyring did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("There is no keyring on this machine")]
    Absent,
    #[error("The keyring is locked or refuses access")]
    Locked,
    #[error("The keyring does not answer")]
    Silent,
    /// Somebody else made a second entry with the same name.
    #[error("The keyring has several entries of one name")]
    Ambiguous,
    #[error("The keyring failed ({0})")]
    Failed(String),
}

/// The keyring of the user whose program this is.
#[derive(Debug, Default)]
pub(crate) struct SystemKeyring {
    store: Option<Arc<CredentialStore>>,
}

impl Keyring for SystemKeyring {
    fn read(&mut self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Trouble> {
        self.with(name, |entry| match entry.get_secret() {
            Ok(value) => Ok(Some(Zeroizing::new(value))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(error),
        })
    }

    fn write(&mut self, name: &str, value: &[u8]) -> Result<(), Trouble> {
        // Bytes, not text: Credential Manager would keep text as UTF-16, twice as long.
        self.with(name, |entry| entry.set_secret(value))
    }

    fn remove(&mut self, name: &str) -> Result<(), Trouble> {
        self.with(name, |entry| match entry.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(Error::Ambiguous(entries)) => entries.iter().try_for_each(Entry::delete_credential),
            Err(error) => Err(error),
        })
    }
}

impl SystemKeyring {
    /// Acts on an entry. A connection that was open before may have outlived its keyring: it is
    /// opened anew, once.
    fn with<T>(
        &mut self,
        name: &str,
        act: impl Fn(&Entry) -> keyring_core::Result<T>,
    ) -> Result<T, Trouble> {
        let was_open = self.store.is_some();
        let result = self.act(name, &act);
        match result {
            Err(Error::PlatformFailure(_)) if was_open => {
                self.store = None;
                self.act(name, &act)
            }
            Ok(_) | Err(_) => result,
        }
        .map_err(|error| self.trouble(error))
    }

    fn act<T>(
        &mut self,
        name: &str,
        act: impl Fn(&Entry) -> keyring_core::Result<T>,
    ) -> keyring_core::Result<T> {
        let store = match &self.store {
            Some(store) => store,
            None => self.store.insert(open()?),
        };
        // A session is this machine's and does not roam with its user's profile, as Credential
        // Manager would have it.
        let modifiers = cfg!(windows).then(|| HashMap::from([("persistence", "Local")]));
        act(&store.build(SERVICE, name, modifiers.as_ref())?)
    }

    fn trouble(&self, error: Error) -> Trouble {
        #[allow(clippy::wildcard_enum_match_arm, reason = "the enum is not ours")]
        match error {
            // No store could be opened at all.
            Error::PlatformFailure(_) if self.store.is_none() => Trouble::Absent,
            Error::NoStorageAccess(_) => {
                warn!("the keyring gives no access: {}", causes(&error));
                Trouble::Locked
            }
            Error::Ambiguous(_) => Trouble::Ambiguous,
            // These carry what was read.
            Error::BadEncoding(_) | Error::BadDataFormat(..) => {
                Trouble::Failed("An entry is damaged".to_owned())
            }
            error => Trouble::Failed(causes(&error)),
        }
    }
}

#[cfg(target_os = "macos")]
fn open() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(windows)]
fn open() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(windows_native_keyring_store::Store::new()?)
}

#[cfg(all(unix, not(target_os = "macos")))]
fn open() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}
