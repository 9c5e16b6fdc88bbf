//! Why a run stops before its end, by who must act.

use crate::domain::ids::Service;
use crate::domain::run::{Outcome, RunError};
use crate::domain::trouble::Trouble;
use crate::ports::{RemoteError, StoreError};

/// Why a run stops before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stop {
    /// A service is out of reach for us.
    Trouble(Trouble),
    /// State cannot be kept; nothing more may be written anywhere.
    Store(StoreError),
    /// A guard refuses before any write.
    Guard(RunError),
    /// The configuration or this machine does not let the run go on.
    Failure(RunError),
    /// A person cancelled.
    Cancelled,
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Stop {
    /// What a failed read of a whole list means.
    pub(super) fn of_read(service: Service, error: RemoteError) -> Self {
        use crate::domain::trouble::TroubleCode::Unreachable;
        let message = match error {
            RemoteError::Trouble(trouble) => return Self::Trouble(trouble),
            RemoteError::Refused { message, .. } => message,
            RemoteError::NotFound => "it does not know an address that kashsync reads".into(),
            RemoteError::Stale => error.to_string(),
            RemoteError::InDoubt { why } => why,
        };
        Self::Trouble(Trouble { service, code: Unreachable, message })
    }

    /// What it means once a person has stopped the run: calls that gave up waiting for it say that the service was out of
    /// reach.
    pub(super) fn when_cancelled(self) -> Self {
        use crate::domain::trouble::TroubleCode::{RateLimited, Unreachable};
        match self {
            Self::Trouble(Trouble { code: RateLimited | Unreachable, .. }) => Self::Cancelled,
            other @ (Self::Trouble(_)
            | Self::Store(_)
            | Self::Guard(_)
            | Self::Failure(_)
            | Self::Cancelled) => other,
        }
    }

    /// A guard's refusal.
    pub(super) fn guard(code: &str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Guard(RunError {
            code: code.into(),
            message: message.into(),
            remedy: remedy.into(),
            service: None,
        })
    }

    /// The error code of the JSON contract, for a command that is no run.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Trouble(trouble) => trouble.code.word(),
            Self::Store(StoreError::InUse(_)) => "profile_in_use",
            Self::Guard(error) if error.code == "other_account" => "other_account",
            Self::Failure(error) if error.code == "not_found" => "not_found",
            Self::Store(_) | Self::Guard(_) | Self::Failure(_) | Self::Cancelled => "failed",
        }
    }

    /// Something that is to be mended before a run can go on.
    pub(super) fn failure(code: &str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Failure(RunError {
            code: code.into(),
            message: message.into(),
            remedy: remedy.into(),
            service: None,
        })
    }

    /// How the run's record says it.
    pub(super) fn describe(&self) -> (Outcome, RunError) {
        match self {
            Self::Guard(error) => (Outcome::Stopped, error.clone()),
            Self::Failure(error) => (Outcome::Failed, error.clone()),
            Self::Trouble(trouble) => (
                Outcome::Failed,
                RunError {
                    code: trouble.code.word().into(),
                    message: format!("{}: {}", trouble.service.name(), trouble.message),
                    remedy: trouble.remedy(),
                    service: Some(trouble.service),
                },
            ),
            Self::Store(error) => (
                Outcome::Failed,
                RunError {
                    code: if matches!(error, StoreError::InUse(_)) { "profile_in_use" } else { "failed" }
                        .into(),
                    message: error.to_string(),
                    remedy:
                        "Nothing more is written to either service. Mend the disk, then start kashsync again."
                            .into(),
                    service: None,
                },
            ),
            Self::Cancelled => (
                Outcome::Failed,
                RunError {
                    code: "cancelled".into(),
                    message: "the run was stopped before its end".into(),
                    remedy: "The next run goes on where this one stopped.".into(),
                    service: None,
                },
            ),
        }
    }
}
