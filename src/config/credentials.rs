//! Credentials from the environment (design 4.1). Never from flags: command lines are visible to everybody on a machine.

use secrecy::SecretString;

use super::Faults;
use super::env::{CAPSULE_TOKEN, Environment, KASHFLOW_MEMORABLE_WORD, KASHFLOW_PASSWORD, KASHFLOW_USERNAME};

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
}

impl Credentials {
    /// The credentials that the environment holds. Fails with the names of those that are missing.
    pub fn read(environment: &Environment) -> Result<Self, Faults> {
        let missing: Vec<&str> =
            [CAPSULE_TOKEN, KASHFLOW_USERNAME, KASHFLOW_PASSWORD, KASHFLOW_MEMORABLE_WORD]
                .into_iter()
                .filter(|name| environment.get(name).is_none())
                .collect();
        if !missing.is_empty() {
            let count = if missing.len() == 1 { "variable" } else { "variables" };
            return Err(format!(
                "credentials are missing: set the environment {count} {}",
                missing.join(", ")
            )
            .into());
        }
        let value = |name| environment.get(name).unwrap_or_default().to_owned();
        Ok(Self {
            capsule_token: value(CAPSULE_TOKEN).into(),
            kashflow_user_name: value(KASHFLOW_USERNAME),
            kashflow_password: value(KASHFLOW_PASSWORD).into(),
            kashflow_memorable_word: value(KASHFLOW_MEMORABLE_WORD).into(),
        })
    }
}

/// Whatever secrets the environment holds, so that the log can leave them out.
pub fn secrets(environment: &Environment) -> Vec<SecretString> {
    [CAPSULE_TOKEN, KASHFLOW_PASSWORD, KASHFLOW_MEMORABLE_WORD]
        .into_iter()
        .filter_map(|name| environment.get(name))
        .map(SecretString::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn missing_credentials_are_named_all_at_once() {
        let environment =
            Environment::of([(CAPSULE_TOKEN, "token".into()), (KASHFLOW_PASSWORD, "canary".into())]);
        let faults = Credentials::read(&environment).unwrap_err();
        let expected = "credentials are missing: set the environment variables KASHSYNC_KASHFLOW_USERNAME, \
                        KASHSYNC_KASHFLOW_MEMORABLE_WORD";
        assert_eq!(faults.sentences(), [expected]);
    }

    #[test]
    fn credentials_are_whole_and_never_shown() {
        let environment = Environment::of([
            (CAPSULE_TOKEN, "canary-1".into()),
            (KASHFLOW_USERNAME, "brookside".into()),
            (KASHFLOW_PASSWORD, "canary-2 ".into()),
            (KASHFLOW_MEMORABLE_WORD, "canary-3".into()),
        ]);
        let credentials = Credentials::read(&environment).unwrap();
        assert_eq!(credentials.kashflow_password.expose_secret(), "canary-2 ", "not even blanks are lost");
        assert!(!format!("{credentials:?}").contains("canary"));
        assert_eq!(secrets(&environment).len(), 3);
    }
}
