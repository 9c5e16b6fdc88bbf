//! `credentials forget`: removes what is stored, and says what is left.

use std::io::{BufRead, IsTerminal, stderr, stdin};

use serde::Serialize;

use crate::cli::commands::Context;
use crate::cli::exit::Exit;
use crate::cli::output::say;
use crate::cli::page::Page;
use crate::cli::unlock;
use crate::config::credentials::{Credential, Place};
use crate::error::AppError;

/// What a stolen copy still opens.
const REVOKE: &str = "Whoever has a copy can still use them: to be safe, revoke the token in Capsule (My Preferences, API \
                      Authentication Tokens) and change the password in KashFlow.";

/// The document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ForgottenJson {
    profile: String,
    /// The places in which there was something.
    forgotten: Vec<&'static str>,
    /// Environment variables that still hold some.
    environment: Vec<&'static str>,
}

/// `credentials forget`. The profile is not opened: secrets can be removed from a machine whose store is damaged.
pub(super) async fn forget(context: &Context, yes: bool) -> Result<Exit, AppError> {
    let resolved = &context.resolved;
    if !yes && !agreed(context) {
        return Err(AppError::Refused {
            code: "needs_confirmation",
            message: format!(
                "forgetting removes the stored credentials of the profile {}",
                resolved.profile.name()
            ),
            remedy: format!(
                "Confirm with `{}`. Nothing was removed.",
                resolved.profile.command("credentials forget --yes")
            ),
        });
    }
    let paths = resolved.paths.clone();
    let emptied = unlock::blocking(move || crate::credentials::CredentialStore::of(&paths).forget()).await?;
    let left: Vec<&'static str> = Credential::ALL
        .into_iter()
        .map(Credential::variable)
        .filter(|name| context.environment.get(name).is_some())
        .collect();
    context.output.print(
        || ForgottenJson {
            profile: resolved.profile.name().into(),
            forgotten: emptied.iter().map(|place| place.word()).collect(),
            environment: left.clone(),
        },
        || page(&emptied, &left),
    )?;
    Ok(Exit::Done)
}

fn page(emptied: &[Place], left: &[&str]) -> Page {
    let mut page = Page::default();
    for place in emptied {
        page.line(format!("Removed from {}.", place.label()));
    }
    if emptied.is_empty() {
        page.line("Nothing was stored.");
    }
    if !left.is_empty() {
        page.line(format!("Left in the environment: {}.", left.join(", ")));
    }
    page.line(REVOKE);
    page
}

/// Asks a person at a terminal; nobody else can agree without `--yes`.
fn agreed(context: &Context) -> bool {
    if context.output.json || !stdin().is_terminal() || !stderr().is_terminal() {
        return false;
    }
    say(&format!(
        "Remove the stored credentials of the profile {}? y + Enter",
        context.resolved.profile.name()
    ));
    let mut answer = String::new();
    stdin().lock().read_line(&mut answer).is_ok() && answer.trim().eq_ignore_ascii_case("y")
}
