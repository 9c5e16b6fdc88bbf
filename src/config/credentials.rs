//! Credentials: the four values that open both accounts, and where each comes from (design 4.1). Never from flags: command
//! lines are visible to everybody on a machine. Not here: how they are kept (`credentials`).

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};

use super::Faults;
use super::env::{
    CAPSULE_TOKEN, Environment, KASHFLOW_MEMORABLE_WORD, KASHFLOW_PASSWORD, KASHFLOW_USERNAME, PASSPHRASE,
};
use super::paths::Profile;
use crate::domain::ids::Service;

/// One of the values that open the accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Credential {
    /// Capsule's access token.
    CapsuleToken,
    /// KashFlow's user name.
    KashFlowUserName,
    /// KashFlow's password.
    KashFlowPassword,
    /// KashFlow's memorable word.
    KashFlowMemorableWord,
}

impl Credential {
    /// All of them, in the order in which they are asked for and read from standard input.
    pub const ALL: [Self; 4] =
        [Self::CapsuleToken, Self::KashFlowUserName, Self::KashFlowPassword, Self::KashFlowMemorableWord];

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::CapsuleToken => "Capsule token",
            Self::KashFlowUserName => "KashFlow user name",
            Self::KashFlowPassword => "KashFlow password",
            Self::KashFlowMemorableWord => "KashFlow memorable word",
        }
    }

    /// Its word in the JSON contract.
    pub fn word(self) -> &'static str {
        match self {
            Self::CapsuleToken => "capsule_token",
            Self::KashFlowUserName => "kashflow_user_name",
            Self::KashFlowPassword => "kashflow_password",
            Self::KashFlowMemorableWord => "kashflow_memorable_word",
        }
    }

    /// The environment variable that counts before what is stored.
    pub fn variable(self) -> &'static str {
        match self {
            Self::CapsuleToken => CAPSULE_TOKEN,
            Self::KashFlowUserName => KASHFLOW_USERNAME,
            Self::KashFlowPassword => KASHFLOW_PASSWORD,
            Self::KashFlowMemorableWord => KASHFLOW_MEMORABLE_WORD,
        }
    }

    /// Whose it is.
    pub fn service(self) -> Service {
        match self {
            Self::CapsuleToken => Service::Capsule,
            Self::KashFlowUserName | Self::KashFlowPassword | Self::KashFlowMemorableWord => {
                Service::KashFlow
            }
        }
    }

    /// Whether nobody may see it; a user name may be read over somebody's shoulder.
    pub fn is_secret(self) -> bool {
        match self {
            Self::KashFlowUserName => false,
            Self::CapsuleToken | Self::KashFlowPassword | Self::KashFlowMemorableWord => true,
        }
    }
}

/// Values of credentials. Shown as `[REDACTED]` wherever they are printed.
pub type CredentialValues = BTreeMap<Credential, SecretString>;

/// Where credentials are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The system's secret store.
    SecretStore,
    /// The encrypted file beside the profile's configuration.
    File,
}

impl Place {
    /// Its word in the JSON contract.
    pub fn word(self) -> &'static str {
        match self {
            Self::SecretStore => "secret_store",
            Self::File => "file",
        }
    }

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::SecretStore => "the system's secret store",
            Self::File => "the encrypted file",
        }
    }
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Its environment variable.
    Environment,
    /// Where it is stored.
    Stored(Place),
}

impl Origin {
    /// Its word in the JSON contract.
    pub fn word(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::Stored(place) => place.word(),
        }
    }
}

/// What is stored, and where.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Where it is.
    pub place: Place,
    /// The values, which need not be all.
    pub values: CredentialValues,
}

/// What opens both accounts. Shown as `[REDACTED]` wherever it is printed.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Capsule's access token.
    pub capsule_token: SecretString,
    /// KashFlow's user name.
    pub kashflow_user_name: String,
    /// KashFlow's password.
    pub kashflow_password: SecretString,
    /// KashFlow's memorable word.
    pub kashflow_memorable_word: SecretString,
    /// Where each value comes from.
    pub origins: BTreeMap<Credential, Origin>,
}

