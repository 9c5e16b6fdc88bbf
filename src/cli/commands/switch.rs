//! `enable` and `disable` (design B34).

use serde::Serialize;

use super::Context;
use super::sync::{connected, is_chatty};
use crate::cli::exit::Exit;
use crate::cli::follow::Manner;
use crate::cli::json::Problem;
use crate::cli::output::say_error;
use crate::cli::page::Page;
use crate::cli::profile::OpenProfile;
use crate::cli::signal::Signal;
use crate::domain::run::RunError;
use crate::engine::command::Command;
use crate::engine::decide;
use crate::engine::event::Event;
use crate::error::AppError;

/// The document of both.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Switched {
    enabled: bool,
    /// Contacts whose fields were emptied and are not empty yet, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    emptied: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Problem>,
}

/// `enable`.
pub async fn enable(context: &Context) -> Result<Exit, AppError> {
    let profile = OpenProfile::open(&context.resolved).await?;
    let changes = decide::enable(&profile.kept, profile.now);
    profile.commit(changes).await?;
    tell(context, true, "Syncing is enabled. The next sync goes on with the links that were kept.")
}

/// `disable`.
pub async fn disable(context: &Context, yes: bool, clear_summary: bool) -> Result<Exit, AppError> {
    if !yes {
        return Err(AppError::Refused {
            code: "needs_confirmation",
            message: "disabling stops syncing and hides links and invoices until you enable it again; contacts stay in \
                      Capsule and nothing changes in KashFlow"
                .into(),
            remedy: "Confirm with `kashsync disable --yes`. Nothing was changed.".into(),
        });
    }
    if clear_summary {
        return clear(context).await;
    }
    let profile = OpenProfile::open(&context.resolved).await?;
    let changes = decide::disable(&profile.kept, profile.now);
    profile.commit(changes).await?;
    tell(
        context,
        false,
        "Syncing is disabled. Links and invoices are kept, hidden; `kashsync enable` brings them back.",
    )
}

fn tell(context: &Context, enabled: bool, text: &str) -> Result<Exit, AppError> {
    let switched = Switched { enabled, emptied: None, left: None, error: None };
    context.output.print(|| &switched, || Page::of(text))?;
    Ok(Exit::Done)
}

/// How far the emptying of our fields went.
struct Cleared {
    done: usize,
    left: usize,
    error: Option<RunError>,
}

/// Disables, and empties our fields at once. Cut off, the same command goes on.
async fn clear(context: &Context) -> Result<Exit, AppError> {
    let manner = Manner { yes: false, chatty: is_chatty(context) };
    let mut follower =
        connected(context, None, manner, false, Command::Disable { clear_summary: true }).await?;
    let cleared = follower
        .until(|event| match event {
            Event::Cleared { done, left, error } => {
                Some(Cleared { done: *done, left: *left, error: error.clone() })
            }
            _ => None,
        })
        .await;
    let signal = follower.signal;
    follower.end().await?;
    let Some(cleared) = cleared? else { return Ok(signal.map_or(Exit::Failed, Signal::exit)) };
    let switched = Switched {
        enabled: false,
        emptied: Some(cleared.done),
        left: Some(cleared.left),
        error: cleared.error.as_ref().map(Problem::from),
    };
    let again = if cleared.left == 0 { "" } else { " The same command goes on with them." };
    context.output.print(
        || &switched,
        || {
            let (done, left) = (cleared.done, cleared.left);
            Page::of(format!(
                "Syncing is disabled. KashFlow fields emptied on {done} contacts, {left} left.{again}"
            ))
        },
    )?;
    if let Some(error) = &cleared.error {
        say_error(&error.message, &error.remedy);
    }
    Ok(match (signal, &cleared.error) {
        (Some(signal), _) => signal.exit(),
        (None, Some(error)) => Exit::of_error(&AppError::Run(error.clone())),
        (None, None) if cleared.left > 0 => Exit::Attention,
        (None, None) => Exit::Done,
    })
}
