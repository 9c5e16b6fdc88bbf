//! Exit codes: a contract for scripts (design 4.1).

use crate::domain::run::{Outcome, RunReport};
use crate::error::AppError;

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done; open questions too.
    Done,
    /// 1: failed.
    Failed,
    /// 2: wrong usage or configuration.
    Usage,
    /// 3: done, but records are failing.
    Attention,
    /// 4: refused by a guard.
    Guard,
    /// 5: a service does not let us in.
    SignIn,
    /// 6: another process has the profile.
    InUse,
    /// 7: a service could not be reached, or a limit outlasts the patience.
    Unreachable,
    /// 129: the terminal went away (SIGHUP).
    HungUp,
    /// 130: interrupted (SIGINT).
    Interrupted,
    /// 143: terminated (SIGTERM).
    Terminated,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Attention => 3,
            Self::Guard => 4,
            Self::SignIn => 5,
            Self::InUse => 6,
            Self::Unreachable => 7,
            Self::HungUp => 129,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// How a command that ended in an error ends.
    pub fn of_error(error: &AppError) -> Self {
        Self::of_word(error.code())
    }

    /// How a command that ran a run ends.
    pub fn of_run(report: &RunReport) -> Self {
        match report.outcome {
            Outcome::Ok => Self::Done,
            Outcome::Attention => Self::Attention,
            Outcome::Stopped => Self::Guard,
            Outcome::Failed => report.error.as_ref().map_or(Self::Failed, |error| Self::of_word(&error.code)),
        }
    }

    /// The exit that belongs to an error code of the JSON contract.
    fn of_word(code: &str) -> Self {
        match code {
            "usage" => Self::Usage,
            "first_run_needs_yes"
            | "mass_change"
            | "stale_plan"
            | "needs_confirmation"
            | "vat_return"
            | "merge_refused"
            | "other_account"
            | "disabled" => Self::Guard,
            "wrong_credentials"
            | "wrong_memorable_word"
            | "password_expired"
            | "account_locked"
            | "api_off"
            | "ip_blocked"
            | "subscription_expired"
            | "token_invalid"
            | "token_scope" => Self::SignIn,
            "profile_in_use" => Self::InUse,
            "rate_limited" | "unreachable" => Self::Unreachable,
            _ => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::Service;
    use crate::domain::trouble::{Trouble, TroubleCode};
    use crate::ports::StoreError;

    #[test]
    fn errors_end_with_the_code_of_who_must_act() {
        let trouble =
            |code| AppError::Trouble(Trouble { service: Service::KashFlow, code, message: String::new() });
        let refused = |code| AppError::Refused { code, message: String::new(), remedy: String::new() };
        for (error, code) in [
            (AppError::Configuration(vec!["x".into()]), 2),
            (AppError::not_found("x", "y"), 1),
            (refused("needs_confirmation"), 4),
            (refused("vat_return"), 4),
            (refused("merge_refused"), 4),
            (refused("stale_plan"), 4),
            (trouble(TroubleCode::ApiOff), 5),
            (trouble(TroubleCode::TokenInvalid), 5),
            (trouble(TroubleCode::RateLimited), 7),
            (trouble(TroubleCode::Unreachable), 7),
            (StoreError::InUse("x".into()).into(), 6),
            (StoreError::Io("x".into()).into(), 1),
        ] {
            assert_eq!(Exit::of_error(&error).code(), code, "{error:?}");
        }
    }

    #[test]
    fn every_sign_in_trouble_is_exit_5() {
        use TroubleCode::{
            AccountLocked, ApiOff, IpBlocked, PasswordExpired, RateLimited, SubscriptionExpired,
            TokenInvalid, TokenScope, Unreachable, WrongCredentials, WrongMemorableWord,
        };
        for code in [
            WrongCredentials,
            WrongMemorableWord,
            PasswordExpired,
            AccountLocked,
            ApiOff,
            IpBlocked,
            SubscriptionExpired,
            TokenInvalid,
            TokenScope,
            RateLimited,
            Unreachable,
        ] {
            assert_eq!(Exit::of_word(code.word()) == Exit::SignIn, code.is_sign_in(), "{code:?}");
        }
    }
}
