//! Credentials at rest: in the system's secret store where there is a lasting one and kashsync was built for it, else in one
//! file encrypted under a passphrase. Never in plain text, in sled or in the profile's TOML.
//!
//! [`record`] is how values become bytes, [`seal`] encrypts them, [`file`] keeps them on disk, [`secret_store`] in the system's
//! store. What an empty place, a wrong passphrase and a damaged file mean is told by [`CredentialsError`]. Everything here blocks.
//! Not here: which value counts (`config::credentials`), asking people (`cli::ask`).

pub mod error;
pub mod file;
pub mod record;
pub mod seal;
pub mod secret_store;

use secrecy::SecretString;

pub use self::error::CredentialsError;
use self::file::CredentialsFile;
use self::secret_store::SecretStore;
use crate::config::credentials::{CredentialValues, Place};
use crate::config::paths::Paths;

/// A place, with what opens it.
#[derive(Debug, Clone, Copy)]
pub enum Opening<'a> {
    /// The system's store opens with the person's session.
    SecretStore,
    /// The file opens with a passphrase.
    File(&'a SecretString),
}

/// Where the credentials of one profile are.
#[derive(Debug)]
pub struct CredentialStore {
    file: CredentialsFile,
    /// None where there is no lasting store, or kashsync was built without it.
    secret_store: Option<SecretStore>,
}

impl CredentialStore {
    /// The store of the profile at these paths. Looks for the system's secret store.
    pub fn of(paths: &Paths) -> Self {
        Self {
            file: CredentialsFile::at(&paths.credentials),
            secret_store: SecretStore::of(&paths.credentials),
        }
    }

    /// The file, whether or not it is there.
    pub fn file(&self) -> &CredentialsFile {
        &self.file
    }

    /// Where credentials are stored; none where there are none. A file goes first: it was chosen where there was no secret
    /// store, and stays what counts until it is forgotten.
    pub fn place(&self) -> Result<Option<Place>, CredentialsError> {
        if self.file.exists()? {
            return Ok(Some(Place::File));
        }
        match &self.secret_store {
            Some(store) if store.holds()? => Ok(Some(Place::SecretStore)),
            Some(_) | None => Ok(None),
        }
    }

    /// Where credentials are stored that are stored for the first time.
    pub fn first_place(&self) -> Place {
        if self.secret_store.is_some() { Place::SecretStore } else { Place::File }
    }

    /// What is stored there.
    pub fn read(&self, opening: Opening<'_>) -> Result<CredentialValues, CredentialsError> {
        match opening {
            Opening::File(passphrase) => self.file.read(passphrase),
            Opening::SecretStore => self.system()?.read(),
        }
    }

    /// Puts values in the place of what is stored there, whole or not at all.
    pub fn write(&self, opening: Opening<'_>, values: &CredentialValues) -> Result<(), CredentialsError> {
        match opening {
            Opening::File(passphrase) => self.file.write(values, passphrase),
            Opening::SecretStore => self.system()?.write(values),
        }
    }

    /// Removes whatever is stored in either place, without opening it. Gives the places in which there was something.
    pub fn forget(&self) -> Result<Vec<Place>, CredentialsError> {
        let mut emptied = Vec::new();
        if self.file.forget()? {
            emptied.push(Place::File);
        }
        if let Some(store) = &self.secret_store
            && store.forget()?
        {
            emptied.push(Place::SecretStore);
        }
        Ok(emptied)
    }

    fn system(&self) -> Result<&SecretStore, CredentialsError> {
        self.secret_store
            .as_ref()
            .ok_or_else(|| CredentialsError::SecretStore("there is none on this machine".into()))
    }
}
