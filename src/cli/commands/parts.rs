//! `invoice`: one document with its lines and payments, which are read when somebody looks and never kept.

use std::sync::Arc;

use super::Context;
use super::sync::{connected, is_chatty};
use crate::cli::exit::Exit;
use crate::cli::follow::Manner;
use crate::cli::json;
use crate::cli::profile::documents;
use crate::cli::text;
use crate::domain::ids::Side;
use crate::engine::command::Command;
use crate::engine::event::Event;
use crate::error::AppError;

/// `invoice NUMBER`.
pub async fn invoice(context: &Context, number: i64, bill: bool) -> Result<Exit, AppError> {
    let side = if bill { Side::Supplier } else { Side::Customer };
    let manner = Manner { yes: false, chatty: is_chatty(context) };
    let wanted = Command::ReadParts { side, number };
    let mut follower = connected(context, None, manner, false, wanted).await?;
    let parts = follower
        .until(|event| match event {
            Event::Parts { parts, .. } => Some(Arc::clone(parts)),
            _ => None,
        })
        .await;
    let signal = follower.signal;
    let view = follower.end().await?;
    let Some(parts) = parts? else {
        return Ok(signal.map_or(Exit::Failed, crate::cli::signal::Signal::exit));
    };
    let entry = documents(&view)
        .into_iter()
        .find(|entry| entry.document.id.side == side && entry.document.number == number);
    let Some(entry) = entry else {
        return Err(AppError::not_found(format!("{number} was not read yet"), "Sync first."));
    };
    let web = &context.resolved.file.policy.web;
    context.output.print(
        || json::invoices::whole_invoice(&entry, &parts, web, view.today),
        || text::documents::document(&entry, &parts, view.today, context.output.color),
    )?;
    Ok(Exit::Done)
}
