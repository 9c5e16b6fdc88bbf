//! Everything that a person configures: paths, the profile's file, settings, credentials, the environment.
//!
//! Only here are the environment and the home folder read. What is read is checked here too, and everything that is wrong
//! is told at once ([`Faults`]). Not here: what the command line says (`cli::args`), addresses of services
//! (`remote::base_url`).

pub mod credentials;
pub mod duration;
pub mod env;
pub mod file;
pub mod knobs;
pub mod paths;
pub mod settings;

use crate::error::AppError;

/// What is wrong with the configuration, one sentence each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(Vec<String>);

impl Faults {
    /// Notes one fault.
    pub fn add(&mut self, fault: impl Into<String>) {
        self.0.push(fault.into());
    }

    /// The value, or nothing when it is faulty; the fault is noted.
    pub fn take<T, E: Into<Faults>>(&mut self, result: Result<T, E>) -> Option<T> {
        result.map_err(|faults| self.0.extend(faults.into().0)).ok()
    }

    /// Fails when a fault was noted.
    pub fn check(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    /// All three values, or the faults that one of them is missing for.
    pub fn check_all<A, B, C>(self, values: (Option<A>, Option<B>, Option<C>)) -> Result<(A, B, C), Self> {
        match (values, self.0.is_empty()) {
            ((Some(first), Some(second), Some(third)), true) => Ok((first, second, third)),
            _ => Err(self),
        }
    }

    /// The sentences.
    pub fn sentences(&self) -> &[String] {
        &self.0
    }
}

impl From<String> for Faults {
    fn from(fault: String) -> Self {
        Self(vec![fault])
    }
}

impl From<Faults> for AppError {
    fn from(faults: Faults) -> Self {
        Self::Configuration(faults.0)
    }
}
