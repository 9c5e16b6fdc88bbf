//! Credentials that KashFlow refused: remembered by a keyed hash, so that no run sends them again (design B39).

use jiff::Timestamp;

use super::ids::Service;
use super::trouble::{Trouble, TroubleCode};

/// What of the credentials a refusal is about. The user name belongs to both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CredentialsPart {
    /// The password.
    Password,
    /// The memorable word.
    MemorableWord,
}

impl CredentialsPart {
    /// The word it is stored under.
    pub fn word(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::MemorableWord => "memorable_word",
        }
    }

    /// What a trouble refuses: sent again as it is, it could lock the account.
    pub fn refused_by(code: TroubleCode) -> Option<Self> {
        match code {
            TroubleCode::WrongCredentials | TroubleCode::PasswordExpired | TroubleCode::AccountLocked => {
                Some(Self::Password)
            }
            TroubleCode::WrongMemorableWord => Some(Self::MemorableWord),
            TroubleCode::ApiOff
            | TroubleCode::IpBlocked
            | TroubleCode::SubscriptionExpired
            | TroubleCode::TokenInvalid
            | TroubleCode::TokenScope
            | TroubleCode::RateLimited
            | TroubleCode::Unreachable => None,
        }
    }
}

/// A hash of credentials under a random key of its own: tells whether they are the same, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialsMark {
    /// What was hashed.
    pub part: CredentialsPart,
    /// The key.
    pub key: Vec<u8>,
    /// The hash.
    pub hash: Vec<u8>,
}

/// Credentials that were refused. They are not sent again but by a person's test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedCredentials {
    /// Which.
    pub mark: CredentialsMark,
    /// How they were refused.
    pub code: TroubleCode,
    /// In whose words.
    pub message: String,
    /// When.
    pub at: Timestamp,
}

impl RefusedCredentials {
    /// The refusal as it was told.
    pub fn trouble(&self) -> Trouble {
        Trouble { service: Service::KashFlow, code: self.code, message: self.message.clone() }
    }
}
