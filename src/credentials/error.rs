//! Why stored credentials cannot be used, each with what mends it.

use std::path::{Path, PathBuf};

use crate::config::paths::Profile;
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
    pub fn remedy(&self) -> String {
        let fixed = match self {
            Self::WrongPassphrase(file) => {
                return format!(
                    "Try again. A passphrase that is lost cannot be found again: {}.",
                    anew(file)
                );
            }
            Self::Damaged(file, _) => {
                return format!(
                    "Bring it back from a backup of yours, or store the credentials anew: {}.",
                    anew(file)
                );
            }
            Self::NoPassphrase(_) => {
                "Set KASHSYNC_PASSPHRASE, or start kashsync at a terminal. Nothing was sent."
            }
            Self::ShortPassphrase(_) => "Take a longer one, such as four or five words. Nothing was stored.",
            Self::Unreadable(..) | Self::Unwritable(..) => {
                "Look at the rights of the file and of its folder, and at the disk."
            }
            Self::Newer(..) => "Update kashsync, then try again.",
            Self::Machine(_) => "Close other programs, then try again.",
            Self::SecretStore(_) => {
                "Unlock or repair it, then try again, or set the credentials as environment variables."
            }
        };
        fixed.into()
    }
}

/// How credentials are stored anew, as it is typed for the profile whose file that is: no other profile's may be forgotten.
fn anew(file: &Path) -> String {
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    let profile = Profile::parse(&name).unwrap_or_default();
    let [forget, set] = ["credentials forget", "credentials set"].map(|words| profile.command(words));
    format!("`{forget}`, then `{set}`")
}

impl From<CredentialsError> for AppError {
    fn from(error: CredentialsError) -> Self {
        let (message, remedy) = (error.to_string(), error.remedy());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remedy_names_the_profile_whose_file_it_is() {
        for (file, command) in [
            ("/k/config/default.credentials", "`kashsync credentials forget`"),
            ("/k/config/b-2.credentials", "`kashsync --profile b-2 credentials forget`"),
        ] {
            for error in [
                CredentialsError::WrongPassphrase(file.into()),
                CredentialsError::Damaged(file.into(), "it is cut short".into()),
            ] {
                assert!(error.remedy().contains(command), "{error}: {}", error.remedy());
                assert!(error.to_string().contains(file), "{error}");
            }
        }
    }
}
