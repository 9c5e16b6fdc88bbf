//! `export`: contacts become customers in KashFlow, after every field was shown (design B25 to B27).

use std::io::{BufRead, IsTerminal, stderr, stdin};

use super::Context;
use super::sync::{connected, is_chatty};
use crate::cli::args::ExportArguments;
use crate::cli::exit::Exit;
use crate::cli::follow::{Ended, Follower, Manner};
use crate::cli::json;
use crate::cli::json::export::ExportJson;
use crate::cli::output::{say, say_error};
use crate::cli::page::Page;
use crate::cli::text;
use crate::domain::export::{Export, Obstacle, exports};
use crate::domain::ids::ContactId;
use crate::domain::replacing::{Replacement, replacement};
use crate::domain::run::RunReport;
use crate::engine::command::Command;
use crate::engine::event::View;
use crate::error::AppError;

/// `export ID…`.
pub async fn export(context: &Context, arguments: &ExportArguments) -> Result<Exit, AppError> {
    let chosen: Vec<ContactId> = arguments.contacts.iter().copied().map(ContactId).collect();
    let manner = Manner { yes: false, chatty: is_chatty(context) };
    let mut follower = connected(context, None, manner, false, Command::Plan { full: false }).await?;
    let result = carry_out(context, arguments, &chosen, &mut follower).await;
    follower.end().await?;
    result
}

async fn carry_out(
    context: &Context,
    arguments: &ExportArguments,
    chosen: &[ContactId],
    follower: &mut Follower,
) -> Result<Exit, AppError> {
    if let Some(exit) = failed(follower.run().await?)? {
        return Ok(exit);
    }
    let view = std::sync::Arc::clone(&follower.view);
    let found = exports(chosen, &view.snapshot, &view.local);
    let shown: Vec<ExportJson> = found
        .iter()
        .map(|(id, export)| json::export::export(*id, export.as_ref(), &view.snapshot, &view.local))
        .collect();
    if arguments.dry_run {
        context.output.print(|| &shown, || preview(&found, &view))?;
        return Ok(Exit::Done);
    }
    let replaced: Vec<Replacement> =
        found.iter().filter_map(|(id, _)| replacement(*id, &view.snapshot, &view.local)).collect();
    let is_offer = |id: &ContactId| replaced.iter().any(|one| one.person == *id);
    let obstacle = found.iter().filter(|(id, _)| !is_offer(id)).find_map(|(_, export)| export.as_ref().err());
    if let Some(obstacle) = obstacle {
        let (code, message, remedy) = obstacle.words(&view.snapshot);
        return Err(AppError::Refused { code, message, remedy });
    }
    if !arguments.yes && !agreed(context, &preview(&found, &view)) {
        context.output.print(|| &shown, || preview(&found, &view))?;
        say_error("nothing was exported", "Look at the fields, then export with --yes.");
        return Ok(Exit::Guard);
    }
    follower.send(Command::Export(chosen.to_vec())).await;
    let report = match follower.run().await? {
        Ended::Signalled(signal) => return Ok(signal.exit()),
        Ended::Run(report) => report,
    };
    if let Some(error) = &report.error {
        return Err(AppError::Run(error.clone()));
    }
    let wanted = found.len() - replaced.iter().filter(|one| !one.is_write()).count();
    let done = report.done.created_in_kashflow + report.done.updated_in_kashflow;
    context.output.print(|| &shown, || told(&report))?;
    if done < wanted {
        say_error(
            "not every contact was exported",
            "See the log above, then sync; what is in doubt is found out.",
        );
        return Ok(Exit::Attention);
    }
    Ok(Exit::Done)
}

/// How the reading before it ended, when that is the end of all.
fn failed(ended: Ended) -> Result<Option<Exit>, AppError> {
    match ended {
        Ended::Signalled(signal) => Ok(Some(signal.exit())),
        Ended::Run(report) => match &report.error {
            Some(error) => Err(AppError::Run(error.clone())),
            None => Ok(None),
        },
    }
}

/// Asks a person at a terminal; nobody else can agree without `--yes`.
fn agreed(context: &Context, preview: &str) -> bool {
    if context.output.json || !stdin().is_terminal() || !stderr().is_terminal() {
        return false;
    }
    say(preview);
    say("Write this to KashFlow? y + Enter");
    let mut answer = String::new();
    stdin().lock().read_line(&mut answer).is_ok() && answer.trim().eq_ignore_ascii_case("y")
}

fn preview(found: &[(ContactId, Result<Export, Obstacle>)], view: &View) -> String {
    text::export::preview(found, &view.snapshot, &view.local)
}

fn told(report: &RunReport) -> String {
    let (created, replaced) = (report.done.created_in_kashflow, report.done.updated_in_kashflow);
    let mut page = Page::default();
    if created > 0 || replaced == 0 {
        page.line(format!("{created} exported and linked; the next sync writes their KashFlow fields."));
    }
    if replaced > 0 {
        let customers = text::count(replaced, "customer");
        page.line(format!("Contact Person replaced in KashFlow for {customers}."));
    }
    page.text()
}
