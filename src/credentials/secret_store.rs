//! The system's secret store: Secret Service, Keychain or Credential Manager, through `keyring`. One entry a profile.
//!
//! Without the feature `keyring` there is none. Only a store that keeps its entries until they are deleted counts: the kernel's
//! keyring, which forgets at a reboot, is never used.

#[cfg(not(feature = "keyring"))]
use std::path::Path;

use super::error::CredentialsError;
use crate::config::credentials::CredentialValues;

/// The profile's entry in the system's store.
#[cfg(not(feature = "keyring"))]
#[derive(Debug)]
pub enum SecretStore {}

#[cfg(not(feature = "keyring"))]
impl SecretStore {
    /// None: kashsync was built without it.
    pub fn of(_: &Path) -> Option<Self> {
        None
    }

    /// Whether there is an entry.
    pub fn holds(&self) -> Result<bool, CredentialsError> {
        match *self {}
    }

    /// What the entry holds.
    pub fn read(&self) -> Result<CredentialValues, CredentialsError> {
        match *self {}
    }

    /// Puts values in the entry.
    pub fn write(&self, _: &CredentialValues) -> Result<(), CredentialsError> {
        match *self {}
    }

    /// Deletes the entry. Says whether there was one.
    pub fn forget(&self) -> Result<bool, CredentialsError> {
        match *self {}
    }
}

#[cfg(feature = "keyring")]
pub use self::system::SecretStore;

#[cfg(feature = "keyring")]
mod system {
    use std::fmt;
    use std::path::{Path, absolute};

    use keyring::{Entry, Error};
    use keyring_core::api::CredentialPersistence;
    use zeroize::Zeroizing;

    use super::{CredentialValues, CredentialsError};
    use crate::credentials::record;

    /// Whose entries these are.
    const SERVICE: &str = "kashsync";

    /// The profile's entry in the system's store.
    pub struct SecretStore {
        entry: Entry,
    }

    impl SecretStore {
        /// The entry of the profile whose credentials file would be there: no two profiles share a path, in whichever home.
        /// None where there is no lasting store.
        pub fn of(file: &Path) -> Option<Self> {
            if let Err(error) = Entry::store_status() {
                tracing::debug!(%error, "there is no secret store");
                return None;
            }
            let persistence = keyring_core::get_default_store()?.persistence();
            if !matches!(persistence, CredentialPersistence::UntilDelete) {
                tracing::debug!("the secret store forgets; it is not used");
                return None;
            }
            let whole = absolute(file).ok()?;
            match Entry::new(SERVICE, &whole.to_string_lossy()) {
                Ok(entry) => Some(Self { entry }),
                Err(error) => {
                    tracing::warn!(%error, "the secret store gives no entry; it is not used");
                    None
                }
            }
        }

        /// Whether there is an entry.
        pub fn holds(&self) -> Result<bool, CredentialsError> {
            match self.entry.get_secret() {
                Ok(secret) => {
                    drop(Zeroizing::new(secret));
                    Ok(true)
                }
                Err(Error::NoEntry) => Ok(false),
                Err(error) => Err(failed(&error)),
            }
        }

        /// What the entry holds.
        pub fn read(&self) -> Result<CredentialValues, CredentialsError> {
            let secret = Zeroizing::new(self.entry.get_secret().map_err(|error| failed(&error))?);
            record::decode(&secret)
                .ok_or_else(|| CredentialsError::SecretStore("its entry for kashsync makes no sense".into()))
        }

        /// Puts values in the entry.
        pub fn write(&self, values: &CredentialValues) -> Result<(), CredentialsError> {
            self.entry.set_secret(&record::encode(values)).map_err(|error| failed(&error))
        }

        /// Deletes the entry. Says whether there was one.
        pub fn forget(&self) -> Result<bool, CredentialsError> {
            match self.entry.delete_credential() {
                Ok(()) => Ok(true),
                Err(Error::NoEntry) => Ok(false),
                Err(error) => Err(failed(&error)),
            }
        }
    }

    impl fmt::Debug for SecretStore {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("SecretStore").finish_non_exhaustive()
        }
    }

    /// Told without the entry's own bytes, which one of the errors carries.
    fn failed(error: &Error) -> CredentialsError {
        CredentialsError::SecretStore(match error {
            Error::BadEncoding(_) => "its entry for kashsync is no text".into(),
            other => other.to_string(),
        })
    }

    #[cfg(test)]
    mod tests {
        use secrecy::SecretString;

        use super::*;
        use crate::config::credentials::Credential;
        use crate::credentials::record::tests::plain;

        /// An entry in a store in memory.
        fn entry(user: &str) -> SecretStore {
            let store = keyring_core::mock::Store::new().unwrap();
            let inner = keyring_core::api::CredentialStoreApi::build(&*store, SERVICE, user, None).unwrap();
            SecretStore { entry: Entry { inner } }
        }

        #[test]
        fn an_entry_comes_back_is_replaced_and_forgotten() {
            let store = entry("/k/config/default.credentials");
            let values = |word: &str| -> CredentialValues {
                Credential::ALL.map(|credential| (credential, SecretString::from(word))).into()
            };
            assert_eq!(store.holds(), Ok(false));
            assert!(store.read().is_err());
            for word in ["one", "another"] {
                store.write(&values(word)).unwrap();
                assert_eq!(store.holds(), Ok(true));
                assert_eq!(plain(&store.read().unwrap()), plain(&values(word)));
            }
            assert_eq!(store.forget(), Ok(true));
            assert_eq!(store.forget(), Ok(false));
            assert_eq!(store.holds(), Ok(false));
        }

        #[test]
        fn an_entry_that_is_not_ours_is_told_without_what_is_in_it() {
            let store = entry("/k/config/b.credentials");
            store.entry.set_secret(b"\xffcanary").unwrap();
            let error = store.read().unwrap_err();
            assert!(!format!("{error} {error:?} {store:?}").contains("canary"), "{error}");
        }
    }
}
