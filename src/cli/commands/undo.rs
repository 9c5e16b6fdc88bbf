//! `undo`: at once, and without the network where only local state was changed.

use std::collections::BTreeSet;

use super::Context;
use super::decisions::refused;
use super::sync::engine_for;
use crate::cli::exit::Exit;
use crate::cli::json;
use crate::cli::page::Page;
use crate::cli::profile::OpenProfile;
use crate::cli::signal::Signal;
use crate::domain::ids::{EntryId, RunId};
use crate::domain::journal::JournalEntry;
use crate::domain::undo::{CannotUndo, undo as decide};
use crate::engine::command::{Command, Undo};
use crate::engine::event::{Event, UndoneEntry};
use crate::engine::undo::{chosen, local, nothing_there, told};
use crate::error::AppError;
use crate::ports::kept::apply;
use crate::ports::{JournalQuery, Store};

/// `undo`.
pub async fn undo(context: &Context, entries: Vec<u64>, run: Option<u64>) -> Result<Exit, AppError> {
    let what = match run {
        Some(run) => Undo::Run(RunId(run)),
        None => Undo::Entries(entries.into_iter().map(EntryId).collect::<BTreeSet<_>>()),
    };
    let profile = OpenProfile::open(&context.resolved).await?;
    let journal = profile.store.journal(JournalQuery::default()).await?;
    let (entries, missing) = chosen(&journal, &what);
    let kept = &profile.kept;
    let remote = entries
        .iter()
        .filter_map(|entry| decide(entry, &journal, &kept.snapshot, &kept.local).ok())
        .any(|undoing| undoing.needs_network());
    if let Some(refusal) = nothing_there(&entries, &missing) {
        return Err(refused(refusal));
    }
    let whole_run = matches!(what, Undo::Run(_));
    let results = if remote {
        match at_the_services(context, profile, what).await? {
            Ok(results) => results,
            Err(signal) => return Ok(signal.map_or(Exit::Failed, Signal::exit)),
        }
    } else {
        here(profile, &entries, &journal).await?
    };
    print(context, &results, whole_run)
}

/// The results, or the signal that came first.
async fn at_the_services(
    context: &Context,
    profile: OpenProfile,
    what: Undo,
) -> Result<Result<Vec<UndoneEntry>, Option<Signal>>, AppError> {
    let mut follower = engine_for(context, profile, Command::Undo(what)).await?;
    let results = follower
        .until(|event| match event {
            Event::Undone(results) => Some(results.clone()),
            _ => None,
        })
        .await;
    let signal = follower.signal;
    follower.end().await?;
    results.map(|results| results.ok_or(signal))
}

/// Local decisions only: one commit.
async fn here(
    profile: OpenProfile,
    entries: &[JournalEntry],
    journal: &[JournalEntry],
) -> Result<Vec<UndoneEntry>, AppError> {
    let (mut kept, mut changes, mut results) = (profile.kept.clone(), Vec::new(), Vec::new());
    for entry in entries {
        let made = decide(entry, journal, &kept.snapshot, &kept.local)
            .and_then(|undoing| local::changes(&kept, entry, &undoing, profile.now));
        let why = match made {
            Ok(made) => {
                for change in &made {
                    apply(&mut kept, change);
                }
                changes.extend(made);
                None
            }
            Err(CannotUndo(why)) => Some(why),
        };
        results.push(UndoneEntry {
            entry: entry.id,
            action: entry.action,
            name: entry.name.clone(),
            refused: why,
        });
    }
    profile.commit(changes).await?;
    told(results).map_err(refused)
}

fn print(context: &Context, results: &[UndoneEntry], whole_run: bool) -> Result<Exit, AppError> {
    context.output.print(
        || results.iter().map(json::undo::undone).collect::<Vec<_>>(),
        || {
            let mut page = Page::default();
            for result in results {
                let (number, word, name) = (result.entry.0, result.action.word(), &result.name);
                match &result.refused {
                    None => page.line(format!("{number}. {word} {name}: undone")),
                    Some(why) => page.line(format!("{number}. {word} {name}: not undone, {why}")),
                }
            }
            page
        },
    )?;
    // What a run cannot take back is no failure of the rest; an entry that was asked for by its number is.
    let missed = !whole_run && results.iter().any(|result| result.refused.is_some());
    Ok(if missed { Exit::Attention } else { Exit::Done })
}
