//! Undoing what changed local state only. Pure; the caller commits the changes.

use jiff::Timestamp;

use crate::domain::ids::{ContactId, LedgerRef};
use crate::domain::journal::{Action, JournalEntry, Place};
use crate::domain::local::{Progress, RecordRef};
use crate::domain::undo::{CannotUndo, Undoing, marked, with_former_person};
use crate::engine::decide::{self, Refusal};
use crate::engine::pairs;
use crate::ports::{Change, Kept};

/// The changes that undo an entry, the mark on it included.
pub fn changes(
    kept: &Kept,
    entry: &JournalEntry,
    undoing: &Undoing,
    now: Timestamp,
) -> Result<Vec<Change>, CannotUndo> {
    let decided = match undoing {
        Undoing::Unlink { ledger, contact } => pairs::unlink(kept, *contact, Some(ledger.side), now),
        Undoing::Link { ledger, contact } => pairs::link(kept, *contact, *ledger, now),
        Undoing::Unignore(ledger) => decide::unignore(kept, *ledger, now),
        Undoing::Ignore(ledger) => decide::ignore(kept, *ledger, "", now),
        Undoing::Allow { ledger, contact } => Ok(allow(kept, entry, *ledger, *contact, now)),
        Undoing::Mark { ledger, field, mark } => {
            let mut progress = kept.local.progress.clone();
            let undone = reversed(entry, &mut progress, Action::Take, now);
            let mut changes = vec![Change::Journal(undone), Change::PutProgress(progress)];
            let link = marked(&kept.snapshot, &kept.local, *ledger, *field, *mark);
            changes.extend(link.map(Change::PutLink));
            Ok(changes)
        }
        Undoing::ContactPerson { ledger, person } => {
            let mut progress = kept.local.progress.clone();
            let undone = reversed(entry, &mut progress, Action::Take, now);
            let link = with_former_person(&kept.snapshot, &kept.local, *ledger, *person);
            let mut changes = vec![Change::Journal(undone), Change::PutProgress(progress)];
            changes.extend(link.map(Change::PutLink));
            Ok(changes)
        }
        Undoing::TakeBack { question, choice } => {
            let mut progress = kept.local.progress.clone();
            let mut undone = reversed(entry, &mut progress, Action::Answer, now);
            undone.place = Place::Local;
            let mut changes = vec![Change::Journal(undone), Change::PutProgress(progress)];
            if let Some(stored) = kept.local.questions.get(question) {
                let mut open = stored.clone();
                open.answers.retain(|answer| answer.choice != *choice);
                changes.push(Change::PutQuestion(open));
            }
            Ok(changes)
        }
        Undoing::EditLedger { .. }
        | Undoing::EditContact { .. }
        | Undoing::DeleteContact { .. }
        | Undoing::Archive { .. }
        | Undoing::Unarchive(_) => return Err(CannotUndo("the services must be reached for it".into())),
    };
    let mut changes = decided.map_err(|Refusal { message, .. }| CannotUndo(message))?;
    for change in &mut changes {
        if let Change::Journal(made) = change {
            made.reason = reason(entry);
        }
    }
    changes.push(Change::Undone(vec![entry.id]));
    Ok(changes)
}

/// Why the entry of an undo was made.
pub(super) fn reason(entry: &JournalEntry) -> String {
    format!("undoes entry {}", entry.id.0)
}

/// The entry that says that another was undone: the same record, values the other way round.
pub(super) fn reversed(
    entry: &JournalEntry,
    progress: &mut Progress,
    action: Action,
    now: Timestamp,
) -> JournalEntry {
    JournalEntry {
        id: progress.next_entry(),
        run: None,
        at: now,
        action,
        reason: reason(entry),
        before: entry.after.clone(),
        after: entry.before.clone(),
        outcome: "done".into(),
        undone: false,
        ..entry.clone()
    }
}

fn allow(
    kept: &Kept,
    entry: &JournalEntry,
    ledger: LedgerRef,
    contact: ContactId,
    now: Timestamp,
) -> Vec<Change> {
    let mut progress = kept.local.progress.clone();
    let mut undone = reversed(entry, &mut progress, Action::Never, now);
    undone.record = Some(RecordRef::Ledger(ledger));
    vec![Change::DropNever(ledger, contact), Change::Journal(undone), Change::PutProgress(progress)]
}
