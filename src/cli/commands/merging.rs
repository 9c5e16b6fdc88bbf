//! `merge`: two contacts of Capsule become one, at once.

use super::Context;
use super::sync::{connected, is_chatty};
use crate::cli::args::MergeArguments;
use crate::cli::exit::Exit;
use crate::cli::follow::Manner;
use crate::cli::json;
use crate::cli::output::say_error;
use crate::cli::signal::Signal;
use crate::cli::text;
use crate::domain::ids::ContactId;
use crate::engine::command::{Command, MergeOrder};
use crate::error::AppError;

/// `merge KEEP OTHER`.
pub async fn merge(context: &Context, arguments: &MergeArguments) -> Result<Exit, AppError> {
    let manner = Manner { yes: false, chatty: is_chatty(context) };
    let dry = arguments.dry_run;
    let order = MergeOrder {
        keep: ContactId(arguments.keep),
        other: ContactId(arguments.other),
        name: arguments.name.clone(),
        confirm: arguments.confirm.clone(),
        dry,
    };
    let mut follower = connected(context, None, manner, false, Command::Merge(order)).await?;
    let (told, error) = follower.merging(dry).await;
    let signal = follower.signal;
    follower.end().await?;
    let exit = |error: &AppError| signal.map_or_else(|| Exit::of_error(error), Signal::exit);
    match (told, error) {
        (Some(told), error) => {
            context
                .output
                .print(|| json::merging::merging(&told, error.as_ref()), || text::pairs::merging(&told))?;
            let Some(error) = error else { return Ok(Exit::Done) };
            say_error(&error.to_string(), &error.remedy());
            Ok(exit(&error))
        }
        (None, Some(error)) => {
            context.output.fail(&error);
            Ok(exit(&error))
        }
        (None, None) => Err(AppError::machine("the engine told nothing", "Report this to the authors.")),
    }
}
