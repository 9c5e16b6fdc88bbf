//! `credentials`: storing, testing and forgetting what opens both accounts (design B39).

mod forget;
mod set;
mod tested;

use std::collections::BTreeMap;

use serde::Serialize;

use self::tested::Tested;
use super::Context;
use crate::cli::args::CredentialsCommand;
use crate::cli::exit::Exit;
use crate::cli::json::Problem;
use crate::cli::output::say_error;
use crate::cli::signal::Signal;
use crate::cli::unlock;
use crate::config::credentials::{Credential, Origin};
use crate::error::AppError;

/// The document of `credentials test`: whom the credentials open, each null where they do not, and where they come from.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct TestedJson {
    capsule: Option<tested::CapsuleJson>,
    kashflow: Option<tested::KashFlowJson>,
    sources: BTreeMap<&'static str, &'static str>,
    errors: Vec<Problem>,
    /// The first of them.
    error: Option<Problem>,
}

/// `credentials set`, `test` and `forget`.
pub async fn credentials(context: &Context, command: CredentialsCommand) -> Result<Exit, AppError> {
    match command {
        CredentialsCommand::Set { no_test } => set::set(context, no_test).await,
        CredentialsCommand::Test => test(context).await,
        CredentialsCommand::Forget { yes } => forget::forget(context, yes).await,
    }
}

async fn test(context: &Context) -> Result<Exit, AppError> {
    let access = unlock::access(context, None).await?;
    let origins = access.credentials.origins.clone();
    let tested = match Tested::of(context, access).await? {
        Ok(tested) => tested,
        Err(signal) => return Ok(signal.map_or(Exit::Failed, Signal::exit)),
    };
    let troubles = tested.troubles();
    context.output.print(
        || {
            let errors: Vec<Problem> = troubles.iter().map(Problem::from).collect();
            TestedJson {
                capsule: tested.capsule_json(),
                kashflow: tested.kashflow_json(),
                sources: sources(&origins),
                error: errors.first().cloned(),
                errors,
            }
        },
        || {
            let mut page = tested.page();
            for (credential, origin) in &origins {
                page.line(format!("{:<23}  {}", credential.label(), told(*credential, *origin)));
            }
            page
        },
    )?;
    for trouble in &troubles {
        say_error(&trouble.to_string(), &trouble.remedy());
    }
    Ok(troubles.first().map_or(Exit::Done, Exit::of_error))
}

fn sources(origins: &BTreeMap<Credential, Origin>) -> BTreeMap<&'static str, &'static str> {
    origins.iter().map(|(credential, origin)| (credential.word(), origin.word())).collect()
}

fn told(credential: Credential, origin: Origin) -> String {
    match origin {
        Origin::Environment => format!("from the environment ({})", credential.variable()),
        Origin::Stored(place) => format!("from {}", place.label()),
    }
}
