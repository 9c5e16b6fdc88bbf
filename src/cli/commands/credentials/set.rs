//! `credentials set`: asks for what opens both accounts, tries it, and stores what the services accept.

use std::io::{Read, stdin};

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use zeroize::Zeroizing;

use super::tested::{CapsuleJson, KashFlowJson, Tested};
use crate::cli::ask::{self, Echo, Sitting};
use crate::cli::commands::Context;
use crate::cli::exit::Exit;
use crate::cli::json::Problem;
use crate::cli::output::say_error;
use crate::cli::page::Page;
use crate::cli::resolve;
use crate::cli::signal::Signal;
use crate::cli::unlock::{self, blocking};
use crate::config::credentials::{Credential, CredentialValues, Credentials, Place, Stored};
use crate::config::env::Environment;
use crate::credentials::Opening;
use crate::credentials::record::LONGEST;
use crate::error::AppError;

/// What four lines never come near.
const MOST_READ: usize = 5 * LONGEST;

/// The document.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct SetJson {
    profile: String,
    /// Those that were stored by this command.
    stored: Vec<&'static str>,
    /// Those that were not, because their service did not accept them.
    not_stored: Vec<&'static str>,
    /// Where they are.
    place: &'static str,
    tested: bool,
    capsule: Option<CapsuleJson>,
    kashflow: Option<KashFlowJson>,
    /// Environment variables that count before what is stored.
    environment: Vec<&'static str>,
    errors: Vec<Problem>,
    /// The first of them.
    error: Option<Problem>,
}

/// `credentials set`.
pub(super) async fn set(context: &Context, no_test: bool) -> Result<Exit, AppError> {
    let (store, held) = unlock::store(context).await?;
    let place = held.unwrap_or_else(|| store.first_place());
    // From the first question to the last, so that nothing is shown that is typed ahead.
    let mut sitting = None;
    let passphrase = match (place, held) {
        (Place::SecretStore, _) => None,
        (Place::File, Some(_)) => Some(unlock::passphrase(context, &store, &mut sitting).await?),
        (Place::File, None) => Some(unlock::new_passphrase(context, &store, &mut sitting).await?),
    };
    // Opened before anything is typed: a wrong passphrase is told first.
    let (passphrase, kept) = blocking({
        let store = store.clone();
        move || {
            let opening = passphrase.as_ref().map_or(Opening::SecretStore, Opening::File);
            let kept = if held.is_some() { store.read(opening)? } else { CredentialValues::new() };
            Ok((passphrase, kept))
        }
    })
    .await?;
    let given = given(context, &kept, sitting).await?;
    let mut all = kept.clone();
    all.extend(given.clone());
    let tested = if no_test {
        None
    } else {
        match try_out(context, place, all).await? {
            Ok(tested) => Some(tested),
            Err(signal) => return Ok(signal.map_or(Exit::Failed, Signal::exit)),
        }
    };
    let is_accepted = |credential: Credential| {
        tested.as_ref().is_none_or(|tested| tested.is_accepted(credential.service()))
    };
    let (accepted, refused): (CredentialValues, CredentialValues) =
        given.into_iter().partition(|(credential, _)| is_accepted(*credential));
    let stored: Vec<Credential> = accepted.keys().copied().collect();
    if !accepted.is_empty() {
        let mut values = kept;
        values.extend(accepted);
        blocking(move || {
            store.write(passphrase.as_ref().map_or(Opening::SecretStore, Opening::File), &values)
        })
        .await?;
    }
    let not_stored: Vec<Credential> = refused.into_keys().collect();
    tell(context, &Told { place, stored, not_stored, tested })
}

/// Tries them, whatever the environment says: these are the ones that are to be stored.
async fn try_out(
    context: &Context,
    place: Place,
    values: CredentialValues,
) -> Result<Result<Tested, Option<Signal>>, AppError> {
    let stored = Stored { place, values };
    let credentials = Credentials::of(&Environment::default(), Some(&stored), &context.resolved.profile);
    let access = resolve::access(&context.resolved.file, credentials, &context.environment, None)?;
    Tested::of(context, access).await
}

/// What came of it.
struct Told {
    place: Place,
    stored: Vec<Credential>,
    not_stored: Vec<Credential>,
    tested: Option<Tested>,
}

fn tell(context: &Context, told: &Told) -> Result<Exit, AppError> {
    let Told { place, stored, not_stored, tested } = told;
    let troubles = tested.as_ref().map(Tested::troubles).unwrap_or_default();
    let before: Vec<&'static str> = Credential::ALL
        .into_iter()
        .map(Credential::variable)
        .filter(|name| context.environment.get(name).is_some())
        .collect();
    let words = |list: &[Credential]| list.iter().map(|one| one.word()).collect();
    context.output.print(
        || {
            let errors: Vec<Problem> = troubles.iter().map(Problem::from).collect();
            SetJson {
                profile: context.resolved.profile.name().into(),
                stored: words(stored),
                not_stored: words(not_stored),
                place: place.word(),
                tested: tested.is_some(),
                capsule: tested.as_ref().and_then(Tested::capsule_json),
                kashflow: tested.as_ref().and_then(Tested::kashflow_json),
                environment: before.clone(),
                error: errors.first().cloned(),
                errors,
            }
        },
        || {
            let mut page = tested.as_ref().map_or_else(|| Page::of("Not tested."), Tested::page);
            let labels =
                |list: &[Credential]| list.iter().map(|one| one.label()).collect::<Vec<_>>().join(", ");
            if !stored.is_empty() {
                page.line(format!("Stored in {}: {}.", place.label(), labels(stored)));
            }
            if !not_stored.is_empty() {
                page.line(format!("Not stored, because not accepted: {}.", labels(not_stored)));
            }
            if stored.is_empty() && not_stored.is_empty() {
                page.line("Nothing changed.");
            }
            if !before.is_empty() {
                page.line(format!("The environment counts before what is stored: {}.", before.join(", ")));
            }
            page
        },
    )?;
    for trouble in &troubles {
        say_error(&trouble.to_string(), &trouble.remedy());
    }
    Ok(troubles.first().map_or(Exit::Done, Exit::of_error))
}

