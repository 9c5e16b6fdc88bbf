//! Arguments, environment and the profile's file, brought together: ready to use, or everything that is wrong at once.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use super::args::{ColorChoice, Globals};
use crate::config::Faults;
use crate::config::credentials::Credentials;
use crate::config::env::{self, Environment};
use crate::config::file::ProfileFile;
use crate::config::knobs;
use crate::config::paths::{Paths, Profile};
use crate::domain::ids::Service;
use crate::ports::Pace;
use crate::remote::base_url::BaseUrl;

/// What every command needs.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The profile.
    pub profile: Profile,
    /// Where its things are.
    pub paths: Paths,
    /// What its file says.
    pub file: ProfileFile,
    /// Colours may be used on standard output.
    pub color: bool,
}

/// What commands that talk to the services need on top.
#[derive(Debug, Clone)]
pub struct Access {
    /// Capsule's address.
    pub capsule: BaseUrl,
    /// KashFlow's address.
    pub kashflow: BaseUrl,
    /// What opens both.
    pub credentials: Credentials,
    /// Waiting times.
    pub pace: Pace,
    /// What to tell before the first request.
    pub warnings: Vec<String>,
}

/// Resolves what every command needs.
pub fn resolve(globals: &Globals, environment: &Environment) -> Result<Resolved, Faults> {
    let mut faults = Faults::default();
    let profile = faults.take(Profile::parse(&globals.profile));
    let home = home(globals, environment);
    let paths = profile.as_ref().and_then(|profile| faults.take(Paths::of(profile, home.as_deref())));
    let file = paths.as_ref().and_then(|paths| faults.take(ProfileFile::read(&paths.file)));
    faults.check_all((profile, paths, file)).map(|(profile, paths, file)| Resolved {
        profile,
        paths,
        file,
        color: color(globals.color, environment, std::io::stdout().is_terminal()),
    })
}

/// The folder under which everything is kept, where one is named.
pub fn home(globals: &Globals, environment: &Environment) -> Option<PathBuf> {
    globals.home.clone().or_else(|| environment.get(env::HOME).map(PathBuf::from))
}

/// Resolves what is needed to talk to the services.
pub fn access(
    file: &ProfileFile,
    credentials: Result<Credentials, Faults>,
    environment: &Environment,
    max_wait: Option<Duration>,
) -> Result<Access, Faults> {
    let mut faults = Faults::default();
    let capsule = base_url(Service::Capsule, environment.get(env::CAPSULE_URL), file.capsule_url.as_deref());
    let capsule = faults.take(capsule);
    let kashflow =
        base_url(Service::KashFlow, environment.get(env::KASHFLOW_URL), file.kashflow_url.as_deref());
    let kashflow = faults.take(kashflow);
    let credentials = faults.take(credentials);
    let (capsule, kashflow, credentials) = faults.check_all((capsule, kashflow, credentials))?;
    let mut standard = Pace::default();
    standard.max_wait = max_wait.unwrap_or(standard.max_wait);
    let both_here = capsule.is_loopback() && kashflow.is_loopback();
    let (pace, warnings) = knobs::pace(environment, standard, both_here);
    Ok(Access { capsule, kashflow, credentials, pace, warnings })
}

/// The environment counts before the file, the file before the service's own address.
fn base_url(service: Service, environment: Option<&str>, file: Option<&str>) -> Result<BaseUrl, Faults> {
    let checked = match environment.or(file) {
        Some(text) => BaseUrl::parse(service, text),
        None => BaseUrl::standard(service),
    };
    checked.map_err(|error| error.to_string().into())
}

/// Whether colours are used on a terminal, or on what is none.
pub fn color(choice: ColorChoice, environment: &Environment, terminal: bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            terminal && environment.get(env::NO_COLOR).is_none() && environment.get(env::TERM) != Some("dumb")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::env::{
        CAPSULE_TOKEN, CAPSULE_URL, KASHFLOW_MEMORABLE_WORD, KASHFLOW_PASSWORD, KASHFLOW_URL,
        KASHFLOW_USERNAME, NO_COLOR, TERM, TEST_SETTLE_MS,
    };

    fn access(
        file: &ProfileFile,
        environment: &Environment,
        max_wait: Option<Duration>,
    ) -> Result<Access, Faults> {
        let credentials = Credentials::of(environment, None, &Profile::default());
        super::access(file, credentials, environment, max_wait)
    }

    fn credentials() -> Vec<(&'static str, String)> {
        [CAPSULE_TOKEN, KASHFLOW_USERNAME, KASHFLOW_PASSWORD, KASHFLOW_MEMORABLE_WORD]
            .map(|name| (name, "word".to_owned()))
            .into()
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let environment =
            Environment::of([(CAPSULE_URL, "http://capsule.test".into()), (KASHFLOW_URL, "nonsense".into())]);
        let faults = access(&ProfileFile::default(), &environment, None).unwrap_err();
        let told = faults.sentences().join("\n");
        for part in ["Capsule's address must begin with https://", "nonsense", CAPSULE_TOKEN] {
            assert!(told.contains(part), "{told}");
        }
    }

    #[test]
    fn the_environment_counts_before_the_file() {
        let text =
            "[capsule]\nbase_url = \"https://file.test\"\n[kashflow]\nbase_url = \"https://file.test\"\n";
        let file = ProfileFile::parse(text, "p.toml").unwrap();
        let mut variables = credentials();
        variables.push((CAPSULE_URL, "http://127.0.0.1:9".into()));
        variables.push((TEST_SETTLE_MS, "5".into()));
        let access = access(&file, &Environment::of(variables), Some(Duration::from_secs(3))).unwrap();
        assert_eq!(access.capsule.to_string(), "http://127.0.0.1:9/api/v2");
        assert_eq!(access.kashflow.to_string(), "https://file.test/v2");
        assert_eq!(access.pace.max_wait, Duration::from_secs(3));
        assert_eq!(access.pace.settle, Pace::default().settle, "one of the two is not on this machine");
        assert_eq!(access.warnings.len(), 1);
    }

    #[test]
    fn colours_are_for_terminals_that_want_them() {
        let of = |name| Environment::of([(name, "dumb".into())]);
        let plain = Environment::default();
        assert!(color(ColorChoice::Auto, &plain, true));
        assert!(!color(ColorChoice::Auto, &plain, false));
        assert!(!color(ColorChoice::Auto, &of(NO_COLOR), true));
        assert!(!color(ColorChoice::Auto, &of(TERM), true));
        assert!(color(ColorChoice::Always, &of(NO_COLOR), false));
        assert!(!color(ColorChoice::Never, &plain, true));
    }

    #[test]
    fn i19_what_is_resolved_never_shows_a_secret() {
        let variables =
            [CAPSULE_TOKEN, KASHFLOW_USERNAME, KASHFLOW_PASSWORD, KASHFLOW_MEMORABLE_WORD].map(|name| {
                (name, if name == KASHFLOW_USERNAME { "jo".into() } else { format!("canary {name}") })
            });
        let environment = Environment::of(variables);
        let opened = access(&ProfileFile::default(), &environment, None).unwrap();
        let faults = Environment::of([(CAPSULE_TOKEN, "canary".to_owned())]);
        let faults = access(&ProfileFile::default(), &faults, None).unwrap_err();
        let error = crate::error::AppError::from(faults.clone());
        for shown in [
            format!("{opened:?}"),
            format!("{environment:?}"),
            format!("{:?}", opened.credentials),
            format!("{faults:?}"),
            format!("{error:?} {error}"),
        ] {
            assert!(!shown.contains("canary"), "{shown}");
        }
    }
}
