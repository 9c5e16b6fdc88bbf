//! Undo, at once: entries newest first, each decided by `domain::undo`, checked again at the service, and journaled.
//!
//! What needs a service has a durable intent before anything is sent; after an unknown outcome the same command finishes it.

pub mod local;
mod remote;

use jiff::Timestamp;

use super::World;
use super::accounts::own_accounts;
use super::command::Undo;
use super::decide::Refusal;
use super::event::{Event, Level, UndoneEntry};
use super::local_commands::refuse;
use super::session::Session;
use super::stop::Stop;
use crate::domain::ids::EntryId;
use crate::domain::journal::JournalEntry;
use crate::domain::undo::{CannotUndo, Undoing, undo as decide};
use crate::ports::{Change, JournalQuery, Kept, Store, StoreError};

/// The entries that an undo is about, newest first, and the numbers that are none.
pub fn chosen(journal: &[JournalEntry], what: &Undo) -> (Vec<JournalEntry>, Vec<EntryId>) {
    let wanted = |entry: &&JournalEntry| match what {
        Undo::Entries(ids) => ids.contains(&entry.id),
        Undo::Run(run) => entry.run == Some(*run),
    };
    let mut entries: Vec<JournalEntry> = journal.iter().filter(wanted).cloned().collect();
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.id));
    let missing = match what {
        Undo::Entries(ids) => {
            ids.iter().filter(|id| !entries.iter().any(|entry| entry.id == **id)).copied().collect()
        }
        Undo::Run(_) => Vec::new(),
    };
    (entries, missing)
}

/// Undoes, and tells what became of each entry.
pub(super) async fn undo<W: World>(session: &Session<W>, what: &Undo) {
    match carried_out(session, what).await {
        Ok(Ok(results)) => session.tell(Event::Undone(results)).await,
        Ok(Err(refusal)) => refuse(session, refusal).await,
        Err(stop) => {
            let (_, error) = stop.describe();
            let (message, remedy) = (error.message, error.remedy);
            refuse(session, Refusal { code: stop.word(), message, remedy }).await;
        }
    }
}

async fn carried_out<W: World>(
    session: &Session<W>,
    what: &Undo,
) -> Result<Result<Vec<UndoneEntry>, Refusal>, Stop> {
    let query = match what {
        Undo::Entries(_) => JournalQuery::default(),
        Undo::Run(run) => JournalQuery { run: Some(*run), most: None },
    };
    let journal = session.world.store().journal(query).await?;
    let (entries, missing) = chosen(&journal, what);
    if let Some(refusal) = nothing_there(&entries, &missing) {
        return Ok(Err(refusal));
    }
    let mut results = Vec::new();
    let mut signed_in = false;
    for entry in entries {
        let decided = session.read(|kept| decide(&entry, &journal, &kept.snapshot, &kept.local)).await;
        let outcome = match decided {
            Err(refused) => Err(refused),
            Ok(undoing) if undoing.needs_network() => {
                if !signed_in {
                    own_accounts(session).await?;
                    signed_in = true;
                }
                remote::undo(session, &entry, &undoing).await?
            }
            Ok(undoing) => locally(session, &entry, &undoing).await?,
        };
        let refused = outcome.err().map(|CannotUndo(why)| why);
        if refused.is_none() {
            let words = format!("{}: entry {} undone", entry.name, entry.id.0);
            session.log(Level::Done, words).await;
        }
        results.push(UndoneEntry { entry: entry.id, action: entry.action, name: entry.name, refused });
    }
    let results = told(results);
    // A refusal of all of it says the same.
    for UndoneEntry { entry, name, refused, .. } in results.iter().flatten() {
        if let Some(why) = refused {
            session.log(Level::Ask, format!("{name}: entry {} not undone: {why}", entry.0)).await;
        }
    }
    Ok(results)
}

/// What there is to tell when there is nothing to undo.
pub fn nothing_there(entries: &[JournalEntry], missing: &[EntryId]) -> Option<Refusal> {
    let message = match (missing.first(), entries.is_empty()) {
        (Some(id), _) => format!("the journal has no entry {}", id.0),
        (None, true) => "the journal has no entries of that run".into(),
        (None, false) => return None,
    };
    let remedy = "See `kashsync journal`. Nothing was changed.".into();
    Some(Refusal { code: "not_found", message, remedy })
}

/// The results, or a refusal when nothing at all could be undone.
pub fn told(results: Vec<UndoneEntry>) -> Result<Vec<UndoneEntry>, Refusal> {
    let undone = results.iter().any(|result| result.refused.is_none());
    let first = results.iter().find_map(|result| Some((result.entry, result.refused.as_ref()?)));
    match first {
        Some((entry, why)) if !undone => Err(Refusal {
            code: "undo_refused",
            message: format!("entry {} cannot be undone: {why}", entry.0),
            remedy: "Nothing was changed. See `kashsync journal` for what else there is.".into(),
        }),
        Some(_) | None => Ok(results),
    }
}

async fn locally<W: World>(
    session: &Session<W>,
    entry: &JournalEntry,
    undoing: &Undoing,
) -> Result<Result<(), CannotUndo>, StoreError> {
    let now: Timestamp = session.now();
    session
        .change(|kept: &Kept, batch| {
            for change in local::changes(kept, entry, undoing, now)? {
                match change {
                    Change::PutProgress(progress) => batch.progress = progress,
                    other => batch.changes.push(other),
                }
            }
            Ok(())
        })
        .await
}
