//! `merge`: two contacts of Capsule become one, at once.

use std::sync::Arc;

use super::Context;
use super::at_once::report;
use super::sync::{connected, is_chatty};
use crate::cli::args::MergeArguments;
use crate::cli::exit::Exit;
use crate::cli::follow::Manner;
use crate::cli::json;
use crate::cli::text;
use crate::domain::ids::ContactId;
use crate::engine::command::{Command, MergeOrder};
use crate::engine::event::Event;
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
    let mut told = None;
    let ended = follower
        .until(|event| {
            let Event::Merging(merging) = event else { return None };
            told = Some(Arc::clone(merging));
            (dry || merging.done).then_some(())
        })
        .await;
    let signal = follower.signal;
    follower.end().await?;
    report(context, told, ended, signal, |told, error| {
        context.output.print(|| json::merging::merging(told, error), || text::pairs::merging(told))
    })
}
