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
    /// All kinds.
    pub const ALL: [Self; 11] = [
        Self::WrongCredentials,
        Self::WrongMemorableWord,
        Self::PasswordExpired,
        Self::AccountLocked,
        Self::ApiOff,
        Self::IpBlocked,
        Self::SubscriptionExpired,
        Self::TokenInvalid,
        Self::TokenScope,
        Self::RateLimited,
        Self::Unreachable,
    ];

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

/// How refused credentials are tried once more.
const NOT_AGAIN: &str = "kashsync does not send the same ones again by itself, because KashFlow locks accounts; when they are \
                         right after all, try them with `kashsync credentials test`.";

impl Trouble {
    /// What mends it: who must do what.
    pub fn remedy(&self) -> String {
        match self.code {
            TroubleCode::WrongCredentials => format!("Check the KashFlow user name and password. {NOT_AGAIN}"),
            TroubleCode::WrongMemorableWord => format!("Check the KashFlow memorable word. {NOT_AGAIN}"),
            TroubleCode::PasswordExpired => format!(
                "Sign in to KashFlow in a browser, choose a new password, and give it to kashsync. {NOT_AGAIN}"
            ),
            TroubleCode::AccountLocked => format!(
                "Ask your KashFlow administrator to unlock the user, and check the credentials. {NOT_AGAIN}"
            ),
            TroubleCode::ApiOff => {
                "In KashFlow: Apps in the sidebar, API Settings at the top right, tick Enabled, Update. (Older screens: \
                 Settings, API Settings, tick \"enable the API for my KashFlow account\", untick \"Only allow specific IP \
                 addresses\" or add this machine's address, save.) Then sync again."
                    .into()
            }
            TroubleCode::IpBlocked => {
                "In KashFlow: Apps in the sidebar, API Settings at the top right (older screens: Settings, API Settings), \
                 untick \"Only allow specific IP addresses\" or add this machine's address, save. Then sync again."
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
