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

/// Not on Windows: the store that stands in for a keyring takes no modifiers.
#[cfg(all(test, not(windows)))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use keyring_core::{api::CredentialStoreApi, mock};

    use super::*;

    const NAME: &str = "tokens";
    const SECRET: &[u8] = b"what-was-kept";

    #[test]
    fn a_keyring_that_is_denied_or_locked_gives_no_access_whatever_is_asked() {
        // On Linux a prompt that its user dismisses, on macOS "Deny", on Windows a logon that ended.
        let denied = || Error::NoStorageAccess("the user said no".into());
        let (mut keyring, entry) = keyring();
        says(&entry, denied());
        assert_eq!(keyring.read(NAME).unwrap_err(), Trouble::Locked);
        says(&entry, denied());
        assert_eq!(keyring.write(NAME, b"other"), Err(Trouble::Locked));
        says(&entry, denied());
        assert_eq!(keyring.remove(NAME), Err(Trouble::Locked));
        // Nothing was changed, and it is asked again the next time.
        assert_eq!(keyring.read(NAME).unwrap().unwrap().as_slice(), SECRET);
    }

    #[test]
    fn each_error_of_a_keyring_is_a_trouble_that_repeats_nothing_of_what_was_kept() {
        let several = || vec![entry(&mock::Store::new().unwrap())];
        let damaged = || Trouble::Failed("An entry is damaged".to_owned());
        let failed = |words: &str| Trouble::Failed(words.to_owned());
        for (error, trouble) in [
            (Error::Ambiguous(several()), Trouble::Ambiguous),
            (Error::BadEncoding(SECRET.to_vec()), damaged()),
            (
                Error::BadDataFormat(SECRET.to_vec(), "odd".into()),
                damaged(),
            ),
            (
                Error::BadStoreFormat("odd".into()),
                failed("Store data is malformed: odd"),
            ),
            (
                Error::TooLong("secret".into(), 2560),
                failed("Value of 'secret' is longer than the platform limit of 2560 chars"),
            ),
            (
                Error::Invalid("target".into(), "is empty".into()),
                failed("Value of 'target' is invalid: is empty"),
            ),
            (
                Error::NoDefaultStore,
                failed("No default store has been set, so cannot search or create entries"),
            ),
            (
                Error::NotSupportedByStore("secrets".into()),
                failed("Unsupported: secrets"),
            ),
        ] {
            let (mut keyring, entry) = keyring();
            says(&entry, error);
            assert_eq!(keyring.read(NAME).unwrap_err(), trouble);
        }
    }

    #[test]
    fn an_entry_that_is_not_there_is_no_trouble_to_read_or_remove() {
        let (mut keyring, entry) = keyring();
        says(&entry, Error::NoEntry);
        assert_eq!(keyring.read(NAME), Ok(None));
        says(&entry, Error::NoEntry);
        assert_eq!(keyring.remove(NAME), Ok(()));
    }

    #[test]
    fn a_keyring_that_could_not_be_opened_is_absent_and_one_that_fails_later_has_failed() {
        let failure = || Error::PlatformFailure("no bus".into());
        let absent = SystemKeyring::default().trouble(failure());
        assert_eq!(absent, Trouble::Absent);
        let (keyring, _) = keyring();
        assert!(matches!(keyring.trouble(failure()), Trouble::Failed(_)));
    }

    /// A keyring over a store in memory that has one entry, and that entry.
    fn keyring() -> (SystemKeyring, Entry) {
        let store = mock::Store::new().unwrap();
        let entry = entry(&store);
        entry.set_secret(SECRET).unwrap();
        let keyring = SystemKeyring { store: Some(store) };
        (keyring, entry)
    }

    fn entry(store: &Arc<mock::Store>) -> Entry {
        store.build(SERVICE, NAME, None).unwrap()
    }

    /// Lets the next request for the entry end like this.
    fn says(entry: &Entry, error: Error) {
        let credential = entry.as_any().downcast_ref::<mock::Cred>();
        credential.unwrap().set_error(error);
    }
}
