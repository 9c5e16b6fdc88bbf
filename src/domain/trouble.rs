//! What can stand in the way of a whole service, told apart by who must do what (design B39).

use super::ids::Service;

/// Why a service does not let us work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Which service.
    pub service: Service,
    /// What kind of trouble.
    pub code: TroubleCode,
    /// The service's own words, or ours where it gave none.
    pub message: String,
}

/// The kinds of trouble; their words are the error codes of the JSON contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TroubleCode {
    /// User name or password refused.
    WrongCredentials,
    /// Letters of the memorable word refused.
    WrongMemorableWord,
    /// The password is too old for KashFlow.
    PasswordExpired,
    /// KashFlow has locked the user.
    AccountLocked,
    /// API access is switched off in KashFlow.
    ApiOff,
    /// KashFlow lets only listed addresses use the API.
    IpBlocked,
    /// The KashFlow subscription has run out.
    SubscriptionExpired,
    /// Capsule refuses the token.
    TokenInvalid,
    /// The token may not do what is needed.
    TokenScope,
    /// The hourly limit is used up for longer than we may wait.
    RateLimited,
    /// No usable answer: no network, no service, or no sense in what came back.
    Unreachable,
}

impl TroubleCode {
    /// The code in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::WrongCredentials => "wrong_credentials",
            Self::WrongMemorableWord => "wrong_memorable_word",
            Self::PasswordExpired => "password_expired",
            Self::AccountLocked => "account_locked",
            Self::ApiOff => "api_off",
            Self::IpBlocked => "ip_blocked",
            Self::SubscriptionExpired => "subscription_expired",
            Self::TokenInvalid => "token_invalid",
            Self::TokenScope => "token_scope",
            Self::RateLimited => "rate_limited",
            Self::Unreachable => "unreachable",
        }
    }

    /// Whether mending it is a matter of signing in (exit code 5), and not of the network or a limit (7).
    pub fn is_sign_in(self) -> bool {
        !matches!(self, Self::RateLimited | Self::Unreachable)
    }
}

impl Trouble {
    /// What mends it: who must do what.
    pub fn remedy(&self) -> String {
        match self.code {
            TroubleCode::WrongCredentials => {
                "Check the KashFlow user name and password, then sync again. kashsync does not try them again by itself, \
                 because KashFlow locks accounts."
                    .into()
            }
            TroubleCode::WrongMemorableWord => "Check the KashFlow memorable word, then sync again.".into(),
            TroubleCode::PasswordExpired => {
                "Sign in to KashFlow in a browser, choose a new password, and give it to kashsync.".into()
            }
            TroubleCode::AccountLocked => {
                "Ask your KashFlow administrator to unlock the user, check the credentials, then sync again.".into()
            }
            TroubleCode::ApiOff => {
                "In KashFlow: Apps in the sidebar, API Settings at the top right, tick Enabled, Update. (Older screens: \
                 Settings, API Settings, tick \"enable the API for my KashFlow account\", save.)"
                    .into()
            }
            TroubleCode::IpBlocked => {
                "In KashFlow's API Settings, add this machine's internet address, or untick \"Only allow specific IP \
                 addresses to access my account via the API\", and save."
                    .into()
            }
            TroubleCode::SubscriptionExpired => "Renew the KashFlow subscription, then sync again.".into(),
            TroubleCode::TokenInvalid => {
                "In Capsule: My Preferences, API Authentication Tokens, generate a new token, and give it to kashsync.".into()
            }
            TroubleCode::TokenScope => {
                "Generate a Capsule token that may read and write, as an Administrator, and give it to kashsync.".into()
            }
            TroubleCode::RateLimited => {
                format!("Wait until {} accepts requests again; the next run goes on where this one stopped.", self.service.name())
            }
            TroubleCode::Unreachable => {
                format!("Check the internet connection and {}'s address, then sync again.", self.service.name())
            }
        }
    }
}
