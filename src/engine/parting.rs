//! Ending a link whose one end is gone, and forgetting what was kept for its sake only (design B30, B31). Pure.

use jiff::Timestamp;

use super::session::Batch;
use crate::domain::ids::{ContactId, LedgerRef, RunId};
use crate::domain::journal::{Action, JournalEntry, Place};
use crate::domain::local::{Ignored, RecordRef};
use crate::ports::{Change, Kept};

/// Ends a ledger contact's link, with its journal entry. A deleted contact without a further link is forgotten, and so is a
/// ledger contact that is gone.
pub(super) fn part(
    kept: &Kept,
    batch: &mut Batch,
    ledger: LedgerRef,
    run: Option<RunId>,
    reason: &str,
    now: Timestamp,
) {
    let Some(link) = kept.local.link_of(ledger) else { return };
    let contact = kept.snapshot.contacts.get(&link.contact).map(|contact| contact.name().into_owned());
    let record = kept.snapshot.ledger.get(&ledger).map(|record| record.name.clone());
    batch.changes.push(Change::DropLink(ledger));
    batch.changes.push(Change::Journal(JournalEntry {
        id: batch.progress.next_entry(),
        run,
        at: now,
        place: Place::Local,
        record: Some(RecordRef::Ledger(ledger)),
        name: record.or(contact).unwrap_or_default(),
        action: Action::Unlink,
        reason: reason.into(),
        before: vec![("contact".into(), link.contact.0.to_string())],
        after: Vec::new(),
        outcome: "done".into(),
        undone: false,
    }));
    forget_deleted(kept, batch, link.contact);
    if kept.local.is_gone(ledger) {
        forget_ledger(kept, batch, ledger);
    }
}

/// Puts a ledger contact on the ignored list, with its journal entry.
pub(super) fn ignore(
    kept: &Kept,
    batch: &mut Batch,
    ledger: LedgerRef,
    run: Option<RunId>,
    reason: &str,
    now: Timestamp,
) {
    let record = kept.snapshot.ledger.get(&ledger);
    let (code, name) = record.map(|record| (record.code.clone(), record.name.clone())).unwrap_or_default();
    batch.changes.push(Change::PutIgnored(Ignored { ledger, code, name: name.clone(), since: now }));
    batch.changes.push(Change::Journal(JournalEntry {
        id: batch.progress.next_entry(),
        run,
        at: now,
        place: Place::Local,
        record: Some(RecordRef::Ledger(ledger)),
        name,
        action: Action::Ignore,
        reason: reason.into(),
        before: Vec::new(),
        after: vec![("ignored".into(), "yes".into())],
        outcome: "done".into(),
        undone: false,
    }));
    if kept.local.failing.contains_key(&RecordRef::Ledger(ledger)) {
        batch.changes.push(Change::DropFailing(RecordRef::Ledger(ledger)));
    }
}

/// Forgets a contact that was deleted in Capsule, unless a link that this batch does not end still needs it.
pub(super) fn forget_deleted(kept: &Kept, batch: &mut Batch, contact: ContactId) {
    if !kept.local.deleted.contains_key(&contact) {
        return;
    }
    let ended = |ledger: LedgerRef| {
        batch.changes.iter().any(|change| {
            matches!(change, Change::PutLink(link) if link.ledger == ledger && link.contact != contact)
                || matches!(change, Change::DropLink(dropped) if *dropped == ledger)
        })
    };
    if kept.local.links_on(contact).all(|link| ended(link.ledger)) {
        batch.changes.extend([Change::DropDeleted(contact), Change::DropContact(contact)]);
        let record = RecordRef::Contact(contact);
        if kept.local.failing.contains_key(&record) {
            batch.changes.push(Change::DropFailing(record));
        }
    }
}

/// Forgets a ledger contact that is gone from KashFlow.
pub(super) fn forget_ledger(kept: &Kept, batch: &mut Batch, ledger: LedgerRef) {
    batch.changes.push(Change::DropLedger(ledger));
    if kept.local.missing.contains_key(&ledger) {
        batch.changes.push(Change::DropMissing(ledger));
    }
    let record = RecordRef::Ledger(ledger);
    if kept.local.failing.contains_key(&record) {
        batch.changes.push(Change::DropFailing(record));
    }
}
