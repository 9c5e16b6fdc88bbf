//! Waiting times that tests may shorten, against services on this machine only (design 4.1).

use std::time::Duration;

use super::env::{Environment, TEST_BACKOFF_MS, TEST_SETTLE_MS};
use crate::ports::Pace;

/// The pace with what the environment shortens, and what to warn of. Against real services the variables are ignored: a
/// settle wait that is too short creates duplicates.
pub fn pace(environment: &Environment, standard: Pace, both_loopback: bool) -> (Pace, Vec<String>) {
    let mut pace = standard;
    let mut warnings = Vec::new();
    for (name, value) in [(TEST_SETTLE_MS, &mut pace.settle), (TEST_BACKOFF_MS, &mut pace.backoff)] {
        let Some(text) = environment.get(name) else { continue };
        match text.trim().parse() {
            _ if !both_loopback => warnings
                .push(format!("{name} is ignored: it counts only when both services are on this machine")),
            Ok(milliseconds) => *value = Duration::from_millis(milliseconds),
            Err(_) => {
                warnings.push(format!("{name} is ignored: \"{text}\" is not a number of milliseconds"));
            }
        }
    }
    (pace, warnings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_shortened_on_this_machine_only() {
        let environment = Environment::of([(TEST_SETTLE_MS, "50".into()), (TEST_BACKOFF_MS, "soon".into())]);
        let standard = Pace::default();
        let (here, warnings) = pace(&environment, standard, true);
        assert_eq!((here.settle, here.backoff), (Duration::from_millis(50), standard.backoff));
        assert_eq!(warnings.len(), 1);
        let (elsewhere, warnings) = pace(&environment, standard, false);
        assert_eq!(elsewhere, standard);
        assert_eq!(warnings.len(), 2);
    }
}
