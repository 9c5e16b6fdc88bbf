//! Errors that end a command, by who must act: each has a code word, a message and a remedy.
//!
//! The code words are those of the JSON contract (design 4.1); which exit code belongs to which is in `cli::exit`.

use crate::domain::run::RunError;
use crate::domain::trouble::Trouble;
use crate::ports::StoreError;

/// Why a command did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppError {
    /// Whoever typed the command: it asks for something that there is not.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What to type instead.
        remedy: String,
    },
    /// Whoever keeps the configuration: everything that is wrong with it, one sentence each.
    #[error("{}", .0.join("\n"))]
    Configuration(Vec<String>),
    /// Whoever decides: a rule refuses, nothing was changed.
    #[error("{message}")]
    Refused {
        /// Code word.
        code: &'static str,
        /// Why.
        message: String,
        /// Who must do what.
        remedy: String,
    },
    /// Whoever the record of the run names.
    #[error("{}", .0.message)]
    Run(RunError),
    /// Whoever keeps the accounts of a service.
    #[error("{}: {}", .0.service.name(), .0.message)]
    Trouble(Trouble),
    /// Whoever keeps this machine's disk, or the process that has the profile open.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// Whoever keeps this machine.
    #[error("{message}")]
    Machine {
        /// What it does not let us do.
        message: String,
        /// What mends it.
        remedy: String,
    },
}

impl AppError {
    /// The machine refuses something: a file, a socket, a thread.
    pub fn machine(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Machine { message: message.into(), remedy: remedy.into() }
    }

    /// There is no such record.
    pub fn not_found(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Refused { code: "not_found", message: message.into(), remedy: remedy.into() }
    }

    /// The code word of the JSON contract.
    pub fn code(&self) -> &str {
        match self {
            Self::Usage { .. } | Self::Configuration(_) => "usage",
            Self::Refused { code, .. } => code,
            Self::Run(error) => &error.code,
            Self::Trouble(trouble) => trouble.code.word(),
            Self::Store(StoreError::InUse(_)) => "profile_in_use",
            Self::Store(_) | Self::Machine { .. } => "failed",
        }
    }

    /// Who must do what.
    pub fn remedy(&self) -> String {
        match self {
            Self::Usage { remedy, .. } | Self::Refused { remedy, .. } | Self::Machine { remedy, .. } => {
                remedy.clone()
            }
            Self::Configuration(_) => "Mend it, then try again. Nothing was changed.".into(),
            Self::Run(error) => error.remedy.clone(),
            Self::Trouble(trouble) => trouble.remedy(),
            Self::Store(StoreError::InUse(_)) => {
                "Close the other kashsync, or use another profile (--profile NAME).".into()
            }
            Self::Store(StoreError::Newer(_)) => "Update kashsync, then try again.".into(),
            Self::Store(StoreError::Damaged(_) | StoreError::Io(_)) => {
                "Look at the disk that holds the profile. Nothing was written to either service.".into()
            }
        }
    }
}

impl From<Trouble> for AppError {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<RunError> for AppError {
    fn from(error: RunError) -> Self {
        Self::Run(error)
    }
}
