//! What the environment says, read once. Values may be secrets, so they are never shown.

use std::collections::BTreeMap;
use std::fmt;

use super::Faults;

/// Folder under which everything is kept, instead of the usual places.
pub const HOME: &str = "KASHSYNC_HOME";
/// Capsule's address.
pub const CAPSULE_URL: &str = "KASHSYNC_CAPSULE_URL";
/// KashFlow's address.
pub const KASHFLOW_URL: &str = "KASHSYNC_KASHFLOW_URL";
/// Capsule's access token.
pub const CAPSULE_TOKEN: &str = "KASHSYNC_CAPSULE_TOKEN";
/// KashFlow's user name.
pub const KASHFLOW_USERNAME: &str = "KASHSYNC_KASHFLOW_USERNAME";
/// KashFlow's password.
pub const KASHFLOW_PASSWORD: &str = "KASHSYNC_KASHFLOW_PASSWORD";
/// KashFlow's memorable word.
pub const KASHFLOW_MEMORABLE_WORD: &str = "KASHSYNC_KASHFLOW_MEMORABLE_WORD";
/// The passphrase of the credentials file, for automation.
pub const PASSPHRASE: &str = "KASHSYNC_PASSPHRASE";
/// Tests against loopback: the settle wait in milliseconds.
pub const TEST_SETTLE_MS: &str = "KASHSYNC_TEST_SETTLE_MS";
/// Tests against loopback: the first back-off step in milliseconds.
pub const TEST_BACKOFF_MS: &str = "KASHSYNC_TEST_BACKOFF_MS";
/// Set to anything: no colours (<https://no-color.org>).
pub const NO_COLOR: &str = "NO_COLOR";
/// The kind of terminal.
pub const TERM: &str = "TERM";

/// The locale, before [`LC_CTYPE`] and [`LANG`].
pub const LC_ALL: &str = "LC_ALL";
/// The locale's characters, before [`LANG`].
pub const LC_CTYPE: &str = "LC_CTYPE";
/// The locale.
pub const LANG: &str = "LANG";

const READ: [&str; 15] = [
    HOME,
    CAPSULE_URL,
    KASHFLOW_URL,
    CAPSULE_TOKEN,
    KASHFLOW_USERNAME,
    KASHFLOW_PASSWORD,
    KASHFLOW_MEMORABLE_WORD,
    PASSPHRASE,
    TEST_SETTLE_MS,
    TEST_BACKOFF_MS,
    NO_COLOR,
    TERM,
    LC_ALL,
    LC_CTYPE,
    LANG,
];

/// The variables that kashsync knows. An empty one counts as not set.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<&'static str, String>);

impl Environment {
    /// Reads the variables. A value that is no UTF-8 is a fault: a password must not be sent half understood.
    pub fn read() -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let mut found = Vec::new();
        for name in READ {
            #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
            let value = std::env::var_os(name);
            match value.map(std::ffi::OsString::into_string) {
                Some(Ok(value)) => found.push((name, value)),
                Some(Err(_)) => faults.add(format!("the environment variable {name} is not valid UTF-8")),
                None => {}
            }
        }
        faults.check().map(|()| Self::of(found))
    }

    /// An environment of these variables; unknown and empty ones are left out.
    pub fn of<'a>(variables: impl IntoIterator<Item = (&'a str, String)>) -> Self {
        let known = |name: &str| READ.into_iter().find(|known| *known == name);
        Self(
            variables
                .into_iter()
                .filter(|(_, value)| !value.is_empty())
                .filter_map(|(name, value)| Some((known(name)?, value)))
                .collect(),
        )
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_and_unknown_variables_do_not_count() {
        let environment =
            Environment::of([(HOME, String::new()), ("PATH", "/bin".into()), (TERM, "dumb".into())]);
        assert_eq!((environment.get(HOME), environment.get("PATH")), (None, None));
        assert_eq!(environment.get(TERM), Some("dumb"));
    }

    #[test]
    fn values_are_never_shown() {
        let environment = Environment::of([(KASHFLOW_PASSWORD, "canary".into())]);
        let shown = format!("{environment:?}");
        assert!(shown.contains(KASHFLOW_PASSWORD) && !shown.contains("canary"), "{shown}");
    }
}
