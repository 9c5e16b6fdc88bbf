//! `delete`: one contact, on both sides, at once.

use std::sync::Arc;

use super::Context;
use super::at_once::report;
use super::sync::{connected, is_chatty};
use crate::cli::args::DeleteArguments;
use crate::cli::exit::Exit;
use crate::cli::follow::Manner;
use crate::cli::json;
use crate::cli::text;
use crate::domain::ids::ContactId;
use crate::engine::command::{Command, DeleteOrder};
use crate::engine::event::Event;
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
    let mut told = None;
    let ended = follower
        .until(|event| {
            let Event::Deletion(deletion) = event else { return None };
            told = Some(Arc::clone(deletion));
            (dry || deletion.done).then_some(())
        })
        .await;
    let signal = follower.signal;
    follower.end().await?;
    report(context, told, ended, signal, |told, error| {
        context.output.print(|| json::deletion::deletion(told, error), || text::deletion::deletion(told))
    })
}
