//! `delete`: one contact, on both sides, at once.

use super::Context;
use super::sync::{connected, is_chatty};
use crate::cli::args::DeleteArguments;
use crate::cli::exit::Exit;
use crate::cli::follow::Manner;
use crate::cli::json;
use crate::cli::output::say_error;
use crate::cli::signal::Signal;
use crate::cli::text;
use crate::domain::ids::ContactId;
use crate::engine::command::{Command, DeleteOrder};
use crate::error::AppError;

/// `delete ID`.
pub async fn delete(context: &Context, arguments: &DeleteArguments) -> Result<Exit, AppError> {
    let manner = Manner { yes: false, chatty: is_chatty(context) };
    let dry = arguments.dry_run;
    let order = DeleteOrder {
        contact: ContactId(arguments.contact),
        step: arguments.kashflow,
        confirm: arguments.confirm.clone(),
        dry,
    };
    let mut follower = connected(context, None, manner, false, Command::Delete(order)).await?;
    let (told, error) = follower.deletion(dry).await;
    let signal = follower.signal;
    follower.end().await?;
    let exit = |error: &AppError| signal.map_or_else(|| Exit::of_error(error), Signal::exit);
    match (told, error) {
        (Some(told), error) => {
            context.output.print(
                || json::deletion::deletion(&told, error.as_ref()),
                || text::deletion::deletion(&told),
            )?;
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
