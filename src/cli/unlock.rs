//! The credentials that a command uses: the environment's, and for what it lacks the stored ones, opened with a passphrase that
//! is asked for once.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::ask::{self, Asked, Echo, Sitting};
use super::commands::Context;
use super::resolve::{self, Access};
use crate::config::credentials::{Credentials, Place, Stored};
use crate::config::env::PASSPHRASE;
use crate::credentials::file::check_new;
use crate::credentials::{CredentialStore, CredentialsError, Opening};
use crate::error::AppError;

/// Everything that is needed to talk to the services.
pub async fn access(context: &Context, max_wait: Option<Duration>) -> Result<Access, AppError> {
    let stored = if Credentials::are_given_by(&context.environment) { None } else { stored(context).await? };
    let credentials = Credentials::of(&context.environment, stored.as_ref(), &context.resolved.profile);
    if let Ok(credentials) = &credentials {
        context.log_secrets.add(credentials.secrets());
    }
    Ok(resolve::access(&context.resolved.file, credentials, &context.environment, max_wait)?)
}

/// The profile's store of credentials, and where they are in it.
pub async fn store(context: &Context) -> Result<(Arc<CredentialStore>, Option<Place>), AppError> {
    let paths = context.resolved.paths.clone();
    blocking(move || {
        let store = CredentialStore::of(&paths);
        store.place().map(|place| (Arc::new(store), place))
    })
    .await
}

/// The passphrase of a file that is there. A sitting that is begun for it goes on until the caller ends it.
pub async fn passphrase(
    context: &Context,
    store: &CredentialStore,
    sitting: &mut Option<Sitting>,
) -> Result<SecretString, AppError> {
    if let Some(given) = given(context) {
        return Ok(given);
    }
    let sitting = sitting.insert(begun(store)?);
    let prompt = format!("Passphrase of {}", store.file().path().display());
    ask(context, sitting, &prompt, Echo::Hidden).await
}

/// A passphrase for a file that is new, typed twice.
pub async fn new_passphrase(
    context: &Context,
    store: &CredentialStore,
    sitting: &mut Option<Sitting>,
) -> Result<SecretString, AppError> {
    if let Some(given) = given(context) {
        check_new(&given)?;
        return Ok(given);
    }
    let sitting = sitting.insert(begun(store)?);
    let told = sitting.tell(&format!(
        "The credentials are encrypted in {} under a passphrase, which later runs ask for.",
        store.file().path().display()
    ));
    told.map_err(|error| unusable(&error))?;
    let first = ask(context, sitting, "New passphrase", Echo::Hidden).await?;
    check_new(&first)?;
    let second = ask(context, sitting, "The same again", Echo::Hidden).await?;
    if first.expose_secret() != second.expose_secret() {
        return Err(AppError::Usage {
            message: "the two passphrases are not the same".into(),
            remedy: "Try again. Nothing was stored.".into(),
        });
    }
    Ok(first)
}

/// Asks for one line; ends the process where that is what the person wants. Nothing is under way while somebody is asked.
pub async fn ask(
    context: &Context,
    sitting: &mut Sitting,
    prompt: &str,
    echo: Echo,
) -> Result<SecretString, AppError> {
    match sitting.ask(prompt, echo).await.map_err(|error| unusable(&error))? {
        Asked::Line(line) => {
            if echo == Echo::Hidden {
                context.log_secrets.add([&line]);
            }
            Ok(line)
        }
        Asked::Ended(signal) => {
            // The process ends without unwinding, so the terminal is given back here.
            sitting.end();
            context.output.fail(&AppError::Refused {
                code: "cancelled",
                message: "stopped while it asked".into(),
                remedy: "Nothing was sent and nothing was stored.".into(),
            });
            std::process::exit(signal.exit().code().into());
        }
    }
}

/// What blocks, off the runtime's threads.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CredentialsError> + Send + 'static,
) -> Result<T, AppError> {
    let outcome = tokio::task::spawn_blocking(work).await.map_err(|error| {
        AppError::machine(format!("the credentials cannot be opened: {error}"), "Try again.")
    })?;
    Ok(outcome?)
}

/// The terminal that cannot be used.
pub fn unusable(error: &io::Error) -> AppError {
    AppError::machine(format!("the terminal cannot be used: {error}"), "Set KASHSYNC_PASSPHRASE instead.")
}

async fn stored(context: &Context) -> Result<Option<Stored>, AppError> {
    let (store, place) = store(context).await?;
    let Some(place) = place else { return Ok(None) };
    let passphrase = match place {
        Place::File => Some(passphrase(context, &store, &mut None).await?),
        Place::SecretStore => None,
    };
    let values =
        blocking(move || store.read(passphrase.as_ref().map_or(Opening::SecretStore, Opening::File))).await?;
    Ok(Some(Stored { place, values }))
}

fn given(context: &Context) -> Option<SecretString> {
    context.environment.get(PASSPHRASE).map(SecretString::from)
}

fn begun(store: &CredentialStore) -> Result<Sitting, AppError> {
    if !ask::is_possible() {
        return Err(CredentialsError::NoPassphrase(store.file().path().to_owned()).into());
    }
    Sitting::begin().map_err(|error| unusable(&error))
}