impl Credentials {
    /// The environment's values, and what is stored for those that it does not have. Fails with the names of those that are
    /// missing, and both ways to give them.
    pub fn of(environment: &Environment, stored: Option<&Stored>, profile: &Profile) -> Result<Self, Faults> {
        let mut origins = BTreeMap::new();
        let mut missing = Vec::new();
        let mut value = |credential: Credential| {
            let kept = stored.and_then(|stored| Some((stored.place, stored.values.get(&credential)?)));
            let (origin, value) = match (environment.get(credential.variable()), kept) {
                (Some(given), _) => (Origin::Environment, SecretString::from(given)),
                (None, Some((place, kept))) => (Origin::Stored(place), kept.clone()),
                (None, None) => {
                    missing.push(credential);
                    return SecretString::default();
                }
            };
            origins.insert(credential, origin);
            value
        };
        let (capsule_token, user_name) =
            (value(Credential::CapsuleToken), value(Credential::KashFlowUserName));
        let (kashflow_password, kashflow_memorable_word) =
            (value(Credential::KashFlowPassword), value(Credential::KashFlowMemorableWord));
        if !missing.is_empty() {
            return Err(told_missing(&missing, profile).into());
        }
        Ok(Self {
            capsule_token,
            kashflow_user_name: user_name.expose_secret().to_owned(),
            kashflow_password,
            kashflow_memorable_word,
            origins,
        })
    }

    /// Whether the environment alone has them all, so that nothing that is stored need be opened.
    pub fn are_given_by(environment: &Environment) -> bool {
        Credential::ALL.into_iter().all(|credential| environment.get(credential.variable()).is_some())
    }

    /// The secrets among them, so that the log can leave them out.
    pub fn secrets(&self) -> [&SecretString; 3] {
        [&self.capsule_token, &self.kashflow_password, &self.kashflow_memorable_word]
    }
}

fn told_missing(missing: &[Credential], profile: &Profile) -> String {
    let (count, is) = if missing.len() == 1 { ("variable", "is") } else { ("variables", "are") };
    let listed = |name: fn(Credential) -> &'static str| {
        missing.iter().map(|credential| name(*credential)).collect::<Vec<_>>().join(", ")
    };
    format!(
        "credentials {is} missing ({}): store them with `{}`, or set the environment {count} {}",
        listed(Credential::label),
        profile.command("credentials set"),
        listed(Credential::variable)
    )
}

/// Whatever secrets the environment holds, so that the log can leave them out.
pub fn secrets(environment: &Environment) -> Vec<SecretString> {
    [CAPSULE_TOKEN, KASHFLOW_PASSWORD, KASHFLOW_MEMORABLE_WORD, PASSPHRASE]
        .into_iter()
        .filter_map(|name| environment.get(name))
        .map(SecretString::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(environment: &Environment, stored: Option<&Stored>) -> Result<Credentials, Faults> {
        Credentials::of(environment, stored, &Profile::default())
    }

    #[test]
    fn missing_credentials_are_named_all_at_once_with_both_remedies() {
        let environment =
            Environment::of([(CAPSULE_TOKEN, "token".into()), (KASHFLOW_PASSWORD, "canary".into())]);
        let faults = of(&environment, None).unwrap_err();
        let expected = "credentials are missing (KashFlow user name, KashFlow memorable word): store them with `kashsync \
                        credentials set`, or set the environment variables KASHSYNC_KASHFLOW_USERNAME, \
                        KASHSYNC_KASHFLOW_MEMORABLE_WORD";
        assert_eq!(faults.sentences(), [expected]);
        let elsewhere = Profile::parse("b").unwrap();
        let faults = Credentials::of(&environment, None, &elsewhere).unwrap_err();
        assert!(faults.sentences()[0].contains("`kashsync --profile b credentials set`"), "{faults:?}");
    }

    #[test]
    fn credentials_are_whole_and_never_shown() {
        let environment = Environment::of([
            (CAPSULE_TOKEN, "canary-1".into()),
            (KASHFLOW_USERNAME, "brookside".into()),
            (KASHFLOW_PASSWORD, "canary-2 ".into()),
            (KASHFLOW_MEMORABLE_WORD, "canary-3".into()),
            (PASSPHRASE, "canary-4".into()),
        ]);
        assert!(Credentials::are_given_by(&environment));
        let credentials = of(&environment, None).unwrap();
        assert_eq!(credentials.kashflow_password.expose_secret(), "canary-2 ", "not even blanks are lost");
        assert!(!format!("{credentials:?}").contains("canary"));
        assert_eq!(secrets(&environment).len(), 4);
    }

    #[test]
    fn each_value_of_the_environment_counts_before_the_stored_one() {
        let environment = Environment::of([(KASHFLOW_PASSWORD, "given".into())]);
        assert!(!Credentials::are_given_by(&environment));
        let values = Credential::ALL.map(|credential| (credential, SecretString::from("canary kept"))).into();
        let stored = Stored { place: Place::File, values };
        let credentials = of(&environment, Some(&stored)).unwrap();
        assert_eq!(credentials.kashflow_password.expose_secret(), "given");
        assert_eq!(credentials.kashflow_memorable_word.expose_secret(), "canary kept");
        assert_eq!(credentials.origins[&Credential::KashFlowPassword], Origin::Environment);
        assert_eq!(credentials.origins[&Credential::CapsuleToken], Origin::Stored(Place::File));
        assert!(!format!("{stored:?}").contains("canary"));
    }
}