/// The values that are new; what is left empty stays as it is stored.
async fn given(
    context: &Context,
    kept: &CredentialValues,
    sitting: Option<Sitting>,
) -> Result<CredentialValues, AppError> {
    let mut values = CredentialValues::new();
    if ask::is_possible() {
        let begun = sitting.map_or_else(Sitting::begin, Ok);
        let mut sitting = begun.map_err(|error| unlock::unusable(&error))?;
        for credential in Credential::ALL {
            let keeps = if kept.contains_key(&credential) { " (enter keeps what is stored)" } else { "" };
            let echo = if credential.is_secret() { Echo::Hidden } else { Echo::Shown };
            let prompt = format!("{}{keeps}", credential.label());
            let line = unlock::ask(context, &mut sitting, &prompt, echo).await?;
            values.extend(checked(credential, line.expose_secret(), kept)?);
        }
        return Ok(values);
    }
    let text = blocking_lines().await?;
    let mut lines = text.lines();
    for credential in Credential::ALL {
        let line = lines.next().unwrap_or_default();
        values.extend(checked(credential, line, kept)?);
    }
    if lines.any(|line| !line.is_empty()) {
        return Err(usage("standard input has more than four lines".into()));
    }
    context
        .log_secrets
        .add(values.iter().filter(|(credential, _)| credential.is_secret()).map(|(_, value)| value));
    Ok(values)
}

async fn blocking_lines() -> Result<Zeroizing<String>, AppError> {
    let read = tokio::task::spawn_blocking(|| {
        let mut text = Zeroizing::new(String::with_capacity(MOST_READ));
        let limit = u64::try_from(MOST_READ).unwrap_or(u64::MAX);
        stdin().lock().take(limit).read_to_string(&mut text).map(|_| text)
    });
    match read.await {
        Ok(Ok(text)) => Ok(text),
        Ok(Err(error)) => Err(usage(format!("standard input cannot be read: {error}"))),
        Err(error) => Err(AppError::machine(format!("standard input cannot be read: {error}"), "Try again.")),
    }
}

/// A value that may be sent; none where it is left as it is stored. Blanks at the ends belong to passwords only.
fn checked(
    credential: Credential,
    line: &str,
    kept: &CredentialValues,
) -> Result<Option<(Credential, SecretString)>, AppError> {
    let value = match credential {
        Credential::CapsuleToken | Credential::KashFlowUserName => line.trim(),
        Credential::KashFlowPassword | Credential::KashFlowMemorableWord => line,
    };
    let label = credential.label();
    if value.is_empty() {
        return if kept.contains_key(&credential) {
            Ok(None)
        } else {
            Err(usage(format!("the {label} is missing")))
        };
    }
    if value.chars().any(char::is_control) {
        return Err(usage(format!("the {label} has a character in it that cannot be typed")));
    }
    if value.len() > LONGEST {
        return Err(usage(format!("the {label} is too long")));
    }
    Ok(Some((credential, value.into())))
}

fn usage(message: String) -> AppError {
    let labels = Credential::ALL.map(Credential::label).join(", ");
    AppError::Usage {
        message,
        remedy: format!(
            "Give these, one a line where standard input is no terminal: {labels}. Nothing was stored."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_is_what_may_be_sent() {
        let none = CredentialValues::new();
        let kept: CredentialValues = [(Credential::CapsuleToken, SecretString::from("kept"))].into();
        let value = |credential, line, kept| {
            checked(credential, line, kept)
                .map(|found| found.map(|(_, value)| value.expose_secret().to_owned()))
        };
        assert_eq!(value(Credential::CapsuleToken, " token\t", &none), Ok(Some("token".into())));
        assert_eq!(value(Credential::KashFlowPassword, " pass ", &none), Ok(Some(" pass ".into())));
        assert_eq!(value(Credential::CapsuleToken, "", &kept), Ok(None));
        for (credential, line) in [
            (Credential::CapsuleToken, " "),
            (Credential::KashFlowPassword, "pass\u{1b}[31m"),
            (Credential::KashFlowMemorableWord, &"x".repeat(LONGEST + 1)),
        ] {
            let error = value(credential, line, &none).unwrap_err();
            assert_eq!(error.code(), "usage");
            assert!(!error.to_string().contains("pass\u{1b}"), "{error}");
        }
    }
}
