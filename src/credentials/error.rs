//! Why stored credentials cannot be used, each with what mends it.

use std::path::PathBuf;

use crate::error::AppError;

/// What is wrong with stored credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// Whoever starts kashsync: nobody can be asked for the passphrase, and it was not given.
    #[error("{} is encrypted, and nobody can be asked for its passphrase here", .0.display())]
    NoPassphrase(PathBuf),
    /// Whoever typed it. What is damaged by accident is told apart by a checksum.
    #[error("that is not the passphrase of {}", .0.display())]
    WrongPassphrase(PathBuf),
    /// Whoever chose it: a short one is guessed in no time by whoever gets hold of the file.
    #[error("a passphrase needs at least {0} characters")]
    ShortPassphrase(usize),
    /// Whoever keeps the machine.
    #[error("{file} cannot be read: {1}", file = .0.display())]
    Unreadable(PathBuf, String),
    /// Whoever keeps the machine.
    #[error("{file} cannot be written: {1}", file = .0.display())]
    Unwritable(PathBuf, String),
    /// Whoever keeps the machine: the file is not what kashsync wrote.
    #[error("{file} is damaged: {1}", file = .0.display())]
    Damaged(PathBuf, String),
    /// Whoever installs kashsync.
    #[error("{file} was written by a newer kashsync (format {1})", file = .0.display())]
    Newer(PathBuf, u16),
    /// Whoever keeps the machine: it gives no memory, or no random numbers.
    #[error("credentials cannot be encrypted or decrypted: {0}")]
    Machine(String),
    /// Whoever keeps the system's secret store.
    #[error("the system's secret store does not work: {0}")]
    SecretStore(String),
}

impl CredentialsError {
    /// Who must do what.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::NoPassphrase(_) => {
                "Set KASHSYNC_PASSPHRASE, or start kashsync at a terminal. Nothing was sent."
            }
            Self::WrongPassphrase(_) => {
                "Try again. A passphrase that is lost cannot be found again: `kashsync credentials forget`, then \
                 `kashsync credentials set`."
            }
            Self::ShortPassphrase(_) => "Take a longer one, such as four or five words. Nothing was stored.",
            Self::Unreadable(..) | Self::Unwritable(..) => {
                "Look at the rights of the file and of its folder, and at the disk."
            }
            Self::Damaged(..) => {
                "Bring it back from a backup of yours, or store the credentials anew: `kashsync credentials forget`, then \
                 `kashsync credentials set`."
            }
            Self::Newer(..) => "Update kashsync, then try again.",
            Self::Machine(_) => "Close other programs, then try again.",
            Self::SecretStore(_) => {
                "Unlock or repair it, then try again, or set the credentials as environment variables."
            }
        }
    }
}

impl From<CredentialsError> for AppError {
    fn from(error: CredentialsError) -> Self {
        let (message, remedy) = (error.to_string(), error.remedy().to_owned());
        match error {
            CredentialsError::NoPassphrase(_)
            | CredentialsError::WrongPassphrase(_)
            | CredentialsError::ShortPassphrase(_) => Self::Usage { message, remedy },
            CredentialsError::Unreadable(..)
            | CredentialsError::Unwritable(..)
            | CredentialsError::Damaged(..)
            | CredentialsError::Newer(..)
            | CredentialsError::Machine(_)
            | CredentialsError::SecretStore(_) => Self::Machine { message, remedy },
        }
    }
}
