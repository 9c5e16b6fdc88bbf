//! Where things are kept: the usual places of the system, or all of it under one folder (design 4.1).

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use super::Faults;

/// The name of a profile: one Capsule account with one KashFlow company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile(String);

impl Profile {
    /// The profile of that name. It becomes a file name, so it is 1 to 64 letters, digits, `-` and `_`.
    pub fn parse(name: &str) -> Result<Self, Faults> {
        let fits = (1..=64).contains(&name.len())
            && name
                .chars()
                .all(|character| character.is_ascii_alphanumeric() || matches!(character, '-' | '_'));
        if fits {
            Ok(Self(name.into()))
        } else {
            Err(format!("\"{name}\" is not a profile name: use 1 to 64 letters, digits, \"-\" and \"_\"")
                .into())
        }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// A command as it is typed for this profile.
    pub fn command(&self, words: &str) -> String {
        if *self == Self::default() {
            format!("kashsync {words}")
        } else {
            format!("kashsync --profile {} {words}", self.0)
        }
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self("default".into())
    }
}

/// The places of one profile. None of them need exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The profile's configuration.
    pub file: PathBuf,
    /// Its credentials, encrypted, where no secret store holds them.
    pub credentials: PathBuf,
    /// The folder of its durable state.
    pub data: PathBuf,
    /// The folder of log files, shared by all profiles.
    pub logs: PathBuf,
}

impl Paths {
    /// Everything under `home`, or in the usual places: `~/.config/kashsync`, `~/.local/share/kashsync` and
    /// `~/.local/state/kashsync` unless XDG variables say otherwise. Fails when there is no home folder.
    pub fn of(profile: &Profile, home: Option<&Path>) -> Result<Self, Faults> {
        let (config, data, logs) = match home {
            Some(home) => (home.join("config"), home.join("data"), home.join("logs")),
            None => usual()?,
        };
        Ok(Self {
            file: config.join(format!("{}.toml", profile.name())),
            credentials: config.join(format!("{}.credentials", profile.name())),
            data: data.join(profile.name()),
            logs,
        })
    }
}

fn usual() -> Result<(PathBuf, PathBuf, PathBuf), Faults> {
    let strategy = etcetera::choose_base_strategy().map_err(|_| {
        "this user has no home folder; say where to keep things with --home DIR or KASHSYNC_HOME".to_owned()
    })?;
    let ours = |folder: PathBuf| folder.join("kashsync");
    let data = ours(strategy.data_dir());
    let logs = strategy.state_dir().map_or_else(|| data.join("logs"), ours);
    Ok((ours(strategy.config_dir()), data, logs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_holds_everything_of_a_profile() {
        let profile = Profile::parse("brook-side_2").unwrap();
        let paths = Paths::of(&profile, Some(Path::new("/k"))).unwrap();
        assert_eq!(paths.file, Path::new("/k/config/brook-side_2.toml"));
        assert_eq!(paths.credentials, Path::new("/k/config/brook-side_2.credentials"));
        assert_eq!(paths.data, Path::new("/k/data/brook-side_2"));
        assert_eq!(paths.logs, Path::new("/k/logs"));
    }

    #[test]
    fn a_profile_name_cannot_leave_its_folder() {
        for name in ["", ".", "..", "a/b", "a\\b", "a b", "ä", &"x".repeat(65)] {
            assert!(Profile::parse(name).is_err(), "{name}");
        }
    }
}
