//! `export`: contacts become customers in KashFlow, after every field was shown (design B25 to B27).

use std::collections::BTreeSet;
use std::io::{BufRead, IsTerminal, stderr, stdin};
use std::sync::Arc;

use super::Context;
use super::sync::{connected, is_chatty};
use crate::cli::args::ExportArguments;
use crate::cli::exit::Exit;
use crate::cli::follow::{Ended, Follower, Manner};
use crate::cli::json;
use crate::cli::json::export::ExportJson;
use crate::cli::output::{say, say_error};
use crate::cli::page::Page;
use crate::cli::signal::Signal;
use crate::cli::text;
use crate::domain::export::{Export, Obstacle, exports};
use crate::domain::exported::{Exported, of_contact_person, of_customer};
use crate::domain::ids::ContactId;
use crate::domain::replacing::{Replacement, replacement};
use crate::engine::command::Command;
use crate::engine::event::{Event, View};
use crate::error::AppError;

/// What was chosen, as it was shown.
struct Shown {
    found: Vec<(ContactId, Result<Export, Obstacle>)>,
    rows: Vec<ExportJson>,
    text: Page,
    offers: Vec<Replacement>,
}

impl Shown {
    fn of(chosen: &[ContactId], view: &View) -> Self {
        let (snapshot, local) = (&view.snapshot, &view.local);
        let found = exports(chosen, snapshot, local);
        let row = |(id, export): &(ContactId, Result<Export, Obstacle>)| {
            json::export::export(*id, export.as_ref(), snapshot, local)
        };
        Self {
            rows: found.iter().map(row).collect(),
            text: text::export::preview(&found, snapshot, local),
            offers: found.iter().filter_map(|(id, _)| replacement(*id, snapshot, local)).collect(),
            found,
        }
    }

    fn offer(&self, id: ContactId) -> Option<&Replacement> {
        self.offers.iter().find(|offer| offer.person == id)
    }

    /// The first thing that speaks against the batch.
    fn obstacle(&self) -> Option<&Obstacle> {
        let mut barred = self.found.iter().filter(|(id, _)| self.offer(*id).is_none());
        barred.find_map(|(_, export)| export.as_ref().err())
    }

    /// What became of each, by what is known after the run.
    fn became(&self, view: &View) -> Vec<Exported> {
        let (snapshot, local) = (&view.snapshot, &view.local);
        let each = self.found.iter().map(|(id, export)| match (export, self.offer(*id)) {
            (Ok(export), _) => of_customer(export, snapshot, local),
            (Err(_), Some(offer)) => of_contact_person(offer, snapshot, local),
            (Err(_), None) => Exported::NotDone,
        });
        each.collect()
    }
}

/// `export ID…`: one reading; what it shows is what is exported from it.
pub async fn export(context: &Context, arguments: &ExportArguments) -> Result<Exit, AppError> {
    let chosen: Vec<ContactId> = arguments.contacts.iter().copied().map(ContactId).collect();
    let manner = Manner { yes: false, chatty: is_chatty(context) };
    let first = Command::PreviewExport(chosen.clone());
    let mut follower = connected(context, None, manner, false, first).await?;
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
    let ready = follower.until(|event| match event {
        Event::Planned { waits: true, .. } => Some(None),
        Event::RunFinished(report) => Some(Some(Arc::clone(report))),
        _ => None,
    });
    match (ready.await?, follower.signal) {
        (Some(None), _) => {}
        (None, Some(signal)) => return Ok(signal.exit()),
        (Some(Some(report)), signal) => {
            let error = report.error.clone().map(AppError::Run);
            return error.map_or_else(|| Ok(signal.map_or(Exit::Failed, Signal::exit)), Err);
        }
        (None, None) => return Ok(Exit::Failed),
    }
    let shown = Shown::of(chosen, &follower.view);
    if arguments.dry_run {
        context.output.print(|| &shown.rows, || shown.text.clone())?;
        return Ok(Exit::Done);
    }
    if let Some(obstacle) = shown.obstacle() {
        let (code, message, remedy) = obstacle.words(&follower.view.snapshot);
        return Err(AppError::Refused { code, message, remedy });
    }
    if !arguments.yes && !agreed(context, shown.text.text()) {
        context.output.print(|| &shown.rows, || shown.text.clone())?;
        say_error("nothing was exported", "Look at the fields, then export with --yes.");
        return Ok(Exit::Guard);
    }
    follower.send(Command::Approve { unticked: BTreeSet::new() }).await;
    let report = match follower.run().await? {
        Ended::Signalled(signal) => return Ok(signal.exit()),
        Ended::Run(report) => report,
    };
    if let Some(error) = &report.error {
        return Err(AppError::Run(error.clone()));
    }
    let became = shown.became(&follower.view);
    let rows = || {
        let each = shown.rows.iter().cloned().zip(&became);
        each.map(|(row, became)| row.sent(became)).collect::<Vec<_>>()
    };
    context.output.print(rows, || told(&shown, &became, &follower.view))?;
    if became.iter().any(|one| !matches!(one, Exported::Done { .. })) {
        say_error("not every contact was exported", "What is to be done about each is told above.");
        return Ok(Exit::Attention);
    }
    Ok(Exit::Done)
}

/// Asks a person at a terminal; nobody else can agree without `--yes`.
fn agreed(context: &Context, preview: &str) -> bool {
    if context.output.json || !stdin().is_terminal() || !stderr().is_terminal() {
        return false;
    }
    preview.lines().for_each(say);
    say("Write this to KashFlow? y + Enter");
    let mut answer = String::new();
    stdin().lock().read_line(&mut answer).is_ok() && answer.trim().eq_ignore_ascii_case("y")
}

/// What was created and replaced, and what was not, with what is to be done about it.
fn told(shown: &Shown, became: &[Exported], view: &View) -> Page {
    let mut page = Page::default();
    let each = || shown.found.iter().zip(became);
    let done = |(_, became): &(_, &Exported)| matches!(became, Exported::Done { .. });
    let replaced = each().filter(done).filter(|((id, _), _)| shown.offer(*id).is_some()).count();
    let created = each().filter(done).count() - replaced;
    if created > 0 {
        page.line(format!("{created} exported and linked; the next sync writes their KashFlow fields."));
    }
    if replaced > 0 {
        let customers = text::count(replaced, "customer");
        page.line(format!("Contact Person replaced in KashFlow for {customers}."));
    }
    for ((id, _), became) in each() {
        let known = view.snapshot.contacts.get(id).map(|contact| contact.name().into_owned());
        let name = format!("{} (contact {})", known.unwrap_or_default(), id.0);
        let remedy = became.remedy().unwrap_or_default();
        match became {
            Exported::Done { .. } => {}
            Exported::InDoubt { code } => {
                page.line(format!("{name}: whether KashFlow has it as {code} is not known. {remedy}"));
            }
            Exported::NotDone => page.line(format!("{name}: not exported. {remedy}")),
        }
    }
    page
}
